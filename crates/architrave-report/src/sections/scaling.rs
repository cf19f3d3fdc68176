//! Section 4, Scaling and Architecture Framework: sizes, growth, standbys, ways to split, failover.

use super::{Facts, PartDef, SectionDef, para, table_of};
use crate::format::{self, bytes, count, percent, plural, plural_f, share};
use crate::placement::PartId;
use crate::report::Block;
use crate::scope;
use crate::text::{Text, code, codes, list, say, strong};
use architrave_model::brief::Brief;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::name::QualifiedName;
use architrave_model::review::Target;
use architrave_model::stack::StackKind;
use architrave_model::stats::Stats;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static SECTION: SectionDef = SectionDef {
    key: "scaling",
    title: "Scaling and Architecture Framework",
    intro: None,
    parts: &[
        PartDef {
            id: PartId::HorizontalAndVertical,
            key: "horizontal-and-vertical",
            title: "Horizontal and vertical scaling",
            write: horizontal_and_vertical,
        },
        PartDef { id: PartId::ReplicasAndSharding, key: "replicas-and-sharding", title: "Replicas and sharding", write: replicas },
        PartDef { id: PartId::CachingLayer, key: "caching-layer", title: "Caching layer", write: caching },
        PartDef { id: PartId::LoadBalancing, key: "load-balancing-and-failover", title: "Load balancing and failover", write: failover },
    ],
};

fn horizontal_and_vertical(facts: &Facts<'_>) -> Vec<Block> {
    let brief = &facts.review.brief;
    facts.each_target(|target, blocks| {
        partitioned(target, blocks);
        let Some(stats) = &target.snapshot.stats else {
            expected(target, brief, blocks);
            crate::on_twin::growth(target, facts.number_of(target), blocks);
            return;
        };
        growth(target, brief, blocks);
        let (reads, writes) = stats.tables.iter().fold((0, 0), |(r, w), t| (r + t.seq_rows_read + t.index_rows_fetched, w + t.writes()));
        if reads + writes > 0 {
            let per_cent = percent(reads as f64 / (reads + writes) as f64);
            blocks.push(para(format!(
                "Of the rows touched, {per_cent} were read ({}) and the rest written ({}): the reading share is what standbys could take over.",
                count(reads as f64),
                count(writes as f64)
            )));
        }
        vertical(target, stats, brief, blocks);
        crate::on_twin::growth(target, facts.number_of(target), blocks);
        crate::on_twin::working_set(target, stats, brief, blocks);
        crate::on_twin::sessions(target, stats, blocks);
    })
}

fn partitioned(target: &Target, blocks: &mut Vec<Block>) {
    let catalog = &target.snapshot.catalog;
    let parents: Vec<&Table> = scope::own_tables(target).into_iter().filter(|t| t.kind == TableKind::Partitioned).collect();
    if parents.is_empty() {
        let n = scope::own_tables(target).len();
        blocks.push(para(match n {
            0 => "There is no table.".to_owned(),
            1 => "The one table is not partitioned.".to_owned(),
            _ => format!("None of {} is partitioned.", plural(n, "table", "tables")),
        }));
        return;
    }
    let shown: Vec<Text> = parents
        .iter()
        .map(|t| {
            let parts = catalog.tables.iter().filter(|p| p.is_partition && p.parents.contains(&t.name)).count();
            let by = t.partitioning.as_ref().map_or_else(String::new, |p| p.definition.clone());
            say!("{} by {} in {}", code(&t.name), code(by), plural(parts, "partition", "partitions"))
        })
        .collect();
    blocks.push(para(say!("Partitioned: {}.", list(&shown, 10))));
}

/// Without statistics: what the brief expects, or what is missing.
fn expected(target: &Target, brief: &Brief, blocks: &mut Vec<Block>) {
    if brief.rows.is_empty() {
        blocks.push(para(say!(
            "How large the tables of {} are is not known: neither statistics nor expected rows ({}) were given.",
            strong(&target.name),
            code("[brief] rows")
        )));
        return;
    }
    let mut rows: Vec<_> = brief.rows.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let shown: Vec<Text> = rows.iter().map(|(t, n)| say!("{} {}", code(t), count(**n as f64))).collect();
    blocks.push(para(say!("Expected rows by the brief: {}.", list(&shown, 10))));
}

