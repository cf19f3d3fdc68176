//! Section 3, Performance Optimization Guidelines: queries, indexes with their exact statements, connections, settings.

use super::{Facts, PartDef, SectionDef, first, para, table, table_of};
use crate::format::{self, bytes, count, cut, masked_sql, milliseconds, percent, plural, plural_f};
use crate::placement::PartId;
use crate::report::{Block, FindingView};
use crate::scope;
use crate::text::{Span, Text, code, codes, list, say, strong};
use architrave_model::review::Target;
use architrave_model::settings::{Setting, Settings};
use architrave_model::stack::StackKind;
use architrave_model::stats::Stats;
use std::collections::BTreeMap;

pub(super) static SECTION: SectionDef = SectionDef {
    key: "performance",
    title: "Performance Optimization Guidelines",
    intro: None,
    parts: &[
        PartDef { id: PartId::Queries, key: "queries", title: "Queries", write: queries },
        PartDef { id: PartId::Indexes, key: "indexes", title: "Indexes", write: indexes },
        PartDef { id: PartId::PoolingAndCaching, key: "pooling-and-caching", title: "Pooling and caching", write: pooling },
        PartDef { id: PartId::Configuration, key: "configuration", title: "Configuration", write: configuration },
    ],
};

fn queries(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        measured(target, blocks);
        crate::on_twin::statements(target, blocks);
    })
}

/// What pg_stat_statements has counted, or why there is nothing.
fn measured(target: &Target, blocks: &mut Vec<Block>) {
    let planned = target.on_twin.as_ref().is_some_and(|t| !t.statements.is_empty());
    let Some(stats) = &target.snapshot.stats else {
        if planned {
            return;
        }
        blocks.push(para(say!("{} has no workload: queries are judged on a live server with pg_stat_statements.", strong(&target.name))));
        return;
    };
    if stats.statements.is_empty() {
        let installed = target.snapshot.catalog.extension("pg_stat_statements").is_some();
        blocks.push(para(if installed {
                "pg_stat_statements is installed and had no statement of this database to show."
            } else {
                "pg_stat_statements is not installed in this database, so no query could be judged: create extension pg_stat_statements, and load it in shared_preload_libraries."
            }));
        return;
    }
    statements(stats, blocks);
}

fn statements(stats: &Stats, blocks: &mut Vec<Block>) {
    let total: f64 = stats.statements.iter().map(|s| s.total_ms).sum();
    let calls: f64 = stats.statements.iter().map(|s| s.calls as f64).sum();
    let mut dearest: Vec<_> = stats.statements.iter().collect();
    dearest.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms).then(a.query_id.cmp(&b.query_id)));
    let rows = dearest
        .iter()
        .take(8)
        .map(|s| {
            let read = s.blocks_hit + s.blocks_read;
            let hit = if read == 0 { "–".to_owned() } else { percent(s.blocks_hit as f64 / read as f64) };
            vec![
                code(cut(&masked_sql(&s.query), 160)),
                percent(if total > 0.0 { s.total_ms / total } else { 0.0 }).into(),
                count(s.calls as f64).into(),
                milliseconds(s.mean_ms).into(),
                milliseconds(s.max_ms).into(),
                hit.into(),
            ]
        })
        .collect();
    blocks.push(para(format!(
        "{} took {} in {}; the dearest by total time:",
        plural(stats.statements.len(), "statement shape", "statement shapes"),
        milliseconds(total),
        plural_f(calls, "call", "calls")
    )));
    let more = stats.statements.len().saturating_sub(8);
    let more = (more > 0).then(|| format!("and {} more", count(more as f64)));
    blocks.push(table_of(&["Statement", "#Share of time", "#Calls", "#Mean", "#Longest", "#From cache"], rows, more));
    let spilling: Vec<Text> = dearest
        .iter()
        .filter(|s| s.temp_blocks_written > 0)
        .map(|s| say!("{} ({} of 8 kB)", code(cut(&masked_sql(&s.query), 60)), plural_f(s.temp_blocks_written as f64, "block", "blocks")))
        .collect();
    if !spilling.is_empty() {
        blocks.push(para(say!("Spilling to disk beyond work_mem: {}.", list(&spilling, 4))));
    }
}

