//! Constraints of tables: read from the tree, named, checked and added as PostgreSQL does.

use super::Stop;
use super::expression::{self, Expression};
use super::index::{self, NewIndex};
use super::naming;
use super::print;
use super::state::{State, missing};
use super::syntax::{self, Path};
use architrave_model::catalog::{Constraint, ConstraintKind, ForeignKeyAction, IndexKey, MatchType, Reference, Table};
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};
use std::fmt::Write as _;

/// A constraint as written.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) name: Option<String>,
    pub(crate) what: What,
    pub(crate) flags: Flags,
    pub(crate) comment: Option<String>,
}

/// What it demands.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Check(Expression),
    Key(NewIndex),
    /// UNIQUE or PRIMARY KEY USING INDEX.
    ExistingIndex {
        index: Path,
        primary: bool,
    },
    Exclusion {
        index: NewIndex,
        operators: Vec<String>,
    },
    ForeignKey(ForeignKey),
    NotNull(String),
}

/// A foreign key as written.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<String>,
    pub(crate) table: Path,
    pub(crate) referenced: Vec<String>,
    pub(crate) on_update: ForeignKeyAction,
    pub(crate) on_delete: ForeignKeyAction,
    pub(crate) match_type: MatchType,
    /// Columns of `ON DELETE SET NULL (…)`.
    pub(crate) set_columns: Vec<String>,
}

/// Attributes behind a constraint.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    pub(crate) deferrable: bool,
    pub(crate) deferred: bool,
    pub(crate) not_valid: bool,
    pub(crate) no_inherit: bool,
    pub(crate) not_enforced: bool,
}

impl Flags {
    /// From the options behind a constraint.
    pub(crate) fn read(node: &SyntaxNode) -> Self {
        let mut flags = Self::default();
        for option in syntax::children::<ast::ConstraintOption>(node) {
            match option {
                ast::ConstraintOption::DeferrableConstraintOption(_) => flags.deferrable = true,
                ast::ConstraintOption::InitiallyDeferredConstraintOption(_) => {
                    flags.deferrable = true;
                    flags.deferred = true;
                }
                ast::ConstraintOption::NotDeferrableConstraintOption(_) => flags.deferrable = false,
                ast::ConstraintOption::InitiallyImmediateConstraintOption(_) => flags.deferred = false,
                ast::ConstraintOption::NotValid(_) => flags.not_valid = true,
                ast::ConstraintOption::NoInherit(_) => flags.no_inherit = true,
                ast::ConstraintOption::NotEnforced(_) => flags.not_enforced = true,
                ast::ConstraintOption::Enforced(_) | ast::ConstraintOption::Inherit(_) => {}
            }
        }
        flags
    }

    /// As `pg_get_constraintdef` appends them.
    fn suffix(self) -> String {
        let mut text = String::new();
        if self.deferrable {
            text.push_str(" DEFERRABLE");
        }
        if self.deferred {
            text.push_str(" INITIALLY DEFERRED");
        }
        if self.not_enforced {
            text.push_str(" NOT ENFORCED");
        } else if self.not_valid {
            text.push_str(" NOT VALID");
        }
        text
    }
}

fn explicit_name(node: &SyntaxNode) -> Option<String> {
    syntax::child::<ast::ConstraintNameClause>(node).and_then(|c| c.constraint_name()).map(|n| syntax::name(&n))
}

