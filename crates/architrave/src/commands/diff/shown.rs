//! A difference as text, Markdown, SQL and files.

use anyhow::Context as _;
use architrave_app::diff::{Diff, Trial, Way};
use architrave_model::finding::Severity;
use architrave_model::lint_report::Weight;
use architrave_model::migration::SafeFile;
use architrave_report::Text;
use architrave_report::documents::{Document, DocumentSection};
use architrave_report::report::Block;
use std::fmt::Write as _;
use std::path::Path;

/// Lines of the list of differences before the rest is counted.
const LINES: usize = 60;

fn paragraph(text: impl Into<Text>) -> Block {
    Block::Paragraph { text: text.into() }
}

fn list(lines: impl IntoIterator<Item = String>) -> Block {
    Block::List { items: lines.into_iter().map(Text::from).collect() }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The document.
pub(super) fn document(diff: &Diff) -> Document {
    let mut sections = vec![DocumentSection { title: String::new(), blocks: summary(diff) }];
    let mut section = |title: &str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            sections.push(DocumentSection { title: title.to_owned(), blocks });
        }
    };
    section("Lost for good, or refused over rows that do not fit", loss(&diff.up));
    section("Renamed, or dropped and added?", questions(diff));
    if !diff.differences.is_empty() {
        let mut lines: Vec<String> = diff.differences.iter().take(LINES).cloned().collect();
        if diff.differences.len() > LINES {
            lines.push(format!("… and {} more", diff.differences.len() - LINES));
        }
        section("What differs", vec![list(lines)]);
    }
    section("Statements", files(&diff.up));
    section("What was tried", if diff.is_empty() { Vec::new() } else { trials(diff) });
    section("What the statements would do to others", effects(&diff.up));
    section("The way back", back(diff));
    section("Not compared", if diff.not_compared.is_empty() { Vec::new() } else { vec![list(diff.not_compared.clone())] });
    Document { title: "Difference".to_owned(), subject: format!("{} → {}", diff.from, diff.to), sections }
}

fn summary(diff: &Diff) -> Vec<Block> {
    if diff.is_empty() {
        return vec![paragraph("The schemas are equal.")];
    }
    let statements: usize = diff.up.files.iter().map(|f| f.statements.len()).sum();
    vec![paragraph(format!(
        "{}; {} in {} from FROM to TO: {}",
        count(diff.differences.len(), "difference", "differences"),
        count(statements, "statement", "statements"),
        count(diff.up.files.len(), "file", "files"),
        verdict(&diff.up.trial, "TO")
    ))]
}

fn verdict(trial: &Trial, end: &str) -> String {
    let order = if trial.column_order.is_empty() { "" } else { ", the order of columns apart" };
    if trial.proved {
        format!("proved, the catalogue after them is {end}'s{order}.")
    } else if trial.refused.is_empty() {
        format!("NOT proved, the catalogue after them is not {end}'s.")
    } else {
        "NOT proved, the private server refused a part of them.".to_owned()
    }
}

fn loss(way: &Way) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !way.loses.is_empty() {
        blocks.push(list(way.loses.clone()));
    }
    blocks
}

fn questions(diff: &Diff) -> Vec<Block> {
    if diff.questions.is_empty() {
        return Vec::new();
    }
    let items = diff.questions.iter().map(|q| format!("--rename {} ({})", q.rename, q.why));
    vec![
        paragraph(
            "Nobody but you knows. Without an answer the statements drop the old and add the new, and the values are gone. If it is a rename, say:",
        ),
        list(items),
    ]
}

fn files(way: &Way) -> Vec<Block> {
    let mut blocks: Vec<Block> = way.notes.iter().map(|n| paragraph(n.clone())).collect();
    for (number, file) in way.files.iter().enumerate() {
        let how = if file.transactional { "in one transaction" } else { "outside of a transaction" };
        blocks.push(paragraph(format!("File {} of {}, {how}: {}", number + 1, way.files.len(), file.title)));
        blocks.extend(file.gate.clone().map(paragraph));
        blocks.push(Block::Sql { text: statements(file) });
    }
    blocks
}

/// What the trace has seen, and the rules say; as `architrave lint` would.
fn effects(way: &Way) -> Vec<Block> {
    let mut lines: Vec<String> = Vec::new();
    let count_of = |weight: Weight| way.statements.iter().filter(|s| s.weight == weight).count();
    for (weight, words) in [
        (Weight::Heavy, "keep others waiting for work that grows with the data"),
        (Weight::Brief, "keep others waiting for a moment"),
        (Weight::Background, "work while nobody waits"),
    ] {
        let n = count_of(weight);
        if n > 0 {
            lines.push(format!("{} of {}: {words}", n, way.statements.len()));
        }
    }
    lines.extend(
        way.findings
            .iter()
            .filter(|f| f.severity >= Severity::Medium)
            .map(|f| format!("{}: {} ({})", f.severity.word(), f.message, f.rule)),
    );
    if lines.is_empty() { Vec::new() } else { vec![list(lines)] }
}

