//! The script with the replaced statements taken out and the safe files in their place, as scripts.

use architrave_model::migration::{Migrations, SafeFile, SafeVersion};
use architrave_model::script::{Script, Statement, TransactionMode};
use std::ops::Range;

/// Scripts in order.
pub(super) struct Scripts {
    pub(super) all: Vec<Script>,
    /// Which of them are the safe files.
    pub(super) safe: Range<usize>,
}

impl Scripts {
    pub(super) fn of(migrations: &Migrations, script: &Script, version: &SafeVersion) -> Self {
        let replaced: Vec<usize> = version.replaces.iter().filter_map(|at| migrations.steps.get(*at)).map(|s| s.statement).collect();
        let first = replaced.iter().min().copied().unwrap_or(0);
        let kept = |range: Range<usize>| -> Vec<Statement> {
            range.filter(|at| !replaced.contains(at)).filter_map(|at| script.statements.get(at).cloned()).collect()
        };
        let (start, end) = (kept(0..first), kept(first..script.statements.len()));
        // What the script has set for its session holds for its rest.
        let is_setting = |s: &&Statement| s.text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("set "));
        let settings: Vec<Statement> = start.iter().filter(is_setting).cloned().collect();
        let part = |statements: Vec<Statement>| Script { statements, ..script.clone() };
        let mut all = Vec::new();
        if !start.is_empty() {
            all.push(part(start));
        }
        let from = all.len();
        all.extend(version.files.iter().map(up));
        let safe = from..all.len();
        if !end.is_empty() {
            all.push(part(settings.into_iter().chain(end).collect()));
        }
        Self { all, safe }
    }
}

/// The ways back, last file first.
pub(super) fn back(version: &SafeVersion) -> Vec<Script> {
    version.files.iter().rev().map(|file| script(file, &file.down)).collect()
}

fn up(file: &SafeFile) -> Script {
    script(file, &file.statements)
}

fn script(file: &SafeFile, statements: &[String]) -> Script {
    let timeout = file.lock_timeout_ms.filter(|_| file.transactional).map(|ms| format!("set local lock_timeout = '{ms}ms'"));
    let text: String = timeout.iter().chain(statements).map(|s| format!("{s};\n")).collect();
    Script {
        path: file.title.clone(),
        version: file.title.clone(),
        transaction: if file.transactional { TransactionMode::PerFile } else { TransactionMode::PerStatement },
        statements: architrave_sql::split(&text),
        ..Script::default()
    }
}
