//! Tries `CREATE STATISTICS` on a twin. What ANALYZE would find is in the rows, which a twin has not; but a run of the statement has told how many
//! rows there are, and from that follows what the new object would have to say. The twin gets an object that says so.

use super::mask;
use super::planning::{plan, same_shape};
use super::trials::Trial;
use crate::error::AppError;
use crate::twin;
use architrave_model::explanation::{Outcome, PlanTrial};
use architrave_model::finding::{Fix, Value};
use architrave_model::plan::{Plan, PlanNode};
use architrave_model::stats::ExtendedStats;
use architrave_model::{Finding, QualifiedName, Snapshot};
use architrave_postgres::Client;
use architrave_postgres::twin::{Twin, TwinOptions};

/// An estimate is mended when it is off by less than this factor.
const MENDED: f64 = 3.0;
/// Name of the object on the twin.
const OBJECT: &str = "architrave_trial";

/// The statement of a fix in its parts.
struct Wanted {
    table: QualifiedName,
    /// As SQL, with commas.
    columns: String,
    count: i16,
}

/// What the estimate is of.
enum Estimate {
    /// Rows of one table that meet conditions: a query for them.
    Rows(String),
    /// Groups by these keys.
    Groups(Vec<String>),
}

impl Trial<'_> {
    /// Tries the statistics that a finding about a wrong estimate asks for; none when the fix is another or the run's figures are not known.
    pub(super) async fn with_statistics(&self, finding: &Finding, fix: &Fix) -> Result<Option<PlanTrial>, AppError> {
        let catalog = &self.bench.source.target.snapshot.catalog;
        let (Some(wanted), Some(expected), Some(found)) =
            (wanted(fix, catalog), figure(finding, "rows expected"), figure(finding, "rows found"))
        else {
            return Ok(None);
        };
        let Some(estimate) = estimate_of(self.before, &wanted, expected) else { return Ok(None) };
        let mut trial = PlanTrial {
            title: fix.title.replacen("gather ", "", 1),
            statements: fix.up.clone(),
            undo: fix.down.clone(),
            rules: vec![finding.rule.clone()],
            ..self.blank()
        };
        if let Err(reason) = self.try_statistics(&mut trial, &wanted, &estimate, found).await? {
            trial.verdict = Outcome::Unknown;
            trial.reason = Some(reason);
        }
        Ok(Some(trial))
    }

    /// The inner error is why nothing can be said.
    async fn try_statistics(
        &self,
        trial: &mut PlanTrial,
        wanted: &Wanted,
        estimate: &Estimate,
        found: f64,
    ) -> Result<Result<(), String>, AppError> {
        let now = match self.estimated(&self.bench.client, estimate).await {
            Ok(now) => now,
            Err(reason) => return Ok(Err(reason)),
        };
        let says = match estimate {
            Estimate::Groups(_) => Says::Groups(found),
            Estimate::Rows(_) if found < now => {
                let why = "fewer rows than expected: which combinations are rare is in the rows, of which a twin has none";
                return Ok(Err(why.to_owned()));
            }
            Estimate::Rows(_) => {
                let most = match self.on_twin_that(wanted, &Says::Dependency(1.0), estimate).await? {
                    Ok((_, most)) => most,
                    Err(reason) => return Ok(Err(reason)),
                };
                // The estimate is linear in the degree of the dependency.
                let degree = if most > now { ((found - now) / (most - now)).clamp(0.0, 1.0) } else { 0.0 };
                Says::Dependency(degree)
            }
        };
        let (after, then) = match self.on_twin_that(wanted, &says, estimate).await? {
            Ok(seen) => seen,
            Err(reason) => return Ok(Err(reason)),
        };
        trial.cost_after = after.root.total_cost;
        let off = (then.max(1.0) / found.max(1.0)).max(found.max(1.0) / then.max(1.0));
        let rows = format!("with what a run has shown the planner expects {then:.0} rows instead of {now:.0}, where {found:.0} were found");
        (trial.verdict, trial.reason) = match (off <= MENDED, same_shape(self.before, &after)) {
            (true, false) => (Outcome::Proved, Some(format!("{rows}, and takes another plan; the cost before rested on the wrong number"))),
            (true, true) => (Outcome::Refuted, Some(format!("{rows}, and still takes the same plan"))),
            (false, _) => (Outcome::Refuted, Some(format!("{rows}: these statistics do not mend the estimate"))),
        };
        if !same_shape(self.before, &after) {
            trial.plan_after = Some(mask::plan(&after, self.hide));
        }
        Ok(Ok(()))
    }

    /// The statement's plan and the estimate on a twin whose statistics object says so.
    async fn on_twin_that(&self, wanted: &Wanted, says: &Says, estimate: &Estimate) -> Result<Result<(Plan, f64), String>, AppError> {
        let source = self.bench.source;
        let mut ddl = twin::schema(source);
        let name = QualifiedName::new(&wanted.table.schema, OBJECT);
        ddl.push(format!("create statistics {} on {} from {}", name.sql(), wanted.columns, wanted.table.sql()));
        let mut snapshot: Snapshot = source.target.snapshot.clone();
        let Some(stats) = &mut snapshot.stats else { return Ok(Err("there are no statistics".to_owned())) };
        let keys: Vec<i16> = (1..=wanted.count).collect();
        let mut object = ExtendedStats { name, table: wanted.table.clone(), keys, ..ExtendedStats::default() };
        match says {
            Says::Dependency(degree) => object.dependencies = Some(dependencies(wanted.count, *degree)),
            Says::Groups(groups) => object.distinct = Some(distinct(wanted.count, *groups)),
        }
        stats.extended.push(object);
        let twin = Twin::build(&self.bench.standing.server, &ddl, &snapshot, &TwinOptions::default()).await?;
        let client = twin.connect().await?;
        let planned = match plan(&client, self.sql, self.settings).await {
            Ok(planned) => planned,
            Err(reason) => return Ok(Err(reason)),
        };
        let rows = self.estimated(&client, estimate).await;
        Ok(rows.map(|rows| (planned, rows)))
    }

    async fn estimated(&self, client: &Client, estimate: &Estimate) -> Result<f64, String> {
        match estimate {
            Estimate::Rows(query) => Ok(plan(client, query, self.settings).await?.root.rows),
            Estimate::Groups(keys) => {
                let planned = plan(client, self.sql, self.settings).await?;
                let node = planned.nodes().into_iter().find(|node| node.group_key == *keys).map(|node| node.rows);
                node.ok_or_else(|| "the new plan groups in another way, so that its estimate cannot be compared".to_owned())
            }
        }
    }
}

