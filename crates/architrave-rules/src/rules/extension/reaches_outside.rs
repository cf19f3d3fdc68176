//! `extension/reaches-outside`: see `reaches_outside.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::Extension;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "extension/reaches-outside",
    summary: "extensions that reach files and other machines",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("reaches_outside.md"),
    check: Check::Catalog(check),
};

const OUTSIDE: &[(&str, &str)] = &[
    ("adminpack", "files of the server"),
    ("aws_lambda", "other services"),
    ("aws_s3", "other services"),
    ("azure_storage", "other services"),
    ("dblink", "other databases"),
    ("file_fdw", "files of the server"),
    ("http", "other machines"),
    ("pg_net", "other machines"),
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let reach = |name: &str| OUTSIDE.iter().find(|(n, _)| *n == name).map(|(_, what)| *what);
    let found: Vec<(&Extension, &str)> = catalog.extensions.iter().filter_map(|e| Some((e, reach(&e.name)?))).collect();
    let Some((first, _)) = found.first() else { return };
    let said: Vec<String> = found.iter().map(|(e, what)| format!("{} ({what})", e.name)).collect();
    let message =
        format!("{} outside of the database: {}", counted(found.len(), "extension reaches", "extensions reach"), list_of(&said, 4));
    let why = "Whoever may call their functions sends requests from inside of the network or reads files. `revoke execute on all functions in schema … from public` for their schema, grant by name, bound what the \
               machine may reach, and drop what nothing uses.";
    let managed = context.server.platform.is_managed();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Extension, &first.name), message, why).severity(if managed {
        Severity::Info
    } else {
        RULE.severity
    });
    for (extension, what) in found {
        draft =
            draft.place(ObjectRef::global(ObjectKind::Extension, &extension.name), Some(format!("{what}, in schema {}", extension.schema)));
    }
    sink.report(draft);
}
