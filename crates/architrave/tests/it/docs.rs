//! `architrave docs` as its user meets it: documents that are checked, comments that come back, and files of others that stay.

use crate::cli::{Outcome, project, run};
use std::path::Path;

static SCHEMA: &str = "create type order_state as enum ('open', 'paid');
    create table customers (id bigint generated always as identity primary key, email text not null unique);
    comment on table customers is 'People who buy.';
    create table orders (id bigint generated always as identity primary key, customer_id bigint not null references customers,
        state order_state not null default 'open', total numeric(10,2) check (total >= 0));
    comment on column orders.total is 'In euro, it''s gross.';
    create view open_orders as select id, total from orders where state = 'open';
    create table \"we\"\"ird | 💥</script>\" (\"=1+1\" text);
    comment on column \"we\"\"ird | 💥</script>\".\"=1+1\" is '=cmd|x';";

static CODE: &str = "const open = await sql`select id, total from orders where state = ${state}`;\nsupabase.from('customers').select();\n";

fn shop() -> tempfile::TempDir {
    project(&[("migrations/0001_init.sql", SCHEMA), ("src/orders.ts", CODE)])
}

fn docs(folder: &tempfile::TempDir, more: &[&str]) -> Outcome {
    let mut arguments = vec!["docs".to_owned(), path(folder, "")];
    for argument in more {
        // What names a file lies in the folder.
        let is_file = argument.contains('.') && !argument.starts_with('-') || *argument == "docs";
        arguments.push(if is_file { path(folder, argument) } else { (*argument).to_owned() });
    }
    run(&arguments)
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// Whether private servers can be had; a run without one says so and is refused.
fn is_executed(outcome: &Outcome) -> bool {
    assert!(outcome.status == 0 || outcome.stderr.contains("PostgreSQL"), "{}", outcome.stderr);
    outcome.status == 0
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found.sort();
    found
}

#[test]
fn documents_are_written_and_checked() {
    let folder = shop();
    let all = ["-o", "docs", "-o", "shop.html", "-o", "shop.csv", "-o", "shop.xlsx", "-o", "shop.json"];
    let outcome = docs(&folder, &all);
    if !is_executed(&outcome) {
        return;
    }
    assert!(outcome.stdout.contains("public  1 of 4 tables and views and 2 of 9 columns have a comment"), "{}", outcome.stdout);
    let page = read(&folder, "docs/public/orders.md");
    for part in [
        "| 2 | `customer_id` | `bigint` | no |  | → [customers](customers.md).id |",
        "[`public.order_state`](README.md#type-order_state)",
        "| In euro, it's gross. |",
        "`CHECK ((total >= (0)::numeric))`",
        "[open\\_orders](open_orders.md)",
        "- `src/orders.ts`: SQL",
        "migrations/0001_init.sql:4`",
    ] {
        assert!(page.contains(part) || page.contains(&part.replace("\\_", "_")), "no {part} in {page}");
    }
    let json: serde_json::Value = serde_json::from_str(&read(&folder, "shop.json")).unwrap();
    let uses = &json["schemas"][0]["relations"][0]["uses"][0];
    assert_eq!((uses["path"].as_str(), uses["line"].as_u64()), (Some("src/orders.ts"), Some(2)));
    let checked = docs(&folder, &[&["--check"], &all[..]].concat());
    assert_eq!((checked.status, checked.stdout.as_str()), (0, ""), "{}", checked.stderr);

    std::fs::write(folder.path().join("migrations/0002_note.sql"), "alter table orders add note text;").unwrap();
    let before = files_below(folder.path());
    let checked = docs(&folder, &[&["--check"], &all[..]].concat());
    assert_eq!(checked.status, 1, "{}", checked.stderr);
    for name in ["docs/public/orders.md differs", "shop.html differs", "shop.csv differs", "shop.xlsx differs", "shop.json differs"] {
        assert!(checked.stdout.contains(name), "{name}: {}", checked.stdout);
    }
    assert!(!checked.stdout.contains("customers.md"), "{}", checked.stdout);
    assert_eq!(files_below(folder.path()), before);
}

#[test]
fn an_edited_csv_becomes_a_migration_that_makes_the_comments() {
    let folder = shop();
    if !is_executed(&docs(&folder, &["-o", "shop.csv"])) {
        return;
    }
    let csv = read(&folder, "shop.csv");
    assert!(csv.contains("'=1+1") && csv.contains("'=cmd|x"), "{csv}");
    let edited = csv
        .replace("People who buy.", "People who buy;\nand who \"\"return\"\".")
        .replace(",People", ",\"People")
        .replace("\"\".,c:", "\"\".\",c:");
    assert_ne!(edited, csv);
    std::fs::write(folder.path().join("edited.csv"), edited).unwrap();
    docs(&folder, &["-o", "edited.csv"]).refused(&["edited.csv holds edited comments that the database does not have (1)", "--force"]);
    let printed = docs(&folder, &["--comments-from", "edited.csv"]);
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert!(
        printed.stdout.contains(r#"comment on table public.customers is E'People who buy;\nand who "return".';"#),
        "{}",
        printed.stdout
    );
    assert!(printed.stdout.contains("-- comment on table public.customers is 'People who buy.';"), "{}", printed.stdout);
    assert!(printed.stderr.contains("1 comment changes of"), "{}", printed.stderr);
    assert!(printed.stderr.contains("1 statement accepted, every comment reads back as given, and the way back restores the schema"));

    let written = docs(&folder, &["--comments-from", "edited.csv", "--write"]);
    assert_eq!(written.status, 0, "{}", written.stderr);
    assert!(read(&folder, "migrations/0002_comments.sql").starts_with("comment on table public.customers"));
    let again = docs(&folder, &["--comments-from", "edited.csv", "--write"]);
    assert!(again.stderr.contains("no comment is to change"), "{}", again.stderr);
}

#[test]
fn conflicts_and_unknown_rows_are_said() {
    let folder = shop();
    if !is_executed(&docs(&folder, &["-o", "shop.csv"])) {
        return;
    }
    let csv = read(&folder, "shop.csv");
    std::fs::write(folder.path().join("edited.csv"), csv.replace("People who buy.", "Mine.")).unwrap();
    std::fs::write(folder.path().join("migrations/0002_theirs.sql"), "comment on table customers is 'Theirs.';").unwrap();
    let outcome = docs(&folder, &["--comments-from", "edited.csv"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("public.customers has “Theirs.” in the database by now, and “Mine.” in the file"),
        "{}",
        outcome.stderr
    );
    let outcome = docs(&folder, &["--comments-from", "edited.csv", "--overwrite"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("is 'Mine.';"), "{}", outcome.stdout);
    std::fs::write(folder.path().join("edited.csv"), csv.replace("customers", "clients")).unwrap();
    docs(&folder, &["--comments-from", "edited.csv"]).refused(&["edited.csv: line 2 (public.clients)", "no such table or column"]);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = shop();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    docs(&folder, &["-o", "shop.pdf"]).refused(&["no document ends in .pdf"]);
    docs(&folder, &["--check"]).refused(&["--check needs -o"]);
    docs(&folder, &["--comments-from", "mine.txt", "-o", "x.csv"]).refused(&["writes one .sql file"]);
    let outcome = run(&["docs", &path(&folder, ""), "-o", &path(&folder, "")]);
    if outcome.stderr.contains("holds files") {
        outcome.refused(&["holds files and no documentation of architrave", "--force"]);
    }
    assert_eq!(read(&folder, "mine.txt"), "mine");
}

#[test]
fn diagrams_are_forms_by_their_ending_or_when_asked_for() {
    let folder = shop();
    let all = ["--diagram", "-o", "erd.svg", "-o", "erd.html", "-o", "erd.md", "-o", "erd.mmd", "-o", "erd.dbml", "-o", "erd.dot"];
    if !is_executed(&docs(&folder, &all)) {
        return;
    }
    for (file, part) in [
        ("erd.svg", "<title>orders.customer_id → customers.id</title>"),
        ("erd.html", "ER diagram"),
        ("erd.md", "\"customers\" ||--o{ \"orders\" : \"customer_id\""),
        ("erd.mmd", "erDiagram"),
        ("erd.dbml", "Enum \"public\".\"order_state\" {"),
        ("erd.dot", "arrowhead=crowodot"),
    ] {
        let text = read(&folder, file);
        assert!(text.contains(part), "{file}: {text}");
        assert!(file == "erd.dbml" || !text.contains("💥</script>"), "{file}");
    }
    let plain = docs(&folder, &["-o", "erd.svg", "-o", "shop.html", "--views"]);
    assert_eq!(plain.status, 0, "{}", plain.stderr);
    assert!(read(&folder, "erd.svg").contains("reads orders") && !read(&folder, "shop.html").contains("ER diagram"));
    let stale = docs(&folder, &["--check", "-o", "erd.svg"]);
    assert_eq!(stale.status, 1, "without views the picture is another: {}", stale.stdout);
}

#[test]
fn what_has_changed_since_an_older_state_is_said() {
    let older = tempfile::tempdir().unwrap();
    let script = older.path().join("older.sql");
    std::fs::write(&script, SCHEMA.replace(" unique)", ", phone text)").replace("numeric(10,2)", "numeric(12,2)")).unwrap();
    let folder = shop();
    let since = script.display().to_string();
    let outcome = run(&["docs".to_owned(), path(&folder, ""), "--no-code".to_owned(), "--since".to_owned(), since.clone()]);
    if !is_executed(&outcome) {
        return;
    }
    for part in [
        "| tables | 0 | 0 | 2 |",
        "column `public.customers.phone` removed: Statements that name it fail",
        "`numeric(12,2)` | `numeric(10,2)` | **breaks**",
    ] {
        assert!(outcome.stdout.contains(part), "{part}\n{}", outcome.stdout);
    }
    let page = folder.path().join("changes.html").display().to_string();
    let outcome = run(&["docs".to_owned(), path(&folder, ""), "--no-code".to_owned(), "--since".to_owned(), since, "-o".to_owned(), page]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(read(&folder, "changes.html").contains("m-changed"));
}
