//! Cases of the rules on privacy: what is personal, who reads it, and how it is erased.

use super::{check, severities};
use crate::facts::Facts;
use crate::pages::{messages, verdict};
use crate::server::{Made, server};
use serde_json::json;

#[tokio::test]
async fn statistics_speak_against_a_name() {
    let sql = "create table customers (id bigint primary key, first_name text, email text)";
    let column = |name: &str, distinct: f64| json!({"table": {"schema": "public", "name": "customers"}, "column": name, "distinct": distinct, "average_width": 20, "null_fraction": 0.0});
    let stats = json!({"stats": {
        "tables": [{"name": {"schema": "public", "name": "customers"}, "rows": 50000.0}],
        "columns": [column("first_name", -0.3), column("email", 4.0)]
    }});
    check(
        "privacy/personal-data",
        &[
            (
                "by the names alone",
                sql,
                "",
                &["2 columns of schema public in 1 table by name and type hold personal data: name of a person (1) and e-mail address (1)"],
            ),
            (
                "four addresses for 50,000 customers are a list of choices",
                sql,
                &stats.to_string(),
                &["1 column of schema public in 1 table by name and type holds personal data: name of a person (1)"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn nothing_but_names_is_printed() {
    let Some(server) = server().await else { return };
    let secret = format!("sk_{}_{}", "live", "4eC39HqLyjWDarjtT1zdp7dc");
    let sql = format!(
        "create function pay() returns text language sql as $$ select '{secret}'::text $$; create table t (id int primary key, key text default '{secret}')"
    );
    let facts = Facts::new(server.version_num(), None);
    let catalog = Made::by(server, &sql).await.catalog().await;
    let findings = verdict("privacy/secret-in-definition", &catalog, &facts);
    assert_eq!(
        messages(&findings),
        ["the default of public.t.key holds a Stripe secret key", "the body of public.pay() holds a Stripe secret key"]
    );
    assert!(!serde_json::to_string(&findings).unwrap().contains("4eC39"), "the secret itself is in the finding");
}

#[tokio::test]
async fn the_order_of_erasure_works_as_it_is_told() {
    let Some(server) = server().await else { return };
    let sql = "create table customers (id bigint primary key, first_name text, last_name text);
        create table orders (id bigint primary key, customer_id bigint not null references customers, replaces bigint references orders);
        create table lines (order_id bigint references orders, n int, primary key (order_id, n));
        create table returns (id bigint primary key, order_id bigint not null, n int not null, foreign key (order_id, n) references lines);
        create table notes (id bigint primary key, customer_id bigint references customers on delete set null);
        insert into customers values (1, 'A', 'B'), (2, 'C', 'D'); insert into orders values (10, 1), (11, 1), (12, 2);
        insert into lines values (10, 1), (12, 1); insert into returns values (5, 10, 1), (6, 12, 1); insert into notes values (7, 1);";
    let facts = Facts::new(server.version_num(), None);
    let mut made = Made::by(server, sql).await;
    let catalog = made.catalog().await;
    let findings = verdict("privacy/erasure-blocked", &catalog, &facts);
    let finding = findings.first().expect("a finding");
    assert_eq!(findings.len(), 1);
    let statement = |detail: &str| {
        let (_, rest) = detail.split_once(": ")?;
        rest.starts_with("delete ")
            .then(|| rest.split(" (").filter(|p| !p.contains(", no action") && !p.contains(", restrict")).collect::<Vec<_>>().join(" ("))
    };
    let steps: Vec<String> = finding.places.iter().filter_map(|p| statement(p.detail.as_deref()?)).map(|s| s.replace("$1", "1")).collect();
    assert!(steps.len() >= 4, "{:#?}", finding.places);
    made.run(&steps, true).await.unwrap_or_else(|e| panic!("{e}\n{steps:#?}"));
    let left = made
        .client
        .query_one("select (select count(*) from customers), (select count(*) from orders), (select count(*) from returns)", &[])
        .await
        .unwrap();
    assert_eq!((left.get::<_, i64>(0), left.get::<_, i64>(1), left.get::<_, i64>(2)), (1, 1, 1));
}

#[tokio::test]
async fn readers_of_personal_data() {
    let rule = "privacy/readable-by-all";
    let of = |rest: &str| format!("create table people (id bigint primary key, first_name text, last_name text, ssn text); {rest}");
    assert_eq!(severities(rule, &of("grant select on people to public"), "{}").await, ["high likely"]);
    assert_eq!(
        severities(rule, &of("alter table people drop column ssn; grant select on people to public"), "{}").await,
        ["medium likely"]
    );
    assert!(severities(rule, &of("grant select on people to authenticated"), "{}").await.is_empty());
    assert!(severities(rule, &of("grant select on people to public; alter table people enable row level security"), "{}").await.is_empty());
    let api = r#"{"exposure": {"schemas": ["public"], "roles": ["anon"]}}"#;
    assert!(severities(rule, &of("grant select on people to public"), api).await.is_empty(), "rls/disabled-on-exposed-table says it");
    let view = of("create view names as select first_name, last_name from people; grant select on names to public");
    assert_eq!(severities(rule, &view, "{}").await, ["medium likely"]);
}

#[tokio::test]
async fn soft_deleted_rows() {
    let found: &[&str] = &["1 unique index of schema public keeps values of rows that are marked as deleted: t.t_email_key"];
    check(
        "privacy/soft-delete-blocks-reuse",
        &[
            ("a constraint", "create table t (id int primary key, email text unique, deleted_at timestamptz)", "", found),
            ("the mark among the keys", "create table t (id int primary key, email text, is_deleted boolean not null, unique (email, is_deleted))", "", &[]),
            ("partial", "create table t (id int primary key, email text, deleted_at timestamptz); create unique index on t (email) where deleted_at is null", "", &[]),
            ("what nobody chooses", "create table t (id int primary key, token uuid unique, user_id int unique, deleted_at timestamptz)", "", &[]),
        ],
    )
    .await;
}
