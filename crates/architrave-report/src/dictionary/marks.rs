//! The mark beside every exported comment, by which an edit is told from a comment that changed in the database meanwhile.

use super::file_names::hash;

/// What starts a mark of a comment that stands whole in its cell.
const WHOLE: &str = "c:";
/// What starts a mark of a comment that was cut to fit its cell.
const CUT: &str = "cut:";

/// The mark of a comment: `c:none`, or a hash of its text. The letters keep spreadsheets from taking it for a number.
pub fn mark(comment: Option<&str>) -> String {
    marked(WHOLE, comment)
}

/// The mark of a comment of which only `shown` fits.
pub(super) fn cut_mark(shown: &str) -> String {
    marked(CUT, Some(shown))
}

fn marked(start: &str, comment: Option<&str>) -> String {
    match comment.map(plain).filter(|text| !text.is_empty()) {
        Some(text) => format!("{start}{:016x}", hash(&text)),
        None => format!("{start}none"),
    }
}

/// What a mark says of the text in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// The text is the exported one.
    Untouched,
    /// Somebody has changed the text.
    Edited,
    /// Somebody has changed a text of which the cell held only the beginning.
    EditedCut,
    /// There is no mark (the column was removed), or it was damaged.
    Unmarked,
}

/// Compares a text with the mark beside it.
pub fn compare(mark: &str, text: Option<&str>) -> Marked {
    let mark = mark.trim();
    let own = |start: &str| marked(start, text) == mark;
    if mark.starts_with(CUT) {
        if own(CUT) { Marked::Untouched } else { Marked::EditedCut }
    } else if mark.starts_with(WHOLE) {
        if own(WHOLE) { Marked::Untouched } else { Marked::Edited }
    } else {
        Marked::Unmarked
    }
}

/// A comment as editors leave it alone: line ends are LF, and none is at the end. Two texts that are alike here say the same.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_of_an_editor_are_no_edit() {
        assert_eq!(compare(&mark(Some("one\ntwo")), Some("one\r\ntwo\r\n")), Marked::Untouched);
        assert_eq!(compare(&mark(Some("one")), Some("two")), Marked::Edited);
        assert_eq!(compare(&mark(None), None), Marked::Untouched);
        assert_eq!(compare(&mark(None), Some("new")), Marked::Edited);
        assert_eq!(compare(&mark(Some("old")), None), Marked::Edited);
        assert_eq!(compare("", Some("x")), Marked::Unmarked);
        assert_eq!(compare(&cut_mark("beginning"), Some("beginning and more")), Marked::EditedCut);
    }
}