/// The biggest tables now, at ten times the rows, and (when the brief tells the growth) in a year and in three.
fn growth(target: &Target, brief: &Brief, blocks: &mut Vec<Block>) {
    let mut sized: Vec<(&Table, i64)> = scope::own_tables(target).into_iter().filter_map(|t| Some((t, scope::bytes(target, t)?))).collect();
    sized.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.name.cmp(&b.0.name)));
    sized.retain(|s| s.1 > 0);
    if sized.is_empty() {
        blocks.push(para("No table has a measured size."));
        return;
    }
    let scaled = |n: i64, factor: f64| bytes((n as f64 * factor).min(9.2e18) as i64);
    let rows = sized.iter().take(5).map(|(t, n)| {
        let rows = scope::rows(target, &t.name);
        let mut row: Vec<Text> = vec![code(&t.name), rows.map_or_else(|| "unknown".into(), |r| count(r).into()), bytes(*n).into()];
        match brief.growth_per_year {
            Some(factor) => row.extend([scaled(*n, factor).into(), scaled(*n, factor.powi(3)).into()]),
            None => row.push(scaled(*n, 10.0).into()),
        }
        row
    });
    let headings: &[&'static str] = match brief.growth_per_year {
        Some(_) => &["Biggest tables", "#Rows", "#Size now", "#In a year", "#In three years"],
        None => &["Biggest tables", "#Rows", "#Size now", "#At ten times the rows"],
    };
    blocks.push(table_of(headings, rows.collect(), None));
    blocks.push(para(match brief.growth_per_year {
        Some(factor) => {
            format!("Growth by the brief: times {} a year; sizes are extrapolated in proportion.", format::short(factor)).into()
        }
        None => say!(
            "One reading tells no growth and the brief gives none ({}), so no date can be put on these sizes.",
            code("[brief] growth_per_year")
        ),
    }));
}

fn vertical(target: &Target, stats: &Stats, brief: &Brief, blocks: &mut Vec<Block>) {
    let size = stats.database.as_ref().and_then(|d| d.bytes);
    let buffers = target.snapshot.settings.as_ref().and_then(|s| s.bytes("shared_buffers"));
    if let (Some(size), Some(memory)) = (size, brief.memory_bytes) {
        let fits = if (size as u64) < memory { "fits into memory" } else { "does not fit into memory" };
        blocks.push(para(format!("A database of {} {fits} ({}).", bytes(size), bytes(i64::try_from(memory).unwrap_or(i64::MAX)))));
    } else if let (Some(size), Some(buffers)) = (size, buffers.filter(|b| *b > 0.0)) {
        blocks.push(para(say!(
            "The database ({}) is {} times shared_buffers ({}); the server's memory is not known ({}).",
            bytes(size),
            format::short(size as f64 / buffers),
            bytes(buffers as i64),
            code("[brief] memory_bytes")
        )));
    }
}

fn replicas(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        match &target.snapshot.stats {
            None => blocks.push(para(say!("Standbys of {} would show on a live server only.", strong(&target.name)))),
            Some(stats) => standbys(target, stats, blocks),
        }
        let catalog = &target.snapshot.catalog;
        let publications: Vec<Text> = catalog
            .publications
            .iter()
            .map(|p| {
                if p.all_tables {
                    say!("{} (all tables)", code(&p.name))
                } else {
                    say!("{} ({})", code(&p.name), plural(p.tables.len(), "table", "tables"))
                }
            })
            .collect();
        if !publications.is_empty() {
            blocks.push(para(say!("Logical replication, published: {}.", list(&publications, 8))));
        }
        if !catalog.subscriptions.is_empty() {
            blocks.push(para(say!("Subscriptions: {}.", codes(catalog.subscriptions.iter().map(|s| &s.name), 8))));
        }
        blocks.push(para(split_key(&scope::own_tables(target))));
    })
}

