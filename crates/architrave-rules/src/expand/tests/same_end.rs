//! Every generator against the statement it stands for: the same catalogue, the same rows, and the way back.

use super::Case;
use architrave_model::migration::SafeVersion;
use architrave_postgres::server::test_server;

const T: &str = "create table r (id int primary key);
    insert into r select n from generate_series(1, 10) n;
    create table t (id bigint primary key, a int, b text, c int not null default 3);
    insert into t select n, n % 10 + 1, 'x' || n, n from generate_series(1, 300) n;";

async fn on(setup: &str, statement: &str) -> Option<SafeVersion> {
    Case { setup, statement, rewrites: false, same_rows: true }.check().await
}

/// A statement that writes the table anew.
async fn rewriting(setup: &str, statement: &str, same_rows: bool) -> Option<SafeVersion> {
    Case { setup, statement, rewrites: true, same_rows }.check().await
}

fn titles(version: &SafeVersion) -> Vec<&str> {
    version.files.iter().map(|f| f.title.as_str()).collect()
}

#[tokio::test]
async fn foreign_keys_and_checks_are_validated_apart() {
    let Some(version) = on(T, "alter table t add foreign key (a) references r (id) on delete cascade").await else { return };
    assert_eq!(titles(&version), ["add t_a_fkey not valid", "validate t_a_fkey"]);
    on(T, "alter table t add check (a > 0)").await;
    on(T, "ALTER TABLE public.t ADD CONSTRAINT \"Pos\" CHECK (a > 0)").await;
    let version = on(T, "alter table t add check (a > 0 and c > 0)").await.unwrap();
    assert!(version.files[0].gate.as_ref().unwrap().contains("where not (a > 0 and c > 0) answers 0"), "{version:#?}");
    let version = on(T, "alter table t add constraint p check (a > 0) not valid, validate constraint p").await.unwrap();
    assert_eq!(titles(&version), ["add p", "validate p"]);
}

#[tokio::test]
async fn not_null_by_way_of_a_check() {
    let Some(version) = on(T, "alter table t alter b set not null").await else { return };
    assert!(version.files.iter().all(|f| f.transactional && f.lock_timeout_ms.is_some()));
}

#[tokio::test]
async fn keys_over_indexes_built_before() {
    let unique = "alter table t add unique (b) include (c) deferrable initially deferred";
    let Some(version) = on(T, unique).await else { return };
    assert_eq!(titles(&version), ["build t_b_c_key concurrently", "add t_b_c_key using its index"]);
    on(T, "alter table t add constraint k unique (b, a)").await;
    on("create table t (id int, b text); insert into t select n, n from generate_series(1, 50) n", "alter table t add primary key (id)")
        .await;
    let indexed =
        "create table t (id int, b text); insert into t select n, n from generate_series(1, 50) n; create unique index i on t (id)";
    on(indexed, "alter table t add constraint t_pkey primary key using index i").await;
}

#[tokio::test]
async fn indexes_are_built_and_dropped_concurrently() {
    let Some(version) = on(T, "create index on t (lower(b), (a + 1) desc, a) include (c) where a > 0").await else { return };
    assert!(!version.files[0].transactional && version.files[0].lock_timeout_ms.is_none());
    on(T, "create unique index if not exists i on public.t using btree (b)").await;
    on(&format!("{T} create index i on t (a, b)"), "drop index i").await;
    on(&format!("{T} create index i on t (a, b)"), "reindex index i").await;
}

const PARTITIONED: &str = "create table t (id int not null, at date not null, b text) partition by range (at);
    create table t_1 partition of t for values from ('2024-01-01') to ('2025-01-01');
    create table t_2 partition of t for values from ('2025-01-01') to ('2027-01-01') partition by range (at);
    create table t_2_a partition of t_2 for values from ('2025-01-01') to ('2026-01-01');
    create table t_2_b partition of t_2 for values from ('2026-01-01') to ('2027-01-01');
    insert into t select n, '2024-01-01'::date + n, n from generate_series(1, 900) n;";

#[tokio::test]
async fn indexes_of_partitions_are_built_one_by_one_and_attached() {
    let Some(version) = on(PARTITIONED, "create index on t (b)").await else { return };
    assert_eq!(version.files.len(), 5);
    let setup = "create table t (id int not null, at date not null) partition by range (at);
        create table t_1 partition of t for values from ('2024-01-01') to ('2025-01-01');
        create table t_2 partition of t default;
        insert into t select n, '2024-01-01'::date + n from generate_series(1, 900) n;";
    on(setup, "alter table t add unique (id, at)").await;
}

#[tokio::test]
async fn partitions_are_attached_behind_a_check_and_detached_concurrently() {
    let setup =
        format!("{PARTITIONED} create table t_3 (id int not null, at date not null, b text); insert into t_3 values (1, '2028-02-02')");
    let attach = "alter table t attach partition t_3 for values from ('2028-01-01') to (maxvalue)";
    let Some(version) = on(&setup, attach).await else { return };
    assert_eq!(version.files.len(), 3);
    on(PARTITIONED, "alter table t detach partition t_1").await;
    let guarded =
        format!("{PARTITIONED} alter table t add check (id > 0), add unique (id, at); create index on t (b); comment on column t.b is 'x'");
    on(&guarded, "create table t_4 partition of t for values from ('2029-01-01') to ('2030-01-01')").await;
}