/// Reads a constraint of a table or of one of its columns; DEFAULT, GENERATED, NULL and NOT NULL of columns are not for here.
pub(crate) fn read(node: &SyntaxNode, column: Option<&str>, state: &State) -> Option<Pending> {
    let column_list = || column.map(|c| vec![c.to_owned()]).unwrap_or_default();
    let what = if let Some(check) = ast::CheckConstraint::cast(node.clone()) {
        What::Check(expression::read(&check.expr()?, state))
    } else if let Some(primary) = ast::PrimaryKeyConstraint::cast(node.clone()) {
        key(true, column_list(), primary.index_parameters(), primary.using_index())
    } else if let Some(unique) = ast::UniqueConstraint::cast(node.clone()) {
        key(false, column_list(), unique.index_parameters(), unique.using_index())
    } else if let Some(exclude) = ast::ExcludeConstraint::cast(node.clone()) {
        exclusion(&exclude, state)
    } else if let Some(foreign) = ast::ForeignKeyConstraint::cast(node.clone()) {
        What::ForeignKey(foreign_key(&foreign)?)
    } else if let Some(references) = ast::ReferencesConstraint::cast(node.clone()) {
        What::ForeignKey(column_reference(&references, column_list())?)
    } else if let Some(not_null) = ast::NotNullConstraint::cast(node.clone()) {
        What::NotNull(not_null.column_name_ref().map(|c| syntax::name(&c)).or_else(|| column.map(str::to_owned))?)
    } else {
        return None;
    };
    Some(Pending { name: explicit_name(node), what, flags: Flags::read(node), comment: None })
}

fn key(primary: bool, mut columns: Vec<String>, parameters: Option<ast::IndexParameters>, using: Option<ast::UsingIndexName>) -> What {
    if let Some(index) = using.and_then(|u| u.index_ref()) {
        return What::ExistingIndex { index: syntax::path(&index), primary };
    }
    let mut new = NewIndex { method: "btree".to_owned(), unique: true, primary, ..NewIndex::default() };
    if let Some(parameters) = parameters {
        if let Some(list) = parameters.column_list() {
            columns = syntax::column_names(list.syntax());
        }
        if let Some(include) = parameters.constraint_include_clause().and_then(|i| i.column_ref_list()) {
            new.include = syntax::column_names(include.syntax());
        }
        new.nulls_not_distinct = matches!(parameters.nulls_distinct_option(), Some(ast::NullsDistinctOption::NullsNotDistinct(_)));
        new.options = parameters.with_params().map(|w| index::options(&w)).unwrap_or_default();
        new.tablespace = parameters.constraint_index_tablespace().and_then(|t| t.tablespace_ref()).map(|t| syntax::name(&t));
    }
    new.keys = columns.into_iter().map(index::plain_key).collect();
    What::Key(new)
}

fn exclusion(exclude: &ast::ExcludeConstraint, state: &State) -> What {
    let method = exclude.constraint_index_method().and_then(|m| m.access_method_ref()).map(|m| syntax::name(&m));
    let mut new = NewIndex { method: method.unwrap_or_else(|| "btree".to_owned()), ..NewIndex::default() };
    let mut operators = Vec::new();
    for item in exclude.constraint_exclusion_list().iter().flat_map(ast::ConstraintExclusionList::constraint_exclusions) {
        new.keys.push(index::read_key(item.syntax(), &new.method, state));
        let text: String = match (item.op(), item.operator_call()) {
            (Some(op), _) => syntax::words(op.syntax()).concat(),
            (None, Some(call)) => syntax::words(call.syntax()).concat(),
            (None, None) => String::new(),
        };
        operators.push(text);
    }
    new.predicate = exclude.where_condition_clause().and_then(|w| w.expr()).map(|e| expression::read(&e, state));
    new.options = exclude.with_params().map(|w| index::options(&w)).unwrap_or_default();
    if let Some(include) = exclude.constraint_include_clause().and_then(|i| i.column_ref_list()) {
        new.include = syntax::column_names(include.syntax());
    }
    new.exclusion = true;
    What::Exclusion { index: new, operators }
}

fn foreign_key(node: &ast::ForeignKeyConstraint) -> Option<ForeignKey> {
    let lists: Vec<ast::ForeignKeyColumnList> = syntax::children(node.syntax()).collect();
    let columns = lists.first().map(|l| syntax::column_names(l.syntax()))?;
    let referenced = lists.get(1).map(|l| syntax::column_names(l.syntax())).unwrap_or_default();
    let mut key = reference(node.table_name_ref()?, referenced, node.match_type(), node.referential_actions());
    key.columns = columns;
    Some(key)
}

