//! `function/volatile-in-policy`: see `volatile_in_policy.md` for the rule's page.

use super::{is_readable, object, signed, target, unsteady_call};
use crate::body::{Token, calls, tokens};
use crate::figures::{by_size, count, list_of};
use architrave_model::catalog::{Function, FunctionKind, Volatility};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "function/volatile-in-policy",
    summary: "function in a policy that is VOLATILE by default and only reads",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("volatile_in_policy.md"),
    check: Check::Catalog(check),
};

/// Built-ins that keep a function at least STABLE, as far as bodies of such helpers use them.
const STEADY: &[&str] = &[
    "coalesce",
    "nullif",
    "exists",
    "lower",
    "upper",
    "length",
    "trim",
    "btrim",
    "current_setting",
    "cast",
    "array",
    "any",
    "all",
    "in",
    "values",
    "count",
    "sum",
    "min",
    "max",
    "bool_or",
    "bool_and",
    "jsonb_extract_path_text",
    "json_extract_path_text",
    "array_agg",
    "unnest",
    "split_part",
    "greatest",
    "least",
    "to_jsonb",
    "jsonb_build_object",
    "and",
    "or",
    "not",
    "select",
    "where",
    "as",
    "if",
    "when",
    "from",
    "on",
    "return",
    "union",
    "position",
    "substring",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut uses: BTreeMap<String, Vec<(String, Option<f64>)>> = BTreeMap::new();
    for table in scope.tables().filter(|t| t.rls_enabled) {
        for policy in &table.policies {
            let texts = policy.using.iter().chain(&policy.with_check);
            let names: BTreeSet<String> = texts.flat_map(|e| calls(&tokens(e)).map(|(_, n)| n.to_owned()).collect::<Vec<_>>()).collect();
            for name in names {
                uses.entry(name).or_default().push((format!("\"{}\" on {}", policy.name, table.name), context.rows(&table.name)));
            }
        }
    }
    if uses.is_empty() {
        return;
    }
    let mut steady: BTreeSet<&str> =
        catalog.functions.iter().filter(|f| f.volatility != Volatility::Volatile).map(|f| f.name.name.as_str()).collect();
    for volatile in catalog.functions.iter().filter(|f| f.volatility == Volatility::Volatile) {
        steady.remove(volatile.name.name.as_str());
    }
    let candidate = |f: &&Function| {
        f.volatility == Volatility::Volatile && f.kind == FunctionKind::Function && is_readable(f) && scope.covers(&f.name.schema)
    };
    for function in catalog.functions.iter().filter(candidate) {
        if let Some(places) = uses.get(&function.name.name)
            && only_reads(function, &steady)
        {
            sink.report(draft(function, places));
        }
    }
}

/// Nothing in the body writes, locks, draws or calls what is not known to be steady.
fn only_reads(function: &Function, steady: &BTreeSet<&str>) -> bool {
    const WRITES: &[&str] = &[
        "insert", "update", "delete", "merge", "truncate", "execute", "perform", "call", "lock", "notify", "create", "drop", "alter",
        "raise", "set", "for", "into",
    ];
    let body = tokens(&function.body);
    let stays = |name: &str| STEADY.contains(&name) || steady.contains(name);
    // SELECT INTO is fine in PL/pgSQL; everything else named above is not.
    let writes = body.iter().filter_map(Token::word).any(|w| WRITES.contains(&w) && !(w == "into" && function.language == "plpgsql"));
    let unsteady = unsteady_call(&body)
        .is_some_and(|name| matches!(name, "random" | "nextval" | "setval" | "set_config" | "clock_timestamp" | "gen_random_uuid"));
    !body.is_empty() && !writes && !unsteady && calls(&body).all(|(_, name)| stays(name))
}

fn draft(function: &Function, places: &[(String, Option<f64>)]) -> Draft {
    let named: Vec<String> = places.iter().map(|(place, _)| place.clone()).collect();
    let rows = places.iter().filter_map(|(_, rows)| *rows).reduce(f64::max);
    let severity = by_size(rows, RULE.severity, &[(100_000.0, Severity::Medium)], Severity::Low);
    let message = format!("{} only reads but is VOLATILE, in policy {}", signed(function), list_of(&named, 2));
    let why = "VOLATILE is the default. It forbids the planner to use the result for an index search and to evaluate the call once per statement, even inside (select …): the policy calls the \
               function again for every row that a query looks at."
        .to_owned();
    let mut draft = Draft::new(object(function), message, why).severity(severity).evidence("volatility", "volatile", "pg_proc.provolatile");
    if let Some(rows) = rows {
        draft = draft.evidence("rows of the largest table", count(rows), "pg_class.reltuples");
    }
    draft.fix(Fix {
        title: format!("declare {} stable", function.name),
        up: vec![format!("alter {} stable", target(function))],
        down: vec![format!("alter {} volatile", target(function))],
        transactional: true,
        effect: Effect::default(),
        caution: Some(
            "a STABLE function sees the rows as they were when the statement began, not what the statement itself has written".into(),
        ),
    })
}
