//! What is read from an answer of `EXPLAIN (FORMAT JSON)`: its cost and the indexes in it.

use serde_json::Value;

/// Cost of the whole, and names of the indexes used, in the order of the plan.
pub(super) fn read(json: &str) -> Option<(f64, Vec<String>)> {
    let value: Value = serde_json::from_str(json).ok()?;
    let root = value.get(0)?.get("Plan")?;
    let cost = root.get("Total Cost")?.as_f64()?;
    let mut names = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        names.extend(node.get("Index Name").and_then(Value::as_str).map(str::to_owned));
        open.extend(node.get("Plans").and_then(Value::as_array).into_iter().flatten());
    }
    Some((cost, names))
}

#[cfg(test)]
mod tests {
    #[test]
    fn cost_and_indexes_are_read_wherever_they_stand() {
        let json = r#"[{"Plan": {"Total Cost": 12.5, "Plans": [{"Index Name": "a"}, {"Plans": [{"Index Name": "b"}]}]}}]"#;
        let (cost, mut names) = super::read(json).unwrap();
        names.sort();
        assert!((cost - 12.5).abs() < f64::EPSILON);
        assert_eq!(names, ["a", "b"]);
        assert!(super::read("[]").is_none());
    }
}
