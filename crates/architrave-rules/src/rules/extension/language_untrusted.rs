//! `extension/language-untrusted`: see `language_untrusted.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::Grant;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/language-untrusted",
    summary: "languages whose functions can do anything on the server",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("language_untrusted.md"),
    check: Check::Catalog(check),
};

const UNTRUSTED: &[&str] = &["pljavau", "plperlu", "plpython2u", "plpython3u", "plpythonu", "plsh", "pltclu", "plrustu", "plr"];

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let languages: Vec<String> = catalog.extensions.iter().map(|e| e.name.clone()).filter(|n| UNTRUSTED.contains(&n.as_str())).collect();
    let Some(first) = languages.first() else { return };
    let callable = |owner: &str, grants: &[Grant]| grants.iter().any(|g| g.grantee != owner && g.has("EXECUTE"));
    let open: Vec<_> =
        catalog.functions.iter().filter(|f| UNTRUSTED.contains(&f.language.as_str()) && callable(&f.owner, &f.grants)).collect();
    let message = if open.is_empty() {
        format!("untrusted {} installed: {}", if languages.len() == 1 { "language is" } else { "languages are" }, list_of(&languages, 4))
    } else {
        format!(
            "{} in untrusted languages may be called by others than the owner ({})",
            counted(open.len(), "function", "functions"),
            list_of(&languages, 4)
        )
    };
    let why = "Such code runs as the account of the server, with its files and programs. Read what reaches it as an argument, `revoke execute … from public`, grant it by name; drop a language that nothing is \
               written in.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Extension, first), message, why)
        .severity(if open.is_empty() { Severity::Low } else { RULE.severity })
        .evidence("untrusted languages", languages.join(", "), "pg_extension");
    for function in open {
        draft = draft.place(
            ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, &function.name.name),
            Some(format!("({})", function.identity_arguments)),
        );
    }
    sink.report(draft);
}
