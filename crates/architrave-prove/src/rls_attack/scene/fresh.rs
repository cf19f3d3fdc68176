//! New rows beside the seeded ones: what an actor would insert.

use super::actors::{People, Person};
use super::draft::{Drafting, Known, is_unique_part};
use super::search::{Values, literal};
use super::{Purpose, Scene, SeededRow, fill};
use crate::rls_attack::intent::schema;
use architrave_model::QualifiedName;
use architrave_model::access::{ActorKind, Intent};
use architrave_model::catalog::{Catalog, Identity, Table};
use std::collections::BTreeMap;

/// First number of new rows: far from those of the scene.
const NEW: u64 = 90_000;

pub(super) fn row(
    scene: &Scene,
    catalog: &Catalog,
    intent: &Intent,
    table: &QualifiedName,
    of: ActorKind,
    set: &[(String, String)],
) -> Option<Vec<(String, String)>> {
    let person = Person::of(of).unwrap_or(Person::Outsider);
    let template = template(&scene.rows, table, person.kind()?)?;
    let found = catalog.table_named(table)?;
    let people = People::of_scene(&intent.identity, &scene.actors);
    let known = scene.known.get_or_init(|| known(&scene.rows));
    let defaults = BTreeMap::new();
    let drafting = Drafting { catalog, intent, people: &people, known, defaults: &defaults };
    let mut fixed: Values = set.iter().map(|(column, literal)| (column.clone(), plain(literal))).collect();
    if person == Person::Owner {
        fixed.extend(another_member(intent, found, set, &people));
    }
    let at = catalog.tables.iter().position(|t| t.name == *table).unwrap_or(0);
    let draft = drafting.draft(found, person, NEW + at as u64, &fixed);
    let checks = fill::checks(catalog, found);
    let mut out = Vec::new();
    for column in found.columns.iter().filter(|c| c.generated.is_none()) {
        let name = &column.name;
        if let Some((_, given)) = set.iter().find(|(c, _)| c == name) {
            let file = plain(given).filter(|_| is_object_name(table, name)).map(|path| new_file(&path));
            out.push((name.clone(), file.map_or_else(|| given.clone(), |path| literal(Some(&path)))));
            continue;
        }
        let of_template = template.values.iter().find(|(c, _)| c == name).and_then(|(_, l)| plain(l));
        // A key of its own is never taken over: the row is a new one.
        let own_key = found.is_unique_over(&[name]) && found.foreign_keys().all(|(key, _)| !key.columns.contains(name));
        let bound = draft.bound.contains(name) && !own_key;
        let value = if bound {
            draft.values.get(name).cloned().flatten().or(of_template)
        } else if found.partitioning.as_ref().is_some_and(|p| p.columns.contains(name)) {
            // Another value might have no partition.
            of_template
        } else if is_unique_part(found, name) {
            if column.identity == Some(Identity::Always) || column.default.is_some() || column.identity.is_some() {
                continue;
            }
            let checked = checks.iter().any(|c| fill::mentioned(found, c).contains(name));
            let taken = checked || draft.bound.contains(name);
            if taken { of_template.map(|text| another(&text)) } else { draft.values.get(name).cloned().flatten() }
        } else {
            of_template
        };
        if let Some(value) = value {
            let value = if is_object_name(table, name) { new_file(&value) } else { value };
            out.push((name.clone(), literal(Some(&value))));
        }
    }
    Some(out)
}

fn is_object_name(table: &QualifiedName, column: &str) -> bool {
    table.schema == "storage" && table.name == "objects" && column == "name"
}

/// Another file in the same folder: a new object is no upload over one that is there.
fn new_file(path: &str) -> String {
    path.rsplit_once('/').map_or_else(|| "new.txt".to_owned(), |(folder, _)| format!("{folder}/new.txt"))
}

/// The owner belongs to the tenant already: a new member is somebody else.
fn another_member(intent: &Intent, table: &Table, set: &[(String, String)], people: &People) -> Option<(String, Option<String>)> {
    let member = intent.memberships.iter().find(|m| m.table == table.name)?;
    let mut people_tables = intent.identity.users.iter().chain(&intent.identity.profiles);
    let person = people_tables.clone().any(|(people, _)| *people == table.name);
    let refers = schema::refers(table, &member.user);
    // His id is only known where the column holds the identity itself.
    if refers.is_some_and(|(to, key)| !people_tables.any(|(people, column)| people == to && column == key)) {
        return None;
    }
    let given = set.iter().any(|(column, _)| *column == member.user);
    (!person && !given).then(|| (member.user.clone(), Some(people.id(Person::Bystander))))
}

/// The seeded row to follow: of that actor, else the owner's.
fn template<'r>(rows: &'r [SeededRow], table: &QualifiedName, of: ActorKind) -> Option<&'r SeededRow> {
    let of_table = || rows.iter().filter(|r| r.table == *table);
    of_table()
        .find(|r| r.of == of && r.purpose == Purpose::Belongs)
        .or_else(|| of_table().find(|r| r.of == of))
        .or_else(|| of_table().next())
}

/// The seeded rows as references find them.
fn known(rows: &[SeededRow]) -> Known {
    let mut known = Known::new();
    let values = |row: &SeededRow| row.values.iter().map(|(column, literal)| (column.clone(), plain(literal))).collect::<Values>();
    for row in rows {
        if let Some(person) = Person::of(row.of) {
            known.entry((row.table.clone(), person)).or_insert_with(|| values(row));
        }
    }
    // Whoever has no row of his own shares the owner's.
    for row in rows {
        for person in [Person::Member, Person::Outsider] {
            let shared = row.of == ActorKind::Owner && (person == Person::Member || row.purpose == Purpose::Public);
            if shared {
                known.entry((row.table.clone(), person)).or_insert_with(|| values(row));
            }
        }
    }
    known
}

/// The text in a literal of ours.
pub(super) fn plain(literal: &str) -> Option<String> {
    let (escaped, body) = match literal.strip_prefix('E') {
        Some(body) => (true, body),
        None => (false, literal),
    };
    if literal.eq_ignore_ascii_case("null") {
        return None;
    }
    let Some(inside) = body.strip_prefix('\'').and_then(|b| b.strip_suffix('\'')) else { return Some(literal.to_owned()) };
    let text = inside.replace("''", "'");
    Some(if escaped { text.replace("\\\\", "\\") } else { text })
}

/// A text of the same shape: other digits, else another last letter.
fn another(text: &str) -> String {
    let digits = text.chars().rev().position(|c| c.is_ascii_digit());
    let mut chars: Vec<char> = text.chars().collect();
    if let Some(from_end) = digits {
        let at = chars.len() - 1 - from_end;
        if let Some(c) = chars.get_mut(at) {
            *c = if *c == '9' { '8' } else { '9' };
        }
        return chars.into_iter().collect();
    }
    if let Some(c) = chars.iter_mut().rev().find(|c| c.is_ascii_alphabetic()) {
        *c = if c.is_ascii_uppercase() {
            if *c == 'Q' { 'R' } else { 'Q' }
        } else if *c == 'q' {
            'r'
        } else {
            'q'
        };
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_back() {
        assert_eq!(plain("'it''s'"), Some("it's".to_owned()));
        assert_eq!(plain("E'a\\\\b'"), Some("a\\b".to_owned()));
        assert_eq!((plain("null"), plain("7")), (None, Some("7".to_owned())));
    }

    #[test]
    fn texts_of_the_same_shape() {
        assert_eq!(another("AB-017x"), "AB-019x");
        assert_eq!(another("slug"), "sluq");
    }
}
