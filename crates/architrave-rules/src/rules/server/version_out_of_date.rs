//! `server/version-out-of-date`: see `version_out_of_date.md` for the rule's page.

use super::releases::{AS_OF, RELEASES, Release, provider_end};
use crate::figures::{counted, duration};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::platform::{Platform, Server};
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "server/version-out-of-date",
    summary: "server whose version is out of support, or behind the newest minor release",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("version_out_of_date.md"),
    check: Check::Settings(check),
};

/// Half a year before the end is the time to plan.
const NOTICE: f64 = 182.0 * 86_400.0;

fn check(_settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let server = context.server;
    if server.platform == Platform::Private {
        return sink.not_checked("the server is the private one of this run");
    }
    if server.version_num < 90_000 {
        return sink.not_checked("the server's version is not known");
    }
    let Some(release) = RELEASES.iter().find(|r| r.major == server.major()) else {
        let newest = RELEASES.first().map_or(0, |r| r.major);
        if server.major() > newest {
            return sink.not_checked(format!("version {} is newer than the table of {AS_OF}", server.major()));
        }
        return sink.report(ended(server, "long ago", None));
    };
    let (end, end_seconds) = provider_end(server.platform, release.major).unwrap_or((release.end, release.end_seconds));
    if context.now >= end_seconds {
        return sink.report(ended(server, &format!("on {end}"), Some(context.now - end_seconds)));
    }
    let minor = server.version_num % 10_000;
    if minor < release.minor {
        sink.report(behind(server, release, minor));
    } else if context.now >= end_seconds - NOTICE {
        let left = duration(end_seconds - context.now);
        let message = format!("PostgreSQL {} is out of support on {end}, in {left}", release.major);
        let why = "From that day on nobody corrects its errors any more. Plan the upgrade now: try it on a copy, with the applications' tests, and measure how long it takes.";
        sink.report(subject(server, message, why.to_owned()).severity(Severity::Low));
    }
}

fn subject(server: &Server, message: String, why: String) -> Draft {
    Draft::new(ObjectRef::global(ObjectKind::Cluster, "PostgreSQL"), message, why)
        .evidence("version", server.version.as_str(), "server_version")
        .evidence("table of releases", AS_OF, "https://www.postgresql.org/support/versioning/")
}

fn ended(server: &Server, when: &str, since: Option<f64>) -> Draft {
    let since = since.filter(|s| *s >= 86_400.0).map_or_else(String::new, |s| format!(", {} ago", duration(s)));
    let message = format!("PostgreSQL {} is out of support since {}{since}", server.version, when.trim_start_matches("on "));
    let provider = if server.platform.is_managed() {
        format!(" {} goes on to patch some such versions for money, or upgrades them on a day of its own choice.", server.platform.title())
    } else {
        String::new()
    };
    let why = format!(
        "Errors that are found in it, security holes among them, are not corrected any more. Steps: choose the newest major version that your extensions support, read the \
         migration sections of the release notes in between, rehearse on a copy (pg_upgrade, or logical replication for a short stop), analyze afterwards.{provider}"
    );
    subject(server, message, why).severity(Severity::High).effort(Effort::Large)
}

fn behind(server: &Server, release: &Release, minor: u32) -> Draft {
    let missed = (release.minor - minor) as usize;
    let message = format!(
        "PostgreSQL {} lacks {}: at least {}.{} is out",
        server.version,
        counted(missed, "minor release", "minor releases"),
        release.major,
        release.minor
    );
    let how = if server.platform.is_managed() {
        format!("{} installs it in a maintenance window", server.platform.title())
    } else {
        "install the packages and restart; no dump, no upgrade of the data".to_owned()
    };
    let why = format!(
        "Minor releases hold only corrections: of crashes, corruption, wrong results and security holes, each published with its details. Read the release notes for steps after the \
         update (some ask for a reindex), then: {how}."
    );
    let severity = if missed >= 3 && !server.platform.is_managed() { RULE.severity } else { Severity::Low };
    subject(server, message, why).severity(severity).effort(Effort::Small).evidence(
        "minor releases missed, at least",
        missed,
        "release notes",
    )
}
