//! The first idea of a row: whose it is, which rows it refers to, and a value of the type for all the rest.

use super::actors::{People, Person};
use super::samples;
use super::search::Values;
use crate::rls_attack::intent::memberships::allowed_values;
use architrave_model::QualifiedName;
use architrave_model::access::{Intent, Scope};
use architrave_model::catalog::{Catalog, Column, Generated, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A row before it is made.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) values: Values,
    /// Columns that say whose the row is or what it refers to; they are changed last.
    pub(super) bound: BTreeSet<String>,
    /// NOT NULL columns of types that nobody can make.
    pub(super) unmakeable: Vec<String>,
}

/// When rows were made whose tables leave it to a trigger: the same in every run, and never too long ago.
const NEVER_OLD: &str = "2999-01-01";

/// Rows that exist, by table and person: what foreign keys refer to.
pub(super) type Known = BTreeMap<(QualifiedName, Person), Values>;

/// What drafts are made from.
pub(super) struct Drafting<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) intent: &'a Intent,
    pub(super) people: &'a People,
    pub(super) known: &'a Known,
    /// Values of defaults that are constants, by table and column.
    pub(super) defaults: &'a BTreeMap<(QualifiedName, String), Option<String>>,
}

impl Drafting<'_> {
    /// The idea of a row of that person; `fixed` columns are taken as they are.
    pub(super) fn draft(&self, table: &Table, person: Person, number: u64, fixed: &Values) -> Draft {
        let mut draft = Draft { values: fixed.clone(), bound: fixed.keys().cloned().collect(), unmakeable: Vec::new() };
        self.whose(table, person, &mut draft);
        self.references(table, person, &mut draft);
        for column in &table.columns {
            if draft.values.contains_key(&column.name) || matches!(column.generated, Some(Generated::Stored | Generated::Virtual)) {
                continue;
            }
            let value = self.free(table, column, person, number);
            if value.is_none() && column.not_null {
                draft.unmakeable.push(column.name.clone());
            }
            draft.values.insert(column.name.clone(), value);
        }
        draft
    }

    fn bind(draft: &mut Draft, column: &str, value: String) {
        if !draft.values.contains_key(column) {
            draft.values.insert(column.to_owned(), Some(value));
        }
        draft.bound.insert(column.to_owned());
    }

    /// Columns of the owner and the tenant.
    fn whose(&self, table: &Table, person: Person, draft: &mut Draft) {
        let identity = &self.intent.identity;
        for (people, key) in identity.users.iter().chain(&identity.profiles) {
            if *people == table.name && table.foreign_keys().all(|(k, _)| !k.columns.contains(key)) {
                Self::bind(draft, key, self.people.id(person));
            }
        }
        if let Some((tenants, key)) = identity.tenants.as_ref().filter(|(t, _)| *t == table.name) {
            let _ = tenants;
            Self::bind(draft, key, self.people.tenant(person));
        }
        for member in self.intent.memberships.iter().filter(|m| m.table == table.name) {
            self.set_reference(table, &member.user, person, draft, &self.people.id(person));
            if member.tenants.is_some() || identity.tenants.is_some() {
                self.set_reference(table, &member.tenant, person, draft, &self.people.tenant(person));
            }
            if let Some(role) = &member.role {
                let best = if person == Person::Member { member.roles.last() } else { member.roles.first() };
                if let Some(best) = best {
                    Self::bind(draft, role, best.clone());
                }
            }
        }
        match self.intent.of(&table.name).map(|i| &i.scope) {
            Some(Scope::Owner { column }) if table.name.schema == "storage" && column == "name" => {}
            Some(Scope::Owner { column }) => self.set_reference(table, column, person, draft, &self.people.id(person)),
            Some(Scope::Tenant { column, .. }) if table.name.schema == "storage" && column == "name" => {}
            Some(Scope::Tenant { column, .. }) => self.set_reference(table, column, person, draft, &self.people.tenant(person)),
            _ => {}
        }
        if table.name.schema == "storage" && table.name.name == "objects" {
            self.object(table, person, draft);
        }
    }

    /// An object of the storage lies in the folder of its owner or of his tenant.
    fn object(&self, table: &Table, person: Person, draft: &mut Draft) {
        let folder = match self.intent.of(&table.name).map(|i| &i.scope) {
            Some(Scope::Tenant { column, .. }) if column == "name" => self.people.tenant(person),
            _ => self.people.id(person),
        };
        let id = self.people.id(person);
        let bucket = draft.values.get("bucket_id").cloned().flatten().unwrap_or_else(|| "files".to_owned());
        Self::bind(draft, "name", format!("{folder}/{bucket}.txt"));
        if table.column("owner_id").is_some() {
            Self::bind(draft, "owner_id", id.clone());
        }
        if table.column("owner").is_some_and(|c| c.data_type == "uuid") && id.len() == 36 {
            Self::bind(draft, "owner", id);
        }
    }

    /// A column that names a person or tenant: by the row it refers to, else by the id itself.
    fn set_reference(&self, table: &Table, column: &str, person: Person, draft: &mut Draft, id: &str) {
        let Some(found) = table.column(column) else { return };
        let refers = table.foreign_keys().find_map(|(key, reference)| {
            let at = key.columns.iter().position(|c| c == column)?;
            (key.columns.len() == 1).then_some((&reference.table, reference.columns.get(at)?))
        });
        let of_parent = refers.and_then(|(parent, key)| self.known.get(&(parent.clone(), person))?.get(key).cloned().flatten());
        let id = if found.name.to_lowercase().contains("email") { person.email() } else { id.to_owned() };
        let id = if found.is_array() { format!("{{{id}}}") } else { id };
        Self::bind(draft, column, of_parent.unwrap_or(id));
    }

    /// Foreign keys: the person's own row of the other table; the longer keys first, so that what they share fits.
    fn references(&self, table: &Table, person: Person, draft: &mut Draft) {
        let mut keys: Vec<_> = table.foreign_keys().collect();
        keys.sort_by_key(|(key, _)| (std::cmp::Reverse(key.columns.len()), key.name.clone()));
        for (key, reference) in keys {
            if key.columns.iter().all(|c| draft.values.contains_key(c)) {
                draft.bound.extend(key.columns.iter().cloned());
                continue;
            }
            let nullable = key.columns.iter().any(|c| table.column(c).is_some_and(|c| !c.not_null));
            let parent = if reference.table == table.name { None } else { self.known.get(&(reference.table.clone(), person)) };
            for (column, key) in key.columns.iter().zip(&reference.columns) {
                draft.bound.insert(column.clone());
                if draft.values.contains_key(column) {
                    continue;
                }
                match parent.and_then(|p| p.get(key)) {
                    Some(value) => {
                        draft.values.insert(column.clone(), value.clone());
                    }
                    None if nullable => {
                        draft.values.insert(column.clone(), None);
                    }
                    // The referenced row is missing; the sample below stands in for it.
                    None => {}
                }
            }
        }
    }

    /// A column that nobody has a claim on.
    fn free(&self, table: &Table, column: &Column, person: Person, number: u64) -> Option<String> {
        let lower = column.name.to_ascii_lowercase();
        let of_people = self.is_people(&table.name);
        let unique = is_unique_part(table, &column.name);
        let is_text =
            matches!(column.base_type().as_str(), "text" | "character varying" | "citext" | "extensions.citext" | "public.citext");
        if is_text && (lower == "email" || lower.ends_with("_email")) && !column.is_array() {
            return Some(person.email());
        }
        if table.name.schema == "auth" {
            return match lower.as_str() {
                "aud" | "role" => Some("authenticated".to_owned()),
                _ if column.not_null || unique => samples::sample(self.catalog, &column.data_type, person.word(), number, unique),
                _ => None,
            };
        }
        let serial = column.takes_from_sequence();
        let constant = self.defaults.get(&(table.name.clone(), column.name.clone()));
        if let Some(value) = constant.filter(|_| !unique && !serial) {
            return value.clone();
        }
        let privileged = self.intent.of(&table.name).is_some_and(|i| i.privileged.contains(&column.name));
        if privileged && of_people && !unique {
            return self.least(table, column);
        }
        let base = column.base_type();
        let nothing = !column.not_null && !unique && (base.starts_with("timestamp") || base == "date" || column.is_array());
        if nothing && column.default.is_none() {
            // A row that was just made: triggers that would say so are off, and what is older than a day may count as expired.
            let made = matches!(lower.as_str(), "created_at" | "inserted_at") && !column.is_array();
            return made.then(|| NEVER_OLD.to_owned());
        }
        samples::sample(self.catalog, &column.data_type, person.word(), number, unique || serial)
    }

    /// The least of what a privileged column may say.
    fn least(&self, table: &Table, column: &Column) -> Option<String> {
        let allowed = allowed_values(self.catalog, table, column);
        let plain = ["user", "member", "viewer", "free", "none", "customer", "authenticated", "basic"];
        let least = plain.iter().find(|p| allowed.iter().any(|a| a == *p)).map(|p| (*p).to_owned());
        if let Some(least) = least.or_else(|| allowed.last().cloned()) {
            return Some(least);
        }
        let text = matches!(column.base_type().as_str(), "text" | "character varying");
        if text {
            return column.not_null.then(|| "user".to_owned());
        }
        match column.base_type().as_str() {
            "integer" | "bigint" | "smallint" | "numeric" => Some("0".to_owned()),
            _ => samples::sample(self.catalog, &column.data_type, "none", 1, false),
        }
    }

    pub(super) fn is_people(&self, table: &QualifiedName) -> bool {
        let identity = &self.intent.identity;
        identity.users.iter().chain(&identity.profiles).any(|(people, _)| people == table)
    }
}

/// Whether the column is part of a key that tells rows apart; of a longer key, its last free part does.
pub(super) fn is_unique_part(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|i| i.unique && i.keys.iter().any(|k| k.column.as_deref() == Some(column)))
        || table.primary_key().is_some_and(|k| k.columns.iter().any(|c| c == column))
}
