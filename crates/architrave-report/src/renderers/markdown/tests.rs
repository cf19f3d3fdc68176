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

#[test]
fn words_are_escaped_only_where_they_would_be_mark_up() {
    let cases = [
        ("public.order_items has text[]", "public.order_items has text[]"),
        ("_id and a*b", "\\_id and a\\*b"),
        ("a < b & c", "a < b & c"),
        ("<b>&amp;", "&lt;b>&amp;amp;"),
        ("[x](y)", "\\[x\\](y)"),
        ("text[](x)", "text\\[](x)"),
        ("a|b`c", "a\\|b\\`c"),
        ("two\nlines", "two lines"),
        ("C:\\new", "C:\\new"),
        ("\\*", "\\\\\\*"),
    ];
    for (from, to) in cases {
        assert_eq!(super::escape::words(from), to, "{from}");
    }
}

#[test]
fn signs_that_open_a_block_are_escaped_at_the_beginning() {
    for (from, to) in [("# a", "\\# a"), ("- a", "\\- a"), ("1. a", "1\\. a"), ("10 rows", "10 rows"), ("> a", "\\> a"), ("a - b", "a - b")]
    {
        assert_eq!(super::escape::line(from), to, "{from}");
    }
}

#[test]
fn code_spans_hold_backticks_and_pipes() {
    assert_eq!(super::escape::code("a", false), "`a`");
    assert_eq!(super::escape::code("a`b", false), "``a`b``");
    assert_eq!(super::escape::code("`a``", false), "``` `a`` ```");
    assert_eq!(super::escape::code("a|b", true), "`a\\|b`");
    assert_eq!(super::escape::fence("x ```` y"), "`````");
}

#[test]
fn every_row_of_a_table_has_the_cells_of_its_heading() {
    let text = rendered(&sample::review());
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut expected = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            expected = None;
            continue;
        }
        assert_eq!(cells(line), *expected.get_or_insert(cells(line)), "{line}");
    }
}

#[test]
fn no_hostile_element_and_no_script_link() {
    let text = rendered(&sample::review());
    for (at, _) in text.match_indices("<img") {
        // Inside a code span or a fenced block only, where it is text.
        let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        assert!(text[line_start..at].contains('`') || text[line_start..at].contains("alter table"), "{}", &text[line_start..at]);
    }
    assert!(!text.contains("javascript:"));
}
