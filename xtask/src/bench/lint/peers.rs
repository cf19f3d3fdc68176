//! Other linters over the labelled migrations. They see the text alone, as they do in practice; their rules of style and those that ask for
//! time-outs, which speak in nearly every file, do not count, for or against.

use super::labelled::{Case, cases};
use crate::bench::Row;
use anyhow::Context as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Parts of rule names that are style or session hygiene.
const STYLE: [&str; 6] = ["prefer-", "timeout", "ban-char-field", "identifier-too-long", "require-table-schema", "unused-ignore"];

/// squawk.
pub(super) fn squawk(program: &Path) -> anyhow::Result<Vec<Row>> {
    let flagged = |case: &Case, folder: &Path| -> anyhow::Result<bool> {
        for (at, file) in case.files.iter().enumerate() {
            let path = folder.join(format!("{at}.sql"));
            std::fs::write(&path, &file.sql)?;
            let mut command = Command::new(program);
            command.args(["--reporter", "json"]);
            if file.in_transaction {
                command.arg("--assume-in-transaction");
            }
            let output = command.arg(&path).stdin(Stdio::null()).output().context("squawk")?;
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).context("squawk's answer is no JSON")?;
            let names = found.as_array().into_iter().flatten().filter_map(|f| f.get("rule_name")?.as_str());
            if names.filter(|name| !STYLE.iter().any(|s| name.contains(s))).count() > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    };
    over("squawk", flagged)
}

/// eugene's static rules.
pub(super) fn eugene(program: &Path) -> anyhow::Result<Vec<Row>> {
    let flagged = |case: &Case, folder: &Path| -> anyhow::Result<bool> {
        for (at, file) in case.files.iter().enumerate() {
            let path = folder.join(format!("{at}.sql"));
            std::fs::write(&path, &file.sql)?;
            // E9 asks for a lock_timeout.
            let output = Command::new(program)
                .args(["lint", "-a", "-f", "json", "-i", "E9"])
                .arg(&path)
                .stdin(Stdio::null())
                .output()
                .context("eugene")?;
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let statements = found.pointer("/statements").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
            let any = |s: &serde_json::Value| {
                ["triggered_rules", "lint_rules"]
                    .iter()
                    .any(|key| s.get(key).and_then(serde_json::Value::as_array).is_some_and(|r| !r.is_empty()))
            };
            if statements.iter().any(any) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    over("eugene lint", flagged)
}

/// Whether anything is said of a hazard, and of a harmless migration.
fn over(name: &str, flagged: impl Fn(&Case, &Path) -> anyhow::Result<bool>) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let (mut caught, mut hazards, mut alarms, mut harmless) = (0, 0, 0, 0);
    for case in cases()? {
        let said = flagged(&case, folder.path())?;
        if case.rule.is_some() {
            hazards += 1;
            caught += usize::from(said);
        } else {
            harmless += 1;
            alarms += usize::from(said);
        }
    }
    let share = |of: usize, all: usize| of as f64 / all.max(1) as f64;
    let measured = format!("precision {:.3}, recall {:.3}", share(caught, caught + alarms), share(caught, hazards));
    Ok(vec![
        Row::new(format!("{name}, any finding but style, same migrations"), measured)
            .ratio(format!("{caught} of {hazards} hazards, {alarms} of {harmless} harmless")),
    ])
}
