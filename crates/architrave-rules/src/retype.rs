//! Changes of column types as fixes: one statement per table, policies and triggers that stand in the way taken off and put back.

use crate::condition::{Token, mentions, reads_column, tokens};
use crate::statements::{create_policy, drop_policy, lock};
use architrave_model::catalog::{Column, Constraint, Policy, Table, Trigger, TriggerEnabled, View};
use architrave_model::finding::{Effect, Fix};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::{Catalog, Context, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// A column that gets another type.
pub(crate) struct Retype<'a> {
    pub(crate) table: &'a Table,
    pub(crate) column: &'a Column,
    /// New type.
    pub(crate) to: String,
    /// USING expression; none where the cast is implied.
    pub(crate) using: Option<String>,
    /// USING expression of the way back.
    pub(crate) back_using: Option<String>,
    /// The default to set anew, where the present one would change its meaning by being cast.
    pub(crate) default: Option<String>,
    /// Checks that would keep a cast to the old type, with what they say under the new one.
    pub(crate) checks: Vec<(&'a Constraint, String)>,
}

/// What hangs on the tables of a catalogue, found once per run of a rule.
pub(crate) struct Surroundings<'a> {
    catalog: &'a Catalog,
    views: BTreeMap<&'a QualifiedName, Vec<&'a View>>,
    /// Policies by each table name that they mention.
    policies: BTreeMap<&'a str, Vec<(&'a Table, &'a Policy)>>,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut views: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for view in &catalog.views {
            for table in &view.depends_on {
                views.entry(table).or_default().push(view);
            }
        }
        let names: BTreeSet<&str> = catalog.tables.iter().map(|t| t.name.name.as_str()).collect();
        let mut policies: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for table in &catalog.tables {
            for policy in &table.policies {
                let words = tokens(&text_of(policy)).into_iter().filter(Token::is_name).map(|t| t.text);
                let named: BTreeSet<&str> =
                    words.filter_map(|w| names.get(w.as_str()).copied()).chain([table.name.name.as_str()]).collect();
                for name in named {
                    policies.entry(name).or_default().push((table, policy));
                }
            }
        }
        Self { catalog, views, policies }
    }
}

fn text_of(policy: &Policy) -> String {
    format!("{} {}", policy.using.as_deref().unwrap_or_default(), policy.with_check.as_deref().unwrap_or_default())
}

/// What PostgreSQL would refuse to change the type for and a fix cannot take off and put back. Fragments, sorted.
///
/// `expressions` tells whether index expressions and predicates on the column would break too (a type with other, or not immutable, functions).
pub(crate) fn obstacles(around: &Surroundings<'_>, table: &Table, column: &Column, expressions: bool) -> Vec<String> {
    let name = &column.name;
    let mut found = Vec::new();
    let reads = |v: &&&View| reads_column(&v.definition, &table.name.name, name, false);
    found.extend(around.views.get(&table.name).into_iter().flatten().filter(reads).map(|v| format!("view {}", v.name)));
    let generated = table.columns.iter().filter(|c| c.generated.is_some() && c.default.as_deref().is_some_and(|d| mentions(d, name)));
    found.extend(generated.map(|c| format!("generated column {}.{}", table.name, c.name)));
    if table.partitioning.as_ref().is_some_and(|p| mentions(&p.definition, name)) {
        found.push(format!("the partition key of {}", table.name));
    }
    found.extend(table.rules.iter().filter(|r| mentions(&r.definition, name)).map(|r| format!("rule {}", r.name)));
    let in_filter = |p: &&architrave_model::catalog::Publication| {
        p.tables.iter().any(|t| t.table == table.name && t.filter.as_deref().is_some_and(|f| mentions(f, name)))
    };
    found.extend(around.catalog.publications.iter().filter(in_filter).map(|p| format!("the row filter of publication {}", p.name)));
    if expressions {
        for index in &table.indexes {
            let texts = index.keys.iter().filter_map(|k| k.expression.as_deref()).chain(index.predicate.as_deref());
            if texts.into_iter().any(|t| mentions(t, name)) {
                found.push(format!("index {}", index.name));
            }
        }
    }
    let disabled = |t: &&Trigger| t.enabled != TriggerEnabled::Origin && is_in_the_way(t, name);
    found.extend(table.triggers.iter().filter(disabled).map(|t| format!("trigger {}", t.name)));
    found.sort();
    found.dedup();
    found
}

fn is_in_the_way(trigger: &Trigger, column: &str) -> bool {
    let condition = trigger.definition.to_lowercase().find(" when ").and_then(|at| trigger.definition.get(at..));
    trigger.columns.iter().any(|c| c == column) || condition.is_some_and(|w| mentions(w, column))
}

