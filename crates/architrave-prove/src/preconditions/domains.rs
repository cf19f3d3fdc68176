//! Domains: a new condition holds for every column of the type.

use super::plain::is_plain;
use super::{Case, Condition, fulfils, no_null};
use architrave_model::catalog::TypeKind;
use architrave_model::migration::{DomainChange, Precondition, Target};
use architrave_model::name::{QualifiedName, quote_ident};
use architrave_sql::lex::{Lexer, TokenKind};

/// One precondition for each column of the domain.
pub(super) fn of(case: &Case<'_>, domain: &QualifiedName, change: &DomainChange) -> Vec<Precondition> {
    let condition: Option<String> = match change {
        DomainChange::AddConstraint { not_valid: false, .. } => check_of(&case.step.text),
        DomainChange::ValidateConstraint { name } => known_check(case, domain, name),
        DomainChange::SetNotNull => None,
        _ => return Vec::new(),
    };
    if condition.is_none() && *change != DomainChange::SetNotNull {
        return Vec::new();
    }
    let mut found = Vec::new();
    for table in &case.start.tables {
        for column in table.columns.iter().filter(|c| is_domain(&c.data_type, domain)) {
            let target = Target { name: table.name.clone(), if_exists: false, only: true };
            let wanted = match &condition {
                None => no_null(&target, &[&column.name]),
                Some(check) => {
                    let of_column = with_value(check, &quote_ident(&column.name));
                    Condition { is_plain: is_plain(check), ..fulfils(&target, &of_column) }
                }
            };
            found.extend(case.of_table(&target, &[&column.name], Some(wanted)));
        }
    }
    found
}

fn is_domain(data_type: &str, domain: &QualifiedName) -> bool {
    data_type == domain.sql() || data_type == domain.to_string()
}

/// The condition of `CHECK (…)` in a statement.
fn check_of(text: &str) -> Option<String> {
    let tokens: Vec<_> = Lexer::new(text).filter(|t| t.kind != TokenKind::Space).collect();
    let is_check = |t: &architrave_sql::lex::Token| text.get(t.start..t.end).is_some_and(|w| w.eq_ignore_ascii_case("check"));
    let at = tokens.iter().position(|t| t.kind == TokenKind::Word && is_check(t))?;
    let open = tokens.get(at + 1).filter(|t| t.kind == TokenKind::OpenParen)?;
    let mut depth = 0;
    for token in tokens.get(at + 1..)? {
        match token.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(open.end..token.start).map(str::to_owned);
        }
    }
    None
}

fn known_check(case: &Case<'_>, domain: &QualifiedName, name: &str) -> Option<String> {
    let known = case.step.before.types.iter().find(|t| t.name == *domain)?;
    let TypeKind::Domain { constraints, .. } = &known.kind else { return None };
    constraints.iter().find(|c| c.name == name)?.expression.clone()
}

/// The condition with a column in place of VALUE.
fn with_value(check: &str, column: &str) -> String {
    let mut out = String::with_capacity(check.len());
    for token in Lexer::new(check) {
        let part = check.get(token.start..token.end).unwrap_or_default();
        let is_value = token.kind == TokenKind::Word && part.eq_ignore_ascii_case("value");
        out.push_str(if is_value { column } else { part });
    }
    out
}
