//! `access/sign-up-can-fail`: see `sign_up_can_fail.md` for the rule's page.

use crate::body::{Token, tokens};
use crate::figures::list;
use architrave_model::catalog::{Column, Function, Table, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "access/sign-up-can-fail",
    summary: "trigger on auth.users that refuses the sign-up of people who lack a value",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("sign_up_can_fail.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(users) = catalog.table("auth", "users") else { return };
    let at_sign_up =
        users.triggers.iter().filter(|t| t.row && t.events.contains(&TriggerEvent::Insert) && t.timing != TriggerTiming::InsteadOf);
    for trigger in at_sign_up {
        let Some(function) = catalog.functions.iter().find(|f| f.name == trigger.function) else { continue };
        for (table, columns) in refusing(catalog, function) {
            // Without a telephone and without anonymous accounts, both off unless somebody switches them on, an address is always there.
            let address_only = columns.iter().all(|(_, lacks)| *lacks == Lacks::Address);
            let columns: Vec<&Column> = columns.into_iter().map(|(c, _)| c).collect();
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            let message = format!("{} refuses sign-ups that lack {} of {}", function.name, list(&names), table.name);
            let why = format!(
                "The trigger \"{}\" runs inside the transaction that makes the account. What it puts into {} comes from what the person or the identity provider sends and may be null (no metadata, a sign-up by telephone), and the column is NOT NULL: the INSERT fails, and with \
                 it the sign-up, with nothing but \"Database error saving new user\". Let the column be NULL, or give it a value that is always there: coalesce(…, '').",
                trigger.name,
                list(&names)
            );
            let mut draft =
                Draft::new(ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature()), message, why)
                    .evidence("trigger", trigger.name.clone(), "pg_trigger")
                    .evidence("NOT NULL without default", list(&names), "pg_attribute");
            if address_only {
                draft = draft.severity(Severity::Low).confidence(Confidence::Possible);
            }
            for column in columns {
                draft = draft.place(ObjectRef::column(&table.name, &column.name), None);
            }
            sink.report(draft);
        }
    }
}

/// What a new account may come without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacks {
    /// Its e-mail address.
    Address,
    /// Anything else.
    Value,
}

/// Tables that the function inserts into, with the columns that must be filled and may get nothing.
fn refusing<'a>(catalog: &'a Catalog, function: &Function) -> Vec<(&'a Table, Vec<(&'a Column, Lacks)>)> {
    let words = tokens(&function.body);
    // Who catches the error lets the sign-up go on.
    if words.iter().any(|t| t.is("exception")) {
        return Vec::new();
    }
    let starts = (0..words.len()).filter(|at| words[*at].is("insert") && words.get(at + 1).is_some_and(|t| t.is("into")));
    starts.filter_map(|at| insert(catalog, &words[at + 2..])).filter(|(_, columns)| !columns.is_empty()).collect()
}

fn insert<'a>(catalog: &'a Catalog, words: &[Token]) -> Option<(&'a Table, Vec<(&'a Column, Lacks)>)> {
    let qualified = words.get(1).is_some_and(|t| t.is_sign("."));
    let (schema, name) = if qualified { (words[0].word()?, words.get(2)?.word()?) } else { ("public", words.first()?.word()?) };
    let table = catalog.table_named(&QualifiedName::new(schema, name))?;
    let rest = words.get(if qualified { 3 } else { 1 }..)?;
    let (columns, behind) = group(rest)?;
    let at = rest.get(behind..)?.iter().position(|t| t.is("values"))?;
    let (values, _) = group(rest.get(behind + at + 1..)?)?;
    let pairs = columns.iter().zip(values).filter_map(|(c, v)| Some((table.column(c.first()?.word()?)?, v)));
    let lacking = pairs.filter(|(column, _)| column.not_null).filter_map(|(column, value)| Some((column, may_lack(value)?)));
    Some((table, lacking.collect()))
}

/// The parts of a list in brackets, and the index behind it.
fn group(words: &[Token]) -> Option<(Vec<&[Token]>, usize)> {
    if !words.first()?.is_sign("(") {
        return None;
    }
    let (mut depth, mut from, mut out) = (0_usize, 1, Vec::new());
    for (at, token) in words.iter().enumerate() {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth -= 1;
            if depth == 0 {
                out.push(&words[from..at]);
                return Some((out, at + 1));
            }
        } else if token.is_sign(",") && depth == 1 {
            out.push(&words[from..at]);
            from = at + 1;
        }
    }
    None
}

/// A value of the new account that need not be there, with nothing in its place.
fn may_lack(value: &[Token]) -> Option<Lacks> {
    const OPTIONAL: &[&str] = &["raw_user_meta_data", "raw_app_meta_data", "phone"];
    let address = matches!(value, [new, _, email] if new.is("new") && email.is("email"));
    let of_new = value.first().is_some_and(|t| t.is("new")) && OPTIONAL.iter().any(|o| value.iter().any(|t| t.is(o)));
    let nested = value.iter().any(|t| t.is("raw_user_meta_data"));
    let instead = value.iter().any(|t| ["coalesce", "concat", "case", "concat_ws", "format"].iter().any(|w| t.is(w)));
    if instead {
        return None;
    }
    if address { Some(Lacks::Address) } else { (of_new || nested || of_address(value)).then_some(Lacks::Value) }
}

/// The address within an expression.
fn of_address(value: &[Token]) -> bool {
    value.first().is_some_and(|t| t.is("new")) && value.iter().any(|t| t.is("email"))
}
