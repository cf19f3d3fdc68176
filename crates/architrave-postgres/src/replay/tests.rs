//! Replays small projects on the real private server.

use super::{Confined, ReplayOptions, Replayed, replay};
use crate::server::{NoProgress, PrivateServer, ServerOptions};
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::{Script, Statement, TransactionMode};
use std::time::Duration;

/// Splits at `;;` lines: these tests need no parser, only statements.
fn script(path: &str, text: &str) -> Script {
    let mut statements = Vec::new();
    let mut line = 1;
    for part in text.split(";;") {
        let lead = part.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count();
        let body = part.trim();
        if !body.is_empty() {
            let kind = kind_of(body);
            let at = u32::try_from(line + lead).unwrap();
            statements.push(Statement { text: body.into(), line: at, column: 1, offset: 0, kind, touches: Vec::new(), syntax_error: None });
        }
        line += part.matches('\n').count();
    }
    Script { path: path.into(), version: path.into(), transaction: TransactionMode::PerFile, statements, ..Script::default() }
}

fn kind_of(text: &str) -> architrave_model::script::StatementKind {
    use architrave_model::script::StatementKind as K;
    let lower = text.to_lowercase();
    if let Some(rest) = lower.strip_prefix("create extension ") {
        return K::CreateExtension { name: rest.trim_start_matches("if not exists ").trim_matches('"').to_owned(), schema: None };
    }
    if lower.starts_with("copy ") {
        return K::Data;
    }
    if lower.contains("concurrently") {
        return K::NonTransactional;
    }
    if lower.starts_with("create role") { K::ClusterWide } else { K::Definition }
}

async fn run_with(scripts: &[&str], options: ReplayOptions) -> Option<(PrivateServer, Replayed)> {
    crate::server::test_server::shared().await?;
    let scripts: Vec<(String, &str)> = scripts.iter().enumerate().map(|(n, text)| (format!("{n}.sql"), *text)).collect();
    Some(run_on(None, &scripts, options).await)
}

