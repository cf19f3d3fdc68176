//! One plan, four forms, one value.

use super::super::{PlanForm, ReadPlan, read};
use super::corpus::{self, Case, Shop};
use architrave_model::plan::{Buffers, Extra, Plan, PlanNode};
use std::fmt::Write as _;

/// Takes out what the text form does not tell and the others do: flags that are false, zeros of settings.
fn told(plan: &mut Plan, verbose: bool) {
    each(&mut plan.root, &mut |node| {
        for flag in [&mut node.parallel_aware, &mut node.async_capable, &mut node.disabled, &mut node.inner_unique] {
            *flag = flag.filter(|set| *set);
        }
        if !verbose {
            node.inner_unique = None;
            if node.kind == "Function Scan" && node.function.as_ref() == node.alias.as_ref() {
                node.function = None;
            }
        }
        node.subplans_removed = node.subplans_removed.filter(|removed| *removed > 0.0);
        // Up to version 13 the children of ModifyTable are members even when there is one.
        if node.kind == "ModifyTable" {
            node.children.iter_mut().filter(|child| child.parent_relationship.as_deref() == Some("Member")).for_each(|child| {
                child.parent_relationship = Some("Outer".into());
            });
        }
        node.other.retain(|_, value| !matches!(value, Extra::Bool(false)));
        node.other.retain(|key, value| !(key == "Planned Partitions" && *value == Extra::Int(0)));
    });
    plan.other.remove("Planning");
    // The text form names the table only where several could be meant.
    plan.triggers.iter_mut().for_each(|trigger| trigger.relation = None);
    if !verbose {
        plan.triggers.iter_mut().filter(|trigger| trigger.constraint.is_some()).for_each(|trigger| trigger.name.clear());
    }
}

/// Replaces what differs from run to run by its mere presence.
fn measured(plan: &mut Plan) {
    for ms in [&mut plan.planning_ms, &mut plan.execution_ms] {
        *ms = ms.map(|_| 1.0);
    }
    plan.triggers.iter_mut().for_each(|trigger| trigger.ms = trigger.ms.map(|_| 1.0));
    if let Some(serialization) = &mut plan.serialization {
        serialization.ms = serialization.ms.map(|_| 1.0);
    }
    if let Some(timing) = plan.jit.as_mut().and_then(|jit| jit.timing.as_mut()) {
        for ms in [&mut timing.inlining, &mut timing.optimization, &mut timing.emission, &mut timing.total] {
            *ms = ms.map(|_| 1.0);
        }
        if let Some(Extra::Float(_) | Extra::Int(_)) = timing.generation {
            timing.generation = Some(Extra::Float(1.0));
        }
        if let Some(Extra::Map(parts)) = &mut timing.generation {
            for ms in parts.values_mut() {
                *ms = Extra::Float(1.0);
            }
        }
    }
    each(&mut plan.root, &mut |node| {
        let value = serde_json::to_value(&*node).unwrap();
        let mut fields = value.as_object().unwrap().clone();
        fields.remove("Plans");
        blank(&mut fields);
        let children = std::mem::take(&mut node.children);
        *node = serde_json::from_value(serde_json::Value::Object(fields)).unwrap();
        node.children = children;
    });
}

fn blank(fields: &mut serde_json::Map<String, serde_json::Value>) {
    let changing = [
        "Time",
        "Cost",
        "Blocks",
        "WAL",
        "Memory",
        "Usage",
        "Heap Fetches",
        "Space",
        "Groups",
        "Storage",
        "Plan Rows",
        "Tuples",
        "Index Searches",
        "Recheck",
    ];
    for (key, value) in fields {
        if changing.iter().any(|word| key.contains(word)) && value.is_number() {
            *value = 1.into();
        }
        if let Some(workers) = value.as_array_mut() {
            for worker in workers.iter_mut().filter_map(|worker| worker.as_object_mut()) {
                blank(worker);
                worker.iter_mut().filter(|(key, _)| key.as_str() != "Worker Number").for_each(|(_, value)| {
                    if value.is_number() {
                        *value = 1.into();
                    }
                });
            }
        } else if let Some(group) = value.as_object_mut() {
            blank(group);
        }
    }
}

