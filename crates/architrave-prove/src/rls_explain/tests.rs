//! Statements that come back empty or refused, with the cause that must be named.

use super::*;
use crate::ground::{catalog_of, testing};
use architrave_model::access::why::Operand;

/// Roles of the API and a schema with helper functions, as Supabase has them.
const BEFORE: &str = "
do $$ declare r text; begin
  foreach r in array array['api_guest', 'api_user'] loop
    -- Roles are the server's: another test may be making them at this moment.
    begin execute format('create role %I nologin noinherit', r); exception when duplicate_object or unique_violation then null; end;
  end loop;
end $$;
create schema auth;
grant usage on schema auth, public to api_guest, api_user;
create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.uid() returns uuid language sql stable as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
";

/// Two users' notes.
const NOTES: &str = "
create table notes (id int primary key, user_id uuid not null, body text);
insert into notes values (1, '00000000-0000-0000-0000-00000000000a', 'mine'), (2, '00000000-0000-0000-0000-00000000000b', 'theirs');
alter table notes enable row level security;
";

const ME: &str = r#"{"sub": "00000000-0000-0000-0000-00000000000a", "role": "api_user"}"#;

/// Explains, and gives the explanation to the test; nothing happens without a server.
async fn explained(schema: &str, role: &str, claims: &str, sql: &str, test: impl FnOnce(&AccessExplanation)) {
    let earlier = format!("{BEFORE}{schema}");
    testing::with_ground(&earlier, async |ground| {
        let mut client = ground.server.owner(ground.base).await.unwrap();
        let catalog = catalog_of(&mut client, false).await.unwrap();
        drop(client);
        let claims = (!claims.is_empty()).then(|| claims.to_owned());
        let question =
            AccessQuestion { statement: sql.into(), role: role.into(), claims, target: "t".into(), now: 1e9, ..AccessQuestion::default() };
        let explanation = explain_access(ground.server, ground.base, &catalog, &question).await.unwrap();
        test(&explanation);
    })
    .await;
}

