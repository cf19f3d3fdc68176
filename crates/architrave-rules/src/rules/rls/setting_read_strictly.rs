//! `rls/setting-read-strictly`: see `setting_read_strictly.md` for the rule's page.

use super::policy_ref;
use crate::figures::{counted, list};
use crate::policies::reach::guarded_with_names;
use crate::policies::reading::{Call, Reading};
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/setting-read-strictly",
    summary: "setting of the application that a policy reads so that a missing or empty one is an error",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("setting_read_strictly.md"),
    check: Check::Catalog(check),
};

/// What goes wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Missing,
    Empty,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables {
        let mut found: BTreeMap<(String, Fault), Vec<&Policy>> = BTreeMap::new();
        for policy in &table.policies {
            for reading in names.read_policy(table, policy) {
                for (setting, fault) in reading.calls.iter().filter_map(|call| faulty(&reading, call)) {
                    let policies = found.entry((setting, fault)).or_default();
                    if !policies.iter().any(|p| p.name == policy.name) {
                        policies.push(policy);
                    }
                }
            }
        }
        if !found.is_empty() {
            sink.report(draft(table, &found));
        }
    }
}

/// A setting of the application's own that is read without the second argument, or cast without regard to the empty text.
fn faulty(reading: &Reading<'_>, call: &Call) -> Option<(String, Fault)> {
    if call.name != "current_setting" {
        return None;
    }
    // PostgreSQL's own settings have no dot and are always there.
    let setting = reading.first_literal(call).filter(|name| name.contains('.'))?;
    let arguments = reading.tokens.get(call.arguments.clone())?;
    let lenient = arguments.iter().any(|t| t.is_word("true"));
    if !lenient {
        return Some((setting.to_owned(), Fault::Missing));
    }
    let behind: Vec<&str> = reading.tokens.iter().skip(call.arguments.end + 1).map(|t| t.text.as_str()).take(3).collect();
    let cast = match behind.as_slice() {
        ["::", to, ..] | [")", "::", to] => Some(*to),
        _ => None,
    };
    let guarded = call.at.checked_sub(2).and_then(|at| reading.tokens.get(at)).is_some_and(|t| t.is_word("nullif"));
    cast.filter(|to| !guarded && !["text", "character", "varchar", "name"].contains(to)).map(|_| (setting.to_owned(), Fault::Empty))
}

fn draft(table: &Table, found: &BTreeMap<(String, Fault), Vec<&Policy>>) -> Draft {
    let mut settings: Vec<&str> = found.keys().map(|(setting, _)| setting.as_str()).collect();
    settings.dedup();
    let policies: usize = found.values().map(Vec::len).sum();
    let message = format!(
        "{} of {} {} where {} is not set",
        counted(policies, "policy", "policies"),
        table.name,
        if policies == 1 { "fails" } else { "fail" },
        list(&settings)
    );
    let why = "A session that has not set it gets an error on every query instead of no rows: 42704 where the second argument of current_setting is left out, 22P02 where the text is cast, for a setting that was SET LOCAL once stays in its \
               connection as an empty text. nullif(current_setting('…', true), '') is null in both cases.";
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why);
    for ((setting, fault), policies) in found {
        let what = match fault {
            Fault::Missing => "42704 when it was never set",
            Fault::Empty => "22P02 when it is empty",
        };
        for policy in policies {
            draft = draft.place(policy_ref(table, policy), Some(format!("{setting}: {what}")));
        }
    }
    draft.evidence("settings read by policies", list(&settings), "pg_policy")
}
