//! `function/immutable-depends-on-state`: see `immutable_depends_on_state.md` for the rule's page.

use super::{is_readable, object, signed, target, unsteady_call};
use crate::body::{Relations, Token, calls, tokens, touched};
use crate::figures::list_of;
use architrave_model::catalog::{Function, FunctionKind, Volatility};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "function/immutable-depends-on-state",
    summary: "IMMUTABLE function that reads tables, the clock or the session",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("immutable_depends_on_state.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let claims = |f: &&Function| {
        f.volatility == Volatility::Immutable && f.kind == FunctionKind::Function && is_readable(f) && scope.covers(&f.name.schema)
    };
    if !catalog.functions.iter().any(|f| claims(&f)) {
        return;
    }
    let reasons = reasons(catalog);
    let mut used: Option<BTreeMap<String, Vec<String>>> = None;
    for function in catalog.functions.iter().filter(claims) {
        if let Some(reason) = reasons.get(&key(function)) {
            let used = used.get_or_insert_with(|| stored_uses(catalog));
            sink.report(draft(function, reason, used.get(&function.name.name).map_or(&[], Vec::as_slice)));
        }
    }
}

type Key<'a> = (&'a QualifiedName, &'a str);

fn key(function: &Function) -> Key<'_> {
    (&function.name, &function.identity_arguments)
}

/// Why functions depend on state: by themselves, or because they call one that does.
fn reasons(catalog: &Catalog) -> BTreeMap<Key<'_>, String> {
    let relations = Relations::of(catalog);
    let mut found: BTreeMap<Key<'_>, String> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let mut callers: BTreeMap<String, Vec<&Function>> = BTreeMap::new();
    let mut open: Vec<&Function> = Vec::new();
    for function in catalog.functions.iter().filter(|f| is_readable(f)) {
        by_name.entry(&function.name.name).or_default().push(function);
        let body = tokens(&function.body);
        if let Some(reason) = own_reason(&body, &relations, function) {
            found.insert(key(function), reason);
            open.push(function);
        }
        for (_, name) in calls(&body) {
            callers.entry(name.to_owned()).or_default().push(function);
        }
    }
    while let Some(function) = open.pop() {
        // Of overloaded functions it is not known which one is called.
        if by_name.get(function.name.name.as_str()).is_some_and(|same| same.len() > 1) {
            continue;
        }
        for caller in callers.get(&function.name.name).into_iter().flatten() {
            if !found.contains_key(&key(caller)) {
                let inner = found.get(&key(function)).cloned().unwrap_or_default();
                found.insert(key(caller), format!("calls {}, which {inner}", function.name));
                open.push(caller);
            }
        }
    }
    found
}

fn own_reason(body: &[Token], relations: &Relations<'_>, function: &Function) -> Option<String> {
    let done = touched(body, relations, &function.name.schema);
    let writes: Vec<String> = done.writes().iter().map(ToString::to_string).collect();
    if !writes.is_empty() {
        return Some(format!("writes {}", list_of(&writes, 2)));
    }
    let reads: Vec<String> = done.reads.iter().map(ToString::to_string).collect();
    if !reads.is_empty() {
        return Some(format!("reads {}", list_of(&reads, 2)));
    }
    unsteady_call(body).map(|name| format!("uses {name}"))
}

/// Where values of functions are stored: indexes and generated columns, by the name of the function.
fn stored_uses(catalog: &Catalog) -> BTreeMap<String, Vec<String>> {
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |text: &str, place: &str| {
        let names: BTreeSet<String> = calls(&tokens(text)).map(|(_, name)| name.to_owned()).collect();
        for name in names {
            uses.entry(name).or_default().push(place.to_owned());
        }
    };
    for table in &catalog.tables {
        for index in table.indexes.iter().filter(|i| i.predicate.is_some() || i.keys.iter().any(|k| k.expression.is_some())) {
            let texts = index.keys.iter().filter_map(|k| k.expression.as_deref()).chain(index.predicate.as_deref());
            texts.for_each(|text| add(text, &format!("index {}", index.name)));
        }
        for column in table.columns.iter().filter(|c| c.generated.is_some()) {
            add(column.default.as_deref().unwrap_or_default(), &format!("generated column {}.{}", table.name, column.name));
        }
    }
    uses
}

fn draft(function: &Function, reason: &str, used: &[String]) -> Draft {
    let writes = reason.contains("writes ");
    let message = format!("{} is declared IMMUTABLE but {reason}", signed(function));
    let mut why = "IMMUTABLE promises the same result for the same arguments forever. PostgreSQL calls such a function once while planning and keeps the value in a cached plan, and \
                   stores its results in indexes and generated columns: when what it reads changes, queries go on with the old value."
        .to_owned();
    if !used.is_empty() {
        why.extend([format!(
            " Here {} stores its results: after a change queries miss rows or find wrong ones without an error, until it is rebuilt.",
            list_of(used, 2)
        )]);
    }
    let severity = if used.is_empty() { RULE.severity } else { Severity::High };
    let draft = Draft::new(object(function), message, why)
        .severity(severity)
        .evidence("volatility", "immutable", "pg_proc.provolatile")
        .evidence("what it does", reason, "pg_proc.prosrc");
    if !used.is_empty() {
        // An index on a function that is not immutable cannot be rebuilt: the expression has to change first.
        return draft.evidence("stored in", list_of(used, 5), "pg_index, pg_attrdef");
    }
    let true_class = if writes
        || ["nextval", "random", "clock_timestamp", "uuid", "setval", "set_config", "pg_sleep"].iter().any(|w| reason.contains(w))
    {
        "volatile"
    } else {
        "stable"
    };
    draft.fix(Fix {
        title: format!("declare {} {true_class}", function.name),
        up: vec![format!("alter {} {true_class}", target(function))],
        down: vec![format!("alter {} immutable", target(function))],
        transactional: true,
        effect: Effect::default(),
        caution: Some("constant calls are no longer folded while planning; statements that relied on it may get another plan".into()),
    })
}
