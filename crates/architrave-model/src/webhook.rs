//! Webhook handlers in a project's code that keep tables in step with who signs people in, and what they do with the events.

use crate::script::Location;
use serde::{Deserialize, Serialize};

/// How the body of the request reaches the verification of its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Verification {
    /// As it came.
    Verified {
        /// The call.
        location: Location,
    },
    /// Parsed, and made a text again: not the bytes that were signed.
    Rewritten {
        /// The call.
        location: Location,
    },
    /// Nothing verifies it before the handler acts.
    Missing,
    /// Cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

/// How a failure of the database gets lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// An exception is caught, and success is answered.
    Caught,
    /// The call reports failure in what it returns, and nobody looks.
    ResultIgnored,
    /// The answer is sent before the statement has ended.
    NotAwaited,
}

/// What a handler writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// A plain INSERT.
    Insert,
    /// INSERT … ON CONFLICT, or what amounts to it.
    Upsert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// Reads only.
    Select,
    /// A call of the project whose statements are not known, with the event's data.
    Call,
}

impl Verb {
    /// In SQL's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Upsert => "INSERT … ON CONFLICT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Select => "SELECT",
            Self::Call => "a call",
        }
    }
}

/// A statement that an event leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HandlerWrite {
    /// Type of the event: `user.created`.
    pub event: String,
    /// What it does.
    pub verb: Verb,
    /// Table or model as the code names it; the function, for a call.
    pub table: String,
    /// Columns as the code names them, sorted.
    #[serde(default)]
    pub columns: Vec<String>,
    /// An INSERT that is left out where a read has found the row.
    #[serde(default)]
    pub unless_found: bool,
    /// Place.
    pub location: Location,
}

/// Orders of delivery that lead to different rows, or lose an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// What goes wrong.
    pub kind: DivergenceKind,
    /// Events as delivered, in words.
    pub order: Vec<String>,
    /// What the table holds after it, against what it should: about rows of our own.
    pub outcome: String,
}

/// What goes wrong in an order of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DivergenceKind {
    /// An older event overwrites a newer one.
    OlderWins,
    /// A deleted person is there again.
    Returns,
    /// The same event twice leaves more than once.
    Twice,
    /// An event leaves nothing, and the handler has said that it worked.
    Lost,
    /// An event is refused each time it is delivered.
    Refused,
}

/// What running the handler's statements in all orders has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum OrdersTried {
    /// Tried on a private server.
    Tried {
        /// Orders of delivery.
        orders: u32,
        /// What goes wrong, one of each kind, the shortest order.
        divergences: Vec<Divergence>,
    },
    /// Could not be tried.
    NotChecked {
        /// Why.
        why: String,
    },
}

/// A handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookHandler {
    /// Where its function begins.
    pub location: Location,
    /// `TypeScript`, `JavaScript`, `Python`.
    pub language: String,
    /// Types of events that it acts on, as far as they were tried, sorted.
    #[serde(default)]
    pub events: Vec<String>,
    /// The signature.
    pub verification: Verification,
    /// Statements and calls by event.
    #[serde(default)]
    pub writes: Vec<HandlerWrite>,
    /// The handler looks at the event's own `updated_at`.
    #[serde(default)]
    pub reads_update_time: bool,
    /// It hands the message's id (`svix-id`) to the database.
    #[serde(default)]
    pub stores_message_id: bool,
    /// Takes the first e-mail address without a look at which one is primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_email: Option<Location>,
    /// Failures of the database that get lost, with the statement's place.
    #[serde(default)]
    pub losses: Vec<(Loss, Location)>,
    /// Deletions: whether anything is done about `user.deleted`; none when that cannot be told.
    #[serde(default)]
    pub handles_deletion: Option<bool>,
    /// What was not followed: calls whose code is not in the project.
    #[serde(default)]
    pub not_followed: Vec<String>,
    /// The function's gateway asks for a token that the sender does not have (an edge function without `verify_jwt = false`).
    #[serde(default)]
    pub behind_token: bool,
    /// The handler's statements, run in all orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<OrdersTried>,
}

/// All handlers of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Webhooks {
    /// By place.
    pub handlers: Vec<WebhookHandler>,
    /// Files that speak of such events and could not be read as a handler: place and reason.
    pub unread: Vec<(String, String)>,
}

/// A value in a statement of a handler.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Known: it came from the event, or stands in the code. As JSON.
    Value(String),
    /// The time of the run.
    Now,
    /// The value that was to be inserted in this column: `excluded.name`.
    Excluded(String),
    /// Cannot be told.
    Unknown,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    IsNull,
    IsNotNull,
}

/// What happens on a conflict.
#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    /// Columns as the code names them; empty for the primary key.
    pub columns: Vec<String>,
    /// What is set; none to do nothing.
    pub update: Option<Vec<(String, Field)>>,
    /// Conditions of the update on the row that is there.
    pub when: Vec<(String, Comparison, Field)>,
    /// The same as SQL, with `$1` for its parameters.
    pub when_sql: Option<(String, Vec<Field>)>,
}

/// A statement that a handler has run for one event.
#[derive(Debug, Clone, PartialEq)]
pub struct HandlerStatement {
    /// Place of the call.
    pub location: Location,
    /// What it does.
    pub verb: Verb,
    /// Table or model as the code names it.
    pub table: String,
    /// SQL as the code has it, with `$1` for its parameters; then the other fields say nothing.
    pub sql: Option<String>,
    /// Values of the parameters.
    pub parameters: Vec<Field>,
    /// Columns with what they are set to.
    pub values: Vec<(String, Field)>,
    /// ON CONFLICT.
    pub on_conflict: Option<OnConflict>,
    /// Rows that it is for; all must hold.
    pub filter: Vec<(String, Comparison, Field)>,
    /// The call fails where there is no such row.
    pub needs_row: bool,
    /// A mapper makes it, and may fill columns by itself: ids, times.
    pub mapped: bool,
    /// Why it cannot be run.
    pub unknown: Option<String>,
}

impl HandlerStatement {
    /// A statement without anything yet.
    pub fn new(location: Location, verb: Verb, table: impl Into<String>) -> Self {
        Self {
            location,
            verb,
            table: table.into(),
            sql: None,
            parameters: Vec::new(),
            values: Vec::new(),
            on_conflict: None,
            filter: Vec::new(),
            needs_row: false,
            mapped: false,
            unknown: None,
        }
    }
}

/// What the database answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Rows, as objects of JSON.
    Rows(Vec<String>),
    /// An error with its SQLSTATE.
    Failed(String),
}

/// What a handler does next with an event, given the answers so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// It runs this.
    Runs(Box<HandlerStatement>),
    /// It answers with this status.
    Answers(u16),
    /// Cannot be told.
    Unknown(String),
}

/// An event of our own making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEvent {
    /// Type: `user.created`.
    pub kind: String,
    /// Which of our people it is about, from 1 on.
    pub person: u32,
    /// How the person's data have changed since: later versions have a later `updated_at`. 1 is as created.
    pub version: u64,
    /// The person's only e-mail address; none for who has signed up by telephone and has no name either.
    pub email: Option<String>,
}

/// A handler that can be run, statement by statement.
pub trait RunsEvents {
    /// What comes after these answers; the same answers lead to the same statement.
    fn next(&self, event: &SampleEvent, answers: &[Answer]) -> Next;
}
