//! dbmate: `<digits>….sql` by file name, sections `-- migrate:up` and `-- migrate:down`; `transaction:false` sends the section as one message.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft, leading_digits, one_message};
use crate::history::Kind;
use crate::markers::{self, Tool};
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::sql;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Dbmate;

impl Reader for Dbmate {
    fn folder(&self) -> &'static str {
        "dbmate"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Dbmate
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        for (folder, files) in input.sql_folders() {
            if found.claims.has_folder(&folder) || !files.iter().any(|f| input.tree.sniff(f).tools.contains(&Tool::Dbmate)) {
                continue;
            }
            if !found.claim_folder(input, &folder, &files) {
                continue;
            }
            let mut draft = Draft::new(self.format(), &folder, &folder);
            for file in &files {
                read_file(input, file, &mut draft);
            }
            draft.note_duplicates("dbmate", false);
            found.take(draft);
        }
    }
}

fn read_file(input: &Input<'_>, file: &str, draft: &mut Draft) {
    let Some((version, _)) = leading_digits(path::file_name(file)) else {
        return draft.note_skipped(file, "dbmate", "<digits>….sql");
    };
    let Some(text) = draft.load(input, file) else { return };
    let sections = markers::sections(&text.text, Tool::Dbmate);
    if !sections.has_up {
        return draft.problem(file, 1, Kind::RefusedByRunner, "dbmate refuses this file: it has no -- migrate:up");
    }
    if let Some(line) = indented_mark(&text.text) {
        draft.problem(file, line, Kind::RefusedByRunner, "dbmate does not see this mark and refuses the file: a mark begins its line");
    }
    let parsed = sql::parts(&text, &sections.up, &sql::plain());
    let without = |options: &str| options.split_whitespace().any(|o| o == "transaction:false");
    let mode = if without(&sections.up_options) { one_message(&parsed.statements) } else { TransactionMode::PerFile };
    let down = Down::of_sections(&text, &sections);
    let down = if without(&sections.down_options) { down.in_one_message() } else { down.wrapped(TransactionMode::PerFile) };
    draft.push(file, version, mode, parsed, down);
}

/// The line of the first mark that does not begin its line.
fn indented_mark(text: &str) -> Option<u32> {
    let is_mark = |line: &str| {
        let mark = line.trim_start().strip_prefix("--").map(str::trim_start);
        line.starts_with([' ', '\t']) && mark.is_some_and(|m| m.starts_with("migrate:up") || m.starts_with("migrate:down"))
    };
    u32::try_from(text.lines().position(is_mark)? + 1).ok()
}
