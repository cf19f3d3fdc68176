//! From an edited spreadsheet to the comments that have changed: what is new, what is in conflict, and the statements both ways.

use crate::error::AppError;
use architrave_model::name::{QualifiedName, quote_ident};
use architrave_read::sheet::{SheetRow, read_sheet};
use architrave_report::dictionary::{Dictionary, Marked, compare, csv, plain};
use std::collections::BTreeMap;
use std::path::Path;

/// One comment that is to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The words after `COMMENT ON`: `column public.orders.id`.
    pub target: String,
    /// Table or view.
    pub table: QualifiedName,
    /// Column; none for the table itself.
    pub column: Option<String>,
    /// In the database.
    pub before: Option<String>,
    /// In the file.
    pub after: Option<String>,
}

impl Change {
    /// The statement.
    pub fn up(&self) -> String {
        statement(&self.target, self.after.as_deref())
    }

    /// The statement that restores the old comment.
    pub fn down(&self) -> String {
        statement(&self.target, self.before.as_deref())
    }
}

/// What an edited file means for a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Rows about an object.
    pub rows: usize,
    /// Comments to change, in the order of the dictionary.
    pub changes: Vec<Change>,
    /// Comments that both the file and the database have changed since the export; sentences. None of them is in `changes`.
    pub conflicts: Vec<String>,
    /// Rows without a mark: whether the database changed meanwhile cannot be told.
    pub unmarked: usize,
}

/// Reads the file and compares it with the dictionary. With `overwrite` the file's text wins where both have changed.
pub fn edits(file: &Path, dictionary: &Dictionary, overwrite: bool) -> Result<Edits, AppError> {
    compared(&file.display().to_string(), &read_sheet(file)?, dictionary, overwrite)
}

type Key = (QualifiedName, Option<String>);

/// A commented object: its place in the dictionary, the words after `COMMENT ON`, its comment.
struct Known<'a> {
    order: usize,
    target: String,
    comment: Option<&'a str>,
}

fn known(dictionary: &Dictionary) -> BTreeMap<Key, Known<'_>> {
    let mut all = BTreeMap::new();
    for relation in dictionary.relations() {
        let name = relation.name.sql();
        let target = format!("{} {name}", relation.kind.sql());
        all.insert((relation.name.clone(), None), Known { order: all.len(), target, comment: relation.comment.as_deref() });
        for column in &relation.columns {
            let target = format!("column {name}.{}", quote_ident(&column.name));
            let key = (relation.name.clone(), Some(column.name.clone()));
            all.insert(key, Known { order: all.len(), target, comment: column.comment.as_deref() });
        }
    }
    all
}

fn compared(file: &str, rows: &[SheetRow], dictionary: &Dictionary, overwrite: bool) -> Result<Edits, AppError> {
    let known = known(dictionary);
    let mut edits = Edits { rows: rows.len(), ..Edits::default() };
    let mut unknown: Vec<String> = Vec::new();
    let mut seen: BTreeMap<Key, (&str, Option<String>)> = BTreeMap::new();
    let mut found: Vec<(usize, Change)> = Vec::new();
    for row in rows {
        let key = key(row);
        let Some(there) = known.get(&key) else {
            unknown.push(format!("{} ({})", row.place, shown(&key)));
            continue;
        };
        let after = row.comment.as_deref().map(|c| plain(if row.defused { csv::restored(c) } else { c })).filter(|c| !c.is_empty());
        if let Some((place, other)) = seen.insert(key.clone(), (&row.place, after.clone())) {
            if other != after {
                let both = format!("{file}: {place} and {} give {} different comments; keep one of them", row.place, shown(&key));
                return Err(AppError::Document(both));
            }
            continue;
        }
        let before = there.comment.map(plain).filter(|c| !c.is_empty());
        let marked = compare(&row.mark, after.as_deref());
        edits.unmarked += usize::from(marked == Marked::Unmarked);
        if marked == Marked::Untouched || after == before {
            continue;
        }
        if marked == Marked::EditedCut {
            return Err(AppError::Document(format!(
                "{file}: {} edits the comment of {}, of which the export held only the beginning; edit that one in a CSV",
                row.place,
                shown(&key)
            )));
        }
        if marked == Marked::Edited && compare(&row.mark, before.as_deref()) != Marked::Untouched && !overwrite {
            edits.conflicts.push(conflict(&row.place, &key, before.as_deref(), after.as_deref()));
            continue;
        }
        let change = Change { target: there.target.clone(), table: key.0, column: key.1, before: there.comment.map(str::to_owned), after };
        found.push((there.order, change));
    }
    if let Some(first) = unknown.first() {
        let more = if unknown.len() > 1 { format!(" and {} more rows", unknown.len() - 1) } else { String::new() };
        return Err(AppError::Document(format!(
            "{file}: {first}{more}: there is no such table or column in {}; correct the name or remove the row",
            dictionary.name
        )));
    }
    found.sort_by_key(|(order, _)| *order);
    edits.changes = found.into_iter().map(|(_, change)| change).collect();
    Ok(edits)
}

