//! What surrounds a plan when it was copied out of a client: headers, rules, borders, quotes, continuation marks, row counts.

/// Lines of one plan (or of several, one after the other), with their numbers in the given text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Block {
    /// Number from 1, and the line without its frame.
    pub(super) lines: Vec<(usize, String)>,
    /// As `auto_explain` says.
    pub(super) duration_ms: Option<f64>,
}

impl Block {
    /// The lines as one text.
    pub(super) fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|(_, line)| line.as_str()).collect();
        lines.join("\n")
    }

    /// The number of its first line that is not blank, or 1.
    pub(super) fn first_line(&self) -> usize {
        self.lines.iter().find(|(_, line)| !line.trim().is_empty()).map_or(1, |(at, _)| *at)
    }

    /// Number in the given text of line `at` (from 1) of [`Block::text`].
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.get(at.max(1) - 1).or(self.lines.last()).map_or(1, |(number, _)| *number)
    }
}

/// A line without what editors add: ends of lines of other systems, unbreakable spaces, tabs in place of spaces.
pub(super) fn tidy(line: &str) -> String {
    let line = line.trim_end_matches(['\r', ' ']);
    if !line.contains(['\t', '\u{a0}', '\u{200b}']) {
        return line.to_owned();
    }
    let mut tidied = String::with_capacity(line.len() + 8);
    let mut leading = true;
    for character in line.chars() {
        match character {
            '\t' if leading => tidied.push_str(&" ".repeat(8 - tidied.len() % 8)),
            '\u{a0}' => tidied.push(' '),
            '\u{200b}' => {}
            other => {
                leading &= other == ' ';
                tidied.push(other);
            }
        }
    }
    tidied
}

/// Splits what a client printed at its headers (and at the fences of Markdown) and takes the frame off each part.
pub(super) fn blocks(lines: &[(usize, String)]) -> Vec<Block> {
    if lines.iter().any(|(_, line)| is_fence(line)) {
        // What is fenced is meant; the prose around it is not.
        let parts = lines.split(|(_, line)| is_fence(line)).skip(1).step_by(2);
        return parts.flat_map(unfenced).collect();
    }
    unfenced(lines)
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~")
}

fn unfenced(lines: &[(usize, String)]) -> Vec<Block> {
    if lines.iter().any(|(_, line)| record(line).is_some()) {
        return expanded(lines);
    }
    let heads: Vec<usize> = (0..lines.len()).filter(|at| is_header(&lines[*at].1)).collect();
    if heads.is_empty() {
        return vec![bare(lines)];
    }
    let mut all = Vec::new();
    for (nth, head) in heads.iter().enumerate() {
        let end = heads.get(nth + 1).copied().unwrap_or(lines.len());
        all.push(framed(&lines[head + 1..end]));
    }
    all
}

/// `QUERY PLAN`, whatever stands around it.
fn is_header(line: &str) -> bool {
    let mut words = line.trim_matches(|c: char| c.is_whitespace() || "|│\"'`*+:".contains(c)).split_whitespace();
    let mut is = |word: &str| words.next().is_some_and(|w| w.eq_ignore_ascii_case(word));
    is("QUERY") && is("PLAN") && words.next().is_none()
}

fn bare(lines: &[(usize, String)]) -> Block {
    Block { lines: unquoted(strip_borders(lines.to_vec())), duration_ms: None }
}

/// The lines between two headers.
fn framed(lines: &[(usize, String)]) -> Block {
    let width = lines.first().filter(|(_, line)| is_rule(line)).map(|(_, line)| line.chars().count());
    let mut kept: Vec<(usize, String)> = Vec::new();
    for (at, line) in lines {
        if is_row_count(line) {
            break;
        }
        if !is_rule(line) {
            kept.push((*at, line.clone()));
        }
    }
    let kept = strip_borders(kept);
    Block { lines: unquoted(strip_continuations(kept, width)), duration_ms: None }
}

/// `----+----`, with or without corners, in ASCII or box characters; never a line of text.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 3 && line.chars().all(|c| "-+|=─┼┤├═╞╡┌┐└┘┬┴╔╗╚╝".contains(c)) && !line.starts_with("->")
}

/// `(9 rows)` in any language.
fn is_row_count(line: &str) -> bool {
    let Some(inner) = line.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return false };
    let mut words = inner.split_whitespace();
    words.next().is_some_and(|n| n.parse::<u64>().is_ok()) && words.next().is_some() && words.next().is_none()
}

/// The number of a record's header in psql's expanded display: `-[ RECORD 1 ]----`, `* Record 1`.
fn record(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| "-+|=─┌├╔╟".contains(c));
    let number = match line.strip_prefix("[ RECORD ") {
        Some(rest) => rest.split_once(" ]")?.0,
        None => line.strip_prefix("* Record ")?.trim_end(),
    };
    number.chars().all(|c| c.is_ascii_digit()).then_some(number)
}

