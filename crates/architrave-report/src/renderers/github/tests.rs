//! The sample as annotations, kept whole in `sample.txt`.

use crate::{build, sample};
use architrave_model::review::Review;
use expect_test::expect_file;

fn rendered(review: &Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("github").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.txt"].assert_eq(&rendered(&sample::review()));
}

#[test]
fn no_name_starts_a_command() {
    let mut review = sample::review();
    review.title = "x\n::error::y".into();
    for finding in &mut review.findings {
        finding.message = "\n::set-output name=a::b\r\n ##[add-mask]secret%0A::error::c".into();
        finding.object.name = "a,line=1::error::x".into();
        finding.location = None;
    }
    let text = rendered(&review);
    let commands = [
        "::error file=",
        "::error title=",
        "::warning file=",
        "::warning title=",
        "::notice title=",
        "::group::Findings of ",
        "::endgroup::",
    ];
    for line in text.lines().filter(|l| l.trim_start().starts_with("::")) {
        assert!(commands.iter().any(|c| line.starts_with(c)), "{line}");
    }
    assert!(!text.lines().any(|l| !l.starts_with("::") && l.contains("##[")), "{text}");
}

#[test]
fn ten_annotations_per_level_are_written() {
    let mut review = sample::review();
    let template = review.findings[1].clone();
    for n in 0..30 {
        let mut finding = template.clone();
        finding.fingerprint = format!("{n:016x}");
        review.findings.insert(1, finding);
    }
    let text = rendered(&review);
    let of = |level: &str| text.lines().filter(|l| l.starts_with(level)).count();
    assert_eq!((of("::error "), of("::warning "), of("::notice ")), (10, 5, 3));
    assert!(text.contains("::error title=and 26 more findings::from key/integer-exhaustion on "));
    assert!(text.lines().next().is_some_and(|l| l.contains("rls/disabled-on-exposed-table (critical)")), "the most severe comes first");
}
