//! Cases of the rules on what policies say: recursion, checks, captured columns, policies that others make useless.

use super::{check, severities};

const API: &str = r#"{"exposure": {"schemas": ["public"], "roles": ["anon", "authenticated"]}}"#;

/// Two tables with row level security and who asks.
fn with(rest: &str) -> String {
    format!(
        "create schema auth; create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
         create table m (team int not null, who uuid not null, primary key (team, who));
         create table t (id int primary key, owner uuid not null, team int not null, status text not null, body text);
         create index on t (owner); create index on t (team); create index on m (who);
         alter table m enable row level security; alter table t enable row level security;
         grant all on m, t to authenticated; {rest}"
    )
}

async fn judge(rule: &str, sql: &[(&str, &str, &[&str])]) {
    let made: Vec<String> = sql.iter().map(|(_, rest, _)| with(rest)).collect();
    let cases: Vec<_> = sql.iter().zip(&made).map(|((says, _, expected), sql)| (*says, sql.as_str(), API, *expected)).collect();
    check(rule, &cases).await;
}

#[tokio::test]
async fn policies_that_ask_themselves() {
    judge(
        "rls/policies-recursive",
        &[
            ("directly", "create policy p on m using (team in (select x.team from m x where x.who = auth.uid()))", &["policy \"p\" on public.m reads the table itself again"]),
            ("by way of a function with the caller's rights", "create function f(wanted int) returns boolean language sql stable as $$ select exists (select 1 from public.m where team = wanted) $$; create policy p on m using (f(team))", &["policy \"p\" on public.m reads the table itself again"]),
            ("not through SECURITY DEFINER", "create function f(wanted int) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.m where team = wanted) $$; create policy p on m using (f(team))", &[]),
            ("not by the policy of another command", "create policy r on m for select using (who = auth.uid()); create policy p on m for delete using (team in (select x.team from m x))", &[]),
            ("not by the check of new rows", "create policy p on m for insert with check (team in (select x.team from m x))", &[]),
            ("not by reading another table", "create policy p on t using (team in (select m.team from m where m.who = auth.uid())); create policy q on m using (who = auth.uid())", &[]),
            ("round two tables, once", "create policy p on t using (team in (select m.team from m)); create policy q on m using (exists (select 1 from t where t.team = m.team))", &["policy \"q\" on public.m reads the table itself again by way of public.t"]),
            ("not where the other has row level security off", "create policy p on t using (team in (select m.team from m)); create policy q on m using (exists (select 1 from t where t.team = m.team)); alter table m disable row level security", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn checks_that_forget_the_owner() {
    let found: &[&str] = &["policy \"p\" lets authenticated set owner of public.t to anything: WITH CHECK does not ask for it"];
    judge(
        "rls/check-weaker-than-using",
        &[
            ("another column only", "create policy p on t for update to authenticated using (owner = auth.uid()) with check (status <> 'x')", found),
            ("for ALL", "create policy p on t to authenticated using (owner = auth.uid()) with check (status <> 'x')", found),
            ("the same column in another way", "create policy p on t for update to authenticated using (owner = auth.uid()) with check (owner in (select m.who from m))", &[]),
            ("always true is another rule's", "create policy p on t for update to authenticated using (owner = auth.uid()) with check (true)", &[]),
            ("a restrictive policy asks", "create policy p on t for update to authenticated using (owner = auth.uid()) with check (status <> 'x'); create policy r on t as restrictive for update to authenticated using (owner = auth.uid())", &[]),
            ("the role may not set it", "create policy p on t for update to authenticated using (owner = auth.uid()) with check (status <> 'x'); revoke update on t from authenticated; grant update (status) on t to authenticated", &[]),
            ("no check is a check", "create policy p on t for update to authenticated using (owner = auth.uid())", &[]),
        ],
    )
    .await;
    let weight = async |rest: &str| severities("rls/check-weaker-than-using", &with(rest), API).await;
    let p = "create policy p on t for update to authenticated using (owner = auth.uid()) with check (status <> 'x');";
    assert_eq!(weight(&format!("{p} create policy s on t for select to authenticated using (status = 'open')")).await, ["medium likely"]);
    assert_eq!(weight(&format!("{p} create policy s on t for select to authenticated using (owner = auth.uid())")).await, ["low likely"]);
}

#[tokio::test]
async fn columns_that_subqueries_take() {
    judge(
        "rls/column-captured",
        &[
            ("compared with itself", "create policy p on t to authenticated using (exists (select 1 from m where m.who = auth.uid() and m.team = team))", &["policy \"p\" on public.t compares team of public.m with itself"]),
            ("without any qualifier", "create policy p on t to authenticated using (exists (select 1 from m where who = auth.uid() and team = team))", &["policy \"p\" on public.t compares team of public.m with itself"]),
            ("the row is named", "create policy p on t to authenticated using (exists (select 1 from m where m.who = auth.uid() and m.team = t.team))", &[]),
            ("two of the same table", "create policy p on t to authenticated using (team in (select a.team from m a join m b on a.team = b.team where b.who = auth.uid()))", &[]),
            ("a column that the row does not have", "create policy p on t to authenticated using (team in (select team from m where who = who))", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn policies_that_add_nothing() {
    let found: &[&str] = &["policy \"q\" on public.t adds nothing to \"p\""];
    judge(
        "rls/policy-adds-nothing",
        &[
            ("the same again", "create policy p on t for select using (owner = auth.uid()); create policy q on t for select using (owner = auth.uid())", found),
            ("a demand more", "create policy p on t for select using (owner = auth.uid()); create policy q on t for select using (owner = auth.uid() and status = 'open')", found),
            ("one of two alternatives", "create policy p on t for select using (owner = auth.uid() or status = 'open'); create policy q on t for select using (status = 'open')", found),
            ("beside one for ALL", "create policy p on t using (owner = auth.uid()); create policy q on t for delete using (owner = auth.uid())", found),
            ("beside one that is true", "create policy p on t for select using (true); create policy q on t for select using (owner = auth.uid())", found),
            ("each adds rows", "create policy p on t for select using (owner = auth.uid()); create policy q on t for select using (status = 'open')", &[]),
            ("of another role", "create policy p on t for select to authenticated using (owner = auth.uid()); create policy q on t for select to anon using (owner = auth.uid())", &[]),
            ("a restrictive one narrows", "create policy p on t for select using (owner = auth.uid()); create policy q on t as restrictive for select using (owner = auth.uid())", &[]),
            ("reading is one thing, writing another", "create policy p on t for select using (owner = auth.uid()); create policy q on t using (owner = auth.uid() and status = 'open')", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn calls_that_cost_by_the_row() {
    let many = r#"{"brief": {"rows": {"public.t": 5000000}}}"#;
    let few = r#"{"brief": {"rows": {"public.t": 50}}}"#;
    let helper = "create function is_member(wanted int) returns boolean language plpgsql stable security definer set search_path = '' as $$ begin return exists (select 1 from public.m where m.team = wanted); end $$;";
    let plain = with(&format!("{helper} create policy p on t for select to authenticated using (is_member(team))"));
    let wrapped = with(&format!("{helper} create policy p on t for select to authenticated using ((select is_member(team)))"));
    let once = with(&format!("{helper} create policy p on t for select to authenticated using ((select is_member(1)))"));
    let found: &[&str] = &["policies of public.t call public.is_member(team) for every row"];
    check(
        "rls/function-per-row",
        &[
            ("with a column of the row", &plain, many, found),
            ("a select around it changes nothing", &wrapped, many, found),
            ("on a small table nobody minds", &plain, few, &[]),
            ("without the row it is called once", &once, many, &[]),
        ],
    )
    .await;
    assert_eq!(severities("rls/function-per-row", &plain, many).await, ["high certain"]);
    assert_eq!(severities("rls/function-per-row", &plain, "{}").await, ["low certain"]);
}

#[tokio::test]
async fn ways_to_write_without_ways_to_see() {
    let find: &[&str] = &["public.t has a policy by which authenticated may delete, and none by which it may see a row"];
    judge(
        "rls/read-policy-missing",
        &[
            ("nobody's rows", "create policy d on t for delete to authenticated using (owner = auth.uid())", find),
            (
                "for whoever a function is asked about, who is not anon",
                "create function may(who uuid) returns boolean language sql stable as $$ select true $$; \
                 create policy d on t for delete using (may(auth.uid())); create policy s on t for select to authenticated using (may(auth.uid()))",
                &[],
            ),
            (
                "nor where the function asks itself",
                "create function mine(id int) returns boolean language sql stable as $$ select auth.uid() is not null $$; \
                 create policy d on t for delete using (mine(id)); create policy s on t for select to authenticated using (mine(id))",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_functions_for_outsiders_are_worth() {
    if crate::server::server().await.is_none() {
        return;
    }
    let weight = async |signature: &str, body: &str| {
        let text = format!(
            "create type plan as enum ('free'); alter table t add tier plan; grant usage on schema public to anon;
             create function f{signature} language sql security definer set search_path = '' as $$ {body} $$"
        );
        severities("function/security-definer-exposed", &with(&text), API).await
    };
    assert_eq!(weight("(wanted int) returns void", "update public.t set body = 'x' where id = wanted").await, ["high likely"]);
    assert_eq!(weight("() returns void", "update public.t set body = 'x'").await, ["medium likely"]);
    assert_eq!(weight("(wanted_id int) returns setof public.t", "select * from public.t where id = wanted_id").await, ["high likely"]);
    assert_eq!(weight("(wanted_id int) returns public.plan", "select tier from public.t where id = wanted_id").await, ["medium likely"]);
    assert_eq!(weight("(wanted_id int) returns text", "select status from public.t where id = wanted_id").await, ["medium likely"]);
    let shown = "create policy s on t for select using (true); grant select on t to anon";
    let of_shown = format!(
        "create function f() returns setof public.t language sql security definer set search_path = '' as $$ select * from public.t $$; {shown}"
    );
    assert_eq!(severities("function/security-definer-exposed", &with(&of_shown), API).await, [""; 0]);
    // A role of its own is bound by policies as everybody is.
    let of_a_role = async |policy: &str| {
        let text = format!(
            "grant usage, create on schema public to authenticated; grant usage on schema public to anon;
             create policy s on t for select to authenticated using ({policy});
             create function f(wanted_id int) returns setof public.t language sql security definer set search_path = ''
                 as $$ select * from public.t where id = wanted_id $$;
             alter function f owner to authenticated"
        );
        severities("function/security-definer-exposed", &with(&text), API).await
    };
    assert_eq!(of_a_role("owner = auth.uid()").await, [""; 0]);
    assert_eq!(of_a_role("true").await, ["high likely"]);
    let numbers = "(wanted_id int) returns table (full_up boolean, used bigint)";
    assert_eq!(weight(numbers, "select true, count(*) from public.t where id = wanted_id").await, ["low likely"]);
}
