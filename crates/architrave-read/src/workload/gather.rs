//! Occurrences of statements put together: equal but for constants is one.

use architrave_model::plan::Plan;
use architrave_model::workload::{QuerySource, QueryVariant, RefusedQuery, Workload, WorkloadQuery};
use architrave_sql::parameters::{canonical, identity, mend, normalise, parameters};
use std::collections::BTreeMap;

/// Different statements of one workload; a log that writes its own statements by hand has no end of them.
const MOST: usize = 20_000;

/// Different texts with constants kept per statement, and how many of them become variants.
const TEXTS: usize = 16;
const VARIANTS: usize = 4;

/// Longer texts with constants are not kept as variants, bytes.
const LONGEST: usize = 64 * 1024;

/// Longest text of a refused statement that is kept, characters.
const SHORT: usize = 200;

/// One occurrence, or many that were counted elsewhere.
#[derive(Debug, Default)]
pub(super) struct Occurrence {
    /// Text, with `$n` where it had parameters.
    pub(super) text: String,
    /// The text with values in place of parameters, when they are known.
    pub(super) bound: Option<String>,
    pub(super) calls: f64,
    /// Milliseconds in all, when known.
    pub(super) total_ms: Option<f64>,
    /// Rows in all, when known.
    pub(super) rows: Option<f64>,
    /// Name that its author gave it.
    pub(super) name: Option<String>,
    pub(super) plan: Option<Plan>,
    /// It was told by `auto_explain`, beside which the same execution may have been told by its duration.
    pub(super) explained: bool,
}

/// Calls that were seen, those whose time is known, and their milliseconds.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    calls: f64,
    timed: f64,
    ms: f64,
}

struct Group {
    first: Occurrence,
    source: QuerySource,
    /// Executions with their durations, and those of `auto_explain`.
    stated: Tally,
    explained: Tally,
    /// Calls whose rows are known, and the rows.
    counted: (f64, f64),
    texts: Vec<(String, f64)>,
    plan: Option<(f64, Plan)>,
}

/// Gathers occurrences.
#[derive(Default)]
pub(super) struct Gathering {
    groups: BTreeMap<String, Group>,
    refused: BTreeMap<(String, String), RefusedQuery>,
    /// Statements that came after the most that are kept.
    dropped: usize,
}

/// First words of statements that ask nothing of the planner and say nothing about the workload.
static SILENT: &[&str] = &[
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "set",
    "reset",
    "show",
    "discard",
    "deallocate",
    "close",
    "listen",
    "unlisten",
    "notify",
    "checkpoint",
];

impl Gathering {
    /// Adds an occurrence; `source` is asked for the first one of a statement only.
    pub(super) fn add(&mut self, mut occurrence: Occurrence, source: impl FnOnce() -> QuerySource) {
        let word = first_word(&occurrence.text);
        if SILENT.contains(&word.as_str()) {
            return;
        }
        if matches!(word.as_str(), "prepare" | "declare")
            && let Ok(mended) = mend(&occurrence.text)
        {
            occurrence.text = mended.text;
        }
        let key = canonical(&occurrence.text);
        if !self.groups.contains_key(&key) {
            if let Err(reason) = mend(&occurrence.text) {
                self.refuse(&occurrence.text, source(), reason);
                return;
            }
            if self.groups.len() >= MOST {
                self.dropped += 1;
                return;
            }
        }
        let group = self.groups.entry(key).or_insert_with(|| Group {
            first: Occurrence { text: occurrence.text.clone(), name: occurrence.name.clone(), ..Occurrence::default() },
            source: source(),
            stated: Tally::default(),
            explained: Tally::default(),
            counted: (0.0, 0.0),
            texts: Vec::new(),
            plan: None,
        });
        group.add(occurrence);
    }

    /// Notes a statement that is not part of the job; the same twice is once.
    pub(super) fn refuse(&mut self, text: &str, source: QuerySource, reason: String) {
        let masked = architrave_sql::mask_literals(text).split_whitespace().collect::<Vec<_>>().join(" ");
        let text = if masked.chars().count() > SHORT { masked.chars().take(SHORT).chain(['…']).collect() } else { masked };
        if self.refused.len() < MOST {
            let refused = RefusedQuery { text: text.clone(), source, reason: reason.clone() };
            self.refused.entry((text, reason)).or_insert(refused);
        }
    }

