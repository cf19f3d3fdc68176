//! What is written is read back by the reader of the same format: the same statements, the same transactions, the same way back.

use super::{Existing, Written, files};
use crate::testing::{put, read};
use architrave_model::migration::SafeFile;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::{Script, TransactionMode};
use std::fmt::Write;
use std::path::Path;

/// 2026-11-22 07:45:32.
const NOW: i64 = 1_795_333_532_000;

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(|s| (*s).to_owned()).collect()
}

fn drafts() -> Vec<SafeFile> {
    vec![
        SafeFile {
            title: "add t_b_fkey not valid".into(),
            statements: strings(&["alter table t add constraint t_b_fkey foreign key (b) references t not valid"]),
            down: strings(&["alter table t drop constraint t_b_fkey"]),
            transactional: true,
            lock_timeout_ms: Some(2_000),
            gate: Some("nobody\nwrites b".into()),
        },
        SafeFile {
            title: "build i concurrently".into(),
            statements: strings(&["drop index concurrently if exists i", "create index concurrently i on t (b)"]),
            down: strings(&["drop index concurrently i"]),
            ..SafeFile::default()
        },
        SafeFile {
            title: "fill b".into(),
            statements: strings(&["do $backfill$\nbegin\n  perform 1;\n  commit;\nend\n$backfill$"]),
            ..SafeFile::default()
        },
    ]
}

/// Writes the drafts into a project of these files; the database as read before and after, and what was written.
fn written(format: MigrationFormat, folder: &str, base: &[(&str, &str)]) -> (ProjectDatabase, ProjectDatabase, Vec<Written>) {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in base {
        put(root.path(), path, content.as_bytes());
    }
    let database = |root: &Path| {
        let project = read(root).unwrap();
        assert_eq!(project.databases.len(), 1, "{:?}", project.gaps);
        project.databases.into_iter().next().unwrap()
    };
    let before = database(root.path());
    assert_eq!((before.format, before.path.as_str()), (format, folder));
    let paths: Vec<String> = base.iter().map(|(path, _)| (*path).to_owned()).collect();
    let journal = base.iter().find(|(path, _)| path.ends_with("_journal.json")).map(|(_, text)| *text);
    let written = files(format, &Existing { folder, paths: &paths, journal }, &drafts(), NOW).unwrap();
    for file in &written {
        assert_eq!(paths.contains(&file.path), file.replaces, "{}", file.path);
        put(root.path(), &file.path, file.text.as_bytes());
    }
    let after = database(root.path());
    (before, after, written)
}

