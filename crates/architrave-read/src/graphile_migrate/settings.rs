//! `.gmrc`: JSON with comments, or a script that hands over an object of the same form; read for the actions after a reset.

use crate::path;
use crate::reader::Input;

/// What is read of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// SQL files in the order of their actions, relative to the folder of the migrations.
    pub(super) after_reset: Vec<String>,
    /// Actions that start a program.
    pub(super) commands: usize,
}

/// The settings beside a folder of migrations or above it, with their file.
pub(super) fn read(input: &Input<'_>, home: &str) -> Option<(String, Settings)> {
    let names = [".gmrc", ".gmrc.js", ".gmrc.cjs"];
    let file = path::ancestors(home).flat_map(|above| names.map(|name| path::join(above, name))).find(|f| input.tree.has_file(f))?;
    let text = input.tree.read(&file).ok()?;
    Some((file, of(&text.text)))
}

fn of(text: &str) -> Settings {
    let mut settings = Settings::default();
    let (mut depth, mut inside, mut last) = (0_usize, None, String::new());
    for word in words(text) {
        match word {
            Word::Mark('[' | '{') => {
                depth += 1;
                if last == "afterReset" && inside.is_none() {
                    inside = Some(depth);
                }
            }
            Word::Mark(']' | '}') => {
                inside = inside.filter(|from| *from < depth);
                depth = depth.saturating_sub(1);
            }
            Word::Mark(_) => {}
            Word::Name(name) => {
                // A single action needs no list.
                let is_action = inside.is_some() || last == "afterReset";
                if is_action && path::has_extension(&name, "sql") && !name.contains(char::is_whitespace) {
                    // The mark asks for the rights of the root connection.
                    settings.after_reset.push(name.trim_start_matches('!').to_owned());
                } else if is_action && last == "_" && name == "command" {
                    settings.commands += 1;
                }
                last = name;
            }
        }
    }
    settings
}

enum Word {
    /// A string or a bare name.
    Name(String),
    Mark(char),
}

fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if matches!(first, '"' | '\'' | '`') {
            let inner = &rest[1..];
            let end = inner.match_indices(first).map(|(at, _)| at).find(|at| !inner[..*at].ends_with('\\')).unwrap_or(inner.len());
            out.push(Word::Name(inner[..end].to_owned()));
            (end + 2).min(rest.len())
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(Word::Name(rest[..end].to_owned()));
            end
        } else {
            if matches!(first, '[' | ']' | '{' | '}') {
                out.push(Word::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_a_reset_are_named_in_lists_and_alone() {
        let text = "{\n  // \"afterReset\": [\"no.sql\"],\n  \"pgSettings\": {},\n  /* [ */ \"afterReset\": [\n    \"!roles.sql\",\n    { \"_\": \"sql\", \"file\": \"schema.sql\", },\n    { \"_\": \"command\", \"command\": \"psql -f x.sql\" }\n  ],\n  \"afterCurrent\": [\"watch.sql\"],\n}";
        assert_eq!(of(text), Settings { after_reset: vec!["roles.sql".into(), "schema.sql".into()], commands: 1 });
        let text = "module.exports = { afterReset: '!afterReset.sql', migrationsFolder: './migrations' }";
        assert_eq!(of(text), Settings { after_reset: vec!["afterReset.sql".into()], commands: 0 });
        assert_eq!(of("{}"), Settings::default());
    }
}
