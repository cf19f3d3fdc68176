//! Operands of policies evaluated by PostgreSQL: over a copy of a relation's rows, as the role that asks, with its claims.

use super::caller::{Answer, Caller, Refused, Rights, Rows};
use super::error::ExplainError;
use super::facts::Relation;
use super::words::{self, Form};
use architrave_model::Catalog;
use architrave_model::access::why::{Join, Operand};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::Client;
use std::fmt::Write as _;

/// Rows of a relation that are looked at.
const ROWS: u32 = 2000;
/// Keys shown per operand.
const KEYS: usize = 5;
/// Operands taken apart no deeper.
const DEEPEST: u32 = 6;
/// Sub-expressions tried for being NULL, per operand.
const CANDIDATES: usize = 24;

/// Rows laid out beside the relation, where no policy hides them and everybody may read them.
pub(super) struct Sample {
    /// `architrave_rows.r1`.
    table: String,
    /// The relation's own name, by which its policies' sub-queries call it.
    alias: String,
    columns: Vec<String>,
    /// Run before each evaluation, in its transaction: the statement that makes the new rows.
    pub(super) first: Option<String>,
}

/// Makes the schema that samples lie in.
pub(super) async fn prepare(admin: &Client) -> Result<(), ExplainError> {
    let sql = "create schema architrave_rows; grant usage on schema architrave_rows to public";
    admin.batch_execute(sql).await.map_err(ExplainError::doing("lay out rows"))
}

/// Copies the rows of a relation.
pub(super) async fn lay_out(admin: &Client, relation: &Relation) -> Result<Sample, ExplainError> {
    let name = relation.qualified();
    let table = format!("architrave_rows.r{}", relation.oid);
    let alias = quote_ident(&name.name);
    let key = key_of(relation, &alias);
    let sql = format!(
        "create table {table} as select {key} as architrave_key, {alias}.* from {} as {alias} limit {ROWS}; grant select on {table} to public",
        name.sql()
    );
    admin.batch_execute(&sql).await.map_err(ExplainError::doing("lay out rows"))?;
    Ok(sample(relation, table, None))
}

/// A table that catches the new rows of a statement: a trigger after all others takes each row and lets nothing be written.
pub(super) async fn catch_new(
    admin: &Client,
    caller: &Caller,
    relation: &Relation,
    statement: &str,
) -> Result<Answer<Sample>, ExplainError> {
    let name = relation.qualified();
    let table = format!("architrave_rows.n{}", relation.oid);
    let columns: Vec<String> = relation.columns().iter().filter(|c| !c.generated).map(|c| quote_ident(&c.name)).collect();
    let values: Vec<String> = columns.iter().map(|c| format!("new.{c}")).collect();
    let function = format!("architrave_rows.take{}", relation.oid);
    // Generated columns may be computed by the project's functions: with the rights of the role that asks, not with ours.
    let owner = quote_ident(caller.name());
    let sql = format!(
        "create table {table} (architrave_key text default 'the new row', like {} including generated);
         grant select on {table} to public; grant insert on {table} to {owner};
         create function {function}() returns trigger language plpgsql security definer set search_path = '' as $architrave$
         begin insert into {table} ({}) values ({}); return null; end $architrave$;
         alter function {function}() owner to {owner};
         create trigger \"~~~architrave\" before insert or update on {} for each row execute function {function}();",
        name.sql(),
        columns.join(", "),
        values.join(", "),
        name.sql(),
    );
    match admin.batch_execute(&sql).await {
        Ok(()) => Ok(Ok(sample(relation, table, Some(statement.to_owned())))),
        Err(error) => Refused::of(error).map(Err),
    }
}

fn sample(relation: &Relation, table: String, first: Option<String>) -> Sample {
    Sample { table, alias: relation.qualified().name, columns: relation.columns().iter().map(|c| c.name.clone()).collect(), first }
}

