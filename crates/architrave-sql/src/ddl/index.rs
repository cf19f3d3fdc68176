//! Indexes: CREATE INDEX, the indexes behind constraints, their copies on partitions, ALTER INDEX.

use super::expression::{self, Expression};
use super::naming;
use super::print;
use super::state::{State, missing};
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Index, IndexKey, NullsOrder, TableKind};
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};
use std::fmt::Write as _;

/// An index to be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewIndex {
    pub(crate) name: Option<String>,
    pub(crate) method: String,
    pub(crate) keys: Vec<IndexKey>,
    /// What each key would be called as a column, where it is an expression.
    pub(crate) key_names: Vec<Option<String>>,
    pub(crate) include: Vec<String>,
    pub(crate) predicate: Option<Expression>,
    pub(crate) unique: bool,
    pub(crate) nulls_not_distinct: bool,
    pub(crate) primary: bool,
    pub(crate) exclusion: bool,
    /// Backs a constraint.
    pub(crate) constraint: bool,
    pub(crate) immediate: bool,
    pub(crate) options: Vec<String>,
    pub(crate) tablespace: Option<String>,
    /// ON ONLY: not on the partitions.
    pub(crate) only: bool,
    pub(crate) comment: Option<String>,
}

/// A key that is just a column.
pub(crate) fn plain_key(column: String) -> IndexKey {
    IndexKey { column: Some(column), expression: None, operator_class: None, collation: None, descending: false, nulls: NullsOrder::Last }
}

/// Storage parameters as the catalogue keeps them: `fillfactor=70`.
pub(crate) fn options(with: &ast::WithParams) -> Vec<String> {
    with.attribute_list().map(|l| option_list(&l)).unwrap_or_default()
}

/// As [`options`], of the list itself; a parameter without value is `true`.
pub(crate) fn option_list(list: &ast::AttributeList) -> Vec<String> {
    list.attribute_options()
        .filter_map(|option| {
            let name = syntax::name(&option.name()?);
            let name = match option.namespace() {
                Some(space) => format!("{}.{name}", syntax::name(&space)),
                None => name,
            };
            let value = option.attribute_value().map_or_else(
                || "true".to_owned(),
                |v| v.literal().and_then(|l| syntax::string(&l)).unwrap_or_else(|| syntax::words(v.syntax()).concat()),
            );
            Some(format!("{name}={value}"))
        })
        .collect()
}

/// Operator classes that are the default of every type they are made for.
static DEFAULT_CLASSES: &[&str] = &[
    "array_ops",
    "bit_ops",
    "bool_ops",
    "box_ops",
    "bpchar_ops",
    "bytea_ops",
    "char_ops",
    "cidr_ops",
    "circle_ops",
    "date_ops",
    "enum_ops",
    "float4_ops",
    "float8_ops",
    "int2_ops",
    "int4_ops",
    "int8_ops",
    "interval_ops",
    "jsonb_ops",
    "macaddr8_ops",
    "macaddr_ops",
    "money_ops",
    "multirange_ops",
    "name_ops",
    "numeric_ops",
    "oid_ops",
    "oidvector_ops",
    "pg_lsn_ops",
    "point_ops",
    "poly_ops",
    "quad_point_ops",
    "range_ops",
    "record_ops",
    "text_ops",
    "tid_ops",
    "time_ops",
    "timestamp_ops",
    "timestamptz_ops",
    "timetz_ops",
    "tsquery_ops",
    "tsvector_ops",
    "uuid_ops",
    "varbit_ops",
    "xid8_ops",
    "xid_ops",
];

/// Reads a key of CREATE INDEX or of an exclusion constraint.
pub(crate) fn read_key(node: &SyntaxNode, method: &str, state: &State) -> IndexKey {
    let mut key = plain_key(String::new());
    key.column = None;
    // Of an exclusion constraint the key's parts lie next to the operator or one level deeper.
    let inner = node.children().find(|n| n.kind() == SyntaxKind::PARTITION_ITEM || n.kind() == SyntaxKind::CONFLICT_INDEX_ITEM);
    let node = inner.as_ref().unwrap_or(node);
    let mut expr: Option<ast::Expr> = syntax::child(node);
    let mut collation = None;
    if let Some(ast::Expr::Collate(collate)) = &expr {
        collation = syntax::path_opt(collate.collation_ref());
        expr = collate.expr();
    } else if let Some(collate) = syntax::child::<ast::Collate>(node) {
        collation = syntax::path_opt(collate.collation_ref());
    }
    match expr.map(|e| (matches!(e, ast::Expr::NameRef(_)), expression::read(&e, state))) {
        Some((true, Expression::Name(path))) => key.column = path.last().cloned(),
        Some((_, expression)) => key.expression = Some(print::print(&expression)),
        None => {}
    }
    key.collation = collation.and_then(|c| collation_text(&c, state));
    if let Some(class) = syntax::path_opt(syntax::child::<ast::OpClassRef>(node)) {
        key.operator_class = operator_class(&class, method, state);
    }
    key.descending = matches!(syntax::child::<ast::SortOrder>(node), Some(ast::SortOrder::SortDesc(_)));
    key.nulls = match syntax::child::<ast::NullsOrder>(node) {
        Some(ast::NullsOrder::NullsFirst(_)) => NullsOrder::First,
        None if key.descending => NullsOrder::First,
        Some(ast::NullsOrder::NullsLast(_)) | None => NullsOrder::Last,
    };
    key
}

