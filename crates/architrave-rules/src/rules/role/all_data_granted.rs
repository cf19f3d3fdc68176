//! `role/all-data-granted`: see `all_data_granted.md` for the rule's page.

use super::own::{logins, members_of};
use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/all-data-granted",
    summary: "roles that may read or write every table",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("all_data_granted.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    // What a platform gives its own administrator is nothing that the project has granted.
    let of_platform =
        |role: &str| role == "postgres" && (context.server.platform.is_managed() || context.replay.is_some_and(|r| r.prelude.is_some()));
    let mut found: Vec<(&str, &str)> = Vec::new();
    for power in ["pg_write_all_data", "pg_read_all_data"] {
        let members = members_of(catalog, power);
        found.extend(
            logins(catalog)
                .filter(|r| !r.superuser && !of_platform(&r.name) && members.contains(r.name.as_str()))
                .map(|r| (r.name.as_str(), power)),
        );
    }
    let Some((first, power)) = found.first() else { return };
    let writes = found.iter().any(|(_, power)| power.contains("write"));
    let message =
        format!("{} to every table of the cluster: {first} has {power}", counted(found.len(), "role has access", "roles have access"));
    let why = "Tables of tomorrow and of other databases are among them, whatever their owners grant. Grant schemas and tables by name, with `alter default privileges` for those to come.";
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Role, *first), message, why).severity(if writes { RULE.severity } else { Severity::Info });
    for (name, power) in found {
        draft = draft.place(ObjectRef::global(ObjectKind::Role, name), Some(power.to_owned()));
    }
    sink.report(draft);
}
