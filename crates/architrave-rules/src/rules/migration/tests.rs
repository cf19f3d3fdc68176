//! Rules that look at several statements at once: what a transaction keeps, what a script leaves behind.

use super::testing::{Pending, did, name, partitioned, pending, pending_on, table, target};
use super::*;
use architrave_model::Catalog;
use architrave_model::catalog::{
    Column, Constraint, ConstraintKind, ForeignKeyAction, Function, MatchType, Publication, Reference, Table, View,
};
use architrave_model::migration::{Action, ColumnDraft, DefaultForm, LockMode as L};
use architrave_model::script::TransactionMode;

fn add(of: &str, column: &str, not_null: bool, default: bool) -> Action {
    let default = default.then(|| DefaultForm { text: "1".into(), is_constant: true, ..DefaultForm::default() });
    let column = ColumnDraft { name: column.into(), type_text: "integer".into(), not_null, default, ..ColumnDraft::default() };
    Action::AddColumn { table: target(of), column, if_not_exists: false }
}

fn drop_column(of: &str, column: &str, cascade: bool) -> Action {
    Action::DropColumn { table: target(of), column: column.into(), if_exists: false, cascade }
}

fn update(of: &str, column: &str, has_where: bool) -> Action {
    Action::Update { table: name(of), columns: vec![column.into()], has_where, limited: false }
}

fn index(of: &str) -> Action {
    Action::CreateIndex {
        index: Some(name("i")),
        table: target(of),
        unique: false,
        concurrently: false,
        if_not_exists: false,
        method: "btree".into(),
        columns: vec!["a".into()],
        partial: false,
    }
}

fn users() -> Table {
    table("users", &["id bigint not null", "a text"])
}

fn referencing(of: &str, to: &str) -> Table {
    let reference = Reference {
        table: name(to),
        columns: vec!["id".into()],
        on_update: ForeignKeyAction::NoAction,
        on_delete: ForeignKeyAction::NoAction,
        match_type: MatchType::Simple,
    };
    let key = Constraint { references: Some(reference), ..Constraint::plain("fk", ConstraintKind::ForeignKey, &["user_id"]) };
    Table { constraints: vec![key], ..table(of, &["id bigint not null", "user_id bigint"]) }
}

fn added_then(more: Action) -> Pending {
    pending(vec![users()])
        .step("alter table users add column b int", vec![add("users", "b", false, false)], did().lock("users", L::AccessExclusive))
        .step("more", vec![more], did().lock("users", L::RowExclusive))
}

#[test]
fn a_back_fill_behind_ddl_is_told_once_and_small_tables_are_not() {
    let both = added_then(update("users", "b", true));
    let message = "medium: rows of public.users are written while the transaction holds ACCESS EXCLUSIVE on public.users from line 1: reads and \
                   writes of it wait until the commit";
    assert_eq!(both.says(&back_fill_under_lock::RULE), [message]);
    assert_eq!(
        both.says(&all_rows_written::RULE),
        ["medium: one statement fills a new column of public.users in all rows that its WHERE admits"]
    );
    assert!(added_then(update("users", "a", true)).says(&back_fill_under_lock::RULE).is_empty());
    let small = added_then(update("users", "b", false)).size("users", 40.0, 8192);
    assert!(small.says(&back_fill_under_lock::RULE).is_empty() && small.says(&all_rows_written::RULE).is_empty());
    let large = added_then(update("users", "b", false)).size("users", 5e6, 1 << 30);
    assert!(large.says(&back_fill_under_lock::RULE)[0].starts_with("high"));
}

#[test]
fn outside_of_a_transaction_no_lock_is_kept() {
    let apart = pending(vec![users()])
        .script(TransactionMode::PerStatement)
        .step("alter table users add column b int", vec![add("users", "b", false, false)], did().lock("users", L::AccessExclusive))
        .step("update users set b = 1", vec![update("users", "b", false)], did().lock("users", L::RowExclusive));
    assert!(apart.says(&back_fill_under_lock::RULE).is_empty());
}

#[test]
fn an_index_build_behind_a_stronger_lock_keeps_readers_out() {
    let build = || did().lock("users", L::Share).scan("users").build("i", "users");
    let elsewhere = pending(vec![users(), table("notes", &["id bigint"])])
        .step("alter table notes add column b int", vec![add("notes", "b", false, false)], did().lock("notes", L::AccessExclusive))
        .step("create index i on users (a)", vec![index("users")], build());
    assert_eq!(elsewhere.says(&work_under_lock::RULE).len(), 1);
    let same = pending(vec![users()])
        .step("alter table users add column b int", vec![add("users", "b", false, false)], did().lock("users", L::AccessExclusive))
        .step("create index i on users (a)", vec![index("users")], build());
    assert!(same.says(&work_under_lock::RULE).is_empty(), "the finding on the index says it");
    assert_eq!(same.says(&index_built_under_lock::RULE).len(), 1);
    let alone = pending(vec![users()])
        .step("create index i on users (a)", vec![index("users")], did().lock("users", L::Share).scan("users").build("i", "users"))
        .step("create index j on users (a)", vec![index("users")], did().lock("users", L::Share).scan("users").build("j", "users"));
    assert!(alone.says(&work_under_lock::RULE).is_empty(), "the second build makes nobody wait who does not wait for it anyway");
}

