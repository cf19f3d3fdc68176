//! Every query counts the rows that are really in the way, and the statement fails where it counts any.

use super::{count_offenders, preconditions};
use crate::ground::catalog_of;
use architrave_model::Catalog;
use architrave_model::migration::{Effect, Migrations, Outcome, Precondition, Step};
use architrave_model::script::{Location, Script, TransactionMode};
use architrave_postgres::Client;
use architrave_postgres::probe::ProbeLimits;
use architrave_postgres::server::test_server;
use architrave_sql::actions::{Resolver, actions};
use std::sync::Arc;

/// Steps of statements as they are before any of them has run.
fn migrations(catalog: &Catalog, major: u16, statements: &str) -> Migrations {
    let catalog = Arc::new(catalog.clone());
    let script = Script { statements: architrave_sql::split(statements), ..Script::default() };
    let mut names = Resolver::new(&catalog);
    let mut steps = Vec::new();
    for (number, statement) in script.statements.iter().enumerate() {
        let found = actions(&statement.text, &names);
        names.follow(&found);
        steps.push(Step {
            script: 0,
            statement: number,
            location: Location::default(),
            text: statement.text.clone(),
            transaction: Some(0),
            mode: TransactionMode::PerFile,
            actions: found,
            lock_timeout_ms: 0,
            statement_timeout_ms: 0,
            outcome: Outcome::Done,
            effect: Effect::default(),
            before: Arc::clone(&catalog),
            at_hand: Vec::new(),
        });
    }
    Migrations { major, steps, scripts: vec![script], ..Migrations::default() }
}

async fn asked(client: &mut Client, major: u16, statements: &str) -> Vec<Precondition> {
    let catalog = catalog_of(client, false).await.unwrap();
    let mut found = preconditions(&migrations(&catalog, major, statements));
    count_offenders(client, &mut found, ProbeLimits::default()).await.unwrap();
    found
}

/// The count for one statement over these rows; it must fail where something is counted, and succeed where nothing is.
async fn check(setup: &str, statement: &str, expected: i64) {
    for major in [15, 16] {
        let server = if major == 15 { test_server::shared().await } else { test_server::shared_major(16).await };
        let Some(server) = server else { return };
        let database = server.create_database("preconditions").await.unwrap();
        let mut client = database.connect().await.unwrap();
        client.batch_execute(setup).await.unwrap();
        let found = asked(&mut client, server.major(), statement).await;
        let [only] = found.as_slice() else { panic!("{statement}: {found:?}") };
        assert_eq!((only.offenders, only.not_asked.as_deref()), (Some(expected), None), "{statement}: {}", only.probe);
        let fails = client.batch_execute(statement).await.is_err();
        assert_eq!(fails, expected > 0, "{statement}: {}", only.probe);
    }
}

const T: &str = "create table t (id int primary key, a int, b text);
    insert into t values (1, 1, 'x'), (2, 1, 'x'), (3, 2, 'X'), (4, null, null), (5, null, 'y');";

#[tokio::test]
async fn nulls() {
    check(T, "alter table t alter column a set not null", 2).await;
    check("create table t (a int); insert into t values (1)", "alter table t alter column a set not null", 0).await;
    check(T, "alter table t add column c int not null", 5).await;
    check("create table t (a int)", "alter table t add column c int not null", 0).await;
}

#[tokio::test]
async fn keys() {
    check(T, "alter table t add unique (a)", 1).await;
    check(T, "alter table t add unique (a, b)", 1).await;
    check(T, "create unique index on t (lower(b))", 2).await;
    check(T, "create unique index t_b on t using btree (b text_pattern_ops desc) where a > 1", 0).await;
    check(T, "alter table t add unique nulls not distinct (a)", 2).await;
    check("create table t (a int, b int); insert into t values (1, 1), (1, 2), (null, 3)", "alter table t add primary key (a)", 2).await;
    check(T, "alter table t add column c int default 1 unique", 4).await;
}

#[tokio::test]
async fn references() {
    let both = "create table r (x int, y int, primary key (x, y)); insert into r values (1, 1);
                create table t (a int, b int); insert into t values (1, 1), (1, 2), (null, 9), (null, null);";
    check(both, "alter table t add foreign key (a, b) references r", 1).await;
    check(both, "alter table t add foreign key (a, b) references r (x, y) match full", 2).await;
    let own = "create table t (id int primary key, parent int); insert into t values (1, null), (2, 1), (3, 7);";
    check(own, "alter table t add constraint up foreign key (parent) references t", 1).await;
    let later = format!("{own} alter table t add constraint up foreign key (parent) references t not valid;");
    check(&later, "alter table t validate constraint up", 1).await;
    let default = "create table r (id int primary key); create table t (a int); insert into t values (1), (2);";
    check(default, "alter table t add column r int default 7 references r", 2).await;
}

