//! From a review to a report: numbers the findings, puts them where they belong, and has every section written.

use crate::charts;
use crate::format;
use crate::placement::PartId;
use crate::present;
use crate::report::{
    AllowedFinding, Block, Coverage, House, HouseAllowance, HouseLine, HouseSetting, Part, Report, RuleSummary, Section, ServerSummary,
    TargetSummary,
};
use crate::scope;
use crate::sections::{self, Facts, PartDef, SectionDef};
use crate::text::{Text, codes, list, say};
use architrave_model::coverage::Gap;
use architrave_model::house::{Allowance, AllowanceUse, HouseRule, HouseRules, HouseSentence, NameCase};
use architrave_model::project::Note;
use architrave_model::review::{Review, Target, TargetKind};
use architrave_model::rule::{Check, Rule};
use std::collections::BTreeMap;

/// Computes the report of a review. Equal reviews give equal reports.
pub fn build(review: &Review) -> Report {
    let mut facts = Facts::new(review);
    crate::changes::mark(&mut facts.findings, &review.changes);
    let rules = rules(&facts);
    let sections = sections::ALL.iter().enumerate().map(|(at, def)| section(at as u8 + 1, def, &facts)).collect();
    Report {
        subject: review.title.clone(),
        tool_version: review.tool_version.clone(),
        run: review.run.clone(),
        targets: review.targets.iter().map(|t| target(t, review)).collect(),
        house: house(review),
        questions: review.questions.clone(),
        assessment: review.assessment.clone(),
        checklist: review.checklist.clone(),
        scorecard: review.scorecard.clone(),
        overview: charts::overview(&facts.findings, &review.roadmap),
        sections,
        findings: facts.findings,
        roadmap: review.roadmap.clone(),
        coverage: Coverage {
            gaps: review.coverage.clone(),
            notes: notes(review),
            rules_run: review.rules_run.iter().map(|r| r.id.to_owned()).collect(),
            rules_not_run: review.rules_not_run.iter().map(|r| r.id.to_owned()).collect(),
            hidden_by_baseline: review.baselined,
            hidden_as_old: review.hidden_as_old,
        },
        suggestions: review.suggestions.clone(),
        changes: review.changes.iter().map(crate::changes::view).collect(),
        rules,
        repository_path: review.repository_path.clone(),
    }
}

/// The rules that ran or could not, by id.
fn rules(facts: &Facts<'_>) -> Vec<RuleSummary> {
    let summary = |rule: &Rule, not_run: Option<String>| RuleSummary {
        id: rule.id,
        summary: rule.summary,
        severity: rule.severity,
        confidence: rule.confidence,
        area: rule.area,
        docs: rule.docs,
        not_run,
        hidden: facts.review.hidden.iter().filter(|f| f.rule == rule.id).count(),
    };
    let ran = facts.review.rules_run.iter().map(|r| summary(r, None));
    let not = facts.review.rules_not_run.iter().map(|r| summary(r, Some(reason(r, facts))));
    let mut rules: Vec<RuleSummary> = ran.chain(not).collect();
    rules.sort_by_key(|r| r.id);
    rules
}

