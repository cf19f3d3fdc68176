//! `table/privileges-self-written`: see `privileges_self_written.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::{list, list_of};
use crate::outside::{Outside, grantees};
use crate::policies::lookups;
use crate::rules::column::words_of;
use crate::statements::columns_sql;
use architrave_model::catalog::{Catalog, Column, Function, Policy, PolicyCommand, Table, TriggerEnabled, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/privileges-self-written",
    summary: "columns that decide what a user may do, writable by the user himself",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("privileges_self_written.md"),
    check: Check::Catalog(check),
};

/// Names that give power, whole or as their words in order.
const POWER: &[&str] = &[
    "access level",
    "account role",
    "admin",
    "app role",
    "is admin",
    "is moderator",
    "is owner",
    "is staff",
    "is super admin",
    "is superadmin",
    "is superuser",
    "member role",
    "org role",
    "permission",
    "permissions",
    "privilege",
    "privileges",
    "role",
    "role id",
    "roles",
    "scopes",
    "superadmin",
    "superuser",
    "user role",
    "user type",
];
/// Names that are worth money.
const MONEY: &[&str] = &[
    "balance",
    "credit",
    "credit balance",
    "credits",
    "current plan",
    "has paid",
    "is paid",
    "is premium",
    "is pro",
    "is subscribed",
    "paid",
    "paid until",
    "plan",
    "plan id",
    "plan type",
    "premium",
    "premium until",
    "price id",
    "pro",
    "quota",
    "stripe customer id",
    "stripe subscription id",
    "subscription",
    "subscription id",
    "subscription plan",
    "subscription status",
    "subscription tier",
    "tier",
    "trial ends at",
    "usage limit",
    "wallet balance",
];
/// Names of states that somebody else is meant to give.
const STATE: &[&str] = &[
    "approved",
    "banned",
    "email verified",
    "is approved",
    "is banned",
    "is blocked",
    "is suspended",
    "is verified",
    "suspended",
    "verified",
];
/// Words of tables with one row per user even where no key says so.
const OF_USERS: &[&str] = &[
    "account",
    "accounts",
    "member",
    "members",
    "membership",
    "memberships",
    "profile",
    "profiles",
    "subscription",
    "subscriptions",
    "user",
    "users",
    "wallet",
    "wallets",
];

/// A column that its user may write.
struct Writable<'a> {
    column: &'a Column,
    /// Policies and functions that decide by it.
    read_by: Vec<String>,
    power: bool,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    for table in Scope::of(catalog, context).tables().filter(|t| t.rls_enabled && outside.serves(&t.name.schema)) {
        let own = lookups(table);
        let updates = |p: &&Policy| matches!(p.command, PolicyCommand::Update | PolicyCommand::All) && p.permissive;
        let policies: Vec<(&str, &Policy)> =
            own.iter().flat_map(|(column, all)| all.iter().copied().filter(updates).map(move |p| (column.as_str(), p))).collect();
        if policies.is_empty() {
            continue;
        }
        let found: Vec<Writable<'_>> = table.columns.iter().filter_map(|c| writable(catalog, &outside, table, c, &policies)).collect();
        if !found.is_empty() {
            sink.report(draft(&outside, table, &found, policies.iter().map(|(_, p)| p.name.as_str()).collect()));
        }
    }
}

fn writable<'a>(
    catalog: &Catalog,
    outside: &Outside<'_>,
    table: &Table,
    column: &'a Column,
    policies: &[(&str, &Policy)],
) -> Option<Writable<'a>> {
    let words = words_of(&column.name).join(" ");
    let named = |names: &[&str]| names.contains(&words.as_str());
    let power = named(POWER);
    if !(power || named(MONEY) || named(STATE)) || column.generated.is_some() {
        return None;
    }
    let roles = updaters(outside, table, column);
    let open = policies.iter().find(|(_, p)| {
        p.roles.iter().any(|r| r == "PUBLIC" || roles.contains(&r.as_str()))
            && !p.with_check.as_deref().is_some_and(|c| mentions(c, &column.name))
    })?;
    if roles.is_empty() || is_guarded(catalog, table, column) {
        return None;
    }
    let read_by = readers(catalog, table, column);
    let of_user = table.is_unique_over(&[open.0]) || words_of(&table.name.name).iter().any(|w| OF_USERS.contains(&w.as_str()));
    // A role of a message, a plan of a project: rows that a user has many of say nothing about him, unless something decides by them.
    (of_user || !read_by.is_empty()).then_some(Writable { column, read_by, power })
}

