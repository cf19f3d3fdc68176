//! Which part of the report a finding (and the rule behind it) belongs to: the only place that decides.

use architrave_model::rule::Area;

/// The parts that hold findings, named after their headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartId {
    TechnologyStack,
    SchemaAndRelationships,
    Bottlenecks,
    ScalingLimits,
    EntityRelationships,
    Normalization,
    DataTypes,
    Constraints,
    Queries,
    Indexes,
    PoolingAndCaching,
    Configuration,
    HorizontalAndVertical,
    ReplicasAndSharding,
    CachingLayer,
    LoadBalancing,
    SchemaMigrations,
    DataMigration,
    VersionControl,
    ZeroDowntime,
    PrioritizedActions,
    SpecificSteps,
    RiskAndMitigation,
    TestingAndValidation,
    BackupStrategy,
    DisasterRecovery,
    PointInTimeRecovery,
    Integrity,
    Supabase,
    NodeFlask,
    Orm,
    FrameworkSecurity,
}

impl PartId {
    /// Whether rules of this part look at tables and indexes rather than at the server or the files.
    pub(crate) fn is_about_objects(self) -> bool {
        use PartId as P;
        !matches!(
            self,
            P::TechnologyStack
                | P::Configuration
                | P::PoolingAndCaching
                | P::LoadBalancing
                | P::ReplicasAndSharding
                | P::SchemaMigrations
                | P::VersionControl
                | P::ZeroDowntime
                | P::BackupStrategy
                | P::DisasterRecovery
                | P::PointInTimeRecovery
                | P::Integrity
        )
    }
}

/// The part of a rule, by its area, refined by what its id says. `supabase`: the review has a Data API in it.
pub(crate) fn part_of(rule: &str, area: Option<Area>, supabase: bool) -> PartId {
    let (group, problem) = rule.split_once('/').unwrap_or((rule, ""));
    let says = |words: &[&str]| words.iter().any(|w| problem.contains(w));
    match area.or_else(|| area_of_group(group)) {
        Some(Area::Modeling) if matches!(group, "naming" | "table" | "house") => PartId::EntityRelationships,
        Some(Area::Modeling) => PartId::Constraints,
        Some(Area::Types) => PartId::DataTypes,
        Some(Area::Documentation) => PartId::EntityRelationships,
        Some(Area::Performance) if group != "index" && says(&["scan", "statement", "query", "slow"]) => PartId::Queries,
        Some(Area::Performance) if says(&["vacuum", "analyze", "bloat"]) => PartId::Configuration,
        Some(Area::Performance) if says(&["connection", "pool", "cache"]) => PartId::PoolingAndCaching,
        Some(Area::Performance) => PartId::Indexes,
        Some(Area::Scaling) if says(&["partition", "shard", "large"]) => PartId::HorizontalAndVertical,
        Some(Area::Scaling) if says(&["replica", "standby", "slot", "lag"]) => PartId::ReplicasAndSharding,
        Some(Area::Scaling) => PartId::ScalingLimits,
        Some(Area::Migrations) if says(&["down", "rollback", "drift"]) => PartId::VersionControl,
        Some(Area::Migrations) if says(&["lock", "rewrite", "concurrently"]) => PartId::ZeroDowntime,
        Some(Area::Migrations) => PartId::SchemaMigrations,
        Some(Area::Recovery) if says(&["archiv", "pitr", "wal"]) => PartId::PointInTimeRecovery,
        Some(Area::Recovery) if says(&["checksum", "corrupt", "fsync"]) => PartId::Integrity,
        Some(Area::Recovery) if says(&["standby", "failover", "replica"]) => PartId::DisasterRecovery,
        Some(Area::Recovery) => PartId::BackupStrategy,
        Some(Area::Security) if supabase && !matches!(group, "clerk" | "column" | "server" | "hba") => PartId::Supabase,
        Some(Area::Security) => PartId::FrameworkSecurity,
        Some(Area::Operations) => PartId::Configuration,
        None => PartId::SchemaAndRelationships,
    }
}

/// The usual area of a rule, by its id.
pub(crate) fn area_of(rule: &str) -> Option<Area> {
    area_of_group(rule.split_once('/').map_or(rule, |(group, _)| group))
}

/// The usual area of a group, for findings that no listed rule made (a failing statement, drift).
fn area_of_group(group: &str) -> Option<Area> {
    Some(match group {
        "key" | "constraint" | "column" | "table" | "trigger" | "naming" | "house" | "schema" => Area::Modeling,
        "type" => Area::Types,
        "index" | "query" => Area::Performance,
        "access" | "rls" | "clerk" | "view" | "function" | "role" | "hba" | "secret" => Area::Security,
        "migration" | "replay" | "drift" => Area::Migrations,
        "backup" | "recovery" | "archive" => Area::Recovery,
        "server" | "setting" => Area::Operations,
        "connection" | "scaling" => Area::Scaling,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_go_where_a_reader_looks_for_them() {
        let part = |rule, area| part_of(rule, Some(area), true);
        assert_eq!(part("index/foreign-key-unindexed", Area::Performance), PartId::Indexes);
        assert_eq!(part("table/sequential-scans", Area::Performance), PartId::Queries);
        assert_eq!(part("key/primary-key-missing", Area::Modeling), PartId::Constraints);
        assert_eq!(part("table/comment-missing", Area::Documentation), PartId::EntityRelationships);
        assert_eq!(part("rls/policy-column-unindexed", Area::Performance), PartId::Indexes);
        assert_eq!(part("rls/disabled-on-exposed-table", Area::Security), PartId::Supabase);
        assert_eq!(part_of("rls/disabled-on-exposed-table", Some(Area::Security), false), PartId::FrameworkSecurity);
        assert_eq!(part("clerk/user-id-not-unique", Area::Security), PartId::FrameworkSecurity);
        assert_eq!(part("backup/archiving-off", Area::Recovery), PartId::PointInTimeRecovery);
        assert_eq!(part_of("migration/statement-failed", None, false), PartId::SchemaMigrations);
        assert_eq!(part_of("something/else", None, false), PartId::SchemaAndRelationships);
    }
}
