//! Who can reach what, as a table that people read (relations alike in one line, roles alike in one column) and as CSV with every cell.

use crate::dictionary::csv;
use crate::format::plural;
use crate::report::Block;
use architrave_model::access::{AccessRow, Command, Reach};
use architrave_model::name::{ObjectKind, ObjectRef};
use serde::Serialize;
use std::collections::BTreeMap;

/// Lines of a table; beyond, the CSV has the rest.
const MOST_LINES: usize = 300;
/// Columns of a table.
const MOST_COLUMNS: usize = 8;
/// What the letters of a cell stand for, in their order.
const LETTERS: [(Command, char); 6] = [
    (Command::Select, 'S'),
    (Command::Insert, 'I'),
    (Command::Update, 'U'),
    (Command::Delete, 'D'),
    (Command::Truncate, 'T'),
    (Command::Execute, 'X'),
];

/// How cells are read.
pub const LEGEND: &str = "S select, I insert, U update, D delete, T truncate, X execute. Capital: every row, or a function with the rights of its owner; small: the rows that policies let through, some \
                          columns, or a function with the rights of its caller; – : the privilege, but no policy, so no row; · : no privilege.";

/// The table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccessTable {
    /// Columns: roles that can do the same share one.
    pub columns: Vec<AccessColumn>,
    /// Lines: objects with the same cells share one.
    pub lines: Vec<AccessLine>,
    /// What was left off, when something was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessColumn {
    /// Roles, in the order of the matrix.
    pub roles: Vec<String>,
    /// One of them is a role that outsiders act as.
    pub outside: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessLine {
    /// `table`, `view`, `materialized view`, `function`.
    pub kind: &'static str,
    /// Names of the objects, sorted.
    pub objects: Vec<String>,
    /// As many cells as there are columns.
    pub cells: Vec<AccessCell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct AccessCell {
    /// One sign per command, as [`LEGEND`] says: `Siu··`.
    pub signs: String,
    /// The same in words.
    pub why: String,
}

/// An object with its cells.
type Object<'a> = (&'a ObjectRef, &'a ByRole<'a>);

/// Cells of one object, by role.
type ByRole<'a> = BTreeMap<&'a str, BTreeMap<Command, &'a Reach>>;

/// The table of a matrix; none where no role can do anything. `outside` are the roles that outsiders act as, `unbound` those left off because
/// nothing binds them (superusers).
pub fn table(rows: &[AccessRow], outside: &[String], unbound: &[&str]) -> Option<AccessTable> {
    let mut order: Vec<&str> = Vec::new();
    let mut objects: BTreeMap<&ObjectRef, ByRole<'_>> = BTreeMap::new();
    for row in rows.iter().filter(|r| !unbound.contains(&r.role.as_str())) {
        if !order.contains(&row.role.as_str()) {
            order.push(&row.role);
        }
        objects.entry(&row.object).or_default().entry(&row.role).or_default().insert(row.command, &row.reach);
    }
    let (columns, left_off) = columns(&order, &objects, outside);
    if columns.is_empty() {
        return None;
    }
    let mut lines = lines(&columns, &objects);
    let more_lines = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    let mut more: Vec<String> = Vec::new();
    if more_lines > 0 {
        more.push(plural(more_lines, "more line", "more lines"));
    }
    if left_off > 0 {
        more.push(plural(left_off, "more role", "more roles"));
    }
    let more = (!more.is_empty()).then(|| format!("and {}, which the CSV of `architrave rls audit --matrix` has", more.join(" and ")));
    Some(AccessTable { columns, lines, more })
}

/// Roles with equal signs everywhere together; roles that can do nothing left out. With the number of columns left off.
fn columns(order: &[&str], objects: &BTreeMap<&ObjectRef, ByRole<'_>>, outside: &[String]) -> (Vec<AccessColumn>, usize) {
    let mut found: Vec<(Vec<String>, AccessColumn)> = Vec::new();
    for role in order {
        let all: Vec<String> = objects.values().map(|by_role| by_role.get(role).map_or_else(String::new, signs)).collect();
        let is_outside = outside.iter().any(|r| r == role);
        if !is_outside && all.iter().all(|s| s.chars().all(|c| c == '·')) {
            continue;
        }
        match found.iter_mut().find(|(signs, _)| *signs == all) {
            Some((_, column)) => {
                column.roles.push((*role).to_owned());
                column.outside |= is_outside;
            }
            None => found.push((all, AccessColumn { roles: vec![(*role).to_owned()], outside: is_outside })),
        }
    }
    let left_off: usize = found.iter().skip(MOST_COLUMNS).map(|(_, c)| c.roles.len()).sum();
    (found.into_iter().take(MOST_COLUMNS).map(|(_, column)| column).collect(), left_off)
}

