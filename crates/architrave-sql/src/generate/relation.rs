//! Sequences, functions and views.

use super::order::function_reference;
use super::{Item, Writer, text};
use architrave_model::catalog::{Function, FunctionKind, Sequence, View};
use architrave_model::name::{ObjectKind, ObjectRef};

impl Writer<'_> {
    pub(super) fn sequence(&mut self, sequence: &Sequence) {
        let data_type = if sequence.data_type.is_empty() { String::new() } else { format!(" as {}", sequence.data_type) };
        self.say(format!("create sequence {}{data_type} {}", sequence.name.sql(), sequence_options(sequence)));
    }

    /// Where the sequences stand, and whose they are.
    pub(super) fn sequences_late(&mut self) {
        let catalog = self.catalog;
        for (i, sequence) in catalog.sequences.iter().enumerate() {
            let name = sequence.name.sql();
            let owner = (sequence.owned_by_table.as_ref(), sequence.owned_by_column.as_deref());
            if sequence.identity {
                let there = owner.0.is_some_and(|t| self.has_table(t)) && sequence.extension.is_none();
                if !there {
                    continue;
                }
            } else if self.has(super::order::Node::Sequence(i)) {
                if let (Some(table), Some(column)) = owner
                    && self.has_table(table)
                {
                    self.about(Item::SequenceOwner(sequence.name.clone()));
                    self.say(format!("alter sequence {name} owned by {}.{}", table.sql(), architrave_model::name::quote_ident(column)));
                }
            } else {
                continue;
            }
            if let Some(last) = sequence.last_value {
                let literal = architrave_model::name::quote_literal(&name);
                self.about(Item::Position(sequence.name.clone()));
                self.say(format!("select pg_catalog.setval({literal}, {last}, true)"));
            }
        }
    }

    pub(super) fn function(&mut self, function: &Function) {
        match &function.definition {
            _ if function.kind == FunctionKind::Aggregate => {
                self.leave_out(function_reference(function), "an aggregate: its parts are not in the catalogue's model");
            }
            _ if function.language == "c" => {
                self.leave_out(function_reference(function), "a function written in C, whose library may not be there");
            }
            Some(definition) if !definition.trim().is_empty() => self.say(text::bare(definition)),
            _ => self.leave_out(function_reference(function), "its definition could not be read"),
        }
    }

    pub(super) fn view(&mut self, view: &View) {
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        if view.definition.trim().is_empty() {
            let object = ObjectRef::in_schema(kind, &view.name.schema, &view.name.name);
            return self.leave_out(object, "its definition could not be read");
        }
        let options = text::options(&view.options).map(|o| format!(" with {o}")).unwrap_or_default();
        let (what, tail) = if view.materialized { ("materialized view", "\nwith no data") } else { ("view", "") };
        self.say(format!("create {what} {}{options} as\n{}{tail}", view.name.sql(), text::bare(&view.definition)));
        if view.materialized && view.populated {
            let object = ObjectRef::in_schema(kind, &view.name.schema, &view.name.name);
            self.leave_out(object, "created without data: filling it would run its query");
        }
    }
}

/// START, INCREMENT and so on, all of them said.
pub(crate) fn sequence_options(sequence: &Sequence) -> String {
    format!(
        "start with {} increment by {} minvalue {} maxvalue {} cache {} {}",
        sequence.start,
        sequence.increment,
        sequence.min,
        sequence.max,
        sequence.cache,
        if sequence.cycle { "cycle" } else { "no cycle" }
    )
}
