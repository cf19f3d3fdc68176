//! `migration/partition-created-in-place`: see `partition_created_in_place.md` for the rule's page.

use crate::held::{asked, brief_lock, felt_locks, is_old};
use crate::migrations::{At, in_transaction};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, LockMode, Migrations, SafeFile, SafeVersion};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/partition-created-in-place",
    summary: "CREATE TABLE … PARTITION OF locks the partitioned table against everybody",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("partition_created_in_place.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::CreateTable { table, partition_of: Some(parent), if_not_exists, .. } = action else { continue };
        let felt = felt_locks(at.step).any(|l| l.relation == *parent && l.mode == LockMode::AccessExclusive && !l.held_before);
        if !felt || *if_not_exists && is_old(at.step, table) {
            continue;
        }
        let Some(severity) = brief_lock(at, parent) else { continue };
        let message = format!("{parent} is locked against reads and writes while its partition {} is made", table.name);
        let why = "CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the parent: it waits for every open transaction that has touched the table, and everybody else waits behind it. CREATE TABLE … (LIKE … INCLUDING ALL) \
                   and ATTACH PARTITION end in the same schema and lock the parent against DDL only.";
        let mut draft = at.draft(ObjectRef::table(parent), parent, message, why).severity(if severity == Severity::High {
            Severity::Medium
        } else {
            Severity::Low
        });
        if let Some(bound) = bound_of(&at.step.text) {
            draft = draft.safe(safe(at, parent, table, &bound));
        }
        sink.report(draft);
    }
}

/// `for values …` or `default` where the statement ends with it.
fn bound_of(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let after = lower.find("partition of")?;
    let start = lower.get(after..)?.find("for values").map(|at| at + after)?;
    let bound = text.get(start..)?.trim();
    let plain = !bound.to_lowercase().contains("partition by")
        && !bound.to_lowercase().contains("with (")
        && !bound.to_lowercase().contains("tablespace");
    let columns = lower.get(after..start)?.contains('(');
    (plain && !columns && bound.ends_with(')')).then(|| bound.to_owned())
}

fn safe(at: At<'_>, parent: &QualifiedName, table: &QualifiedName, bound: &str) -> SafeVersion {
    let file = in_transaction(
        format!("make {} and attach it", table.name),
        vec![
            format!(
                "create table {} (like {} including defaults including generated including constraints including storage including compression including comments)",
                table.sql(),
                parent.sql()
            ),
            format!("alter table {} attach partition {} {bound}", parent.sql(), table.sql()),
        ],
    );
    let compression = at.migrations.major >= 14;
    let statements =
        file.statements.iter().map(|s| if compression { s.clone() } else { s.replace(" including compression", "") }).collect();
    at.instead(vec![SafeFile { statements, down: vec![format!("drop table {}", table.sql())], ..file }])
}
