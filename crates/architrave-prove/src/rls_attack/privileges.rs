//! What the server itself says each actor's role may do with each relation and function: where there is no privilege, nothing has to be tried.

use super::AttackError;
use super::arena::Arena;
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, Command};
use architrave_model::name::quote_literal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Privileges of a role on a relation.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Privileges {
    role: String,
    schema: String,
    name: String,
    /// USAGE on the schema.
    pub(super) usage: bool,
    delete: bool,
    truncate: bool,
    /// Columns that may be read, in their order.
    pub(super) select: Vec<String>,
    /// Columns that may be given in INSERT.
    pub(super) insert: Vec<String>,
    /// Columns that may be set.
    pub(super) update: Vec<String>,
    /// Whether row level security binds the role here.
    pub(super) bound: bool,
}

/// Privileges of all actors' roles.
#[derive(Debug, Default)]
pub(super) struct AllPrivileges {
    relations: BTreeMap<(String, QualifiedName), Privileges>,
    /// Roles, schema and `name(arguments)` of functions that may be called.
    functions: BTreeSet<(String, String, String)>,
    roles: BTreeSet<String>,
}

const RELATIONS: &str = "select row_to_json(q)::text from (
    select r.rolname as role, n.nspname as schema, c.relname as name, has_schema_privilege(r.oid, n.oid, 'usage') as usage,
        has_table_privilege(r.oid, c.oid, 'delete') as delete, has_table_privilege(r.oid, c.oid, 'truncate') as truncate,
        coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege(r.oid, c.oid, a.attnum, 'select')), '[]') as select,
        coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege(r.oid, c.oid, a.attnum, 'insert')), '[]') as insert,
        coalesce(json_agg(a.attname order by a.attnum) filter (where has_column_privilege(r.oid, c.oid, a.attnum, 'update')), '[]') as update,
        c.relrowsecurity and not r.rolsuper and not r.rolbypassrls
            and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'usage')) as bound
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join pg_catalog.pg_roles r
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and r.rolname in (ROLES)
        and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update') or has_table_privilege(r.oid, c.oid, 'delete, truncate'))
    group by r.oid, r.rolname, r.rolsuper, r.rolbypassrls, n.oid, n.nspname, c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner
) q";

const FUNCTIONS: &str = "select r.rolname, n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace cross join pg_catalog.pg_roles r
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and r.rolname in (ROLES)
        and has_schema_privilege(r.oid, n.oid, 'usage') and has_function_privilege(r.oid, p.oid, 'execute')";

impl AllPrivileges {
    /// Asks the server for all of them.
    pub(super) async fn read(arena: &mut Arena, actors: &[Actor]) -> Result<Self, AttackError> {
        let roles: BTreeSet<&str> = actors.iter().map(|a| a.role.as_str()).collect();
        if roles.is_empty() {
            return Ok(Self::default());
        }
        let list: Vec<String> = roles.iter().map(|r| quote_literal(r)).collect();
        let list = list.join(", ");
        let mut found = Self::default();
        for row in arena.must("read privileges on relations", &RELATIONS.replace("ROLES", &list)).await? {
            let Some(Some(text)) = row.first() else { continue };
            let privileges: Privileges =
                serde_json::from_str(text).map_err(|source| AttackError::Answer { what: "privileges on relations", source })?;
            let name = QualifiedName::new(&privileges.schema, &privileges.name);
            found.relations.insert((privileges.role.clone(), name), privileges);
        }
        for row in arena.must("read privileges on functions", &FUNCTIONS.replace("ROLES", &list)).await? {
            if let [Some(role), Some(schema), Some(signature)] = row.as_slice() {
                found.functions.insert((role.clone(), schema.clone(), signature.clone()));
            }
        }
        let there =
            format!("select rolname from pg_catalog.pg_roles where rolname in ({list}) and pg_has_role(current_user, oid, 'member')");
        found.roles = arena.must("list the actors' roles", &there).await?.into_iter().flatten().flatten().collect();
        Ok(found)
    }

    /// Whether the role exists, and is none that can do everything anyway.
    pub(super) fn role_exists(&self, role: &str) -> bool {
        self.roles.contains(role)
    }

    /// What a role may do with a relation; none when it may do nothing.
    pub(super) fn of(&self, role: &str, relation: &QualifiedName) -> Option<&Privileges> {
        self.relations.get(&(role.to_owned(), relation.clone()))
    }

    /// Whether a role may call a function.
    pub(super) fn may_call(&self, role: &str, schema: &str, signature: &str) -> bool {
        self.functions.contains(&(role.to_owned(), schema.to_owned(), signature.to_owned()))
    }

    /// What a role lacks for a command; none when it has all.
    pub(super) fn lacks(&self, role: &str, relation: &QualifiedName, command: Command) -> Option<String> {
        let Some(privileges) = self.of(role, relation) else { return Some("no privilege".to_owned()) };
        if !privileges.usage {
            return Some(format!("no USAGE on schema {}", relation.schema));
        }
        let missing = match command {
            Command::Select => privileges.select.is_empty().then_some("SELECT"),
            Command::Insert | Command::Upsert if privileges.insert.is_empty() => Some("INSERT"),
            Command::Insert | Command::Execute => None,
            Command::Update | Command::Upsert => privileges.update.is_empty().then_some("UPDATE"),
            Command::Delete => (!privileges.delete).then_some("DELETE"),
            Command::Truncate => (!privileges.truncate).then_some("TRUNCATE"),
            Command::Returning if privileges.select.is_empty() => Some("SELECT"),
            Command::Returning => (privileges.update.is_empty() && !privileges.delete).then_some("UPDATE or DELETE"),
        };
        missing.map(|word| format!("no privilege {word}"))
    }
}
