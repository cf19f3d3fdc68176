//! `type/char-padded`: see `char_padded.md` for the rule's page.

use super::with_change;
use crate::condition::mentions;
use crate::figures::{counted, list_of};
use crate::retype::{Retype, Surroundings, obstacles};
use architrave_model::catalog::{Column, Constraint, ConstraintKind, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "type/char-padded",
    summary: "char(n) column, padded with blanks",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("char_padded.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let padded = table.columns.iter().filter(|c| !c.inherited && c.base_type() == "character");
        by_schema.entry(&table.name.schema).or_default().extend(padded.map(|c| (table, c)));
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in by_schema.iter().filter(|(_, columns)| !columns.is_empty()) {
        let names: Vec<String> = columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
        let are = if columns.len() == 1 { "is char(n)" } else { "are char(n)" };
        let message = format!("{} {schema} {are}: {}", counted(columns.len(), "column of schema", "columns of schema"), list_of(&names, 3));
        let why = "The value is padded with blanks to its full length, and the blanks are ignored by = but not by LIKE, nor by regular expressions, concatenation or drivers: 'PT ' and 'PT' are \
                   sometimes the same. It saves nothing: PostgreSQL stores it like varchar. It does not ensure a length either, since shorter values are padded, not refused.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, *schema), message, why);
        for (table, column) in columns {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
        }
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("make the char(n) columns of schema {schema} varchar(n)");
        let caution = "trailing blanks go; the table is rewritten under an exclusive lock. Where exactly n characters are meant, add a check on the length";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| obstacles(&around, c.table, c.column, true)));
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let about = |c: &&Constraint| {
        c.kind == ConstraintKind::Check
            && !c.inherited
            && c.comment.is_none()
            && c.expression.as_deref().is_some_and(|e| mentions(e, &column.name))
    };
    // Left alone it would compare as blank-padded still.
    let plain = |c: &Constraint| c.definition.replace("::bpchar[]", "").replace("::bpchar", "");
    Retype {
        table,
        column,
        to: column.data_type.replacen("character", "character varying", 1),
        using: None,
        back_using: None,
        default: None,
        checks: table.constraints.iter().filter(about).map(|c| (c, plain(c))).collect(),
    }
}
