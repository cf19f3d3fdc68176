//! The sample as markdown, kept whole in `sample.md`.

use crate::{build, sample};
use expect_test::expect_file;

fn rendered(review: &architrave_model::review::Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("markdown").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.md"].assert_eq(&rendered(&sample::review()));
}
