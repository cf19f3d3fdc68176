//! Knex projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn raw_sql_is_read_where_most_of_it_is() {
    check(
        &[
            ("package.json", "{\"dependencies\": {\"knex\": \"^3\", \"pg\": \"^8\"}}"),
            (
                "migrations/20240101000000_a.js",
                "exports.up = function (knex) {\n  return knex.raw(`\n    create table a (id int);\n    create table b (id int);\n  `);\n};\nexports.down = (knex) => knex.raw('drop table a');\n",
            ),
            (
                "migrations/20240102000000_b.ts",
                "import { Knex } from 'knex';\nexport const config = { transaction: false };\nexport async function up(knex: Knex) {\n  await knex.raw('create index concurrently i on a (id)');\n}\n",
            ),
            (
                "migrations/20240103000000_c.js",
                "exports.up = async (knex) => {\n  await knex.schema.alterTable('a', (t) => t.text('x'));\n};\nexports.down = () => {};\n",
            ),
        ],
        expect![[r#"
            migrations (Knex) migrations
              20240101000000_a.js PerFile +down migrations/20240101000000_a.js: 3:5 create table a (id int) | 4:5 create table b (id int)
                down same file: 7:36 drop table a
              20240102000000_b.ts PerStatement migrations/20240102000000_b.ts: 4:19 create index concurrently i on a (id)
              20240103000000_c.js PerFile migrations/20240103000000_c.js: 
              note migrations/20240103000000_c.js:1: has no statement
              note migrations/20240103000000_c.js:2: alterTable is a call, not SQL; what it does is not read
            gap migrations/20240103000000_c.js: written as a program in part; only its SQL is read
        "#]],
    );
}

#[test]
fn builders_stay_unread() {
    check(
        &[
            ("migrations/20240101000000_a.js", "exports.up = (knex) => knex.schema.createTable('a', () => {});\n"),
            ("migrations/20240102000000_b.js", "exports.up = (knex) => knex.raw('select 1');\n"),
        ],
        expect![[r#"
            gap 2 migrations of Knex, TypeORM, Sequelize or another query builder in migrations: written in JavaScript or TypeScript; only SQL is read [review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql]
        "#]],
    );
}
