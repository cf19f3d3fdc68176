//! CREATE TABLE in all its forms: plain, LIKE, INHERITS, PARTITION OF, OF type, foreign, AS.

use super::acl::AclKind;
use super::column::{self, NewColumn};
use super::constraint::{self, Pending, What};
use super::dependents;
use super::index;
use super::like;
use super::partition;
use super::state::{State, TEMPORARY};
use super::syntax::{self, Path};
use super::{Effect, Stop};
use architrave_model::catalog::{Column, ConstraintKind, Persistence, ReplicaIdentity, Table, TableKind, TypeKind};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// What a CREATE TABLE says, before it is carried out.
#[derive(Default)]
pub(crate) struct Plan {
    columns: Vec<NewColumn>,
    constraints: Vec<Pending>,
    likes: Vec<ast::LikeClause>,
    parents: Vec<QualifiedName>,
    partition_of: Option<QualifiedName>,
}

/// CREATE TABLE.
pub(crate) fn create(state: &mut State, node: &ast::CreateTable) -> Effect {
    let name = new_table(state, node.table_name(), node.if_not_exists().is_some(), node.persistence().as_ref())?;
    let mut table = blank(state, &name);
    if matches!(node.persistence(), Some(ast::Persistence::Unlogged(_))) {
        table.persistence = Persistence::Unlogged;
    }
    if let Some(ast::TableParams::WithParams(with)) = node.table_params() {
        table.options = storage_parameters(&with);
    }
    table.tablespace = node.tablespace_clause().and_then(|t| t.tablespace_ref()).map(|t| syntax::name(&t)).filter(|t| t != "pg_default");
    table.access_method = node.using_method().and_then(|u| u.access_method_ref()).map(|m| syntax::name(&m)).filter(|m| m != "heap");
    if let Some(by) = node.partition_by() {
        table.kind = TableKind::Partitioned;
        table.partitioning = Some(partition::key(&by, state));
    }
    if let Some(ty) = node.of_type().and_then(|o| o.ty()) {
        let path = syntax::path_of(ty.syntax());
        let type_name = state.user_type(&path)?;
        table.columns = columns_of_type(state, &type_name)?;
        table.of_type = Some(type_name);
    }
    let bound = node.partition_type().map(|p| partition::bound(&p, state));
    let parent = node.partition_of().and_then(|p| p.table_name_ref()).map(|t| syntax::path(&t));
    let parents = node.inherits().map(|i| i.table_name_refs().map(|t| syntax::path(&t)).collect::<Vec<_>>()).unwrap_or_default();
    carry_out(state, table, node.table_arg_list(), parent.as_ref(), bound, &parents)
}

/// CREATE FOREIGN TABLE.
pub(crate) fn create_foreign(state: &mut State, node: &ast::CreateForeignTable) -> Effect {
    let name = new_table(state, node.table_name(), node.if_not_exists().is_some(), None)?;
    let mut table = blank(state, &name);
    table.kind = TableKind::Foreign;
    table.replica_identity = ReplicaIdentity::Nothing;
    table.foreign_server = node.server_clause().and_then(|s| s.server_ref()).map(|s| syntax::name(&s));
    let bound = node.partition_type().map(|p| partition::bound(&p, state));
    let parent = node.partition_of().and_then(|p| p.table_name_ref()).map(|t| syntax::path(&t));
    let parents = node.inherits().map(|i| i.table_name_refs().map(|t| syntax::path(&t)).collect::<Vec<_>>()).unwrap_or_default();
    carry_out(state, table, node.table_arg_list(), parent.as_ref(), bound, &parents)
}