fn column_reference(node: &ast::ReferencesConstraint, columns: Vec<String>) -> Option<ForeignKey> {
    let referenced = node.column().map(|c| vec![syntax::name(&c)]).unwrap_or_default();
    let mut key = reference(node.table()?, referenced, node.match_type(), node.referential_actions());
    key.columns = columns;
    Some(key)
}

fn reference(
    table: ast::TableNameRef,
    referenced: Vec<String>,
    match_type: Option<ast::MatchType>,
    actions: impl Iterator<Item = ast::ReferentialAction>,
) -> ForeignKey {
    let mut key = ForeignKey {
        columns: Vec::new(),
        table: syntax::path(&table),
        referenced,
        on_update: ForeignKeyAction::NoAction,
        on_delete: ForeignKeyAction::NoAction,
        match_type: match match_type {
            Some(ast::MatchType::MatchFull(_)) => MatchType::Full,
            Some(ast::MatchType::MatchPartial(_)) => MatchType::Partial,
            _ => MatchType::Simple,
        },
        set_columns: Vec::new(),
    };
    for action in actions {
        match action {
            ast::ReferentialAction::OnDeleteAction(on) => {
                let (action, columns) = referential_action(on.ref_action());
                key.on_delete = action;
                key.set_columns = columns;
            }
            ast::ReferentialAction::OnUpdateAction(on) => key.on_update = referential_action(on.ref_action()).0,
        }
    }
    key
}

fn referential_action(action: Option<ast::RefAction>) -> (ForeignKeyAction, Vec<String>) {
    let columns = |list: Option<ast::ColumnRefList>| list.map(|l| syntax::column_names(l.syntax())).unwrap_or_default();
    match action {
        Some(ast::RefAction::Cascade(_)) => (ForeignKeyAction::Cascade, Vec::new()),
        Some(ast::RefAction::Restrict(_)) => (ForeignKeyAction::Restrict, Vec::new()),
        Some(ast::RefAction::SetNullColumns(set)) => (ForeignKeyAction::SetNull, columns(set.column_ref_list())),
        Some(ast::RefAction::SetDefaultColumns(set)) => (ForeignKeyAction::SetDefault, columns(set.column_ref_list())),
        Some(ast::RefAction::NoAction(_)) | None => (ForeignKeyAction::NoAction, Vec::new()),
    }
}

/// Adds a constraint to a table (and what follows from it to the tables below).
pub(crate) fn add(state: &mut State, table: &QualifiedName, pending: &Pending) -> Result<(), Stop> {
    if let Some(name) = &pending.name {
        let found = state.table(table)?;
        let not_null = matches!(pending.what, What::NotNull(_));
        if !not_null && found.constraints.iter().any(|c| &c.name == name) {
            return Err(Stop::fail("42710", format!("constraint \"{name}\" for relation \"{}\" already exists", table.name)));
        }
    }
    match &pending.what {
        What::Check(expression) => add_check(state, table, pending, expression, false),
        What::Key(new) => add_key(state, table, pending, new.clone()),
        What::ExistingIndex { index, primary } => adopt_index(state, table, pending, index, *primary),
        What::Exclusion { index, operators } => add_exclusion(state, table, pending, index.clone(), operators),
        What::ForeignKey(key) => add_foreign_key(state, table, pending, key),
        What::NotNull(column) => {
            set_not_null(state, table, column)?;
            keep_not_null(state, table, pending, column)
        }
    }
}

/// From 18 on a NOT NULL that is not valid or not inherited is a constraint of its own.
fn keep_not_null(state: &mut State, table: &QualifiedName, pending: &Pending, column: &str) -> Result<(), Stop> {
    if state.options.server_major < 18 || !(pending.flags.not_valid || pending.flags.no_inherit) {
        return Ok(());
    }
    let name = match &pending.name {
        Some(name) => name.clone(),
        None => naming::choose(&table.name, Some(column), "not_null", |n| state.constraint_exists(&table.schema, n)),
    };
    let no_inherit = if pending.flags.no_inherit { " NO INHERIT" } else { "" };
    let constraint = Constraint {
        columns: vec![column.to_owned()],
        definition: format!("NOT NULL {}{no_inherit}{}", quote_ident(column), pending.flags.suffix()),
        ..base(&name, ConstraintKind::NotNull, pending)
    };
    state.table_mut(table)?.constraints.push(constraint);
    Ok(())
}

