//! The five-line assessment: size, scope, complexity, context, stage, each with the figures it rests on.

use architrave_model::catalog::Table;
use architrave_model::review::{AssessmentLine, Review, Target, TargetKind};
use architrave_model::scope::Scope;
use architrave_model::stack::StackKind;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The five lines, in order.
pub fn lines(review: &Review) -> Vec<AssessmentLine> {
    vec![size(review), scope(review), complexity(review), context(review), stage(review)]
}

fn line(key: &str, value: impl Into<String>, because: impl Into<String>) -> AssessmentLine {
    AssessmentLine { key: key.to_owned(), value: value.into(), because: because.into() }
}

fn size(review: &Review) -> AssessmentLine {
    let stats: Vec<_> = review.targets.iter().filter_map(|t| t.snapshot.stats.as_ref()).collect();
    if stats.is_empty() {
        let asked: u64 = review.brief.rows.values().sum();
        if asked > 0 {
            return line(
                "size",
                size_word(asked as f64 * 200.0),
                format!("{} rows expected by [brief] rows over {} tables", asked, review.brief.rows.len()),
            );
        }
        return line("size", "unknown", "no live database and no [brief] rows: only the schema was read");
    }
    let bytes: f64 =
        stats.iter().flat_map(|s| &s.tables).filter_map(architrave_model::stats::TableStats::total_bytes).map(|b| b as f64).sum();
    let rows: f64 = stats.iter().flat_map(|s| &s.tables).filter_map(architrave_model::stats::TableStats::row_estimate).sum();
    let largest = stats.iter().flat_map(|s| &s.tables).max_by_key(|t| t.total_bytes());
    let mut because = format!("{} in tables and indexes, about {} rows", bytes_text(bytes), count_text(rows));
    if let Some(table) = largest
        && let Some(total) = table.total_bytes()
        && total > 0
    {
        let _infallible = write!(because, "; the largest table is {} with {}", table.name, bytes_text(total as f64));
    }
    line("size", size_word(bytes), because)
}

fn size_word(bytes: f64) -> &'static str {
    match bytes {
        b if b < 1e9 => "small",
        b if b < 1e11 => "medium",
        b if b < 1e12 => "large",
        _ => "very large",
    }
}

fn scope(review: &Review) -> AssessmentLine {
    let own = own_tables(review);
    let schemas: BTreeSet<&str> = own.iter().map(|t| t.name.schema.as_str()).collect();
    let columns: usize = own.iter().map(|t| t.columns.len()).sum();
    let views: usize = counted(review)
        .map(|t| t.snapshot.catalog.views.iter().filter(|v| v.extension.is_none() && reviewed(review, t).covers(&v.name.schema)).count())
        .sum();
    let value = format!("{} in {}", plural(own.len(), "table"), plural(schemas.len(), "schema"));
    let because = format!("{}, {}, {}", plural(columns, "column"), plural(views, "view"), plural(review.targets.len(), "target"));
    line("scope", value, because)
}

fn complexity(review: &Review) -> AssessmentLine {
    let tables = own_tables(review);
    let keys: usize = tables.iter().map(|t| t.foreign_keys().count()).sum();
    let triggers: usize = tables.iter().map(|t| t.triggers.len()).sum();
    let policies: usize = tables.iter().map(|t| t.policies.len()).sum();
    let own = |t: &Target| t.snapshot.catalog.functions.iter().filter(|f| reviewed(review, t).covers(&f.name.schema)).count();
    let functions: usize = counted(review).map(own).sum();
    let partitioned = tables.iter().filter(|t| t.partitioning.is_some()).count();
    let points = tables.len() + keys + 2 * triggers + 2 * policies + 3 * functions + 5 * partitioned;
    let value = match points {
        0..=40 => "low",
        41..=200 => "moderate",
        201..=800 => "high",
        _ => "very high",
    };
    let mut because = format!(
        "{}, {}, {}, {}",
        plural(keys, "foreign key"),
        plural(functions, "function"),
        plural(triggers, "trigger"),
        plural_of(policies, "policy", "policies")
    );
    if partitioned > 0 {
        let _infallible = write!(because, ", {}", plural(partitioned, "partitioned table"));
    }
    line("complexity", value, because)
}

