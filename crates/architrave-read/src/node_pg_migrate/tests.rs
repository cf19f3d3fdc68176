//! node-pg-migrate projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn sections_in_one_transaction() {
    check(
        &[
            ("package.json", "{\"dependencies\": {\"node-pg-migrate\": \"^7.0.0\", \"pg\": \"^8\"}}"),
            ("migrations/1700000000001_a.sql", "-- Up Migration\ncreate table a (id int);\n\n-- Down Migration\ndrop table a;\n"),
            ("migrations/1700000000002_b.sql", "create table b (id int);"),
            ("migrations/1700000000003_c.sql", "-- no transaction\n-- Up Migration\ncreate index concurrently i on a (id);\n"),
            ("migrations/1700000000004_d.js", "exports.up = () => {}"),
        ],
        expect![[r#"
            migrations (node-pg-migrate) migrations
              1700000000001_a AllFiles +down migrations/1700000000001_a.sql: 2:1 create table a (id int)
                down same file: 5:1 drop table a
              1700000000002_b AllFiles migrations/1700000000002_b.sql: 1:1 create table b (id int)
              1700000000003_c PerStatement migrations/1700000000003_c.sql: 3:1 create index concurrently i on a (id)
              note migrations/1700000000004_d.js:1: a migration written in JavaScript or TypeScript; not read
            gap migrations/1700000000004_d.js: written in JavaScript or TypeScript; only SQL is read
        "#]],
    );
}