/// Objects with equal cells together: what outsiders can do most with comes first.
fn lines(columns: &[AccessColumn], objects: &BTreeMap<&ObjectRef, ByRole<'_>>) -> Vec<AccessLine> {
    let mut alike: BTreeMap<(&'static str, Vec<AccessCell>), Vec<Object<'_>>> = BTreeMap::new();
    let first = |column: &AccessColumn| column.roles.first().map_or("", String::as_str).to_owned();
    let roles: Vec<String> = columns.iter().map(first).collect();
    for (object, by_role) in objects {
        let cells = roles.iter().map(|role| cell(by_role, role, false)).collect();
        alike.entry((kind(object), cells)).or_default().push((object, by_role));
    }
    let mut lines: Vec<AccessLine> = alike
        .into_iter()
        .map(|((kind, cells), members)| {
            let cells = match members.as_slice() {
                [(_, only)] => roles.iter().map(|role| cell(only, role, true)).collect(),
                _ => cells,
            };
            AccessLine { kind, objects: members.iter().map(|(o, _)| name(o)).collect(), cells }
        })
        .collect();
    let open = |line: &AccessLine, test: fn(char) -> bool| -> usize {
        let outside = line.cells.iter().zip(columns).filter(|(_, column)| column.outside);
        outside.map(|(cell, _)| cell.signs.chars().filter(|c| test(*c)).count()).sum()
    };
    lines.sort_by_key(|l| {
        let capitals = open(l, |c| c.is_ascii_uppercase());
        let smalls = open(l, |c| c.is_ascii_lowercase());
        (l.kind == "function", std::cmp::Reverse(capitals), std::cmp::Reverse(smalls), l.objects.first().cloned())
    });
    lines
}

fn name(object: &ObjectRef) -> String {
    object.schema.as_ref().map_or_else(|| object.name.clone(), |schema| format!("{schema}.{}", object.name))
}

fn kind(object: &ObjectRef) -> &'static str {
    match object.kind {
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::Function => "function",
        _ => "table",
    }
}

fn signs(reaches: &BTreeMap<Command, &Reach>) -> String {
    LETTERS.iter().filter_map(|(command, letter)| Some(sign(reaches.get(command)?, *letter, *command))).collect()
}

fn sign(reach: &Reach, letter: char, command: Command) -> char {
    match reach {
        Reach::NotGranted | Reach::SchemaClosed => '·',
        Reach::NoPolicy => '–',
        Reach::Columns { rows, .. } if matches!(**rows, Reach::NoPolicy) => '–',
        Reach::Everything { because } if command == Command::Execute && because.contains("caller") => letter.to_ascii_lowercase(),
        Reach::Everything { .. } => letter,
        Reach::Policies { .. } | Reach::Columns { .. } => letter.to_ascii_lowercase(),
    }
}

fn cell(by_role: &ByRole<'_>, role: &str, with_names: bool) -> AccessCell {
    let Some(reaches) = by_role.get(role) else { return AccessCell { signs: String::new(), why: String::new() } };
    // Commands with the same answer are told together.
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for (command, reach) in reaches {
        let why = words(reach, with_names);
        let word = command.sql().to_lowercase();
        match told.iter_mut().find(|(_, same)| *same == why) {
            Some((commands, _)) => commands.push(word),
            None => told.push((vec![word], why)),
        }
    }
    let why: Vec<String> = told.into_iter().map(|(commands, why)| format!("{}: {why}", commands.join(", "))).collect();
    AccessCell { signs: signs(reaches), why: why.join("; ") }
}

