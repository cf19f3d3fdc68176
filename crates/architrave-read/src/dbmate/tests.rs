//! dbmate projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn up_sections_in_order() {
    check(
        &[
            (
                "db/migrations/20240102_b.sql",
                "-- migrate:up transaction:false\ncreate index concurrently i on a (id);\n\n-- migrate:down\ndrop index i;\n",
            ),
            (
                "db/migrations/20240101_a.sql",
                "-- migrate:up\ncreate table a (id int);\n  create table b (id int);\n-- migrate:down\ndrop table b;\ndrop table a;\n",
            ),
            ("db/migrations/20240103_c.sql", "-- migrate:up transaction:false\nselect 1;\nselect 2;\n"),
            ("db/migrations/20240104_d.sql", "create table forgotten (id int);"),
            (
                "db/migrations/20240105_e.sql",
                "-- migrate:up\nalter table a\n    add b int\n    -- migrate:down\n    alter table a drop b;\n",
            ),
            ("db/migrations/notes.sql", "-- nothing"),
            ("db/schema.sql", "--\n-- PostgreSQL database dump\n--\ncreate table a (id int);\n"),
        ],
        expect![[r#"
            db/migrations (dbmate) db/migrations
              20240101 PerFile +down db/migrations/20240101_a.sql: 2:1 create table a (id int) | 3:3 create table b (id int)
                down same file: 5:1 drop table b | 6:1 drop table a
              20240102 PerStatement +down db/migrations/20240102_b.sql: 2:1 create index concurrently i on a (id)
                down PerFile same file: 5:1 drop index i
              20240103 Implicit db/migrations/20240103_c.sql: 2:1 select 1 | 3:1 select 2
              20240105 PerFile +down db/migrations/20240105_e.sql: 2:1 alter table a add b int
                down same file: 5:5 alter table a drop b
              note db/migrations/20240104_d.sql:1: dbmate refuses this file: it has no -- migrate:up
              note db/migrations/20240105_e.sql:4: dbmate does not see this mark and refuses the file: a mark begins its line
              note db/migrations/notes.sql:1: dbmate skips this file: its name is not <digits>….sql
              note db/schema.sql:1: not read: the migrations in db/migrations are the source of this schema
        "#]],
    );
}
