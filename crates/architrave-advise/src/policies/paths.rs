//! SECURITY DEFINER functions without a search path of their own: no attack needs to have succeeded, as whoever calls them decides where names are looked up.

use super::{Alternatives, World, untried};
use architrave_model::Catalog;
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::name::quote_ident;
use std::collections::BTreeSet;

/// One repair for all: the empty path where every name in the body is qualified, else the callers' usual path with `pg_temp` last.
pub(super) fn alternatives(world: &World<'_>) -> Alternatives {
    let open: Vec<&Function> = world.catalog.functions.iter().filter(|f| is_open(world.catalog, f)).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let names = names(world.catalog);
    let usual = usual_path(world.catalog);
    let title = match open.as_slice() {
        [one] => format!("give {} a search_path of its own", one.name),
        many => format!("give {} SECURITY DEFINER functions a search_path of their own", many.len()),
    };
    let repair = |path: &dyn Fn(&Function) -> String| {
        let up = open.iter().map(|f| format!("{} set search_path = {}", alter(f), path(f))).collect();
        untried(title.clone(), &[], up, open.iter().map(|f| format!("{} reset search_path", alter(f))).collect())
    };
    let strict = repair(&|f| if is_qualified(&f.body, &names) { "''".to_owned() } else { usual.clone() });
    let lenient = repair(&|_| usual.clone());
    if strict.up == lenient.up { vec![lenient] } else { vec![strict, lenient] }
}

/// Whether its names are looked up where the caller says.
fn is_open(catalog: &Catalog, function: &Function) -> bool {
    let definition = function.definition.as_deref().unwrap_or_default().to_lowercase();
    // Such a body had its names resolved when it was made.
    let bound = function.language == "sql"
        && (definition.contains("begin atomic") || function.body.trim_start().to_lowercase().starts_with("return "));
    let project = catalog.tables.iter().any(|t| t.owner == function.owner && t.extension.is_none());
    function.security_definer
        && project
        && !function.owner.starts_with("supabase_")
        && matches!(function.language.as_str(), "sql" | "plpgsql")
        && matches!(function.kind, FunctionKind::Function | FunctionKind::Procedure)
        && function.setting("search_path").is_none()
        && !bound
}

fn alter(function: &Function) -> String {
    let kind = if function.kind == FunctionKind::Procedure { "procedure" } else { "function" };
    format!("alter {kind} {}({})", function.name.sql(), function.identity_arguments)
}

/// What callers have, with `pg_temp` last instead of first.
fn usual_path(catalog: &Catalog) -> String {
    let there = |name: &&str| catalog.schemas.iter().any(|s| s.name == *name);
    let mut path: Vec<&str> = ["public", "extensions"].into_iter().filter(there).collect();
    path.push("pg_temp");
    path.into_iter().map(quote_ident).collect::<Vec<_>>().join(", ")
}

/// Names of relations, types and functions that are found by a search path only.
fn names(catalog: &Catalog) -> BTreeSet<String> {
    let tables = catalog.tables.iter().map(|t| &t.name);
    let views = catalog.views.iter().map(|v| &v.name);
    let sequences = catalog.sequences.iter().map(|s| &s.name);
    let types = catalog.types.iter().map(|t| &t.name);
    let functions = catalog.functions.iter().map(|f| &f.name);
    tables.chain(views).chain(sequences).chain(types).chain(functions).map(|n| n.name.to_lowercase()).collect()
}

/// Whether none of the names stands in the text without a schema before it. A column of the same name counts as one, which errs on the safe side.
fn is_qualified(body: &str, names: &BTreeSet<String>) -> bool {
    let mut before = ' ';
    let mut word = String::new();
    let mut start = ' ';
    for c in body.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' || c == '$' {
            if word.is_empty() {
                start = before;
            }
            word.push(c);
        } else {
            if start != '.' && names.contains(&word.to_lowercase()) {
                return false;
            }
            word.clear();
            // `schema."name"` is qualified as well.
            if c == '"' && before == '.' {
                continue;
            }
        }
        before = c;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_qualified;

    #[test]
    fn names_without_a_schema_are_seen() {
        let names = ["notes", "uid"].map(str::to_owned).into();
        assert!(is_qualified("select count(*) from public.notes where user_id = auth.uid()", &names));
        assert!(is_qualified("select 1 from public.\"notes\" n", &names));
        assert!(!is_qualified("select 1 from notes", &names));
        assert!(!is_qualified("select 1 from \"notes\"", &names));
        assert!(!is_qualified("execute 'delete from Notes'", &names));
    }
}
