//! Ways back that work, and each way in which one does not.

use super::up_down;
use crate::ground::testing::{on_majors, script, with_ground};
use architrave_model::migration::DownOutcome;
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::server::NoProgress;
use std::fmt::Write as _;

const EARLIER: &str = "create table public.t (id int primary key, a text, b int);
                       create type public.mood as enum ('sad', 'glad');
                       insert into public.t values (1, 'x', 2)";

/// One line for each script: outcome, then what is lost.
async fn checked(scripts: &[Script]) -> Option<String> {
    with_ground(EARLIER, async |ground| {
        let checks = up_down(ground, scripts, &NoProgress).await.unwrap();
        let mut lines = String::new();
        for check in checks {
            let outcome = match check.outcome {
                DownOutcome::Restored => "restored".to_owned(),
                DownOutcome::OtherColumnOrder => "other column order".to_owned(),
                DownOutcome::Differs { differences } => format!("differs: {}", differences.join("; ")),
                DownOutcome::Failed { sqlstate, message } => format!("failed: {sqlstate} {message}"),
                DownOutcome::UpAgain { what } => what,
                DownOutcome::None => "none".to_owned(),
                DownOutcome::NotTried { reason } => format!("not tried: {reason}"),
            };
            let lost = if check.lost.is_empty() { String::new() } else { format!(" | lost: {}", check.lost.join(", ")) };
            writeln!(lines, "{outcome}{lost}").unwrap();
        }
        lines
    })
    .await
}

#[track_caller]
fn one(up: &str, down: &str, expected: &str) -> impl Future<Output = ()> {
    let scripts = [script(up, Some(down))];
    async move {
        let Some(found) = checked(&scripts).await else { return };
        assert_eq!(found.trim_end(), expected);
    }
}

#[tokio::test]
async fn a_way_back_that_restores_is_restored_on_every_major() {
    let up = "alter table public.t add column c int; create index t_c on public.t (c); create publication p for table public.t;
              create table public.parts (id int) partition by range (id); create statistics public.s on a, b from public.t";
    let down = "drop statistics public.s; drop table public.parts; drop publication p; alter table public.t drop column c";
    on_majors(EARLIER, async |ground| {
        let checks = up_down(ground, &[script(up, Some(down))], &NoProgress).await.unwrap();
        assert_eq!(checks[0].outcome, DownOutcome::Restored, "{}", ground.server.server().version_num());
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_index_is_named() {
    let up = "create table public.n (id int); create index t_b on public.t (b)";
    one(up, "drop table public.n", "differs: index public.t.t_b added").await;
}

#[tokio::test]
async fn an_empty_way_back_differs() {
    one("create schema s", "-- nothing", "differs: schema s added").await;
}

#[tokio::test]
async fn a_dropped_column_comes_back_elsewhere_and_empty() {
    let expected = "other column order | lost: column public.t.a";
    one("alter table public.t drop column a", "alter table public.t add column a text", expected).await;
}

#[tokio::test]
async fn a_column_whose_rows_are_carried_over_is_not_lost() {
    let up = "alter table public.t add column c text; update public.t set c = a; alter table public.t drop column a";
    let down = "alter table public.t add column a text; update public.t set a = c; alter table public.t drop column c";
    one(up, down, "other column order").await;
}

#[tokio::test]
async fn a_type_that_does_not_go_back_fails() {
    let expected = "failed: 42804 column \"b\" cannot be cast automatically to type integer";
    one("alter table public.t alter column b type text", "alter table public.t alter column b type int", expected).await;
}

#[tokio::test]
async fn a_type_that_is_left_behind_is_named() {
    let up = "create type public.size as enum ('s'); alter table public.t add column s public.size";
    let down = "alter table public.t drop column s";
    one(up, down, "differs: type public.size added").await;
}

#[tokio::test]
async fn rows_that_keep_the_script_from_running_again_are_noticed() {
    let up = "insert into public.t values (2, 'y', 3)";
    one(up, "select 1", "going up again fails: duplicate key value violates unique constraint \"t_pkey\"").await;
}

#[tokio::test]
async fn an_index_built_concurrently_goes_both_ways() {
    one("create index concurrently t_b on public.t (b)", "drop index concurrently public.t_b", "restored").await;
}

#[tokio::test]
async fn an_enum_value_cannot_be_taken_back() {
    one("alter type public.mood add value 'bored'", "select 1", "differs: type public.mood: definition sad, glad → sad, glad, bored").await;
}

#[tokio::test]
async fn an_enum_made_anew_loses_the_value_that_it_had_dropped() {
    let up = "create type public.mood2 as enum ('sad'); drop type public.mood; alter type public.mood2 rename to mood";
    let down = "drop type public.mood; create type public.mood as enum ('sad', 'glad')";
    one(up, down, "restored | lost: value 'glad' of public.mood").await;
}

#[tokio::test]
async fn grants_owners_comments_and_roles_count() {
    let up = "comment on table public.t is 'x'; create role reader_of_passage; grant select on public.t to reader_of_passage";
    let down = "revoke all on public.t from reader_of_passage; drop role reader_of_passage";
    one(up, down, "differs: table public.t: comment (none) → x").await;
}

#[tokio::test]
async fn each_script_is_tried_on_what_the_ones_before_left() {
    let mut scripts = [
        script("create table public.u (id int)", Some("drop table public.u")),
        script("alter table public.u add column a int", None),
        script("alter table public.missing add column a int", Some("select 1")),
        script(
            "create index concurrently u_a on public.u (a); alter table public.u drop column id",
            Some("alter table public.u add column id int; drop index public.u_a"),
        ),
        script("drop table public.u", None),
    ];
    scripts[3].transaction = TransactionMode::PerStatement;
    let Some(found) = checked(&scripts).await else { return };
    let expected = "restored\nnone\nnot tried: the way up fails: relation \"public.missing\" does not exist\nother column order | lost: column public.u.id\nnone\n";
    assert_eq!(found, expected);
}

#[tokio::test]
async fn nothing_runs_when_no_script_has_a_way_back() {
    let Some(found) = checked(&[script("select pg_sleep(1000)", None)]).await else { return };
    assert_eq!(found, "none\n");
}

#[tokio::test]
async fn roles_of_the_scripts_are_gone_afterwards() {
    let up = "create role guest_of_passage; create table public.g (id int); alter table public.g owner to guest_of_passage";
    let scripts = [script(up, Some("drop table public.g; drop role guest_of_passage"))];
    for _ in 0..2 {
        let Some(found) = checked(&scripts).await else { return };
        assert_eq!(found, "restored\n");
    }
}