#[tokio::test]
async fn new_columns_are_filled_in_batches() {
    let volatile = "alter table t add column u uuid not null default gen_random_uuid()";
    let setup = format!("{T} create extension if not exists pgcrypto");
    let Some(version) = rewriting(&setup, volatile, false).await else { return };
    assert_eq!(version.files[0].statements.len(), 2);
    rewriting(T, "alter table t add column n serial", false).await;
    rewriting(T, "alter table t add column n bigint generated by default as identity", false).await;
    on(T, "alter table t add column z int not null default 1 references r check (z > 0)").await;
    on(T, "alter table t add column z int unique").await;
    on(T, "alter table t add column z int constraint zk references r (id) on delete set null").await;
}

#[tokio::test]
async fn columns_go_after_the_code_that_used_them() {
    let Some(version) = on(T, "alter table t drop column c").await else { return };
    assert!(version.files.last().unwrap().gate.is_some());
    let setup = format!("{T} alter table t add constraint k foreign key (a) references r");
    assert_eq!(titles(&on(&setup, "alter table t drop column a").await.unwrap()), ["drop k", "drop a"]);
    let two = format!("{setup}; create table u (id int primary key, r_id int references r)");
    assert_eq!(titles(&on(&two, "drop table u").await.unwrap()), ["drop u_r_id_fkey", "drop u"]);
}

const BUSY: &str = "create table r (id int primary key); insert into r select n from generate_series(1, 10) n;
    create table t (id serial primary key, a varchar(20) not null default 'q', k int not null default 1 references r, z int);
    alter table t add constraint long_enough check (length(a) > 0 and z > 0);
    create unique index t_a_z on t (a desc, z) where a <> '';
    create index t_z on t (z);
    comment on column t.a is 'that''s it'; comment on index t_a_z is 'index';
    grant select (a, k) on t to pg_monitor;
    alter table t alter column a set statistics 500;
    create table child (id int primary key, t_id int references t on delete cascade);
    insert into t (a, k, z) select 'v' || n, n % 10 + 1, n from generate_series(1, 300) n;
    insert into child select n, n from generate_series(1, 100) n;";

#[tokio::test]
async fn a_type_changes_by_way_of_a_second_column() {
    let Some(version) = rewriting(BUSY, "alter table t alter column z type bigint", true).await else { return };
    assert!(version.files.last().unwrap().gate.as_ref().unwrap().contains("complete"));
    rewriting(BUSY, "alter table t alter column k type bigint", true).await;
    rewriting(BUSY, "alter table t alter k type bigint, alter z set default 4, add column y int", true).await;
    rewriting(BUSY, "alter table t alter column a type varchar(10) using substr(a, 1, 10)", true).await;
    // The primary key with its sequence and a foreign key to it.
    rewriting(BUSY, "alter table t alter column id type bigint", true).await;
    let identity =
        "create table t (id int generated always as identity primary key, a int); insert into t (a) select generate_series(1, 300)";
    rewriting(identity, "alter table t alter column id type bigint", true).await;
}

#[tokio::test]
async fn a_column_has_both_names_for_a_while() {
    let Some(version) = on(BUSY, "alter table t rename column a to title").await else { return };
    assert!(version.files.last().unwrap().gate.as_ref().unwrap().contains("every deployed version"));
    on(BUSY, "alter table t rename k to kind").await;
}

#[tokio::test]
async fn a_table_has_both_names_for_a_while() {
    let setup = format!("{T} create table other (id int); grant select, insert on t to pg_monitor");
    let case = Case { setup: &setup, statement: "alter table t rename to u", rewrites: false, same_rows: false };
    let Some(version) = case.check().await else { return };
    assert_eq!(titles(&version), ["rename t to u with a view", "drop the view t"]);
}

#[tokio::test]
async fn several_subcommands_come_apart() {
    on(T, "alter table t alter a set default 5, add constraint pos check (a > 0), add column d int, alter b set not null, drop column c")
        .await;
}

#[tokio::test]
async fn an_update_goes_in_batches() {
    let Some(version) = on(T, "update t as o set b = upper(o.b), a = (select max(id) from r) where o.a > 3").await else { return };
    assert_eq!(version.files.len(), 2);
    on(T, "update public.t set c = c + 1").await;
}

/// What differs between the majors: NOT NULL constraints with names, DETACH CONCURRENTLY.
#[tokio::test]
async fn the_same_on_the_oldest_and_the_newest_major() {
    for major in [12, 18] {
        let Some(server) = test_server::shared_major(major).await else { continue };
        let mut cases = vec![
            (T, "alter table t alter b set not null", false),
            (T, "alter table t add column z int not null default 1 references r check (z > 0)", false),
            (BUSY, "alter table t alter column a type varchar(10) using substr(a, 1, 10)", true),
            (BUSY, "alter table t alter column id type bigint", true),
            (BUSY, "alter table t rename column a to title", false),
            (T, "alter table t rename to u", false),
            (T, "update t set c = c + 1", false),
            (PARTITIONED, "create index on t (b)", false),
        ];
        if major >= 14 {
            cases.push((PARTITIONED, "alter table t detach partition t_1", false));
        }
        for (setup, statement, rewrites) in cases {
            let same_rows = !statement.contains("rename to");
            Case { setup, statement, rewrites, same_rows }.check_on(server).await;
        }
    }
}
