//! Cases of the rules on constraints and on sequences.

use super::{check, severities};

#[tokio::test]
async fn constraints_left_half_done() {
    check(
        "constraint/not-validated",
        &[
            (
                "a foreign key",
                "create table p (id int primary key); create table c (p int); create index on c (p); alter table c add constraint k foreign key (p) references p on delete cascade not valid",
                "",
                &["k on public.c is not validated: it holds for rows written since it was added only"],
            ),
            ("validated since", "create table c (p int); alter table c add constraint k check (p > 0) not valid; alter table c validate constraint k", "", &[]),
            (
                "partitions are spoken for by their parent",
                "create table c (p int, at date) partition by range (at); create table c1 partition of c default; alter table c add constraint k check (p > 0) not valid",
                "",
                &["k on public.c is not validated: it holds for rows written since it was added only"],
            ),
        ],
    )
    .await;
    let sql = "create table c (p int); alter table c add constraint k check (p > 0) not valid";
    let rows = |n: &str| format!(r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "c"}}, "rows": {n}}}]}}}}"#);
    assert_eq!(severities("constraint/not-validated", sql, &rows("10")).await, ["info certain"]);
    assert_eq!(severities("constraint/not-validated", sql, &rows("5000000")).await, ["medium certain"]);
}

#[tokio::test]
async fn marks_of_deletion() {
    check(
        "constraint/unique-with-soft-delete",
        &[
            (
                "an index is as bad as a constraint, also behind a foreign key",
                "create table o (id int primary key); create table t (o int references o, slug text, deleted_at timestamptz); create unique index u on t (o, slug, deleted_at)",
                "",
                &["u on public.t: rows with deleted_at null may repeat (o, slug)"],
            ),
            ("the live ones are kept apart", "create table t (a int, deleted_at timestamptz); create unique index u on t (a, deleted_at); create unique index l on t (a) where deleted_at is null", "", &[]),
            ("a partial index for other rows does not", "create table t (a int, b int, deleted_at timestamptz); create unique index u on t (a, deleted_at); create unique index l on t (a) where b > 0", "", &["u on public.t: rows with deleted_at null may repeat (a)"]),
            ("an index among the live over other columns tells what is meant", "create table t (a int, b int, c int, deleted_at timestamptz); create unique index u on t (a, b, deleted_at); create unique index l on t (a, c) where deleted_at is null", "", &[]),
            ("a mark that is never null", "create table t (a int, deleted_at timestamptz not null default 'infinity', unique (a, deleted_at))", "", &[]),
            ("a mark alone", "create table t (a int, deleted_at timestamptz unique)", "", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn nulls_in_unique_constraints() {
    let sql = "create table t (a int not null, b int, unique (a, b))";
    let nulls = |n: &str| {
        format!(r#"{{"stats": {{"columns": [{{"table": {{"schema": "public", "name": "t"}}, "column": "b", "null_fraction": {n}}}]}}}}"#)
    };
    assert_eq!(severities("constraint/unique-over-nullable", sql, "{}").await, ["info possible"]);
    assert_eq!(severities("constraint/unique-over-nullable", sql, &nulls("0.2")).await, ["low possible"]);
    assert_eq!(severities("constraint/unique-over-nullable", sql, &nulls("0")).await, Vec::<String>::new());
}

#[tokio::test]
async fn ends_of_sequences() {
    let fed = |options: &str| format!("create table t (id bigint primary key); create sequence s {options} owned by t.id");
    check(
        "key/sequence-near-end",
        &[
            (
                "half of it",
                &fed("start 60 maxvalue 100"),
                "",
                &["public.s, which feeds public.t.id, has used 60 % of its range: it is at 60 of 100"],
            ),
            ("a little", &fed("start 40 maxvalue 100"), "", &[]),
            (
                "downwards",
                &fed("increment -1 start -90 minvalue -100"),
                "",
                &["public.s, which feeds public.t.id, has used 90 % of its range: it is at -90 of -100"],
            ),
            ("behind no key", "create sequence s start 60 maxvalue 100", "", &[]),
        ],
    )
    .await;
    check(
        "key/sequence-ends-before-column",
        &[
            (
                "a small serial",
                "create table t (id smallserial primary key); alter table t alter id type bigint",
                "",
                &["public.t.id is bigint, and its sequence public.t_id_seq is smallint and ends at 32,767"],
            ),
            (
                "it goes round",
                "create table t (id smallserial primary key); alter table t alter id type bigint; alter sequence t_id_seq cycle",
                "",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn keys_that_run_out_by_a_date() {
    let sql = "create table t (id serial primary key)";
    let facts = |inserted: &str| {
        format!(
            r#"{{"stats": {{"tables": [{{"name": {{"schema": "public", "name": "t"}}, "rows": 100000000, "inserted": {inserted}}}]}}}}"#
        )
    };
    assert_eq!(severities("key/integer-primary-key", sql, &facts("90000")).await, ["low certain"]);
    assert_eq!(severities("key/integer-primary-key", sql, &facts("150000000")).await, ["medium certain"]);
    assert_eq!(severities("key/integer-primary-key", sql, &facts("500000000")).await, ["high certain"]);
}

#[tokio::test]
async fn identities_of_replicas() {
    check(
        "key/replica-identity-absent",
        &[
            (
                "the chosen index is gone",
                "create table t (id int primary key, a int not null); create unique index u on t (a); alter table t replica identity using index u; drop index u; create publication p for all tables",
                "",
                &["public.t is published by p, and the index that was its replica identity is gone"],
            ),
            (
                "a partition of a published table",
                "create table t (id int, at date, primary key (id, at)) partition by range (at); create table t1 partition of t default; alter table t1 replica identity nothing; create publication p for table t",
                "",
                &["public.t1 is published by p, and its replica identity is nothing"],
            ),
            ("nobody publishes it", "create table t (id int primary key); alter table t replica identity nothing", "", &[]),
            ("only what is inserted", "create table t (id int primary key); alter table t replica identity nothing; create publication p for all tables with (publish = 'insert, truncate')", "", &[]),
        ],
    )
    .await;
}
