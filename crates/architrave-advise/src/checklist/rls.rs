//! The checklist's line on row level security: what an attack has shown, else what privileges and policies say, which is never a pass.

use super::{line as written, of, places};
use crate::assessment::{plural, plural_of};
use architrave_model::access::{AccessRow, AttackReport, Cell, CellVerdict, Command, Reach, Scope, Source, attack};
use architrave_model::review::{ChecklistLine, Review, State, Target};
use architrave_model::{Finding, ObjectKind, Severity};
use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = "Row level security shows users only their own data";
/// Rules whose findings say by themselves that somebody sees what is not his.
const OPEN: &[&str] = &[
    "rls/disabled-on-exposed-table",
    "rls/policy-always-true",
    "view/security-invoker-missing",
    "view/users-exposed",
    "view/stored-past-row-security",
    "table/foreign-exposed",
];
/// Rules that say so from *high* on.
const OPEN_WHEN_HIGH: &[&str] = &[
    "access/service-key-in-client-code",
    "function/security-definer-exposed",
    "role/outsider-owns-objects",
    "role/outsider-becomes-stronger",
    "table/privileges-self-written",
];

/// The line.
pub(super) fn line(review: &Review) -> ChecklistLine {
    let concerned: Vec<&Target> = review.targets.iter().filter(|t| !t.exposure.is_none() || t.attack.is_some()).collect();
    if concerned.is_empty() {
        return written(TEXT, State::Unknown, "no Data API role was found; whether users reach the database directly is not known");
    }
    if let Some(leak) = concerned.iter().find_map(|t| leaked(t)) {
        return written(TEXT, State::Fail, leak);
    }
    let mut found = of(review, OPEN);
    found.extend(of(review, OPEN_WHEN_HIGH).into_iter().filter(|f| f.severity >= Severity::High));
    if let Some(evidence) = opened(&found) {
        return written(TEXT, State::Fail, evidence);
    }
    let undecided: Vec<String> = concerned.iter().filter_map(|t| undecided(t)).collect();
    if let Some(first) = undecided.first() {
        return written(TEXT, State::Unknown, first);
    }
    let cells: usize = concerned.iter().filter_map(|t| t.attack.as_ref()).map(|a| a.cells.len()).sum();
    let denied =
        concerned.iter().filter_map(|t| t.attack.as_ref()).flat_map(|a| &a.cells).filter(|c| c.verdict == CellVerdict::Denied).count();
    written(TEXT, State::Pass, format!("attacked in {}: {denied} denied beside a control that succeeds, none leaks", plural(cells, "way")))
}

fn opened(found: &[&Finding]) -> Option<String> {
    let first = found.first()?;
    let objects = plural_of(places(found), "object", "objects");
    Some(format!("{objects} open to other users, first {}: {}", first.object, first.message))
}

/// What an attack got out.
fn leaked(target: &Target) -> Option<String> {
    let attack = target.attack.as_ref()?;
    let leaks: Vec<&Cell> = attack.cells.iter().filter(|c| c.verdict == CellVerdict::Leak).collect();
    let first = leaks.first()?;
    let shown =
        attack.attacks.first().map_or_else(|| format!("{} {} of {}", first.actor.word(), told(first), first.reason), |a| a.title.clone());
    Some(format!("the attack got through in {}, first: {shown}", plural_of(leaks.len(), "way", "ways")))
}

fn told(cell: &Cell) -> String {
    format!("{} on {}", cell.command.sql(), cell.target)
}

/// Why nothing can be said of the target; none when an attack has decided everything.
fn undecided(target: &Target) -> Option<String> {
    let Some(attack) = &target.attack else { return Some(by_privileges(target)) };
    let (decided, all) = attack.decided();
    if all == 0 {
        return Some("the attack found nothing that it could try".to_owned());
    }
    if let Some(cell) = attack.cells.iter().find(|c| c.verdict == CellVerdict::NotDecided) {
        return Some(format!(
            "the attack decided {decided} of {all} cells; first not decided: {} as {}: {}",
            told(cell),
            cell.actor.word(),
            cell.reason
        ));
    }
    if let Some(gap) = attack.gaps.first() {
        return Some(format!("the attack could not try {}: {}", gap.what, gap.why));
    }
    let open: Vec<&Cell> = attack.cells.iter().filter(|c| c.verdict == CellVerdict::Open && !is_meant(attack, c)).collect();
    let first = open.first()?;
    Some(format!(
        "nothing leaks, but policies open {} to everybody in so many words, first {}: say in [access] of architrave.toml whether that is meant",
        plural_of(open.len(), "cell", "cells"),
        told(first)
    ))
}

