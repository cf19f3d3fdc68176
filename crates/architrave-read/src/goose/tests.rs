//! goose projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn up_sections_by_number() {
    check(
        &[
            (
                "go.mod",
                "module x\n\ngo 1.24\n\nrequire (\n\tgithub.com/pressly/goose/v3 v3.24.0\n\tgithub.com/jackc/pgx/v5 v5.7.0 // indirect\n)\n",
            ),
            (
                "internal/migrations/00010_c.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently i on a (id);\nselect 1;\n",
            ),
            (
                "internal/migrations/9_b.sql",
                "-- +goose Up\n-- +goose StatementBegin\ncreate function f() returns int language plpgsql as $$\nbegin\n  return 1;\nend $$;\n-- +goose StatementEnd\n-- +goose Down\ndrop function f();\n",
            ),
            ("internal/migrations/00001_a.sql", "-- +goose Up\ncreate table a (id bigserial);\n-- +goose Down\ndrop table a;\n"),
            ("internal/migrations/00011_d.go", "package migrations"),
            ("internal/migrations/00012_e.sql", "-- +goose ENVSUB ON\n-- +goose Up\ncreate table ${NAME} (id int);"),
            ("internal/migrations/readme.sql", "select 1;"),
        ],
        expect![[r#"
            internal/migrations (goose) internal/migrations
              1 PerFile +down internal/migrations/00001_a.sql: 2:1 create table a (id bigserial)
                down same file: 4:1 drop table a
              9 PerFile +down internal/migrations/9_b.sql: 3:1 create function f() returns int language plpgsql as $$ begin return 1; end $$
                down same file: 9:1 drop function f()
              10 PerStatement internal/migrations/00010_c.sql: 3:1 create index concurrently i on a (id) | 4:1 select 1
              12 PerFile internal/migrations/00012_e.sql: 3:1 create table ${NAME} (id int)
              note internal/migrations/00011_d.go:1: a migration written in Go; not read
              note internal/migrations/00012_e.sql:1: ENVSUB ON: goose replaces variables of the environment here; they were left as they are
              note internal/migrations/readme.sql:1: goose skips this file: its name is not <version>_name.sql
            gap internal/migrations/00011_d.go: written in Go; only SQL is read
        "#]],
    );
}

#[test]
fn sqlite_is_left_out() {
    check(
        &[("migrations/1_a.sql", "-- +goose Up\nCREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);\n-- +goose Down\nDROP TABLE a;\n")],
        expect![[r#"
            gap database in migrations: it is written for SQLite: AUTOINCREMENT in migrations/1_a.sql:2
        "#]],
    );
}
