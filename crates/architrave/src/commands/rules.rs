//! `architrave rules [ID]`: the list, or one page.

use crate::args::Rules;
use crate::output;
use crate::request;
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(options: &Rules) -> anyhow::Result<ExitCode> {
    let text = match &options.id {
        None => list(),
        Some(id) => page(id)?,
    };
    output::print(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn page(id: &str) -> anyhow::Result<String> {
    if let Some(rule) = architrave_app::rules::find(id) {
        return Ok(format!("{}\n\n{}", heading(rule), rule.docs.trim_start()));
    }
    Err(request::no_such_rule(id))
}

fn heading(rule: &architrave_model::Rule) -> String {
    format!("{} · {} by default · needs {}", rule.id, rule.severity.word(), rule.check.needs())
}

fn list() -> String {
    let mut text = String::new();
    let widest = architrave_app::rules::all().map(|r| r.id.len()).max().unwrap_or(0);
    let mut area = None;
    for rule in architrave_app::rules::in_order() {
        if area != Some(rule.area) {
            let gap = if area.is_none() { "" } else { "\n" };
            let _infallible = writeln!(text, "{gap}{}", rule.area.title());
            area = Some(rule.area);
        }
        let _infallible = writeln!(text, "  {:widest$}  {:8}  {}", rule.id, rule.severity.word(), rule.summary);
    }
    text
}