#[test]
fn the_other_end_of_a_foreign_key_is_locked_with_a_drop() {
    let tables = || vec![users(), referencing("visits", "users"), table("notes", &["id bigint"])];
    let drop = |of: &str| Action::DropTable { table: name(of), if_exists: false, cascade: false };
    let both = did().lock("visits", L::AccessExclusive).lock("users", L::AccessExclusive);
    let one = pending(tables()).step("drop table visits", vec![drop("visits")], both);
    let message =
        "medium: public.users is locked against reads and writes as well, because a foreign key between it and public.visits is dropped";
    assert_eq!(one.says(&referenced_table_locked::RULE), [message]);
    let patient = pending(tables()).timeouts(2000, 0).step(
        "drop table visits",
        vec![drop("visits")],
        did().lock("visits", L::AccessExclusive).lock("users", L::AccessExclusive),
    );
    assert!(patient.says(&referenced_table_locked::RULE)[0].starts_with("low"));
    let alone = pending(tables()).step("drop table notes", vec![drop("notes")], did().lock("notes", L::AccessExclusive));
    assert!(alone.says(&referenced_table_locked::RULE).is_empty());
}

#[test]
fn a_column_that_running_code_does_not_fill() {
    let dropped = Action::DropDefault { table: target("users"), column: "b".into() };
    let lock = || did().lock("users", L::AccessExclusive);
    let django = pending(vec![users()]).step("add", vec![add("users", "b", true, true)], lock()).step(
        "alter table users alter column b drop default",
        vec![dropped],
        lock(),
    );
    assert_eq!(
        django.says(&required_column_unfilled::RULE),
        ["medium: public.users.b is NOT NULL without default when the script is through: INSERTs that do not name it fail"]
    );
    let kept = pending(vec![users()]).step("add", vec![add("users", "b", true, true)], lock());
    assert!(kept.says(&required_column_unfilled::RULE).is_empty());
    let fails = pending(vec![users()]).step("add", vec![add("users", "b", true, false)], lock());
    assert!(fails.says(&required_column_unfilled::RULE).is_empty(), "the subject of another rule");
    let new = pending(vec![]).step("add", vec![add("users", "b", true, false)], did());
    assert!(new.says(&required_column_unfilled::RULE).is_empty());
}

#[test]
fn a_recreated_column_is_no_dropped_one() {
    let lock = || did().lock("users", L::AccessExclusive);
    let actions = vec![drop_column("users", "a", false), add("users", "a", false, false)];
    let both = pending(vec![users()]).step("alter table users drop column a, add column a int", actions, lock());
    assert_eq!(both.says(&column_recreated::RULE).len(), 1);
    assert!(both.says(&column_dropped::RULE).is_empty());
    let own = pending(vec![users()]).step("add", vec![add("users", "b", false, false)], lock()).step(
        "drop",
        vec![drop_column("users", "b", false)],
        lock(),
    );
    assert!(own.says(&column_dropped::RULE).is_empty() && own.says(&column_recreated::RULE).is_empty());
}

#[test]
fn cascade_is_told_by_what_depends() {
    let view = View { name: name("mails"), definition: "SELECT a FROM users".into(), depends_on: vec![name("users")], ..View::default() };
    let catalog = || Catalog { tables: vec![users(), referencing("visits", "users")], views: vec![view.clone()], ..Catalog::default() };
    let dropped = |column: &str| {
        pending_on(catalog()).step("drop", vec![drop_column("users", column, true)], did().lock("users", L::AccessExclusive))
    };
    assert_eq!(dropped("a").says(&drop_cascades::RULE), ["medium: CASCADE on public.users.a takes 1 object with it: view public.mails"]);
    assert_eq!(
        dropped("id").says(&drop_cascades::RULE),
        ["medium: CASCADE on public.users.id takes 1 object with it: constraint public.visits.fk"]
    );
    let first = Action::DropView { view: name("mails"), materialized: false, cascade: false };
    let named =
        pending_on(catalog()).step("drop view mails", vec![first], did()).step("drop", vec![drop_column("users", "a", true)], did());
    assert!(named.says(&drop_cascades::RULE).is_empty());
}

#[test]
fn functions_that_name_what_is_gone() {
    let body =
        |name_of: &str, body: &str| Function { name: name(name_of), language: "plpgsql".into(), body: body.into(), ..Function::default() };
    let functions = vec![
        body("uses", "begin select a from public.users; end"),
        body("other", "begin select a from visits; end"),
        body("comment", "begin -- a from users\n return; end"),
    ];
    let catalog = Catalog { tables: vec![users()], functions, ..Catalog::default() };
    let pending = pending_on(catalog).step("drop", vec![drop_column("users", "a", false)], did().lock("users", L::AccessExclusive));
    assert_eq!(pending.says(&function_body_breaks::RULE), ["high: 1 function still names public.users.a: public.uses"]);
}