/// An expression that names a row: `id = 1`.
fn key_of(relation: &Relation, alias: &str) -> String {
    if relation.key().is_empty() {
        return "'row ' || row_number() over ()".to_owned();
    }
    let parts: Vec<String> = relation
        .key()
        .iter()
        .map(|c| {
            // `format` calls the type's output function; a cast may be the project's own code, and this runs as superuser. Texts stay unseen: a
            // project's scripts may have brought rows along, and a name or an address may be a key.
            let column = format!("{alias}.{}", quote_ident(c));
            let shown =
                format!("pg_catalog.pg_typeof({column})::oid in ('uuid'::regtype, 'int8'::regtype, 'int4'::regtype, 'int2'::regtype)");
            let value = format!("case when {shown} then pg_catalog.format('%s', {column}) else '…' end");
            format!("{} || {value}", quote_literal(&format!("{c} = ")))
        })
        .collect();
    parts.join(" || ', ' || ")
}

/// What evaluating works with.
pub(super) struct Evaluator<'a> {
    pub(super) caller: &'a Caller,
    pub(super) catalog: &'a Catalog,
    /// Roles that the caller may become.
    pub(super) roles: &'a [String],
    /// Keys of the claims that were given.
    pub(super) claims: &'a serde_json::Value,
}

impl Evaluator<'_> {
    /// The operand with all its parts.
    pub(super) async fn operand(&self, rights: &Rights, sample: &Sample, text: &str) -> Result<Operand, ExplainError> {
        Box::pin(self.at(rights, sample, text, 0)).await
    }

    async fn at(&self, rights: &Rights, sample: &Sample, text: &str, depth: u32) -> Result<Operand, ExplainError> {
        let text = words::bare(text);
        let mut operand = self.counted(rights, sample, text).await?;
        if depth >= DEEPEST {
            return Ok(operand);
        }
        let (join, parts) = match words::form(text) {
            Form::And(parts) => (Join::And, parts),
            Form::Or(parts) => (Join::Or, parts),
            Form::Atom => {
                self.atom(rights, sample, text, depth, &mut operand).await?;
                return Ok(operand);
            }
        };
        operand.join = join;
        for part in &parts {
            operand.parts.push(Box::pin(self.at(rights, sample, part, depth + 1)).await?);
        }
        Ok(operand)
    }

    /// What more is to say about an operand without AND and OR: whether it depends on the row, what of it is NULL, what its helper asks.
    async fn atom(&self, rights: &Rights, sample: &Sample, text: &str, depth: u32, operand: &mut Operand) -> Result<(), ExplainError> {
        operand.same_for_all = self.caller.rows(rights, &format!("select ({text})::boolean")).await?.is_ok();
        if operand.holds == 0 && operand.error.is_none() {
            operand.nulls = self.nulls(rights, text).await?;
        }
        let Some(call) = words::whole_call(text) else { return Ok(()) };
        let Some(inlined) = words::inlined(&call, self.catalog, &sample.columns, &sample.alias) else { return Ok(()) };
        let role = inlined.as_role.unwrap_or_else(|| rights.role.clone());
        if !self.roles.contains(&role) {
            return Ok(());
        }
        let inside =
            Rights { role, settings: rights.settings.clone(), search_path: inlined.search_path.or_else(|| rights.search_path.clone()) };
        let part = Box::pin(self.at(&inside, sample, &inlined.text, depth + 1)).await?;
        // Where names of the body mean something else here, the two do not agree: better no insight than a wrong one.
        let agree = (part.holds, part.error.is_some()) == (operand.holds, operand.error.is_some());
        if agree {
            operand.join = Join::Inlined;
            operand.parts.push(part);
        }
        Ok(())
    }

    /// Rows for which it is true, false, NULL.
    async fn counted(&self, rights: &Rights, sample: &Sample, text: &str) -> Result<Operand, ExplainError> {
        let mut operand = Operand {
            text: text.to_owned(),
            join: Join::Atom,
            holds: 0,
            fails: 0,
            unknown: 0,
            rows: Vec::new(),
            same_for_all: false,
            error: None,
            nulls: Vec::new(),
            parts: Vec::new(),
        };
        let alias = quote_ident(&sample.alias);
        let query = format!("select {alias}.architrave_key, ({text})::boolean from {} as {alias}", sample.table);
        match self.rows(rights, sample, &query).await? {
            Ok(rows) => count(&mut operand, &rows),
            Err(refused) => operand.error = Some((refused.sqlstate, refused.message)),
        }
        Ok(operand)
    }

    async fn rows(&self, rights: &Rights, sample: &Sample, query: &str) -> Result<Answer<Rows>, ExplainError> {
        let Some(first) = &sample.first else { return self.caller.rows(rights, query).await };
        Ok(match self.caller.rows_after(rights, first, &[query.to_owned()]).await? {
            Ok(mut answers) => answers.pop().unwrap_or_else(|| Ok(Vec::new())),
            Err(refused) => Err(refused),
        })
    }

    /// Sub-expressions that are NULL whatever the row, with the reason where the claims tell it.
    async fn nulls(&self, rights: &Rights, text: &str) -> Result<Vec<String>, ExplainError> {
        let mut found: Vec<String> = Vec::new();
        for candidate in words::session_candidates(text).into_iter().take(CANDIDATES) {
            let answer = self.caller.rows(rights, &format!("select (({candidate})::text) is null")).await?;
            if !answer.is_ok_and(|rows| rows.iter().flatten().flatten().any(|v| v == "t")) {
                continue;
            }
            let bare = words::bare(&candidate);
            let mut said = format!("{bare} is NULL");
            if let Some(setting) = self.missing_setting(rights, bare) {
                let _infallible = write!(said, ": the setting {setting} is not there");
            } else if let Some(missing) = self.missing_claim(bare) {
                let _infallible = write!(said, ": the claims have no {missing}");
            }
            if !found.iter().any(|f| f.starts_with(&format!("{bare} is NULL"))) {
                found.push(said);
            }
        }
        // `(auth.jwt() ->> 'org_id')` says more than `auth.jwt()`; of two that nest, the inner one is the cause.
        let all = found.clone();
        let text_of = |f: &String| f.split(" is NULL").next().unwrap_or_default().to_owned();
        found.retain(|f| !all.iter().any(|g| g != f && text_of(f).contains(&text_of(g)) && !text_of(f).contains("->")));
        Ok(found)
    }

    /// The setting of the application that an expression asks for and that was not given.
    fn missing_setting(&self, rights: &Rights, text: &str) -> Option<String> {
        let bodies = words::calls(text).into_iter().filter_map(|call| words::function_of(&call, self.catalog)).map(|f| f.body.clone());
        let texts: Vec<String> = std::iter::once(text.to_owned()).chain(bodies).collect();
        let calls: Vec<words::Call> = texts.iter().flat_map(|t| words::calls(t)).collect();
        calls.iter().filter(|c| c.name.last().is_some_and(|n| n == "current_setting")).find_map(|call| {
            let name = call.arguments.first()?.split('\'').nth(1)?.to_owned();
            let claims = name.starts_with("request.");
            (!claims && !rights.settings.iter().any(|(n, _)| *n == name)).then_some(name)
        })
    }

    /// The claim that an expression asks for and that was not given.
    fn missing_claim(&self, text: &str) -> Option<String> {
        let bodies = words::calls(text).into_iter().filter_map(|call| {
            let known = call.name.join(".");
            match known.as_str() {
                "auth.uid" => Some("((c) ->> 'sub')".to_owned()),
                "auth.email" => Some("((c) ->> 'email')".to_owned()),
                "auth.role" => Some("((c) ->> 'role')".to_owned()),
                _ => words::function_of(&call, self.catalog).map(|f| f.body.clone()),
            }
        });
        let texts: Vec<String> = std::iter::once(text.to_owned()).chain(bodies).collect();
        for text in texts {
            let keys = words::claim_keys(&text);
            if keys.is_empty() {
                continue;
            }
            let mut at = self.claims;
            let mut path = Vec::new();
            for key in keys {
                path.push(key.clone());
                match at.get(&key) {
                    Some(inner) => at = inner,
                    None => return Some(path.join(".")),
                }
            }
        }
        None
    }
}

fn count(operand: &mut Operand, rows: &Rows) {
    for row in rows {
        let key = row.first().cloned().flatten().unwrap_or_default();
        match row.get(1).and_then(Option::as_deref) {
            Some("t") => {
                operand.holds += 1;
                if operand.rows.len() < KEYS {
                    operand.rows.push(key);
                }
            }
            Some(_) => operand.fails += 1,
            None => operand.unknown += 1,
        }
    }
    operand.rows.sort();
}