/// Marks a column NOT NULL, here and below.
pub(crate) fn set_not_null(state: &mut State, table: &QualifiedName, column: &str) -> Result<(), Stop> {
    let found = state.table_mut(table)?.columns.iter_mut().find(|c| c.name == column);
    found.ok_or_else(|| missing_column(table, column))?.not_null = true;
    for heir in state.heirs_of(table) {
        set_not_null(state, &heir, column)?;
    }
    Ok(())
}

/// The error for a column that is not there.
pub(crate) fn missing_column(table: &QualifiedName, column: &str) -> Stop {
    Stop::fail("42703", format!("column \"{column}\" of relation \"{}\" does not exist", table.name))
}

/// Columns of the table that an expression mentions, in the order it does.
pub(crate) fn mentioned_columns(table: &Table, expression: &Expression) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    super::walk::names(expression, &mut |path| {
        if let Some(name) = path.last()
            && !names.contains(name)
            && table.column(name).is_some()
        {
            names.push(name.clone());
        }
    });
    names
}

/// Adds a check constraint, here and below.
fn add_check(state: &mut State, table: &QualifiedName, pending: &Pending, expression: &Expression, inherited: bool) -> Result<(), Stop> {
    let found = state.table(table)?;
    let columns = mentioned_columns(found, expression);
    let name = if let Some(name) = &pending.name {
        name.clone()
    } else {
        let only = if columns.len() == 1 { columns.first().map(String::as_str) } else { None };
        naming::choose(&table.name, only, "check", |n| state.constraint_exists(&table.schema, n))
    };
    let text = print::print(expression);
    let no_inherit = if pending.flags.no_inherit { " NO INHERIT" } else { "" };
    let constraint = Constraint {
        definition: format!("CHECK ({text}){no_inherit}{}", pending.flags.suffix()),
        expression: Some(text),
        columns,
        inherited,
        ..base(&name, ConstraintKind::Check, pending)
    };
    let target = state.table_mut(table)?;
    if let Some(same) = target.constraints.iter_mut().find(|c| c.name == name) {
        // Declared below before it came from above: it stays declared here.
        return if inherited && same.kind == ConstraintKind::Check {
            Ok(())
        } else {
            Err(Stop::fail("42710", format!("constraint \"{name}\" for relation \"{}\" already exists", table.name)))
        };
    }
    target.constraints.push(constraint);
    if !pending.flags.no_inherit {
        let named = Pending { name: Some(name), ..pending.clone() };
        for heir in state.heirs_of(table) {
            add_check(state, &heir, &named, expression, true)?;
        }
    }
    Ok(())
}

fn base(name: &str, kind: ConstraintKind, pending: &Pending) -> Constraint {
    Constraint {
        name: name.to_owned(),
        kind,
        columns: Vec::new(),
        references: None,
        expression: None,
        definition: String::new(),
        validated: !pending.flags.not_valid && !pending.flags.not_enforced,
        enforced: !pending.flags.not_enforced,
        deferrable: pending.flags.deferrable,
        deferred: pending.flags.deferred,
        no_inherit: pending.flags.no_inherit,
        inherited: false,
        index: None,
        comment: pending.comment.clone(),
    }
}

