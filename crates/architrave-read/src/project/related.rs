//! Folders of one project that belong to one database: scripts that go on where another folder's stop, and a dump beside its history.

use crate::path;
use crate::sql;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::{Script, Touch};
use architrave_model::{Gap, ObjectKind};
use std::collections::BTreeSet;

/// Folders that continue another's scripts join it; a single file that has the tables of a history is left out.
pub(super) fn joined(databases: Vec<ProjectDatabase>, gaps: &mut Vec<Gap>) -> Vec<ProjectDatabase> {
    if databases.len() < 2 {
        return databases;
    }
    join_continuations(without_dumps(databases, gaps), gaps)
}

/// For each database the one whose scripts make what its own work on, where there is one; what is continued stands by itself.
pub fn foundations(databases: &[ProjectDatabase]) -> Vec<Option<usize>> {
    bases(databases, true)
}

/// `anywhere`: in the whole project, not only beside it.
fn bases(databases: &[ProjectDatabase], anywhere: bool) -> Vec<Option<usize>> {
    if databases.len() < 2 {
        return vec![None; databases.len()];
    }
    let made: Vec<Made> = databases.iter().map(made).collect();
    let bases: Vec<Option<usize>> = (0..databases.len()).map(|at| base_of(databases, &made, at, anywhere)).collect();
    let stands = |at: usize, base: usize| bases[base].is_none_or(|back| back == at && base < at);
    bases.iter().enumerate().map(|(at, base)| base.filter(|base| stands(at, *base))).collect()
}

/// Names in lower case.
#[derive(Debug, Default)]
struct Made {
    /// With their schemas.
    full: BTreeSet<String>,
    /// Without.
    relations: BTreeSet<String>,
    types: BTreeSet<String>,
}

fn made(database: &ProjectDatabase) -> Made {
    let mut made = Made::default();
    let created = |touch: &&Touch| touch.created;
    for touch in database.scripts.iter().flat_map(|s| &s.statements).flat_map(|s| &s.touches).filter(created) {
        match touch.object.kind {
            ObjectKind::Table | ObjectKind::View => {
                let schema = touch.object.schema.as_deref().unwrap_or("public");
                made.full.insert(format!("{schema}.{}", touch.object.name).to_lowercase());
                made.relations.insert(touch.object.name.to_lowercase())
            }
            ObjectKind::Type => made.types.insert(touch.object.name.to_lowercase()),
            _ => false,
        };
    }
    made
}

/// How many scripts a folder without a tool has at most to be a copy for containers and tests.
const FEW: usize = 3;

/// One file, or a few, with the schema of a history that lies in the project as well: the history is read.
fn without_dumps(databases: Vec<ProjectDatabase>, gaps: &mut Vec<Gap>) -> Vec<ProjectDatabase> {
    let is_single = |d: &ProjectDatabase| match d.format {
        MigrationFormat::SchemaFile | MigrationFormat::PgDump => true,
        MigrationFormat::NumberedSql => d.scripts.len() <= FEW,
        _ => false,
    };
    let made: Vec<Made> = databases.iter().map(made).collect();
    let history_of = |at: usize| {
        let mine = &made[at].relations;
        let holds = |other: usize| {
            let both = mine.intersection(&made[other].relations).count();
            other != at && !is_single(&databases[other]) && mine.len() >= 3 && both * 5 >= mine.len() * 4
        };
        (0..databases.len()).find(|other| is_single(&databases[at]) && holds(*other))
    };
    let of: Vec<Option<String>> = (0..databases.len()).map(|at| history_of(at).map(|other| databases[other].path.clone())).collect();
    let mut kept = Vec::new();
    for (database, history) in databases.into_iter().zip(of) {
        match history {
            Some(history) => {
                let why = format!("its tables are those that the scripts of {history} make");
                gaps.push(Gap::new(format!("database in {}", database.path), why, Some("give it as the target")));
            }
            None => kept.push(database),
        }
    }
    kept
}

