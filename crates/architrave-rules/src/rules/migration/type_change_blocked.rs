//! `migration/type-change-blocked`: see `type_change_blocked.md` for the rule's page.

use crate::condition::{mentions, reads_column, reads_qualified_column};
use crate::figures::list_of;
use crate::migrations::{At, all};
use architrave_model::catalog::{Policy, View};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/type-change-blocked",
    summary: "change of a column's type that PostgreSQL refuses because something is built on the column",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("type_change_blocked.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in all(migrations, context) {
        let refused = match &at.step.outcome {
            Outcome::Failed { message, .. } if message.starts_with("cannot alter type of a column") => true,
            Outcome::NotExecuted => false,
            _ => continue,
        };
        let mut told = false;
        let changed: Vec<(&QualifiedName, &str)> = at.step.actions.iter().filter_map(changed).collect();
        for (table, column) in &changed {
            let blockers = blockers(at, table, column);
            if !blockers.is_empty() {
                report(at, table, column, &blockers, sink);
                told = true;
            }
        }
        // What stands in the way was made by something that the catalogue of before does not show.
        if let (true, false, Some((table, column))) = (refused, told, changed.first()) {
            report(at, table, column, &[], sink);
        }
    }
}

fn changed(action: &Action) -> Option<(&QualifiedName, &str)> {
    match action {
        Action::SetType { table, column, .. } => Some((&table.name, column)),
        _ => None,
    }
}

/// What PostgreSQL does not carry over to another type: views, generated columns, policies, triggers and rules that name the column.
fn blockers(at: At<'_>, table: &QualifiedName, column: &str) -> Vec<String> {
    let before = &at.step.before;
    let Some(of) = at.step.table(table) else { return Vec::new() };
    let dropped: Vec<&Action> = at.earlier_in_script().flat_map(|s| &s.actions).collect();
    let gone = |name: &QualifiedName| dropped.iter().any(|a| matches!(a, Action::DropView { view, .. } if view == name));
    let policy_gone = |name: &str| dropped.iter().any(|a| matches!(a, Action::DropPolicy { table: t, name: n } if t == table && n == name));
    let trigger_gone =
        |name: &str| dropped.iter().any(|a| matches!(a, Action::DropTrigger { table: t, name: n } if t == table && n == name));
    let views = before.views.iter().filter(|v| reads(v, table, column));
    let mut found: Vec<String> = views.filter(|v| !gone(&v.name)).map(|v| format!("view {}", v.name)).collect();
    let generated = of.columns.iter().filter(|c| c.generated.is_some() && c.default.as_deref().is_some_and(|d| mentions(d, column)));
    found.extend(generated.map(|c| format!("generated column {}", c.name)));
    let texts = |p: &Policy| format!("{} {}", p.using.as_deref().unwrap_or_default(), p.with_check.as_deref().unwrap_or_default());
    let policies = of.policies.iter().filter(|p| mentions(&texts(p), column) && !policy_gone(&p.name));
    found.extend(policies.map(|p| format!("policy {}", p.name)));
    let triggers = of.triggers.iter().filter(|t| t.columns.iter().any(|c| c == column) && !trigger_gone(&t.name));
    found.extend(triggers.map(|t| format!("trigger {}", t.name)));
    found.extend(of.rules.iter().filter(|r| mentions(&r.definition, column)).map(|r| format!("rule {}", r.name)));
    found.sort();
    found
}

/// Whether a view certainly reads the column: a bare name or `*` tells only where the view has no other relation.
fn reads(view: &View, table: &QualifiedName, column: &str) -> bool {
    match view.depends_on.as_slice() {
        [only] => only == table && reads_column(&view.definition, &table.name, column, false),
        several => several.contains(table) && reads_qualified_column(&view.definition, &table.name, column),
    }
}

fn report(at: At<'_>, table: &QualifiedName, column: &str, blockers: &[String], sink: &mut Sink<'_>) {
    let by = match blockers {
        [] => "something that the script itself has made".to_owned(),
        [one] => format!("{one}, which is built on it"),
        several => format!("{}, which are built on it", list_of(several, 5)),
    };
    let message = format!("the type of {table}.{column} cannot be changed because of {by}");
    let why = "PostgreSQL refuses to change the type of a column that a view, a generated column, a policy or a trigger names, and the script stops there. Drop what is in the way, change the type, and make it \
               again, with its privileges, options and comment, in the same transaction.";
    let mut draft = at.draft(ObjectRef::column(table, column), table, message, why);
    if let Outcome::Failed { sqlstate, message } = &at.step.outcome {
        draft = draft.evidence("refused with", format!("{message} ({sqlstate})"), at.source());
    }
    sink.report(draft);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{did, name, pending_on, set_type, table};
    use super::*;
    use architrave_model::Catalog;

    fn before() -> Catalog {
        let view = View {
            name: name("v"),
            definition: " SELECT t.id,\n    t.a\n   FROM public.t".into(),
            depends_on: vec![name("t")],
            ..View::default()
        };
        Catalog { tables: vec![table("t", &["id bigint", "a integer", "b integer"])], views: vec![view], ..Catalog::default() }
    }

    #[test]
    fn a_view_that_reads_the_column_stands_in_the_way_until_it_is_dropped() {
        let change = |column: &str| vec![set_type("t", column, "bigint", None)];
        let refused = "cannot alter type of a column used by a view or rule";
        let executed = pending_on(before()).refused("alter table t …", change("a"), "0A000", refused);
        let said = "high: the type of public.t.a cannot be changed because of view public.v, which is built on it";
        assert_eq!(executed.says(&RULE), [said]);
        let text = pending_on(before()).step("alter table t …", change("a"), did()).not_executed();
        assert_eq!(text.says(&RULE), [said]);
        assert!(pending_on(before()).step("alter table t …", change("b"), did()).not_executed().says(&RULE).is_empty());
        let drop = Action::DropView { view: name("v"), materialized: false, cascade: false };
        let dropped = pending_on(before()).step("drop view v", vec![drop], did()).step("alter table t …", change("a"), did());
        assert!(dropped.not_executed().says(&RULE).is_empty());
    }

    #[test]
    fn of_a_view_over_several_tables_only_qualified_names_count() {
        let say = |definition: &str| {
            let mut before = before();
            before.views[0].definition = definition.into();
            before.views[0].depends_on = vec![name("t"), name("u")];
            pending_on(before).step("alter table t …", vec![set_type("t", "a", "bigint", None)], did()).not_executed().says(&RULE).len()
        };
        assert_eq!(say("select x.a from t x join u on u.id = x.id"), 1);
        assert_eq!(say("select x.* from t as x, u"), 1);
        assert_eq!(say("select u.a from t, u"), 0);
        assert_eq!(say("select a from u where exists (select * from t)"), 0);
    }

    #[test]
    fn other_refusals_are_another_rules() {
        let other =
            pending_on(before()).refused("alter table t …", vec![set_type("t", "a", "uuid", None)], "42804", "column \"a\" cannot be cast");
        assert!(other.says(&RULE).is_empty());
        let made_by_itself = "cannot alter type of a column used by a generated column";
        let other = pending_on(before()).refused("alter table t …", vec![set_type("t", "b", "bigint", None)], "42601", made_by_itself);
        assert!(other.says(&RULE)[0].ends_with("because of something that the script itself has made"));
    }
}