    /// The workload, dearest first.
    pub(super) fn finish(self) -> Workload {
        let mut queries: Vec<WorkloadQuery> = Vec::new();
        for group in self.groups.into_values() {
            let mut query = group.finish();
            if queries.iter().any(|q| q.id == query.id) {
                query.id = format!("{}-{}", query.id, identity(&query.text));
            }
            queries.push(query);
        }
        let cost = |q: &WorkloadQuery| q.calls * q.mean_ms.unwrap_or(0.0);
        queries.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then(b.calls.total_cmp(&a.calls)).then(a.id.cmp(&b.id)));
        let mut refused: Vec<RefusedQuery> = self.refused.into_values().collect();
        if let Some(last) = queries.last().filter(|_| self.dropped > 0) {
            let reason = format!("{} more came after the first {MOST} different statements", self.dropped);
            refused.push(RefusedQuery { text: String::new(), source: last.source.clone(), reason });
        }
        Workload { queries, refused }
    }
}

impl Group {
    fn add(&mut self, occurrence: Occurrence) {
        let calls = occurrence.calls;
        let tally = if occurrence.explained { &mut self.explained } else { &mut self.stated };
        tally.calls += calls;
        if let Some(ms) = occurrence.total_ms {
            tally.timed += calls;
            tally.ms += ms;
        }
        if let Some(rows) = occurrence.rows {
            self.counted = (self.counted.0 + calls, self.counted.1 + rows);
        }
        if let Some(plan) = occurrence.plan {
            let ms = occurrence.total_ms.unwrap_or(0.0);
            if self.plan.as_ref().is_none_or(|(slowest, _)| ms > *slowest) {
                self.plan = Some((ms, plan));
            }
        }
        let complete = parameters(&occurrence.text).is_empty().then_some(occurrence.text);
        let Some(text) = occurrence.bound.or(complete).filter(|t| t.len() <= LONGEST) else { return };
        if let Some((_, count)) = self.texts.iter_mut().find(|(known, _)| *known == text) {
            *count += calls;
        } else if self.texts.len() < TEXTS {
            self.texts.push((text, calls));
        }
    }

    fn finish(mut self) -> WorkloadQuery {
        self.texts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let total: f64 = self.texts.iter().take(VARIANTS).map(|t| t.1).sum();
        let one = self.texts.len() == 1 && parameters(&self.first.text).is_empty();
        let variants: Vec<QueryVariant> = if one {
            Vec::new()
        } else {
            let variant = |(at, (sql, count)): (usize, &(String, f64))| QueryVariant {
                choice: format!("as seen {}", at + 1),
                sql: sql.clone(),
                share: count / total,
            };
            self.texts.iter().take(VARIANTS).enumerate().map(variant).collect()
        };
        let text = if one || variants.is_empty() { self.first.text } else { normalise(&self.first.text) };
        // The same executions, told twice.
        let tally = if self.explained.calls > self.stated.calls { self.explained } else { self.stated };
        let mean = |(calls, sum): (f64, f64)| (calls > 0.0).then(|| sum / calls);
        WorkloadQuery {
            id: self.first.name.unwrap_or_else(|| identity(&text)),
            text,
            source: self.source,
            calls: tally.calls,
            mean_ms: mean((tally.timed, tally.ms)),
            rows_per_call: mean(self.counted),
            search_path: None,
            variants,
            logged_plan: self.plan.map(|(_, plan)| plan),
        }
    }
}

/// The first word of a statement, in lower case.
fn first_word(text: &str) -> String {
    use architrave_sql::lex::{Lexer, TokenKind};
    let word = Lexer::new(text).find(|t| t.kind == TokenKind::Word);
    word.and_then(|t| text.get(t.start..t.end)).unwrap_or("").to_ascii_lowercase()
}
