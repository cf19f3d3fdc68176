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
