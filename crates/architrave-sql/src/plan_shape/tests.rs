//! Shapes of plans that PostgreSQL itself made, of a small shop.

use super::shape;
use crate::split::split;
use architrave_model::Catalog;
use architrave_model::plan::Plan;
use architrave_model::workload::{Condition, Operand, QueryShape, Term};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::server::test_server;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

const SCHEMA: &str = r#"
create type state as enum ('new', 'open', 'done');
create domain email as text;
create table customers (id bigint primary key, email email not null, name varchar(80), country char(2), vip boolean not null default false, born date);
create table orders (id bigint primary key, customer_id bigint references customers, status varchar(20), state state, total numeric, doc jsonb,
    tags text[], during tstzrange, words tsvector, note text, deleted_at timestamptz, created_at timestamptz not null default now());
create table "OrderItem" (id bigint primary key, "orderId" bigint, "productName" text, quantity int);
create table events (id bigint, at timestamptz not null, kind text) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create materialized view big as select * from orders where total > 1000;
create view open_orders as select o.*, c.name as customer from orders o join customers c on c.id = o.customer_id where o.state <> 'done';
"#;

fn term(term: &Term) -> &str {
    match term {
        Term::Column(name) => name,
        Term::Expression(text) => text,
    }
}

fn condition(c: &Condition) -> String {
    let kind = if matches!(c.term, Term::Expression(_)) { "~" } else { "" };
    let with = match &c.with {
        Operand::Constant(text) => text.clone(),
        Operand::Parameter(n) => format!("${n}"),
        Operand::Join { alias, term: other } => format!("{alias}.{}", term(other)),
        Operand::Computed => "computed".into(),
        Operand::None => String::new(),
    };
    format!("{kind}{} {:?} [{}] {with}", term(&c.term), c.comparison, c.operator).trim_end().to_owned()
}

fn print(shape: &QueryShape) -> String {
    let mut text = String::new();
    for scan in &shape.scans {
        writeln!(text, "{} {}: {}", scan.table, scan.alias, scan.columns.join(" ")).unwrap();
        scan.conditions.iter().for_each(|c| writeln!(text, "  {}", condition(c)).unwrap());
        for either in &scan.alternatives {
            writeln!(text, "  either {}", either.iter().map(condition).collect::<Vec<_>>().join(" or ")).unwrap();
        }
        if !scan.order_by.is_empty() {
            let item = |i: &architrave_model::workload::SortItem| {
                format!(
                    "{}{}{}",
                    term(&i.term),
                    if i.descending { " desc" } else { "" },
                    if i.nulls_first == i.descending { "" } else { " nulls!" }
                )
            };
            let items: Vec<_> = scan.order_by.iter().map(item).collect();
            writeln!(text, "  order {}{}", items.join(", "), if scan.limited { " limited" } else { "" }).unwrap();
        }
        if !scan.group_by.is_empty() {
            writeln!(text, "  group {}", scan.group_by.iter().map(term).collect::<Vec<_>>().join(", ")).unwrap();
        }
    }
    text
}

async fn check_all(settings: &str, verbose: bool, cases: &[(&str, Expect)]) {
    let Some(server) = test_server::shared().await else { return };
    let database = server.create_database("shapes").await.unwrap();
    let mut client = database.connect().await.unwrap();
    for statement in split(SCHEMA) {
        client.batch_execute(&statement.text).await.unwrap();
    }
    client.batch_execute(settings).await.unwrap();
    let catalog: Catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    for (sql, expected) in cases {
        let options = if verbose { "verbose, format json" } else { "format json" };
        let row = client.simple_query(&format!("explain ({options}) {sql}")).await.unwrap();
        let text = row.iter().find_map(|m| if let tokio_postgres::SimpleQueryMessage::Row(r) = m { r.get(0) } else { None }).unwrap();
        let plans: Vec<Plan> = serde_json::from_str(text).unwrap();
        expected.assert_eq(&format!("{sql}\n{}", print(&shape(&plans[0], &catalog))));
    }
}

