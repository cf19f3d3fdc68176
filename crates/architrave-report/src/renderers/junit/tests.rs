//! The sample as JUnit XML, kept whole in `sample.xml`.

use crate::{build, sample};
use architrave_model::review::Review;
use expect_test::expect_file;

fn rendered(review: &Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("junit").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.xml"].assert_eq(&rendered(&sample::review()));
}

/// The value of an attribute.
fn value<'a>(line: &'a str, name: &str) -> &'a str {
    let at = line.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    line[at..].split('"').next().unwrap()
}

#[test]
fn sums_hold() {
    for review in [sample::review(), sample::several(), sample::empty()] {
        let text = rendered(&review);
        let sum =
            |of: &str| text.lines().filter(|l| l.contains("<testsuite ")).map(|l| value(l, of).parse::<usize>().unwrap()).sum::<usize>();
        let head = text.lines().find(|l| l.starts_with("<testsuites ")).unwrap();
        for (of, element) in [("tests", "<testcase "), ("failures", "<failure "), ("skipped", "<skipped ")] {
            let elements = text.matches(element).count();
            assert_eq!((sum(of), value(head, of)), (elements, elements.to_string().as_str()), "{of}");
        }
        let failing = review.findings.iter().filter(|f| f.severity > architrave_model::Severity::Info).count();
        assert_eq!(text.matches("<failure ").count(), failing);
    }
}

#[test]
fn every_element_is_closed_and_nothing_else_is_an_element() {
    let text = rendered(&sample::several());
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(2).map(|t| t.split('>').next().unwrap()) {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(["testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"].contains(&name), "{tag}");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, true) => {}
            (false, false) => open.push(name),
        }
    }
    assert!(open.is_empty());
}
