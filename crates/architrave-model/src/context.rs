//! What a rule may know besides its input: exposure, server, sizes, house rules, time.

use crate::brief::Brief;
use crate::catalog::{Catalog, Function, Grant, Table, View};
use crate::explained::Explained;
use crate::house::HouseRules;
use crate::name::QualifiedName;
use crate::platform::Server;
use crate::settings::Settings;
use crate::stack::Stack;
use crate::stats::Stats;

/// Who can reach the database from outside without a database account: the Data API of Supabase and its like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Schemas that an API serves; empty when there is none.
    pub schemas: Vec<String>,
    /// Roles that outsiders and users act as: `anon`, `authenticated`.
    pub roles: Vec<String>,
}

impl Exposure {
    /// Whether anything is exposed at all.
    pub fn is_none(&self) -> bool {
        self.schemas.is_empty() || self.roles.is_empty()
    }

    /// The exposed roles that hold one of these grants (PUBLIC counts for all), sorted.
    pub fn reached_by(&self, schema: &str, grants: &[Grant]) -> Vec<&str> {
        if !self.schemas.iter().any(|s| s == schema) {
            return Vec::new();
        }
        let public = grants.iter().any(|g| g.is_public() && !g.privileges.is_empty());
        self.roles
            .iter()
            .filter(|r| public || grants.iter().any(|g| &g.grantee == *r && !g.privileges.is_empty()))
            .map(String::as_str)
            .collect()
    }

    /// The exposed roles that may do something with the table.
    pub fn of_table(&self, table: &Table) -> Vec<&str> {
        let mut roles = self.reached_by(&table.name.schema, &table.grants);
        for column in &table.columns {
            roles.extend(self.reached_by(&table.name.schema, &column.grants));
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The exposed roles that may do something with the view.
    pub fn of_view(&self, view: &View) -> Vec<&str> {
        self.reached_by(&view.name.schema, &view.grants)
    }

    /// The exposed roles that may call the function.
    pub fn of_function(&self, function: &Function) -> Vec<&str> {
        self.reached_by(&function.name.schema, &function.grants)
    }
}

/// Facts beside a rule's own input. All references: building one costs nothing.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Catalogue, for rules whose input is something else.
    pub catalog: &'a Catalog,
    /// Statistics, when there are some.
    pub stats: Option<&'a Stats>,
    /// Settings, when there are some.
    pub settings: Option<&'a Settings>,
    /// Server.
    pub server: &'a Server,
    /// Exposure.
    pub exposure: &'a Exposure,
    /// Stack.
    pub stack: &'a Stack,
    /// House rules.
    pub house: &'a HouseRules,
    /// Answers.
    pub brief: &'a Brief,
    /// How the project's scripts went on the private server, when they did.
    pub replay: Option<&'a crate::review::Replay>,
    /// What differs between the project's scripts and this live database, when both were given.
    pub drift: Option<&'a [crate::catalog::compare::Difference]>,
    /// Statements with their plans: of the workload, or the one that is being explained; empty when there are none.
    pub explained: &'a [Explained],
    /// What planning the workload on the twin has shown.
    pub on_twin: Option<&'a crate::on_twin::OnTwin>,
    /// Migrations under judgement (`architrave lint`).
    pub migrations: Option<&'a crate::migration::Migrations>,
    /// What an attack on a private server has shown.
    pub attack: Option<&'a crate::access::AttackReport>,
    /// Unix seconds: the server's clock for a live target, the run's clock otherwise.
    pub now: f64,
}

impl<'a> Context<'a> {
    /// What every run knows; nothing measured, replayed or executed yet.
    pub fn of(
        catalog: &'a Catalog,
        server: &'a Server,
        exposure: &'a Exposure,
        stack: &'a Stack,
        house: &'a HouseRules,
        brief: &'a Brief,
    ) -> Self {
        Self {
            catalog,
            stats: None,
            settings: None,
            server,
            exposure,
            stack,
            house,
            brief,
            replay: None,
            drift: None,
            explained: &[],
            on_twin: None,
            migrations: None,
            attack: None,
            now: 0.0,
        }
    }
}

impl Context<'_> {
    /// Rows of the table: from statistics, else from the brief; none when nothing is known.
    pub fn rows(&self, table: &QualifiedName) -> Option<f64> {
        let counted = self.stats.and_then(|s| s.table(table)).and_then(crate::stats::TableStats::row_estimate);
        counted.or_else(|| self.brief.rows_of(table).map(|n| n as f64))
    }

    /// Bytes of the table with TOAST and indexes, when measured.
    pub fn bytes(&self, table: &QualifiedName) -> Option<i64> {
        self.stats.and_then(|s| s.table(table)).and_then(crate::stats::TableStats::total_bytes)
    }

    /// Rows written since the reset, when counted.
    pub fn writes(&self, table: &QualifiedName) -> Option<i64> {
        self.stats.and_then(|s| s.table(table)).map(crate::stats::TableStats::writes)
    }
}