/// psql's expanded display: `QUERY PLAN | Seq Scan …`, further lines of a value in the same column.
fn expanded(lines: &[(usize, String)]) -> Vec<Block> {
    let mut all: Vec<Vec<(usize, String)>> = Vec::new();
    let mut column = None;
    for (at, line) in lines {
        if let Some(number) = record(line) {
            if number == "1" || all.is_empty() {
                all.push(Vec::new());
            }
            continue;
        }
        if is_rule(line) || is_row_count(line) {
            column = None;
            continue;
        }
        let is_boxed = line.starts_with(['|', '│', '║']);
        let line: Vec<char> = line.chars().collect();
        let title: Vec<char> = "QUERY PLAN ".chars().collect();
        if let Some(start) = [0, 2].into_iter().find(|start| line.get(*start..).is_some_and(|rest| rest.starts_with(&title))) {
            let after = start + title.len();
            column = Some(if line.get(after).is_some_and(|c| "|│║:".contains(*c)) { after + 2 } else { after });
        }
        let (Some(column), Some(plan)) = (column, all.last_mut()) else { continue };
        let value: String = line.get(column..).unwrap_or_default().iter().collect();
        let value = if is_boxed { value.trim_end_matches(['|', '│', '║']).trim_end() } else { value.trim_end() };
        if !value.is_empty() {
            plan.push((*at, value.to_owned()));
        }
    }
    all.into_iter().map(|lines| Block { lines: strip_continuations(lines, None), duration_ms: None }).collect()
}

/// Takes the bars off lines that all stand between bars.
fn strip_borders(lines: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let bars = ['|', '│', '║'];
    let inner = |line: &str| -> Option<String> {
        let line = line.trim();
        let line = line.strip_prefix(bars)?;
        let line = line.strip_suffix(bars).unwrap_or(line);
        Some(line.trim_end().to_owned())
    };
    let is_framed = |line: &str| line.trim().is_empty() || is_rule(line) || is_row_count(line) || inner(line).is_some();
    if !lines.iter().all(|(_, line)| is_framed(line)) {
        return lines;
    }
    lines
        .into_iter()
        .filter(|(_, line)| !is_rule(line) && !is_row_count(line))
        .map(|(at, line)| (at, inner(&line).unwrap_or(line)))
        .collect()
}

/// Takes off the `+` (or `↵`) by which psql says that a value goes on in the next line. `width` is that of the rule below the
/// header: the mark stands in its last column.
fn strip_continuations(lines: Vec<(usize, String)>, width: Option<usize>) -> Vec<(usize, String)> {
    let filled = lines.iter().filter(|(_, line)| !line.trim().is_empty()).count();
    let marked = lines.iter().filter(|(_, line)| line.ends_with(['+', '↵'])).count();
    let nearly_all = marked > 0 && marked + 1 >= filled;
    lines
        .into_iter()
        .map(|(at, line)| {
            let at_the_edge = line.ends_with('↵') || width.is_some_and(|width| line.ends_with('+') && line.chars().count() >= width);
            let line = if nearly_all || at_the_edge { line.trim_end_matches(['+', '↵']).trim_end().to_owned() } else { line };
            (at, line)
        })
        .collect()
}

/// Takes off the quotes of a CSV export: around each line, or around a value of many lines.
fn unquoted(lines: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let filled: Vec<&str> = lines.iter().map(|(_, line)| line.trim()).filter(|line| !line.is_empty()).collect();
    let (Some(first), Some(last)) = (filled.first(), filled.last()) else { return lines };
    let is_quoted = |line: &str| line.len() >= 2 && line.starts_with('"') && line.ends_with('"');
    if filled.iter().all(|line| is_quoted(line)) {
        let inner = |line: &str| line.trim().get(1..line.trim().len() - 1).unwrap_or_default().replace("\"\"", "\"");
        return lines.iter().map(|(at, line)| (*at, if line.trim().is_empty() { String::new() } else { inner(line) })).collect();
    }
    if !(filled.len() > 1 && first.starts_with('"') && last.ends_with('"')) {
        // DataGrip and others quote only the lines that need it.
        return lines
            .into_iter()
            .map(|(at, line)| (at, if is_quoted(&line) { line[1..line.len() - 1].replace("\"\"", "\"") } else { line }))
            .collect();
    }
    let (mut seen, count) = (0, filled.len());
    lines
        .iter()
        .map(|(at, line)| {
            if line.trim().is_empty() {
                return (*at, String::new());
            }
            seen += 1;
            let mut line = line.as_str();
            if seen == 1 {
                line = line.trim_start().strip_prefix('"').unwrap_or(line);
            }
            if seen == count {
                line = line.trim_end().strip_suffix('"').unwrap_or(line);
            }
            (*at, line.replace("\"\"", "\""))
        })
        .collect()
}
