//! Section 1, Current State Assessment: what is there, where it hurts, where it ends.

use super::{Facts, PartDef, SectionDef, first, para, table, table_of, with_chart};
use crate::charts;
use crate::format::{self, bytes, count, percent, plural, plural_f};
use crate::placement::PartId;
use crate::report::Block;
use crate::scope;
use crate::text::{Text, code, codes, finding_refs, list, prose, say, strong};
use architrave_model::finding::Severity;
use architrave_model::platform::Platform;
use architrave_model::review::Target;
use architrave_model::rule::Area;
use architrave_model::stats::{Stats, TableStats};
use std::collections::BTreeMap;

pub(super) static SECTION: SectionDef = SectionDef {
    key: "current-state",
    title: "Current State Assessment",
    intro: Some(assessment),
    parts: &[
        PartDef { id: PartId::TechnologyStack, key: "technology-stack", title: "Technology stack", write: technology_stack },
        PartDef {
            id: PartId::SchemaAndRelationships,
            key: "schema-and-relationships",
            title: "Schema and relationships",
            write: schema_and_relationships,
        },
        PartDef { id: PartId::Bottlenecks, key: "bottlenecks", title: "Bottlenecks", write: bottlenecks },
        PartDef { id: PartId::ScalingLimits, key: "scaling-limits", title: "Scaling limits", write: scaling_limits },
    ],
};

fn assessment(facts: &Facts<'_>) -> Vec<Block> {
    let rows: Vec<Vec<Text>> =
        facts.review.assessment.iter().map(|line| vec![strong(title_case(&line.key)), prose(&line.value), prose(&line.because)]).collect();
    if rows.is_empty() { Vec::new() } else { vec![table(&["", "Assessment", "Rests on"], rows)] }
}

/// The key with its first letter in capitals.
pub(crate) fn title_case(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn technology_stack(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(server);
    let stack = &facts.review.stack;
    if stack.facts.is_empty() {
        let live_only = facts.review.targets.iter().all(|t| t.database.is_none());
        blocks.push(para(if live_only {
            "No project directory was given, so nothing is known about the application's stack."
        } else {
            "The project's files name no framework, driver or ORM that Architrave knows."
        }));
    } else {
        let rows = stack.facts.iter().map(|f| {
            vec![kind_word(f.kind).into(), f.name.as_str().into(), f.version.as_deref().map_or_else(|| "–".into(), code), code(&f.path)]
        });
        let (rows, more) = first(rows.collect(), 40, "facts");
        blocks.push(table_of(&["Kind", "Name", "Version", "Read in"], rows, more));
    }
    if !stack.source_files.is_empty() {
        let files: Vec<Text> = stack.source_files.iter().map(|(ext, n)| say!("{} {}", count(*n as f64), code(format!(".{ext}")))).collect();
        blocks.push(para(say!("Source files: {}.", list(&files, 8))));
    }
    if !stack.environment_names.is_empty() {
        let n = plural(stack.environment_names.len(), "environment variable", "environment variables");
        blocks.push(para(say!(
            "{} named in example files (names only; values are never read): {}.",
            n,
            codes(&stack.environment_names, 20)
        )));
    }
    blocks
}

fn kind_word(kind: architrave_model::stack::StackKind) -> &'static str {
    use architrave_model::stack::StackKind as K;
    match kind {
        K::Language => "language",
        K::Framework => "framework",
        K::Orm => "ORM",
        K::Driver => "driver",
        K::Auth => "authentication",
        K::Database => "database",
        K::Pooler => "pooler",
        K::Cache => "cache",
        K::Queue => "queue",
        K::Hosting => "hosting",
        K::Testing => "testing",
        K::Ci => "CI",
    }
}