/// The name of a table to be made. A temporary one takes the place of its namesake, which may have gone with its transaction.
pub(crate) fn new_table(
    state: &mut State,
    name: Option<ast::TableName>,
    if_not_exists: bool,
    persistence: Option<&ast::Persistence>,
) -> Result<QualifiedName, Stop> {
    let path: Path = syntax::path_opt(name).unwrap_or_default();
    if matches!(persistence, Some(ast::Persistence::Temp(_))) || path.len() > 1 && path.first().is_some_and(|s| s == TEMPORARY) {
        let name = QualifiedName::new(TEMPORARY, path.last().cloned().unwrap_or_default());
        dependents::drop_table(state, &name, true, &[])?;
        return Ok(name);
    }
    let name = state.new_name(&path)?;
    if state.relation_exists(&name) || state.types.contains(&name) {
        if if_not_exists && state.relation_exists(&name) {
            return Err(Stop::NoEffect);
        }
        return Err(Stop::fail("42P07", format!("relation \"{}\" already exists", name.name)));
    }
    Ok(name)
}

/// A table without columns, owned by the current role.
pub(crate) fn blank(state: &State, name: &QualifiedName) -> Table {
    Table { name: name.clone(), owner: state.role(), grants: state.initial_grants(AclKind::Table, Some(&name.schema)), ..Table::default() }
}

/// Storage parameters of the table itself; those of its TOAST table are kept elsewhere and `oids` is history.
pub(crate) fn storage_parameters(with: &ast::WithParams) -> Vec<String> {
    let mut options = index::options(with);
    options.retain(|o| !o.starts_with("toast.") && !o.to_ascii_lowercase().starts_with("oids="));
    options
}

fn columns_of_type(state: &State, name: &QualifiedName) -> Result<Vec<Column>, Stop> {
    match state.types.get(name).map(|t| &t.kind) {
        Some(TypeKind::Composite { attributes }) => Ok(attributes
            .iter()
            .map(|a| Column { name: a.name.clone(), data_type: a.data_type.clone(), collation: a.collation.clone(), ..Column::default() })
            .collect()),
        _ => Err(Stop::fail("42809", format!("type {} is not a composite type", name.name))),
    }
}

fn carry_out(
    state: &mut State,
    mut table: Table,
    elements: Option<ast::TableArgList>,
    partition_of: Option<&Path>,
    bound: Option<String>,
    inherits: &[Path],
) -> Effect {
    let mut plan = Plan::default();
    if let Some(path) = partition_of {
        let parent = state.table_name(path)?;
        plan.partition_of = Some(parent.clone());
        plan.parents.push(parent);
        table.is_partition = true;
        table.partition_bound = bound;
    }
    for path in inherits {
        plan.parents.push(state.table_name(path)?);
    }
    let inherited = inherited_columns(state, &plan)?;
    table.columns.extend(inherited);
    for element in elements.iter().flat_map(ast::TableArgList::args) {
        read_element(state, &mut table, &element, &mut plan)?;
    }
    build(state, table, plan)
}

fn read_element(state: &State, table: &mut Table, element: &ast::TableArg, plan: &mut Plan) -> Effect {
    match element {
        ast::TableArg::Column(node) => {
            let Some(name) = node.name().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("a column without a name")) };
            let new = match table.columns.iter_mut().find(|c| c.name == name) {
                Some(existing) if node.ty().is_none() => {
                    let mut new = NewColumn { column: existing.clone(), constraints: Vec::new(), sequence: None };
                    column::read_clauses(state, &table.name, node.syntax(), &mut new)?;
                    *existing = new.column.clone();
                    NewColumn { column: existing.clone(), ..new }
                }
                Some(existing) if !plan.parents.is_empty() => {
                    let new = column::read(state, &table.name, node.syntax(), &name)?;
                    merge_declared(existing, &new.column)?;
                    NewColumn { column: existing.clone(), ..new }
                }
                Some(_) => return Err(Stop::fail("42701", format!("column \"{name}\" specified more than once"))),
                None => {
                    let new = column::read(state, &table.name, node.syntax(), &name)?;
                    if new.column.data_type.is_empty() {
                        return Err(Stop::fail("42601", format!("column \"{name}\" has no type")));
                    }
                    table.columns.push(new.column.clone());
                    new
                }
            };
            plan.constraints.extend(new.constraints.iter().cloned());
            plan.columns.push(new);
        }
        ast::TableArg::TableConstraint(node) => plan.constraints.extend(constraint::read(node.syntax(), None, state)),
        ast::TableArg::LikeClause(like) => {
            let columns = like::columns(state, like)?;
            for column in columns {
                if table.columns.iter().any(|c| c.name == column.name) {
                    return Err(Stop::fail("42701", format!("column \"{}\" specified more than once", column.name)));
                }
                plan.columns.extend(like::identity_sequence(state, &table.name, like, &column));
                table.columns.push(column);
            }
            plan.likes.push(like.clone());
        }
    }
    Ok(())
}

