//! What the server's catalogue says about one relation, function or role, as seen by the role in question.

use super::error::ExplainError;
use architrave_model::name::quote_literal;
use architrave_model::{ObjectKind, ObjectRef, QualifiedName};
use architrave_postgres::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A relation, and what the role may do with it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Relation {
    pub(super) oid: u32,
    schema: String,
    name: String,
    /// `relkind`.
    pub(super) kind: char,
    pub(super) owner: String,
    pub(super) row_security: bool,
    pub(super) forced: bool,
    pub(super) invoker: bool,
    pub(super) superuser: bool,
    pub(super) bypass: bool,
    /// The role is, or has the rights of, its owner.
    pub(super) owns: bool,
    pub(super) schema_open: bool,
    privileges: Option<Vec<String>>,
    key: Option<Vec<String>>,
    columns: Option<Vec<Column>>,
    sequences: Option<Vec<Sequence>>,
    reads: Option<Vec<u32>>,
    policies: Option<Vec<Policy>>,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) generated: bool,
    pub(super) select: bool,
    pub(super) insert: bool,
    pub(super) update: bool,
}

/// A sequence behind a default.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sequence {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) column: String,
    pub(super) open: bool,
    pub(super) held: bool,
}

/// A policy.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Policy {
    pub(super) name: String,
    /// `polcmd`: `r`, `a`, `w`, `d`, `*`.
    pub(super) command: char,
    pub(super) permissive: bool,
    pub(super) roles: Vec<String>,
    pub(super) applies: bool,
    pub(super) using: Option<String>,
    pub(super) check: Option<String>,
    reads: Option<Vec<u32>>,
    calls: Option<Vec<u32>>,
}

/// A function that is needed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Routine {
    schema: String,
    signature: String,
    pub(super) open: bool,
    pub(super) held: bool,
}

impl Relation {
    pub(super) fn qualified(&self) -> QualifiedName {
        QualifiedName::new(&self.schema, &self.name)
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, 'r' | 'p')
    }

    pub(super) fn has(&self, privilege: &str) -> bool {
        self.privileges.iter().flatten().any(|p| p == privilege)
    }

    pub(super) fn key(&self) -> &[String] {
        self.key.as_deref().unwrap_or_default()
    }

    pub(super) fn columns(&self) -> &[Column] {
        self.columns.as_deref().unwrap_or_default()
    }

    pub(super) fn sequences(&self) -> &[Sequence] {
        self.sequences.as_deref().unwrap_or_default()
    }

    pub(super) fn reads(&self) -> &[u32] {
        self.reads.as_deref().unwrap_or_default()
    }

    pub(super) fn policies(&self) -> &[Policy] {
        self.policies.as_deref().unwrap_or_default()
    }

    /// Whether policies bind the role here; else why not, when row level security is on.
    pub(super) fn free(&self) -> Option<&'static str> {
        if self.superuser {
            Some("superuser")
        } else if self.bypass {
            Some("BYPASSRLS")
        } else {
            (self.owns && !self.forced).then_some("owner")
        }
    }
}

impl Policy {
    pub(super) fn reads(&self) -> &[u32] {
        self.reads.as_deref().unwrap_or_default()
    }

    pub(super) fn calls(&self) -> &[u32] {
        self.calls.as_deref().unwrap_or_default()
    }
}

impl Routine {
    pub(super) fn object(&self) -> ObjectRef {
        ObjectRef::in_schema(ObjectKind::Function, &self.schema, &self.signature)
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema
    }
}

/// One JSON value out of a query; none for no row.
async fn one<T: DeserializeOwned>(admin: &Client, what: &'static str, sql: &str) -> Result<Option<T>, ExplainError> {
    // With an empty search path everything prints with its schema.
    let sql = format!("begin; set local search_path = ''; {sql}; rollback");
    let rows = crate::ground::rows(&admin.simple_query(&sql).await.map_err(ExplainError::doing(what))?);
    let Some(text) = rows.into_iter().flatten().flatten().next() else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|source| ExplainError::Answer { what, source })
}

/// The relation, as that role finds it.
pub(super) async fn relation(admin: &Client, oid: u32, role: &str) -> Result<Option<Relation>, ExplainError> {
    let sql = include_str!("relation.sql").replace("$oid", &oid.to_string()).replace("$role", &quote_literal(role));
    one(admin, "the relations of the statement", &sql).await
}

/// The functions among these, as that role finds them.
pub(super) async fn routines(admin: &Client, oids: &[u32], role: &str) -> Result<Vec<Routine>, ExplainError> {
    if oids.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<String> = oids.iter().map(u32::to_string).collect();
    let sql = format!(
        "select jsonb_agg(jsonb_build_object('schema', n.nspname, 'signature', p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
             'open', pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'), 'held', pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')) order by n.nspname, p.proname)
         from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace cross join pg_catalog.pg_roles r
         where p.oid in ({}) and n.nspname <> 'pg_catalog' and r.rolname = {}",
        list.join(", "),
        quote_literal(role)
    );
    Ok(one::<Option<Vec<Routine>>>(admin, "the functions of the statement", &sql).await?.flatten().unwrap_or_default())
}

/// Names of all roles but PostgreSQL's own and ours, and the ones among them that are superusers.
pub(super) async fn roles(admin: &Client) -> Result<Vec<(String, bool)>, ExplainError> {
    let sql = "select jsonb_agg(jsonb_build_array(rolname, rolsuper) order by rolname) from pg_catalog.pg_roles where rolname !~ '^(pg_|architrave)'";
    let roles: Option<Vec<(String, bool)>> = one(admin, "the roles", sql).await?;
    Ok(roles.unwrap_or_default())
}