fn server(target: &Target, blocks: &mut Vec<Block>) {
    let server = &target.snapshot.server;
    if scope::is_live(target) {
        let evidence = server.platform_evidence.as_deref().map_or_else(String::new, |e| format!(" (recognised by {e})"));
        let between = server.pooler.as_deref().map_or_else(String::new, |p| format!(", behind {p}"));
        let tls = if server.tls { "over TLS" } else { "without TLS" };
        let on = match server.platform {
            Platform::SelfManaged => "self-managed".to_owned(),
            Platform::Private => "a private server of this run".to_owned(),
            managed => format!("on {}", managed.title()),
        };
        blocks.push(para(say!(
            "Database {}: PostgreSQL {}, {}{}{}. It was read {} from {}.",
            code(&server.database),
            server.version.as_str(),
            on,
            evidence,
            between,
            tls,
            code(&target.source),
        )));
        blocks.push(para(role(target)));
    } else if let Some(replay) = &target.replay {
        let format = target.database.as_ref().map_or("SQL", |d| d.format.title());
        let how = if replay.executed {
            format!("executed on a private PostgreSQL {}", replay.server_version)
        } else {
            "read statically, nothing was executed".to_owned()
        };
        let asked = target.database.as_ref().and_then(|d| d.postgres_major);
        let major = asked.map_or_else(
            || " The project does not say which PostgreSQL it runs on.".to_owned(),
            |m| format!(" The project asks for PostgreSQL {m}."),
        );
        blocks.push(para(say!(
            "Defined by {} in {} ({}), {}.{}",
            format,
            code(&target.source),
            plural(replay.scripts as usize, "script", "scripts"),
            how,
            major
        )));
    }
    let extensions = &target.snapshot.catalog.extensions;
    if !extensions.is_empty() {
        let shown: Vec<Text> = extensions
            .iter()
            .map(|e| if e.stub { say!("{} (stood in for)", code(&e.name)) } else { say!("{} {}", code(&e.name), e.version.as_str()) })
            .collect();
        blocks.push(para(say!("{}: {}.", plural(extensions.len(), "extension", "extensions"), list(&shown, 20))));
    }
}

/// What the role of our session could have done.
fn role(target: &Target) -> Text {
    let role = &target.snapshot.server.role;
    let mut powers: Vec<Text> = Vec::new();
    if role.superuser {
        powers.push("is a superuser".into());
    }
    if role.bypass_rls && !role.superuser {
        powers.push("bypasses row level security".into());
    }
    if role.create_role && !role.superuser {
        powers.push("may create roles".into());
    }
    if role.owned_tables > 0 {
        powers.push(format!("owns {}", plural_f(role.owned_tables as f64, "table", "tables")).into());
    }
    if role.writable_tables > 0 {
        powers.push(format!("may write {}", plural_f(role.writable_tables as f64, "table", "tables")).into());
    }
    if role.unreadable_tables > 0 {
        powers.push(
            format!(
                "may not read {}, whose column statistics are hidden from it",
                plural_f(role.unreadable_tables as f64, "table", "tables")
            )
            .into(),
        );
    }
    if powers.is_empty() {
        return say!("Role {} may read and nothing else: a good role for reviews.", code(&role.name));
    }
    let advice = if role.superuser || role.owned_tables > 0 || role.writable_tables > 0 {
        " Only catalogue queries of this tool ran, in one read-only transaction that was rolled back; a role with pg_monitor and pg_read_all_data would do."
    } else {
        ""
    };
    say!("Role {} {}.{}", code(&role.name), list(&powers, 9), advice)
}

fn schema_and_relationships(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let c = scope::counts(target);
        if c.tables == 0 {
            blocks.push(para(nothing_there(target)));
            return;
        }
        let kinds = [
            (c.columns, "column", "columns"),
            (c.foreign_keys, "foreign key", "foreign keys"),
            (c.indexes, "index", "indexes"),
            (c.partitions, "partition", "partitions"),
            (c.views, "view", "views"),
            (c.functions, "function", "functions"),
            (c.triggers, "trigger", "triggers"),
            (c.policies, "policy", "policies"),
            (c.types, "type", "types"),
            (c.sequences, "sequence", "sequences"),
        ];
        let has: Vec<Text> = kinds.iter().filter(|k| k.0 > 0).map(|k| plural(k.0, k.1, k.2).into()).collect();
        let left_out = left_out(target);
        let tables = plural(c.tables, "table", "tables");
        blocks.push(para(say!("{} in {} with {}.{}", tables, plural(c.schemas, "schema", "schemas"), list(&has, 12), left_out)));
        per_schema(target, blocks);
        largest(target, facts.number_of(target), blocks);
    })
}

