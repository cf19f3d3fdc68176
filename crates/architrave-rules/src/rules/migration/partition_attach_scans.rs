//! `migration/partition-attach-scans`: see `partition_attach_scans.md` for the rule's page.

use crate::held::asked;
use crate::migrations::{At, in_transaction};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, SafeFile, SafeVersion};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/partition-attach-scans",
    summary: "ATTACH PARTITION that reads the whole new partition under a lock",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("partition_attach_scans.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::AttachPartition { table, partition, default } = action else { continue };
        if !at.step.effect.scans_table(partition) {
            continue;
        }
        let Some(severity) = at.weight(&[partition]).severity() else { continue };
        let message = format!("{partition} is read whole, locked against reads and writes, while it is attached to {}", table.name);
        let why = "PostgreSQL checks every row against the bounds of the partition under ACCESS EXCLUSIVE on it (the parent is locked only against other DDL). A CHECK constraint that says the same as \
                   the bounds, added NOT VALID and validated before, proves it without reading a row, and can be dropped after.";
        let mut draft = at.draft(ObjectRef::table(partition), partition, message, why).severity(severity);
        if let Some(condition) = at.step.table(&table.name).filter(|_| !default).and_then(|parent| bounds(&at.step.text, parent)) {
            draft = draft.safe(safe(at, partition, &condition));
        }
        sink.report(draft);
    }
}

/// The bounds as a condition, for a range over one plain column: `a is not null and a >= x and a < y`.
fn bounds(text: &str, parent: &Table) -> Option<String> {
    let by = parent.partitioning.as_ref().filter(|p| p.strategy.eq_ignore_ascii_case("range"))?;
    let [column] = by.columns.as_slice() else { return None };
    let lower = text.to_lowercase();
    let (from, to) = (lower.find("from")?, lower.rfind(" to ")?);
    let value = |piece: &str| {
        let inner = piece.trim().strip_prefix('(')?.trim_end().strip_suffix(')')?.trim().to_owned();
        (!inner.contains(',')).then_some(inner)
    };
    let (low, high) = (value(text.get(from + 4..to)?)?, value(text.get(to + 4..)?)?);
    let column = quote_ident(column);
    let mut parts = vec![format!("{column} is not null")];
    if !low.eq_ignore_ascii_case("minvalue") {
        parts.push(format!("{column} >= {low}"));
    }
    if !high.eq_ignore_ascii_case("maxvalue") {
        parts.push(format!("{column} < {high}"));
    }
    Some(parts.join(" and "))
}

fn safe(at: At<'_>, partition: &QualifiedName, condition: &str) -> SafeVersion {
    let name = quote_ident(&format!("{}_bounds", partition.name.chars().take(50).collect::<String>()));
    let table = partition.sql();
    let check = in_transaction(
        format!("say the bounds of {}", partition.name),
        vec![format!("alter table {table} add constraint {name} check ({condition}) not valid")],
    );
    let check = SafeFile { down: vec![format!("alter table {table} drop constraint {name}")], ..check };
    let validate = in_transaction("prove the bounds", vec![format!("alter table {table} validate constraint {name}")]);
    let attach = in_transaction("attach", vec![at.step.text.clone(), format!("alter table {table} drop constraint {name}")]);
    at.safe(vec![check, validate, attach])
}
