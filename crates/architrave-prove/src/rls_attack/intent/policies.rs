//! All policies of the catalogue, read.

use super::schema;
use super::ways::{Reader, Way};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Catalog, Policy, PolicyCommand};
use std::collections::BTreeMap;

/// One policy with the ways through it.
pub(crate) struct ReadPolicy<'c> {
    pub(crate) policy: &'c Policy,
    /// Through USING; none when there is none or it cannot be read.
    pub(crate) using: Option<Vec<Way>>,
    /// Through WITH CHECK.
    pub(crate) check: Option<Vec<Way>>,
}

impl ReadPolicy<'_> {
    /// Whether it lets rows be read.
    pub(crate) fn reads(&self) -> bool {
        self.policy.permissive && matches!(self.policy.command, PolicyCommand::Select | PolicyCommand::All)
    }

    /// Whether it lets rows be written.
    pub(crate) fn writes(&self) -> bool {
        self.policy.permissive && self.policy.command != PolicyCommand::Select
    }

    /// The ways that a writer goes: through WITH CHECK, else through USING.
    pub(crate) fn write_ways(&self) -> &[Way] {
        self.check.as_deref().or(self.using.as_deref()).unwrap_or_default()
    }

    /// The ways to the rows.
    pub(crate) fn read_ways(&self) -> &[Way] {
        self.using.as_deref().unwrap_or_default()
    }

    /// All ways.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &Way> {
        self.using.iter().chain(&self.check).flatten()
    }
}

fn is_role(default: &str) -> bool {
    default.starts_with("CURRENT_USER") || default.starts_with("SESSION_USER") || default.starts_with("CURRENT_ROLE")
}

/// Policies by table, and what else tells of the identity.
pub(crate) struct Policies<'c> {
    pub(crate) of: BTreeMap<&'c QualifiedName, Vec<ReadPolicy<'c>>>,
    /// Ways through helper functions that stand alone, for what they trust.
    pub(crate) defaults: BTreeMap<&'c QualifiedName, Vec<(String, Vec<Way>)>>,
}

impl<'c> Policies<'c> {
    pub(crate) fn read(catalog: &'c Catalog) -> Self {
        let reader = Reader::new(catalog);
        let mut of = BTreeMap::new();
        let mut defaults = BTreeMap::new();
        for table in schema::tables(catalog) {
            let read = |policy: &'c Policy| {
                let [using, check] = reader.of_policy(&table.name, policy);
                ReadPolicy { policy, using, check }
            };
            of.insert(&table.name, table.policies.iter().map(read).collect());
            // A default that takes the identity reads like a comparison with it.
            let own = table
                .columns
                .iter()
                .filter_map(|c| Some((c, c.default.as_deref().filter(|d| (d.contains('(') || is_role(d)) && c.generated.is_none())?)));
            let own = own.filter(|(_, d)| !d.starts_with("nextval(") && !d.starts_with("now(") && !d.contains("gen_random_uuid"));
            let ways = |(column, default): (&architrave_model::catalog::Column, &str)| {
                let condition = format!("{} = ({default})", architrave_model::name::quote_ident(&column.name));
                Some((column.name.clone(), reader.ways(&table.name, &condition)?))
            };
            defaults.insert(&table.name, own.filter_map(ways).collect());
        }
        Self { of, defaults }
    }

    /// Every way there is.
    pub(crate) fn all_ways(&self) -> impl Iterator<Item = &Way> {
        self.of.values().flatten().flat_map(ReadPolicy::ways)
    }

    /// Ways of defaults.
    pub(crate) fn default_ways(&self) -> impl Iterator<Item = &Way> {
        self.defaults.values().flatten().flat_map(|(_, ways)| ways)
    }
}
