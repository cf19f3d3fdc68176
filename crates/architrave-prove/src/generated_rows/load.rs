//! Streams the planned rows into the database: indexes suspended, rebuilt afterwards, sequences set, statistics gathered.

use super::owner::owner_session;
use super::plan::{Cell, World};
use super::{FillNote, Filled, FilledTable};
use crate::error::ProveError;
use crate::round_trip::refusal;
use architrave_model::name::quote_ident;
use architrave_model::{ObjectKind, ObjectRef};
use architrave_postgres::server::{CopyIn, Database, Progress};
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};
use std::collections::BTreeSet;

/// Bytes of one piece of a stream.
const PIECE: usize = 256 * 1024;
/// So often a table is tried again after something that stood in the way was moved.
const ATTEMPTS: usize = 24;
/// Name of a partition for rows that no other takes.
const DEFAULT_PARTITION: &str = "architrave_other_rows";

/// Loads all tables.
pub(super) async fn load(database: &Database, world: &mut World<'_>, progress: &dyn Progress) -> Result<Filled, ProveError> {
    let client = database.connect().await?;
    let owner = owner_session(database).await?;
    let settings = "set maintenance_work_mem = '256MB'; set datestyle = 'ISO, MDY'; \
        set intervalstyle = postgres; set timezone = 'UTC'; set search_path = ''; set statement_timeout = 0; set lock_timeout = 0";
    for session in [&client, &owner] {
        session.batch_execute(settings).await.map_err(ProveError::doing("prepare a session"))?;
    }
    let mut filled = Filled::default();
    for at in 0..world.tables.len() {
        progress.begin(&format!("generating rows of {}", world.tables[at].table.name), None);
        let loaded =
            Loader { admin: &client, owner: &owner, world: &mut *world, at, without: BTreeSet::new(), dropped: Vec::new(), broken: false }
                .run()
                .await;
        progress.end();
        let loaded = loaded?;
        let size = world.tables[at].size;
        let factor = if size.source > 0.0 { (loaded as f64 / size.source).min(1.0) } else { 1.0 };
        filled.tables.push(FilledTable { name: world.tables[at].table.name.clone(), source_rows: size.source, rows: loaded, factor });
        filled.rows += loaded;
    }
    sequences(&client, world).await?;
    views(&owner, world).await;
    owner.batch_execute("vacuum (analyze)").await.map_err(ProveError::doing("gather statistics"))?;
    filled.tables.sort_by(|a, b| a.name.cmp(&b.name));
    let notes = std::mem::take(&mut world.notes);
    filled.notes = notes
        .into_iter()
        .flat_map(|(object, texts)| texts.into_iter().map(move |text| FillNote { object: object.clone(), text }))
        .collect();
    Ok(filled)
}

/// One table on its way.
struct Loader<'l, 'a> {
    /// The superuser's session: catalogue changes of our own, nothing that runs the schema's code.
    admin: &'l Client,
    /// The owner's session: all that writes rows, builds indexes or evaluates an expression.
    owner: &'l Client,
    world: &'l mut World<'a>,
    at: usize,
    /// Columns that the server refused values for; they take their default.
    without: BTreeSet<usize>,
    /// Statements that put dropped constraints back, not validated.
    dropped: Vec<String>,
    /// The session is of no more use.
    broken: bool,
}

impl Loader<'_, '_> {
    /// The number of rows loaded.
    async fn run(mut self) -> Result<u64, ProveError> {
        if self.world.tables[self.at].size.rows == 0 {
            return Ok(0);
        }
        let name = self.world.tables[self.at].table.name.clone();
        let mut loaded = 0;
        for attempt in 0..ATTEMPTS {
            match self.copy().await {
                Ok(rows) => {
                    loaded = rows;
                    break;
                }
                Err(error) => {
                    if self.broken || error.is_closed() {
                        return Err(ProveError::doing(format!("take the rows of {name}"))(error));
                    }
                    let _rolled_back = self.owner.batch_execute("rollback").await;
                    if attempt + 1 == ATTEMPTS || !self.make_way(&error).await {
                        self.world.note(ObjectRef::table(&name), format!("stays empty: {}", refusal(&error)));
                        break;
                    }
                }
            }
        }
        self.indexes().await?;
        for statement in std::mem::take(&mut self.dropped) {
            if let Err(error) = self.owner.batch_execute(&statement).await {
                self.world.note(ObjectRef::table(&name), format!("a check was not put back: {}", refusal(&error)));
            }
        }
        Ok(loaded)
    }

