//! `rls/column-captured`: see `column_captured.md` for the rule's page.

use super::policy_ref;
use crate::policies::reach::{acting_roles, by_exposure, guarded_with_names};
use crate::policies::reading::{Of, Reading};
use crate::statements::create_policy;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/column-captured",
    summary: "subquery of a policy in which a column of the row is taken for the subquery's own",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("column_captured.md"),
    check: Check::Catalog(check),
};

/// A column that went to the wrong table.
struct Captured<'a> {
    column: String,
    by: &'a QualifiedName,
    /// Compared with itself, as opposed to used as the path of an object of the storage.
    with_itself: bool,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables {
        for policy in &table.policies {
            let readings = names.read_policy(table, policy);
            let Some(captured) = readings.iter().find_map(|reading| captured(table, reading)) else { continue };
            let roles = acting_roles(catalog, context, table, policy);
            let (column, by) = (&captured.column, captured.by);
            let message = if captured.with_itself {
                format!("policy \"{}\" on {} compares {column} of {by} with itself", policy.name, table.name)
            } else {
                format!("policy \"{}\" on {} takes {column} of {by} for the path of the object", policy.name, table.name)
            };
            let why = format!(
                "Inside a subquery a name without a table means the subquery's own column when it has one: {column} is that of {by}, not that of the row that is judged. So the subquery says the same for every row of {}. Write {}.{column}.",
                table.name, table.name.name
            );
            let severity =
                if roles.is_empty() { Severity::Low } else { by_exposure(context, table, &roles, RULE.severity).min(RULE.severity) };
            sink.report(Draft::new(policy_ref(table, policy), message, why).severity(severity).evidence(
                format!("definition of \"{}\"", policy.name),
                create_policy(table, policy),
                "pg_policy",
            ));
        }
    }
}

fn captured<'a>(table: &Table, reading: &Reading<'a>) -> Option<Captured<'a>> {
    let relation = |of: Of| match of {
        Of::Inner(query, relation) => Some((query, reading.queries.get(query)?.relations.get(relation)?.name?)),
        _ => None,
    };
    for (left, right) in reading.compared("=") {
        if left.of == right.of && left.name == right.name && table.column(&left.name).is_some() {
            let Some((query, by)) = relation(left.of) else { continue };
            // A subquery that names the row elsewhere may repeat itself without harm.
            let span = &reading.queries.get(query)?.span;
            if reading.own_columns(span).next().is_none() {
                return Some(Captured { column: left.name.clone(), by, with_itself: true });
            }
        }
    }
    if (table.name.schema.as_str(), table.name.name.as_str()) != ("storage", "objects") {
        return None;
    }
    let of_path = |schema: Option<&str>, name: &str| schema == Some("storage") && ["foldername", "filename", "extension"].contains(&name);
    for call in reading.calls.iter().filter(|c| of_path(c.schema.as_deref(), &c.name)) {
        let column = reading.columns.iter().find(|c| call.arguments.contains(&c.span.start) && c.name == "name");
        if let Some((_, by)) = column.and_then(|c| relation(c.of)).filter(|(_, by)| **by != table.name) {
            return Some(Captured { column: "name".to_owned(), by, with_itself: false });
        }
    }
    None
}
