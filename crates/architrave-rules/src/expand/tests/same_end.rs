//! Every generator against the statement it stands for: the same catalogue, the same rows, and the way back.

use super::{Case, constraint, default, draft, public, target};
use architrave_model::migration::{Action, ColumnDraft, ConstraintForm, SafeVersion};

const T: &str = "create table r (id int primary key);
    insert into r select n from generate_series(1, 10) n;
    create table t (id bigint primary key, a int, b text, c int not null default 3);
    insert into t select n, n % 10 + 1, 'x' || n, n from generate_series(1, 300) n;";

async fn t(statement: &str, action: Action, rewrites: bool, same_rows: bool) -> Option<SafeVersion> {
    Case { setup: T, statement, actions: vec![action], rewrites, same_rows }.check().await
}

fn titles(version: &SafeVersion) -> Vec<&str> {
    version.files.iter().map(|f| f.title.as_str()).collect()
}

#[tokio::test]
async fn foreign_keys_and_checks_are_validated_apart() {
    let fk = Action::AddConstraint {
        table: target("t"),
        constraint: constraint(None, ConstraintForm::ForeignKey, &["a"], "foreign key (a) references r (id) on delete cascade"),
    };
    let Some(version) = t("alter table t add foreign key (a) references r (id) on delete cascade", fk, false, true).await else { return };
    assert_eq!(titles(&version), ["add t_a_fkey not valid", "validate t_a_fkey"]);
    let check = |text: &str| Action::AddConstraint { table: target("t"), constraint: constraint(None, ConstraintForm::Check, &[], text) };
    t("alter table t add check (a > 0)", check("check (a > 0)"), false, true).await;
    let version = t("alter table t add check (a > 0 and c > 0)", check("check (a > 0 and c > 0)"), false, true).await.unwrap();
    assert!(version.files[0].gate.as_ref().unwrap().contains("where not (a > 0 and c > 0) answers 0"));
}

#[tokio::test]
async fn not_null_by_way_of_a_check() {
    let action = Action::SetNotNull { table: target("t"), column: "b".into() };
    let Some(version) = t("alter table t alter b set not null", action, false, true).await else { return };
    assert!(version.files.iter().all(|f| f.transactional && f.lock_timeout_ms.is_some()));
}

#[tokio::test]
async fn keys_over_indexes_built_before() {
    let add = |form, columns: &[&str], text: &str| Action::AddConstraint {
        table: target("t"),
        constraint: constraint(None, form, columns, text),
    };
    let unique = add(ConstraintForm::Unique, &["b"], "unique (b) include (c) deferrable initially deferred");
    let Some(version) = t("alter table t add unique (b) include (c) deferrable initially deferred", unique, false, true).await else {
        return;
    };
    assert_eq!(titles(&version), ["build t_b_c_key concurrently", "add t_b_c_key using its index"]);
    let primary = Case {
        setup: "create table t (id int, b text); insert into t select n, n from generate_series(1, 50) n",
        statement: "alter table t add primary key (id)",
        actions: vec![add(ConstraintForm::PrimaryKey, &["id"], "primary key (id)")],
        rewrites: false,
        same_rows: true,
    };
    primary.check().await;
}

