//! `access/deletion-of-user-refused`: see `deletion_of_user_refused.md` for the rule's page.

use crate::figures::list;
use architrave_model::catalog::{ForeignKeyAction, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "access/deletion-of-user-refused",
    summary: "foreign key to auth.users that keeps accounts from being deleted",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("deletion_of_user_refused.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<(&Table, String)> = Vec::new();
    for table in Scope::of(catalog, context).tables().filter(|t| !t.is_partition) {
        let keys = table.foreign_keys().filter(|(_, r)| r.table.schema == "auth" && r.table.name == "users");
        let keeping = keys.filter(|(_, r)| matches!(r.on_delete, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict));
        found.extend(keeping.map(|(key, _)| (table, key.columns.join(", "))));
    }
    let Some((first, _)) = found.first() else { return };
    let mut tables: Vec<String> = found.iter().map(|(t, _)| t.name.to_string()).collect();
    tables.dedup();
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let keep = if names.len() == 1 { "keeps" } else { "keep" };
    let message = format!("{} {keep} accounts of auth.users from being deleted", list(&names));
    let why = "Without an action ON DELETE the foreign key refuses the deletion of an account for as long as a row refers to it: the dashboard and `auth.admin.deleteUser` end with \"Database error deleting user\", and who asks to be forgotten is not. Say what is meant to happen: \
               ON DELETE CASCADE for what is the person's own, ON DELETE SET NULL for what others need.";
    let mut draft =
        Draft::new(ObjectRef::table(&first.name), message, why).evidence("foreign keys without an action", found.len(), "pg_constraint");
    for (table, column) in &found {
        draft = draft.place(ObjectRef::table(&table.name), Some(column.clone()));
    }
    sink.report(draft);
}
