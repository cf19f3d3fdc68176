//! What a person reads of two schemas.

use super::{SchemaDiff, Side};
use crate::diagram::sample::{HOSTILE, catalog, column, scope, table};
use architrave_model::catalog::{Catalog, TypeDef, TypeKind};
use architrave_model::name::QualifiedName;
use expect_test::expect_file;

fn diff(before: &Catalog, after: &Catalog) -> SchemaDiff {
    SchemaDiff::of(
        Side { name: "october", catalog: before, scope: scope(before) },
        Side { name: "november", catalog: after, scope: scope(after) },
    )
}

fn before() -> Catalog {
    catalog(
        "customers email:text phone?:text
         orders customer_id>customers state:text note?:character_varying(20)
         carts customer_id>customers token:uuid items:jsonb
         logs message:text",
    )
}

fn after() -> Catalog {
    let mut after = catalog(
        "customers email?:text phone_number?:text
         orders customer_id>customers state:integer note?:text total:numeric
         baskets customer_id>customers token:uuid items:jsonb
         logs message:text",
    );
    let labels = vec!["open".to_owned(), "paid".to_owned()];
    let name = QualifiedName::new("public", "order_state");
    after.types.push(TypeDef {
        name,
        owner: String::new(),
        kind: TypeKind::Enum { labels },
        extension: None,
        grants: Vec::new(),
        comment: None,
    });
    after
}

#[test]
fn changes_read_like_sentences() {
    expect_file!["sample.md"].assert_eq(&diff(&before(), &after()).markdown());
}

#[test]
fn equal_schemas_differ_in_nothing() {
    let found = diff(&before(), &before());
    assert!(found.is_empty());
    assert!(found.markdown().contains("Nothing differs"));
    assert!(found.html().contains("Nothing differs"));
}

#[test]
fn the_page_has_signs_and_a_marked_picture() {
    let html = diff(&before(), &after()).html();
    for part in ["m-added", "m-removed", "m-changed", "≠ orders", "− carts", "+ baskets", "perhaps renamed to public.baskets"] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("logs"), "what did not change and is no neighbour is not shown");
}

#[test]
fn equal_input_gives_equal_bytes_in_any_order() {
    let mut shuffled = after();
    shuffled.tables.reverse();
    shuffled.sort();
    assert_eq!(diff(&before(), &after()).html(), diff(&before(), &shuffled).html());
}

#[test]
fn hostile_names_stay_names() {
    let mut after = Catalog::default();
    for name in HOSTILE {
        let mut made = table("public", name);
        made.columns.push(column(name, name, false));
        made.comment = Some((*name).to_owned());
        after.tables.push(made);
    }
    after.sort();
    let mut changed = after.clone();
    for table in &mut changed.tables {
        table.columns.truncate(1);
        table.comment = None;
    }
    let (html, markdown) = (diff(&after, &changed).html(), diff(&after, &changed).markdown());
    assert!(!html.contains("<script") && !html.contains("\u{202e}"));
    assert!(!markdown.contains("\u{202e}"));
    assert!(markdown.lines().filter(|l| l.starts_with("| −")).count() >= HOSTILE.len(), "a row stays one line");
}

#[test]
fn dropping_everything_is_said_and_drawn() {
    let found = diff(&before(), &Catalog::default());
    assert_eq!(found.groups.len(), 4);
    assert!(found.html().contains("m-removed"));
}
