//! `backup/archiving-off`: see `archiving_off.md` for the rule's page.

use crate::figures::{count, duration};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::platform::Platform;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "backup/archiving-off",
    summary: "server whose WAL is not archived, so that no point in time can be recovered",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("archiving_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let server = context.server;
    if server.platform.is_managed() {
        let provider = server.platform.title();
        return sink.not_checked(format!(
            "{provider} archives WAL out of the server's sight: look up there how long a point in time can be recovered"
        ));
    }
    if server.platform == Platform::Private {
        return sink.not_checked("the private server of this run has no backups");
    }
    if server.in_recovery {
        return sink.not_checked("this is a standby: archiving is the primary's");
    }
    let Some(mode) = settings.text("archive_mode") else {
        return sink.not_checked("archive_mode is not readable");
    };
    if mode == "off" {
        match wal_receiver(context) {
            Some(receiver) => sink.not_checked(format!("archive_mode is off, but {receiver} streams the WAL: check there that it is kept")),
            None => sink.report(draft(
                settings,
                context,
                "archive_mode",
                "archive_mode is off: no point in time can be recovered".into(),
                NO_ARCHIVE,
            )),
        }
        return;
    }
    let command = settings.text("archive_command").unwrap_or_default();
    let library = settings.text("archive_library").unwrap_or_default();
    if library.is_empty() && (command.is_empty() || command == "(disabled)") {
        let message = "archive_mode is on, but neither archive_command nor archive_library is set: WAL piles up unarchived".to_owned();
        return sink.report(draft(settings, context, "archive_command", message, PILING_UP));
    }
    if library.is_empty() && discards(command) {
        let message = "archive_command reports success without storing anything".to_owned();
        return sink.report(draft(settings, context, "archive_command", message, DISCARDED));
    }
    failing(settings, context, sink);
}

const NO_ARCHIVE: &str = "Without an archive of the WAL a backup brings back the moment at which it was taken, and nothing later: a dropped table at four in the afternoon costs the day.";
const PILING_UP: &str = "Segments are kept until they are archived, which never happens: the disk fills up with WAL until the server stops, and nothing can be recovered from it elsewhere.";
const DISCARDED: &str =
    "PostgreSQL believes that each segment is safe and recycles it. The archive is empty, which shows on the day it is needed.";
const FAILING: &str = "Segments are kept until they are archived: what was written since the last success can only be recovered from this server's own disk, which fills up meanwhile.";

/// A standby that keeps WAL for backups, by its name.
fn wal_receiver<'a>(context: &Context<'a>) -> Option<&'a str> {
    const NAMES: &[&str] = &["pg_receivewal", "pg_receivexlog", "barman", "receive", "walg", "wal-g", "pgbackrest", "backup"];
    let known = |name: &str| NAMES.iter().any(|n| name.to_lowercase().contains(n));
    context.stats?.replication.iter().map(|r| r.application_name.as_str()).find(|n| known(n))
}

/// A command that succeeds whatever happens.
fn discards(command: &str) -> bool {
    let command = command.trim().trim_end_matches(';').trim();
    matches!(command, "true" | "/bin/true" | "/usr/bin/true" | ":" | "exit 0" | "cd ." | "echo")
        || command.ends_with("|| true")
        || command.ends_with("|| :")
        || command.ends_with("; true")
        || command.ends_with("; exit 0")
}

fn failing(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(archiver) = context.stats.and_then(|s| s.archiver.as_ref()) else { return };
    let Some(failed) = archiver.last_failed.filter(|f| archiver.last_archived.is_none_or(|ok| *f > ok)) else { return };
    let since = archiver
        .last_archived
        .map_or_else(|| "it has never succeeded".to_owned(), |ok| format!("the last success was {} ago", duration(context.now - ok)));
    let message = format!("archiving of WAL fails: {} failures, {since}", count(archiver.failed as f64));
    let draft = draft(settings, context, "archive_command", message, FAILING)
        .confidence(Confidence::Certain)
        .evidence("failures", archiver.failed, "pg_stat_archiver.failed_count")
        .evidence("last failure, unix seconds", failed, "pg_stat_archiver.last_failed_time");
    sink.report(draft);
}

/// By what the answers say that a loss would mean.
fn severity(context: &Context<'_>) -> Severity {
    let brief = context.brief;
    match (brief.environment.as_deref(), brief.recovery_point_minutes) {
        (Some("development"), _) => Severity::Info,
        (Some("staging"), _) => Severity::Low,
        (_, Some(minutes)) if minutes < 60.0 => Severity::Critical,
        (_, Some(minutes)) if minutes >= 1440.0 => Severity::Low,
        _ => RULE.severity,
    }
}

fn draft(settings: &Settings, context: &Context<'_>, setting: &str, message: String, consequence: &str) -> Draft {
    let size = context.stats.and_then(|s| s.database.as_ref()).and_then(|d| d.bytes);
    let mut why = consequence.to_owned();
    if let Some(minutes) = context.brief.recovery_point_minutes {
        why.extend([format!(" The brief allows a loss of {} minutes.", count(minutes))]);
    }
    why.push_str(
        " Steps: choose a tool that archives and verifies (pgBackRest, WAL-G, Barman) and storage outside of this machine; set archive_mode = on (needs a restart) and the tool's archive_command; \
         set archive_timeout to the loss you can bear; take a base backup; then restore it elsewhere, once now and once a month. This cannot be proved from here.",
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Setting, setting), message, why).severity(severity(context));
    for name in ["archive_mode", "archive_library", "wal_level", "archive_timeout"] {
        if let Some(value) = settings.text(name).filter(|v| !v.is_empty()) {
            draft = draft.evidence(name, value, "pg_settings");
        }
    }
    if let Some(bytes) = size {
        draft = draft.evidence("size of the database, bytes", bytes, "pg_database_size");
    }
    draft
}
