//! The emulation attacked: what the roles may not do is refused, and what the platform permits goes through.

use super::{GrantMode, permits};
use crate::replay::tests::{failures, run_on};
use crate::replay::{Confined, Prelude, ReplayOptions, Replayed};
use crate::server::{PrivateServer, ServerOptions, installations};
use tokio_postgres::Client;

#[test]
fn policies_and_triggers_on_the_platforms_tables_are_permitted() {
    for text in [
        "create policy \"read on my own\" on storage.objects for select using (true)",
        "-- mine\nCREATE POLICY \"a \"\"b\"\"\" ON \"storage\".\"objects\" FOR ALL USING (false)",
        "drop policy if exists p on storage . buckets",
        "alter policy p on realtime.messages rename to q",
        "drop trigger if exists on_auth_user_created on auth.users",
        "/* once */ drop trigger t on auth.users cascade",
        "create policy \"on\" on auth.users using (true)",
        "do $$ begin if not exists (select from pg_policies) then create policy p on storage.objects using (true); end if; end $$",
    ] {
        assert!(permits(text), "{text}");
    }
}

#[test]
fn nothing_else_is_permitted() {
    for text in [
        "alter table storage.objects enable row level security",
        "create policy p on public.notes using (true)",
        "create policy p on storage.prefixes using (true)",
        "create policy p on objects using (true)",
        "drop table storage.objects",
        "create index on auth.users (email)",
        "comment on policy p on storage.objects is 'x'",
        "do $$ begin alter table storage.objects enable row level security; create policy p on storage.objects using (true); end $$",
        "create policy",
        "",
        "create trigger t after insert on auth.users execute function f()",
    ] {
        assert!(!permits(text), "{text}");
    }
}

#[test]
fn grants_turn_explicit_with_the_first_migration_of_that_day() {
    assert!(GrantMode::ByDate.turns_at("20261030000000"));
    assert!(GrantMode::ByDate.turns_at("20270101120000_later"));
    assert!(!GrantMode::ByDate.turns_at("20261029235959"));
    assert!(!GrantMode::ByDate.turns_at("9"), "a number is no date");
    assert!(!GrantMode::ByDate.turns_at("roles"));
    assert!(!GrantMode::Automatic.turns_at("20270101000000"));
}

const TYPICAL: &str = "create table profiles (id uuid primary key references auth.users (id) on delete cascade, name text);;
alter table profiles enable row level security;;
create policy own on profiles for select to authenticated using ((select auth.uid()) = id);;
create policy uploads on storage.objects for insert to authenticated with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text);;
do $$ begin create policy reads on storage.objects for select to anon using (bucket_id = 'avatars'); end $$;;
create schema private;;
create function private.mine() returns boolean language sql stable as 'select true';;
create policy helped on storage.objects for delete to authenticated using (private.mine());;
create policy listens on realtime.messages for select to authenticated using (realtime.topic() = auth.uid()::text);;
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);;
create function handle_new_user() returns trigger language plpgsql security definer as 'begin insert into public.profiles (id) values (new.id); return new; end';;
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();;
drop trigger if exists on_auth_user_created on auth.users;;
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();;
create extension if not exists pg_cron;;
create extension if not exists supabase_vault;;
select vault.create_secret('hush', 'token');;
select decrypted_secret from vault.decrypted_secrets;;
select cron.schedule('nightly', '0 3 * * *', 'select 1');;
select net.http_post('https://example.com', '{}'::jsonb);;
select pgmq.create('jobs');;
select pgmq.send('jobs', '{\"id\": 1}');;
select pgmq.archive('jobs', (select msg_id from pgmq.read('jobs', 30, 1)));;
do $$ begin if (select count(*) from pgmq.a_jobs) <> 1 or exists (select from pgmq.q_jobs) then raise 'not archived'; end if; end $$;;
alter publication supabase_realtime add table profiles;;
create extension if not exists \"uuid-ossp\";;
create table tokens (id uuid default extensions.uuid_generate_v4(), at timestamptz default now());;
select extensions.crypt('a', extensions.gen_salt('bf', 4))";

/// The oldest, the usual and the newest major that are here.
fn majors() -> Vec<u16> {
    let mut installed: Vec<u16> = installations(&ServerOptions::from_env()).iter().map(|i| i.major).collect();
    installed.sort_unstable();
    let mut majors: Vec<u16> =
        installed.first().into_iter().chain(installed.iter().filter(|m| **m == 15)).chain(installed.last()).copied().collect();
    majors.dedup();
    majors
}

/// A project on the emulation; the usual major where none is given.
async fn project(major: Option<u16>, grants: GrantMode, scripts: &[(&str, &str)]) -> Option<(PrivateServer, Replayed)> {
    crate::server::test_server::shared().await?;
    let options = ReplayOptions { prelude: Prelude::Supabase { grants }, ..ReplayOptions::default() };
    let scripts: Vec<(String, &str)> = scripts.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect();
    Some(run_on(major, &scripts, options).await)
}

/// `yes` or the server's words.
async fn answer(client: &Client, statement: &str) -> String {
    match client.batch_execute(statement).await {
        Ok(()) => "yes".to_owned(),
        Err(error) => error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned()),
    }
}

async fn as_role(client: &Client, role: &str, statement: &str) -> String {
    let said = answer(client, &format!("begin; set local role {role}; {statement}")).await;
    client.batch_execute("rollback").await.unwrap();
    said
}

