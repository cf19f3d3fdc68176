//! What the project's own triggers make when a tenant comes into being: the founder's membership, role or grant.
//!
//! The scene makes rows with triggers off. Each tenant is therefore made once more with triggers on, in its founder's name; the rows by which that lets
//! somebody in are written down and made without triggers like all the others.

use super::SceneError;
use super::actors::Person;
use super::build::Builder;
use super::search::Values;
use crate::ground::rows;
use architrave_model::access::ActorKind;
use architrave_model::catalog::{Column, Identity, Table};
use architrave_model::name::quote_ident;
use std::collections::BTreeSet;

/// Most rows of one table that a founding gives.
const ROWS: usize = 4;
/// Setting that remembers the newest row before a founding; it marks the rows of the answer, too.
const NEWEST: &str = "architrave.newest";

impl Builder<'_> {
    /// Founds the tenants of the owner and the outsider once more, and adds what that makes.
    pub(super) async fn founding(&mut self, tables: &[&Table]) -> Result<(), SceneError> {
        let Some((name, _)) = self.filler.intent.identity.tenants.clone() else { return Ok(()) };
        let Some(tenants) = self.filler.catalog.table_named(&name).filter(|t| !t.triggers.is_empty()) else { return Ok(()) };
        let asked: Vec<&Table> = tables.iter().copied().filter(|t| t.name != name && self.is_asked(t)).collect();
        let before = self.filler.rows.len();
        for (person, kind) in [(Person::Owner, ActorKind::Owner), (Person::Outsider, ActorKind::Outsider)] {
            let Some(message) = self.message(tenants, kind) else { continue };
            let mut found = Vec::new();
            for table in &asked {
                found.extend(self.made_by(&message, table).await?.into_iter().map(|row| (*table, row)));
            }
            for (table, row) in found {
                if self.names(person, &row) {
                    self.filler.add(table, person, &row).await?;
                }
            }
        }
        let founded = self.filler.rows.get(before..).unwrap_or_default().to_vec();
        self.permissions(&founded).await
    }

    /// Whether policies, or functions that answer who may, ask the table.
    fn is_asked(&self, table: &Table) -> bool {
        let catalog = self.filler.catalog;
        let policies = catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check));
        let answers = |result: &String| result == "boolean" || result.starts_with("SETOF") || result.starts_with("TABLE");
        let functions = catalog.functions.iter().filter(|f| f.result.as_ref().is_some_and(answers)).map(|f| &f.body);
        let mut texts = policies.chain(functions);
        table.name.schema != "auth" && texts.any(|text| crate::rls_attack::statements::mentions(text, &table.name.name))
    }

    /// The statements that found the tenant of that person once more.
    fn message(&self, tenants: &Table, of: ActorKind) -> Option<String> {
        let row = self.filler.rows.iter().find(|r| r.table == tenants.name && r.of == of)?;
        let actor = self.actors.iter().find(|a| a.kind == of)?;
        let condition: Vec<String> = row.key.iter().map(|(c, v)| format!("{} = {v}", quote_ident(c))).collect();
        let condition = condition.join(" and ");
        let always = tenants.columns.iter().any(|c| c.identity == Some(Identity::Always));
        let columns: Vec<String> = row.values.iter().map(|(c, _)| quote_ident(c)).collect();
        let values: Vec<&str> = row.values.iter().map(|(_, v)| v.as_str()).collect();
        Some(format!(
            "delete from {table} where {condition}; {become_him}set local session_replication_role = origin; \
             insert into {table} ({}){} values ({}); set local session_replication_role = replica",
            columns.join(", "),
            if always { " overriding system value" } else { "" },
            values.join(", "),
            table = tenants.name.sql(),
            become_him = Self::become_statements(actor),
        ))
    }

    /// Rows of the table that the founding makes; none when it is refused.
    async fn made_by(&self, message: &str, table: &Table) -> Result<Vec<Values>, SceneError> {
        let columns: Vec<String> = table.columns.iter().map(shown).collect();
        // All that the founding makes is newer than the newest row before it.
        let newest = format!("(select coalesce(max(xmin::text::bigint), 0)::text from {})", table.name.sql());
        let whole = format!(
            "savepoint architrave_founding; select pg_catalog.set_config('{NEWEST}', {newest}, true); {message}; \
             select '{NEWEST}', {} from {} t where t.xmin::text::bigint > pg_catalog.current_setting('{NEWEST}')::bigint limit {ROWS}; \
             rollback to savepoint architrave_founding",
            columns.join(", "),
            table.name.sql()
        );
        match self.filler.client.simple_query(&whole).await {
            Ok(answer) => {
                let made = rows(&answer).into_iter().filter(|row| row.first().is_some_and(|c| c.as_deref() == Some(NEWEST)));
                Ok(made.map(|row| table.columns.iter().map(|c| c.name.clone()).zip(row.into_iter().skip(1)).collect()).collect())
            }
            Err(error) if error.as_db_error().is_some() => {
                let back = "rollback to savepoint architrave_founding";
                self.filler.client.batch_execute(back).await.map_err(SceneError::doing("take back a founding"))?;
                Ok(Vec::new())
            }
            Err(error) => Err(SceneError::doing("found a tenant")(error)),
        }
    }

    /// Whether a row names the person and his tenant.
    fn names(&self, person: Person, row: &Values) -> bool {
        let values: BTreeSet<&str> = row.values().flatten().map(String::as_str).collect();
        let people = self.filler.people;
        values.contains(people.id(person).as_str()) && values.contains(people.tenant(person).as_str())
    }
}

/// A column's value as text; of a time only whether it has passed, so that every run makes the same rows.
fn shown(column: &Column) -> String {
    let name = format!("t.{}", quote_ident(&column.name));
    let base = column.base_type();
    if column.is_array() || !(base.starts_with("timestamp") || base == "date") {
        return format!("{name}::text");
    }
    format!(
        "case when {name} is null then null when {name} > pg_catalog.now() + interval '1 hour' then '2999-01-01 00:00:00+00' \
         else '2020-01-01 00:00:00+00' end"
    )
}
