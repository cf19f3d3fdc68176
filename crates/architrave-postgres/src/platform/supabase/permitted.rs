//! What Supabase lets `postgres` do with tables that it does not own: policies on them, and dropping triggers.

/// Tables of the platform on which `postgres` may create, alter and drop policies and drop triggers.
const TABLES: &[&str] = &[
    "auth.audit_log_entries",
    "auth.identities",
    "auth.refresh_tokens",
    "auth.sessions",
    "auth.users",
    "realtime.messages",
    "storage.buckets",
    "storage.migrations",
    "storage.objects",
    "storage.s3_multipart_uploads",
    "storage.s3_multipart_uploads_parts",
];

/// Whether the platform runs this statement for `postgres`, that refused it for lack of ownership: a policy on one of its tables, the end of a
/// trigger on one, or a DO block that does such a thing and changes no table otherwise.
pub(crate) fn permits(text: &str) -> bool {
    let mut words = Words { rest: text };
    let first = words.next().unwrap_or_default();
    let kind = words.next().unwrap_or_default();
    match (first.as_str(), kind.as_str()) {
        ("create" | "alter" | "drop", "policy") | ("drop", "trigger") => {}
        ("do", _) => return permits_block(text),
        _ => return false,
    }
    let mut name = words.next();
    if name.as_deref() == Some("if") {
        // IF EXISTS
        words.next();
        name = words.next();
    }
    let on = words.next();
    if name.is_none() || on.as_deref() != Some("on") {
        return false;
    }
    let (Some(schema), Some(dot), Some(table)) = (words.next(), words.next(), words.next()) else { return false };
    dot == "." && TABLES.contains(&format!("{schema}.{table}").as_str())
}

fn permits_block(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let about = lower.contains(" policy ") || lower.contains("drop trigger");
    let schemas = ["auth.", "storage.", "realtime."];
    let changes = |verb: &str| {
        lower.match_indices(verb).any(|(at, _)| {
            let rest = lower[at + verb.len()..].trim_start().trim_start_matches("if exists").trim_start().replace('"', "");
            schemas.iter().any(|schema| rest.starts_with(schema))
        })
    };
    about && !changes("alter table") && !changes("drop table")
}

/// Words of the beginning of a statement: identifiers as PostgreSQL folds them, single characters otherwise. Comments are passed over.
struct Words<'a> {
    rest: &'a str,
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.pass_blanks();
        let first = self.rest.chars().next()?;
        if first == '"' {
            return Some(self.quoted());
        }
        let end = match first {
            c if c.is_alphanumeric() || c == '_' => {
                self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(self.rest.len())
            }
            c => c.len_utf8(),
        };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word.to_lowercase())
    }
}

impl Words<'_> {
    fn pass_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("--") {
                self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
            } else if self.rest.starts_with("/*") {
                self.rest = self.rest.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                return;
            }
        }
    }

    /// A quoted identifier. One that spells a keyword is not that keyword, so a mark stays in front of it unless it is a plain name.
    fn quoted(&mut self) -> String {
        let mut name = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            if c == '"' {
                if chars.peek().is_none_or(|(_, next)| *next != '"') {
                    end = at + 1;
                    break;
                }
                chars.next();
            }
            name.push(c);
        }
        self.rest = &self.rest[end..];
        if matches!(name.as_str(), "on" | "if") { format!("\"{name}") } else { name }
    }
}