/// A collation's name: bare when it is PostgreSQL's own; none for the default one.
pub(crate) fn collation_text(path: &[String], state: &State) -> Option<String> {
    let text = match path {
        [schema, name] if schema == "pg_catalog" => name.clone(),
        [name] => match state.find(path, |n| state.collations.contains(n)) {
            Some(found) => format!("{}.{}", found.schema, found.name),
            None => name.clone(),
        },
        _ => path.join("."),
    };
    (text != "default").then_some(text)
}

fn operator_class(path: &[String], method: &str, state: &State) -> Option<String> {
    match path {
        [schema, name] if schema == "pg_catalog" => operator_class(std::slice::from_ref(name), method, state),
        [name] if DEFAULT_CLASSES.contains(&name.as_str()) => None,
        [name] if name == "inet_ops" && method != "gist" => None,
        [name] => {
            let home = super::extension::home_of_operator_class(name).and_then(|e| state.extensions.get(&e.to_owned()));
            Some(home.map_or_else(|| quote_ident(name), |e| format!("{}.{}", quote_ident(&e.schema), quote_ident(name))))
        }
        _ => Some(path.iter().map(|p| quote_ident(p)).collect::<Vec<_>>().join(".")),
    }
}

/// CREATE INDEX.
pub(crate) fn create_index(state: &mut State, node: &ast::CreateIndex) -> Effect {
    let Some(target) = node.table_relation_name() else { return Err(Stop::not_understood("the table is missing")) };
    let table_path = syntax::path(&target);
    let owner = state
        .find(&table_path, |n| state.tables.contains(n) || state.views.get(n).is_some_and(|v| v.materialized))
        .ok_or_else(|| missing("relation", &table_path))?;
    let name = syntax::path_opt(node.index()).and_then(|p| p.last().cloned());
    if let Some(name) = &name
        && state.relation_exists(&QualifiedName::new(&owner.schema, name))
    {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42P07", format!("relation \"{name}\" already exists")))
        };
    }
    let method = node.using_method().and_then(|u| u.access_method_ref()).map_or_else(|| "btree".to_owned(), |m| syntax::name(&m));
    let mut new = NewIndex { name, unique: node.unique_token().is_some(), immediate: true, method, ..NewIndex::default() };
    for item in node.partition_item_list().iter().flat_map(ast::PartitionItemList::partition_items) {
        let key = read_key(item.syntax(), &new.method, state);
        new.key_names.push(key_name(item.syntax(), state));
        new.keys.push(key);
    }
    if let Some(include) = node.index_include_clause().and_then(|i| i.partition_item_list()) {
        new.include = include.partition_items().map(|i| syntax::words(i.syntax()).concat()).map(|w| unquote(&w)).collect();
    }
    new.predicate = node.where_clause().and_then(|w| w.expr()).map(|e| expression::read(&e, state));
    new.nulls_not_distinct = matches!(node.nulls_distinct_option(), Some(ast::NullsDistinctOption::NullsNotDistinct(_)));
    new.options = node.with_params().map(|w| options(&w)).unwrap_or_default();
    new.tablespace = node.tablespace_clause().and_then(|t| t.tablespace_ref()).map(|t| syntax::name(&t)).filter(|t| t != "pg_default");
    new.only = target.only_token().is_some();
    create(state, &owner, &new, None)?;
    Ok(())
}

fn unquote(word: &str) -> String {
    word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).map_or_else(|| word.to_owned(), |w| w.replace("\"\"", "\""))
}

/// The name of an expression key as a column.
fn key_name(node: &SyntaxNode, state: &State) -> Option<String> {
    let expr: ast::Expr = syntax::child(node)?;
    naming::figure_column_name(&expression::read(&expr, state))
}

