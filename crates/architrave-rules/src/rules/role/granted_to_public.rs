//! `role/granted-to-public`: see `granted_to_public.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::Grant;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "role/granted-to-public",
    summary: "tables that everybody may use",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("granted_to_public.md"),
    check: Check::Catalog(check),
};

/// A relation, its name in SQL, the privileges of PUBLIC.
type Open = (ObjectRef, String, Vec<String>);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<Open>> = BTreeMap::new();
    let mut add = |object: ObjectRef, name: &QualifiedName, grants: &[Grant], sequence: bool| {
        let held: Vec<String> = grants.iter().filter(|g| g.is_public()).flat_map(|g| g.privileges.clone()).collect();
        if !held.is_empty() {
            let kind = if sequence { "sequence " } else { "" };
            by_schema.entry(schema_of(catalog, name)).or_default().push((object, format!("{kind}{}", name.sql()), held));
        }
    };
    for table in scope.tables() {
        add(ObjectRef::table(&table.name), &table.name, &table.grants, false);
    }
    for view in catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema)) {
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        add(ObjectRef::in_schema(kind, &view.name.schema, &view.name.name), &view.name, &view.grants, false);
    }
    for sequence in catalog.sequences.iter().filter(|s| s.extension.is_none() && scope.covers(&s.name.schema)) {
        add(ObjectRef::in_schema(ObjectKind::Sequence, &sequence.name.schema, &sequence.name.name), &sequence.name, &sequence.grants, true);
    }
    for (schema, found) in by_schema {
        sink.report(draft(schema, found));
    }
}

/// The name of the schema as the catalogue holds it.
fn schema_of<'a>(catalog: &'a Catalog, name: &QualifiedName) -> &'a str {
    let at = catalog.schemas.binary_search_by(|s| s.name.as_str().cmp(&name.schema));
    at.ok().and_then(|at| catalog.schemas.get(at)).map_or("", |s| s.name.as_str())
}

fn draft(schema: &str, found: Vec<Open>) -> Draft {
    let writes = |held: &[String]| held.iter().any(|p| matches!(p.as_str(), "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE"));
    let writable = found.iter().filter(|(.., held)| writes(held)).count();
    let names: Vec<String> = found.iter().map(|(object, ..)| object.name.clone()).collect();
    let may = if writable > 0 { "may be changed" } else { "may be read" };
    let message =
        format!("{} of schema {schema} {may} by every role: {}", counted(found.len(), "relation", "relations"), list_of(&names, 3));
    let why = "PUBLIC is every role that there is and will be, and what it has cannot be taken from one of them. Grant it to the roles that need it by name.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(if writable > 0 {
        Severity::Medium
    } else {
        RULE.severity
    });
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (object, sql, held) in found {
        let words = held.iter().map(|p| p.to_lowercase()).collect::<Vec<_>>().join(", ");
        draft = draft.place(object, Some(words.clone()));
        up.push(format!("revoke {words} on {sql} from public"));
        down.push(format!("grant {words} on {sql} to public"));
    }
    draft.fix(Fix {
        title: format!("take from PUBLIC what it has in schema {schema}"),
        up,
        down,
        transactional: true,
        effect: Effect::default(),
        caution: Some("find out which roles live on it first, and grant it to them by name in the same transaction".into()),
    })
}
