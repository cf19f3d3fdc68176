//! What is read from an answer of `EXPLAIN (FORMAT JSON)`: its cost, what it leaves out, and the indexes in it.

use super::reads::Reads;
use architrave_model::plan::Plan;

/// What a plan tells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// The planner's cost of the whole.
    pub(super) cost: f64,
    /// Cost of reads that it does not charge for.
    pub(super) unpaid: f64,
    /// Names of the indexes used.
    pub(super) indexes: Vec<String>,
}

/// Reads a plan.
pub(super) fn read(json: &str, reads: &Reads) -> Option<Told> {
    let plan = serde_json::from_str::<Vec<Plan>>(json).ok()?.into_iter().next()?;
    let indexes = plan.nodes().into_iter().filter_map(|node| node.index.clone()).collect();
    (!plan.root.kind.is_empty()).then(|| Told { cost: plan.root.total_cost, unpaid: reads.unpaid(&plan.root), indexes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_and_indexes_are_read_wherever_they_stand() {
        let json = r#"[{"Plan": {"Node Type": "Append", "Total Cost": 12.5,
            "Plans": [{"Index Name": "a"}, {"Plans": [{"Index Name": "b"}]}]}}]"#;
        let mut told = read(json, &Reads::default()).unwrap();
        told.indexes.sort();
        assert_eq!(told, Told { cost: 12.5, unpaid: 0.0, indexes: vec!["a".into(), "b".into()] });
        assert!(read("[]", &Reads::default()).is_none());
    }
}
