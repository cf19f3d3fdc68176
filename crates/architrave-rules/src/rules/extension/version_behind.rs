//! `extension/version-behind`: see `version_behind.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::Extension;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/version-behind",
    summary: "extensions behind the files of the server",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("version_behind.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let behind: Vec<(&Extension, &str)> = catalog
        .extensions
        .iter()
        .filter(|e| !e.stub)
        .filter_map(|e| Some((e, e.available_version.as_deref()?)))
        .filter(|(e, available)| is_older(&e.version, available))
        .collect();
    let Some((first, _)) = behind.first() else { return };
    let said: Vec<String> = behind.iter().map(|(e, available)| format!("{} {} of {available}", e.name, e.version)).collect();
    let statements: Vec<String> = behind.iter().map(|(e, _)| format!("`alter extension {} update`", quote_ident(&e.name))).collect();
    let message =
        format!("{} behind the files of the server: {}", counted(behind.len(), "extension is", "extensions are"), list_of(&said, 4));
    let why = format!(
        "The library is new, its functions in the database are old: corrections have not arrived. Read the extension's notes, try it on a copy, then in each database: {}.",
        list_of(&statements, 5)
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Extension, &first.name), message, why);
    for (extension, available) in behind {
        draft = draft.place(
            ObjectRef::global(ObjectKind::Extension, &extension.name),
            Some(format!("{}, {available} is available", extension.version)),
        );
    }
    sink.report(draft);
}

/// Versions of numbers and dots, compared number by number.
fn is_older(installed: &str, available: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<u32>>>();
    numbers(installed).zip(numbers(available)).is_some_and(|(i, a)| i < a)
}
