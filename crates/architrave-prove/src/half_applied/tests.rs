//! The states that failures leave, and whether running the script again heals them.

use super::half_applied;
use crate::ground::Ground;
use crate::ground::testing::{on_majors, script, with_ground};
use architrave_model::project::MigrationFormat;
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::server::NoProgress;
use std::fmt::Write as _;

const EARLIER: &str = "create table public.t (id int generated always as identity primary key, a int not null, b text);
    create index t_b on public.t (b);
    create table public.p (id int, day date) partition by range (day);
    create table public.p1 partition of public.p for values from ('2020-01-01') to ('2021-01-01')";

fn alone(up: &str) -> Script {
    Script { transaction: TransactionMode::PerStatement, ..script(up, None) }
}

/// One line for each state: `step how: left | retry`, with a star where it heals.
async fn states(scripts: &[Script], format: Option<MigrationFormat>) -> Option<String> {
    with_ground(EARLIER, async |ground| told(ground, scripts, format).await).await
}

async fn told(ground: &Ground<'_>, scripts: &[Script], format: Option<MigrationFormat>) -> String {
    let found = half_applied(ground, scripts, format, &NoProgress).await.unwrap().found;
    found.iter().fold(String::new(), |mut out, h| {
        let healed = if h.healed { "*" } else { "" };
        writeln!(out, "{}{healed} {}: {} | {}", h.step, h.how, h.left.join(", "), h.retry).unwrap();
        out
    })
}

async fn check(up: &str, expected: &[&str]) {
    let Some(found) = states(&[alone(up)], None).await else { return };
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

const WAITED: &str = "cancelled while it waited for older transactions";
const EQUAL: &str = "failed over rows with equal values, which were removed before the retry";

#[tokio::test]
async fn if_not_exists_says_success_over_an_invalid_index_on_every_major() {
    let expected = format!("0 {WAITED}: index public.t_a, invalid | the retry says success and leaves index public.t_a, invalid\n");
    on_majors(EARLIER, async |ground| {
        let found = told(ground, &[alone("create index concurrently if not exists t_a on public.t (a)")], None).await;
        assert_eq!(found, expected, "{}", ground.server.server().version_num());
    })
    .await;
}

#[tokio::test]
async fn a_plain_retry_fails_over_the_invalid_index() {
    let expected = format!("0 {WAITED}: index public.t_a, invalid | the retry fails: relation \"t_a\" already exists");
    check("create index concurrently t_a on public.t (a)", &[&expected]).await;
}

#[tokio::test]
async fn dropping_the_invalid_index_first_heals() {
    let up = "drop index concurrently if exists public.t_a; create index concurrently t_a on public.t (a)";
    let expected = format!("1* {WAITED}: index public.t_a, invalid | the retry succeeds, and the schema is as if nothing had happened");
    check(up, &[&expected]).await;
}

#[tokio::test]
async fn equal_rows_leave_an_invalid_unique_index() {
    let rest = "index public.t_a, invalid | the retry says success and leaves index public.t_a, invalid";
    let expected = [format!("0 {WAITED}: {rest}"), format!("0 {EQUAL}: {rest}")];
    check("create unique index concurrently if not exists t_a on public.t (a)", &[&expected[0], &expected[1]]).await;
}

#[tokio::test]
async fn a_detached_partition_waits_to_be_finished() {
    let Some(found) = states(&[alone("alter table public.p detach partition public.p1 concurrently")], None).await else { return };
    // The form is one of 14 and later.
    assert!(found.is_empty() || found.contains("partition public.p1, detach pending"), "{found}");
    assert!(found.is_empty() || found.contains("the retry fails: partition \"p1\" already pending detach"), "{found}");
}

#[tokio::test]
async fn a_script_without_a_transaction_stops_halfway() {
    let up = "set lock_timeout = '5s'; alter table public.t add constraint a_positive check (a > 0) not valid; \
              alter table public.t validate constraint a_positive";
    let expected = "2 failed here, after 2 statements of the script had run: constraint public.t.a_positive, not validated | \
                    the retry fails: constraint \"a_positive\" for relation \"t\" already exists";
    check(up, &[expected]).await;
}

#[tokio::test]
async fn an_idempotent_script_heals_itself() {
    let up = "alter table public.t add column if not exists c int; create index if not exists t_c on public.t (c)";
    let expected = "1* failed here, after 1 statement of the script had run: column public.t.c | \
                    the retry succeeds, and the schema is as if nothing had happened";
    check(up, &[expected]).await;
}

#[tokio::test]
async fn what_runs_in_one_transaction_leaves_nothing() {
    let Some(found) = states(&[script("create table public.x (id int); create index x_id on public.x (id)", None)], None).await else {
        return;
    };
    assert_eq!(found, "");
}

#[tokio::test]
async fn a_runner_that_marks_the_version_refuses_the_retry() {
    let scripts = [script("create table public.y (id int)", None), alone("drop index concurrently if exists public.t_b")];
    let Some(found) = states(&scripts, Some(MigrationFormat::GolangMigrate)).await else { return };
    let expected = format!(
        "1 {WAITED}: index public.t_b, invalid | golang-migrate has marked the version dirty and refuses to go on until `migrate force`; \
         the same script run by hand succeeds, and the schema is as if nothing had happened\n"
    );
    assert_eq!(found, expected);
}

#[tokio::test]
async fn of_a_long_history_the_last_scripts_are_tried_and_the_others_are_counted() {
    let scripts: Vec<Script> =
        (0..super::MOST_SCRIPTS + 3).map(|n| alone(&format!("create table q{n} (id int); create index on q{n} (id)"))).collect();
    let tried = with_ground(EARLIER, async |ground| half_applied(ground, &scripts, None, &NoProgress).await.unwrap()).await;
    let Some(tried) = tried else { return };
    assert_eq!((tried.tried, tried.left_out), (super::MOST_SCRIPTS, 3));
    assert!(tried.found.iter().all(|h| h.step >= 6), "{:?}", tried.found);
}
