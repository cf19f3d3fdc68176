//! `rls/disabled-on-exposed-table`: see `disabled_on_exposed_table.md` for the rule's page.

use super::personal_columns;
use crate::figures::{count, list};
use crate::policies::reach::privileges;
use crate::statements::exclusive;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/disabled-on-exposed-table",
    summary: "table that outsiders reach, without row level security",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("disabled_on_exposed_table.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    if context.exposure.is_none() {
        return;
    }
    for table in Scope::of(catalog, context).tables().filter(|t| !t.rls_enabled) {
        let reached: Vec<(&str, Vec<&str>)> = context
            .exposure
            .of_table(table)
            .into_iter()
            .map(|role| (role, privileges(table, role)))
            .filter(|(_, privileges)| !privileges.is_empty())
            .collect();
        if !reached.is_empty() {
            sink.report(draft(context, table, &reached));
        }
    }
}

fn draft(context: &Context<'_>, table: &Table, reached: &[(&str, Vec<&str>)]) -> Draft {
    let everybody = reached.iter().filter(|(role, _)| *role != "authenticated");
    let writes = everybody.clone().any(|(_, p)| p.iter().any(|p| *p != "select"));
    let personal = personal_columns(table);
    let read_personal = !personal.is_empty() && everybody.clone().count() > 0;
    // Read by those who are signed in, and nothing of one person: a list of roles or of countries looks like that.
    let shared = personal.is_empty() && reached.iter().all(|(role, p)| *role == "authenticated" && p.iter().all(|p| *p == "select"));
    let severity = match () {
        () if writes || read_personal => Severity::Critical,
        () if shared => Severity::Medium,
        () => RULE.severity,
    };
    let message = format!("{} is open to {}: row level security is off", table.name, abilities(reached));
    let rows = context.rows(&table.name).map_or_else(|| "every row".to_owned(), |n| format!("all of its {} rows", count(n)));
    let mut why = format!(
        "Schema {} is served by the Data API, and without row level security a privilege on the table is a privilege on {rows}. The API key that goes with \
         such requests is in every browser.",
        table.name.schema
    );
    if !personal.is_empty() {
        why.extend([format!(" By their names {} hold what concerns one person only.", list(&personal))]);
    }
    if !table.policies.is_empty() {
        why.extend([format!(" Its {} policies are ignored as long as row level security is off.", table.policies.len())]);
    }
    let sql = table.name.sql();
    let fix = Fix {
        title: format!("enable row level security on {}", table.name),
        up: vec![format!("alter table {sql} enable row level security")],
        down: vec![format!("alter table {sql} disable row level security")],
        transactional: true,
        effect: exclusive(&table.name),
        caution: table.policies.is_empty().then(|| {
            "without a policy the table looks empty to these roles from then on: write the policies first, in the same migration".to_owned()
        }),
    };
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why).severity(severity);
    for (role, privileges) in reached {
        draft = draft.evidence(format!("privileges of {role} on {}", table.name), privileges.join(", "), "pg_class.relacl");
    }
    draft.fix(fix)
}

/// `anon and authenticated (select, insert)`, roles with the same privileges together.
fn abilities(reached: &[(&str, Vec<&str>)]) -> String {
    let mut groups: Vec<(Vec<&str>, &Vec<&str>)> = Vec::new();
    for (role, privileges) in reached {
        match groups.iter_mut().find(|(_, p)| *p == privileges) {
            Some((roles, _)) => roles.push(role),
            None => groups.push((vec![role], privileges)),
        }
    }
    let parts: Vec<String> = groups.iter().map(|(roles, p)| format!("{} ({})", list(roles), p.join(", "))).collect();
    list(&parts)
}
