//! The shop's workload as its twin planned it.

use super::name;
use architrave_model::QualifiedName;
use architrave_model::explained::{Explained, PlanOrigin};
use architrave_model::index_advice::{
    AdviceSummary, IndexAction, IndexAdvice, IndexStep, KeptIndex, QueryEffect, SearchRecord, ServingIndex, WithheldIndex,
};
use architrave_model::index_report::NamedStatement;
use architrave_model::on_twin::{OnTwin, StatementGrowth};
use architrave_model::plan::{Plan, PlanNode};
use architrave_model::workload::{QuerySource, RefusedQuery};

const BY_CUSTOMER: (&str, &str) = ("a1b2c3d4", "select * from orders where customer_id = $1");
const BY_DETAIL: (&str, &str) = ("e5f60718", "select count(*) from order_items where details ->> $1 = $2");

pub(super) fn on_twin() -> OnTwin {
    let statement = |(id, text): (&str, &str), calls| NamedStatement { id: id.into(), text: text.into(), calls };
    let grown = |(id, text): (&str, &str), calls, cost_now, cost_then, flips| StatementGrowth {
        query: id.into(),
        text: text.into(),
        calls,
        factor: 10.0,
        cost_now,
        cost_then,
        flips,
        plan_then: None,
    };
    OnTwin {
        workload: "pg_stat_statements".into(),
        statements: vec![statement(BY_CUSTOMER, 8123.0), statement(BY_DETAIL, 41.0)],
        refused: vec![RefusedQuery {
            text: "select * from old_orders where id = $1".into(),
            source: QuerySource::Statistics { query_id: 7 },
            reason: "relation \"old_orders\" does not exist".into(),
        }],
        advice: Some(advice()),
        improved: Vec::new(),
        growth: vec![grown(BY_CUSTOMER, 8123.0, 81_200.0, 2_030_000.0, true), grown(BY_DETAIL, 41.0, 1_450_000.0, 14_500_000.0, false)],
        gaps: Vec::new(),
    }
}

fn advice() -> IndexAdvice {
    let step = IndexStep {
        action: IndexAction::Create,
        table: name("orders"),
        up: vec!["create index concurrently orders_customer_id_idx on public.orders (customer_id)".into()],
        ..IndexStep::default()
    };
    let effect = |id: &str, calls, before, after, bound| QueryEffect { query: id.into(), calls, before, after, bound, uses: Vec::new() };
    IndexAdvice {
        steps: vec![step],
        queries: vec![effect(BY_CUSTOMER.0, 8123.0, 81_200.0, 12.0, 9.0), effect(BY_DETAIL.0, 41.0, 1_450_000.0, 1_450_000.0, 900_000.0)],
        summary: AdviceSummary {
            cost_before: 719_037_600.0,
            cost_after: 59_547_476.0,
            cost_bound: 36_973_107.0,
            bytes_created: 96_468_992.0,
            ..AdviceSummary::default()
        },
        serving: vec![ServingIndex { index: name("order_items_order_id_idx"), queries: vec![BY_DETAIL.0.into()] }],
        withheld: vec![WithheldIndex {
            table: name("order_items"),
            create: "create index on public.order_items ((details ->> 'gift'))".into(),
            reason: "It saves less than keeping it costs.".into(),
            queries: vec![BY_DETAIL.0.into()],
        }],
        kept: vec![KeptIndex {
            index: QualifiedName::new("public", "products_title_idx"),
            reason: "The counters are only 9 days old.".into(),
            bytes: Some(8192.0),
        }],
        search: SearchRecord { candidates: 14, ..SearchRecord::default() },
        unknowns: vec!["Writes by logical replication are not in the workload.".into()],
    }
}

pub(super) fn explained() -> Vec<Explained> {
    let planned = |(id, text): (&str, &str), calls, table: &str, cost| Explained {
        name: id.into(),
        statement: Some(text.into()),
        plan: Plan {
            root: PlanNode {
                kind: "Seq Scan".into(),
                schema: Some("public".into()),
                relation: Some(table.into()),
                total_cost: cost,
                ..PlanNode::default()
            },
            ..Plan::default()
        },
        origin: PlanOrigin::Twin,
        calls,
        ..Explained::default()
    };
    vec![planned(BY_CUSTOMER, 8123.0, "orders", 81_200.0), planned(BY_DETAIL, 41.0, "order_items", 1_450_000.0)]
}
