//! The sample as html, kept whole in `sample.html`.

use crate::{build, sample};
use expect_test::expect_file;

fn rendered(review: &architrave_model::review::Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("html").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.html"].assert_eq(&rendered(&sample::review()));
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
