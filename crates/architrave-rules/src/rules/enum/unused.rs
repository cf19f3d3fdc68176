//! `enum/unused`: see `unused.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::{Index, TypeDef, TypeKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_literal};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, HashSet};

pub(crate) static RULE: Rule = Rule {
    id: "enum/unused",
    summary: "enum type that nothing uses",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("unused.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !catalog.types.iter().any(|t| matches!(t.kind, TypeKind::Enum { .. })) {
        return;
    }
    let used = used(catalog);
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<(&TypeDef, &[String])>> = BTreeMap::new();
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        if let TypeKind::Enum { labels } = &definition.kind
            && !used.name(&definition.name.name)
        {
            by_schema.entry(&definition.name.schema).or_default().push((definition, labels));
        }
    }
    for (schema, types) in by_schema {
        let names: Vec<String> = types.iter().map(|(t, _)| t.name.name.clone()).collect();
        let verb = if types.len() == 1 { "is used by nothing" } else { "are used by nothing" };
        let message = format!("{} of schema {schema} {verb}: {}", counted(types.len(), "enum", "enums"), list_of(&names, 3));
        let why = "No column, domain, composite type, view or function of the database names it. It is left over from a column that is gone or was changed to text, and who looks for the values that can occur finds these.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for (definition, labels) in &types {
            draft = draft.place(
                ObjectRef::in_schema(ObjectKind::Type, schema, &definition.name.name),
                Some(counted(labels.len(), "value", "values")),
            );
            up.push(format!("drop type {}", definition.name.sql()));
            let labels: Vec<String> = labels.iter().map(|l| quote_literal(l)).collect();
            down.push(format!("create type {} as enum ({})", definition.name.sql(), labels.join(", ")));
            down.extend(definition.comment.as_ref().map(|c| format!("comment on type {} is {}", definition.name.sql(), quote_literal(c))));
        }
        let fix = Fix {
            title: format!("drop the unused enums of schema {schema}"),
            up,
            down,
            transactional: true,
            effect: Effect::default(),
            caution: Some("programs may name the type in a cast; a code generator may read it".into()),
        };
        sink.report(draft.fix(fix));
    }
}

/// Words that types, expressions and bodies consist of.
struct Words<'a> {
    /// Whole texts: most repeat.
    seen: HashSet<&'a str>,
    exact: HashSet<&'a str>,
    /// Of bodies, in lower case: they are folded when they run.
    folded: HashSet<String>,
}

impl<'a> Words<'a> {
    fn add(&mut self, text: &'a str) {
        if self.seen.insert(text) {
            self.exact.extend(words(text));
        }
    }

    fn add_body(&mut self, text: &str) {
        self.folded.extend(words(text).map(str::to_lowercase));
    }

    /// A name with signs in it does not come out as one word: taken for used.
    fn name(&self, name: &str) -> bool {
        words(name).next() != Some(name) || self.exact.contains(name) || self.folded.contains(&name.to_lowercase())
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).filter(|w| !w.is_empty())
}

/// Wherever a type can be named.
fn used(catalog: &Catalog) -> Words<'_> {
    let mut found = Words { seen: HashSet::new(), exact: HashSet::new(), folded: HashSet::new() };
    for table in &catalog.tables {
        let columns = table.columns.iter().flat_map(|c| [Some(c.data_type.as_str()), c.default.as_deref()]);
        let checks = table.constraints.iter().map(|c| c.expression.as_deref());
        let policies = table.policies.iter().flat_map(|p| [p.using.as_deref(), p.with_check.as_deref()]);
        let over_more = |i: &&Index| i.predicate.is_some() || i.keys.iter().any(|k| k.expression.is_some());
        let indexes = table.indexes.iter().filter(over_more).map(|i| Some(i.definition.as_str()));
        let triggers = table.triggers.iter().map(|t| Some(t.definition.as_str()));
        let all = columns.chain(checks).chain(policies).chain(indexes).chain(triggers).chain([table.partition_bound.as_deref()]);
        all.flatten().for_each(|text| found.add(text));
        table.rules.iter().for_each(|r| found.add(&r.definition));
    }
    for view in &catalog.views {
        view.columns.iter().for_each(|c| found.add(&c.data_type));
        found.add(&view.definition);
    }
    for function in &catalog.functions {
        found.add(&function.identity_arguments);
        function.result.iter().for_each(|r| found.add(r));
        found.add_body(function.definition.as_deref().unwrap_or(&function.body));
    }
    for definition in &catalog.types {
        match &definition.kind {
            TypeKind::Domain { base, .. } => found.add(base),
            TypeKind::Composite { attributes } => attributes.iter().for_each(|a| found.add(&a.data_type)),
            TypeKind::Range { subtype, .. } => found.add(subtype),
            TypeKind::Enum { .. } | TypeKind::Base => {}
        }
    }
    found
}
