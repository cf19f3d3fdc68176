//! Markdown to sentences with places: bullets and paragraphs outside fences, headings, tables, comments and front matter left out.

/// A sentence as written, markup included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A character with its place.
type Placed = (char, u32, u32);

/// Bullets and paragraphs, each as its sentences.
pub(super) fn blocks(text: &str) -> Vec<Vec<Sentence>> {
    let mut reader = BlockReader::default();
    let mut fence: Option<String> = None;
    let mut comment = false;
    let mut front_matter = false;
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = line.trim_end();
        let trimmed = line.trim_start();
        if index == 0 && trimmed == "---" {
            front_matter = true;
            continue;
        }
        if front_matter {
            front_matter = trimmed != "---" && trimmed != "...";
            continue;
        }
        if let Some(open) = &fence {
            if trimmed.starts_with(open.as_str()) && trimmed.trim_matches(|c| c == '`' || c == '~').is_empty() {
                fence = None;
            }
            continue;
        }
        let mark: String = trimmed.chars().take_while(|c| *c == '`' || *c == '~').collect();
        if mark.len() >= 3 && !trimmed[mark.len()..].contains('`') {
            reader.end();
            fence = Some(mark);
            continue;
        }
        if comment || trimmed.starts_with("<!--") {
            comment = !trimmed.contains("-->");
            reader.end();
            continue;
        }
        let rule = trimmed.len() >= 3 && ["-", "*", "_", "="].iter().any(|m| trimmed.replace(' ', "").replace(m, "").is_empty());
        if trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with('|') || rule {
            reader.end();
            continue;
        }
        reader.line(line, number);
    }
    reader.end();
    reader.blocks
}

/// Sentences of one text in one place, for rules that come without Markdown.
pub(super) fn split_text(whole: &Sentence) -> Vec<Sentence> {
    let placed: Vec<Placed> = whole.text.chars().map(|c| (c, whole.line, whole.column)).collect();
    sentences(&placed)
}

#[derive(Default)]
struct BlockReader {
    blocks: Vec<Vec<Sentence>>,
    open: Vec<Placed>,
}

impl BlockReader {
    fn line(&mut self, line: &str, number: u32) {
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let mut rest = line.trim_start();
        let mut column = indent + 1;
        while let Some(quoted) = rest.strip_prefix('>') {
            let inner = quoted.trim_start();
            column += rest.chars().count() - inner.chars().count();
            rest = inner;
        }
        if let Some(text) = after_bullet(rest) {
            self.end();
            column += rest.chars().count() - text.chars().count();
            rest = text;
        } else if !self.open.is_empty() {
            self.open.push((' ', number, 1));
        }
        let place = |(i, c): (usize, char)| (c, number, u32::try_from(column + i).unwrap_or(u32::MAX));
        self.open.extend(rest.chars().enumerate().map(place));
    }

    fn end(&mut self) {
        let placed = std::mem::take(&mut self.open);
        let sentences = sentences(&placed);
        if !sentences.is_empty() {
            self.blocks.push(sentences);
        }
    }
}

/// The text behind `- `, `* `, `+ `, `1. `, `1) ` and a check box.
fn after_bullet(line: &str) -> Option<&str> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let rest = match line.strip_prefix(['-', '*', '+', '•']) {
        Some(rest) => rest,
        None if (1..=3).contains(&digits) => line[digits..].strip_prefix(['.', ')'])?,
        None => return None,
    };
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    let text = rest.trim_start();
    Some(["[ ] ", "[x] ", "[X] "].iter().find_map(|b| text.strip_prefix(b)).unwrap_or(text))
}

/// Splits at `.`, `!` and `?` before a blank, outside code, unless the word is an abbreviation.
fn sentences(placed: &[Placed]) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut code = false;
    for (i, (c, _, _)) in placed.iter().enumerate() {
        if *c == '`' {
            code = !code;
        }
        let ends = matches!(c, '.' | '!' | '?');
        let blank_next = placed.get(i + 1).is_none_or(|(n, _, _)| n.is_whitespace());
        // A closing mark of emphasis may stand behind the full stop.
        let emphasis_next = placed.get(i + 1).is_some_and(|(n, _, _)| matches!(n, '*' | '_' | ')' | '"'))
            && placed.iter().skip(i + 1).find(|(n, _, _)| !matches!(n, '*' | '_')).is_none_or(|(n, _, _)| n.is_whitespace());
        if !ends || code || !(blank_next || emphasis_next) || is_abbreviation(&placed[start..=i]) {
            continue;
        }
        let mut end = i + 1;
        while emphasis_next && placed.get(end).is_some_and(|(n, _, _)| matches!(n, '*' | '_')) {
            end += 1;
        }
        push(&mut out, &placed[start..end]);
        start = end;
    }
    if start < placed.len() {
        push(&mut out, &placed[start..]);
    }
    out
}

fn push(out: &mut Vec<Sentence>, placed: &[Placed]) {
    let skipped = placed.iter().take_while(|(c, _, _)| c.is_whitespace()).count();
    let Some((_, line, column)) = placed.get(skipped) else { return };
    let text: String = placed[skipped..].iter().map(|(c, _, _)| *c).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(char::is_alphanumeric) {
        out.push(Sentence { text, line: *line, column: *column });
    }
}

fn is_abbreviation(so_far: &[Placed]) -> bool {
    let text: String = so_far.iter().map(|(c, _, _)| *c).collect();
    let word = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default().to_lowercase();
    matches!(word.as_str(), "e.g." | "i.e." | "etc." | "vs." | "cf." | "resp." | "incl." | "approx." | "no.")
}
