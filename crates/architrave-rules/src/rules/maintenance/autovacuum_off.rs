//! `maintenance/autovacuum-off`: see `autovacuum_off.md` for the rule's page.

use crate::figures::{count, counted, list_of};
use crate::rules::setting::advice::{change, evident, is_off, on_setting};
use crate::statements::lock;
use architrave_model::catalog::{Persistence, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::platform::Platform;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/autovacuum-off",
    summary: "autovacuum switched off",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("autovacuum_off.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let live = context.settings.filter(|_| context.server.platform != Platform::Private);
    if let Some(settings) = live.filter(|s| is_off(s, "autovacuum")) {
        let why = format!(
            "Dead rows stay, statistics grow old, and transaction ids age until a vacuum of everything is forced at once.{}",
            change(settings, context, &[("autovacuum", "on")])
        );
        sink.report(evident(
            on_setting("autovacuum", "autovacuum is off for the whole server", why),
            settings,
            &["autovacuum", "track_counts"],
        ));
    }
    let mut off: Vec<(&Table, &str)> = Vec::new();
    for table in catalog.tables.iter().filter(|t| t.kind == TableKind::Ordinary && t.extension.is_none()) {
        let parameter = table.options.iter().find(|o| is_switched_off(o));
        // A staging table that its job empties again has nothing to vacuum.
        let staging = table.persistence != Persistence::Permanent || context.rows(&table.name).is_some_and(|rows| rows < 1000.0);
        if let Some(parameter) = parameter.filter(|_| !staging) {
            off.push((table, parameter));
        }
    }
    let Some((first, _)) = off.first() else { return };
    let large =
        off.iter().any(|(t, _)| context.rows(&t.name).is_none_or(|rows| rows >= 1e6) && context.writes(&t.name).is_none_or(|w| w > 0));
    let names: Vec<String> = off.iter().map(|(t, _)| t.name.to_string()).collect();
    let message = format!("autovacuum is off for {}: {}", counted(off.len(), "table", "tables"), list_of(&names, 3));
    let why = "Dead rows are never reused and statistics grow old until somebody vacuums by hand. If autovacuum was too much for a table, give it a lower scale factor, so that it has less to do each time.";
    let object = if off.len() == 1 { ObjectRef::table(&first.name) } else { ObjectRef::global(ObjectKind::Schema, &first.name.schema) };
    let mut draft = Draft::new(object, message, why).severity(if large { Severity::Medium } else { Severity::Low });
    for (table, parameter) in &off {
        let rows = context.rows(&table.name).map_or_else(String::new, |r| format!(", {} rows", count(r)));
        draft = draft.place(ObjectRef::table(&table.name), Some(format!("{parameter}{rows}")));
    }
    sink.report(draft.fix(Fix {
        title: "let autovacuum work on them again".into(),
        up: off.iter().map(|(t, _)| format!("alter table {} reset (autovacuum_enabled)", t.name.sql())).collect(),
        down: off.iter().map(|(t, p)| format!("alter table {} set ({p})", t.name.sql())).collect(),
        transactional: true,
        effect: Effect { locks: off.iter().map(|(t, _)| lock(&t.name, "ShareUpdateExclusiveLock")).collect(), ..Effect::default() },
        caution: None,
    }));
}

/// `autovacuum_enabled=off` in any of its spellings.
fn is_switched_off(option: &str) -> bool {
    option.split_once('=').is_some_and(|(name, value)| name == "autovacuum_enabled" && matches!(value, "false" | "off" | "0" | "no"))
}