/// Adds a primary key or unique constraint with its index.
fn add_key(state: &mut State, table: &QualifiedName, pending: &Pending, mut new: NewIndex) -> Result<(), Stop> {
    let found = state.table(table)?;
    if new.primary && found.primary_key().is_some() {
        return Err(Stop::fail("42P16", format!("multiple primary keys for table \"{}\" are not allowed", table.name)));
    }
    for column in new.keys.iter().filter_map(|k| k.column.as_ref()).chain(&new.include) {
        if found.column(column).is_none() {
            return Err(Stop::fail("42703", format!("column \"{column}\" named in key does not exist")));
        }
    }
    let columns: Vec<String> = new.keys.iter().filter_map(|k| k.column.clone()).collect();
    if new.primary {
        for column in &columns {
            set_not_null(state, table, column)?;
        }
    }
    new.name.clone_from(&pending.name);
    new.constraint = true;
    new.immediate = !pending.flags.deferrable;
    let parent_name = index::create(state, table, &new, None)?;
    let constraint = key_constraint(&parent_name, &new, pending);
    state.table_mut(table)?.constraints.push(constraint);
    for heir in state.heirs_of(table) {
        if state.table(&heir)?.is_partition {
            key_for_partition(state, &heir, pending, &new, &QualifiedName::new(&table.schema, &parent_name))?;
        }
    }
    Ok(())
}

fn key_constraint(name: &str, new: &NewIndex, pending: &Pending) -> Constraint {
    let columns: Vec<String> = new.keys.iter().filter_map(|k| k.column.clone()).collect();
    let word = match (new.primary, new.nulls_not_distinct) {
        (true, _) => "PRIMARY KEY",
        (false, true) => "UNIQUE NULLS NOT DISTINCT",
        (false, false) => "UNIQUE",
    };
    let include = if new.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", column_list(&new.include)) };
    let kind = if new.primary { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique };
    Constraint {
        definition: format!("{word} ({}){include}{}", column_list(&columns), pending.flags.suffix()),
        columns,
        index: Some(name.to_owned()),
        ..base(name, kind, pending)
    }
}

/// The key of a partition that follows from its parent's: an equal one that is there already, or a new one.
pub(crate) fn key_for_partition(
    state: &mut State,
    partition: &QualifiedName,
    pending: &Pending,
    new: &NewIndex,
    parent: &QualifiedName,
) -> Result<(), Stop> {
    let found = state.table(partition)?;
    let equal = found.indexes.iter().find(|i| {
        i.parent.is_none()
            && i.constraint.is_some()
            && i.primary == new.primary
            && i.unique
            && i.keys == new.keys
            && i.include == new.include
    });
    let existing = equal.map(|i| i.name.clone());
    let name = if let Some(name) = existing {
        index::attach(state, partition, &name, parent)?;
        name
    } else {
        let copy = NewIndex { name: None, ..new.clone() };
        let name = index::create(state, partition, &copy, Some(parent))?;
        let mut constraint = key_constraint(&name, new, pending);
        constraint.comment = None;
        state.table_mut(partition)?.constraints.push(constraint);
        name
    };
    if let Some(constraint) = state.table_mut(partition)?.constraints.iter_mut().find(|c| c.name == name) {
        constraint.inherited = true;
    }
    for heir in state.heirs_of(partition) {
        key_for_partition(state, &heir, pending, new, &QualifiedName::new(&partition.schema, &name))?;
    }
    Ok(())
}

fn column_list(columns: &[String]) -> String {
    columns.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ")
}

/// `ADD CONSTRAINT … USING INDEX`: the index takes the constraint's name.
fn adopt_index(state: &mut State, table: &QualifiedName, pending: &Pending, index: &Path, primary: bool) -> Result<(), Stop> {
    let Some(old) = index.last().cloned() else { return Err(Stop::not_understood("an index name is missing")) };
    let name = pending.name.clone().unwrap_or_else(|| old.clone());
    let found = state.table(table)?.index(&old).cloned().ok_or_else(|| missing("index", index))?;
    if !found.unique {
        return Err(Stop::fail("42809", format!("\"{old}\" is not a unique index")));
    }
    let columns: Vec<String> = found.keys.iter().filter_map(|k| k.column.clone()).collect();
    if primary {
        for column in &columns {
            set_not_null(state, table, column)?;
        }
    }
    if name != old {
        super::rename::rename_index(state, table, &old, &name)?;
    }
    let new = NewIndex {
        keys: found.keys.clone(),
        include: found.include.clone(),
        nulls_not_distinct: found.nulls_not_distinct,
        primary,
        ..NewIndex::default()
    };
    let constraint = key_constraint(&name, &new, pending);
    let target = state.table_mut(table)?;
    if let Some(index) = target.indexes.iter_mut().find(|i| i.name == name) {
        index.constraint = Some(name.clone());
        index.primary = primary;
        index.immediate = !pending.flags.deferrable;
    }
    target.constraints.push(constraint);
    Ok(())
}

