//! The sample as html, kept whole in `sample.html`; what stays out of a page, and how large it gets.

use crate::report::PLACES_SHOWN;
use crate::{Report, build, sample};
use architrave_model::finding::{Finding, Severity};
use architrave_model::review::Review;
use expect_test::expect_file;
use sha2::{Digest, Sha256};

fn rendered(review: &Review) -> String {
    page(&build(review))
}

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("html").unwrap().renderer.render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    let page = rendered(&sample::review());
    let golden = expect_file!["sample.html"];
    // A difference of two pages would take minutes to compute: the first differing line says enough.
    let kept = golden.data();
    let differs = kept.lines().zip(page.lines()).find(|(a, b)| a != b);
    if std::env::var_os("UPDATE_EXPECT").is_none()
        && let Some((before, now)) = differs
    {
        let at = before.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(80);
        let part = |line: &str| String::from_utf8_lossy(&line.as_bytes()[at.min(line.len())..(at + 240).min(line.len())]).into_owned();
        panic!("sample.html differs (UPDATE_EXPECT=1 rewrites it)\nbefore: {}\nnow:    {}", part(before), part(now));
    }
    golden.assert_eq(&page);
}

#[test]
fn hostile_names_stay_text() {
    let page = rendered(&sample::review());
    assert!(!page.contains("<img"));
    assert!(!page.contains("javascript:"));
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert!(page.contains("public.no&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    assert!(page.contains("🦀"));
}

#[test]
fn the_file_needs_no_network() {
    let page = rendered(&sample::review());
    for word in ["src=\"", "url(", "@import", "<link", "<iframe", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn the_page_allows_its_own_script_and_no_other() {
    let digest = Sha256::digest(super::SCRIPT.as_bytes());
    let hash = format!("sha256-{}", base64(&digest));
    expect_file!["script.sha256"].assert_eq(&format!("{hash}\n"));
    assert!(rendered(&sample::review()).contains(&format!("script-src '{hash}';")));
}

/// As content security policies write digests.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let n = three.iter().chain([0, 0].iter()).take(3).fold(0_usize, |n, b| (n << 8) | usize::from(*b));
        for place in 0..4 {
            let letter = char::from(LETTERS[(n >> (18 - 6 * place)) & 63]);
            text.push(if place > three.len() { '=' } else { letter });
        }
    }
    text
}

#[test]
fn every_link_inside_has_one_place_to_go() {
    for review in [sample::review(), sample::several(), sample::empty()] {
        let page = rendered(&review);
        let attribute = |name: &str| -> Vec<String> {
            page.split(&format!(" {name}=\"")).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
        };
        let mut ids = attribute("id");
        let total = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), total, "ids are unique");
        for link in attribute("href").into_iter().filter_map(|h| h.strip_prefix('#').map(str::to_owned)) {
            assert!(ids.contains(&link), "#{link}");
        }
    }
}

#[test]
fn all_places_are_there_the_rest_folded_away() {
    let page = rendered(&sample::review());
    assert!(page.contains("public.orders.at_22"));
    assert!(page.contains("<summary>and 2 more</summary>"));
}

/// A finding with that many places, as the sample's.
fn wide(places: usize) -> Finding {
    let mut finding = sample::review().findings.into_iter().find(|f| f.places.len() > PLACES_SHOWN).unwrap();
    let place = finding.places[0].clone();
    finding.places = (0..places).map(|_| place.clone()).collect();
    finding
}

#[test]
fn places_beyond_a_number_are_counted_and_said_to_be_elsewhere() {
    let mut review = sample::review();
    review.findings.push(wide(9000));
    let page = rendered(&review);
    assert!(page.contains("and 8,500 more places, listed in the JSON report"));
    assert!(page.len() < 600_000, "{}", page.len());
}

#[test]
fn a_text_without_end_is_cut() {
    let mut review = sample::review();
    review.findings[0].why = "long ".repeat(300_000);
    review.findings[0].fix.as_mut().unwrap().up = vec![format!("comment on table t is '{}'", "x".repeat(1_000_000)), "select 1".into()];
    let page = rendered(&review);
    assert!(page.len() < 500_000, "{}", page.len());
    assert!(page.contains("Not the whole script: "));
}

#[test]
fn a_huge_report_loses_the_least_important_first_and_says_so() {
    for (number, kept) in [(1_500, true), (20_000, false)] {
        let mut review = sample::review();
        let worst = review.findings[0].clone();
        let mut template = wide(300);
        template.severity = Severity::Low;
        template.proof.clone_from(&worst.proof);
        review.findings.extend((0..number).map(|n| {
            let mut finding = template.clone();
            finding.fingerprint = format!("{n:x}");
            if !kept {
                finding.places.truncate(1);
            }
            finding
        }));
        let page = rendered(&review);
        assert!(page.len() <= 3_000_000, "{}", page.len());
        assert!(page.contains("Not everything is in this file. "), "it says so");
        assert!(page.contains(&worst.message.replace('<', "&lt;").replace('>', "&gt;")) || page.contains("id=\"f1\""), "the worst stays");
    }
}

#[test]
fn a_whole_report_does_not_say_that_something_is_missing() {
    assert!(!rendered(&sample::review()).contains("Not everything is in this file"));
}
