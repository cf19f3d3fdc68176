//! What a diagram shows, before any of it has a place: tables (and views) with their columns, and the relations between them.

use super::{Mark, Scene};
use crate::format::visible;
use architrave_model::catalog::{Column, Constraint, Reference, Table, TableKind, View};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// A table or view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entity {
    pub(crate) name: QualifiedName,
    pub(crate) is_view: bool,
    /// What sort of table, where it is not an ordinary one: `partitioned`, `foreign`, `view`.
    pub(crate) sort: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Estimated rows, where known.
    pub(crate) rows: Option<f64>,
    /// Bytes with indexes and TOAST, where known.
    pub(crate) bytes: Option<i64>,
    pub(crate) comment: Option<String>,
    /// What a schema diff says of it.
    pub(crate) mark: Option<Mark>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// As the catalogue prints it.
    pub(crate) data_type: String,
    pub(crate) is_primary: bool,
    /// Part of a foreign key (or of an implied one).
    pub(crate) is_foreign: bool,
    /// Unique alone.
    pub(crate) is_unique: bool,
    pub(crate) not_null: bool,
    pub(crate) comment: Option<String>,
}

/// A foreign key, or what stands for one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relation {
    /// The referencing entity, by position.
    pub(crate) child: usize,
    /// The referenced entity, by position.
    pub(crate) parent: usize,
    /// Constrained columns, positions in the child's fields.
    pub(crate) columns: Vec<usize>,
    /// Referenced columns by name.
    pub(crate) parent_columns: Vec<String>,
    /// A row need not have a parent: one of the columns may be null.
    pub(crate) is_optional: bool,
    /// A parent has one child at most: the columns are unique.
    pub(crate) is_single: bool,
    pub(crate) kind: RelationKind,
    /// Name of the constraint; empty where there is none.
    pub(crate) name: String,
    /// `on delete cascade` and its kind, empty for the default.
    pub(crate) actions: String,
}

/// What a relation rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// A foreign key.
    Declared,
    /// Name and type of a column say it, no constraint does.
    Implied,
    /// A view reads a table.
    Reads,
}

/// Everything on the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Entities {
    /// Sorted by schema and name.
    pub(crate) list: Vec<Entity>,
    /// Sorted by child, parent, columns and name.
    pub(crate) relations: Vec<Relation>,
}

impl Entities {
    /// Takes the scene's tables out of its catalogue.
    pub(crate) fn of(scene: &Scene<'_>) -> Self {
        let mut tables: Vec<&Table> = scene.tables.clone();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        let mut list: Vec<Entity> = tables.iter().map(|table| entity(scene, table)).collect();
        let mut views: Vec<&View> = scene.views.clone();
        views.sort_by(|a, b| a.name.cmp(&b.name));
        list.extend(views.iter().map(|view| view_entity(view)));
        list.sort_by(|a, b| a.name.cmp(&b.name));
        let position: BTreeMap<QualifiedName, usize> = list.iter().enumerate().map(|(at, e)| (e.name.clone(), at)).collect();
        let mut relations = Vec::new();
        for table in &tables {
            relations.extend(table.foreign_keys().filter_map(|(key, to)| declared(table, key, to, &position)));
        }
        if scene.implied {
            relations.extend(implied(&tables, &position));
        }
        for view in &views {
            relations.extend(view.depends_on.iter().filter_map(|on| reads(view, on, &position)));
        }
        relations.sort_by(|a, b| (a.child, a.parent, &a.columns, &a.name).cmp(&(b.child, b.parent, &b.columns, &b.name)));
        for relation in &relations {
            for &column in &relation.columns {
                list[relation.child].fields[column].is_foreign = true;
            }
        }
        Self { list, relations }
    }

