//! `role/application-owns-tables`: see `application_owns_tables.md` for the rule's page.

use super::own::is_provider_role;
use crate::figures::counted;
use crate::rules::setting::advice::judged;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "role/application-owns-tables",
    summary: "application that owns the tables that it works with",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("application_owns_tables.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let ordinary = |name: &str| !is_provider_role(name) && catalog.role(name).is_some_and(|r| !r.superuser);
    let Some(busiest) = stats.sessions.iter().filter(|s| ordinary(&s.role) && s.sessions >= 5).max_by_key(|s| s.sessions) else { return };
    let owned: Vec<&Table> = Scope::of(catalog, context).tables().filter(|t| t.owner == busiest.role).collect();
    if owned.is_empty() {
        return;
    }
    let void = owned.iter().filter(|t| t.rls_enabled && !t.rls_forced).count();
    let mut message = format!("the role of the application, {}, owns {}", busiest.role, counted(owned.len(), "table", "tables"));
    if void > 0 {
        message.push_str(&format!(", {void} of them with policies that do not hold for it"));
    }
    let why = "It may drop and alter them, whatever else is granted. Let a role that does not log in own the schema, a second one run the migrations as its member, and the application only read and write: \
               `grant select, insert, update, delete on all tables in schema …`, and default privileges for those to come.";
    sink.report(
        Draft::new(ObjectRef::global(ObjectKind::Role, &busiest.role), message, why)
            .severity(if void > 0 { Severity::Low } else { RULE.severity })
            .evidence("its sessions", busiest.sessions, "pg_stat_activity.usename")
            .evidence("tables it owns", owned.len(), "pg_class.relowner"),
    );
}
