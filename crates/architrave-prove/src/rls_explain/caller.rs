//! The session that asks: a role without any power of its own that becomes the role in question, one transaction per question, each rolled back.

use super::error::ExplainError;
use crate::ground::set_config;
use architrave_model::access::StepOutcome;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::server::Database;
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};

/// Who asks, and with which settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    pub(super) role: String,
    pub(super) settings: Vec<(String, String)>,
    pub(super) search_path: Option<String>,
}

/// How PostgreSQL refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) sqlstate: String,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn of(error: DriverError) -> Result<Self, ExplainError> {
        match error.as_db_error() {
            Some(db) => Ok(Self { sqlstate: db.code().code().to_owned(), message: db.message().to_owned() }),
            None => Err(ExplainError::Statement { what: "go on", source: error }),
        }
    }
}

/// Rows as texts.
pub(super) type Rows = Vec<Vec<Option<String>>>;

/// What a question has led to.
pub(super) type Answer<T> = Result<T, Refused>;

/// A session on the copy.
pub(super) struct Caller {
    client: Client,
    name: String,
}

/// Longest time for a statement of the user's.
const LIMIT: &str = "10s";

impl Caller {
    /// Makes the login role, a member of `roles` and nothing else, and opens its session. Roles that may not be given away (superusers) come back.
    pub(super) async fn open(admin: &Client, database: &Database, roles: &[String]) -> Result<Self, ExplainError> {
        let doing = || ExplainError::doing("make the role that asks");
        let name = format!("{}_asks", database.name());
        let config = database.config();
        let password = config.get_password().map(|p| format!(" password {}", quote_literal(&String::from_utf8_lossy(p))));
        let create = format!("create role {} login noinherit{}", quote_ident(&name), password.unwrap_or_default());
        admin.batch_execute(&create).await.map_err(doing())?;
        for role in roles {
            let grant = format!("grant {} to {}", quote_ident(role), quote_ident(&name));
            admin.batch_execute(&grant).await.map_err(doing())?;
        }
        Ok(Self { client: database.connect_as(&name).await?, name })
    }

    /// Its login role.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Ends the session and takes the role away; the database and its roles may be needed by somebody else.
    pub(super) async fn close(self, admin: &Client) {
        drop(self.client);
        let name = quote_ident(&self.name);
        let _best_effort = admin.batch_execute(&format!("drop owned by {name}; drop role {name}")).await;
    }

    async fn begin(&self, rights: &Rights) -> Result<(), ExplainError> {
        let mut sql = format!(
            "begin; set local statement_timeout = '{LIMIT}'; set local lock_timeout = '2s'; set local role {};",
            quote_ident(&rights.role)
        );
        if let Some(path) = &rights.search_path {
            sql.push_str(&format!(" select {};", set_config("search_path", path)));
        }
        for (name, value) in &rights.settings {
            sql.push_str(&format!(" select {};", set_config(name, value)));
        }
        self.client.batch_execute(&sql).await.map_err(ExplainError::doing("become the role"))
    }

    async fn rollback(&self) -> Result<(), ExplainError> {
        self.client.batch_execute("rollback").await.map_err(ExplainError::doing("roll back"))
    }

    /// Rows of a query.
    pub(super) async fn rows(&self, rights: &Rights, sql: &str) -> Result<Answer<Rows>, ExplainError> {
        self.begin(rights).await?;
        let answer = self.ask(sql).await;
        self.rollback().await?;
        answer
    }

    /// How a statement ends.
    pub(super) async fn outcome(&self, rights: &Rights, sql: &str) -> Result<StepOutcome, ExplainError> {
        self.begin(rights).await?;
        let answer = self.client.simple_query(sql).await;
        let deferred = match &answer {
            // Deferred constraints are part of the answer.
            Ok(_) => self.client.simple_query("set constraints all immediate").await.err(),
            Err(_) => None,
        };
        self.rollback().await?;
        Ok(match (answer, deferred) {
            (Ok(messages), None) => counted(&messages),
            (Err(error), _) | (Ok(_), Some(error)) => {
                let Refused { sqlstate, message } = Refused::of(error)?;
                StepOutcome::Refused { sqlstate, message }
            }
        })
    }

    /// Runs `first`, and then each question behind a savepoint; all in one transaction that is rolled back. None when `first` was refused.
    pub(super) async fn rows_after(
        &self,
        rights: &Rights,
        first: &str,
        questions: &[String],
    ) -> Result<Answer<Vec<Answer<Rows>>>, ExplainError> {
        self.begin(rights).await?;
        let begun = self.client.batch_execute(first).await;
        let mut answers = Vec::new();
        if begun.is_ok() {
            for question in questions {
                self.client.batch_execute("savepoint question").await.map_err(ExplainError::doing("ask on"))?;
                answers.push(self.ask(question).await?);
                self.client.batch_execute("rollback to savepoint question").await.map_err(ExplainError::doing("ask on"))?;
            }
        }
        self.rollback().await?;
        match begun {
            Ok(()) => Ok(Ok(answers)),
            Err(error) => Refused::of(error).map(Err),
        }
    }

    async fn ask(&self, sql: &str) -> Result<Answer<Rows>, ExplainError> {
        match self.client.simple_query(sql).await {
            Ok(messages) => Ok(Ok(crate::ground::rows(&messages))),
            Err(error) => Refused::of(error).map(Err),
        }
    }
}

fn counted(messages: &[SimpleQueryMessage]) -> StepOutcome {
    let described = messages.iter().any(|m| matches!(m, SimpleQueryMessage::RowDescription(_)));
    let count = messages.iter().find_map(|m| match m {
        SimpleQueryMessage::CommandComplete(n) => Some(*n),
        _ => None,
    });
    match (described, count) {
        (true, count) => StepOutcome::Rows { count: count.unwrap_or(0) },
        (false, Some(count)) => StepOutcome::Changed { count },
        (false, None) => StepOutcome::Done,
    }
}
