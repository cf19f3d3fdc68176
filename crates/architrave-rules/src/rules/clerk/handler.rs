//! What rules on handlers share: drafts with a place in the code, and the tables that a handler means.

use crate::figures::list;
use architrave_model::catalog::{Column, Table, TableKind};
use architrave_model::finding::Fix;
use architrave_model::name::ObjectRef;
use architrave_model::rule::Draft;
use architrave_model::scope::Scope;
use architrave_model::script::Location;
use architrave_model::webhook::{HandlerWrite, Verb, WebhookHandler};
use architrave_model::{Catalog, Context, ObjectKind, QualifiedName};

/// A finding about a file.
pub(super) fn draft(location: &Location, message: impl Into<String>, why: impl Into<String>) -> Draft {
    Draft::new(ObjectRef::global(ObjectKind::File, &location.path), message, why).at(location.clone())
}

/// `app/api/webhooks/route.ts:12`.
pub(super) fn place(location: &Location) -> String {
    format!("{}:{}", location.path, location.line)
}

/// Events in words, without those that say the same of another object.
pub(super) fn events(all: &[&str]) -> String {
    let mut all = all.to_vec();
    all.sort_unstable();
    all.dedup();
    list(&all)
}

/// Letters and digits only, in lower case, without the plural: by this the code's names and the database's are compared.
fn plain(name: &str) -> String {
    let own = name.rsplit('.').next().unwrap_or(name);
    let letters: String = own.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    letters.strip_suffix('s').unwrap_or(&letters).to_owned()
}

/// The table of the catalogue that the code's name means; none where several could be.
pub(super) fn table_of<'a>(catalog: &'a Catalog, context: &'a Context<'_>, name: &str) -> Option<&'a Table> {
    let tables: Vec<&Table> = Scope::of(catalog, context).tables().collect();
    let exact: Vec<&&Table> = tables.iter().filter(|t| t.name.name == name).collect();
    if let [only] = exact.as_slice() {
        return Some(only);
    }
    let alike: Vec<&&Table> = tables.iter().filter(|t| plain(&t.name.name) == plain(name)).collect();
    match alike.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// The column that the code's name means.
pub(super) fn column_of<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|c| c.name == name).or_else(|| table.columns.iter().find(|c| plain(&c.name) == plain(name)))
}

/// Statements of an event.
pub(super) fn writes<'a>(handler: &'a WebhookHandler, event: &'a str) -> impl Iterator<Item = &'a HandlerWrite> {
    handler.writes.iter().filter(move |w| w.event == event)
}

/// Whether what an event leads to is known as statements, and not as calls whose code is elsewhere.
pub(super) fn is_known(handler: &WebhookHandler, event: &str) -> bool {
    writes(handler, event).all(|w| w.verb != Verb::Call)
}

/// Handlers that act on people.
pub(super) fn of_people<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a WebhookHandler> {
    context.stack.webhooks.handlers.iter().filter(|h| h.events.iter().any(|e| e.starts_with("user.")))
}

/// Tables with one row per person who signs in with Clerk: by the column that holds Clerk's id, or because a handler writes them.
pub(super) fn of_clerk<'a>(catalog: &'a Catalog, context: &'a Context<'_>) -> Vec<&'a Table> {
    let tables = Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary);
    let mut out: Vec<&Table> =
        tables.filter(|t| super::holds_people(t) && t.columns.iter().any(|c| super::is_clerk_user_id(&c.name))).collect();
    for handler in of_people(context) {
        let written = handler
            .writes
            .iter()
            .filter(|w| matches!(w.event.as_str(), "user.created" | "user.updated") && matches!(w.verb, Verb::Insert | Verb::Upsert));
        for table in written.filter_map(|w| table_of(catalog, context, &w.table)).filter(|t| super::holds_people(t)) {
            if !out.iter().any(|t| t.name == table.name) {
                out.push(table);
            }
        }
    }
    out
}

/// A fix of one statement each way.
pub(super) fn fix(title: String, up: String, down: String) -> Fix {
    Fix { title, up: vec![up], down: vec![down], transactional: true, ..Fix::default() }
}

/// Foreign keys that delete rows of other tables with those of this one: table, and whether its rows go.
pub(super) fn cascades<'a>(catalog: &'a Catalog, to: &QualifiedName) -> Vec<&'a Table> {
    use architrave_model::catalog::ForeignKeyAction;
    let refers = |t: &&Table| t.foreign_keys().any(|(_, r)| &r.table == to && r.on_delete == ForeignKeyAction::Cascade);
    catalog.tables.iter().filter(|t| !t.is_partition).filter(refers).collect()
}
