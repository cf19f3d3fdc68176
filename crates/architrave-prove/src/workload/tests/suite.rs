//! TPC-H with its constants taken out.

use super::{plan, workload};
use architrave_sql::parameters::normalise;
use tpchgen::q_and_a::queries;

const SCHEMA: &str = "
create table region (r_regionkey int primary key, r_name varchar not null, r_comment varchar);
create table nation (n_nationkey int primary key, n_name varchar not null, n_regionkey int not null, n_comment varchar);
create table part (p_partkey bigint primary key, p_name varchar not null, p_mfgr varchar, p_brand varchar not null, p_type varchar not null, p_size int not null,
    p_container varchar not null, p_retailprice numeric, p_comment varchar);
create table supplier (s_suppkey bigint primary key, s_name varchar not null, s_address varchar, s_nationkey int not null, s_phone varchar, s_acctbal numeric, s_comment varchar);
create table partsupp (ps_partkey bigint, ps_suppkey bigint, ps_availqty bigint, ps_supplycost numeric, ps_comment varchar, primary key (ps_partkey, ps_suppkey));
create table customer (c_custkey bigint primary key, c_name varchar, c_address varchar, c_nationkey int, c_phone varchar, c_acctbal numeric, c_mktsegment varchar, c_comment varchar);
create table orders (o_orderkey bigint primary key, o_custkey bigint, o_orderstatus varchar, o_totalprice numeric, o_orderdate date, o_orderpriority varchar,
    o_clerk varchar, o_shippriority int, o_comment varchar);
create table lineitem (l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber bigint, l_quantity numeric, l_extendedprice numeric, l_discount numeric,
    l_tax numeric, l_returnflag varchar, l_linestatus varchar, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct varchar, l_shipmode varchar,
    l_comment varchar, primary key (l_orderkey, l_linenumber));
analyze";

/// Query `number` with constants in place of the specification's parameters; the view of query 15 as a common table expression.
fn text(number: i32) -> String {
    let mut sql = queries::query(number).unwrap().replace(" day (3)", " day").replace("revenue:s", "revenue");
    for parameter in (1..=10).rev() {
        sql = sql.replace(&format!("':{parameter}'"), "'1995-01-01'").replace(&format!(":{parameter}"), "7");
    }
    if let Some((view, rest)) = sql.clone().split_once(";\n") {
        let view = view.trim().replacen("create view ", "with ", 1).replacen(" as\n", " as (\n", 1);
        sql = format!("{view}\n){}", rest.split(';').next().unwrap());
    }
    sql.trim().trim_end_matches(';').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn tpc_h_without_its_constants_is_planned() {
    let texts: Vec<String> = (1..=22).map(|number| normalise(&text(number))).collect();
    assert!(texts.iter().all(|t| t.contains("$1") && !t.contains('\'')));
    let Some(planned) = plan(SCHEMA, workload(texts.iter().map(String::as_str))).await else { return };
    assert!(planned.refused.is_empty(), "{:#?}", planned.refused);
    assert_eq!(planned.queries.len(), 22);
    assert!(planned.queries.iter().all(|q| q.generic.is_some() && !q.shape.scans.is_empty()));
}
