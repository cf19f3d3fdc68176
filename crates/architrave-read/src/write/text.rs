//! The text of a migration file: why it is there, what it waits for, its statements.

use architrave_model::migration::SafeFile;

/// How statements of one file are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Plain,
    /// `--> statement-breakpoint`.
    Breakpoint,
    /// `-- +goose StatementBegin` and `End` around statements with semicolons inside; the word differs.
    Block(&'static str),
}

/// Comment lines: what the file does, what must have happened before, what to do when it fails. `joins` is the runner that would run it in
/// one transaction with all other pending files.
pub(super) fn header(file: &SafeFile, joins: Option<&str>) -> String {
    let mut lines = vec![one_line(&file.title)];
    if let Some(runner) = joins.filter(|_| file.transactional) {
        lines.push(format!("Deploy it before the next one is there: {runner} runs all pending files in one transaction."));
    }
    if let Some(gate) = &file.gate {
        lines.push(format!("Before this file: {}.", one_line(gate).trim_end_matches('.')));
    }
    lines.extend(retry(file));
    lines.iter().map(|line| format!("-- {line}\n")).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn retry(file: &SafeFile) -> Option<String> {
    let lower: Vec<String> = file.statements.iter().map(|s| s.to_lowercase()).collect();
    let any = |words: &[&str]| lower.iter().any(|s| words.iter().all(|w| s.contains(w)));
    if any(&["do $backfill"]) {
        return Some("It may be interrupted at any time: run it again, and it goes on where it stopped.".to_owned());
    }
    if any(&["create", "index concurrently"]) {
        let cleans = any(&["drop index"]);
        let text = if cleans {
            "If it fails or is cancelled an invalid index is left; run the file again: it takes that away first. Do not set a lock or statement timeout."
        } else {
            "If it fails or is cancelled an invalid index is left: drop it (drop index concurrently) before you run the file again. Do not set a lock or statement timeout."
        };
        return Some(text.to_owned());
    }
    let seconds = file.lock_timeout_ms.filter(|_| file.transactional)? as f64 / 1_000.0;
    Some(format!(
        "It gives up after {seconds} s when others hold what it must lock (SQLSTATE 55P03); nothing is changed then, run it again."
    ))
}

/// The statements, each with its semicolon; in a transaction the lock timeout first.
pub(super) fn body(file: &SafeFile, separator: Separator) -> String {
    let timeout = file.lock_timeout_ms.filter(|_| file.transactional && !file.statements.is_empty());
    let timeout = timeout.map(|ms| format!("set local lock_timeout = '{ms}ms'"));
    let all: Vec<&String> = timeout.iter().chain(&file.statements).collect();
    statements(&all, separator)
}

/// Statements with semicolons.
pub(super) fn statements(all: &[&String], separator: Separator) -> String {
    let one = |statement: &String| match separator {
        Separator::Block(word) if statement.contains(';') => {
            format!("-- {word} StatementBegin\n{statement};\n-- {word} StatementEnd\n")
        }
        _ => format!("{statement};\n"),
    };
    let between = if separator == Separator::Breakpoint { "--> statement-breakpoint\n" } else { "" };
    all.iter().map(|s| one(s)).collect::<Vec<_>>().join(between)
}

/// Words of a title for a file name.
pub(super) fn slug(title: &str, joint: char) -> String {
    let mut out = String::new();
    for c in title.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(joint) {
            out.push(joint);
        }
        if out.len() >= 60 {
            break;
        }
    }
    let slug = out.trim_end_matches(joint);
    if slug.is_empty() { "migration".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn titles_become_names() {
        assert_eq!(slug("Add orders.note (NOT VALID)", '_'), "add_orders_note_not_valid");
        assert_eq!(slug("été", '-'), "t");
        assert_eq!(slug("…", '_'), "migration");
    }
}
