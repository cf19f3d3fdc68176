//! Diesel projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn versions_order_without_hyphens() {
    check(
        &[
            ("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n"),
            ("migrations/2017-10-08-193512_b/up.sql", "create table b (id int);"),
            ("migrations/2017-10-08-193512_b/down.sql", "drop table b;"),
            ("migrations/20140924113530_a/up.sql", "create table a (id int);"),
            ("migrations/2019-01-01-000000_c/up.sql", "create index concurrently on b (id);"),
            ("migrations/2019-01-01-000000_c/metadata.toml", "run_in_transaction = false"),
            ("migrations/2020-01-01-000000_d/up.sql", "select 1;\nselect 2;"),
            ("migrations/2020-01-01-000000_d/metadata.toml", "run_in_transaction = false"),
            ("migrations/nounderscore/up.sql", "select 1;"),
        ],
        expect![[r#"
            migrations (Diesel) migrations
              20140924113530 PerFile migrations/20140924113530_a/up.sql: 1:1 create table a (id int)
              20171008193512 PerFile +down migrations/2017-10-08-193512_b/up.sql: 1:1 create table b (id int)
                down migrations/2017-10-08-193512_b/down.sql: 1:1 drop table b
              20190101000000 PerStatement migrations/2019-01-01-000000_c/up.sql: 1:1 create index concurrently on b (id)
              20200101000000 Implicit migrations/2020-01-01-000000_d/up.sql: 1:1 select 1 | 2:1 select 2
              note migrations/nounderscore/up.sql:1: Diesel skips this file: its name is not <version>_<name>
        "#]],
    );
}

#[test]
fn one_folder_per_backend() {
    check(
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"v\"\n[features]\nsqlite = [\"diesel/sqlite\"]\npostgresql = [\"diesel/postgres\"]\n[dependencies]\ndiesel = \"2.2\"\n",
            ),
            ("migrations/mysql/2018-01-01-000000_a/up.sql", "CREATE TABLE a (id INTEGER);"),
            ("migrations/postgresql/2019-01-01-000000_a/up.sql", "CREATE TABLE a (id INTEGER);"),
            ("migrations/sqlite/2018-01-01-000000_a/up.sql", "CREATE TABLE a (id INTEGER);"),
        ],
        expect![[r#"
            migrations/postgresql (Diesel) migrations/postgresql
              20190101000000 PerFile migrations/postgresql/2019-01-01-000000_a/up.sql: 1:1 CREATE TABLE a (id INTEGER)
            gap database in migrations/mysql: its folder is named for MySQL
            gap database in migrations/sqlite: its folder is named for SQLite
        "#]],
    );
}