/// How far it goes, in words.
fn words(reach: &Reach, with_names: bool) -> String {
    match reach {
        Reach::NotGranted => "no privilege".to_owned(),
        Reach::SchemaClosed => "the schema is closed".to_owned(),
        Reach::NoPolicy => "no policy, so no row".to_owned(),
        Reach::Policies { permissive, restrictive } if with_names => {
            let only = if restrictive.is_empty() { String::new() } else { format!(", within {}", restrictive.join(", ")) };
            format!("the rows of {}{only}", permissive.join(", "))
        }
        Reach::Policies { .. } => "the rows that policies let through".to_owned(),
        Reach::Everything { because } if because.starts_with("runs with") => because.clone(),
        Reach::Everything { because } => format!("every row ({because})"),
        Reach::Columns { columns, rows } if with_names => format!("only {}, {}", columns.join(", "), words(rows, true)),
        Reach::Columns { rows, .. } => format!("only some columns, {}", words(rows, false)),
    }
}

/// Names of the columns of the CSV.
static HEADS: &[&str] =
    &["kind", "schema", "object", "command", "role", "reach", "permissive_policies", "restrictive_policies", "columns", "because"];

/// Every cell of the matrix as CSV (RFC 4180), a line each.
pub fn csv(rows: &[AccessRow]) -> String {
    let mut out = String::new();
    csv::row(&mut out, HEADS.iter().map(|h| (*h).to_owned()));
    for row in rows {
        let (columns, reach) = match &row.reach {
            Reach::Columns { columns, rows } => (columns.join(", "), rows.as_ref()),
            reach => (String::new(), reach),
        };
        let (word, permissive, restrictive, because) = match reach {
            Reach::NotGranted => ("no privilege", String::new(), String::new(), ""),
            Reach::SchemaClosed => ("schema closed", String::new(), String::new(), ""),
            Reach::NoPolicy => ("no policy", String::new(), String::new(), ""),
            Reach::Policies { permissive, restrictive } => ("policies", permissive.join(", "), restrictive.join(", "), ""),
            Reach::Everything { because } => ("everything", String::new(), String::new(), because.as_str()),
            Reach::Columns { .. } => ("columns", String::new(), String::new(), ""),
        };
        let cells = [
            kind(&row.object).to_owned(),
            row.object.schema.clone().unwrap_or_default(),
            row.object.name.clone(),
            row.command.sql().to_owned(),
            row.role.clone(),
            word.to_owned(),
            permissive,
            restrictive,
            columns,
            because.to_owned(),
        ];
        csv::row(&mut out, cells.into_iter());
    }
    out
}

impl AccessTable {
    /// Headings and cells for formats without folding: objects of a line shortened, only the first `lines`, only the columns of outsiders where
    /// there are some.
    pub(crate) fn short(&self, lines: usize) -> (Vec<String>, Vec<Vec<String>>, Option<String>) {
        let any_outside = self.columns.iter().any(|c| c.outside);
        let shown: Vec<usize> = (0..self.columns.len()).filter(|n| !any_outside || self.columns[*n].outside).collect();
        let heads = std::iter::once("Object".to_owned()).chain(shown.iter().map(|n| self.columns[*n].title())).collect();
        let row = |line: &AccessLine| {
            let cells = shown.iter().filter_map(|n| line.cells.get(*n)).map(|c| c.signs.clone());
            std::iter::once(line.title(3)).chain(cells).collect()
        };
        let left = self.lines.len().saturating_sub(lines);
        let more = (left > 0).then(|| format!("and {}", plural(left, "more line", "more lines"))).or_else(|| self.more.clone());
        (heads, self.lines.iter().take(lines).map(row).collect(), more)
    }
}

impl AccessColumn {
    /// Its roles.
    pub(crate) fn title(&self) -> String {
        shortened(&self.roles, 3)
    }
}

impl AccessLine {
    /// Its first objects and how many more there are; views and functions say what they are.
    pub(crate) fn title(&self, most: usize) -> String {
        let kind = if self.kind == "table" { String::new() } else { format!("{} ", self.kind) };
        format!("{kind}{}", shortened(&self.objects, most))
    }
}

fn shortened(names: &[String], most: usize) -> String {
    match names.len().saturating_sub(most) {
        0 => names.join(", "),
        left => format!("{} and {left} more", names.get(..most).unwrap_or_default().join(", ")),
    }
}

