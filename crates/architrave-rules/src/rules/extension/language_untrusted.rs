//! `extension/language-untrusted`: see `language_untrusted.md` for the rule's page.

use crate::figures::list_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/language-untrusted",
    summary: "untrusted languages that nothing is written in",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("language_untrusted.md"),
    check: Check::Catalog(check),
};

const UNTRUSTED: &[&str] = &["pljavau", "plperlu", "plpython2u", "plpython3u", "plpythonu", "plr", "plsh", "pltclu"];

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let is_idle = |name: &str| UNTRUSTED.contains(&name) && !catalog.functions.iter().any(|f| f.language == name);
    let languages: Vec<String> = catalog.extensions.iter().map(|e| e.name.clone()).filter(|n| is_idle(n)).collect();
    let Some(first) = languages.first() else { return };
    let are = if languages.len() == 1 { "language is" } else { "languages are" };
    let message = format!("untrusted {are} installed, and nothing is written in: {}", list_of(&languages, 4));
    let why = "Such code runs as the account of the server, with its files and programs. `drop extension …` takes the tool away from whoever becomes superuser for a moment.";
    sink.report(Draft::new(ObjectRef::global(ObjectKind::Extension, first), message, why).evidence(
        "untrusted languages",
        languages.join(", "),
        "pg_extension, pg_proc",
    ));
}
