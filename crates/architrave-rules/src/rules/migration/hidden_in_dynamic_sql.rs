//! `migration/hidden-in-dynamic-sql`: see `hidden_in_dynamic_sql.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::held::told;
use crate::migrations::{At, acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Step};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/hidden-in-dynamic-sql",
    summary: "DO block or call that does what no text says: a table read whole, rewritten, emptied or gone",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("hidden_in_dynamic_sql.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let steps: Vec<At<'_>> = acting(migrations, context).filter(|at| migrations.executed && is_dynamic(at.step)).collect();
    for at in &steps {
        let work: Vec<&QualifiedName> = at.rewritten().into_iter().chain(at.scanned()).chain(at.built_on()).collect();
        let Some(first) = work.first().copied() else { continue };
        let Some(severity) = at.weight(&work).severity() else { continue };
        let mut tables: Vec<&QualifiedName> = work.clone();
        tables.sort();
        tables.dedup();
        let (verb, waits) = (if at.rewritten().is_empty() { "reads" } else { "writes anew, or empties," }, at.who_waits(first));
        let message = format!("a DO block or call {verb} the whole of {} while {waits} wait", names(&tables));
        let why = "The statement builds its SQL when it runs; what it does shows in the locks it took and the files it wrote. Others wait until its transaction ends, as they would for the same statement written out.";
        sink.report(with_work(
            at.draft(ObjectRef::table(first), first, message, why).severity(severity),
            *at,
            "read or written whole",
            &tables,
        ));
    }
    report_gone(migrations, &steps, sink);
}

fn is_dynamic(step: &Step) -> bool {
    step.actions.iter().any(|a| matches!(a, Action::Dynamic { .. }))
}

/// Tables and columns that a script with dynamic SQL has taken away without naming them, once for each script.
fn report_gone(migrations: &Migrations, steps: &[At<'_>], sink: &mut Sink<'_>) {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for at in steps.iter().filter(|at| seen.insert(at.step.script)) {
        let Some(after) = after(migrations, at.step) else { continue };
        let named: BTreeSet<&QualifiedName> = migrations.of_script(at.step.script).flat_map(|s| &s.actions).filter_map(taken).collect();
        let mut gone = Vec::new();
        for table in at.step.before.tables.iter().filter(|t| !named.contains(&t.name)) {
            match after.table_named(&table.name) {
                None => gone.push(ObjectRef::table(&table.name)),
                Some(now) => gone.extend(
                    table.columns.iter().filter(|c| now.column(&c.name).is_none()).map(|c| ObjectRef::column(&table.name, &c.name)),
                ),
            }
        }
        let whole_schema = migrations
            .of_script(at.step.script)
            .flat_map(|s| &s.actions)
            .any(|a| matches!(a, Action::DropSchema { .. } | Action::RenameSchema { .. }));
        if let Some(first) = gone.first().filter(|_| !whole_schema) {
            report(*at, first.clone(), &gone, sink);
        }
    }
}

/// The catalogue behind the script.
fn after<'a>(migrations: &'a Migrations, step: &Step) -> Option<&'a Catalog> {
    let next = migrations.steps.iter().find(|s| s.script > step.script);
    next.map(|s| &*s.before).or(migrations.after.as_deref())
}

/// The table that a statement drops, renames or changes by name, or a column of it.
fn taken(action: &Action) -> Option<&QualifiedName> {
    match action {
        Action::DropTable { table, .. } => Some(table),
        Action::DropColumn { table, .. } | Action::RenameColumn { table, .. } | Action::RenameTable { table, .. } => Some(&table.name),
        _ => None,
    }
}

fn report(at: At<'_>, first: ObjectRef, gone: &[ObjectRef], sink: &mut Sink<'_>) {
    let words: Vec<String> = gone.iter().map(|o| format!("{} {o}", o.kind.word())).collect();
    let verb = if gone.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {verb} gone after a DO block or call, dropped or renamed: {}",
        counted(gone.len(), "object", "objects"),
        list_of(&words, 4)
    );
    let why = "No statement of the script names what has gone. Code that still says the old name fails from the commit on, and what was dropped is brought back by nothing but a backup.";
    let mut draft = told(at, first, message, why);
    if gone.len() > 1 {
        for object in gone {
            draft = draft.place(object.clone(), None);
        }
    }
    sink.report(draft);
}
