//! What a person reads of two schemas.

use super::{SchemaDiff, Side};
use crate::diagram::sample::{HOSTILE, catalog, column, scope, table};
use architrave_model::catalog::{Catalog, TypeDef, TypeKind};
use architrave_model::name::QualifiedName;
use expect_test::expect;

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
    expect![[r#"
        # Schema changes

        october → november

        | | added | removed | changed |
        |---|---:|---:|---:|
        | tables | 1 | 1 | 2 |
        | other objects | 1 | 0 | 0 |

        ## What breaks code (5)

        - table `public.carts` removed (perhaps renamed to public.baskets): Statements that name it fail.
        - column `public.customers.phone` removed (perhaps renamed to phone_number): Statements that name it fail; `select *` returns one column less.
        - column `public.orders.note` type changed: Clients that read or bind it as character_varying(20) must follow.
        - column `public.orders.state` type changed: Clients that read or bind it as text must follow.
        - column `public.orders.total` added: Inserts that do not give it a value fail.

        ## + table public.baskets

        added, 6 lines.

        | | what | before | after | for code |
        |---|---|---|---|---|
        | + | table (perhaps renamed from public.carts) |  | `4 columns, 1 index` |  |
        | + | column `id` |  | `bigint not null` |  |
        | + | column `customer_id` |  | `bigint not null` |  |
        | + | column `token` |  | `uuid not null` |  |
        | + | column `items` |  | `jsonb not null` |  |
        | + | constraint `baskets_customer_id_fkey` |  |  |  |

        ## − table public.carts

        removed, 6 lines.

        | | what | before | after | for code |
        |---|---|---|---|---|
        | − | table (perhaps renamed to public.baskets) | `4 columns, 1 index` |  | **breaks**: Statements that name it fail. |
        | − | column `id` | `bigint not null` |  |  |
        | − | column `customer_id` | `bigint not null` |  |  |
        | − | column `token` | `uuid not null` |  |  |
        | − | column `items` | `jsonb not null` |  |  |
        | − | constraint `carts_customer_id_fkey` |  |  |  |

        ## ≠ table public.customers

        changed, 3 lines.

        | | what | before | after | for code |
        |---|---|---|---|---|
        | ≠ | column `email`, not null | `yes` | `no` | **look**: Readers must expect NULL. |
        | − | column `phone` (perhaps renamed to phone_number) | `text` |  | **breaks**: Statements that name it fail; `select *` returns one column less. |
        | + | column `phone_number` (perhaps renamed from phone) |  | `text` | **safe**: Inserts that do not name it leave it NULL. |

        ## ≠ table public.orders

        changed, 3 lines.

        | | what | before | after | for code |
        |---|---|---|---|---|
        | ≠ | column `note`, type | `character_varying(20)` | `text` | **breaks**: Clients that read or bind it as character_varying(20) must follow. |
        | ≠ | column `state`, type | `text` | `integer` | **breaks**: Clients that read or bind it as text must follow. |
        | + | column `total` |  | `numeric not null` | **breaks**: Inserts that do not give it a value fail. |

        ## + type public.order_state

        added, 1 line.

        | | what | before | after | for code |
        |---|---|---|---|---|
        | + | type |  | `enum: open, paid` |  |

        Owners, privileges and roles were not compared. Renames are guesses: catalogues keep no history of names.
    "#]].assert_eq(&diff(&before(), &after()).markdown());
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