fn standbys(target: &Target, stats: &Stats, blocks: &mut Vec<Block>) {
    if target.snapshot.server.in_recovery {
        blocks.push(para("This server is a standby itself."));
    }
    let settings = target.snapshot.settings.as_ref();
    let ready =
        settings.and_then(|s| Some(format!(" wal_level is {}, max_wal_senders {}.", s.text("wal_level")?, s.text("max_wal_senders")?)));
    if stats.replication.is_empty() {
        blocks.push(para(format!("No standby or other receiver was connected.{}", ready.unwrap_or_default())));
    } else {
        let rows = stats
            .replication
            .iter()
            .map(|r| {
                vec![
                    code(&r.application_name),
                    r.state.as_str().into(),
                    r.sync_state.as_str().into(),
                    r.lag_bytes.map_or_else(|| "unknown".into(), |b| bytes(b).into()),
                    r.lag_seconds.map_or_else(|| "–".into(), |s| format::seconds_text(s).into()),
                ]
            })
            .collect();
        blocks.push(table_of(&["Receiver", "State", "Synchronous", "#Behind", "#Delay"], rows, None));
    }
    let slots: Vec<Text> = stats
        .slots
        .iter()
        .map(|s| {
            let held = s.retained_bytes.map_or_else(String::new, |b| format!(", holds back {} of WAL", bytes(b)));
            say!("{} ({}, {}{})", code(&s.name), s.kind.as_str(), if s.active { "in use" } else { "not in use" }, held)
        })
        .collect();
    if !slots.is_empty() {
        blocks.push(para(say!("Replication slots: {}.", list(&slots, 8))));
    }
}

/// The table whose key reaches most others over foreign keys: the only candidate to split rows by, and how far it reaches.
fn split_key(tables: &[&Table]) -> Text {
    let mut referencing: BTreeMap<&QualifiedName, BTreeSet<&QualifiedName>> = BTreeMap::new();
    for table in tables {
        for (_, reference) in table.foreign_keys().filter(|(_, r)| r.table != table.name) {
            referencing.entry(&reference.table).or_default().insert(&table.name);
        }
    }
    let own = |name: &QualifiedName| tables.iter().any(|t| t.name == *name);
    let best = referencing.iter().map(|(hub, direct)| (reach(hub, &referencing), direct.len(), *hub)).max_by(|a, b| {
        (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.cmp(a.2)) // ties: the first by name
    });
    match best {
        Some((reached, direct, hub)) if tables.len() > 1 => say!(
            "If rows ever had to be split over servers, {} is the key that reaches furthest: {} of {} reference it ({}), {} of them directly; the rest would have to be copied to every shard or queried across.",
            code(hub),
            reached,
            plural(tables.len() - usize::from(own(hub)), "other table", "other tables"),
            share(reached, tables.len() - usize::from(own(hub))),
            direct
        ),
        _ => "No table is referenced by another, so there is no key along which rows could be split over servers.".into(),
    }
}

/// How many tables reference `hub`, directly or through others.
fn reach<'a>(hub: &'a QualifiedName, referencing: &BTreeMap<&'a QualifiedName, BTreeSet<&'a QualifiedName>>) -> usize {
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut work = vec![hub];
    while let Some(at) = work.pop() {
        for table in referencing.get(at).into_iter().flatten() {
            if *table != hub && seen.insert(table) {
                work.push(table);
            }
        }
    }
    seen.len()
}

fn caching(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(|target, blocks| {
        let views = target.snapshot.catalog.views.iter().filter(|v| v.materialized && v.extension.is_none());
        let shown: Vec<Text> = views.map(|v| if v.populated { code(&v.name) } else { say!("{} (never filled)", code(&v.name)) }).collect();
        if !shown.is_empty() {
            blocks.push(para(say!("Results kept in the database as materialized views: {}.", list(&shown, 8))));
        }
        if let Some(stats) = &target.snapshot.stats {
            blocks.push(para(cacheable(target, stats)));
        } else {
            blocks.push(para(say!(
                "Which tables of {} are read often and rarely written shows on a live server only.",
                strong(&target.name)
            )));
        }
    });
    let caches: Vec<Text> = facts.review.stack.of(StackKind::Cache).map(|f| say!("{} ({})", f.name.as_str(), code(&f.path))).collect();
    blocks.push(para(if caches.is_empty() {
        "The project's files name no cache in front of the database.".into()
    } else {
        say!("Cache in front of the database: {}.", list(&caches, 6))
    }));
    blocks
}

