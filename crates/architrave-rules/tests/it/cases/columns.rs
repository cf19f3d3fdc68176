//! Cases of the rules on columns and their types.

use super::{check, not_run, severities};

#[tokio::test]
async fn types_that_say_too_little() {
    check(
        "type/money",
        &[
            ("arrays too", "create table t (id int primary key, a money[])", "", &["1 column of schema public is money: t.a"]),
            (
                "a default stands in the way",
                "create table t (id int primary key, a money default 0)",
                "",
                &["1 column of schema public is money: t.a"],
            ),
            (
                "so does a check",
                "create table t (id int primary key, a money check (a > 0::money))",
                "",
                &["1 column of schema public is money: t.a"],
            ),
            (
                "an index follows",
                "create table t (id int primary key, a money); create index on t (a)",
                "",
                &["1 column of schema public is money: t.a"],
            ),
            (
                "inherited columns are their parent's",
                "create table t (a money); create table c () inherits (t)",
                "",
                &["1 column of schema public is money: t.a"],
            ),
            ("extensions' and runners' tables are not ours", "create table schema_migrations (a money)", "", &[]),
        ],
    )
    .await;
    check(
        "type/time-with-zone",
        &[
            (
                "with a precision",
                "create table t (id int primary key, a time(3) with time zone)",
                "",
                &["1 column of schema public is time with time zone: t.a"],
            ),
            (
                "a default is named, not changed",
                "create table t (id int primary key, a timetz default current_time)",
                "",
                &["1 column of schema public is time with time zone: t.a"],
            ),
            ("time and timestamptz are fine", "create table t (id int primary key, a time, b timestamptz)", "", &[]),
        ],
    )
    .await;
    check(
        "type/seconds-rounded",
        &[
            (
                "defaults stay",
                "create table t (id int primary key, a timestamptz(0) not null default now())",
                "",
                &["1 column of schema public has precision 0: t.a"],
            ),
            (
                "without zone as well",
                "create table t (id int primary key, a timestamp(0), b time(0))",
                "",
                &["2 columns of schema public have precision 0: t.a and t.b"],
            ),
            (
                "a view stands in the way",
                "create table t (id int primary key, a timestamptz(0)); create view v as select a from t",
                "",
                &["1 column of schema public has precision 0: t.a"],
            ),
            ("other precisions are fine", "create table t (id int primary key, a timestamptz(3), b timestamp(6))", "", &[]),
        ],
    )
    .await;
    check(
        "type/flag-not-boolean",
        &[
            (
                "a letter",
                "create table t (id int primary key, is_open char(1) default 'Y')",
                "",
                &["1 column of schema public is a flag, but no boolean: t.is_open"],
            ),
            (
                "more answers by statistics",
                "create table t (id int primary key, is_open smallint)",
                r#"{"stats": {"columns": [{"table": {"schema": "public", "name": "t"}, "column": "is_open", "distinct": 4}]}}"#,
                &[],
            ),
            (
                "a foreign key is none",
                "create table p (id int primary key); create table t (id int primary key, has_parent int references p)",
                "",
                &[],
            ),
            ("counts are none", "create table t (id int primary key, items int, island int)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn types_that_an_upgrade_refuses() {
    check(
        "type/upgrade-blocked",
        &[
            (
                "through a domain",
                "create domain lang as regconfig; create table t (id int primary key, a lang)",
                "",
                &["1 column of schema public has a type that pg_upgrade refuses: t.a"],
            ),
            (
                "through a composite type",
                "create type pair as (f regproc, n int); create table t (id int primary key, a pair)",
                "",
                &["1 column of schema public has a type that pg_upgrade refuses: t.a"],
            ),
            (
                "an array",
                "create table t (id int primary key, a regoper[])",
                "",
                &["1 column of schema public has a type that pg_upgrade refuses: t.a"],
            ),
            (
                "a generated vector stands in the way",
                "create table t (id int primary key, a regconfig, b text, v tsvector generated always as (to_tsvector(a, b)) stored)",
                "",
                &["1 column of schema public has a type that pg_upgrade refuses: t.a"],
            ),
            ("kept ones are fine", "create table t (id int primary key, a regclass, b regtype, c regrole, d oid)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn uuids_in_text() {
    const T: &str = "create table t (id bigint primary key, ref text)";
    let values = |list: &str| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": 20000000}}],
                "columns": [{{"table": {{"schema": "public", "name": "t"}}, "column": "ref", "average_width": 37, "histogram_bounds": "{{{list}}}"}}]}}}}"#
        )
    };
    let uuids: Vec<String> = (0..12).map(|n| format!("0190f3a1-1c2d-7abc-8def-0000000000{n:02}")).collect();
    let few = uuids.get(..3).unwrap().join(",");
    let mixed = format!("{},cus_0190f3a11c2d7abc8def000000000000", uuids.join(","));
    check(
        "type/uuid-as-text",
        &[
            ("by its values", T, &values(&uuids.join(",")), &["1 column of schema public holds UUIDs as text: t.ref"]),
            ("three values prove nothing", T, &values(&few), &[]),
            ("one of another kind decides", T, &values(&mixed), &[]),
            ("a masked snapshot says nothing", T, &values(""), &[]),
            ("a foreign key stands in the way", "create table t (id int primary key, ref varchar(36) unique default gen_random_uuid()::varchar); create table c (id int primary key, t_ref varchar(36) references t (ref))", "", &["1 column of schema public holds UUIDs as text: t.ref"]),
            ("a token is not an id", "create table t (id int primary key, token text default md5(gen_random_uuid()::text))", "", &[]),
        ],
    )
    .await;
    assert_eq!(severities("type/uuid-as-text", T, &values(&uuids.join(","))).await, ["medium likely"]);
}

