//! `server/checksum-failures`: see `checksum_failures.md` for the rule's page.

use crate::figures::counted;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "server/checksum-failures",
    summary: "data pages whose checksum was wrong",
    severity: Severity::Critical,
    confidence: Confidence::Certain,
    effort: Effort::Large,
    area: Area::Recovery,
    docs: include_str!("checksum_failures.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(failures) = stats.database.as_ref().and_then(|d| d.checksum_failures) else {
        return sink.not_checked("failures of checksums are not counted: checksums are off, or the server is older than 12");
    };
    if failures <= 0 {
        return;
    }
    let message = format!(
        "{} in database {}",
        counted(usize::try_from(failures).unwrap_or(0), "page with a wrong checksum was read", "pages with a wrong checksum were read"),
        context.server.database
    );
    let why = "The storage has returned other bytes than were written. Now: keep the last backups from being erased, find the relations in the log (\"page verification failed\"), fail over to a standby \
               if there is one and check it too, restore what is damaged from the last sound backup, and replace the hardware.";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why).evidence(
        "failures",
        failures,
        "pg_stat_database.checksum_failures",
    ));
}