    async fn copy(&mut self) -> Result<u64, DriverError> {
        let planned = &self.world.tables[self.at];
        let chosen = |column: &usize| planned.cells[*column] != Cell::Omitted && !self.without.contains(column);
        let columns: Vec<usize> = (0..planned.cells.len()).filter(chosen).collect();
        let count = planned.size.rows;
        let names: Vec<String> = columns.iter().map(|c| quote_ident(&planned.table.columns[*c].name)).collect();
        let table = planned.table.name.sql();
        let names = names.join(", ");
        // What does not exist is told here: a copy must not fail at its beginning.
        self.admin.batch_execute(&suspend(&table)).await?;
        self.owner.batch_execute(&format!("begin; select {names} from {table} limit 0")).await?;
        if columns.is_empty() {
            let statement = format!("insert into {table} select from pg_catalog.generate_series(1, {count})");
            self.owner.batch_execute(&format!("{statement}; commit")).await?;
            return Ok(count);
        }
        let begun = CopyIn::begin(self.owner, &format!("copy {table} ({names}) from stdin")).await;
        self.broken = begun.is_err();
        let mut copy = begun?;
        let mut piece = Vec::with_capacity(PIECE + 8192);
        let mut failed = None;
        for row in 0..count {
            self.world.write_row(self.at, &columns, row, &mut piece);
            if piece.len() >= PIECE {
                let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE + 8192));
                if let Err(error) = copy.send(full).await {
                    failed = Some(error);
                    break;
                }
            }
        }
        if failed.is_none() && !piece.is_empty() {
            failed = copy.send(piece).await.err();
        }
        // The server's reason comes with the end.
        match (copy.finish().await, failed) {
            (Err(error), _) | (Ok(_), Some(error)) => Err(error),
            (Ok(rows), None) => self.owner.batch_execute("commit").await.map(|()| rows),
        }
    }

    /// Moves what a refusal names out of the way; false when nothing can be done.
    async fn make_way(&mut self, error: &DriverError) -> bool {
        let Some(db) = error.as_db_error() else { return false };
        let table = self.world.tables[self.at].table;
        if db.code().code() == "23514" {
            return match (db.constraint(), db.datatype()) {
                (Some(check), Some(domain)) => {
                    let domain = format!("{}.{}", quote_ident(db.schema().unwrap_or_default()), quote_ident(domain));
                    self.drop_check("domain", &domain, check).await
                }
                (Some(check), None) => self.drop_check("table", &table.name.sql(), check).await,
                (None, _) => self.default_partition().await,
            };
        }
        let refused = match db.column() {
            Some(column) => Some(column.to_owned()),
            None => db.where_().and_then(column_of),
        };
        let Some(column) = refused.and_then(|name| table.columns.iter().position(|c| c.name == name)) else { return false };
        let object = ObjectRef::column(&table.name, &table.columns[column].name);
        self.world.note(object, format!("left to its default: {}", db.message()));
        self.without.insert(column)
    }

    async fn drop_check(&mut self, kind: &str, owner: &str, check: &str) -> bool {
        let table = self.world.tables[self.at].table;
        let definition = format!(
            "select pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conname = {} and {} = {}::{} limit 1",
            architrave_model::name::quote_literal(check),
            if kind == "table" { "conrelid" } else { "contypid" },
            architrave_model::name::quote_literal(owner),
            if kind == "table" { "pg_catalog.regclass" } else { "pg_catalog.regtype" },
        );
        let Ok(Some(definition)) = one_text(self.admin, &definition).await else { return false };
        let check = quote_ident(check);
        if self.owner.batch_execute(&format!("alter {kind} {owner} drop constraint {check}")).await.is_err() {
            return false;
        }
        let late = if definition.ends_with("NOT VALID") { "" } else { " not valid" };
        self.dropped.push(format!("alter {kind} {owner} add constraint {check} {definition}{late}"));
        let object = ObjectRef::in_table(ObjectKind::Constraint, &table.name, check.trim_matches('"'));
        self.world.note(object, "does not hold for all generated rows: statistics of single columns cannot follow it");
        true
    }

    async fn default_partition(&mut self) -> bool {
        let table = &self.world.tables[self.at].table.name;
        let partition = format!("{}.{}", quote_ident(&table.schema), quote_ident(&format!("{}_{DEFAULT_PARTITION}", table.name)));
        let statement = format!("create table {partition} partition of {} default", table.sql());
        if self.owner.batch_execute(&statement).await.is_err() {
            return false;
        }
        let object = ObjectRef::table(table);
        self.world.note(object, "some generated rows belong to no partition and went to a default one made for them");
        true
    }

    /// Builds the suspended indexes.
    async fn indexes(&mut self) -> Result<(), ProveError> {
        let table = self.world.tables[self.at].table.name.clone();
        let wanted = format!(
            "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_index i \
            join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
            where i.indrelid in ({}) and not i.indisready order by 1",
            holders(&table.sql())
        );
        for index in texts(self.admin, &wanted).await.map_err(ProveError::doing(format!("list the indexes of {table}")))? {
            let object = || ObjectRef::in_table(ObjectKind::Index, &table, index.rsplit('.').next().unwrap_or(&index).trim_matches('"'));
            let reindex = format!("reindex index {index}");
            let Err(error) = self.owner.batch_execute(&reindex).await else { continue };
            let flag = match error.as_db_error().map(|db| db.code().code()) {
                Some("23505") => "indisunique",
                Some("23P01") => "indisexclusion",
                _ => {
                    self.world.note(object(), format!("could not be built: {}", refusal(&error)));
                    continue;
                }
            };
            let set = |value: &str| {
                format!(
                    "update pg_catalog.pg_index set {flag} = {value} where indexrelid = {}::pg_catalog.regclass",
                    architrave_model::name::quote_literal(&index)
                )
            };
            let built = self.admin.batch_execute(&set("false")).await;
            let built = if built.is_ok() { self.owner.batch_execute(&reindex).await } else { built };
            let built = if built.is_ok() { self.admin.batch_execute(&set("true")).await } else { built };
            let text = match built {
                Ok(()) => "some generated rows break its uniqueness: the statistics leave no room for it".to_owned(),
                Err(error) => format!("could not be built: {}", refusal(&error)),
            };
            self.world.note(object(), text);
        }
        Ok(())
    }
}

