//! Queries that break, those that only connected clients lose, and those that nothing happens to.

use super::{KnownQuery, still_runs};
use crate::ground::Ground;
use crate::ground::testing::{on_majors, script, with_ground};
use architrave_model::script::{Location, Script, TransactionMode};
use architrave_postgres::server::NoProgress;
use std::fmt::Write as _;

const EARLIER: &str = "create type public.state as enum ('open', 'paid');
    create table public.orders (id bigint generated always as identity primary key, state public.state not null default 'open', total int, note text);
    create table public.customers (id int primary key, email text not null);
    create view public.paid as select id, total from public.orders where state = 'paid'";

fn query(text: &str) -> KnownQuery {
    (Some(Location { path: "queries.sql".into(), line: 1, column: 1 }), text.to_owned())
}

/// One line for each break: `step[ → healing step] [prepared] query: sqlstate message`.
async fn broken_by(scripts: &[Script], queries: &[&str]) -> Option<String> {
    let queries: Vec<KnownQuery> = queries.iter().map(|q| query(q)).collect();
    with_ground(EARLIER, async |ground| told(ground, scripts, &queries).await).await
}

async fn told(ground: &Ground<'_>, scripts: &[Script], queries: &[KnownQuery]) -> String {
    let result = still_runs(ground, scripts, queries, &NoProgress).await.unwrap();
    result.broken.iter().fold(String::new(), |mut out, b| {
        let healed = b.healed_by.map(|h| format!(" → {h}")).unwrap_or_default();
        let prepared = if b.prepared_only { " prepared" } else { "" };
        writeln!(out, "{}{healed}{prepared} {}: {} {}", b.step, b.query, b.sqlstate, b.message).unwrap();
        out
    })
}

async fn check(up: &str, queries: &[&str], expected: &str) {
    let Some(found) = broken_by(&[script(up, None)], queries).await else { return };
    assert_eq!(found.trim_end(), expected);
}

#[tokio::test]
async fn a_dropped_column_breaks_who_reads_it() {
    let queries = ["select note from orders where id = $1", "select total from orders"];
    let up = "alter table public.orders add column x int; alter table public.orders drop column note";
    check(up, &queries, "1 select note from orders where id = $1: 42703 column \"note\" does not exist").await;
}

#[tokio::test]
async fn a_changed_type_breaks_only_who_had_prepared_on_every_major() {
    let expected = "0 prepared select note from orders: 0A000 cached plan must not change result type";
    let up = "alter table public.orders alter column note type varchar(9)";
    let queries = [query("select note from orders"), query("select id from orders")];
    on_majors(EARLIER, async |ground| {
        assert_eq!(told(ground, &[script(up, None)], &queries).await.trim_end(), expected, "{}", ground.server.server().version_num());
    })
    .await;
}

#[tokio::test]
async fn an_upsert_needs_its_unique_index() {
    let scripts = [
        script("alter table public.customers drop constraint customers_pkey", None),
        script("create unique index on public.customers (id)", None),
    ];
    let upsert = "insert into customers (id, email) values ($1, $2) on conflict (id) do nothing";
    let Some(found) = broken_by(&scripts, &[upsert]).await else { return };
    let message = "42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification";
    assert_eq!(found, format!("0 → 1 {upsert}: {message}\n"));
}

#[tokio::test]
async fn a_new_column_breaks_a_prepared_star_and_no_view() {
    let queries = ["select * from customers", "select * from paid", "insert into customers (id, email) values ($1, $2)"];
    let expected = "0 prepared select * from customers: 0A000 cached plan must not change result type";
    check("alter table public.customers add column name text", &queries, expected).await;
}

#[tokio::test]
async fn an_insert_that_misses_a_new_column_breaks() {
    let queries = [
        "insert into customers (id, email) values (?, ?)",
        "insert into customers values ($1, $2)",
        "with c as (insert into public.customers (id, email) values (1, 'x') returning id) select * from c",
        "insert into orders (note) values ($1)",
    ];
    let message = "23502 null value in column \"name\" of relation \"customers\" violates not-null constraint";
    let expected = format!(
        "0 insert into customers (id, email) values ($1, $2): {message}\n0 insert into customers values ($1, $2): {message}\n\
         0 with c as (insert into public.customers (id, email) values (1, '…') returning id) select * from c: {message}"
    );
    check("alter table public.customers add column name text not null", &queries, &expected).await;
}

#[tokio::test]
async fn a_trigger_that_may_fill_a_column_in_is_believed() {
    let up = "create function public.fill() returns trigger language plpgsql as $$ begin new.name := 'x'; return new; end $$;
              create trigger fill before insert on public.customers for each row execute function public.fill();
              alter table public.customers add column name text not null";
    check(up, &["insert into customers (id, email) values ($1, $2)"], "").await;
}

#[tokio::test]
async fn a_renamed_enum_value_breaks_its_literals() {
    let expected = "0 select id from orders where state = '…': 22P02 invalid input value for enum state: \"paid\"";
    check("alter type public.state rename value 'paid' to 'settled'", &["select id from orders where state = 'paid'"], expected).await;
}

#[tokio::test]
async fn what_heals_in_the_same_transaction_was_never_broken() {
    let up = "alter table public.orders rename to purchases; create view public.orders as select * from public.purchases";
    check(up, &["select id, note from orders"], "").await;
}

#[tokio::test]
async fn what_heals_later_names_the_step() {
    let mut apart =
        script("alter table public.orders rename to purchases; create view public.orders as select * from public.purchases", None);
    apart.transaction = TransactionMode::PerStatement;
    let Some(found) = broken_by(&[apart], &["select id, note from orders"]).await else { return };
    assert_eq!(found, "0 → 1 select id, note from orders: 42P01 relation \"orders\" does not exist\n");
}

#[tokio::test]
async fn a_column_made_anew_is_lost_to_who_had_prepared() {
    let up = "alter table public.orders drop column note; alter table public.orders add column note int";
    check(up, &["select note from orders"], "1 prepared select note from orders: 0A000 cached plan must not change result type").await;
}

#[tokio::test]
async fn steps_count_over_all_scripts_and_settings_of_scripts_do_not_matter() {
    let scripts = [
        script("set search_path = ''; create table public.x (id int); select set_config('search_path', '', false)", None),
        script("set local search_path = ''; drop view public.paid; create table public.y (id int)", None),
    ];
    let Some(found) = broken_by(&scripts, &["select total from paid", "{{ template }}", "create table z ()"]).await else { return };
    assert_eq!(found, "4 select total from paid: 42P01 relation \"paid\" does not exist\n");
}

#[tokio::test]
async fn a_script_that_forgets_all_prepared_statements_breaks_none() {
    let mut apart = script("discard all; alter table public.orders add column y int", None);
    apart.transaction = TransactionMode::PerStatement;
    let Some(found) = broken_by(&[apart], &["select note from orders"]).await else { return };
    assert_eq!(found, "");
}
