//! `maintenance/wraparound-age`: see `wraparound_age.md` for the rule's page.

use crate::figures::{count, counted, duration, percent};
use crate::statements::lock;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::stats::{DatabaseFacts, TableStats};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/wraparound-age",
    summary: "database whose oldest transaction id nears the point where writes stop",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("wraparound_age.md"),
    check: Check::Stats(check),
};

/// Ids wrap at 2^31; three million before, the server refuses to hand out more (14 and later, one million before).
const STOP: f64 = 2_147_483_648.0 - 3_000_000.0;

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let setting = |name: &str, default: f64| context.settings.and_then(|s| s.number(name)).unwrap_or(default);
    let freeze = (setting("autovacuum_freeze_max_age", 2e8), setting("autovacuum_multixact_freeze_max_age", 4e8));
    for database in &stats.databases {
        let (xid, multi) = (database.xid_age as f64, database.multixact_age as f64);
        // Autovacuum starts to freeze at this age and takes its time; half as much again says that it does not get there.
        let late = xid > freeze.0 * 1.5 || multi > freeze.1 * 1.5;
        let share = xid.max(multi) / STOP;
        if late && share >= 0.18 {
            sink.report(draft(stats, context, database, xid >= multi, share));
        }
    }
}

fn draft(stats: &Stats, context: &Context<'_>, database: &DatabaseFacts, by_xid: bool, share: f64) -> Draft {
    let (age, unit) = if by_xid { (database.xid_age, "transactions") } else { (database.multixact_age, "multixacts") };
    let severity = match share {
        s if s >= 0.7 => Severity::Critical,
        s if s >= 0.4 => Severity::High,
        _ => RULE.severity,
    };
    let message = format!("database {} is {} {unit} old, {} of the way to the stop", database.name, count(age as f64), percent(share));
    let mut why = format!(
        "Freezing old rows is behind: at {} {unit} PostgreSQL stops handing out ids and every write fails, until a vacuum has gone through the oldest tables. Something keeps autovacuum \
         from finishing.",
        count(STOP)
    );
    for reason in holders(stats) {
        why.extend([format!(" {reason}.")]);
    }
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &database.name), message, why)
        .severity(severity)
        .evidence("age of datfrozenxid", database.xid_age, "pg_database")
        .evidence("age of datminmxid", database.multixact_age, "pg_database");
    if database.name != context.server.database {
        return draft;
    }
    let age_of = |t: &TableStats| if by_xid { t.xid_age } else { t.multixact_age };
    let mut oldest: Vec<(&TableStats, i64)> =
        stats.tables.iter().filter_map(|t| age_of(t).map(|a| (t, a))).filter(|(_, a)| *a * 2 >= age).collect();
    oldest.sort_by_key(|(t, a)| (-a, &t.name));
    oldest.truncate(20);
    for (table, age) in &oldest {
        draft = draft.place(ObjectRef::table(&table.name), Some(format!("{} {unit} old", count(*age as f64))));
    }
    if oldest.is_empty() {
        return draft;
    }
    draft.fix(Fix {
        title: format!("freeze the {}", counted(oldest.len(), "oldest table", "oldest tables")),
        up: oldest.iter().map(|(t, _)| format!("vacuum (freeze) {}", t.name.sql())).collect(),
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: oldest.iter().map(|(t, _)| lock(&t.name, "ShareUpdateExclusiveLock")).collect(),
            scans: oldest.iter().map(|(t, _)| t.name.to_string()).collect(),
            ..Effect::default()
        },
        caution: Some("end what holds the horizon back first, or the vacuum will not be able to freeze; `index_cleanup off` makes it faster in an emergency".into()),
    })
}

/// What may hold the horizon of all vacuums back.
fn holders(stats: &Stats) -> Vec<String> {
    const LONG: f64 = 3600.0;
    let mut found = Vec::new();
    if let Some(activity) = &stats.activity {
        if let Some(age) = activity.oldest_transaction_seconds.filter(|s| *s > LONG) {
            found.push(format!("A transaction has been open for {}", duration(age)));
        }
        if activity.prepared_transactions > 0 {
            let age = activity.oldest_prepared_seconds.map_or_else(String::new, |s| format!(", the oldest for {}", duration(s)));
            found.push(format!(
                "{} open{age}",
                counted(activity.prepared_transactions.max(0) as usize, "prepared transaction is", "prepared transactions are")
            ));
        }
    }
    let idle: Vec<&str> = stats.slots.iter().filter(|s| !s.active).map(|s| s.name.as_str()).collect();
    if !idle.is_empty() {
        found.push(format!("Nobody reads from replication slot {}", crate::figures::list(&idle)));
    }
    found
}
