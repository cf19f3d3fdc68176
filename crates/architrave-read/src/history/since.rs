//! Which scripts came after a git reference, and which of the older ones were touched.

use super::git::Git;
use super::{Kind, Pending, problem};
use crate::draft::{leading_digits, number_key};
use crate::{ReadError, liquibase, path};
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::Script;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The scripts that `reference` does not have yet, counted from where the branch left it: committed, staged or not even added.
/// Scripts that it has and whose files are changed or gone are problems; so are new ones that sort before what it has.
///
/// `root` is the project's directory, which may be any folder of a repository. The user's `git` is started, which only reads.
pub fn since(root: &Path, database: &ProjectDatabase, reference: &str) -> Result<Pending, ReadError> {
    let git = Git::open(root, reference)?;
    let reference = short(reference);
    let state = State { base: git.files_at(&git.base)?, tip: git.files_at(&git.tip)?, changed: git.changed()? };
    let mut pending = Pending::default();
    let mut shared: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, script) in database.scripts.iter().enumerate() {
        if !state.base.contains(&script.path) {
            pending.scripts.push(index);
        } else if state.changed.contains(&script.path) {
            match repeats(database, script) {
                Repeats::Never => pending.problems.push(problem(
                    Kind::EditedAfterMerge,
                    &script.path,
                    format!("changed after it was merged to {reference}: {}", edited(database.format)),
                )),
                Repeats::Always => pending.scripts.push(index),
                Repeats::ByChangeSet => shared.entry(&script.path).or_default().push(index),
            }
        }
    }
    for (file, indexes) in shared {
        change_sets(&git, root, database, file, &indexes, &mut pending);
    }
    pending.scripts.sort_unstable();
    deleted(root, database, &state, reference, &mut pending);
    out_of_order(database, &state, reference, &mut pending);
    pending.problems.sort();
    pending.problems.dedup();
    Ok(pending)
}

/// A commit's name as people write it: a full hash by its first characters, everything else as it is.
fn short(reference: &str) -> &str {
    let is_hash = reference.len() >= 40 && reference.bytes().all(|b| b.is_ascii_hexdigit());
    reference.get(..12).filter(|_| is_hash).unwrap_or(reference)
}

/// Files of the two commits, and what changed since the first.
struct State {
    base: BTreeSet<String>,
    tip: BTreeSet<String>,
    changed: BTreeSet<String>,
}

/// What a runner does with a file that it has run before.
enum Repeats {
    Never,
    Always,
    ByChangeSet,
}

fn repeats(database: &ProjectDatabase, script: &Script) -> Repeats {
    match database.format {
        MigrationFormat::Liquibase => Repeats::ByChangeSet,
        MigrationFormat::SchemaFile | MigrationFormat::PgDump | MigrationFormat::RailsStructure => Repeats::Always,
        MigrationFormat::Flyway if script.version.starts_with("R__") => Repeats::Always,
        // Roles and declarative schemas are written anew as a whole.
        MigrationFormat::Supabase if !path::is_within(&script.path, &database.path) || database.path.ends_with("schemas") => {
            Repeats::Always
        }
        _ => Repeats::Never,
    }
}

/// What follows from an edit, as a clause.
fn edited(format: MigrationFormat) -> &'static str {
    use MigrationFormat::{Atlas, Flyway, Prisma, Refinery, Sqlx};
    match format {
        Flyway | Sqlx | Refinery | Atlas => "a database that has it will refuse to go on, for the checksum differs",
        Prisma => "a database that has it never gets the change, and prisma migrate dev wants to reset it",
        _ => "a database that has it never gets the change",
    }
}

/// A Liquibase file: the change sets that the old text does not have are pending, those that differ were edited.
fn change_sets(git: &Git<'_>, root: &Path, database: &ProjectDatabase, file: &str, indexes: &[usize], pending: &mut Pending) {
    let decode = |bytes: Vec<u8>| crate::text::decode(&bytes).map(|f| f.text).unwrap_or_default();
    let old = liquibase::bodies(&git.content(file).map(decode).unwrap_or_default());
    let new = liquibase::bodies(&crate::text::read(&root.join(file)).map(|f| f.text).unwrap_or_default());
    for index in indexes {
        let script = &database.scripts[*index];
        match (old.get(&script.version), new.get(&script.version)) {
            (None, _) => pending.scripts.push(*index),
            (Some(before), Some(now)) if before.text != now.text && now.repeats => pending.scripts.push(*index),
            (Some(before), Some(now)) if before.text != now.text => {
                let mut found = problem(
                    Kind::EditedAfterMerge,
                    file,
                    format!(
                        "change set {} was changed after it was merged: Liquibase refuses it, for the checksum differs",
                        script.version
                    ),
                );
                found.location.line = now.line;
                pending.problems.push(found);
            }
            _ => {}
        }
    }
}

