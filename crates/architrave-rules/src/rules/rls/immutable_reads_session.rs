//! `rls/immutable-reads-session`: see `immutable_reads_session.md` for the rule's page.

use super::policy_ref;
use crate::body;
use crate::figures::list_of;
use crate::policies::reach::guarded_with_names;
use architrave_model::catalog::{Function, Policy, Table, Volatility};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/immutable-reads-session",
    summary: "policy on an IMMUTABLE function of the session: one user's plan answers another",
    severity: Severity::Critical,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("immutable_reads_session.md"),
    check: Check::Catalog(check),
};

type Used<'a> = BTreeMap<(&'a QualifiedName, &'a str), (&'a Function, Vec<(&'a Table, &'a Policy)>)>;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !catalog.functions.iter().any(|f| f.volatility == Volatility::Immutable && reads_session(f)) {
        return;
    }
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    let mut used: Used<'_> = BTreeMap::new();
    for table in tables {
        for policy in &table.policies {
            for reading in names.read_policy(table, policy) {
                for function in reading.calls.iter().filter_map(|c| names.function(c)) {
                    if function.volatility == Volatility::Immutable && reads_session(function) {
                        let (_, uses) =
                            used.entry((&function.name, &function.identity_arguments)).or_insert_with(|| (function, Vec::new()));
                        if !uses.iter().any(|(t, p)| t.name == table.name && p.name == policy.name) {
                            uses.push((table, policy));
                        }
                    }
                }
            }
        }
    }
    for (function, uses) in used.values() {
        sink.report(draft(function, uses));
    }
}

/// Whether the body asks who is there: a setting, the token, the role.
fn reads_session(function: &Function) -> bool {
    let said = body::tokens(&function.body);
    let value = said.iter().any(|t| ["current_user", "session_user", "current_role"].iter().any(|w| t.is(w)));
    let mut calls = body::calls(&said);
    value
        || calls
            .any(|(schema, name)| name == "current_setting" || (schema == Some("auth") && ["uid", "jwt", "role", "email"].contains(&name)))
}

fn draft(function: &Function, uses: &[(&Table, &Policy)]) -> Draft {
    let places: Vec<String> = uses.iter().map(|(table, policy)| format!("\"{}\" on {}", policy.name, table.name)).collect();
    let signature = format!("{}.{}", function.name.schema, function.signature());
    let message = format!("{signature} is IMMUTABLE and asks the session, in policy {}", list_of(&places, 2));
    let why = "An IMMUTABLE function is computed once, when the statement is planned, and its result is part of the plan. A prepared statement keeps that plan in its connection, and a pool gives the connection to the next user: he is \
               answered with the rows of the one before. STABLE is computed anew for each execution.";
    let target =
        format!("function {}.{}({})", quote_ident(&function.name.schema), quote_ident(&function.name.name), function.identity_arguments);
    let object = ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature());
    let mut draft =
        Draft::new(object, message, why).evidence(format!("volatility of {signature}"), "immutable", "pg_proc.provolatile").fix(Fix {
            title: format!("declare {} stable", function.name),
            up: vec![format!("alter {target} stable")],
            down: vec![format!("alter {target} immutable")],
            transactional: true,
            effect: Effect::default(),
            caution: None,
        });
    for (table, policy) in uses {
        draft = draft.place(policy_ref(table, policy), None);
    }
    draft
}
