//! `lock/table-too-small`: see `table_too_small.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "lock/table-too-small",
    summary: "lock table that cannot hold a lock on every table",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("table_too_small.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let (Some(each), Some(connections)) = (settings.number("max_locks_per_transaction"), settings.number("max_connections")) else {
        return sink.not_checked("max_locks_per_transaction or max_connections is not readable");
    };
    let room = each * (connections + settings.number("max_prepared_transactions").unwrap_or(0.0));
    let tables = context.catalog.tables.len() as f64;
    if tables <= room * 0.8 {
        return;
    }
    let wanted = (tables * 2.0 / connections.max(1.0)).ceil().max(each * 2.0);
    let message = format!("the lock table has room for about {} locks, and there are {} tables", count(room), count(tables));
    let why = format!(
        "A pg_dump locks all of them at once, and so does whatever drops or alters a schema: it fails with \"out of shared memory\", and others that ask for a lock at that moment fail with it.{}",
        change(settings, context, &[("max_locks_per_transaction", &count(wanted).replace(',', ""))])
    );
    let draft = evident(
        on_setting("max_locks_per_transaction", message, why),
        settings,
        &["max_locks_per_transaction", "max_connections", "max_prepared_transactions"],
    );
    sink.report(draft.evidence("tables and partitions", tables, "pg_class"));
}
