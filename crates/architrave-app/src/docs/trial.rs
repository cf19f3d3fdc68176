//! Tries a migration of comments on a clone of the private copy: every statement must be accepted, every comment read back, and the way back must
//! restore the schema.

use super::comments::Change;
use crate::error::AppError;
use crate::review::replayed::Copy;
use architrave_model::Catalog;
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_postgres::Client;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, without_own_objects};
use architrave_prove::refusal;

/// What trying has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// All went as it should; the sentence says what was seen.
    Proved(String),
    /// PostgreSQL refused, or something else came out; the sentence says what.
    Refuted(String),
    /// There was nothing to try it on; the sentence says why.
    Untried(String),
}

pub(super) async fn on_clone(copy: &Copy, changes: &[Change]) -> Result<Tried, AppError> {
    let confined = Confined::new(&copy.server).await?;
    let clone = confined.clone_database(&copy.database).await?;
    let mut client = confined.owner(&clone).await?;
    for statement in changes.iter().map(Change::up) {
        if let Err(error) = client.batch_execute(&statement).await {
            return Ok(Tried::Refuted(format!("PostgreSQL {} refuses `{statement}`: {}", copy.server.major(), refusal(&error))));
        }
    }
    let after = read(&mut client).await?;
    for change in changes {
        if comment(&after, change) != change.after.as_deref() {
            return Ok(Tried::Refuted(format!("the comment of {} does not read back as it was given", change.target)));
        }
    }
    for statement in changes.iter().rev().map(Change::down) {
        if let Err(error) = client.batch_execute(&statement).await {
            return Ok(Tried::Refuted(format!("PostgreSQL refuses the way back, `{statement}`: {}", refusal(&error))));
        }
    }
    let restored = read(&mut client).await?;
    drop(client);
    let left = differences(&copy.catalog, &restored, Ignore::default());
    if let Some(first) = left.first() {
        return Ok(Tried::Refuted(format!("the way back does not restore the schema: {}", first.line())));
    }
    let n = changes.len();
    Ok(Tried::Proved(format!(
        "tried on PostgreSQL {}: {n} {} accepted, every comment reads back as given, and the way back restores the schema",
        copy.server.major(),
        if n == 1 { "statement" } else { "statements" }
    )))
}

async fn read(client: &mut Client) -> Result<Catalog, AppError> {
    let live = |error| AppError::Live { place: "the private PostgreSQL".to_owned(), source: error };
    let mut catalog = read_catalog(client, &ReadOptions::default()).await.map_err(live)?;
    without_own_objects(&mut catalog);
    Ok(catalog)
}

fn comment<'a>(catalog: &'a Catalog, change: &Change) -> Option<&'a str> {
    let (table, view) = (catalog.table_named(&change.table), catalog.view(&change.table.schema, &change.table.name));
    let found = match (&change.column, table, view) {
        (None, Some(table), _) => table.comment.as_ref(),
        (None, None, Some(view)) => view.comment.as_ref(),
        (Some(column), Some(table), _) => table.column(column).and_then(|c| c.comment.as_ref()),
        (Some(column), None, Some(view)) => view.columns.iter().find(|c| c.name == *column).and_then(|c| c.comment.as_ref()),
        (_, None, None) => None,
    };
    found.map(String::as_str)
}
