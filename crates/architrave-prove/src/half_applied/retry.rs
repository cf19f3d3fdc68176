//! What runners do about a script that failed halfway, as far as it is more than running it again; and the retry inside of a transaction that is
//! taken back, which spares a copy of the database.

use crate::ground::{PassageError, catalog_of};
use architrave_model::Catalog;
use architrave_model::project::MigrationFormat;
use architrave_model::script::{Script, Statement, StatementKind};
use architrave_postgres::replay::Stage;

/// Whether a retry in one transaction of the same session comes to what one in a new session comes to, statement by statement: nothing in the script
/// depends on the session, ends a transaction or is valid only after one.
pub(super) fn fits_transaction(script: &Script) -> bool {
    let plain = |statement: &Statement| {
        let mut words = statement.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
        let first = words.next().unwrap_or_default().to_ascii_lowercase();
        let second = words.next().unwrap_or_default().to_ascii_lowercase();
        let known = matches!(
            first.as_str(),
            "create" | "alter" | "drop" | "comment" | "grant" | "revoke" | "insert" | "update" | "delete" | "truncate"
        );
        let other = matches!(second.as_str(), "temp" | "temporary" | "local" | "global" | "type" | "extension" | "role" | "user" | "group");
        let kind = matches!(statement.kind, StatementKind::Definition | StatementKind::Data);
        kind && known && !other && !statement.text.to_ascii_lowercase().contains("deferrable")
    };
    script.statements.iter().all(plain)
}

/// The script from its beginning up to the first failure, and back; the catalogue in between when nothing fails.
pub(super) async fn within(stage: &mut Stage<'_>, script: &Script) -> Result<(Option<String>, Option<Catalog>), PassageError> {
    stage.begin().await;
    let failure = stage.play_within(script, &script.statements).await?.err().map(|failed| failed.message);
    let after = match failure {
        Some(_) => None,
        None => Some(catalog_of(stage.client_mut(), true).await?),
    };
    stage.roll_back().await;
    Ok((failure, after))
}

/// Why the runner does not even try again, as the beginning of a sentence; none for those that run the script once more.
pub(super) fn refusal_of(format: MigrationFormat) -> Option<&'static str> {
    match format {
        MigrationFormat::Prisma => Some("prisma migrate deploy refuses to go on (P3009) until `prisma migrate resolve`"),
        MigrationFormat::GolangMigrate => Some("golang-migrate has marked the version dirty and refuses to go on until `migrate force`"),
        MigrationFormat::Flyway => Some("Flyway has noted a failed migration and refuses to go on until `flyway repair`"),
        _ => None,
    }
}
