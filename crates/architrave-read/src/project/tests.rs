//! Whole projects: several databases, targets, samples, order, single files.

use crate::testing::{check, describe, directory, put};
use crate::{ReadError, ReadOptions, read_project, read_sql_file};
use architrave_model::script::StatementKind;
use expect_test::expect;
use std::path::Path;

fn several() -> tempfile::TempDir {
    directory(&[
        ("services/billing/prisma/migrations/migration_lock.toml", "provider = \"postgresql\""),
        ("services/billing/prisma/migrations/1_a/migration.sql", "create table a (id int);"),
        ("services/search/migrations/1_a.up.sql", "create table a (id int);"),
        ("services/billing/docker-compose.yml", "    image: postgres:15\n"),
        ("services/search/docker-compose.yml", "    image: postgres:17\n"),
        ("examples/shop/supabase/migrations/1_a.sql", "create table a (id int);"),
    ])
}

fn read_targets(root: &Path, targets: &[&str]) -> Result<String, ReadError> {
    let options = ReadOptions { targets: targets.iter().map(|t| (*t).to_owned()).collect(), ..ReadOptions::default() };
    read_project(root, &options, &|_| {}).map(|p| describe(&p))
}

#[test]
fn several_databases_and_samples() {
    let directory = several();
    expect![[r#"
        services/billing/prisma (Prisma Migrate) services/billing/prisma/migrations postgres=15
          1_a PerStatement services/billing/prisma/migrations/1_a/migration.sql: 1:1 create table a (id int)
        services/search/migrations (golang-migrate) services/search/migrations postgres=17
          1 PerStatement services/search/migrations/1_a.up.sql: 1:1 create table a (id int)
        gap database in examples/shop/supabase/migrations: in a folder of tests, samples or documentation, beside the project's own databases [give its folder as the target]
    "#]].assert_eq(&read_targets(directory.path(), &[]).unwrap());
}

#[test]
fn targets_restrict() {
    let directory = several();
    let text = read_targets(directory.path(), &["./services/search/", "nowhere"]).unwrap();
    assert!(text.starts_with("services/search/migrations (golang-migrate)") && !text.contains("prisma"), "{text}");
    assert!(text.contains("gap target nowhere: no database was found in it"), "{text}");
    assert!(read_targets(directory.path(), &["examples/shop"]).unwrap().starts_with("examples/shop/supabase"));
    let error = read_targets(directory.path(), &["nowhere"]).unwrap_err().to_string();
    assert!(
        error.ends_with(
            " is in nowhere; it has examples/shop/supabase/migrations, services/billing/prisma/migrations, services/search/migrations"
        ),
        "{error}"
    );
    put(directory.path(), "architrave.toml", b"[review]\ntargets = [\"services/search\"]\n");
    assert!(!read_targets(directory.path(), &[]).unwrap().contains("prisma"));
}

#[test]
fn a_folder_is_claimed_once() {
    check(
        &[
            ("supabase/config.toml", ""),
            ("supabase/migrations/1_a.sql", "-- migrate:up\ncreate table a (id int);\n"),
            ("supabase/schema.sql", "create table a (id int);"),
            ("supabase/migrations/V1__x.sql", "create table x (id int);"),
        ],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations api=public,graphql_public
              1 Implicit supabase/migrations/1_a.sql: 2:1 create table a (id int)
              note supabase/migrations/V1__x.sql:1: the Supabase CLI skips this file: its name is not <digits>_name.sql
        "#]],
    );
}

#[test]
fn the_migrations_folder_itself_as_the_project() {
    check(
        &[
            ("1_a/migration.sql", "create table a (id int);"),
            ("migration_lock.toml", "provider = \"postgresql\""),
            ("2_b/migration.sql", "select 1;"),
        ],
        expect![[r#"
            . (Prisma Migrate) .
              1_a PerStatement 1_a/migration.sql: 1:1 create table a (id int)
              2_b PerStatement 2_b/migration.sql: 1:1 select 1
        "#]],
    );
    check(
        &[("1_a.sql", "-- +goose Up\ncreate table a (id int);"), ("sub/schema.sql", "create table b (id int);")],
        expect![[r#"
        . (goose) .
          1 PerFile 1_a.sql: 2:1 create table a (id int)
        sub (schema file) sub/schema.sql
          schema.sql PerStatement sub/schema.sql: 1:1 create table b (id int)
    "#]],
    );
}

#[test]
fn reading_twice_is_equal() {
    let directory = several();
    let read = || serde_json::to_string(&read_project(directory.path(), &ReadOptions::default(), &|_| {}).unwrap()).unwrap();
    assert_eq!(read(), read());
}

#[test]
fn progress_is_told() {
    let directory = several();
    let said = std::cell::RefCell::new(Vec::new());
    read_project(directory.path(), &ReadOptions::default(), &|text| said.borrow_mut().push(text.to_owned())).unwrap();
    assert!(said.borrow().contains(&"reading services/search/migrations/1_a.up.sql".to_owned()));
}

#[test]
fn single_files() {
    let directory = directory(&[
        ("a.sql", "\\connect x\ncreate table a (id int);\n"),
        ("goose.sql", "-- +goose Up\ncreate table a (id int);\n-- +goose Down\ndrop table a;\n"),
        ("mysql.sql", "CREATE TABLE `a` (`id` int);"),
    ]);
    put(directory.path(), "b.sql", b"\0\0");
    let read = |name: &str| read_sql_file(&directory.path().join(name));
    let plain = read("a.sql").unwrap();
    assert_eq!((plain.path.as_str(), plain.scripts[0].path.as_str()), ("a.sql", "a.sql"));
    assert_eq!(plain.scripts[0].statements[0].kind, StatementKind::PsqlCommand);
    let goose = read("goose.sql").unwrap();
    assert_eq!((goose.scripts[0].statements.len(), goose.scripts[0].has_down), (1, true));
    assert!(
        read("mysql.sql")
            .unwrap_err()
            .to_string()
            .ends_with("mysql.sql is written for MySQL or SQLite, not PostgreSQL (a name in backticks in line 1)")
    );
    assert!(read("b.sql").unwrap_err().to_string().ends_with("b.sql is not a text file: a NUL byte at offset 0"));
    assert!(matches!(read("none.sql"), Err(ReadError::NotFound { .. })));
    assert!(matches!(read_sql_file(directory.path()), Err(ReadError::NotAFile { .. })));
}

#[test]
fn the_example_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/storefront");
    let project = read_project(&root, &ReadOptions::default(), &|_| {}).unwrap();
    assert_eq!(project.name, "storefront");
    let [database] = project.databases.as_slice() else { panic!("{}", describe(&project)) };
    assert_eq!((database.name.as_str(), database.path.as_str(), database.postgres_major), ("supabase", "supabase/migrations", Some(15)));
    assert_eq!(database.api_schemas, ["public", "graphql_public"]);
    assert_eq!((database.scripts.len(), database.notes.len(), project.gaps.len()), (14, 0, 0), "{}", describe(&project));
    assert!(database.scripts.iter().flat_map(|s| &s.statements).all(|s| s.syntax_error.is_none()));
    assert!(project.stack.named("Clerk").is_some() && project.stack.named("Next.js").is_some());
    assert!(project.stack.environment_names.contains(&"CLERK_SECRET_KEY".to_owned()));
}

#[test]
fn scripts_that_work_on_what_others_make_stand_on_them() {
    let directory = directory(&[
        ("app/db/migrations/1_a.up.sql", "create table a (id int);"),
        ("app/db/migrations/2_b.up.sql", "create table b (id int);"),
        ("jobs/data/1_fill.up.sql", "update a set id = 1;"),
        ("other/migrations/1_c.up.sql", "create table c (id int); update c set id = 1;"),
    ]);
    let project = read_project(directory.path(), &ReadOptions::default(), &|_| {}).unwrap();
    let path = |at: usize| project.databases[at].path.as_str();
    let bases = crate::foundations(&project.databases);
    let on: Vec<(&str, Option<&str>)> = bases.iter().enumerate().map(|(at, base)| (path(at), base.map(path))).collect();
    assert_eq!(on, [("app/db/migrations", None), ("jobs/data", Some("app/db/migrations")), ("other/migrations", None)]);
}
