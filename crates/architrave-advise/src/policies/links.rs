//! Rows that hang on a row of another tenant: the foreign key does not say whose the row is, and no policy looks at the row above.

use super::{Alternatives, World, untried, words};
use architrave_model::QualifiedName;
use architrave_model::access::{Attack, AttackKind, Repair, Scope};
use architrave_model::catalog::{Constraint, ConstraintKind, ForeignKeyAction, MatchType, Reference, Table};
use architrave_model::name::quote_ident;

/// Whether the way in is such a row.
pub(super) fn is_link(attack: &Attack) -> bool {
    matches!(attack.kind, AttackKind::Hangs { .. })
}

/// A repair for each foreign key that was used: one that holds the tenant, else a policy that looks at the row above.
pub(super) fn alternatives(world: &World<'_>, name: &QualifiedName, attacks: &[usize]) -> Vec<Alternatives> {
    let Some(table) = world.catalog.table_named(name) else { return Vec::new() };
    let mut parents: Vec<&QualifiedName> = table.foreign_keys().map(|(_, r)| &r.table).collect();
    parents.sort();
    parents.dedup();
    let to = |parent: &QualifiedName| {
        let kind = AttackKind::Hangs { on: parent.clone() };
        let to = |at: &&usize| world.report.attacks.get(**at).is_some_and(|a| a.kind == kind);
        attacks.iter().filter(to).copied().collect::<Vec<usize>>()
    };
    parents.into_iter().filter_map(|parent| of(world, table, parent, &to(parent))).collect()
}

fn of(world: &World<'_>, table: &Table, parent: &QualifiedName, attacks: &[usize]) -> Option<Alternatives> {
    if attacks.is_empty() {
        return None;
    }
    let above = world.catalog.table_named(parent)?;
    let column = |scope: &Scope| match scope {
        Scope::Owner { column } | Scope::Tenant { column, .. } => Some(column.clone()),
        _ => None,
    };
    let own = world.report.intent.of(&table.name).map(|i| &i.scope);
    let theirs = world.report.intent.of(parent).map(|i| &i.scope);
    let same = own.zip(theirs).is_some_and(|(a, b)| std::mem::discriminant(a) == std::mem::discriminant(b));
    let holds = own.and_then(column).zip(theirs.and_then(column)).filter(|_| same);
    let mut all = Alternatives::new();
    for (key, reference) in table.foreign_keys().filter(|(k, r)| &r.table == parent && k.enforced && !k.inherited) {
        all.extend(holds.as_ref().and_then(|pair| with_tenant(world, (table, above), (key, reference), pair, attacks)));
    }
    for (key, reference) in table.foreign_keys().filter(|(k, r)| &r.table == parent && k.enforced) {
        // Where a row goes on pointing at what a fellow member cannot see, he must still be able to change it.
        all.extend([&["insert", "update"][..], &["insert"]].map(|commands| looked_at(world, table, (key, reference), commands, attacks)));
    }
    (!all.is_empty()).then_some(all)
}

