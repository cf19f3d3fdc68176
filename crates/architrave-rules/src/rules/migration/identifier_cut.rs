//! `migration/identifier-cut`: see `identifier_cut.md` for the rule's page.

use crate::body;
use crate::figures::{count, counted};
use crate::held::{file_of, scripts, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/identifier-cut",
    summary: "name longer than PostgreSQL keeps",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("identifier_cut.md"),
    check: Check::Migration(check),
};

/// What PostgreSQL keeps of a name, in bytes.
const LONGEST: usize = 63;

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let mut long: BTreeMap<String, At<'_>> = BTreeMap::new();
        for at in steps {
            if !may_hold_long_name(&at.step.text)
                || at.step.actions.iter().all(|a| matches!(a, Action::Insert { .. } | Action::Dynamic { .. } | Action::Copy { .. }))
            {
                continue;
            }
            for token in body::tokens(&at.step.text) {
                if let Some(word) = token.word().filter(|w| w.len() > LONGEST && !w.starts_with(|c: char| c.is_ascii_digit())) {
                    long.entry(word.to_owned()).or_insert(at);
                }
            }
        }
        let Some((name, at)) = long.iter().next() else { continue };
        report(*at, name, &long, sink);
    }
}

/// Whether there can be a name that long: a look at the bytes, since hardly any statement has one.
fn may_hold_long_name(text: &str) -> bool {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
    let quoted_or_foreign = text.bytes().any(|b| b == b'"' || !b.is_ascii());
    text.len() > LONGEST && (quoted_or_foreign || text.as_bytes().split(|b| !is_name(b)).any(|word| word.len() > LONGEST))
}

fn report(at: At<'_>, first: &str, long: &BTreeMap<String, At<'_>>, sink: &mut Sink<'_>) {
    let kept = crate::statements::cut(first, LONGEST);
    let twins = long.keys().filter(|name| name.as_str() != first && crate::statements::cut(name, LONGEST) == kept).count();
    let message = format!("{} of {} longer than 63 bytes: the first becomes {kept}", counted(long.len(), "name", "names"), file_of(at));
    let why = "PostgreSQL cuts the name and says so in a NOTICE that migration tools hide. A later migration that drops it by the full name finds it, since that is cut as well; a tool that looks into the catalogue does not, \
               and makes the object once more.";
    let mut draft = told(at, file_of(at), message, why);
    if twins > 0 {
        draft =
            draft.severity(Severity::Medium).evidence("names that are one after the cut", count(twins as f64 + 1.0), "text of the script");
    }
    for (name, at) in long {
        let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
        draft = draft.place_at(object, at.step.location.clone(), Some(format!("{name} ({} bytes)", name.len())));
    }
    sink.report(draft);
}
