//! `function/security-definer-exposed`: see `security_definer_exposed.md` for the rule's page.

use super::{is_readable, object, signed, target};
use crate::body::{Relations, Token, Touched, calls, parameters, tokens, touched};
use crate::condition::{self, mentions};
use crate::figures::{counted, list, list_of};
use crate::outside::{Outside, grantees};
use architrave_model::catalog::{Function, FunctionKind, Policy, PolicyCommand, Table, TypeKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "function/security-definer-exposed",
    summary: "SECURITY DEFINER function that outsiders may call and that does not ask who calls",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("security_definer_exposed.md"),
    check: Check::Catalog(check),
};

/// What a function does for its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Does {
    /// Asks who calls before it does anything.
    Asks,
    /// Reads protected rows, and answers no more than yes or no.
    Tells,
    /// Its body cannot be read, or it builds its statements.
    Unknown,
    /// Reads protected rows and gives them out.
    Reads,
    /// Writes.
    Writes,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let scope = Scope::of(catalog, context);
    let relations = Relations::of(catalog);
    let asking = asking(catalog);
    let mut asked: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let called = |f: &&Function| f.kind != FunctionKind::Aggregate && !matches!(f.result.as_deref(), Some("trigger" | "event_trigger"));
    let definers =
        catalog.functions.iter().filter(|f| f.security_definer && scope.covers(&f.name.schema) && outside.serves(&f.name.schema));
    for function in definers.filter(called) {
        let callers = outside.holders(&function.name.schema, &function.grants, &["EXECUTE"]);
        if callers.is_empty() {
            continue;
        }
        let body = tokens(&function.body);
        let done = touched(&body, &relations, &function.name.schema);
        match does(catalog, &outside, function, &body, &done, &asking) {
            None => {}
            Some(Does::Asks) => asked.entry(&function.name.schema).or_default().push(function),
            Some(does) => sink.report(draft(catalog, &outside, function, &callers, does, &done)),
        }
    }
    for (schema, functions) in asked {
        sink.report(those_that_ask(schema, &functions));
    }
}

/// Names of the functions that ask who calls, themselves or by calling one that does.
fn asking(catalog: &Catalog) -> BTreeSet<&str> {
    let bodies: Vec<(&str, Vec<Token>)> = catalog.functions.iter().map(|f| (f.name.name.as_str(), tokens(&f.body))).collect();
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..4 {
        let before = found.len();
        let more: Vec<&str> = bodies.iter().filter(|(_, body)| asks(body, &found)).map(|(name, _)| *name).collect();
        found.extend(more);
        if found.len() == before {
            break;
        }
    }
    found
}

fn asks(body: &[Token], asking: &BTreeSet<&str>) -> bool {
    const WHO: &[&str] = &["current_setting", "uid", "jwt", "email", "role", "session_user"];
    let by_call = calls(body).any(|(schema, name)| {
        let of_platform = schema == Some("auth") && WHO.contains(&name);
        of_platform || name == "current_setting" || asking.contains(name)
    });
    by_call || body.iter().any(|t| t.is("session_user"))
}

/// None where it touches nothing that its callers may not touch themselves.
fn does(
    catalog: &Catalog,
    outside: &Outside<'_>,
    function: &Function,
    body: &[Token],
    done: &Touched<'_>,
    asking: &BTreeSet<&str>,
) -> Option<Does> {
    if asks(body, asking) || takes_a_secret(function) {
        return Some(Does::Asks);
    }
    if !is_readable(function) {
        return Some(Does::Unknown);
    }
    let writes = done.writes();
    let opened = |name: &QualifiedName, privileges: &[&str]| {
        is_guarded(catalog, outside, name, privileges)
            && catalog.table_named(name).is_none_or(|table| goes_past(catalog, &function.owner, table))
    };
    if writes.iter().any(|name| opened(name, &["INSERT", "UPDATE", "DELETE"])) {
        return Some(Does::Writes);
    }
    if body.iter().any(|t| t.is("execute")) {
        return Some(Does::Unknown);
    }
    if done.reads.iter().any(|name| opened(name, &["SELECT"])) {
        let result = function.result.as_deref().unwrap_or_default();
        return Some(if tells_little(result) { Does::Tells } else { Does::Reads });
    }
    None
}

