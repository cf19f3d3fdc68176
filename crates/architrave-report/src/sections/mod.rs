//! The eight sections in their order and wording, and what all of them may look at.

mod current_state;
mod data_modeling;
mod migration;
mod performance;
mod recovery;
mod roadmap;
mod scaling;
mod technology;

use crate::placement::{PartId, area_of, part_of};
use crate::present;
use crate::report::{Block, Column, FindingView, Table};
use crate::scope;
use crate::text::{Text, strong};
use architrave_model::finding::Verdict;
use architrave_model::review::{Review, Target};
use architrave_model::rule::{Area, Rule};

/// A section: heading, introduction, parts.
pub(crate) struct SectionDef {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) intro: Option<fn(&Facts<'_>) -> Vec<Block>>,
    pub(crate) parts: &'static [PartDef],
}

/// A part: heading and the function that writes it.
pub(crate) struct PartDef {
    pub(crate) id: PartId,
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    pub(crate) write: fn(&Facts<'_>) -> Vec<Block>,
}

/// The sections, in the order of the contract.
pub(crate) static ALL: [&SectionDef; 8] = [
    &current_state::SECTION,
    &data_modeling::SECTION,
    &performance::SECTION,
    &scaling::SECTION,
    &migration::SECTION,
    &roadmap::SECTION,
    &recovery::SECTION,
    &technology::SECTION,
];

/// The review with its findings numbered and placed.
pub(crate) struct Facts<'a> {
    pub(crate) review: &'a Review,
    /// Findings, number n at n - 1.
    pub(crate) findings: Vec<FindingView>,
    /// Where each finding belongs, in the same order.
    parts: Vec<PartId>,
}

impl<'a> Facts<'a> {
    /// Numbers and places the findings.
    pub(crate) fn new(review: &'a Review) -> Self {
        let api = has_api(review);
        let settles = |fingerprint: &String| review.roadmap.iter().filter(|a| a.findings.contains(fingerprint)).map(|a| a.order).collect();
        let findings: Vec<FindingView> = review
            .findings
            .iter()
            .enumerate()
            .map(|(at, f)| {
                let area = area(review, &f.rule).or_else(|| area_of(&f.rule)).unwrap_or(Area::Modeling);
                present::finding(at + 1, f, area, settles(&f.fingerprint), crate::on_twin::plan_of(review, at + 1, f))
            })
            .collect();
        let parts = review.findings.iter().map(|f| part_of(&f.rule, area(review, &f.rule), api)).collect();
        Self { review, findings, parts }
    }

    /// Numbers of the findings of a part, in order.
    pub(crate) fn in_part(&self, id: PartId) -> Vec<usize> {
        self.parts.iter().enumerate().filter(|(_, p)| **p == id).map(|(at, _)| at + 1).collect()
    }

    /// The finding of that number.
    pub(crate) fn finding(&self, number: usize) -> Option<&FindingView> {
        self.findings.get(number.checked_sub(1)?)
    }

    /// Numbers of the findings with that fingerprint: one per target that has it.
    pub(crate) fn with_fingerprint(&self, fingerprint: &str) -> Vec<usize> {
        self.findings.iter().filter(|f| f.finding.fingerprint == fingerprint).map(|f| f.number).collect()
    }

