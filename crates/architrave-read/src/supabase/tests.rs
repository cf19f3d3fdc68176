//! Supabase projects.

use crate::testing::check;
use expect_test::expect;

const CONFIG: &str = "project_id = \"shop\"\n[api]\nschemas = [\"public\", \"api\"]\n[db]\nmajor_version = 15\n";

#[test]
fn migrations_run_by_file_name_and_wrong_names_are_notes() {
    check(
        &[
            ("supabase/config.toml", CONFIG),
            ("supabase/migrations/20240201000000_b.sql", "alter table a add b int;\n-- end"),
            ("supabase/migrations/20240101000000_a.sql", "create table a (id int);\ncreate index on a (id);"),
            ("supabase/migrations/add_policies.sql", "create table never (id int);"),
            ("supabase/migrations/2024-03-01_c.sql", "create table never_too (id int);"),
            ("supabase/migrations/README.md", "x"),
            ("supabase/seed.sql", "insert into a values (1);"),
            ("supabase/tests/database/a.test.sql", "create table t (id int);"),
        ],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations postgres=15 api=public,api
              20240101000000 Implicit supabase/migrations/20240101000000_a.sql: 1:1 create table a (id int) | 2:1 create index on a (id)
              20240201000000 Implicit supabase/migrations/20240201000000_b.sql: 1:1 alter table a add b int
              note supabase/migrations/2024-03-01_c.sql:1: the Supabase CLI skips this file: its name is not <digits>_name.sql
              note supabase/migrations/add_policies.sql:1: the Supabase CLI skips this file: its name is not <digits>_name.sql
        "#]],
    );
}

#[test]
fn roles_come_first_and_schemas_only_without_migrations() {
    check(
        &[
            ("apps/web/supabase/config.toml", "[db.migrations]\nschema_paths = [\"./schemas/types.sql\", \"./schemas/*.sql\"]\n"),
            ("apps/web/supabase/roles.sql", "create role reader;"),
            ("apps/web/supabase/schemas/a.sql", "create table a (s state);"),
            ("apps/web/supabase/schemas/types.sql", "create type state as enum ('x');"),
        ],
        expect![[r#"
            apps/web/supabase (Supabase migrations) apps/web/supabase/schemas api=public,graphql_public
              roles Implicit apps/web/supabase/roles.sql: 1:1 create role reader
              types.sql Implicit apps/web/supabase/schemas/types.sql: 1:1 create type state as enum ('x')
              a.sql Implicit apps/web/supabase/schemas/a.sql: 1:1 create table a (s state)
        "#]],
    );
    check(
        &[("supabase/schemas/a.sql", "create table a (id int);"), ("supabase/migrations/1_a.sql", "create table a (id int);")],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations api=public,graphql_public
              1 Implicit supabase/migrations/1_a.sql: 1:1 create table a (id int)
              note supabase/schemas/a.sql:1: declarative schemas are the plan, migrations the state: the migrations were read, this file was not
        "#]],
    );
}

#[test]
fn generated_types_stand_in_for_missing_migrations() {
    check(
        &[
            ("supabase/config.toml", "[api]\nauto_expose_new_tables = false\n"),
            (
                "src/integrations/supabase/types.ts",
                "export type Database = {\n  public: {\n    Tables: { notes: { Row: { id: string; done: boolean | null } } }\n  }\n}\n",
            ),
        ],
        expect![[r#"
            supabase (Supabase migrations) src/integrations/supabase/types.ts api=public,graphql_public
              types.ts PerStatement src/integrations/supabase/types.ts: 3:1 create table public.notes (id text not null, done boolean)
            gap src/integrations/supabase/types.ts: its tables are those of the generated types, 1 in all, for lack of migrations: no policies, indexes, defaults and exact types are known [write the remote schema into the project: supabase db pull]
        "#]],
    );
}

#[test]
fn an_old_init_and_twins_are_said() {
    check(
        &[
            ("supabase/config.toml", ""),
            ("supabase/migrations/20210101000000_init.sql", "create table old (id int);"),
            ("supabase/migrations/20240101_a.sql", "create table a (id int);"),
            ("supabase/migrations/20240101_b.sql", "create table b (id int);"),
            ("supabase/migrations/archive/1_z.sql", "create table z (id int);"),
        ],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations api=public,graphql_public
              20240101 Implicit supabase/migrations/20240101_a.sql: 1:1 create table a (id int)
              20240101 Implicit supabase/migrations/20240101_b.sql: 1:1 create table b (id int)
              note supabase/migrations/20210101000000_init.sql:1: the Supabase CLI skips this file: a first migration named _init of that age is an old dump
              note supabase/migrations/20240101_b.sql:1: the Supabase CLI refuses a second version 20240101; supabase/migrations/20240101_a.sql has it
              note supabase/migrations/archive:1: the Supabase CLI does not look into folders below migrations
        "#]],
    );
}

#[test]
fn an_empty_or_broken_configuration_stops_nothing() {
    check(
        &[("supabase/config.toml", "project_id = "), ("supabase/migrations/1_a.sql", "create table a ();")],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations api=public,graphql_public
              1 Implicit supabase/migrations/1_a.sql: 1:1 create table a ()
            gap supabase/config.toml: is not valid TOML: string values must be quoted, expected literal string
        "#]],
    );
    check(
        &[("supabase/config.toml", "[api]\nenabled = false\n")],
        expect![[r#"
        gap database in supabase: it has neither migrations nor declarative schemas [write the remote schema into the project: supabase db pull]
    "#]],
    );
}