/// Whether a result is yes, no or a number, or a row of such.
fn tells_little(result: &str) -> bool {
    const LITTLE: &[&str] = &["boolean", "void", "integer", "bigint", "smallint", "numeric", "double precision"];
    match result.strip_prefix("TABLE(").and_then(|rest| rest.strip_suffix(')')) {
        Some(columns) => columns.split(", ").all(|column| LITTLE.iter().any(|t| column.ends_with(&format!(" {t}")))),
        None => LITTLE.contains(&result),
    }
}

/// Whether a result is one value that is no document: of a text, an enum, an identifier.
fn is_one_value(catalog: &Catalog, result: &str) -> bool {
    const VALUES: &[&str] = &["text", "uuid", "character varying", "date", "timestamp with time zone", "timestamp without time zone"];
    let named = |name: &QualifiedName| result == name.name || result == name.to_string();
    VALUES.contains(&result) || catalog.types.iter().any(|t| matches!(t.kind, TypeKind::Enum { .. }) && named(&t.name))
}

/// Whether outsiders do not reach every row of the relation themselves.
fn is_guarded(catalog: &Catalog, outside: &Outside<'_>, name: &QualifiedName, privileges: &[&str]) -> bool {
    if let Some(table) = catalog.table_named(name) {
        if privileges == ["SELECT"] && is_open_to_readers(table) && !outside.holders(&name.schema, &table.grants, privileges).is_empty() {
            return false;
        }
        return table.rls_enabled || outside.holders(&name.schema, &table.grants, privileges).is_empty();
    }
    catalog.view(&name.schema, &name.name).is_some_and(|v| outside.holders(&name.schema, &v.grants, privileges).is_empty())
}

/// Whether the policies of the table do not hold for the function's owner: a role of its own that owns nothing is bound by them as everybody is, unless
/// one of them lets it do everything.
fn goes_past(catalog: &Catalog, owner: &str, table: &Table) -> bool {
    let Some(role) = catalog.role(owner).filter(|_| table.rls_enabled) else { return true };
    if role.superuser || role.bypass_rls {
        return true;
    }
    let mut has = BTreeSet::from([owner]);
    let mut open = vec![owner];
    while let Some(next) = open.pop() {
        let inherited = catalog.memberships.iter().filter(|m| m.inherit && m.member == next).map(|m| m.role.as_str());
        open.extend(inherited.filter(|r| has.insert(r)).collect::<Vec<_>>());
    }
    if has.contains(table.owner.as_str()) && !table.rls_forced {
        return true;
    }
    let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
    let always = |text: &String| condition::parse(text).always_true(&not_null, false);
    let its = |p: &&Policy| p.permissive && p.roles.iter().any(|r| r == "PUBLIC" || has.contains(r.as_str()));
    table.policies.iter().filter(its).any(|p| p.using.iter().chain(&p.with_check).any(always))
}

/// Whether a policy for everybody lets every row be read.
fn is_open_to_readers(table: &Table) -> bool {
    let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
    let always = |p: &Policy| p.using.as_ref().is_some_and(|using| condition::parse(using).always_true(&not_null, false));
    let reads = |p: &&Policy| matches!(p.command, PolicyCommand::Select | PolicyCommand::All);
    let everybody = |p: &Policy| {
        p.roles.iter().any(|r| r == "PUBLIC") || ["anon", "authenticated"].iter().all(|r| p.roles.iter().any(|have| have == r))
    };
    table.policies.iter().filter(reads).any(|p| p.permissive && everybody(p) && always(p))
        && table.policies.iter().filter(reads).all(|p| p.permissive)
}

/// Whether the caller has to know something that others do not: the token of an invitation, a code.
fn takes_a_secret(function: &Function) -> bool {
    const SECRETS: &[&str] = &["code", "key", "otp", "password", "pin", "secret", "signature", "token"];
    parameters(function).iter().any(|p| p.name.split('_').any(|word| SECRETS.contains(&word)))
}

/// Parameters that say whose rows are meant.
fn ids(function: &Function) -> Vec<String> {
    let is_id = |name: &str| {
        name == "id" || name.ends_with("_id") || name.ends_with("id") && name.len() <= 8 || name.contains("user") || name.contains("email")
    };
    parameters(function).into_iter().filter(|p| p.data_type == "uuid" || is_id(&p.name)).map(|p| p.name).filter(|n| !n.is_empty()).collect()
}

/// What the signature of a function tells of its worth to a stranger.
struct Signature {
    /// The caller says what is written.
    chosen: bool,
    /// Rows are given out by an id of the caller's choice.
    rows: bool,
    /// One value is given out that is no document.
    one_value: bool,
}

