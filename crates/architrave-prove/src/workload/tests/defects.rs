//! What other tools get wrong: literals lose their case, names in camel case their quotes, names of CTEs are taken for tables …

use super::{SHOP, plan, workload};
use architrave_model::workload::{Comparison, Operand, Term};
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
        the text is cut off; raise track_activity_query_size
        the text is empty"#]]
    .assert_eq(&reasons.join("\n"));
    assert!(planned.queries.is_empty() && planned.refused.iter().all(|r| !r.text.contains("secret")));
}
