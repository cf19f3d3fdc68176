//! Which sheets there are, and what stands in their cells.

use super::{COMMENT, COMMENT_MARK, Cell, Sheet};
use crate::dictionary::csv::uses;
use crate::dictionary::entry::{Column, Dictionary, Place, Relation, Schema};

pub(super) fn all(dictionary: &Dictionary) -> Vec<Sheet<'_>> {
    let mut sheets = vec![tables(dictionary), columns(dictionary), constraints(dictionary), indexes(dictionary), enums(dictionary)];
    if dictionary.code.is_some() {
        sheets.push(code(dictionary));
    }
    sheets
}

fn place(place: Option<&Place>) -> Cell {
    place.map_or(Cell::Empty, |p| Cell::Text(format!("{}:{}", p.path, p.line)))
}

fn joined<'a>(parts: impl IntoIterator<Item = &'a String>) -> Cell {
    let text = parts.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

fn tables(dictionary: &Dictionary) -> Sheet<'_> {
    let row = |r: &Relation| {
        vec![
            Cell::text(&r.name.schema),
            Cell::text(&r.name.name),
            Cell::text(r.kind.words()),
            Cell::Comment(r.comment.clone()),
            Cell::Number(r.columns.len() as f64),
            joined(&r.primary_key),
            joined(r.foreign_keys.iter().map(|k| k.table.to_string()).collect::<Vec<_>>().iter()),
            joined(r.referenced_by.iter().map(|k| k.table.to_string()).collect::<Vec<_>>().iter()),
            r.row_security.map_or(Cell::Empty, Cell::text),
            Cell::number(r.rows),
            Cell::bytes(r.table_bytes),
            Cell::bytes(r.index_bytes),
            place(r.source.as_ref()),
        ]
    };
    Sheet {
        name: "tables",
        heads: vec![
            ("schema", 16.0),
            ("table", 32.0),
            ("kind", 14.0),
            (COMMENT, 60.0),
            (COMMENT_MARK, 20.0),
            ("columns", 9.0),
            ("primary key", 20.0),
            ("references", 32.0),
            ("referenced by", 32.0),
            ("row level security", 12.0),
            ("rows (estimate)", 14.0),
            ("table bytes", 14.0),
            ("index bytes", 14.0),
            ("source", 40.0),
        ],
        rows: Box::new(dictionary.relations().map(row)),
    }
}

fn columns(dictionary: &Dictionary) -> Sheet<'_> {
    let row = |(r, c): (&Relation, &Column)| {
        let checks: Vec<String> = r.checks.iter().filter(|k| k.columns.contains(&c.name)).map(|k| k.definition.clone()).collect();
        let references: Vec<String> = c.references.iter().map(|(table, column)| format!("{table}.{column}")).collect();
        vec![
            Cell::text(&r.name.schema),
            Cell::text(&r.name.name),
            Cell::text(&c.name),
            Cell::Number(c.ordinal as f64),
            Cell::text(&c.data_type),
            c.nullable.map_or(Cell::Empty, |n| Cell::text(if n { "yes" } else { "no" })),
            Cell::Comment(c.comment.clone()),
            c.default.clone().map_or(Cell::Empty, Cell::Text),
            c.made.map_or(Cell::Empty, Cell::text),
            Cell::yes(c.primary_key),
            Cell::yes(c.unique),
            joined(&references),
            joined(&c.indexes),
            joined(&checks),
            c.figures.map_or(Cell::Empty, |f| Cell::Share(f.null_share)),
            Cell::number(c.figures.and_then(|f| f.distinct)),
            place(c.source.as_ref()),
        ]
    };
    Sheet {
        name: "columns",
        heads: vec![
            ("schema", 16.0),
            ("table", 28.0),
            ("column", 28.0),
            ("ordinal", 8.0),
            ("type", 26.0),
            ("nullable", 9.0),
            (COMMENT, 60.0),
            (COMMENT_MARK, 20.0),
            ("default", 28.0),
            ("generated", 18.0),
            ("primary key", 11.0),
            ("unique", 8.0),
            ("references", 30.0),
            ("indexes", 34.0),
            ("checks", 34.0),
            ("null share", 10.0),
            ("distinct values", 13.0),
            ("source", 40.0),
        ],
        rows: Box::new(dictionary.relations().flat_map(|r| r.columns.iter().map(move |c| (r, c))).map(row)),
    }
}

fn constraints(dictionary: &Dictionary) -> Sheet<'_> {
    Sheet {
        name: "constraints",
        heads: vec![
            ("schema", 16.0),
            ("table", 28.0),
            ("constraint", 38.0),
            ("kind", 13.0),
            ("columns", 30.0),
            ("definition", 60.0),
            ("validated", 10.0),
            ("remark", 40.0),
        ],
        rows: Box::new(dictionary.relations().flat_map(constraints_of)),
    }
}

