//! Plain output of `pg_dump`.

use crate::testing::{check, directory};
use architrave_model::project::MigrationFormat;
use architrave_model::script::StatementKind;
use expect_test::expect;

const DUMP: &str = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n-- Dumped from database version 16.4 (Debian 16.4-1.pgdg120+1)\n-- Dumped by pg_dump version 17.0\n\nSET statement_timeout = 0;\nCREATE TABLE public.a (\n    id integer NOT NULL\n);\n\nCOPY public.a (id) FROM stdin;\n1\n2\n\\.\n\nALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);\n\n\\unrestrict abc\n";

#[test]
fn a_dump_is_recognised_by_its_header() {
    check(
        &[("backup/production.sql", DUMP)],
        expect![[r#"
        backup (pg_dump output) backup/production.sql postgres=16
          production.sql PerStatement backup/production.sql: 5:1 \restrict abc | 10:1 SET statement_timeout = 0 | 11:1 CREATE TABLE public.a ( id integer NOT NULL ) | 15:1 COPY public.a (id) FROM stdin | 20:1 ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id) | 22:1 \unrestrict abc
    "#]],
    );
}

#[test]
fn beside_a_schema_a_dump_is_a_copy() {
    check(
        &[("backup/production.sql", DUMP), ("migrations/1_a.sql", "create table a (id int);")],
        expect![[r#"
        migrations (numbered SQL files) migrations
          1 PerStatement migrations/1_a.sql: 1:1 create table a (id int)
        gap backup/production.sql: a dump beside the project's own schema; that was read instead [give the file itself as the target]
    "#]],
    );
}

#[test]
fn a_dump_as_a_single_file() {
    let directory = directory(&[("production.sql", DUMP)]);
    let database = crate::read_sql_file(&directory.path().join("production.sql")).unwrap();
    assert_eq!((database.format, database.postgres_major, database.path.as_str()), (MigrationFormat::PgDump, Some(16), "production.sql"));
    let kinds: Vec<&StatementKind> = database.scripts[0].statements.iter().map(|s| &s.kind).collect();
    assert!(kinds.contains(&&StatementKind::CopyData { rows: 2 }) && kinds.contains(&&StatementKind::PsqlCommand), "{kinds:?}");
}
