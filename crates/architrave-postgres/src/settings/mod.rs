//! Settings with their source, and the rules of `pg_hba.conf`; values that hold a secret are hidden here.

mod file_error;
mod hba_rule;
mod override_setting;
mod password;
mod secret;
mod setting;

pub(crate) use secret::hide_secret_of;
pub(crate) use setting::QUESTION as SETTINGS;

use crate::session::{Answer, NoKeys, Opening, Rows};
use architrave_model::settings::{FileError, HbaRule, Override, PasswordKind, Setting, Settings};

/// What is asked beside the settings themselves.
pub(crate) struct BesideRows {
    hba: Rows<HbaRule, NoKeys>,
    overrides: Rows<Override, NoKeys>,
    /// Superusers only, like the next.
    file_errors: Option<Rows<FileError, NoKeys>>,
    passwords: Option<Rows<PasswordKind, NoKeys>>,
}

impl BesideRows {
    /// Questions for what this role may ask.
    pub(crate) fn new(opening: &Opening) -> Self {
        Self {
            hba: Rows::new(&hba_rule::QUESTION),
            overrides: Rows::new(&override_setting::QUESTION),
            file_errors: opening.superuser.then(|| Rows::new(&file_error::QUESTION)),
            passwords: opening.superuser.then(|| Rows::new(&password::QUESTION)),
        }
    }

    /// All questions.
    pub(crate) fn answers(&mut self) -> Vec<&mut (dyn Answer + 'static)> {
        let mut answers: Vec<&mut (dyn Answer + 'static)> = vec![&mut self.hba, &mut self.overrides];
        if let Some(errors) = &mut self.file_errors {
            answers.push(errors);
        }
        if let Some(passwords) = &mut self.passwords {
            answers.push(passwords);
        }
        answers
    }
}

/// Puts the settings together.
pub(crate) fn build(values: Rows<Setting, NoKeys>, beside: BesideRows) -> Settings {
    let mut values = values.values();
    for setting in &mut values {
        secret::hide(&setting.name, &mut setting.value);
        if let Some(boot) = &mut setting.boot_value {
            secret::hide(&setting.name, boot);
        }
    }
    values.sort_by(|a, b| a.name.cmp(&b.name));
    let mut overrides = beside.overrides.values();
    for entry in &mut overrides {
        secret::hide(&entry.name, &mut entry.value);
    }
    overrides.sort();
    // Without the privilege the view refuses; with it there is always at least one rule or error to show.
    let hba = Some(beside.hba.values()).filter(|rules| !rules.is_empty());
    // These are the stored kinds of every role that may log in: at least our own.
    let passwords = beside.passwords.map(Rows::values).filter(|kinds| !kinds.is_empty());
    Settings { values, hba, overrides, file_errors: beside.file_errors.map(Rows::values), passwords }
}
