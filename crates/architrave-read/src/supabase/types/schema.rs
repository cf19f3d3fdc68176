//! Generated types as SQL: what they say for sure, and the widest type where they say only `string` or `number`.

use super::literal::{Member, Type};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::script::Statement;
use std::collections::{BTreeMap, BTreeSet};

/// Schemas of the platform, which the emulation has already.
const PLATFORM: &[&str] =
    &["auth", "storage", "realtime", "extensions", "graphql", "graphql_public", "vault", "cron", "net", "pgmq", "__InternalSupabase"];

/// Unique constraints and foreign keys come after all tables.
#[derive(Default)]
struct Draft {
    enums: Vec<(u32, String)>,
    tables: Vec<(u32, String)>,
    unique: Vec<(u32, String)>,
    foreign: Vec<(u32, String)>,
}

/// The statements with the lines they come from, and how many tables they make.
pub(super) fn statements(database: &Type) -> (Vec<Statement>, usize) {
    let mut draft = Draft::default();
    for schema in database.members().iter().filter(|schema| !PLATFORM.contains(&schema.name.as_str()) && !schema.name.is_empty()) {
        draft.schema(schema);
    }
    let tables = draft.tables.len();
    let all = draft.enums.into_iter().chain(draft.tables).chain(draft.unique).chain(draft.foreign);
    let statements = all.flat_map(|(line, sql)| {
        let mut parsed = architrave_sql::split(&sql);
        for statement in &mut parsed {
            statement.line = line;
        }
        parsed
    });
    (statements.collect(), tables)
}

impl Draft {
    fn schema(&mut self, schema: &Member) {
        let home = quote_ident(&schema.name);
        if schema.name != "public" {
            self.enums.push((schema.line, format!("create schema if not exists {home}")));
        }
        for of_enum in schema.is.get("Enums").map(Type::members).unwrap_or_default().iter().filter(|e| !e.name.is_empty()) {
            let labels: Vec<String> = of_enum
                .is
                .text()
                .split('|')
                .map(|l| l.trim().trim_matches(['"', '\'']))
                .filter(|l| !l.is_empty())
                .map(quote_literal)
                .collect();
            self.enums.push((of_enum.line, format!("create type {home}.{} as enum ({})", quote_ident(&of_enum.name), labels.join(", "))));
        }
        let tables = schema.is.get("Tables").map(Type::members).unwrap_or_default();
        let known: BTreeMap<&str, BTreeSet<&str>> =
            tables.iter().map(|t| (t.name.as_str(), columns_of(t).map(|c| c.name.as_str()).collect())).collect();
        let mut unique = BTreeSet::new();
        for table in tables.iter().filter(|table| columns_of(table).next().is_some()) {
            self.table(&home, table);
            let relations = table.is.get("Relationships");
            let Some(Type::Tuple(relations)) = relations else { continue };
            for relation in relations {
                self.relation(&home, table, relation, &known, &mut unique);
            }
        }
    }

    fn table(&mut self, home: &str, table: &Member) {
        let columns: Vec<String> = columns_of(table)
            .map(|column| {
                let (of_type, nullable) = column_type(column.is.text());
                format!("{} {of_type}{}", quote_ident(&column.name), if nullable { "" } else { " not null" })
            })
            .collect();
        self.tables.push((table.line, format!("create table {home}.{} ({})", quote_ident(&table.name), columns.join(", "))));
    }

    fn relation(
        &mut self,
        home: &str,
        table: &Member,
        relation: &Type,
        known: &BTreeMap<&str, BTreeSet<&str>>,
        unique: &mut BTreeSet<(String, Vec<String>)>,
    ) {
        let word = |name: &str| relation.get(name).map(|t| unquoted(t.text())).unwrap_or_default();
        let list = |name: &str| match relation.get(name) {
            Some(Type::Tuple(parts)) => parts.iter().map(|p| unquoted(p.text())).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let (name, to, from, keys) = (word("foreignKeyName"), word("referencedRelation"), list("columns"), list("referencedColumns"));
        // Relations of views are listed, too.
        let there = |table: &str, columns: &[String]| {
            known.get(table).is_some_and(|all| !columns.is_empty() && columns.iter().all(|c| all.contains(c.as_str())))
        };
        if from.len() != keys.len() || !there(&to, &keys) || !there(&table.name, &from) {
            return;
        }
        let columns = |names: &[String]| names.iter().map(|n| quote_ident(n)).collect::<Vec<_>>().join(", ");
        let mut demand = |of: &str, names: &[String], line: u32| {
            let mut set = names.to_vec();
            set.sort();
            if unique.insert((of.to_owned(), set)) {
                self.unique.push((line, format!("alter table {home}.{} add unique ({})", quote_ident(of), columns(names))));
            }
        };
        demand(&to, &keys, table.line);
        if word("isOneToOne") == "true" {
            demand(&table.name, &from, table.line);
        }
        let constraint = if name.is_empty() { String::new() } else { format!("constraint {} ", quote_ident(&name)) };
        self.foreign.push((
            table.line,
            format!(
                "alter table {home}.{} add {constraint}foreign key ({}) references {home}.{} ({})",
                quote_ident(&table.name),
                columns(&from),
                quote_ident(&to),
                columns(&keys)
            ),
        ));
    }
}

fn columns_of(table: &Member) -> impl Iterator<Item = &Member> {
    table.is.get("Row").map(Type::members).unwrap_or_default().iter().filter(|column| !column.name.is_empty())
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

/// The column's type and whether it takes nulls.
fn column_type(text: &str) -> (String, bool) {
    let parts: Vec<&str> = text.split('|').map(str::trim).filter(|part| !part.is_empty()).collect();
    let nullable = parts.contains(&"null");
    let of = parts.iter().find(|part| **part != "null").copied().unwrap_or("unknown");
    let dimensions = of.matches("[]").count();
    let mut sql = scalar(of.trim_end_matches("[]").trim_start_matches('(').trim_end_matches(')'));
    sql.push_str(&"[]".repeat(dimensions));
    (sql, nullable)
}

fn scalar(text: &str) -> String {
    let in_brackets: Vec<&str> =
        text.split(['[', ']']).map(|part| part.trim().trim_matches(['"', '\''])).filter(|part| !part.is_empty()).collect();
    match in_brackets.as_slice() {
        [_, schema, "Enums", name] => format!("{}.{}", quote_ident(schema), quote_ident(name)),
        ["number"] => "numeric".to_owned(),
        ["boolean"] => "boolean".to_owned(),
        ["Json"] => "jsonb".to_owned(),
        _ => "text".to_owned(),
    }
}