#[tokio::test]
async fn defaults() {
    check(
        "column/default-null-text",
        &[
            (
                "in any case",
                "create table t (id int primary key, a text default 'null', b varchar default '(NULL)')",
                "",
                &["2 columns of schema public have NULL in quotes as their default: t.a and t.b"],
            ),
            (
                "real NULLs",
                "create table t (id int primary key, a text default null, b text default 'none', c text default null::text)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "column/default-frozen-time",
        &[
            ("without zone", "create table t (id int primary key, a timestamp default '2024-05-01 10:11:12.131415')", "", &["1 column of schema public has a fixed moment as its default: t.a"]),
            ("epochs and ends are meant", "create table t (id int primary key, a timestamptz default '1970-01-01 00:00:00+00', b timestamptz default 'infinity', c timestamp default '9999-12-31 23:59:59.999999')", "", &[]),
            ("functions are asked", "create table t (id int primary key, a timestamptz default now(), b timestamptz default clock_timestamp() + '00:00:00.5')", "", &[]),
        ],
    )
    .await;
    check(
        "column/default-of-session-zone",
        &[
            (
                "the time of day",
                "create table t (id int primary key, a time default localtime, b date default now())",
                "",
                &["2 columns of schema public take their default from the session's time zone: t.a and t.b"],
            ),
            (
                "a zone that is said",
                "create table t (id int primary key, a date default (now() at time zone 'Europe/Lisbon'), b timestamptz default now())",
                "",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_by_statistics() {
    let facts = |rows: u64, column: &str| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": {rows}}}], "columns": [{{"table": {{"schema": "public", "name": "t"}}, {column}}}]}}}}"#
        )
    };
    check(
        "column/never-null",
        &[
            ("two in one plan", "create table t (id int primary key, a text, b text); create table u (id int primary key, a text)",
             r#"{"stats": {"tables": [{"name": {"schema": "public", "name": "t"}, "rows": 200000}],
                 "columns": [{"table": {"schema": "public", "name": "t"}, "column": "a"}, {"table": {"schema": "public", "name": "t"}, "column": "b"}]}}"#,
             &["2 columns of schema public may be null, and never are: t.a and t.b"]),
            ("small tables prove nothing", "create table t (id int primary key, a text)", &facts(2000, r#""column": "a""#), &[]),
            ("a foreign key has a rule of its own", "create table p (id int primary key); create table t (id int primary key, p_id int references p)", &facts(200_000, r#""column": "p_id""#), &[]),
            ("a check may say when", "create table t (id int primary key, a text, b text, check (a is not null or b is not null))", &facts(200_000, r#""column": "a""#), &[]),
            ("filled later", "create table t (id int primary key, deleted_at timestamptz)", &facts(200_000, r#""column": "deleted_at""#), &[]),
        ],
    )
    .await;
    check(
        "column/single-value",
        &[
            (
                "keys and flags are left alone",
                "create table t (id int primary key, is_test boolean)",
                &facts(200_000, r#""column": "is_test", "distinct": 1"#),
                &[],
            ),
            (
                "a hundred rows prove nothing",
                "create table t (id int primary key, a text)",
                &facts(100, r#""column": "a", "distinct": 1"#),
                &[],
            ),
        ],
    )
    .await;
    check(
        "column/status-unchecked",
        &[
            (
                "by statistics",
                "create table t (id int primary key, order_status varchar(20))",
                &facts(50_000, r#""column": "order_status", "distinct": 5"#),
                &["1 column of schema public holds a state, and takes any text: t.order_status"],
            ),
            (
                "hundreds are no list",
                "create table t (id int primary key, status text default 'new')",
                &facts(50_000, r#""column": "status", "distinct": 400"#),
                &[],
            ),
            ("nothing is known", "create table t (id int primary key, status text)", "", &[]),
            (
                "a reference is checked",
                "create table s (code text primary key); create table t (id int primary key, status text default 'new' references s)",
                "",
                &[],
            ),
            ("a state of the union", "create table t (id int primary key, state text, billing_state text default 'CA')", "", &[]),
        ],
    )
    .await;
    let masked = facts(5000, r#""column": "tags", "distinct": 5"#);
    assert!(not_run("column/list-in-text", &masked).await.is_none(), "without the column there is nothing to say about its values");
}

#[tokio::test]
async fn references_by_name() {
    check(
        "column/type-differs-from-key",
        &[
            (
                "uuid against number",
                "create table users (id bigint primary key); create table t (id int primary key, user_id uuid)",
                "",
                &["1 column of schema public is of another type than the key it is named after: t.user_id"],
            ),
            (
                "capitals and plurals",
                "create table \"Companies\" (id uuid primary key); create table t (id int primary key, \"companyId\" bigint)",
                "",
                &["1 column of schema public is of another type than the key it is named after: t.companyId"],
            ),
            (
                "int against bigint compares",
                "create table users (id bigint primary key); create table t (id int primary key, user_id int)",
                "",
                &[],
            ),
            (
                "a public identifier is meant",
                "create table users (id bigint primary key, clerk_id text unique); create table t (id int primary key, user_id text)",
                "",
                &[],
            ),
            (
                "another schema is another table",
                "create schema s; create table s.users (id bigint primary key); create table t (id int primary key, user_id text)",
                "",
                &[],
            ),
            (
                "a role in front is another name",
                "create table users (id bigint primary key); create table t (id int primary key, external_user_id text)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "column/large-object-unmanaged",
        &[
            ("object ids of the catalogue", "create table t (id int primary key, table_oid oid, relation oid)", "", &[]),
            (
                "a name of contents",
                "create table t (id int primary key, avatar oid)",
                "",
                &["1 column of schema public refers to large objects without a trigger: t.avatar"],
            ),
        ],
    )
    .await;
}
