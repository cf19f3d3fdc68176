//! The sample as a comment, kept whole in `sample.md`; and what no input may bring about.

use super::{Comment, MOST, harmless};
use crate::{Renderer, build, sample};
use architrave_model::review::Review;
use expect_test::expect_file;

fn rendered(review: &Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("comment").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.md"].assert_eq(&rendered(&sample::review()));
}

/// Many findings with long names of all the wrong kinds.
fn overfull(name: &str, findings: usize) -> Review {
    let mut review = sample::review();
    review.title = name.to_owned();
    let template = review.findings.clone();
    for n in 0..findings {
        let mut finding = template[n % template.len()].clone();
        finding.fingerprint = format!("{n:016x}");
        finding.message = format!("{name} {n}");
        finding.why = name.repeat(3);
        finding.object.name = name.to_owned();
        if let Some(fix) = &mut finding.fix {
            fix.title = name.to_owned();
            fix.up.push(format!("drop table \"{name}\""));
        }
        review.findings.push(finding);
    }
    review.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    for line in &mut review.checklist {
        line.text = name.to_owned();
    }
    for allowance in &mut review.house.allowed {
        allowance.object = name.to_owned();
    }
    review
}

const BREAKOUT: &str = "x`\n```\n</details>\n</summary><h1>@team | #1 https://evil.example **b** </code>$$\\";

#[test]
fn never_longer_than_code_hosts_take() {
    let long = "ü".repeat(63);
    for name in [long.as_str(), BREAKOUT, &"🦀`".repeat(2_000), &"| ".repeat(5_000)] {
        for n in [0, 60, 900] {
            let text = rendered(&overfull(name, n));
            assert!(text.len() <= MOST, "{} bytes of {n}", text.len());
            if n == 900 {
                assert!(text.contains("Left out here for length: "), "{}", &text[text.len() - 600..]);
            }
        }
    }
}

#[test]
fn folds_open_and_close_and_nothing_leaves_them() {
    let text = rendered(&overfull(BREAKOUT, 400));
    let mut depth = 0;
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(n) if ticks >= n && line.trim_end_matches('`').is_empty() => fence = None,
            Some(_) => continue,
            None if ticks >= 3 => fence = Some(ticks),
            None => {}
        }
        match line {
            "<details>" => depth += 1,
            "</details>" => depth -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&depth));
    }
    assert_eq!((depth, fence), (0, None));
}

/// Outside of code, where a code host looks for mentions.
fn outside_of_code(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        if let Some(n) = fence {
            if ticks >= n && line.trim_end_matches('`').is_empty() {
                fence = None;
            }
            continue;
        }
        if ticks >= 3 && line.ends_with("sql") {
            fence = Some(ticks);
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            if at > 0 && rest[..at].ends_with('\\') {
                out.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
                continue;
            }
            out.push_str(&rest[..at]);
            let n = rest[at..].chars().take_while(|c| *c == '`').count();
            let body = &rest[at + n..];
            let close = "`".repeat(n);
            rest = body.find(&close).map_or("", |end| &body[end + n..]);
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[test]
fn nobody_is_called_and_nothing_is_linked() {
    let text = outside_of_code(&rendered(&overfull(BREAKOUT, 40)));
    for wrong in ["@t", "#1", "://", "<h1", "</code"] {
        assert!(!text.contains(wrong), "{wrong}: {}", &text[text.find(wrong).unwrap().saturating_sub(200)..][..400]);
    }
    assert_eq!(harmless("a@b #12 # GH-3 http://x www.y"), "a@\u{200b}b #\u{200b}12 # GH-\u{200b}3 http:\u{200b}//x www\u{200b}.y");
}

#[test]
fn says_where_the_whole_report_is() {
    let mut out = Vec::new();
    Comment { written: vec!["report.html".to_owned()] }.render(&build(&sample::review()), &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("The whole report: `report.html`."));
    assert!(rendered(&sample::empty()).contains("**No findings.**"));
}
