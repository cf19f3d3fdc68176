//! The part of a catalogue that text alone can tell, in a form in which two catalogues that mean the same are equal.
//!
//! Compared: every name, type, flag, option, key, reference, privilege, owner and comment; expressions (defaults, checks, index
//! keys, predicates, policies, row filters, WHEN conditions) in canonical form; definition texts of keys, foreign keys, indexes
//! and triggers without expressions to the letter; function bodies to the letter.
//!
//! Left out, because only a server can tell: the text of views and the types of their columns, function definitions as a whole
//! (and with them defaults of arguments, COST and ROWS), SQL-standard bodies, texts of rewrite rules, casts inside expressions,
//! versions of extensions and whatever belongs to an extension, values of sequences, VALID UNTIL.

use super::expression::{self, AsWritten};
use super::print;
use architrave_model::Catalog;
use architrave_model::catalog::{AttributeNumber, Constraint, ConstraintKind, Function, Index, Table, Trigger, TypeDef, TypeKind, View};

/// The comparable part of a catalogue; see the module for what that is.
pub fn essence(catalog: &Catalog) -> Catalog {
    let mut result = catalog.clone();
    result.schemas.retain(|s| s.extension.is_none());
    result.tables.retain(|t| t.extension.is_none());
    result.views.retain(|v| v.extension.is_none());
    result.sequences.retain(|s| s.extension.is_none());
    result.types.retain(|t| t.extension.is_none());
    result.event_triggers.retain(|t| t.extension.is_none());
    result.tables.iter_mut().for_each(table);
    result.views.iter_mut().for_each(view);
    result.types.iter_mut().for_each(type_def);
    result.functions.iter_mut().for_each(function);
    for sequence in &mut result.sequences {
        sequence.last_value = None;
    }
    for extension in &mut result.extensions {
        extension.version.clear();
        extension.available_version = None;
        extension.stub = false;
    }
    for published in result.publications.iter_mut().flat_map(|p| &mut p.tables) {
        expression_text(&mut published.filter);
    }
    for role in &mut result.roles {
        role.valid_until = None;
    }
    result.sort();
    result
}

/// An expression's canonical form; texts that do not parse lose parentheses, casts and the difference of case.
fn canonical(text: &str) -> String {
    expression::parse(text, &AsWritten).map_or_else(|| loose(text), |e| print::canonical(&e))
}

fn expression_text(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = canonical(text);
    }
}

/// Words in lower case without parentheses, casts and superfluous blanks; literals stay as they are.
fn loose(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    let flush = |word: &mut String, words: &mut Vec<String>| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                flush(&mut word, &mut words);
                let mut literal = String::from(c);
                for inner in chars.by_ref() {
                    literal.push(inner);
                    if inner == '\'' {
                        break;
                    }
                }
                words.push(literal);
            }
            ':' if chars.peek() == Some(&':') => {
                flush(&mut word, &mut words);
                chars.next();
                while chars.peek().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | ' ' | '[' | ']')) {
                    chars.next();
                }
            }
            '(' | ')' => flush(&mut word, &mut words),
            c if c.is_whitespace() => flush(&mut word, &mut words),
            c => word.extend(c.to_lowercase()),
        }
    }
    flush(&mut word, &mut words);
    words.join(" ")
}

fn table(table: &mut Table) {
    for column in &mut table.columns {
        column.number = AttributeNumber::default();
        expression_text(&mut column.default);
    }
    table.constraints.iter_mut().for_each(constraint);
    table.indexes.iter_mut().for_each(index);
    table.triggers.iter_mut().for_each(trigger);
    for policy in &mut table.policies {
        expression_text(&mut policy.using);
        expression_text(&mut policy.with_check);
    }
    for rule in &mut table.rules {
        rule.definition.clear();
    }
    for object in &mut table.statistics {
        object.definition = loose(&object.definition);
    }
    if let Some(bound) = &mut table.partition_bound {
        *bound = partition_bound(bound);
    }
    if let Some(partitioning) = &mut table.partitioning {
        partitioning.definition = loose(&partitioning.definition);
    }
}

