//! What holds for every format: equal input gives equal output, no row value and no secret gets out, nothing is left empty.

use crate::renderers::ALL;
use crate::report::Block;
use crate::{Report, build, sample};
use architrave_model::catalog::Sequence;
use architrave_model::name::QualifiedName;
use architrave_model::review::Review;

fn rendered(name: &str, review: &Review) -> String {
    render(name, &build(review))
}

fn render(name: &str, report: &Report) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name(name).unwrap().renderer.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn equal_reviews_give_equal_bytes() {
    for format in ALL {
        assert_eq!(rendered(format.name, &sample::review()), rendered(format.name, &sample::review()), "{}", format.name);
    }
}

#[test]
fn only_the_run_block_follows_the_clock() {
    let mut later = sample::review();
    later.run = architrave_model::review::Run::default();
    for format in ALL {
        let mut report = build(&later);
        report.run = sample::review().run;
        assert_eq!(render(format.name, &report), rendered(format.name, &sample::review()), "{}", format.name);
    }
}

#[test]
fn row_values_and_secrets_stay_home() {
    for review in [sample::review(), sample::several()] {
        for format in ALL {
            assert!(!rendered(format.name, &review).contains(sample::SECRET), "{}", format.name);
        }
    }
}

#[test]
fn no_control_character_gets_out() {
    for format in ALL {
        let text = rendered(format.name, &sample::review());
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
        // JSON escapes control characters itself and keeps the name exact.
        assert!(bad.is_none() || format.name == "json" && bad == Some('\u{202e}'), "{}: {bad:?}", format.name);
    }
}

#[test]
fn no_part_is_ever_empty() {
    for review in [sample::review(), sample::several(), sample::empty(), no_target()] {
        for part in build(&review).sections.iter().flat_map(|s| &s.parts) {
            assert!(!part.blocks.is_empty(), "{}", part.key);
        }
    }
}

fn no_target() -> Review {
    let mut review = sample::empty();
    review.targets.clear();
    review
}

#[test]
fn every_finding_stands_in_exactly_one_part() {
    for review in [sample::review(), sample::several()] {
        let report = build(&review);
        let mut placed: Vec<usize> = report.sections.iter().flat_map(|s| &s.parts).flat_map(|p| p.findings.clone()).collect();
        placed.sort_unstable();
        assert_eq!(placed, (1..=report.findings.len()).collect::<Vec<_>>());
    }
}

#[test]
fn rows_have_as_many_cells_as_columns() {
    for block in build(&sample::several()).sections.iter().flat_map(|s| &s.parts).flat_map(|p| &p.blocks) {
        if let Block::Table(table) = block {
            assert!(table.rows.iter().all(|r| r.len() == table.columns.len()), "{:?}", table.columns);
        }
    }
}

#[test]
fn several_targets_are_named() {
    let text = rendered("markdown", &sample::several());
    assert!(text.contains("#### supabase"));
    assert!(text.contains("#### shop on db.example.com"));
    assert!(text.contains("**Database:** supabase"));
}

#[test]
fn ten_thousand_tables_are_reported_quickly_and_briefly() {
    let mut review = sample::review();
    let template = review.targets[0].snapshot.catalog.tables[1].clone();
    let catalog = &mut review.targets[0].snapshot.catalog;
    for n in 0..10_000 {
        let mut table = template.clone();
        table.name.name = format!("t{n}");
        catalog.sequences.push(Sequence {
            name: QualifiedName::new("public", format!("t{n}_id_seq")),
            owned_by_table: Some(table.name.clone()),
            owned_by_column: Some("id".to_owned()),
            last_value: Some(n),
            ..Sequence::default()
        });
        catalog.tables.push(table);
    }
    catalog.sort();
    let text = rendered("markdown", &review);
    assert!(text.len() < 200_000, "{}", text.len());
}
