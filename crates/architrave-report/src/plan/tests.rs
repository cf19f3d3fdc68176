//! Plans of a real server (constants masked), drawn, and kept as text and HTML; plans that would break a drawing.

use super::drawing::Drawing;
use super::*;
use crate::documents::{Document, DocumentSection};
use crate::renderers::text::paint;
use crate::report::Block;
use architrave_model::plan::PlanNode;
use expect_test::{expect, expect_file};

fn sample(json: &str) -> Plan {
    serde_json::from_str::<Vec<Plan>>(json).unwrap().remove(0)
}

fn report() -> Plan {
    sample(include_str!("sample/report.json"))
}

fn before_and_after() -> (Plan, Plan) {
    (sample(include_str!("sample/before.json")), sample(include_str!("sample/after.json")))
}

fn all() -> Vec<Plan> {
    let (before, after) = before_and_after();
    vec![
        report(),
        before,
        after,
        sample(include_str!("sample/deep.json")),
        sample(include_str!("sample/wide.json")),
        chain(150),
        Plan { root: node("Result", 0.0), ..Plan::default() },
    ]
}

fn node(kind: &str, cost: f64) -> PlanNode {
    PlanNode { kind: kind.to_owned(), total_cost: cost, rows: 10.0, ..PlanNode::default() }
}

/// A chain of so many nodes.
fn chain(levels: usize) -> Plan {
    let root = (0..levels)
        .fold(node("Seq Scan", 1.0), |below, level| PlanNode { children: vec![below], ..node("Materialize", 2.0 + level as f64) });
    Plan { root, ..Plan::default() }
}

const PLAIN_80: Style = Style { color: false, width: 80 };

fn notes() -> Vec<Note> {
    vec![Note { node: 9, text: "an index on (product) would find these rows".to_owned() }, Note { node: 9999, text: "nowhere".to_owned() }]
}

#[test]
fn the_sample_as_text() {
    expect_file!["sample/report.txt"].assert_eq(&text(&report(), &notes(), PLAIN_80));
    expect_file!["sample/deep.txt"].assert_eq(&text(&sample(include_str!("sample/deep.json")), &[], PLAIN_80));
}

#[test]
fn the_sample_as_html() {
    expect_file!["sample/report.html"].assert_eq(&(html(&report(), &notes(), "plan-1").replace("><", ">\n<") + "\n"));
}

#[test]
fn before_and_after_as_text() {
    let (before, after) = before_and_after();
    expect_file!["sample/pair.txt"].assert_eq(&Pair { before: &before, after: &after }.text(PLAIN_80));
}

