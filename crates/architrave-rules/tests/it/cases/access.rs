//! Cases of the rules on access: row level security, functions, views, schemas.

use super::{check, severities};

const API: &str = r#"{"exposure": {"schemas": ["public"], "roles": ["anon", "authenticated"]}}"#;

#[tokio::test]
async fn exposed_tables() {
    check(
        "rls/disabled-on-exposed-table",
        &[
            ("PUBLIC counts for all", "create table t (id int primary key); grant select on t to public", API, &["public.t is open to anon and authenticated (select): row level security is off"]),
            ("a grant on a column is enough", "create table t (id int primary key, a int); grant select (a) on t to anon", API, &["public.t is open to anon (select): row level security is off"]),
            ("different privileges are told apart", "create table t (id int primary key); grant select on t to anon; grant all on t to authenticated", API, &["public.t is open to anon (select) and authenticated (select, insert, update, delete, truncate): row level security is off"]),
            ("REFERENCES shows no row", "create table t (id int primary key); grant references, trigger on t to anon", API, &[]),
            ("not without a grant", "create table t (id int primary key)", API, &[]),
            ("not in another schema", "create schema s; create table s.t (id int primary key); grant select on s.t to anon", API, &[]),
            ("not without an API", "create table t (id int primary key); grant select on t to anon", "", &[]),
            ("not with row level security", "create table t (id int primary key); grant select on t to anon; alter table t enable row level security", API, &[]),
            ("policies that are not in force do not help", "create table t (id int primary key); grant select on t to anon; create policy p on t using (false)", API, &["public.t is open to anon (select): row level security is off"]),
        ],
    )
    .await;
    let of = |grants: &str, columns: &str| format!("create table t (id int primary key{columns}); grant {grants} on t to anon");
    assert_eq!(severities("rls/disabled-on-exposed-table", &of("select", ""), API).await, ["high certain"]);
    assert_eq!(severities("rls/disabled-on-exposed-table", &of("select, delete", ""), API).await, ["critical certain"]);
    assert_eq!(severities("rls/disabled-on-exposed-table", &of("select", ", email text"), API).await, ["critical certain"]);
    let signed_in = "create table t (id int primary key, email text); grant all on t to authenticated";
    assert_eq!(severities("rls/disabled-on-exposed-table", signed_in, API).await, ["high certain"]);
    let a_list = "create table t (id int primary key, label text); grant select on t to authenticated";
    assert_eq!(severities("rls/disabled-on-exposed-table", a_list, API).await, ["medium certain"]);
}

fn policy(rest: &str) -> String {
    format!(
        "create schema auth; create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
         create table t (id int primary key, owner uuid, note text); create index on t (owner);
         alter table t enable row level security; grant all on t to authenticated, anon, service_role; {rest}"
    )
}

