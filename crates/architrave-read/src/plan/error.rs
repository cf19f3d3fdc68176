//! Why no plan could be read, and at which line.

/// Why no plan could be read. Lines count from 1 in the text that was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Nothing but white space.
    #[error("there is no plan: the text is empty")]
    Empty,
    /// Something else.
    #[error("line {line}: this is not a plan but {found}; give what EXPLAIN prints (text, JSON, YAML or XML)")]
    NotAPlan {
        /// Line that tells.
        line: usize,
        /// What it seems to be: `an SQL statement`, `an error message of PostgreSQL`, `a web page` …
        found: &'static str,
    },
    /// JSON, YAML or XML that cannot be parsed.
    #[error("line {line}: this is not valid {form}: {message}")]
    Syntax {
        /// Line of the mistake.
        line: usize,
        /// `JSON`, `YAML` or `XML`.
        form: &'static str,
        /// What its parser says.
        message: String,
    },
    /// JSON, YAML or XML in order, but not of a plan.
    #[error("line {line}: this is {form}, but not a plan: {message}")]
    Shape {
        /// Line at which the value begins.
        line: usize,
        /// `JSON`, `YAML`, `XML` or `a text plan`.
        form: &'static str,
        /// What is missing or of the wrong kind.
        message: String,
    },
    /// The end, the beginning or the middle is missing.
    #[error("line {line}: the plan is cut off: {message}")]
    Truncated {
        /// Last line that could be read.
        line: usize,
        /// What is missing.
        message: String,
    },
    /// The spaces at the beginning of lines, which tell who is whose child, are not as EXPLAIN prints them.
    #[error(
        "line {line}: the indentation is lost: {message}; paste the plan again with the spaces at the beginning of its lines, or use FORMAT JSON"
    )]
    Indentation {
        /// Line that does not fit.
        line: usize,
        /// What does not fit.
        message: String,
    },
    /// More levels than any plan has.
    #[error("line {line}: the plan is nested deeper than {limit} levels")]
    TooDeep {
        /// Line at which the limit is passed.
        line: usize,
        /// Levels that are read.
        limit: usize,
    },
}

/// Says what the text seems to be instead of a plan.
pub(super) fn not_a_plan(lines: &[(usize, String)]) -> PlanError {
    let (line, start) = lines.iter().map(|(at, line)| (*at, line.trim())).find(|(_, line)| !line.is_empty()).unwrap_or((1, ""));
    let lower = start.to_ascii_lowercase();
    let is_one_of = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let statements = [
        "select ", "with ", "insert ", "update ", "delete ", "merge ", "explain", "create ", "alter ", "drop ", "values ", "begin", "set ",
        "prepare ", "execute ", "--", "/*",
    ];
    let found = if is_one_of(&["<!doctype", "<html", "<head", "<body", "<div", "<table"]) {
        "a web page"
    } else if is_one_of(&["error:", "fatal:", "psql:", "panic:", "ошибка"]) || lower.contains(" error: ") || lower.contains("error:  ")
    {
        "an error message of PostgreSQL"
    } else if is_one_of(&statements) || lower == "select" {
        "an SQL statement"
    } else if lower.starts_with('<') {
        "XML or HTML without <explain>"
    } else if lines.iter().any(|(_, line)| line.contains("table: ") && line.contains("type: ")) || lower.contains("select_type") {
        "a plan of another database"
    } else {
        "some other text"
    };
    PlanError::NotAPlan { line, found }
}
