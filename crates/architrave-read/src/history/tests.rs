//! Histories against git and against tables.

use super::{AppliedRow, HistoryTable, Pending, applied, decide, history_table, problems, since};
use crate::testing::{directory, put, read};
use architrave_model::name::QualifiedName;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use expect_test::{Expect, expect};
use sha2::{Digest as _, Sha256, Sha384};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(root).args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "init.defaultBranch=main",
    ]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "--allow-empty", "-m", message]);
}

fn database(root: &Path) -> ProjectDatabase {
    read(root).unwrap().databases.remove(0)
}

fn show(database: &ProjectDatabase, pending: &Pending) -> String {
    let mut out = String::new();
    for index in &pending.scripts {
        let script = &database.scripts[*index];
        writeln!(out, "pending {} {}", script.version, script.path).unwrap();
    }
    for p in &pending.problems {
        writeln!(out, "{} {}:{}: {}", p.kind, p.location.path, p.location.line, p.what).unwrap();
    }
    out
}

fn check_since(root: &Path, reference: &str, expected: Expect) {
    let database = database(root);
    let pending = since(root, &database, reference);
    expected.assert_eq(&match pending {
        Ok(pending) => show(&database, &pending),
        Err(error) => error.to_string().replace(&*root.to_string_lossy(), "ROOT"),
    });
}

