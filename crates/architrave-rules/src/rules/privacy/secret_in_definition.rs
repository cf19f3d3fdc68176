//! `privacy/secret-in-definition`: see `secret_in_definition.md` for the rule's page.

use super::secret_format::{found, found_in_sql};
use crate::figures::list;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "privacy/secret-in-definition",
    summary: "key, token or password written into a function, view, default, policy, trigger or comment",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("secret_in_definition.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut look = |object: ObjectRef, place: &str, kinds: Vec<&'static str>| {
        if !kinds.is_empty() {
            sink.report(draft(object, place, &kinds));
        }
    };
    for function in catalog.functions.iter().filter(|f| scope.covers(&f.name.schema)) {
        let object = || ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature());
        look(object(), "body", found_in_sql(&function.body));
        look(object(), "comment", found(function.comment.as_deref().unwrap_or_default()));
    }
    for view in catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema)) {
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let object = || ObjectRef::in_schema(kind, &view.name.schema, &view.name.name);
        look(object(), "query", found_in_sql(&view.definition));
        look(object(), "comment", found(view.comment.as_deref().unwrap_or_default()));
    }
    for table in scope.tables() {
        look(ObjectRef::table(&table.name), "comment", found(table.comment.as_deref().unwrap_or_default()));
        for column in &table.columns {
            let object = || ObjectRef::column(&table.name, &column.name);
            look(object(), "default", found_in_sql(column.default.as_deref().unwrap_or_default()));
            look(object(), "comment", found(column.comment.as_deref().unwrap_or_default()));
        }
        for trigger in &table.triggers {
            look(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &trigger.name), "definition", found_in_sql(&trigger.definition));
        }
        for policy in &table.policies {
            let text = [policy.using.as_deref(), policy.with_check.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            look(ObjectRef::in_table(ObjectKind::Policy, &table.name, &policy.name), "condition", found_in_sql(&text));
        }
    }
}

fn draft(object: ObjectRef, place: &str, kinds: &[&str]) -> Draft {
    let message = format!("the {place} of {object} holds {}", list(kinds));
    let why = "The system catalogues are readable for every role that can connect, whatever it may do else: pg_proc, pg_description, pg_attrdef and pg_trigger show the text, and so does every \
               dump, backup and migration in version control. Take it for known: withdraw it at its issuer, and read the new one from a vault, from a table that only the function's owner \
               may read, or from the program that calls."
        .to_owned();
    Draft::new(object, message, why).evidence(
        "format",
        list(kinds),
        format!("the {place}, as the catalogue has it; the text itself is not shown"),
    )
}
