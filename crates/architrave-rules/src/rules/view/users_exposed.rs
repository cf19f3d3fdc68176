//! `view/users-exposed`: see `users_exposed.md` for the rule's page.

use super::{object, reviewed};
use crate::figures::list;
use crate::outside::{Outside, grantees};
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "view/users-exposed",
    summary: "view that shows outsiders the accounts of auth.users",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("users_exposed.md"),
    check: Check::Catalog(check),
};

/// Columns of `auth.users` by which people are found or their accounts taken.
const PERSONAL: &[&str] = &[
    "confirmation_token",
    "email",
    "email_change",
    "encrypted_password",
    "invited_at",
    "phone",
    "phone_change",
    "raw_app_meta_data",
    "raw_user_meta_data",
    "reauthentication_token",
    "recovery_token",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    for view in reviewed(catalog, context).filter(|v| outside.serves(&v.name.schema)) {
        let readers = outside.holders(&view.name.schema, &view.grants, &["SELECT"]);
        if !readers.is_empty() && shows_users(catalog, view) {
            sink.report(draft(&outside, view, &readers));
        }
    }
}

/// Whether it reads `auth.users` with other rights than the caller's, and does not ask who the caller is.
fn shows_users(catalog: &Catalog, view: &View) -> bool {
    let own_rights = |v: &View| v.materialized || !v.option_on("security_invoker");
    let asks = |v: &View| ["auth.uid()", "auth.jwt()", "auth.email()"].iter().any(|call| v.definition.contains(call));
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut open = vec![view];
    while let Some(next) = open.pop() {
        if !own_rights(next) || asks(next) || !seen.insert(&next.name) {
            continue;
        }
        if next.depends_on.iter().any(|n| n.schema == "auth" && n.name == "users") {
            return true;
        }
        open.extend(next.depends_on.iter().filter_map(|n| catalog.view(&n.schema, &n.name)));
    }
    false
}

fn draft(outside: &Outside<'_>, view: &View, readers: &[&str]) -> Draft {
    let shown: Vec<&str> = view.columns.iter().map(|c| c.name.as_str()).filter(|c| PERSONAL.contains(c)).collect();
    let anonymous = readers.iter().any(|r| *r != "authenticated");
    let severity = if anonymous && !shown.is_empty() { Severity::Critical } else { RULE.severity };
    let what = if shown.is_empty() { "rows".to_owned() } else { format!("{} of every account", list(&shown)) };
    let message = format!("{} shows {} {what} in auth.users", view.name, list(readers));
    let why = "The schema auth is not served by the API, but a view in a served schema reads it with the rights of its owner and hands its rows to whoever may select from the view: one request lists all accounts. Keep what \
               others may know of a person in a table of its own with policies, and fill it by a trigger.";
    let (sql, to) = (view.name.sql(), grantees(&outside.sources(&view.grants, "SELECT")));
    Draft::new(object(view), message, why)
        .severity(severity)
        .evidence("columns of the account that it has by name", shown.join(", "), "pg_attribute")
        .evidence("roles that may read it", readers.join(", "), "pg_class.relacl")
        .fix(Fix {
            title: format!("take {} out of the API", view.name),
            up: vec![format!("revoke select on {sql} from {to}")],
            down: vec![format!("grant select on {sql} to {to}")],
            transactional: true,
            effect: Effect::default(),
            caution: Some("what the application shows of other people must come from a table with policies first".into()),
        })
}
