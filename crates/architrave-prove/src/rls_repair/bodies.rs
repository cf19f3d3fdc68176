//! Functions that get a search path of their own: whether their bodies still find what they name.

use crate::ground::rows;
use crate::rls_attack::AttackError;
use crate::round_trip::refusal;
use architrave_model::access::Repair;
use architrave_model::catalog::{Catalog, Function};
use architrave_model::name::quote_literal;
use architrave_model::sqlstate::is_undefined_name;
use architrave_postgres::Client;

/// A function with the calls that try it.
pub(super) struct Body<'a> {
    function: &'a Function,
    /// How it went before: nothing where it went.
    before: Vec<Option<String>>,
}

/// The functions whose search path a repair sets, called as they are now by the project's owner; each call is rolled back.
pub(super) async fn before<'a>(client: &Client, catalog: &'a Catalog, repair: &Repair) -> Result<Vec<Body<'a>>, AttackError> {
    let mut bodies = Vec::new();
    for function in catalog.functions.iter().filter(|f| is_set(f, repair)) {
        let before = outcomes(client, function).await?;
        bodies.push(Body { function, before });
    }
    Ok(bodies)
}

/// The first that does not find a name any more which it found before.
pub(super) async fn broken(client: &Client, bodies: &[Body<'_>], transcript: &mut Vec<String>) -> Result<Option<String>, AttackError> {
    for body in bodies {
        let after = outcomes(client, body.function).await?;
        let lost = body.before.iter().zip(&after).find_map(|(before, after)| {
            let after = after.as_ref().filter(|a| a.get(..5).is_some_and(is_undefined_name))?;
            (before.as_ref() != Some(after)).then_some(after)
        });
        if let Some(lost) = lost {
            return Ok(Some(format!("{} does not find what it names any more: {lost}", body.function.name)));
        }
        if !after.is_empty() {
            transcript.push(format!("-- {} called with NULLs, and its body read again: as before", body.function.name));
        }
    }
    Ok(None)
}

fn is_set(function: &Function, repair: &Repair) -> bool {
    let named = format!(" {}({}) set search_path", function.name.sql(), function.identity_arguments);
    repair.up.iter().any(|s| s.starts_with("alter ") && s.contains(&named))
}

/// How a call with NULLs ends, and making the function anew with its body checked.
async fn outcomes(client: &Client, function: &Function) -> Result<Vec<Option<String>>, AttackError> {
    let doing = || AttackError::doing("try the search path of a function");
    let list = "select coalesce(string_agg('null::' || pg_catalog.format_type(a.kind, null), ', ' order by a.at), '')
                from pg_catalog.unnest(p.proargtypes) with ordinality a (kind, at)";
    let sql = format!(
        "select case p.prokind when 'p' then 'call ' else 'select from ' end || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
                || '(' || ({list}) || ')',
            pg_catalog.pg_get_functiondef(p.oid)
         from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
         where n.nspname = {} and p.proname = {} and pg_catalog.pg_get_function_identity_arguments(p.oid) = {}",
        quote_literal(&function.name.schema),
        quote_literal(&function.name.name),
        quote_literal(&function.identity_arguments)
    );
    let answer = client.simple_query(&sql).await.map_err(doing())?;
    let mut all = Vec::new();
    for statement in rows(&answer).into_iter().flatten().flatten() {
        client.batch_execute("begin; set local statement_timeout = '2s'; set local lock_timeout = '1s'").await.map_err(doing())?;
        let outcome = client.batch_execute(&statement).await.err();
        all.push(outcome.map(|e| format!("{} {}", e.code().map_or("", |c| c.code()), refusal(&e))));
        client.batch_execute("rollback").await.map_err(doing())?;
    }
    Ok(all)
}
