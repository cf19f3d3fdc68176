//! `COMMENT ON` for all that has one.

use super::grant::routine;
use super::order::Node;
use super::{Item, Writer};
use architrave_model::catalog::{FunctionKind, Index, Trigger, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};

impl Writer<'_> {
    fn comment(&mut self, target: String, comment: Option<&String>) {
        if let Some(comment) = comment {
            self.about(Item::Comment(target.clone()));
            self.say(format!("comment on {target} is {}", quote_literal(comment)));
        }
    }

    pub(super) fn comments(&mut self) {
        let catalog = self.catalog;
        let used: Vec<&str> = self.used_schemas().into_iter().collect();
        let schemas: Vec<_> = catalog.schemas.iter().filter(|s| s.extension.is_none() && used.contains(&s.name.as_str())).collect();
        for schema in schemas {
            self.comment(format!("schema {}", quote_ident(&schema.name)), schema.comment.as_ref());
        }
        for role in self.referenced_roles() {
            let comment = catalog.role(&role).and_then(|r| r.comment.as_ref());
            self.comment(format!("role {}", super::text::quote_role(&role)), comment);
        }
        for node in self.plan.sequence.clone() {
            match node {
                Node::Type(i) => self.type_comments(i),
                Node::Sequence(i) => {
                    self.comment(format!("sequence {}", catalog.sequences[i].name.sql()), catalog.sequences[i].comment.as_ref());
                }
                Node::Function(i) if catalog.functions[i].kind != FunctionKind::Aggregate && catalog.functions[i].language != "c" => {
                    self.comment(routine(&catalog.functions[i]), catalog.functions[i].comment.as_ref());
                }
                Node::View(i) => self.view_comments(i),
                _ => {}
            }
        }
        self.table_comments();
    }

    fn type_comments(&mut self, at: usize) {
        let definition = &self.catalog.types[at];
        let name = definition.name.sql();
        match &definition.kind {
            TypeKind::Base => {}
            TypeKind::Domain { constraints, .. } => {
                self.comment(format!("domain {name}"), definition.comment.as_ref());
                for constraint in constraints {
                    self.comment(format!("constraint {} on domain {name}", quote_ident(&constraint.name)), constraint.comment.as_ref());
                }
            }
            _ => self.comment(format!("type {name}"), definition.comment.as_ref()),
        }
    }

    fn view_comments(&mut self, at: usize) {
        let view = &self.catalog.views[at];
        let what = if view.materialized { "materialized view" } else { "view" };
        self.comment(format!("{what} {}", view.name.sql()), view.comment.as_ref());
        for column in &view.columns {
            self.comment(format!("column {}.{}", view.name.sql(), quote_ident(&column.name)), column.comment.as_ref());
        }
        self.part_comments(&view.name, &view.indexes, &view.triggers);
    }

    fn table_comments(&mut self) {
        for table in self.tables() {
            let name = table.name.sql();
            self.comment(format!("table {name}"), table.comment.as_ref());
            for column in &table.columns {
                self.comment(format!("column {name}.{}", quote_ident(&column.name)), column.comment.as_ref());
            }
            for constraint in &table.constraints {
                self.comment(format!("constraint {} on {name}", quote_ident(&constraint.name)), constraint.comment.as_ref());
            }
            for policy in &table.policies {
                self.comment(format!("policy {} on {name}", quote_ident(&policy.name)), policy.comment.as_ref());
            }
            self.part_comments(&table.name, &table.indexes, &table.triggers);
        }
        for sequence in self.catalog.sequences.iter().filter(|s| s.identity) {
            if sequence.owned_by_table.as_ref().is_some_and(|t| self.has_table(t)) {
                self.comment(format!("sequence {}", sequence.name.sql()), sequence.comment.as_ref());
            }
        }
    }

    fn part_comments(&mut self, table: &QualifiedName, indexes: &[Index], triggers: &[Trigger]) {
        for index in indexes {
            let name = QualifiedName::new(&table.schema, &index.name);
            self.comment(format!("index {}", name.sql()), index.comment.as_ref());
        }
        for trigger in triggers {
            self.comment(format!("trigger {} on {}", quote_ident(&trigger.name), table.sql()), trigger.comment.as_ref());
        }
    }
}