#[tokio::test]
async fn a_typical_project_replays_on_every_major() {
    for major in majors() {
        let Some((_server, replayed)) = project(Some(major), GrantMode::Automatic, &[("1_a.sql", TYPICAL)]).await else { return };
        assert_eq!(failures(&replayed), Vec::<String>::new(), "PostgreSQL {major}");
        let stubs = replayed.report.stubbed_extensions;
        assert_eq!(stubs, ["pg_cron", "pg_net", "pgmq", "supabase_vault"], "PostgreSQL {major}");
    }
}

/// Who, what, and the answer.
const REACH: &[(&str, &str, &str)] = &[
    ("anon", "select * from auth.users", "permission denied for table users"),
    ("authenticated", "select * from auth.users", "permission denied for table users"),
    ("service_role", "select * from auth.users", "permission denied for table users"),
    ("authenticated", "create table public.mine (id int)", "permission denied for schema public"),
    ("anon", "select * from vault.secrets", "permission denied for schema vault"),
    ("anon", "select * from storage.objects", "yes"),
    ("authenticated", "select * from realtime.messages", "yes"),
    ("anon", "select * from public.notes", "yes"),
    ("postgres", "select * from auth.users", "yes"),
    ("postgres", "alter table storage.objects enable row level security", "must be owner of table objects"),
    ("postgres", "create policy p on storage.objects using (true)", "must be owner of table objects"),
    ("postgres", "create index on auth.users (phone)", "must be owner of table users"),
    ("postgres", "alter table auth.users add column tenant uuid", "must be owner of table users"),
    ("postgres", "create function auth.tenant() returns text language sql as 'select null::text'", "permission denied for schema auth"),
    ("postgres", "set role supabase_admin", "permission denied to set role \"supabase_admin\""),
    ("postgres", "delete from storage.objects", "Direct deletion from storage tables is not allowed. Use the Storage API instead."),
];

#[tokio::test]
async fn roles_reach_no_further_than_on_the_platform() {
    for major in majors() {
        let scripts = [("1_a.sql", "create table notes (id int)")];
        let Some((server, replayed)) = project(Some(major), GrantMode::Automatic, &scripts).await else { return };
        let client = Confined::new(&server).await.unwrap().owner(&replayed.database).await.unwrap();
        for (role, statement, expected) in REACH {
            assert_eq!(as_role(&client, role, statement).await, *expected, "{role}: {statement}; PostgreSQL {major}");
        }
        for refused in [
            "alter role postgres superuser",
            "alter role supabase_admin password 'x'",
            "grant supabase_admin to postgres",
            "create role root superuser",
            "grant pg_execute_server_program to postgres",
            "create role mate in role pg_write_server_files",
        ] {
            assert_ne!(answer(&client, refused).await, "yes", "{refused}; PostgreSQL {major}");
        }
    }
}

const OPEN: &str = "has_table_privilege('anon', 'notes', 'select')";

async fn holds(server: &PrivateServer, replayed: &Replayed, condition: &str) -> bool {
    let client = Confined::new(server).await.unwrap().owner(&replayed.database).await.unwrap();
    client.query_one(&format!("select {condition}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn new_tables_are_open_or_not_by_the_mode() {
    let (early, late) = ("20260101000000_a.sql", "20261105000000_b.sql");
    for (mode, path, open) in [
        (GrantMode::Automatic, late, true),
        (GrantMode::Explicit, early, false),
        (GrantMode::ByDate, early, true),
        (GrantMode::ByDate, late, false),
    ] {
        let Some((server, replayed)) = project(None, mode, &[(path, "create table notes (id int)")]).await else { return };
        assert_eq!(holds(&server, &replayed, OPEN).await, open, "{mode:?} {path}");
        assert!(holds(&server, &replayed, "has_table_privilege('anon', 'notes', 'truncate')").await, "{mode:?} {path}");
    }
}

#[tokio::test]
async fn a_project_that_lives_through_the_day_keeps_what_it_had() {
    let scripts = [("20260101000000_a.sql", "create table notes (id int)"), ("20261105000000_b.sql", "create table later (id int)")];
    let Some((server, replayed)) = project(None, GrantMode::ByDate, &scripts).await else { return };
    assert!(holds(&server, &replayed, OPEN).await);
    assert!(!holds(&server, &replayed, "has_table_privilege('anon', 'later', 'select')").await);
    assert!(replayed.report.prelude.unwrap().contains("30 October 2026"));
}

#[tokio::test]
async fn what_the_platform_refuses_is_a_failure_or_is_told() {
    let sql = "alter table storage.objects enable row level security;;
create or replace function auth.tenant() returns text language sql stable as 'select auth.jwt() ->> ''tenant''';;
create table notes (id int, tenant text default auth.tenant())";
    let Some((server, replayed)) = project(None, GrantMode::Automatic, &[("1_a.sql", sql)]).await else { return };
    assert_eq!(failures(&replayed), ["1_a.sql:1 42501 must be owner of table objects"]);
    assert_eq!(replayed.report.skipped.len(), 1, "{:?}", replayed.report.skipped);
    assert!(holds(&server, &replayed, "(select proowner = 'supabase_auth_admin'::regrole from pg_proc where proname = 'tenant')").await);
}

#[tokio::test]
async fn default_privileges_of_the_project_do_not_reach_extensions() {
    let sql = "alter default privileges revoke execute on functions from public;;
create extension if not exists citext;;
create function mine() returns int language sql as 'select 1'";
    let Some((server, replayed)) = project(None, GrantMode::Automatic, &[("1_a.sql", sql)]).await else { return };
    assert_eq!(failures(&replayed), Vec::<String>::new());
    let reached = "has_function_privilege('dashboard_user', 'citext(boolean)', 'execute') and not has_function_privilege('dashboard_user', 'mine()', 'execute')";
    assert!(holds(&server, &replayed, reached).await);
}