#[test]
fn since_a_branch() {
    let made = directory(&[
        ("app/migrations/20240101_a.up.sql", "create table a (id int);"),
        ("app/migrations/20240102_b.up.sql", "create table b (id int);"),
        ("app/migrations/20240102_b.down.sql", "drop table b;"),
        ("app/migrations/20240103_c.up.sql", "create table c (id int);"),
    ]);
    let root = made.path();
    git(root, &["init", "-q"]);
    commit(root, "one");
    git(root, &["checkout", "-q", "-b", "feature"]);
    put(root, "app/migrations/20240104_d.up.sql", b"create table d (id int);");
    put(root, "app/migrations/20240102_b.down.sql", b"drop table b cascade;");
    commit(root, "two");
    // Somebody else merges in between.
    git(root, &["checkout", "-q", "main"]);
    put(root, "app/migrations/20240104_e.up.sql", b"create table e (id int);");
    put(root, "app/migrations/20240106_f.up.sql", b"create table f (id int);");
    commit(root, "three");
    git(root, &["checkout", "-q", "feature"]);
    put(root, "app/migrations/20240101_a.up.sql", b"create table a (id bigint);");
    std::fs::remove_file(root.join("app/migrations/20240103_c.up.sql")).unwrap();
    put(root, "app/migrations/20240101_z.up.sql", b"create table z (id int);");
    put(root, "app/migrations/20240105_new.up.sql", b"create table n (id int);");
    put(root, "app/migrations/20240107_last.up.sql", b"create table l (id int);");
    check_since(
        &root.join("app"),
        "main",
        expect![[r#"
        pending 20240101 migrations/20240101_z.up.sql
        pending 20240104 migrations/20240104_d.up.sql
        pending 20240105 migrations/20240105_new.up.sql
        pending 20240107 migrations/20240107_last.up.sql
        deleted-after-merge migrations/20240103_c.up.sql:1: removed after it was merged to main: a database that has it and an empty one are no longer the same
        duplicate-version migrations/20240104_d.up.sql:1: main has the same number in migrations/20240104_e.up.sql, merged since this branch began
        edited-after-merge migrations/20240101_a.up.sql:1: changed after it was merged to main: a database that has it never gets the change
        out-of-order migrations/20240101_z.up.sql:1: sorts before migrations/20240102_b.up.sql, which main has already: a database at the later version never runs it
        out-of-order migrations/20240105_new.up.sql:1: sorts before migrations/20240106_f.up.sql, merged to main since this branch began: a database at the later version never runs it
    "#]],
    );
}

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let made = directory(&[("migrations/1_a.up.sql", "create table a (id int);")]);
    let root = made.path();
    check_since(root, "main", expect!["cannot tell what is new since main: ROOT is not in a git repository"]);
    git(root, &["init", "-q"]);
    check_since(
        root,
        "main",
        expect!["cannot tell what is new since main: there is no such commit; if it is a branch of the remote, fetch it first"],
    );
    commit(root, "one");
    check_since(
        root,
        "release",
        expect!["cannot tell what is new since release: there is no such commit; if it is a branch of the remote, fetch it first"],
    );
    check_since(root, "--output=x", expect!["cannot tell what is new since --output=x: that is no name of a commit"]);
    check_since(root, "HEAD", expect![[r#""#]]);
    let clone = tempfile::tempdir().unwrap();
    commit(root, "two");
    let url = format!("file://{}", root.display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "c"]);
    check_since(
        &clone.path().join("c"),
        "HEAD~1",
        expect![
            "cannot tell what is new since HEAD~1: the clone is shallow and does not have it; fetch the history: git fetch --unshallow"
        ],
    );
}

#[test]
fn change_sets_of_one_file() {
    let head = "--liquibase formatted sql\n--changeset a:1\ncreate table a (id int);\n--changeset a:2 runOnChange:true\ncreate view v as select 1;\n";
    let made = directory(&[("db/x.sql", head)]);
    let root = made.path();
    git(root, &["init", "-q"]);
    commit(root, "one");
    let text =
        format!("{}--changeset a:3\ncreate table c (id int);\n", head.replace("id int", "id bigint").replace("select 1", "select 2"));
    put(root, "db/x.sql", text.as_bytes());
    check_since(
        root,
        "HEAD",
        expect![[r#"
        pending a:2 db/x.sql
        pending a:3 db/x.sql
        edited-after-merge db/x.sql:2: change set a:1 was changed after it was merged: Liquibase refuses it, for the checksum differs
    "#]],
    );
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<AppliedRow> {
    let optional = |text: &'_ str| if text.is_empty() { None } else { Some(text.to_owned()) };
    rows.iter().map(|(v, c, s)| AppliedRow::of_columns(Some(v), optional(c).as_deref(), Some(s)).unwrap()).collect()
}

fn check_applied(files: &[(&str, &str)], table: &[(&str, &str, &str)], expected: Expect) {
    let made = directory(files);
    let database = database(made.path());
    expected.assert_eq(&show(&database, &applied(made.path(), &database, &rows(table))));
}

fn sha256(text: &str) -> String {
    super::digest::hex(Sha256::digest(text.as_bytes()).as_slice())
}

#[test]
fn prisma_sqlx_and_flyway_know_their_files_by_checksum() {
    let (a, b) = ("create table a ();\n", "create table b ();\r\n");
    check_applied(
        &[
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\""),
            ("prisma/migrations/1_a/migration.sql", a),
            ("prisma/migrations/2_b/migration.sql", b),
            ("prisma/migrations/3_c/migration.sql", "select 1;"),
            ("prisma/migrations/4_d/migration.sql", "select 1;"),
            ("prisma/migrations/5_e/migration.sql", "select 1;"),
        ],
        &[
            ("1_a", &sha256("other"), "applied"),
            ("2_b", &sha256("create table b ();\n"), "applied"),
            ("4_d", "", "failed"),
            ("5_e", "", "undone"),
            ("0_gone", "", "applied"),
        ],
        expect![[r#"
            pending 3_c prisma/migrations/3_c/migration.sql
            pending 4_d prisma/migrations/4_d/migration.sql
            pending 5_e prisma/migrations/5_e/migration.sql
            edited-after-apply prisma/migrations/1_a/migration.sql:1: changed after it was applied: this database does not have the change, and will not get it
            failed-halfway prisma/migrations/4_d/migration.sql:1: began on this database and did not end: prisma migrate resolve must say whether it counts
            not-in-project prisma/migrations:1: the database has 0_gone, which is not in the project
        "#]],
    );
    let sha384 = super::digest::hex(Sha384::digest(a.as_bytes()).as_slice());
    check_applied(
        &[
            ("Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nsqlx = \"0.8\"\n"),
            ("migrations/0001_a.sql", a),
            ("migrations/0002_b.sql", b),
            ("migrations/0003_c.sql", a),
        ],
        &[("1", &sha384, "applied"), ("3", &sha384.replace(['0', '1'], "2"), "applied")],
        expect![[r#"
            pending 0002 migrations/0002_b.sql
            edited-after-apply migrations/0003_c.sql:1: changed after it was applied: the checksum differs from the one kept, and the runner refuses to go on
            out-of-order migrations/0002_b.sql:1: sorts before migrations/0003_c.sql, which is applied already: deployed databases run it after, an empty one before
        "#]],
    );
    check_applied(
        &[
            ("db/migration/V1__a.sql", "123456789\n"),
            ("db/migration/V1_1__b.sql", a),
            ("db/migration/V2__c.sql", "create table x ();"),
            ("db/migration/V3__d.sql", a),
            ("db/migration/V4__e.sql", a),
            ("db/migration/R__v.sql", "create view v as select 1;"),
        ],
        &[("2.0", "", "baseline"), ("3", "7", "applied"), ("4", "7", "applied"), ("4", "", "undone"), ("R__v.sql", "1", "applied")],
        expect![[r#"
            pending 4 db/migration/V4__e.sql
            pending R__v db/migration/R__v.sql
            edited-after-apply db/migration/V3__d.sql:1: changed after it was applied: the checksum differs from the one kept, and the runner refuses to go on
        "#]],
    );
}

#[test]
fn drizzle_looks_at_one_time_only() {
    let entry =
        |tag: &str, when: u32| format!("{{\"idx\": 0, \"version\": \"7\", \"when\": {when}, \"tag\": \"{tag}\", \"breakpoints\": true}}");
    let entries = [entry("0000_a", 100), entry("0001_b", 150), entry("0002_c", 200), entry("0003_d", 300)].join(",");
    check_applied(
        &[
            ("drizzle/meta/_journal.json", &format!("{{\"version\": \"7\", \"dialect\": \"postgresql\", \"entries\": [{entries}]}}")),
            ("drizzle/0000_a.sql", "create table a ();"),
            ("drizzle/0001_b.sql", "create table b ();"),
            ("drizzle/0002_c.sql", "create table c ();"),
            ("drizzle/0003_d.sql", "create table d ();"),
        ],
        &[("100", &sha256("create table a ();"), "applied"), ("200", &sha256("other"), "applied"), ("10", "x", "applied")],
        expect![[r#"
            pending 0003_d drizzle/0003_d.sql
            edited-after-apply drizzle/0002_c.sql:1: changed after it was applied: this database does not have the change, and will not get it
            not-in-project drizzle:1: the database has 10, which is not in the project
            skipped-by-runner drizzle/0001_b.sql:1: never ran on this database and never will: its "when" 150 is not later than 200, the newest applied
        "#]],
    );
}

#[test]
fn one_number_says_it_all_for_golang_migrate() {
    let files = [
        ("migrations/1_a.up.sql", "create table a ();"),
        ("migrations/2_b.up.sql", "create table b ();"),
        ("migrations/3_c.up.sql", "create table c ();"),
    ];
    check_applied(
        &files,
        &[("2", "", "applied")],
        expect![[r#"
        pending 3 migrations/3_c.up.sql
    "#]],
    );
    check_applied(
        &files,
        &[("2", "", "failed")],
        expect![[r#"
        pending 2 migrations/2_b.up.sql
        pending 3 migrations/3_c.up.sql
        failed-halfway migrations/2_b.up.sql:1: failed on this database, which is marked dirty: migrate force must set the version by hand
    "#]],
    );
    check_applied(
        &files,
        &[("9", "", "applied")],
        expect![[r#"
        not-in-project migrations:1: the database has 9, which is not in the project
    "#]],
    );
    check_applied(
        &files,
        &[],
        expect![[r#"
        pending 1 migrations/1_a.up.sql
        pending 2 migrations/2_b.up.sql
        pending 3 migrations/3_c.up.sql
    "#]],
    );
}

#[test]
fn a_graph_is_applied_up_to_its_heads() {
    let made = directory(&[
        ("alembic/env.py", ""),
        ("alembic/versions/1.py", "revision = 'a'\ndown_revision = None\ndef upgrade():\n    op.execute('create table a (id serial)')\n"),
        ("alembic/versions/2.py", "revision = 'b'\ndown_revision = 'a'\ndef upgrade():\n    op.execute('select 1')\n"),
        ("alembic/versions/3.py", "revision = 'c'\ndown_revision = 'b'\ndef upgrade():\n    op.execute('select 1')\n"),
    ]);
    let database = database(made.path());
    let found = decide(&database, &rows(&[("b", "", "applied"), ("x", "", "applied")]), &|p| std::fs::read(made.path().join(p)).ok());
    expect![[r#"
        pending c alembic/versions/3.py
        not-in-project alembic/versions:1: the database has x, which is not in the project
    "#]]
    .assert_eq(&show(&database, &found));
}

#[test]
fn other_runners_by_name() {
    check_applied(
        &[(
            "db/001.sql",
            "--liquibase formatted sql\n--changeset a:1\ncreate table a (id int);\n--changeset a:2\ncreate table b (id int);\n",
        )],
        &[("a:1", "", "applied")],
        expect![[r#"
            pending a:2 db/001.sql
        "#]],
    );
    check_applied(
        &[
            ("sqitch.plan", "%project=x\na 2024-01-01T00:00:00Z A <a@x>\nb 2024-01-01T00:00:00Z A <a@x>\n"),
            ("deploy/a.sql", "abc"),
            ("deploy/b.sql", "select 1;"),
        ],
        &[("a", "a9993e364706816aba3e25717850c26c9cd0d89d", "applied")],
        expect![[r#"
            pending b deploy/b.sql
        "#]],
    );
    check_applied(
        &[
            ("m/1_a.sql", "-- +goose Up\ncreate table a (id bigserial);\n"),
            ("m/2_b.sql", "-- +goose Up\nselect 1;\n"),
            ("m/3_c.sql", "-- +goose Up\nselect 1;\n"),
        ],
        &[("1", "", "applied"), ("2", "", "applied"), ("2", "", "undone"), ("3", "", "applied")],
        expect![[r#"
            pending 2 m/2_b.sql
            out-of-order m/2_b.sql:1: sorts before m/3_c.sql, which is applied already: goose refuses it, unless it is told -allow-missing
        "#]],
    );
}

#[test]
fn a_compiled_program_is_still_the_same_migration() {
    check_applied(
        &[
            ("migrations/20240101000000_a.ts", "export async function up(knex) { await knex.raw('create table a (id serial)') }"),
            ("migrations/20240102000000_b.ts", "export async function up(knex) { await knex.raw('select 1') }"),
        ],
        &[("20240101000000_a.js", "", "applied")],
        expect![[r#"
            pending 20240102000000_b.ts migrations/20240102000000_b.ts
        "#]],
    );
}

#[test]
fn tables_are_found_in_any_schema_and_quoted() {
    let tables =
        [QualifiedName::new("App", "_prisma_migrations"), QualifiedName::new("x", "changes"), QualifiedName::new("sqitch", "changes")];
    let found = |format| history_table(format, &tables).map(|HistoryTable { table, query }| (table.to_string(), query));
    let (table, query) = found(MigrationFormat::Prisma).unwrap();
    assert!(table.contains("App") && query.contains("from \"App\"._prisma_migrations order"), "{query}");
    assert!(found(MigrationFormat::Sqitch).unwrap().1.contains("from sqitch.changes"));
    assert!(found(MigrationFormat::Flyway).is_none());
    assert_eq!(super::expected_table(MigrationFormat::Supabase).as_deref(), Some("supabase_migrations.schema_migrations"));
    assert_eq!(super::expected_table(MigrationFormat::PgDump), None);
}

#[test]
fn problems_are_the_notes_with_a_kind() {
    let made = directory(&[
        ("migrations/1_a.up.sql", "create table a ();"),
        ("migrations/01_b.up.sql", "create table b ();"),
        ("migrations/c.sql", "select 1;"),
    ]);
    let found: Vec<String> = problems(&database(made.path())).into_iter().map(|p| format!("{} {}", p.kind, p.location.path)).collect();
    assert_eq!(found, ["duplicate-version migrations/1_a.up.sql", "skipped-by-runner migrations/c.sql"]);
}