/// Whether somebody has said that the rows are for everybody.
fn is_meant(attack: &AttackReport, cell: &Cell) -> bool {
    let (attack::Target::Table { name } | attack::Target::View { name }) = &cell.target else { return false };
    attack.intent.of(name).is_some_and(|i| {
        let everybody = i.read_by_all || i.public_when.is_some() || matches!(i.scope, Scope::Public | Scope::SignedIn);
        everybody && matches!(i.source, Source::Stated { .. })
    })
}

/// What privileges and policies say where nothing was attacked: never a pass.
fn by_privileges(target: &Target) -> String {
    let outside = |r: &&AccessRow| target.exposure.roles.contains(&r.role) && r.object.kind != ObjectKind::Function;
    let mut worst: BTreeMap<String, bool> = BTreeMap::new();
    let mut every: BTreeSet<String> = BTreeSet::new();
    for row in target.access.iter().filter(outside).filter(|r| r.command != Command::Truncate) {
        every.insert(row.object.to_string());
        let reach = if let Reach::Columns { rows, .. } = &row.reach { rows } else { &row.reach };
        match reach {
            Reach::NotGranted | Reach::SchemaClosed | Reach::NoPolicy => {}
            Reach::Policies { .. } | Reach::Columns { .. } => {
                worst.entry(row.object.to_string()).or_insert(false);
            }
            Reach::Everything { .. } => {
                worst.insert(row.object.to_string(), true);
            }
        }
    }
    let whole = worst.values().filter(|w| **w).count();
    let by_policy = worst.len() - whole;
    format!(
        "by privileges outsiders reach {by_policy} of {} only as far as policies let them, {whole} without any; that no user can reach another's rows was not proved by attack (architrave rls prove)",
        plural(every.len(), "relation")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::access::ActorKind;
    use architrave_model::coverage::Gap;
    use architrave_model::name::QualifiedName;

    fn cell(verdict: CellVerdict) -> Cell {
        Cell {
            target: attack::Target::Table { name: QualifiedName::new("public", "orders") },
            command: Command::Select,
            actor: ActorKind::Outsider,
            verdict,
            reason: "no generator for its type".into(),
            at_fault: None,
            evidence: None,
            control: None,
        }
    }

    fn judged(attack: Option<AttackReport>) -> (State, String) {
        let mut review = super::super::tests::review(Vec::new(), Vec::new());
        review.targets[0].exposure.roles = vec!["anon".into()];
        review.targets[0].exposure.schemas = vec!["public".into()];
        review.targets[0].attack = attack;
        let line = line(&review);
        (line.state, line.evidence)
    }

    fn judged_by(attack: AttackReport) -> (State, String) {
        judged(Some(attack))
    }

    fn with(verdicts: &[CellVerdict]) -> AttackReport {
        AttackReport { cells: verdicts.iter().map(|v| cell(*v)).collect(), ..AttackReport::default() }
    }

    #[test]
    fn only_an_attack_that_decided_everything_passes() {
        use CellVerdict::{Allowed, Denied, Leak, NotDecided, Open};
        assert_eq!(judged_by(with(&[Denied, Allowed])).0, State::Pass);
        assert_eq!(judged_by(with(&[Denied, Leak, NotDecided])).0, State::Fail);
        let (state, why) = judged_by(with(&[Denied, NotDecided]));
        assert_eq!(
            (state, why.as_str()),
            (
                State::Unknown,
                "the attack decided 1 of 2 cells; first not decided: SELECT on public.orders as outsider: no generator for its type"
            )
        );
        assert_eq!(judged_by(with(&[Denied, Open])).0, State::Unknown);
        assert_eq!(judged_by(with(&[])).0, State::Unknown);
        let mut gap = with(&[Denied]);
        gap.gaps.push(Gap::new("bucket avatars", "its policy calls a function that is missing", None));
        assert_eq!(judged_by(gap).0, State::Unknown);
    }

    #[test]
    fn without_an_attack_privileges_alone_never_pass() {
        let (state, why) = judged(None);
        assert_eq!(state, State::Unknown);
        assert!(why.contains("was not proved by attack"), "{why}");
    }
}
