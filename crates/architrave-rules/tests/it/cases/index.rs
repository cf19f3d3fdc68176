//! Cases of the rules on indexes.

use super::{check, not_run, severities};

const PARENT: &str = "create table p (a bigint, b bigint, primary key (a, b), unique (a));";

fn child(rest: &str) -> String {
    format!("{PARENT} create table c (id bigint primary key, a bigint, b bigint, n text); {rest}")
}

const ONE: &str = "alter table c add constraint fk foreign key (a) references p (a);";
const TWO: &str = "alter table c add constraint fk foreign key (a, b) references p;";

#[tokio::test]
async fn foreign_keys() {
    let sql: Vec<(&str, String, &[&str])> = vec![
        ("an index on the column serves", child(&format!("{ONE} create index on c (a)")), &[]),
        ("an index that only ends with it does not", child(&format!("{ONE} create index on c (n, a)")), &["no index of public.c starts with (a)"]),
        ("INCLUDE does not", child(&format!("{ONE} create index on c (n) include (a)")), &["no index of public.c starts with (a)"]),
        ("two columns are served in either order", child(&format!("{TWO} create index on c (b, a, n)")), &[]),
        ("half of two narrows", child(&format!("{TWO} create index half on c (b)")), &["no index of public.c starts with (a, b); half narrows the search only"]),
        ("a unique half finds one row at most", child(&format!("{TWO} create unique index on c (b)")), &[]),
        ("a partial index for other rows does not serve", child(&format!("{ONE} create index on c (a) where n = 'x'")), &["no index of public.c starts with (a)"]),
        ("a partial index without nulls does", child(&format!("{ONE} create index on c (a) where a is not null")), &[]),
        ("nor one without other nulls", child(&format!("{ONE} create index on c (a) where n is not null")), &["no index of public.c starts with (a)"]),
        ("hash serves", child(&format!("{ONE} create index on c using hash (a)")), &[]),
        ("BRIN does not", child(&format!("{ONE} create index on c using brin (a)")), &["no index of public.c starts with (a)"]),
        ("an expression does not", child(&format!("{ONE} create index on c ((a + 0))")), &["no index of public.c starts with (a)"]),
        ("two keys over the same column are one finding", child(&format!("{ONE} alter table c add constraint fk2 foreign key (a) references p (a)")), &["no index of public.c starts with (a)"]),
        ("the primary key serves as well", format!("{PARENT} create table c (a bigint references p (a), b bigint, primary key (a, b))"), &[]),
        (
            "another collation does not serve",
            "create table p (t text primary key); create table c (t text references p); create index on c (t collate \"C\")".into(),
            &["no index of public.c starts with (t)"],
        ),
        (
            "pattern operators know equality",
            "create table p (t text primary key); create table c (t text references p); create index on c (t text_pattern_ops)".into(),
            &[],
        ),
        (
            "a partitioned table is judged once, and gets its index partition by partition",
            format!(
                "{PARENT} create table c (id bigint, a bigint references p (a), at date not null) partition by range (at);
                 create table c1 partition of c for values from ('2025-01-01') to ('2026-01-01');
                 create table c2 partition of c default;"
            ),
            &["no index of public.c starts with (a)"],
        ),
        (
            "indexes of the partitions do not count for the parent, one attached to it does",
            format!(
                "{PARENT} create table c (id bigint, a bigint references p (a), at date not null) partition by range (at);
                 create table c1 partition of c for values from ('2025-01-01') to ('2026-01-01');
                 create index on c (a)"
            ),
            &[],
        ),
        (
            "names are quoted, cut and numbered",
            "create table \"Parent Table\" (\"Id\" bigint primary key);
             create table \"A rather long name of a child table, longer than most people write\" (\"Parent Id\" bigint references \"Parent Table\");"
                .into(),
            &["no index of public.A rather long name of a child table, longer than most people wr starts with (Parent Id)"],
        ),
        (
            "an operator class of another equality does not serve",
            "create extension btree_gist; create table p (t text primary key); create table c (t text references p);
             create extension pg_trgm; create index on c using gist (t gist_trgm_ops)".into(),
            &["no index of public.c starts with (t)"],
        ),
        (
            "a key within a wider one: one index, led by the narrow one, serves both",
            child(&format!("{TWO} alter table c add constraint narrow foreign key (b) references q (b)")).replace("create table c", "create table q (b bigint primary key); create table c"),
            &["no index of public.c starts with (a, b)"],
        ),
        (
            "an index that was not finished is to be repaired, not made a second time",
            child(&format!("{ONE} create index broken on c (a); update pg_index set indisvalid = false where indexrelid = 'broken'::regclass")),
            &["no index of public.c starts with (a) but broken, which is invalid"],
        ),
        (
            "a foreign key of a partition alone",
            format!("{PARENT} create table c (id bigint, a bigint, at date not null) partition by range (at); create table c1 partition of c default; alter table c1 add constraint own foreign key (a) references p (a)"),
            &["no index of public.c1 starts with (a)"],
        ),
        ("a key that is not enforced by us: history tables are left alone", format!("{PARENT} create table schema_migrations (a bigint references p (a))"), &[]),
    ];
    let cases: Vec<_> = sql.iter().map(|(says, sql, expected)| (*says, sql.as_str(), "", *expected)).collect();
    check("index/foreign-key-unindexed", &cases).await;
}