/// The key with the tenant in it, in steps that hold no long lock: index, key that is not valid yet, validation, and only then the old key goes.
fn with_tenant(
    world: &World<'_>,
    (table, above): (&Table, &Table),
    (key, reference): (&Constraint, &Reference),
    (own, theirs): &(String, String),
    attacks: &[usize],
) -> Option<Repair> {
    let type_of = |table: &Table, column: &str| table.column(column).map(architrave_model::catalog::Column::base_type);
    let told = key.columns.contains(own) || reference.columns.contains(theirs) || reference.match_type != MatchType::Simple;
    if told || type_of(table, own) != type_of(above, theirs) {
        return None;
    }
    let columns =
        |first: &String, rest: &[String]| std::iter::once(first).chain(rest).map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ");
    let (child, parent) = (table.name.sql(), above.name.sql());
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let there = above.constraints.iter().any(|c| {
        matches!(c.kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
            && c.columns.len() == reference.columns.len() + 1
            && std::iter::once(theirs).chain(&reference.columns).all(|column| c.columns.contains(column))
    });
    if !there {
        let unique = shortened(&format!("{}_{theirs}_{}", above.name.name, reference.columns.join("_")), "_key");
        let name = quote_ident(&unique);
        up.push(format!("create unique index concurrently {name} on {parent} ({})", columns(theirs, &reference.columns)));
        up.push(format!("alter table {parent} add constraint {name} unique using index {name}"));
        down.push(format!("alter table {parent} drop constraint {name}"));
    }
    let new = shortened(&format!("{}_{own}_{}", table.name.name, key.columns.join("_")), "_fkey");
    let (new, old) = (quote_ident(&new), quote_ident(&key.name));
    up.push(format!(
        "alter table {child} add constraint {new} foreign key ({}) references {parent} ({}){} not valid",
        columns(own, &key.columns),
        columns(theirs, &reference.columns),
        actions(world, key, reference)?
    ));
    up.push(format!("alter table {child} validate constraint {new}"));
    up.push(format!("alter table {child} drop constraint {old}"));
    up.push(format!("alter table {child} rename constraint {new} to {old}"));
    down.insert(0, format!("alter table {child} add constraint {old} {}", key.definition));
    down.insert(0, format!("alter table {child} drop constraint {old}"));
    let title = format!("let {old} of {} hold {own}: a row can only hang on a row of {} with the same", table.name, above.name);
    Some(untried(title, attacks, up, down))
}

/// What the old key does when the row above changes or goes; none where it cannot be said of a longer key.
fn actions(world: &World<'_>, key: &Constraint, reference: &Reference) -> Option<String> {
    let mut sql = String::new();
    match reference.on_update {
        ForeignKeyAction::NoAction => {}
        ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault => return None,
        action => sql.push_str(&format!(" on update {}", action.sql())),
    }
    match reference.on_delete {
        ForeignKeyAction::NoAction => {}
        // The tenant stays; which columns become NULL can be said since 15.
        action @ (ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault) => {
            let major: u32 = world.report.server_version.split('.').next()?.parse().ok()?;
            if major < 15 {
                return None;
            }
            let columns = key.columns.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ");
            sql.push_str(&format!(" on delete {} ({columns})", action.sql()));
        }
        action => sql.push_str(&format!(" on delete {}", action.sql())),
    }
    if key.deferrable {
        sql.push_str(if key.deferred { " deferrable initially deferred" } else { " deferrable" });
    }
    Some(sql)
}

/// Restrictive policies: whoever writes the row must see the row above.
fn looked_at(
    world: &World<'_>,
    table: &Table,
    (key, reference): (&Constraint, &Reference),
    commands: &[&str],
    attacks: &[usize],
) -> Repair {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let own = |column: &String| format!("{}.{}", quote_ident(&table.name.name), quote_ident(column));
    let pairs: Vec<String> =
        key.columns.iter().zip(&reference.columns).map(|(c, r)| format!("above.{} = {}", quote_ident(r), own(c))).collect();
    let nullable: Vec<String> =
        key.columns.iter().filter(|c| table.column(c).is_some_and(|c| !c.not_null)).map(|c| format!("{} is null or ", own(c))).collect();
    let check = format!("{}exists (select 1 from {} above where {})", nullable.concat(), reference.table.sql(), pairs.join(" and "));
    for command in commands {
        let wanted = shortened(&format!("{}_{}", table.name.name, key.columns.join("_")), &format!("_seen_{command}"));
        let policy = words::free_name(table, &wanted);
        let to = world.people.to_signed_in();
        up.push(format!(
            "create policy {} on {} as restrictive for {command} to {to} with check ({check})",
            quote_ident(&policy),
            table.name.sql()
        ));
        down.push(words::drop(&table.name, &policy));
    }
    let new = if commands.len() == 1 { "new row" } else { "row" };
    let title = format!("let a {new} of {} hang only on a row of {} that its writer may see", table.name, reference.table);
    untried(title, attacks, up, down)
}

/// A name of at most 63 bytes.
fn shortened(name: &str, ending: &str) -> String {
    let mut name = name.to_owned();
    while name.len() + ending.len() > 63 {
        name.pop();
    }
    name + ending
}
