//! Sheets of hostile text, within the limits of the format.

use super::{CUT, LONGEST_CELL, build, fitted, workbook};
use crate::dictionary::sample::hostile;

#[test]
fn the_same_dictionary_gives_the_same_bytes() {
    let dictionary = hostile();
    let first = workbook(&dictionary).unwrap();
    assert!(first.bytes.starts_with(b"PK") && first.notes.is_empty());
    assert_eq!(first.bytes, workbook(&dictionary).unwrap().bytes);
}

#[test]
fn what_does_not_fit_is_said() {
    let notes = build(&hostile(), 3).unwrap().notes;
    assert!(notes.iter().any(|n| n.starts_with("sheet columns: ") && n.contains("rows are left out, a sheet holds 3")), "{notes:?}");
    let (shown, cut) = fitted(&"💥".repeat(LONGEST_CELL));
    assert!(cut && shown.ends_with(CUT) && shown.encode_utf16().count() <= LONGEST_CELL);
    assert_eq!(fitted("short"), ("short".to_owned(), false));
}
