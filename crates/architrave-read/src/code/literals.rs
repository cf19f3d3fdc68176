//! String literals of a source file, without those in comments; a scanner for many languages, not a parser of any.

/// What a file is written in, as far as strings and comments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// JavaScript, TypeScript and what embeds them.
    Script,
    Python,
    Ruby,
    Elixir,
    Go,
    Rust,
    /// Java, Kotlin, Scala, C#.
    Java,
    Php,
    /// The whole file is SQL.
    Sql,
}

impl Dialect {
    /// By the ending of a file's name.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending {
            "ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "mts" | "cts" | "vue" | "svelte" | "astro" => Self::Script,
            "py" => Self::Python,
            "rb" | "rake" => Self::Ruby,
            "ex" | "exs" => Self::Elixir,
            "go" => Self::Go,
            "rs" => Self::Rust,
            "java" | "kt" | "kts" | "scala" | "cs" => Self::Java,
            "php" => Self::Php,
            "sql" => Self::Sql,
            _ => return None,
        })
    }

    fn line_comment(self, rest: &str) -> bool {
        match self {
            Self::Python | Self::Ruby | Self::Elixir => rest.starts_with('#') && !(self == Self::Ruby && rest.starts_with("#{")),
            // Attributes of PHP and Rust start with `#[`.
            Self::Php => rest.starts_with("//") || (rest.starts_with('#') && !rest.starts_with("#[")),
            _ => rest.starts_with("//"),
        }
    }

    fn block_comment(self) -> bool {
        !matches!(self, Self::Python | Self::Ruby | Self::Elixir | Self::Sql)
    }

    /// The closing quote for an opening one: what ends the literal, whether it may hold line ends, whether a backslash escapes.
    fn quote(self, rest: &str) -> Option<Quote> {
        let quote =
            |open: &'static str, lines: bool, escapes: bool| Some(Quote { open: open.len(), close: open.to_owned(), lines, escapes });
        let triple = matches!(self, Self::Python | Self::Elixir | Self::Java);
        if triple && rest.starts_with("\"\"\"") {
            return quote("\"\"\"", true, true);
        }
        if self == Self::Python && rest.starts_with("'''") {
            return quote("'''", true, true);
        }
        if self == Self::Rust
            && let Some(raw) = rest.strip_prefix('r')
        {
            let hashes = raw.bytes().take_while(|b| *b == b'#').count();
            if raw[hashes..].starts_with('"') {
                return Some(Quote { open: hashes + 2, close: format!("\"{}", "#".repeat(hashes)), lines: true, escapes: false });
            }
        }
        match rest.chars().next()? {
            '"' => quote("\"", matches!(self, Self::Rust | Self::Ruby | Self::Php | Self::Elixir), true),
            // A lifetime, a character.
            '\'' if matches!(self, Self::Rust | Self::Go | Self::Java) => None,
            '\'' => quote("'", matches!(self, Self::Php), true),
            '`' if self == Self::Script => quote("`", true, true),
            '`' if self == Self::Go => quote("`", true, false),
            _ => None,
        }
    }
}

struct Quote {
    open: usize,
    close: String,
    lines: bool,
    escapes: bool,
}

/// A literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal<'a> {
    /// Where its opening quote is, in bytes.
    pub(super) start: usize,
    /// Where its content starts.
    pub(super) content: usize,
    /// Content as written, escapes and all.
    pub(super) text: &'a str,
}

/// All literals in order.
pub(super) fn all(text: &str, dialect: Dialect) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let in_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if dialect.line_comment(rest) && !text[..at].ends_with(':') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if dialect.block_comment() && rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(quote) = dialect.quote(rest).filter(|_| c != 'r' || !in_word) {
            let content = at + quote.open;
            match end_of(&text[content..], &quote) {
                Some(length) => {
                    found.push(Literal { start: at, content, text: &text[content..content + length] });
                    at = content + length + quote.close.len();
                }
                // An apostrophe in running text.
                None => at += quote.open,
            }
        } else {
            at += c.len_utf8();
        }
    }
    found
}

/// Length of the content up to the closing quote.
fn end_of(rest: &str, quote: &Quote) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(&quote.close) {
            return Some(at);
        }
        if c == '\n' && !quote.lines {
            return None;
        }
        at += c.len_utf8();
        if c == '\\' && quote.escapes {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}
