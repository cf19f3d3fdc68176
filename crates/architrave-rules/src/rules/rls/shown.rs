//! What an attack has shown, as drafts of findings: whom it concerns, the transcript as proof, the repair as fix.

use crate::figures::list;
use architrave_model::access::attack::Fault;
use architrave_model::access::{ActorKind, Attack, AttackReport, Cell, CellVerdict, Command, Repair, Target};
use architrave_model::finding::{Effect, Fix, Proof, Severity, Verdict};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Draft;
use architrave_model::{ObjectKind, QualifiedName};
use std::collections::BTreeMap;

/// The prover's name in proofs.
const PROVER: &str = "rls-attack";

/// A leak with its index among the cells, and the way in with its index among the attacks.
pub(super) type Leak<'a> = (&'a Cell, Option<(usize, &'a Attack)>);

/// Leaks by what they are on, those of one target together.
pub(super) fn leaks<'a>(report: &'a AttackReport, wanted: impl Fn(&Cell, usize) -> bool) -> BTreeMap<&'a Target, Vec<Leak<'a>>> {
    let mut found: BTreeMap<&Target, Vec<Leak<'a>>> = BTreeMap::new();
    for (at, cell) in report.cells.iter().enumerate().filter(|(_, c)| c.verdict == CellVerdict::Leak) {
        let attack = report.attacks.iter().enumerate().find(|(_, attack)| attack.cell == at);
        if wanted(cell, attack.map_or(1, |(_, a)| a.length)) {
            found.entry(&cell.target).or_default().push((cell, attack));
        }
    }
    found
}

/// The object that a finding on that target is about.
pub(super) fn object(target: &Target) -> ObjectRef {
    match target {
        Target::Table { name } => ObjectRef::table(name),
        Target::View { name } => ObjectRef::in_schema(ObjectKind::View, &name.schema, &name.name),
        Target::Function { name, arguments } => {
            ObjectRef::in_schema(ObjectKind::Function, &name.schema, format!("{}({arguments})", name.name))
        }
        Target::Bucket { id } => ObjectRef::in_table(ObjectKind::Policy, &QualifiedName::new("storage", "objects"), format!("bucket {id}")),
        Target::Topic { pattern } => {
            ObjectRef::in_table(ObjectKind::Policy, &QualifiedName::new("realtime", "messages"), format!("topic {pattern}"))
        }
    }
}

/// The target in words.
pub(super) fn named(target: &Target) -> String {
    match target {
        Target::Topic { .. } => format!("realtime {target}"),
        other => other.to_string(),
    }
}

/// Who they are, towards the rows.
pub(super) fn actors<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let mut kinds: Vec<ActorKind> = cells.map(|c| c.actor).collect();
    kinds.sort_unstable();
    kinds.dedup();
    // What the owner may do is worth a word only where nobody else may.
    if kinds.iter().any(|kind| !matches!(kind, ActorKind::Owner | ActorKind::Service)) {
        kinds.retain(|kind| !matches!(kind, ActorKind::Owner | ActorKind::Service));
    }
    let words: Vec<&str> = kinds
        .into_iter()
        .map(|kind| match kind {
            ActorKind::Owner => "their owner",
            ActorKind::Member => "a member of the tenant",
            ActorKind::Outsider => "a stranger who is signed in",
            ActorKind::Anonymous => "somebody who is not signed in",
            ActorKind::Service => "the service",
        })
        .collect();
    list(&words)
}

/// The commands, in SQL's words.
pub(super) fn commands<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let mut found: Vec<Command> = cells.map(|c| c.command).collect();
    found.sort_unstable();
    found.dedup();
    list(&found.into_iter().map(Command::sql).collect::<Vec<_>>())
}

/// The worst of these leaks, the shortest way first.
pub(super) fn worst<'a>(leaks: &[Leak<'a>]) -> Option<Leak<'a>> {
    let rank = |(cell, attack): &Leak<'_>| {
        let (severity, length) = attack.map_or((Severity::Info, usize::MAX), |(_, a)| (a.severity, a.length));
        (std::cmp::Reverse(severity), length, std::cmp::Reverse(cell.actor), cell.command)
    };
    leaks.iter().min_by_key(|leak| rank(leak)).copied()
}