#[test]
fn partitions_and_their_parent() {
    let tables = || {
        let mut tables = partitioned("events", &["id bigint", "at date"], &["events_1", "events_rest"]);
        tables[2].partition_bound = Some("DEFAULT".into());
        tables
    };
    let create = Action::CreateTable {
        table: name("events_2"),
        if_not_exists: false,
        columns: Vec::new(),
        constraints: Vec::new(),
        partition_of: Some(name("events")),
        temporary: false,
        as_query: false,
    };
    let effect = did().lock("events", L::AccessExclusive).lock("events_rest", L::AccessExclusive).scan("events_rest");
    let made = pending(tables()).step("create table events_2 partition of events for values from (1) to (2)", vec![create], effect);
    assert_eq!(made.says(&default_partition_scanned::RULE).len(), 1);
    assert_eq!(
        made.says(&partition_created_in_place::RULE),
        ["low: public.events is locked against reads and writes while its partition events_2 is made"]
    );
    let detach = Action::DetachPartition { table: target("events"), partition: name("events_1"), concurrently: true, finalize: false };
    let refused =
        pending(tables()).refused("detach", vec![detach], "55000", "cannot detach partitions concurrently when a default partition exists");
    assert_eq!(
        refused.says(&detach_concurrently_fails::RULE),
        ["high: public.events_1 cannot be detached from public.events CONCURRENTLY: the table has a default partition, public.events_rest"]
    );
    assert!(refused.says(&statement_refused::RULE).is_empty());
}

#[test]
fn an_enum_value_is_used_at_once() {
    let value = Action::AddEnumValue { name: name("state"), value: "paused".into(), if_not_exists: false };
    let made = Action::CreateEnum { name: name("state"), values: Vec::new() };
    let insert = || Action::Insert { table: name("users"), from_query: false, on_conflict: false };
    let refused = pending(vec![users()]).step("alter type", vec![value.clone()], did()).refused(
        "insert into users (a) values ('paused')",
        vec![insert()],
        "55P04",
        "unsafe use of new value \"paused\" of enum type state",
    );
    assert_eq!(
        refused.says(&enum_value_used_at_once::RULE),
        ["high: value paused of public.state is used in the transaction that adds it"]
    );
    let own = |major| {
        pending(vec![users()])
            .on_major(major)
            .step("create type", vec![made.clone()], did())
            .step("alter type", vec![value.clone()], did())
            .step("insert into users (a) values ('paused')", vec![insert()], did())
            .not_executed()
    };
    assert_eq!((own(16).says(&enum_value_used_at_once::RULE).len(), own(17).says(&enum_value_used_at_once::RULE).len()), (1, 0));
}

#[test]
fn one_finding_for_each_script_without_lock_timeout() {
    let lock = || did().lock("users", L::AccessExclusive);
    let twice = pending(vec![users()]).step("a", vec![add("users", "b", false, false)], lock()).step(
        "b",
        vec![add("users", "c", false, false)],
        lock(),
    );
    assert_eq!(
        twice.says(&lock_timeout_missing::RULE),
        ["low: 2 statements, the first of migrations/1.sql waits for ACCESS EXCLUSIVE on public.users without lock_timeout"]
    );
    let set = pending(vec![users()]).timeouts(2000, 0).step("a", vec![add("users", "b", false, false)], lock());
    assert!(set.says(&lock_timeout_missing::RULE).is_empty());
    let new = pending(vec![]).step("create table users (id bigint)", vec![], did());
    assert!(new.says(&lock_timeout_missing::RULE).is_empty());
    let concurrent = pending(vec![users()]).step("cic", vec![index("users")], did().lock("users", L::ShareUpdateExclusive).waits());
    assert!(concurrent.says(&lock_timeout_missing::RULE).is_empty());
}

#[test]
fn a_published_table() {
    let publication = Publication { name: "feed".into(), all_tables: true, operations: vec!["update".into()], ..Publication::default() };
    let catalog = Catalog { tables: vec![users()], publications: vec![publication], ..Catalog::default() };
    let pending = pending_on(catalog).step("add", vec![add("users", "b", false, false)], did().lock("users", L::AccessExclusive)).step(
        "alter table users replica identity nothing",
        vec![Action::ReplicaIdentity { table: target("users"), what: "NOTHING".into() }],
        did().lock("users", L::AccessExclusive),
    );
    assert_eq!(pending.says(&published_table_changed::RULE).len(), 1);
    assert_eq!(
        pending.says(&replication_broken::RULE),
        ["medium: public.users is published and loses its replica identity: every UPDATE and DELETE of it fails"]
    );
}

#[test]
fn generated_columns_hold_nothing() {
    let twice = Column {
        name: "twice".into(),
        data_type: "integer".into(),
        generated: Some(architrave_model::catalog::Generated::Stored),
        ..Column::default()
    };
    let mut with = users();
    with.columns.push(twice);
    let pending = pending(vec![with]).step("drop", vec![drop_column("users", "twice", false)], did());
    assert!(pending.says(&column_dropped::RULE).is_empty());
}
