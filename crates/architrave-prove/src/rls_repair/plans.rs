//! What a repair costs at the size of production: the same statement planned on a twin before and after, as the people it is for.

use crate::ground::set_config;
use crate::rls_attack::AttackError;
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, ActorKind, AttackReport, Repair, Target};
use architrave_model::name::quote_ident;
use architrave_postgres::Client;

/// How much dearer reading the whole table may become: a condition per row is the price of a table that was open.
const DEARER: f64 = 2.0;

/// Where plans are made: a session on a twin, as the owner of its objects.
pub struct PlanCheck<'a> {
    /// The session; every trial is rolled back.
    pub twin: &'a Client,
}

impl PlanCheck<'_> {
    /// Why the repair is too dear; none when it is not, or when it cannot be planned there (which the transcript says).
    pub(super) async fn objection(
        &self,
        repair: &Repair,
        report: &AttackReport,
        transcript: &mut Vec<String>,
    ) -> Result<Option<String>, AttackError> {
        let doing = || AttackError::doing("plan a repair on the twin");
        let Some(actor) = report.actors.iter().find(|a| a.kind == ActorKind::Owner) else { return Ok(None) };
        let mut objection = None;
        for table in tables(repair, report) {
            self.twin.batch_execute("begin").await.map_err(doing())?;
            let costs = self.costs(repair, actor, &table).await;
            self.twin.batch_execute("rollback").await.map_err(doing())?;
            match costs {
                Ok((before, after)) => {
                    transcript.push(format!("-- on the twin: select from {table} cost {before:.0} before, {after:.0} after"));
                    // Nobody could read it before what was stated: there is nothing to compare with.
                    if !repair.closes.is_empty() && after > before * DEARER + 10.0 {
                        objection.get_or_insert(format!(
                            "reading {table} costs {after:.0} after it and {before:.0} before, at the size of production"
                        ));
                    }
                }
                Err(message) => transcript.push(format!("-- on the twin {table} could not be planned: {message}")),
            }
        }
        Ok(objection)
    }

    async fn costs(&self, repair: &Repair, actor: &Actor, table: &QualifiedName) -> Result<(f64, f64), String> {
        // Before 16 who may create roles is no member of them.
        let join = format!("savepoint member; grant {} to current_user", quote_ident(&actor.role));
        if self.twin.batch_execute(&join).await.is_err() {
            self.run("rollback to savepoint member").await?;
        }
        let before = self.cost(actor, table).await?;
        // An index on the twin would be built over the rows that are not there; without it the comparison errs on the safe side.
        for statement in repair.up.iter().filter(|s| !s.starts_with("create index")) {
            self.run(statement).await?;
        }
        Ok((before, self.cost(actor, table).await?))
    }

    async fn cost(&self, actor: &Actor, table: &QualifiedName) -> Result<f64, String> {
        let mut sql = format!("set local role {}", quote_ident(&actor.role));
        for (name, value) in &actor.settings {
            sql.push_str(&format!("; select {}", set_config(name, value)));
        }
        self.run(&sql).await?;
        let answer = self.twin.simple_query(&format!("explain (format json) select * from {}", table.sql())).await;
        let answer = answer.map_err(|e| crate::round_trip::refusal(&e))?;
        self.run("set local role none").await?;
        let text = crate::ground::rows(&answer).into_iter().flatten().flatten().collect::<Vec<_>>().join("\n");
        let plan: serde_json::Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        plan.pointer("/0/Plan/Total Cost").and_then(serde_json::Value::as_f64).ok_or_else(|| "the plan has no cost".to_owned())
    }

    async fn run(&self, sql: &str) -> Result<(), String> {
        self.twin.batch_execute(sql).await.map_err(|e| crate::round_trip::refusal(&e))
    }
}

/// The tables that a repair writes policies for, of those it closes ways into or somebody has stated something of.
fn tables(repair: &Repair, report: &AttackReport) -> Vec<QualifiedName> {
    let mut all: Vec<QualifiedName> = Vec::new();
    for cell in repair.closes.iter().filter_map(|at| report.attacks.get(*at)).filter_map(|a| report.cells.get(a.cell)) {
        if let Target::Table { name } = &cell.target
            && repair.up.iter().any(|s| s.starts_with("create policy"))
            && !all.contains(name)
        {
            all.push(name.clone());
        }
    }
    let stated = report.intent.relations.iter().filter(|_| repair.closes.is_empty());
    all.extend(
        stated.map(|r| &r.relation).filter(|name| repair.up.iter().any(|s| s.contains(&format!(" on {} for ", name.sql())))).cloned(),
    );
    all
}