/// Makes an index on a table or materialized view, and on the partitions below; gives its name.
pub(crate) fn create(state: &mut State, owner: &QualifiedName, new: &NewIndex, parent: Option<&QualifiedName>) -> Result<String, Stop> {
    check_columns(state, owner, new)?;
    let name = match &new.name {
        Some(name) if state.relation_exists(&QualifiedName::new(&owner.schema, name)) => {
            return Err(Stop::fail("42P07", format!("relation \"{name}\" already exists")));
        }
        Some(name) => name.clone(),
        None => free_name(state, owner, new),
    };
    let partitioned = state.tables.get(owner).is_some_and(|t| t.kind == TableKind::Partitioned);
    let mut index = Index {
        name: name.clone(),
        method: new.method.clone(),
        keys: new.keys.clone(),
        include: new.include.clone(),
        predicate: new.predicate.as_ref().map(print::print),
        unique: new.unique || new.primary,
        nulls_not_distinct: new.nulls_not_distinct,
        primary: new.primary,
        exclusion: new.exclusion,
        immediate: new.immediate || !new.constraint,
        valid: !(partitioned && new.only && !state.heirs_of(owner).is_empty()),
        ready: true,
        replica_identity: false,
        clustered: false,
        constraint: new.constraint.then(|| name.clone()),
        parent: parent.cloned(),
        options: new.options.clone(),
        tablespace: new.tablespace.clone(),
        definition: String::new(),
        comment: new.comment.clone(),
    };
    drop_collations_of_columns(state, owner, &mut index);
    index.definition = definition(&index, owner, partitioned);
    let Some(indexes) = state.indexes_mut(owner) else { return Err(missing("relation", std::slice::from_ref(&owner.name))) };
    indexes.push(index);
    state.index_owners.insert(QualifiedName::new(&owner.schema, &name), owner.clone());
    if partitioned && !new.constraint && !new.only {
        for heir in state.heirs_of(owner) {
            copy_to_partition(state, &heir, new, &QualifiedName::new(&owner.schema, &name))?;
        }
    }
    Ok(name)
}

/// A collation equal to the column's own says nothing.
fn drop_collations_of_columns(state: &State, owner: &QualifiedName, index: &mut Index) {
    let Some(table) = state.tables.get(owner) else { return };
    for key in &mut index.keys {
        let own = key.column.as_ref().and_then(|c| table.column(c)).and_then(|c| c.collation.clone());
        if own.is_some() && own == key.collation {
            key.collation = None;
        }
    }
}

fn check_columns(state: &State, owner: &QualifiedName, new: &NewIndex) -> Result<(), Stop> {
    let Some(table) = state.tables.get(owner) else { return Ok(()) };
    let lost = new.keys.iter().filter_map(|k| k.column.as_ref()).chain(&new.include).find(|c| table.column(c).is_none());
    match lost {
        Some(column) => Err(Stop::fail("42703", format!("column \"{column}\" does not exist"))),
        None => Ok(()),
    }
}

fn free_name(state: &State, owner: &QualifiedName, new: &NewIndex) -> String {
    let mut wanted: Vec<Option<String>> = Vec::new();
    for (at, key) in new.keys.iter().enumerate() {
        wanted.push(key.column.clone().or_else(|| new.key_names.get(at).cloned().flatten()));
    }
    wanted.extend(new.include.iter().cloned().map(Some));
    let columns = naming::joined_columns(&naming::index_column_names(&wanted));
    let label = match (new.primary, new.exclusion, new.constraint) {
        (true, ..) => "pkey",
        (_, true, _) => "excl",
        (_, _, true) => "key",
        _ => "idx",
    };
    let second = if new.primary { None } else { Some(columns.as_str()) };
    naming::choose(&owner.name, second, label, |candidate| {
        state.relation_exists(&QualifiedName::new(&owner.schema, candidate))
            || (new.constraint && state.constraint_exists(&owner.schema, candidate))
    })
}

/// Gives a partition the index of its parent: an equal one that is there already, or a copy.
pub(crate) fn copy_to_partition(state: &mut State, partition: &QualifiedName, new: &NewIndex, parent: &QualifiedName) -> Result<(), Stop> {
    let found = state.table(partition)?;
    if found.kind == TableKind::Foreign {
        return Ok(());
    }
    let predicate = new.predicate.as_ref().map(print::print);
    let equal = found.indexes.iter().find(|i| {
        i.parent.is_none()
            && i.constraint.is_none()
            && i.method == new.method
            && i.unique == new.unique
            && i.keys == new.keys
            && i.include == new.include
            && i.predicate == predicate
    });
    if let Some(name) = equal.map(|i| i.name.clone()) {
        attach(state, partition, &name, parent)?;
        let own = QualifiedName::new(&partition.schema, &name);
        for heir in state.heirs_of(partition) {
            copy_to_partition(state, &heir, new, &own)?;
        }
        return Ok(());
    }
    let copy = NewIndex { name: None, comment: None, only: false, ..new.clone() };
    create(state, partition, &copy, Some(parent))?;
    Ok(())
}