/// What the new object says.
enum Says {
    /// Each column follows from the others in this share of the rows.
    Dependency(f64),
    /// So many combinations.
    Groups(f64),
}

fn figure(finding: &Finding, fact: &str) -> Option<f64> {
    finding.evidence.iter().find(|e| e.fact == fact).and_then(|e| match e.value {
        Value::Float(value) => Some(value),
        Value::Int(value) => Some(value as f64),
        _ => None,
    })
}

/// `create statistics NAME on COLUMNS from TABLE` as the rules write it; none for names that need care.
fn wanted(fix: &Fix, catalog: &architrave_model::Catalog) -> Option<Wanted> {
    let rest = fix.up.first()?.strip_prefix("create statistics ")?;
    let (_, rest) = rest.split_once(" on ")?;
    let (columns, table) = rest.split_once(" from ")?;
    if columns.contains('"') {
        return None;
    }
    let table = catalog.tables.iter().find(|t| t.name.sql() == table)?.name.clone();
    let count = i16::try_from(columns.split(',').count()).ok()?;
    (count >= 2).then(|| Wanted { table, columns: columns.to_owned(), count })
}

/// The node that the finding speaks of, in the plan of the twin, as something that can be asked again.
fn estimate_of(before: &Plan, wanted: &Wanted, expected: f64) -> Option<Estimate> {
    let near = |node: &&PlanNode| (node.rows - expected).abs() <= expected * 0.01 + 1.0;
    let nodes = before.nodes();
    let scan = nodes.iter().copied().filter(near).find(|n| n.relation.as_deref() == Some(&wanted.table.name) && !conditions(n).is_empty());
    if let Some(scan) = scan {
        let alias = scan.alias.as_deref().unwrap_or(&wanted.table.name);
        let alias = architrave_model::name::quote_ident(alias);
        let all = conditions(scan).iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" and ");
        return Some(Estimate::Rows(format!("select from {} as {alias} where {all}", wanted.table.sql())));
    }
    let grouped = nodes.iter().copied().filter(near).find(|n| n.group_key.len() == usize::try_from(wanted.count).unwrap_or(0));
    grouped.map(|node| Estimate::Groups(node.group_key.clone()))
}

fn conditions(node: &PlanNode) -> Vec<&str> {
    let mut all: Vec<&str> = [&node.index_cond, &node.recheck_cond, &node.filter].into_iter().filter_map(|c| c.as_deref()).collect();
    all.dedup();
    all
}

/// Each column from each other, and from all others together.
fn dependencies(count: i16, degree: f64) -> String {
    let mut all = Vec::new();
    for to in 1..=count {
        for from in (1..=count).filter(|from| *from != to) {
            all.push(format!("\"{from} => {to}\": {degree:.6}"));
        }
        if count > 2 {
            let from: Vec<String> = (1..=count).filter(|from| *from != to).map(|from| from.to_string()).collect();
            all.push(format!("\"{} => {to}\": {degree:.6}", from.join(", ")));
        }
    }
    format!("{{{}}}", all.join(", "))
}

fn distinct(count: i16, groups: f64) -> String {
    let all: Vec<String> = (1..=count).map(|n| n.to_string()).collect();
    format!("{{\"{}\": {groups:.0}}}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_say_what_they_must_in_postgresqls_own_form() {
        assert_eq!(dependencies(2, 0.5), r#"{"2 => 1": 0.500000, "1 => 2": 0.500000}"#);
        assert!(dependencies(3, 1.0).contains(r#""1, 2 => 3": 1.000000"#));
        assert_eq!(distinct(3, 41.6), r#"{"1, 2, 3": 42}"#);
    }
}
