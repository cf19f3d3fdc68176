//! `key/primary-key-mutable`: see `primary_key_mutable.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::Referrers;
use architrave_model::catalog::ForeignKeyAction;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/primary-key-mutable",
    summary: "primary key of something that people change: an e-mail address, a user name, a phone number",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("primary_key_mutable.md"),
    check: Check::Catalog(check),
};

/// What belongs to a person or is chosen by one, and changes.
const CHANGES: &[&str] = &[
    "e_mail",
    "email",
    "email_address",
    "emailaddress",
    "login",
    "mobile",
    "mobile_number",
    "nickname",
    "phone",
    "phone_number",
    "phonenumber",
    "screen_name",
    "slug",
    "user_email",
    "user_name",
    "useremail",
    "username",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut referrers = None;
    for table in Scope::of(catalog, context).tables() {
        let Some([name]) = table.primary_key().map(|k| k.columns.as_slice()) else { continue };
        let Some(column) = table.column(name).filter(|c| CHANGES.contains(&c.name.to_lowercase().as_str())) else { continue };
        // A key that is borrowed from another table is that table's matter.
        if table.foreign_keys().any(|(k, _)| k.columns.contains(name)) {
            continue;
        }
        let referrers = referrers.get_or_insert_with(|| Referrers::of(catalog));
        let copies: Vec<_> = referrers.to(&table.name).iter().filter(|r| !r.key.inherited).collect();
        let stuck: Vec<String> =
            copies.iter().filter(|r| r.reference.on_update != ForeignKeyAction::Cascade).map(|r| r.table.name.to_string()).collect();
        let message = match copies.len() {
            0 => format!("the primary key of {} is {name}", table.name),
            n => {
                format!("the primary key of {} is {name}, and {} to it", table.name, counted(n, "foreign key refers", "foreign keys refer"))
            }
        };
        let mut why = format!(
            "A key stands for its row for good; a {name} does not. When it changes, every copy of it has to change with it: in referring tables, in logs, in links, in other systems. And it is personal or chosen text, now \
             spread over every table that refers to it."
        );
        if !stuck.is_empty() {
            why.extend([format!(" Without ON UPDATE CASCADE the change is refused as long as {} has rows for it.", list_of(&stuck, 3))]);
        }
        let mut draft = Draft::new(ObjectRef::column(&table.name, name), message, why)
            .severity(if copies.is_empty() { RULE.severity } else { Severity::Low })
            .evidence(format!("type of {name}"), column.data_type.as_str(), "pg_attribute")
            .evidence("foreign keys that refer to it", copies.len(), "pg_constraint");
        for referrer in &copies {
            for column in &referrer.key.columns {
                draft = draft.place(ObjectRef::column(&referrer.table.name, column), None);
            }
        }
        sink.report(draft);
    }
}
