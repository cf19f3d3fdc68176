//! The little of TypeScript that the generator writes: object types, tuples of them, and everything else as text.

/// Object types deeper than this are not the generator's.
const MAX_DEPTH: u32 = 24;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// `{ name: type }`.
    Object(Vec<Member>),
    /// `[type, type]`.
    Tuple(Vec<Type>),
    /// Anything else, as written.
    Text(String),
}

/// A member of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Line of the name, from 1.
    pub(super) line: u32,
    /// `name?:`.
    pub(super) optional: bool,
    pub(super) is: Type,
}

impl Type {
    /// Members of an object; none of anything else.
    pub(super) fn members(&self) -> &[Member] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// A member's type.
    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.members().iter().find(|member| member.name == name).map(|member| &member.is)
    }

    /// The text of a type that is neither object nor tuple.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }
}

/// The schemas of `type Database = {…}` or `interface Database {…}`.
pub(super) fn database(text: &str) -> Option<Type> {
    let starts = ["type Database =", "interface Database "];
    let at = starts.iter().filter_map(|start| text.find(start).map(|at| at + start.len())).min()?;
    let mut parser = Parser { text, at, line: lines(&text[..at]) + 1 };
    parser.blanks();
    parser.take('{').then(|| parser.object(0))
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX - 1)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        self.line += lines(&self.rest()[..bytes]);
        self.at += bytes;
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.advance(wanted.len_utf8());
        }
        there
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.advance(blank);
            let rest = self.rest();
            let comment = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.advance(comment);
        }
    }

    /// After its opening brace.
    fn object(&mut self, depth: u32) -> Type {
        let mut members = Vec::new();
        loop {
            self.blanks();
            while self.take(';') || self.take(',') {
                self.blanks();
            }
            if self.peek().is_none() || self.take('}') {
                return Type::Object(members);
            }
            let line = self.line;
            let name = self.name();
            let optional = self.take('?');
            self.blanks();
            if !self.take(':') {
                // Not a member: pass over one character, so that the end comes.
                let width = self.peek().map_or(0, char::len_utf8);
                self.advance(width);
                continue;
            }
            let is = self.value(depth + 1);
            members.push(Member { name, line, optional, is });
        }
    }

    fn name(&mut self) -> String {
        let rest = self.rest();
        let (inner, end) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let end = rest[1..].find(quote).map_or(rest.len(), |end| end + 1);
                (rest.get(1..end).unwrap_or_default(), (end + 1).min(rest.len()))
            }
            // An index signature.
            Some('[') => {
                let end = rest.find(']').map_or(rest.len(), |end| end + 1);
                ("", end)
            }
            _ => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        let name = inner.to_owned();
        self.advance(end);
        self.blanks();
        name
    }

    fn value(&mut self, depth: u32) -> Type {
        self.blanks();
        if depth > MAX_DEPTH {
            self.at = self.text.len();
            return Type::Text(String::new());
        }
        if self.take('{') {
            return self.object(depth);
        }
        if !self.take('[') {
            return Type::Text(self.text_type());
        }
        let mut parts = Vec::new();
        loop {
            self.blanks();
            while self.take(',') {
                self.blanks();
            }
            if self.peek().is_none() || self.take(']') {
                return Type::Tuple(parts);
            }
            let before = self.at;
            parts.push(self.value(depth + 1));
            if self.at == before {
                self.at = self.text.len();
            }
        }
    }

    /// Up to the end of the member: a separator, a closing bracket, or a line after which no `|` follows.
    fn text_type(&mut self) -> String {
        let (mut open, mut quote, mut end) = (0_u32, None, self.rest().len());
        for (at, c) in self.rest().char_indices() {
            if let Some(mark) = quote {
                if c == mark {
                    quote = None;
                }
                continue;
            }
            match c {
                '"' | '\'' => quote = Some(c),
                '[' | '(' | '{' | '<' => open += 1,
                ']' | ')' | '}' | '>' if open > 0 => open -= 1,
                ']' | ')' | '}' | ';' | ',' if open == 0 => {
                    end = at;
                    break;
                }
                '\n' if open == 0 => {
                    let so_far = self.rest()[..at].trim();
                    if !so_far.is_empty() && !so_far.ends_with('|') && !self.rest()[at..].trim_start().starts_with('|') {
                        end = at;
                        break;
                    }
                }
                _ => {}
            }
        }
        let text = self.rest()[..end].trim().to_owned();
        self.advance(end);
        text
    }
}