fn each(node: &mut PlanNode, change: &mut dyn FnMut(&mut PlanNode)) {
    change(node);
    node.children.iter_mut().for_each(|child| each(child, change));
}

fn only(text: &str, form: PlanForm) -> Plan {
    let mut plans: Vec<ReadPlan> = read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(plans.len(), 1, "{text}");
    let mut read = plans.remove(0);
    assert_eq!((read.form, read.line), (form, if form == PlanForm::Xml { 2 } else { 1 }), "{text}");
    let mut touched = false;
    each(&mut read.plan.root, &mut |node| touched |= blocks(node).any(|(_, blocks)| blocks > 0.0));
    if !touched {
        each(&mut read.plan.root, &mut |node| {
            node.buffers = Buffers::default();
            node.other.retain(|key, _| !key.ends_with(" Blocks"));
        });
    }
    read.plan
}

/// Counts of BUFFERS; the text form does not tell that they were asked for when all are 0.
fn blocks(node: &PlanNode) -> impl Iterator<Item = (String, f64)> {
    let fields = serde_json::to_value(&node.buffers).unwrap();
    fields.as_object().unwrap().clone().into_iter().filter_map(|(key, blocks)| Some((key, blocks.as_f64()?)))
}

/// Compares the four forms; gives what differs.
async fn differences(shop: &Shop, case: &Case, options: &str) -> Option<String> {
    let verbose = options.contains("VERBOSE");
    let mut plans = Vec::new();
    for (form, word) in [(PlanForm::Json, "JSON"), (PlanForm::Text, "TEXT"), (PlanForm::Yaml, "YAML"), (PlanForm::Xml, "XML")] {
        let text = shop.explain(case, &format!("{options}FORMAT {word}")).await?;
        let mut plan = only(&text, form);
        if options.contains("ANALYZE") {
            measured(&mut plan);
        }
        if form == PlanForm::Yaml {
            assert_eq!(
                told_of(plan.clone(), verbose),
                told_of(plans.first().map(|(_, plan): &(String, Plan)| plan.clone()).unwrap(), verbose),
                "{}: {text}",
                case.name
            );
        }
        plans.push((text, plan));
    }
    let mut said = String::new();
    let json = told_of(plans[0].1.clone(), verbose);
    for (text, plan) in &plans[1..] {
        let plan = told_of(plan.clone(), verbose);
        if plan != json {
            let (ours, theirs) = (serde_json::to_string_pretty(&plan).unwrap(), serde_json::to_string_pretty(&json).unwrap());
            let lines: Vec<(&str, &str)> = ours.lines().zip(theirs.lines()).filter(|(ours, theirs)| ours != theirs).take(4).collect();
            writeln!(said, "## {} ({options})\n{text}\n{lines:#?}", case.name).unwrap();
        }
    }
    Some(said)
}

fn told_of(mut plan: Plan, verbose: bool) -> Plan {
    told(&mut plan, verbose);
    plan
}

async fn check(options: &str) {
    let Some(shop) = corpus::shop().await else { return };
    let mut said = String::new();
    let mut compared = 0;
    for case in corpus::cases() {
        if let Some(differences) = differences(&shop, &case, options).await {
            compared += 1;
            said.push_str(&differences);
        }
    }
    assert!(said.is_empty(), "{said}");
    assert!(compared >= 40, "{compared} statements");
}

#[tokio::test]
async fn a_plan_is_the_same_in_all_forms() {
    check("").await;
}

#[tokio::test]
async fn a_plan_without_costs_is_the_same_in_all_forms() {
    check("COSTS OFF, ").await;
}

#[tokio::test]
async fn a_verbose_plan_is_the_same_in_all_forms() {
    check("VERBOSE, SETTINGS, ").await;
}

#[tokio::test]
async fn an_executed_plan_is_the_same_in_all_forms() {
    check("ANALYZE, BUFFERS, ").await;
}

#[tokio::test]
async fn an_executed_verbose_plan_is_the_same_in_all_forms() {
    check("ANALYZE, VERBOSE, BUFFERS, TIMING OFF, ").await;
}
