//! Arguments for functions: ids of the victim where types and names allow, else plain values.

use super::super::case::{Case, is_text};
use super::super::scene::Purpose;
use super::super::statements::{literal, mentions};
use architrave_model::access::ActorKind;
use architrave_model::catalog::{Function, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// At most so many calls of one function are made up.
const CALLS: usize = 4;
/// Rank from which on a value has nothing in common with a parameter but the type.
const FAR: u8 = 24;

/// One parameter: name, where it has one, and type.
pub(in super::super) type Parameter = (Option<String>, String);

/// Types of more than one word, which are no parameter's name with a type behind it.
const WORDY: [&str; 9] = [
    "timestamp with time zone",
    "timestamp without time zone",
    "time with time zone",
    "time without time zone",
    "double precision",
    "character varying",
    "bit varying",
    "interval day to second",
    "national character varying",
];

/// Lists of arguments, the most telling first. `holder` knows the secrets of his own rows and of nobody else's.
pub(super) fn lists(case: &Case<'_>, function: &Function, holder: ActorKind) -> Vec<String> {
    let parameters = parameters(&function.identity_arguments);
    let candidates: Vec<Vec<String>> =
        parameters.iter().enumerate().map(|(place, p)| candidates(case, (function, place), p, holder)).collect();
    let mut lists: Vec<String> = Vec::new();
    for nth in 0..CALLS {
        let pick = |of: &Vec<String>| of.get(nth).or_else(|| of.get(nth % of.len().max(1))).cloned().unwrap_or_else(|| "null".to_owned());
        let arguments: Vec<String> = candidates.iter().map(pick).collect();
        let list = arguments.join(", ");
        if !lists.contains(&list) {
            lists.push(list);
        }
    }
    lists
}

/// The parameters in the text of `pg_get_function_identity_arguments`.
pub(in super::super) fn parameters(text: &str) -> Vec<Parameter> {
    let mut parts: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        match parts.last_mut() {
            Some(part) => part.push(c),
            None => parts.push(c.to_string()),
        }
    }
    parts.iter().map(|p| parameter(p.trim())).filter(|(_, kind)| !kind.is_empty()).collect()
}

fn parameter(text: &str) -> Parameter {
    let text = ["INOUT ", "IN ", "VARIADIC "].iter().find_map(|mode| text.strip_prefix(mode)).unwrap_or(text);
    let plain = text.trim_end_matches("[]");
    if WORDY.contains(&plain) {
        return (None, text.to_owned());
    }
    match text.split_once(' ') {
        Some((name, kind)) => (Some(name.trim_matches('"').to_owned()), kind.to_owned()),
        None => (None, text.to_owned()),
    }
}