fn add_exclusion(state: &mut State, table: &QualifiedName, pending: &Pending, mut new: NewIndex, operators: &[String]) -> Result<(), Stop> {
    new.name.clone_from(&pending.name);
    new.constraint = true;
    new.immediate = !pending.flags.deferrable;
    let name = index::create(state, table, &new, None)?;
    let found = state.table(table)?;
    let Some(made) = found.index(&name).cloned() else { return Err(Stop::not_understood("the index was not made")) };
    let keys: Vec<String> =
        made.keys.iter().zip(operators).map(|(key, operator)| format!("{} WITH {operator}", index::key_text(key, &made.method))).collect();
    let mut definition = format!("EXCLUDE USING {} ({})", quote_ident(&made.method), keys.join(", "));
    if !made.include.is_empty() {
        let _ = write!(definition, " INCLUDE ({})", column_list(&made.include));
    }
    if let Some(predicate) = &made.predicate {
        let _ = write!(definition, " WHERE ({predicate})");
    }
    definition.push_str(&pending.flags.suffix());
    let columns = made.keys.iter().filter_map(|k| k.column.clone()).collect();
    let constraint = Constraint { columns, definition, index: Some(name.clone()), ..base(&name, ConstraintKind::Exclusion, pending) };
    state.table_mut(table)?.constraints.push(constraint);
    Ok(())
}

fn add_foreign_key(state: &mut State, table: &QualifiedName, pending: &Pending, key: &ForeignKey) -> Result<(), Stop> {
    let referenced_name = state.table_name(&key.table)?;
    let referenced = state.table(&referenced_name)?;
    let columns = if key.referenced.is_empty() {
        let primary = referenced.primary_key().map(|p| p.columns.clone());
        primary.ok_or_else(|| Stop::fail("42704", format!("there is no primary key for referenced table \"{}\"", referenced_name.name)))?
    } else {
        if let Some(lost) = key.referenced.iter().find(|c| referenced.column(c).is_none()) {
            return Err(Stop::fail("42703", format!("column \"{lost}\" referenced in foreign key constraint does not exist")));
        }
        key.referenced.clone()
    };
    if columns.len() != key.columns.len() {
        return Err(Stop::fail("42830", "number of referencing and referenced columns for foreign key disagree"));
    }
    let unique = referenced.indexes.iter().any(|i| {
        i.unique
            && i.immediate
            && i.predicate.is_none()
            && i.keys.len() == columns.len()
            && i.keys.iter().all(|k| k.column.as_ref().is_some_and(|c| columns.contains(c)))
    });
    if !unique {
        return Err(Stop::fail(
            "42830",
            format!("there is no unique constraint matching given keys for referenced table \"{}\"", referenced_name.name),
        ));
    }
    let found = state.table(table)?;
    if let Some(lost) = key.columns.iter().find(|c| found.column(c).is_none()) {
        return Err(Stop::fail("42703", format!("column \"{lost}\" referenced in foreign key constraint does not exist")));
    }
    let name = match &pending.name {
        Some(name) => name.clone(),
        None => free_foreign_key_name(state, table, &key.columns),
    };
    let constraint = foreign_key_constraint(&name, pending, key, &referenced_name, columns);
    state.table_mut(table)?.constraints.push(constraint.clone());
    for heir in state.heirs_of(table) {
        if state.table(&heir)?.is_partition {
            clone_foreign_key(state, &heir, &constraint)?;
        }
    }
    Ok(())
}

fn free_foreign_key_name(state: &State, table: &QualifiedName, columns: &[String]) -> String {
    naming::choose(&table.name, Some(&naming::joined_columns(columns)), "fkey", |n| state.constraint_exists(&table.schema, n))
}

