//! `rls/setting-through-pooler`: see `setting_through_pooler.md` for the rule's page.

use super::policy_ref;
use crate::body;
use crate::figures::{counted, list};
use crate::policies::reach::guarded_with_names;
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::stack::StackKind;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/setting-through-pooler",
    summary: "policies on a setting of the session, with a pooler in between",
    severity: Severity::Medium,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("setting_through_pooler.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let of_stack = || context.stack.of(StackKind::Pooler).next().map(|fact| (fact.name.as_str(), fact.path.as_str()));
    let Some((pooler, source)) = context.server.pooler.as_deref().map(|name| (name, "the connection")).or_else(of_stack) else { return };
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    let mut settings: BTreeMap<String, Vec<(&Table, &Policy)>> = BTreeMap::new();
    for table in tables {
        for policy in &table.policies {
            for reading in names.read_policy(table, policy) {
                let direct = reading
                    .calls
                    .iter()
                    .filter(|c| c.name == "current_setting")
                    .filter_map(|c| reading.first_literal(c))
                    .map(str::to_owned);
                let functions = reading.calls.iter().filter_map(|c| names.function(c));
                let found: Vec<String> = direct.chain(functions.flat_map(|f| settings_of(&f.body))).collect();
                for setting in
                    found.into_iter().filter(|name| name.contains('.') && !name.starts_with("request.") && !name.starts_with("realtime."))
                {
                    let uses = settings.entry(setting).or_default();
                    if !uses.iter().any(|(t, p)| t.name == table.name && p.name == policy.name) {
                        uses.push((table, policy));
                    }
                }
            }
        }
    }
    if settings.is_empty() {
        return;
    }
    let named: Vec<&str> = settings.keys().map(String::as_str).collect();
    let policies: usize = settings.values().map(Vec::len).sum();
    let message = format!("{} rest on {}, and {pooler} is in between", counted(policies, "policy", "policies"), list(&named))
        .replace("1 policy rest ", "1 policy rests ");
    let why = "A pooler in transaction mode gives the connection to another client after each transaction, with the settings that were made by SET: the next one works as the tenant of the one before. Use SET LOCAL or set_config('…', …, true), in \
               the same transaction as the queries. Whether the program does is not in the database.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Setting, list(&named)), message, why).evidence("pooler", pooler, source);
    for (table, policy) in settings.values().flatten() {
        draft = draft.place(policy_ref(table, policy), None);
    }
    sink.report(draft);
}

/// Settings that a body reads.
fn settings_of(text: &str) -> Vec<String> {
    let said = body::tokens(text);
    let named = said.windows(3).filter_map(|three| match three {
        [call, open, body::Token::Text(name)] if call.is("current_setting") && open.is_sign("(") => Some(name.clone()),
        _ => None,
    });
    named.collect()
}