#[tokio::test]
async fn policies_that_are_always_true() {
    let sql: Vec<(&str, String, &[&str])> = vec![
        (
            "delete",
            policy("create policy p on t for delete to authenticated using (true)"),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        (
            "all",
            policy("create policy p on t to authenticated using (1 = 1)"),
            &["policy \"p\" on public.t lets authenticated read and write every row"],
        ),
        (
            "update of any row",
            policy("create policy p on t for update to authenticated using (true)"),
            &["policy \"p\" on public.t lets authenticated update every row"],
        ),
        (
            "a check on the new row narrows",
            policy("create policy p on t for update to authenticated using (true) with check (owner = auth.uid())"),
            &[],
        ),
        (
            "rows can be given away",
            policy("create policy p on t for update to authenticated using (owner = auth.uid()) with check (true)"),
            &["policy \"p\" on public.t lets authenticated write any content into the rows it may change"],
        ),
        ("without WITH CHECK the USING holds", policy("create policy p on t for update to authenticated using (owner = auth.uid())"), &[]),
        (
            "insert",
            policy("create policy p on t for insert to authenticated with check (true)"),
            &["policy \"p\" on public.t lets authenticated insert any row"],
        ),
        (
            "somebody is signed in",
            policy("create policy p on t for delete to authenticated using (auth.uid() is not null)"),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        (
            "for everybody the same lets one role through",
            policy("create policy p on t for delete using (auth.uid() is not null)"),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        (
            "or true",
            policy("create policy p on t for delete to authenticated using (owner = auth.uid() or true)"),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        (
            "a column that is never null",
            policy("create policy p on t for delete to authenticated using (id is not null)"),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        ("one that may be", policy("create policy p on t for delete to authenticated using (owner is not null)"), &[]),
        ("service_role is not bound anyway", policy("create policy p on t to service_role using (true) with check (true)"), &[]),
        (
            "no privilege, no effect",
            policy("revoke delete on t from authenticated, anon; create policy p on t for delete to authenticated using (true)"),
            &[],
        ),
        (
            "a restrictive one narrows",
            policy(
                "create policy p on t for delete to authenticated using (true); create policy r on t as restrictive to authenticated using (owner = auth.uid())",
            ),
            &[],
        ),
        (
            "another role's does not",
            policy(
                "create policy p on t for delete to authenticated using (true); create policy r on t as restrictive to anon using (owner = auth.uid())",
            ),
            &["policy \"p\" on public.t lets authenticated delete every row"],
        ),
        (
            "row level security is off: the policy is not in force",
            policy("alter table t disable row level security; create policy p on t using (true)"),
            &[],
        ),
        (
            "the fix takes what another policy says",
            policy(
                "create policy own on t for select to authenticated using (owner = auth.uid()); create policy p on t for update to authenticated using (true) with check (true)",
            ),
            &["policy \"p\" on public.t lets authenticated update every row"],
        ),
        (
            "for PUBLIC all who hold the privilege are named",
            policy("create policy p on t for delete using (true)"),
            &["policy \"p\" on public.t lets anon and authenticated delete every row"],
        ),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), API, *expected)).collect();
    check("rls/policy-always-true", &cases).await;
    let weight = async |sql: &str| severities("rls/policy-always-true", &policy(sql), API).await;
    assert_eq!(weight("create policy p on t for delete using (true)").await, ["critical likely"]);
    assert_eq!(weight("create policy p on t for delete to authenticated using (true)").await, ["high likely"]);
    assert_eq!(weight("create policy p on t for insert to anon with check (true)").await, ["medium likely"]);
    assert_eq!(weight("create policy p on t for select using (true)").await, ["info possible"]);
    assert_eq!(weight("alter table t add phone text; create policy p on t for select using (true)").await, ["medium possible"]);
    assert_eq!(weight("alter table t add default_email boolean; create policy p on t for select using (true)").await, ["info possible"]);
    let inside = policy("create policy p on t for delete to authenticated using (true)");
    assert_eq!(severities("rls/policy-always-true", &inside, "{}").await, ["medium likely"]);
}

#[tokio::test]
async fn columns_of_policies() {
    let table = |rest: &str| {
        format!(
            "create schema auth; create function auth.uid() returns uuid language sql stable as $$ select null::uuid $$;
             create function my_teams() returns setof int language sql stable as $$ select 1 $$;
             create table t (id int primary key, owner uuid not null, team int, status text); alter table t enable row level security; {rest}"
        )
    };
    let found: &[&str] = &["public.t.owner has no index, and policy \"p\" compares it in every query"];
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("by the user", table("create policy p on t using (owner = auth.uid())"), found),
        ("wrapped in a select", table("create policy p on t using ((select auth.uid()) = owner)"), found),
        ("beside a filter", table("create policy p on t using (owner = auth.uid() and status = 'open')"), found),
        (
            "by an array",
            table("create policy p on t using (team = any (array(select my_teams())))"),
            &["public.t.team has no index, and policy \"p\" compares it in every query"],
        ),
        ("with IN it stays a filter", table("create policy p on t using (team in (select my_teams()))"), &[]),
        ("for inserts nothing is read", table("create policy p on t for insert with check (owner = auth.uid())"), &[]),
        ("indexed", table("create index on t (owner, status); create policy p on t using (owner = auth.uid())"), &[]),
        (
            "indexed for some rows only",
            table("create index on t (owner) where status = 'open'; create policy p on t using (owner = auth.uid())"),
            found,
        ),
        ("indexed at the second place", table("create index on t (status, owner); create policy p on t using (owner = auth.uid())"), found),
        (
            "two policies are one finding",
            table("create policy p on t for select using (owner = auth.uid()); create policy q on t for delete using (owner = auth.uid())"),
            &["public.t.owner has no index, and policies \"p\" and \"q\" compare it in every query"],
        ),
        (
            "a foreign key is reported as that",
            table(
                "create table u (id uuid primary key); alter table t add foreign key (owner) references u; create policy p on t using (owner = auth.uid())",
            ),
            &[],
        ),
        ("not in force", table("alter table t disable row level security; create policy p on t using (owner = auth.uid())"), &[]),
        ("an OR that no index serves", table("create policy p on t using (owner = auth.uid() or status = 'public')"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("rls/policy-column-unindexed", &cases).await;
}

#[tokio::test]
async fn definer_functions() {
    check(
        "function/security-definer-search-path",
        &[
            ("a procedure too", "create procedure p(a int, inout b text) language plpgsql security definer as $$ begin null; end $$", "", &["public.p(IN a integer, INOUT b text) runs as postgres and sets no search_path"]),
            ("overloads are told apart", "create function f(a int) returns int language sql security definer as 'select 1'; create function f(a text default 'x', variadic b int[] default '{}') returns int language sql security definer set search_path = '' as 'select 1'", "", &["public.f(a integer) runs as postgres and sets no search_path"]),
            ("the standard's body is bound", "create function f() returns int language sql security definer begin atomic select 1; end; create function g() returns int language sql security definer return 1", "", &[]),
            ("another setting is no search path", "create function f() returns int language sql security definer set work_mem = '1MB' as 'select 1'", "", &["public.f() runs as postgres and sets no search_path"]),
            ("the invoker's rights are the invoker's", "create function f() returns int language sql as 'select 1'", "", &[]),
            ("the extensions of Supabase stay in the path", "create schema extensions; create function f() returns int language sql security definer as 'select 1'", "", &["public.f() runs as postgres and sets no search_path"]),
        ],
    )
    .await;
    let sql = "create function f() returns int language sql security definer as 'select 1'";
    assert_eq!(severities("function/security-definer-search-path", sql, "{}").await, ["medium certain"]);
    // Callers of a Data API send no SQL: they cannot put an object of their own before the one that is meant.
    assert_eq!(severities("function/security-definer-search-path", sql, API).await, ["medium certain"]);
    let trigger = "create function f() returns trigger language plpgsql security definer as 'begin return new; end'";
    assert_eq!(severities("function/security-definer-search-path", trigger, API).await, ["medium certain"]);
    let own = format!("{sql}; revoke execute on function f() from public");
    assert_eq!(severities("function/security-definer-search-path", &own, API).await, ["low certain"]);
}

#[tokio::test]
async fn views() {
    let table = "create table t (id int primary key, a text); alter table t enable row level security;";
    let shown: &[&str] = &["public.v shows anon every row of public.t"];
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("a view over a protected table", format!("{table} create view v as select * from t; grant select on v to anon"), shown),
        (
            "through another view",
            format!("{table} create view w as select * from t; create view v as select * from w; grant select on v to anon"),
            shown,
        ),
        (
            "an inner view with the invoker's rights acts for the outer view's owner",
            format!(
                "{table} create view w with (security_invoker = on) as select * from t; create view v as select * from w; grant select on v to anon"
            ),
            &[],
        ),
        (
            "with the invoker's rights",
            format!("{table} create view v with (security_invoker = on) as select * from t; grant select on v to anon"),
            &[],
        ),
        (
            "switched off on purpose comes back as it was",
            format!(
                "{table} create view v with (security_barrier = true, security_invoker = false) as select * from t; grant select on v to anon"
            ),
            shown,
        ),
        ("nobody may read it", format!("{table} create view v as select * from t"), &[]),
        ("only who is not bound", format!("{table} create view v as select * from t; grant select on v to service_role"), &[]),
        (
            "no row level security behind it",
            "create table t (id int primary key); create view v as select * from t; grant select on v to anon".into(),
            &[],
        ),
        ("an insert shows nothing", format!("{table} create view v as select * from t; grant insert on v to anon"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), API, *expected)).collect();
    check("view/security-invoker-missing", &cases).await;
    let sql = format!("{table} create view v as select * from t; grant select on v to anon");
    assert_eq!(severities("view/security-invoker-missing", &sql, API).await, ["high certain"]);
    assert_eq!(severities("view/security-invoker-missing", &sql, "{}").await, ["medium certain"]);
}

#[tokio::test]
async fn open_schemas() {
    check(
        "schema/public-create-granted",
        &[
            (
                "schema public after an old grant",
                "grant create on schema public to public",
                "",
                &["every role may create objects in schema public"],
            ),
            ("a role of its own may", "create schema s; grant create on schema s to authenticated", "", &[]),
            ("platforms' schemas are theirs", "create schema cron; grant create on schema cron to public", "", &[]),
        ],
    )
    .await;
    let sql = "grant create on schema public to public; create function f() returns int language sql security definer as 'select 1'";
    assert_eq!(severities("schema/public-create-granted", sql, "{}").await, ["high certain"]);
}
