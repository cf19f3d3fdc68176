//! Section 7, Backup and Recovery Planning: what the server itself shows of backups, standbys, archiving and integrity.

use super::{Facts, PartDef, SectionDef, para, table};
use crate::format::{self, bytes, count, plural, plural_f};
use crate::placement::PartId;
use crate::report::Block;
use crate::scope;
use crate::text::{Text, code, codes, list, say, strong};
use architrave_model::catalog::Persistence;
use architrave_model::review::Target;
use architrave_model::settings::Settings;
use architrave_model::stats::{ArchiverStats, Stats};

pub(super) static SECTION: SectionDef = SectionDef {
    key: "recovery",
    title: "Backup and Recovery Planning",
    intro: None,
    parts: &[
        PartDef { id: PartId::BackupStrategy, key: "backup-strategy", title: "Backup strategy", write: backup },
        PartDef { id: PartId::DisasterRecovery, key: "disaster-recovery", title: "Disaster recovery", write: disaster },
        PartDef { id: PartId::PointInTimeRecovery, key: "point-in-time-recovery", title: "Point-in-time recovery", write: point_in_time },
        PartDef { id: PartId::Integrity, key: "integrity-validation", title: "Integrity validation", write: integrity },
    ],
};

fn needs_live(target: &Target, what: &str) -> Block {
    para(say!("{} of {} cannot be seen in files; it needs a live server.", what, strong(&target.name)))
}

fn backup(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let server = &target.snapshot.server;
        if !scope::is_live(target) {
            blocks.push(needs_live(target, "The backup"));
            return;
        }
        if let Some(size) = target.snapshot.stats.as_ref().and_then(|s| s.database.as_ref()).and_then(|d| d.bytes) {
            blocks.push(para(format!("To back up: {} in this database.", bytes(size))));
        }
        blocks.push(para(if server.platform.is_managed() {
            format!(
                "{} takes backups out of the server's own sight: whether they run, how long they are kept and when one was last restored is known to its console only.",
                server.platform.title()
            )
        } else {
            "The server keeps no record of base backups; whether any was taken, and whether it can be restored, was not examined.".to_owned()
        }));
        if let Some(settings) = &target.snapshot.settings {
            let show = |name: &str| settings.text(name).map(|v| say!("{} {}", code(name), v));
            let shown: Vec<Text> = ["wal_level", "archive_mode", "max_wal_senders", "summarize_wal"].into_iter().filter_map(show).collect();
            let online = match settings.text("wal_level") {
                Some("minimal") => " At this level of WAL no online base backup can be taken, only dumps.",
                Some(_) => " An online base backup can be taken.",
                None => "",
            };
            if !shown.is_empty() {
                blocks.push(para(say!("{}.{}", list(&shown, 6), online)));
            }
        }
    })
}

fn disaster(facts: &Facts<'_>) -> Vec<Block> {
    let brief = &facts.review.brief;
    let mut blocks = facts.each_target(|target, blocks| {
        if let Some(replay) = target.replay.as_ref().filter(|r| r.executed) {
            let total = replay.applied as usize + replay.failed.len();
            blocks.push(para(if total == 0 {
                "There are no scripts that the schema could be rebuilt from.".to_owned()
            } else if replay.failed.is_empty() {
                format!(
                    "The schema can be rebuilt from its scripts alone: all {} ran on an empty server.",
                    plural(total, "statement", "statements")
                )
            } else {
                format!(
                    "The schema cannot be rebuilt from its scripts alone: {} of {} failed on an empty server.",
                    replay.failed.len(),
                    plural(total, "statement", "statements")
                )
            }));
        }
        let unlogged: Vec<_> =
            scope::own_tables(target).into_iter().filter(|t| t.persistence == Persistence::Unlogged).map(|t| &t.name).collect();
        if !unlogged.is_empty() {
            blocks.push(para(say!("Unlogged, so empty after a crash and on every standby: {}.", codes(unlogged, 10))));
        }
        match target.snapshot.stats.as_ref().filter(|_| scope::is_live(target)) {
            None if target.replay.is_none() => blocks.push(needs_live(target, "A copy elsewhere")),
            None => {}
            Some(stats) if stats.replication.is_empty() => blocks.push(para("No copy of the data on another server was connected.")),
            Some(stats) => {
                blocks.push(para(say!("Copies elsewhere: {}.", codes(stats.replication.iter().map(|r| &r.application_name), 8))));
            }
        }
    });
    blocks.push(para(match (brief.recovery_point_minutes, brief.recovery_time_minutes) {
        (None, None) => say!(
            "The brief names no bearable loss or downtime ({}, {}), so nothing here can be measured against them.",
            code("[brief] recovery_point_minutes"),
            code("recovery_time_minutes")
        ),
        (point, time) => {
            let words = |m: Option<f64>| m.map_or_else(|| "not named".to_owned(), |m| format::seconds_text(m * 60.0));
            format!("By the brief: bearable loss {}, bearable downtime {}.", words(point), words(time)).into()
        }
    }));
    blocks
}

