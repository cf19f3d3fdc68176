//! golang-migrate projects.

use crate::testing::{check, project};
use expect_test::expect;

#[test]
fn up_files_by_number() {
    check(
        &[
            ("db/migrations/10_c.up.sql", "create index concurrently i on a (id);"),
            ("db/migrations/000002_b.up.sql", "create table b (id int);\ncreate table c (id int);"),
            ("db/migrations/000002_b.down.sql", "drop table b;"),
            ("db/migrations/000001_a.up.sql", "create table a (id int);"),
            ("db/migrations/seed.sql", "insert into a values (1);"),
            ("db/migrations/2_twin.up.sql", "select 1;"),
        ],
        expect![[r#"
            db/migrations (golang-migrate) db/migrations
              000001 PerStatement db/migrations/000001_a.up.sql: 1:1 create table a (id int)
              000002 Implicit +down db/migrations/000002_b.up.sql: 1:1 create table b (id int) | 2:1 create table c (id int)
                down PerStatement db/migrations/000002_b.down.sql: 1:1 drop table b
              2 PerStatement db/migrations/2_twin.up.sql: 1:1 select 1
              10 PerStatement db/migrations/10_c.up.sql: 1:1 create index concurrently i on a (id)
              note db/migrations/2_twin.up.sql:1: golang-migrate refuses a second version 2; db/migrations/000002_b.up.sql has it
              note db/migrations/seed.sql:1: golang-migrate skips this file: its name is not <number>_name.up.sql
        "#]],
    );
}

#[test]
fn scripts_of_other_databases_are_left_out() {
    check(
        &[
            ("sql/1_a.up.sql", "create table a (id text);"),
            ("sql/2_b.mysql.up.sql", "alter table a modify id int;"),
            ("sql/2_b.postgres.up.sql", "alter table a alter id type int using id::int;"),
            ("sql/2_b.postgres.down.sql", "alter table a alter id type text;"),
            ("sql/3_c.up.sql", "create table c (id text);"),
            ("sql/3_c.postgres.up.sql", "create table c (id int);"),
            ("sql/3_c.sqlite3.up.sql", "create table c (id integer);"),
        ],
        expect![[r#"
            sql (golang-migrate) sql
              1 PerStatement sql/1_a.up.sql: 1:1 create table a (id text)
              2 PerStatement +down sql/2_b.postgres.up.sql: 1:1 alter table a alter id type int using id::int
                down sql/2_b.postgres.down.sql: 1:1 alter table a alter id type text
              3 PerStatement sql/3_c.postgres.up.sql: 1:1 create table c (id int)
        "#]],
    );
}

#[test]
fn a_folder_with_scripts_of_another_is_a_copy() {
    check(
        &[
            ("sql/20240101000001_a.up.sql", "create table a (id int);"),
            ("sql/20240101000002_b.up.sql", "create table b (id int);"),
            ("src/b/20240101000002_b.up.sql", "create table b (id int);"),
        ],
        expect![[r#"
            sql (golang-migrate) sql
              20240101000001 PerStatement sql/20240101000001_a.up.sql: 1:1 create table a (id int)
              20240101000002 PerStatement sql/20240101000002_b.up.sql: 1:1 create table b (id int)
            gap database in src/b: its scripts have the names of scripts of sql, and none of its own [give its folder as the target]
        "#]],
    );
}

#[test]
fn a_folder_without_a_way_down_may_leave_the_direction_out() {
    check(
        &[
            ("migrations/1_a.up.sql", "create table a (id int);"),
            ("migrations/2_b.sql", "create table b (id int);"),
            ("migrations/3_c.up.sql", "alter table b add x int;"),
        ],
        expect![[r#"
            migrations (golang-migrate) migrations
              1 PerStatement migrations/1_a.up.sql: 1:1 create table a (id int)
              2 PerStatement migrations/2_b.sql: 1:1 create table b (id int)
              3 PerStatement migrations/3_c.up.sql: 1:1 alter table b add x int
        "#]],
    );
}

#[test]
fn templates_of_supabase_auth_are_filled_and_places_kept() {
    let text = "-- auth\nCREATE TABLE IF NOT EXISTS {{ index .Options \"Namespace\" }}.users (id uuid); ALTER TABLE {{ index .Options \"Namespace\" }}.users ADD é int;\nselect {{ .Other }};\n";
    let files = [("migrations/00_init.up.sql", text)];
    check(
        &files,
        expect![[r#"
            migrations (golang-migrate) migrations
              00 Implicit migrations/00_init.up.sql: 2:1 CREATE TABLE IF NOT EXISTS auth.users (id uuid) | 2:78 ALTER TABLE auth.users ADD é int | 3:1 select {{ .Other }}
              note migrations/00_init.up.sql:1: the template {{ index .Options "Namespace" }} was read as auth
              note migrations/00_init.up.sql:3: a template that cannot be filled in; it was left as it is
        "#]],
    );
    let project = project(&files);
    for statement in &project.databases[0].scripts[0].statements {
        let word = statement.text.split_whitespace().next().unwrap();
        assert!(text[statement.offset..].starts_with(word), "{word} is not at {}", statement.offset);
        let line = text.lines().nth(statement.line as usize - 1).unwrap();
        let rest: String = line.chars().skip(statement.column as usize - 1).collect();
        assert!(rest.starts_with(word), "{word} is not at column {}", statement.column);
        for touch in &statement.touches {
            let line = text.lines().nth(touch.line as usize - 1).unwrap();
            assert!(touch.column as usize <= line.chars().count());
        }
    }
}
