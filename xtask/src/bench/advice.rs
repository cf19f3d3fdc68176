//! Advice on indexes as the program gives it to a user who asks for JSON.

use super::program::Program;
use super::tpc::Query;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What was advised and what it took.
pub(super) struct Advice {
    /// Indexes to create.
    pub(super) create: Vec<Create>,
    /// Share of the cost that is left, as the advice says.
    pub(super) cost_left: f64,
    /// From start to exit of the program.
    pub(super) time: Duration,
    pub(super) candidates: u64,
    pub(super) asked: u64,
    pub(super) planned: u64,
}

/// An index to create.
pub(super) struct Create {
    /// The statement, fit for a transaction.
    pub(super) sql: String,
    /// The index, quoted and with its schema.
    pub(super) name: String,
    /// Table and what is indexed, for the eye.
    pub(super) columns: String,
    /// Estimated size.
    pub(super) bytes: f64,
}

impl Advice {
    /// Estimated bytes of all.
    pub(super) fn bytes(&self) -> f64 {
        self.create.iter().map(|create| create.bytes).sum()
    }
}

/// Asks for advice within a budget of so many bytes and seconds; with `verify`, what does not survive on generated rows is withdrawn.
pub(super) fn advise(program: &Program, target: &str, queries: &[Query], budget: f64, time: u32, verify: bool) -> anyhow::Result<Advice> {
    let folder = tempfile::tempdir()?;
    let workload = folder.path().join("workload");
    std::fs::create_dir(&workload)?;
    for query in queries {
        std::fs::write(workload.join(format!("q{:02}.sql", query.number)), format!("{};\n", query.sql))?;
    }
    let report = folder.path().join("advice.json");
    let mut command = program.command();
    command.args([
        "index",
        target,
        "--budget",
        &format!("{:.0}kB", (budget / 1024.0).floor()),
        "--time",
        &format!("{time}s"),
        "--workload",
    ]);
    command.arg(&workload).arg("-o").arg(&report);
    if verify {
        command.arg("--verify");
    }
    let started = Instant::now();
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    let time = started.elapsed();
    ensure!(output.status.success(), "architrave index ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    let text = std::fs::read_to_string(&report).context("no advice was written")?;
    let document: Value = serde_json::from_str(&text).context("the advice is no JSON")?;
    read(find(&document).context("the report has no advice on indexes")?, time)
}

/// The advice, wherever in the report it is: the object that has steps and a summary.
fn find(value: &Value) -> Option<&Value> {
    match value {
        Value::Object(fields) if fields.contains_key("steps") && fields.contains_key("summary") && fields.contains_key("search") => {
            Some(value)
        }
        Value::Object(fields) => fields.values().find_map(find),
        Value::Array(values) => values.iter().find_map(find),
        _ => None,
    }
}

fn read(advice: &Value, time: Duration) -> anyhow::Result<Advice> {
    let number = |pointer: &str| advice.pointer(pointer).and_then(Value::as_f64).unwrap_or_default();
    let steps = advice.get("steps").and_then(Value::as_array).context("the advice has no steps")?;
    let mut create = Vec::new();
    for step in steps {
        for sql in step.get("up").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if let Some(index) = created(sql) {
                let bytes = step.get("bytes").and_then(Value::as_f64).unwrap_or_default();
                create.push(Create { bytes, ..index });
            }
        }
    }
    let cost_left = number("/summary/cost_after") / number("/summary/cost_before");
    let count = |pointer: &str| number(pointer) as u64;
    let (candidates, asked, planned) = (count("/search/candidates"), count("/search/asked"), count("/search/planned"));
    Ok(Advice { create, cost_left, time, candidates, asked, planned })
}

/// The parts of `CREATE INDEX [CONCURRENTLY] name ON table …`; none of another statement.
fn created(sql: &str) -> Option<Create> {
    let sql = sql.trim().trim_end_matches(';');
    let lower = sql.to_ascii_lowercase();
    if !lower.starts_with("create index") && !lower.starts_with("create unique index") {
        return None;
    }
    let plain = match lower.find(" concurrently") {
        Some(at) => format!("{}{}", &sql[..at], &sql[at + " concurrently".len()..]),
        None => sql.to_owned(),
    };
    let lower = plain.to_ascii_lowercase();
    let start = lower.find(" index ")? + " index ".len();
    let start = if lower[start..].starts_with("if not exists ") { start + "if not exists ".len() } else { start };
    let on = start + lower[start..].find(" on ")?;
    let table = plain[on + " on ".len()..].split([' ', '(']).next().unwrap_or_default();
    // An index is made in the schema of its table, and named without it.
    let name = plain[start..on].trim();
    let name = match table.rsplit_once('.') {
        Some((schema, _)) if !name.contains('.') => format!("{schema}.{name}"),
        _ => name.to_owned(),
    };
    let columns = plain[on + " on ".len()..].replace(" USING btree", "").replace(" using btree", "");
    Some(Create { name, columns, bytes: 0.0, sql: plain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_index_is_built_in_a_transaction_and_found_in_its_schema() {
        let index = created("CREATE INDEX CONCURRENTLY lineitem_l_orderkey_idx ON public.lineitem USING btree (l_orderkey);").unwrap();
        assert_eq!(index.sql, "CREATE INDEX lineitem_l_orderkey_idx ON public.lineitem USING btree (l_orderkey)");
        assert_eq!(index.name, "public.lineitem_l_orderkey_idx");
        assert_eq!(index.columns, "public.lineitem (l_orderkey)");
        assert_eq!(created("create index if not exists \"A b\" on \"T\" (c)").unwrap().name, "\"A b\"");
        assert!(created("drop index a").is_none());
    }

    #[test]
    fn advice_is_found_within_a_report() {
        let report = json!({"run": {}, "index": {"steps": [{"up": ["create index a on t (b)"], "bytes": 8192.0}, {"up": ["drop index c"]}],
            "summary": {"cost_before": 10.0, "cost_after": 5.0}, "search": {"asked": 7}}});
        let advice = read(find(&report).unwrap(), Duration::ZERO).unwrap();
        assert_eq!((advice.create.len(), advice.asked), (1, 7));
        assert!((advice.cost_left - 0.5).abs() < 1e-9 && (advice.bytes() - 8192.0).abs() < 1e-9);
    }
}