fn point_in_time(facts: &Facts<'_>) -> Vec<Block> {
    let point = facts.review.brief.recovery_point_minutes;
    facts.each_target(|target, blocks| {
        let Some(settings) = target.snapshot.settings.as_ref().filter(|_| scope::is_live(target)) else {
            blocks.push(needs_live(target, "WAL archiving"));
            return;
        };
        let mode = settings.text("archive_mode");
        match (mode, target.snapshot.server.platform.is_managed()) {
            (None, _) => blocks.push(para("archive_mode could not be read.")),
            (Some("off"), true) => {
                blocks.push(para(say!("archive_mode is off; {} may ship WAL by its own means.", target.snapshot.server.platform.title())));
            }
            (Some("off"), false) => {
                blocks.push(para("archive_mode is off: the database can only be brought back to the moment of a whole backup, never to a moment in between."));
            }
            (Some(mode), _) => {
                blocks.push(para(say!("archive_mode is {}. {}", mode, archive_command(settings))));
                idle_loss(settings, point, blocks);
            }
        }
        if let Some(stats) = target.snapshot.stats.as_ref().filter(|_| mode != Some("off")) {
            archiver(stats, blocks);
        }
    })
}

/// What can be said about the archive command without printing it: it may hold addresses and secrets.
fn archive_command(settings: &Settings) -> &'static str {
    let command = settings.text("archive_command").map(str::trim).unwrap_or_default();
    let library = settings.text("archive_library").map(str::trim).unwrap_or_default();
    let discards = matches!(command, "true" | "/bin/true" | "/usr/bin/true" | ":" | "exit 0" | "cd .");
    match (command.is_empty() || command == "(disabled)", library.is_empty()) {
        _ if discards => "Its archive_command throws every WAL file away and reports success: nothing is archived.",
        (true, true) => "Neither archive_command nor archive_library is set, so WAL piles up unarchived.",
        (_, false) => "An archive_library is set.",
        (false, true) => "An archive_command is set (not shown: it may hold secrets).",
    }
}

/// How much an idle primary may lose: WAL that fills no file is archived at archive_timeout only.
fn idle_loss(settings: &Settings, point: Option<f64>, blocks: &mut Vec<Block>) {
    let Some(timeout) = settings.number("archive_timeout") else { return };
    let measured = point.map(|minutes| {
        let fits = timeout > 0.0 && timeout <= minutes * 60.0;
        format!(" The brief bears a loss of {}: {}.", format::seconds_text(minutes * 60.0), if fits { "kept" } else { "not kept" })
    });
    let loss = if timeout > 0.0 {
        format!("archive_timeout is {}: the most that a quiet server keeps unarchived.", format::seconds_text(timeout))
    } else {
        "archive_timeout is 0: on a quiet server the last WAL file may stay unarchived for any length of time.".to_owned()
    };
    blocks.push(para(format!("{loss}{}", measured.unwrap_or_default())));
}

fn archiver(stats: &Stats, blocks: &mut Vec<Block>) {
    let Some(ArchiverStats { archived, last_archived, failed, last_failed, .. }) = &stats.archiver else {
        blocks.push(para("pg_stat_archiver could not be read."));
        return;
    };
    let ago = |t: &Option<f64>| t.map(|t| format!("{} before this reading", format::seconds_text((stats.captured_at - t).max(0.0))));
    let last = ago(last_archived).map_or_else(|| "never".to_owned(), |a| format!("the last {a}"));
    let failing = match (last_archived, last_failed) {
        (_, None) => String::new(),
        (Some(ok), Some(bad)) if ok > bad => "; it has succeeded since".to_owned(),
        (_, bad) => ago(bad).map_or_else(String::new, |a| format!("; failing still, the last time {a}")),
    };
    blocks.push(para(format!(
        "Archived: {}, {last}; {}{failing}. Whether the files can be read back was not tried.",
        plural_f(*archived as f64, "WAL file", "WAL files"),
        plural_f(*failed as f64, "failure", "failures")
    )));
}

