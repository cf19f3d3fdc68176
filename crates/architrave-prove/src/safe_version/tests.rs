//! Safe versions that are, and some that are not.

use super::{prove, prove_all};
use crate::ground::testing::{script, with_ground};
use crate::lock_trace::{TraceOptions, trace_on};
use architrave_model::finding::{Proof, Verdict};
use architrave_model::migration::{Migrations, SafeFile, SafeVersion};
use architrave_model::script::Script;
use architrave_postgres::server::NoProgress;

fn file(title: &str, transactional: bool, statements: &[&str], down: &[&str]) -> SafeFile {
    let own = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect();
    SafeFile {
        title: title.into(),
        statements: own(statements),
        down: own(down),
        transactional,
        lock_timeout_ms: transactional.then_some(2_000),
        gate: None,
    }
}

fn version(replaces: &[usize], files: Vec<SafeFile>) -> SafeVersion {
    SafeVersion { replaces: replaces.to_vec(), files, same_end: true, ..SafeVersion::default() }
}

/// What proving says about versions of one script after `earlier`.
async fn proofs(earlier: &str, up: &str, versions: &[SafeVersion]) -> Option<Vec<Proof>> {
    proofs_of_all(earlier, &[up], versions).await
}

/// The same of several scripts.
async fn proofs_of_all(earlier: &str, ups: &[&str], versions: &[SafeVersion]) -> Option<Vec<Proof>> {
    with_ground(earlier, async |ground| {
        let pending: Vec<Script> = ups.iter().map(|up| script(up, None)).collect();
        let copy = ground.server.clone_database(ground.base).await.unwrap();
        let traced = trace_on(ground.server, &copy, &pending, &TraceOptions::default(), &NoProgress).await.unwrap();
        drop(copy);
        let migrations: Migrations = traced.migrations;
        prove_all(ground, &migrations, &versions.iter().collect::<Vec<_>>(), None, &NoProgress).await.unwrap()
    })
    .await
}

const T: &str = "create table r (id int primary key);
    create table t (id bigint generated always as identity primary key, r_id int not null references r, a text, n int, at timestamptz default now())";

#[tokio::test]
async fn not_valid_and_validate_apart_is_proved_and_together_is_not() {
    let add = "alter table t add constraint pos check (n > 0) not valid";
    let validate = "alter table t validate constraint pos";
    let drop = "alter table t drop constraint pos";
    let apart = version(&[1], vec![file("add", true, &[add], &[drop]), file("validate", true, &[validate], &["select 1"])]);
    let together = version(&[1], vec![file("both", true, &[add, validate], &[])]);
    let unfinished = version(&[1], vec![file("add", true, &[add], &[])]);
    let other = version(&[1], vec![file("add", true, &["alter table t add constraint pos check (n > 1) not valid"], &[])]);
    let script = "create table fresh (id int); alter table t add constraint pos check (n > 0); create index on fresh (id)";
    let Some(proofs) = proofs(T, script, &[apart, together, unfinished, other]).await else { return };
    assert_eq!(proofs[0].verdict, Verdict::Proved, "{:#?}", proofs[0]);
    assert!(proofs[0].transcript[0].contains("rows in public.r, public.t"), "{:?}", proofs[0].transcript);
    assert!(
        proofs[0].transcript.iter().any(|l| l.contains("validate constraint") && l.ends_with("ok; SHARE UPDATE EXCLUSIVE on public.t")),
        "{:#?}",
        proofs[0]
    );
    assert_eq!(proofs[0].transcript.last().unwrap(), "-- the way back restores the schema");
    assert_eq!(proofs[1].verdict, Verdict::Refuted);
    assert_eq!(proofs[1].reason.as_deref(), Some("others still wait while \"both\" reads or rewrites public.t whole"));
    assert!(proofs[2].reason.as_ref().unwrap().contains("ends in another schema"), "{:#?}", proofs[2]);
    assert_eq!(proofs[3].verdict, Verdict::Refuted);
}

#[tokio::test]
async fn a_back_fill_must_leave_the_same_rows() {
    let add = "alter table t add column b text";
    let fill = |value: &str| {
        format!("do $$ begin update t set b = {value} where id <= 100; commit; update t set b = {value} where id > 100; commit; end $$")
    };
    let good = version(&[0, 1], vec![file("add", true, &[add], &[]), file("fill", false, &[&fill("upper(a)")], &[])]);
    let wrong = version(&[0, 1], vec![file("add", true, &[add], &[]), file("fill", false, &[&fill("a")], &[])]);
    let Some(proofs) = proofs(T, "alter table t add column b text; update t set b = upper(a)", &[good, wrong]).await else { return };
    assert_eq!(proofs[0].verdict, Verdict::Proved, "{:#?}", proofs[0]);
    assert_eq!(proofs[1].reason.as_deref(), Some("public.t.b does not hold the same values in the end"));
}

