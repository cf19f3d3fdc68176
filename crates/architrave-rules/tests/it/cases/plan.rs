//! Cases of the rules on plans, each a statement that PostgreSQL executes here: rows, blocks and spills are real, times are not judged.

use crate::facts::{Facts, read_plan};
use crate::pages::verdict;
use crate::server::{Made, server};
use architrave_model::plan::Plan;
use architrave_model::{Catalog, Finding};
use architrave_sql::split::split;
use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

/// A filled database with the statistics that ANALYZE gathered.
pub(crate) struct Filled {
    made: Made,
    catalog: Catalog,
    facts: Facts,
}

impl Filled {
    /// Runs the script statement by statement (VACUUM stands alone); none without a server.
    pub(crate) async fn by(script: &str) -> Option<Self> {
        Self::with(script, "{}").await
    }

    /// The same with facts laid over the defaults.
    pub(crate) async fn with(script: &str, overlay: &str) -> Option<Self> {
        let server = server().await?;
        let mut made = Made::by(server, "").await;
        let statements: Vec<String> = split(script).iter().map(|s| s.text.clone()).collect();
        made.run(&statements, false).await.unwrap();
        let catalog = made.catalog().await;
        let overlay: Value = serde_json::from_str(overlay).unwrap();
        let facts = Facts::new(server.version_num(), Some(&overlay));
        Some(Self { made, catalog, facts })
    }

    /// Runs statements in the same session.
    pub(crate) async fn run(&self, statements: &[String]) {
        self.made.run(statements, false).await.unwrap();
    }

    /// The plan of a statement that was run.
    pub(crate) async fn analyzed(&self, statement: &str) -> Plan {
        self.plan("analyze, buffers, verbose", statement).await
    }

    /// The plan of a statement, with these options.
    pub(crate) async fn plan(&self, options: &str, statement: &str) -> Plan {
        let answer = self.made.client.simple_query(&format!("explain ({options}, format json) {statement}")).await.unwrap();
        let row = answer.iter().find_map(|m| if let SimpleQueryMessage::Row(row) = m { row.get(0) } else { None });
        read_plan(row.unwrap())
    }

    /// What a rule says about a statement that was run.
    pub(crate) async fn said(&mut self, rule: &str, statement: &str) -> Vec<Finding> {
        let plan = self.analyzed(statement).await;
        self.said_of(rule, plan)
    }

    /// What a rule says about a plan.
    pub(crate) fn said_of(&mut self, rule: &str, plan: Plan) -> Vec<Finding> {
        assert!(architrave_rules::registry::find(rule).is_some(), "no rule {rule}");
        self.facts.explained.clear();
        self.facts.explain(plan, None);
        verdict(rule, &self.catalog, &self.facts)
    }
}