/// A column declared here that a parent has too.
fn merge_declared(existing: &mut Column, declared: &Column) -> Effect {
    if existing.data_type != declared.data_type {
        return Err(Stop::fail("42804", format!("column \"{}\" has a type conflict", existing.name)));
    }
    existing.inherited = false;
    existing.not_null |= declared.not_null;
    if declared.default.is_some() {
        existing.default.clone_from(&declared.default);
        existing.generated = declared.generated;
    }
    existing.identity = declared.identity;
    Ok(())
}

/// Columns that come from the parents, merged by name.
fn inherited_columns(state: &State, plan: &Plan) -> Result<Vec<Column>, Stop> {
    let mut columns: Vec<Column> = Vec::new();
    for parent in &plan.parents {
        for column in &state.table(parent)?.columns {
            let mut copy = inherited_copy(column);
            if plan.partition_of.is_some() && state.options.server_major >= 17 {
                copy.identity = column.identity;
            }
            match columns.iter_mut().find(|c| c.name == copy.name) {
                Some(first) => first.not_null |= copy.not_null,
                None => columns.push(copy),
            }
        }
    }
    Ok(columns)
}

/// What an heir gets of a parent's column.
pub(crate) fn inherited_copy(column: &Column) -> Column {
    Column { inherited: true, grants: Vec::new(), comment: None, identity: None, statistics_target: None, ..column.clone() }
}

fn build(state: &mut State, mut table: Table, plan: Plan) -> Effect {
    let name = table.name.clone();
    table.parents.clone_from(&plan.parents);
    state.tables.insert(name.clone(), table);
    for parent in &plan.parents {
        register_heir(state, parent, &name);
    }
    for new in &plan.columns {
        if let Some(sequence) = &new.sequence {
            state.sequences.insert(sequence.name.clone(), sequence.clone());
        }
    }
    inherit_checks(state, &name, &plan.parents)?;
    add_ordered(state, &name, &plan.constraints, |p| matches!(p.what, What::Check(_) | What::NotNull(_)))?;
    if let Some(parent) = &plan.partition_of {
        partition::take_over(state, parent, &name)?;
    }
    for clause in &plan.likes {
        like::checks(state, &name, clause)?;
    }
    add_keys(state, &name, &plan.constraints)?;
    for clause in &plan.likes {
        like::indexes_and_more(state, &name, clause)?;
    }
    add_ordered(state, &name, &plan.constraints, |p| matches!(p.what, What::ForeignKey(_)))
}

/// Notes that a table is below another.
pub(crate) fn register_heir(state: &mut State, parent: &QualifiedName, heir: &QualifiedName) {
    match state.heirs.get_mut(parent) {
        Some(list) => list.push(heir.clone()),
        None => state.heirs.insert(parent.clone(), vec![heir.clone()]),
    }
}

/// Notes that it no longer is.
pub(crate) fn unregister_heir(state: &mut State, parent: &QualifiedName, heir: &QualifiedName) {
    if let Some(list) = state.heirs.get_mut(parent) {
        list.retain(|h| h != heir);
    }
}

/// Check constraints of the parents become the heir's.
pub(crate) fn inherit_checks(state: &mut State, name: &QualifiedName, parents: &[QualifiedName]) -> Effect {
    for parent in parents {
        let checks: Vec<_> =
            state.table(parent)?.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && !c.no_inherit).cloned().collect();
        let target = state.table_mut(name)?;
        for mut check in checks {
            if target.constraints.iter().any(|c| c.name == check.name) {
                continue;
            }
            check.inherited = true;
            check.comment = None;
            target.constraints.push(check);
        }
    }
    Ok(())
}

