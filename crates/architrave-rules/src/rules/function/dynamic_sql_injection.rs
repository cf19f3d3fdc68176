//! `function/dynamic-sql-injection`: see `dynamic_sql_injection.md` for the rule's page.

use super::{object, signed};
use crate::body::{Parameter, Token, parameters, tokens};
use crate::figures::{list, list_of};
use architrave_model::catalog::Function;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "function/dynamic-sql-injection",
    summary: "function that puts a text argument into SQL without quoting it",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("dynamic_sql_injection.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for function in catalog.functions.iter().filter(|f| f.language == "plpgsql" && scope.covers(&f.name.schema)) {
        let body = tokens(&function.body);
        if !body.iter().any(|t| t.is("execute")) {
            continue;
        }
        let free: Vec<Parameter> = parameters(function).into_iter().filter(is_free_text).collect();
        let found = injected(&body, &free);
        if !found.is_empty() {
            sink.report(draft(context, function, &body, &found));
        }
    }
}

/// Names of parameters that are a statement as a whole.
const STATEMENTS: &[&str] = &["cmd", "command", "query", "sql", "statement", "stmt"];

/// A parameter that a caller can put anything into.
fn is_free_text(parameter: &Parameter) -> bool {
    let data_type = parameter.data_type.split('(').next().unwrap_or_default().trim();
    !parameter.name.is_empty() && matches!(data_type, "text" | "character varying" | "varchar" | "character" | "json" | "jsonb" | "citext")
}

/// Parameters that reach an EXECUTE unquoted, straight or through variables.
fn injected(body: &[Token], free: &[Parameter]) -> BTreeSet<String> {
    let mut dirty: Vec<(String, BTreeSet<String>)> = Vec::new();
    let mut found = BTreeSet::new();
    for statement in body.split(|t| t.is_sign(";")) {
        // Blocks and branches open before a statement: what counts begins after the last of these words.
        let start = statement.iter().rposition(|t| ["then", "else", "loop", "begin"].iter().any(|w| t.is(w))).map_or(0, |at| at + 1);
        let statement = statement.get(start..).unwrap_or_default();
        let raw = unquoted(statement, free, &dirty);
        if let Some(at) = statement.iter().position(|t| t.is("execute")) {
            let command = statement.get(at + 1..).unwrap_or_default();
            let end = command.iter().position(|t| t.is("using") || t.is("into")).unwrap_or(command.len());
            let command = command.get(..end).unwrap_or_default();
            found.extend(unquoted(command, free, &dirty));
            if let [Token::Word(only)] = command {
                found.extend(dirty.iter().filter(|(v, _)| v == only).flat_map(|(_, from)| from.iter().cloned()));
            }
        } else if let [Token::Word(variable), sign, ..] = statement
            && (sign.is_sign(":=") || sign.is_sign("="))
            && !raw.is_empty()
        {
            dirty.push((variable.clone(), raw));
        }
    }
    found
}

