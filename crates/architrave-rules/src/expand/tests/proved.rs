//! Generated, then proved: what a run of the linter does with a safe version, locks included.

use crate::expand::safe_version;
use architrave_model::finding::{Proof, Verdict};
use architrave_model::migration::SafeVersion;
use architrave_model::script::Script;
use architrave_postgres::replay::{Confined, ReplayOptions, lay_ground};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use architrave_prove::Ground;
use architrave_prove::lock_trace::{TraceOptions, trace_on};
use architrave_prove::safe_version::prove;

fn script(text: &str) -> Script {
    Script { path: "migrations/1.sql".into(), version: "1".into(), statements: architrave_sql::split(text), ..Script::default() }
}

/// The safe version of the last statement of each script, and what proving says of it.
async fn proved(earlier: &str, statements: &[&str]) -> Vec<(SafeVersion, Proof)> {
    if test_server::shared().await.is_none() {
        return Vec::new();
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let options = ReplayOptions::default();
    let (base, failed) = lay_ground(&confined, &[script(earlier)], &options).await.unwrap();
    assert!(failed.is_empty(), "{failed:?}");
    let ground = Ground { server: &confined, base: &base, options: &options };
    let mut out = Vec::new();
    for statement in statements {
        let pending = [script(statement)];
        let copy = confined.clone_database(&base).await.unwrap();
        let traced = trace_on(&confined, &copy, &pending, &TraceOptions::default(), &NoProgress).await.unwrap();
        drop(copy);
        let last = traced.migrations.steps.len() - 1;
        let version = safe_version(&traced.migrations, last).unwrap_or_else(|| panic!("no safe version of {statement}"));
        let proof = prove(&ground, &traced.migrations, &version).await.unwrap();
        out.push((version, proof));
    }
    drop(base);
    server.stop().await.unwrap();
    out
}

const SHOP: &str = "create table customers (id int primary key, name text);
    create type state as enum ('new', 'paid');
    create table orders (id serial primary key, customer_id int not null references customers, note varchar(20), total int, st state not null default 'new', at timestamptz not null default now());
    create index orders_note on orders (note);
    create index orders_total on orders (total);
    create table lines (id bigint generated always as identity primary key, order_id int not null, n int not null check (n > 0));
    create table events (id int not null, at date not null, what text) partition by range (at);
    create table events_1 partition of events for values from ('2024-01-01') to ('2024-06-01');
    create table events_2 partition of events for values from ('2024-06-01') to ('2026-01-01');";

#[tokio::test]
async fn what_is_generated_is_proved() {
    let statements = [
        "alter table lines add foreign key (order_id) references orders (id)",
        "alter table orders add constraint positive check (total > 0)",
        "alter table orders alter column note set not null",
        "alter table orders add unique (note)",
        "create index on orders (customer_id, at)",
        "drop index orders_note",
        "create index on events (what)",
        "alter table orders add column token uuid not null default gen_random_uuid()",
        "alter table lines add column no serial",
        "alter table orders alter column total type bigint",
        "alter table orders alter column id type bigint",
        "alter table lines alter column n type numeric(10, 2)",
        "alter table orders rename column note to remark",
        "alter table customers rename to clients",
        "alter table orders drop column total",
        "update orders set note = 'none' where total > 10",
        "alter table orders add column x int, alter column note set not null, add constraint positive check (total > 0)",
        "set lock_timeout = '1s'; alter table orders add constraint positive check (total > 0) not valid; alter table orders validate constraint positive",
    ];
    for ((version, proof), statement) in proved(SHOP, &statements).await.into_iter().zip(statements) {
        assert_eq!(proof.verdict, Verdict::Proved, "{statement}: {:?}\n{version:#?}\n{:#?}", proof.reason, proof.transcript);
        assert!(proof.transcript[0].starts_with("-- tried with rows in"), "{statement}: {:?}", proof.transcript);
    }
}
