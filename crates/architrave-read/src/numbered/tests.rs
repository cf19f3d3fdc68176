//! Numbered SQL files of no known runner.

use crate::testing::check;
use expect_test::expect;

#[test]
fn by_number_with_down_files_left_out() {
    check(
        &[
            ("sql/1_a.sql", "create table a (id int);"),
            ("sql/2_b.sql", "create table b (id int);"),
            ("sql/2_b.down.sql", "drop table b;"),
            ("sql/10_c.sql", "\\set x 1\ncreate table c (id int);"),
            ("sql/functions.sql", "create function f() returns int language sql as 'select 1';"),
        ],
        expect![[r#"
            sql (numbered SQL files) sql
              1 PerStatement sql/1_a.sql: 1:1 create table a (id int)
              2 PerStatement +down sql/2_b.sql: 1:1 create table b (id int)
                down sql/2_b.down.sql: 1:1 drop table b
              10 PerStatement sql/10_c.sql: 1:1 \set x 1 | 2:1 create table c (id int)
              note sql/1_a.sql:1: the files were read by number; sorted by name their order would be another
              note sql/functions.sql:1: has no number; not read
        "#]],
    );
}

#[test]
fn marks_of_smaller_tools() {
    check(
        &[
            ("m/1_a.sql", "-- +migrate Up\ncreate table a (id int);\n-- +migrate Down\ndrop table a;\n"),
            ("m/2_b.sql", "create table b (id int);"),
        ],
        expect![[r#"
            m (sql-migrate) m
              1_a.sql PerFile +down m/1_a.sql: 2:1 create table a (id int)
                down same file: 4:1 drop table a
              note m/2_b.sql:1: sql-migrate refuses this file: it has no -- +migrate Up
        "#]],
    );
    check(
        &[("m/001.sql", "create table a (id int);\n---- create above / drop below ----\ndrop table a;\n")],
        expect![[r#"
            m (tern) m
              001 PerFile +down m/001.sql: 1:1 create table a (id int)
                down same file: 3:1 drop table a
        "#]],
    );
}

#[test]
fn queries_and_seeds_are_no_schema() {
    check(&[("queries/1_users.sql", "select * from users;"), ("seeds/1_users.sql", "insert into users values (1);")], expect![[r#""#]]);
    check(
        &[("queries/users.sql", "create table x (id int);"), ("queries/orders.sql", "select 1"), ("queries/1_a.sql", "select 1")],
        expect![[r#"
        queries (schema file) queries/users.sql
          users.sql PerStatement queries/users.sql: 1:1 create table x (id int)
    "#]],
    );
}

#[test]
fn up_folders_without_diesel() {
    check(
        &[
            ("hasura/migrations/default/1700000000001_b/up.sql", "create table b (id int);"),
            ("hasura/migrations/default/1700000000000_a/up.sql", "create table a (id int);"),
            ("hasura/migrations/default/1700000000000_a/down.sql", "drop table a;"),
        ],
        expect![[r#"
            hasura/migrations/default (Hasura) hasura/migrations/default
              1700000000000_a PerFile +down hasura/migrations/default/1700000000000_a/up.sql: 1:1 create table a (id int)
                down hasura/migrations/default/1700000000000_a/down.sql: 1:1 drop table a
              1700000000001_b PerFile hasura/migrations/default/1700000000001_b/up.sql: 1:1 create table b (id int)
        "#]],
    );
}

#[test]
fn mysql_and_d1_are_left_out() {
    check(
        &[
            ("a/migrations/1_a.sql", "CREATE TABLE `a` (id int unsigned AUTO_INCREMENT) ENGINE=InnoDB;"),
            ("worker/wrangler.toml", "name = \"w\"\n[[d1_databases]]\nbinding = \"DB\"\n"),
            ("worker/migrations/0001_a.sql", "CREATE TABLE a (id integer primary key);"),
        ],
        expect![[r#"
            gap database in a/migrations: it is written for MySQL: AUTO_INCREMENT in a/migrations/1_a.sql:1
            gap database in worker/migrations: worker/wrangler.toml names Cloudflare D1 and no PostgreSQL
        "#]],
    );
}
