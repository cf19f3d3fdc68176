//! What the user asks to have explained: SQL, a plan, or a query of the workload.

use crate::error::AppError;
use architrave_model::script::StatementKind;
use architrave_read::plan::ReadPlan;

/// Something to explain.
#[derive(Debug)]
pub(super) enum Asked {
    /// A statement, and what to call it.
    Statement { name: String, sql: String },
    /// A plan, and what to call it.
    Plan { name: String, plan: Box<ReadPlan> },
    /// A query of the workload, by id.
    Query(String),
}

/// Understands a text; `name` is the file it stood in, if any.
pub(super) fn understand(text: &str, name: Option<&str>) -> Result<Vec<Asked>, AppError> {
    let trimmed = text.trim();
    if name.is_none() && is_id(trimmed) {
        return Ok(vec![Asked::Query(trimmed.to_owned())]);
    }
    if looks_like_sql(trimmed) {
        return statements(text, name);
    }
    let plans = architrave_read::plan::read(text).map_err(|error| AppError::Asked(refusal(trimmed, name, &error.to_string())))?;
    let several = plans.len() > 1;
    let title = |plan: &ReadPlan| match (name, several) {
        (Some(name), true) => format!("{name}:{}", plan.line),
        (Some(name), false) => name.to_owned(),
        (None, true) => format!("the plan at line {}", plan.line),
        (None, false) => "the plan".to_owned(),
    };
    Ok(plans.into_iter().map(|plan| Asked::Plan { name: title(&plan), plan: Box::new(plan) }).collect())
}

/// Why a text is neither a statement with a plan nor a plan.
fn refusal(text: &str, name: Option<&str>, error: &str) -> String {
    let place = name.unwrap_or("the text");
    if text.is_empty() {
        let place = name.unwrap_or("what to explain");
        return format!("{place} is empty; give a statement, a file with one, or what EXPLAIN prints");
    }
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
    if WITHOUT_PLAN.contains(&word.as_str()) {
        return format!("{place}: {word} has no plan; PostgreSQL plans SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES");
    }
    match name {
        Some(name) => format!("{name}: {error}"),
        None if text.contains('\n') => format!("the plan: {error}"),
        None => "the text is neither a statement that has a plan (SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES) nor what EXPLAIN prints"
            .to_owned(),
    }
}

/// First words of statements that are carried out without a plan.
const WITHOUT_PLAN: [&str; 18] = [
    "ALTER", "ANALYZE", "BEGIN", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DO", "DROP", "GRANT", "LOCK", "REFRESH", "REINDEX",
    "REVOKE", "SET", "TRUNCATE", "VACUUM",
];

/// `queryid` or the workload's own id.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_digit());
    number || (text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit()))
}

fn looks_like_sql(text: &str) -> bool {
    let words: Vec<String> = architrave_sql::mask_literals(text)
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .take(2)
        .map(str::to_lowercase)
        .collect();
    let first = words.first().map_or("", String::as_str);
    // "Insert on t (cost=…)" and "Update on" are plans.
    let starts = ["select", "with", "insert", "update", "delete", "merge", "values", "table", "explain"];
    // Not of a log line or a plan that begins with brackets or quotes.
    let begins = text.trim_start_matches(['(', ' ']).chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '-' || c == '/');
    begins && starts.contains(&first) && words.get(1).is_none_or(|w| w != "on")
}

fn statements(text: &str, name: Option<&str>) -> Result<Vec<Asked>, AppError> {
    let found = architrave_sql::split(text);
    let place = name.unwrap_or("the statement");
    let mut asked = Vec::new();
    for statement in &found {
        if let Some(error) = &statement.syntax_error {
            return Err(AppError::Asked(format!("{place} is no SQL that PostgreSQL would take: {error}")));
        }
        if statement.kind == StatementKind::PsqlCommand {
            continue;
        }
        let name = match (name, found.len()) {
            (Some(name), 1) => name.to_owned(),
            (Some(name), _) => format!("{name}:{}", statement.line),
            (None, 1) => "the statement".to_owned(),
            (None, _) => format!("the statement at line {}", statement.line),
        };
        asked.push(Asked::Statement { name, sql: without_explain(&statement.text).to_owned() });
    }
    if asked.is_empty() {
        return Err(AppError::Asked(format!("{place} holds no statement; give a SELECT, INSERT, UPDATE, DELETE or MERGE, or a plan")));
    }
    Ok(asked)
}

/// The statement behind `EXPLAIN (…)` or `EXPLAIN ANALYZE VERBOSE`.
fn without_explain(sql: &str) -> &str {
    let word = |text: &str, wanted: &str| {
        text.get(..wanted.len()).is_some_and(|w| w.eq_ignore_ascii_case(wanted))
            && text[wanted.len()..].starts_with(|c: char| !c.is_alphanumeric())
    };
    let text = sql.trim_start();
    if !word(text, "explain") {
        return text;
    }
    let mut rest = text["explain".len()..].trim_start();
    if rest.starts_with('(') && !looks_like_sql(rest) {
        rest = rest.find(')').map_or(rest, |at| rest[at + 1..].trim_start());
    }
    while let Some(option) = ["analyze", "analyse", "verbose"].into_iter().find(|o| word(rest, o)) {
        rest = rest[option.len()..].trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> String {
        match understand(text, None) {
            Ok(asked) => asked
                .iter()
                .map(|a| match a {
                    Asked::Statement { sql, .. } => format!("sql {sql}"),
                    Asked::Plan { plan, .. } => format!("plan {}", plan.plan.root.kind),
                    Asked::Query(id) => format!("query {id}"),
                })
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn texts_are_told_apart() {
        assert_eq!(kind("select 1"), "sql select 1");
        assert_eq!(kind("-- find\n(select 1) union select 2"), "sql (select 1) union select 2");
        assert_eq!(kind("explain (analyze, costs off) select 1; explain analyze verbose select 2"), "sql select 1; sql select 2");
        assert_eq!(kind("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)"), "plan Seq Scan");
        assert_eq!(
            kind("Insert on t  (cost=0.00..0.01 rows=0 width=0)\n  ->  Result  (cost=0.00..0.01 rows=1 width=4)"),
            "plan ModifyTable"
        );
        assert_eq!(kind("[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": 1.0}}]"), "plan Result");
        assert_eq!(kind("-6172839450617283945"), "query -6172839450617283945");
        assert_eq!(kind("1a2b3c4d"), "query 1a2b3c4d");
    }

    #[test]
    fn what_has_no_plan_is_said() {
        assert_eq!(kind("  "), "what to explain is empty; give a statement, a file with one, or what EXPLAIN prints");
        assert!(kind("create table t (id int)").starts_with("the text: CREATE has no plan"));
        assert!(kind("selec 1").starts_with("the text is neither a statement"));
    }
}
