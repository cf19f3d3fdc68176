//! Runs the project's webhook handlers on a private copy of its schema, in all orders of delivery.

use super::ReviewOptions;
use super::open::Opened;
use crate::target::TargetSpec;
use architrave_model::webhook::{OrdersTried, WebhookHandler};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Progress;
use architrave_prove::try_orders;
use std::path::Path;

/// Tries every handler that writes people; what could not be tried says why in its place.
pub(super) async fn try_all(opened: &mut Opened, options: &ReviewOptions, progress: &dyn Progress) {
    let mut handlers = std::mem::take(&mut opened.project.stack.webhooks.handlers);
    for handler in handlers.iter_mut().filter(|h| h.events.iter().any(|e| e.starts_with("user."))) {
        progress.begin("delivering webhooks in all orders", None);
        let tried = if options.execute { one(opened, handler, options).await } else { Err("--no-execute: nothing was run".to_owned()) };
        progress.end();
        handler.orders = Some(tried.unwrap_or_else(|why| OrdersTried::NotChecked { why }));
    }
    opened.project.stack.webhooks.handlers = handlers;
}

async fn one(opened: &Opened, handler: &WebhookHandler, options: &ReviewOptions) -> Result<OrdersTried, String> {
    let root = root(options).ok_or("no directory of a project was given")?;
    let program = architrave_read::webhook::program(root, &handler.location).map_err(|e| e.to_string())?;
    let mut last = "there is no private copy of the schema".to_owned();
    for copy in opened.copies.iter().flatten() {
        let confined = Confined::new(&copy.server).await.map_err(|e| e.to_string())?;
        match try_orders(&confined, &copy.database, &copy.catalog, &program).await {
            Ok(OrdersTried::NotChecked { why }) => last = why,
            Ok(tried) => return Ok(tried),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// The directory whose code was read.
fn root(options: &ReviewOptions) -> Option<&Path> {
    options.targets.iter().find_map(|t| if let TargetSpec::Directory(path) = t { Some(path.as_path()) } else { None })
}