#[tokio::test]
async fn foreign_keys_weigh_by_size_and_policies() {
    let sql = "create table p (id bigint primary key); create table c (p_id bigint references p)";
    let rows = |n: &str| format!(r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "c"}}, "rows": {n}}}]}}}}"#);
    for (n, expected) in [("100", "info certain"), ("5000", "low certain"), ("50000", "medium certain"), ("5e6", "high certain")] {
        assert_eq!(severities("index/foreign-key-unindexed", sql, &rows(n)).await, [expected]);
    }
    let brief = r#"{"brief": {"rows": {"c": 2000000}}}"#;
    assert_eq!(severities("index/foreign-key-unindexed", sql, brief).await, ["high certain"]);
    let policy =
        format!("{sql}; alter table c enable row level security; create policy own on c using (p_id = current_setting('app.p')::bigint)");
    assert_eq!(severities("index/foreign-key-unindexed", &policy, &rows("50000")).await, ["high certain"]);
    assert_eq!(severities("index/foreign-key-unindexed", &policy, "{}").await, ["medium certain"], "an unknown size makes nothing high");
}

#[tokio::test]
async fn duplicates() {
    check(
        "index/duplicate",
        &[
            ("the older name stays", "create table t (a int); create index b on t (a); create index a on t (a)", "", &["b on public.t repeats a, btree (a)"]),
            ("a constraint stays", "create table t (a int constraint z unique); create index a on t (a)", "", &["a on public.t repeats z, btree (a)"]),
            (
                "of two constraints the primary key stays",
                "create table t (a int primary key); alter table t add constraint a_again unique (a)",
                "",
                &["a_again on public.t repeats t_pkey, btree (a)"],
            ),
            (
                "the replica identity stays",
                "create table t (a int not null); create unique index z on t (a); create unique index y on t (a); alter table t replica identity using index z",
                "",
                &["y on public.t repeats z, btree (a)"],
            ),
            ("a unique index is no duplicate of a plain one", "create table t (a int); create unique index z on t (a); create index a on t (a)", "", &["a on public.t repeats z, btree (a)"]),
            (
                "NULLS NOT DISTINCT enforces more",
                "create table t (a int); create unique index x on t (a); create unique index y on t (a) nulls not distinct",
                "",
                &[],
            ),
            ("a deferrable constraint enforces less", "create table t (a int, constraint d unique (a) deferrable); create unique index x on t (a)", "", &[]),
            ("other directions are no duplicates", "create table t (a int, b int); create index x on t (a, b); create index y on t (a, b desc)", "", &[]),
            ("other predicates neither", "create table t (a int, b int); create index x on t (a) where b > 0; create index y on t (a) where b > 1", "", &[]),
            (
                "the same predicate and expression are",
                "create table t (a text, b int); create index x on t (lower(a)) where b > 0; create index y on t (lower(a)) where b > 0",
                "",
                &["y on public.t repeats x, btree (lower(a)) where (b > 0)"],
            ),
            ("the order of INCLUDE does not matter", "create table t (a int, b int, c int); create index x on t (a) include (b, c); create index y on t (a) include (c, b)", "", &["y on public.t repeats x, btree (a) include (c, b)"]),
            ("operator classes do", "create table t (a text); create index x on t (a); create index y on t (a text_pattern_ops)", "", &[]),
            ("GIN too", "create table t (a jsonb); create index x on t using gin (a); create index y on t using gin (a)", "", &["y on public.t repeats x, gin (a)"]),
            (
                "on a materialized view too",
                "create table t (a int); create materialized view m as select a from t; create index x on m (a); create index y on m (a)",
                "",
                &["y on public.m repeats x, btree (a)"],
            ),
            (
                "on a partitioned table once",
                "create table t (a int, b int) partition by list (b); create table t1 partition of t default; create index x on t (a); create index y on t (a)",
                "",
                &["y on public.t repeats x, btree (a)"],
            ),
            (
                "comments come back with the index",
                "create table t (a int); create index x on t (a); create index y on t (a); comment on index y is 'it''s for the report'",
                "",
                &["y on public.t repeats x, btree (a)"],
            ),
            (
                "with a wider one there, all are redundant to it",
                "create table t (a int, b int); create index x on t (a); create index y on t (a); create index w on t (a, b)",
                "",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn redundant_indexes() {
    check(
        "index/redundant",
        &[
            ("a prefix of a unique one", "create table t (a int, b int, unique (a, b)); create index x on t (a)", "", &["x on public.t is contained in t_a_b_key, btree (a)"]),
            ("never a unique one", "create table t (a int, b int); create unique index x on t (a); create index y on t (a, b)", "", &[]),
            ("never a constraint's", "create table t (a int primary key, b int); create index y on t (a, b)", "", &[]),
            ("not a suffix", "create table t (a int, b int); create index x on t (b); create index y on t (a, b)", "", &[]),
            ("not of another method", "create table t (a int, b int); create index x on t using hash (a); create index y on t (a, b)", "", &[]),
            ("not under another predicate", "create table t (a int, b int); create index x on t (a) where b > 0; create index y on t (a, b)", "", &[]),
            ("a full one is not contained in a partial one", "create table t (a int, b int); create index x on t (a); create index y on t (a, b) where b > 0", "", &[]),
            ("under the same predicate it is", "create table t (a int, b int); create index x on t (a) where b > 0; create index y on t (a, b) where b > 0", "", &["x on public.t is contained in y, btree (a) where (b > 0)"]),
            ("its INCLUDE must be there", "create table t (a int, b int, c int); create index x on t (a) include (c); create index y on t (a, b)", "", &[]),
            ("as a key or included", "create table t (a int, b int, c int); create index x on t (a) include (b); create index y on t (a, b)", "", &["x on public.t is contained in y, btree (a) include (b)"]),
            ("without INCLUDE it is contained in the same with", "create table t (a int, b int); create index x on t (a); create index y on t (a) include (b)", "", &["x on public.t is contained in y, btree (a)"]),
            ("all reversed is the same", "create table t (a int, b int); create index x on t (a desc, b); create index y on t (a, b desc)", "", &["x on public.t is contained in y, btree (a desc, b)"]),
            ("half reversed is not", "create table t (a int, b int, c int); create index x on t (a, b); create index y on t (a, b desc, c)", "", &[]),
            ("nulls elsewhere are not", "create table t (a int, b int); create index x on t (a nulls first); create index y on t (a, b)", "", &[]),
            ("nor is another collation", "create table t (a text, b int); create index x on t (a collate \"C\"); create index y on t (a, b)", "", &[]),
            ("nor another operator class", "create table t (a text, b int); create index x on t (a text_pattern_ops); create index y on t (a, b)", "", &[]),
            ("expressions count", "create table t (a text, b int); create index x on t (lower(a)); create index y on t (lower(a), b)", "", &["x on public.t is contained in y, btree (lower(a))"]),
            ("the widest is named", "create table t (a int, b int, c int); create index x on t (a); create index y on t (a, b); create index z on t (a, b, c)", "", &["x on public.t is contained in z, btree (a)", "y on public.t is contained in z, btree (a, b)"]),
            ("the order of CLUSTER is kept", "create table t (a int, b int); create index x on t (a); create index y on t (a, b); alter table t cluster on x", "", &[]),
            (
                "on a partitioned table once",
                "create table t (a int, b int) partition by list (b); create table t1 partition of t default; create index x on t (a); create index y on t (a, b)",
                "",
                &["x on public.t is contained in y, btree (a)"],
            ),
            ("what serves a foreign key may go when the wider serves it too", "create table p (id int primary key); create table t (a int references p, b int); create index x on t (a); create index y on t (a, b)", "", &["x on public.t is contained in y, btree (a)"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn invalid_indexes() {
    let partitioned = "create table t (a int, b int) partition by list (b); create table t1 partition of t for values in (1); create table t2 partition of t default;";
    check(
        "index/invalid",
        &[
            ("a partition's own index is attached, not made twice", &format!("{partitioned} create index on t1 (a); create index x on only t (a)"), "", &["x on public.t is invalid: 2 partitions have no index attached to it"]),
            ("a unique one too", &format!("{partitioned} create unique index x on only t (a, b)"), "", &["x on public.t is invalid: 2 partitions have no index attached to it"]),
            ("no partition, no fault", "create table t (a int, b int) partition by list (b); create index x on only t (a)", "", &[]),
            (
                "a failed build: an index that is marked invalid",
                "create table t (a int); create index x on t (a); update pg_index set indisvalid = false where indexrelid = 'x'::regclass",
                "",
                &["x on public.t is invalid: no query can use it"],
            ),
            (
                "a leftover of REINDEX goes",
                "create table t (a int); create index x on t (a); create index x_ccnew on t (a); update pg_index set indisvalid = false where indexrelid = 'x_ccnew'::regclass",
                "",
                &["x_ccnew on public.t is invalid: no query can use it"],
            ),
        ],
    )
    .await;
}

/// Statistics of one table `t` that is read, and of its indexes.
fn used(indexes: &str, more: &str) -> String {
    format!(
        r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": 100000, "seq_scans": 5, "index_scans": 100, "inserted": 100000}}],
            "indexes": [{indexes}]{more}}}}}"#
    )
}

fn index(name: &str, scans: u32, bytes: u32) -> String {
    format!(
        r#"{{"name": {{"schema": "public", "name": "{name}"}}, "table": "t", "scans": {scans}, "bytes": {bytes}, "blocks_hit": 300000}}"#
    )
}

#[tokio::test]
async fn unused_indexes() {
    let idle = used(&index("x", 0, 90_000_000), "");
    let found: &[&str] = &["x on public.t has not been scanned in 60 days, 86 MB"];
    let young = used(&index("x", 0, 90_000_000), r#", "database": {"stats_reset": 1795000000}"#);
    check(
        "index/unused",
        &[
            ("a plain index without a scan", "create table t (a int, b int); create index x on t (a)", &idle, found),
            ("one scan is use", "create table t (a int); create index x on t (a)", &used(&index("x", 1, 90_000_000), ""), &[]),
            ("small ones are left alone", "create table t (a int); create index x on t (a)", &used(&index("x", 0, 900_000), ""), &[]),
            ("unique ones enforce", "create table t (a int); create unique index x on t (a)", &idle, &[]),
            ("constraints too", "create table t (a int, constraint x unique (a))", &idle, &[]),
            ("the exclusion too", "create table t (a int4range, constraint x exclude using gist (a with &&))", &idle, &[]),
            (
                "foreign keys are served",
                "create table p (id int primary key); create table t (a int references p); create index x on t (a)",
                &idle,
                &[],
            ),
            ("the order of CLUSTER", "create table t (a int); create index x on t (a); alter table t cluster on x", &idle, &[]),
            (
                "its twin may be used in its place",
                "create table t (a int, b int); create index x on t (a); create index y on t (a)",
                &idle,
                &[],
            ),
            ("so may what it contains", "create table t (a int, b int); create index x on t (a, b); create index y on t (a)", &idle, &[]),
            (
                "policies are served",
                "create table t (a name); create index x on t (a); alter table t enable row level security; create policy own on t using (a = current_user)",
                &idle,
                &[],
            ),
            (
                "an index that saw a tenth of the inserts is too young to be judged",
                "create table t (a int); create index x on t (a)",
                &idle.replace("300000", "9000"),
                &[],
            ),
            ("young counters prove nothing", "create table t (a int); create index x on t (a)", &young, &[]),
            (
                "a table that nobody reads says nothing",
                "create table t (a int); create index x on t (a)",
                r#"{"stats": {"tables": [{"name": {"schema": "public", "name": "t"}, "rows": 10}],
                    "indexes": [{"name": {"schema": "public", "name": "x"}, "table": "t", "bytes": 90000000}]}}"#,
                &[],
            ),
        ],
    )
    .await;
    let sql = "create table t (a int); create index x on t (a)";
    assert_eq!(severities("index/unused", sql, &idle).await, ["low likely"]);
    let standby = used(&index("x", 0, 90_000_000), r#", "replication": [{"application_name": "replica1"}]"#);
    assert_eq!(severities("index/unused", sql, &standby).await, ["low possible"]);
    let month = used(&index("x", 0, 90_000_000), r#", "database": {"stats_reset": 1793500000}"#);
    assert_eq!(severities("index/unused", sql, &month).await, ["low possible"]);
    let large = used(&index("x", 0, 2_000_000_000), "");
    assert_eq!(severities("index/unused", sql, &large).await, ["medium likely"]);
    assert_eq!(not_run("index/unused", &young).await.unwrap(), "the counters cover 2 days only; a week is the least");
}