#[tokio::test]
async fn values_that_are_another_each_time_are_only_counted() {
    let files = |fill: &str| {
        let add = ["alter table t add column u uuid", "alter table t alter u set default gen_random_uuid()"];
        let last = ["alter table t add constraint u_given check (u is not null) not valid"];
        vec![
            file("add", true, &add, &[]),
            file("fill", false, &[fill], &[]),
            file("check", true, &last, &[]),
            file("validate", true, &["alter table t validate constraint u_given"], &[]),
            file("set", true, &["alter table t alter u set not null", "alter table t drop constraint u_given"], &[]),
        ]
    };
    let good = version(&[0], files("update t set u = default"));
    let lazy = version(
        &[0],
        vec![file("add", true, &["alter table t add column u uuid default gen_random_uuid()", "alter table t alter u set not null"], &[])],
    );
    let script = "alter table t add column u uuid not null default gen_random_uuid()";
    let earlier = T;
    let Some(proofs) = proofs(earlier, script, &[good, lazy]).await else { return };
    assert_eq!(proofs[0].verdict, Verdict::Proved, "{:#?}", proofs[0]);
    assert!(proofs[1].reason.as_ref().unwrap().contains("others still wait"), "{:#?}", proofs[1]);
}

#[tokio::test]
async fn what_else_the_script_does_by_chance_is_not_held_against_a_safe_version() {
    let add = "alter table t add constraint pos check (n > 0) not valid";
    let apart =
        version(&[1], vec![file("add", true, &[add], &[]), file("validate", true, &["alter table t validate constraint pos"], &[])]);
    let script = "alter table t add column u uuid default gen_random_uuid(), add column no serial; alter table t add constraint pos check (n > 0); \
        insert into t (r_id, a, n) select id, md5(random()::text), id from r";
    let Some(proofs) = proofs(T, script, &[apart]).await else { return };
    assert_eq!(proofs[0].verdict, Verdict::Proved, "{:#?}", proofs[0]);
}

#[tokio::test]
async fn failing_files_and_wrong_ways_back_are_refuted() {
    let refused = version(&[0], vec![file("build", true, &["create index concurrently i on t (n)"], &[])]);
    let wrong_way = version(&[0], vec![file("build", false, &["create index concurrently i on t (n)"], &["select 1"])]);
    let fine = version(&[0], vec![file("build", false, &["create index concurrently i on t (n)"], &["drop index concurrently i"])]);
    let Some(proofs) = proofs(T, "create index i on t (n)", &[refused, wrong_way, fine]).await else { return };
    assert!(
        proofs[0].reason.as_ref().unwrap().starts_with("PostgreSQL refuses \"build\": CREATE INDEX CONCURRENTLY cannot run"),
        "{:#?}",
        proofs[0]
    );
    assert_eq!(proofs[1].reason.as_deref(), Some("its way back does not restore the schema: index public.t.i added"));
    assert_eq!(proofs[2].verdict, Verdict::Proved, "{:#?}", proofs[2]);
}

#[tokio::test]
async fn a_lock_timeout_alone_is_better_than_none_and_failing_scripts_are_not_judged() {
    let same = "alter table t add constraint e exclude (n with =)";
    let timeout = version(&[0], vec![file("same", true, &[same], &[])]);
    let Some(proofs) = proofs(T, same, &[timeout]).await else { return };
    assert_eq!(proofs[0].verdict, Verdict::Proved, "{:#?}", proofs[0]);
    let failing = with_ground(T, async |ground| {
        let migrations = Migrations { scripts: vec![script("alter table missing add x int", None)], ..Migrations::default() };
        prove(ground, &migrations, &version(&[0], Vec::new())).await.unwrap()
    });
    assert_eq!(failing.await.unwrap().verdict, Verdict::Unknown);
}

#[tokio::test]
async fn versions_of_many_scripts_are_told_in_their_order_with_and_without_roles() {
    let script_of = |n: usize| format!("alter table t add column c{n} int; alter table t add constraint k{n} check (c{n} > 0)");
    let safe = |n: usize| {
        let add = format!("alter table t add constraint k{n} check (c{n} > 0) not valid");
        let (validate, drop) = (format!("alter table t validate constraint k{n}"), format!("alter table t drop constraint k{n}"));
        version(&[2 * n + 1], vec![file("add", true, &[&add], &[&drop]), file("validate", true, &[&validate], &["select 1"])])
    };
    let scripts: Vec<String> = (0..5).map(script_of).collect();
    // The same twice, one that ends elsewhere, one whose way back does.
    let other = version(&[3], vec![file("other", true, &["alter table t add constraint k1 check (c1 > 1) not valid"], &[])]);
    let mut wrong_way = safe(2);
    wrong_way.files[0].down = vec!["select 1".into()];
    let versions = [safe(4), other, safe(0), safe(3), wrong_way, safe(4)];
    // Scripts that have to do with roles have the server for themselves; other tests must not see one.
    for role in ["", "; do $$ begin if false then create role nobody; end if; end $$"] {
        let last = format!("{}{role}", scripts[4]);
        let ups: Vec<&str> = scripts.iter().take(4).map(String::as_str).chain([last.as_str()]).collect();
        let Some(proofs) = proofs_of_all(T, &ups, &versions).await else { return };
        let verdicts: Vec<Verdict> = proofs.iter().map(|p| p.verdict).collect();
        let (yes, no) = (Verdict::Proved, Verdict::Refuted);
        assert_eq!(verdicts, [yes, no, yes, yes, no, yes], "{role}: {proofs:#?}");
        assert!(proofs[3].transcript.iter().any(|line| line.contains("k3")), "{:#?}", proofs[3]);
        assert_eq!(proofs[4].reason.as_deref(), Some("its way back does not restore the schema: constraint public.t.k2 added"));
        assert_eq!(proofs[0], proofs[5], "what does the same is tried once");
    }
}
