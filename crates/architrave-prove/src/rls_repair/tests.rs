//! Holes, the repairs that are proposed for them, and what the attack says afterwards.

use super::{PlanCheck, repair};
use crate::ground::{catalog_of, testing};
use crate::rls_attack::{AttackInput, AttackOptions, attack};
use architrave_model::QualifiedName;
use architrave_model::access::{Repair, Stated, StatedScope, StatedTable};
use architrave_model::context::Exposure;
use architrave_model::finding::Verdict;
use architrave_model::origin::Origins;
use architrave_model::script::Location;
use architrave_postgres::server::NoProgress;

/// Roles and functions of Supabase's kind.
const BEFORE: &str = "
do $$ declare r text[]; begin
  foreach r slice 1 in array array[['anon', ''], ['authenticated', ''], ['service_role', 'bypassrls']] loop
    -- Roles are the server's: another test may be making them at this moment.
    begin execute format('create role %I nologin noinherit %s', r[1], r[2]); exception when duplicate_object or unique_violation then null; end;
  end loop;
end $$;
create schema auth;
grant usage on schema auth, public to anon, authenticated, service_role;
create table auth.users (id uuid primary key, email text);
create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.uid() returns uuid language sql stable as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
alter default privileges in schema public grant select, insert, update, delete on tables to anon, authenticated, service_role;
";

const NOTES: &str =
    "create table notes (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
alter table notes enable row level security;";

async fn repaired(schema: &str, test: impl FnOnce(&[Repair], usize)) {
    repaired_as_stated(schema, Stated::default(), test).await;
}

async fn repaired_as_stated(schema: &str, stated: Stated, test: impl FnOnce(&[Repair], usize)) {
    let earlier = format!("{BEFORE}{schema}");
    testing::with_ground(&earlier, async |ground| {
        let mut client = ground.server.owner(ground.base).await.unwrap();
        let catalog = catalog_of(&mut client, false).await.unwrap();
        drop(client);
        let exposure = Exposure { schemas: vec!["public".into()], roles: vec!["anon".into(), "authenticated".into()] };
        let input = AttackInput {
            server: ground.server,
            base: ground.base,
            catalog: &catalog,
            exposure: &exposure,
            stated: &stated,
            clerk: false,
            origins: &Origins::default(),
        };
        let options = AttackOptions { mutations: false, ..AttackOptions::default() };
        let report = attack(&input, &options, &NoProgress).await.unwrap();
        let proposed = architrave_advise::policies::propose(&catalog, &report);
        let twin = ground.server.clone_database(ground.base).await.unwrap();
        let twin = ground.server.owner(&twin).await.unwrap();
        let repairs = repair(&input, &report, proposed, Some(&PlanCheck { twin: &twin }), &options, &NoProgress).await.unwrap();
        test(&repairs, report.attacks.len());
    })
    .await;
}

