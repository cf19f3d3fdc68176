//! graphile-migrate projects.

use crate::history::graphile;
use crate::testing::check;
use expect_test::expect;

/// A committed file after another, with its hash.
fn committed(previous: Option<&str>, body: &str) -> (String, String) {
    let text = |hash: &str| format!("--! Previous: {}\n--! Hash: {hash}\n\n{body}", previous.unwrap_or("-"));
    let hash = graphile(text("x").as_bytes()).unwrap().computed;
    (text(&hash), hash)
}

#[test]
fn a_chain_of_hashes_and_the_current_work() {
    let (first, hash) = committed(None, "create table a (id int);\n");
    let (second, _) = committed(Some(&hash), "--! no-transaction\ncreate index concurrently i on a (id);\n");
    let (third, _) = committed(Some("sha1:0"), "grant all on a to :DATABASE_OWNER;\nselect 1;\n");
    check(
        &[
            ("migrations/committed/000001.sql", &first),
            ("migrations/committed/000002-i.sql", &second),
            ("migrations/committed/000003.sql", &third.replace("select 1", "select 2")),
            ("migrations/committed/notes.sql", "select 1;"),
            ("migrations/current.sql", "-- Enter migration here\nalter table a add b int;\n"),
        ],
        expect![[r#"
            migrations (graphile-migrate) migrations
              000001.sql PerFile migrations/committed/000001.sql: 4:1 create table a (id int)
              000002-i.sql PerStatement migrations/committed/000002-i.sql: 5:1 create index concurrently i on a (id)
              000003.sql PerFile migrations/committed/000003.sql: 4:1 grant all on a to :DATABASE_OWNER | 5:1 select 2
              current PerFile migrations/current.sql: 2:1 alter table a add b int
              note migrations/committed/000003.sql:1: does not follow the migration before it by its hash: graphile-migrate stops
              note migrations/committed/000003.sql:2: is not as its hash says: graphile-migrate stops at an edited migration
              note migrations/committed/notes.sql:1: graphile-migrate skips this file: its name is not <six digits>.sql
        "#]],
    );
}
