//! Forms of DDL with what they are expected to do, as `matrix.sql` has them.

use anyhow::{Context as _, bail};
use std::collections::{BTreeMap, BTreeSet};

/// What a form does, by bare names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Deeds {
    pub(super) fails: bool,
    /// Strongest lock of each relation that was there before; of indexes from SUE on.
    pub(super) locks: BTreeMap<String, String>,
    /// Tables and indexes with new files.
    pub(super) rewrites: BTreeSet<String>,
    pub(super) scans: BTreeSet<String>,
    /// `r`, `w` or `rw`.
    pub(super) blocks: BTreeMap<String, String>,
    pub(super) waits: bool,
}

/// One form.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    pub(super) sql: String,
    /// Committed before.
    pub(super) setup: String,
    /// In a transaction, though it refuses one.
    pub(super) in_transaction: bool,
    /// Majors, first and last, and what it does on them.
    expected: Vec<(u16, u16, Deeds)>,
}

impl Form {
    /// What it does on a major.
    pub(super) fn expected(&self, major: u16) -> Option<&Deeds> {
        self.expected.iter().find(|(first, last, _)| (*first..=*last).contains(&major)).map(|(_, _, deeds)| deeds)
    }
}

/// All forms of the file: comments before a statement belong to it.
pub(super) fn forms() -> anyhow::Result<Vec<Form>> {
    let mut forms = Vec::new();
    let mut next = Form::default();
    for line in include_str!("matrix.sql").lines() {
        let Some(comment) = line.strip_prefix("-- ") else {
            if !line.trim().is_empty() {
                line.clone_into(&mut next.sql);
                forms.push(std::mem::take(&mut next));
            }
            continue;
        };
        if let Some(setup) = comment.strip_prefix("setup: ") {
            setup.clone_into(&mut next.setup);
        } else if comment == "in a transaction" {
            next.in_transaction = true;
        } else if let Some(rest) = comment.strip_prefix("expect") {
            let (majors, deeds) = rest.split_once(": ").with_context(|| format!("no colon: {line}"))?;
            let (first, last) = match majors.trim().split_once('-') {
                Some((first, last)) => (first.parse()?, last.parse()?),
                None if majors.trim().is_empty() => (0, u16::MAX),
                None => (majors.trim().parse()?, majors.trim().parse()?),
            };
            next.expected.push((first, last, deeds_of(deeds).with_context(|| line.to_owned())?));
        }
    }
    Ok(forms)
}

fn deeds_of(text: &str) -> anyhow::Result<Deeds> {
    let mut deeds = Deeds::default();
    for part in text.split("; ") {
        let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
        let names = || rest.split(' ').map(str::to_owned);
        let pairs = || rest.split(' ').filter_map(|p| p.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned()));
        match word {
            "nothing" => {}
            "fails" => deeds.fails = true,
            "waits" => deeds.waits = true,
            "locks" => deeds.locks = pairs().collect(),
            "rewrite" | "rebuild" => deeds.rewrites.extend(names()),
            "scan" => deeds.scans = names().collect(),
            "blocks" => deeds.blocks = pairs().collect(),
            other => bail!("no such word: {other}"),
        }
    }
    Ok(deeds)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_file_has_all_forms_with_an_expectation_for_every_major() {
        let forms = super::forms().unwrap();
        assert!(forms.len() >= 316, "{}", forms.len());
        for form in &forms {
            for major in 12..=18 {
                assert!(form.expected(major).is_some(), "{} on {major}", form.sql);
            }
        }
    }
}
