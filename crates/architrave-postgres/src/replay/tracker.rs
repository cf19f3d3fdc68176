//! Which statement made which object: an event trigger writes it down while the scripts run.

use super::confine::Confined;
use super::error::ReplayError;
use crate::server::Database;
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::origin::Origins;
use architrave_model::project::ProjectDatabase;
use architrave_model::script::{Script, Statement};
use serde::Deserialize;
use tokio_postgres::{Client, SimpleQueryMessage};

pub(super) struct Tracker {
    admin: Client,
    active: bool,
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
    pub(super) async fn install(server: &Confined<'_>, database: &Database, active: bool) -> Result<Self, ReplayError> {
        let admin = server.admin(database).await?;
        admin.batch_execute(include_str!("tracker.sql")).await.map_err(ReplayError::own("watch the scripts"))?;
        if active {
            let trigger = "create event trigger architrave_replay_note on ddl_command_end execute function architrave_replay.note()";
            admin.batch_execute(trigger).await.map_err(ReplayError::own("watch the scripts"))?;
        }
        Ok(Self { admin, active })
    }

    /// Reads what was noted, removes the trigger and its schema.
    pub(super) async fn finish(self, project: &ProjectDatabase) -> Result<Origins, ReplayError> {
        let own = "read back which statement made what";
        let sql = format!("select row_to_json(q)::text from ({}) q", include_str!("origins.sql"));
        let answer = if self.active { self.admin.simple_query(&sql).await.map_err(ReplayError::own(own))? } else { Vec::new() };
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
                origins.created(object.clone(), at.0.place_of(at.1, &object));
            }
            if row.last != row.first
                && let Some(at) = statements.get(row.last)
            {
                let location = at.0.place_of(at.1, &object);
                origins.changed(object, location);
            }
        }
        Ok(origins)
    }
}
