//! Pages of hostile names: nothing leaves its cell, its link or its directory.

use super::{MARK, pages};
use crate::dictionary::sample::{hostile, shop};
use std::collections::BTreeSet;
use std::path::Path;

/// Targets of Markdown links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|link| link.contains(".md"))
}

#[test]
fn file_names_are_plain_and_differ_where_case_does_not_count() {
    let pages = pages(&hostile());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    assert!(pages.iter().all(|p| p.path.chars().all(plain) && !p.path.contains("..")));
    let folded: BTreeSet<String> = pages.iter().map(|p| p.path.to_lowercase()).collect();
    assert_eq!(folded.len(), pages.len());
    assert!(pages.iter().all(|p| p.text.starts_with(MARK)));
}

#[test]
fn every_link_leads_to_a_page() {
    for dictionary in [hostile(), shop()] {
        let pages = pages(&dictionary);
        let there: BTreeSet<String> = pages.iter().map(|p| p.path.clone()).collect();
        let mut seen = 0;
        for page in &pages {
            for link in links(&page.text) {
                let (file, anchor) = link.split_once('#').map_or((link, None), |(f, a)| (f, Some(a)));
                let mut target: Vec<&str> = Path::new(&page.path).parent().unwrap().iter().map(|p| p.to_str().unwrap()).collect();
                for part in file.split('/') {
                    if part == ".." {
                        target.pop().unwrap();
                    } else {
                        target.push(part);
                    }
                }
                let target = target.join("/");
                assert!(there.contains(&target), "{} links to {target}", page.path);
                let text = &pages.iter().find(|p| p.path == target).unwrap().text;
                assert!(anchor.is_none_or(|a| text.contains(&format!("<a id=\"{a}\">"))), "{link} in {}", page.path);
                seen += 1;
            }
        }
        assert!(seen > 5);
    }
}

#[test]
fn rows_of_a_table_stay_rows() {
    for page in pages(&hostile()) {
        let mut width = None;
        for line in page.text.lines() {
            if !line.starts_with('|') {
                width = None;
                continue;
            }
            let cells = line.replace("\\|", "").matches('|').count();
            assert_eq!(*width.get_or_insert(cells), cells, "{}: {line}", page.path);
        }
        // In a code span or block an element is text.
        let text = page.text.split("\n````sql\n").next().unwrap();
        for bare in ["<script", "<img"].iter().flat_map(|e| text.match_indices(e)) {
            let line = text[..bare.0].rsplit('\n').next().unwrap();
            assert!(line.contains('`'), "{}: {line}{}", page.path, bare.1);
        }
    }
}

#[test]
fn figures_stand_on_pages_of_their_own() {
    let mut dictionary = shop();
    dictionary.statistics = true;
    let before = pages(&dictionary);
    for relation in &mut dictionary.schemas[0].relations {
        relation.rows = relation.rows.map(|r| r + 1.0).or(Some(1.0));
    }
    let after = pages(&dictionary);
    let changed: Vec<&str> = before.iter().zip(&after).filter(|(b, a)| b != a).map(|(b, _)| b.path.as_str()).collect();
    assert_eq!(changed, ["public/statistics.md"]);
}
