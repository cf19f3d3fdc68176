//! Tables, and the places where their parts are put while they are assembled.

use super::grant::GrantBook;
use crate::session::{Question, Rows};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Table, View};
use std::collections::HashMap;

pub(super) static QUESTION: Question = Question::essential("tables", include_str!("table.sql"));

/// A column as its numbers say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) number: i16,
    pub(super) name: String,
    /// Object id of its collation, 0 for none.
    pub(super) collation: u32,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Table(usize),
    View(usize),
}

/// Tables and views under construction, found by object id.
#[derive(Debug, Default)]
pub(super) struct Relations {
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<View>,
    places: HashMap<u32, Place>,
    attributes: HashMap<u32, Vec<Attribute>>,
}

impl Relations {
    pub(super) fn new(tables: Rows<Table>, views: Rows<View>, grants: &GrantBook) -> Self {
        let mut relations = Self::default();
        for (keys, table) in tables.rows {
            relations.places.insert(keys.oid, Place::Table(relations.tables.len()));
            relations.tables.push(Table { grants: grants.of(&keys), ..table });
        }
        for (keys, view) in views.rows {
            relations.places.insert(keys.oid, Place::View(relations.views.len()));
            relations.views.push(View { grants: grants.of(&keys), ..view });
        }
        relations
    }

    pub(super) fn table_mut(&mut self, oid: u32) -> Option<&mut Table> {
        match self.places.get(&oid) {
            Some(Place::Table(at)) => self.tables.get_mut(*at),
            _ => None,
        }
    }

    pub(super) fn view_mut(&mut self, oid: u32) -> Option<&mut View> {
        match self.places.get(&oid) {
            Some(Place::View(at)) => self.views.get_mut(*at),
            _ => None,
        }
    }

    pub(super) fn add_attribute(&mut self, oid: u32, attribute: Attribute) {
        self.attributes.entry(oid).or_default().push(attribute);
    }

    /// The column of that number.
    pub(super) fn attribute(&self, oid: u32, number: i16) -> Option<&Attribute> {
        let attributes = self.attributes.get(&oid)?;
        // Numbers rise without gaps unless columns were dropped.
        let guess = usize::try_from(number).ok()?.checked_sub(1)?;
        attributes.get(guess).filter(|a| a.number == number).or_else(|| attributes.iter().find(|a| a.number == number))
    }

    /// The names of the columns of these numbers; expressions (0) are left out.
    pub(super) fn names(&self, oid: u32, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|number| self.attribute(oid, *number)).map(|a| a.name.clone()).collect()
    }
}

/// A relation's name as a row has it.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct NameRow {
    schema: String,
    name: String,
}

impl NameRow {
    pub(super) fn qualified(self) -> QualifiedName {
        QualifiedName::new(self.schema, self.name)
    }
}
