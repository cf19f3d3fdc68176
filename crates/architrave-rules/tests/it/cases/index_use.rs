//! Cases of the rules on what indexes hold and how they are used.

use super::{check, not_run, severities};

#[tokio::test]
async fn partial_without_need() {
    check(
        "index/predicate-always-true",
        &[
            (
                "in an expression index",
                "create table t (a text not null); create index x on t (lower(a)) where a is not null",
                "",
                &["x on public.t is partial without need: (a IS NOT NULL) holds for every row"],
            ),
            (
                "the complete one is there already",
                "create table t (a int not null, b int); create index x on t (a) where a is not null; create index y on t (a, b)",
                "",
                &["x on public.t is partial without need: (a IS NOT NULL) holds for every row"],
            ),
            (
                "one of two may be null",
                "create table t (a int not null, b int); create index x on t (a) where a is not null and b is not null",
                "",
                &[],
            ),
            (
                "the primary key is not null",
                "create table t (a int primary key, b int); create index x on t (b) where a is not null",
                "",
                &["x on public.t is partial without need: (a IS NOT NULL) holds for every row"],
            ),
            (
                "an alternative is left to people",
                "create table t (a int not null, b int not null); create index x on t (b) where a is not null or b > 3",
                "",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn documents_in_trees() {
    check(
        "index/btree-on-container",
        &[
            (
                "as the second key no replacement is known",
                "create table t (a int, b jsonb); create index x on t (a, b)",
                "",
                &["x on public.t is a b-tree over jsonb b: it finds whole values only"],
            ),
            (
                "a GIN index is there",
                "create table t (b text[]); create index x on t (b); create index g on t using gin (b)",
                "",
                &["x on public.t is a b-tree over text[] b: it finds whole values only"],
            ),
            ("unique values", "create table t (b jsonb unique)", "", &[]),
            ("an element", "create table t (b jsonb); create index x on t ((b -> 'a'))", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn half_empty_trees() {
    let sql = "create table t (a bigint, b text); create index x on t (a)";
    let facts = |pages: u32, width: u32| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": 1000000}}], "indexes": [{{"name": {{"schema": "public", "name": "x"}}, "table": "t", "rows": 1000000, "pages": {pages}}}],
                "columns": [{{"table": {{"schema": "public", "name": "t"}}, "column": "a", "average_width": {width}}}]}}}}"#
        )
    };
    // A million bigint keys take 2,745 pages, as PostgreSQL 15 builds it.
    for (pages, width, expected) in [(2745, 8, 0), (5400, 8, 0), (20_000, 8, 1), (20_000, 100, 0)] {
        assert_eq!(severities("index/bloated", sql, &facts(pages, width)).await.len(), expected, "{pages} {width}");
    }
    let blind = r#"{"stats": {"tables": []}}"#;
    assert_eq!(not_run("index/bloated", blind).await, None);
}

#[tokio::test]
async fn collations() {
    let changed = |major: u32| {
        format!(
            r#"{{"server": {{"version_num": {major}}}, "stats": {{"databases": [{{"name": "shop", "collate": "en_US.UTF-8", "collation_version": "2.31", "actual_collation_version": "2.36"}}]}}}}"#
        )
    };
    assert_eq!(
        not_run("index/collation-version-changed", &changed(140_011)).await.unwrap(),
        "PostgreSQL records the version of a database's collation from 15 on"
    );
    check(
        "index/collation-version-changed",
        &[
            (
                "an expression over text",
                "create table t (a text); create unique index x on t (lower(a))",
                &changed(150_018),
                &["1 b-tree over text, 1 of them unique, were built under version 2.31 of the collation en_US.UTF-8; the system has 2.36"],
            ),
            ("numbers do not mind", "create table t (a int, b uuid); create index x on t (a, b)", &changed(150_018), &[]),
            ("the same version", "create table t (a text primary key)", &changed(150_018).replace("2.31", "2.36"), &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn many_indexes_weigh() {
    let columns: Vec<String> = ('a'..='f').map(|c| format!("{c} int")).collect();
    let indexes: Vec<String> = ('a'..='f').map(|c| format!("create index on t ({c});")).collect();
    let sql = format!("create table t (id int primary key, {}); {}", columns.join(", "), indexes.concat());
    let facts = |bytes: u64| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": 1000000, "table_bytes": 400000000, "index_bytes": {bytes}, "inserted": 20000000}}]}}}}"#
        )
    };
    assert_eq!(severities("index/too-many", &sql, &facts(500_000_000)).await, Vec::<String>::new());
    assert_eq!(severities("index/too-many", &sql, &facts(900_000_000)).await, ["low likely"]);
}
