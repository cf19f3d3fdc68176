//! Statements to migration files: one transaction as far as it goes, what needs to be alone in a file of its own.

use super::{Form, Step};
use architrave_model::migration::SafeFile;

/// How long a file in a transaction waits for a lock, milliseconds.
const LOCK_TIMEOUT_MS: u64 = 3_000;

/// Files for the statements, in order.
pub fn files(steps: &[Step]) -> Vec<SafeFile> {
    let mut files: Vec<(Form, SafeFile)> = Vec::new();
    for step in steps {
        match files.last_mut() {
            Some((form, file)) if *form == step.form && joins(step, file) => file.statements.push(step.statement.clone()),
            _ => {
                let lock_timeout_ms = (!is_alone(step.form)).then_some(LOCK_TIMEOUT_MS);
                let file = SafeFile {
                    statements: vec![step.statement.clone()],
                    transactional: !is_alone(step.form),
                    lock_timeout_ms,
                    ..SafeFile::default()
                };
                files.push((step.form, file));
            }
        }
    }
    let count = files.iter().filter(|(form, f)| *form == Form::Transaction && f.statements.len() > 1).count();
    let mut number = 0;
    for (form, file) in &mut files {
        file.title = match (&*form, file.statements.as_slice()) {
            (_, [one]) => few_words(one),
            (Form::EnumValue, _) => "add enum values".to_owned(),
            (Form::Validation, [first, ..]) => few_words(first.split(" constraint ").next().unwrap_or(first)),
            (Form::AfterValidation, _) => "after validation".to_owned(),
            _ if count > 1 => {
                number += 1;
                format!("schema changes {number}")
            }
            _ => "schema changes".to_owned(),
        };
        // The body of an SQL function may name what comes after it.
        if file.transactional && file.statements.iter().any(|s| is_sql_function(s)) {
            file.statements.insert(0, "set local check_function_bodies = off".to_owned());
        }
    }
    files.into_iter().map(|(_, file)| file).collect()
}

/// Whether a statement goes into the file before it: in one transaction; validations of one table, which lock and read only that.
fn joins(step: &Step, file: &SafeFile) -> bool {
    let table = |statement: &str| statement.split(" validate constraint ").next().map(str::to_owned);
    match step.form {
        Form::Transaction | Form::EnumValue | Form::AfterValidation => true,
        Form::Validation => file.statements.last().is_some_and(|last| table(last) == table(&step.statement)),
        Form::AloneFirst | Form::Alone | Form::AloneLast => false,
    }
}

fn is_alone(form: Form) -> bool {
    matches!(form, Form::AloneFirst | Form::Alone | Form::AloneLast)
}

fn is_sql_function(statement: &str) -> bool {
    statement.starts_with("CREATE OR REPLACE") && statement.contains("\n LANGUAGE sql")
}

/// The first words of a statement, as they can stand in a file name.
fn few_words(statement: &str) -> String {
    let plain: String = statement.chars().map(|c| if c.is_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { ' ' }).collect();
    let skip = ["only", "public", "if", "not", "exists", "or", "replace"];
    let words: Vec<&str> = plain.split_whitespace().filter(|w| !skip.contains(w)).take(6).collect();
    words.join(" ")
}