/// Only the cause: kind, words that its sentence has, words that its advice or way out has.
async fn because(schema: &str, role: &str, claims: &str, sql: &str, kind: CauseKind, sentence: &str, way_out: &str) {
    explained(schema, role, claims, sql, |e| {
        let cause = &e.cause;
        let out = format!("{} {}", cause.advice.as_deref().unwrap_or_default(), cause.way_out.join("; "));
        assert_eq!(cause.kind, kind, "{cause:#?}\n{:#?}", e.relations);
        assert!(cause.sentence.contains(sentence), "{cause:#?}");
        assert!(out.contains(way_out), "{cause:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn privileges_come_first() {
    let sql = "select * from notes";
    because(
        NOTES,
        "api_user",
        ME,
        sql,
        CauseKind::NotGranted,
        "api_user has no SELECT on public.notes",
        "grant select on public.notes to api_user",
    )
    .await;
    let closed = "create schema hidden; create table hidden.t (a int); grant select on hidden.t to api_user;";
    because(
        closed,
        "api_user",
        ME,
        "select * from hidden.t",
        CauseKind::SchemaClosed,
        "no USAGE on the schema hidden",
        "grant usage on schema hidden",
    )
    .await;
    let columns = format!("{NOTES} grant select (id, user_id) on notes to api_user; create policy p on notes for select using (true);");
    because(
        &columns,
        "api_user",
        ME,
        sql,
        CauseKind::NotGranted,
        "no SELECT on public.notes.body",
        "grant select (body) on public.notes to api_user",
    )
    .await;
    let serial = "create table s (id serial, a int); grant insert on s to api_user;";
    because(
        serial,
        "api_user",
        ME,
        "insert into s (a) values (1)",
        CauseKind::NeedNotGranted,
        "no USAGE on sequence public.s_id_seq",
        "grant usage on sequence",
    )
    .await;
    let closed = format!(
        "{NOTES} grant select on notes to api_user; create function f(uuid) returns boolean language sql as 'select true'; revoke execute on function f from public;
         create policy p on notes using (f(user_id));"
    );
    because(&closed, "api_user", ME, sql, CauseKind::NeedNotGranted, "no EXECUTE on function public.f(uuid)", "grant execute on function")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_policy_and_policies_for_others() {
    let granted = format!("{NOTES} grant select on notes to api_user, api_guest;");
    because(
        &granted,
        "api_user",
        ME,
        "select * from notes",
        CauseKind::NoPolicy,
        "no policy lets api_user SELECT",
        "create policy notes_select on public.notes",
    )
    .await;
    let others = format!("{granted} create policy mine on notes for select to api_user using (user_id = auth.uid());");
    because(
        &others,
        "api_guest",
        "",
        "select * from notes",
        CauseKind::PoliciesForOthers,
        "policy mine is for api_user",
        "ask as api_user",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operand_and_the_claim_that_is_missing_are_named() {
    let schema = format!(
        "{NOTES} grant select on notes to api_user; create policy mine on notes for select to api_user using (user_id = auth.uid());"
    );
    let sql = "select * from notes";
    because(&schema, "api_user", "{}", sql, CauseKind::ClaimMissing, "auth.uid() is NULL: the claims have no sub", "claims have sub").await;
    let stranger = r#"{"sub": "00000000-0000-0000-0000-00000000000c"}"#;
    because(
        &schema,
        "api_user",
        stranger,
        sql,
        CauseKind::NoRowPasses,
        "user_id = auth.uid() (it holds for none of 2 rows",
        "ask as somebody",
    )
    .await;
    because(
        &schema,
        "api_user",
        ME,
        "select * from notes where id = 2",
        CauseKind::NothingWrong,
        "1 of 2 rows of ours pass",
        "mine of public.notes",
    )
    .await;
    explained(&schema, "api_user", ME, sql, |e| {
        assert_eq!(e.outcome, StepOutcome::Rows { count: 1 });
        assert_eq!(e.without_policies, Some(StepOutcome::Rows { count: 2 }));
        let operand = e.relations[0].policies[0].parts[0].operand.as_ref().unwrap();
        assert_eq!((operand.holds, operand.fails, operand.rows.as_slice()), (1, 1, ["id = 1".to_owned()].as_slice()));
    })
    .await;
    let setting = format!(
        "{NOTES} grant select on notes to api_user; create policy own on notes using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);"
    );
    because(&setting, "api_user", "", sql, CauseKind::ClaimMissing, "the setting app.user_id is not there", "--set app.user_id=").await;
    let org = format!(
        "{NOTES} grant select on notes to api_user; create policy org on notes for select using (id > 0 and (auth.jwt() ->> 'org_id') is not null and body = (auth.jwt() ->> 'org_id'));"
    );
    because(&org, "api_user", ME, sql, CauseKind::ClaimMissing, "the claims have no org_id", "given were").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn helpers_are_inlined_and_hidden_tables_found() {
    let members = format!(
        "{NOTES} create table members (note_id int, user_id uuid); insert into members values (1, '00000000-0000-0000-0000-00000000000a');
         alter table members enable row level security; grant select on notes, members to api_user;"
    );
    let direct = format!(
        "{members} create policy shared on notes for select using (exists (select 1 from members m where m.note_id = notes.id and m.user_id = auth.uid()));"
    );
    let sql = "select * from notes";
    because(
        &direct,
        "api_user",
        ME,
        sql,
        CauseKind::HiddenFromPolicy,
        "reads public.members, of which api_user sees no row",
        "SECURITY DEFINER",
    )
    .await;
    let helper = format!(
        "{members} create function is_member(note int) returns boolean language sql stable security definer set search_path = '' as
         'select exists (select 1 from public.members m where m.note_id = note and m.user_id = auth.uid())';
         create policy shared on notes for select using (is_member(id) and body is not null);"
    );
    explained(&helper, "api_user", ME, sql, |e| {
        assert_eq!(e.outcome, StepOutcome::Rows { count: 1 });
        let whole: &Operand = e.relations[0].policies[0].parts[0].operand.as_ref().unwrap();
        let [call, _] = whole.parts.as_slice() else { panic!("{whole:#?}") };
        assert_eq!(call.join, architrave_model::access::why::Join::Inlined, "{call:#?}");
        assert!(call.parts[0].text.contains("public.members"), "{call:#?}");
        assert_eq!(call.parts[0].rows, ["id = 1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_policies_are_traced_to_the_operand() {
    let schema = format!(
        "{NOTES} grant select on notes to api_user; create policy mine on notes for select using (id > 0 and user_id = auth.uid());"
    );
    let clerk = r#"{"sub": "user_2abc"}"#;
    because(
        &schema,
        "api_user",
        clerk,
        "select * from notes",
        CauseKind::PolicyError,
        "raises an error in user_id = auth.uid(): invalid input syntax",
        "ids of Clerk",
    )
    .await;
    let circle = "create table a (id int); create table b (id int); grant select on a, b to api_user;
        alter table a enable row level security; alter table b enable row level security;
        create policy pa on a using (exists (select 1 from b where b.id = a.id));
        create policy pb on b using (exists (select 1 from a where a.id = b.id));";
    let cycle = "policy pa on public.a reads the table of policy pb on public.b reads public.a";
    because(circle, "api_user", ME, "select * from a", CauseKind::Recursion, cycle, "SECURITY DEFINER").await;
    let own = "create table a (id int); grant select on a to api_user; alter table a enable row level security;
        create policy pa on a using (exists (select 1 from a other where other.id = a.id));";
    because(own, "api_user", ME, "select * from a", CauseKind::Recursion, "policy pa on public.a reads a itself", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rows_are_checked_operand_by_operand() {
    let schema = format!(
        "{NOTES} grant select, insert, update, delete on notes to api_user;
         create policy w on notes for insert to api_user with check (user_id = auth.uid() and length(body) < 5);"
    );
    let other = "insert into notes values (3, '00000000-0000-0000-0000-00000000000b', 'x')";
    because(&schema, "api_user", ME, other, CauseKind::NewRowRefused, "user_id = auth.uid() is false", "default").await;
    let long = "insert into notes values (3, '00000000-0000-0000-0000-00000000000a', 'longer')";
    because(&schema, "api_user", ME, long, CauseKind::NewRowRefused, "length(body) < 5 is false", "").await;
    let good = "insert into notes values (3, '00000000-0000-0000-0000-00000000000a', 'x')";
    because(&schema, "api_user", ME, good, CauseKind::NothingWrong, "it reaches 1", "").await;
    let returning = format!("{good} returning id");
    because(&schema, "api_user", ME, &returning, CauseKind::NoPolicy, "RETURNING reads the new row", "for select").await;
    let update = format!("{schema} create policy u on notes for update to api_user using (user_id = auth.uid());");
    because(
        &update,
        "api_user",
        ME,
        "update notes set body = 'y' where id = 1",
        CauseKind::NoPolicy,
        "an UPDATE with WHERE or RETURNING reads the rows first",
        "for select",
    )
    .await;
    let seen = format!("{update} create policy s on notes for select to api_user using (user_id = auth.uid());");
    let away = "update notes set user_id = '00000000-0000-0000-0000-00000000000b' where id = 1";
    because(&seen, "api_user", ME, away, CauseKind::NewRowRefused, "policy u on public.notes: user_id = auth.uid() is false", "").await;
    because(&seen, "api_user", ME, "delete from notes where id = 1", CauseKind::NoPolicy, "no policy lets api_user DELETE", "for delete")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_followed_with_the_rights_they_have() {
    let schema = format!(
        "{NOTES} create policy mine on notes for select using (user_id = auth.uid()); create view v as select * from notes; grant select on v to api_user;"
    );
    explained(&schema, "api_user", ME, "select * from v", |e| {
        assert_eq!(e.outcome, StepOutcome::Rows { count: 2 });
        let names: Vec<String> = e.relations.iter().map(|r| format!("{} as {}", r.relation, r.as_role)).collect();
        assert_eq!(names, ["public.v as api_user", "public.notes as postgres"]);
        assert!(matches!(e.relations[1].row_security, RowSecurity::Bypassed { .. }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_explained_is_one_sentence() {
    let asked = async |sql: &str, role: &str| {
        let mut said = String::new();
        testing::with_ground(BEFORE, async |ground| {
            let question = AccessQuestion { statement: sql.into(), role: role.into(), ..AccessQuestion::default() };
            said = explain_access(ground.server, ground.base, &Catalog::default(), &question).await.unwrap_err().to_string();
        })
        .await
        .map(|()| said)
    };
    let Some(said) = asked("select * from nowhere", "api_user").await else { return };
    assert!(said.contains("does not accept the statement: relation \"nowhere\" does not exist"), "{said}");
    assert!(asked("select 1", "api_usr").await.unwrap().contains("did you mean api_user?"));
    assert!(asked("delete from nowhere", "api_user").await.unwrap().contains("nowhere"));
}

/// As on a live database, where another schema stands in front of the search path.
#[tokio::test(flavor = "multi_thread")]
async fn live_rows_are_counted_and_nothing_stays_behind() {
    let schema = format!(
        "{BEFORE}{NOTES} create table heard (by text); grant insert on heard to api_user; grant select on notes to api_user;
         create policy own on notes for select to api_user using (user_id = auth.uid());
         create table secrets (id int primary key); insert into secrets values (1); alter table secrets enable row level security;
         grant select on secrets to api_user;
         create function tells() returns boolean language plpgsql as $$ begin insert into public.heard values ('x'); return true; end $$;
         create policy told on secrets for select to api_user using (tells());"
    );
    testing::with_ground(&schema, async |ground| {
        let mut client = ground.server.owner(ground.base).await.unwrap();
        let catalog = catalog_of(&mut client, false).await.unwrap();
        drop(client);
        for (sql, visible, all) in [
            ("select * from notes", Ok(1), Ok(2)),
            // A policy that writes is refused there: the transaction is read only.
            ("select * from secrets", Err("25006".to_owned()), Ok(1)),
        ] {
            let question = AccessQuestion {
                statement: sql.into(),
                role: "api_user".into(),
                claims: Some(ME.into()),
                target: "t".into(),
                now: 1e9,
                ..AccessQuestion::default()
            };
            let mut explanation = explain_access(ground.server, ground.base, &catalog, &question).await.unwrap();
            let live = ground.server.admin(ground.base).await.unwrap();
            live.batch_execute("set application_name = 'a_pooled_session'").await.unwrap();
            count_live(&live, &question, &mut explanation).await.unwrap();
            let table = explanation.live.iter().find(|c| c.relation.is_some()).unwrap();
            assert_eq!((&table.visible, &table.all), (&visible, &all), "{sql}: {:?}", explanation.live);
            let own = explanation.live.iter().find(|c| c.relation.is_none()).unwrap();
            assert_eq!(own.visible, visible, "{sql}");
            let left = "select current_user = session_user and current_setting('row_security') = 'on' and current_setting('transaction_read_only') = 'off'
                            and coalesce(current_setting('request.jwt.claims', true), '') = '' and current_setting('statement_timeout') = '0',
                        (select count(*) from heard)";
            let row = live.query_one(left, &[]).await.unwrap();
            assert_eq!((row.get::<_, bool>(0), row.get::<_, i64>(1)), (true, 0), "{sql}");
        }
    })
    .await;
}
