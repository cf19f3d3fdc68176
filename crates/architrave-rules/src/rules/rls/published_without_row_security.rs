//! `rls/published-without-row-security`: see `published_without_row_security.md` for the rule's page.

use crate::policies::reach::privileges;
use architrave_model::catalog::{Publication, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/published-without-row-security",
    summary: "table without row level security whose changes are broadcast to all who subscribe",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("published_without_row_security.md"),
    check: Check::Catalog(check),
};

/// The publication that Supabase's realtime service follows.
const REALTIME: &str = "supabase_realtime";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(publication) = catalog.publications.iter().find(|p| p.name == REALTIME) else { return };
    for table in Scope::of(catalog, context).tables().filter(|t| !t.rls_enabled && publishes(publication, t)) {
        let reads = |role: &&str| privileges(table, role).contains(&"select");
        let roles: Vec<&str> = context.exposure.roles.iter().map(String::as_str).filter(reads).collect();
        if roles.is_empty() {
            continue;
        }
        let message = format!("changes of {} are broadcast to {}: row level security is off", table.name, crate::figures::list(&roles));
        let why = "The service checks the policies for SELECT before it sends a change to a subscriber. Without row level security there is nothing to check: every row that is written goes to everybody who subscribes, with the key that \
                   is in the browser. Events of DELETE are not filtered by policies at all.";
        let sql = table.name.sql();
        let draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .evidence(
                format!("publication {REALTIME}"),
                if publication.all_tables { "all tables" } else { "names the table" },
                "pg_publication_tables",
            )
            .evidence(format!("row level security of {}", table.name), false, "pg_class.relrowsecurity");
        let named = publication.tables.iter().any(|p| p.table == table.name && p.columns.is_none() && p.filter.is_none());
        sink.report(if named {
            draft.fix(Fix {
                title: format!("take {} out of publication {REALTIME}", table.name),
                up: vec![format!("alter publication {REALTIME} drop table {sql}")],
                down: vec![format!("alter publication {REALTIME} add table {sql}")],
                transactional: true,
                effect: Effect::default(),
                caution: Some("subscriptions to the table fall silent: where they are needed, enable row level security with a policy for SELECT instead".to_owned()),
            })
        } else {
            draft
        });
    }
}

fn publishes(publication: &Publication, table: &Table) -> bool {
    publication.all_tables || publication.schemas.contains(&table.name.schema) || publication.tables.iter().any(|p| p.table == table.name)
}
