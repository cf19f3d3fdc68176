//! The same plan as psql, pgAdmin, DataGrip and others print, export and copy it (recorded from version 18).

use super::super::{PlanForm, read};
use architrave_model::plan::{Plan, PlanNode};

/// Title and text of each recording.
pub(super) fn recordings() -> Vec<(&'static str, &'static str)> {
    include_str!("../test_data/clients.txt").split("=== ").skip(1).map(|part| part.split_once('\n').unwrap()).collect()
}

/// Without what the text form does not tell.
pub(super) fn essence(plan: &Plan) -> Plan {
    fn quiet(node: &mut PlanNode) {
        for flag in [&mut node.parallel_aware, &mut node.async_capable, &mut node.disabled] {
            *flag = flag.filter(|set| *set);
        }
        node.children.iter_mut().for_each(quiet);
    }
    let mut plan = plan.clone();
    quiet(&mut plan.root);
    plan
}

#[test]
fn every_client_prints_the_same_plan() {
    let recordings = recordings();
    assert!(recordings.len() > 30);
    let (_, bare) = recordings.iter().find(|(title, _)| *title == "psql, tuples only").unwrap();
    let wanted = essence(&read(bare).unwrap()[0].plan);
    assert_eq!(wanted.nodes().len(), 2);
    assert_eq!(wanted.nodes()[1].filter.as_deref(), Some(r#"(status <> 'it''s, "x" +'::text)"#));
    for (title, text) in recordings {
        for (also, text) in [
            ("", text.to_owned()),
            (" with ends of lines of Windows", text.replace('\n', "\r\n")),
            (" with a byte order mark", format!("\u{feff}{text}")),
        ] {
            let plans = read(&text).unwrap_or_else(|error| panic!("{title}{also}: {error}"));
            assert_eq!(plans.len(), 1, "{title}{also}");
            assert_eq!(essence(&plans[0].plan), wanted, "{title}{also}");
        }
    }
}

#[test]
fn several_plans_in_one_text_are_several() {
    let all: String = recordings()
        .iter()
        .filter(|(title, _)| title.starts_with("psql, border") || title.contains("json, border"))
        .map(|(_, text)| *text)
        .collect();
    let plans = read(&all).unwrap();
    assert_eq!(plans.len(), 7);
    let lines: Vec<usize> = plans.iter().map(|plan| plan.line).collect();
    assert!(lines.is_sorted() && lines[0] == 3, "{lines:?}");
    assert_eq!(plans.iter().filter(|plan| plan.form == PlanForm::Json).count(), 3);
}

#[test]
fn plans_of_a_rewritten_statement_follow_one_another() {
    let text = "Insert on a  (cost=0.00..0.01 rows=1 width=4)\n  ->  Result  (cost=0.00..0.01 rows=1 width=4)\n\nUpdate on b  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4)\nPlanning Time: 0.1 ms";
    let plans = read(text).unwrap();
    assert_eq!(
        plans.iter().map(|plan| (plan.line, plan.plan.root.operation.clone().unwrap())).collect::<Vec<_>>(),
        [(1, "Insert".to_owned()), (4, "Update".to_owned())]
    );
}

#[test]
fn a_statement_beside_its_plan_is_passed_over() {
    let text = "Slow:\n```sql\nSELECT * FROM a\n```\nbecause of\n```\nSeq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n```\n";
    let plans = read(text).unwrap();
    assert_eq!((plans.len(), plans[0].line), (1, 7));
}
