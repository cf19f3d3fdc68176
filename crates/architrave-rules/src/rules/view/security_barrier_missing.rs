//! `view/security-barrier-missing`: see `security_barrier_missing.md` for the rule's page.

use super::{object, others_with, reviewed};
use crate::body::{Token, calls, tokens};
use crate::figures::list_of;
use crate::statements::exclusive;
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "view/security-barrier-missing",
    summary: "view that filters by who asks, without security_barrier",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("security_barrier_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let open = |v: &&View| !v.materialized && !v.option_on("security_barrier") && !v.option_on("security_invoker");
    for view in reviewed(catalog, context).filter(open) {
        let readers = others_with(view, &["SELECT"]);
        if readers.is_empty() || !filters_by_session(&tokens(&view.definition)) {
            continue;
        }
        let hidden: Vec<String> = readers.into_iter().filter(|r| !may_read_below(catalog, view, r)).collect();
        if !hidden.is_empty() {
            sink.report(draft(view, &hidden));
        }
    }
}

/// A WHERE that depends on the session.
fn filters_by_session(definition: &[Token]) -> bool {
    const WORDS: &[&str] = &["current_user", "session_user", "current_role"];
    let Some(at) = definition.iter().position(|t| t.is("where")) else { return false };
    let condition = definition.get(at..).unwrap_or_default();
    condition.iter().any(|t| WORDS.iter().any(|w| t.is(w)))
        || calls(condition).any(|(schema, name)| name == "current_setting" || schema == Some("auth"))
}

/// Whether the role reads the tables anyway: then the view hides nothing.
fn may_read_below(catalog: &Catalog, view: &View, role: &str) -> bool {
    view.depends_on.iter().all(|name| {
        catalog
            .table_named(name)
            .is_some_and(|t| t.owner == role || t.grants.iter().any(|g| (g.is_public() || g.grantee == role) && g.has("SELECT")))
    })
}

fn draft(view: &View, readers: &[String]) -> Draft {
    let message = format!("{} hides rows from {} without being a security barrier", view.name, list_of(readers, 3));
    let why = "The planner may run a condition of the caller's query before the view's own where it is cheaper. A function in it then sees rows that the view hides, and an error message \
               (a division by zero, a failed cast) shows their values. security_barrier applies the view's condition first; only leakproof operators go before it."
        .to_owned();
    let sql = view.name.sql();
    Draft::new(object(view), message, why)
        .evidence("roles that see the view and not its tables", list_of(readers, 5), "pg_class.relacl")
        .fix(Fix {
        title: format!("make {} a security barrier", view.name),
        up: vec![format!("alter view {sql} set (security_barrier = true)")],
        down: vec![format!("alter view {sql} reset (security_barrier)")],
        transactional: true,
        effect: exclusive(&view.name),
        caution: Some(
            "conditions with operators that are not leakproof (LIKE, most functions) no longer reach the table's indexes through the view"
                .into(),
        ),
    })
}
