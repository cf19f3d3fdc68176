//! How much of a report fits: what a page may hold, and what it gives up, least important first, when that is too much.

use crate::report::{FindingView, Report};
use architrave_model::finding::Severity;

/// Bytes that a page may have. Mail servers and code hosts show files of this size; browsers open them at once.
pub(super) const MOST_BYTES: usize = 2_950_000;

/// What a page holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    /// What it gives up, compared with the one before.
    pub(super) without: &'static str,
    /// Characters of one text.
    pub(super) words: usize,
    /// Characters of one script.
    pub(super) sql: usize,
    /// Places of a finding.
    pub(super) places: usize,
    /// Lines of a transcript.
    pub(super) transcript: usize,
    /// Pictures of plans.
    pub(super) plans: bool,
    /// Findings of less than this are told in one line.
    pub(super) told_from: Severity,
    /// Findings that are told in full, from the worst.
    pub(super) told: usize,
    /// Findings that are named at all, from the worst.
    pub(super) findings: usize,
    /// Rows of a table, items of a list.
    pub(super) items: usize,
    /// Blocks of a part.
    pub(super) blocks: usize,
}

impl Keep {
    /// As much as a page ever holds. A single text or script beyond this is a mistake or an attack.
    pub(crate) const ALL: Self = Self {
        without: "",
        words: 4000,
        sql: 60_000,
        places: 500,
        transcript: 400,
        plans: true,
        told_from: Severity::Info,
        told: usize::MAX,
        findings: usize::MAX,
        items: 1000,
        blocks: usize::MAX,
    };
}

impl Keep {
    /// Bytes that the findings take at least: what is far too much need not be written to know it.
    pub(super) fn least_bytes(&self, report: &Report) -> usize {
        const FINDING: usize = 1000;
        const PLACE: usize = 30;
        let told = |f: &FindingView| f.number <= self.told && f.finding.severity >= self.told_from;
        let places = |f: &FindingView| if told(f) { f.places.len().min(self.places) } else { 0 };
        report.findings.iter().take(self.findings).map(|f| FINDING + PLACE * places(f)).sum()
    }
}

/// From all to what always fits.
pub(super) static LEVELS: [Keep; 7] = [Keep::ALL, LONG, BRIEF, PLAIN, WORST, SHORT, LAST];

const LONG: Keep = Keep { without: "places beyond 100 a finding, transcripts beyond 40 lines", places: 100, transcript: 40, ..Keep::ALL };
const BRIEF: Keep = Keep { without: "places beyond 20, transcripts", places: 20, transcript: 0, ..LONG };
const PLAIN: Keep = Keep {
    without: "pictures of plans, the details of findings below medium",
    plans: false,
    told_from: Severity::Medium,
    words: 2000,
    sql: 8000,
    items: 300,
    ..BRIEF
};
const WORST: Keep = Keep {
    without: "the details of all but the 400 worst findings, blocks beyond 400 a part",
    told: 400,
    sql: 3000,
    words: 800,
    blocks: 400,
    ..PLAIN
};
const SHORT: Keep = Keep {
    without: "all but the 1,000 worst findings",
    told: 150,
    findings: 1000,
    places: 5,
    words: 400,
    blocks: 150,
    items: 100,
    ..WORST
};
const LAST: Keep =
    Keep { without: "all but the 200 worst findings", told: 50, findings: 200, words: 200, sql: 1000, blocks: 40, items: 40, ..SHORT };

/// What the page of that level gives up, as a list in words; empty when it is whole.
pub(super) fn left_out(level: usize) -> String {
    LEVELS.iter().take(level + 1).map(|k| k.without).filter(|w| !w.is_empty()).collect::<Vec<_>>().join("; ")
}