fn add_ordered(state: &mut State, name: &QualifiedName, constraints: &[Pending], wanted: impl Fn(&Pending) -> bool) -> Effect {
    for pending in constraints.iter().filter(|p| wanted(p)) {
        constraint::add(state, name, pending)?;
    }
    Ok(())
}

/// Primary key first, then the others in their order; equal ones become one.
fn add_keys(state: &mut State, name: &QualifiedName, constraints: &[Pending]) -> Effect {
    let is_primary = |p: &&Pending| matches!(&p.what, What::Key(k) if k.primary);
    let is_key = |p: &&Pending| matches!(p.what, What::Key(_) | What::Exclusion { .. } | What::ExistingIndex { .. });
    let primary = constraints.iter().filter(is_primary);
    let others = constraints.iter().filter(|p| is_key(p) && !is_primary(p));
    let mut kept: Vec<Pending> = Vec::new();
    for pending in primary.chain(others) {
        let equal = kept.iter_mut().find(|k| same_key(k, pending));
        match equal {
            Some(first) => {
                if first.name.is_none() {
                    first.name.clone_from(&pending.name);
                }
            }
            None => kept.push(pending.clone()),
        }
    }
    for pending in &kept {
        constraint::add(state, name, pending)?;
    }
    Ok(())
}

fn same_key(a: &Pending, b: &Pending) -> bool {
    let (What::Key(x), What::Key(y)) = (&a.what, &b.what) else { return false };
    // Two primary keys stay two, so that the second one is the error it is.
    !(x.primary && y.primary)
        && constraint::same_keys(&x.keys, &y.keys)
        && x.include == y.include
        && x.nulls_not_distinct == y.nulls_not_distinct
        && a.flags.deferrable == b.flags.deferrable
        && a.flags.deferred == b.flags.deferred
}

/// CREATE TABLE AS and SELECT INTO: names of columns are known as far as the query tells them.
pub(crate) fn create_as(state: &mut State, node: &ast::CreateTableAs) -> Effect {
    let name = new_table(state, node.table_name(), node.if_not_exists().is_some(), node.persistence().as_ref())?;
    let mut table = blank(state, &name);
    if matches!(node.persistence(), Some(ast::Persistence::Unlogged(_))) {
        table.persistence = Persistence::Unlogged;
    }
    let query = node.query().and_then(|q| q.select_variant());
    let query = query.ok_or_else(|| Stop::not_understood("CREATE TABLE AS EXECUTE"))?;
    let written = node.syntax().children().find(|n| n.kind() == squawk_syntax::SyntaxKind::TABLE_ARG_LIST);
    let names = written.map(|l| written_names(&l)).unwrap_or_default();
    insert_with_columns_of(state, table, query.syntax(), &names)
}

fn written_names(list: &SyntaxNode) -> Vec<String> {
    syntax::children::<ast::Column>(list).filter_map(|c| c.name()).map(|n| syntax::name(&n)).collect()
}

/// Inserts a table whose columns are a query's.
pub(crate) fn insert_with_columns_of(state: &mut State, mut table: Table, query: &SyntaxNode, names: &[String]) -> Effect {
    let result = super::shape::of_query(state, query);
    let complete = table.name.schema == TEMPORARY || result.iter().all(|c| !c.data_type.is_empty()) && !result.is_empty();
    table.columns = result
        .into_iter()
        .enumerate()
        .map(|(at, c)| Column {
            name: names.get(at).cloned().unwrap_or(c.name),
            data_type: if c.data_type.is_empty() { "unknown".to_owned() } else { c.data_type },
            ..Column::default()
        })
        .collect();
    state.tables.insert(table.name.clone(), table);
    if complete { Ok(()) } else { Err(Stop::partly("the types of columns made by a query are not all known")) }
}

/// SELECT INTO.
pub(crate) fn select_into(state: &mut State, node: &ast::SelectInto) -> Effect {
    let into = node.into_clause();
    let persistence = into.as_ref().and_then(ast::IntoClause::persistence);
    let name = new_table(state, into.and_then(|i| i.table_name()), false, persistence.as_ref())?;
    let table = blank(state, &name);
    insert_with_columns_of(state, table, node.syntax(), &[])
}