fn indexes(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(|target, blocks| {
        let indexes = scope::own_indexes(target);
        if indexes.is_empty() {
            blocks.push(para(say!("{} has no index.", strong(&target.name))));
            return;
        }
        let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, index) in &indexes {
            *methods.entry(&index.method).or_default() += 1;
        }
        let methods: Vec<Text> = methods.into_iter().map(|(m, n)| say!("{} {}", n, code(m))).collect();
        let number = |test: &dyn Fn(&architrave_model::catalog::Index) -> bool| indexes.iter().filter(|(_, i)| test(i)).count();
        blocks.push(para(say!(
            "{} ({}): {} for constraints, {} unique, {} partial, {} on expressions, {} with included columns, {} invalid.",
            plural(indexes.len(), "index", "indexes"),
            list(&methods, 8),
            number(&|i| i.constraint.is_some() || i.primary),
            number(&|i| i.unique),
            number(&|i| i.predicate.is_some()),
            number(&|i| i.keys.iter().any(|k| k.expression.is_some())),
            number(&|i| !i.include.is_empty()),
            number(&|i| !i.valid),
        )));
        if let Some(stats) = &target.snapshot.stats {
            index_use(target, stats, blocks);
            blocks.extend(crate::charts::index_use(target, facts.number_of(target)));
        }
        crate::on_twin::index_plan(target, blocks);
    });
    blocks.extend(proposals(facts));
    blocks
}

fn index_use(target: &Target, stats: &Stats, blocks: &mut Vec<Block>) {
    let indexes = scope::own_indexes(target);
    let with_stats: Vec<_> = indexes.iter().filter_map(|(t, i)| Some((*t, *i, stats.index(&t.name.schema, &i.name)?))).collect();
    let total: i64 = with_stats.iter().filter_map(|(_, _, s)| s.bytes).sum();
    let tables: i64 = scope::own_tables(target).iter().filter_map(|t| stats.table(&t.name)?.table_bytes).sum();
    if total > 0 && tables > 0 {
        let per_cent = percent(total as f64 / tables as f64);
        blocks.push(para(format!("They take {}, {per_cent} of the size of their tables ({}).", bytes(total), bytes(tables))));
    }
    let mut idle: Vec<_> = with_stats.iter().filter(|(_, i, s)| s.scans == 0 && !i.is_needed_by_schema() && !i.unique).collect();
    idle.sort_by(|a, b| b.2.bytes.cmp(&a.2.bytes).then(a.2.name.cmp(&b.2.name)));
    if idle.is_empty() {
        if !with_stats.is_empty() {
            blocks.push(para("Every index that no constraint needs was scanned at least once since the counters were reset."));
        }
        return;
    }
    let size: i64 = idle.iter().filter_map(|(_, _, s)| s.bytes).sum();
    let age = stats.database.as_ref().and_then(|d| d.stats_reset).map_or_else(
        || "since the counters began (when is not known)".to_owned(),
        |reset| format!("in the {} since the counters were reset", format::seconds_text((stats.captured_at - reset).max(0.0))),
    );
    blocks.push(para(say!(
        "{} not needed by a constraint, {} in all, never scanned {}: {}.",
        plural(idle.len(), "index", "indexes"),
        bytes(size),
        age,
        codes(idle.iter().map(|(t, i, _)| format!("{}.{}", t.name.schema, i.name)), 10)
    )));
}

/// Exact statements of the fixes that create or drop indexes.
fn proposals(facts: &Facts<'_>) -> Vec<Block> {
    let touches = |s: &str| {
        let head = s.trim_start().to_ascii_lowercase();
        ["create index", "create unique index", "drop index", "reindex"].iter().any(|w| head.starts_with(w))
    };
    let mut rows = Vec::new();
    for view in facts.with_live_fix() {
        let statements = view.finding.fix.iter().flat_map(|f| &f.up).filter(|s| touches(s));
        rows.extend(statements.map(|s| vec![Span::Finding(view.number).into(), code(s), verdict(view)]));
    }
    let withdrawn: Vec<usize> = facts
        .findings
        .iter()
        .filter(|f| f.is_withdrawn() && f.finding.fix.iter().flat_map(|x| &x.up).any(|s| touches(s)))
        .map(|f| f.number)
        .collect();
    let mut blocks = Vec::new();
    if rows.is_empty() {
        blocks.push(para(if facts.rules_of(PartId::Indexes).is_empty() {
            "No rule on indexes ran."
        } else {
            "No finding comes with a statement that creates or drops an index."
        }));
    } else {
        let (rows, more) = first(rows, 40, "statements");
        blocks.push(table_of(&["For", "Exact statement", "Proof"], rows, more));
    }
    if !withdrawn.is_empty() {
        blocks.push(para(say!("Tried and withdrawn: {}.", crate::text::finding_refs(&withdrawn, 12))));
    }
    blocks
}

