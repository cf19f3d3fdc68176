//! `rls/owner-not-bound`: see `owner_not_bound.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::policies::reach::is_bound;
use crate::rules::setting::advice::judged;
use crate::statements::lock;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "rls/owner-not-bound",
    summary: "policies that do not hold for the application, because it owns the tables",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("owner_not_bound.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let ordinary = |name: &str| is_bound(catalog, name) && catalog.role(name).is_some();
    let Some(busiest) = stats.sessions.iter().filter(|s| ordinary(&s.role) && s.sessions >= 5).max_by_key(|s| s.sessions) else { return };
    let void = |t: &&Table| t.owner == busiest.role && t.rls_enabled && !t.rls_forced && !t.policies.is_empty();
    let tables: Vec<&Table> = Scope::of(catalog, context).tables().filter(void).collect();
    if tables.is_empty() {
        return;
    }
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "the policies of {} do not hold for {}, which owns {} and works with {}: {}",
        counted(tables.len(), "table", "tables"),
        busiest.role,
        if tables.len() == 1 { "it" } else { "them" },
        if tables.len() == 1 { "it" } else { "them" },
        list_of(&names, 3)
    );
    let why = "Row level security does not bind the owner of a table unless it is forced. Most sessions are the owner's, so that their queries see every row whatever the policies say. Either the application comes as a role of its own that does not \
               own the tables, which is better, or FORCE ROW LEVEL SECURITY binds the owner too.";
    let statements =
        |word: &str| tables.iter().map(|t| format!("alter table {} {word} row level security", t.name.sql())).collect::<Vec<_>>();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, &busiest.role), message, why)
        .evidence("its sessions", busiest.sessions, "pg_stat_activity.usename")
        .evidence("tables with policies that it owns", tables.len(), "pg_class.relforcerowsecurity")
        .fix(Fix {
            title: format!("force row level security on {}", counted(tables.len(), "table", "tables")),
            up: statements("force"),
            down: statements("no force"),
            transactional: true,
            effect: Effect { locks: tables.iter().map(|t| lock(&t.name, "AccessExclusiveLock")).collect(), ..Effect::default() },
            caution: Some("migrations and back-office jobs that run as the owner then see what the policies let through, too".to_owned()),
        });
    for table in &tables {
        draft = draft.place(ObjectRef::table(&table.name), None);
    }
    sink.report(draft);
}
