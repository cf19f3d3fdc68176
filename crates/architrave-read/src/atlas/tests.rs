//! Atlas projects.

use crate::history::atlas_sums;
use crate::testing::check;
use crate::text::TextFile;
use expect_test::expect;

/// `atlas.sum` of these files.
fn sum(files: &[(&str, &str)]) -> String {
    let texts: Vec<(&str, TextFile)> = files.iter().map(|(n, t)| (*n, TextFile { text: (*t).to_owned(), ..TextFile::default() })).collect();
    let texts: Vec<(&str, &TextFile)> = texts.iter().map(|(n, t)| (*n, t)).collect();
    let lines: Vec<String> = atlas_sums(&texts).into_iter().map(|(name, sum)| format!("{name} h1:{sum}\n")).collect();
    format!("h1:whole\n{}", lines.concat())
}

const A: (&str, &str) = ("20240101000000_a.sql", "-- create a\nCREATE TABLE a (id int);\n");
const B: (&str, &str) = ("20240102000000_b.sql", "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON a (id);\n");

#[test]
fn files_in_order_with_their_modes() {
    check(
        &[("migrations/atlas.sum", &sum(&[A, B])), ("migrations/20240101000000_a.sql", A.1), ("migrations/20240102000000_b.sql", B.1)],
        expect![[r#"
        migrations (Atlas) migrations
          20240101000000 PerFile migrations/20240101000000_a.sql: 2:1 CREATE TABLE a (id int)
          20240102000000 PerStatement migrations/20240102000000_b.sql: 3:1 CREATE INDEX CONCURRENTLY i ON a (id)
    "#]],
    );
}

#[test]
fn an_edit_breaks_the_seal_and_a_checkpoint_starts_anew() {
    let checkpoint = ("20240103000000_c.sql", "-- atlas:checkpoint\n\nCREATE TABLE a (id int);\n");
    check(
        &[
            ("migrations/atlas.sum", &sum(&[A, B, ("20240104_gone.sql", "")])),
            ("migrations/20240101000000_a.sql", A.1),
            ("migrations/20240102000000_b.sql", "CREATE INDEX i ON a (id);\n"),
            ("migrations/20240103000000_c.sql", checkpoint.1),
        ],
        expect![[r#"
            migrations (Atlas) migrations
              20240103000000 PerFile migrations/20240103000000_c.sql: 3:1 CREATE TABLE a (id int)
              note migrations/20240102000000_b.sql:1: is not as atlas.sum says, or a file before it is not: Atlas refuses the folder
              note migrations/20240103000000_c.sql:1: checkpoint: an empty database starts here and skips all files before it
        "#]],
    );
}
