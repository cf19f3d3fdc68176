//! SET, RESET and `set_config`.

use super::{Reader, child, has_child, last, path};
use crate::ddl::syntax;
use architrave_model::migration::Action;
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// SET of a configuration parameter, time zone, schema.
pub(super) fn set(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let local = has_child(node, LOCAL_SCOPE);
    let Some(what) = node.children().find(|c| !matches!(c.kind(), LOCAL_SCOPE | SESSION_SCOPE)) else { return };
    let (name, value) = match what.kind() {
        SET_CONFIG => {
            let name = child(&what, CONFIG_PARAMETER_REF).map(|n| path(&n).join(".")).unwrap_or_default();
            (name, child(&what, TO_CONFIG_VALUE).and_then(|v| value(&v)))
        }
        SET_TIME_ZONE => ("timezone".to_owned(), value(&what)),
        SET_SCHEMA_VALUE => ("search_path".to_owned(), value(&what)),
        SET_XML_OPTION => ("xmloption".to_owned(), value(&what)),
        _ => return,
    };
    reader.push(Action::Set { name: name.to_ascii_lowercase(), value, local });
}

/// One value without its quotes, or several as written; none for DEFAULT.
fn value(node: &SyntaxNode) -> Option<String> {
    if syntax::has(node, DEFAULT_KW) || (node.kind() == SET_TIME_ZONE && syntax::has(node, LOCAL_KW)) {
        return None;
    }
    let values: Vec<SyntaxNode> = node.children().collect();
    match values.as_slice() {
        [] => None,
        [one] => Some(ast::Literal::cast(one.clone()).and_then(|l| syntax::string(&l)).unwrap_or_else(|| syntax::plain_text(one))),
        several => Some(several.iter().map(syntax::plain_text).collect::<Vec<_>>().join(", ")),
    }
}

/// RESET of one parameter, or of all (name `all`).
pub(super) fn reset(reader: &mut Reader<'_>, node: &SyntaxNode) {
    let name = match node.children().next() {
        Some(n) if n.kind() == CONFIG_PARAMETER_REF => path(&n).join("."),
        Some(n) if n.kind() == RESET_TIME_ZONE => "timezone".to_owned(),
        Some(n) if n.kind() == ALL => "all".to_owned(),
        _ => return,
    };
    reader.push(Action::Set { name: name.to_ascii_lowercase(), value: None, local: false });
}

/// SET ROLE, SET SESSION AUTHORIZATION and their RESET.
pub(super) fn role(reader: &mut Reader<'_>, node: &SyntaxNode, name: &str) {
    let local = has_child(node, LOCAL_SCOPE);
    let value = node.children().find(|c| !matches!(c.kind(), LOCAL_SCOPE | SESSION_SCOPE));
    let value = value.map(|v| {
        let literal = v.descendants().find_map(ast::Literal::cast).and_then(|l| syntax::string(&l));
        literal.unwrap_or_else(|| syntax::words(&v).concat())
    });
    let value = value.filter(|v| !matches!(v.as_str(), "none" | "default"));
    reader.push(Action::Set { name: name.to_owned(), value, local });
}

/// `SELECT set_config('name', 'value', is_local)`.
pub(super) fn set_config(reader: &mut Reader<'_>, select: &SyntaxNode) {
    let calls = select.descendants().filter(|d| d.kind() == CALL_EXPR);
    let calls = calls.filter(|c| c.first_child().is_some_and(|f| syntax::words(&f).last().is_some_and(|w| w == "set_config")));
    for call in calls {
        let arguments: Vec<SyntaxNode> = call.descendants().filter(|d| d.kind() == ARG).collect();
        let [name, value, rest @ ..] = arguments.as_slice() else { continue };
        let text = |n: &SyntaxNode| n.children().find_map(ast::Literal::cast).and_then(|l| syntax::string(&l));
        let (Some(name), Some(value)) = (text(name), text(value)) else { continue };
        let local = rest.first().is_some_and(|l| last(l).eq_ignore_ascii_case("true") || syntax::words(l).concat() == "true");
        reader.push(Action::Set { name: name.to_ascii_lowercase(), value: Some(value), local });
    }
}
