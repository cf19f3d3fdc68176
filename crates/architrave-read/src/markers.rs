//! Comment lines by which migration tools mark the up and the down part of one file.

use std::ops::Range;

/// A tool with its own section marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    Dbmate,
    Goose,
    NodePgMigrate,
    SqlMigrate,
    Rambler,
    Mybatis,
    Tern,
    Play,
    Liquibase,
}

impl Tool {
    pub(crate) const ALL: [Self; 9] = [
        Self::Dbmate,
        Self::Goose,
        Self::NodePgMigrate,
        Self::SqlMigrate,
        Self::Rambler,
        Self::Mybatis,
        Self::Tern,
        Self::Play,
        Self::Liquibase,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Dbmate => "dbmate",
            Self::Goose => "goose",
            Self::NodePgMigrate => "node-pg-migrate",
            Self::SqlMigrate => "sql-migrate",
            Self::Rambler => "rambler",
            Self::Mybatis => "MyBatis Migrations",
            Self::Tern => "tern",
            Self::Play => "Play evolutions",
            Self::Liquibase => "Liquibase formatted SQL",
        }
    }

    /// Whether text before the first mark belongs to the up part.
    fn starts_up(self) -> bool {
        matches!(self, Self::NodePgMigrate | Self::Mybatis | Self::Tern)
    }

    /// What a line marks for this tool, with the options behind the mark.
    fn mark(self, line: &str) -> Option<(Mark, String)> {
        let line = line.trim_end();
        let found = |mark, rest: &str| Some((mark, rest.trim().to_lowercase()));
        match self {
            Self::Dbmate => {
                // dbmate wants it at the line's beginning; one that a formatter has indented is meant all the same.
                let rest = line.trim_start().strip_prefix("--")?.trim_start();
                let (mark, rest) = match (rest.strip_prefix("migrate:up"), rest.strip_prefix("migrate:down")) {
                    (Some(rest), _) => (Mark::Up, rest),
                    (_, Some(rest)) => (Mark::Down, rest),
                    _ => return None,
                };
                if rest.is_empty() || rest.starts_with(char::is_whitespace) { found(mark, rest) } else { None }
            }
            Self::Goose => directive(line, "+goose").and_then(|words| goose_mark(&words)),
            Self::SqlMigrate => {
                let words = directive(line, "+migrate")?;
                let (first, rest) = words.split_once(' ').unwrap_or((&words, ""));
                match first {
                    "up" => found(Mark::Up, rest),
                    "down" => found(Mark::Down, rest),
                    _ => None,
                }
            }
            Self::Rambler => match directive(line, "rambler")?.as_str() {
                "up" => found(Mark::Up, ""),
                "down" => found(Mark::Down, ""),
                _ => None,
            },
            Self::NodePgMigrate => {
                // Its own pattern: any run of blanks and dashes after the comment mark, then `up migration`.
                let rest = line.trim_start().strip_prefix("--")?.trim_start_matches(|c: char| c == '-' || c.is_whitespace()).to_lowercase();
                let (mark, rest) = match (rest.strip_prefix("up"), rest.strip_prefix("down")) {
                    (Some(rest), _) => (Mark::Up, rest),
                    (_, Some(rest)) => (Mark::Down, rest),
                    _ => return None,
                };
                (rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with("migration")).then(|| (mark, String::new()))
            }
            Self::Mybatis => {
                let rest = line.trim_start().strip_prefix("--")?.trim_start();
                (rest.eq_ignore_ascii_case("//@UNDO") || rest.eq_ignore_ascii_case("@UNDO")).then(|| (Mark::Down, String::new()))
            }
            Self::Tern => (line.trim() == "---- create above / drop below ----").then(|| (Mark::Down, String::new())),
            Self::Play => match line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("---")?.trim() {
                "!Ups" => found(Mark::Up, ""),
                "!Downs" => found(Mark::Down, ""),
                _ => None,
            },
            Self::Liquibase => {
                let rest = line.trim_start().strip_prefix("--")?.trim_start();
                rest.to_lowercase().starts_with("liquibase formatted sql").then(|| (Mark::Up, String::new()))
            }
        }
    }
}

/// Words after a directive's name, in lower case, single blanks.
fn directive(line: &str, name: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("--")?.trim_start().to_lowercase();
    let rest = rest.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn goose_mark(words: &str) -> Option<(Mark, String)> {
    let mark = match words {
        "up" => Mark::Up,
        "down" => Mark::Down,
        "no transaction" => Mark::NoTransaction,
        "envsub on" => Mark::EnvironmentSubstitution,
        _ => return None,
    };
    Some((mark, String::new()))
}

/// What a marking line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Up,
    Down,
    NoTransaction,
    EnvironmentSubstitution,
}