/// Small tables that are read a thousand times for each write: what a cache could take off the database.
fn cacheable(target: &Target, stats: &Stats) -> Text {
    const SMALL: f64 = 10_000.0;
    let scans = |t: &architrave_model::stats::TableStats| t.seq_scans + t.index_scans;
    let scope = scope::of(target);
    let total: i64 = stats.tables.iter().map(scans).sum();
    let mut found: Vec<_> = stats
        .tables
        .iter()
        .filter(|t| scope.covers(&t.name.schema))
        .filter(|t| t.row_estimate().is_some_and(|r| r > 0.0 && r < SMALL) && scans(t) > 1000 * (t.writes() + 1))
        .collect();
    found.sort_by(|a, b| scans(b).cmp(&scans(a)).then(a.name.cmp(&b.name)));
    if found.is_empty() {
        return "No table under 10,000 rows is scanned over a thousand times for each row written, so no table asks for a cache.".into();
    }
    let shown: Vec<Text> = found
        .iter()
        .map(|t| {
            say!(
                "{} ({}, {})",
                code(&t.name),
                plural_f(scans(t) as f64, "scan", "scans"),
                plural_f(t.writes() as f64, "row written", "rows written")
            )
        })
        .collect();
    let sum: i64 = found.iter().map(|t| scans(t)).sum();
    say!(
        "Under 10,000 rows and scanned over a thousand times for each row written: {}; together {} of all scans.",
        list(&shown, 6),
        percent(sum as f64 / total.max(1) as f64)
    )
}

fn failover(facts: &Facts<'_>) -> Vec<Block> {
    let brief = &facts.review.brief;
    facts.each_target(|target, blocks| {
        let server = &target.snapshot.server;
        let Some(stats) = target.snapshot.stats.as_ref().filter(|_| scope::is_live(target)) else {
            blocks.push(para(say!(
                "What takes over when the server of {} fails is not told by files; a live server was not given.",
                strong(&target.name)
            )));
            return;
        };
        let streaming = stats.replication.iter().filter(|r| r.state == "streaming").count();
        let synchronous = stats.replication.iter().filter(|r| matches!(r.sync_state.as_str(), "sync" | "quorum")).count();
        let names = target.snapshot.settings.as_ref().and_then(|s| s.text("synchronous_standby_names")).filter(|n| !n.is_empty());
        let managed = if server.platform.is_managed() {
            format!(" {} may keep standbys that the server does not show.", server.platform.title())
        } else {
            String::new()
        };
        blocks.push(para(if streaming == 0 {
            format!("No standby is streaming: when this server fails, it has to be repaired or restored before work goes on.{managed}")
        } else {
            let loss = if synchronous > 0 {
                "a commit confirmed to a client survives the primary"
            } else {
                "commits of the last moments are lost with the primary"
            };
            format!("{} streaming, {synchronous} synchronous: {loss}.{managed}", plural(streaming, "standby", "standbys"))
        }));
        if let (Some(names), 0) = (names, synchronous) {
            blocks.push(para(say!("synchronous_standby_names is {} but no synchronous standby is connected: commits wait.", code(names))));
        }
        blocks.push(para(match &server.pooler {
            Some(pooler) => format!("Clients connect through {pooler}, which could move them to another server."),
            None => "Clients connect to the server itself; after a failover every connection string has to point elsewhere.".to_owned(),
        }));
        if let Some(minutes) = brief.recovery_time_minutes {
            blocks.push(para(format!("Bearable downtime by the brief: {}.", format::seconds_text(minutes * 60.0))));
        }
    })
}