#[tokio::test]
async fn checks() {
    check(T, "alter table t add check (a > 1)", 2).await;
    check(T, "alter table t add check (lower(b) <> 'x' or a is null)", 3).await;
    check(&format!("{T} alter table t add constraint c check (a < 2) not valid;"), "alter table t validate constraint c", 1).await;
    let domain = "create domain d as int; create table t (a d, b d); insert into t values (1, 1), (-1, 2);";
    check(&domain.replace(", b d", "").replace(", 1)", ")").replace(", 2)", ")"), "alter domain d add check (value > 0)", 1).await;
    let ranges = "create table t (r int4range); insert into t values ('[1,5)'), ('[4,6)'), ('[8,9)');";
    check(ranges, "alter table t add exclude using gist (r with &&) where (r is not null)", 2).await;
}

#[tokio::test]
async fn casts() {
    let texts = "create table t (a text); insert into t values ('1'), (' 2 '), ('x'), ('99999999999'), (null);";
    check(texts, "alter table t alter column a type int using a::int", 2).await;
    check(texts, "alter table t alter column a type bigint using cast(a as bigint)", 1).await;
    check(texts, "alter table t alter a type varchar(3)", 1).await;
    check("create table t (a text); insert into t values ('yes'), ('maybe')", "alter table t alter a type bool using a::bool", 1).await;
    let ids = "create table t (a text); insert into t values ('a0eebc999c0b4ef8bb6d6bb9bd380a11'), ('{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'), ('a0')";
    check(ids, "alter table t alter a type uuid using a::uuid", 1).await;
    check("create table t (a varchar(9)); insert into t values ('abc   '), ('abcd')", "alter table t alter a type varchar(3)", 1).await;
    check("create table t (a bigint); insert into t values (1), (3000000000)", "alter table t alter a type int", 1).await;
    check("create table t (a float8); insert into t values (1), (32767.6), ('nan')", "alter table t alter a type smallint", 2).await;
    let money = "create table t (a numeric); insert into t values (99.994), (99.995), ('nan'), (-100)";
    check(money, "alter table t alter a type numeric(4,2)", 2).await;
    let moods =
        "create type m as enum ('a', 'b'); create type n as enum ('b', 'c'); create table t (a m); insert into t values ('a'), ('b');";
    check(moods, "alter table t alter a type n using a::text::n", 1).await;
    check(
        "create type n as enum ('b'); create table t (a text); insert into t values ('b'), ('z')",
        "alter table t alter a type n using (a::n)",
        1,
    )
    .await;
}

#[tokio::test]
async fn a_cast_that_only_the_server_can_judge_is_refused_without_a_value() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("preconditions").await.unwrap();
    let mut client = database.connect().await.unwrap();
    client.batch_execute("create table t (a text); insert into t values ('2024-01-01'), ('secret')").await.unwrap();
    let found = asked(&mut client, 15, "alter table t alter a type date using a::date").await;
    assert_eq!(found[0].not_asked.as_deref(), Some("PostgreSQL refuses at least one value (SQLSTATE 22007)"));
    client.batch_execute("delete from t where a = 'secret'").await.unwrap();
    let found = asked(&mut client, 15, "alter table t alter a type date using a::date").await;
    assert_eq!(found[0].offenders, Some(0));
}

#[tokio::test]
async fn what_needs_no_question_or_may_not_be_asked() {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("preconditions").await.unwrap();
    let mut client = database.connect().await.unwrap();
    client.batch_execute(&format!("{T} create function f(int) returns bool language sql as 'select true'")).await.unwrap();
    let nothing = [
        "alter table t alter column id set not null",
        "alter table t add check (a > 1) not valid",
        "create index on t (a)",
        "create table n (a int); alter table n alter a set not null",
        "alter table t add column c int not null default 1",
        "alter table t alter a type bigint",
        "alter table t alter b type varchar",
    ];
    for statement in nothing {
        assert_eq!(asked(&mut client, 15, statement).await, [], "{statement}");
    }
    let reasons = [
        ("alter table t add check (f(a))", "it holds an expression of the script that calls functions: read it, then run it yourself"),
        ("alter table t add column c int; alter table t alter c set not null", "c is made by an earlier statement: ask after it"),
    ];
    for (statement, reason) in reasons {
        let found = asked(&mut client, 15, statement).await;
        assert_eq!(found.iter().map(|p| p.not_asked.as_deref()).collect::<Vec<_>>(), [Some(reason)], "{statement}");
    }
}
