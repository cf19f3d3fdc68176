//! Statements that read or write rows, and maintenance: INSERT to COPY, VACUUM, REINDEX, LOCK TABLE.

use super::{Reader, cascades, child, has_child, last_in, setting};
use crate::ddl::syntax;
use crate::touches::below;
use architrave_model::migration::{Action, LockMode};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;

/// INSERT, UPDATE, DELETE, MERGE and queries; what their WITH does to rows comes first.
pub(super) fn rows(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let parts: Vec<SyntaxNode> = child(node, WITH_CLAUSE)
        .into_iter()
        .flat_map(|w| w.descendants().filter(|d| matches!(d.kind(), INSERT | UPDATE | DELETE | MERGE)).collect::<Vec<_>>())
        .collect();
    for part in parts {
        one(reader, &part);
    }
    one(reader, node);
}

fn one(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let named = node.children().find(|c| matches!(c.kind(), RELATION_NAME | RELATION_NAME_REF | TABLE_RELATION_NAME));
    let table = named.map(|n| reader.relation(&n)).unwrap_or_default();
    let has_where = has_child(node, WHERE_CLAUSE) || has_child(node, WHERE_CURRENT_OF);
    let limited = || {
        let picks = child(node, WHERE_CLAUSE).and_then(|w| w.first_child()).is_some_and(|condition| picks_by_value(&condition));
        picks || below::has_any(node, |kind| matches!(kind, LIMIT_CLAUSE | FETCH_CLAUSE))
    };
    let action = match node.kind() {
        INSERT => {
            let from_query = !node.children().any(|c| matches!(c.kind(), VALUES | DEFAULT_VALUES)) && !syntax::has(node, VALUES_KW);
            Action::Insert { table, from_query, on_conflict: has_child(node, ON_CONFLICT_CLAUSE) }
        }
        UPDATE => Action::Update { columns: set_columns(node), has_where, limited: limited(), table },
        DELETE => Action::Delete { has_where, limited: limited(), table },
        MERGE => Action::Update { columns: set_columns(node), has_where: true, limited: limited(), table },
        _ => {
            setting::set_config(reader, node);
            Action::Select { locks_rows: below::has_any(node, |kind| kind == LOCKING_CLAUSE) }
        }
    };
    reader.push(action);
}

/// Whether a condition takes the rows with one given value only: `status = 'done'`, alone or together with others.
fn picks_by_value(condition: &SyntaxNode) -> bool {
    let sign = |kind| condition.children_with_tokens().any(|c| c.kind() == kind);
    match condition.kind() {
        PAREN_EXPR => condition.first_child().is_some_and(|inner| picks_by_value(&inner)),
        BIN_EXPR if sign(AND_KW) => condition.children().any(|part| picks_by_value(&part)),
        BIN_EXPR if sign(EQ) => condition.children().any(|side| {
            let is_value = |n: &SyntaxNode| n.kind() == LITERAL;
            is_value(&side) || side.kind() == CAST_EXPR && side.first_child().is_some_and(|inner| is_value(&inner))
        }),
        _ => false,
    }
}