/// Replays scripts, told by path and text, on a server of one major of its own.
pub(crate) async fn run_on(major: Option<u16>, scripts: &[(String, &str)], options: ReplayOptions) -> (PrivateServer, Replayed) {
    let server = PrivateServer::start(&ServerOptions::from_env().with_major(major), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let scripts = scripts.iter().map(|(path, text)| script(path, text)).collect();
    let project = ProjectDatabase::new(".", MigrationFormat::NumberedSql, ".", scripts);
    let replayed = replay(&confined, &project, &options, &NoProgress).await.unwrap();
    (server, replayed)
}

#[tokio::test]
async fn the_runners_book_and_its_schema_are_there() {
    if crate::server::test_server::shared().await.is_none() {
        return;
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let text = "create table orders (id int);; delete from public._sqlx_migrations where version = 1;; insert into shop.orders values (1)";
    let mut project = ProjectDatabase::new(".", MigrationFormat::Flyway, ".", vec![script("1.sql", text)]);
    project.default_schema = Some("shop".to_owned());
    let options = ReplayOptions { prelude: super::Prelude::Sqlx, ..ReplayOptions::default() };
    let replayed = replay(&confined, &project, &options, &NoProgress).await.unwrap();
    assert_eq!(failures(&replayed), [""; 0]);
}

async fn run(scripts: &[&str]) -> Option<(PrivateServer, Replayed)> {
    run_with(scripts, ReplayOptions::default()).await
}

pub(crate) fn failures(replayed: &Replayed) -> Vec<String> {
    replayed.report.failed.iter().map(|f| format!("{}:{} {} {}", f.location.path, f.location.line, f.sqlstate, f.message)).collect()
}

#[tokio::test]
async fn a_failing_statement_is_noted_and_the_rest_goes_on() {
    let Some((_server, replayed)) =
        run(&["create table a (id int primary key);;\ncreate table a (id int);;\nalter table a add column note text"]).await
    else {
        return;
    };
    assert_eq!(failures(&replayed), ["0.sql:2 42P07 relation \"a\" already exists"]);
    assert_eq!(replayed.report.applied, 2);
    let origin = replayed.origins.of(&ObjectRef::column(&architrave_model::QualifiedName::new("public", "a"), "note")).unwrap();
    assert_eq!((origin.created.path.as_str(), origin.created.line), ("0.sql", 3));
}

#[tokio::test]
async fn objects_made_by_do_blocks_and_functions_have_a_place() {
    let scripts = [
        "create table t (id int);;\ncreate function add() returns void language plpgsql as 'begin create index t_id on t (id); end'",
        "\n\ndo $$ begin perform add(); execute 'alter table t add constraint positive check (id > 0)'; end $$",
    ];
    let Some((_server, replayed)) = run(&scripts).await else { return };
    assert_eq!(failures(&replayed), Vec::<String>::new());
    let t = architrave_model::QualifiedName::new("public", "t");
    for object in [ObjectRef::in_table(ObjectKind::Index, &t, "t_id"), ObjectRef::in_table(ObjectKind::Constraint, &t, "positive")] {
        let origin = replayed.origins.of(&object).unwrap();
        assert_eq!((origin.created.path.as_str(), origin.created.line), ("1.sql", 3), "{object}");
    }
    let table = replayed.origins.of(&ObjectRef::table(&t)).unwrap();
    assert_eq!((table.created.path.as_str(), table.changed.path.as_str()), ("0.sql", "1.sql"));
}

#[tokio::test]
async fn a_function_with_a_long_signature_has_a_place() {
    let sql = "create function f(the_first_argument text, the_second_argument text, out status integer, out content text) language sql as $$ select 1, 'x' $$";
    let Some((_server, replayed)) = run(&[sql]).await else { return };
    let name = "f(the_first_argument text, the_second_argument text, OUT status integer, OUT content text)";
    assert!(replayed.origins.of(&ObjectRef::in_schema(ObjectKind::Function, "public", name)).is_some());
}

#[tokio::test]
async fn missing_extensions_are_stood_in_for_by_name() {
    let sql = "create extension if not exists vector;;
create table d (id int, e vector(3), h halfvec(8));;
create index on d using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64);;
create extension postgis;;
create table p (g geometry(Point, 4326), y geography(Point));;
create index on p using gist (g);;
create index on p using gist (y);;
create index on d using ivfflat (e vector_l2_ops) with (lists = 100);;
create extension made_up;;
create extension pgcrypto;;
select 1 from d order by e <=> '[1,2,3]' limit 1;;
create extension if not exists vector;;
comment on extension vector is 'kept'";
    let Some((server, replayed)) = run(&[sql]).await else { return };
    assert_eq!(failures(&replayed), Vec::<String>::new());
    assert_eq!(replayed.report.stubbed_extensions, ["made_up", "postgis", "vector"]);
    let lost: Vec<(&str, u32)> = replayed.report.skipped.iter().map(|(what, times)| (&what[..17], *times)).collect();
    assert_eq!(lost, [("lost the modifier", 1), ("lost the storage ", 2)]);
    let confined = Confined::new(&server).await.unwrap();
    let client = confined.owner(&replayed.database).await.unwrap();
    let rows = client
        .query("select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'd'::regclass and attnum = 2", &[])
        .await
        .unwrap();
    assert_eq!(rows[0].get::<_, String>(0), "vector(3)");
}

#[tokio::test]
async fn scripts_cannot_leave_the_private_server() {
    let attacks = "copy (select 1) to program 'touch /tmp/architrave-escaped';;
copy (select 1) to '/tmp/architrave-escaped';;
select pg_read_file('/etc/passwd');;
set role architrave;;
set session authorization architrave;;
alter role postgres superuser;;
create extension plpython3u;;
create function f() returns int language c as 'libc.so.6', 'system';;
create extension dblink;;
select * from dblink('host=127.0.0.1 port=1', 'select 1') as t(a int);;
create event trigger e on ddl_command_end execute function architrave_replay.note();;
insert into pg_extension select * from pg_extension;;
select lo_export(1, '/tmp/architrave-escaped');;
select architrave_replay.add_role('architrave');;
set role architrave;;
select architrave_replay.add_role('pg_execute_server_program');;
grant pg_execute_server_program to postgres;;
create role helper in role pg_execute_server_program;;
grant pg_read_server_files, pg_write_server_files to postgres;;
copy (select 1) to program 'touch /tmp/architrave-escaped';;
select architrave_replay.add_extension('file_fdw', 'public', true);;
select architrave_replay.add_extension('x''; alter role postgres superuser; --', 'odd name', true);;
insert into architrave_replay.stub values ('evil', 'alter role postgres superuser');;
alter role architrave rename to nobody;;
grant architrave to postgres";
    let Some((server, replayed)) = run(&[attacks]).await else { return };
    assert!(!std::path::Path::new("/tmp/architrave-escaped").exists());
    let confined = Confined::new(&server).await.unwrap();
    let client = confined.owner(&replayed.database).await.unwrap();
    let superuser: bool = client.query_one("select rolsuper from pg_roles where rolname = 'postgres'", &[]).await.unwrap().get(0);
    assert!(!superuser);
    // Two CREATE EXTENSION statements and two direct calls became stand-ins, two calls did nothing; everything else was refused.
    assert_eq!(replayed.report.applied, 6, "{:?} {:?}", failures(&replayed), replayed.report.skipped);
    let member: i64 = client.query_one("select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = 'postgres' and (m.roleid in (select oid from pg_roles where rolsuper) or m.roleid = 'pg_execute_server_program'::regrole)", &[]).await.unwrap().get(0);
    assert_eq!(member, 0);
}

#[tokio::test]
async fn an_endless_loop_ends() {
    let options = ReplayOptions { statement_limit: Duration::from_millis(300), ..ReplayOptions::default() };
    let sql = "set statement_timeout = 0;;\ndo $$ begin loop end loop; end $$;;\ncreate table after_it (id int)";
    let Some((_server, replayed)) = run_with(&[sql], options).await else { return };
    assert_eq!(failures(&replayed), ["0.sql:2 57014 still running after 0 s and cancelled"]);
    assert_eq!(replayed.report.applied, 2);
}

#[tokio::test]
async fn missing_roles_and_own_roles_do_not_stop_a_dump() {
    let sql = "create table t (id int);;\nalter table t owner to shop_owner;;\ncreate role writer;;\ncreate table w (id int);;\nalter table w owner to writer;;\ngrant select on t to reader";
    let Some((_server, replayed)) = run(&[sql]).await else { return };
    assert_eq!(failures(&replayed), Vec::<String>::new());
}

#[tokio::test]
async fn a_schema_that_nobody_makes_is_stood_in_for() {
    let Some((_server, replayed)) = run(&["create table auth.users (id uuid primary key)"]).await else { return };
    assert_eq!(failures(&replayed), Vec::<String>::new());
    assert_eq!(replayed.report.skipped.len(), 1, "{:?}", replayed.report.skipped);
}

/// Before 15 every role may create objects in `public` unless somebody took that away.
#[tokio::test]
async fn a_copy_of_a_database_keeps_who_may_create_in_public() {
    let installed = crate::server::installations(&ServerOptions::from_env());
    let Some(oldest) = installed.iter().map(|i| i.major).min() else { return };
    let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(oldest)), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let database = confined.create_database("closed").await.unwrap();
    let client = confined.owner(&database).await.unwrap();
    client.batch_execute("revoke create on schema public from public; create role passer_by").await.unwrap();
    drop(client);
    let copy = confined.clone_database(&database).await.unwrap();
    let client = confined.owner(&copy).await.unwrap();
    let row = client.query_one("select has_schema_privilege('passer_by', 'public', 'create')", &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0), "PostgreSQL {oldest}");
}