fn line(script: &Script) -> String {
    let statements: Vec<String> = script.statements.iter().map(|s| s.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let down: Vec<&str> = script.down.iter().map(|s| s.text.as_str()).collect();
    let down = if script.has_down { format!(" <- {}", down.join(" | ")) } else { String::new() };
    format!("{:?} {}: {}{down}\n", script.transaction, script.path, statements.join(" | "))
}

const FK: &str = "set local lock_timeout = '2000ms' | alter table t add constraint t_b_fkey foreign key (b) references t not valid";
const DO: &str = "do $backfill$ begin perform 1; commit; end $backfill$";

/// Reads back and compares: new scripts in the order of the drafts, nothing else changed. `lines` are mode, path and statements.
fn check(format: MigrationFormat, folder: &str, base: &[(&str, &str)], expected: &[(TransactionMode, &str, &str, &str)]) -> Vec<Written> {
    let (before, after, written) = written(format, folder, base);
    assert_eq!(after.scripts[..before.scripts.len()], before.scripts[..], "the old scripts come first, unchanged");
    let new: String = after.scripts[before.scripts.len()..].iter().map(line).collect();
    let mut wanted = String::new();
    for (mode, path, statements, down) in expected {
        let down = if down.is_empty() { String::new() } else { format!(" <- {down}") };
        writeln!(wanted, "{mode:?} {path}: {statements}{down}").unwrap();
    }
    assert_eq!(new, wanted);
    written
}

const FK_DOWN: &str = "alter table t drop constraint t_b_fkey";
const INDEX: &str = "create index concurrently i on t (b)";
const CLEAN: &str = "drop index concurrently if exists i";
const INDEX_DOWN: &str = "drop index concurrently i";
const TABLE: &str = "create table t (id bigserial primary key, b bigint, at timestamptz);\n";

use MigrationFormat as F;
use TransactionMode::{AllFiles, Implicit, PerFile, PerStatement};

#[test]
fn sqlx_alone_and_in_pairs() {
    let cargo = ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"postgres\"] }\n");
    check(
        F::Sqlx,
        "migrations",
        &[cargo, ("migrations/0001_a.sql", TABLE)],
        &[
            (PerFile, "migrations/0002_add_t_b_fkey_not_valid.sql", FK, ""),
            (PerStatement, "migrations/0003_build_i_concurrently.sql", INDEX, ""),
            (PerStatement, "migrations/0004_fill_b.sql", DO, ""),
        ],
    );
    let written = check(
        F::Sqlx,
        "migrations",
        &[cargo, ("migrations/20240101000000_a.up.sql", TABLE), ("migrations/20240101000000_a.down.sql", "drop table t;")],
        &[
            (PerFile, "migrations/20261122074532_add_t_b_fkey_not_valid.up.sql", FK, FK_DOWN),
            (PerStatement, "migrations/20261122074533_build_i_concurrently.up.sql", INDEX, INDEX_DOWN),
            (PerStatement, "migrations/20261122074534_fill_b.up.sql", DO, ""),
        ],
    );
    assert_eq!(
        written[0].text,
        "-- add t_b_fkey not valid\n-- Before this file: nobody writes b.\n-- It gives up after 2 s when others hold what it must lock (SQLSTATE 55P03); nothing is changed then, run it again.\nset local lock_timeout = '2000ms';\nalter table t add constraint t_b_fkey foreign key (b) references t not valid;\n"
    );
    assert!(written[2].text.starts_with("-- no-transaction\n-- build i concurrently\n"), "{}", written[2].text);
}

