//! Which relation PostgreSQL writes to when a view is written: read off the view's query as the server prints it.

use architrave_model::catalog::View;
use architrave_model::name::QualifiedName;

/// Clauses of a query whose rows are not rows of its relation.
const CLAUSES: &[&str] =
    &["WITH", "DISTINCT", "GROUP", "HAVING", "LIMIT", "OFFSET", "FETCH", "UNION", "INTERSECT", "EXCEPT", "TABLESAMPLE", "VALUES"];
/// Functions that make one row of many, or many of one.
const SETS: &[&str] = &[
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "generate_series",
    "generate_subscripts",
    "json_agg",
    "json_array_elements",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_each",
    "jsonb_object_agg",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "regexp_split_to_table",
    "string_agg",
    "sum",
    "unnest",
];

/// The relation behind an updatable view: a query over one relation that keeps its rows apart. None for every other view.
pub(super) fn written_through(view: &View) -> Option<&QualifiedName> {
    let words = outer_words(&view.definition);
    let from = words.iter().position(|w| w.text == "FROM")?;
    let (list, rest) = words.split_at(from);
    let clause = |w: &Word| w.depth == 0 && CLAUSES.contains(&w.text.as_str());
    let several = rest.iter().take_while(|w| w.text != "WHERE").any(|w| w.text == "," || w.text == "JOIN");
    if list.iter().any(|w| clause(w) || w.text == "OVER" || (w.called && SETS.contains(&w.text.as_str())))
        || rest.iter().any(clause)
        || several
    {
        return None;
    }
    let mut parts = rest.iter().skip(1).map(|w| w.text.as_str()).filter(|w| !matches!(*w, "ONLY"));
    let first = parts.next()?;
    let second = (parts.next()? == ".").then(|| parts.next()).flatten();
    view.depends_on.iter().find(|name| match second {
        Some(second) => name.schema == first && name.name == second,
        None => name.name == first,
    })
}

/// A word or sign of the query itself.
struct Word {
    text: String,
    /// Parentheses around it.
    depth: usize,
    /// A parenthesis follows.
    called: bool,
}

/// The words of a query without those of the queries in it. What stands in other parentheses belongs to it only before FROM, where functions
/// are called.
fn outer_words(definition: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut rest, mut depth, mut after_from) = (definition, 0_usize, false);
    let mut skipped = 0_usize;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        let mut text = String::new();
        match c {
            '\'' | '"' => {
                let end = rest.get(1..).and_then(|r| r.find(c)).map_or(rest.len(), |at| at + 2);
                length = end;
                if c == '"' {
                    text.push_str(rest.get(1..end - 1).unwrap_or_default());
                }
            }
            '(' => {
                depth += 1;
                let inner = rest.get(1..).unwrap_or_default().trim_start();
                let query = inner.starts_with("SELECT") || inner.starts_with("WITH") || inner.starts_with("VALUES");
                if skipped == 0 && (query || after_from) {
                    skipped = depth;
                }
                if let Some(last) = words.last_mut().filter(|_| skipped == 0) {
                    last.called = true;
                }
            }
            ')' => {
                if skipped == depth {
                    skipped = 0;
                }
                depth = depth.saturating_sub(1);
            }
            _ if c.is_alphanumeric() || c == '_' => {
                length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                text.push_str(rest.get(..length).unwrap_or_default());
            }
            ',' | '.' => text.push(c),
            _ => {}
        }
        if !text.is_empty() && skipped == 0 && (depth == 0 || text != "FROM") {
            after_from |= text == "FROM";
            words.push(Word { text, depth, called: false });
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(definition: &str) -> Option<String> {
        let depends_on = vec![QualifiedName::new("public", "m"), QualifiedName::new("public", "T 1"), QualifiedName::new("public", "t")];
        let view = View { definition: definition.to_owned(), depends_on, ..View::default() };
        written_through(&view).map(ToString::to_string)
    }

    #[test]
    fn plain_queries_over_one_relation_are_written_through() {
        let through = |definition: &str| assert_eq!(base(definition).as_deref(), Some("public.t"), "{definition}");
        through("SELECT t.id,\n    t.name\n   FROM public.t");
        through("SELECT id, EXTRACT(year FROM at) AS y FROM public.t WHERE (id IN ( SELECT m.id FROM public.m, public.x GROUP BY m.id))");
        through(
            "SELECT id, (SELECT count(*) AS count FROM public.m) AS n, (id IS DISTINCT FROM 3) AS d, 'DISTINCT, FROM' AS w FROM ONLY public.t x WHERE (a IS DISTINCT FROM b)",
        );
        assert_eq!(base("SELECT id FROM public.\"T 1\" WHERE true").as_deref(), Some("public.T 1"));
    }

    #[test]
    fn others_are_not() {
        for definition in [
            "SELECT DISTINCT id FROM public.t",
            "SELECT count(*) AS count FROM public.t",
            "SELECT round(avg(id)) AS a FROM public.t",
            "SELECT id FROM public.t LIMIT 3",
            "SELECT id, row_number() OVER (ORDER BY id) AS n FROM public.t",
            "SELECT t.id FROM (public.t JOIN public.m ON ((t.id = m.id)))",
            "SELECT t.id FROM public.t, public.m",
            "SELECT id FROM public.t UNION ALL SELECT id FROM public.m",
            "WITH x AS (SELECT 1) SELECT id FROM public.t",
            "SELECT 1 AS one",
        ] {
            assert_eq!(base(definition), None, "{definition}");
        }
    }
}
