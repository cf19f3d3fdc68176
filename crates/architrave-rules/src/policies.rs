//! What policies ask of the rows: the columns they look up by something that is known before the scan starts (who asks).

pub(crate) mod reach;
pub(crate) mod reading;

use crate::condition::{self, Token, TokenKind};
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use reading::Names;
use std::collections::{BTreeMap, BTreeSet};

/// Columns that policies compare by equality with a value that does not depend on the row, with the policies that do.
///
/// Only USING counts: it decides which rows are read. `IN (SELECT …)` does not: under row level security it stays a filter.
pub(crate) fn lookups(table: &Table) -> BTreeMap<String, Vec<&Policy>> {
    let mut found: BTreeMap<String, Vec<&Policy>> = BTreeMap::new();
    if !table.rls_enabled {
        return found;
    }
    for policy in table.policies.iter().filter(|p| p.command != PolicyCommand::Insert) {
        let Some(using) = &policy.using else { continue };
        for column in condition::parse(using).required_atoms(&|tokens| lookup(table, tokens)) {
            let policies = found.entry(column).or_default();
            if !policies.iter().any(|p| p.name == policy.name) {
                policies.push(policy);
            }
        }
    }
    found
}

/// The same columns of one expression: what must hold of a row for it to pass.
pub(crate) fn lookups_in(table: &Table, text: &str) -> BTreeSet<String> {
    condition::parse(text).required_atoms(&|tokens| lookup(table, tokens)).into_iter().collect()
}

/// Columns of the row by which policies for reading tell whose it is: compared with the session, or with what a subquery or a function gives.
pub(crate) fn deciding_columns<'a>(names: &Names<'a>, table: &'a Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let reads = |p: &&Policy| p.permissive && matches!(p.command, PolicyCommand::All | PolicyCommand::Select);
    for using in table.policies.iter().filter(reads).filter_map(|p| p.using.as_ref()) {
        for atom in atoms(condition::parse(using)) {
            let reading = names.read(table, &condition::text_of(&atom));
            let foreign = reading.reads().next().is_some() || reading.calls.iter().any(|c| names.function(c).is_some());
            if foreign || reading.calls.iter().any(reading::Call::asks_the_session) || atom.iter().any(|t| t.is_word("current_user")) {
                found.extend(reading.columns.iter().filter(|c| c.of == reading::Of::Own).map(|c| c.name.clone()));
            }
        }
    }
    found
}

/// Whether each policy by which rows can be read asks for that column: nothing of the table is open to all.
pub(crate) fn reading_needs(table: &Table, column: &str) -> bool {
    let reads = |p: &&Policy| p.permissive && matches!(p.command, PolicyCommand::All | PolicyCommand::Select);
    let narrow = |using: &String| match condition::parse(using) {
        condition::Condition::Or(parts) => {
            parts.into_iter().all(|part| atoms(part).iter().any(|a| condition::mentions(&condition::text_of(a), column)))
        }
        other => atoms(other).iter().any(|a| condition::mentions(&condition::text_of(a), column)),
    };
    table.policies.iter().filter(reads).filter_map(|p| p.using.as_ref()).all(narrow)
}

fn atoms(condition: condition::Condition) -> Vec<Vec<Token>> {
    match condition {
        condition::Condition::Or(parts) | condition::Condition::And(parts) => parts.into_iter().flat_map(atoms).collect(),
        condition::Condition::Not(part) => atoms(*part),
        condition::Condition::Atom(tokens) => vec![tokens],
    }
}

/// Whether the expression is true for nobody who is not signed in: each way through it compares with `auth.uid()` or its like, which are null then.
pub(crate) fn needs_sign_in(text: &str) -> bool {
    !condition::parse(text).required_atoms(&|tokens| atom_needs_sign_in(tokens)).is_empty()
}

fn atom_needs_sign_in(atom: &[Token]) -> Option<()> {
    let level = atom.iter().map(|t| t.depth).min()?;
    let asks = |tokens: &[Token]| {
        tokens.windows(4).any(|w| match w {
            [schema, dot, name, open] => {
                let one = ["uid", "jwt", "email"].iter().any(|n| name.text == *n);
                schema.text == "auth" && dot.is_sign(".") && one && open.is_sign("(")
            }
            _ => false,
        })
    };
    // A subquery finds no row when its own condition needs somebody who is signed in.
    if let Some(at) = atom.iter().position(|t| t.is_word("where")) {
        let through = atom.iter().take(at).any(|t| t.depth <= level && (t.is_word("exists") || t.is_word("in") || t.is_word("any")));
        let inner = atom.get(at + 1..)?;
        let depth = inner.first()?.depth;
        let end = inner.iter().position(|t| t.depth < depth).unwrap_or(inner.len());
        let only_one = !atom.iter().any(|t| t.is_word("union") || t.is_word("coalesce"));
        let required = condition::parse_tokens(inner.get(..end)?).required_atoms(&|tokens| atom_needs_sign_in(tokens));
        return (through && only_one && !required.is_empty()).then_some(());
    }
    let (left, right) = condition::equality(atom)?;
    let guarded = atom.iter().any(|t| t.is_word("coalesce") || t.is_word("case") || t.is_word("from"));
    (!guarded && (asks(left) || asks(right))).then_some(())
}

/// The column of `column = value`, when the value is a function of the session and not of the row.
fn lookup(table: &Table, atom: &[Token]) -> Option<String> {
    let (left, right) = condition::equality(atom)?;
    let found = one_way(table, left, right).or_else(|| one_way(table, right, left))?;
    Some(found.to_owned())
}

fn one_way<'a>(table: &Table, column: &'a [Token], value: &[Token]) -> Option<&'a str> {
    let name = column_of(table, column)?;
    (asks_the_session(value) && !names_a_column(table, value)).then_some(name)
}