    /// The relations of each entity as child, by position.
    pub(crate) fn outgoing(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.list.len()];
        for (at, relation) in self.relations.iter().enumerate() {
            out[relation.child].push(at);
        }
        out
    }

    /// How many other entities refer to each.
    pub(crate) fn referenced_by(&self) -> Vec<usize> {
        let mut by = vec![BTreeSet::new(); self.list.len()];
        for relation in self.relations.iter().filter(|r| r.child != r.parent) {
            by[relation.parent].insert(relation.child);
        }
        by.iter().map(BTreeSet::len).collect()
    }

    /// The name as people write it: without the schema where there is only one.
    pub(crate) fn label(&self, at: usize) -> String {
        let name = &self.list[at].name;
        let is_alone = self.list.first().map(|e| &e.name.schema) == self.list.last().map(|e| &e.name.schema);
        if is_alone { visible(&name.name) } else { visible(&name.to_string()) }
    }
}

fn entity(scene: &Scene<'_>, table: &Table) -> Entity {
    let key: BTreeSet<&str> = table.primary_key().iter().flat_map(|k| &k.columns).map(String::as_str).collect();
    let sort = match table.kind {
        TableKind::Ordinary => "",
        TableKind::Partitioned => "partitioned",
        TableKind::Foreign => "foreign",
    };
    let stats = scene.stats.and_then(|stats| stats.table(&table.name));
    Entity {
        name: table.name.clone(),
        is_view: false,
        sort,
        fields: table.columns.iter().map(|column| field(table, column, &key)).collect(),
        rows: stats.and_then(architrave_model::stats::TableStats::row_estimate),
        bytes: stats.and_then(architrave_model::stats::TableStats::total_bytes),
        comment: table.comment.clone(),
        mark: scene.marks.get(&table.name).copied(),
    }
}

fn field(table: &Table, column: &Column, key: &BTreeSet<&str>) -> Field {
    Field {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        is_primary: key.contains(column.name.as_str()),
        is_foreign: false,
        is_unique: table.is_unique_over(&[&column.name]),
        not_null: column.not_null,
        comment: column.comment.clone(),
    }
}

fn view_entity(view: &View) -> Entity {
    let field = |name: &str, data_type: &str, comment: &Option<String>| Field {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        is_primary: false,
        is_foreign: false,
        is_unique: false,
        not_null: false,
        comment: comment.clone(),
    };
    Entity {
        name: view.name.clone(),
        is_view: true,
        sort: if view.materialized { "materialized view" } else { "view" },
        fields: view.columns.iter().map(|c| field(&c.name, &c.data_type, &c.comment)).collect(),
        rows: None,
        bytes: None,
        comment: view.comment.clone(),
        mark: None,
    }
}

fn declared(table: &Table, key: &Constraint, to: &Reference, position: &BTreeMap<QualifiedName, usize>) -> Option<Relation> {
    let child = *position.get(&table.name)?;
    let parent = *position.get(&to.table)?;
    let columns: Vec<usize> = key.columns.iter().filter_map(|name| table.columns.iter().position(|c| &c.name == name)).collect();
    let names: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let mut actions = Vec::new();
    for (event, action) in [("on delete", to.on_delete), ("on update", to.on_update)] {
        if action != architrave_model::catalog::ForeignKeyAction::NoAction {
            actions.push(format!("{event} {}", action.sql()));
        }
    }
    Some(Relation {
        child,
        parent,
        is_optional: columns.iter().any(|&at| !table.columns[at].not_null),
        columns,
        parent_columns: to.columns.clone(),
        is_single: table.is_unique_over(&names),
        kind: RelationKind::Declared,
        name: key.name.clone(),
        actions: actions.join(", "),
    })
}

fn reads(view: &View, on: &QualifiedName, position: &BTreeMap<QualifiedName, usize>) -> Option<Relation> {
    Some(Relation {
        child: *position.get(&view.name)?,
        parent: *position.get(on)?,
        columns: Vec::new(),
        parent_columns: Vec::new(),
        is_optional: true,
        is_single: false,
        kind: RelationKind::Reads,
        name: String::new(),
        actions: String::new(),
    })
}

