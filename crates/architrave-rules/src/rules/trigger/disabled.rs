//! `trigger/disabled`: see `disabled.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::statements::lock;
use architrave_model::catalog::{Table, Trigger, TriggerEnabled};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "trigger/disabled",
    summary: "triggers that are switched off",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("disabled.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let off: Vec<&Trigger> = table.triggers.iter().filter(|t| t.enabled == TriggerEnabled::Disabled && !t.inherited).collect();
        if !off.is_empty() {
            sink.report(draft(table, &off));
        }
    }
}

fn draft(table: &Table, off: &[&Trigger]) -> Draft {
    let names: Vec<String> = off.iter().map(|t| t.name.clone()).collect();
    let message = format!(
        "{} of {} {} disabled: {}",
        counted(off.len(), "trigger", "triggers"),
        table.name,
        if off.len() == 1 { "is" } else { "are" },
        list_of(&names, 3)
    );
    let why = "A disabled trigger stays in the schema and does nothing. Triggers are switched off for bulk loads and repairs and then forgotten: what they maintain (audit rows, totals, search \
               columns) silently stops at that day, and rows written since then have to be repaired by hand."
        .to_owned();
    let mut draft =
        Draft::new(ObjectRef::table(&table.name), message, why).evidence("disabled triggers", off.len(), "pg_trigger.tgenabled");
    for trigger in off {
        draft = draft.place(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &trigger.name), Some(trigger.function.to_string()));
    }
    let change = |word: &str| -> Vec<String> {
        off.iter().map(|t| format!("alter table {} {word} trigger {}", table.name.sql(), quote_ident(&t.name))).collect()
    };
    draft.fix(Fix {
        title: format!("enable the triggers of {}", table.name),
        up: change("enable"),
        down: change("disable"),
        transactional: true,
        effect: Effect { locks: vec![lock(&table.name, "ShareRowExclusiveLock")], ..Effect::default() },
        caution: Some(
            "rows that were written while it was off are not made up for; drop the trigger instead if it is not wanted any more".into(),
        ),
    })
}
