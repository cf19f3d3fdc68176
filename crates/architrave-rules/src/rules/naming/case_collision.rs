//! `naming/case-collision`: see `case_collision.md` for the rule's page.

use crate::figures::list;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, HashMap};

pub(crate) static RULE: Rule = Rule {
    id: "naming/case-collision",
    summary: "names that differ in nothing but case",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("case_collision.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut relations: BTreeMap<(&str, String), Vec<ObjectRef>> = BTreeMap::new();
    for table in scope.tables() {
        let key = (table.name.schema.as_str(), table.name.name.to_lowercase());
        relations.entry(key).or_default().push(ObjectRef::table(&table.name));
        let mut own: HashMap<String, Vec<&str>> = HashMap::with_capacity(table.columns.len());
        for column in &table.columns {
            own.entry(column.name.to_lowercase()).or_default().push(&column.name);
        }
        let mut alike: Vec<Vec<&str>> = own.into_values().filter(|names| names.len() > 1).collect();
        alike.sort_unstable();
        for names in alike {
            report(&names.iter().map(|n| ObjectRef::column(&table.name, *n)).collect::<Vec<_>>(), sink);
        }
    }
    for view in catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema)) {
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let key = (view.name.schema.as_str(), view.name.name.to_lowercase());
        relations.entry(key).or_default().push(ObjectRef::in_schema(kind, &view.name.schema, &view.name.name));
    }
    relations.into_values().filter(|r| r.len() > 1).for_each(|relations| report(&relations, sink));
}

fn report(objects: &[ObjectRef], sink: &mut Sink<'_>) {
    let Some(first) = objects.first() else { return };
    let names: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let message = format!("{} differ in nothing but case", list(&names));
    let why = "PostgreSQL folds what is not quoted to lower case: the same word, written without quotes, is the lower-case one, or fails. Who forgets the quotes reads and writes the other object without an error. It usually comes \
               from two tools that each made their own.";
    let mut draft = Draft::new(first.clone(), message, why);
    for object in objects {
        draft = draft.place(object.clone(), None);
    }
    sink.report(draft);
}
