//! What runners do about a script that failed halfway, as far as it is more than running it again.

use architrave_model::project::MigrationFormat;

/// Why the runner does not even try again, as the beginning of a sentence; none for those that run the script once more.
pub(super) fn refusal_of(format: MigrationFormat) -> Option<&'static str> {
    match format {
        MigrationFormat::Prisma => Some("prisma migrate deploy refuses to go on (P3009) until `prisma migrate resolve`"),
        MigrationFormat::GolangMigrate => Some("golang-migrate has marked the version dirty and refuses to go on until `migrate force`"),
        MigrationFormat::Flyway => Some("Flyway has noted a failed migration and refuses to go on until `flyway repair`"),
        _ => None,
    }
}
