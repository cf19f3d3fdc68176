//! `view/materialized-chain`: see `materialized_chain.md` for the rule's page.

use super::{object, reviewed};
use crate::figures::{counted, list_of};
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "view/materialized-chain",
    summary: "materialized view over another: the order of refreshes decides",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("materialized_chain.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let views: BTreeMap<&QualifiedName, &View> = catalog.views.iter().map(|v| (&v.name, v)).collect();
    for view in reviewed(catalog, context).filter(|v| v.materialized) {
        let below = below(&views, view);
        if !below.is_empty() {
            sink.report(draft(view, &below));
        }
    }
}

/// Materialized views that it reads, straight or through plain views.
fn below<'a>(views: &BTreeMap<&QualifiedName, &'a View>, view: &'a View) -> Vec<&'a View> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<&QualifiedName> = view.depends_on.iter().collect();
    while let Some(name) = open.pop() {
        let Some(inner) = views.get(name).filter(|_| seen.insert(name)) else { continue };
        if inner.materialized {
            found.push(*inner);
        } else {
            open.extend(&inner.depends_on);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn draft(view: &View, below: &[&View]) -> Draft {
    let names: Vec<String> = below.iter().map(|v| v.name.to_string()).collect();
    let message =
        format!("{} is made of {}: {}", view.name, counted(below.len(), "materialized view", "materialized views"), list_of(&names, 3));
    let why = "A refresh takes what the views below hold at that moment. Refreshed before them, or while one of them fails, it is a cycle older than it looks. PostgreSQL keeps no order and no \
               time of refresh; the job has to refresh from the bottom up and stop at the first failure."
        .to_owned();
    let mut draft = Draft::new(object(view), message, why).evidence("materialized views below", list_of(&names, 5), "pg_depend");
    for inner in below {
        draft = draft.place(object(inner), Some("to be refreshed before it".to_owned()));
    }
    draft
}