fn join_continuations(mut databases: Vec<ProjectDatabase>, gaps: &mut Vec<Gap>) -> Vec<ProjectDatabase> {
    // Chains are not followed. Of two that need each other the later joins the earlier.
    for (at, base) in bases(&databases, false).into_iter().enumerate() {
        let Some(base) = base else { continue };
        // The larger part gives both its name.
        if databases[at].scripts.len() > databases[base].scripts.len() {
            let (name, path) = (databases[at].name.clone(), databases[at].path.clone());
            databases[at].path = std::mem::replace(&mut databases[base].path, path);
            databases[at].name = std::mem::replace(&mut databases[base].name, name);
        }
        let continued = databases[base].path.clone();
        let why = format!("its scripts work on what those of {continued} make: both were read as one database");
        gaps.push(Gap::new(format!("database in {}", databases[at].path), why, Some("give its folder as the target")));
        let scripts = std::mem::take(&mut databases[at].scripts);
        let notes = std::mem::take(&mut databases[at].notes);
        databases[base].notes.extend(notes);
        append(&mut databases[base].scripts, scripts);
    }
    databases.retain(|d| !d.scripts.is_empty());
    databases
}

/// The database beside it whose objects its scripts use and do not make.
fn base_of(databases: &[ProjectDatabase], made: &[Made], at: usize, anywhere: bool) -> Option<usize> {
    let mine = &databases[at];
    let beside = |other: &usize| {
        let base = &databases[*other];
        let single = matches!(base.format, MigrationFormat::SchemaFile | MigrationFormat::PgDump);
        *other != at
            && !single
            && base.format == mine.format
            && (anywhere || is_beside(&base.path, &mine.path))
            && made[*other].full.is_disjoint(&made[at].full)
    };
    let candidates: Vec<usize> = (0..databases.len()).filter(beside).collect();
    if candidates.is_empty() {
        return None;
    }
    let used = used(mine);
    let needed = |base: usize| {
        let lacks = |names: &BTreeSet<String>, own: &BTreeSet<String>, used: &BTreeSet<String>| {
            used.iter().filter(|name| names.contains(*name) && !own.contains(*name)).count()
        };
        lacks(&made[base].relations, &made[at].relations, &used.relations) + lacks(&made[base].types, &made[at].types, &used.words)
    };
    candidates.into_iter().map(|base| (needed(base), base)).filter(|(n, _)| *n > 0).max().map(|(_, base)| base)
}

/// In the same folder, or further down in the folder of the base: `db/migrations` and `db/reports/migrations`.
fn is_beside(base: &str, path: &str) -> bool {
    let home = path::parent(base);
    home == path::parent(path) || !home.is_empty() && path::is_within(path, home)
}

/// Names that the statements use, in lower case.
#[derive(Debug, Default)]
struct Used {
    /// Where a relation's name stands.
    relations: BTreeSet<String>,
    /// All words.
    words: BTreeSet<String>,
}

fn used(database: &ProjectDatabase) -> Used {
    const BEFORE: &[&str] = &["table", "into", "update", "on", "from", "join", "references"];
    const BETWEEN: &[&str] = &["if", "exists", "only", "not"];
    let mut used = Used::default();
    for statement in database.scripts.iter().flat_map(|s| &s.statements) {
        let code = sql::code_only(&statement.text).to_lowercase();
        let mut behind = false;
        for word in code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '"'))).filter(|w| !w.is_empty()) {
            if BETWEEN.contains(&word) {
                continue;
            }
            let name = word.rsplit('.').next().unwrap_or(word).trim_matches('"').to_owned();
            if behind {
                used.relations.insert(name.clone());
            }
            used.words.insert(name);
            behind = BEFORE.contains(&word);
        }
    }
    used
}

/// In the order of the versions where those of both are one sequence, else behind.
fn append(base: &mut Vec<Script>, scripts: Vec<Script>) {
    let versions: Option<BTreeSet<Vec<u64>>> = base.iter().map(version).collect();
    let others: Option<BTreeSet<Vec<u64>>> = scripts.iter().map(version).collect();
    let one_sequence = versions.zip(others).is_some_and(|(a, b)| a.is_disjoint(&b));
    base.extend(scripts);
    if one_sequence {
        base.sort_by_key(version);
    }
}

