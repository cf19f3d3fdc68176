//! `partition/none`: see `none.md` for the rule's page.

use architrave_model::catalog::TableKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "partition/none",
    summary: "partitioned table without partitions",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("none.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let with: BTreeSet<&QualifiedName> = catalog.tables.iter().flat_map(|t| &t.parents).collect();
    let manager = ["pg_partman", "timescaledb"].iter().find(|e| catalog.extension(e).is_some());
    for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Partitioned && t.extension.is_none()) {
        if with.contains(&table.name) || !Scope::of(catalog, context).covers(&table.name.schema) {
            continue;
        }
        let message = format!("{} is partitioned and has no partition", table.name);
        let why = "A partitioned table holds no rows itself: every INSERT fails with \"no partition of relation found for row\" until there is one. Somebody, or a job, has to make them.";
        // Scripts often leave it to a job that has not run here.
        let severity = if manager.is_some() || context.stats.is_none() { Severity::Low } else { RULE.severity };
        sink.report(Draft::new(ObjectRef::table(&table.name), message, why).severity(severity).evidence(
            "partition key",
            table.partitioning.as_ref().map_or_else(String::new, |p| p.definition.clone()),
            "pg_get_partkeydef",
        ));
    }
}
