//! `extension/unused`: see `unused.md` for the rule's page.

use crate::figures::list_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/unused",
    summary: "extensions of types that no column has",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("unused.md"),
    check: Check::Catalog(check),
};

const TYPES: &[(&str, &[&str])] = &[
    ("citext", &["citext"]),
    ("cube", &["cube"]),
    ("hstore", &["hstore"]),
    ("isn", &["isbn", "ean13", "issn", "ismn", "upc"]),
    ("ltree", &["ltree", "lquery"]),
    ("postgis", &["geometry", "geography", "st_", "box2d", "box3d"]),
    ("seg", &["seg"]),
    ("vector", &["vector", "halfvec", "sparsevec"]),
];

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let candidates: Vec<_> = TYPES.iter().filter(|(name, _)| catalog.extension(name).is_some_and(|e| !e.stub)).collect();
    if candidates.is_empty() {
        return;
    }
    let mut unused: Vec<String> =
        candidates.iter().filter(|(_, words)| !is_used(catalog, words)).map(|(name, _)| (*name).to_owned()).collect();
    // What another extension is built on stays.
    unused.retain(|name| name != "cube" || catalog.extension("earthdistance").is_none());
    unused.retain(|name| name != "postgis" || !catalog.extensions.iter().any(|e| e.name.starts_with("postgis_") || e.name == "pgrouting"));
    let Some(first) = unused.first() else { return };
    let message = format!("nothing in the database says the types of {}", list_of(&unused, 4));
    let why = "An extension has to be kept up to date, and a major version waits until it is there for it. If applications do not use it either, `drop extension …` (without cascade: it refuses while something \
               depends on it).";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Extension, first), message, why).evidence(
        "extensions",
        unused.join(", "),
        "pg_extension, pg_attribute, pg_proc",
    ));
}

fn is_used(catalog: &Catalog, words: &[&str]) -> bool {
    let says = |text: &str| words.iter().any(|w| text.contains(w));
    catalog.tables.iter().flat_map(|t| &t.columns).any(|c| says(&c.data_type))
        || catalog.tables.iter().flat_map(|t| &t.indexes).any(|i| says(&i.definition))
        || catalog
            .functions
            .iter()
            .any(|f| says(&f.body.to_lowercase()) || says(&f.identity_arguments) || f.result.as_deref().is_some_and(says))
        || catalog.views.iter().any(|v| says(&v.definition.to_lowercase()))
        || catalog.types.iter().any(|t| says(&format!("{:?}", t.kind)))
}
