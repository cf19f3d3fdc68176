//! Sequelize projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn queries_of_the_interface() {
    check(
        &[
            (
                "migrations/20240101000000-a.js",
                "'use strict';\nmodule.exports = {\n  async up(queryInterface, Sequelize) {\n    await queryInterface.sequelize.query('create table a (id int)');\n    await queryInterface.sequelize.query(\"create index concurrently i on a (id)\");\n  },\n  async down(queryInterface) {\n    await queryInterface.sequelize.query('drop table a');\n  },\n};\n",
            ),
            (
                "migrations/20240102000000-b.js",
                "module.exports = {\n  up: (queryInterface) => queryInterface.sequelize.transaction((transaction) => queryInterface.sequelize.query('alter table a add b text', { transaction })),\n  down: async (queryInterface) => { await queryInterface.removeColumn('a', 'b'); },\n};\n",
            ),
        ],
        expect![[r#"
            migrations (Sequelize) migrations
              20240101000000-a.js PerStatement +down migrations/20240101000000-a.js: 4:43 create table a (id int) | 5:43 create index concurrently i on a (id)
                down same file: 8:43 drop table a
              20240102000000-b.js PerFile +down migrations/20240102000000-b.js: 2:113 alter table a add b text
        "#]],
    );
}
