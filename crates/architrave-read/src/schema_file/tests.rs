//! Projects with one schema file.

use crate::testing::check;
use expect_test::expect;

#[test]
fn a_schema_and_what_it_includes() {
    check(
        &[
            ("schema.sql", "BEGIN;\nCREATE TABLE a (id int);\n\\ir sql/b.sql\n\\i sql/missing.sql\nCREATE TABLE d (id int);\nCOMMIT;\n"),
            ("sql/b.sql", "CREATE TABLE b (id int);\n\\ir c.sql\n"),
            ("sql/c.sql", "CREATE TABLE c (id int);\n\\ir b.sql\n"),
            ("queries/a.sql", "select * from a;"),
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres:${PG:-16}-alpine\n    environment:\n      POSTGRES_PASSWORD: canary\n",
            ),
        ],
        expect![[r#"
            . (schema file) schema.sql postgres=16
              schema.sql PerStatement schema.sql: 1:1 BEGIN | 2:1 CREATE TABLE a (id int)
              b.sql PerStatement sql/b.sql: 1:1 CREATE TABLE b (id int)
              c.sql PerStatement sql/c.sql: 1:1 CREATE TABLE c (id int)
              schema.sql PerStatement schema.sql: 5:1 CREATE TABLE d (id int) | 6:1 COMMIT
              note schema.sql:4: sql/missing.sql is not in the project; what it defines is not known
              note sql/c.sql:2: sql/b.sql includes itself; not followed
            gap sql/missing.sql: schema.sql:4 includes it, and it is not in the project
        "#]],
    );
}

#[test]
fn structure_before_schema_and_not_beside_migrations() {
    check(
        &[("db/structure.sql", "SET statement_timeout = 0;\nCREATE TABLE a (id int);\n"), ("db/schema.sql", "CREATE TABLE a (id int);\n")],
        expect![[r#"
            db (schema file) db/structure.sql
              structure.sql PerStatement db/structure.sql: 1:1 SET statement_timeout = 0 | 2:1 CREATE TABLE a (id int)
            gap db/schema.sql: db/structure.sql beside it was taken as the schema [give the file itself as the target]
        "#]],
    );
    check(
        &[
            ("db/migrations/1_a.up.sql", "create table a (id int);"),
            ("db/schema.sql", "create table a (id int);"),
            ("other/schema.sql", "create table o (id int);"),
        ],
        expect![[r#"
            db/migrations (golang-migrate) db/migrations
              1 PerStatement db/migrations/1_a.up.sql: 1:1 create table a (id int)
              note db/schema.sql:1: not read: the migrations in db/migrations are the source of this schema
            other (schema file) other/schema.sql
              schema.sql PerStatement other/schema.sql: 1:1 create table o (id int)
        "#]],
    );
}

#[test]
fn a_lone_file_is_the_schema_and_several_are_a_gap() {
    check(
        &[("sql/shop.sql", "create table a (id int);"), ("sql/report.sql", "select 1;")],
        expect![[r#"
        sql (schema file) sql/shop.sql
          shop.sql PerStatement sql/shop.sql: 1:1 create table a (id int)
    "#]],
    );
    check(
        &[("sql/a.sql", "create table a (id int);"), ("sql/b.sql", "create table b (id int);")],
        expect![[r#"
        gap SQL files that create tables: sql/a.sql, sql/b.sql: their order is not known [number them, or give one file as the target]
    "#]],
    );
    check(
        &[("data/shop_mysql.sql", "create table a (id int);"), ("data/shop_postgresql.sql", "create table a (id int);")],
        expect![[r#"
        data (schema file) data/shop_postgresql.sql
          shop_postgresql.sql PerStatement data/shop_postgresql.sql: 1:1 create table a (id int)
    "#]],
    );
    check(
        &[("sql/shop_serial.sql", "create table if not exists a (id serial);"), ("sql/shop.sql", "create table a (id int);")],
        expect![[r#"
            sql (schema file) sql/shop.sql
              shop.sql PerStatement sql/shop.sql: 1:1 create table a (id int)
            gap sql/shop_serial.sql: sql/shop.sql defines the same tables and was taken as the schema [give the file itself as the target]
        "#]],
    );
    check(
        &[("schema.sql", "CREATE TABLE a (id int AUTO_INCREMENT);")],
        expect![[r#"
        gap database in schema.sql: it is written for MySQL: AUTO_INCREMENT in schema.sql:1
    "#]],
    );
}
