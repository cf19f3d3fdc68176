//! golang-migrate (and pop, whose files look the same): `<number>_name.up.sql` by number, each sent as one message.
//!
//! supabase/auth writes templates into such files; the name of its schema is put in.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, leading_digits, number_key, one_message};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::text::TextFile;
use crate::{dialect, sql};
use architrave_model::project::MigrationFormat;

/// The reader.
pub(crate) struct GolangMigrate;

/// Schema that supabase/auth lives in.
const NAMESPACE: &str = "auth";

impl Reader for GolangMigrate {
    fn folder(&self) -> &'static str {
        "golang_migrate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::GolangMigrate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !files.iter().any(|f| version_of(path::file_name(f)).is_some()) {
                continue;
            }
            if let Some(why) = dialect::why_foreign(input, &folder, &files) {
                found.leave_out(&folder, &why);
                continue;
            }
            found.claims.add_folder(&folder);
            found.take(read_folder(self.format(), input, &folder, &files));
        }
    }
}

/// The number of an up file.
fn version_of(name: &str) -> Option<&str> {
    let (digits, rest) = leading_digits(name)?;
    (rest.starts_with('_') && rest.ends_with(".up.sql")).then_some(digits)
}

fn read_folder(format: MigrationFormat, input: &Input<'_>, folder: &str, files: &[String]) -> Draft {
    let mut draft = Draft::new(format, folder, folder);
    let mut ordered = Vec::new();
    let mut templated: Vec<String> = Vec::new();
    for file in files.iter().filter(|f| !f.ends_with(".down.sql")) {
        match version_of(path::file_name(file)) {
            Some(version) => ordered.push((version, file)),
            None => draft.note_skipped(file, "golang-migrate", "<number>_name.up.sql"),
        }
    }
    ordered.sort_by(|a, b| number_key(a.0).cmp(&number_key(b.0)).then(a.1.cmp(b.1)));
    for (version, file) in ordered {
        let Some(parsed) = read_filled(input, file, &mut draft, &mut templated) else { continue };
        let down = file.strip_suffix(".up.sql").map(|stem| format!("{stem}.down.sql")).filter(|f| input.tree.has_file(f));
        let down = down.map(|file| {
            let parsed = read_filled(input, &file, &mut draft, &mut templated).unwrap_or_default();
            Down { exists: true, path: Some(file), parsed, transaction: None }.in_one_message()
        });
        draft.push(file, version, one_message(&parsed.statements), parsed, down.unwrap_or_default());
    }
    if let Some(first) = templated.first() {
        let more = if templated.len() > 1 { format!(", here and in {} more", templated.len() - 1) } else { String::new() };
        let text = format!("the template {{{{ index .Options \"Namespace\" }}}} was read as {NAMESPACE}{more}");
        draft.note(first, 1, text);
    }
    draft.note_duplicates("golang-migrate", true);
    draft
}

/// The statements of a file with its templates filled in, at their places in the file as it is.
fn read_filled(input: &Input<'_>, file: &str, draft: &mut Draft, templated: &mut Vec<String>) -> Option<sql::Parsed> {
    let text = draft.load(input, file)?;
    let filled = fill_templates(&text);
    if filled.replaced > 0 {
        templated.push(file.to_owned());
    }
    if let Some(line) = filled.unknown_line {
        draft.note(file, line, "a template that cannot be filled in; it was left as it is");
    }
    let mut parsed = sql::whole(&filled.file, &sql::plain());
    filled.edits.restore(&text, &mut parsed);
    Some(parsed)
}

/// A text with its templates filled in.
struct Filled {
    file: TextFile,
    edits: Edits,
    replaced: usize,
    unknown_line: Option<u32>,
}

/// Replacements within lines: where in the new text, and how many bytes and characters the old text was longer.
#[derive(Debug, Default)]
struct Edits(Vec<Edit>);

#[derive(Debug)]
struct Edit {
    /// Byte offset in the new text right after the replacement.
    after: usize,
    line: u32,
    /// Column in the new text right after the replacement, from 1.
    column: u32,
    longer_by: usize,
}

fn fill_templates(original: &TextFile) -> Filled {
    let text = &original.text;
    let mut filled = Filled {
        file: TextFile { text: String::with_capacity(text.len()), bom: original.bom, notes: Vec::new() },
        edits: Edits::default(),
        replaced: 0,
        unknown_line: None,
    };
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|n| from + n) {
        let Some(end) = text[start..].find("}}").map(|n| start + n + 2) else { break };
        let out = &mut filled.file.text;
        out.push_str(&text[from..start]);
        let inside: String = text[start + 2..end - 2].split_whitespace().collect::<Vec<_>>().join(" ");
        if inside == "index .Options \"Namespace\"" && !text[start..end].contains('\n') {
            out.push_str(NAMESPACE);
            let line_start = out.rfind('\n').map_or(0, |n| n + 1);
            filled.edits.0.push(Edit {
                after: out.len(),
                line: sql::line_of(out, out.len()),
                column: u32::try_from(out[line_start..].chars().count() + 1).unwrap_or(u32::MAX),
                longer_by: (end - start) - NAMESPACE.len(),
            });
            filled.replaced += 1;
        } else {
            out.push_str(&text[start..end]);
            filled.unknown_line.get_or_insert(sql::line_of(text, start));
        }
        from = end;
    }
    filled.file.text.push_str(&text[from..]);
    filled
}

impl Edits {
    /// Turns places in the filled text back into places in the file.
    fn restore(&self, original: &TextFile, parsed: &mut sql::Parsed) {
        if self.0.is_empty() {
            return;
        }
        for statement in &mut parsed.statements {
            let at = statement.offset - original.bom;
            statement.offset += self.0.iter().filter(|e| e.after <= at).map(|e| e.longer_by).sum::<usize>();
            statement.column += self.shift(statement.line, statement.column);
            for touch in &mut statement.touches {
                touch.column += self.shift(touch.line, touch.column);
            }
        }
        for (line, column, _) in &mut parsed.notes {
            *column += self.shift(*line, *column);
        }
    }

    fn shift(&self, line: u32, column: u32) -> u32 {
        let longer: usize = self.0.iter().filter(|e| e.line == line && e.column <= column).map(|e| e.longer_by).sum();
        u32::try_from(longer).unwrap_or(0)
    }
}