/// What the counts leave out.
fn left_out(target: &Target) -> Text {
    let scope = scope::of(target);
    let others: Vec<_> = target.snapshot.catalog.base_tables().filter(|t| !scope.reviews(t)).collect();
    let schemas: std::collections::BTreeSet<&str> = others.iter().map(|t| t.name.schema.as_str()).collect();
    if others.is_empty() {
        return Text::default();
    }
    let n = plural(others.len(), "table", "tables");
    say!(" Not counted here or below: {} that extensions, the platform and migration runners keep in {}.", n, codes(schemas, 8))
}

fn nothing_there(target: &Target) -> Text {
    match &target.replay {
        Some(replay) if replay.applied > 0 || !replay.failed.is_empty() => format!(
            "No table is left after {} and {}: there is no schema to assess.",
            plural(replay.applied as usize, "applied statement", "applied statements"),
            plural(replay.failed.len(), "failed one", "failed ones")
        )
        .into(),
        _ => say!("{} holds no table of its own: there is no schema to assess.", code(&target.source)),
    }
}

fn per_schema(target: &Target, blocks: &mut Vec<Block>) {
    let tables = scope::own_tables(target);
    let mut by_schema: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for table in tables {
        let entry = by_schema.entry(&table.name.schema).or_default();
        entry.0 += 1;
        entry.1 += table.columns.len();
        entry.2 += table.foreign_keys().count();
    }
    if by_schema.len() < 2 {
        return;
    }
    let rows = by_schema.into_iter().map(|(s, (t, c, f))| vec![code(s), t.into(), c.into(), f.into()]).collect();
    let (rows, more) = first(rows, 20, "schemas");
    blocks.push(table_of(&["Schema", "#Tables", "#Columns", "#Foreign keys"], rows, more));
}

fn largest(target: &Target, number: usize, blocks: &mut Vec<Block>) {
    let mut sized: Vec<_> = scope::own_tables(target).into_iter().filter_map(|t| Some((t, scope::bytes(target, t)?))).collect();
    sized.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.name.cmp(&b.0.name)));
    let total: i64 = sized.iter().map(|s| s.1).sum();
    if total == 0 {
        return;
    }
    let rows = sized
        .iter()
        .take(10)
        .map(|(t, n)| {
            let rows = scope::rows(target, &t.name).map_or_else(|| "unknown".into(), |r| count(r).into());
            vec![code(&t.name), rows, bytes(*n).into(), percent(*n as f64 / total as f64).into(), t.indexes.len().into()]
        })
        .collect();
    let more = sized.len().saturating_sub(10);
    let more = (more > 0).then(|| format!("and {} more tables", count(more as f64)));
    let table = table_of(&["Largest tables", "#Rows", "#Size with indexes", "#Share", "#Indexes"], rows, more);
    blocks.push(with_chart(table, |table| charts::table_sizes(target, number, table)));
}

fn bottlenecks(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = facts.each_target(|target, blocks| {
        match &target.snapshot.stats {
            Some(stats) => measured(target, stats, blocks),
            None => blocks.push(para(say!(
                "{} has no statistics: which queries wait and which tables are read the most is known to a live server only. What the schema alone shows is below.",
                strong(&target.name)
            ))),
        }
        crate::on_twin::dearest(target, blocks);
    });
    let structural: Vec<usize> = facts
        .in_areas(&[Area::Performance, Area::Scaling, Area::Operations])
        .into_iter()
        .filter(|n| facts.finding(*n).is_some_and(|f| f.finding.severity >= Severity::Medium))
        .collect();
    if structural.is_empty() {
        let areas = [Area::Performance, Area::Scaling, Area::Operations];
        let ran = facts.review.rules_run.iter().filter(|r| areas.contains(&r.area)).count();
        blocks.push(para(if ran == 0 {
            "No rule on performance, scaling or operations ran.".to_owned()
        } else {
            format!(
                "{} on performance, scaling and operations ran; no finding is of medium severity or worse.",
                plural(ran, "rule", "rules")
            )
        }));
    } else {
        let items = structural
            .iter()
            .filter_map(|n| facts.finding(*n))
            .map(|f| say!("{} {}: {}", crate::text::Span::Finding(f.number), f.finding.severity, prose(&f.finding.message)));
        let (items, more) = first(items.collect::<Vec<_>>(), 10, "findings");
        blocks.push(para("Findings that cost time, worst first:"));
        blocks.push(Block::List { items: items.into_iter().chain(more.map(Text::from)).collect() });
    }
    blocks
}

