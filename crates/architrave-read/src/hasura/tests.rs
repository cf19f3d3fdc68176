//! Hasura projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn folders_by_milliseconds() {
    check(
        &[
            ("api/config.yaml", "version: 3\nendpoint: http://x\nmetadata_directory: metadata\n"),
            ("api/migrations/default/1700000000001_b/up.sql", "create table b (id int);\ncreate index on b (id);"),
            ("api/migrations/default/1700000000001_b/down.sql", "drop table b;"),
            ("api/migrations/default/1700000000000_a/up.sql", "create table a (id int);"),
            ("api/migrations/default/init/up.sql", "select 1;"),
        ],
        expect![[r#"
            api/migrations/default (Hasura) api/migrations/default
              1700000000000_a PerFile api/migrations/default/1700000000000_a/up.sql: 1:1 create table a (id int)
              1700000000001_b PerFile +down api/migrations/default/1700000000001_b/up.sql: 1:1 create table b (id int) | 2:1 create index on b (id)
                down api/migrations/default/1700000000001_b/down.sql: 1:1 drop table b
              note api/migrations/default/init/up.sql:1: Hasura skips this file: its name is not <milliseconds>_name
        "#]],
    );
}
