//! The sample as text, kept whole in `sample.txt`.

use crate::{build, sample};
use expect_test::expect_file;

fn rendered(review: &architrave_model::review::Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("text").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.txt"].assert_eq(&rendered(&sample::review()));
}

fn with(style: super::Style, written: &[&str]) -> String {
    let mut out = Vec::new();
    let terminal = super::Terminal { style, written: written.iter().map(|w| (*w).to_owned()).collect() };
    crate::Renderer::render(&terminal, &build(&sample::review()), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn fits_a_screen() {
    for review in [sample::review(), sample::several(), sample::empty()] {
        let lines = rendered(&review).lines().count();
        assert!(lines <= 60, "{lines}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 120] {
        for line in with(super::Style { color: false, width }, &[]).lines() {
            assert!(super::paint::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colours_only_when_asked_for() {
    let plain = with(super::Style { color: false, width: 100 }, &[]);
    let coloured = with(super::Style { color: true, width: 100 }, &[]);
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[31mcritical "));
    let mut bare = coloured;
    for code in ["0", "1", "2", "31", "32", "33", "34"] {
        bare = bare.replace(&format!("\u{1b}[{code}m"), "");
    }
    // Spaces at the end of a line are cut only where no colour ends after them.
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&bare), trimmed(&plain));
}

#[test]
fn says_where_the_whole_report_is() {
    let text = with(super::Style { color: false, width: 100 }, &["report.html", "report.md"]);
    assert!(text.ends_with("The whole report: report.html, report.md\n"));
}