/// The verdict of a finding's proof, as a cell.
pub(super) fn verdict(view: &FindingView) -> Text {
    view.proof.as_ref().map_or_else(|| "not tried".into(), |p| p.verdict.into())
}

fn pooling(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(|target, blocks| {
        let snapshot = &target.snapshot;
        match (&snapshot.settings, &snapshot.stats) {
            (None, None) => blocks.push(para(say!("Connections, pool and cache of {} show on a live server only.", strong(&target.name)))),
            (settings, stats) => {
                connections(target, settings.as_ref(), stats.as_ref(), blocks);
                cache(settings.as_ref(), stats.as_ref(), blocks);
            }
        }
    });
    let stack = &facts.review.stack;
    for (kind, what) in [(StackKind::Pooler, "Poolers"), (StackKind::Driver, "Drivers"), (StackKind::Cache, "Caches")] {
        let names: Vec<Text> = stack.of(kind).map(|f| say!("{} ({})", f.name.as_str(), code(&f.path))).collect();
        if !names.is_empty() {
            blocks.push(para(say!("{} in the project's files: {}.", what, list(&names, 8))));
        }
    }
    let urls: Vec<&String> = stack.environment_names.iter().filter(|n| is_connection(n)).collect();
    if !urls.is_empty() {
        blocks.push(para(say!("Connection strings the project expects in its environment: {}.", codes(urls, 8))));
    }
    blocks
}

fn is_connection(name: &str) -> bool {
    ["DATABASE_URL", "DIRECT_URL", "POSTGRES_", "PGHOST", "PGBOUNCER", "DB_"].iter().any(|w| name.contains(w))
}

fn connections(target: &Target, settings: Option<&Settings>, stats: Option<&Stats>, blocks: &mut Vec<Block>) {
    let limit = settings.and_then(|s| s.number("max_connections"));
    if let Some(activity) = stats.and_then(|s| s.activity.as_ref()) {
        let of = limit.map_or_else(String::new, |l| format!(" of {}", count(l)));
        let tls = if activity.clients > 0 {
            match activity.tls {
                n if n == activity.clients => "; all of them encrypted".to_owned(),
                n => format!("; {} of them encrypted", count(n as f64)),
            }
        } else {
            String::new()
        };
        blocks.push(para(format!(
            "{}{of} connections in use: {} active, {} idle, {} idle in a transaction{tls}.",
            count(activity.clients as f64),
            count(activity.active as f64),
            count(activity.idle as f64),
            count(activity.idle_in_transaction as f64)
        )));
    } else if let Some(limit) = limit {
        blocks.push(para(format!("max_connections is {}; how many are in use could not be read.", count(limit))));
    }
    blocks.push(para(match &target.snapshot.server.pooler {
        Some(pooler) => format!("{pooler} stands between the clients and the server."),
        None => "No pooler was seen on the way to the server.".to_owned(),
    }));
}

fn cache(settings: Option<&Settings>, stats: Option<&Stats>, blocks: &mut Vec<Block>) {
    let mut parts: Vec<Text> = Vec::new();
    if let Some(db) = stats.and_then(|s| s.database.as_ref()) {
        let all = db.blocks_hit + db.blocks_read;
        if all > 0 {
            parts.push(
                format!(
                    "{} of {} found in shared buffers",
                    percent(db.blocks_hit as f64 / all as f64),
                    plural_f(all as f64, "block read", "block reads")
                )
                .into(),
            );
        }
        if let (Some(size), Some(buffers)) = (db.bytes, settings.and_then(|s| s.bytes("shared_buffers"))) {
            parts.push(format!("shared_buffers of {} for a database of {}", bytes(buffers as i64), bytes(size)).into());
        }
    }
    if let Some(cache) = settings.and_then(|s| s.bytes("effective_cache_size")) {
        parts.push(format!("the planner reckons with {} of cache in all (effective_cache_size)", bytes(cache as i64)).into());
    }
    if !parts.is_empty() {
        blocks.push(para(say!("Cache: {}.", list(&parts, 4))));
    }
}