/// Oddities of all files, each once.
fn notes(review: &Review) -> Vec<Note> {
    let mut notes = review.notes.clone();
    for note in review.targets.iter().filter_map(|t| t.database.as_ref()).flat_map(|d| &d.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes
}

fn section(number: u8, def: &SectionDef, facts: &Facts<'_>) -> Section {
    let intro = def.intro.map(|write| write(facts)).unwrap_or_default();
    Section { number, key: def.key, title: def.title, intro, parts: def.parts.iter().map(|p| part(p, facts)).collect() }
}

fn part(def: &PartDef, facts: &Facts<'_>) -> Part {
    let findings = facts.in_part(def.id);
    let mut blocks = (def.write)(facts);
    blocks.extend(checked(def.id, facts));
    blocks.extend(not_checked(def.id, facts));
    if blocks.is_empty() {
        blocks.push(Block::Paragraph { text: "There was no database to look at.".into() });
    }
    let fingerprints = findings.iter().filter_map(|n| facts.finding(*n)).map(|f| f.finding.fingerprint.clone()).collect();
    Part { key: def.key, title: def.title, blocks, findings, fingerprints }
}

/// Which rules of this part ran and found nothing, and over how much. Those that found something speak for themselves.
fn checked(id: PartId, facts: &Facts<'_>) -> Option<Block> {
    let rules = facts.rules_of(id);
    // What is hidden or allowed was found all the same.
    let allowed = || facts.review.allowed.iter().map(|(finding, _)| finding);
    let silent = rules.into_iter().filter(|r| !facts.review.all_findings().chain(allowed()).any(|f| f.rule == r.id));
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in silent {
        let over = if id.is_about_objects() { extent(rule, &facts.review.targets) } else { String::new() };
        groups.entry(over).or_default().push(rule.id);
    }
    let shown: Vec<Text> = groups.into_iter().map(|(over, ids)| codes(ids, 12).then(over)).collect();
    (!shown.is_empty()).then(|| Block::Paragraph { text: say!("Checked and found sound: {}.", list(&shown, shown.len())) })
}

/// Which rules of this part could not run, and what they lack.
fn not_checked(id: PartId, facts: &Facts<'_>) -> Option<Block> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in facts.rules_not_run_of(id) {
        groups.entry(reason(rule, facts)).or_default().push(rule.id);
    }
    let shown: Vec<Text> = groups.into_iter().map(|(why, ids)| say!("{} ({})", codes(ids, 12), why)).collect();
    (!shown.is_empty()).then(|| Block::Paragraph { text: say!("Not checked: {}.", list(&shown, shown.len())) })
}

/// Why a rule came to no verdict: what coverage says when that is one thing for all targets, else the input it lacks.
fn reason(rule: &Rule, facts: &Facts<'_>) -> String {
    let about = |gap: &&Gap| gap.rules.iter().any(|id| id == rule.id);
    let mut said: Vec<&str> = facts.review.coverage.iter().filter(about).map(|g| g.why.as_str()).collect();
    said.dedup();
    match said.as_slice() {
        [one] => (*one).to_owned(),
        _ => format!("needs {}", rule.check.needs()),
    }
}

/// Over how much a rule ran: the targets that have the input it needs.
fn extent(rule: &Rule, targets: &[Target]) -> String {
    let has_input = |t: &&Target| match rule.check {
        Check::Catalog(_) => true,
        Check::Stats(_) => t.snapshot.stats.is_some(),
        Check::Settings(_) => t.snapshot.settings.is_some(),
        Check::Live(_) => t.snapshot.stats.is_some() && t.snapshot.settings.is_some(),
        Check::Replay(_) => t.replay.is_some(),
        Check::Plan(_) => !t.explained.is_empty(),
        Check::Twin(_) => t.on_twin.is_some(),
        Check::Migration(_) => false,
        Check::Attack(_) => t.attack.is_some(),
        Check::Drift(_) => targets.len() > 1 && t.replay.is_none(),
    };
    let (mut tables, mut indexes, mut databases) = (0, 0, 0);
    for counts in targets.iter().filter(has_input).map(scope::counts) {
        (tables, indexes, databases) = (tables + counts.tables, indexes + counts.indexes, databases + 1);
    }
    let of = if databases > 1 { format!(" of {databases} databases") } else { String::new() };
    format!(" (over {} and {}{of})", format::plural(tables, "table", "tables"), format::plural(indexes, "index", "indexes"))
}

fn target(target: &Target, review: &Review) -> TargetSummary {
    let server = &target.snapshot.server;
    TargetSummary {
        name: target.name.clone(),
        kind: kind(target.kind),
        source: target.source.clone(),
        server: (server.version_num > 0).then(|| ServerSummary {
            version: server.version.clone(),
            platform: server.platform.title(),
            pooler: server.pooler.clone(),
            in_recovery: server.in_recovery,
            tls: server.tls,
            role: if scope::is_live(target) { server.role.name.clone() } else { String::new() },
        }),
        counts: scope::counts(target),
        bytes: target.snapshot.stats.as_ref().and_then(|s| s.database.as_ref()).and_then(|d| d.bytes),
        statistics: target.snapshot.stats.is_some(),
        settings: target.snapshot.settings.is_some(),
        format: target.database.as_ref().map(|d| d.format.title()),
        replay: target.replay.clone(),
        limits: review.limits.iter().find(|l| l.target == target.name).cloned(),
    }
}

