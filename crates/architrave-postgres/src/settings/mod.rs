//! Settings with their source, and the rules of `pg_hba.conf`; values that hold a secret are hidden here.

mod hba_rule;
mod secret;
mod setting;

pub(crate) use hba_rule::QUESTION as HBA_RULES;
pub(crate) use secret::hide_secret_of;
pub(crate) use setting::QUESTION as SETTINGS;

use crate::session::{NoKeys, Rows};
use architrave_model::settings::{HbaRule, Setting, Settings};

/// Puts the settings together; `hba` is none when the server refused it.
pub(crate) fn build(values: Rows<Setting, NoKeys>, hba: Option<Rows<HbaRule, NoKeys>>) -> Settings {
    let mut values = values.values();
    for setting in &mut values {
        secret::hide(&setting.name, &mut setting.value);
        if let Some(boot) = &mut setting.boot_value {
            secret::hide(&setting.name, boot);
        }
    }
    values.sort_by(|a, b| a.name.cmp(&b.name));
    Settings { values, hba: hba.map(Rows::values) }
}