fn key(row: &SheetRow) -> Key {
    let own = |text: &String| if row.defused { csv::restored(text).to_owned() } else { text.clone() };
    (QualifiedName::new(own(&row.schema), own(&row.table)), row.column.as_ref().map(own))
}

fn shown((table, column): &Key) -> String {
    match column {
        Some(column) => format!("{table}.{column}"),
        None => table.to_string(),
    }
}

fn conflict(place: &str, key: &Key, before: Option<&str>, after: Option<&str>) -> String {
    let short = |text: Option<&str>| match text {
        Some(text) => {
            let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let cut: String = line.chars().take(60).collect();
            if cut.len() < line.len() { format!("“{cut}…”") } else { format!("“{line}”") }
        }
        None => "no comment".to_owned(),
    };
    format!("{place}: {} has {} in the database by now, and {} in the file", shown(key), short(before), short(after))
}

fn statement(target: &str, comment: Option<&str>) -> String {
    match comment.filter(|c| !c.is_empty()) {
        Some(text) => format!("comment on {target} is {}", literal(text)),
        None => format!("comment on {target} is null"),
    }
}

/// A text as a literal on one line: migration tools look for their marks, and some for semicolons, at the ends of lines.
fn literal(text: &str) -> String {
    if !text.contains(|c: char| c == '\\' || c.is_control()) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("E'");
    for c in text.chars() {
        match c {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_report::dictionary::{Column, Relation, Schema, mark};

    fn dictionary(table: Option<&str>, column: Option<&str>) -> Dictionary {
        let column = Column { ordinal: 1, name: "Id".into(), comment: column.map(Into::into), ..Column::default() };
        let relation = Relation {
            name: QualifiedName::new("public", "or\"ders"),
            comment: table.map(Into::into),
            columns: vec![column],
            ..Relation::default()
        };
        Dictionary {
            name: "shop".into(),
            schemas: vec![Schema { name: "public".into(), relations: vec![relation], ..Schema::default() }],
            ..Dictionary::default()
        }
    }

    fn row(column: Option<&str>, comment: Option<&str>, exported: Option<&str>) -> SheetRow {
        SheetRow {
            place: "line 2".into(),
            schema: "public".into(),
            table: "or\"ders".into(),
            column: column.map(Into::into),
            comment: comment.map(Into::into),
            mark: mark(exported),
            defused: false,
        }
    }

    fn check(rows: &[SheetRow], there: &Dictionary) -> Result<Edits, String> {
        compared("edited.csv", rows, there, false).map_err(|e| e.to_string())
    }

    #[test]
    fn only_what_was_edited_changes_and_the_way_back_is_the_old_comment() {
        let there = dictionary(Some("Orders"), Some("it's the key"));
        let rows = [row(None, Some("Orders"), Some("Orders")), row(Some("Id"), Some("new\nwith C:\\path"), Some("it's the key"))];
        let edits = check(&rows, &there).unwrap();
        assert_eq!(edits.changes.len(), 1);
        assert_eq!(edits.changes[0].up(), r#"comment on column public."or""ders"."Id" is E'new\nwith C:\\path'"#);
        assert_eq!(edits.changes[0].down(), r#"comment on column public."or""ders"."Id" is 'it''s the key'"#);
    }

    #[test]
    fn an_emptied_comment_is_removed_and_a_first_one_has_a_way_back() {
        let edits =
            check(&[row(None, None, Some("Orders")), row(Some("Id"), Some("key"), None)], &dictionary(Some("Orders"), None)).unwrap();
        let lines: Vec<_> = edits.changes.iter().flat_map(|c| [c.up(), c.down()]).collect();
        assert_eq!(
            lines,
            [
                r#"comment on table public."or""ders" is null"#,
                r#"comment on table public."or""ders" is 'Orders'"#,
                r#"comment on column public."or""ders"."Id" is 'key'"#,
                r#"comment on column public."or""ders"."Id" is null"#
            ]
        );
    }

    #[test]
    fn what_changed_on_both_sides_is_a_conflict_and_what_changed_there_only_is_not() {
        let there = dictionary(Some("changed there"), Some("changed there, too"));
        let rows = [row(None, Some("changed here"), Some("Orders")), row(Some("Id"), Some("as exported"), Some("as exported"))];
        let edits = check(&rows, &there).unwrap();
        assert!(edits.changes.is_empty());
        assert_eq!(edits.conflicts, ["line 2: public.or\"ders has “changed there” in the database by now, and “changed here” in the file"]);
        let forced = compared("edited.csv", &rows, &there, true).unwrap();
        assert_eq!((forced.changes.len(), forced.conflicts.len()), (1, 0));
        let alike = check(&[row(None, Some("changed there"), Some("Orders"))], &there).unwrap();
        assert!(alike.changes.is_empty() && alike.conflicts.is_empty());
    }

    #[test]
    fn unknown_and_contradicting_rows_are_named() {
        let there = dictionary(None, None);
        let said = check(&[row(Some("total"), Some("x"), None)], &there).unwrap_err();
        assert_eq!(
            said,
            "edited.csv: line 2 (public.or\"ders.total): there is no such table or column in shop; correct the name or remove the row"
        );
        let said = check(&[row(None, Some("x"), None), row(None, Some("y"), None)], &there).unwrap_err();
        assert!(said.contains("different comments"), "{said}");
    }

    /// Comments that programs, formats and spreadsheets stumble over.
    const HOSTILE: &[&str] = &[
        "=HYPERLINK(\"http://x\")",
        "'=1+1",
        "@sum, -1; +2\tx",
        "two\nlines\n\nand \"quotes\", it's",
        "_x0041_ literal _x000D_",
        "bell \u{7} and \u{b} and \u{1f}",
        "</script><b>💥 ünï",
        " leading and trailing ",
        "C:\\path\\n",
        "1e5",
        "TRUE",
    ];

    fn hostile() -> Dictionary {
        let column = |(at, comment): (usize, &&str)| Column {
            ordinal: at + 1,
            name: format!("=c{at}\"'\n|"),
            comment: Some((*comment).to_owned()),
            ..Column::default()
        };
        let mut there = dictionary(Some(HOSTILE[0]), None);
        there.schemas[0].relations[0].columns = HOSTILE.iter().enumerate().map(column).collect();
        there
    }

    #[track_caller]
    fn comes_back(name: &str, bytes: &[u8], there: &Dictionary) -> Edits {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        edits(&path, there, false).unwrap()
    }

    #[test]
    fn an_untouched_export_changes_nothing_and_an_old_one_restores_everything() {
        let there = hostile();
        let sheet = architrave_report::dictionary::xlsx::workbook(&there).unwrap();
        assert!(sheet.notes.is_empty());
        let csv = csv::sheet(&there);
        let mut bare = there.clone();
        for column in &mut bare.schemas[0].relations[0].columns {
            column.comment = None;
        }
        for (name, bytes) in [("a.csv", csv.as_bytes()), ("a.xlsx", sheet.bytes.as_slice())] {
            let same = comes_back(name, bytes, &there);
            assert_eq!(
                (same.rows, same.changes.len(), same.conflicts.len(), same.unmarked),
                (HOSTILE.len() + 1, 0, 0, 0),
                "{name}: {:?}",
                same.changes
            );
            // Nobody has edited the file: what the database has lost since is not the file's business.
            assert!(comes_back(name, bytes, &bare).changes.is_empty(), "{name}");
        }
        let unmarked = csv.replace("comment_mark", "something_else");
        let restored = comes_back("a.csv", unmarked.as_bytes(), &bare);
        let texts: Vec<_> = restored.changes.iter().filter_map(|c| c.after.as_deref()).collect();
        let expected: Vec<_> = HOSTILE.iter().map(|h| plain(h)).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_comment_that_was_cut_to_fit_is_left_alone() {
        let there = dictionary(Some(&"long 💥 ".repeat(20_000)), None);
        let sheet = architrave_report::dictionary::xlsx::workbook(&there).unwrap();
        assert_eq!(sheet.notes.len(), 1);
        assert!(comes_back("a.xlsx", &sheet.bytes, &there).changes.is_empty());
    }
}
