//! The difference as Markdown.

use super::{Group, Line, SchemaDiff, Weight};
use crate::diagram::Mark;
use crate::format::{cut, visible};
use crate::renderers::markdown::escape;

/// The page.
pub(super) fn page(diff: &SchemaDiff) -> String {
    let mut out = format!("# Schema changes\n\n{} → {}\n\n", escape::line(&diff.before), escape::words(&diff.after));
    if diff.is_empty() {
        out.push_str("Nothing differs. Owners, privileges and roles were not compared.\n");
        return out;
    }
    out.push_str("| | added | removed | changed |\n|---|---:|---:|---:|\n");
    for (name, is_table) in [("tables", true), ("other objects", false)] {
        let n = |mark| diff.count(mark, is_table);
        out.push_str(&format!("| {name} | {} | {} | {} |\n", n(Mark::Added), n(Mark::Removed), n(Mark::Changed)));
    }
    let breaking = diff.lines(Weight::Breaks);
    if breaking.is_empty() {
        out.push_str("\nNothing here breaks statements that worked.\n");
    } else {
        out.push_str(&format!("\n## What breaks code ({})\n\n", breaking.len()));
        for (group, line) in breaking {
            out.push_str(&format!("- {} {}{}\n", subject(group, line), escape::words(&super::html::what(line)), tail(line)));
        }
    }
    for group in &diff.groups {
        out.push_str(&self::group(group));
    }
    out.push_str("\nOwners, privileges and roles were not compared. Renames are guesses: catalogues keep no history of names.\n");
    out
}

fn subject(group: &Group, line: &Line) -> String {
    let name = if line.name.is_empty() { group.name.clone() } else { format!("{}.{}", group.name, line.name) };
    format!("{} {}", line.kind, escape::code(&name, false))
}

fn tail(line: &Line) -> String {
    let meaning = if line.meaning.is_empty() { String::new() } else { format!(": {}", prose(&line.meaning)) };
    let guess = if line.guess.is_empty() { String::new() } else { format!(" ({})", escape::words(&line.guess)) };
    format!("{guess}{meaning}")
}

fn group(group: &Group) -> String {
    let mut out = format!("\n## {} {} {}\n\n", group.mark.sign(), group.kind, escape::words(&group.name));
    out.push_str("| | what | before | after | for code |\n|---|---|---|---|---|\n");
    for line in &group.lines {
        let name = if line.name.is_empty() { String::new() } else { format!(" {}", escape::code(&line.name, true)) };
        let aspect = if line.aspect.is_empty() { String::new() } else { format!(", {}", line.aspect) };
        let guess = if line.guess.is_empty() { String::new() } else { format!(" ({})", escape::words(&line.guess)) };
        let weight = if line.meaning.is_empty() { String::new() } else { format!("**{}**: {}", line.weight.word(), prose(&line.meaning)) };
        out.push_str(&format!(
            "| {} | {}{name}{aspect}{guess} | {} | {} | {weight} |\n",
            line.mark.sign(),
            line.kind,
            cell(&line.before),
            cell(&line.after)
        ));
    }
    out
}

fn cell(text: &str) -> String {
    if text.is_empty() { String::new() } else { escape::code(&cut(&visible(text), 240), true) }
}

/// A sentence of ours with code in backticks; names in it are the user's.
fn prose(text: &str) -> String {
    text.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { escape::code(part, true) } else { escape::words(part) }).collect()
}