fn foreign_key_constraint(name: &str, pending: &Pending, key: &ForeignKey, table: &QualifiedName, columns: Vec<String>) -> Constraint {
    let reference =
        Reference { table: table.clone(), columns, on_update: key.on_update, on_delete: key.on_delete, match_type: key.match_type };
    let mut definition = foreign_key_text(&key.columns, &reference);
    if !key.set_columns.is_empty() {
        let _ = write!(definition, " ({})", column_list(&key.set_columns));
    }
    definition.push_str(&pending.flags.suffix());
    Constraint { columns: key.columns.clone(), references: Some(reference), definition, ..base(name, ConstraintKind::ForeignKey, pending) }
}

fn foreign_key_text(columns: &[String], reference: &Reference) -> String {
    let mut text =
        format!("FOREIGN KEY ({}) REFERENCES {}({})", column_list(columns), reference.table.sql(), column_list(&reference.columns));
    match reference.match_type {
        MatchType::Full => text.push_str(" MATCH FULL"),
        MatchType::Partial => text.push_str(" MATCH PARTIAL"),
        MatchType::Simple => {}
    }
    if reference.on_update != ForeignKeyAction::NoAction {
        let _ = write!(text, " ON UPDATE {}", reference.on_update.sql().to_ascii_uppercase());
    }
    if reference.on_delete != ForeignKeyAction::NoAction {
        let _ = write!(text, " ON DELETE {}", reference.on_delete.sql().to_ascii_uppercase());
    }
    text
}

/// Gives a partition its parent's foreign key, under the same name where that is free.
pub(crate) fn clone_foreign_key(state: &mut State, partition: &QualifiedName, parent: &Constraint) -> Result<(), Stop> {
    let found = state.table(partition)?;
    let equal = found.constraints.iter().position(|c| {
        c.kind == ConstraintKind::ForeignKey && !c.inherited && c.columns == parent.columns && c.references == parent.references
    });
    let copy = if let Some(at) = equal {
        let target = state.table_mut(partition)?;
        target.constraints[at].inherited = true;
        target.constraints[at].clone()
    } else {
        let taken = found.constraints.iter().any(|c| c.name == parent.name);
        let name = if taken { free_foreign_key_name(state, partition, &parent.columns) } else { parent.name.clone() };
        let copy = Constraint { name, inherited: true, comment: None, ..parent.clone() };
        state.table_mut(partition)?.constraints.push(copy.clone());
        copy
    };
    for heir in state.heirs_of(partition) {
        clone_foreign_key(state, &heir, &copy)?;
    }
    Ok(())
}

/// The text of a constraint that names its columns, after one of them (or a referenced table) changed its name.
pub(crate) fn redefine(constraint: &mut Constraint) {
    let tail = |definition: &str| {
        let at = [" DEFERRABLE", " NOT VALID", " NOT ENFORCED"].iter().filter_map(|w| definition.find(w)).min();
        at.map_or(String::new(), |at| definition[at..].to_owned())
    };
    match constraint.kind {
        ConstraintKind::ForeignKey => {
            if let Some(reference) = &constraint.references {
                let set = constraint.definition.rfind(" (").filter(|at| {
                    let before = &constraint.definition[..*at];
                    before.ends_with("SET NULL") || before.ends_with("SET DEFAULT")
                });
                let set = set.map(|at| constraint.definition[at..].to_owned());
                let mut text = foreign_key_text(&constraint.columns, reference);
                text.push_str(&set.unwrap_or_else(|| tail(&constraint.definition)));
                constraint.definition = text;
            }
        }
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
            if let (Some(open), Some(close)) = (constraint.definition.find('('), constraint.definition.find(')')) {
                let (head, rest) = (&constraint.definition[..open], &constraint.definition[close + 1..]);
                constraint.definition = format!("{head}({}){rest}", column_list(&constraint.columns));
            }
        }
        _ => {}
    }
}

/// Whether two key lists are the same key.
pub(crate) fn same_keys(a: &[IndexKey], b: &[IndexKey]) -> bool {
    a == b
}
