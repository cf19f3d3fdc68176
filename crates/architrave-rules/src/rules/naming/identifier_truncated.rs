//! `naming/identifier-truncated`: see `identifier_truncated.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "naming/identifier-truncated",
    summary: "name cut at 63 bytes",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("identifier_truncated.md"),
    check: Check::Catalog(check),
};

/// `NAMEDATALEN` - 1: what is longer is cut with a NOTICE.
const LONGEST: usize = 63;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let full = |name: &str| name.len() == LONGEST || (name.len() == LONGEST - 1 && name.chars().last().is_some_and(|c| !c.is_ascii()));
    let mut by_schema: BTreeMap<&str, Vec<ObjectRef>> = BTreeMap::new();
    for table in scope.tables() {
        let list = by_schema.entry(&table.name.schema).or_default();
        list.extend(full(&table.name.name).then(|| ObjectRef::table(&table.name)));
        list.extend(table.columns.iter().filter(|c| !c.inherited && full(&c.name)).map(|c| ObjectRef::column(&table.name, &c.name)));
        list.extend(table.policies.iter().filter(|p| full(&p.name)).map(|p| ObjectRef::in_table(ObjectKind::Policy, &table.name, &p.name)));
        list.extend(
            table
                .triggers
                .iter()
                .filter(|t| !t.inherited && full(&t.name))
                .map(|t| ObjectRef::in_table(ObjectKind::Trigger, &table.name, &t.name)),
        );
    }
    for view in catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema) && full(&v.name.name)) {
        by_schema.entry(&view.name.schema).or_default().push(ObjectRef::in_schema(ObjectKind::View, &view.name.schema, &view.name.name));
    }
    for function in catalog.functions.iter().filter(|f| scope.covers(&f.name.schema) && full(&f.name.name)) {
        let name = format!("{}({})", function.name.name, function.identity_arguments);
        by_schema.entry(&function.name.schema).or_default().push(ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, name));
    }
    for (schema, objects) in by_schema.into_iter().filter(|(_, o)| !o.is_empty()) {
        let names: Vec<String> = objects.iter().map(|o| o.name.clone()).collect();
        let verb = if names.len() == 1 {
            "is as long as a name can be, and was probably cut"
        } else {
            "are as long as a name can be, and were probably cut"
        };
        let message = format!("{} of schema {schema} {verb}: {}", counted(names.len(), "name", "names"), list_of(&names, 2));
        let why = "PostgreSQL cuts names after 63 bytes and says so in a NOTICE that migration tools hide. The name in the scripts is another than the one in the catalogue: IF NOT EXISTS and lookups in pg_class miss it, and two names \
                   that differ after the 63rd byte are one.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
        for object in objects {
            let bytes = object.name.len();
            draft = draft.place(object, Some(format!("{bytes} bytes")));
        }
        sink.report(draft);
    }
}
