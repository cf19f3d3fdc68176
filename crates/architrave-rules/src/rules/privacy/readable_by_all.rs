//! `privacy/readable-by-all`: see `readable_by_all.md` for the rule's page.

use super::personal::{Hit, Kind, hits};
use crate::figures::{counted, list_of};
use architrave_model::catalog::{Grant, View};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "privacy/readable-by-all",
    summary: "personal data that PUBLIC may read",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("readable_by_all.md"),
    check: Check::Catalog(check),
};

/// A relation that PUBLIC reads, with the kinds of personal data in it.
struct Open<'a> {
    object: ObjectRef,
    name: &'a QualifiedName,
    kinds: BTreeSet<Kind>,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<Open<'_>>> = BTreeMap::new();
    let reachable = |schema: &str| {
        let known = catalog.schemas.iter().find(|s| s.name == schema);
        known.is_none_or(|s| s.grants.iter().any(|g| g.is_public() && g.has("USAGE")))
    };
    for table in scope.tables().filter(|t| !t.rls_enabled && readable(&t.grants)) {
        // What an API serves without row level security is a finding of its own (rls/disabled-on-exposed-table).
        if !context.exposure.of_table(table).is_empty() || !reachable(&table.name.schema) {
            continue;
        }
        let kinds = kinds(&hits(table, context));
        if !kinds.is_empty() {
            by_schema.entry(&table.name.schema).or_default().push(Open { object: ObjectRef::table(&table.name), name: &table.name, kinds });
        }
    }
    let views = catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema));
    for view in views.filter(|v| readable(&v.grants) && !v.option_on("security_invoker")) {
        if context.exposure.of_view(view).is_empty() && reachable(&view.name.schema) {
            let kinds = shown(catalog, context, view);
            if !kinds.is_empty() {
                let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
                let object = ObjectRef::in_schema(kind, &view.name.schema, &view.name.name);
                by_schema.entry(&view.name.schema).or_default().push(Open { object, name: &view.name, kinds });
            }
        }
    }
    for (schema, open) in by_schema {
        sink.report(draft(schema, &open));
    }
}

fn readable(grants: &[Grant]) -> bool {
    grants.iter().any(|g| g.is_public() && g.has("SELECT"))
}

fn kinds(found: &[Hit<'_>]) -> BTreeSet<Kind> {
    found.iter().filter(|h| h.confidence != Confidence::Possible).map(|h| h.kind).collect()
}

/// Kinds of the columns that a view takes over under their own name.
fn shown(catalog: &Catalog, context: &Context<'_>, view: &View) -> BTreeSet<Kind> {
    let tables = view.depends_on.iter().filter_map(|name| catalog.table_named(name));
    let found: Vec<Hit<'_>> = tables.flat_map(|t| hits(t, context)).collect();
    let taken = |h: &Hit<'_>| view.columns.iter().any(|c| c.name == h.column.name && c.data_type == h.column.data_type);
    found.iter().filter(|h| h.confidence != Confidence::Possible && taken(h)).map(|h| h.kind).collect()
}

fn draft(schema: &str, open: &[Open<'_>]) -> Draft {
    let names: Vec<String> = open.iter().map(|o| o.name.to_string()).collect();
    let sensitive = open.iter().any(|o| o.kinds.iter().any(|k| k.is_sensitive()));
    let message = format!(
        "every role may read personal data in {} of schema {schema}: {}",
        counted(open.len(), "relation", "relations"),
        list_of(&names, 3)
    );
    let why = "SELECT is granted to PUBLIC: every account of this server that can connect to the database reads it, those of reporting tools, monitoring and former projects included, and \
               so does whoever gets hold of any one of them. Grant it to the roles that need it."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(if sensitive { Severity::High } else { RULE.severity })
        .evidence("relations that PUBLIC may read", open.len(), "pg_class.relacl");
    for relation in open {
        let kinds: Vec<String> = relation.kinds.iter().map(|k| k.word().to_owned()).collect();
        draft = draft.place(relation.object.clone(), Some(list_of(&kinds, 4)));
    }
    let change = |verb: &str, to: &str| open.iter().map(|o| format!("{verb} select on {} {to} public", o.name.sql())).collect::<Vec<_>>();
    draft.fix(Fix {
        title: format!("revoke SELECT from PUBLIC in {schema}"),
        up: change("revoke", "from"),
        down: change("grant", "to"),
        transactional: true,
        effect: Effect::default(),
        caution: Some("roles that read through PUBLIC lose it: grant SELECT to those that are meant, in the same transaction".into()),
    })
}
