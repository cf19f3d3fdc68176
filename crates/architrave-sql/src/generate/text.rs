//! Small pieces of SQL.

use architrave_model::catalog::Catalog;
use architrave_model::name::{quote_ident, quote_literal};

/// A collation as the model names it: `schema.name`, or a bare name of pg_catalog, which may hold a dot itself.
pub(crate) fn collation(catalog: &Catalog, name: &str) -> String {
    match name.split_once('.') {
        Some((schema, own)) if catalog.schemas.iter().any(|s| s.name == schema) => format!("{}.{}", quote_ident(schema), quote_ident(own)),
        _ => format!("pg_catalog.{}", quote_ident(name)),
    }
}

/// `name=value` pairs as a list in parentheses; nothing for none.
pub(crate) fn options(list: &[String]) -> Option<String> {
    let one = |option: &String| match option.split_once('=') {
        Some((name, value)) => format!("{} = {}", dotted(name), quote_literal(value)),
        None => dotted(option),
    };
    (!list.is_empty()).then(|| format!("({})", list.iter().map(one).collect::<Vec<_>>().join(", ")))
}

fn dotted(name: &str) -> String {
    name.split('.').map(quote_ident).collect::<Vec<_>>().join(".")
}

/// Appends a piece to a statement.
pub(crate) fn add(sql: &mut String, piece: impl AsRef<str>) {
    sql.push_str(piece.as_ref());
}

/// Quoted names, separated by commas.
pub(crate) fn names<'a>(list: impl IntoIterator<Item = &'a String>) -> String {
    list.into_iter().map(|n| quote_ident(n)).collect::<Vec<_>>().join(", ")
}

/// A role, or PUBLIC.
pub(crate) fn role(name: &str) -> String {
    if name == "PUBLIC" { "public".to_owned() } else { quote_role(name) }
}

/// A role that happens to be called like a keyword for roles needs its quotes.
pub(crate) fn quote_role(name: &str) -> String {
    if matches!(name, "public" | "none" | "current_role" | "current_user" | "session_user") {
        format!("\"{name}\"")
    } else {
        quote_ident(name)
    }
}

/// A body in dollar quotes with a tag that does not occur in it.
pub(crate) fn dollar_quoted(body: &str) -> String {
    let mut tag = String::from("$body$");
    let mut number = 0u32;
    while body.contains(tag.trim_end_matches('$')) {
        number += 1;
        tag = format!("$body{number}$");
    }
    format!("{tag}{body}{tag}")
}

/// Without the semicolon that some of PostgreSQL's functions print.
pub(crate) fn bare(definition: &str) -> &str {
    definition.trim().trim_end_matches(';').trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_pieces_stay_pieces() {
        assert_eq!(dollar_quoted("a $body$ b"), "$body1$a $body$ b$body1$");
        assert_eq!(
            options(&["fillfactor=70".into(), "toast.x='; drop".into()]).as_deref(),
            Some("(fillfactor = '70', toast.x = '''; drop')")
        );
        assert_eq!(role("PUBLIC"), "public");
        assert_eq!(role("public"), "\"public\"");
        assert_eq!(collation(&Catalog::default(), "en_US.utf8"), "pg_catalog.\"en_US.utf8\"");
        assert_eq!(bare("CREATE RULE x DO NOTHING;\n"), "CREATE RULE x DO NOTHING");
    }
}
