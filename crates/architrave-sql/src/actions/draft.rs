//! Columns, defaults and constraints as drafts.

use super::{Reader, child, has_child, last, last_in};
use crate::ddl::syntax;
use crate::touches::below;
use architrave_model::migration::{ColumnDraft, ConstraintDraft, ConstraintForm, DefaultForm};
use architrave_model::name::SQL_VALUES;
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// A column of CREATE TABLE or ADD COLUMN.
pub(super) fn column(reader: &Reader<'_>, node: &SyntaxNode) -> ColumnDraft {
    let mut column = ColumnDraft { name: last_in(node, COLUMN_NAME).unwrap_or_default(), ..ColumnDraft::default() };
    if let Some(ty) = node.children().find_map(ast::Type::cast) {
        column.type_text = type_text(ty.syntax());
        if let Some(integer) = behind_serial(&column.type_text) {
            integer.clone_into(&mut column.type_text);
            column.serial = true;
        }
    }
    for clause in node.children() {
        match clause.kind() {
            NOT_NULL_CONSTRAINT => column.not_null = true,
            DEFAULT_CONSTRAINT => column.default = expression(&clause).map(|e| default(&e)),
            GENERATED_CONSTRAINT => generated(&clause, &mut column),
            _ => {
                if let Some(draft) = constraint(reader, &clause, Some(&column.name)) {
                    column.not_null |= draft.form == ConstraintForm::PrimaryKey;
                    column.constraints.push(draft);
                }
            }
        }
    }
    column
}

fn generated(clause: &SyntaxNode, column: &mut ColumnDraft) {
    if has_child(clause, GENERATED_IDENTITY) {
        column.identity = true;
    } else if let Some(stored) = child(clause, GENERATED_STORED) {
        column.stored = has_child(&stored, STORED);
        column.virtual_column = !column.stored;
    }
}

/// A type as written, keywords and plain names in lower case.
pub(super) fn type_text(node: &SyntaxNode) -> String {
    let mut text = String::new();
    let mut gap = false;
    below::each_token(node, |kind, token| {
        if kind.is_trivia() {
            gap = true;
            return;
        }
        let word = syntax::word_of(kind, token);
        let tight = matches!(word.as_str(), "(" | ")" | "," | "." | "[" | "]") || text.ends_with(['(', '.', '[', ',']);
        if gap && !text.is_empty() && !tight {
            text.push(' ');
        }
        gap = false;
        text.push_str(&word);
    });
    text
}

fn behind_serial(ty: &str) -> Option<&'static str> {
    match ty {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    }
}

/// The expression that a clause holds.
pub(super) fn expression(clause: &SyntaxNode) -> Option<SyntaxNode> {
    clause.children().find(|c| ast::Expr::can_cast(c.kind()))
}

/// A default.
pub(super) fn default(expression: &SyntaxNode) -> DefaultForm {
    let literal = literal(expression);
    DefaultForm {
        text: syntax::plain_text(expression),
        is_null: literal.as_ref().is_some_and(|l| l.text().to_string().eq_ignore_ascii_case("null")),
        is_constant: literal.is_some(),
        functions: functions(expression),
    }
}

/// The literal inside brackets, casts and signs.
fn literal(expression: &SyntaxNode) -> Option<SyntaxNode> {
    let mut node = expression.clone();
    loop {
        node = match node.kind() {
            LITERAL => return Some(node),
            PAREN_EXPR | PREFIX_EXPR => expression_in(&node)?,
            CAST_EXPR => node.children().find(|c| matches!(c.kind(), LITERAL | PAREN_EXPR | PREFIX_EXPR | CAST_EXPR))?,
            _ => return None,
        };
    }
}

fn expression_in(node: &SyntaxNode) -> Option<SyntaxNode> {
    if node.kind() == PREFIX_EXPR && syntax::has(node, NOT_KW) {
        return None;
    }
    expression(node)
}

