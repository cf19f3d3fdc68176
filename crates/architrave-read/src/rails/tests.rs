//! `structure.sql` of Rails.

use crate::testing::check;
use expect_test::expect;

#[test]
fn the_structure_stands_for_the_migrations() {
    check(
        &[
            (
                "db/structure.sql",
                "SET statement_timeout = 0;\nCREATE TABLE public.a (id bigint);\nSET search_path TO \"$user\", public;\n\nINSERT INTO \"schema_migrations\" (version) VALUES\n('20240102000000'),\n('20240101000000'),\n('1');\n",
            ),
            ("db/migrate/001_first.rb", ""),
            ("db/migrate/20240101000000_a.rb", ""),
            ("db/migrate/20240102000000_b.rb", ""),
            ("db/migrate/20240103000000_c.rb", ""),
        ],
        expect![[r#"
            db (Rails structure.sql) db/structure.sql
              structure.sql PerStatement db/structure.sql: 1:1 SET statement_timeout = 0 | 2:1 CREATE TABLE public.a (id bigint) | 3:1 SET search_path TO "$user", public | 5:1 INSERT INTO "schema_migrations" (version) VALUES ('20240102000000'), ('20240101000000'), ('1')
              note db/migrate/20240103000000_c.rb:1: db/structure.sql does not have this migration: it was not dumped after it
        "#]],
    );
}
