//! `view/never-populated`: see `never_populated.md` for the rule's page.

use super::{object, reviewed};
use crate::statements::exclusive;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "view/never-populated",
    summary: "materialized view that has never been filled",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("never_populated.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for view in reviewed(catalog, context).filter(|v| v.materialized && !v.populated) {
        // Scripts may well leave the filling to a job; on a live server the job has not run.
        let severity = if context.stats.is_some() { Severity::Medium } else { RULE.severity };
        let why = "A materialized view made WITH NO DATA refuses every query (\"has not been populated\") until it is refreshed, and the first refresh cannot be CONCURRENTLY.".to_owned();
        let message = format!("{} has not been populated: every query of it fails", view.name);
        let sql = view.name.sql();
        sink.report(Draft::new(object(view), message, why).severity(severity).evidence("populated", false, "pg_class.relispopulated").fix(
            Fix {
                title: format!("fill {}", view.name),
                up: vec![format!("refresh materialized view {sql}")],
                down: vec![format!("refresh materialized view {sql} with no data")],
                transactional: true,
                effect: exclusive(&view.name),
                caution: Some("runs the view's query in full".into()),
            },
        ));
    }
}
