//! Server logs with the plans of `auto_explain` (recorded from version 18, all four formats in each).

use super::super::{PlanForm, ReadPlan, read, read_what_can_be};
use super::clients::essence;

const PLAIN: &str = include_str!("../test_data/server.log.txt");
pub(super) const ALL: [&str; 3] = [PLAIN, include_str!("../test_data/server.csv"), include_str!("../test_data/server.jsonl")];

#[test]
fn all_plans_of_a_log_are_found_with_statement_and_duration() {
    for log in ALL {
        let plans = read(log).unwrap();
        let found: Vec<(PlanForm, usize, &str)> =
            plans.iter().map(|read| (read.form, read.plan.nodes().len(), read.plan.query_text.as_deref().unwrap())).collect();
        let long = "SELECT id, 'marker'\n  FROM orders\n WHERE status = 'it''s \"x\"'\n ORDER BY total;";
        let short = "PREPARE q(int) AS SELECT * FROM customer WHERE id = $1;";
        let wanted: Vec<(PlanForm, usize, &str)> = [PlanForm::Text, PlanForm::Json, PlanForm::Yaml, PlanForm::Xml]
            .iter()
            .flat_map(|form| [(*form, 2, long), (*form, 1, short)])
            .collect();
        assert_eq!(found, wanted);
        assert!(plans.iter().all(|plan| plan.duration_ms.is_some_and(|ms| ms > 0.0)));
        assert!(plans.windows(2).all(|pair| pair[0].line < pair[1].line));
        assert_eq!((plans[0].duration_ms, plans[1].duration_ms), (Some(0.511), Some(0.027)));
    }
}

#[test]
fn the_forms_of_a_log_agree_and_values_of_parameters_are_dropped() {
    let plans = read(PLAIN).unwrap();
    for pair in plans.windows(3).filter(|three| three[0].plan.query_text == three[2].plan.query_text) {
        let (mut first, mut third) = (essence(&pair[0].plan), essence(&pair[2].plan));
        for plan in [&mut first, &mut third] {
            plan.root.sort_space_kb = None;
        }
        assert_eq!(first, third);
    }
    assert!(plans.iter().all(|read| read.plan.other.is_empty()), "{:?}", plans[1].plan.other);
}

#[test]
fn a_log_that_ends_in_the_middle_gives_what_is_whole() {
    let cut = &PLAIN[..PLAIN.find("\"Total Cost\"").unwrap()];
    let reading = read_what_can_be(cut).unwrap();
    assert_eq!(reading.plans.len(), 2);
    let said: Vec<String> = reading.unread.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["line 28: the plan is cut off: the JSON ends in the middle"]);
    assert_eq!(read(cut).unwrap_err(), reading.unread[0]);
}

#[test]
fn lines_of_other_programs_around_an_entry_do_not_matter() {
    let entry: String = PLAIN.lines().take(11).map(|line| format!("{line}\n")).collect();
    let text = format!("Nov 22 host kernel: something\n{entry}2026-11-22 01:52:30 UTC [71] LOG:  checkpoint starting: time\n");
    let plans: Vec<ReadPlan> = read(&text).unwrap();
    assert_eq!((plans.len(), plans[0].line, plans[0].plan.nodes().len()), (1, 7, 2));
}
