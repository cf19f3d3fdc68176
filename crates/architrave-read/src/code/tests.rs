//! What counts as a use, and what only looks like one.

use super::*;
use architrave_model::catalog::{Column, Table};
use std::fmt::Write as _;

fn catalog() -> Catalog {
    let table = |name: &str, columns: &[&str]| Table {
        name: QualifiedName::new("public", name),
        columns: columns.iter().map(|c| Column { name: (*c).to_owned(), ..Column::default() }).collect(),
        ..Table::default()
    };
    let mut catalog = Catalog {
        tables: vec![
            table("orders", &["id", "status", "customer_id"]),
            table("customers", &["id", "email"]),
            table("plans", &["id"]),
            table("OrderItem", &["id", "sku"]),
        ],
        ..Catalog::default()
    };
    catalog.sort();
    catalog
}

/// Uses in one file, `line object kind`.
fn uses(name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let found = search(folder.path(), &catalog(), &BTreeSet::new(), &|_| ()).unwrap();
    let mut lines: Vec<_> = found.places.iter().map(|p| (p.location.line, p.object.to_string(), p.kind.words())).collect();
    lines.sort();
    lines.iter().fold(String::new(), |mut out, (line, object, kind)| {
        let _infallible = writeln!(out, "{line} {} {kind}", object.trim_start_matches("public."));
        out
    })
}

#[track_caller]
fn check(name: &str, text: &str, expected: &[&str]) {
    assert_eq!(uses(name, text), expected.iter().map(|l| format!("{l}\n")).collect::<String>(), "{text}");
}

#[test]
fn sql_in_strings() {
    check(
        "a.ts",
        "const q = `\n  select o.status, email\n  from orders o join customers c on c.id = o.customer_id`;",
        &["2 customers.email SQL", "2 orders.status SQL", "3 customers SQL", "3 orders SQL", "3 orders.customer_id SQL"],
    );
    check("a.py", "db.execute(\"\"\"\ninsert into public.orders (status) values (%s)\"\"\")", &["2 orders SQL", "2 orders.status SQL"]);
    check("a.go", "rows := db.Query(`SELECT id FROM \"OrderItem\"`)", &["1 OrderItem SQL", "1 OrderItem.id SQL"]);
    check("a.rs", "sqlx::query!(r#\"update orders set status = $1\"#)", &["1 orders SQL", "1 orders.status SQL"]);
    check("a.sql", "select * from orders;\n-- from customers\n", &["1 orders SQL"]);
}

#[test]
fn calls_mappings_and_models() {
    check(
        "a.ts",
        "supabase.from('orders').select()\nconst t = pgTable(\"plans\", {})",
        &["1 orders call with its name", "2 plans mapping"],
    );
    check(
        "a.py",
        "class Order(Base):\n    __tablename__ = 'orders'\nfk = ForeignKey(\"customers.id\")",
        &["2 orders mapping", "3 customers mapping", "3 customers.id mapping"],
    );
    check("A.java", "@Table(name = \"orders\")\nclass Order {}", &["1 orders mapping"]);
    check("a.go", "func (Order) TableName() string {\n\treturn \"orders\"\n}", &["2 orders mapping"]);
    check("a.rb", "self.table_name = 'orders'", &["1 orders mapping"]);
    check("a.ex", "  schema \"orders\" do", &["1 orders mapping"]);
    check("a.rs", "use crate::schema::orders::dsl;\norders::table.load()", &["1 orders model", "2 orders model"]);
    check(
        "schema.prisma",
        "model Order {\n  id Int @id\n  customerId Int @map(\"customer_id\")\n  @@map(\"orders\")\n}\nmodel OrderItem {\n  sku String\n}",
        &["2 orders.id mapping", "3 orders.customer_id mapping", "4 orders mapping", "6 OrderItem model", "7 OrderItem.sku mapping"],
    );
}

#[test]
fn what_only_looks_like_a_use() {
    for (name, text) in [
        ("a.ts", "t('Select a plan from plans');"),
        ("a.ts", "// select id from orders\n/* from('orders') */"),
        ("a.ts", "const title = 'orders'; Array.from('orders'); storage.from('plans')"),
        ("a.ts", "router.push('/orders'); label = \"Your orders\""),
        ("a.ts", "`with orders as (select 1 as id) select * from orders`"),
        ("a.py", "# db.execute('select id from orders')\nlogger.info('update orders from the queue')"),
        ("a.ts", "const s = 'delete orders from the list?'"),
        ("a.sql", "comment on table orders is 'x'; grant select on table orders to app;"),
        ("a.md", "select id from orders"),
        ("a.rs", "let s = String::from(\"orders\");"),
    ] {
        check(name, text, &[]);
    }
}

#[test]
fn an_apostrophe_in_text_hides_nothing() {
    check("a.tsx", "<p>don't</p>\n<b>it's</b>\nsupabase.from('orders')", &["3 orders call with its name"]);
}

#[test]
fn places_are_bounded_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ts"), "db.from('orders')\n".repeat(50)).unwrap();
    let found = search(folder.path(), &catalog(), &BTreeSet::new(), &|_| ()).unwrap();
    assert_eq!((found.places.len(), found.more.first().map(|m| m.1)), (20, Some(30)));
}
