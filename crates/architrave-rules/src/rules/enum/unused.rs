//! `enum/unused`: see `unused.md` for the rule's page.

use crate::condition::tokens;
use crate::figures::{counted, list_of};
use architrave_model::catalog::{TypeDef, TypeKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_literal};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

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
    let used = used(catalog);
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<(&TypeDef, &[String])>> = BTreeMap::new();
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        if let TypeKind::Enum { labels } = &definition.kind
            && !used.contains(&definition.name.name)
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

/// Every word of a type or a text in which a type can be named.
fn used(catalog: &Catalog) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut add = |text: &str| {
        words.extend(tokens(text).into_iter().filter(|t| t.is_name()).map(|t| t.text));
        // A body or a default may name it in a text.
        words.extend(text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).map(str::to_owned));
    };
    for table in &catalog.tables {
        for column in &table.columns {
            add(&column.data_type);
            column.default.as_deref().into_iter().for_each(&mut add);
        }
        table.constraints.iter().filter_map(|c| c.expression.as_deref()).for_each(&mut add);
        table.policies.iter().flat_map(|p| [&p.using, &p.with_check]).flatten().for_each(|t| add(t));
        table
            .indexes
            .iter()
            .filter(|i| i.predicate.is_some() || i.keys.iter().any(|k| k.expression.is_some()))
            .for_each(|i| add(&i.definition));
        table.triggers.iter().for_each(|t| add(&t.definition));
        table.partition_bound.as_deref().into_iter().for_each(&mut add);
    }
    for view in &catalog.views {
        view.columns.iter().for_each(|c| add(&c.data_type));
        add(&view.definition);
    }
    for function in &catalog.functions {
        add(&function.identity_arguments);
        function.definition.as_deref().into_iter().for_each(&mut add);
        function.result.as_deref().into_iter().for_each(&mut add);
    }
    for definition in &catalog.types {
        match &definition.kind {
            TypeKind::Domain { base, .. } => add(base),
            TypeKind::Composite { attributes } => attributes.iter().for_each(|a| add(&a.data_type)),
            TypeKind::Range { subtype, .. } => add(subtype),
            TypeKind::Enum { .. } | TypeKind::Base => {}
        }
    }
    words
}
