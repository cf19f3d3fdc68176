//! TypeORM projects.

use crate::testing::check;
use expect_test::expect;

fn class(name: &str, fields: &str, up: &str) -> String {
    format!(
        "import {{ MigrationInterface, QueryRunner }} from \"typeorm\";\n\nexport class {name} implements MigrationInterface {{\n{fields}\n  public async up(queryRunner: QueryRunner): Promise<void> {{\n    {up}\n  }}\n\n  public async down(queryRunner: QueryRunner): Promise<void> {{\n    await queryRunner.query(`DROP TABLE \"a\"`);\n  }}\n}}\n"
    )
}

#[test]
fn generated_migrations() {
    check(
        &[
            ("package.json", "{\"dependencies\": {\"typeorm\": \"^0.3\", \"pg\": \"^8\"}}"),
            (
                "src/migration/1700000000000-Init.ts",
                &class(
                    "Init1700000000000",
                    "  name = 'Init1700000000000'",
                    "await queryRunner.query(`CREATE TABLE \"a\" (\"id\" uuid NOT NULL DEFAULT uuid_generate_v4())`);",
                ),
            ),
            (
                "src/migration/1700000000001-Index.ts",
                &class("Index1700000000001", "  transaction = false", "await queryRunner.query('CREATE INDEX CONCURRENTLY i ON a (id)');"),
            ),
            ("src/migration/1700000000001-Index.js", "exports.up = 1"),
        ],
        expect![[r#"
            src/migration (TypeORM) src/migration
              Init1700000000000 AllFiles +down src/migration/1700000000000-Init.ts: 6:30 CREATE TABLE "a" ("id" uuid NOT NULL DEFAULT uuid_generate_v4())
                down same file: 10:30 DROP TABLE "a"
              Index1700000000001 PerStatement +down src/migration/1700000000001-Index.ts: 6:30 CREATE INDEX CONCURRENTLY i ON a (id)
                down same file: 10:30 DROP TABLE "a"
        "#]],
    );
}

#[test]
fn another_database_is_left_out() {
    check(
        &[(
            "migrations/1700000000000-Init.ts",
            &class("Init1700000000000", "", "await queryRunner.query('CREATE TABLE `a` (`id` int AUTO_INCREMENT)');"),
        )],
        expect![[r#"
            gap 1 migrations of Knex, TypeORM, Sequelize or another query builder in migrations: written in JavaScript or TypeScript; only SQL is read [review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql]
            gap database in migrations: it is written for MySQL: AUTO_INCREMENT in migrations/1700000000000-Init.ts
        "#]],
    );
}
