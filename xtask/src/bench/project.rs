//! A project as Prisma leaves it after two years: one folder per migration, forty tables, and everything that grows on them.

use std::fmt::Write as _;
use std::path::Path;

/// Tables of the project, in the order in which they came; each refers to an earlier one.
const TABLES: [&str; 40] = [
    "User",
    "Organization",
    "Membership",
    "Project",
    "Task",
    "Comment",
    "Attachment",
    "Label",
    "Invitation",
    "Session",
    "ApiKey",
    "Webhook",
    "WebhookDelivery",
    "Notification",
    "Plan",
    "Subscription",
    "Invoice",
    "InvoiceLine",
    "Payment",
    "Refund",
    "Coupon",
    "Team",
    "TeamMember",
    "Board",
    "BoardColumn",
    "Card",
    "Checklist",
    "ChecklistItem",
    "Reaction",
    "Mention",
    "AuditEvent",
    "Integration",
    "IntegrationToken",
    "Export",
    "Import",
    "Report",
    "Dashboard",
    "Widget",
    "Template",
    "Setting",
];

/// Attributes that later migrations add: name and type.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("description", "TEXT"),
    ("archivedAt", "TIMESTAMP(3)"),
    ("position", "INTEGER NOT NULL DEFAULT 0"),
    ("metadata", "JSONB"),
    ("color", "TEXT NOT NULL DEFAULT '#888888'"),
    ("amount", "DOUBLE PRECISION"),
    ("externalId", "TEXT"),
    ("isPublic", "BOOLEAN NOT NULL DEFAULT false"),
    ("score", "INTEGER"),
    ("slug", "VARCHAR(120)"),
];