/// Gives the draft what all findings on leaks have: severity, the fault with its place, each cell as evidence, proof and repair.
pub(super) fn shown(report: &AttackReport, leaks: &[Leak<'_>], draft: Draft) -> Draft {
    let mut draft = draft;
    for (cell, _) in leaks {
        let fact = format!("{} by {}", cell.command.sql(), cell.actor.word());
        draft = draft.evidence(fact, cell.reason.clone(), PROVER);
        if let Some(fault) = &cell.at_fault {
            draft = with_fault(draft, fault);
        }
    }
    let Some((cell, attack)) = worst(leaks) else { return draft };
    if let Some(location) = cell.at_fault.as_ref().and_then(|f| f.location.clone()) {
        draft = draft.at(location);
    }
    if let Some((_, attack)) = attack {
        draft = draft.severity(attack.severity);
    }
    let own: Vec<usize> = leaks.iter().filter_map(|(_, attack)| attack.map(|(at, _)| at)).collect();
    let repair = report.repairs.iter().find(|r| r.closes.iter().any(|c| own.contains(c)));
    let transcript = attack.map(|(_, a)| a.transcript).or(cell.evidence);
    draft = draft.proof(proof(report, transcript, repair));
    match repair {
        Some(repair) => draft.fix(fix(repair)),
        None => draft,
    }
}

fn with_fault(draft: Draft, fault: &Fault) -> Draft {
    let operand = if fault.operand.is_empty() { fault.what.clone() } else { fault.operand.clone() };
    draft.evidence(format!("at fault: {}", fault.what), operand, PROVER)
}

fn fix(repair: &Repair) -> Fix {
    let concurrent = repair.up.iter().any(|statement| statement.to_lowercase().contains("concurrently"));
    Fix {
        title: repair.title.clone(),
        up: repair.up.clone(),
        down: repair.down.clone(),
        transactional: !concurrent,
        effect: Effect::default(),
        caution: None,
    }
}

/// The transcript as what was executed and answered; with a repair, what was shown of it as well.
pub(super) fn proof(report: &AttackReport, transcript: Option<usize>, repair: Option<&Repair>) -> Proof {
    let steps = transcript.and_then(|at| report.transcripts.get(at));
    let mut lines = Vec::new();
    if let Some(steps) = steps {
        lines.push(format!("-- {}", steps.title));
        for step in &steps.steps {
            let who = step.actor.map_or("superuser", ActorKind::word);
            lines.push(format!("{}; -- {who}: {}", step.sql, step.outcome));
        }
    }
    let mut proof = Proof {
        verdict: Verdict::Proved,
        by: PROVER.to_owned(),
        before: BTreeMap::new(),
        after: BTreeMap::new(),
        transcript: lines,
        reason: None,
    };
    if let Some(repair) = repair {
        proof.verdict = repair.proof.verdict;
        proof.before.clone_from(&repair.proof.before);
        proof.after.clone_from(&repair.proof.after);
        proof.reason.clone_from(&repair.proof.reason);
        proof.transcript.extend(repair.proof.transcript.iter().cloned());
    }
    proof
}

#[cfg(test)]
mod tests {
    use crate::registry;
    use architrave_model::access::attack::Fault;
    use architrave_model::access::{
        ActorKind, Attack, AttackKind, AttackReport, Cell, CellVerdict, Command, Repair, Step, StepOutcome, Target, Transcript,
    };
    use architrave_model::finding::{Finding, Proof, Severity, Verdict};
    use architrave_model::script::Location;
    use architrave_model::{Check, Context, QualifiedName, Sink};

    fn cell(actor: ActorKind, command: Command) -> Cell {
        Cell {
            target: Target::Table { name: QualifiedName::new("public", "notes") },
            command,
            actor,
            verdict: CellVerdict::Leak,
            reason: "policy read lets 1 row through".into(),
            at_fault: Some(Fault {
                what: "policy read on public.notes".into(),
                operand: "true".into(),
                location: Some(Location { path: "1.sql".into(), line: 7, column: 1 }),
            }),
            evidence: Some(0),
            control: None,
        }
    }

    fn report() -> AttackReport {
        let step = Step { actor: Some(ActorKind::Outsider), sql: "select 1".into(), outcome: StepOutcome::Rows { count: 1 } };
        let attack =
            |cell, length, severity| Attack { cell, title: String::new(), length, severity, transcript: 0, kind: AttackKind::Plain };
        AttackReport {
            cells: vec![
                cell(ActorKind::Outsider, Command::Select),
                cell(ActorKind::Anonymous, Command::Select),
                cell(ActorKind::Member, Command::Delete),
            ],
            attacks: vec![attack(1, 1, Severity::Critical), attack(0, 1, Severity::High), attack(2, 2, Severity::High)],
            transcripts: vec![Transcript { title: "somebody reads".into(), steps: vec![step], ..Transcript::default() }],
            repairs: vec![Repair {
                title: "close it".into(),
                closes: vec![1],
                up: vec!["create index concurrently on notes (owner)".into()],
                down: Vec::new(),
                proof: Proof { verdict: Verdict::Refuted, ..Proof::unknown("rls-attack", "one hole is left") },
            }],
            ..AttackReport::default()
        }
    }

    fn findings(rule: &str) -> Vec<Finding> {
        let rule = registry::find(rule).unwrap();
        let Check::Attack(check) = rule.check else { panic!("{}", rule.id) };
        let (catalog, server, exposure) = Default::default();
        let (stack, house, brief) = Default::default();
        let context = Context::of(&catalog, &server, &exposure, &stack, &house, &brief);
        let mut sink = Sink::new(rule);
        check(&report(), &context, &mut sink);
        sink.into_findings()
    }

    #[test]
    fn leaks_of_one_table_are_one_finding_with_the_worst_first() {
        let found = findings("rls/rows-of-others-readable");
        assert_eq!(found.len(), 1);
        let finding = &found[0];
        assert_eq!(finding.severity, Severity::Critical);
        assert!(finding.message.contains("a stranger who is signed in and somebody who is not signed in"), "{}", finding.message);
        assert_eq!(finding.location.as_ref().map(|l| l.line), Some(7));
    }

    #[test]
    fn a_repair_is_the_fix_and_its_proof_decides() {
        let finding = findings("rls/rows-of-others-readable").remove(0);
        let proof = finding.proof.unwrap();
        assert_eq!((proof.verdict, proof.reason.as_deref()), (Verdict::Refuted, Some("one hole is left")));
        assert_eq!(proof.transcript, ["-- somebody reads", "select 1; -- outsider: 1 row"]);
        assert!(!finding.fix.unwrap().transactional);
    }

    #[test]
    fn a_way_in_several_steps_is_told_apart() {
        let found = findings("rls/way-in-several-steps");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].proof.as_ref().map(|p| p.verdict), Some(Verdict::Proved));
        assert!(findings("rls/rows-of-others-writable").is_empty());
    }
}
