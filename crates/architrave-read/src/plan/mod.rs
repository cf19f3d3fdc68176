//! Plans as people have them: the output of `EXPLAIN` in any format, pasted, exported or logged, read into the model's [`Plan`].

mod decode;
mod error;
mod frame;
mod logged;
mod structured;
mod text;
mod xml;
mod yaml;

pub use error::PlanError;

use architrave_model::plan::Plan;
use frame::Block;

/// A plan, and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPlan {
    /// Plan. Its `query_text` is filled from `auto_explain`.
    pub plan: Plan,
    /// The form that it was written in.
    pub form: PlanForm,
    /// Line at which it begins in the text, from 1.
    pub line: usize,
    /// Milliseconds that the statement took, as `auto_explain` says before the plan.
    pub duration_ms: Option<f64>,
}

/// The formats of `EXPLAIN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "EXPLAIN's own words")]
pub enum PlanForm {
    Text,
    Json,
    Yaml,
    Xml,
}

/// Reads all plans of `text`, in their order; at least one, or the reason why there is none.
///
/// `text` may be what psql prints (any border, with or without header), what pgAdmin or DataGrip export, a CSV export, a
/// Markdown code block, or a server log with the plans of `auto_explain` (plain, CSV or JSON log). The form is recognised. A
/// plan in the text form leads to the same value as the same plan in JSON, except for what the text form does not tell: flags
/// that are false, names of constraint triggers, whether BUFFERS was asked for when no block was touched.
///
/// Constants in conditions are kept as they stand: mask them before they are shown. Values of parameters are dropped.
///
/// # Errors
/// One [`PlanError`], with its line, when anything that looks like a plan cannot be read, or nothing does.
pub fn read(text: &str) -> Result<Vec<ReadPlan>, PlanError> {
    let reading = read_what_can_be(text)?;
    reading.unread.into_iter().next().map_or(Ok(reading.plans), Err)
}

/// What [`read_what_can_be`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// In the order of the text.
    pub plans: Vec<ReadPlan>,
    /// What looked like a plan and could not be read: in a log that was rotated, the last entry.
    pub unread: Vec<PlanError>,
}

/// As [`read`], for logs and collections: one plan that cannot be read does not hide the others.
///
/// # Errors
/// A [`PlanError`] when there is no plan at all.
pub fn read_what_can_be(text: &str) -> Result<Reading, PlanError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(PlanError::Empty);
    }
    // Out of the source of a web page.
    let unescaped = if text.contains("-&gt;  ") { unescaped(text) } else { String::new() };
    let text = if unescaped.is_empty() { text } else { &unescaped };
    let lines: Vec<(usize, String)> = text.lines().enumerate().map(|(at, line)| (at + 1, frame::tidy(line))).collect();
    let mut reading = Reading::default();
    for block in logged::entries(&lines).unwrap_or_else(|| frame::blocks(&lines)) {
        if let Err(error) = read_block(&block, &mut reading.plans) {
            reading.unread.push(error);
        }
    }
    // Beside plans, what is none is the statement, or prose.
    if !reading.plans.is_empty() {
        reading.unread.retain(|error| !matches!(error, PlanError::NotAPlan { .. }));
    }
    match (reading.plans.is_empty(), reading.unread.is_empty()) {
        (true, true) => Err(error::not_a_plan(&lines)),
        (true, false) => Err(reading.unread.remove(0)),
        (false, _) => Ok(reading),
    }
}

fn unescaped(text: &str) -> String {
    let entities = [("&gt;", ">"), ("&lt;", "<"), ("&#39;", "'"), ("&quot;", "\""), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

fn read_block(block: &Block, into: &mut Vec<ReadPlan>) -> Result<(), PlanError> {
    let Some((first, _)) = block.lines.iter().find(|(_, line)| !line.trim().is_empty()) else { return Ok(()) };
    let form = form_of(block);
    let plans = match form {
        PlanForm::Text => text::read(block)?,
        PlanForm::Json => structured::json(block)?,
        PlanForm::Yaml => yaml::read(block)?,
        PlanForm::Xml => xml::read(block)?,
    };
    for (line, plan) in plans {
        into.push(ReadPlan { plan, form, line: line.max(*first), duration_ms: block.duration_ms });
    }
    Ok(())
}

/// The form, by the first characters of the block; prose before it is passed over.
fn form_of(block: &Block) -> PlanForm {
    for (_, line) in &block.lines {
        let line = line.trim_start();
        if line.starts_with("[{") || matches!(line.trim_end(), "[" | "{" | "[]") || line.starts_with("{\"") || line.starts_with("{ \"") {
            return PlanForm::Json;
        }
        if line.starts_with("<explain") || line.starts_with("<?xml") {
            return PlanForm::Xml;
        }
        if line.starts_with("- Plan:") || line.starts_with("- Query Text:") || line.starts_with("Plan:") {
            return PlanForm::Yaml;
        }
        if text::is_head(line) {
            return PlanForm::Text;
        }
    }
    let start = block.lines.iter().map(|(_, line)| line.trim_start()).find(|line| !line.is_empty()).unwrap_or_default();
    match start.as_bytes().first() {
        Some(b'[' | b'{') => PlanForm::Json,
        _ => PlanForm::Text,
    }
}

#[cfg(test)]
mod tests;
