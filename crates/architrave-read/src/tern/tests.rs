//! tern projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn numbers_without_gaps() {
    check(
        &[
            ("db/tern.conf", "[database]\nhost = x\n"),
            (
                "db/001_a.sql",
                "create table {{.prefix}}a (id int);\ncreate table b (id int);\n---- create above / drop below ----\ndrop table b;\n",
            ),
            ("db/003_c.sql", "---- tern: disable-tx ----\ncreate index concurrently i on b (id);\n"),
            ("db/code.sql", "select 1;"),
        ],
        expect![[r#"
            db (tern) db
              001 PerFile +down db/001_a.sql: 1:1 create table {{.prefix}}a (id int) | 2:1 create table b (id int)
                down same file: 4:1 drop table b
              003 PerStatement db/003_c.sql: 2:1 create index concurrently i on b (id)
              note db/003_c.sql:1: tern stops: migration 2 is missing
              note db/code.sql:1: tern skips this file: its name is not <number>_name.sql
        "#]],
    );
}