fn integrity(facts: &Facts<'_>) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let catalog = &target.snapshot.catalog;
        let tables = scope::own_tables(target);
        let mut items: Vec<Text> = Vec::new();
        let constraints = tables.iter().map(|t| t.constraints.len()).sum::<usize>();
        let open = tables.iter().flat_map(|t| &t.constraints).filter(|c| !c.validated).count();
        items.push(all_or(open, constraints, ("constraint", "constraints"), "validated").into());
        let indexes = scope::own_indexes(target);
        let invalid = indexes.iter().filter(|(_, i)| !i.valid).count();
        items.push(all_or(invalid, indexes.len(), ("index", "indexes"), "valid").into());
        items.push(match (scope::is_live(target), catalog.extension("amcheck").is_some()) {
            (false, _) => "amcheck was not run: there are no rows here to check.".into(),
            (true, true) => {
                "amcheck is installed; it was not run, and no backup was restored: this review reads catalogues, not rows.".into()
            }
            (true, false) => {
                "amcheck is not installed, so it was not run, and no backup was restored: this review reads catalogues, not rows.".into()
            }
        });
        match target.snapshot.settings.as_ref().filter(|_| scope::is_live(target)) {
            Some(settings) => {
                let rows = durability(settings);
                if !rows.is_empty() {
                    blocks.push(table(&["Setting", "Value", "Meaning"], rows));
                }
            }
            None => items.push("Checksums, fsync and collation versions are facts of a live server, which was not given.".into()),
        }
        if let Some(stats) = &target.snapshot.stats {
            items.extend(
                stats
                    .database
                    .as_ref()
                    .and_then(|d| d.checksum_failures)
                    .map(|n| Text::from(format!("{} counted.", plural_f(n as f64, "checksum failure", "checksum failures")))),
            );
            items.extend(collations(stats));
        }
        blocks.push(Block::List { items });
    })
}

/// `All 9 constraints are validated.`, or how many are not.
fn all_or(not: usize, all: usize, (one, many): (&str, &str), state: &str) -> String {
    match (not, all) {
        (_, 0) => format!("There are no {many}."),
        (0, 1) => format!("The one {one} is {state}."),
        (0, _) => format!("All {} are {state}.", plural(all, one, many)),
        _ => format!("Not {state}: {not} of {}.", plural(all, one, many)),
    }
}

fn durability(settings: &Settings) -> Vec<Vec<Text>> {
    let meanings = [
        ("data_checksums", "silent damage of a page is noticed when it is read", "silent damage of a page goes unnoticed"),
        ("fsync", "commits survive a crash of the machine", "a crash of the machine may destroy the cluster"),
        ("full_page_writes", "half-written pages are repaired after a crash", "half-written pages stay broken after a crash"),
    ];
    meanings
        .into_iter()
        .filter_map(|(name, on, off)| {
            let is_on = settings.on(name)?;
            Some(vec![code(name), if is_on { "on" } else { "off" }.into(), if is_on { on } else { off }.into()])
        })
        .collect()
}

fn collations(stats: &Stats) -> Option<Text> {
    let known: Vec<_> = stats.databases.iter().filter(|d| d.collation_version.is_some() && d.actual_collation_version.is_some()).collect();
    let moved: Vec<_> = known.iter().filter(|d| d.collation_version != d.actual_collation_version).map(|d| &d.name).collect();
    if known.is_empty() {
        return None;
    }
    Some(if moved.is_empty() {
        format!(
            "Collation versions match the operating system's in {}.",
            if known.len() == 1 {
                "the one database that records one".to_owned()
            } else {
                format!("all {} databases that record one", count(known.len() as f64))
            }
        )
        .into()
    } else {
        say!(
            "The operating system's collations have changed under {}: text indexes there may be in the wrong order until they are rebuilt.",
            codes(moved, 8)
        )
    })
}
