//! `extension/superseded`: see `superseded.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/superseded",
    summary: "extensions that are gone from newer versions, or that nobody needs any more",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("superseded.md"),
    check: Check::Catalog(check),
};

/// Name, what became of it, whether an upgrade stops at it.
const GONE: &[(&str, &str, bool)] = &[
    ("adminpack", "gone since 17; only pgAdmin III used it", true),
    ("chkpass", "gone since 11", true),
    ("old_snapshot", "gone since 17", true),
    ("plpython2u", "gone since 15; plpython3u remains", true),
    ("plpythonu", "gone since 15; plpython3u remains", true),
    ("timetravel", "gone since 12", true),
    ("tsearch2", "gone since 10; full text search is built in", true),
    ("uuid-ossp", "gen_random_uuid() is built in since 13", false),
    ("xml2", "deprecated; XML functions are built in", false),
];

fn check(catalog: &Catalog, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let fate = |name: &str| GONE.iter().find(|(n, ..)| *n == name);
    // Platforms install it for everybody; it counts where tables live on it, and only on its random ids.
    let defaults =
        || catalog.tables.iter().flat_map(|t| &t.columns).filter_map(|c| c.default.as_deref()).filter(|d| d.contains("uuid_generate_v"));
    let replaceable = defaults().next().is_some() && defaults().all(|d| d.contains("uuid_generate_v4"));
    let found: Vec<_> =
        catalog.extensions.iter().filter_map(|e| fate(&e.name)).filter(|(name, ..)| *name != "uuid-ossp" || replaceable).collect();
    let Some((first, ..)) = found.iter().max_by_key(|(.., stops)| *stops) else { return };
    let said: Vec<String> = found.iter().map(|(name, fate, _)| format!("{name} ({fate})")).collect();
    let stops = found.iter().any(|(.., stops)| *stops);
    let message = format!("{} superseded: {}", counted(found.len(), "extension is", "extensions are"), list_of(&said, 3));
    let why = "Those that newer versions do not have stop pg_upgrade. Replace what uses them (defaults of columns first), look at what depends on them (`drop extension …` without cascade says it), and drop them.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Extension, *first), message, why).severity(if stops {
        RULE.severity
    } else {
        Severity::Info
    });
    for (name, fate, _) in found {
        draft = draft.place(ObjectRef::global(ObjectKind::Extension, *name), Some((*fate).to_owned()));
    }
    sink.report(draft);
}