#[test]
fn partitions_that_look_alike_are_told_once() {
    let drawn = text(&sample(include_str!("sample/wide.json")), &[], PLAIN_80);
    expect![[r"
        cost 1,650
        Dearest: HashAggregate (8%), Append (8%)
        Bars: share of cost in the node alone; rows: expected

          8% ▌      HashAggregate                                                    200
                    │ Group Key: big.v
          8% ▌      └ Append                                                      27,108
          2% ▏        ├ Seq Scan on big_1                                            753
                      │   Filter: (v > ?)
          2% ▏        └ Seq Scan on big_2                                            753
                          Filter: (v > ?)
                          ⋮ and 34 more like it, 79% together
    "]]
    .assert_eq(&drawn);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for plan in all() {
        for width in [40, 60, 80, 120] {
            for line in text(&plan, &[], Style { color: false, width }).lines() {
                assert!(paint::width(line) <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn colours_only_when_asked_for() {
    let coloured = text(&report(), &[], Style { color: true, width: 80 });
    assert!(coloured.contains("\u{1b}[31m 72%"), "{coloured}");
    assert!(!text(&report(), &[], PLAIN_80).contains('\u{1b}'));
}

#[test]
fn shares_add_up() {
    for plan in all() {
        let sum: f64 = Drawing::of(&plan, &[]).nodes.iter().map(|node| node.share).sum();
        assert!((sum - 1.0).abs() < 1e-6 || plan.root.total_cost == 0.0, "{sum}");
    }
}

#[test]
fn what_workers_do_at_the_same_time_counts_once() {
    let timed = |kind: &str, ms: f64, loops: f64, children: Vec<PlanNode>| PlanNode {
        actual_ms: Some(ms),
        actual_rows: Some(10.0),
        loops: Some(loops),
        children,
        ..node(kind, 100.0)
    };
    let scan = timed("Seq Scan", 90.0, 3.0, Vec::new());
    let mut gather = timed("Gather", 100.0, 1.0, vec![scan]);
    gather.workers_launched = Some(2.0);
    let drawing = Drawing::of(&Plan { root: gather, ..Plan::default() }, &[]);
    assert_eq!((drawing.nodes[0].own.as_str(), drawing.nodes[1].own.as_str()), ("10 ms", "90 ms"));
    assert!(drawing.nodes[1].is_dearest);
}

#[test]
fn a_cte_is_charged_to_itself_and_not_twice() {
    let drawing = Drawing::of(&report(), &[]);
    let scan = drawing.nodes.iter().find(|node| node.kind == "CTE Scan").unwrap();
    let aggregate = drawing.nodes.iter().find(|node| node.role.as_deref() == Some("CTE busy")).unwrap();
    assert!(scan.share < 0.02 && aggregate.share > 0.1, "{} {}", scan.share, aggregate.share);
}

#[test]
fn equal_plans_have_no_changed_nodes() {
    let plan = report();
    let drawn = Pair { before: &plan, after: &plan }.text(PLAIN_80);
    assert!(drawn.ends_with("the same nodes.\n"), "{drawn}");
    assert!(!drawn.contains(" - ") && !drawn.contains(" + "), "{drawn}");
}

/// The page that plans are shown on.
fn page(title: &str, blocks: Vec<Block>) -> String {
    let section = DocumentSection { title: String::new(), blocks };
    Document { title: title.to_owned(), subject: "query 1".to_owned(), sections: vec![section] }.html()
}

fn figure(name: &str, plan: &Plan, after: Option<&Plan>) -> Block {
    Block::Plan { name: name.to_owned(), notes: Vec::new(), plan: Box::new(plan.clone()), after: after.map(|a| Box::new(a.clone())) }
}

#[test]
fn names_can_neither_leave_their_place_nor_the_page() {
    let mut plan = report();
    plan.root.kind = "<script>alert(1)</script>".to_owned();
    plan.root.children[0].relation = Some("\u{1b}[31mred\u{202e}\"<b>`".to_owned());
    plan.root.sort_key = vec!["a\n```\n# heading".to_owned()];
    let drawn = text(&plan, &[], PLAIN_80);
    assert!(!drawn.contains(['\u{1b}', '\u{202e}']));
    let page = page("A \"title\" <x>", vec![figure("p", &plan, None)]);
    assert!(!page.contains("<script") && !page.contains("<b>`") && page.contains("&lt;script&gt;"));
    let markdown = markdown(&plan, &[]);
    assert!(markdown.starts_with("````text\n") && markdown.ends_with("\n````\n"), "{markdown}");
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let (before, after) = before_and_after();
    let page = page("Plans", vec![figure("one", &report(), None), figure("two", &before, Some(&after))]);
    let page_only = page.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !page_only.contains("http://") && !page_only.contains("https://") && !page_only.contains("url(") && !page_only.contains("@import")
    );
    for id in ["one-0", "one-17", "two-before-1", "two-after-4"] {
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        assert_eq!(page.matches(&format!("href=\"#{id}\"")).count(), 1, "{id}");
    }
    assert!(page.contains("color-scheme: light dark") && page.contains("@media print"));
}

#[test]
fn boxes_do_not_cover_each_other() {
    for plan in all() {
        let drawing = Drawing::of(&plan, &[]).folded();
        let layout = super::layout::of(&drawing);
        let shown: Vec<(f64, f64)> = drawing.shown().map(|(at, _)| layout.at[at]).collect();
        for (nth, one) in shown.iter().enumerate() {
            assert!(one.0 >= 0.0 && one.0 + layout.size.0 <= layout.width && one.1 + layout.size.1 <= layout.height);
            for other in &shown[nth + 1..] {
                assert!((one.0 - other.0).abs() >= layout.size.0 || (one.1 - other.1).abs() >= layout.size.1, "{one:?} {other:?}");
            }
        }
    }
}

#[test]
fn a_plan_with_thousands_of_partitions_is_drawn() {
    let children = (0..5000).map(|n| PlanNode { relation: Some(format!("part_{n}")), ..node("Seq Scan", 1.0) }).collect();
    let plan = Plan { root: PlanNode { children, ..node("Append", 5000.0) }, ..Plan::default() };
    assert!(text(&plan, &[], PLAIN_80).contains("and 4,998 more like it, 100% together"));
    assert!(html(&plan, &[], "p").contains("and 4,998 more"));
}
