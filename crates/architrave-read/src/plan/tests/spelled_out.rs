//! Lines of the text form that a test server prints rarely or differently each time, field by field.

use super::super::read;
use architrave_model::plan::{Extra, Plan};

const RICH: &str = include_str!("../test_data/rich.txt");

fn rich() -> Plan {
    read(RICH).unwrap().remove(0).plan
}

#[test]
fn parallel_workers_have_their_own_lines() {
    let plan = rich();
    let nodes = plan.nodes();
    let sort = nodes.iter().find(|node| node.kind == "Sort").unwrap();
    assert_eq!(
        (sort.sort_method.as_deref(), sort.sort_space_kb, sort.sort_space_type.as_deref()),
        (Some("external merge"), Some(1240.0), Some("Disk"))
    );
    assert_eq!(sort.workers.len(), 2);
    assert_eq!(
        (sort.workers[1].number, sort.workers[1].actual_ms, sort.workers[1].actual_rows, sort.workers[1].loops),
        (1, Some(40.5), Some(3100.0), Some(1.0))
    );
    assert_eq!((sort.workers[0].sort_method.as_deref(), sort.workers[0].sort_space_kb), (Some("quicksort"), Some(25.0)));
    assert_eq!(sort.workers[0].other["Temp Written Blocks"], Extra::Int(11));
    let Extra::Map(jit) = &sort.workers[0].other["JIT"] else { panic!("{:?}", sort.workers[0]) };
    assert_eq!(jit["Functions"], Extra::Int(2));
    assert!(sort.workers[1].other.contains_key("JIT"));
    let hash = nodes.iter().find(|node| node.kind == "Hash").unwrap();
    assert_eq!(
        (hash.hash_buckets, hash.hash_batches, hash.original_hash_batches, hash.peak_memory_kb),
        (Some(4096.0), Some(16.0), Some(1.0), Some(3073.0))
    );
    assert!(hash.parallel_aware.unwrap());
    assert_eq!(nodes[0].workers_launched, Some(2.0));
}

#[test]
fn blocks_times_and_log_volume() {
    let plan = rich();
    let root = &plan.root.buffers;
    assert_eq!(
        (root.shared_hit, root.shared_read, root.local_hit, root.temp_read, root.temp_written),
        (Some(100.0), Some(20.0), Some(3.0), Some(155.0), Some(157.0))
    );
    assert_eq!(
        (root.io_read_ms, root.io_write_ms, root.temp_io_read_ms, root.temp_io_write_ms),
        (Some(12.5), Some(0.25), Some(1.5), Some(0.0))
    );
    assert_eq!((plan.root.wal_records, plan.root.wal_full_page_images, plan.root.wal_bytes), (Some(3.0), Some(1.0), Some(8321.0)));
    let scan = plan.nodes().into_iter().find(|node| node.kind == "Seq Scan").unwrap();
    assert_eq!((scan.buffers.shared_hit, scan.buffers.io_read_ms, scan.wal_records), (Some(0.0), Some(0.0), Some(0.0)));
}

#[test]
fn what_stands_below_the_nodes() {
    let plan = rich();
    assert_eq!(plan.settings["search_path"], "public, \"$user\", \"o'b, c\"");
    assert_eq!(plan.settings["work_mem"], "64kB");
    assert_eq!((plan.planning_ms, plan.execution_ms, plan.query_id), (Some(0.5), Some(101.25), Some(-42)));
    let jit = plan.jit.unwrap();
    assert_eq!((jit.functions, jit.options["Inlining"], jit.timing.as_ref().unwrap().total), (26.0, false, Some(29.5)));
    assert_eq!(
        jit.timing.unwrap().generation,
        Some(Extra::Map([("Deform".to_owned(), Extra::Float(1.25)), ("Total".to_owned(), Extra::Float(3.5))].into()))
    );
    assert_eq!(
        (plan.triggers[0].constraint.as_deref(), plan.triggers[0].relation.as_deref(), plan.triggers[0].ms, plan.triggers[0].calls),
        (Some("a fk: on x"), Some("orders"), Some(4.5), 10.0)
    );
    let serialization = plan.serialization.unwrap();
    assert_eq!((serialization.ms, serialization.kilobytes, serialization.format.as_str()), (Some(0.125), 12.0, "text"));
    assert_eq!(
        plan.other["Planning"],
        Extra::Map(
            [("Memory Allocated", 16), ("Memory Used", 9), ("Shared Hit Blocks", 7)].map(|(key, n)| (key.to_owned(), Extra::Int(n))).into()
        )
    );
}

