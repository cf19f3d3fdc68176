//! `rls/user-editable-metadata`: see `user_editable_metadata.md` for the rule's page.

use super::policy_ref;
use crate::body;
use crate::condition::{TokenKind, tokens};
use crate::policies::reach::{acting_roles, guarded_with_names, is_exposed, who};
use crate::policies::reading::Names;
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/user-editable-metadata",
    summary: "policy that trusts metadata which the user can write himself",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("user_editable_metadata.md"),
    check: Check::Catalog(check),
};

/// Claims and columns that the client library writes without any further right.
const EDITABLE: &[&str] = &["raw_user_meta_data", "unsafe_metadata", "user_metadata"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables {
        for policy in &table.policies {
            let Some((what, through)) = trusted(&names, table, policy) else { continue };
            let roles = acting_roles(catalog, context, table, policy);
            if !roles.is_empty() {
                sink.report(draft(context, table, policy, (what, through.as_deref()), &roles));
            }
        }
    }
}

/// The metadata that the policy rests on, and the function through which it reads it.
fn trusted(names: &Names<'_>, table: &Table, policy: &Policy) -> Option<(&'static str, Option<String>)> {
    let texts = || policy.using.iter().chain(&policy.with_check);
    let of_text = |text: &String| {
        let said = tokens(text);
        EDITABLE
            .iter()
            .copied()
            .find(|e| said.iter().any(|t| (t.is_name() || t.kind == TokenKind::Text) && t.text.trim_matches('\'') == *e))
    };
    if let Some(what) = texts().find_map(of_text) {
        return Some((what, None));
    }
    for reading in names.read_policy(table, policy) {
        for function in reading.calls.iter().filter_map(|call| names.function(call)) {
            let said = body::tokens(&function.body);
            let says = |e: &&str| said.iter().any(|t| matches!(t, body::Token::Word(w) | body::Token::Text(w) if w == e));
            if let Some(what) = EDITABLE.iter().copied().find(says) {
                return Some((what, Some(format!("{}.{}", function.name.schema, function.signature()))));
            }
        }
    }
    None
}

fn draft(context: &Context<'_>, table: &Table, policy: &Policy, (what, through): (&str, Option<&str>), roles: &[&str]) -> Draft {
    let by = through.map_or_else(String::new, |function| format!(" through {function}"));
    let message = format!("policy \"{}\" on {} decides by {what}{by}, which users write themselves", policy.name, table.name);
    let why = format!(
        "Whoever is signed in sets this metadata with one call of the client library, and the next token carries it: {} can give themselves the role, tenant or plan that the policy asks for. What the application alone may write is \
         app_metadata (Supabase) or public_metadata (Clerk), or a table of its own.",
        who(roles)
    );
    let severity = if is_exposed(context, table, roles) { Severity::Critical } else { RULE.severity };
    Draft::new(policy_ref(table, policy), message, why).severity(severity).evidence(
        format!("definition of \"{}\"", policy.name),
        create_policy(table, policy),
        "pg_policy",
    )
}
