//! `maintenance/horizon-held`: see `horizon_held.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/horizon-held",
    summary: "slot or standby that keeps vacuum from removing rows",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("horizon_held.md"),
    check: Check::Stats(check),
};

/// Transactions.
const LEAST: i64 = 10_000_000;

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let mut holders: Vec<(i64, String, &str)> = Vec::new();
    for slot in &stats.slots {
        if let Some(age) = slot.xmin_age.filter(|a| *a >= LEAST) {
            holders.push((age, format!("replication slot {}", slot.name), "all tables"));
        } else if let Some(age) = slot.catalog_xmin_age.filter(|a| *a >= LEAST) {
            holders.push((age, format!("logical slot {}", slot.name), "the system catalogue"));
        }
    }
    for standby in &stats.replication {
        if let Some(age) = standby.xmin_age.filter(|a| *a >= LEAST) {
            holders.push((age, format!("feedback of standby {}", standby.application_name), "all tables"));
        }
    }
    for (age, who, what) in holders {
        let severity = match age {
            a if a >= 500_000_000 => Severity::High,
            a if a >= 100_000_000 => RULE.severity,
            _ => Severity::Low,
        };
        let why = format!(
            "Vacuum removes no row of {what} that died since, and cannot freeze past it. Let its reader catch up; drop the slot when it has none any more (`select pg_drop_replication_slot(…)`), or switch \
             hot_standby_feedback off on the standby and accept that long reports there are cancelled."
        );
        sink.report(
            Draft::new(
                ObjectRef::global(ObjectKind::Cluster, &who),
                format!("{who} holds vacuum back by {} transactions", count(age as f64)),
                why,
            )
            .severity(severity)
            .evidence("age, transactions", age, "pg_replication_slots, pg_stat_replication"),
        );
    }
}