fn measured(target: &Target, stats: &Stats, blocks: &mut Vec<Block>) {
    if let Some(db) = &stats.database {
        let mut facts: Vec<Text> = Vec::new();
        let blocks_all = db.blocks_hit + db.blocks_read;
        if blocks_all > 0 {
            facts.push(format!("{} of block reads came from shared buffers", percent(db.blocks_hit as f64 / blocks_all as f64)).into());
        }
        facts.push(plural_f(db.deadlocks as f64, "deadlock", "deadlocks").into());
        facts.push(format!("{} with {}", plural_f(db.temp_files as f64, "temporary file", "temporary files"), bytes(db.temp_bytes)).into());
        let transactions = db.commits + db.rollbacks;
        if transactions > 0 {
            facts.push(
                format!(
                    "{} of {} rolled back",
                    percent(db.rollbacks as f64 / transactions as f64),
                    plural_f(transactions as f64, "transaction", "transactions")
                )
                .into(),
            );
        }
        let since = db.stats_reset.filter(|_| stats.captured_at > 0.0).map_or_else(
            || "since the counters began".to_owned(),
            |reset| format!("in the {} since the counters were reset", format::seconds_text((stats.captured_at - reset).max(0.0))),
        );
        blocks.push(para(say!("{}: {}.", title_case(&since), list(&facts, 9))));
    }
    if let Some(activity) = stats.activity.as_ref().filter(|a| a.waiting_for_lock > 0 || a.oldest_idle_in_transaction_seconds.is_some()) {
        let idle = activity
            .oldest_idle_in_transaction_seconds
            .map_or_else(String::new, |s| format!("; the oldest session idle in a transaction is {} old", format::seconds_text(s)));
        blocks.push(para(format!(
            "At the moment of reading, {} waited for a lock{idle}.",
            plural_f(activity.waiting_for_lock as f64, "session", "sessions")
        )));
    }
    sequential(target, stats, blocks);
}

fn sequential(target: &Target, stats: &Stats, blocks: &mut Vec<Block>) {
    let scope = scope::of(target);
    let own: Vec<&TableStats> = stats.tables.iter().filter(|t| scope.covers(&t.name.schema)).collect();
    let total: i64 = own.iter().map(|t| t.seq_rows_read).sum();
    if total == 0 {
        return;
    }
    let mut worst = own;
    worst.sort_by(|a, b| b.seq_rows_read.cmp(&a.seq_rows_read).then(a.name.cmp(&b.name)));
    let rows: Vec<Vec<Text>> = worst
        .iter()
        .filter(|t| t.seq_rows_read * 100 >= total && t.seq_scans > 0)
        .take(5)
        .map(|t| {
            let scans = t.seq_scans + t.index_scans;
            vec![
                code(&t.name),
                count(t.seq_scans as f64).into(),
                count(t.seq_rows_read as f64).into(),
                percent(t.seq_rows_read as f64 / total as f64).into(),
                percent(if scans == 0 { 0.0 } else { t.index_scans as f64 / scans as f64 }).into(),
            ]
        })
        .collect();
    blocks.push(table(&["Read by sequential scans", "#Scans", "#Rows read", "#Share of all", "#Scans by index"], rows));
}

fn scaling_limits(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let limits = facts.review.limits.iter().find(|l| l.target == target.name);
        key_space(target, limits.is_some(), blocks);
        if let Some(limits) = limits {
            let number = facts.number_of(target);
            crate::limits::keys(limits, number, blocks);
            crate::limits::pace(limits, blocks);
            let size = target.snapshot.stats.as_ref().and_then(|s| s.database.as_ref()).and_then(|d| d.bytes);
            blocks.extend(charts::size_ahead(limits, size, number));
        }
        connections(target, blocks);
        wraparound(target, blocks);
        blocks.extend(limits.and_then(|l| l.transaction_ids.as_ref()).and_then(crate::limits::transaction_ids).map(para));
        if target.snapshot.stats.is_none() {
            blocks.push(para(say!(
                "How far {} is from its limits (connections, transaction ids, the keys already used) needs the statistics of a live server.",
                strong(&target.name)
            )));
        }
    })
    .into_iter()
    .chain(pointers(facts))
    .collect()
}

