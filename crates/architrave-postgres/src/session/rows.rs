//! One question to the server and the rows of its answer, read straight into plain structs.

use super::prepare::LockCare;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One query, from one `.sql` file.
#[derive(Debug)]
pub(crate) struct Question {
    /// What it is about, as coverage names it: `indexes`.
    pub(crate) what: &'static str,
    /// The text of its file.
    pub(crate) sql: &'static str,
    /// Without an answer nothing can be said about the database.
    pub(crate) essential: bool,
    /// What would make the server answer, when it refuses.
    pub(crate) remedy: Option<&'static str>,
}

impl Question {
    /// A question whose answer may be missing.
    pub(crate) const fn new(what: &'static str, sql: &'static str) -> Self {
        Self { what, sql, essential: false, remedy: None }
    }

    /// A question that must be answered.
    pub(crate) const fn essential(what: &'static str, sql: &'static str) -> Self {
        Self { what, sql, essential: true, remedy: None }
    }

    /// The same with a remedy.
    pub(crate) const fn or(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }
}

/// Takes the rows of one question. A row is a JSON object.
pub(crate) trait Answer: Send + 'static {
    /// The question.
    fn question(&self) -> &'static Question;
    /// The whole message, for questions whose text is not their file's: each row of its answer is one JSON object.
    fn message(&self, _care: &LockCare) -> Option<String> {
        None
    }
    /// Forgets the rows so far: the question is asked again.
    fn clear(&mut self);
    /// Takes one row.
    fn row(&mut self, json: &str) -> Result<(), serde_json::Error>;
}

/// What most rows carry besides the model's own fields: numbers that never leave this crate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    /// Own object id.
    pub(crate) oid: u32,
    /// Object id of what it belongs to.
    pub(crate) belongs_to: u32,
    /// Position within that.
    pub(crate) position: i32,
    /// Access list as text: the key into the grants.
    pub(crate) acl: Option<String>,
}

/// The rows of one answer: keys `K` and model struct `T`, both out of the same JSON object.
#[derive(Debug)]
pub(crate) struct Rows<T, K = Keys> {
    question: &'static Question,
    /// The rows.
    pub(crate) rows: Vec<(K, T)>,
}

impl<T, K> Rows<T, K> {
    /// No rows yet.
    pub(crate) fn new(question: &'static Question) -> Self {
        Self { question, rows: Vec::new() }
    }

    /// The structs without their keys.
    pub(crate) fn values(self) -> Vec<T> {
        self.rows.into_iter().map(|(_, value)| value).collect()
    }

    /// The only row, if there is one.
    pub(crate) fn one(self) -> Option<T> {
        self.rows.into_iter().next().map(|(_, value)| value)
    }
}

impl<T, K> Answer for Rows<T, K>
where
    T: DeserializeOwned + Send + 'static,
    K: DeserializeOwned + Send + 'static,
{
    fn question(&self) -> &'static Question {
        self.question
    }

    fn clear(&mut self) {
        self.rows.clear();
    }

    fn row(&mut self, json: &str) -> Result<(), serde_json::Error> {
        self.rows.push((serde_json::from_str(json)?, serde_json::from_str(json)?));
        Ok(())
    }
}

/// No keys at all.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct NoKeys {}