fn severity(does: Does, anonymous: bool, signature: &Signature) -> Severity {
    match (does, anonymous) {
        (Does::Reads, false) if signature.one_value => Severity::Low,
        (Does::Writes, true) if signature.chosen => Severity::High,
        (Does::Reads, true) if signature.rows => Severity::High,
        (Does::Writes | Does::Reads, _) | (Does::Unknown, true) => Severity::Medium,
        (Does::Unknown | Does::Tells, _) => Severity::Low,
        (Does::Asks, _) => Severity::Info,
    }
}

fn draft(catalog: &Catalog, outside: &Outside<'_>, function: &Function, callers: &[&str], does: Does, done: &Touched<'_>) -> Draft {
    let names = |set: &BTreeSet<&QualifiedName>| list_of(&set.iter().map(ToString::to_string).collect::<Vec<_>>(), 3);
    let what = match does {
        Does::Writes => format!("writes {}", names(&done.writes())),
        Does::Reads => format!("reads {}", names(&done.reads)),
        Does::Tells => format!("answers from {}", names(&done.reads)),
        Does::Unknown | Does::Asks => "does what its body does not say in plain SQL".to_owned(),
    };
    let ids = ids(function);
    let owner = if function.owner.is_empty() { "its owner" } else { &function.owner };
    let message = format!("{} may call {}, which {what} as {owner} and does not ask who calls", list(callers), signed(function));
    let mut why = "It runs with the rights of its owner, past the policies of the tables it works on, and nothing in its body (or in the functions that it calls) looks at who is signed in. \
                   What it does, it does for everybody."
        .to_owned();
    if !ids.is_empty() {
        why.extend([format!(" Whose rows it works on is said by the caller ({}).", list(&ids))]);
    }
    why.push_str(" Compare with auth.uid() in the body, or take EXECUTE away: a new function is PUBLIC's until it is revoked.");
    let one_value = is_one_value(catalog, function.result.as_deref().unwrap_or_default());
    let signature = Signature { chosen: !parameters(function).is_empty(), rows: !ids.is_empty() && !one_value, one_value };
    let anonymous = callers.iter().any(|r| *r != "authenticated");
    let draft = Draft::new(object(function), message, why)
        .severity(severity(does, anonymous, &signature))
        .confidence(if does == Does::Unknown { Confidence::Possible } else { RULE.confidence })
        .evidence("roles that may call it", callers.join(", "), "pg_proc.proacl")
        .evidence("owner", owner, "pg_proc.proowner");
    if is_in_use(catalog, function) { draft } else { draft.fix(fix(outside, function)) }
}

/// Whether a policy or a view calls it: its readers need EXECUTE then.
fn is_in_use(catalog: &Catalog, function: &Function) -> bool {
    let name = &function.name.name;
    let policies = catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check));
    let defaults = catalog.tables.iter().flat_map(|t| &t.columns).filter_map(|c| c.default.as_ref());
    policies.chain(catalog.views.iter().map(|v| &v.definition)).chain(defaults).any(|text| mentions(text, name))
}

fn fix(outside: &Outside<'_>, function: &Function) -> Fix {
    let from = grantees(&outside.sources(&function.grants, "EXECUTE"));
    Fix {
        title: format!("take EXECUTE on {} from outsiders", signed(function)),
        up: vec![format!("revoke execute on {} from {from}", target(function))],
        down: vec![format!("grant execute on {} to {from}", target(function))],
        transactional: true,
        effect: Effect::default(),
        caution: Some("if the application calls it with the key of the browser, write the check into its body instead, and grant EXECUTE to authenticated only".into()),
    }
}

/// Functions that ask who calls: one line, for somebody to read them.
fn those_that_ask(schema: &str, functions: &[&Function]) -> Draft {
    let names: Vec<String> = functions.iter().map(|f| signed(f)).collect();
    let one = functions.len() == 1;
    let message = format!(
        "outsiders may call {} of schema {schema} that {} who calls or for a secret: {}",
        counted(functions.len(), "SECURITY DEFINER function", "SECURITY DEFINER functions"),
        if one { "asks" } else { "ask" },
        list_of(&names, 3)
    );
    let why = "They run past row level security, and their bodies decide alone who gets what. That they look at who is signed in, or take a token, can be read off; that they look at it right cannot: `architrave rls prove` calls them as somebody \
               else.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(Severity::Info).evidence(
        "functions",
        functions.len(),
        "pg_proc.prosecdef, pg_proc.proacl",
    );
    for function in functions {
        draft = draft.place(object(function), None);
    }
    draft
}
