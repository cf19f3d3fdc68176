//! Handlers as lists of statements, delivered in all orders; the guide's among them.

use super::try_orders;
use crate::ground::testing::with_ground;
use architrave_model::webhook::{Answer, DivergenceKind, Field, HandlerStatement, Next, OrdersTried, RunsEvents, SampleEvent, Verb};
use architrave_postgres::read::{ReadOptions, read_catalog};

const GUIDE: &str = include_str!("../../../../docs/guides/check-clerk.md");

/// A handler of one statement per type of event; `$1` id, `$2` e-mail address, `$3` name, `$4` milliseconds.
struct Handler {
    created: String,
    updated: String,
    deleted: String,
}

impl Handler {
    fn new(created: &str, updated: &str, deleted: &str) -> Self {
        Self { created: created.to_owned(), updated: updated.to_owned(), deleted: deleted.to_owned() }
    }
}

impl RunsEvents for Handler {
    fn next(&self, event: &SampleEvent, answers: &[Answer]) -> Next {
        let sql = match event.kind.as_str() {
            "user.created" => &self.created,
            "user.updated" => &self.updated,
            "user.deleted" => &self.deleted,
            _ => "",
        };
        match answers {
            _ if sql.is_empty() => return Next::Answers(200),
            [Answer::Failed(_)] => return Next::Answers(500),
            [_] => return Next::Answers(200),
            _ => {}
        }
        let text = |t: String| Field::Value(serde_json::Value::String(t).to_string());
        let email = event.email.clone().map_or(Field::Value("null".to_owned()), text);
        let parameters = vec![
            text(format!("user_{}", event.person)),
            email,
            text(format!("Grace {}", event.version)),
            Field::Value((1_767_225_600_123 + event.version * 60_000).to_string()),
        ];
        let verb = match sql.split_whitespace().next() {
            Some("update") => Verb::Update,
            Some("delete") => Verb::Delete,
            _ => Verb::Insert,
        };
        let statement = HandlerStatement::new(architrave_model::script::Location::default(), verb, "profiles");
        Next::Runs(Box::new(HandlerStatement { sql: Some(sql.to_owned()), parameters, ..statement }))
    }
}

/// What goes wrong, as kind and order.
async fn wrong(schema: &str, handler: &Handler) -> Option<Vec<(DivergenceKind, String)>> {
    let tried = with_ground(schema, async |ground| {
        let mut client = ground.server.admin(ground.base).await.unwrap();
        let catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
        drop(client);
        try_orders(ground.server, ground.base, &catalog, handler).await.unwrap()
    })
    .await?;
    Some(match tried {
        OrdersTried::Tried { orders, divergences } => {
            assert!(orders > 3, "{orders}");
            divergences.into_iter().map(|d| (d.kind, d.order.join(", "))).collect()
        }
        OrdersTried::NotChecked { why } => vec![(DivergenceKind::Refused, format!("not checked: {why}"))],
    })
}

const TABLE: &str =
    "create table profiles (clerk_id text primary key, email text, name text, clerk_updated_at timestamptz, deleted_at timestamptz)";

/// The statements of the guide's handler.
fn reference() -> Handler {
    let of = |name: &str| GUIDE.split_once(&format!("const {name} = `")).unwrap().1.split('`').next().unwrap().trim();
    Handler::new(of("WRITE"), of("WRITE"), of("REMOVE"))
}

#[tokio::test]
async fn the_handler_of_the_guide_is_right_in_every_order() {
    let Some(found) = wrong(TABLE, &reference()).await else { return };
    assert_eq!(found, []);
}

#[tokio::test]
async fn what_most_people_write_is_wrong_in_these_orders() {
    let upsert = "insert into profiles (clerk_id, email, name) values ($1, $2, $3) on conflict (clerk_id) do update set email = excluded.email, name = excluded.name";
    let hard = "delete from profiles where clerk_id = $1";
    let Some(found) = wrong(TABLE, &Handler::new(upsert, upsert, hard)).await else { return };
    let expected = [
        (DivergenceKind::OlderWins, "user.created, user.updated (2), user.updated (1)".to_owned()),
        (DivergenceKind::Returns, "user.created, user.deleted, user.updated (1)".to_owned()),
    ];
    assert_eq!(found, expected);
    let insert = "insert into profiles (clerk_id, email, name) values ($1, $2, $3)";
    let update = "update profiles set email = $2, name = $3 where clerk_id = $1";
    let found = wrong(TABLE, &Handler::new(insert, update, "")).await.unwrap();
    let kinds: Vec<DivergenceKind> = found.iter().map(|(k, _)| *k).collect();
    assert_eq!(kinds, [DivergenceKind::OlderWins, DivergenceKind::Lost, DivergenceKind::Refused], "{found:?}");
    assert!(found.contains(&(DivergenceKind::Refused, "user.created, user.created".to_owned())), "{found:?}");
}

#[tokio::test]
async fn doubles_people_without_address_and_people_who_return() {
    let insert = "insert into profiles (clerk_id, email, name) values ($1, $2, $3)";
    let schema = "create table profiles (id bigint generated always as identity primary key, clerk_id text, email text, name text)";
    let Some(found) = wrong(schema, &Handler::new(insert, "", "")).await else { return };
    assert_eq!(found, [(DivergenceKind::Twice, "user.created, user.created".to_owned())]);
    let keep = "insert into profiles (clerk_id, email, name) values ($1, $2, $3) on conflict (clerk_id) do nothing";
    let found = wrong("create table profiles (clerk_id text primary key, email text not null, name text)", &Handler::new(keep, "", ""))
        .await
        .unwrap();
    assert_eq!(found, [(DivergenceKind::Refused, "user.created without e-mail address".to_owned())]);
    let mark = "update profiles set deleted_at = now() where clerk_id = $1";
    let unique = "create table profiles (clerk_id text primary key, email text unique, name text, deleted_at timestamptz)";
    let found = wrong(unique, &Handler::new(keep, "", mark)).await.unwrap();
    assert!(
        found.contains(&(DivergenceKind::Refused, "user.created, user.deleted, user.created of another person".to_owned())),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_run_is_not_checked() {
    let Some(found) = wrong("create table other (id int)", &reference()).await else { return };
    assert!(found[0].1.starts_with("not checked: "), "{found:?}");
    let found = wrong(TABLE, &Handler::new("insert into profiles (clerk_id, missing) values ($1, $2)", "", "")).await.unwrap();
    assert!(found[0].1.contains("42703"), "{found:?}");
    let found = wrong(&format!("{TABLE}; alter table profiles add role text not null"), &reference()).await.unwrap();
    assert!(found[0].1.contains("even in the right order"), "{found:?}");
}
