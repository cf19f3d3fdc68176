//! Functions, procedures and aggregates: signatures as the catalogue prints them, as far as the text tells.

use super::Collector;
use super::tree::{self, child};
use architrave_model::name::{ObjectKind, ObjectRef, quote_ident};
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;

/// CREATE FUNCTION, PROCEDURE, AGGREGATE.
pub(super) fn create(node: &SyntaxNode, collector: &mut Collector) {
    let name = node.children().find(|c| matches!(c.kind(), FUNCTION_NAME | PROCEDURE_NAME | AGGREGATE_NAME));
    if let Some(name) = name {
        push(node, &name, node.kind() == CREATE_PROCEDURE, true, collector);
    }
}

/// A reference with its arguments.
pub(super) fn changed(signature: &SyntaxNode, collector: &mut Collector) -> Option<ObjectRef> {
    let name = signature.children().find(|c| matches!(c.kind(), FUNCTION_NAME_REF | PROCEDURE_NAME_REF | ROUTINE_NAME_REF))?;
    push(signature, &name, signature.kind() == PROCEDURE_SIG, false, collector)
}

fn push(node: &SyntaxNode, name: &SyntaxNode, procedure: bool, created: bool, collector: &mut Collector) -> Option<ObjectRef> {
    let parts = tree::qualified(name, collector.schema.as_deref())?;
    let full = format!("{}({})", parts.name, arguments(node, procedure));
    let object = ObjectRef { kind: ObjectKind::Function, schema: parts.schema, table: None, name: full };
    collector.push(object.clone(), tree::start(name), created);
    Some(object)
}

/// As `pg_get_function_identity_arguments` prints them; types of the user's own stay as written.
fn arguments(node: &SyntaxNode, procedure: bool) -> String {
    let Some(list) = child(node, PARAM_LIST) else { return String::new() };
    let print = |param: SyntaxNode| {
        let mut out = String::new();
        let mode = param.children().find_map(|c| match c.kind() {
            PARAM_OUT => Some("OUT "),
            PARAM_IN_OUT => Some("INOUT "),
            PARAM_VARIADIC => Some("VARIADIC "),
            _ => None,
        });
        out.push_str(mode.unwrap_or(if procedure { "IN " } else { "" }));
        if let Some(name) = child(&param, PARAM_NAME).and_then(|n| tree::parts(&n).pop()) {
            out.push_str(&quote_ident(&name));
            out.push(' ');
        }
        let ty = param
            .children()
            .find(|c| !matches!(c.kind(), PARAM_OUT | PARAM_IN_OUT | PARAM_IN | PARAM_VARIADIC | PARAM_NAME | PARAM_DEFAULT));
        out.push_str(&ty.map(|t| type_name(&t)).unwrap_or_default());
        out
    };
    list.children().filter(|c| c.kind() == PARAM).map(print).collect::<Vec<_>>().join(", ")
}

/// A type without modifier, in the spelling of `format_type`.
fn type_name(node: &SyntaxNode) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0usize;
    let mut array = false;
    let mut glued = false;
    for token in tree::tokens(node) {
        match token.kind() {
            L_PAREN => depth += 1,
            R_PAREN => depth = depth.saturating_sub(1),
            L_BRACK | ARRAY_KW => array = true,
            DOT => glued = true,
            _ if depth > 0 || array => {}
            _ => {
                let word = crate::lex::name_of(token.text());
                match words.last_mut() {
                    Some(last) if glued => *last = if last == "pg_catalog" { word } else { format!("{last}.{}", quote_ident(&word)) },
                    _ => words.push(word),
                }
                glued = false;
            }
        }
    }
    let plain = words.join(" ");
    let canonical = ALIASES.iter().find(|(alias, _)| *alias == plain).map_or(plain.as_str(), |(_, name)| name);
    if array { format!("{canonical}[]") } else { canonical.to_owned() }
}

const ALIASES: &[(&str, &str)] = &[
    ("bool", "boolean"),
    ("bpchar", "character"),
    ("char", "character"),
    ("char varying", "character varying"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("float", "double precision"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("nchar", "character"),
    ("national character", "character"),
    ("time", "time without time zone"),
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
    ("varbit", "bit varying"),
    ("varchar", "character varying"),
];