fn statements(file: &SafeFile) -> String {
    file.statements.iter().map(|s| format!("{s};")).collect::<Vec<_>>().join("\n")
}

fn trials(diff: &Diff) -> Vec<Block> {
    let mut blocks = vec![paragraph(format!(
        "FROM's schema was rebuilt on a private PostgreSQL {}, the statements ran there as an ordinary role, and the catalogue was read back: {}",
        diff.server_version,
        verdict(&diff.up.trial, "TO")
    ))];
    blocks.extend(trial(&diff.up.trial));
    blocks
}

fn trial(trial: &Trial) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !trial.refused.is_empty() {
        blocks.push(paragraph("Refused:"));
        blocks.push(list(trial.refused.clone()));
    }
    if !trial.differs.is_empty() {
        blocks.push(paragraph("Still different:"));
        blocks.push(list(trial.differs.clone()));
    }
    if !trial.column_order.is_empty() {
        blocks.push(paragraph(format!("Columns in another order: {}.", trial.column_order.join(", "))));
    }
    blocks
}

fn back(diff: &Diff) -> Vec<Block> {
    if diff.is_empty() {
        return Vec::new();
    }
    let n: usize = diff.down.files.iter().map(|f| f.statements.len()).sum();
    let mut blocks =
        vec![paragraph(format!("{} from TO to FROM: {}", count(n, "statement", "statements"), verdict(&diff.down.trial, "FROM")))];
    blocks.extend(trial(&diff.down.trial));
    if !diff.down.loses.is_empty() {
        blocks.push(paragraph("Lost on the way back:"));
        blocks.push(list(diff.down.loses.clone()));
    }
    blocks.extend(files(&diff.down));
    blocks
}

/// The way there as one SQL script for psql.
pub(super) fn sql(diff: &Diff) -> String {
    let mut out = format!("-- {} → {}\n", one_line(&diff.from), one_line(&diff.to));
    if diff.is_empty() {
        out.push_str("-- The schemas are equal.\n");
        return out;
    }
    add(&mut out, format!("-- Tried on PostgreSQL {}: {}\n", diff.server_version, verdict(&diff.up.trial, "TO")));
    for line in &diff.up.loses {
        add(&mut out, format!("-- LOST OR REFUSED: {}\n", one_line(line)));
    }
    for question in &diff.questions {
        add(&mut out, format!("-- A rename? --rename {}\n", one_line(&question.rename)));
    }
    for note in &diff.up.notes {
        add(&mut out, format!("-- {}\n", one_line(note)));
    }
    for (number, file) in diff.up.files.iter().enumerate() {
        add(&mut out, format!("\n-- File {} of {}: {}\n", number + 1, diff.up.files.len(), one_line(&file.title)));
        if let Some(gate) = &file.gate {
            add(&mut out, format!("-- {}\n", one_line(gate)));
        }
        out.push_str(&script(file, true));
    }
    out
}

/// The statements of a file; with its own transaction where a runner does not give one.
fn script(file: &SafeFile, marks: bool) -> String {
    let body: String = file.statements.iter().map(|s| format!("{s};\n")).collect();
    let timeout = file.lock_timeout_ms.map(|ms| format!("set local lock_timeout = '{ms}ms';\n")).unwrap_or_default();
    if file.transactional && marks { format!("begin;\n{timeout}{body}commit;\n") } else { body }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn add(out: &mut String, text: String) {
    let _infallible = out.write_str(&text);
}

/// Numbered files of both ways, the way back in `down/`.
pub(super) fn write_files(directory: &Path, diff: &Diff) -> anyhow::Result<()> {
    let down = directory.join("down");
    for (folder, way) in [(directory, &diff.up), (down.as_path(), &diff.down)] {
        if way.files.is_empty() {
            continue;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the directory {}", folder.display()))?;
        for (number, file) in way.files.iter().enumerate() {
            let path = folder.join(format!("{:04}_{}.sql", number + 1, file.title.replace(' ', "_")));
            let text = format!("-- {}\n{}", one_line(&file.title), script(file, true));
            anyhow::ensure!(!path.exists(), "{} is there already; give another directory", path.display());
            crate::output::write_file(&path, text.as_bytes())?;
        }
    }
    Ok(())
}
