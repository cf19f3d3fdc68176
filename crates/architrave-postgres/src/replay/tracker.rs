//! Which statement made which object: an event trigger writes it down while the scripts run.

use super::confine::Confined;
use super::error::ReplayError;
use crate::server::Database;
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::origin::Origins;
use architrave_model::project::ProjectDatabase;
use architrave_model::script::{Location, Script, Statement};
use serde::Deserialize;
use tokio_postgres::{Client, SimpleQueryMessage};

pub(super) struct Tracker {
    admin: Client,
}

#[derive(Deserialize)]
struct Row {
    kind: ObjectKind,
    schema: Option<String>,
    table: Option<String>,
    name: String,
    first: usize,
    last: usize,
}

impl Tracker {
    pub(super) async fn install(server: &Confined<'_>, database: &Database) -> Result<Self, ReplayError> {
        let admin = server.admin(database).await?;
        admin.batch_execute(include_str!("tracker.sql")).await.map_err(ReplayError::own("watch the scripts"))?;
        Ok(Self { admin })
    }

    /// Reads what was noted, removes the trigger and its schema.
    pub(super) async fn finish(self, project: &ProjectDatabase) -> Result<Origins, ReplayError> {
        let own = "read back which statement made what";
        let sql = format!("select row_to_json(q)::text from ({}) q", include_str!("origins.sql"));
        let answer = self.admin.simple_query(&sql).await.map_err(ReplayError::own(own))?;
        self.admin
            .batch_execute("drop event trigger if exists architrave_replay_note; drop schema if exists architrave_replay cascade")
            .await
            .map_err(ReplayError::own("stop watching the scripts"))?;
        let statements: Vec<(&Script, &Statement)> =
            project.scripts.iter().flat_map(|s| s.statements.iter().map(move |t| (s, t))).collect();
        let mut origins = Origins::default();
        for message in answer {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let Some(row) = row.get(0).and_then(|text| serde_json::from_str::<Row>(text).ok()) else { continue };
            let object = ObjectRef { kind: row.kind, schema: row.schema, table: row.table, name: row.name };
            if let Some(at) = statements.get(row.first) {
                origins.created(object.clone(), place(at.0, at.1, &object));
            }
            if row.last != row.first
                && let Some(at) = statements.get(row.last)
            {
                let location = place(at.0, at.1, &object);
                origins.changed(object, location);
            }
        }
        Ok(origins)
    }
}

/// The line of the object inside the statement where its text names it, else the statement's own.
fn place(script: &Script, statement: &Statement, object: &ObjectRef) -> Location {
    let bare = object.name.split('(').next().unwrap_or(&object.name);
    let named = statement.touches.iter().find(|t| {
        let same_table = t.object.table.is_none() || t.object.table == object.table;
        t.object.kind == object.kind && same_table && t.object.name.split('(').next() == Some(bare)
    });
    let (line, column) = named.map_or((statement.line, statement.column), |t| (t.line, t.column));
    Location { path: script.path.clone(), line, column }
}
