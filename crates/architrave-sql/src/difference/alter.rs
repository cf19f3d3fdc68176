//! Pieces that both sides have, and what is made: the statements, in the form that lets others go on.

use super::side::Side;
use super::{Differ, DifferenceOptions, Form, table, types};
use crate::generate::{Item, sequence_options, text};
use architrave_model::catalog::{Constraint, ConstraintKind, EventTrigger, Function, Index, Sequence, Trigger, TriggerEnabled, View};
use architrave_model::name::{QualifiedName, quote_ident};

/// Whether PostgreSQL can alter the piece into what it is on the other side.
pub(super) fn is_possible(from: &Side<'_>, to: &Side<'_>, item: &Item, options: &DifferenceOptions) -> bool {
    let both = |possible: Option<bool>| possible.unwrap_or(false);
    match item {
        Item::Schema(_)
        | Item::Extension(_)
        | Item::Sequence(_)
        | Item::SequenceOwner(_)
        | Item::ReplicaIdentity(_)
        | Item::RowSecurity(_)
        | Item::Cluster(_)
        | Item::IndexTie(..) => true,
        Item::Type(name) => both(from.type_def(name).zip(to.type_def(name)).map(|(a, b)| types::is_alterable(a, b, from))),
        Item::Function(name, arguments) => {
            both(from.function(name, arguments).zip(to.function(name, arguments)).map(|(a, b)| header(a) == header(b)))
        }
        Item::Table(name) => both(from.table(name).zip(to.table(name)).map(|(a, b)| table::is_alterable(a, b))),
        Item::Constraint(table, name) => {
            both(from.constraint(table, name).zip(to.constraint(table, name)).map(|(a, b)| constraint_change(a, b).is_some()))
        }
        Item::Index(table, name) => both(from.index(table, name).zip(to.index(table, name)).map(|(a, b)| differs_in_options(a, b))),
        Item::View(name) => both(from.view(name).zip(to.view(name)).map(|(a, b)| is_replaceable(a, b))),
        Item::Trigger(table, name) => {
            both(from.trigger(table, name).zip(to.trigger(table, name)).map(|(a, b)| a.definition == b.definition))
        }
        Item::Publication(name) => {
            both(from.publication(name).zip(to.publication(name)).map(|(a, b)| a.all_tables == b.all_tables && options.major >= 12))
        }
        Item::EventTrigger(name) => both(event_trigger(from, name).zip(event_trigger(to, name)).map(|(a, b)| same_event(a, b))),
        _ => false,
    }
}

fn event_trigger<'a>(side: &Side<'a>, name: &str) -> Option<&'a EventTrigger> {
    side.catalog.event_triggers.iter().find(|t| t.name == name)
}

fn same_event(a: &EventTrigger, b: &EventTrigger) -> bool {
    (&a.event, &a.function, &a.tags) == (&b.event, &b.function, &b.tags)
}

/// Kind, name, arguments and result, which CREATE OR REPLACE keeps.
fn header(function: &Function) -> Option<&str> {
    let definition = function.definition.as_deref()?;
    Some(definition.split_once("\n LANGUAGE ").map_or(definition, |(head, _)| head))
}

/// A change of a constraint that ALTER knows.
enum ConstraintChange {
    Same,
    Validate,
    Defer,
}

fn constraint_change(old: &Constraint, new: &Constraint) -> Option<ConstraintChange> {
    let plain = |c: &Constraint| c.definition.trim_end_matches(" NOT VALID").to_owned();
    let timeless = |c: &Constraint| {
        let text = plain(c).replace(" INITIALLY DEFERRED", "").replace(" NOT DEFERRABLE", "");
        text.replace(" DEFERRABLE", "")
    };
    if old.definition == new.definition && old.validated == new.validated {
        Some(ConstraintChange::Same)
    } else if plain(old) == plain(new) && new.validated {
        Some(ConstraintChange::Validate)
    } else if old.kind == ConstraintKind::ForeignKey && timeless(old) == timeless(new) && old.validated == new.validated {
        Some(ConstraintChange::Defer)
    } else {
        None
    }
}

fn differs_in_options(old: &Index, new: &Index) -> bool {
    let plain = |index: &Index| Index {
        options: Vec::new(),
        definition: String::new(),
        comment: None,
        clustered: false,
        replica_identity: false,
        ..index.clone()
    };
    plain(old) == plain(new)
}

fn is_replaceable(old: &View, new: &View) -> bool {
    if old.materialized || new.materialized {
        return old.materialized && new.materialized && old.definition == new.definition;
    }
    let columns = |view: &View| view.columns.iter().map(|c| (c.name.clone(), c.data_type.clone())).collect::<Vec<_>>();
    let (before, after) = (columns(old), columns(new));
    !before.is_empty() && after.starts_with(&before)
}

