//! Folders of migrations that are programs, read as far as they hand SQL over: what the tools of one language have in common.

use super::{Calls, Language, Program, load};
use crate::dialect;
use crate::draft::{Down, Draft};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reading};
use crate::sql::code_only;
use crate::text::TextFile;
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// A tool whose migrations are programs.
pub(crate) struct Tool {
    pub(crate) format: MigrationFormat,
    pub(crate) calls: Calls,
    /// Whether a text is one of its migrations.
    pub(crate) is_ours: fn(&str) -> bool,
    /// Whether a file's name is one of a migration.
    pub(crate) is_named: fn(&str) -> bool,
    /// How it wraps a migration, by its text.
    pub(crate) mode: fn(&str) -> TransactionMode,
    /// The version, as its history table has it, by file name and text.
    pub(crate) version: fn(&str, &str) -> String,
}

/// One migration as read.
pub(crate) struct Step {
    pub(crate) file: String,
    pub(crate) text: TextFile,
    pub(crate) program: Program,
}

/// Folders of JavaScript or TypeScript migrations, most of which are plain SQL. The others stay for [`crate::unread`].
pub(crate) fn read_folders(tool: &Tool, input: &Input<'_>, found: &mut Reading) {
    let folders: Vec<String> = input
        .tree
        .folders()
        .filter(|(folder, content)| in_migrations(folder) && content.files.iter().any(|f| Language::of(f).is_some() && (tool.is_named)(f)))
        .map(|(folder, _)| folder.to_owned())
        .collect();
    for folder in folders {
        if found.claims.has_folder(&folder) {
            continue;
        }
        let steps = steps(tool, input, &folder);
        let whole = steps.iter().filter(|s| s.program.is_sql()).count();
        if steps.is_empty() || whole * 2 <= steps.len() || !steps.iter().any(hands_over) {
            continue;
        }
        if let Some(why) = why_foreign(input, &folder, &steps) {
            found.leave_out(&folder, &why);
            continue;
        }
        found.claims.add_folder(&folder);
        let mut draft = Draft::new(tool.format, &folder, &folder);
        for step in &steps {
            let mode = (tool.mode)(&step.text.text);
            push(&mut draft, step, (tool.version)(path::file_name(&step.file), &step.text.text), mode);
        }
        name_programs(&mut draft, &steps);
        found.take(draft);
    }
}

fn in_migrations(folder: &str) -> bool {
    folder.split('/').any(|part| matches!(part.to_lowercase().as_str(), "migrations" | "migration"))
}

fn hands_over(step: &Step) -> bool {
    step.program.up.as_ref().is_some_and(|up| !up.sql.is_empty())
}

fn steps(tool: &Tool, input: &Input<'_>, folder: &str) -> Vec<Step> {
    let Some(content) = input.tree.folder(folder) else { return Vec::new() };
    let names: Vec<&String> = content.files.iter().filter(|f| Language::of(f) == Some(Language::Script) && (tool.is_named)(f)).collect();
    // Beside a source, what was compiled from it does not count.
    let source =
        |name: &str| name.rsplit_once('.').filter(|(_, e)| *e != "ts").is_some_and(|(stem, _)| content.has_file(&format!("{stem}.ts")));
    let mut out = Vec::new();
    for name in names.into_iter().filter(|n| !source(n)) {
        let file = path::join(folder, name);
        let Some((text, program)) = load(input, &file, &tool.calls) else { continue };
        if program.up.is_none() || !(tool.is_ours)(&text.text) {
            if out.is_empty() {
                return Vec::new();
            }
            continue;
        }
        out.push(Step { file, text, program });
    }
    out
}

/// Why the SQL of programs is not PostgreSQL's: a clause.
pub(crate) fn why_foreign(input: &Input<'_>, folder: &str, steps: &[Step]) -> Option<String> {
    if let Some(engine) = path::ancestors(folder).take(3).find_map(|f| dialect::of_folder_name(path::file_name(f))) {
        return (engine != "PostgreSQL").then(|| format!("its folder is named for {engine}"));
    }
    let mut foreign = None;
    for step in steps {
        let texts = step.program.up.iter().flat_map(|up| &up.sql).map(|l| l.text.as_str());
        let text = texts.collect::<Vec<_>>().join(";\n");
        let code = code_only(&text).to_lowercase();
        if dialect::is_postgres(&text, &code) {
            return None;
        }
        if let (None, Some(found)) = (&foreign, dialect::foreign(&text, &code)) {
            foreign = Some(format!("it is written for {}: {} in {}", found.dialect, found.evidence, step.file));
        }
    }
    foreign.or_else(|| input.only_engine_near(folder).map(|(engine, file)| format!("{file} names {engine} and no PostgreSQL")))
}

/// Adds a migration with what it hands over.
pub(crate) fn push(draft: &mut Draft, step: &Step, version: String, mode: TransactionMode) {
    let up = step.program.up.as_ref().map(|way| way.parsed(&step.text)).unwrap_or_default();
    let down = step.program.down.as_ref();
    let exists = down.is_some_and(|way| !way.sql.is_empty() || !way.others.is_empty());
    let down = Down { exists, parsed: down.map(|way| way.parsed(&step.text)).unwrap_or_default(), ..Down::default() };
    draft.push(&step.file, version, mode, up, down);
}

/// Names the migrations that do more than hand SQL over: one gap, and a note at the first such call of each.
pub(crate) fn name_programs(draft: &mut Draft, steps: &[Step]) {
    let mut first: Option<(&str, usize)> = None;
    for step in steps {
        let Some((line, call)) = step.program.up.as_ref().and_then(|up| up.others.first()) else { continue };
        draft.problem(&step.file, *line, Kind::Unread, format!("{call} is a call, not SQL; what it does is not read"));
        first = Some(first.map_or((step.file.as_str(), 0), |(file, more)| (file, more + 1)));
    }
    if let Some((file, more)) = first {
        let more = if more > 0 { format!(" and {more} more migrations of {}", draft.database.path) } else { String::new() };
        draft.gap(Gap::new(format!("{file}{more}"), "written as a program in part; only its SQL is read", None));
    }
}

/// Whether a name starts with a time or a long number.
pub(crate) fn starts_with_time(name: &str) -> bool {
    name.bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').filter(u8::is_ascii_digit).count() >= 8
}