/// The relations that hold the rows of a table; none where it is not there.
fn holders(table: &str) -> String {
    let found = format!("pg_catalog.to_regclass({})", architrave_model::name::quote_literal(table));
    format!("select {found} union select relid from pg_catalog.pg_partition_tree({found}) where isleaf")
}

/// Inserts leave the indexes alone until they are rebuilt.
fn suspend(table: &str) -> String {
    format!(
        "update pg_catalog.pg_index i set indisready = false from pg_catalog.pg_class c \
        where c.oid = i.indexrelid and c.relkind = 'i' and i.indrelid in ({})",
        holders(table)
    )
}

/// `COPY orders, line 3, column status: "x"`: the column.
fn column_of(context: &str) -> Option<String> {
    let rest = context.lines().find(|line| line.starts_with("COPY "))?.rsplit_once(", column ")?.1;
    Some(rest.split_once(':').map_or(rest, |(name, _)| name).to_owned())
}

pub(crate) async fn texts(client: &Client, query: &str) -> Result<Vec<String>, DriverError> {
    let answer = client.simple_query(query).await?;
    let first = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(answer.iter().filter_map(first).collect())
}

pub(crate) async fn one_text(client: &Client, query: &str) -> Result<Option<String>, DriverError> {
    Ok(texts(client, query).await?.into_iter().next())
}

/// Sequences go on above the highest value of their column.
async fn sequences(client: &Client, world: &World<'_>) -> Result<(), ProveError> {
    for sequence in &world.catalog.sequences {
        let (Some(table), Some(column)) = (&sequence.owned_by_table, &sequence.owned_by_column) else { continue };
        let statement = format!(
            "select pg_catalog.setval({}, greatest(pg_catalog.max({column})::int8, 1)) from {} having pg_catalog.max({column}) is not null",
            architrave_model::name::quote_literal(&sequence.name.sql()),
            table.sql(),
            column = quote_ident(column),
        );
        // A sequence whose limit lies below is left as it is: nothing of a trial depends on it.
        let _set = client.batch_execute(&statement).await.map_err(ProveError::doing("set a sequence"));
    }
    Ok(())
}

/// Fills materialized views, those that read others after them.
async fn views(client: &Client, world: &mut World<'_>) {
    let mut open: Vec<_> = world.catalog.views.iter().filter(|v| v.materialized && v.populated).collect();
    let mut last = usize::MAX;
    while !open.is_empty() && open.len() < last {
        last = open.len();
        let mut refused = Vec::new();
        for view in open {
            if let Err(error) = client.batch_execute(&format!("refresh materialized view {}", view.name.sql())).await {
                refused.push((view, refusal(&error)));
            }
        }
        if refused.len() == last {
            for (view, message) in &refused {
                let object = ObjectRef::in_schema(ObjectKind::MaterializedView, &view.name.schema, &view.name.name);
                world.note(object, format!("stays empty: {message}"));
            }
        }
        open = refused.into_iter().map(|(view, _)| view).collect();
    }
}
