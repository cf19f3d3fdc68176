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
/// Markdown code block, or a server log with the plans of `auto_explain` (plain, CSV or JSON log). The form is recognised. A plan in the text form
/// leads to the same value as the same plan in JSON, except for what the text form does not tell: false flags
/// (`Async Capable`), names of constraint triggers, zeros that only the other forms print.
///
/// Constants in conditions are kept as they stand: mask them before they are shown.
///
/// # Errors
/// One [`PlanError`], with its line, when any part that looks like a plan cannot be read, or nothing does.
pub fn read(text: &str) -> Result<Vec<ReadPlan>, PlanError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(PlanError::Empty);
    }
    let lines: Vec<(usize, String)> = text.lines().enumerate().map(|(at, line)| (at + 1, frame::tidy(line))).collect();
    let blocks = match logged::entries(&lines) {
        Some(entries) => entries,
        None => frame::blocks(&lines),
    };
    let mut all = Vec::new();
    for block in &blocks {
        read_block(block, &mut all)?;
    }
    if all.is_empty() { Err(error::not_a_plan(&lines)) } else { Ok(all) }
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