/// Functions that an expression calls, `CURRENT_TIMESTAMP` and its kind too, each once.
fn functions(expression: &SyntaxNode) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for node in expression.descendants() {
        let name = match node.kind() {
            CALL_EXPR => node.first_child().map(|f| dotted(&f)),
            NAME_REF => Some(syntax::words(&node).concat()).filter(|w| SQL_VALUES.binary_search(&w.as_str()).is_ok()),
            _ => None,
        };
        let Some(name) = name else { continue };
        let name = name.strip_prefix("pg_catalog.").map(str::to_owned).unwrap_or(name);
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn dotted(node: &SyntaxNode) -> String {
    let parts: Vec<String> = match node.kind() {
        FIELD_EXPR => node.descendants().filter(|d| d.kind() == NAME_REF).map(|n| syntax::name_of(&n)).collect(),
        _ => vec![syntax::name_of(node)],
    };
    parts.join(".")
}

/// A constraint; `column` for one that stands at a column. None for other nodes.
pub(super) fn constraint(reader: &Reader<'_>, node: &SyntaxNode, column: Option<&str>) -> Option<ConstraintDraft> {
    let form = match node.kind() {
        CHECK_CONSTRAINT => ConstraintForm::Check,
        FOREIGN_KEY_CONSTRAINT | REFERENCES_CONSTRAINT => ConstraintForm::ForeignKey,
        UNIQUE_CONSTRAINT => ConstraintForm::Unique,
        PRIMARY_KEY_CONSTRAINT => ConstraintForm::PrimaryKey,
        EXCLUDE_CONSTRAINT => ConstraintForm::Exclude,
        NOT_NULL_CONSTRAINT => ConstraintForm::NotNull,
        _ => return None,
    };
    let name_clause = child(node, CONSTRAINT_NAME_CLAUSE);
    let text = syntax::plain_text(node);
    let before = name_clause.as_ref().map(syntax::plain_text).unwrap_or_default();
    let mut columns = columns(node);
    if columns.is_empty() && form != ConstraintForm::Check {
        columns.extend(column.map(str::to_owned));
    }
    let foreign: Vec<Vec<String>> =
        node.children().filter(|c| c.kind() == FOREIGN_KEY_COLUMN_LIST).map(|l| syntax::column_names(&l)).collect();
    let referenced_columns = match node.kind() {
        REFERENCES_CONSTRAINT => syntax::column_names(node),
        _ => foreign.get(1).cloned().unwrap_or_default(),
    };
    Some(ConstraintDraft {
        name: name_clause.and_then(|c| last_in(&c, CONSTRAINT_NAME)),
        form,
        columns,
        condition: (form == ConstraintForm::Check).then(|| expression(node).map(|e| syntax::plain_text(&e)).unwrap_or_default()),
        referenced: child(node, TABLE_NAME_REF).map(|t| reader.relation(&t)),
        referenced_columns,
        using_index: child(node, USING_INDEX_NAME).and_then(|u| last_in(&u, INDEX_REF)),
        not_valid: has_child(node, NOT_VALID),
        not_enforced: has_child(node, NOT_ENFORCED),
        text: text.strip_prefix(before.as_str()).unwrap_or(&text).trim_start().to_owned(),
    })
}

fn columns(node: &SyntaxNode) -> Vec<String> {
    match node.kind() {
        FOREIGN_KEY_CONSTRAINT => child(node, FOREIGN_KEY_COLUMN_LIST).map(|l| syntax::column_names(&l)).unwrap_or_default(),
        UNIQUE_CONSTRAINT | PRIMARY_KEY_CONSTRAINT => {
            let list = child(node, INDEX_PARAMETERS).and_then(|p| child(&p, CONSTRAINT_COLUMN_REF_LIST));
            list.map(|l| syntax::column_names(&l)).unwrap_or_default()
        }
        NOT_NULL_CONSTRAINT => last_in(node, COLUMN_NAME_REF).into_iter().collect(),
        EXCLUDE_CONSTRAINT => {
            let keys = child(node, CONSTRAINT_EXCLUSION_LIST).into_iter().flat_map(|l| l.children().collect::<Vec<_>>());
            keys.filter_map(|k| k.first_child()).filter(|k| k.kind() == NAME_REF).map(|k| last(&k)).collect()
        }
        _ => Vec::new(),
    }
}