fn configuration(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let Some(settings) = &target.snapshot.settings else {
            blocks.push(para(say!("{} has no settings of its own: they are read from a live server.", strong(&target.name))));
            return;
        };
        let changed: Vec<&Setting> = settings.values.iter().filter(|s| is_changed(s)).collect();
        if changed.is_empty() {
            blocks.push(para(format!("All {} have their default.", plural(settings.values.len(), "setting", "settings"))));
        } else {
            blocks.push(para(format!(
                "{} of {} differ from their default:",
                changed.len(),
                plural(settings.values.len(), "setting", "settings")
            )));
            let rows = changed.iter().map(|s| {
                vec![
                    code(&s.name),
                    shown(s, &s.value),
                    s.boot_value.as_ref().map_or_else(|| "–".into(), |b| shown(s, b)),
                    s.source.as_str().into(),
                ]
            });
            let (rows, more) = first(rows.collect(), 40, "settings");
            blocks.push(table_of(&["Setting", "Value", "Default", "Set by"], rows, more));
        }
        let pending: Vec<&String> = settings.values.iter().filter(|s| s.pending_restart).map(|s| &s.name).collect();
        if !pending.is_empty() {
            blocks.push(para(say!("Changed, but waiting for a restart: {}.", codes(pending, 12))));
        }
        maintenance(target, blocks);
    })
}

/// Set by somebody, and to something else than the default.
fn is_changed(setting: &Setting) -> bool {
    let by_somebody =
        !matches!(setting.source.as_str(), "default" | "override" | "client" | "session" | "environment variable" | "interactive" | "test");
    by_somebody && setting.boot_value.as_deref() != Some(setting.value.as_str())
}

/// The value, unless it may hold a secret: commands, connection strings, and everything that is nobody's well-known parameter.
fn shown(setting: &Setting, value: &str) -> Text {
    const EXTENSIONS: [&str; 8] =
        ["auto_explain.", "cron.", "pg_stat_statements.", "pgaudit.", "plpgsql.", "pg_prewarm.", "timescaledb.", "rds."];
    const WORDS: [&str; 8] = ["command", "conninfo", "password", "secret", "key", "token", "jwt", "credential"];
    let name = setting.name.to_ascii_lowercase();
    let foreign = name.contains('.') && !EXTENSIONS.iter().any(|e| name.starts_with(e));
    if value.is_empty() {
        return "(empty)".into();
    }
    if foreign || WORDS.iter().any(|w| name.contains(w)) {
        return "(set, not shown)".into();
    }
    let number: Option<f64> = value.parse().ok();
    match (setting.unit.as_deref(), number) {
        (_, Some(n)) if n < 0.0 => code(value),
        (Some("B"), Some(n)) => code(bytes(n as i64)),
        (Some("kB"), Some(n)) => code(bytes((n * 1024.0) as i64)),
        (Some("8kB"), Some(n)) => code(bytes((n * 8192.0) as i64)),
        (Some("16kB"), Some(n)) => code(bytes((n * 16384.0) as i64)),
        (Some("MB"), Some(n)) => code(bytes((n * 1_048_576.0) as i64)),
        (Some("16MB"), Some(n)) => code(bytes((n * 16_777_216.0) as i64)),
        (Some(unit), Some(_)) => code(format!("{value} {unit}")),
        _ => code(cut(value, 80)),
    }
}

/// What vacuum and analyze have left to do.
fn maintenance(target: &Target, blocks: &mut Vec<Block>) {
    let Some(stats) = &target.snapshot.stats else { return };
    let scope = scope::of(target);
    let mut dirty: Vec<_> =
        stats.tables.iter().filter(|t| scope.covers(&t.name.schema) && t.dead_rows > 1000 && t.dead_rows * 5 > t.live_rows).collect();
    dirty.sort_by(|a, b| b.dead_rows.cmp(&a.dead_rows).then(a.name.cmp(&b.name)));
    if dirty.is_empty() {
        blocks.push(para(format!(
            "None of {} has more than 1,000 dead rows that are over a fifth of its live ones.",
            plural(stats.tables.len(), "table", "tables")
        )));
        return;
    }
    let rows = dirty
        .iter()
        .map(|t| {
            let last = t.last_autovacuum.into_iter().chain(t.last_vacuum).fold(f64::NAN, f64::max);
            let ago = if last.is_nan() {
                "never".to_owned()
            } else {
                format!("{} ago", format::seconds_text((stats.captured_at - last).max(0.0)))
            };
            vec![code(&t.name), count(t.dead_rows as f64).into(), count(t.live_rows as f64).into(), ago.into()]
        })
        .collect();
    let (rows, _) = first(rows, 8, "tables");
    blocks.push(table(&["Waiting for vacuum", "#Dead rows", "#Live rows", "#Last vacuum"], rows));
}
