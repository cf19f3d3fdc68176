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
fn a_reset_runs_scripts_first_and_an_edited_migration_may_be_meant() {
    let (first, hash) = committed(None, "alter table a add b int;\n");
    let edited = format!("--! AllowInvalidHash\n--! Previous: {hash}\n--! Hash: sha1:1\n\nalter table a add c int;\n");
    check(
        &[
            (
                ".gmrc",
                "{\n  // roles first\n  \"afterReset\": [\"!roles.sql\", \"schema.sql\", \"gone.sql\", { \"_\": \"command\", \"command\": \"seed\" }],\n  \"afterCurrent\": [\"watch.sql\"],\n}\n",
            ),
            ("migrations/roles.sql", "create role anonymous;\n"),
            ("migrations/schema.sql", "create table a (id int);\n"),
            ("migrations/watch.sql", "select 1;\n"),
            ("migrations/committed/000001.sql", &first),
            ("migrations/committed/000002.sql", &edited),
        ],
        expect![[r#"
            migrations (graphile-migrate) migrations
              afterReset PerFile migrations/roles.sql: 1:1 create role anonymous
              afterReset PerFile migrations/schema.sql: 1:1 create table a (id int)
              000001.sql PerFile migrations/committed/000001.sql: 4:1 alter table a add b int
              000002.sql PerFile migrations/committed/000002.sql: 5:1 alter table a add c int
              note .gmrc:1: afterReset names migrations/gone.sql, which does not exist: graphile-migrate reset stops
              note .gmrc:1: afterReset starts 1 command(s) after a reset: none was started
        "#]],
    );
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