fn index(columns: &[&str]) -> Action {
    Action::CreateIndex {
        index: None,
        table: target("t"),
        unique: false,
        concurrently: false,
        if_not_exists: false,
        method: "btree".into(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        partial: false,
    }
}

#[tokio::test]
async fn indexes_are_built_concurrently() {
    let Some(version) = t("create index on t (lower(b), (a + 1) desc, a) where a > 0", index(&["a"]), false, true).await else { return };
    assert!(!version.files[0].transactional && version.files[0].lock_timeout_ms.is_none());
    let drop = Action::DropIndex { index: public("i"), concurrently: false, if_exists: false, cascade: false };
    let setup = format!("{T} create index i on t (a, b)");
    Case { setup: &setup, statement: "drop index i", actions: vec![drop], rewrites: false, same_rows: true }.check().await;
}

const PARTITIONED: &str = "create table t (id int not null, at date not null, b text) partition by range (at);
    create table t_1 partition of t for values from ('2024-01-01') to ('2025-01-01');
    create table t_2 partition of t for values from ('2025-01-01') to ('2027-01-01') partition by range (at);
    create table t_2_a partition of t_2 for values from ('2025-01-01') to ('2026-01-01');
    create table t_2_b partition of t_2 for values from ('2026-01-01') to ('2027-01-01');
    insert into t select n, '2024-01-01'::date + n, n from generate_series(1, 900) n;";

#[tokio::test]
async fn indexes_of_partitions_are_built_one_by_one_and_attached() {
    let case =
        Case { setup: PARTITIONED, statement: "create index on t (b)", actions: vec![index(&["b"])], rewrites: false, same_rows: true };
    let Some(version) = case.check().await else { return };
    assert_eq!(version.files.len(), 5);
    let add = constraint(None, ConstraintForm::Unique, &["id", "at"], "unique (id, at)");
    let setup = "create table t (id int not null, at date not null) partition by range (at);
        create table t_1 partition of t for values from ('2024-01-01') to ('2025-01-01');
        create table t_2 partition of t default;
        insert into t select n, '2024-01-01'::date + n from generate_series(1, 900) n;";
    let action = Action::AddConstraint { table: target("t"), constraint: add };
    Case { setup, statement: "alter table t add unique (id, at)", actions: vec![action], rewrites: false, same_rows: true }.check().await;
}

#[tokio::test]
async fn partitions_are_attached_behind_a_check_and_detached_concurrently() {
    let attach = Action::AttachPartition { table: target("t"), partition: public("t_3"), default: false };
    let setup =
        format!("{PARTITIONED} create table t_3 (id int not null, at date not null, b text); insert into t_3 values (1, '2028-02-02')");
    let statement = "alter table t attach partition t_3 for values from ('2028-01-01') to (maxvalue)";
    let Some(version) = Case { setup: &setup, statement, actions: vec![attach], rewrites: false, same_rows: true }.check().await else {
        return;
    };
    assert_eq!(version.files.len(), 3);
    let detach = Action::DetachPartition { table: target("t"), partition: public("t_1"), concurrently: false, finalize: false };
    let case = Case {
        setup: PARTITIONED,
        statement: "alter table t detach partition t_1",
        actions: vec![detach],
        rewrites: false,
        same_rows: true,
    };
    case.check().await;
}

#[tokio::test]
async fn new_columns_are_filled_in_batches() {
    let add = |column: ColumnDraft| Action::AddColumn { table: target("t"), column, if_not_exists: false };
    let volatile = ColumnDraft { default: default("gen_random_uuid()", false), not_null: true, ..draft("u", "uuid") };
    let Some(version) = t("alter table t add column u uuid not null default gen_random_uuid()", add(volatile), true, false).await else {
        return;
    };
    assert_eq!(version.files[0].statements.len(), 2);
    let serial = ColumnDraft { serial: true, ..draft("n", "integer") };
    t("alter table t add column n serial", add(serial), true, false).await;
    let identity = ColumnDraft { identity: true, ..draft("n", "bigint") };
    t("alter table t add column n bigint generated by default as identity", add(identity), true, false).await;
    let constrained = ColumnDraft {
        default: default("1", true),
        not_null: true,
        constraints: vec![
            constraint(None, ConstraintForm::ForeignKey, &[], "references r"),
            constraint(None, ConstraintForm::Check, &[], "check (z > 0)"),
        ],
        ..draft("z", "int")
    };
    t("alter table t add column z int not null default 1 references r check (z > 0)", add(constrained), false, true).await;
    let unique = ColumnDraft { constraints: vec![constraint(None, ConstraintForm::Unique, &[], "unique")], ..draft("z", "int") };
    t("alter table t add column z int unique", add(unique), false, true).await;
}

#[tokio::test]
async fn columns_go_after_the_code_that_used_them() {
    let action = Action::DropColumn { table: target("t"), column: "c".into(), if_exists: false, cascade: false };
    let setup = format!("{T} alter table t add constraint k foreign key (a) references r");
    let Some(version) = t("alter table t drop column c", action, false, true).await else { return };
    assert!(version.files.last().unwrap().gate.is_some());
    let action = Action::DropColumn { table: target("t"), column: "a".into(), if_exists: false, cascade: false };
    let case = Case { setup: &setup, statement: "alter table t drop column a", actions: vec![action], rewrites: false, same_rows: true };
    assert_eq!(titles(&case.check().await.unwrap()), ["drop k", "drop a"]);
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
    let set = |column: &str, type_text: &str, using: Option<&str>| Action::SetType {
        table: target("t"),
        column: column.into(),
        type_text: type_text.into(),
        using: using.map(str::to_owned),
        collation: false,
    };
    let case = |statement, action| Case { setup: BUSY, statement, actions: vec![action], rewrites: true, same_rows: true };
    let Some(version) = case("alter table t alter column z type bigint", set("z", "bigint", None)).check().await else { return };
    assert!(version.files.last().unwrap().gate.as_ref().unwrap().contains("complete"));
    case("alter table t alter column k type bigint", set("k", "bigint", None)).check().await;
    case("alter table t alter column a type varchar(10) using substr(a, 1, 10)", set("a", "varchar(10)", Some("substr(a, 1, 10)")))
        .check()
        .await;
    // The primary key with its sequence and a foreign key to it.
    case("alter table t alter column id type bigint", set("id", "bigint", None)).check().await;
}

#[tokio::test]
async fn a_column_has_both_names_for_a_while() {
    let rename = |from: &str, to: &str| Action::RenameColumn { table: target("t"), from: from.into(), to: to.into() };
    let case = |statement, action| Case { setup: BUSY, statement, actions: vec![action], rewrites: false, same_rows: true };
    let Some(version) = case("alter table t rename column a to title", rename("a", "title")).check().await else { return };
    assert!(version.files.last().unwrap().gate.as_ref().unwrap().contains("every deployed version"));
    case("alter table t rename column k to kind", rename("k", "kind")).check().await;
}

#[tokio::test]
async fn a_table_has_both_names_for_a_while() {
    let setup = format!("{T} create table other (id int); grant select, insert on t to pg_monitor");
    let action = Action::RenameTable { table: target("t"), to: "u".into() };
    let case = Case { setup: &setup, statement: "alter table t rename to u", actions: vec![action], rewrites: false, same_rows: false };
    let Some(version) = case.check().await else { return };
    assert_eq!(titles(&version), ["rename t to u with a view", "drop the view t"]);
}

#[tokio::test]
async fn several_subcommands_come_apart() {
    let statement = "alter table t alter a set default 5, add constraint pos check (a > 0), add column d int, alter b set not null";
    let actions = vec![
        Action::SetDefault { table: target("t"), column: "a".into(), default: default("5", true).unwrap() },
        Action::AddConstraint { table: target("t"), constraint: constraint(Some("pos"), ConstraintForm::Check, &[], "check (a > 0)") },
        Action::AddColumn { table: target("t"), column: draft("d", "int"), if_not_exists: false },
        Action::SetNotNull { table: target("t"), column: "b".into() },
    ];
    Case { setup: T, statement, actions, rewrites: false, same_rows: true }.check().await;
}
