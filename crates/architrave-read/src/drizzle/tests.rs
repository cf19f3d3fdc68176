//! Drizzle projects.

use crate::testing::check;
use expect_test::expect;

fn journal(dialect: &str, entries: &[(&str, i64)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .enumerate()
        .map(|(i, (tag, when))| format!("    {{\n      \"idx\": {i},\n      \"version\": \"7\",\n      \"when\": {when},\n      \"tag\": \"{tag}\",\n      \"breakpoints\": true\n    }}"))
        .collect();
    format!("{{\n  \"version\": \"7\",\n  \"dialect\": \"{dialect}\",\n  \"entries\": [\n{}\n  ]\n}}\n", entries.join(",\n"))
}

#[test]
fn the_journal_rules() {
    let journal = journal("postgresql", &[("0000_a", 100), ("0001_b", 300), ("0002_c", 200), ("0003_gone", 400)]);
    check(
        &[
            ("drizzle/meta/_journal.json", &journal),
            ("drizzle/meta/0000_snapshot.json", "{}"),
            (
                "drizzle/0000_a.sql",
                "CREATE TABLE a (id int);\n--> statement-breakpoint\nCREATE TABLE b (id int)\n--> statement-breakpoint\nCREATE TABLE c (id int);--> statement-breakpoint\nCREATE TABLE d (id int);",
            ),
            ("drizzle/0001_b.sql", "ALTER TABLE a ADD x int;"),
            ("drizzle/0002_c.sql", "ALTER TABLE a ADD y int;"),
            ("drizzle/0002_abandoned.sql", "ALTER TABLE a ADD z int;"),
        ],
        expect![[r#"
            drizzle (Drizzle Kit) drizzle
              0000_a AllFiles drizzle/0000_a.sql: 1:1 CREATE TABLE a (id int) | 3:1 CREATE TABLE b (id int) | 5:1 CREATE TABLE c (id int) | 6:1 CREATE TABLE d (id int)
              0001_b AllFiles drizzle/0001_b.sql: 1:1 ALTER TABLE a ADD x int
              0002_c AllFiles drizzle/0002_c.sql: 1:1 ALTER TABLE a ADD y int
              note drizzle/0002_abandoned.sql:1: the journal does not list 0002_abandoned: Drizzle never runs it
              note drizzle/meta/_journal.json:23: 0002_c: its "when" 200 is not later than 300 of 0001_b: a database that has 0001_b skips it silently
              note drizzle/meta/_journal.json:30: 0003_gone: the journal lists it, but drizzle/0003_gone.sql does not exist; the migrator stops
            gap drizzle/0003_gone.sql: the journal lists it, but it does not exist
        "#]],
    );
}

#[test]
fn other_dialects_are_gaps() {
    let sqlite = journal("sqlite", &[("0000_a", 1)]);
    check(
        &[("drizzle/meta/_journal.json", &sqlite), ("drizzle/0000_a.sql", "CREATE TABLE `a` (`id` integer);")],
        expect![[r#"
        gap database in drizzle: drizzle/meta/_journal.json says dialect "sqlite", not postgresql
    "#]],
    );
    check(
        &[("drizzle/meta/_journal.json", "{"), ("drizzle/0000_a.sql", "CREATE TABLE a (id integer);")],
        expect![[r#"
        gap database in drizzle: drizzle/meta/_journal.json is not valid JSON (line 1)
    "#]],
    );
}

#[test]
fn a_folder_per_migration_since_version_one() {
    check(
        &[
            ("src/db/drizzle/20250101_a/migration.sql", "CREATE TABLE a (id int);--> statement-breakpoint\nCREATE TABLE b (id int);"),
            ("src/db/drizzle/20250101_a/snapshot.json", "{\"dialect\": \"postgres\"}"),
            ("src/db/drizzle/20250201_b/migration.sql", "ALTER TABLE a ADD x int;"),
            ("src/db/drizzle/20250201_b/snapshot.json", "{\"dialect\": \"postgres\"}"),
            ("lite/drizzle/1_a/migration.sql", "CREATE TABLE a (id int);"),
            ("lite/drizzle/1_a/snapshot.json", "{\"dialect\": \"sqlite\"}"),
        ],
        expect![[r#"
            src/db/drizzle (Drizzle Kit) src/db/drizzle
              20250101_a AllFiles src/db/drizzle/20250101_a/migration.sql: 1:1 CREATE TABLE a (id int) | 2:1 CREATE TABLE b (id int)
              20250201_b AllFiles src/db/drizzle/20250201_b/migration.sql: 1:1 ALTER TABLE a ADD x int
            gap database in lite/drizzle: its snapshots say dialect "sqlite", not postgresql
        "#]],
    );
}

#[test]
fn a_pushed_schema_is_a_gap() {
    check(
        &[
            ("apps/web/package.json", "{}"),
            ("apps/web/src/drizzle.config.ts", "export default defineConfig({\n  dialect: \"postgresql\",\n  schema: './schema.ts',\n})"),
            ("apps/lite/drizzle.config.ts", "export default { dialect: 'sqlite' }"),
        ],
        expect![[r#"
            gap database of apps/web/src/drizzle.config.ts: Drizzle is configured for PostgreSQL, but no migrations were found; its TypeScript schema is not read [write migrations: drizzle-kit generate]
        "#]],
    );
}

#[test]
fn migrations_of_supabase_with_a_journal_are_read_once() {
    let journal = journal("postgresql", &[("20240101000000_a", 1)]);
    check(
        &[
            ("supabase/config.toml", ""),
            ("supabase/migrations/20240101000000_a.sql", "CREATE TABLE a (id int);"),
            ("supabase/migrations/meta/_journal.json", &journal),
            ("package.json", "{}"),
            ("drizzle.config.ts", "export default { dialect: 'postgresql', out: './supabase/migrations' }"),
        ],
        expect![[r#"
            supabase (Supabase migrations) supabase/migrations api=public,graphql_public
              20240101000000 Implicit supabase/migrations/20240101000000_a.sql: 1:1 CREATE TABLE a (id int)
        "#]],
    );
}

#[test]
fn files_beyond_the_journal_are_run_in_another_way() {
    let journal = journal("postgresql", &[("0000_a", 1)]);
    check(
        &[
            ("lib/db/migrations/meta/_journal.json", &journal),
            ("lib/db/migrations/0000_a.sql", "CREATE TABLE a (id int);"),
            ("lib/db/migrations/0001_b.sql", "DROP TABLE a;"),
            ("lib/db/migrations/0002_c.sql", "CREATE TABLE c (id int);"),
        ],
        expect![[r#"
            lib/db/migrations (numbered SQL files) lib/db/migrations
              0000_a AllFiles lib/db/migrations/0000_a.sql: 1:1 CREATE TABLE a (id int)
              0001_b AllFiles lib/db/migrations/0001_b.sql: 1:1 DROP TABLE a
              0002_c AllFiles lib/db/migrations/0002_c.sql: 1:1 CREATE TABLE c (id int)
              note lib/db/migrations/0001_b.sql:1: the journal does not list 0001_b: Drizzle never runs it
              note lib/db/migrations/0002_c.sql:1: the journal does not list 0002_c: Drizzle never runs it
        "#]],
    );
}