/// The matrix with its heading of one sentence; nothing where no role that is bound can reach anything.
pub(crate) fn blocks(rows: &[AccessRow], outside: &[String], superusers: &[&str]) -> Vec<Block> {
    let Some(table) = table(rows, outside, superusers) else { return Vec::new() };
    let beside = if superusers.is_empty() { "" } else { " Superusers reach everything and are not listed." };
    let who = "Who can reach what, as privileges, row level security and the rights of views say; nothing was executed for it.";
    vec![Block::Paragraph { text: format!("{who}{beside}").into() }, Block::Access(Box::new(table))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::name::QualifiedName;

    fn row(role: &str, table: &str, command: Command, reach: Reach) -> AccessRow {
        AccessRow { role: role.into(), object: ObjectRef::table(&QualifiedName::new("public", table)), command, reach }
    }

    fn sample() -> Vec<AccessRow> {
        let open = || Reach::Everything { because: "row level security is off".into() };
        let own = || Reach::Policies { permissive: vec!["own".into()], restrictive: vec![] };
        let mut rows = Vec::new();
        for table in ["a", "b"] {
            for role in ["anon", "web", "root"] {
                rows.push(row(role, table, Command::Select, open()));
                rows.push(row(role, table, Command::Delete, Reach::NoPolicy));
            }
        }
        for role in ["anon", "web", "root"] {
            rows.push(row(role, "=c", Command::Select, own()));
            let rows_of = Box::new(if role == "anon" { Reach::NoPolicy } else { open() });
            rows.push(row(role, "=c", Command::Delete, Reach::Columns { columns: vec!["x".into()], rows: rows_of }));
        }
        rows
    }

    #[test]
    fn alike_things_share_a_line_and_superusers_are_left_off() {
        let table = table(&sample(), &["anon".to_owned()], &["root"]).unwrap();
        assert_eq!(table.columns.iter().map(AccessColumn::title).collect::<Vec<_>>(), ["anon", "web"]);
        assert_eq!(table.lines[0].objects, ["public.a", "public.b"]);
        assert_eq!(table.lines[0].cells[0].signs, "S–");
        assert_eq!(table.lines[0].cells[0].why, "select: every row (row level security is off); delete: no policy, so no row");
        assert_eq!(table.lines[1].cells[1].signs, "sd");
        assert_eq!(table.lines[1].cells[1].why, "select: the rows of own; delete: only x, every row (row level security is off)");
        let (heads, lines, more) = table.short(1);
        assert_eq!((heads, lines.len(), more.as_deref()), (vec!["Object".to_owned(), "anon".to_owned()], 1, Some("and 1 more line")));
    }

    #[test]
    fn the_sheet_has_every_cell_and_no_formula() {
        let sheet = csv(&sample());
        assert_eq!(sheet.lines().count(), 1 + sample().len());
        assert!(sheet.contains("table,public,'=c,DELETE,anon,no policy,,,x,"), "{sheet}");
        assert!(sheet.contains("table,public,a,SELECT,web,everything,,,,row level security is off"), "{sheet}");
    }

    #[test]
    fn it_prints_in_every_form_with_names_made_harmless() {
        let mut rows = sample();
        rows.push(row("<b>&", "a|b`<i>", Command::Select, Reach::NoPolicy));
        let table = table(&rows, &["<b>&".to_owned()], &["root"]).unwrap();
        let section = super::super::DocumentSection { title: "Access".into(), blocks: vec![crate::report::Block::Access(Box::new(table))] };
        let document = super::super::Document { title: "t".into(), subject: "s".into(), sections: vec![section] };
        let html = document.html();
        assert!(
            html.contains("<td title=\"select: no policy, so no row\"><code>–</code></td>")
                && !html.contains("<i>")
                && !html.contains("<b>"),
            "{html}"
        );
        assert!(html.contains("<summary>public.a, public.b</summary>"), "{html}");
        let markdown = document.markdown();
        assert!(markdown.lines().any(|l| l.starts_with("| public.a") && l.contains('–')) && !markdown.contains("<i>"), "{markdown}");
        assert!(document.text(crate::renderers::text::Style { width: 100, color: false }).contains("public.a, public.b"));
    }

    #[test]
    fn nobody_reaches_anything_is_no_table() {
        assert!(table(&[row("web", "a", Command::Select, Reach::NotGranted)], &[], &[]).is_none());
    }
}
