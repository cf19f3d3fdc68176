//! Two catalogues to the statements that turn the one into the other.
//!
//! Both are cut into the pieces of which [`crate::generate`] writes them. A piece of the one side only is taken away or made; one that both have and
//! that differs is altered where PostgreSQL can, and else taken away and made again with everything that hangs on it. Taking away goes
//! backwards through the order of creation of the one, making forwards through that of the other.

mod alter;
mod column;
mod gone;
mod order;
mod privilege;
mod publication;
mod rename;
mod safe;
mod side;
mod table;
mod take;
#[cfg(test)]
mod tests;
mod types;

pub use order::in_order;
pub use rename::{Rename, RenameError, Suggestion, harmless_renames, rename_statement, suggestions};
pub use safe::files;

use crate::generate::{GenerateOptions, Item};
use architrave_model::catalog::Catalog;
use architrave_model::name::{ObjectRef, QualifiedName};
use gone::Gone;
use side::Side;
use std::collections::BTreeSet;

/// How to write the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceOptions {
    /// The role that will run them: what it creates is its own, with its default privileges.
    pub runner: String,
    /// Major version of the server.
    pub major: u16,
    /// Everything in one transaction: no NOT VALID, no CONCURRENTLY.
    pub plain: bool,
}

/// When and how a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Before all others in a transaction of its own: a new value of an enum can be used only when it is committed.
    EnumValue,
    /// In a transaction with its neighbours.
    Transaction,
    /// Outside of a transaction, before those in one.
    AloneFirst,
    /// Outside of a transaction.
    Alone,
    /// Outside of a transaction, after those in one.
    AloneLast,
    /// When all others are done: reads a table while others write to it.
    Validation,
    /// When everything is validated.
    AfterValidation,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Text, without final semicolon.
    pub statement: String,
    /// When and how it runs.
    pub form: Form,
    /// What is lost for good, or what rows can make it fail; none for what can be undone.
    pub loses: Option<String>,
}

/// The statements of a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Statements in order.
    pub steps: Vec<Step>,
    /// Objects that cannot be compared or written, and why (a lower-case fragment).
    pub left_out: Vec<(ObjectRef, String)>,
    /// What somebody who applies this must know; sentences.
    pub notes: Vec<String>,
}

/// The statements that turn the first catalogue into the second.
pub fn changes(from: &Catalog, to: &Catalog, options: &DifferenceOptions) -> Changes {
    let all = GenerateOptions::all();
    let (from, to) = (Side::new(from, &all), Side::new(to, &all));
    let gone = Gone::find(&from, &to, options);
    let mut differ = Differ { from, to, gone, options, out: Changes::default(), later: Vec::new(), at_end: Vec::new() };
    differ.run();
    differ.out
}

/// Writes the statements.
struct Differ<'a> {
    from: Side<'a>,
    to: Side<'a>,
    gone: Gone,
    options: &'a DifferenceOptions,
    out: Changes,
    /// Statements that follow the validation of constraints.
    later: Vec<Step>,
    /// Statements that follow all others.
    at_end: Vec<Step>,
}

impl Differ<'_> {
    fn say(&mut self, statement: impl Into<String>) {
        self.step(statement, Form::Transaction, None);
    }

    fn step(&mut self, statement: impl Into<String>, form: Form, loses: Option<String>) {
        self.out.steps.push(Step { statement: statement.into(), form, loses });
    }

    /// A table of both sides that is not made anew.
    fn is_kept_table(&self, name: &QualifiedName) -> bool {
        let item = Item::Table(name.clone());
        self.from.has(&item) && self.to.has(&item) && !self.gone.items.contains(&item)
    }

    /// A piece of the new side that statements must make.
    fn is_made(&self, item: &Item) -> bool {
        !self.from.has(item) || self.gone.items.contains(item)
    }

    fn run(&mut self) {
        self.left_out();
        self.take_away();
        self.make();
        self.finish();
    }

    /// What one side cannot write is compared by nothing.
    fn left_out(&mut self) {
        let mut seen = BTreeSet::new();
        let both = self.to.writer.out.left_out.iter().chain(&self.from.writer.out.left_out);
        for (object, why) in both.filter(|(_, why)| !why.starts_with("created without data") && !why.starts_with("created disabled")) {
            if seen.insert(object.clone()) {
                self.out.left_out.push((object.clone(), why.clone()));
            }
        }
    }

    /// Walks through the statements that create the new side.
    fn make(&mut self) {
        let mut altered: BTreeSet<Item> = BTreeSet::new();
        let numbered: Vec<(Item, String)> =
            self.to.writer.out.items.iter().cloned().zip(self.to.writer.out.statements.iter().cloned()).collect();
        for (item, statement) in numbered {
            match &item {
                Item::Session
                | Item::Owner(_)
                | Item::Membership
                | Item::Privileges(..)
                | Item::DefaultPrivileges(..)
                | Item::Comment(_)
                | Item::Position(_) => {}
                Item::Role(name) if self.from.catalog.role(name).is_some() => {}
                Item::Role(name) => {
                    self.say(statement);
                    let how = "is made when it is not there, without LOGIN; roles belong to the whole server";
                    self.out.notes.push(format!("The role {name} {how}."));
                }
                _ if self.is_made(&item) => self.create(&item, statement),
                _ if altered.insert(item.clone()) => self.alter(&item),
                _ => {}
            }
        }
    }

    /// Owners, privileges and comments; then what could not go earlier.
    fn finish(&mut self) {
        self.owners();
        self.privileges();
        self.default_privileges();
        self.comments();
        let at_end = std::mem::take(&mut self.at_end);
        self.out.steps.extend(at_end);
        let later = std::mem::take(&mut self.later);
        self.out.steps.extend(later);
        order::tidy(&mut self.out.steps);
    }
}