#[test]
fn nodes_that_never_ran_and_nodes_of_extensions() {
    let plan = rich();
    let nodes = plan.nodes();
    let never = nodes.iter().find(|node| node.index.is_some()).unwrap();
    assert_eq!((never.loops, never.actual_rows, never.actual_ms, never.heap_fetches), (Some(0.0), Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!(
        (never.index.as_deref(), never.relation.as_deref(), never.schema.as_deref(), never.alias.as_deref()),
        (Some("odd \"i\" on x"), Some("t (cost=1..2)"), Some("S s"), Some("A"))
    );
    let custom = nodes.iter().find(|node| node.kind == "Custom Scan").unwrap();
    assert_eq!(
        (&custom.other["Custom Plan Provider"], custom.relation.as_deref(), custom.children.len()),
        (&Extra::Text("ColumnarScan".into()), Some("c"), 0)
    );
    assert_eq!(custom.other["Columnar Projected Columns"], Extra::Text("a, b".into()));
    let append = nodes.iter().find(|node| node.kind == "Append").unwrap();
    assert_eq!(append.subplans_removed, Some(7.0));
    let foreign = nodes.iter().find(|node| node.kind == "Foreign Scan").unwrap();
    assert_eq!((foreign.async_capable, foreign.operation.as_deref(), foreign.relation.as_deref()), (Some(true), Some("Select"), None));
    assert_eq!(foreign.other["Relations"], Extra::Text("(r1) INNER JOIN (r2)".into()));
    let disabled = nodes.iter().find(|node| node.disabled == Some(true)).unwrap();
    assert_eq!((disabled.kind.as_str(), disabled.actual_rows), ("Nested Loop", Some(0.33)));
}

#[test]
fn version_12_writes_workers_with_one_space() {
    let text = "Gather  (cost=1.00..2.00 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1)\n  Workers Planned: 1\n  Workers Launched: 1\n  ->  Parallel Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=2)\n        Worker 0: actual time=0.3..0.4 rows=5 loops=1";
    let plan = read(text).unwrap().remove(0).plan;
    assert_eq!((plan.nodes()[1].workers[0].actual_rows, plan.nodes()[1].parallel_aware), (Some(5.0), Some(true)));
}

#[test]
fn lines_that_a_mail_program_broke_are_joined() {
    let text = "Sort  (cost=1.00..2.00 rows=1 width=4) (actual time=0.1..0.2 rows=1\nloops=1)\n  Sort Key: a\n  ->  Index Scan using i on t  (cost=0.00..1.00 rows=1\nwidth=4) (actual time=0.1..0.2 rows=1 loops=1)\n        Index Cond: ((a = 1) AND\n(b = 'it''s (no'::text))\n        Rows Removed by Filter: 3\n  \nPlanning Time: 0.1 ms";
    let plan = read(text).unwrap().remove(0).plan;
    assert_eq!(plan.root.loops, Some(1.0));
    assert_eq!(plan.root.children[0].index_cond.as_deref(), Some("((a = 1) AND (b = 'it''s (no'::text))"));
    assert_eq!(
        (plan.root.children[0].actual_ms, plan.root.children[0].rows_removed_by_filter, plan.planning_ms),
        (Some(0.2), Some(3.0), Some(0.1))
    );
}

#[test]
fn a_plan_out_of_a_web_page_is_unescaped() {
    let text = "Sort  (cost=1.00..2.00 rows=1 width=4)\n  -&gt;  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n        Filter: ((a &gt; 1) AND (b &lt;&gt; &#39;&amp;lt;&#39;::text))";
    let plan = read(text).unwrap().remove(0).plan;
    assert_eq!(plan.root.children[0].filter.as_deref(), Some("((a > 1) AND (b <> '&lt;'::text))"));
}

#[test]
fn nodes_of_extensions_without_costs_are_nodes() {
    let text = "Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=0 width=0)\n  Task Count: 32\n  Tasks Shown: One of 32\n  ->  Task\n        Node: host=localhost port=9701 dbname=shop\n        ->  Aggregate  (cost=1.00..2.00 rows=1 width=8)\n              ->  Seq Scan on t_102 t  (cost=0.00..1.00 rows=1 width=4)";
    let plan = read(text).unwrap().remove(0).plan;
    let kinds: Vec<&str> = plan.nodes().iter().map(|node| node.kind.as_str()).collect();
    assert_eq!(kinds, ["Custom Scan", "Task", "Aggregate", "Seq Scan"]);
    assert_eq!(
        (&plan.root.other["Task Count"], &plan.root.children[0].other["Node"]),
        (&Extra::Int(32), &Extra::Text("host=localhost port=9701 dbname=shop".into()))
    );
}
