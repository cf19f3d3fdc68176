//! Rewrites as text: what is offered and what is left alone.

use super::{RewriteKind, rewrites};
use crate::ddl::{DdlOptions, DdlReader};
use architrave_model::Catalog;
use expect_test::{Expect, expect};

fn catalog() -> Catalog {
    let mut reader = DdlReader::new(DdlOptions::default());
    let sql = "create table customers (id bigint primary key, name text, region text);
        create table orders (id bigint primary key, customer_id bigint references customers, total numeric, created_at timestamptz not null);
        create table \"Item\" (\"orderId\" bigint not null, sku text, qty int)";
    for statement in &crate::split(sql) {
        reader.apply(statement);
    }
    reader.into_catalog()
}

fn check(sql: &str, expected: Expect) {
    let found: Vec<String> = rewrites(sql, &catalog()).into_iter().map(|r| format!("{:?}: {}", r.kind, r.sql)).collect();
    expected.assert_eq(&found.join("\n"));
}

#[test]
fn not_in() {
    check(
        "select * from customers c where c.id not in (select customer_id from orders where total > 5) and c.name <> 'x';",
        expect![[
            r#"NotInToNotExists: select * from customers c where not exists (select 1 from (select customer_id from orders where total > 5) as excluded_rows (excluded_value) where excluded_value = c.id) and c.name <> 'x'"#
        ]],
    );
    check("select * from customers where id not in (1, 2)", expect![[""]]);
}

#[test]
fn or_across_tables() {
    check(
        "select o.id, c.name from orders o join customers c on c.id = o.customer_id where (o.total > 100 or c.region = 'eu') and o.id > 5 order by id",
        expect![[r"
            OrToUnionAll: (select o.id, c.name from orders o join customers c on c.id = o.customer_id where (o.total > 100) and o.id > 5)
            union all
            (select o.id, c.name from orders o join customers c on c.id = o.customer_id where (c.region = 'eu') and (o.total > 100) is not true and o.id > 5) order by id"]],
    );
    check("select id from orders where total > 1 or created_at > now()", expect![[""]]);
    check("select count(*) from orders o, customers c where o.total > 1 or c.name = 'x'", expect![[""]]);
}

#[test]
fn offset() {
    check(
        "select * from orders order by created_at desc limit 20 offset 1000",
        expect![
            "OffsetToKeyset: select * from orders where (created_at, orders.id) < ($1, $2) order by created_at desc, orders.id desc limit 20"
        ],
    );
    check(
        "select o.*, c.name from orders o join customers c on c.id = o.customer_id where c.region = $1 or c.name = $2 order by o.total, o.created_at desc limit $3 offset $4",
        expect![
            "OffsetToKeyset: select o.*, c.name from orders o join customers c on c.id = o.customer_id where (c.region = $1 or c.name = $2) and ((o.total > $5) or (o.total = $5 and o.created_at < $6) or (o.total = $5 and o.created_at = $6 and o.id < $7)) order by o.total, o.created_at desc, o.id desc limit $3"
        ],
    );
    check("select customer_id, sum(total) from orders group by 1 order by 2 limit 5 offset 5", expect![[""]]);
    check("select lower(name) from customers order by lower(name) limit 5 offset 5", expect![[""]]);
}

#[test]
fn correlated() {
    check(
        "select c.name, (select count(*) from orders o where o.customer_id = c.id and o.total > 3) from customers c where c.region = 'eu'",
        expect![
            "CorrelatedToJoin: select c.name, coalesce(grouped_1.value, 0) as count from customers c left join (select o.customer_id as key_1, count(*) as value from orders o where o.total > 3 group by o.customer_id) as grouped_1 on grouped_1.key_1 = c.id where c.region = 'eu'"
        ],
    );
    check(
        "select * from orders o where o.total > (select avg(p.total) from orders p where p.customer_id = o.customer_id)",
        expect![
            "CorrelatedToJoin: select o.* from orders o left join (select p.customer_id as key_1, avg(p.total) as value from orders p group by p.customer_id) as grouped_1 on grouped_1.key_1 = o.customer_id where o.total > grouped_1.value"
        ],
    );
    check("select (select name from customers c where c.id = o.customer_id) from orders o", expect![[""]]);
}

#[test]
fn ranges() {
    check(
        "select * from orders where date(created_at) = '2024-01-31' and created_at::date = $1",
        expect![
            "FunctionToRange: select * from orders where (created_at >= '2024-01-31'::date and created_at < '2024-01-31'::date + 1) and (created_at >= $1::date and created_at < $1::date + 1)"
        ],
    );
    check(
        "select * from orders o where date_trunc('month', o.created_at) = '2024-01-01'",
        expect![
            "FunctionToRange: select * from orders o where (date_trunc('month', '2024-01-01'::timestamp with time zone) = '2024-01-01'::timestamp with time zone and o.created_at >= '2024-01-01'::timestamp with time zone and o.created_at < '2024-01-01'::timestamp with time zone + interval '1 month')"
        ],
    );
    check(
        "select * from orders where extract(year from created_at) = 2024",
        expect!["FunctionToRange: select * from orders where (created_at >= '2024-01-01' and created_at < '2025-01-01')"],
    );
    check("select * from customers where lower(name) = 'x' and date(name) = '2024-01-01'", expect![[""]]);
}

#[test]
fn what_is_no_plain_select_offers_nothing() {
    for sql in ["", "delete from orders", "select 1; select 2", "select from where", "with x as (select 1) select * from x", ")))"] {
        assert!(rewrites(sql, &catalog()).is_empty(), "{sql}");
    }
    assert_eq!(RewriteKind::OffsetToKeyset.title(), "continue after the last row seen instead of OFFSET");
}
