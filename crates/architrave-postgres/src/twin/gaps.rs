//! What the twin cannot know: statistics that were never gathered, hidden from the role, or masked, and objects that it lacks.

use super::sizes::Relation;
use architrave_model::stats::TableStats;
use architrave_model::{Gap, QualifiedName, Snapshot, Stats};
use std::collections::BTreeSet;

/// As many names as one gap lists.
const NAMES: usize = 10;

fn list(names: &[String]) -> String {
    let more = if names.len() > NAMES { ", …" } else { "" };
    format!("{}{more}", names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// What the source did not tell.
pub(super) fn of_source(snapshot: &Snapshot, stats: &Stats) -> Vec<Gap> {
    let mut gaps = Vec::from_iter(block_size(snapshot));
    if snapshot.masked {
        let why =
            "the snapshot is masked: most-common values and histograms are missing, so that every constant is taken for an average one";
        gaps.push(Gap::new("column statistics", why, Some("save the snapshot without --mask")));
    }
    let with_rows = |t: &&TableStats| t.rows > 0.0 || t.main_bytes.unwrap_or(0) > 0;
    let known: BTreeSet<&QualifiedName> = stats.columns.iter().map(|c| &c.table).collect();
    let bare: Vec<&TableStats> = stats.tables.iter().filter(with_rows).filter(|t| !known.contains(&t.name)).collect();
    let analyzed = |t: &&TableStats| t.last_analyze.is_some() || t.last_autoanalyze.is_some();
    let superuser = snapshot.server.role.superuser;
    let (hidden, never): (Vec<&TableStats>, Vec<&TableStats>) = bare.into_iter().partition(|t| !superuser && analyzed(t));
    let names = |tables: &[&TableStats]| tables.iter().map(|t| t.name.to_string()).collect::<Vec<_>>();
    if !never.is_empty() {
        let why = format!(
            "never gathered: {}. Plans on them rest on PostgreSQL's guesses (a tenth of a percent to a third of the rows per condition, 200 \
             distinct values), there as here",
            list(&names(&never))
        );
        let remedy = "run ANALYZE on them: plans then follow the real values";
        gaps.push(Gap::new(format!("statistics of {}", count(never.len(), "table", "tables")), why, Some(remedy)));
    }
    if !hidden.is_empty() {
        let why = format!("none were shown: {}. They are planned with PostgreSQL's guesses", list(&names(&hidden)));
        let remedy = "grant SELECT on them to the role that reads, and run ANALYZE";
        gaps.push(Gap::new(format!("column statistics of {}", count(hidden.len(), "table", "tables")), why, Some(remedy)));
    }
    gaps.extend(expressions(snapshot, stats));
    gaps.extend(extended(snapshot, stats));
    gaps
}

/// A twin of another major version plans as that version does. Without version there is no live source.
pub(super) fn version(snapshot: &Snapshot, here: u16) -> Option<Gap> {
    let there = snapshot.server.major();
    let why = format!("the twin runs PostgreSQL {here}, the source {there}: some plans may be those of another version");
    let remedy = format!("architrave postgres install {there}");
    (there != 0 && there != here).then(|| Gap::new("the planner's version", why, Some(&remedy)))
}

/// Expressions of indexes whose statistics the role may not see: `pg_stats` shows those to the owner only.
fn expressions(snapshot: &Snapshot, stats: &Stats) -> Option<Gap> {
    let known: BTreeSet<&QualifiedName> = stats.columns.iter().map(|c| &c.table).collect();
    let tables = snapshot.catalog.tables.iter().filter(|t| known.contains(&t.name));
    let indexes = tables.flat_map(|t| t.indexes.iter().map(|i| (&t.name.schema, i)));
    let bare: Vec<String> = indexes
        .filter(|(_, i)| i.keys.iter().any(|k| k.expression.is_some()))
        .map(|(schema, i)| QualifiedName::new(schema, &i.name))
        .filter(|name| !known.contains(name) && stats.index(&name.schema, &name.name).is_some_and(|i| i.bytes.is_none_or(|b| b > 0)))
        .map(|name| name.to_string())
        .collect();
    let why = format!("none were shown, as to anybody but the owner: {}", list(&bare));
    let remedy = "read the source as the owner of the tables or as a superuser, after ANALYZE";
    (!bare.is_empty() && !snapshot.server.role.superuser)
        .then(|| Gap::new(format!("statistics of the expressions of {}", count(bare.len(), "index", "indexes")), why, Some(remedy)))
}

/// Extended statistics without contents: hidden from all but the owner, or never gathered.
fn extended(snapshot: &Snapshot, stats: &Stats) -> Option<Gap> {
    let known: BTreeSet<&QualifiedName> = stats.extended.iter().map(|e| &e.name).collect();
    let objects = snapshot.catalog.tables.iter().flat_map(|t| &t.statistics).map(|s| &s.name);
    let bare: Vec<String> = objects.filter(|name| !known.contains(name)).map(ToString::to_string).collect();
    let (why, remedy) = if snapshot.server.role.superuser {
        ("never gathered", "run ANALYZE on their tables")
    } else {
        (
            "shown to the owner of the table only, or never gathered",
            "read the source as the owner of the tables or as a superuser, after ANALYZE",
        )
    };
    let why = format!("{why}: {}", list(&bare));
    (!bare.is_empty())
        .then(|| Gap::new(format!("contents of {}", count(bare.len(), "extended statistics", "extended statistics")), why, Some(remedy)))
}

fn block_size(snapshot: &Snapshot) -> Option<Gap> {
    let bytes = snapshot.settings.as_ref()?.text("block_size")?;
    (bytes != "8192")
        .then(|| Gap::new("page size", format!("the source has pages of {bytes} bytes, the twin of 8192: costs of reading differ"), None))
}

/// Tables and indexes that have statistics and are not on the twin.
pub(super) fn missing(relations: &[Relation], stats: &Stats) -> Vec<Gap> {
    let present: BTreeSet<&QualifiedName> = relations.iter().map(|r| &r.name).collect();
    let absent =
        |names: Vec<&QualifiedName>| names.into_iter().filter(|n| !present.contains(n)).map(ToString::to_string).collect::<Vec<_>>();
    let tables = absent(stats.tables.iter().map(|t| &t.name).collect());
    let indexes = absent(stats.indexes.iter().map(|i| &i.name).collect());
    let gap = |names: Vec<String>, one: &str, many: &str| {
        let why = format!("left out, because a statement that makes them failed or was not given: {}", list(&names));
        (!names.is_empty()).then(|| Gap::new(count(names.len(), one, many), why, None))
    };
    [gap(tables, "table", "tables"), gap(indexes, "index", "indexes")].into_iter().flatten().collect()
}