fn constraints_of(r: &Relation) -> Vec<Vec<Cell>> {
    let start = |name: &str, kind: &str, columns: &[String], definition: String, validated: bool, comment: Option<&String>| {
        vec![
            Cell::text(&r.name.schema),
            Cell::text(&r.name.name),
            Cell::text(name),
            Cell::text(kind),
            joined(columns),
            Cell::Text(definition),
            Cell::text(if validated { "yes" } else { "no" }),
            comment.map_or(Cell::Empty, Cell::text),
        ]
    };
    let mut rows = Vec::new();
    if !r.primary_key.is_empty() {
        let name =
            r.indexes.iter().find(|i| i.constraint.is_some() && i.unique && i.keys == r.primary_key).and_then(|i| i.constraint.clone());
        let definition = format!("PRIMARY KEY ({})", r.primary_key.join(", "));
        rows.push(start(&name.unwrap_or_default(), "primary key", &r.primary_key, definition, true, None));
    }
    for u in &r.unique {
        rows.push(start(&u.name, "unique", &u.columns, format!("UNIQUE ({})", u.columns.join(", ")), true, u.comment.as_ref()));
    }
    for k in &r.foreign_keys {
        let definition = format!("REFERENCES {} ({}) {}", k.table, k.referenced.join(", "), k.actions);
        rows.push(start(&k.name, "foreign key", &k.columns, definition.trim_end().to_owned(), k.validated, k.comment.as_ref()));
    }
    for c in &r.checks {
        rows.push(start(&c.name, "check", &c.columns, c.definition.clone(), c.validated, c.comment.as_ref()));
    }
    rows
}

fn indexes(dictionary: &Dictionary) -> Sheet<'_> {
    let rows = dictionary.relations().flat_map(|r| r.indexes.iter().map(move |i| (r, i))).map(|(r, i)| {
        vec![
            Cell::text(&r.name.schema),
            Cell::text(&r.name.name),
            Cell::text(&i.name),
            Cell::text(&i.method),
            joined(&i.keys),
            joined(&i.include),
            Cell::yes(i.unique),
            i.constraint.as_ref().map_or(Cell::Empty, Cell::text),
            i.predicate.as_ref().map_or(Cell::Empty, Cell::text),
            Cell::text(if i.valid { "yes" } else { "no" }),
            Cell::bytes(i.bytes),
            i.comment.as_ref().map_or(Cell::Empty, Cell::text),
        ]
    });
    Sheet {
        name: "indexes",
        heads: vec![
            ("schema", 16.0),
            ("table", 28.0),
            ("index", 40.0),
            ("method", 9.0),
            ("keys", 36.0),
            ("includes", 20.0),
            ("unique", 8.0),
            ("constraint", 28.0),
            ("where", 36.0),
            ("valid", 7.0),
            ("bytes", 14.0),
            ("remark", 40.0),
        ],
        rows: Box::new(rows),
    }
}

fn enums(dictionary: &Dictionary) -> Sheet<'_> {
    let each = |s: &Schema| -> Vec<Vec<Cell>> {
        let labels = s.enums.iter().flat_map(|e| e.labels.iter().enumerate().map(move |(at, label)| (e, at, label)));
        labels
            .map(|(e, at, label)| {
                vec![
                    Cell::text(&s.name),
                    Cell::text(&e.name),
                    Cell::Number(at as f64 + 1.0),
                    Cell::text(label),
                    joined(&e.used_by),
                    e.comment.as_ref().map_or(Cell::Empty, Cell::text),
                ]
            })
            .collect()
    };
    Sheet {
        name: "enums",
        heads: vec![("schema", 16.0), ("type", 30.0), ("order", 8.0), ("label", 30.0), ("used by", 50.0), ("remark", 40.0)],
        rows: Box::new(dictionary.schemas.iter().flat_map(each)),
    }
}

fn code(dictionary: &Dictionary) -> Sheet<'_> {
    let rows = dictionary.relations().flat_map(|r| {
        let own = (!r.uses.is_empty()).then(|| (String::new(), uses(&r.uses, r.more_uses)));
        let of_columns = r.columns.iter().filter(|c| !c.uses.is_empty()).map(|c| (c.name.clone(), uses(&c.uses, c.more_uses)));
        let all: Vec<(String, String)> = own.into_iter().chain(of_columns).collect();
        all.into_iter()
            .map(|(column, places)| vec![Cell::text(&r.name.schema), Cell::text(&r.name.name), Cell::text(column), Cell::text(places)])
    });
    Sheet {
        name: "code",
        heads: vec![("schema", 16.0), ("table", 28.0), ("column", 28.0), ("places that name it", 120.0)],
        rows: Box::new(rows),
    }
}