fn kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Project => "project",
        TargetKind::Database => "database",
        TargetKind::Snapshot => "snapshot",
        TargetKind::SqlFile => "sql-file",
    }
}

fn house(review: &Review) -> House {
    let HouseRules { sentences, rules, allowed } = &review.house;
    House {
        sentences: lines(sentences),
        settings: rules.iter().map(|r| HouseSetting { rule: r.rule.clone(), severity: r.severity, reason: r.reason.clone() }).collect(),
        allowances: allowed.iter().enumerate().map(|(at, a)| allowance(a, review.allowances.get(at))).collect(),
        overruled: review.overruled.clone(),
        allowed: review
            .allowed
            .iter()
            .map(|(f, reason)| AllowedFinding {
                rule: f.rule.clone(),
                object: present::object_name(&f.object),
                message: f.message.clone(),
                reason: reason.clone(),
                finding: f.clone(),
            })
            .collect(),
    }
}

fn allowance(allowance: &Allowance, came_of: Option<&AllowanceUse>) -> HouseAllowance {
    let used = came_of.copied().unwrap_or(AllowanceUse { expired: false, findings: 0, checked: false });
    let findings = format::plural(used.findings as usize, "finding", "findings");
    let state = match (used.expired, used.findings, used.checked) {
        (true, 0, true) => "has expired, and matches no finding: remove it".to_owned(),
        (true, 0, false) => "has expired; its rule did not run".to_owned(),
        (true, n, _) => format!("has expired: {findings} {} back", if n == 1 { "is" } else { "are" }),
        (false, 0, true) => "matches no finding: remove it".to_owned(),
        (false, 0, false) => "not needed this time: its rule did not run".to_owned(),
        (false, _, _) => format!("allows {findings}"),
    };
    HouseAllowance {
        rule: allowance.rule.clone(),
        object: allowance.object.clone(),
        reason: allowance.reason.clone(),
        until: allowance.until.clone(),
        state,
        expired: used.expired,
        findings: used.findings,
        checked: used.checked,
    }
}

/// Each sentence once; the demands of one sentence stand together.
fn lines(sentences: &[HouseSentence]) -> Vec<HouseLine> {
    let mut lines: Vec<HouseLine> = Vec::new();
    for sentence in sentences {
        let understood = sentence.rule.as_ref().map(describe);
        match lines.last_mut() {
            Some(last) if last.text == sentence.text && last.path == sentence.location.path && last.line == sentence.location.line => {
                last.understood = match (last.understood.take(), understood) {
                    (Some(before), Some(more)) => Some(format!("{before}; {more}")),
                    (before, more) => before.or(more),
                };
            }
            _ => lines.push(HouseLine {
                text: sentence.text.clone(),
                path: sentence.location.path.clone(),
                line: sentence.location.line,
                understood,
            }),
        }
    }
    lines
}

/// What was understood of a sentence, in words.
fn describe(rule: &HouseRule) -> String {
    match rule {
        HouseRule::Naming { kind, case } => format!("every {kind} is named in {}", case_name(*case)),
        HouseRule::TableNumber { plural: true } => "table names are plural".to_owned(),
        HouseRule::TableNumber { plural: false } => "table names are singular".to_owned(),
        HouseRule::Prefix { kind, prefix } => format!("every {kind} name starts with {prefix}"),
        HouseRule::Suffix { kind, suffix } => format!("every {kind} name ends with {suffix}"),
        HouseRule::ForbiddenType { data_type, instead: Some(instead) } => format!("no column has type {data_type}; {instead} instead"),
        HouseRule::ForbiddenType { data_type, instead: None } => format!("no column has type {data_type}"),
        HouseRule::KeyType { data_types } => format!("primary keys have type {}", data_types.join(" or ")),
        HouseRule::RequiredColumns { columns } => format!("every table has {}", columns.join(" and ")),
        HouseRule::AllowsRule { rule } => format!("what {rule} would report is allowed"),
    }
}

fn case_name(case: NameCase) -> &'static str {
    match case {
        NameCase::SnakeCase => "snake_case",
        NameCase::CamelCase => "camelCase",
        NameCase::PascalCase => "PascalCase",
        NameCase::KebabCase => "kebab-case",
    }
}
