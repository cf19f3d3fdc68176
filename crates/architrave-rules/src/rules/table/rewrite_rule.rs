//! `table/rewrite-rule`: see `rewrite_rule.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/rewrite-rule",
    summary: "rewrite rule on a table",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("rewrite_rule.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| !t.rules.is_empty()) {
        let names: Vec<String> = table.rules.iter().map(|r| r.name.clone()).collect();
        let message = format!("{} has {}: {}", table.name, counted(names.len(), "rewrite rule", "rewrite rules"), list_of(&names, 3));
        let nothing = table
            .rules
            .iter()
            .filter(|r| r.definition.trim_end_matches(';').trim_end().to_uppercase().ends_with("DO INSTEAD NOTHING"))
            .count();
        let silent = if nothing > 0 { " DO INSTEAD NOTHING throws rows away and reports success." } else { "" };
        let why = format!(
            "A rule does not run code per row, it changes the statement: an expression such as nextval() or now() is copied and evaluated more than once, WITH and RETURNING do not get through everywhere, COPY passes it by, and \
             the row count is another.{silent} A trigger does what it says."
        );
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why);
        for rule in &table.rules {
            draft = draft.place(ObjectRef::in_table(ObjectKind::Rule, &table.name, &rule.name), None);
        }
        sink.report(draft);
    }
}
