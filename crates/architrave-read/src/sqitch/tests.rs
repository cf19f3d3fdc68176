//! Sqitch projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn the_plan_rules() {
    check(
        &[
            ("db/sqitch.conf", "[core]\n\tengine = pg\n"),
            (
                "db/sqitch.plan",
                "%syntax-version=1.0.0\n%project=shop\n\nschema 2024-01-01T00:00:00Z Ann <a@x> # first\nusers [schema] 2024-01-02T00:00:00Z Ann <a@x> # users\n@v1 2024-01-03T00:00:00Z Ann <a@x> # tag\nusers [users@v1] 2024-01-04T00:00:00Z Ann <a@x> # rework\nlost 2024-01-05T00:00:00Z Ann <a@x>\n",
            ),
            ("db/deploy/schema.sql", "-- Deploy schema\n\\set x 1\nBEGIN;\ncreate schema s;\nCOMMIT;\n"),
            ("db/revert/schema.sql", "BEGIN;\ndrop schema s;\nCOMMIT;\n"),
            ("db/deploy/users@v1.sql", "create table s.users (id int);"),
            ("db/revert/users@v1.sql", "drop table s.users;"),
            ("db/deploy/users.sql", "alter table s.users add a text;"),
            ("db/deploy/idea.sql", "select 1;"),
        ],
        expect![[r#"
            db (Sqitch) db/deploy
              schema PerStatement +down db/deploy/schema.sql: 2:1 \set x 1 | 3:1 BEGIN | 4:1 create schema s | 5:1 COMMIT
                down db/revert/schema.sql: 1:1 BEGIN | 2:1 drop schema s | 3:1 COMMIT
              users PerStatement +down db/deploy/users@v1.sql: 1:1 create table s.users (id int)
                down db/revert/users@v1.sql: 1:1 drop table s.users
              users PerStatement db/deploy/users.sql: 1:1 alter table s.users add a text
              note db/deploy/idea.sql:1: sqitch.plan does not list this change: it never runs
              note db/sqitch.plan:7: db/revert/users.sql does not exist: sqitch revert stops here
              note db/sqitch.plan:8: db/deploy/lost.sql does not exist: sqitch stops here
        "#]],
    );
}

#[test]
fn another_engine_is_left_out() {
    check(
        &[
            ("sqitch.conf", "[core]\nengine = mysql\n"),
            ("sqitch.plan", "%project=x\na 2024-01-01T00:00:00Z A <a@x>\n"),
            ("deploy/a.sql", "create table a (id int);"),
        ],
        expect![[r#"
            gap database in deploy: sqitch.conf says engine mysql, not pg
        "#]],
    );
}
