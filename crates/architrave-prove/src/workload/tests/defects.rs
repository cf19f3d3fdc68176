//! What other tools get wrong: literals lose their case, names in camel case their quotes, names of CTEs are taken for tables …

use super::{SHOP, plan, plan_workload, query, source, workload};
use architrave_model::workload::{Comparison, Operand, QueryVariant, Term, Workload};
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_mislead_other_tools() {
    let texts = [
        "select id from orders where status in ('Done', 'VOID')",
        "select \"firstName\" from \"User\" where \"firstName\" = $1 order by \"createdAt\" desc limit 10",
        "with recent as (select user_id, total as orders from orders where placed_at > $1) select orders from recent where user_id = $2",
        "select id from products where attributes ->> 'color' = $1",
        "select id from \"Post\" where title like '%umber 7%'",
        "select id from \"User\" where lower(\"firstName\") = $1",
        "select id from \"Post\" where tags @> $1",
        "select total, n_name from orders, (select id, email as n_name from \"User\") u where u.id = user_id and status = $1",
    ];
    let Some(planned) = plan(SHOP, workload(texts.into_iter())).await else { return };
    assert!(planned.refused.is_empty(), "{:#?}", planned.refused);
    let found: Vec<_> = planned.queries.iter().map(|q| q.shape.scans.iter().flat_map(|s| &s.conditions).collect::<Vec<_>>()).collect();
    let sql = |at: usize| {
        let variants = &planned.queries[at].query.variants;
        variants.iter().find(|v| v.choice == "common value").unwrap_or(&variants[0]).sql.as_str()
    };
    assert_eq!(found[0][0].with, Operand::Constant("'{Done,VOID}'::text[]".into()));
    assert_eq!(sql(0), texts[0]);
    assert_eq!(found[1][0].term, Term::Column("firstName".into()));
    assert_eq!(planned.queries[1].shape.scans[0].order_by[0].term, Term::Column("createdAt".into()));
    let tables: BTreeSet<&str> = planned.queries[2].shape.scans.iter().map(|s| s.table.name.as_str()).collect();
    assert_eq!(tables, BTreeSet::from(["orders"]));
    assert_eq!(found[3][0].term, Term::Expression("(attributes ->> 'color'::text)".into()));
    assert!(sql(3).ends_with("= 'red'::text"), "{}", sql(3));
    assert_eq!((found[4][0].comparison, &found[4][0].with), (Comparison::Pattern, &Operand::Constant("'%umber 7%'::text".into())));
    assert_eq!(found[5][0].term, Term::Expression("lower(\"firstName\")".into()));
    assert!(sql(5).ends_with("= 'ann'::text"), "{}", sql(5));
    assert_eq!(found[6][0].comparison, Comparison::Contains);
    assert!(
        sql(6).contains("'{\"sql\"}'::text[]") || sql(6).contains("'{\"rust\"}'::text[]") || sql(6).contains("'{\"web\"}'::text[]"),
        "{}",
        sql(6)
    );
    assert_eq!(planned.queries[7].shape.scans.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_planned_says_why() {
    let texts = [
        "select * from nowhere where id = $1",
        "select gone from orders",
        "select * from orders where placed_at > 'yesterdayish'",
        "create index on orders (status)",
        "selec 1",
        "select unknown_function($1)",
        "select 'secret' from nowhere, (select 1",
        "",
        "select relname from pg_class where relkind = $1",
    ];
    let Some(planned) = plan(SHOP, workload(texts.into_iter())).await else { return };
    let reasons: Vec<&str> = planned.refused.iter().map(|r| r.reason.as_str()).collect();
    expect_test::expect![[r#"
        relation "nowhere" does not exist
        column "gone" does not exist
        invalid input syntax for type timestamp with time zone: "yesterdayish"
        CREATE is no statement that is planned
        SELEC is no statement that is planned
        function unknown_function(unknown) does not exist
        it ends inside a bracket or a quote: the text is cut off or broken
        the text is empty
        it reads system catalogues only"#]]
    .assert_eq(&reasons.join("\n"));
    assert!(planned.queries.is_empty() && planned.refused.iter().all(|r| !r.text.contains("secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_log_has_seen_is_planned_as_it_was() {
    let seen = |sql: &str, share| QueryVariant { choice: "as seen".to_owned(), sql: sql.to_owned(), share };
    let mut plain = query("select id from orders where status = $1 limit $2");
    plain.variants = vec![
        seen("select id from orders where status = 'void' limit 5", 0.75),
        seen("select id from orders where status = 'Done' limit 5", 0.25),
    ];
    // No value makes this text a statement: a function's argument decides its type.
    let mut odd = query("select * from json_to_recordset($1) as x(a $2)");
    odd.variants = vec![seen("select * from orders where id = 5", 1.0)];
    let workload = Workload { queries: vec![plain.clone(), odd], refused: Vec::new() };
    let Some(planned) = plan(SHOP, workload).await else { return };
    assert!(planned.refused.is_empty(), "{:#?}", planned.refused);
    assert_eq!(planned.queries[0].query.variants, plain.variants);
    assert!(planned.queries[0].generic.is_some() && planned.queries[1].generic.is_none());
    assert_eq!(planned.queries[1].shape.scans.len(), 1);
    let explained = planned.queries[0].explained();
    let choices: Vec<&str> = explained.alternatives.iter().map(|a| a.choice.as_str()).collect();
    assert_eq!(choices, ["as seen", super::super::GENERIC]);
}

/// Statements whose constants PostgreSQL itself takes out.
const WRITTEN: &[&str] = &[
    "select date_trunc('day', placed_at), count(*) from orders group by date_trunc('day', placed_at), extract(year from placed_at) order by 1",
    "select extract(month from placed_at) m, sum(total) from orders where placed_at > now() - interval '3 months' group by extract(month from placed_at)",
    "select * from orders where placed_at between date '2024-01-01' and timestamp '2024-02-01' + interval '1' day and id in (1, 2, 3)",
    "select metadata ->> 'source', count(*) from orders group by metadata ->> 'source' having count(*) > 5",
    "update products set price = case id when 1 then 5.5 when 2 then 6 else 7 end where id in (1, 2)",
    "select case when total > 100 then 'big' else 'small' end as size, count(*) from orders group by case when total > 100 then 'big' else 'small' end",
    "select substring(sku from 1 for 3), left(name, 5), round(price, 1), price * 2 from products where name ilike '%x%' limit 5 offset 10",
    "select id, 1 as kind from orders where user_id = 5 union all select id, 2 from \"Post\" where \"authorId\" = 5 order by 2",
    "with totals as (select user_id, sum(total) s from orders group by 1) select count(*) filter (where s > 100), avg(s + 1) from totals",
    "select * from (values (1, 'a'), (2, 'b')) v(id, name) join products p on p.id = v.id",
    "select p.id from products p, unnest(array[1, 2, 3]) wanted(id) where wanted.id = p.id",
    "select generate_series(1, 3), coalesce(null, 'x'), 5 + 6, 'a' || 'b'",
    "insert into categories (name) select 'new' where not exists (select 1 from categories where name = 'new')",
    "select id from jobs where run_at < timestamp '2025-01-01' at time zone 'UTC' fetch first 3 rows only",
    "select * from orders where (status, user_id) in (('open', 1), ('paid', 2)) order by placed_at desc limit 10",
    "select array_agg(id order by id) from products where attributes @> '{\"color\": \"red\"}' and attributes ? 'size'",
    "select row_number() over (order by total desc), ntile(4) over (order by total), lag(total, 1, 0.0) over (order by id) from orders limit 10",
    "select json_build_object('id', id, 'total', total) from orders where note like 'note 1%' escape '!' limit 1",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_itself_normalised_is_planned() {
    for major in [13, 15, 18] {
        if test_server::shared_major(major).await.is_none() {
            return;
        }
        let mut options = ServerOptions::from_env().with_major(Some(major));
        options.extra_settings.push(("shared_preload_libraries".into(), "pg_stat_statements".into()));
        let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
        let (database, _) = source(&server, &format!("{SHOP}; create extension pg_stat_statements;")).await;
        let mut client = database.connect().await.unwrap();
        client.batch_execute("select pg_stat_statements_reset()").await.unwrap();
        for text in WRITTEN {
            client.batch_execute(text).await.unwrap_or_else(|e| panic!("{text}: {e:?}"));
        }
        let snapshot = read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.unwrap();
        let stats = snapshot.stats.as_ref().unwrap();
        let ours = ["set ", "savepoint ", "release ", "rollback "];
        let written = |t: &&str| t.contains('$') && !t.contains("pg_catalog") && !ours.iter().any(|o| t.starts_with(o));
        let texts = stats.statements.iter().map(|s| s.query.as_str()).filter(written);
        let workload = workload(texts);
        assert!(workload.queries.len() >= WRITTEN.len(), "{workload:?}");
        let planned = plan_workload(&client, workload, Some(stats), &snapshot.catalog).await.unwrap();
        assert!(planned.refused.is_empty(), "{major}: {:#?}", planned.refused);
        drop((client, database));
        server.stop().await.unwrap();
    }
}