impl Differ<'_> {
    /// A piece that only the new side has, or that was taken away because it must be made anew.
    pub(super) fn create(&mut self, item: &Item, statement: String) {
        match item {
            Item::Default(table, column) => self.late_default(table, column, statement),
            Item::Table(name) if self.is_kept_table(name) => self.alter_table(name),
            Item::Schema(_) => self.say(statement.replacen(" if not exists", "", 1)),
            Item::Constraint(table, name) if self.is_busy(table) => self.add_constraint(table, name, statement),
            Item::Index(table, name) if self.is_busy(table) => {
                let named_later =
                    self.to.index(table, name).is_some_and(|i| i.unique || i.clustered || i.comment.is_some() || i.parent.is_some());
                let form = if named_later { Form::Alone } else { Form::AloneLast };
                self.step(concurrently(&statement), form, None);
            }
            Item::DomainCheck(..) if self.domain_is_busy(item) && !statement.ends_with(" NOT VALID") => {
                if let Item::DomainCheck(domain, name) = item {
                    self.say(format!("{statement} not valid"));
                    let validate = format!("alter domain {} validate constraint {}", domain.sql(), quote_ident(name));
                    self.step(validate, Form::Validation, None);
                }
            }
            Item::View(name) if self.to.view(name).is_some_and(|v| v.materialized && v.populated) => {
                self.say(statement.trim_end_matches("\nwith no data").to_owned());
            }
            Item::EventTrigger(name) => self.create_event_trigger(name, &statement),
            Item::RowSecurity(table) if self.is_kept_table(table) && self.from.has(item) => self.row_security(table),
            _ => self.say(statement),
        }
    }

    fn domain_is_busy(&self, item: &Item) -> bool {
        let Item::DomainCheck(domain, _) = item else { return false };
        let item = Item::Type(domain.clone());
        !self.options.plain && self.from.has(&item) && !self.gone.items.contains(&item)
    }

    /// A piece that both sides have, where it differs.
    pub(super) fn alter(&mut self, item: &Item) {
        if let Item::Table(name) = item {
            return self.alter_table(name);
        }
        if let Item::Default(table, column) = item {
            let statement = self.to.text(item);
            return self.late_default(table, column, statement);
        }
        if let Item::Publication(name) = item {
            return self.alter_publication(name);
        }
        if !super::gone::is_changed(&self.from, &self.to, item) {
            return;
        }
        match item {
            Item::Extension(name) => {
                if let Some(extension) = self.to.catalog.extension(name) {
                    let schema = quote_ident(&extension.schema);
                    self.say(format!("alter extension {} set schema {schema}", quote_ident(name)));
                }
            }
            Item::Type(name) => self.alter_type(name),
            Item::Sequence(name) => {
                if let Some((old, new)) = self.from.sequence(name).zip(self.to.sequence(name)) {
                    self.say(sequence_change(old, new));
                }
            }
            Item::Constraint(table, name) => self.alter_constraint(table, name),
            Item::Index(table, name) => {
                if let Some((old, new)) = self.from.index(table, name).zip(self.to.index(table, name)) {
                    let target = format!("index {}", QualifiedName::new(&table.schema, name).sql());
                    self.options(&target, &old.options, &new.options);
                }
            }
            Item::View(name) => self.alter_view(name),
            Item::Trigger(table, name) => {
                if let Some(trigger) = self.to.trigger(table, name) {
                    self.say(format!("alter table only {} {} trigger {}", table.sql(), state(trigger), quote_ident(name)));
                }
            }
            Item::RowSecurity(table) => self.row_security(table),
            Item::EventTrigger(name) => self.event_trigger_state(name),
            _ => {
                let statements: Vec<String> = self.to.statements(item).into_iter().map(str::to_owned).collect();
                for statement in statements {
                    self.say(statement);
                }
            }
        }
    }

    fn alter_view(&mut self, name: &QualifiedName) {
        let Some((old, new)) = self.from.view(name).zip(self.to.view(name)) else { return };
        if new.materialized {
            return self.options(&format!("materialized view {}", name.sql()), &old.options, &new.options);
        }
        if old.definition == new.definition {
            return self.options(&format!("view {}", name.sql()), &old.options, &new.options);
        }
        let statement = self.to.text(&Item::View(name.clone()));
        self.say(statement.replacen("create view", "create or replace view", 1));
    }

    fn row_security(&mut self, table: &QualifiedName) {
        let Some((old, new)) = self.from.table(table).zip(self.to.table(table)) else { return };
        let name = table.sql();
        if old.rls_enabled != new.rls_enabled {
            let word = if new.rls_enabled { "enable" } else { "disable" };
            self.say(format!("alter table {name} {word} row level security"));
        }
        if old.rls_forced != new.rls_forced {
            let word = if new.rls_forced { "force" } else { "no force" };
            self.say(format!("alter table {name} {word} row level security"));
        }
    }

    fn alter_constraint(&mut self, table: &QualifiedName, name: &str) {
        let Some((old, new)) = self.from.constraint(table, name).zip(self.to.constraint(table, name)) else { return };
        let alter = format!("alter table {} ", table.sql());
        let own = quote_ident(name);
        match constraint_change(old, new) {
            Some(ConstraintChange::Validate) => {
                let form = if self.options.plain { Form::Transaction } else { Form::Validation };
                self.step(format!("{alter}validate constraint {own}"), form, None);
            }
            Some(ConstraintChange::Defer) => {
                let timing = match (new.deferrable, new.deferred) {
                    (false, _) => "not deferrable",
                    (true, false) => "deferrable initially immediate",
                    (true, true) => "deferrable initially deferred",
                };
                self.say(format!("{alter}alter constraint {own} {timing}"));
            }
            Some(ConstraintChange::Same) => {
                let index = |side: &Side<'_>, c: &Constraint| {
                    c.index.as_deref().and_then(|i| side.index(table, i)).map(|i| i.options.clone()).unwrap_or_default()
                };
                let (before, after) = (index(&self.from, old), index(&self.to, new));
                let target = new.index.as_deref().unwrap_or(name);
                self.options(&format!("index {}", QualifiedName::new(&table.schema, target).sql()), &before, &after);
            }
            None => {}
        }
    }

    /// On a table that others use: keys over an index that was built beside them, the rest without looking at the rows first.
    fn add_constraint(&mut self, table: &QualifiedName, name: &str, statement: String) {
        let Some(constraint) = self.to.constraint(table, name) else { return self.say(statement) };
        let (alter, own) = (format!("alter table {}", table.sql()), quote_ident(name));
        let index = constraint.index.as_deref().and_then(|i| self.to.index(table, i));
        match (&constraint.kind, index) {
            (ConstraintKind::PrimaryKey | ConstraintKind::Unique, Some(index))
                if index.name == name
                    && !index.definition.is_empty()
                    && index.parent.is_none()
                    && !statement.contains("WITHOUT OVERLAPS") =>
            {
                // Its index comes first and whole; options of the index are part of that statement.
                if statement.starts_with("alter index") {
                    return;
                }
                self.step(concurrently(text::bare(&index.definition)), Form::Alone, None);
                let kind = if constraint.kind == ConstraintKind::PrimaryKey { "primary key" } else { "unique" };
                let timing = match (constraint.deferrable, constraint.deferred) {
                    (false, _) => "",
                    (true, false) => " deferrable",
                    (true, true) => " deferrable initially deferred",
                };
                self.say(format!("{alter} add constraint {own} {kind} using index {own}{timing}"));
            }
            (ConstraintKind::Check | ConstraintKind::ForeignKey, _)
                if constraint.validated && constraint.enforced && !constraint.definition.ends_with(" NOT VALID") =>
            {
                self.say(format!("{statement} not valid"));
                self.step(format!("{alter} validate constraint {own}"), Form::Validation, None);
            }
            _ => self.say(statement),
        }
    }

    fn create_event_trigger(&mut self, name: &str, statement: &str) {
        if statement.starts_with("create") {
            self.say(statement);
            self.event_trigger_state(name);
        }
    }

    fn event_trigger_state(&mut self, name: &str) {
        let Some(new) = event_trigger(&self.to, name) else { return };
        let was = event_trigger(&self.from, name).filter(|_| !self.gone.items.contains(&Item::EventTrigger(name.to_owned())));
        if was.map_or(TriggerEnabled::Origin, |t| t.enabled) != new.enabled {
            self.say(format!("alter event trigger {} {}", quote_ident(name), state_word(new.enabled)));
        }
    }
}

/// All options of a sequence; where it stands stays, unless it cannot.
pub(super) fn sequence_change(old: &Sequence, new: &Sequence) -> String {
    let place = old.last_value.unwrap_or(old.start);
    let restart = if (new.min..=new.max).contains(&place) { String::new() } else { format!(" restart with {}", new.start) };
    format!("alter sequence {} as {} {}{restart}", new.name.sql(), new.data_type, sequence_options(new))
}

fn state(trigger: &Trigger) -> &'static str {
    state_word(trigger.enabled)
}

fn state_word(enabled: TriggerEnabled) -> &'static str {
    match enabled {
        TriggerEnabled::Origin => "enable",
        TriggerEnabled::Disabled => "disable",
        TriggerEnabled::Replica => "enable replica",
        TriggerEnabled::Always => "enable always",
    }
}

/// CREATE [UNIQUE] INDEX without a lock that writers wait for.
fn concurrently(statement: &str) -> String {
    for start in ["CREATE UNIQUE INDEX ", "CREATE INDEX "] {
        if let Some(rest) = statement.strip_prefix(start) {
            return format!("{start}CONCURRENTLY {rest}");
        }
    }
    statement.to_owned()
}