/// How a moment is spelled (zone, midnight) is the server's choice: of literals with a time of day only the date counts.
fn partition_bound(bound: &str) -> String {
    let date = |literal: &str| {
        let bytes = literal.as_bytes();
        let is_date = bytes.len() > 10 && bytes[4] == b'-' && bytes[7] == b'-' && matches!(bytes[10], b' ' | b'T' | b't');
        if is_date { literal[..10].to_owned() } else { literal.to_owned() }
    };
    bound.split('\'').enumerate().map(|(at, part)| if at % 2 == 1 { date(part) } else { part.to_owned() }).collect::<Vec<_>>().join("'")
}

fn constraint(constraint: &mut Constraint) {
    expression_text(&mut constraint.expression);
    match constraint.kind {
        ConstraintKind::Check => constraint.definition.clear(),
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::ForeignKey => {}
        _ => constraint.definition = loose(&constraint.definition),
    }
}

fn index(index: &mut Index) {
    let plain = index.predicate.is_none() && index.keys.iter().all(|k| k.expression.is_none());
    if !plain {
        index.definition.clear();
    }
    expression_text(&mut index.predicate);
    for key in &mut index.keys {
        expression_text(&mut key.expression);
    }
}

fn trigger(trigger: &mut Trigger) {
    let text = &trigger.definition;
    if let (Some(when), Some(execute)) =
        (text.find(" WHEN ("), text.rfind(" EXECUTE FUNCTION ").or_else(|| text.rfind(" EXECUTE PROCEDURE ")))
        && when + 6 < execute
    {
        trigger.definition = format!("{} WHEN {}{}", &text[..when], canonical(&text[when + 6..execute]), &text[execute..]);
    }
}

fn view(view: &mut View) {
    view.definition.clear();
    for column in &mut view.columns {
        column.data_type.clear();
    }
    view.indexes.iter_mut().for_each(index);
    view.triggers.iter_mut().for_each(trigger);
}

fn function(function: &mut Function) {
    function.definition = None;
    let start = function.body.trim_start().to_ascii_lowercase();
    if function.language == "sql" && (start.starts_with("begin atomic") || start.starts_with("return ")) {
        function.body.clear();
    }
}

fn type_def(def: &mut TypeDef) {
    if let TypeKind::Domain { default, constraints, .. } = &mut def.kind {
        expression_text(default);
        constraints.iter_mut().for_each(constraint);
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn expressions_that_mean_the_same_are_equal() {
        for (written, printed) in [
            ("price > 0", "(price > (0)::numeric)"),
            ("status in ('a', 'b')", "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"),
            ("status not in ('a', 'b')", "(status <> ALL (ARRAY['a'::text, 'b'::text]))"),
            ("rating between 1 and 5", "((rating >= 1) AND (rating <= 5))"),
            ("a and (b and c)", "(a AND b AND c)"),
            ("not a", "(NOT a)"),
            ("a is not null or b", "((a IS NOT NULL) OR b)"),
            ("current_timestamp", "CURRENT_TIMESTAMP"),
            ("-1", "'-1'::integer"),
            ("'{}'", "'{}'::jsonb"),
            ("email like '%@%'", "(email ~~ '%@%'::text)"),
            ("a != b", "(a <> b)"),
            ("id in (select id from public.t)", "(id IN ( SELECT t.id FROM public.t))"),
            ("x = (select auth.jwt() ->> 'sub')", "(x = ( SELECT (auth.jwt() ->> 'sub'::text)))"),
            ("exists (select 1 from t where t.a = b)", "(EXISTS ( SELECT 1 FROM t WHERE (t.a = b)))"),
            ("extract(year from d) = 1", "(EXTRACT(year FROM d) = (1)::numeric)"),
            ("a -> 'x' ->> 'y'", "((a -> 'x'::text) ->> 'y'::text)"),
            ("false", "'f'::boolean"),
            ("cast(a as text)", "(a)::text"),
            ("case when a then 1 else 2 end", "CASE WHEN a THEN 1 ELSE 2 END"),
        ] {
            assert_eq!(canonical(written), canonical(printed), "{written}");
        }
        assert_ne!(canonical("now()"), canonical("current_timestamp"));
        assert_ne!(canonical("a + (b * c)"), canonical("(a + b) * c"));
    }
}
