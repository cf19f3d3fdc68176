//! TPC-H: its tables as `tpchgen` makes them, and its 22 queries with the parameters of the specification's validation runs.

use super::{Chunks, Query, Table};
use anyhow::Context as _;
use tpchgen::csv::{CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator, RegionGenerator,
    SupplierGenerator,
};
use tpchgen::q_and_a::queries;

/// The tables, those without references first.
pub(super) static TABLES: &[Table] = &[
    Table { name: "region", write: |scale, out| lines(RegionGenerator::new(scale, 1, 1).iter().map(RegionCsv::new), out) },
    Table { name: "nation", write: |scale, out| lines(NationGenerator::new(scale, 1, 1).iter().map(NationCsv::new), out) },
    Table { name: "part", write: |scale, out| lines(PartGenerator::new(scale, 1, 1).iter().map(PartCsv::new), out) },
    Table { name: "supplier", write: |scale, out| lines(SupplierGenerator::new(scale, 1, 1).iter().map(SupplierCsv::new), out) },
    Table { name: "partsupp", write: |scale, out| lines(PartSuppGenerator::new(scale, 1, 1).iter().map(PartSuppCsv::new), out) },
    Table { name: "customer", write: |scale, out| lines(CustomerGenerator::new(scale, 1, 1).iter().map(CustomerCsv::new), out) },
    Table { name: "orders", write: |scale, out| lines(OrderGenerator::new(scale, 1, 1).iter().map(OrderCsv::new), out) },
    Table { name: "lineitem", write: |scale, out| lines(LineItemGenerator::new(scale, 1, 1).iter().map(LineItemCsv::new), out) },
];

fn lines(lines: impl Iterator<Item = impl std::fmt::Display>, out: &mut Chunks) -> anyhow::Result<()> {
    for line in lines {
        out.line(&line)?;
    }
    Ok(())
}

/// Parameters of query 1, 2, …: what stands for `:1`, `:2`, … in the text.
const PARAMETERS: [&[&str]; 22] = [
    &["90"],
    &["15", "BRASS", "EUROPE"],
    &["BUILDING", "1995-03-15"],
    &["1993-07-01"],
    &["ASIA", "1994-01-01"],
    &["1994-01-01", "0.06", "24"],
    &["FRANCE", "GERMANY"],
    &["BRAZIL", "AMERICA", "ECONOMY ANODIZED STEEL"],
    &["green"],
    &["1993-10-01"],
    &["GERMANY", "0.0001"],
    &["MAIL", "SHIP", "1994-01-01"],
    &["special", "requests"],
    &["1995-09-01"],
    &["1996-01-01"],
    &["Brand#45", "MEDIUM POLISHED", "49", "14", "23", "45", "19", "3", "36", "9"],
    &["Brand#23", "MED BOX"],
    &["300"],
    &["Brand#12", "Brand#23", "Brand#34", "1", "10", "20"],
    &["forest", "1994-01-01", "CANADA"],
    &["SAUDI ARABIA"],
    &["13", "31", "23", "29", "30", "18", "17"],
];

/// How many rows of a query are wanted; the specification says it beside the text.
const LIMITS: [(usize, u32); 5] = [(2, 100), (3, 10), (10, 20), (18, 100), (21, 100)];

/// The 22 queries for PostgreSQL.
pub(super) fn queries() -> anyhow::Result<Vec<Query>> {
    (1..=PARAMETERS.len()).map(query).collect()
}

fn query(number: usize) -> anyhow::Result<Query> {
    let text = queries::query(i32::try_from(number)?).with_context(|| format!("TPC-H has no query {number}"))?;
    let mut sql = text.to_owned();
    for (at, value) in PARAMETERS[number - 1].iter().enumerate().rev() {
        sql = sql.replace(&format!(":{}", at + 1), value);
    }
    // A precision of the leading field is another dialect's.
    sql = sql.replace(" day (3)", " day");
    if let Some((view, rest)) = sql.replace("revenue:s", "revenue").split_once(";\n") {
        // The view of query 15 is made and dropped around it; as a common table expression it is one statement.
        let view = view.trim().replacen("create view ", "with ", 1).replacen(" as\n", " as (\n", 1);
        let query = rest.split(';').next().unwrap_or_default();
        sql = format!("{view}\n){query}");
    }
    let sql = sql.trim().trim_end_matches(';').to_owned();
    let limit = LIMITS.iter().find(|(limited, _)| *limited == number).map(|(_, rows)| format!("\nlimit {rows}"));
    Ok(Query { number, sql: sql + &limit.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn postgresql_plans_all_queries() {
        use architrave_postgres::server::test_server;
        let Some(server) = test_server::shared().await else { return };
        let database = server.create_database("tpch").await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute(include_str!("tpch.sql")).await.unwrap();
        client.batch_execute(include_str!("tpch_keys.sql")).await.unwrap();
        let queries = queries().unwrap();
        assert_eq!(queries.len(), 22);
        for query in queries {
            let planned = client.batch_execute(&format!("explain {}", query.sql)).await;
            planned.unwrap_or_else(|error| panic!("query {}: {error:?}\n{}", query.number, query.sql));
        }
    }

    #[test]
    fn parameters_stand_where_placeholders_stood() {
        let all: Vec<Query> = queries().unwrap();
        assert!(all.iter().all(|query| !query.sql.contains("':") && !query.sql.contains(" :")));
        assert!(all[15].sql.contains("p_size in (49, 14, 23, 45, 19, 3, 36, 9)"));
        assert!(all[14].sql.starts_with("with revenue (supplier_no, total_revenue) as ("));
    }
}
