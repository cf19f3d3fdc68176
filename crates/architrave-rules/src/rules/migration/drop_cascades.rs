//! `migration/drop-cascades`: see `drop_cascades.md` for the rule's page.

use crate::body;
use crate::figures::{counted, list_of};
use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::catalog::ConstraintKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::quote_ident;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "migration/drop-cascades",
    summary: "CASCADE takes objects away that the migration does not name",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("drop_cascades.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let (object, mut taken) = match action {
            Action::DropTable { table, cascade: true, .. } => (ObjectRef::table(table), of_relation(at, table, None)),
            Action::DropColumn { table, column, cascade: true, .. } => {
                (ObjectRef::column(&table.name, column), of_relation(at, &table.name, Some(column)))
            }
            Action::DropView { view, cascade: true, .. } => {
                (ObjectRef::in_schema(ObjectKind::View, &view.schema, &view.name), of_relation(at, view, None))
            }
            Action::DropType { name, cascade: true, .. } => {
                (ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name), of_type(at, name))
            }
            Action::DropSchema { name, cascade: true } => (ObjectRef::global(ObjectKind::Schema, name), of_schema(at, name)),
            Action::DropConstraint { table, name, cascade: true, .. } => {
                (ObjectRef::in_table(ObjectKind::Constraint, &table.name, name), of_key(at, &table.name, name))
            }
            Action::DropFunction { name, cascade: true } => {
                (ObjectRef::in_schema(ObjectKind::Function, &name.schema, &name.name), of_function(at, name))
            }
            _ => continue,
        };
        let made: BTreeSet<ObjectRef> = made_again(at);
        taken.retain(|o| !made.contains(o));
        if taken.is_empty() {
            continue;
        }
        let names: Vec<String> = taken.iter().map(|o| format!("{} {o}", o.kind.word())).collect();
        let message = format!("CASCADE on {object} takes {} with it: {}", counted(taken.len(), "object", "objects"), list_of(&names, 4));
        let why = "CASCADE drops whatever depends, now and on every database that the migration will ever meet, and says so in a NOTICE that migration tools hide. What the author saw \
                   depending on it and what depends on it in production need not be the same.";
        let mut draft = told(at, object, message, why);
        let holds_data = taken.iter().any(|o| matches!(o.kind, ObjectKind::Table | ObjectKind::Column));
        if !holds_data {
            draft = draft.severity(Severity::Medium);
        }
        for object in taken {
            draft = draft.place(object, None);
        }
        sink.report(draft);
    }
}

/// Views over the relation (over each other too) and foreign keys that point at it.
fn of_relation(at: At<'_>, relation: &QualifiedName, column: Option<&str>) -> BTreeSet<ObjectRef> {
    let before = &at.step.before;
    let mut taken = BTreeSet::new();
    let mut wanted = vec![relation.clone()];
    while let Some(next) = wanted.pop() {
        for view in before.views.iter().filter(|v| v.depends_on.contains(&next)) {
            let reads = column.is_none_or(|c| next != *relation || body::tokens(&view.definition).iter().any(|t| t.is(c)));
            let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
            if reads && taken.insert(ObjectRef::in_schema(kind, &view.name.schema, &view.name.name)) {
                wanted.push(view.name.clone());
            }
        }
    }
    for table in before.tables.iter().filter(|t| t.name != *relation) {
        for (key, reference) in table.foreign_keys() {
            if reference.table == *relation && column.is_none_or(|c| reference.columns.iter().any(|r| r == c)) {
                taken.insert(ObjectRef::in_table(ObjectKind::Constraint, &table.name, &key.name));
            }
        }
    }
    taken
}

fn of_type(at: At<'_>, name: &QualifiedName) -> BTreeSet<ObjectRef> {
    let spelled = [format!("{}.{}", quote_ident(&name.schema), quote_ident(&name.name)), quote_ident(&name.name)];
    let is_it = |data_type: &str| spelled.iter().any(|s| *s == data_type.trim_end_matches("[]"));
    let tables = at.step.before.tables.iter();
    tables.flat_map(|t| t.columns.iter().filter(|c| is_it(&c.base_type())).map(|c| ObjectRef::column(&t.name, &c.name))).collect()
}

fn of_schema(at: At<'_>, schema: &str) -> BTreeSet<ObjectRef> {
    let before = &at.step.before;
    let tables = before.tables.iter().filter(|t| t.name.schema == schema).map(|t| ObjectRef::table(&t.name));
    let views = before.views.iter().map(|v| &v.name).filter(|n| n.schema == schema);
    let functions = before.functions.iter().filter(|f| f.name.schema == schema);
    tables
        .chain(views.map(|n| ObjectRef::in_schema(ObjectKind::View, &n.schema, &n.name)))
        .chain(functions.map(|f| ObjectRef::in_schema(ObjectKind::Function, schema, f.signature())))
        .collect()
}

/// Foreign keys that need the key.
fn of_key(at: At<'_>, of: &QualifiedName, name: &str) -> BTreeSet<ObjectRef> {
    let Some(key) = at.step.before.table_named(of).and_then(|t| t.constraints.iter().find(|c| c.name == name)) else {
        return BTreeSet::new();
    };
    if !matches!(key.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) {
        return BTreeSet::new();
    }
    let same = |columns: &[String]| columns.len() == key.columns.len() && columns.iter().all(|c| key.columns.contains(c));
    let tables = at.step.before.tables.iter();
    tables
        .flat_map(|t| {
            t.foreign_keys()
                .filter(|(_, r)| r.table == *of && same(&r.columns))
                .map(|(k, _)| ObjectRef::in_table(ObjectKind::Constraint, &t.name, &k.name))
        })
        .collect()
}

fn of_function(at: At<'_>, name: &QualifiedName) -> BTreeSet<ObjectRef> {
    let tables = at.step.before.tables.iter();
    tables
        .flat_map(|t| {
            t.triggers
                .iter()
                .filter(|g| g.function == *name && !g.inherited)
                .map(|g| ObjectRef::in_table(ObjectKind::Trigger, &t.name, &g.name))
        })
        .collect()
}

/// What the script names itself: dropped by name or made again.
fn made_again(at: At<'_>) -> BTreeSet<ObjectRef> {
    let mut named = BTreeSet::new();
    for action in at.migrations.of_script(at.step.script).flat_map(|s| &s.actions) {
        match action {
            Action::CreateView { view, materialized, .. } | Action::DropView { view, materialized, .. } => {
                let kind = if *materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
                named.insert(ObjectRef::in_schema(kind, &view.schema, &view.name));
            }
            Action::AddConstraint { table, constraint } => {
                named.extend(constraint.name.as_ref().map(|n| ObjectRef::in_table(ObjectKind::Constraint, &table.name, n)));
            }
            Action::DropConstraint { table, name, .. } => {
                named.insert(ObjectRef::in_table(ObjectKind::Constraint, &table.name, name));
            }
            Action::CreateTrigger { table, name } | Action::DropTrigger { table, name } => {
                named.insert(ObjectRef::in_table(ObjectKind::Trigger, table, name));
            }
            Action::DropTable { table, .. } => {
                named.insert(ObjectRef::table(table));
                let keys = at.step.before.table_named(table).into_iter().flat_map(|t| &t.constraints);
                named.extend(keys.map(|c| ObjectRef::in_table(ObjectKind::Constraint, table, &c.name)));
            }
            _ => {}
        }
    }
    named
}