/// CREATE DATABASE leaves them behind.
#[tokio::test]
async fn a_copy_of_a_database_keeps_its_settings() {
    if crate::server::test_server::shared().await.is_none() {
        return;
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let database = confined.create_database("settings").await.unwrap();
    let client = confined.owner(&database).await.unwrap();
    let sql = format!(
        "create schema far; alter database {0} set search_path = \"$user\", far; alter role postgres in database {0} set lock_timeout = '7s'",
        architrave_model::name::quote_ident(database.name())
    );
    client.batch_execute(&sql).await.unwrap();
    drop(client);
    let copy = confined.clone_database(&database).await.unwrap();
    let client = confined.owner(&copy).await.unwrap();
    let row = client.query_one("select current_setting('search_path'), current_setting('lock_timeout')", &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("\"$user\", far", "7s"));
}

#[tokio::test]
async fn concurrent_indexes_run_outside_the_transaction() {
    let Some((_server, replayed)) =
        run(&["create table t (id int);;\ncreate index concurrently i on t (id);;\ncreate table u (id int)"]).await
    else {
        return;
    };
    assert_eq!(failures(&replayed), Vec::<String>::new());
}

#[tokio::test]
async fn what_only_the_owner_or_a_superuser_may_do_is_done_as_far_as_it_goes() {
    let Some((_server, replayed)) =
        run(&["create extension pgcrypto;;\ndrop extension pgcrypto;;\ncreate table a (id int primary key);;\n\
         create table b (id int references a);;\nalter table b disable trigger all;;\nalter table b enable trigger all"])
        .await
    else {
        return;
    };
    assert_eq!((failures(&replayed), replayed.report.skipped), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_copy_without_data_does_not_cost_the_session() {
    let Some((_server, replayed)) = run(&["create table a (id int);; copy a from stdin;; create table b (id int)"]).await else { return };
    assert_eq!(failures(&replayed), [""; 0]);
}
