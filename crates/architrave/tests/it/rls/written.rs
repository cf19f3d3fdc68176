//! `architrave rls prove --write`: a repair of several transactions becomes as many migrations, and the project has no way in after them.

use crate::cli::{project, run};
use architrave_postgres::server::test_server;
use serde_json::Value;

/// Teams with members and folders that only members reach, but the folder of a document may be that of another team.
const TEAMS: &str = "
create table teams (id uuid primary key default gen_random_uuid(), name text not null);
create table members (team_id uuid not null references teams, user_id uuid not null references auth.users, primary key (team_id, user_id));
create function my_teams() returns setof uuid language sql stable security definer set search_path = ''
    as $$ select team_id from public.members where user_id = auth.uid() $$;
create table folders (id uuid primary key default gen_random_uuid(), team_id uuid not null references teams, name text not null);
create table docs (id uuid primary key default gen_random_uuid(), team_id uuid not null references teams,
    folder_id uuid references folders on delete cascade, body text);
alter table teams enable row level security;
alter table members enable row level security;
alter table folders enable row level security;
alter table docs enable row level security;
create policy own on teams for select to authenticated using (id in (select my_teams()));
create policy own on members for select to authenticated using (user_id = auth.uid());
create policy own on folders to authenticated using (team_id in (select my_teams())) with check (team_id in (select my_teams()));
create policy own on docs to authenticated using (team_id in (select my_teams())) with check (team_id in (select my_teams()));
";

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_of_several_transactions_becomes_migrations_that_close_the_way_in() {
    if test_server::shared().await.is_none() {
        return;
    }
    let first = "supabase/migrations/20260101000000_first.sql";
    let place = project(&[("supabase/config.toml", ""), (first, TEAMS)]);
    let directory = place.path().display().to_string();
    let prove = |more: &[&str]| {
        let outcome = run(&[&["rls", "prove", &directory, "--no-mutations", "--quiet", "--format", "json", "-o", "-"], more].concat());
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|e| panic!("{e}: {}", outcome.stderr));
        (outcome.status, report["databases"][0]["attack"]["attacks"].as_array().unwrap().len(), outcome.stderr)
    };
    let (status, ways_in, errors) = prove(&["--write"]);
    assert_eq!((status, ways_in), (0, 1), "medium is below what a run fails for: {errors}");

    let mut written: Vec<_> = std::fs::read_dir(place.path().join("supabase/migrations")).unwrap().map(|e| e.unwrap().path()).collect();
    written.sort();
    let texts: Vec<String> = written.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert_eq!(texts[0], TEAMS, "what stood there is as it was");
    let statements = |text: &String| -> Vec<String> {
        let code: String = text.lines().filter(|line| !line.starts_with("--")).collect();
        code.split_terminator(';').map(str::to_owned).collect()
    };
    let files: Vec<Vec<String>> = texts[1..].iter().map(statements).collect();
    assert_eq!(files.len(), 4, "{files:#?}");
    let has = |file: &[String], what: &str| file.iter().any(|s| s.contains(what));
    let alone = files.iter().find(|file| has(file, "index concurrently")).unwrap();
    assert!(!has(alone, "lock_timeout") && alone.iter().all(|s| s.contains("index concurrently")), "{alone:#?}");
    let order = ["create unique index concurrently", "not valid", "validate constraint", "drop "];
    let at: Vec<Option<usize>> = order.iter().map(|what| files.iter().rposition(|file| has(file, what))).collect();
    assert!(at.is_sorted() && at[0].is_some(), "{at:?} {files:#?}");

    let (status, ways_in, errors) = prove(&[]);
    assert_eq!((status, ways_in), (0, 0), "{errors}");
}
