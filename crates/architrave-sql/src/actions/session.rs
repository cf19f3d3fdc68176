//! Settings of the session that the judgement of later statements needs: time-outs, search path, time zone, as SET, SET LOCAL, RESET and the end of a
//! transaction leave them.

use architrave_model::migration::Action;
use std::collections::BTreeMap;

/// Settings by name, followed from statement to statement.
#[derive(Debug, Clone, Default)]
pub struct Session {
    defaults: BTreeMap<String, String>,
    session: BTreeMap<String, String>,
    local: BTreeMap<String, String>,
    /// Session settings at the start of the open transaction, for ROLLBACK.
    start: Option<BTreeMap<String, String>>,
}

impl Session {
    /// With what the server, database or role sets before the first statement: names in lower case, values as `SHOW` prints them.
    pub fn new(defaults: BTreeMap<String, String>) -> Self {
        Self { defaults, ..Self::default() }
    }

    /// The value in force, as written; none when nobody set it.
    pub fn value(&self, name: &str) -> Option<&str> {
        [&self.local, &self.session, &self.defaults].iter().find_map(|m| m.get(name)).map(String::as_str)
    }

    /// `lock_timeout` in milliseconds; 0 is none.
    pub fn lock_timeout_ms(&self) -> u64 {
        self.value("lock_timeout").and_then(milliseconds).unwrap_or(0)
    }

    /// `statement_timeout` in milliseconds; 0 is none.
    pub fn statement_timeout_ms(&self) -> u64 {
        self.value("statement_timeout").and_then(milliseconds).unwrap_or(0)
    }

    /// A transaction starts.
    pub fn begin(&mut self) {
        if self.start.is_none() {
            self.start = Some(self.session.clone());
        }
    }

    /// The transaction ends.
    pub fn end(&mut self, committed: bool) {
        self.local.clear();
        if let (Some(start), false) = (self.start.take(), committed) {
            self.session = start;
        }
    }

    /// What a statement's action sets; transaction control counts too.
    pub fn follow(&mut self, action: &Action) {
        match action {
            Action::Begin => self.begin(),
            Action::Commit => self.end(true),
            Action::Rollback => self.end(false),
            Action::Set { name, value: None, .. } if name == "all" => {
                self.session.clear();
                self.local.clear();
            }
            Action::Set { name, value, local } => self.set(name, value.as_deref(), *local),
            _ => {}
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>, local: bool) {
        let name = name.to_ascii_lowercase();
        match (value, local) {
            // Outside a transaction SET LOCAL does nothing but warn.
            (_, true) if self.start.is_none() => {}
            (Some(value), true) => {
                self.local.insert(name, value.to_owned());
            }
            (None, true) => {
                let default = self.defaults.get(&name).cloned().unwrap_or_else(|| "0".to_owned());
                self.local.insert(name, default);
            }
            (Some(value), false) => {
                self.local.remove(&name);
                self.session.insert(name, value.to_owned());
            }
            (None, false) => {
                self.local.remove(&name);
                self.session.remove(&name);
            }
        }
    }
}

/// A time setting in milliseconds: `2s`, `500ms`, `1min`, `5000`. None when it is none.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('\'').trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let value = number * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (value.is_finite() && (0.0..=2_147_483_647.0).contains(&value)).then(|| value.round() as u64)
}

/// The elements of a list setting, unquoted and folded: `a, "B"`.
pub(super) fn list(value: &str) -> Vec<String> {
    let fold = |part: &str| {
        let part = part.trim();
        let unquoted = part.trim_matches('\'');
        match unquoted.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None if unquoted.len() < part.len() => unquoted.to_owned(),
            None => part.to_ascii_lowercase(),
        }
    };
    value.split(',').map(fold).filter(|s| !s.is_empty()).collect()
}