fn pointers(facts: &Facts<'_>) -> Option<Block> {
    let related = facts.in_part(PartId::HorizontalAndVertical);
    (!related.is_empty()).then(|| para(say!("See also {} in section 4.", finding_refs(&related, 10))))
}

/// Keys that count in 32 or 16 bits, and how much of the range is used, unless that follows anyhow.
fn key_space(target: &Target, told_later: bool, blocks: &mut Vec<Block>) {
    let sequences = &target.snapshot.catalog.sequences;
    let last_values: BTreeMap<_, i64> =
        sequences.iter().filter_map(|s| Some(((s.owned_by_table.as_ref()?, s.owned_by_column.as_deref()?), s.last_value?))).collect();
    let mut narrow = Vec::new();
    let mut wide = 0_usize;
    for table in scope::own_tables(target) {
        for column in table.columns.iter().filter(|c| c.takes_from_sequence()) {
            let limit: i64 = match column.base_type().as_str() {
                "smallint" => i64::from(i16::MAX),
                "integer" => i64::from(i32::MAX),
                _ => {
                    wide += 1;
                    continue;
                }
            };
            let used = last_values.get(&(&table.name, column.name.as_str())).copied();
            narrow.push((format!("{}.{}", table.name, column.name), limit, used.map(|u| (u, u as f64 / limit as f64))));
        }
    }
    if narrow.is_empty() {
        if wide > 0 {
            blocks.push(para(format!(
                "{} counted by a sequence, all in 64 bits: no end in sight there.",
                plural(wide, "key is", "keys are")
            )));
        }
        return;
    }
    narrow.sort_by(|a, b| b.2.map_or(0.0, |u| u.1).total_cmp(&a.2.map_or(0.0, |u| u.1)).then(a.0.cmp(&b.0)));
    let counted = narrow.len();
    let used: Vec<Vec<Text>> = narrow
        .iter()
        .filter_map(|(name, limit, used)| {
            used.map(|(u, share)| vec![code(name), format::exact(u).into(), format::exact(*limit).into(), percent(share).into()])
        })
        .take(5)
        .collect();
    let verb = if counted == 1 { "key counts" } else { "keys count" };
    blocks.push(para(say!(
        "{} {} in 32 bits or fewer (an integer ends at 2,147,483,647), {} in 64: {}.",
        counted,
        verb,
        wide,
        codes(narrow.iter().map(|n| &n.0), 12)
    )));
    if !used.is_empty() && !told_later {
        blocks.push(table(&["Key", "#Last value", "#Limit", "#Used"], used));
    }
}

fn connections(target: &Target, blocks: &mut Vec<Block>) {
    let limit = target.snapshot.settings.as_ref().and_then(|s| s.number("max_connections"));
    let used = target.snapshot.stats.as_ref().and_then(|s| s.activity.as_ref());
    if let (Some(limit), Some(activity)) = (limit, used) {
        let share = percent(activity.clients as f64 / limit.max(1.0));
        blocks.push(para(format!("{} of {} connections were in use ({share}).", count(activity.clients as f64), count(limit))));
    }
}

fn wraparound(target: &Target, blocks: &mut Vec<Block>) {
    let Some(stats) = &target.snapshot.stats else { return };
    let oldest = stats.tables.iter().filter_map(|t| t.xid_age.map(|age| (age, &t.name))).max();
    if let Some((age, table)) = oldest {
        let freeze = target.snapshot.settings.as_ref().and_then(|s| s.number("autovacuum_freeze_max_age"));
        let forced = freeze.map_or_else(String::new, |f| format!("; autovacuum steps in at {}", count(f)));
        blocks.push(para(say!(
            "The oldest transaction id is {} transactions old, in {}: {} of the about 2.1 billion after which the server refuses writes{}.",
            count(age as f64),
            code(table),
            percent(age as f64 / 2_147_483_648.0),
            forced
        )));
    }
}