/// All ways in are closed by repairs that are proved.
fn all_closed(repairs: &[Repair], attacks: usize) {
    assert!(attacks > 0, "the attack has found nothing to repair");
    let proved: Vec<&Repair> = repairs.iter().filter(|r| r.proof.verdict == Verdict::Proved).collect();
    let closed: std::collections::BTreeSet<usize> = proved.iter().flat_map(|r| r.closes.iter().copied()).collect();
    assert_eq!(closed.len(), attacks, "{repairs:#?}");
    for repair in proved {
        let left: Vec<&String> = repair.proof.transcript.iter().filter(|l| l.contains("the way back")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_policy_is_written_anew_with_an_index() {
    let schema = format!(
        "{NOTES} create policy read on notes for select to authenticated using (user_id = auth.uid() or body is not null);
         create policy own on notes for insert to authenticated with check (user_id = auth.uid());"
    );
    repaired(&schema, |repairs, attacks| {
        all_closed(repairs, attacks);
        let up = repairs[0].up.join("\n");
        assert!(up.contains("for select to authenticated using (user_id = (select auth.uid()))"), "{up}");
        assert!(up.contains("create index notes_user_id_idx on public.notes (user_id)"), "{up}");
        assert!(repairs[0].proof.transcript.iter().any(|l| l.contains("on the twin: select from public.notes cost")), "{repairs:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_gets_the_rights_of_whoever_asks() {
    let schema = format!(
        "{NOTES} create policy own on notes to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
         create view all_notes as select * from notes;"
    );
    repaired(&schema, |repairs, attacks| {
        all_closed(repairs, attacks);
        assert!(repairs.iter().any(|r| r.up.join(";").contains("security_invoker = true")), "{repairs:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_row_level_security_gets_policies() {
    let schema =
        "create table notes (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);";
    repaired(schema, |repairs, attacks| {
        all_closed(repairs, attacks);
        assert!(repairs[0].up.join("\n").contains("enable row level security"), "{repairs:#?}");
    })
    .await;
}

/// Teams with members, and folders that only members reach.
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
async fn a_foreign_key_across_tenants_gets_the_tenant() {
    repaired(TEAMS, |repairs, attacks| {
        all_closed(repairs, attacks);
        let up = repairs[0].up.join("\n");
        assert!(up.contains("create unique index concurrently folders_team_id_id_key on public.folders (team_id, id)"), "{up}");
        assert!(
            up.contains("foreign key (team_id, folder_id) references public.folders (team_id, id) on delete cascade not valid"),
            "{up}"
        );
        assert_eq!(repairs[0].phases().len(), 4, "{up}");
        assert!(repairs[0].down.iter().any(|s| s.contains("FOREIGN KEY (folder_id) REFERENCES")), "{:?}", repairs[0].down);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_that_cannot_hold_the_tenant_gets_a_policy() {
    // A link from a row of a team's to a row of a user's.
    let schema = format!(
        "{TEAMS} create table sources (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
         alter table sources enable row level security;
         create policy own on sources to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
         alter table docs drop column folder_id, add column source_id uuid not null references sources;"
    );
    repaired(&schema, |repairs, attacks| {
        all_closed(repairs, attacks);
        let up = repairs[0].up.join("\n");
        assert!(up.contains("as restrictive for insert to authenticated with check (exists (select 1 from public.sources above where above.id = docs.source_id))"), "{up}");
    })
    .await;
}

/// Realtime as far as policies on topics need it.
const REALTIME: &str = "
create schema realtime;
grant usage on schema realtime to authenticated, anon;
create table realtime.messages (id uuid not null default gen_random_uuid(), topic text not null, extension text not null, payload jsonb, private boolean default false,
    inserted_at timestamp not null default now(), primary key (id, inserted_at)) partition by range (inserted_at);
alter table realtime.messages enable row level security;
grant select, insert on realtime.messages to authenticated, anon;
create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '')::text $$;
";

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_closed_to_others_by_its_name() {
    let schema = format!(
        "{REALTIME} {TEAMS} alter table docs drop column folder_id;
         create policy talk on realtime.messages for select to authenticated using (realtime.topic() like 'team:%');
         create policy say on realtime.messages for insert to authenticated with check (realtime.topic() like 'team:%');"
    );
    repaired(&schema, |repairs, attacks| {
        all_closed(repairs, attacks);
        let up = repairs[0].up.join("\n");
        assert!(up.contains("drop policy talk on realtime.messages"), "{up}");
        assert!(up.contains("for select to authenticated using ((starts_with(realtime.topic(), 'team:') and split_part(substr(realtime.topic(), 6), ':', 1) = any (array(select mine.id::text from public.my_teams() as mine (id)))))"), "{up}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_get_a_search_path_that_their_bodies_stand() {
    let schema = format!(
        "{NOTES} create policy own on notes to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
         create function count_all() returns bigint language sql stable security definer as $$ select count(*) from public.notes $$;
         create function mine() returns bigint language plpgsql stable security definer
             as $$ begin return (select count(*) from notes where user_id = auth.uid()); end $$;"
    );
    repaired(&schema, |repairs, _| {
        let path = repairs.iter().find(|r| r.closes.is_empty()).unwrap();
        assert_eq!(path.proof.verdict, Verdict::Proved, "{path:#?}");
        assert_eq!(path.up[0], "alter function public.count_all() set search_path = ''");
        assert_eq!(path.up[1], "alter function public.mine() set search_path = public, pg_temp");
        assert!(path.proof.transcript.iter().any(|l| l.contains("public.mine called with NULLs")), "{path:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_needs_its_callers_path_keeps_it() {
    // The name stands in no catalogue that the proposal reads: an operator.
    let schema = format!(
        "{NOTES} create policy own on notes to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
         create operator === (leftarg = uuid, rightarg = uuid, procedure = uuid_eq);
         create function mine() returns bigint language sql stable security definer as $$ select count(*) from public.notes where user_id === auth.uid() $$;"
    );
    repaired(&schema, |repairs, _| {
        let path = repairs.iter().find(|r| r.closes.is_empty()).unwrap();
        assert_eq!(
            (path.proof.verdict, path.up[0].as_str()),
            (Verdict::Proved, "alter function public.mine() set search_path = public, pg_temp")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stated_becomes_policies_without_an_attack() {
    let stated = |table: &str, scope: StatedScope| StatedTable {
        table: QualifiedName::new("public", table),
        scope: Some(scope),
        public_when: None,
        read_by_all: None,
        writers: None,
        privileged: None,
        reason: None,
        location: Location::default(),
    };
    let tables = vec![
        stated("notes", StatedScope::Owner("user_id".into())),
        stated("drafts", StatedScope::Owner("user_id".into())),
        stated("jobs", StatedScope::Internal),
    ];
    let schema = format!(
        "{NOTES} create table drafts (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
         create table jobs (id int primary key, what text);
         revoke all on drafts, jobs from anon, authenticated;"
    );
    repaired_as_stated(&schema, Stated { tables, ..Stated::default() }, |repairs, attacks| {
        assert_eq!(attacks, 0);
        assert_eq!(repairs.len(), 3, "{repairs:#?}");
        for repair in repairs {
            assert_eq!(repair.proof.verdict, Verdict::Proved, "{repair:#?}");
            assert!(!repair.proof.transcript.iter().any(|l| l.contains("the way back")), "{repair:#?}");
        }
        let of = |table: &str| repairs.iter().find(|r| r.title.contains(table)).unwrap();
        let up = of("public.drafts").up.join("\n");
        assert!(up.contains("for delete to authenticated using (user_id = (select auth.uid()))"), "{up}");
        assert!(up.contains("alter table public.drafts enable row level security") && !up.contains("grant"), "{up}");
        assert!(of("public.drafts").proof.transcript.iter().any(|l| l.ends_with("for this trial only")));
        assert_eq!(of("public.jobs").up, ["alter table public.jobs enable row level security"]);
        assert!(!of("public.notes").up.join(" ").contains("enable row level security"));
    })
    .await;
}
