//! `server/tablespace-in-data-directory`: see `tablespace_in_data_directory.md` for the rule's page.

use crate::figures::list_of;
use crate::rules::setting::advice::{judged, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "server/tablespace-in-data-directory",
    summary: "tablespace inside of the data directory",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("tablespace_in_data_directory.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "tablespaces", sink) {
        return;
    }
    let inside: Vec<String> = stats.tablespaces.iter().filter(|t| t.inside_data_directory).map(|t| t.name.clone()).collect();
    let Some(first) = inside.first() else { return };
    let lie = if inside.len() == 1 { "lies" } else { "lie" };
    let why = "Backups copy such files twice or not at all, and pg_upgrade stumbles over them. Move what they hold to pg_default (`alter table all in tablespace … set tablespace pg_default`, which rewrites \
               under exclusive locks) and drop them.";
    sink.report(
        Draft::new(
            ObjectRef::global(ObjectKind::Cluster, format!("tablespace {first}")),
            format!("tablespace {} {lie} inside of the data directory", list_of(&inside, 5)),
            why,
        )
        .evidence("tablespaces", inside.join(", "), "pg_tablespace_location"),
    );
}
