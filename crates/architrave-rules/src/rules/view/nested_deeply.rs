//! `view/nested-deeply`: see `nested_deeply.md` for the rule's page.

use super::{object, reviewed};
use crate::figures::{counted, list_of};
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "view/nested-deeply",
    summary: "views over views over views, more than three deep",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("nested_deeply.md"),
    check: Check::Catalog(check),
};

/// Views on top of one another that can still be read.
const DEEP: usize = 3;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let depths = depths(catalog);
    let mut by_schema: BTreeMap<&str, Vec<(&View, usize)>> = BTreeMap::new();
    for view in reviewed(catalog, context) {
        let depth = depths.get(&view.name).copied().unwrap_or(1);
        if depth > DEEP {
            by_schema.entry(&view.name.schema).or_default().push((view, depth));
        }
    }
    for (schema, mut views) in by_schema {
        views.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
        sink.report(draft(schema, &views));
    }
}

/// How many views stand on one another, this one included. A materialized view is a table to those above it.
fn depths(catalog: &Catalog) -> BTreeMap<&QualifiedName, usize> {
    let views: BTreeMap<&QualifiedName, &View> = catalog.views.iter().map(|v| (&v.name, v)).collect();
    let mut depths: BTreeMap<&QualifiedName, usize> = BTreeMap::new();
    for start in catalog.views.iter().map(|v| &v.name) {
        let mut open = vec![start];
        while let Some(name) = open.last().copied() {
            let read = views.get(name).map_or(&[][..], |v| v.depends_on.as_slice());
            let below: Vec<&QualifiedName> = read.iter().filter(|n| views.get(n).is_some_and(|v| !v.materialized)).collect();
            // A name that is open already would be a circle, which recursive views alone could make: it counts as a table.
            let missing: Vec<&QualifiedName> = below.iter().filter(|n| !depths.contains_key(*n) && !open.contains(n)).copied().collect();
            if missing.is_empty() {
                let deepest = below.iter().filter_map(|n| depths.get(n)).max().copied().unwrap_or(0);
                depths.insert(name, deepest + 1);
                open.pop();
            } else {
                open.extend(missing);
            }
        }
    }
    depths
}

fn draft(schema: &str, views: &[(&View, usize)]) -> Draft {
    let names: Vec<String> = views.iter().map(|(v, _)| v.name.to_string()).collect();
    let deepest = views.first().map_or(0, |(_, depth)| *depth);
    let message = format!(
        "{} of schema {schema} {} on more than {DEEP} levels of views, up to {deepest}: {}",
        counted(views.len(), "view", "views"),
        if views.len() == 1 { "stands" } else { "stand" },
        list_of(&names, 3)
    );
    let why = "Each level hides joins of its own: a query of one column reads tables that it does not need, conditions stop at DISTINCT, aggregates and window functions on the way, and from \
               join_collapse_limit tables on (8 by default) the planner no longer tries all orders. A column cannot be changed anywhere below without dropping everything above."
        .to_owned();
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("levels of the deepest", deepest, "pg_depend");
    for (view, depth) in views {
        draft = draft.place(object(view), Some(format!("{depth} levels")));
    }
    draft
}