#[test]
fn tools_with_sections() {
    check(
        F::Dbmate,
        "db/migrations",
        &[("db/migrations/20240101000000_a.sql", "-- migrate:up\ncreate table t (id bigserial);\n-- migrate:down\ndrop table t;\n")],
        &[
            (PerFile, "db/migrations/20261122074532_add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "db/migrations/20261122074533_build_i_concurrently.sql", INDEX, INDEX_DOWN),
            (PerStatement, "db/migrations/20261122074534_fill_b.sql", DO, ""),
        ],
    );
    let both = format!("{CLEAN} | {INDEX}");
    let written = check(
        F::Goose,
        "sql",
        &[("sql/00007_a.sql", "-- +goose Up\ncreate table t (id bigserial);\n-- +goose Down\ndrop table t;\n")],
        &[
            (PerFile, "sql/00008_add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "sql/00009_build_i_concurrently.sql", &both, INDEX_DOWN),
            (PerStatement, "sql/00010_fill_b.sql", DO, ""),
        ],
    );
    assert!(written[2].text.contains("-- +goose StatementBegin\ndo $backfill$"), "{}", written[2].text);
    check(
        F::NodePgMigrate,
        "migrations",
        &[
            ("package.json", "{\"dependencies\": {\"node-pg-migrate\": \"^8\", \"pg\": \"^8\"}}"),
            ("migrations/1600000000000_a.sql", "-- Up Migration\ncreate table t (id bigserial);\n-- Down Migration\ndrop table t;\n"),
        ],
        &[
            (AllFiles, "migrations/1795333532000_add-t-b-fkey-not-valid.sql", FK, FK_DOWN),
            (PerStatement, "migrations/1795333532001_build-i-concurrently.sql", INDEX, INDEX_DOWN),
            (PerStatement, "migrations/1795333532002_fill-b.sql", DO, ""),
        ],
    );
}

#[test]
fn pairs_and_folders() {
    check(
        F::GolangMigrate,
        "migrations",
        &[("migrations/000009_a.up.sql", TABLE), ("migrations/000009_a.down.sql", "drop table t;")],
        &[
            (Implicit, "migrations/000010_add_t_b_fkey_not_valid.up.sql", FK, FK_DOWN),
            (PerStatement, "migrations/000011_build_i_concurrently.up.sql", INDEX, INDEX_DOWN),
            (PerStatement, "migrations/000012_fill_b.up.sql", DO, ""),
        ],
    );
    check(
        F::Diesel,
        "migrations",
        &[
            ("diesel.toml", ""),
            ("migrations/2024-01-01-000000_a/up.sql", TABLE),
            ("migrations/2024-01-01-000000_a/down.sql", "drop table t;"),
        ],
        &[
            (PerFile, "migrations/2026-11-22-074532_add_t_b_fkey_not_valid/up.sql", FK, FK_DOWN),
            (PerStatement, "migrations/2026-11-22-074533_build_i_concurrently/up.sql", INDEX, INDEX_DOWN),
            (PerStatement, "migrations/2026-11-22-074534_fill_b/up.sql", DO, ""),
        ],
    );
    check(
        F::Prisma,
        "prisma/migrations",
        &[
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n"),
            ("prisma/migrations/20240101000000_a/migration.sql", TABLE),
        ],
        &[
            (Implicit, "prisma/migrations/20261122074532_add_t_b_fkey_not_valid/migration.sql", FK, ""),
            (PerStatement, "prisma/migrations/20261122074533_build_i_concurrently/migration.sql", INDEX, ""),
            (PerStatement, "prisma/migrations/20261122074534_fill_b/migration.sql", DO, ""),
        ],
    );
}

#[test]
fn flyway_with_and_without_undo() {
    let both = format!("{CLEAN} | {INDEX}");
    check(
        F::Flyway,
        "sql",
        &[("sql/V1.8__z.sql", TABLE), ("sql/V1.9__a.sql", "create table u (id bigserial);"), ("sql/U1.9__a.sql", "drop table u;")],
        &[
            (PerFile, "sql/V1.10__add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "sql/V1.11__build_i_concurrently.sql", &both, INDEX_DOWN),
            (PerStatement, "sql/V1.12__fill_b.sql", DO, ""),
        ],
    );
    check(
        F::Flyway,
        "sql",
        &[("sql/V001__a.sql", TABLE)],
        &[
            (PerFile, "sql/V002__add_t_b_fkey_not_valid.sql", FK, ""),
            (PerStatement, "sql/V003__build_i_concurrently.sql", &both, ""),
            (PerStatement, "sql/V004__fill_b.sql", DO, ""),
        ],
    );
}

#[test]
fn numbered_files_carry_their_own_transactions() {
    let (fk, both, down) = (format!("begin | {FK} | commit"), format!("{CLEAN} | {INDEX}"), format!("begin | {FK_DOWN} | commit"));
    check(
        F::NumberedSql,
        "sql",
        &[("sql/01-a.up.sql", TABLE), ("sql/01-a.down.sql", "drop table t;")],
        &[
            (PerStatement, "sql/02-add-t-b-fkey-not-valid.up.sql", &fk, &down),
            (PerStatement, "sql/03-build-i-concurrently.up.sql", &both, INDEX_DOWN),
            (PerStatement, "sql/04-fill-b.up.sql", DO, ""),
        ],
    );
}

#[test]
fn runners_that_wrap_everything_leave_some_to_people() {
    let written = check(
        F::Supabase,
        "supabase/migrations",
        &[("supabase/config.toml", ""), ("supabase/migrations/20240101000000_a.sql", TABLE)],
        &[
            (Implicit, "supabase/migrations/20261122074532_add_t_b_fkey_not_valid.sql", FK, ""),
            (PerStatement, "supabase/migrations/20261122074533_build_i_concurrently.sql", INDEX, ""),
        ],
    );
    let by_hand: Vec<&str> = written.iter().filter(|w| w.by_hand).map(|w| w.path.as_str()).collect();
    assert_eq!(by_hand, ["supabase/migrations/by-hand/20261122074534_fill_b.sql"]);
    assert!(
        written[2].text.starts_with("-- Run by hand with psql when its turn comes: Supabase migrations runs every file in a transaction")
    );
    let journal = "{\n  \"version\": \"7\",\n  \"dialect\": \"postgresql\",\n  \"entries\": [\n    {\n      \"idx\": 0,\n      \"version\": \"7\",\n      \"when\": 1795333532999,\n      \"tag\": \"0000_a\",\n      \"breakpoints\": true\n    }\n  ]\n}\n";
    let written = check(
        F::Drizzle,
        "drizzle",
        &[("drizzle/meta/_journal.json", journal), ("drizzle/0000_a.sql", TABLE)],
        &[(AllFiles, "drizzle/0001_add_t_b_fkey_not_valid.sql", FK, "")],
    );
    assert!(written[0].text.contains("';\n--> statement-breakpoint\nalter table"), "{}", written[0].text);
    let last = written.last().unwrap();
    assert!(last.replaces && last.text.starts_with(journal.trim_end().trim_end_matches(&['}', ']', '\n', ' '][..])), "{}", last.text);
    assert!(last.text.contains("\"idx\": 1,\n      \"version\": \"7\",\n      \"when\": 1795333533000,"), "{}", last.text);
}

#[test]
fn smaller_tools() {
    let both = format!("{CLEAN} | {INDEX}");
    check(
        F::SqlMigrate,
        "m",
        &[("m/0001_a.sql", "-- +migrate Up\ncreate table t (id bigserial);\n-- +migrate Down\ndrop table t;\n")],
        &[
            (PerFile, "m/0002_add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "m/0003_build_i_concurrently.sql", &both, INDEX_DOWN),
            (PerStatement, "m/0004_fill_b.sql", DO, ""),
        ],
    );
    check(
        F::Tern,
        "db",
        &[
            ("db/tern.conf", "[database]\nhost = x\n"),
            ("db/001_a.sql", "create table t (id bigserial);\n---- create above / drop below ----\ndrop table t;\n"),
        ],
        &[
            (PerFile, "db/002_add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "db/003_build_i_concurrently.sql", &both, INDEX_DOWN),
            (PerStatement, "db/004_fill_b.sql", DO, ""),
        ],
    );
    check(
        F::Liquibase,
        "db",
        &[("db/001.sql", "--liquibase formatted sql\n\n--changeset ann:1\ncreate table t (id int);\n")],
        &[
            (PerFile, "db/002_add_t_b_fkey_not_valid.sql", FK, FK_DOWN),
            (PerStatement, "db/003_build_i_concurrently.sql", &both, INDEX_DOWN),
            (PerStatement, "db/004_fill_b.sql", DO, ""),
        ],
    );
    check(
        F::Hasura,
        "api/migrations/default",
        &[
            ("api/config.yaml", "version: 3\nendpoint: http://x\nmetadata_directory: metadata\n"),
            ("api/migrations/default/1700000000000_a/up.sql", "create table t (id int);"),
        ],
        &[(PerFile, "api/migrations/default/1795333532000_add_t_b_fkey_not_valid/up.sql", FK, FK_DOWN)],
    );
    check(
        F::Refinery,
        "migrations",
        &[
            ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nrefinery = { version = \"0.8\", features = [\"tokio-postgres\"] }\n"),
            ("migrations/V1__a.sql", "create table a (id int);"),
            ("migrations/U2__b.sql", "create table b (id int);"),
        ],
        &[(PerFile, "migrations/V3__add_t_b_fkey_not_valid.sql", FK, "")],
    );
}

#[test]
fn a_schema_file_takes_no_migrations() {
    let kept = files(F::Alembic, &Existing { folder: "alembic/versions", paths: &[], journal: None }, &drafts(), NOW).unwrap_err();
    assert!(kept.to_string().starts_with("Alembic keeps its migrations in a programming language"), "{kept}");
    let none = Existing { folder: "db", paths: &[], journal: None };
    let error = files(F::SchemaFile, &none, &drafts(), NOW).unwrap_err();
    assert_eq!(error.to_string(), "schema file takes no migration files; put the statements where the schema is changed");
    assert!(files(F::Drizzle, &none, &drafts(), NOW).unwrap_err().to_string().starts_with("db/meta/_journal.json is missing"));
    let broken = Existing { journal: Some("{\"entries\": [{}"), ..none };
    assert_eq!(files(F::Drizzle, &broken, &drafts(), NOW).unwrap_err().to_string(), "db/meta/_journal.json is not valid JSON (line 1)");
}