/// Outsiders that may update the column.
fn updaters<'a>(outside: &Outside<'a>, table: &Table, column: &Column) -> Vec<&'a str> {
    let mut roles = outside.holders(&table.name.schema, &table.grants, &["UPDATE"]);
    roles.extend(outside.holders(&table.name.schema, &column.grants, &["UPDATE"]));
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// A restrictive policy, or a trigger before the update, that looks at the column.
fn is_guarded(catalog: &Catalog, table: &Table, column: &Column) -> bool {
    let restrictive = table.policies.iter().filter(|p| !p.permissive && matches!(p.command, PolicyCommand::Update | PolicyCommand::All));
    let by_policy = restrictive.flat_map(|p| p.using.iter().chain(&p.with_check)).any(|e| mentions(e, &column.name));
    let fires = |t: &&architrave_model::catalog::Trigger| {
        t.timing == TriggerTiming::Before && t.row && t.events.contains(&TriggerEvent::Update) && t.enabled != TriggerEnabled::Disabled
    };
    let by_trigger = table.triggers.iter().filter(fires).any(|t| {
        let functions = catalog.functions.iter().filter(|f| f.name == t.function);
        // What cannot be read may well guard it.
        let mut bodies = functions.map(|f| {
            f.body.is_empty() || f.language == "c" || mentions(&f.body, &column.name) || mentions(&f.body, "jsonb_populate_record")
        });
        t.definition.contains(&column.name) || bodies.any(|guards| guards)
    });
    let by_check = table.constraints.iter().any(|c| {
        matches!(c.kind, architrave_model::catalog::ConstraintKind::PrimaryKey | architrave_model::catalog::ConstraintKind::Unique)
            && c.columns.contains(&column.name)
    });
    by_policy || by_trigger || by_check
}

/// Policies and functions elsewhere that read the column.
fn readers(catalog: &Catalog, table: &Table, column: &Column) -> Vec<String> {
    let reads = |text: &str| mentions(text, &table.name.name) && mentions(text, &column.name);
    let mut found = Vec::new();
    for other in catalog.tables.iter().filter(|t| t.rls_enabled) {
        for policy in &other.policies {
            let expressions = || policy.using.iter().chain(&policy.with_check);
            if (other.name == table.name && expressions().any(|e| mentions(e, &column.name)))
                || (other.name != table.name && expressions().any(|e| reads(e)))
            {
                found.push(format!("policy {} on {}", policy.name, other.name));
            }
        }
    }
    // A function that copies rows reads the column and decides nothing by it.
    let policies = || catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check));
    let decides =
        |f: &Function| (f.security_definer && f.result.as_deref() == Some("boolean")) || policies().any(|e| mentions(e, &f.name.name));
    let readable = catalog.functions.iter().filter(|f| matches!(f.language.as_str(), "sql" | "plpgsql") && reads(&f.body));
    found.extend(readable.filter(|f| decides(f)).map(|f| format!("function {}.{}", f.name.schema, f.signature())));
    found
}

fn draft(outside: &Outside<'_>, table: &Table, found: &[Writable<'_>], policies: Vec<&str>) -> Draft {
    let names: Vec<&str> = found.iter().map(|w| w.column.name.as_str()).collect();
    let mut read_by: Vec<String> = found.iter().flat_map(|w| w.read_by.clone()).collect();
    read_by.sort();
    read_by.dedup();
    let mut policies: Vec<String> = policies.into_iter().map(str::to_owned).collect();
    policies.sort();
    policies.dedup();
    let power = found.iter().any(|w| w.power);
    let severity = if !read_by.is_empty() || power { RULE.severity } else { Severity::Medium };
    let message = format!("{}.{} can be set by the user whose row it is", table.name, list(&names));
    let mut why = format!(
        "The policy {} lets a user update his own row, the privilege covers the whole row, and neither WITH CHECK nor a trigger looks at {}: one request of his own gives him whatever the column stands for.",
        list_of(&policies, 2),
        list(&names)
    );
    if !read_by.is_empty() {
        why.extend([format!(" It decides at once: {} read it.", list_of(&read_by, 3))]);
    }
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(severity)
        .confidence(if read_by.is_empty() { Confidence::Possible } else { RULE.confidence })
        .evidence("policies that let him update his row", policies.join(", "), "pg_policy")
        .evidence("what reads the columns", read_by.join(", "), "pg_policy, pg_proc");
    for writable in found {
        draft = draft.place(ObjectRef::column(&table.name, &writable.column.name), None);
    }
    match fix(outside, table, &names) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

/// UPDATE on all columns but these, where it is granted on the table.
fn fix(outside: &Outside<'_>, table: &Table, names: &[&str]) -> Option<Fix> {
    let sources = outside.sources(&table.grants, "UPDATE");
    let by_column = table.columns.iter().any(|c| c.grants.iter().any(|g| g.has("UPDATE")));
    let rest: Vec<&str> =
        table.columns.iter().filter(|c| c.generated.is_none()).map(|c| c.name.as_str()).filter(|c| !names.contains(c)).collect();
    if sources.is_empty() || by_column || rest.is_empty() {
        return None;
    }
    let (sql, to, rest) = (table.name.sql(), grantees(&sources), columns_sql(&rest));
    Some(Fix {
        title: format!("let users update every column of {} but {}", table.name, list(names)),
        up: vec![format!("revoke update on {sql} from {to}"), format!("grant update ({rest}) on {sql} to {to}")],
        down: vec![format!("revoke update ({rest}) on {sql} from {to}"), format!("grant update on {sql} to {to}")],
        transactional: true,
        effect: Effect::default(),
        caution: Some("columns that are added later need their own grant; what sets these columns must do so as service_role or in a SECURITY DEFINER function that asks who calls".into()),
    })
}