/// Files that were scripts at the base and are gone.
fn deleted(root: &Path, database: &ProjectDatabase, state: &State, reference: &str, pending: &mut Pending) {
    let folder = if database.path == "." { "" } else { &database.path };
    if matches!(database.format, MigrationFormat::SchemaFile | MigrationFormat::PgDump | MigrationFormat::RailsStructure) {
        return;
    }
    let own = |file: &&String| path::is_within(file, folder) && is_script(file) && !root.join(file.as_str()).exists();
    for file in state.base.iter().filter(own) {
        let what = format!("removed after it was merged to {reference}: a database that has it and an empty one are no longer the same");
        pending.problems.push(problem(Kind::DeletedAfterMerge, file, what));
    }
}

/// A name as migrations have it, in the way up.
fn is_script(file: &str) -> bool {
    let name = path::file_name(file);
    let is_down = name.ends_with(".down.sql") || name == "down.sql";
    path::has_extension(name, "sql") && !is_down && (number_of(file).is_some() || matches!(name, "up.sql" | "migration.sql"))
}

/// The number that a file or its folder starts with, `V` before it left out.
fn number_of(file: &str) -> Option<(usize, &str)> {
    let of = |name: &'_ str| -> Option<(usize, usize)> {
        let start = usize::from(name.starts_with(['V', 'v']));
        leading_digits(&name[start..]).map(|(digits, _)| (start, start + digits.len()))
    };
    let name = path::file_name(file);
    let folder = path::file_name(path::parent(file));
    let found = of(name).map(|(from, to)| &name[from..to]).or_else(|| of(folder).map(|(from, to)| &folder[from..to]));
    found.map(number_key)
}

/// Pending scripts before merged ones, and two of one number from two branches.
fn out_of_order(database: &ProjectDatabase, state: &State, reference: &str, pending: &mut Pending) {
    let Some(consequence) = late(database.format) else { return };
    let repeatable = |script: &Script| matches!(repeats(database, script), Repeats::Always);
    let newest = database.scripts.iter().rposition(|s| state.base.contains(&s.path) && !repeatable(s));
    let folder = if database.path == "." { "" } else { &database.path };
    // What others have merged since, and this branch does not have yet.
    let elsewhere: Vec<(&String, (usize, &str))> = state
        .tip
        .difference(&state.base)
        .filter(|f| path::is_within(f, folder) && is_script(f) && !database.scripts.iter().any(|s| s.path == **f))
        .filter_map(|f| Some((f, number_of(f)?)))
        .collect();
    for index in &pending.scripts {
        let script = &database.scripts[*index];
        if repeatable(script) {
            continue;
        }
        if let Some(merged) = newest.filter(|newest| index < newest) {
            let what = format!("sorts before {}, which {reference} has already: {consequence}", database.scripts[merged].path);
            pending.problems.push(problem(Kind::OutOfOrder, &script.path, what));
            continue;
        }
        let Some(own) = number_of(&script.path) else { continue };
        if let Some((other, _)) = elsewhere.iter().find(|(_, number)| *number == own) {
            let what = format!("{reference} has the same number in {other}, merged since this branch began");
            pending.problems.push(problem(Kind::DuplicateVersion, &script.path, what));
        } else if let Some((other, _)) = elsewhere.iter().filter(|(_, number)| *number > own).max_by_key(|(_, number)| *number) {
            let what = format!("sorts before {other}, merged to {reference} since this branch began: {consequence}");
            pending.problems.push(problem(Kind::OutOfOrder, &script.path, what));
        }
    }
}

/// What the runner does with a script that comes after later ones, as a clause; none where order is not by name.
pub(super) fn late(format: MigrationFormat) -> Option<&'static str> {
    use MigrationFormat as F;
    Some(match format {
        F::Supabase => "supabase db push stops, unless it is told --include-all",
        F::Drizzle => "a database that has the later one skips it silently",
        F::GolangMigrate | F::Tern => "a database at the later version never runs it",
        F::Flyway => "Flyway refuses it as out of order, or ignores it",
        F::Goose => "goose refuses it, unless it is told -allow-missing",
        F::NodePgMigrate => "node-pg-migrate refuses the order",
        F::Refinery => "refinery stops at it",
        F::Atlas => "Atlas refuses a history that is not linear",
        F::GraphileMigrate => "graphile-migrate refuses it, for the hashes form a chain",
        F::SchemaFile | F::PgDump | F::RailsStructure | F::Liquibase | F::Sqitch | F::Alembic => return None,
        F::Prisma
        | F::Sqlx
        | F::Diesel
        | F::Dbmate
        | F::Hasura
        | F::SqlMigrate
        | F::Knex
        | F::TypeOrm
        | F::Sequelize
        | F::MikroOrm
        | F::NumberedSql => "deployed databases run it after, an empty one before",
    })
}
