//! Section 6, Implementation Roadmap: the plan's actions in order, with steps, risks and tests.

use super::{Facts, PartDef, SectionDef, para, table};
use crate::format::plural;
use crate::placement::PartId;
use crate::present::{effect, effort_word, script};
use crate::report::Block;
use crate::text::{Span, Text, finding_refs, list, prose, say, strong, verdict_word};
use architrave_model::roadmap::{Action, Phase};

pub(super) static SECTION: SectionDef = SectionDef {
    key: "roadmap",
    title: "Implementation Roadmap",
    intro: None,
    parts: &[
        PartDef { id: PartId::PrioritizedActions, key: "prioritized-actions", title: "Prioritized actions", write: prioritized },
        PartDef { id: PartId::SpecificSteps, key: "specific-steps", title: "Specific steps", write: steps },
        PartDef { id: PartId::RiskAndMitigation, key: "risk-and-mitigation", title: "Risk and mitigation", write: risks },
        PartDef { id: PartId::TestingAndValidation, key: "testing-and-validation", title: "Testing and validation", write: tests },
    ],
};

fn nothing(facts: &Facts<'_>) -> Vec<Block> {
    vec![para(match (facts.review.rules_run.len(), facts.findings.len()) {
        (0, 0) => "No rule ran, so there is no finding and no action.".to_owned(),
        (ran, 0) => format!("{} ran and found nothing, so there is no action.", plural(ran, "rule", "rules")),
        (_, n) => format!("No action is planned for {}.", plural(n, "finding", "findings")),
    })]
}