/// A plain column of the table; `(column)::text` too where the cast changes nothing.
fn column_of<'a>(table: &Table, tokens: &'a [Token]) -> Option<&'a str> {
    let tokens = condition::without_parentheses(tokens);
    let (subject, cast) = match tokens {
        [subject @ .., sign, to] if sign.is_sign("::") && to.text == "text" => (subject, true),
        _ => (tokens, false),
    };
    let name = condition::plain_column(subject)?;
    let column = table.column(name)?;
    (!cast || matches!(column.base_type().as_str(), "text" | "character varying")).then_some(name)
}

/// Calls a function or names the session's user, and reads no table.
fn asks_the_session(value: &[Token]) -> bool {
    const NO_FUNCTION: &[&str] = &["any", "array", "select", "cast", "as", "in", "exists", "all", "some", "row", "numeric", "varchar"];
    let word = |t: &Token, text: &str| t.kind == TokenKind::Word && t.text == text;
    let calls = value.windows(2).any(|pair| match pair {
        [name, open] => name.is_name() && open.is_sign("(") && !NO_FUNCTION.contains(&name.text.as_str()),
        _ => false,
    });
    let session = value.iter().any(|t| ["current_user", "session_user", "current_role", "user"].iter().any(|w| word(t, w)));
    (calls || session) && !value.iter().any(|t| word(t, "from"))
}

/// Names a column of the row, other than as an alias, a function or a part of a qualified name.
fn names_a_column(table: &Table, value: &[Token]) -> bool {
    value.iter().enumerate().any(|(i, token)| {
        let before = i.checked_sub(1).and_then(|b| value.get(b));
        let after = value.get(i + 1);
        let called = after.is_some_and(|t| t.is_sign("(") || t.is_sign("."));
        let alias_or_type = before.is_some_and(|t| t.text == "as" || t.is_sign("::"));
        let of_another = before.is_some_and(|t| t.is_sign(".")) && !qualified_by(table, value, i);
        token.is_name() && !called && !alias_or_type && !of_another && table.column(&token.text).is_some()
    })
}

fn qualified_by(table: &Table, value: &[Token], at: usize) -> bool {
    at.checked_sub(2).and_then(|b| value.get(b)).is_some_and(|t| t.text == table.name.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Column;

    fn found(using: &str) -> Vec<String> {
        let column = |name: &str, data_type: &str| Column { name: name.into(), data_type: data_type.into(), ..Column::default() };
        let policy = Policy {
            name: "p".into(),
            command: PolicyCommand::Select,
            permissive: true,
            roles: vec!["PUBLIC".into()],
            using: Some(using.into()),
            with_check: None,
            comment: None,
        };
        let table = Table {
            rls_enabled: true,
            columns: vec![
                column("user_id", "uuid"),
                column("sub", "text"),
                column("org_id", "character varying(40)"),
                column("status", "text"),
                column("public", "boolean"),
            ],
            policies: vec![policy],
            ..Table::default()
        };
        lookups(&table).into_keys().collect()
    }

    #[test]
    fn a_column_compared_with_the_session_is_a_lookup() {
        assert_eq!(found("(user_id = auth.uid())"), ["user_id"]);
        assert_eq!(found("(user_id = ( SELECT auth.uid() AS uid))"), ["user_id"]);
        assert_eq!(found("(( SELECT (auth.jwt() ->> 'sub'::text)) = sub)"), ["sub"]);
        assert_eq!(found("((org_id)::text = current_setting('app.org'::text))"), ["org_id"]);
        assert_eq!(found("((user_id = auth.uid()) AND (status = 'open'::text))"), ["user_id"]);
        assert_eq!(found("(user_id = ANY (ARRAY( SELECT my_ids() AS my_ids)))"), ["user_id"]);
        assert_eq!(found("(sub = CURRENT_USER)"), ["sub"]);
        assert_eq!(found("((user_id = auth.uid()) OR (sub = auth.email()))"), ["sub", "user_id"]);
    }

    #[test]
    fn who_is_not_signed_in_passes_no_comparison_with_who_asks() {
        for text in [
            "(auth.uid() = user_id)",
            "((open = true) AND (user_id = ( SELECT auth.uid() AS uid)))",
            "(EXISTS ( SELECT 1 FROM m WHERE ((m.t = t.id) AND (m.user_id = auth.uid()))))",
            "(team_id IN ( SELECT m.team_id FROM m WHERE (m.user_id = auth.uid())))",
        ] {
            assert!(needs_sign_in(text), "{text}");
        }
        for text in [
            "((auth.uid() = user_id) OR is_public)",
            "(COALESCE(auth.uid(), '00000000-0000-0000-0000-000000000000'::uuid) = user_id)",
            "(auth.uid() IS NULL)",
            "(auth.role() = 'anon'::text)",
            "(NOT (EXISTS ( SELECT 1 FROM m WHERE (m.user_id = auth.uid()))))",
            "(EXISTS ( SELECT 1 FROM m WHERE ((m.user_id = auth.uid()) OR m.open)))",
        ] {
            assert!(!needs_sign_in(text), "{text}");
        }
    }

    #[test]
    fn filters_that_no_index_would_serve_are_not() {
        for using in [
            "(status = 'open'::text)",
            "(status = ANY (ARRAY['a'::text, 'b'::text]))",
            "((user_id = auth.uid()) OR public)",
            "(user_id IN ( SELECT members.id FROM members))",
            "is_member(user_id)",
            "(user_id = owner_of(org_id))",
            "((user_id)::text = auth.email())",
            "(NOT (user_id = auth.uid()))",
            "(user_id IS NULL)",
            "(user_id <> auth.uid())",
        ] {
            assert!(found(using).is_empty(), "{using}");
        }
    }
}
