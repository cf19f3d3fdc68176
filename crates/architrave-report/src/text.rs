//! Running text as spans: plain words, code, and references that each renderer marks up in its own way.

use architrave_model::finding::{Severity, Verdict};
use architrave_model::review::State;
use serde::{Serialize, Serializer};

/// A stretch of text of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Words. May hold anything a database can name; renderers escape it.
    Plain(String),
    /// A name, a path or a piece of SQL.
    Code(String),
    /// Emphasised words.
    Strong(String),
    /// A severity.
    Severity(Severity),
    /// A state of the checklist.
    State(State),
    /// A verdict of a proof.
    Verdict(Verdict),
    /// A reference to the finding of that number.
    Finding(usize),
    /// A reference to the action of that order.
    Action(u32),
}

impl Span {
    /// Its bare words.
    pub fn words(&self) -> String {
        match self {
            Self::Plain(text) | Self::Code(text) | Self::Strong(text) => text.clone(),
            Self::Severity(severity) => severity.word().to_owned(),
            Self::State(state) => state.word().to_owned(),
            Self::Verdict(verdict) => verdict_word(*verdict).to_owned(),
            Self::Finding(number) => format!("F{number}"),
            Self::Action(order) => format!("A{order}"),
        }
    }
}

/// The word of a verdict.
pub(crate) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proved => "proved",
        Verdict::Refuted => "refuted",
        Verdict::Unknown => "unknown",
    }
}

/// A piece of running text. Serialises as its bare words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

impl Text {
    /// All its words without mark-up.
    pub fn words(&self) -> String {
        self.0.iter().map(Span::words).collect()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This text followed by another.
    #[must_use]
    pub(crate) fn then(mut self, more: impl Into<Text>) -> Self {
        for span in more.into().0 {
            match (self.0.last_mut(), span) {
                (Some(Span::Plain(last)), Span::Plain(next)) => last.push_str(&next),
                (_, span) => self.0.push(span),
            }
        }
        self
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.words())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(vec![Span::Plain(text.to_owned())])
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(vec![Span::Plain(text)])
    }
}
impl From<usize> for Text {
    fn from(n: usize) -> Self {
        crate::format::count(n as f64).into()
    }
}
impl From<Span> for Text {
    fn from(span: Span) -> Self {
        Self(vec![span])
    }
}
impl From<Severity> for Text {
    fn from(severity: Severity) -> Self {
        Span::Severity(severity).into()
    }
}
impl From<State> for Text {
    fn from(state: State) -> Self {
        Span::State(state).into()
    }
}
impl From<Verdict> for Text {
    fn from(verdict: Verdict) -> Self {
        Span::Verdict(verdict).into()
    }
}

/// A name or a piece of SQL.
pub(crate) fn code(text: impl ToString) -> Text {
    Span::Code(text.to_string()).into()
}

/// Emphasised words.
pub(crate) fn strong(text: impl Into<String>) -> Text {
    Span::Strong(text.into()).into()
}

/// The template with each `{}` replaced by the next argument. Arguments keep their own mark-up and are never read as a template.
pub(crate) fn fill(template: &str, arguments: &[Text]) -> Text {
    let mut arguments = arguments.iter();
    let mut pieces = template.split("{}");
    let mut text = Text::default();
    if let Some(first) = pieces.next().filter(|p| !p.is_empty()) {
        text = text.then(first);
    }
    for piece in pieces {
        if let Some(argument) = arguments.next() {
            text = text.then(argument.clone());
        }
        if !piece.is_empty() {
            text = text.then(piece);
        }
    }
    text
}

/// Prose that marks code with backticks, as rules and house rules are written: ``use `text` ``. Without a partner a backtick is only
/// itself.
pub(crate) fn prose(text: &str) -> Text {
    if text.matches('`').count() % 2 == 1 {
        return text.into();
    }
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces.fold(Text::default(), |all, (at, piece)| if at % 2 == 1 { all.then(code(piece)) } else { all.then(piece) })
}

/// [`fill`] with arguments of any kind that becomes a text.
macro_rules! say {
    ($template:literal $(, $argument:expr)* $(,)?) => {
        $crate::text::fill($template, &[$($crate::text::Text::from($argument)),*])
    };
}
pub(crate) use say;

/// `a, b and c`; beyond `max` items `a, b and 7 more`.
pub(crate) fn list(items: &[Text], max: usize) -> Text {
    let shown = if items.len() > max { max } else { items.len() };
    let rest = items.len() - shown;
    let mut text = Text::default();
    for (at, item) in items.iter().take(shown).enumerate() {
        if at > 0 {
            text = text.then(if at + 1 == shown && rest == 0 { " and " } else { ", " });
        }
        text = text.then(item.clone());
    }
    if rest > 0 {
        text = text.then(format!(" and {rest} more"));
    }
    text
}

/// As [`list`], each item as code.
pub(crate) fn codes<T: ToString>(items: impl IntoIterator<Item = T>, max: usize) -> Text {
    list(&items.into_iter().map(code).collect::<Vec<_>>(), max)
}

/// References to findings, `F1, F4 and F9`.
pub(crate) fn finding_refs(numbers: &[usize], max: usize) -> Text {
    list(&numbers.iter().map(|n| Span::Finding(*n).into()).collect::<Vec<_>>(), max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_never_read_their_arguments() {
        let text = say!("{} of {}", code("a{}b"), 2_usize);
        assert_eq!(text.0, [Span::Code("a{}b".into()), Span::Plain(" of 2".into())]);
    }

    #[test]
    fn prose_marks_code() {
        assert_eq!(prose("use `text`, not `char`").0.len(), 4);
        assert_eq!(prose("a ` b").0, [Span::Plain("a ` b".into())]);
        assert!(prose("").is_empty());
    }

    #[test]
    fn lists_end_in_and() {
        assert_eq!(codes(["a"], 3).words(), "a");
        assert_eq!(codes(["a", "b"], 3).words(), "a and b");
        assert_eq!(codes(["a", "b", "c", "d"], 2).words(), "a, b and 2 more");
    }
}
