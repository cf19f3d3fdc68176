//! Tables that change their name while the old one is still in use, and materialized views that are refreshed beside their readers.

use super::{Ground, alter, brief, gated, outside};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::migration::{SafeFile, Target};
use architrave_model::name::quote_ident;

/// RENAME TO with a view under the old name, which takes writes too, until no deployed version uses it.
pub(super) fn rename(ground: &Ground<'_>, target: &Target, to: &str) -> Option<Vec<SafeFile>> {
    let table = ground.table(&target.name)?;
    if table.kind == TableKind::Foreign || table.columns.is_empty() {
        return None;
    }
    let new = QualifiedName::new(&target.name.schema, to);
    let old = target.name.sql();
    let columns: Vec<String> = table.columns.iter().map(|c| quote_ident(&c.name)).collect();
    // Before 15 a view always reads with its owner's rights: where rows are guarded by policies it would open them.
    if table.rls_enabled && ground.major() < 15 {
        return None;
    }
    let invoker = if ground.major() >= 15 { " with (security_invoker = true)" } else { "" };
    let mut up = vec![
        format!("{} rename to {}", alter(target), quote_ident(to)),
        format!("create view {old}{invoker} as select {} from {}", columns.join(", "), new.sql()),
    ];
    up.extend(defaults(table, &target.name));
    up.extend(grants(table, &target.name));
    let down = vec![format!("drop view {old}"), format!("alter table {} rename to {}", new.sql(), quote_ident(&target.name.name))];
    let contract = brief(format!("drop the view {}", target.name.name), vec![format!("drop view {old}")], Vec::new());
    let gate = format!("every deployed version of the application uses {to}, and none uses {}", target.name.name);
    Some(vec![brief(format!("rename {} to {to} with a view", target.name.name), up, down), gated(contract, gate)])
}

/// A view passes the defaults of its table on by itself only for columns that an INSERT leaves out; `DEFAULT` written out needs its own.
fn defaults(table: &Table, view: &QualifiedName) -> Vec<String> {
    let plain = table.columns.iter().filter(|c| c.generated.is_none() && c.identity.is_none());
    let sql = |column: &str, default: &str| format!("alter view {} alter column {} set default {default}", view.sql(), quote_ident(column));
    plain.filter_map(|c| c.default.as_deref().map(|d| sql(&c.name, d))).collect()
}

fn grants(table: &Table, view: &QualifiedName) -> Vec<String> {
    let others = table.grants.iter().filter(|g| g.grantee != table.owner);
    let mut out = Vec::new();
    for grant in others {
        let allowed = ["SELECT", "INSERT", "UPDATE", "DELETE"];
        let privileges: Vec<&str> = grant.privileges.iter().map(String::as_str).filter(|p| allowed.contains(p)).collect();
        if !privileges.is_empty() {
            let role = if grant.is_public() { "public".to_owned() } else { quote_ident(&grant.grantee) };
            out.push(format!("grant {} on {} to {role}", privileges.join(", ").to_lowercase(), view.sql()));
        }
    }
    out
}

/// DROP TABLE: its foreign keys before it, each in a transaction of its own, because they lock the other table too.
pub(super) fn drop(ground: &Ground<'_>, name: &QualifiedName) -> Option<Vec<SafeFile>> {
    let table = ground.table(name)?;
    let sql = name.sql();
    let keys = table.foreign_keys().filter(|(key, reference)| !key.inherited && reference.table != *name);
    let mut files: Vec<SafeFile> = keys
        .map(|(key, _)| {
            let constraint = quote_ident(&key.name);
            let add = format!("alter table {sql} add constraint {constraint} {}", key.definition);
            brief(format!("drop {}", key.name), vec![format!("alter table {sql} drop constraint {constraint}")], vec![add])
        })
        .collect();
    files.push(brief(format!("drop {}", name.name), vec![format!("drop table {sql}")], Vec::new()));
    let first = files.first_mut()?;
    *first = gated(std::mem::take(first), format!("no deployed version of the application uses {}", name.name));
    Some(files)
}

/// REFRESH with CONCURRENTLY, where a unique index allows it.
pub(super) fn refresh(ground: &Ground<'_>, view: &QualifiedName) -> Option<Vec<SafeFile>> {
    let found = ground.step.before.views.iter().find(|v| v.name == *view)?;
    let whole = |i: &&architrave_model::catalog::Index| i.unique && i.is_complete() && i.keys.iter().all(|k| k.column.is_some());
    if !found.populated || found.indexes.iter().find(whole).is_none() {
        return None;
    }
    let statement = format!("refresh materialized view concurrently {}", view.sql());
    Some(vec![outside(format!("refresh {} concurrently", view.name), vec![statement], Vec::new())])
}
