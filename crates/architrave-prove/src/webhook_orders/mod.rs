//! Delivers events to a project's webhook handler in all orders, with its real schema, and compares what is left.
//!
//! The handler's statements come from [`RunsEvents`]; here they meet PostgreSQL, and its answers go back. A message that is refused is sent again
//! behind the others, as the sender does. Nothing but rows of our own is made, on a copy, in a transaction that is rolled back.

mod deliver;
mod orders;
mod render;
mod state;
#[cfg(test)]
mod tests;

use crate::ground::PassageError;
use architrave_model::Catalog;
use architrave_model::webhook::{OrdersTried, RunsEvents};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Database;
use deliver::Field;

/// The prover's name.
pub const NAME: &str = "webhook_orders";

/// Tries a handler on a copy of `base`, whose catalogue is `catalog`; nobody may be connected to it.
pub async fn try_orders(
    server: &Confined<'_>,
    base: &Database,
    catalog: &Catalog,
    handler: &dyn RunsEvents,
) -> Result<OrdersTried, PassageError> {
    let copy = server.clone_database(base).await?;
    let client = server.owner(&copy).await?;
    let mut field = Field::open(&client, catalog, handler).await?;
    match orders::all(&mut field).await {
        Ok(tried) => Ok(tried),
        Err(deliver::Stop::Unknown(why)) => Ok(OrdersTried::NotChecked { why }),
        Err(deliver::Stop::Broken(error)) => Err(error),
    }
}