/// Attaches an index of a partition to the parent's.
pub(crate) fn attach(state: &mut State, partition: &QualifiedName, index: &str, parent: &QualifiedName) -> Result<(), Stop> {
    let target = state.table_mut(partition)?;
    let Some(index) = target.indexes.iter_mut().find(|i| i.name == index) else {
        return Err(missing("index", &[index.to_owned()]));
    };
    index.parent = Some(parent.clone());
    Ok(())
}

/// What makes this index again on another table.
pub(crate) fn again(index: &Index) -> NewIndex {
    NewIndex {
        name: None,
        method: index.method.clone(),
        keys: index.keys.clone(),
        key_names: index
            .keys
            .iter()
            .map(|k| k.expression.as_deref().and_then(|e| expression::parse(e, &expression::AsWritten)))
            .map(|e| e.as_ref().and_then(naming::figure_column_name))
            .collect(),
        include: index.include.clone(),
        predicate: index.predicate.as_deref().and_then(|p| expression::parse(p, &expression::AsWritten)),
        unique: index.unique,
        nulls_not_distinct: index.nulls_not_distinct,
        primary: index.primary,
        exclusion: index.exclusion,
        constraint: index.constraint.is_some(),
        immediate: index.immediate,
        options: index.options.clone(),
        tablespace: index.tablespace.clone(),
        only: false,
        comment: None,
    }
}

/// A key as `pg_get_indexdef` prints it.
pub(crate) fn key_text(key: &IndexKey, method: &str) -> String {
    let mut text = match (&key.column, &key.expression) {
        (Some(column), _) => quote_ident(column),
        (None, Some(expression)) if looks_like_call(expression) => expression.clone(),
        (None, Some(expression)) => format!("({expression})"),
        (None, None) => String::new(),
    };
    if let Some(collation) = &key.collation {
        let parts: Vec<String> = collation.split('.').map(quote_ident).collect();
        let _ = write!(text, " COLLATE {}", parts.join("."));
    }
    if let Some(class) = &key.operator_class {
        let _ = write!(text, " {class}");
    }
    if method == "btree" {
        match (key.descending, key.nulls) {
            (true, NullsOrder::First) => text.push_str(" DESC"),
            (true, NullsOrder::Last) => text.push_str(" DESC NULLS LAST"),
            (false, NullsOrder::First) => text.push_str(" NULLS FIRST"),
            (false, NullsOrder::Last) => {}
        }
    }
    text
}

/// Whether a printed expression is one function call.
fn looks_like_call(text: &str) -> bool {
    let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'"')).count();
    if name == 0 || text.as_bytes().get(name) != Some(&b'(') || !text.ends_with(')') {
        return false;
    }
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate().skip(name) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1 == text.len();
        }
    }
    false
}

/// The whole index as `pg_get_indexdef` prints it.
pub(crate) fn definition(index: &Index, owner: &QualifiedName, partitioned: bool) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = if partitioned { "ONLY " } else { "" };
    let keys: Vec<String> = index.keys.iter().map(|k| key_text(k, &index.method)).collect();
    let mut text = format!(
        "CREATE {unique}INDEX {} ON {only}{} USING {} ({})",
        quote_ident(&index.name),
        owner.sql(),
        quote_ident(&index.method),
        keys.join(", ")
    );
    if !index.include.is_empty() {
        let columns: Vec<String> = index.include.iter().map(|c| quote_ident(c)).collect();
        let _ = write!(text, " INCLUDE ({})", columns.join(", "));
    }
    if index.nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if !index.options.is_empty() {
        let options: Vec<String> =
            index.options.iter().filter_map(|o| o.split_once('=')).map(|(k, v)| format!("{k}='{}'", v.replace('\'', "''"))).collect();
        let _ = write!(text, " WITH ({})", options.join(", "));
    }
    if let Some(tablespace) = &index.tablespace {
        let _ = write!(text, " TABLESPACE {}", quote_ident(tablespace));
    }
    if let Some(predicate) = &index.predicate {
        let _ = write!(text, " WHERE {predicate}");
    }
    text
}

/// Prints all definitions of a relation's indexes anew, after a name in them changed.
pub(crate) fn redefine_all(state: &mut State, owner: &QualifiedName) {
    let partitioned = state.tables.get(owner).is_some_and(|t| t.kind == TableKind::Partitioned);
    if let Some(indexes) = state.indexes_mut(owner) {
        for index in indexes {
            index.definition = definition(index, owner, partitioned);
        }
    }
}