/// Free parameters that an expression concatenates, or formats with `%s`, without quoting.
fn unquoted(expression: &[Token], free: &[Parameter], dirty: &[(String, BTreeSet<String>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, token) in expression.iter().enumerate() {
        let Some(word) = token.word() else { continue };
        let next = expression.get(at + 1);
        let before = at.checked_sub(1).and_then(|b| expression.get(b));
        if next.is_some_and(|t| t.is_sign("(") || t.is_sign(".") || t.is_sign("::"))
            || before.is_some_and(|t| t.is_sign(".") || t.is_sign("::"))
        {
            continue;
        }
        let joined = next.is_some_and(|t| t.is_sign("||")) || before.is_some_and(|t| t.is_sign("||"));
        if !(joined && open_calls(expression, at).iter().all(String::is_empty) || formatted_raw(expression, at)) {
            continue;
        }
        if free.iter().any(|p| p.name == word) {
            found.insert(word.to_owned());
        }
        found.extend(dirty.iter().filter(|(v, _)| v == word).flat_map(|(_, from)| from.iter().cloned()));
    }
    found
}

/// The functions around a token, inside out; an empty name for plain parentheses.
fn open_calls(expression: &[Token], at: usize) -> Vec<String> {
    let (mut depth, mut names) = (0, Vec::new());
    for back in (0..at).rev() {
        match expression.get(back) {
            Some(t) if t.is_sign(")") => depth += 1,
            Some(t) if t.is_sign("(") && depth > 0 => depth -= 1,
            Some(t) if t.is_sign("(") => {
                let name = back.checked_sub(1).and_then(|b| expression.get(b)).and_then(Token::word).unwrap_or_default();
                names.push(name.to_owned());
            }
            _ => {}
        }
    }
    names
}

/// Whether the token is an argument of `format` that its text takes by `%s`.
fn formatted_raw(expression: &[Token], at: usize) -> bool {
    let mut depth = 0;
    let mut commas = 0_usize;
    for back in (0..at).rev() {
        match expression.get(back) {
            Some(t) if t.is_sign(")") => depth += 1,
            Some(t) if t.is_sign("(") && depth > 0 => depth -= 1,
            Some(t) if t.is_sign(",") && depth == 0 => commas += 1,
            Some(t) if t.is_sign("(") => {
                let called = back.checked_sub(1).and_then(|b| expression.get(b)).is_some_and(|t| t.is("format"));
                let Some(Token::Text(text)) = expression.get(back + 1) else { return false };
                let alone = expression.get(at + 1).is_none_or(|t| t.is_sign(",") || t.is_sign(")"));
                return called && alone && commas > 0 && specifier(text, commas) == Some('s');
            }
            _ => {}
        }
    }
    false
}

/// The letter of the n-th specifier of a format text (from 1); none when they are numbered or have widths.
fn specifier(text: &str, n: usize) -> Option<char> {
    let mut chars = text.chars();
    let mut seen = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        match chars.next()? {
            '%' => {}
            letter @ ('s' | 'I' | 'L') => {
                seen += 1;
                if seen == n {
                    return Some(letter);
                }
            }
            _ => return None,
        }
    }
    None
}

fn draft(context: &Context<'_>, function: &Function, body: &[Token], found: &BTreeSet<String>) -> Draft {
    let names: Vec<String> = found.iter().cloned().collect();
    let callers = context.exposure.of_function(function);
    let public = function.grants.iter().any(|g| g.is_public() && g.has("EXECUTE"));
    // A comparison with a list may be the check that makes it harmless.
    let compared = names.iter().any(|n| {
        body.windows(2).any(
            |pair| matches!(pair, [a, b] if a.is(n) && (b.is("in") || b.is("not") || b.is_sign("~") || b.is_sign("=") || b.is_sign("!~"))),
        )
    });
    // Its caller may run any statement without it, and it says that it takes one.
    let takes_a_statement =
        !function.security_definer && names.iter().all(|n| STATEMENTS.contains(&n.trim_start_matches("p_").trim_start_matches('_')));
    let severity = match (function.security_definer, callers.is_empty()) {
        _ if compared || takes_a_statement => Severity::Low,
        (true, false) => Severity::Critical,
        (true, true) if public => Severity::High,
        _ => RULE.severity,
    };
    let message = format!("{} puts {} into dynamic SQL without quoting", signed(function), list_of(&names, 3));
    let mut why = "EXECUTE runs what the text says: a caller who chooses the argument chooses the statement. quote_ident, quote_literal and format with %I and %L make a name or a value of it; \
                   USING passes values without any quoting."
        .to_owned();
    if function.security_definer {
        why.push_str(" The function is SECURITY DEFINER: the statement runs with its owner's rights.");
    }
    if !callers.is_empty() {
        why.extend([format!(" {} may call it from outside.", list(&callers))]);
    }
    if compared {
        why.push_str(" The argument is compared with something first; that may be what keeps it harmless.");
    }
    Draft::new(object(function), message, why)
        .severity(severity)
        .confidence(if compared { Confidence::Possible } else { RULE.confidence })
        .evidence("arguments", list(&names), "pg_proc.prosrc")
        .evidence("SECURITY DEFINER", function.security_definer, "pg_proc.prosecdef")
}