    /// The rules of a part that ran.
    pub(crate) fn rules_of(&self, id: PartId) -> Vec<&'static Rule> {
        self.belonging(&self.review.rules_run, id)
    }

    /// The rules of a part that ran on no target.
    pub(crate) fn rules_not_run_of(&self, id: PartId) -> Vec<&'static Rule> {
        self.belonging(&self.review.rules_not_run, id)
    }

    fn belonging(&self, rules: &[&'static Rule], id: PartId) -> Vec<&'static Rule> {
        let api = has_api(self.review);
        rules.iter().filter(|r| part_of(r.id, Some(r.area), api) == id).copied().collect()
    }

    /// Numbers of the findings in these areas.
    pub(crate) fn in_areas(&self, areas: &[Area]) -> Vec<usize> {
        let in_area = |f: &&FindingView| area(self.review, &f.finding.rule).is_some_and(|a| areas.contains(&a));
        self.findings.iter().filter(in_area).map(|f| f.number).collect()
    }

    /// Findings whose fix is still advice: it has SQL, and trying it did not refute it.
    pub(crate) fn with_live_fix(&self) -> impl Iterator<Item = &FindingView> {
        let refuted = |f: &FindingView| f.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Refuted);
        self.findings.iter().filter(move |f| !refuted(f) && f.fix.as_ref().is_some_and(|x| !x.up.is_empty()))
    }

    /// Where a target stands among all: what its charts are numbered by.
    pub(crate) fn number_of(&self, target: &Target) -> usize {
        self.review.targets.iter().position(|t| t.name == target.name).unwrap_or_default()
    }

    /// What `write` says about each target, under its name when there are several.
    pub(crate) fn each_target(&self, write: impl Fn(&'a Target, &mut Vec<Block>)) -> Vec<Block> {
        let mut all = Vec::new();
        for target in &self.review.targets {
            let mut blocks = Vec::new();
            write(target, &mut blocks);
            if self.review.targets.len() > 1 && !blocks.is_empty() {
                all.push(Block::Heading { text: strong(&target.name), anchor: None });
            }
            all.append(&mut blocks);
        }
        all
    }
}

fn area(review: &Review, rule: &str) -> Option<Area> {
    review.rules_run.iter().find(|r| r.id == rule).map(|r| r.area)
}

/// Whether some target serves a Data API or is meant for Supabase.
pub(crate) fn has_api(review: &Review) -> bool {
    review.targets.iter().any(|t| !t.exposure.is_none() || scope::is_supabase(t))
}

/// A paragraph.
pub(crate) fn para(text: impl Into<Text>) -> Block {
    Block::Paragraph { text: text.into() }
}

/// A table; columns whose heading starts with `#` are aligned to the right (the sign itself is dropped).
pub(crate) fn table(columns: &[&'static str], rows: Vec<Vec<Text>>) -> Block {
    table_of(columns, rows, None)
}

/// As [`table`], with a note on the rows left off.
pub(crate) fn table_of(columns: &[&'static str], rows: Vec<Vec<Text>>, more: Option<String>) -> Block {
    let columns = columns
        .iter()
        .map(|title| match title.strip_prefix('#') {
            Some(title) => Column { title, numeric: true },
            None => Column { title, numeric: false },
        })
        .collect();
    Block::Table(Table { columns, rows, more })
}

/// The chart over this table, else the table.
pub(crate) fn with_chart(table: Block, chart: impl FnOnce(Table) -> Option<Block>) -> Block {
    match table {
        Block::Table(figures) => chart(figures.clone()).unwrap_or(Block::Table(figures)),
        other => other,
    }
}

/// The first `max` rows, and a note when there are more.
pub(crate) fn first<T>(mut rows: Vec<T>, max: usize, many: &str) -> (Vec<T>, Option<String>) {
    let more = rows.len().saturating_sub(max);
    rows.truncate(max);
    (rows, (more > 0).then(|| format!("and {} more {many}", crate::format::count(more as f64))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_wording_are_those_of_the_contract() {
        let titles: Vec<&str> = ALL.iter().map(|s| s.title).collect();
        assert_eq!(
            titles,
            [
                "Current State Assessment",
                "Data Modeling Strategy",
                "Performance Optimization Guidelines",
                "Scaling and Architecture Framework",
                "Migration and Evolution Strategy",
                "Implementation Roadmap",
                "Backup and Recovery Planning",
                "Technology-Specific Recommendations",
            ]
        );
    }

    #[test]
    fn every_part_stands_in_exactly_one_section() {
        let mut ids: Vec<PartId> = ALL.iter().flat_map(|s| s.parts).map(|p| p.id).collect();
        ids.sort();
        let mut unique = ids.clone();
        unique.dedup();
        assert_eq!(ids, unique);
        assert_eq!(ids.len(), 32);
        let mut keys: Vec<&str> = ALL.iter().flat_map(|s| s.parts).map(|p| p.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 32);
    }
}
