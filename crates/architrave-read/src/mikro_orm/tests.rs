//! MikroORM projects.

use crate::testing::check;
use expect_test::expect;

#[test]
fn added_sql() {
    check(
        &[
            (
                "src/migrations/Migration20240101000000.ts",
                "import { Migration } from '@mikro-orm/migrations';\n\nexport class Migration20240101000000 extends Migration {\n\n  override async up(): Promise<void> {\n    this.addSql(`create table \"a\" (\"id\" serial primary key);`);\n  }\n\n  override async down(): Promise<void> {\n    this.addSql(`drop table if exists \"a\" cascade;`);\n  }\n\n}\n",
            ),
            (
                "src/migrations/Migration20240102000000_i.ts",
                "import { Migration } from '@mikro-orm/migrations';\nexport class M extends Migration {\n  isTransactional(): boolean { return false; }\n  async up() { this.addSql('create index concurrently i on a (id);'); }\n}\n",
            ),
        ],
        expect![[r#"
            src/migrations (MikroORM) src/migrations
              Migration20240101000000 AllFiles +down src/migrations/Migration20240101000000.ts: 6:18 create table "a" ("id" serial primary key)
                down same file: 10:18 drop table if exists "a" cascade
              Migration20240102000000_i PerStatement src/migrations/Migration20240102000000_i.ts: 4:29 create index concurrently i on a (id)
        "#]],
    );
}
