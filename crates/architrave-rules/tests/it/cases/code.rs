//! Cases of the rules on what is code in a schema: functions, triggers, views.

use super::{check, severities};

#[tokio::test]
async fn immutable_functions() {
    const T: &str = "create table t (id int primary key, a int); ";
    let of = |body: &str| format!("{T}create function f(x int) returns int language sql immutable as $$ {body} $$");
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("a table in a subquery", of("select x + (select max(a) from t)"), &["public.f(x integer) is declared IMMUTABLE but reads public.t"]),
        ("a table behind a schema", of("select a from public.t where id = x"), &["public.f(x integer) is declared IMMUTABLE but reads public.t"]),
        ("a name that is no table", of("select extract(year from date '2026-01-01')::int + x"), &[]),
        ("a comment", of("select x /* from t */ -- now()"), &[]),
        ("the clock", of("select x + extract(hour from now())::int"), &["public.f(x integer) is declared IMMUTABLE but uses now"]),
        (
            "by way of another function",
            format!("{T}create function g() returns int language sql stable as $$ select max(a) from t $$; create function f(x int) returns int language sql immutable as $$ select x + g() $$"),
            &["public.f(x integer) is declared IMMUTABLE but calls public.g, which reads public.t"],
        ),
        (
            "of overloaded functions nothing is known",
            format!("{T}create function g() returns int language sql stable as $$ select max(a) from t $$; create function g(y int) returns int language sql immutable as $$ select y $$;
                     create function f(x int) returns int language sql immutable as $$ select g(x) $$"),
            &[],
        ),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("function/immutable-depends-on-state", &cases).await;
    let indexed = format!("{}; create index on t (f(a))", of("select a from public.t where id = x"));
    assert_eq!(severities("function/immutable-depends-on-state", &indexed, "{}").await, ["high likely"]);
}

#[tokio::test]
async fn dynamic_sql() {
    let of = |arguments: &str, body: &str| {
        format!("create function f({arguments}) returns void language plpgsql as $$ declare q text; begin {body} end $$")
    };
    let found: &[&str] = &["public.f(p text) puts p into dynamic SQL without quoting"];
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("concatenated", of("p text", "execute 'drop table ' || p;"), found),
        ("through a variable", of("p text", "q := 'drop table '; q := 'drop table ' || p; execute q;"), found),
        ("formatted raw", of("p text", "execute format('drop table %I.%s', 'a', p);"), found),
        ("in a branch", of("p text", "if true then execute 'drop table ' || p; end if;"), found),
        ("quoted", of("p text", "execute 'drop table ' || quote_ident(p);"), &[]),
        ("formatted as a name and a value", of("p text", "execute format('drop table %I -- %L', p, p);"), &[]),
        ("numbered specifiers are not followed", of("p text", "execute format('drop table %1$I', p);"), &[]),
        ("as a parameter", of("p text", "execute 'select $1' using p;"), &[]),
        ("cast to a name that exists", of("p text", "execute 'drop table ' || p::regclass;"), &[]),
        ("a number", of("p integer", "execute 'select ' || p;"), &[]),
        ("concatenated, but not executed", of("p text", "q := 'hello ' || p; raise notice '%', q; execute 'select 1';"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("function/dynamic-sql-injection", &cases).await;
    let rule = "function/dynamic-sql-injection";
    let plain = of("p text", "execute 'drop table ' || p;");
    let definer = plain.replace(" language", " security definer set search_path = '' language");
    let api = r#"{"exposure": {"schemas": ["public"], "roles": ["anon"]}}"#;
    assert_eq!(severities(rule, &plain, "{}").await, ["medium likely"]);
    assert_eq!(severities(rule, &definer, "{}").await, ["high likely"]);
    assert_eq!(severities(rule, &definer, api).await, ["critical likely"]);
    let takes_a_statement = of("p_query text", "execute 'explain ' || p_query;");
    assert_eq!(severities(rule, &takes_a_statement, "{}").await, ["low likely"]);
    let with_its_rights = takes_a_statement.replace(" language", " security definer set search_path = '' language");
    assert_eq!(severities(rule, &with_its_rights, "{}").await, ["high likely"]);
    assert_eq!(
        severities(rule, &of("p text", "if p in ('a', 'b') then execute 'drop table ' || p; end if;"), "{}").await,
        ["low possible"]
    );
}

#[tokio::test]
async fn rows_that_triggers_drop() {
    let of = |body: &str, trigger: &str| {
        format!(
            "create table t (id int primary key, a int); create function f() returns trigger language plpgsql as $$ begin {body} end $$;
             create trigger g {trigger} execute function f()"
        )
    };
    let sql: Vec<(&str, String, &[&str])> = vec![
        (
            "null on insert",
            of("return null;", "before insert on t for each row"),
            &["g on public.t returns NULL only: no row is ever written"],
        ),
        (
            "old on update",
            of("return old;", "before update on t for each row"),
            &["g on public.t never returns NEW: no update changes anything"],
        ),
        ("old on delete is right", of("return old;", "before delete on t for each row"), &[]),
        ("one way out is enough", of("if new.a > 0 then return new; end if; return null;", "before insert on t for each row"), &[]),
        ("an expression is not judged", of("return coalesce(new, old);", "before insert or delete on t for each row"), &[]),
        ("an error is the purpose", of("raise exception 'no'; return null;", "before delete on t for each row"), &[]),
        ("after the row nothing depends on it", of("return null;", "after insert on t for each row"), &[]),
        ("a condition may leave rows", of("return null;", "before insert on t for each row when (new.a < 0)"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("trigger/row-never-kept", &cases).await;
}

#[tokio::test]
async fn views_that_can_be_written() {
    let of = |view: &str| {
        format!(
            "create table t (id int primary key, a int, tenant text); create view v as {view}; grant select, insert on v to authenticated"
        )
    };
    let found: &[&str] = &["authenticated may write rows through public.v that its condition excludes"];
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("a filter", of("select id, a from t where a > 0"), found),
        ("no filter", of("select id, a from t"), &[]),
        ("grouped", of("select a, count(*) as n from t where a > 0 group by a"), &[]),
        ("limited", of("select id from t where a > 0 limit 5"), &[]),
        ("checked already", of("select id, a from t where a > 0 with local check option"), &[]),
        ("not granted", of("select id, a from t where a > 0").replace("select, insert", "select"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("view/check-option-missing", &cases).await;
}

#[tokio::test]
async fn materialized_views_that_lock_readers_out() {
    const V: &str = "create table t (id int primary key, a int); create materialized view v as select id, a from t; ";
    let with = |index: &str| format!("{V}{index}");
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("none", with(""), &["public.v has no unique index that REFRESH CONCURRENTLY could use"]),
        ("not unique", with("create index on v (id)"), &["public.v has no unique index that REFRESH CONCURRENTLY could use"]),
        (
            "partial",
            with("create unique index on v (id) where a > 0"),
            &["public.v has no unique index on plain columns and all rows that REFRESH CONCURRENTLY could use"],
        ),
        (
            "on an expression",
            with("create unique index on v ((id + 1))"),
            &["public.v has no unique index on plain columns and all rows that REFRESH CONCURRENTLY could use"],
        ),
        ("unique", with("create unique index on v (id)"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("view/materialized-without-unique-index", &cases).await;
}