/// `13.2` as numbers.
fn version(script: &Script) -> Option<Vec<u64>> {
    script.version.split(['.', '_']).map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(path: &str, format: MigrationFormat, scripts: &[(&str, &str)]) -> ProjectDatabase {
        let script = |(version, text): &(&str, &str)| Script {
            path: format!("{path}/{version}.sql"),
            version: (*version).to_owned(),
            statements: architrave_sql::split(text),
            ..Script::default()
        };
        ProjectDatabase::new(path, format, path, scripts.iter().map(script).collect())
    }

    fn run(databases: Vec<ProjectDatabase>) -> (Vec<(String, Vec<String>)>, usize) {
        let mut gaps = Vec::new();
        let joined = joined(databases, &mut gaps);
        let versions = |d: ProjectDatabase| (d.path, d.scripts.into_iter().map(|s| s.version).collect());
        (joined.into_iter().map(versions).collect(), gaps.len())
    }

    #[test]
    fn a_folder_that_works_on_the_tables_of_another_is_run_with_it() {
        let base = [("1", "create table orders (id int)"), ("13.1", "create type kind as enum ('a')"), ("14", "create table a (id int)")];
        let data = [("13.2", "update orders set id = 1"), ("13.3", "create table b (k kind)")];
        let own = [("1", "create table c (id int)"), ("2", "insert into c select 1")];
        let (found, gaps) = run(vec![
            database("db/migration", MigrationFormat::Flyway, &base),
            database("db/migration_data", MigrationFormat::Flyway, &data),
            database("db/other", MigrationFormat::Flyway, &own),
        ]);
        let versions = |of: &[&str]| of.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found,
            [("db/migration".to_owned(), versions(&["1", "13.1", "13.2", "13.3", "14"])), ("db/other".to_owned(), versions(&["1", "2"]))]
        );
        assert_eq!(gaps, 1);
    }

    #[test]
    fn versions_that_meet_are_two_sequences() {
        let base = [("1", "create table orders (id int)"), ("2", "create table a (id int)")];
        let more = [("1", "alter table orders add n int")];
        let (found, _) = run(vec![database("sql", MigrationFormat::Flyway, &base), database("sql-more", MigrationFormat::Flyway, &more)]);
        assert_eq!(found[0].1, ["1", "2", "1"]);
    }

    #[test]
    fn tables_of_one_name_in_two_schemas_are_two() {
        let base = [("1", "create type kind as enum ('a'); create table orders (k kind)")];
        let more = [("1", "create schema shop; create table shop.orders (k kind)")];
        let found = run(vec![database("sql", MigrationFormat::Flyway, &base), database("sql-shop", MigrationFormat::Flyway, &more)]);
        assert_eq!(found.0.len(), 1);
    }

    #[test]
    fn folders_that_need_each_other_are_one() {
        let all = [("20230101", "create table orders (id int)"), ("20230301", "alter table places add n int")];
        let more = [("20230201", "create table places (id int); alter table orders add place int")];
        let (found, _) = run(vec![database("db/all", MigrationFormat::Flyway, &all), database("db/more", MigrationFormat::Flyway, &more)]);
        assert_eq!(found, [("db/all".to_owned(), ["20230101", "20230201", "20230301"].map(str::to_owned).to_vec())]);
    }

    #[test]
    fn other_parents_other_formats_and_copies_stay_apart() {
        let base = [("1", "create table orders (id int)")];
        let more = [("2", "alter table orders add n int")];
        let apart =
            |path: &str, format| run(vec![database("a/sql", MigrationFormat::Flyway, &base), database(path, format, &more)]).0.len();
        assert_eq!(apart("b/sql", MigrationFormat::Flyway), 2);
        assert_eq!(apart("a/more", MigrationFormat::Goose), 2);
        assert_eq!(apart("a/more", MigrationFormat::Flyway), 1);
        assert_eq!(apart("a/reports/sql", MigrationFormat::Flyway), 1);
    }

    #[test]
    fn a_dump_beside_its_history_is_left_out() {
        let tables = "create table a (id int); create table b (id int); create table c (id int)";
        let dump = database("db/schema.sql", MigrationFormat::PgDump, &[("", tables)]);
        let history = database("db/migrations", MigrationFormat::Dbmate, &[("1", tables), ("2", "create table d (id int)")]);
        let (found, gaps) = run(vec![history, dump]);
        assert_eq!((found.len(), found[0].0.as_str(), gaps), (1, "db/migrations", 1));
    }
}
