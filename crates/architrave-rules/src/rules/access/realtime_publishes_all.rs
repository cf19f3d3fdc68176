//! `access/realtime-publishes-all`: see `realtime_publishes_all.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "access/realtime-publishes-all",
    summary: "publication of the realtime service that takes tables nobody has named",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("realtime_publishes_all.md"),
    check: Check::Catalog(check),
};

/// The publication that Supabase's realtime service listens to.
const REALTIME: &str = "supabase_realtime";

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    if context.exposure.is_none() {
        return;
    }
    let wide = catalog.publications.iter().find(|p| p.name == REALTIME && (p.all_tables || !p.schemas.is_empty()));
    let Some(publication) = wide else { return };
    let scope = Scope::of(catalog, context);
    let taken = |schema: &str| publication.all_tables || publication.schemas.iter().any(|s| s == schema);
    let tables: Vec<_> = scope.tables().filter(|t| taken(&t.name.schema)).collect();
    let what =
        if publication.all_tables { "every table".to_owned() } else { format!("every table of schema {}", publication.schemas.join(", ")) };
    let message = format!("{REALTIME} publishes {what}, now and to come: {} of the project's own", tables.len());
    // Tables without row level security among them are rls/published-without-row-security.
    let why = "Subscribers get the changes of each published table that their policies let them read; that a row was deleted, and its key, they get without a policy being asked. A table that is added later is broadcast without a line that says so, \
               and every change of every table is decoded. Make the publication anew with the tables that a page listens to (`create publication … for table …`).";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Publication, REALTIME), message, why).evidence(
        "tables published",
        tables.len(),
        "pg_publication",
    ));
}
