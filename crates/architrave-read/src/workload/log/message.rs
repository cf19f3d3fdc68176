//! What one message of the log says: a statement with its duration and parameters, or a plan.

use crate::workload::gather::Occurrence;
use architrave_model::plan::Plan;
use architrave_sql::SplitOptions;
use architrave_sql::lex::{Lexer, TokenKind};
use architrave_sql::parameters::{bind, mend, number_placeholders, parameters};
use std::collections::BTreeMap;

/// A message about a statement.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Message {
    text: String,
    duration_ms: Option<f64>,
    parameters: BTreeMap<u32, String>,
    plan: Option<Plan>,
    explained: bool,
}

impl Message {
    /// None for messages about anything else, and for the parse and bind steps of a statement whose execution is another message.
    pub(super) fn of(message: &str, detail: Option<&str>) -> Option<Self> {
        let (duration_ms, rest) = match message.strip_prefix("duration: ") {
            Some(timed) => {
                let (ms, rest) = timed.split_once(" ms")?;
                (Some(ms.trim().parse().ok()?), rest.trim_start())
            }
            None => (None, message),
        };
        if let Some(body) = rest.strip_prefix("plan:") {
            return Self::planned(body.trim_start_matches(['\n', ' ']), duration_ms);
        }
        let text = match rest.strip_prefix("statement: ") {
            // Of a statement prepared in SQL the executions count.
            Some(text) if begins_with(text, "prepare") => return None,
            Some(text) if begins_with(text, "execute") => return Self::executed_by_name(text, detail?, duration_ms),
            Some(text) => text,
            None => executed(rest)?,
        };
        let given = detail.and_then(|d| d.strip_prefix("parameters: ").or_else(|| d.strip_prefix("Parameters: ")));
        Some(Self { text: text.to_owned(), duration_ms, parameters: given.map(values).unwrap_or_default(), ..Self::default() })
    }

    /// A message of `auto_explain`.
    fn planned(body: &str, duration_ms: Option<f64>) -> Option<Self> {
        let plan = crate::plan::read(body).ok().and_then(|plans| plans.into_iter().next()).map(|read| read.plan);
        let text = plan.as_ref().and_then(|p| p.query_text.clone()).or_else(|| text_before_the_plan(body))?;
        let given = body.lines().find_map(|l| l.trim().strip_prefix("Query Parameters: "));
        Some(Self { text, duration_ms, parameters: given.map(values).unwrap_or_default(), plan, explained: true })
    }

    /// `execute q('open', 5);`, whose text stands in the detail.
    fn executed_by_name(call: &str, detail: &str, duration_ms: Option<f64>) -> Option<Self> {
        let prepared = mend(detail.strip_prefix("prepare: ")?).ok()?;
        let arguments = call.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(inside, _)| inside);
        let parameters = (1..).zip(arguments_of(arguments)).collect();
        Some(Self { text: prepared.text, duration_ms, parameters, ..Self::default() })
    }

    /// The statements of a message: several when they were sent as one, whose duration then is that of all.
    pub(super) fn occurrences(self) -> Vec<Occurrence> {
        if !self.text.trim_end().trim_end_matches(';').contains(';') {
            return self.occurrence().into_iter().collect();
        }
        let options = SplitOptions { psql: false, parse: false, ..SplitOptions::default() };
        let mut texts: Vec<String> = architrave_sql::split_with(&self.text, &options).statements.into_iter().map(|s| s.text).collect();
        if texts.len() > 1 {
            return texts.into_iter().filter_map(|text| Self { text, ..Self::default() }.occurrence()).collect();
        }
        let text = texts.pop().unwrap_or_default();
        Self { text, ..self }.occurrence().into_iter().collect()
    }

    fn occurrence(self) -> Option<Occurrence> {
        let text = self.text.trim().trim_end_matches(';').to_owned();
        if text.is_empty() {
            return None;
        }
        let explained = self.plan.is_some() || self.explained;
        let text = if self.parameters.is_empty() { number_placeholders(&text).text } else { text };
        let needed = parameters(&text);
        let bound = (!needed.is_empty() && needed.iter().all(|n| self.parameters.contains_key(n))).then(|| bind(&text, &self.parameters));
        Some(Occurrence { text, bound, calls: 1.0, total_ms: self.duration_ms, plan: self.plan, explained, ..Occurrence::default() })
    }
}

fn begins_with(text: &str, word: &str) -> bool {
    text.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The arguments between the brackets of a call.
fn arguments_of(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let (mut start, mut depth) = (0, 0);
    for token in Lexer::new(text) {
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth -= 1,
            TokenKind::Comma if depth == 0 => {
                arguments.extend(text.get(start..token.start).map(|a| a.trim().to_owned()));
                start = token.end;
            }
            _ => {}
        }
    }
    arguments.extend(text.get(start..).map(|a| a.trim().to_owned()).filter(|a| !a.is_empty()));
    arguments
}

/// The text after `execute name: ` or `execute fetch from name: `.
fn executed(rest: &str) -> Option<&str> {
    let named = rest.strip_prefix("execute ")?;
    named.split_once(": ").map(|(_, text)| text)
}

/// The text of `Query Text: …` up to the plan, when the plan itself cannot be read.
fn text_before_the_plan(body: &str) -> Option<String> {
    let text = body.strip_prefix("Query Text: ")?;
    let lines: Vec<&str> = text.lines().take_while(|l| !l.contains("(cost=") && !l.starts_with("Query Parameters: ")).collect();
    Some(lines.join("\n"))
}

/// `$1 = 'x', $2 = NULL` as literals.
fn values(text: &str) -> BTreeMap<u32, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while let Some((number, after)) = rest.strip_prefix('$').and_then(|r| r.split_once(" = ")) {
        let Ok(number) = number.parse() else { break };
        let length = literal_length(after);
        let Some(literal) = after.get(..length) else { break };
        // Values that were shortened for the log are no values.
        if !literal.ends_with("...'") {
            found.insert(number, literal.to_owned());
        }
        rest = after.get(length..).unwrap_or("").trim_start_matches("...").trim_start_matches(',').trim_start();
    }
    found
}

/// Bytes of the quoted literal, or of the word, at the start.
fn literal_length(text: &str) -> usize {
    if !text.starts_with('\'') {
        return text.find(',').unwrap_or(text.len());
    }
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == b'\'' {
            if bytes.get(at) != Some(&b'\'') {
                return at;
            }
            at += 1;
        }
    }
    text.len()
}
