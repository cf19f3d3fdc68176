//! Schemas that are written as programs: recognised, not read, and named as gaps with the command that writes them as SQL.

use crate::path;
use crate::reader::Input;
use architrave_model::Gap;
use architrave_model::project::ProjectDatabase;
use std::collections::BTreeMap;

/// A tool whose migrations are programs.
struct Tool {
    name: &'static str,
    language: &'static str,
    /// What turns them into SQL.
    remedy: &'static str,
    /// Whether a file of this path is one of its migrations.
    is_migration: fn(&Input<'_>, &str) -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "Alembic",
        language: "Python",
        remedy: "write them as SQL and review that: alembic upgrade head --sql > schema.sql",
        is_migration: |input, file| {
            let versions = path::parent(file);
            path::file_name(versions) == "versions"
                && path::has_extension(file, "py")
                && input.tree.has_file(&path::join(path::parent(versions), "env.py"))
        },
    },
    Tool {
        name: "Django",
        language: "Python",
        remedy: "review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql",
        is_migration: |input, file| {
            path::file_name(path::parent(file)) == "migrations"
                && path::has_extension(file, "py")
                && starts_with_digits(file, 4)
                && input.tree.has_file(&path::join(path::parent(file), "__init__.py"))
        },
    },
    Tool {
        name: "Active Record",
        language: "Ruby",
        remedy: "let Rails write SQL and review that: config.active_record.schema_format = :sql, then bin/rails db:schema:dump",
        is_migration: |_, file| {
            path::parent(file).ends_with("db/migrate") && path::has_extension(file, "rb") && starts_with_digits(file, 8)
        },
    },
    Tool {
        name: "Laravel",
        language: "PHP",
        remedy: "write the schema as SQL and review that: php artisan schema:dump",
        is_migration: |_, file| path::parent(file).ends_with("database/migrations") && path::has_extension(file, "php"),
    },
    Tool {
        name: "Ecto",
        language: "Elixir",
        remedy: "write the schema as SQL and review that: mix ecto.dump",
        is_migration: |_, file| {
            path::parent(file).ends_with("migrations") && path::has_extension(file, "exs") && starts_with_digits(file, 8)
        },
    },
    Tool {
        name: "Entity Framework Core",
        language: "C#",
        remedy: "write them as SQL and review that: dotnet ef migrations script > schema.sql",
        is_migration: |_, file| {
            path::parent(file).ends_with("Migrations")
                && path::has_extension(file, "cs")
                && starts_with_digits(file, 8)
                && !file.ends_with(".Designer.cs")
        },
    },
    Tool {
        name: "Knex, TypeORM, Sequelize or another query builder",
        language: "JavaScript or TypeScript",
        remedy: "review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql",
        is_migration: |_, file| {
            path::parent(file).split('/').any(|part| matches!(part, "migrations" | "migration" | "Migrations"))
                && ["ts", "js", "mjs", "cjs"].iter().any(|e| path::has_extension(file, e))
                && starts_with_digits(file, 8)
        },
    },
];

fn starts_with_digits(file: &str, count: usize) -> bool {
    path::file_name(file).bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').filter(u8::is_ascii_digit).count() >= count
}

/// One gap for each tool, unless a database that was read lies in the same place.
pub(crate) fn gaps(input: &Input<'_>, databases: &[ProjectDatabase]) -> Vec<Gap> {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for file in input.tree.files().filter(|f| !path::is_sample(f)) {
        let Some(tool) = TOOLS.iter().position(|tool| (tool.is_migration)(input, &file)) else { continue };
        // A folder that was read has its programs named there; Rails' `structure.sql` stands for `db/migrate`.
        let beside = path::parent(path::parent(&file));
        let read = databases.iter().any(|d| path::is_within(&file, &d.path) || !beside.is_empty() && path::parent(&d.path) == beside);
        if !read {
            found.entry(tool).or_default().push(file);
        }
    }
    let gap = |(tool, files): (usize, Vec<String>)| {
        let (tool, folder) = (&TOOLS[tool], files.first().map_or("", |f| path::parent(f)));
        let what = format!("{} migrations of {} in {folder}", files.len(), tool.name);
        Gap::new(what, format!("written in {}; only SQL is read", tool.language), Some(tool.remedy))
    };
    found.into_iter().map(gap).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::check;
    use expect_test::expect;

    #[test]
    fn programs_are_gaps_with_a_way_out() {
        check(
            &[
                ("migrations/env.py", ""),
                ("migrations/versions/1a2b_x.py", ""),
                ("shop/migrations/__init__.py", ""),
                ("shop/migrations/0001_initial.py", ""),
                ("db/migrate/20240101000000_create_a.rb", ""),
                ("src/migrations/1700000000000-Init.ts", ""),
                ("src/migrations/1700000000001-More.ts", ""),
                ("database/migrations/2014_10_12_000000_create_users_table.php", ""),
            ],
            expect![[r#"
                gap 1 migrations of Active Record in db/migrate: written in Ruby; only SQL is read [let Rails write SQL and review that: config.active_record.schema_format = :sql, then bin/rails db:schema:dump]
                gap 1 migrations of Alembic in migrations/versions: written in Python; only SQL is read [write them as SQL and review that: alembic upgrade head --sql > schema.sql]
                gap 1 migrations of Django in shop/migrations: written in Python; only SQL is read [review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql]
                gap 1 migrations of Laravel in database/migrations: written in PHP; only SQL is read [write the schema as SQL and review that: php artisan schema:dump]
                gap 2 migrations of Knex, TypeORM, Sequelize or another query builder in src/migrations: written in JavaScript or TypeScript; only SQL is read [review the migrated database itself, or a dump of it: pg_dump --schema-only > schema.sql]
            "#]],
        );
    }

    #[test]
    fn a_structure_file_stands_for_its_migrations() {
        check(
            &[("db/migrate/20240101000000_create_a.rb", ""), ("db/structure.sql", "CREATE TABLE a (id bigint);")],
            expect![[r#"
                db (Rails structure.sql) db/structure.sql
                  structure.sql PerStatement db/structure.sql: 1:1 CREATE TABLE a (id bigint)
            "#]],
        );
    }
}
