//! Placeholders in SQL: filled in where the project tells their value, with every place kept as it is in the file.

use crate::sql::{self, Parsed};
use crate::text::TextFile;

/// A text with its placeholders filled in.
pub(crate) struct Filled {
    /// The text to split.
    pub(crate) file: TextFile,
    /// Ascending.
    edits: Vec<Edit>,
    /// Line of the first placeholder without a value.
    pub(crate) unknown_line: Option<u32>,
}

/// One replacement within a line.
#[derive(Debug)]
struct Edit {
    /// Byte offset in the new text right after the replacement.
    after: usize,
    line: u32,
    /// Column in the new text right after the replacement, from 1.
    column: u32,
    /// Bytes that the old text was longer, this replacement and all before it.
    bytes: isize,
    /// Characters that the old text was longer, this replacement and those before it in its line.
    columns: isize,
}

/// Fills in what stands between `open` and `close`, blanks around it left out.
pub(crate) fn fill(original: &TextFile, open: &str, close: &str, value: &dyn Fn(&str) -> Option<String>) -> Filled {
    let text = &original.text;
    let mut filled = Filled {
        file: TextFile { text: String::with_capacity(text.len()), bom: original.bom, notes: Vec::new() },
        edits: Vec::new(),
        unknown_line: None,
    };
    // How far lines are counted: offset in the old text, line there, start of that line in the new text.
    let (mut counted, mut line, mut line_start) = (0, 1_u32, 0);
    let mut from = 0;
    while let Some(start) = text[from..].find(open).map(|n| from + n) {
        let inner = start + open.len();
        let Some(end) = text[inner..].find(close).map(|n| inner + n + close.len()) else { break };
        let inside = text[inner..end - close.len()].split_whitespace().collect::<Vec<_>>().join(" ");
        let out = &mut filled.file.text;
        out.push_str(&text[from..start]);
        let breaks = text[counted..start].bytes().filter(|b| *b == b'\n').count();
        if breaks > 0 {
            line += u32::try_from(breaks).unwrap_or(0);
            line_start = out.rfind('\n').map_or(0, |n| n + 1);
        }
        counted = start;
        let known = value(&inside).filter(|v| !v.contains('\n') && !text[start..end].contains('\n'));
        if let Some(value) = known {
            out.push_str(&value);
            let longer = |new: usize, old: usize| isize::try_from(old).unwrap_or(0) - isize::try_from(new).unwrap_or(0);
            let last = filled.edits.last();
            let bytes = last.map_or(0, |e| e.bytes) + longer(value.len(), end - start);
            let columns = last.filter(|e| e.line == line).map_or(0, |e| e.columns);
            let columns = columns + longer(value.chars().count(), text[start..end].chars().count());
            let column = u32::try_from(out[line_start..].chars().count() + 1).unwrap_or(u32::MAX);
            filled.edits.push(Edit { after: out.len(), line, column, bytes, columns });
        } else {
            out.push_str(&text[start..end]);
            filled.unknown_line.get_or_insert(line);
        }
        from = end;
    }
    filled.file.text.push_str(&text[from..]);
    filled
}

impl Filled {
    /// How many were filled in.
    pub(crate) fn replaced(&self) -> usize {
        self.edits.len()
    }

    /// Turns places in the filled text back into places in the file.
    pub(crate) fn restore(&self, parsed: &mut Parsed) {
        if self.edits.is_empty() {
            return;
        }
        for statement in &mut parsed.statements {
            let at = statement.offset - self.file.bom;
            let before = self.edits.partition_point(|e| e.after <= at);
            let longer = before.checked_sub(1).map_or(0, |last| self.edits[last].bytes);
            statement.offset = statement.offset.saturating_add_signed(longer);
            statement.column = self.shifted(statement.line, statement.column);
            for touch in &mut statement.touches {
                touch.column = self.shifted(touch.line, touch.column);
            }
        }
        for (line, column, _) in &mut parsed.notes {
            *column = self.shifted(*line, *column);
        }
    }

    fn shifted(&self, line: u32, column: u32) -> u32 {
        let before = self.edits.partition_point(|e| (e.line, e.column) <= (line, column));
        let last = before.checked_sub(1).map(|last| &self.edits[last]).filter(|e| e.line == line);
        column.saturating_add_signed(last.map_or(0, |e| i32::try_from(e.columns).unwrap_or(0)))
    }
}

/// The first placeholder in the code of a statement: outside of strings and comments no SQL has `{{`, `{%`, `${` or `<%= … %>`.
pub(crate) fn in_code(text: &str) -> Option<String> {
    if !["{{", "{%", "${", "<%="].iter().any(|open| text.contains(open)) {
        return None;
    }
    let code = sql::code_only(text);
    let found = |open: &str, close: &str| {
        let start = code.find(open)?;
        let end = text[start..].find(close).map_or(text.len(), |n| start + n + close.len());
        Some((start, text.get(start..end)?.chars().take(60).collect::<String>()))
    };
    let embedded = || code.contains("%>").then(|| found("<%=", "%>")).flatten();
    [found("{{", "}}"), found("{%", "%}"), found("${", "}"), embedded()].into_iter().flatten().min().map(|(_, placeholder)| placeholder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_those_of_the_file() {
        let file = TextFile {
            text: "alter table ${s}.a add b int; alter table ${ long_name }.é add ${none} int;\nselect 1;".into(),
            ..TextFile::default()
        };
        let value = |name: &str| match name {
            "s" => Some("a_much_longer_schema".to_owned()),
            "long_name" => Some("x".to_owned()),
            _ => None,
        };
        let filled = fill(&file, "${", "}", &value);
        let mut parsed = sql::whole(&filled.file, &sql::plain());
        filled.restore(&mut parsed);
        assert_eq!((filled.replaced(), filled.unknown_line), (2, Some(1)));
        let at: Vec<(u32, u32)> = parsed.statements.iter().map(|s| (s.line, s.column)).collect();
        assert_eq!(at, [(1, 1), (1, 31), (2, 1)]);
        assert!(file.text[parsed.statements[1].offset..].starts_with("alter table ${ long"));
        assert!(parsed.statements[0].text.starts_with("alter table a_much_longer_schema.a"));
    }

    #[test]
    fn only_code_has_placeholders() {
        assert_eq!(in_code("create table {{ schema }}.a ()").as_deref(), Some("{{ schema }}"));
        assert_eq!(in_code("grant select on a to <%= role %>").as_deref(), Some("<%= role %>"));
        assert_eq!(in_code("select a <% b, c %> d"), None);
        assert_eq!(in_code("create table ${x}.a ('{{1,2},{3}}')").as_deref(), Some("${x}"));
        assert_eq!(in_code("insert into a values ('{{1,2},{3,4}}', '${x}') -- {{"), None);
        assert_eq!(in_code("do $${{}}$$"), None);
        assert_eq!(in_code("{% if large %} create index on a (b)").as_deref(), Some("{% if large %}"));
        assert_eq!(in_code("select 1 where a like '{%'"), None);
    }
}