/// Numbers of the findings that an action settles.
fn settled(facts: &Facts<'_>, action: &Action) -> Vec<usize> {
    let mut numbers: Vec<usize> = action.findings.iter().flat_map(|f| facts.with_fingerprint(f)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn prioritized(facts: &Facts<'_>) -> Vec<Block> {
    let roadmap = &facts.review.roadmap;
    if roadmap.is_empty() {
        return nothing(facts);
    }
    let rows = roadmap
        .iter()
        .map(|a| {
            vec![
                Span::Action(a.order).into(),
                a.phase.title().into(),
                prose(&a.title),
                a.severity.into(),
                effort_word(a.effort).into(),
                a.verdict.into(),
                finding_refs(&settled(facts, a), 6),
            ]
        })
        .collect();
    let in_phase = |phase| roadmap.iter().filter(|a| a.phase == phase).count();
    let covered: std::collections::BTreeSet<usize> = roadmap.iter().flat_map(|a| settled(facts, a)).collect();
    let open: Vec<usize> = facts.findings.iter().map(|f| f.number).filter(|n| !covered.contains(n)).collect();
    let mut blocks = vec![
        para(format!(
            "{}: {} now, {} next, {} later, by risk removed and time saved per effort.",
            plural(roadmap.len(), "action", "actions"),
            in_phase(Phase::Now),
            in_phase(Phase::Next),
            in_phase(Phase::Later)
        )),
        table(&["#", "Phase", "Action", "Severity", "Effort", "Proof", "Settles"], rows),
    ];
    blocks.push(para(if open.is_empty() {
        format!("Together they settle every finding ({}).", facts.findings.len()).into()
    } else {
        say!("Not settled by any action: {}.", finding_refs(&open, 20))
    }));
    blocks
}

fn steps(facts: &Facts<'_>) -> Vec<Block> {
    let roadmap = &facts.review.roadmap;
    if roadmap.is_empty() {
        return nothing(facts);
    }
    let mut blocks = Vec::new();
    for action in roadmap {
        blocks.push(Block::Heading {
            text: say!("{} · {} · {}", Span::Strong(format!("A{}", action.order)), strong(action.phase.title()), strong(&action.title)),
            anchor: Some(format!("a{}", action.order)),
        });
        if !action.why.is_empty() {
            blocks.push(para(prose(&action.why)));
        }
        let several = action.steps.len() > 1;
        for (at, step) in action.steps.iter().enumerate() {
            let alone = if step.sql.is_empty() || step.transactional { "" } else { " (not inside a transaction block)" };
            let number = if several { format!("{}. ", at + 1) } else { String::new() };
            let title = if !several && step.title == action.title { "One step" } else { step.title.as_str() };
            blocks.push(para(Text::from(number).then(prose(title)).then(alone)));
            if !step.sql.is_empty() {
                blocks.push(Block::Sql { text: script(&step.sql) });
            }
        }
        let mut items = effect(&action.effect);
        let proofs = [(action.proofs.proved, "proved"), (action.proofs.refuted, "refuted"), (action.proofs.unknown, "not tried")];
        let counted: Vec<Text> = proofs.iter().filter(|p| p.0 > 0).map(|(n, word)| format!("{n} {word}").into()).collect();
        if !counted.is_empty() {
            items.push(say!("Fixes: {}.", list(&counted, 3)));
        }
        items.push(say!("Settles {}.", finding_refs(&settled(facts, action), 20)));
        blocks.push(Block::List { items });
    }
    blocks
}

fn risks(facts: &Facts<'_>) -> Vec<Block> {
    let roadmap = &facts.review.roadmap;
    if roadmap.is_empty() {
        return nothing(facts);
    }
    let mut blocks = Vec::new();
    let rows = roadmap.iter().map(|a| vec![Span::Action(a.order).into(), prose(&a.risk), prose(&a.would_change)]).collect();
    blocks.push(table(&["#", "What could go wrong, and what then", "What would change the advice"], rows));
    for action in roadmap.iter().filter(|a| !a.rollback.is_empty()) {
        blocks.push(para(say!("To undo {}:", Span::Action(action.order))));
        blocks.push(if action.rollback.iter().all(|s| is_sql(s)) {
            Block::Sql { text: script(&action.rollback) }
        } else {
            Block::List { items: action.rollback.iter().map(|s| prose(s)).collect() }
        });
    }
    let stuck: Vec<Text> = roadmap.iter().filter(|a| a.rollback.is_empty()).map(|a| Span::Action(a.order).into()).collect();
    if !stuck.is_empty() {
        blocks.push(para(say!("No way back is recorded for {}.", list(&stuck, 20))));
    }
    blocks
}

/// Whether a line of a rollback is a statement rather than words.
fn is_sql(line: &str) -> bool {
    const OBJECTS: [&str; 22] = [
        "aggregate",
        "database",
        "domain",
        "extension",
        "function",
        "index",
        "materialized",
        "or",
        "policy",
        "procedure",
        "publication",
        "role",
        "schema",
        "sequence",
        "statistics",
        "subscription",
        "system",
        "table",
        "trigger",
        "type",
        "unique",
        "view",
    ];
    let mut words = line.split_whitespace().map(str::to_ascii_lowercase);
    let (verb, object) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match verb.as_str() {
        "create" | "alter" | "drop" | "reindex" => OBJECTS.contains(&object.as_str()),
        "comment" => object == "on",
        "insert" => object == "into",
        "delete" => object == "from",
        "update" => words.next().is_some_and(|w| w == "set"),
        "grant" | "revoke" => words.any(|w| w == "on" || w == "to" || w == "from"),
        _ => false,
    }
}

fn tests(facts: &Facts<'_>) -> Vec<Block> {
    let roadmap = &facts.review.roadmap;
    if roadmap.is_empty() {
        return nothing(facts);
    }
    let rows = roadmap.iter().map(|a| vec![Span::Action(a.order).into(), prose(&a.test), proof(a)]).collect();
    let (proved, refuted, unknown) = roadmap
        .iter()
        .fold((0, 0, 0), |(p, r, u), a| (p + a.proofs.proved as usize, r + a.proofs.refuted as usize, u + a.proofs.unknown as usize));
    vec![
        para(format!(
            "Of {} in the plan, {proved} proved by execution, {refuted} refuted and withdrawn, {unknown} not tried.",
            plural(proved + refuted + unknown, "fix", "fixes")
        )),
        table(&["#", "How to test it", "Already proved"], rows),
    ]
}

fn proof(action: &Action) -> Text {
    let total = action.proofs.proved + action.proofs.refuted + action.proofs.unknown;
    if total == 0 { verdict_word(action.verdict).into() } else { format!("{} of {total}", action.proofs.proved).into() }
}