fn set_columns(node: &SyntaxNode) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for target in node.descendants().filter(|d| d.kind() == COLUMN_TARGET) {
        let in_set = target.ancestors().any(|a| matches!(a.kind(), SET_SINGLE_COLUMN | SET_MULTIPLE_COLUMNS));
        let name = last_in(&target, COLUMN_NAME_REF).unwrap_or_default();
        if in_set && !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// COPY.
pub(super) fn copy(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let table = child(node, COPY_TABLE).and_then(|t| child(&t, TABLE_NAME_REF)).map(|t| reader.relation(&t));
    reader.push(Action::Copy { table, from: has_child(node, COPY_FROM) });
}

/// TRUNCATE.
pub(super) fn truncate(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let tables = child(node, TABLE_LIST).map(|l| relations(reader, &l)).unwrap_or_default();
    reader.push(Action::Truncate { tables, cascade: cascades(node) });
}

/// LOCK TABLE.
pub(super) fn lock(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let tables = child(node, RELATION_LIST).map(|l| relations(reader, &l)).unwrap_or_default();
    let mode = child(node, LOCK_MODE_CLAUSE).and_then(|c| c.first_child()).map(|m| syntax::words(&m).join(" ").to_uppercase());
    let mode = mode.and_then(|m| LockMode::ALL.into_iter().find(|l| l.sql() == m)).unwrap_or(LockMode::AccessExclusive);
    reader.push(Action::LockTable { tables, mode, nowait: has_child(node, NOWAIT) || syntax::has(node, NOWAIT_KW) });
}

/// The tables of VACUUM and ANALYZE.
fn maintained(reader: &Reader<'_>, node: &SyntaxNode) -> Vec<QualifiedName> {
    let list = child(node, TABLE_AND_COLUMNS_LIST);
    list.map(|l| l.children().filter_map(|t| child(&t, TABLE_RELATION_NAME)).map(|t| reader.relation(&t)).collect()).unwrap_or_default()
}

fn relations(reader: &Reader<'_>, list: &SyntaxNode) -> Vec<QualifiedName> {
    list.children().map(|t| reader.relation(&t)).collect()
}

/// VACUUM.
pub(super) fn vacuum(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let options = child(node, VACUUM_OPTION_LIST).into_iter().flat_map(|l| l.children().map(|o| syntax::words(&o)).collect::<Vec<_>>());
    let mut full = syntax::has(node, FULL_KW);
    for words in options {
        if words.first().is_some_and(|w| w == "full") {
            full = !words.get(1).is_some_and(|v| matches!(v.trim_matches('\''), "false" | "off" | "0"));
        }
    }
    reader.push(Action::Vacuum { tables: maintained(reader, node), full });
}

/// ANALYZE.
pub(super) fn analyze(reader: &mut Reader<'_>, node: &SyntaxNode) {
    reader.push(Action::Analyze { tables: maintained(reader, node) });
}

/// CLUSTER.
pub(super) fn cluster(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let table = node.descendants().find(|d| d.kind() == TABLE_NAME_REF).map(|t| reader.relation(&t));
    reader.push(Action::Cluster { table });
}

/// REINDEX.
pub(super) fn reindex(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(target) = node.children().find(|c| c.kind() != REINDEX_OPTION_LIST) else { return };
    let option = node.descendants().find(|d| d.kind() == REINDEX_OPTION_CONCURRENTLY).map(|o| syntax::words(&o));
    let by_option = option.is_some_and(|o| !o.get(1).is_some_and(|v| matches!(v.trim_matches('\''), "false" | "off" | "no" | "0")));
    let named = target.first_child();
    let (kind, name) = match target.kind() {
        REINDEX_TARGET_INDEX => ("INDEX", named.map(|n| reader.relation(&n))),
        REINDEX_TARGET_TABLE => ("TABLE", named.map(|n| reader.relation(&n))),
        REINDEX_TARGET_SCHEMA => ("SCHEMA", named.map(|n| QualifiedName::new(super::last(&n), ""))),
        REINDEX_TARGET_SYSTEM => ("SYSTEM", named.map(|n| QualifiedName::new("", super::last(&n)))),
        _ => ("DATABASE", named.map(|n| QualifiedName::new("", super::last(&n)))),
    };
    let concurrently = by_option || syntax::has(&target, CONCURRENTLY_KW);
    reader.push(Action::Reindex { kind: kind.to_owned(), name: name.unwrap_or_default(), concurrently });
}

/// REFRESH MATERIALIZED VIEW.
pub(super) fn refresh(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let Some(view) = child(node, VIEW_REF) else { return };
    let view = reader.relation(&view);
    let with_no_data = has_child(node, WITH_NO_DATA);
    reader.push(Action::RefreshMaterializedView { view, concurrently: syntax::has(node, CONCURRENTLY_KW), with_no_data });
}
