//! Cases of the rules on tables, names, enums, sequences, partitions, schemas and comments.

use super::{check, not_run, severities};

#[tokio::test]
async fn shapes_of_tables() {
    check(
        "table/numbered-columns",
        &[
            (
                "with an underscore",
                "create table t (id int primary key, phone_1 text, phone_2 text, phone_3 text)",
                "",
                &["public.t repeats phone in 3 columns: phone_1, phone_2 and phone_3"],
            ),
            (
                "two families",
                "create table t (a1 int, a2 int, a3 int, b1 text, b2 text, b3 text)",
                "",
                &["public.t repeats a in 3 columns: a1, a2 and a3", "public.t repeats b in 3 columns: b1, b2 and b3"],
            ),
            ("two are a pair", "create table t (id int primary key, phone1 text, phone2 text)", "", &[]),
            ("of several types", "create table t (id int primary key, a1 text, a2 int, a3 date)", "", &[]),
            (
                "gaps are no list",
                "create table t (id int primary key, p50_ms int, p90_ms int, size32 int, size64 int, size128 int)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "table/numbered-tables",
        &[
            ("tenants", "create table t1_orders_1 (id int primary key); create table t2_orders_2 (id int primary key); create table t3_orders_3 (id int primary key)", "", &["3 tables of schema public have one shape and differ by a number: t1_orders_1, t2_orders_2 and t3_orders_3"]),
            ("two are a change of version", "create table t_1 (id int primary key); create table t_2 (id int primary key)", "", &[]),
            ("children of one table", "create table t (id int); create table t_1 () inherits (t); create table t_2 () inherits (t); create table t_3 () inherits (t)", "", &[]),
        ],
    )
    .await;
    check(
        "table/all-columns-nullable",
        &[
            ("three columns are too few", "create table t (id int primary key, a int, b int, c int)", "", &[]),
            (
                "no key at all",
                "create table t (a int, b int, c int, d int)",
                "",
                &["1 table of schema public demands no value besides the key: t"],
            ),
        ],
    )
    .await;
    check(
        "table/entity-attribute-value",
        &[
            ("one value column", "create table p (id int primary key); create table m (id int primary key, p_id int references p, meta_key text, meta_value text)", "", &["public.m holds one attribute per row: meta_value in meta_key, of p_id"]),
            ("no entity", "create table m (id int primary key, attribute_name text, value text)", "", &[]),
            ("a choice of an attribute", "create table a (id int primary key); create table v (id int primary key, attribute_id int references a, value_id int references a)", "", &[]),
        ],
    )
    .await;
    check(
        "table/log-without-time",
        &[
            ("a range is a time", "create table price_history (id int primary key, valid daterange not null)", "", &[]),
            ("a domain may be one", "create domain moment as timestamptz; create table audit_log (id int primary key, at moment)", "", &[]),
            ("a catalogue of logs is none", "create table log_levels (id int primary key, name text)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn kinds_of_tables() {
    const T: &str = "create unlogged table t (id int primary key)";
    check(
        "table/inheritance",
        &[
            (
                "a parent with keys",
                "create table p (id int primary key); create table c () inherits (p); create table d () inherits (p)",
                "",
                &["2 tables inherit from public.p: c and d"],
            ),
            (
                "partitions are none",
                "create table p (id int) partition by hash (id); create table p0 partition of p for values with (modulus 1, remainder 0)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "table/unlogged",
        &[(
            "referred to by another",
            "create unlogged table p (id int primary key); create unlogged table c (id int primary key, p_id int references p)",
            "",
            &["public.c is unlogged", "public.p is unlogged"],
        )],
    )
    .await;
    let pair = "create unlogged table p (id int primary key); create unlogged table c (id int primary key, p_id int references p)";
    assert_eq!(severities("table/unlogged", pair, "{}").await, ["low certain", "low certain"]);
    let rows = |n: u64| format!(r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": {n}}}]}}}}"#);
    assert_eq!(severities("table/unlogged", T, "{}").await, ["low certain"]);
    assert_eq!(severities("table/unlogged", T, &rows(50_000)).await, ["medium certain"]);
    assert_eq!(severities("table/unlogged", T, &rows(5_000_000)).await, ["high certain"]);
    assert_eq!(severities("table/unlogged", "create unlogged table session_cache (id int primary key)", "{}").await, ["info certain"]);
    let young = r#"{"stats": {"captured_at": 1795219200, "database": {"stats_reset": 1795200000}}}"#;
    assert!(not_run("table/empty", young).await.unwrap().contains("a week is the least"));
    assert!(not_run("table/never-read", young).await.unwrap().contains("five weeks are the least"));
}

#[tokio::test]
async fn names() {
    check(
        "naming/case-collision",
        &[
            (
                "tables",
                "create table users (id int primary key); create table \"Users\" (id int primary key)",
                "",
                &["public.Users and public.users differ in nothing but case"],
            ),
            (
                "a view and a table",
                "create table users (id int primary key); create view \"Users\" as select 1 as one",
                "",
                &["public.users and public.Users differ in nothing but case"],
            ),
            (
                "two schemas",
                "create schema s; create table users (id int primary key); create table s.\"Users\" (id int primary key)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "naming/invisible-characters",
        &[
            ("a blank before", "create table \" t\" (id int primary key)", "", &["the name \" t\" holds blanks at its ends"]),
            (
                "a zero-width space",
                "create table t (id int primary key, \"a\u{200b}b\" int)",
                "",
                &["the name \"a\\u{200b}b\" holds a character without a shape"],
            ),
            (
                "a no-break space",
                "create table t (id int primary key, \"a\u{a0}b\" int)",
                "",
                &["the name \"a\\u{a0}b\" holds a blank that is no space"],
            ),
            ("letters of the world", "create table \"größe\" (id int primary key, \"名前\" text, \"a b\" text)", "", &[]),
        ],
    )
    .await;
    check(
        "naming/reserved-word",
        &[
            ("words that are fine as names", "create table t (id int primary key, name text, value text, type text, key text, date date, level int, role text, status text, timestamp timestamptz, text text)", "", &[]),
            ("a syntax error", "create table t (id int primary key, \"order\" int, \"end\" date)", "", &["2 tables and columns of schema public are named with reserved words: t.order and t.end"]),
        ],
    )
    .await;
    assert_eq!(severities("naming/reserved-word", "create table t (id int, \"order\" int)", "{}").await, ["info certain"]);
    assert_eq!(severities("naming/reserved-word", "create table t (id int, \"user\" int)", "{}").await, ["low certain"]);
}

#[tokio::test]
async fn enums() {
    check(
        "enum/order-not-by-rank",
        &[
            (
                "sizes",
                "create type s as enum ('S', 'L', 'M'); create table t (s s)",
                "",
                &["enum public.s sorts 'S', 'L' and 'M', which is not their rank"],
            ),
            ("down is an order too", "create type s as enum ('HIGH', 'MEDIUM', 'LOW'); create table t (s s)", "", &[]),
            ("part of another list", "create type s as enum ('low', 'high', 'auto'); create table t (s s)", "", &[]),
            ("weeks begin on sunday too", "create type s as enum ('sunday', 'monday', 'tuesday'); create table t (s s)", "", &[]),
        ],
    )
    .await;
    check(
        "enum/unused",
        &[
            ("an argument uses it", "create type e as enum ('a', 'b'); create function f(x e) returns int language sql as 'select 1'", "", &[]),
            ("a body uses it", "create type e as enum ('a', 'b'); create function f() returns int language plpgsql as $$ declare x e; begin return 1; end $$", "", &[]),
            ("an array and a composite use it", "create type e as enum ('a', 'b'); create type c as (x e); create type e2 as enum ('a'); create table t (x e2[])", "", &[]),
            ("with a comment", "create type e as enum ('a', 'b'); comment on type e is 'gone'", "", &["1 enum of schema public is used by nothing: e"]),
        ],
    )
    .await;
    check(
        "enum/near-duplicate-values",
        &[
            (
                "blanks and case",
                "create type e as enum ('In Progress', 'in_progress', 'done'); create table t (e e)",
                "",
                &["enum public.e has the same value twice: 'In Progress' and 'in_progress'"],
            ),
            ("signs mean something", "create type e as enum ('1', '-1'); create table t (e e)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn sequences() {
    check(
        "sequence/not-owned",
        &[
            ("serial owns", "create table t (id serial primary key)", "", &[]),
            (
                "of another schema",
                "create schema s; create sequence s.q; create table t (id int primary key default nextval('s.q'))",
                "",
                &[],
            ),
            (
                "odd names",
                "create sequence \"Order-No\"; create table t (id uuid primary key, n bigint default nextval('\"Order-No\"'))",
                "",
                &["1 sequence of schema public feeds one column that does not own it: Order-No"],
            ),
        ],
    )
    .await;
    check(
        "sequence/cycles",
        &[
            (
                "an identity column",
                "create table t (a text primary key, n integer generated always as identity (maxvalue 999 cycle))",
                "",
                &["public.t_n_seq feeds public.t.n and starts anew after 999"],
            ),
            ("nobody's", "create sequence q as integer cycle", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn partitions() {
    const EVENTS: &str = "create table e (id bigint, at date not null) partition by range (at); create table e1 partition of e for values from ('2026-01-01') to ('2026-11-20')";
    let written = r#"{"stats": {"tables": [{"name": {"schema": "public", "name": "e1"}, "inserted": 5}]}}"#;
    check(
        "partition/range-runs-out",
        &[
            ("over", EVENTS, written, &["the partitions of public.e ended 24 hours ago, on 2026-11-20"]),
            ("over, and nobody writes", EVENTS, r#"{"stats": {}}"#, &[]),
            (
                "a default catches",
                &format!("{EVENTS}; create table e0 partition of e default"),
                written,
                &["the partitions of public.e ended 24 hours ago, on 2026-11-20"],
            ),
            (
                "a bound that is not read",
                "create table e (id bigint not null) partition by range (id); create table e1 partition of e for values from (0) to (100)",
                written,
                &[],
            ),
        ],
    )
    .await;
    assert_eq!(severities("partition/range-runs-out", EVENTS, written).await, ["high likely"]);
    check(
        "partition/none",
        &[
            ("a partition that is divided further", "create table e (id bigint, at date) partition by range (at); create table e1 partition of e default partition by list (id)", "", &["public.e1 is partitioned and has no partition"]),
            ("with one", EVENTS, "", &[]),
        ],
    )
    .await;
    let parts = "create table e (id bigint, k text) partition by hash (id);
        create table e0 partition of e for values with (modulus 3, remainder 0); create table e1 partition of e for values with (modulus 3, remainder 1);
        create table e2 partition of e for values with (modulus 3, remainder 2);";
    check(
        "partition/index-missing",
        &[
            (
                "an expression and a predicate",
                &format!("{parts} create index on e0 (lower(k)) where id > 5; create index on e1 (lower(k)) where id > 5"),
                "",
                &["1 partition of public.e without the index btree (lower(k)) WHERE (id > 5) that 2 have: e2"],
            ),
            ("one has it", &format!("{parts} create index on e0 (k)"), "", &[]),
            ("all have it", &format!("{parts} create index on e (k)"), "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn schemas_and_comments() {
    check(
        "schema/empty",
        &[
            ("public may be", "select 1", "", &[]),
            ("a function is something", "create schema s; create function s.f() returns int language sql as 'select 1'", "", &[]),
        ],
    )
    .await;
    assert!(not_run("schema/encoding-sql-ascii", r#"{"stats": {}}"#).await.is_some());
    check(
        "comment/uninformative",
        &[
            ("blank", "create table t (id int primary key); comment on table t is ' '", "", &["1 comment in schema public says nothing: t"]),
            ("the words of the name", "create table order_items (id int primary key, \"unitPrice\" int); comment on column order_items.\"unitPrice\" is 'Unit price of the order item'", "", &["1 comment in schema public says nothing: order_items.unitPrice"]),
            ("copied", "create table t (a int, b int, c int); comment on column t.a is 'Set by the importer.'; comment on column t.b is 'Set by the importer.'; comment on column t.c is 'Set by the importer.'", "", &["3 comments in schema public say nothing: t.a, t.b and t.c"]),
            ("a unit says something", "create table t (price int); comment on column t.price is 'Price in cents'", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn leftovers() {
    check(
        "table/leftover-copy",
        &[
            (
                "the word in front",
                "create table t (id int primary key, a text); create table old_t (id int, a text)",
                "",
                &["public.old_t has 2 of its 2 columns from public.t and looks like a leftover copy"],
            ),
            (
                "a date alone",
                "create table t (id int primary key, a text); create table t_20250101 (id int, a text)",
                "",
                &["public.t_20250101 has 2 of its 2 columns from public.t and looks like a leftover copy"],
            ),
            ("nothing of that name", "create table t_old (id int primary key, a text)", "", &[]),
            (
                "a year is a family",
                "create table t (id int primary key, a text); create table t_2025 (id int primary key, a text)",
                "",
                &[],
            ),
        ],
    )
    .await;
    check(
        "column/references-in-array",
        &[
            (
                "of uuids",
                "create table tags (id uuid primary key); create table t (id int primary key, \"tagIds\" uuid[])",
                "",
                &["1 column of schema public is an array of references: t.tagIds"],
            ),
            ("of another type", "create table tags (id uuid primary key); create table t (id int primary key, tag_ids text[])", "", &[]),
            ("of nothing here", "create table t (id int primary key, external_ids bigint[])", "", &[]),
        ],
    )
    .await;
    check(
        "type/silently-cut",
        &[
            (
                "an index follows",
                "create table t (id int primary key, a name); create index on t (a)",
                "",
                &["1 column of schema public cuts what does not fit: t.a"],
            ),
            (
                "a default stands in the way",
                "create table t (id int primary key, a \"char\" default 'x')",
                "",
                &["1 column of schema public cuts what does not fit: t.a"],
            ),
            ("char(1) is another matter", "create table t (id int primary key, a char(1))", "", &[]),
        ],
    )
    .await;
}
