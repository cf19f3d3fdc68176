//! Holes, the repairs that are proposed for them, and what the attack says afterwards.

use super::{PlanCheck, repair};
use crate::ground::{catalog_of, testing};
use crate::rls_attack::{AttackInput, AttackOptions, attack};
use architrave_model::access::{Repair, Stated};
use architrave_model::context::Exposure;
use architrave_model::finding::Verdict;
use architrave_model::origin::Origins;
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
            stated: &Stated::default(),
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
