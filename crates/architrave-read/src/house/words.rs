//! A sentence as words: markup gone, code spans kept whole, punctuation as words of its own.

/// A word of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// In lower case; punctuation that structures a sentence (`,` `;` `:` `(` `)` `/`) is a word too, dashes between words are `;`.
    Word(String),
    /// Text in backticks, as written.
    Code(String),
}

impl Token {
    /// The word, when it is one.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Code(_) => None,
        }
    }

    /// The text, in lower case.
    pub(super) fn lower(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Code(code) => code.to_lowercase(),
        }
    }

    /// A name of an object or column: code that is one identifier, or a plain word with an underscore.
    pub(super) fn name(&self) -> Option<&str> {
        let (text, sure) = match self {
            Self::Code(code) => (code.trim_matches('"'), true),
            Self::Word(word) => (word.as_str(), word.contains('_')),
        };
        let plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
        (sure && plain).then_some(text)
    }
}

/// Words of a sentence, the full stop left out.
pub(super) fn tokens(sentence: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for (i, part) in sentence.split('`').enumerate() {
        if i % 2 == 1 {
            let code = part.trim();
            if !code.is_empty() {
                out.push(Token::Code(code.to_owned()));
            }
        } else {
            plain(part, &mut out);
        }
    }
    while out.last().and_then(Token::word).is_some_and(|w| matches!(w, "." | "!" | ";" | ":" | ",")) {
        out.pop();
    }
    out
}

fn plain(text: &str, out: &mut Vec<Token>) {
    let text = text.replace("**", "").replace(['“', '”', '"'], "").replace('’', "'");
    for chunk in text.split_whitespace() {
        if matches!(chunk, "-" | "–" | "—" | "--") {
            out.push(Token::Word(";".to_owned()));
            continue;
        }
        let abbreviation = chunk.trim_start_matches('(').trim_end_matches(',').to_lowercase();
        if matches!(abbreviation.as_str(), "e.g." | "i.e.") {
            if chunk.starts_with('(') {
                out.push(Token::Word("(".to_owned()));
            }
            out.push(Token::Word(abbreviation));
            continue;
        }
        let mut word = String::new();
        let chars: Vec<char> = chunk.chars().collect();
        for (i, c) in chars.iter().enumerate() {
            let structural = matches!(c, ',' | ';' | ':' | '(' | ')' | '/' | '—') || matches!(c, '.' | '!') && i + 1 == chars.len();
            // `varchar(255)` and `numeric(12,2)` are one word.
            let modifier = matches!(c, '(' | ')' | ',') && !word.is_empty() && is_modifier(&chars, i);
            if structural && !modifier {
                flush(&mut word, out);
                let mark = if *c == '—' { ';' } else { *c };
                out.push(Token::Word(mark.to_string()));
            } else {
                word.extend(c.to_lowercase());
            }
        }
        flush(&mut word, out);
    }
}

fn flush(word: &mut String, out: &mut Vec<Token>) {
    let trimmed = word.trim_matches(['*', '\'']);
    let trimmed = if trimmed.starts_with('_') && trimmed.ends_with('_') && trimmed.len() > 2 { trimmed.trim_matches('_') } else { trimmed };
    if !trimmed.is_empty() {
        out.push(Token::Word(trimmed.to_owned()));
    }
    word.clear();
}

/// Whether the parenthesis at or around this place holds only digits, commas and `n`.
fn is_modifier(chars: &[char], at: usize) -> bool {
    let open = chars[..=at].iter().rposition(|c| *c == '(');
    let Some(open) = open.filter(|o| *o > 0) else { return false };
    let Some(close) = chars[open..].iter().position(|c| *c == ')').map(|n| open + n) else { return false };
    close > open + 1
        && at <= close
        && chars[open + 1..close].iter().all(|c| c.is_ascii_digit() || matches!(c, ',' | 'n'))
        && chars[open - 1].is_alphanumeric()
}

/// Without examples: parentheses that hold only names and words like `not`, and what follows `e.g.` or `for example`.
pub(super) fn without_examples(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i].word() == Some("(")
            && let Some(close) = tokens[i..].iter().position(|t| t.word() == Some(")")).map(|n| i + n)
            && is_example(&tokens[i + 1..close])
        {
            i = close + 1;
            continue;
        }
        let marks = [&["e.g."][..], &["for", "example"], &["for", "instance"]];
        let rest = &tokens[i..];
        let begins = |mark: &[&str]| mark.iter().enumerate().all(|(n, w)| rest.get(n).and_then(Token::word) == Some(w));
        if marks.into_iter().any(begins) && is_example(rest) {
            break;
        }
        out.push(tokens[i].clone());
        i += 1;
    }
    while out.last().and_then(Token::word).is_some_and(|w| matches!(w, "," | ";" | ":")) {
        out.pop();
    }
    out
}

/// Only names in code, and words that join examples.
fn is_example(tokens: &[Token]) -> bool {
    const JOINING: &[&str] = &[
        "e.g.", "i.e.", "for", "example", "instance", "not", "never", "and", "or", ",", ";", ":", "like", "such", "as", "instead", "of",
        "rather", "than", "→", "->",
    ];
    tokens.iter().any(|t| matches!(t, Token::Code(_)))
        && tokens.iter().all(|t| match t {
            Token::Code(code) => super::sql_type::parse(code).is_none(),
            Token::Word(word) => JOINING.contains(&word.as_str()) || word.contains('_'),
        })
}