/// The marked parts of one file.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    /// Byte ranges of the up direction.
    pub(crate) up: Vec<Range<usize>>,
    /// Byte ranges of the way back.
    pub(crate) down: Vec<Range<usize>>,
    /// The file marks an up part.
    pub(crate) has_up: bool,
    /// There is a way back.
    pub(crate) has_down: bool,
    /// Options behind the first up mark, in lower case.
    pub(crate) up_options: String,
    /// Options behind the first down mark, in lower case.
    pub(crate) down_options: String,
    /// The file asks for no transaction.
    pub(crate) no_transaction: bool,
    /// The file wants variables of the environment replaced.
    pub(crate) substitutes: bool,
}

/// Lines with their byte ranges, line ends included.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end;
        (range, line.trim_end_matches(['\n', '\r']))
    })
}

/// Splits a file by the marks of a tool.
pub(crate) fn sections(text: &str, tool: Tool) -> Sections {
    let mut out = Sections::default();
    let mut start = tool.starts_up().then_some((Mark::Up, 0));
    let close = |out: &mut Sections, open: Option<(Mark, usize)>, end: usize| match open {
        Some((Mark::Up, from)) => out.up.push(from..end),
        Some((_, from)) => out.down.push(from..end),
        None => {}
    };
    for (range, line) in lines(text) {
        let Some((mark, options)) = tool.mark(line) else { continue };
        match mark {
            Mark::Up | Mark::Down => {
                close(&mut out, start.take(), range.start);
                let (seen, kept) =
                    if mark == Mark::Up { (&mut out.has_up, &mut out.up_options) } else { (&mut out.has_down, &mut out.down_options) };
                if !std::mem::replace(seen, true) {
                    *kept = options;
                }
                start = Some((mark, range.end));
            }
            Mark::NoTransaction => out.no_transaction = true,
            Mark::EnvironmentSubstitution => out.substitutes = true,
        }
    }
    close(&mut out, start, text.len());
    out
}

/// Tools whose marks the text carries.
pub(crate) fn tools(text: &str) -> Vec<Tool> {
    // Every mark is a comment of SQL, or of a shell.
    let comments: Vec<&str> = lines(text).map(|(_, line)| line).filter(|line| line.trim_start().starts_with(['-', '#'])).collect();
    Tool::ALL.into_iter().filter(|tool| comments.iter().any(|line| tool.mark(line).is_some())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(text: &str, tool: Tool) -> Vec<&str> {
        sections(text, tool).up.into_iter().map(|r| text[r].trim()).filter(|s| !s.is_empty()).collect()
    }

    #[test]
    fn dbmate_marks_need_a_blank_or_the_line_end() {
        assert_eq!(up("-- migrate:up\na;\n-- migrate:down\nb;\n", Tool::Dbmate), ["a;"]);
        assert_eq!(up("--migrate:up transaction:false\r\na;\r\n-- migrate:down\r\nb;", Tool::Dbmate), ["a;"]);
        assert_eq!(up("-- migrate:up\na;\n-- migrate:down\nb;\n-- migrate:up\nc;", Tool::Dbmate), ["a;", "c;"]);
        assert!(up("-- migrate:upwards\na;", Tool::Dbmate).is_empty());
        assert_eq!(up("-- migrate:up\na\n    -- migrate:down\n    b;", Tool::Dbmate), ["a"]);
        assert_eq!(sections("-- migrate:up transaction:false\na;", Tool::Dbmate).up_options, "transaction:false");
    }

    #[test]
    fn goose_marks_in_any_case() {
        let text = "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\na;\n-- +goose StatementEnd\n-- +goose down\nb;";
        let found = sections(text, Tool::Goose);
        assert!(found.no_transaction && found.has_down);
        assert_eq!(found.down.iter().map(|r| text[r.clone()].trim()).collect::<Vec<_>>(), ["b;"]);
        assert_eq!(up(text, Tool::Goose), ["-- +goose StatementBegin\na;\n-- +goose StatementEnd"]);
    }

    #[test]
    fn node_pg_migrate_takes_text_without_marks_as_up() {
        assert_eq!(up("a;", Tool::NodePgMigrate), ["a;"]);
        assert_eq!(up("-- Up Migration\na;\n---- Down Migration\nb;", Tool::NodePgMigrate), ["a;"]);
        assert!(tools("-- up the migration").is_empty());
    }

    #[test]
    fn other_tools() {
        assert_eq!(up("-- +migrate Up notransaction\na;\n-- +migrate Down\nb;", Tool::SqlMigrate), ["a;"]);
        assert_eq!(up("a;\n-- //@UNDO\nb;", Tool::Mybatis), ["a;"]);
        assert_eq!(up("a;\n---- create above / drop below ----\nb;", Tool::Tern), ["a;"]);
        assert_eq!(up("# --- !Ups\na;\n# --- !Downs\nb;", Tool::Play), ["a;"]);
        assert_eq!(up("-- rambler up\na;\n-- rambler down\nb;", Tool::Rambler), ["a;"]);
        assert_eq!(tools("-- +goose Up\na;"), [Tool::Goose]);
    }
}
