//! sql-migrate projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn sections_by_number_then_name() {
    check(
        &[
            ("m/10_c.sql", "-- +migrate Up notransaction\ncreate index concurrently i on a (id);\n-- +migrate Down\ndrop index i;\n"),
            (
                "m/9_b.sql",
                "-- +migrate Up\n-- +migrate StatementBegin\ncreate function f() returns int language sql as $$ select 1; $$;\n-- +migrate StatementEnd\n",
            ),
            ("m/1_a.sql", "-- +migrate Up\ncreate table a (id bigserial);\n-- +migrate Down\ndrop table a;\n"),
            ("m/2_x.sql", "create table never (id int);"),
        ],
        expect![[r#"
            m (sql-migrate) m
              1_a.sql PerFile +down m/1_a.sql: 2:1 create table a (id bigserial)
                down same file: 4:1 drop table a
              9_b.sql PerFile m/9_b.sql: 3:1 create function f() returns int language sql as $$ select 1; $$
              10_c.sql PerStatement +down m/10_c.sql: 2:1 create index concurrently i on a (id)
                down PerFile same file: 4:1 drop index i
              note m/2_x.sql:1: sql-migrate refuses this file: it has no -- +migrate Up
        "#]],
    );
}
