//! `clerk/user-id-as-uuid`: see `user_id_as_uuid.md` for the rule's page.

use super::is_clerk_user_id;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/user-id-as-uuid",
    summary: "column for Clerk ids that only takes a uuid",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("user_id_as_uuid.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for column in table.columns.iter().filter(|c| !c.inherited && c.base_type() == "uuid" && is_clerk_user_id(&c.name)) {
            let message = format!("{}.{} is a uuid, and no id of Clerk is one", table.name, column.name);
            let why = "Clerk's ids are texts such as user_2abc: every INSERT of one fails with 22P02, invalid input syntax for type uuid. Either the column stays empty, or something else than Clerk's id stands in it, and look-ups by the token's `sub` find nobody. Make it text.";
            sink.report(Draft::new(ObjectRef::column(&table.name, &column.name), message, why).evidence(
                "type",
                column.data_type.clone(),
                "pg_attribute",
            ));
        }
    }
}
