//! Several safe versions of one script as one: their files in the order of the statements, what stays between them in files of its own.

use super::{brief, outside};
use architrave_model::migration::{Action, Migrations, SafeFile, SafeVersion, Step};
use std::collections::BTreeSet;

/// One version that stands for everything from the first replaced statement to the end of the script, so that files which come after the script
/// keep the order of its statements. Of versions that stand for the same statement the first one counts; versions of other scripts than the
/// first one's are left out. None without versions.
pub fn together(migrations: &Migrations, versions: &[&SafeVersion]) -> Option<SafeVersion> {
    let script = migrations.steps.get(*versions.first()?.replaces.first()?)?.script;
    let mut chosen: Vec<&SafeVersion> = Vec::new();
    let mut replaced = BTreeSet::new();
    for version in versions {
        let here = version.replaces.iter().all(|at| migrations.steps.get(*at).is_some_and(|s| s.script == script));
        if here && !version.replaces.is_empty() && version.replaces.iter().all(|at| !replaced.contains(at)) {
            replaced.extend(version.replaces.iter().copied());
            chosen.push(version);
        }
    }
    let first = *replaced.first()?;
    let rest: Vec<usize> =
        (first..migrations.steps.len()).filter(|at| migrations.steps.get(*at).is_some_and(|s| s.script == script)).collect();
    let mut files = Vec::new();
    let mut kept: Vec<&Step> = Vec::new();
    for at in &rest {
        if let Some(version) = chosen.iter().find(|v| v.replaces.first() == Some(at)) {
            files.extend(as_they_are(std::mem::take(&mut kept)));
            files.extend(version.files.iter().cloned());
        } else if !replaced.contains(at) {
            kept.extend(migrations.steps.get(*at));
        }
    }
    files.extend(as_they_are(kept));
    let cautions: BTreeSet<&str> = chosen.iter().filter_map(|v| v.caution.as_deref()).collect();
    Some(SafeVersion {
        replaces: rest,
        files,
        caution: (!cautions.is_empty()).then(|| cautions.into_iter().collect::<Vec<_>>().join("; ")),
        same_end: chosen.iter().all(|v| v.same_end),
        proof: None,
    })
}

/// Statements that stay as they are: one file, or one for each that must not run in a transaction.
fn as_they_are(steps: Vec<&Step>) -> Vec<SafeFile> {
    let is_bracket = |s: &&Step| s.actions.iter().any(|a| matches!(a, Action::Begin | Action::Commit | Action::Rollback));
    let mut out: Vec<SafeFile> = Vec::new();
    for step in steps.into_iter().filter(|s| !is_bracket(s)) {
        let title = super::transaction::title_of(step);
        if step.effect.waits_for_older {
            out.push(outside(title, vec![step.text.clone()], Vec::new()));
            continue;
        }
        match out.last_mut().filter(|last| last.transactional) {
            Some(last) => last.statements.push(step.text.clone()),
            None => out.push(brief(title, vec![step.text.clone()], Vec::new())),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::migration::{Effect, Outcome};
    use architrave_model::script::{Location, TransactionMode};
    use std::sync::Arc;

    fn step(script: usize, text: &str) -> Step {
        Step {
            script,
            statement: 0,
            location: Location::default(),
            text: text.to_owned(),
            transaction: Some(1),
            mode: TransactionMode::PerFile,
            actions: if text == "begin" { vec![Action::Begin] } else { Vec::new() },
            lock_timeout_ms: 0,
            statement_timeout_ms: 0,
            outcome: Outcome::Done,
            effect: Effect::default(),
            before: Arc::default(),
            at_hand: Vec::new(),
        }
    }

    fn version(replaces: &[usize], text: &str) -> SafeVersion {
        let files = vec![brief(text, vec![text.to_owned()], Vec::new())];
        SafeVersion { replaces: replaces.to_vec(), files, same_end: true, ..SafeVersion::default() }
    }

    #[test]
    fn files_follow_the_order_of_the_statements() {
        let steps = ["a", "b", "begin", "c", "d", "e"].map(|text| step(1, text));
        let migrations = Migrations { steps: std::iter::once(step(0, "old")).chain(steps).collect(), ..Migrations::default() };
        // Given in the order of findings, one of another script, one for a statement that has a version already.
        let (late, early, other, second) = (version(&[5], "D"), version(&[2], "B"), version(&[0], "x"), version(&[5], "y"));
        let all = together(&migrations, &[&late, &early, &other, &second]).unwrap();
        let statements: Vec<&str> = all.files.iter().flat_map(|f| &f.statements).map(String::as_str).collect();
        assert_eq!(statements, ["B", "c", "D", "e"]);
        assert_eq!(all.replaces, [2, 3, 4, 5, 6]);
        assert!(together(&migrations, &[]).is_none());
    }
}
