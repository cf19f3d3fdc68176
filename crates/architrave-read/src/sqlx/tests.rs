//! sqlx projects.

use crate::testing::check;
use expect_test::expect;

const CARGO: &str = "[package]\nname = \"x\"\n[dependencies]\nsqlx = { version = \"0.8\", features = [\"runtime-tokio\", \"postgres\"] }\n";

#[test]
fn simple_and_reversible_files() {
    check(
        &[
            ("Cargo.toml", CARGO),
            ("migrations/10_c.sql", "-- no-transaction\ncreate index concurrently i on a (id);"),
            ("migrations/2_b.up.sql", "create table b (id int);"),
            ("migrations/2_b.down.sql", "drop table b;"),
            ("migrations/0001_a.sql", "create table a (id int);"),
            ("migrations/11_d.sql", "\n-- no-transaction\nselect 1;\nselect 2;"),
            ("migrations/12_e.sql", "-- no-transaction\nselect 1;\nselect 2;"),
            ("migrations/notes.sql", "select 1;"),
        ],
        expect![[r#"
            migrations (sqlx) migrations
              0001 PerFile migrations/0001_a.sql: 1:1 create table a (id int)
              2 PerFile +down migrations/2_b.up.sql: 1:1 create table b (id int)
                down migrations/2_b.down.sql: 1:1 drop table b
              10 PerStatement migrations/10_c.sql: 2:1 create index concurrently i on a (id)
              11 PerFile migrations/11_d.sql: 3:1 select 1 | 4:1 select 2
              12 Implicit migrations/12_e.sql: 2:1 select 1 | 3:1 select 2
              note migrations/11_d.sql:2: -- no-transaction counts only as the very first bytes of the file; sqlx runs this in a transaction
              note migrations/notes.sql:1: sqlx passes over this file, or stops at it: its name is not <number>_name.sql
        "#]],
    );
}

#[test]
fn a_crate_with_sqlite_only_is_left_out() {
    check(
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"lite\", \"server\"]\n[workspace.dependencies]\nsqlx = \"0.8\"\n"),
            ("lite/Cargo.toml", "[package]\nname = \"lite\"\n[dependencies]\nsqlx = { workspace = true, features = [\"sqlite\"] }\n"),
            ("lite/migrations/1_a.sql", "create table a (id integer primary key);"),
            ("server/Cargo.toml", "[package]\nname = \"server\"\n[dependencies]\nsqlx = { workspace = true, features = [\"postgres\"] }\n"),
            ("server/migrations/1_a.sql", "create table a (id integer primary key);"),
        ],
        expect![[r#"
            server/migrations (sqlx) server/migrations
              1 PerFile server/migrations/1_a.sql: 1:1 create table a (id integer primary key)
            gap database in lite/migrations: lite/Cargo.toml names SQLite and no PostgreSQL
        "#]],
    );
}
