//! Counts on a live database: in one read-only transaction, as the role in question, numbers only.

use super::error::ExplainError;
use super::{AccessQuestion, claims};
use crate::ground::set_config;
use architrave_model::QualifiedName;
use architrave_model::access::Command;
use architrave_model::access::why::{AccessExplanation, LiveCount};
use architrave_model::coverage::Gap;
use architrave_model::name::quote_ident;
use architrave_postgres::Client;

/// Counts what each relation of the statement, and the statement itself, gives that role there; adds it to the explanation.
///
/// Nothing is written: the transaction is read only and rolled back, the role is set for it alone (a pooler may stand in between), and the server's
/// messages stay there, since they hold values of rows. A statement that writes is not run at all.
pub async fn count_live(client: &Client, question: &AccessQuestion, explanation: &mut AccessExplanation) -> Result<(), ExplainError> {
    let what = "count rows";
    let begin = "begin isolation level repeatable read read only; set local statement_timeout = '10s'; set local lock_timeout = '250ms'; \
                 set local idle_in_transaction_session_timeout = '60s'; set local row_security = off; savepoint architrave";
    client.batch_execute(begin).await.map_err(ExplainError::doing(what))?;
    let named: Vec<QualifiedName> = names(explanation);
    let mut counts: Vec<LiveCount> = Vec::new();
    for name in &named {
        // A policy that binds our own role would make the count wrong: with row_security off PostgreSQL refuses instead.
        let all = count(client, &format!("select count(*) from {}", name.sql())).await?;
        counts.push(LiveCount { relation: Some(name.clone()), visible: Err(String::new()), all });
    }
    let mut become_ = format!("set local row_security = on; set local role {}", quote_ident(&question.role));
    for (name, value) in claims::settings(question) {
        become_.push_str(&format!("; select {}", set_config(&name, &value)));
    }
    become_.push_str("; savepoint architrave");
    if let Err(error) = client.batch_execute(&become_).await {
        let Some(code) = error.code().map(|c| c.code().to_owned()) else { return Err(ExplainError::Statement { what, source: error }) };
        client.batch_execute("rollback").await.map_err(ExplainError::doing(what))?;
        let why = format!("our role may not become {} there (SQLSTATE {code})", question.role);
        let remedy = format!("connect as a member of {0}, or grant {0} to our role", question.role);
        explanation.gaps.push(Gap::new("counts on the live database", why, Some(&remedy)));
        return Ok(());
    }
    for (name, counted) in named.iter().zip(&mut counts) {
        counted.visible = count(client, &format!("select count(*) from {}", name.sql())).await?;
    }
    if explanation.command == Command::Select && !explanation.statement.to_lowercase().contains(" for ") {
        let visible = count(client, &format!("select count(*) from (\n{}\n) architrave_counted", explanation.statement)).await?;
        counts.insert(0, LiveCount { relation: None, visible, all: Err("the statement was run as that role only".to_owned()) });
    } else {
        let why = "a statement that writes or locks is run on the private server only, over rows of ours";
        explanation.gaps.push(Gap::new("the statement on the live database", why, None));
    }
    client.batch_execute("rollback").await.map_err(ExplainError::doing(what))?;
    explanation.live = counts;
    Ok(())
}

/// Relations with rows of their own, each once.
fn names(explanation: &AccessExplanation) -> Vec<QualifiedName> {
    let mut names: Vec<QualifiedName> = Vec::new();
    for relation in explanation.relations.iter().filter(|r| r.rows.is_some()) {
        if !names.contains(&relation.relation) {
            names.push(relation.relation.clone());
        }
    }
    names
}

/// A number, or the SQLSTATE of the refusal.
async fn count(client: &Client, sql: &str) -> Result<Result<u64, String>, ExplainError> {
    let answer = client.simple_query(sql).await;
    client.batch_execute("rollback to savepoint architrave").await.map_err(ExplainError::doing("count rows"))?;
    match answer {
        Ok(messages) => {
            let number = crate::ground::rows(&messages).into_iter().flatten().flatten().next().and_then(|n| n.parse().ok());
            Ok(number.ok_or_else(|| "no number".to_owned()))
        }
        Err(error) => match error.code() {
            Some(code) => Ok(Err(code.code().to_owned())),
            None => Err(ExplainError::Statement { what: "count rows", source: error }),
        },
    }
}