/// Values for one parameter, the most telling first.
fn candidates(case: &Case<'_>, (function, place): (&Function, usize), parameter: &Parameter, holder: ActorKind) -> Vec<String> {
    let (name, kind) = parameter;
    let element = kind.trim_end_matches("[]");
    let bare = name.as_deref().map(bare_name).unwrap_or_default();
    let found = from_rows(case, (function, place), (&bare, element), holder);
    let mut values: Vec<String> = Vec::new();
    for value in found {
        let value = match kind.ends_with("[]") {
            true if value.starts_with("'{") => format!("{value}::{kind}"),
            true => format!("array[{value}]::{kind}"),
            false => value,
        };
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.truncate(CALLS);
    let ids = matches!(element, "uuid") && !values.is_empty();
    if !ids {
        values.extend(plain(case, &bare, kind));
    }
    values
}

/// Values that are in rows or texts of the project.
fn from_rows(case: &Case<'_>, of: (&Function, usize), (bare, element): (&str, &str), holder: ActorKind) -> Vec<String> {
    if ["limit", "offset", "page", "skip"].iter().any(|w| bare.contains(w)) {
        return Vec::new();
    }
    let (function, place) = of;
    let uses = case.uses.of(function, place);
    // By value: its rank, and how often it stands in rows: what many rows refer to is what things hang on.
    let mut found: BTreeMap<String, (u8, u32)> = BTreeMap::new();
    let mut add = |value: String, rank: u8, weight: u32| {
        let known = found.entry(value).or_insert((rank, 0));
        *known = (known.0.min(rank), known.1 + weight);
    };
    for ground in case.with_rows() {
        let named = mentions(&function.body, &ground.table.name.name);
        for own in ground.table.columns.iter().filter(|c| is_of_kind(&c.base_type(), element)) {
            let column = &own.name;
            let compared = uses.is_some_and(|u| u.columns.contains(column));
            let affinity = if compared { 0 } else { affinity(bare, &ground.table.name.name, column) };
            let linked = ground.table.foreign_keys().any(|(c, _)| c.columns.contains(column));
            let secret = is_secret(column) || is_secret(bare) || is_key_of_keys(&ground.table.name.name, column);
            for row in ground.rows.iter().map(|k| k.row).filter(|r| if secret { r.of == holder } else { is_victim(r.of) }) {
                let keyed = linked || row.key.iter().any(|(k, _)| k == column);
                let Some(value) = literal(row, column).filter(|v| !v.eq_ignore_ascii_case("null")) else { continue };
                if affinity > 2 && !keyed {
                    continue;
                }
                let later = u8::from(row.of == ActorKind::Member);
                let beside = u8::from(row.purpose != Purpose::Belongs);
                add(value.to_owned(), affinity * 8 + later * 4 + beside * 2, if keyed { 2 } else { 1 } + u32::from(named));
            }
        }
    }
    for actor in case.scene.actors.iter().filter(|a| a.kind == ActorKind::Owner) {
        for (word, id) in [("user", &actor.id), ("tenant", &actor.tenant)] {
            if let Some(id) = id.as_ref().filter(|id| reads_as(id, element)) {
                let near = bare.contains(word)
                    || (word == "user" && ["uid", "owner", "profile", "account", "member"].iter().any(|w| bare.contains(w)));
                let same = found_as(case, id).unwrap_or_else(|| format!("{}::{element}", quote_literal(id)));
                add(same, if near { 0 } else { FAR + 4 }, if near { 8 } else { 0 });
            }
        }
    }
    if let Some(uses) = uses.filter(|_| is_text(element)) {
        uses.columns.iter().filter_map(|c| case.reference.get(c)).flatten().for_each(|v| add(v.clone(), 6, 0));
        uses.texts.iter().for_each(|t| add(quote_literal(t), 7, 0));
    }
    let near = |rank: u8| rank < FAR || !is_text(element);
    let mut found: Vec<(u8, Reverse<u32>, String)> =
        found.into_iter().filter(|(_, (rank, _))| near(*rank)).map(|(value, (rank, weight))| (rank, Reverse(weight), value)).collect();
    found.sort();
    found.into_iter().map(|(.., value)| value).collect()
}

/// An id of somebody as rows have it.
fn found_as(case: &Case<'_>, id: &str) -> Option<String> {
    let quoted = quote_literal(id);
    let mut literals = case.with_rows().flat_map(|g| &g.rows).flat_map(|k| k.row.values.iter().map(|(_, literal)| literal));
    literals.find(|literal| **literal == quoted).cloned()
}

/// Whether values of a column's type go for a parameter of another.
fn is_of_kind(column: &str, parameter: &str) -> bool {
    column == parameter || (is_text(column) && is_text(parameter))
}

fn is_victim(of: ActorKind) -> bool {
    matches!(of, ActorKind::Owner | ActorKind::Member)
}

/// Whether an id is a value of the type.
fn reads_as(id: &str, element: &str) -> bool {
    match element {
        "uuid" => id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
        "integer" | "bigint" => id.chars().all(|c| c.is_ascii_digit()),
        "text" | "character varying" => true,
        _ => false,
    }
}

/// What only who was given it knows: holding it is the right to pass, and the attacker holds none. Ids are no secrets.
fn is_secret(column: &str) -> bool {
    let column = column.to_lowercase();
    ["token", "secret", "password", "passcode", "otp", "api_key", "apikey", "invite_code", "access_code", "nonce", "signature", "magic"]
        .iter()
        .any(|word| column.contains(word))
}

/// What lets somebody in by itself in a table of keys.
fn is_key_of_keys(table: &str, column: &str) -> bool {
    let (table, column) = (table.to_lowercase(), column.to_lowercase());
    let keys = ["key", "token", "secret", "invite", "invitation"].iter().any(|word| table.contains(word));
    keys && ["key", "key_hash", "hash", "code", "value"].contains(&column.as_str())
}

/// `p_team_id` → `team_id`.
fn bare_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let bare = ["p_", "_", "in_", "arg_", "param_", "v_", "target_", "the_"].iter().find_map(|prefix| lower.strip_prefix(prefix));
    bare.unwrap_or(&lower).trim_start_matches('_').to_owned()
}