/// References that name and type leave no doubt about: the column is called after exactly one table of its schema and that table's
/// one key column, has the key's type, is in no foreign key, and has no `…_type` beside it.
fn implied(tables: &[&Table], position: &BTreeMap<QualifiedName, usize>) -> Vec<Relation> {
    let mut by_column: BTreeMap<(&str, String), Vec<&Table>> = BTreeMap::new();
    for table in tables {
        let Some([key]) = table.primary_key().map(|k| k.columns.as_slice()) else { continue };
        for stem in stems(&table.name.name) {
            by_column.entry((&table.name.schema, format!("{stem}_{key}"))).or_default().push(table);
        }
    }
    let mut found = Vec::new();
    for table in tables {
        let in_key: BTreeSet<&str> = table.foreign_keys().flat_map(|(c, _)| &c.columns).map(String::as_str).collect();
        for (at, column) in table.columns.iter().enumerate().filter(|(_, c)| !in_key.contains(c.name.as_str())) {
            let Some([parent]) = by_column.get(&(table.name.schema.as_str(), column.name.clone())).map(Vec::as_slice) else { continue };
            let Some([key]) = parent.primary_key().map(|k| k.columns.as_slice()) else { continue };
            let stem = column.name.strip_suffix(key.as_str()).unwrap_or_default();
            let is_polymorphic = table.columns.iter().any(|c| c.name == format!("{stem}type"));
            let same_type = parent.column(key).is_some_and(|k| k.data_type == column.data_type);
            if parent.name == table.name || !same_type || is_polymorphic {
                continue;
            }
            let (Some(&child), Some(&to)) = (position.get(&table.name), position.get(&parent.name)) else { continue };
            found.push(Relation {
                child,
                parent: to,
                columns: vec![at],
                parent_columns: vec![key.clone()],
                is_optional: !column.not_null,
                is_single: table.is_unique_over(&[&column.name]),
                kind: RelationKind::Implied,
                name: String::new(),
                actions: String::new(),
            });
        }
    }
    found
}

/// What a column that refers to a table of this name may begin with: the name itself and its singular.
fn stems(table: &str) -> BTreeSet<String> {
    let mut stems = BTreeSet::from([table.to_owned()]);
    if let Some(stem) = table.strip_suffix("ies") {
        stems.insert(format!("{stem}y"));
    } else if let Some(stem) = table.strip_suffix("sses").or_else(|| table.strip_suffix("xes")) {
        stems.insert(format!("{stem}{}", if table.ends_with("xes") { "x" } else { "ss" }));
    } else if let Some(stem) = table.strip_suffix('s').filter(|stem| !stem.ends_with('s')) {
        stems.insert(stem.to_owned());
    }
    stems
}

/// A type as people say it: `varchar(20)`, `timestamptz`, no schema.
pub(crate) fn short_type(data_type: &str) -> String {
    let text = data_type
        .replace("character varying", "varchar")
        .replace("timestamp with time zone", "timestamptz")
        .replace("timestamp without time zone", "timestamp")
        .replace("time without time zone", "time")
        .replace("time with time zone", "timetz")
        .replace("double precision", "float8");
    // `timestamp(3) with time zone`: the precision says little, the zone much.
    let text = match (text.find('('), text.find(" with time zone"), text.find(" without time zone")) {
        (Some(open), Some(_), _) => format!("{}tz", &text[..open]),
        (Some(open), _, Some(_)) => text[..open].to_owned(),
        _ => text,
    };
    let bare = match text.split_once('.') {
        Some((_, name)) if !text.contains('(') && !name.is_empty() => name.trim_matches('"').to_owned(),
        _ => text,
    };
    visible(&bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_said_as_people_say_them() {
        let said: Vec<String> =
            ["character varying(20)", "timestamp(3) without time zone", "timestamp with time zone", "public.order_state", "numeric(12,2)"]
                .into_iter()
                .map(short_type)
                .collect();
        assert_eq!(said, ["varchar(20)", "timestamp", "timestamptz", "order_state", "numeric(12,2)"]);
    }

    #[test]
    fn singulars_are_modest() {
        let all = |name| stems(name).into_iter().collect::<Vec<_>>();
        assert_eq!(all("categories"), ["categories", "category"]);
        assert_eq!(all("address"), ["address"]);
        assert_eq!(all("addresses"), ["address", "addresses"]);
        assert_eq!(all("boxes"), ["box", "boxes"]);
    }
}