/// Writes the project; `migrations` folders below `prisma/migrations`.
pub(super) fn write(folder: &Path, migrations: usize) -> std::io::Result<()> {
    let prisma = folder.join("prisma");
    std::fs::create_dir_all(prisma.join("migrations"))?;
    std::fs::write(folder.join("package.json"), "{\"name\": \"tasks\", \"dependencies\": {\"@prisma/client\": \"6.1.0\"}}\n")?;
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url      = env(\"DATABASE_URL\")\n}\n\ngenerator client {\n  provider = \"prisma-client-js\"\n}\n";
    std::fs::write(prisma.join("schema.prisma"), schema)?;
    std::fs::write(prisma.join("migrations/migration_lock.toml"), "provider = \"postgresql\"\n")?;
    for (number, sql) in scripts(migrations).iter().enumerate() {
        let day = number * 4;
        let name = format!("{:04}{:02}{:02}090000_step_{number}", 2023 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        let own = prisma.join("migrations").join(name);
        std::fs::create_dir(&own)?;
        std::fs::write(own.join("migration.sql"), sql)?;
    }
    Ok(())
}

/// The migrations' texts, in order.
pub(super) fn scripts(migrations: usize) -> Vec<String> {
    let mut history = History::default();
    (0..migrations).map(|number| history.next(number)).collect()
}

/// What the migrations so far have made.
#[derive(Default)]
struct History {
    tables: Vec<&'static str>,
    /// Attributes that each table has by now.
    attributes: Vec<usize>,
    enums: usize,
}

impl History {
    fn next(&mut self, number: usize) -> String {
        let mut sql = String::new();
        if number == 0 {
            sql.push_str("-- CreateEnum\nCREATE TYPE \"Role\" AS ENUM ('OWNER', 'ADMIN', 'MEMBER');\n\n");
        }
        match number % 4 {
            0 if self.tables.len() < TABLES.len() => self.create_table(&mut sql),
            0 | 1 => self.add_columns(&mut sql, number),
            2 => self.index_or_enum(&mut sql, number),
            _ => self.alter(&mut sql, number),
        }
        sql
    }

    fn create_table(&mut self, sql: &mut String) {
        let number = self.tables.len();
        let name = TABLES[number];
        let owner = if number == 0 { String::new() } else { "    \"ownerId\" TEXT NOT NULL,\n".to_owned() };
        push(
            sql,
            format_args!(
                "-- CreateTable\nCREATE TABLE \"{name}\" (\n    \"id\" TEXT NOT NULL,\n    \"name\" TEXT NOT NULL,\n{owner}    \"createdAt\" TIMESTAMP(3) NOT NULL \
                 DEFAULT CURRENT_TIMESTAMP,\n    \"updatedAt\" TIMESTAMP(3) NOT NULL,\n\n    CONSTRAINT \"{name}_pkey\" PRIMARY KEY (\"id\")\n);\n"
            ),
        );
        if number > 0 {
            let parent = TABLES[(number - 1) / 2];
            push(sql, format_args!("\n-- CreateIndex\nCREATE INDEX \"{name}_createdAt_idx\" ON \"{name}\"(\"createdAt\");\n"));
            if !number.is_multiple_of(3) {
                push(sql, format_args!("\n-- CreateIndex\nCREATE INDEX \"{name}_ownerId_idx\" ON \"{name}\"(\"ownerId\");\n"));
            }
            push(
                sql,
                format_args!(
                    "\n-- AddForeignKey\nALTER TABLE \"{name}\" ADD CONSTRAINT \"{name}_ownerId_fkey\" FOREIGN KEY (\"ownerId\") REFERENCES \"{parent}\"(\"id\") ON \
                     DELETE CASCADE ON UPDATE CASCADE;\n"
                ),
            );
        }
        self.tables.push(name);
        self.attributes.push(0);
    }

    /// The next attributes of a table, whose number follows from the migration's.
    fn add_columns(&mut self, sql: &mut String, number: usize) {
        let at = number * 7 % self.tables.len();
        let (table, first) = (self.tables[at], self.attributes[at]);
        let Some((name, data_type)) = ATTRIBUTES.get(first) else {
            push(sql, format_args!("-- AlterTable\nCOMMENT ON TABLE \"{table}\" IS 'since migration {number}';\n"));
            return;
        };
        push(sql, format_args!("-- AlterTable\nALTER TABLE \"{table}\" ADD COLUMN     \"{name}\" {data_type};\n"));
        push(sql, format_args!("\n-- CreateIndex\nCREATE INDEX \"{table}_{name}_idx\" ON \"{table}\"(\"{name}\");\n"));
        self.attributes[at] += 1;
    }

    fn index_or_enum(&mut self, sql: &mut String, number: usize) {
        let at = number * 5 % self.tables.len();
        let table = self.tables[at];
        match number / 4 % 3 {
            0 => {
                self.enums += 1;
                let name = format!("State{}", self.enums);
                push(
                    sql,
                    format_args!(
                        "-- CreateEnum\nCREATE TYPE \"{name}\" AS ENUM ('ACTIVE', 'PAUSED', 'CLOSED');\n\n-- AlterTable\nALTER TABLE \"{table}\" ADD COLUMN     \
                         \"state{}\" \"{name}\" NOT NULL DEFAULT 'ACTIVE';\n",
                        self.enums
                    ),
                );
            }
            1 => push(
                sql,
                format_args!(
                    "-- CreateIndex\nCREATE UNIQUE INDEX \"{table}_name_createdAt_key{number}\" ON \"{table}\"(\"name\", \"createdAt\");\n"
                ),
            ),
            _ => {
                let other = self.tables[(at + 1) % self.tables.len()];
                push(
                    sql,
                    format_args!(
                        "-- CreateTable\nCREATE TABLE \"_{table}To{other}{number}\" (\n    \"A\" TEXT NOT NULL,\n    \"B\" TEXT NOT NULL\n);\n\n-- CreateIndex\nCREATE UNIQUE \
                         INDEX \"_{table}To{other}{number}_AB_unique\" ON \"_{table}To{other}{number}\"(\"A\", \"B\");\n\n-- CreateIndex\nCREATE INDEX \
                         \"_{table}To{other}{number}_B_index\" ON \"_{table}To{other}{number}\"(\"B\");\n\n-- AddForeignKey\nALTER TABLE \"_{table}To{other}{number}\" ADD \
                         CONSTRAINT \"_{table}To{other}{number}_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"{table}\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n"
                    ),
                );
            }
        }
    }

    fn alter(&self, sql: &mut String, number: usize) {
        let table = self.tables[number * 3 % self.tables.len()];
        match number / 4 % 4 {
            0 => push(
                sql,
                format_args!("-- AlterTable\nALTER TABLE \"{table}\" ALTER COLUMN \"updatedAt\" SET DEFAULT CURRENT_TIMESTAMP;\n"),
            ),
            1 => push(sql, format_args!("UPDATE \"{table}\" SET \"name\" = trim(\"name\") WHERE \"name\" <> trim(\"name\");\n")),
            2 => push(
                sql,
                format_args!(
                    "-- AlterTable\nALTER TABLE \"{table}\" ADD COLUMN \"legacy{number}\" TEXT;\n\n-- AlterTable\nALTER TABLE \"{table}\" RENAME COLUMN \"legacy{number}\" TO \
                     \"reference{number}\";\n"
                ),
            ),
            _ => push(
                sql,
                format_args!(
                    "-- AlterTable\nALTER TABLE \"{table}\" ADD COLUMN \"old{number}\" INTEGER;\nALTER TABLE \"{table}\" ALTER COLUMN \"old{number}\" SET DATA TYPE \
                     BIGINT;\nALTER TABLE \"{table}\" DROP COLUMN \"old{number}\";\n"
                ),
            ),
        }
    }
}

fn push(sql: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _infallible = sql.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_and_sixty_migrations_make_all_tables_and_are_never_empty() {
        let scripts = scripts(160);
        assert_eq!(scripts.len(), 160);
        assert!(scripts.iter().all(|sql| sql.contains(';')));
        let all = scripts.concat();
        for table in TABLES {
            assert!(all.contains(&format!("CREATE TABLE \"{table}\"")), "{table}");
        }
    }

    #[test]
    fn folders_sort_as_they_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 160).unwrap();
        let migrations = std::fs::read_dir(folder.path().join("prisma/migrations")).unwrap();
        let mut names: Vec<String> =
            migrations.map(|e| e.unwrap().file_name().into_string().unwrap()).filter(|n| n.contains("step")).collect();
        names.sort();
        let numbers: Vec<usize> = names.iter().map(|n| n.rsplit('_').next().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers, (0..160).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn postgresql_accepts_every_script() {
        use architrave_postgres::server::test_server;
        let Some(server) = test_server::shared().await else { return };
        let database = server.create_database("prisma").await.unwrap();
        let client = database.connect().await.unwrap();
        for (number, sql) in scripts(160).iter().enumerate() {
            client.batch_execute(sql).await.unwrap_or_else(|error| panic!("migration {number}: {error:?}\n{sql}"));
        }
    }
}
