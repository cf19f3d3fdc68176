//! Installed extensions, and the versions that the server could install.

use crate::session::{NoKeys, Question, Rows};
use architrave_model::catalog::Extension;
use serde::Deserialize;

pub(super) static QUESTION: Question = Question::new("extensions", include_str!("extension.sql"));
pub(super) static AVAILABLE: Question = Question::new("available versions of extensions", include_str!("available_extension.sql"));

/// The version that the server's files would install.
#[derive(Debug, Deserialize)]
pub(super) struct Available {
    name: String,
    version: Option<String>,
}

pub(super) fn build(rows: Rows<Extension, NoKeys>, available: Rows<Available, NoKeys>) -> Vec<Extension> {
    let mut extensions = rows.values();
    for found in available.values() {
        if let Some(extension) = extensions.iter_mut().find(|e| e.name == found.name) {
            extension.available_version = found.version;
        }
    }
    extensions
}
