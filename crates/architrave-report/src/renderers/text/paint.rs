//! Lines of a terminal: colours, clipping and wrapping by display width.

use super::Style;

/// A colour; the sixteen of every terminal, so that it follows the user's theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Blue,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\u{1b}[1m",
            Self::Dim => "\u{1b}[2m",
            Self::Red => "\u{1b}[31m",
            Self::Yellow => "\u{1b}[33m",
            Self::Green => "\u{1b}[32m",
            Self::Blue => "\u{1b}[34m",
        }
    }
}

/// A text in a colour.
pub(crate) type Piece<'a> = (Colour, &'a str);

/// What is printed. Texts that come in must not hold control characters.
pub(crate) struct Page {
    style: Style,
    text: String,
}

impl Page {
    pub(crate) fn new(style: Style) -> Self {
        Self { style: Style { width: style.width.max(40), ..style }, text: String::new() }
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    pub(crate) fn width(&self) -> usize {
        self.style.width
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading after an empty line, wrapped.
    pub(crate) fn heading(&mut self, words: &str) {
        self.gap();
        for line in wrap(words, self.style.width) {
            self.line(&[(Colour::Bold, &line)]);
        }
    }

    /// One line, clipped to the width.
    pub(crate) fn line(&mut self, pieces: &[Piece<'_>]) {
        let mut room = self.style.width;
        for (colour, words) in pieces {
            let shown = clip(words, room);
            room -= width(&shown);
            let whole = shown == *words;
            self.piece(*colour, &shown);
            if !whole {
                break;
            }
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    /// One line, however long: text to copy.
    pub(crate) fn whole(&mut self, words: &str) {
        self.text.push_str(words);
        self.text.push('\n');
    }

    /// Pieces, then words wrapped beside them into at most `lines` lines.
    pub(crate) fn wrapped(&mut self, pieces: &[Piece<'_>], words: &str, lines: usize) {
        let indent: usize = pieces.iter().map(|p| width(p.1)).sum();
        for (colour, words) in pieces {
            self.piece(*colour, words);
        }
        let mut wrapped = wrap(words, self.style.width.saturating_sub(indent).max(20));
        if wrapped.len() > lines {
            wrapped.truncate(lines);
            if let Some(last) = wrapped.last_mut() {
                let room = self.style.width.saturating_sub(indent).max(20);
                *last = clip(&format!("{last} …"), room);
            }
        }
        for (at, line) in wrapped.iter().enumerate() {
            if at > 0 {
                self.text.push_str(&" ".repeat(indent));
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
        if wrapped.is_empty() {
            self.text.push('\n');
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn piece(&mut self, colour: Colour, words: &str) {
        if words.is_empty() {
            return;
        }
        if self.style.color && colour != Colour::Plain {
            self.text.push_str(colour.code());
            self.text.push_str(words);
            self.text.push_str("\u{1b}[0m");
        } else {
            self.text.push_str(words);
        }
    }
}

/// Columns that a character takes.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        // Combining marks, joiners and variation selectors.
        0x300..=0x36f | 0x200b..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef => 0,
        // Hangul, CJK, full-width forms, emoji.
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// As much of the text as fits, with an ellipsis when something was cut.
pub(crate) fn clip(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += char_width(c);
        if used > room {
            break;
        }
        out.push(c);
    }
    if room > 0 {
        out.push('…');
    }
    out
}

/// The text in lines of at most `room` columns; words longer than that are broken.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !line.is_empty() && width(&line) + 1 + width(word) > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + char_width(c) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_by_columns() {
        assert_eq!(clip("orders", 6), "orders");
        assert_eq!(clip("orders", 5), "orde…");
        assert_eq!(clip("注文注文", 5), "注文…");
        assert_eq!(clip("orders", 0), "");
    }

    #[test]
    fn wraps_at_words_and_breaks_long_ones() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }
}
