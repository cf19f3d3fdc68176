//! Whether a default gives another value for each row: then a new column rewrites the table. PostgreSQL looks at the planned expression, so that a
//! function marked VOLATILE that inlines to something harmless does no harm.

use super::world::World;
use crate::ddl::expression::split_name;
use architrave_model::catalog::{Function, Volatility};
use architrave_model::migration::DefaultForm;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::AstNode;
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// Volatile functions of PostgreSQL and of its common extensions that can stand in a default, sorted.
static VOLATILE: &[&str] = &[
    "clock_timestamp",
    "crypt_gen_salt",
    "currval",
    "dblink",
    "gen_random_bytes",
    "gen_random_uuid",
    "gen_salt",
    "gen_ulid",
    "lastval",
    "lo_create",
    "nextval",
    "pg_advisory_lock",
    "pg_sleep",
    "pg_try_advisory_lock",
    "random",
    "random_normal",
    "set_config",
    "setseed",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuid_generate_v6",
    "uuid_generate_v7",
    "uuidv4",
    "uuidv7",
];

/// Whether the default is evaluated for each row.
pub(super) fn default(world: World<'_>, default: &DefaultForm) -> bool {
    !default.is_constant && default.functions.iter().any(|f| function(world, f, 0))
}

/// The same of an expression's text.
pub(super) fn text(world: World<'_>, text: &str) -> bool {
    calls(text).iter().any(|f| function(world, f, 0))
}

fn function(world: World<'_>, name: &str, depth: usize) -> bool {
    let path = split_name(name);
    let Some(own) = path.last() else { return false };
    let known = world.state.find(&path, |n| world.state.functions.contains(n)).and_then(|n| world.state.functions.get(&n));
    if let Some(overloads) = known {
        return overloads.iter().any(|f| f.volatility == Volatility::Volatile && !inlines_harmlessly(world, f, depth));
    }
    if VOLATILE.binary_search(&own.as_str()).is_ok() {
        return true;
    }
    // A function that nobody has shown us: what is not in `pg_catalog` is volatile unless it says otherwise.
    path.len() > 1 && path[0] != "pg_catalog"
}

/// An SQL function of one plain SELECT is put in place of its call; then only what it calls itself counts.
fn inlines_harmlessly(world: World<'_>, found: &Function, depth: usize) -> bool {
    let inlinable = found.language == "sql" && !found.security_definer && found.config.is_empty() && depth < 8;
    if !inlinable {
        return false;
    }
    let body = found.body.trim().trim_end_matches(';');
    let body =
        body.strip_prefix("RETURN").or_else(|| body.strip_prefix("return")).map_or_else(|| body.to_owned(), |e| format!("select {e}"));
    let parse = SourceFile::parse(&body);
    let tree = parse.tree();
    let mut statements = tree.syntax().children();
    let (Some(select), None) = (statements.next(), statements.next()) else { return false };
    let plain = select.kind() == SyntaxKind::SELECT
        && parse.errors().is_empty()
        && select.children().all(|c| c.kind() == SyntaxKind::SELECT_CLAUSE)
        && !select.descendants().skip(1).any(|d| d.kind() == SyntaxKind::SELECT);
    plain && !called(&select).iter().any(|f| function(world, f, depth + 1))
}

/// Functions that a piece of SQL calls.
fn calls(text: &str) -> Vec<String> {
    let parse = SourceFile::parse(&format!("select {text}"));
    called(parse.tree().syntax())
}

fn called(node: &SyntaxNode) -> Vec<String> {
    let calls = node.descendants().filter(|d| d.kind() == SyntaxKind::CALL_EXPR).filter_map(|c| c.first_child());
    calls.map(|f| crate::ddl::syntax::words(&f).concat()).map(|n| n.strip_prefix("pg_catalog.").map(str::to_owned).unwrap_or(n)).collect()
}