const BARE: &str = "set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off; set enable_mergejoin = off";

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn conditions_of_one_table() {
    check_all(BARE, true, &[
        ("select id from orders o where status = 'Open' and total between 1 and 5 and customer_id in (1, 2)", expect![[r#"
            select id from orders o where status = 'Open' and total between 1 and 5 and customer_id in (1, 2)
            public.orders o: customer_id id status total
              total Range [>=] '1'::numeric
              total Range [<=] '5'::numeric
              customer_id AnyOf [= ANY] '{1,2}'::bigint[]
              status Equal [=] 'Open'::text
        "#]]),
        ("select count(*) from orders where lower(note) = 'x' and doc->>'k' = 'v' and doc @> '{\"a\": 1}' and tags @> '{x}' and tags && '{y}'", expect![[r#"
            select count(*) from orders where lower(note) = 'x' and doc->>'k' = 'v' and doc @> '{"a": 1}' and tags @> '{x}' and tags && '{y}'
            public.orders orders: doc note tags
              doc Contains [@>] '{"a": 1}'::jsonb
              tags Contains [@>] '{x}'::text[]
              tags Contains [&&] '{y}'::text[]
              ~lower(note) Equal [=] 'x'::text
              ~(doc ->> 'k'::text) Equal [=] 'v'::text
        "#]]),
        ("select 1 from orders where note like 'ab%' and note like '%ab%' and note ilike 'x%' and note ~ '^ab' and status ~~ 'q_%'", expect![[r#"
            select 1 from orders where note like 'ab%' and note like '%ab%' and note ilike 'x%' and note ~ '^ab' and status ~~ 'q_%'
            public.orders orders: note status
              note Prefix [~~] 'ab%'::text
              note Pattern [~~] '%ab%'::text
              note Pattern [~~*] 'x%'::text
              note Prefix [~] '^ab'::text
              status Prefix [~~] 'q_%'::text
        "#]]),
        ("select 1 from orders where words @@ to_tsquery('english', 'a & b') and during && tstzrange(now(), null) and doc ? 'k' and doc @? '$.a'", expect![[r#"
            select 1 from orders where words @@ to_tsquery('english', 'a & b') and during && tstzrange(now(), null) and doc ? 'k' and doc @? '$.a'
            public.orders orders: doc during words
              words TextSearch [@@] '''b'''::tsquery
              doc Contains [?] 'k'::text
              doc Contains [@?] '$."a"'::jsonpath
              during Overlaps [&&] computed
        "#]]),
        ("select 1 from customers where vip and not vip and name is null and born is not null and email = 'x' and country = 'DE' and vip is true", expect![[r#"
            select 1 from customers where vip and not vip and name is null and born is not null and email = 'x' and country = 'DE' and vip is true
            public.customers customers: born country email name vip
              vip Boolean []
              vip Boolean [NOT]
              name IsNull [IS NULL]
              born IsNotNull [IS NOT NULL]
              vip Boolean [IS TRUE]
              email Equal [=] 'x'::text
              country Equal [=] 'DE'::bpchar
        "#]]),
        ("select 1 from orders where status <> 'x' and status not in ('a', 'b') and 'x' = any(tags) and 5 < total and total = id", expect![[r#"
            select 1 from orders where status <> 'x' and status not in ('a', 'b') and 'x' = any(tags) and 5 < total and total = id
            public.orders orders: id status tags total
              status Other [<>] 'x'::text
              status Other [<> ALL] '{a,b}'::text[]
              total Range [>] '5'::numeric
              total Other [=] computed
              tags Other [= ANY] 'x'::text
        "#]]),
        ("select 1 from orders where (status = 'a' and total > 5) or customer_id = 7 or (id < 3 or id > 9)", expect![[r#"
            select 1 from orders where (status = 'a' and total > 5) or customer_id = 7 or (id < 3 or id > 9)
            public.orders orders: customer_id id status total
              either status Equal [=] 'a'::text or customer_id Equal [=] 7 or id Range [<] 3 or id Range [>] 9
        "#]]),
        ("select * from orders where created_at > now() - interval '1 day' and (created_at, id) < ('2024-01-01', 5) order by created_at desc, id desc limit 10", expect![[r#"
            select * from orders where created_at > now() - interval '1 day' and (created_at, id) < ('2024-01-01', 5) order by created_at desc, id desc limit 10
            public.orders orders: created_at customer_id deleted_at doc during id note state status tags total words
              created_at Range [<] ROW('2024-01-01 00:00:00+00'::timestamp with time zone, 5)
              created_at Range [>] computed
              order created_at desc, id desc limited
        "#]]),
        ("select \"productName\" from \"OrderItem\" where \"orderId\" = 5 order by quantity nulls first", expect![[r#"
            select "productName" from "OrderItem" where "orderId" = 5 order by quantity nulls first
            public.OrderItem OrderItem: orderId productName quantity
              orderId Equal [=] 5
              order quantity nulls!
        "#]]),
        ("select max(total) from orders where state = 'new'", expect![[r#"
            select max(total) from orders where state = 'new'
            public.orders orders: state total
              state Equal [=] 'new'::state
              order total desc limited
        "#]]),
        ("select date_trunc('day', created_at), sum(total) from orders where deleted_at is null group by 1 order by 2 desc limit 5", expect![[r#"
            select date_trunc('day', created_at), sum(total) from orders where deleted_at is null group by 1 order by 2 desc limit 5
            public.orders orders: created_at deleted_at total
              deleted_at IsNull [IS NULL]
              group date_trunc('day'::text, created_at)
        "#]]),
        ("select status, count(*) from orders group by status having count(*) > 5 order by status", expect![[r#"
            select status, count(*) from orders group by status having count(*) > 5 order by status
            public.orders orders: status
              order status
              group status
        "#]]),
        ("select distinct customer_id from big where (total)::int = 5 and created_at::date = '2024-01-01'", expect![[r#"
            select distinct customer_id from big where (total)::int = 5 and created_at::date = '2024-01-01'
            public.big big: created_at customer_id total
              ~(total)::integer Equal [=] 5
              ~(created_at)::date Equal [=] '2024-01-01'::date
        "#]]),
        ("select kind from events where at > '2024-06-01' and kind = 'x' order by at limit 3", expect![[r#"
            select kind from events where at > '2024-06-01' and kind = 'x' order by at limit 3
            public.events events: at kind
              at Range [>] '2024-06-01 00:00:00+00'::timestamp with time zone
              kind Equal [=] 'x'::text
              order at limited
        "#]]),
        ("update orders set total = total + 1 where id = 7 and extract(year from created_at) = 2024", expect![[r#"
            update orders set total = total + 1 where id = 7 and extract(year from created_at) = 2024
            public.orders orders: created_at id
              id Equal [=] 7
              ~EXTRACT(year FROM created_at) Equal [=] '2024'::numeric
        "#]]),
        ("delete from orders where starts_with(note, 'x') and coalesce(status, 'y') = 'y'", expect![[r#"
            delete from orders where starts_with(note, 'x') and coalesce(status, 'y') = 'y'
            public.orders orders: note status
              note Prefix [starts_with] 'x'::text
              ~(COALESCE(status, 'y'::character varying))::text Equal [=] 'y'::text
        "#]]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_and_subqueries() {
    check_all(BARE, true, &[
        ("select o.id, c.name from orders o join customers c on c.id = o.customer_id where c.country = 'DE' order by o.created_at desc limit 20", expect![[r#"
            select o.id, c.name from orders o join customers c on c.id = o.customer_id where c.country = 'DE' order by o.created_at desc limit 20
            public.orders o: created_at customer_id id
              customer_id Equal [=] c.id
              order created_at desc limited
            public.customers c: country id name
              id Equal [=] o.customer_id
              country Equal [=] 'DE'::bpchar
        "#]]),
        ("select * from customers c where exists (select from orders o where o.customer_id = c.id and o.total > 100)", expect![[r#"
            select * from customers c where exists (select from orders o where o.customer_id = c.id and o.total > 100)
            public.customers c: born country email id name vip
              id Equal [=] o.customer_id
            public.orders o: customer_id total
              customer_id Equal [=] c.id
              total Range [>] '100'::numeric
        "#]]),
        ("select name from customers c where (select count(*) from orders o where o.customer_id = c.id) > 3 and id = (select max(customer_id) from orders)", expect![[r#"
            select name from customers c where (select count(*) from orders o where o.customer_id = c.id) > 3 and id = (select max(customer_id) from orders)
            public.customers c: id name
              id Equal [=] computed
              id Equal [=] o.customer_id
            public.orders orders: customer_id
              order customer_id desc limited
            public.orders o: customer_id
              customer_id Equal [=] c.id
        "#]]),
        ("with recent as (select customer_id, sum(total) as spent from orders where created_at > '2024-01-01' group by customer_id) select name from customers join recent on recent.customer_id = customers.id where recent.spent > 10", expect![[r#"
            with recent as (select customer_id, sum(total) as spent from orders where created_at > '2024-01-01' group by customer_id) select name from customers join recent on recent.customer_id = customers.id where recent.spent > 10
            public.customers customers: id name
              id Equal [=] computed
            public.orders orders: created_at customer_id total
              created_at Range [>] '2024-01-01 00:00:00+00'::timestamp with time zone
              group customer_id
        "#]]),
        ("select customer, total from open_orders where total > 5 or customer = 'x' order by customer", expect![[r#"
            select customer, total from open_orders where total > 5 or customer = 'x' order by customer
            public.orders o: customer_id state total
              customer_id Equal [=] c.id
              state Other [<>] 'done'::state
            public.customers c: id name
              id Equal [=] o.customer_id
              order name
        "#]]),
        ("select a.id from orders a join orders b on a.customer_id = b.customer_id and a.created_at < b.created_at left join customers c on c.id = a.customer_id and a.total > 5 where lower(b.note) = lower(c.name)", expect![[r#"
            select a.id from orders a join orders b on a.customer_id = b.customer_id and a.created_at < b.created_at left join customers c on c.id = a.customer_id and a.total > 5 where lower(b.note) = lower(c.name)
            public.orders a: created_at customer_id id total
              customer_id Equal [=] b.customer_id
              created_at Range [<] b.created_at
              total Range [>] '5'::numeric
            public.orders b: created_at customer_id note
              customer_id Equal [=] a.customer_id
              created_at Range [>] a.created_at
              customer_id Equal [=] c.id
              ~lower(note) Equal [=] c.lower((name)::text)
            public.customers c: id name
              id Equal [=] b.customer_id
              ~lower((name)::text) Equal [=] b.lower(note)
        "#]]),
        ("select e.kind, o.id from events e join orders o on o.id = e.id group by e.kind, o.id", expect![[r#"
            select e.kind, o.id from events e join orders o on o.id = e.id group by e.kind, o.id
            public.events e: id kind
              id Equal [=] o.id
            public.orders o: id
              id Equal [=] e.id
        "#]]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_that_use_indexes() {
    let settings = "create index on orders (customer_id); create index partial on orders (status) where deleted_at is null; create index on orders (note text_pattern_ops);
        set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off";
    check_all(
        settings,
        true,
        &[
            (
                "select o.id, c.name from customers c join orders o on c.id = o.customer_id where c.id < 5",
                expect![[r#"
            select o.id, c.name from customers c join orders o on c.id = o.customer_id where c.id < 5
            public.customers c: id name
              id Range [<] 5
              id Equal [=] o.customer_id
            public.orders o: customer_id id
              customer_id Equal [=] c.id
        "#]],
            ),
            (
                "select id from orders where status = 'x' and deleted_at is null",
                expect![[r#"
                    select id from orders where status = 'x' and deleted_at is null
                    public.orders orders: id status
                      status Equal [=] 'x'::text
                      deleted_at IsNull [IS NULL]
                "#]],
            ),
            (
                "select id from orders where note like 'ab%'",
                expect![[r#"
                    select id from orders where note like 'ab%'
                    public.orders orders: id note
                      note Prefix [~~] 'ab%'::text
                "#]],
            ),
        ],
    )
    .await;
    let bitmaps =
        "create index on orders (customer_id); create index on orders (status); set enable_seqscan = off; set enable_indexscan = off";
    check_all(
        bitmaps,
        false,
        &[(
            "select id from orders where (status = 'x' or customer_id = 5) and total > 3 order by \"total\" desc",
            expect![[r#"
        select id from orders where (status = 'x' or customer_id = 5) and total > 3 order by "total" desc
        public.orders orders: customer_id status total
          total Range [>] '3'::numeric
          either status Equal [=] 'x'::text or customer_id Equal [=] 5
          order total desc
    "#]],
        )],
    )
    .await;
}
