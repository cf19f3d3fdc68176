//! Tables that a project's scripts fail to make, taken from the types that were generated from the real database.

use crate::error::AppError;
use architrave_model::project::ProjectDatabase;
use architrave_model::script::{Script, Statement};
use architrave_model::{Gap, QualifiedName};
use architrave_postgres::replay::{Confined, ReplayError, ReplayOptions, Replayed, resume};
use architrave_postgres::server::Progress;
use std::collections::BTreeSet;

/// Schema and name.
type Table = (String, String);

/// Makes the missing tables where the project has generated types and some statement failed; tells which they are, and what is unknown of them.
pub(super) async fn fill(
    confined: &Confined<'_>,
    replayed: &Replayed,
    database: &ProjectDatabase,
    options: &ReplayOptions,
    progress: &dyn Progress,
) -> Result<(Vec<QualifiedName>, Option<Gap>), AppError> {
    let nothing = (Vec::new(), None);
    let Some(fallback) = database.fallback.as_ref().filter(|_| !replayed.report.failed.is_empty()) else { return Ok(nothing) };
    let before = tables(confined, replayed).await?;
    let missing = Script { statements: of_missing(&fallback.statements, &before), ..fallback.clone() };
    if missing.statements.is_empty() {
        return Ok(nothing);
    }
    let only_missing = ProjectDatabase { scripts: vec![missing], fallback: None, ..database.clone() };
    // What fails here leans on something that the scripts did not make either; the gap says what is unknown.
    resume(confined, &replayed.database, &only_missing, options, progress).await?;
    let made: Vec<QualifiedName> =
        tables(confined, replayed).await?.difference(&before).map(|(schema, name)| QualifiedName::new(schema, name)).collect();
    let why = format!(
        "tables that the scripts fail to make are those of the generated types, {} in all: their policies, indexes, defaults and exact types are not known",
        made.len()
    );
    let gap = (!made.is_empty()).then(|| Gap::new(&fallback.path, why, Some("write the remote schema into the project: supabase db pull")));
    Ok((made, gap))
}

/// Statements that touch no table that is there.
fn of_missing(statements: &[Statement], there: &BTreeSet<Table>) -> Vec<Statement> {
    let is_there = |statement: &Statement| {
        statement.touches.iter().any(|touch| {
            let table = touch.object.table.as_deref().unwrap_or(&touch.object.name);
            touch.object.schema.as_deref().is_some_and(|schema| there.contains(&(schema.to_owned(), table.to_owned())))
        })
    };
    statements.iter().filter(|statement| !is_there(statement)).cloned().collect()
}

async fn tables(confined: &Confined<'_>, replayed: &Replayed) -> Result<BTreeSet<Table>, AppError> {
    let client = confined.owner(&replayed.database).await?;
    let rows = client.query("select schemaname::text, tablename::text from pg_catalog.pg_tables", &[]).await;
    let message = |error: architrave_postgres::DriverError| ReplayError::Own { what: "list its tables", message: error.to_string() };
    Ok(rows.map_err(message)?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statements_of_missing_tables_are_kept() {
        let sql = "create type public.plan as enum ('a'); create table public.a (id int); create table public.b (id int);
                   alter table public.a add unique (id); alter table public.b add constraint f foreign key (id) references public.a (id)";
        let there = BTreeSet::from([("public".to_owned(), "a".to_owned())]);
        let kept = of_missing(&architrave_sql::split(sql), &there);
        let texts: Vec<&str> = kept.iter().map(|s| s.text.split(" (").next().unwrap_or_default()).collect();
        assert_eq!(
            texts,
            ["create type public.plan as enum", "create table public.b", "alter table public.b add constraint f foreign key"]
        );
    }
}