/// How near a parameter's name is to a column: 0 is the same thing, 3 nothing in common.
fn affinity(parameter: &str, table: &str, column: &str) -> u8 {
    let single = table.strip_suffix("ies").map_or_else(|| table.strip_suffix('s').unwrap_or(table).to_owned(), |t| format!("{t}y"));
    if parameter.is_empty() {
        return 3;
    }
    let (written, single, column) = (squeezed(parameter), squeezed(&single), column.to_lowercase());
    let thing = ["uuid", "id"].iter().find_map(|end| written.strip_suffix(end)).filter(|t| t.len() > 2).unwrap_or(&written);
    if column == "id" && (thing == single || thing == squeezed(table)) || (written == squeezed(&column) && column != "id") {
        return 0;
    }
    let ends = parameter.ends_with(&format!("_{column}")) || column.ends_with(&format!("_{parameter}"));
    if parameter == column || ends || (is_key_of_keys(table, &column) && written == single) {
        return 1;
    }
    if column == "id" && single.contains(thing) { 2 } else { 3 }
}

/// `app_id` and `appId` → `appid`.
fn squeezed(name: &str) -> String {
    name.to_lowercase().replace('_', "")
}

/// Values that say nothing of anybody.
fn plain(case: &Case<'_>, name: &str, kind: &str) -> Vec<String> {
    let texts: &[&str] = match kind {
        "integer" | "bigint" | "smallint" | "numeric" | "real" | "double precision" if name.contains("offset") || name.contains("skip") => {
            &["0"]
        }
        "integer" | "bigint" | "smallint" | "numeric" | "real" | "double precision" => &["100", "1"],
        "boolean" => &["true", "false"],
        "text" | "character varying" => &["''", "'%'", "'a'"],
        "json" | "jsonb" => &["'{}'"],
        "date" | "timestamp with time zone" | "timestamp without time zone"
            if name.contains("end") || name.contains("to") || name.contains("until") =>
        {
            &["'2100-01-01'"]
        }
        "date" | "timestamp with time zone" | "timestamp without time zone" => &["'2000-01-01'"],
        "interval" => &["'1 day'"],
        _ if kind.ends_with("[]") => &["'{}'"],
        _ => &[],
    };
    if !texts.is_empty() {
        return texts.iter().map(|t| if t.starts_with('\'') { format!("{t}::{kind}") } else { (*t).to_owned() }).collect();
    }
    let label = case.catalog.types.iter().find(|t| type_text(&t.name) == kind || t.name.name == kind).and_then(|t| match &t.kind {
        TypeKind::Enum { labels, .. } => labels.first().cloned(),
        _ => None,
    });
    vec![label.map_or_else(|| format!("null::{kind}"), |l| format!("{}::{kind}", quote_literal(&l)))]
}

fn type_text(name: &QualifiedName) -> String {
    format!("{}.{}", quote_ident(&name.schema), quote_ident(&name.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_names_and_types() {
        let of = |text: &str| parameters(text);
        assert_eq!(of(""), []);
        assert_eq!(of("uuid"), [(None, "uuid".to_owned())]);
        assert_eq!(
            of("p_team uuid, VARIADIC rest text[], timestamp with time zone, at timestamp with time zone"),
            [
                (Some("p_team".to_owned()), "uuid".to_owned()),
                (Some("rest".to_owned()), "text[]".to_owned()),
                (None, "timestamp with time zone".to_owned()),
                (Some("at".to_owned()), "timestamp with time zone".to_owned()),
            ]
        );
    }

    #[test]
    fn an_id_goes_where_its_type_goes() {
        let id = "11111111-1111-4111-8111-111111111111";
        assert!(reads_as(id, "uuid") && reads_as(id, "text") && !reads_as(id, "integer"));
        assert!(reads_as("17", "bigint") && !reads_as("17", "uuid") && !reads_as("17", "json"));
    }

    #[test]
    fn a_name_is_near_the_column_it_means() {
        assert_eq!(affinity(&bare_name("p_team_id"), "teams", "id"), 0);
        assert_eq!(affinity(&bare_name("_team_id"), "members", "team_id"), 0);
        assert_eq!(affinity(&bare_name("company"), "companies", "id"), 0);
        assert_eq!(affinity(&bare_name("limit"), "notes", "id"), 3);
    }
}
