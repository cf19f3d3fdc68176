//! Types and functions of a schema.

use super::{Facts, said};
use crate::dictionary::entry::{Domain, EnumType, Function, OtherType, Schema};
use architrave_model::catalog::{self, FunctionKind, TypeKind, Volatility};
use architrave_model::name::{ObjectKind, QualifiedName};
use std::collections::BTreeSet;

impl Facts<'_> {
    pub(super) fn types_of(&self, schema: &str, entry: &mut Schema) {
        let own = self.target.snapshot.catalog.types.iter().filter(|t| t.name.schema == schema && t.extension.is_none());
        for definition in own {
            let (name, comment) = (definition.name.name.clone(), said(definition.comment.as_ref()));
            let used_by = self.typed.get(&definition.name.sql()).cloned().unwrap_or_default();
            match &definition.kind {
                TypeKind::Enum { labels } => {
                    let source = self.place_of(ObjectKind::Type, &definition.name);
                    entry.enums.push(EnumType { name, labels: labels.clone(), used_by, comment, source });
                }
                TypeKind::Domain { base, not_null, default, constraints, .. } => entry.domains.push(Domain {
                    name,
                    base: base.clone(),
                    not_null: *not_null,
                    default: default.clone(),
                    checks: constraints.iter().map(|c| c.definition.clone()).collect(),
                    used_by,
                    comment,
                }),
                TypeKind::Composite { attributes } => {
                    let parts: Vec<String> = attributes.iter().map(|a| format!("{} {}", a.name, a.data_type)).collect();
                    entry.types.push(OtherType { name, definition: format!("composite ({})", parts.join(", ")), comment });
                }
                TypeKind::Range { subtype, .. } => {
                    entry.types.push(OtherType { name, definition: format!("range of {subtype}"), comment });
                }
                TypeKind::Base => entry.types.push(OtherType { name, definition: "base type".to_owned(), comment }),
            }
        }
    }

    pub(super) fn functions_of(&self, schema: &str) -> Vec<Function> {
        let catalog = &self.target.snapshot.catalog;
        let own = catalog.functions.iter().filter(|f| f.name.schema == schema);
        own.map(|f| Function {
            signature: f.signature(),
            kind: match f.kind {
                FunctionKind::Function => "function",
                FunctionKind::Procedure => "procedure",
                FunctionKind::Aggregate => "aggregate",
                FunctionKind::Window => "window function",
            },
            result: f.result.clone(),
            language: f.language.clone(),
            volatility: match f.volatility {
                Volatility::Immutable => "immutable",
                Volatility::Stable => "stable",
                Volatility::Volatile => "volatile",
            },
            security_definer: f.security_definer,
            triggers_of: self.tables_calling(f),
            comment: said(f.comment.as_ref()),
            source: self.place_of(ObjectKind::Function, &QualifiedName::new(schema, f.signature())),
        })
        .collect()
    }

    fn tables_calling(&self, function: &catalog::Function) -> Vec<QualifiedName> {
        if function.result.as_deref() != Some("trigger") {
            return Vec::new();
        }
        let tables = self.target.snapshot.catalog.tables.iter().filter(|t| self.shows_table(t));
        let calling = tables.filter(|t| t.triggers.iter().any(|trigger| trigger.function == function.name)).map(|t| t.name.clone());
        calling.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
