//! Plans that `auto_explain` wrote into a server log: plain, CSV and JSON logs.

use super::frame::{Block, tidy};
use serde_json::Value;

/// The plans in a log; none when this is no log with plans.
pub(super) fn entries(lines: &[(usize, String)]) -> Option<Vec<Block>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (number, line) = &lines[at];
        at += 1;
        if line.starts_with('{') && line.contains("\"message\"") && line.contains("plan:") {
            all.extend(of_json_log(*number, line));
            continue;
        }
        let Some((before, after)) = line.split_once(" plan:") else { continue };
        let Some((_, duration)) = before.rsplit_once("duration: ") else { continue };
        let duration_ms = duration.trim().strip_suffix("ms").and_then(|ms| ms.trim().parse().ok());
        let quoted = before.contains("\"duration: ");
        let mut block = Block { lines: Vec::new(), duration_ms };
        if !after.trim().is_empty() {
            block.lines.push((*number, after.trim().to_owned()));
        }
        // The server indents the further lines of an entry by a tab; a copy may have lost it.
        let is_indented = lines.get(at).is_some_and(|(_, line)| line.starts_with(' '));
        while let Some((number, line)) = lines.get(at) {
            if !quoted && (is_entry(line) || is_indented && !line.is_empty() && !line.starts_with(' ')) {
                break;
            }
            at += 1;
            let line = line.replace("#011", "\t");
            if quoted {
                let (line, is_last) = csv_field(&line);
                block.lines.push((*number, line));
                if is_last {
                    break;
                }
            } else {
                block.lines.push((*number, tidy(&line)));
            }
        }
        dedent(&mut block);
        all.push(block);
    }
    (!all.is_empty()).then_some(all)
}

/// Whether a line begins another log entry: it is not indented and is none of a plan.
fn is_entry(line: &str) -> bool {
    if line.starts_with([' ', '\t']) || line.trim().is_empty() {
        return false;
    }
    let severities = [
        "LOG:  ",
        "ERROR:  ",
        "WARNING:  ",
        "NOTICE:  ",
        "STATEMENT:  ",
        "DETAIL:  ",
        "HINT:  ",
        "FATAL:  ",
        "PANIC:  ",
        "CONTEXT:  ",
        "INFO:  ",
        "DEBUG:  ",
    ];
    severities.iter().any(|severity| line.contains(severity))
}

/// One line of a CSV log's quoted field: without doubled quotes, and whether the field ends here.
fn csv_field(line: &str) -> (String, bool) {
    let mut value = String::new();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '"' {
            value.push(character);
        } else if characters.peek() == Some(&'"') {
            characters.next();
            value.push('"');
        } else {
            return (value, true);
        }
    }
    (value, false)
}

fn of_json_log(number: usize, line: &str) -> Option<Block> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let message = entry.get("message")?.as_str()?;
    let (before, plan) = message.split_once(" plan:")?;
    let duration_ms =
        before.rsplit_once("duration: ").and_then(|(_, ms)| ms.trim().strip_suffix("ms")).and_then(|ms| ms.trim().parse().ok());
    let mut block = Block { lines: plan.lines().map(|line| (number, tidy(line))).collect(), duration_ms };
    dedent(&mut block);
    Some(block)
}

/// Takes off the white space that all lines begin with (the tab of a log's further lines).
fn dedent(block: &mut Block) {
    let common = block
        .lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    for (_, line) in &mut block.lines {
        *line = line.get(common..).unwrap_or_default().to_owned();
    }
}