fn context(review: &Review) -> AssessmentLine {
    let mut parts: Vec<String> = Vec::new();
    for target in &review.targets {
        let server = &target.snapshot.server;
        if target.kind == TargetKind::Database || target.kind == TargetKind::Snapshot {
            let pooler = server.pooler.as_ref().map_or_else(String::new, |p| format!(" behind {p}"));
            parts.push(format!("PostgreSQL {} on {}{pooler}", server.version, server.platform.title()));
        } else if let Some(database) = &target.database {
            parts.push(database.format.title().to_owned());
        }
    }
    let kinds = [StackKind::Framework, StackKind::Orm, StackKind::Auth, StackKind::Pooler, StackKind::Cache, StackKind::Hosting];
    let stack: Vec<&str> = kinds.iter().flat_map(|k| review.stack.of(*k)).map(|f| f.name.as_str()).collect();
    parts.extend(stack.iter().map(|s| (*s).to_owned()));
    let mut seen = BTreeSet::new();
    parts.retain(|p| seen.insert(p.clone()));
    let files: BTreeSet<&str> = review.stack.facts.iter().map(|f| f.path.as_str()).collect();
    let because = match (files.is_empty(), review.targets.is_empty()) {
        (false, _) => format!("read from {}", files.into_iter().take(6).collect::<Vec<_>>().join(", ")),
        (true, false) => "read from the targets; no files name a stack".to_owned(),
        (true, true) => "nothing was read".to_owned(),
    };
    line("context", if parts.is_empty() { "unknown".to_owned() } else { parts.join(", ") }, because)
}

fn stage(review: &Review) -> AssessmentLine {
    if let Some(stage) = &review.brief.stage {
        return line("stage", stage.clone(), "[brief] stage of architrave.toml");
    }
    let own = own_tables(review);
    let stats: Vec<_> = review.targets.iter().filter_map(|t| t.snapshot.stats.as_ref()).collect();
    let drift = review.all_findings().filter(|f| f.rule == "migration/drift").count();
    let failed: usize = review.targets.iter().filter_map(|t| t.replay.as_ref()).map(|r| r.failed.len()).sum();
    let bytes: f64 =
        stats.iter().flat_map(|s| &s.tables).filter_map(architrave_model::stats::TableStats::total_bytes).map(|b| b as f64).sum();
    let calls: i64 = stats.iter().flat_map(|s| &s.tables).map(|t| t.seq_scans + t.index_scans).sum();
    if own.is_empty() {
        return line("stage", "planning", "no tables yet");
    }
    if drift > 0 {
        return line("stage", "migration", "the live database differs from what the migrations make");
    }
    if bytes >= 1e11 {
        return line("stage", "scaling", format!("{} of data", bytes_text(bytes)));
    }
    if !stats.is_empty() && calls > 0 {
        return line("stage", "optimization", format!("a live database with {} table and index scans counted", count_text(calls as f64)));
    }
    if failed > 0 {
        return line("stage", "migration", format!("{} cannot be replayed from empty", plural(failed, "statement")));
    }
    let scripts: u32 = review.targets.iter().filter_map(|t| t.replay.as_ref()).map(|r| r.scripts).sum();
    line("stage", "design", format!("{} and no live traffic to read", plural(scripts as usize, "migration script")))
}

/// Tables that the reviewed application owns, in all targets; a live database speaks for the project beside it.
pub(crate) fn own_tables(review: &Review) -> Vec<&Table> {
    counted(review).flat_map(|t| reviewed(review, t).tables()).collect()
}

fn counted(review: &Review) -> impl Iterator<Item = &Target> {
    let live = review.targets.iter().any(|t| t.kind == TargetKind::Database);
    review.targets.iter().filter(move |t| !(live && t.kind == TargetKind::Project))
}

pub(crate) fn reviewed<'a>(review: &Review, target: &'a Target) -> Scope<'a> {
    Scope::new(&target.snapshot.catalog, target.snapshot.server.platform, &review.stack)
}

pub(crate) fn plural(n: usize, word: &str) -> String {
    plural_of(n, word, &format!("{word}s"))
}

pub(crate) fn plural_of(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// Bytes in binary units, three significant digits.
pub(crate) fn bytes_text(bytes: f64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value.abs() >= 100.0 { format!("{value:.0} {}", units[unit]) } else { format!("{value:.1} {}", units[unit]) }
}

/// A count for people: `4.8 million`.
pub(crate) fn count_text(count: f64) -> String {
    match count {
        c if c >= 1e9 => format!("{:.1} billion", c / 1e9),
        c if c >= 1e6 => format!("{:.1} million", c / 1e6),
        c if c >= 1e4 => format!("{:.0} thousand", c / 1e3),
        // An empty sum of floats is -0.0.
        c => format!("{:.0}", c + 0.0),
    }
}
