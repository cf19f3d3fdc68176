//! The settings of the source that decide plans, put on the twin's database.

use super::error::TwinError;
use architrave_model::Gap;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::settings::Settings;
use tokio_postgres::Client;

/// Settings that plans, and the constants in them, depend on, besides all that begin with `enable_`, `geqo` or `jit`. Sorted.
static DECISIVE: &[&str] = &[
    "array_nulls",
    "bytea_output",
    "constraint_exclusion",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "cpu_tuple_cost",
    "cursor_tuple_fraction",
    "datestyle",
    "debug_parallel_query",
    "default_text_search_config",
    "effective_cache_size",
    "effective_io_concurrency",
    "extra_float_digits",
    "force_parallel_mode",
    "from_collapse_limit",
    "hash_mem_multiplier",
    "intervalstyle",
    "join_collapse_limit",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "parallel_leader_participation",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "plan_cache_mode",
    "quote_all_identifiers",
    "random_page_cost",
    "recursive_worktable_factor",
    "search_path",
    "seq_page_cost",
    "standard_conforming_strings",
    "timezone",
    "transform_null_equals",
    "work_mem",
];

fn is_decisive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["enable_", "geqo", "jit"].iter().any(|start| name.starts_with(start)) || DECISIVE.binary_search(&name.as_str()).is_ok()
}

/// Debugging switches of the JIT that change no plan and that only superusers may touch.
static LEFT_ALONE: &[&str] = &["jit_debugging_support", "jit_dump_bitcode", "jit_profiling_support", "jit_provider"];

/// Sets them; what this server does not know or take is a gap when the source changed it.
pub(super) async fn copy(admin: &Client, database: &str, settings: Option<&Settings>) -> Result<Vec<Gap>, TwinError> {
    let Some(settings) = settings else {
        let gap = Gap::new("planner settings", "the snapshot has none: PostgreSQL's defaults are in force", None);
        admin
            .batch_execute(&format!("alter database {} set jit = on", quote_ident(database)))
            .await
            .map_err(TwinError::sql("set the planner's settings"))?;
        return Ok(vec![gap]);
    };
    let chosen = settings.values.iter().filter(|s| is_decisive(&s.name) && !LEFT_ALONE.contains(&s.name.as_str()));
    let statement = |name: &str, value: &str| {
        let value = if name.eq_ignore_ascii_case("search_path") { list(value) } else { quote_literal(value) };
        format!("alter database {} set {} = {value}", quote_ident(database), quote_ident(&name.to_ascii_lowercase()))
    };
    let all: Vec<String> = chosen.clone().map(|s| statement(&s.name, &s.value)).collect();
    if admin.batch_execute(&all.join(";\n")).await.is_ok() {
        return Ok(Vec::new());
    }
    let mut gaps = Vec::new();
    for setting in chosen {
        if let Err(error) = admin.batch_execute(&statement(&setting.name, &setting.value)).await {
            if admin.is_closed() {
                return Err(TwinError::Lost { what: "set the planner's settings".to_owned() });
            }
            if setting.source != "default" {
                let why = format!("this server does not take the source's value: {}", crate::replay::confine::describe(&error));
                gaps.push(Gap::new(format!("setting {}", setting.name), why, None));
            }
        }
    }
    Ok(gaps)
}

/// A list of names as its setting shows it (`"$user", public`), as a list of literals.
fn list(value: &str) -> String {
    if value.trim().is_empty() {
        return "''".to_owned();
    }
    let mut names: Vec<String> = Vec::new();
    let (mut name, mut quoted) = (String::new(), false);
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                name.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name)),
            ' ' if !quoted => {}
            other => name.push(other),
        }
    }
    names.push(name);
    names.iter().map(|name| quote_literal(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_case_does_not_matter() {
        assert!(DECISIVE.is_sorted());
        assert!(is_decisive("TimeZone") && is_decisive("enable_seqscan") && !is_decisive("shared_buffers"));
    }

    #[test]
    fn a_search_path_becomes_literals() {
        assert_eq!(list(r#""$user", public, "a, ""b""""#), r#"'$user', 'public', 'a, "b"'"#);
        assert_eq!(list(""), "''");
    }
}