/// The fix; policies and triggers that name a column are dropped before and made again after, all in one transaction.
pub(crate) fn fix(around: &Surroundings<'_>, context: &Context<'_>, title: String, columns: &[Retype<'_>]) -> Fix {
    let mut tables: BTreeMap<_, Vec<&Retype<'_>>> = BTreeMap::new();
    for change in columns {
        tables.entry(&change.table.name).or_default().push(change);
    }
    let (before, after) = taken_off(around, columns);
    let mut all: Vec<(&Table, &Constraint, &String)> =
        columns.iter().flat_map(|c| c.checks.iter().map(|(check, new)| (c.table, *check, new))).collect();
    all.sort_by_key(|(table, check, _)| (&table.name, &check.name));
    all.dedup_by_key(|(table, check, _)| (&table.name, &check.name));
    let checks = || all.iter().copied();
    let off = |table: &Table, check: &Constraint| format!("alter table {} drop constraint {}", table.name.sql(), quote_ident(&check.name));
    let on = |table: &Table, check: &Constraint, definition: &str| {
        format!("alter table {} add constraint {} {definition}", table.name.sql(), quote_ident(&check.name))
    };
    let checks_off: Vec<String> = checks().map(|(t, c, _)| off(t, c)).collect();
    let checks_new = checks().map(|(t, c, new)| on(t, c, new));
    let checks_old = checks().map(|(t, c, _)| on(t, c, &c.definition));
    let statement = |changes: &[&Retype<'_>], parts: fn(&Retype<'_>) -> Vec<String>| {
        let parts: Vec<String> = changes.iter().flat_map(|c| parts(c)).collect();
        changes.first().map(|c| format!("alter table {} {}", c.table.name.sql(), parts.join(", ")))
    };
    let up = tables.values().filter_map(|c| statement(c, forward));
    let down = tables.values().filter_map(|c| statement(c, back));
    let bytes: Option<i64> = tables.keys().map(|t| context.bytes(t)).sum();
    let names: Vec<String> = tables.keys().map(ToString::to_string).collect();
    Fix {
        title,
        up: before.iter().chain(&checks_off).cloned().chain(up).chain(checks_new).chain(after.iter().cloned()).collect(),
        down: before.iter().chain(&checks_off).cloned().chain(down).chain(checks_old).chain(after.iter().cloned()).collect(),
        transactional: true,
        effect: Effect {
            locks: tables.keys().map(|t| lock(t, "AccessExclusiveLock")).collect(),
            rewrites: names.clone(),
            scans: Vec::new(),
            bytes,
        },
        caution: None,
    }
}

fn collation_sql(column: &Column) -> String {
    let quoted = |c: &String| c.split('.').map(|part| quote_ident(part.trim_matches('"'))).collect::<Vec<_>>().join(".");
    column.collation.as_ref().map_or_else(String::new, |c| format!(" collate {}", quoted(c)))
}

fn forward(change: &Retype<'_>) -> Vec<String> {
    let collation = if takes_collation(&change.to) { collation_sql(change.column) } else { String::new() };
    one_way(change, &format!("{}{collation}", change.to), change.using.as_ref(), change.default.as_ref())
}

fn back(change: &Retype<'_>) -> Vec<String> {
    let to = format!("{}{}", change.column.data_type, collation_sql(change.column));
    let default = change.default.as_ref().and(change.column.default.as_ref());
    one_way(change, &to, change.back_using.as_ref(), default)
}

fn takes_collation(data_type: &str) -> bool {
    data_type.starts_with("text") || data_type.starts_with("character") || data_type.starts_with("varchar")
}

fn one_way(change: &Retype<'_>, to: &str, using: Option<&String>, default: Option<&String>) -> Vec<String> {
    let column = quote_ident(&change.column.name);
    let using = using.map_or_else(String::new, |u| format!(" using {u}"));
    let mut parts = Vec::new();
    if default.is_some() {
        parts.push(format!("alter column {column} drop default"));
    }
    parts.push(format!("alter column {column} type {to}{using}"));
    if let Some(default) = default {
        parts.push(format!("alter column {column} set default {default}"));
    }
    parts
}

/// Statements that take off and that put back the policies and triggers which name a changed column.
fn taken_off(around: &Surroundings<'_>, columns: &[Retype<'_>]) -> (Vec<String>, Vec<String>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut policies: BTreeMap<(&QualifiedName, &str), (&Table, &Policy)> = BTreeMap::new();
    let mut triggers: BTreeMap<(&QualifiedName, &str), &Trigger> = BTreeMap::new();
    for change in columns {
        let (table, column) = (change.table, change.column);
        for (on, policy) in around.policies.get(table.name.name.as_str()).into_iter().flatten() {
            if reads_column(&text_of(policy), &table.name.name, &column.name, on.name == table.name) {
                policies.insert((&on.name, &policy.name), (on, policy));
            }
        }
        for trigger in table.triggers.iter().filter(|t| !t.inherited && is_in_the_way(t, &column.name)) {
            triggers.insert((&table.name, &trigger.name), trigger);
        }
    }
    for (table, policy) in policies.into_values() {
        before.push(drop_policy(table, policy));
        after.push(create_policy(table, policy));
        after.extend(policy_comment(table, policy));
    }
    for ((table, name), trigger) in triggers {
        before.push(format!("drop trigger {} on {}", quote_ident(name), table.sql()));
        after.push(trigger.definition.clone());
    }
    (before, after)
}

fn policy_comment(table: &Table, policy: &Policy) -> Option<String> {
    let comment = policy.comment.as_ref()?;
    Some(format!("comment on policy {} on {} is {}", quote_ident(&policy.name), table.name.sql(), quote_literal(comment)))
}
