//! `view/stored-past-row-security`: see `stored_past_row_security.md` for the rule's page.

use super::{object, reviewed};
use crate::figures::{list, list_of};
use crate::outside::{Outside, grantees};
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "view/stored-past-row-security",
    summary: "materialized view that shows outsiders rows past row level security",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("stored_past_row_security.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    for view in reviewed(catalog, context).filter(|v| v.materialized && outside.serves(&v.name.schema)) {
        let readers = outside.holders(&view.name.schema, &view.grants, &["SELECT"]);
        let (guarded, closed) = behind(catalog, &outside, view, &readers);
        let harmless = guarded.is_empty() && closed.is_empty();
        if !readers.is_empty() && !harmless {
            sink.report(draft(&outside, view, &readers, &guarded, &closed));
        }
    }
}

/// Tables behind it with row level security, and those without that its readers may not read themselves.
fn behind(catalog: &Catalog, outside: &Outside<'_>, view: &View, readers: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut guarded, mut closed) = (BTreeSet::new(), BTreeSet::new());
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut open: Vec<&QualifiedName> = view.depends_on.iter().collect();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        if let Some(table) = catalog.table_named(name) {
            let themselves = outside.holders(&name.schema, &table.grants, &["SELECT"]);
            let by_column = table.columns.iter().any(|c| !outside.holders(&name.schema, &c.grants, &["SELECT"]).is_empty());
            if table.rls_enabled {
                guarded.insert(name.to_string());
            } else if !by_column && readers.iter().any(|r| !themselves.contains(r)) {
                closed.insert(name.to_string());
            }
        }
        open.extend(catalog.view(&name.schema, &name.name).into_iter().flat_map(|v| &v.depends_on));
    }
    (guarded.into_iter().collect(), closed.into_iter().collect())
}

fn draft(outside: &Outside<'_>, view: &View, readers: &[&str], guarded: &[String], closed: &[String]) -> Draft {
    let tables = if guarded.is_empty() { closed } else { guarded };
    let message = format!("{} shows {} stored rows of {}", view.name, list(readers), list_of(tables, 3));
    let past = if guarded.is_empty() { "their own privileges" } else { "row level security" };
    let why = format!(
        "A materialized view stores what its owner saw, and has neither policies nor security_invoker: whoever may select from it gets every stored row, past {past}. Take the privilege away and serve it through \
         a function or view that filters by who asks, or keep only what everybody may see in it."
    );
    let sources = outside.sources(&view.grants, "SELECT");
    let to = grantees(&sources);
    let sql = view.name.sql();
    Draft::new(object(view), message, why)
        .severity(if guarded.is_empty() { Severity::Medium } else { RULE.severity })
        .evidence("tables with row level security behind it", guarded.join(", "), "pg_depend, pg_class.relrowsecurity")
        .evidence("roles that may read it", readers.join(", "), "pg_class.relacl")
        .fix(Fix {
            title: format!("take {} out of the API", view.name),
            up: vec![format!("revoke select on {sql} from {to}")],
            down: vec![format!("grant select on {sql} to {to}")],
            transactional: true,
            effect: Effect::default(),
            caution: Some("what the application reads from it must come another way first".into()),
        })
}
