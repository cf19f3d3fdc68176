//! Projects that `rls prove` cannot follow to the end: what is missing is named, what could not be tried is not decided, and nothing is called safe.

use crate::cli::{project, run};
use architrave_postgres::server::test_server;
use serde_json::Value;

const FIRST: &str = "supabase/migrations/20260101000000_first.sql";

/// The report on a Supabase project with these migrations, and what stands on the terminal.
async fn proved(files: &[(&str, &str)], more: &[&str]) -> Option<(Value, String)> {
    test_server::shared().await?;
    let mut all = vec![("supabase/config.toml", "")];
    all.extend(files);
    let place = project(&all);
    let directory = place.path().display().to_string();
    let text = place.path().join("access.txt").display().to_string();
    let mut arguments =
        vec!["rls", "prove", &directory, "--no-mutations", "--no-repairs", "--quiet", "--format", "json", "-o", "-", "-o", &text];
    arguments.extend(more);
    let outcome = run(&arguments);
    assert!(outcome.status < 2, "{}", outcome.stderr);
    let report = serde_json::from_str(&outcome.stdout).unwrap();
    // Lines are wrapped for the reader.
    let text = std::fs::read_to_string(&text).unwrap();
    Some((report, text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// Verdict and reason of a cell.
fn cell(report: &Value, table: &str, command: &str, actor: &str) -> (String, String) {
    let cells = report["databases"][0]["attack"]["cells"].as_array().unwrap();
    let found = cells.iter().find(|c| c["target"]["name"]["name"] == table && c["command"] == command && c["actor"] == actor);
    let text = |key: &str| found.unwrap_or_else(|| panic!("no cell {table} {command} {actor}"))[key].as_str().unwrap().to_owned();
    (text("verdict"), text("reason"))
}

#[track_caller]
fn says(text: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(text.contains(fragment), "no “{fragment}” in {text}");
    }
}

const NOTES: &str =
    "create table notes (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
alter table notes enable row level security;
";

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_calls_a_function_that_is_missing() {
    let sql = format!("{NOTES}create policy own on notes for select to authenticated using (is_mine(user_id));");
    let Some((report, text)) = proved(&[(FIRST, &sql)], &[]).await else { return };
    let (verdict, reason) = cell(&report, "notes", "select", "outsider");
    assert_eq!(verdict, "not_decided", "{reason}");
    says(&reason, &["20260101000000_first.sql:3", "is_mine(uuid) does not exist"]);
    says(
        &text,
        &[
            "1 statement of the scripts failed",
            "Statements that failed",
            "20260101000000_first.sql:3",
            "42883",
            "where something was decided",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_of_a_policy_that_reads_a_missing_table() {
    let sql = format!(
        "{NOTES}create function is_friend(who uuid) returns boolean language plpgsql stable as
         $$ begin return exists (select 1 from friendships f where f.a = who); end $$;
         create policy friends on notes for select to authenticated using (is_friend(user_id));"
    );
    let Some((report, _)) = proved(&[(FIRST, &sql)], &[]).await else { return };
    let (verdict, reason) = cell(&report, "notes", "select", "outsider");
    assert_eq!(verdict, "not_decided", "{reason}");
    says(&reason, &["friendships"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_recurse() {
    let sql = "create table members (team_id uuid not null, user_id uuid not null references auth.users, primary key (team_id, user_id));
        alter table members enable row level security;
        create policy seen on members for select to authenticated
            using (exists (select 1 from members m where m.team_id = members.team_id and m.user_id = auth.uid()));";
    let Some((report, text)) = proved(&[(FIRST, sql)], &[]).await else { return };
    let (_, reason) = cell(&report, "members", "select", "owner");
    says(&reason, &["42P17", "infinite recursion"]);
    says(&text, &["rls/policies-recursive", "fails with 42P17"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_a_key() {
    let sql = "create table events (user_id uuid not null references auth.users, what text);
        alter table events enable row level security;
        create policy seen on events for select to authenticated using (user_id is not null);
        create policy added on events for insert to authenticated with check (user_id = auth.uid());";
    let Some((report, _)) = proved(&[(FIRST, sql)], &[]).await else { return };
    assert_eq!(cell(&report, "events", "select", "outsider").0, "leak");
    assert_eq!(cell(&report, "events", "insert", "outsider").0, "allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_nobody_can_make_values_of() {
    let sql = "create domain voucher as text check (md5(value) like 'abcdef%' and value ~ '^[0-9]{3}-[A-Z]{2}$');
        create table vouchers (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, code voucher not null);
        alter table vouchers enable row level security;
        create policy own on vouchers for select to authenticated using (user_id = auth.uid());";
    let Some((report, text)) = proved(&[(FIRST, sql)], &[]).await else { return };
    let (verdict, reason) = cell(&report, "vouchers", "select", "outsider");
    assert_eq!(verdict, "not_decided", "{reason}");
    says(&reason, &["no values were found"]);
    says(&text, &["no way in was found where something was decided"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_for_a_role_that_does_not_exist() {
    let sql = format!("{NOTES}create policy own on notes for select to app_user using (user_id = auth.uid());");
    let Some((_, text)) = proved(&[(FIRST, &sql)], &[]).await else { return };
    says(&text, &["role app_user is expected to exist and no script makes it"]);
}

/// Types as `supabase gen types` writes them, of a table that the migrations fail to make.
const TYPES: &str = "export type Database = {
  public: {
    Tables: {
      orders: {
        Row: { id: string; note_id: string | null }
        Insert: { id: string; note_id?: string | null }
        Update: { id?: string; note_id?: string | null }
        Relationships: []
      }
    }
    Views: { [_ in never]: never }
    Functions: { [_ in never]: never }
    Enums: { [_ in never]: never }
    CompositeTypes: { [_ in never]: never }
  }
}
";

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_generated_types_are_not_judged() {
    let sql = format!(
        "{NOTES}create policy own on notes for select to authenticated using (user_id = auth.uid());
create table orders (id uuid primary key, note_id uuid references notes (uuid));"
    );
    let Some((report, text)) = proved(&[(FIRST, &sql), ("types/database.types.ts", TYPES)], &[]).await else { return };
    let (verdict, reason) = cell(&report, "orders", "update", "anonymous");
    assert_eq!(verdict, "not_decided", "{reason}");
    says(&reason, &["generated types"]);
    assert_eq!(cell(&report, "notes", "select", "outsider").0, "denied");
    assert_eq!(report["databases"][0]["attack"]["attacks"].as_array().unwrap().len(), 0);
    let about_orders = |f: &&Value| f["object"]["name"] == "orders";
    assert_eq!(report["findings"].as_array().unwrap().iter().find(about_orders), None);
    says(&text, &["20260101000000_first.sql:4", "\"uuid\" referenced in foreign key constraint does not exist", "types/database.types.ts"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_takes_the_place_of_migrations_that_fail() {
    if test_server::shared().await.is_none() {
        return;
    }
    let dump = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.8\n\nSET client_encoding = 'UTF8';\n
        CREATE ROLE reader;\nCREATE TABLE public.notes (id integer NOT NULL, owner_id integer NOT NULL);
        ALTER TABLE ONLY public.notes ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
        ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON public.notes FOR SELECT TO reader USING ((owner_id = (NULLIF(current_setting('app.user_id'::text, true), ''::text))::integer));
        GRANT SELECT ON TABLE public.notes TO reader;\n";
    let place = project(&[("schema.sql", dump)]);
    let file = place.path().join("schema.sql").display().to_string();
    let outcome = run(&["rls", "prove", &file, "--no-mutations", "--no-repairs", "--quiet", "--format", "json", "-o", "-"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(cell(&report, "notes", "select", "outsider").0, "denied");
    assert_eq!(cell(&report, "notes", "select", "owner").0, "allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_tables_end_in_time() {
    let sql = "do $$ begin for i in 1..2000 loop
        execute format('create table t%s (id uuid primary key, user_id uuid not null references auth.users, body text)', i);
        execute format('alter table t%s enable row level security', i);
        execute format('create policy own on t%s for select to authenticated using (user_id = auth.uid())', i);
        end loop; end $$;";
    let Some((report, text)) = proved(&[(FIRST, sql)], &["--time", "5s"]).await else { return };
    let attack = &report["databases"][0]["attack"];
    assert!(
        attack["cells"].as_array().unwrap().iter().any(|c| c["verdict"] == "not_decided" && c["reason"] == "time limit of 5 s reached")
    );
    says(&text, &["where something was decided", "time limit of 5 s reached"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_tables_need_a_grant_from_30_october_2026_read_or_executed() {
    if test_server::shared().await.is_none() {
        return;
    }
    let place = project(&[
        ("supabase/config.toml", ""),
        ("supabase/migrations/20260101000000_a.sql", "create table early (id int primary key);"),
        ("supabase/migrations/20261101000000_b.sql", "create table late (id int primary key); create table later (id int primary key);"),
    ]);
    let directory = place.path().display().to_string();
    let reached = |more: &[&str]| {
        let mut arguments = vec!["rls", "audit", &directory, "--quiet", "--format", "json", "-o", "-"];
        arguments.extend(more);
        let outcome = run(&arguments);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let matrix = report["databases"][0]["matrix"].as_array().unwrap().clone();
        let open = matrix.iter().filter(|r| r["role"] == "anon" && r["command"] == "select" && r["reach"]["is"] != "not_granted");
        let mut names: Vec<String> = open.map(|r| r["object"]["name"].as_str().unwrap().to_owned()).collect();
        names.retain(|n| ["early", "late", "later"].contains(&n.as_str()));
        names
    };
    assert_eq!(reached(&[]), ["early"]);
    assert_eq!(reached(&["--no-execute"]), ["early"]);
}
