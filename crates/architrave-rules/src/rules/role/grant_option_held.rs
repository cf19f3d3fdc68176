//! `role/grant-option-held`: see `grant_option_held.md` for the rule's page.

use super::own::is_provider_role;
use crate::figures::counted;
use architrave_model::catalog::{Grant, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/grant-option-held",
    summary: "privileges that others may pass on",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("grant_option_held.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<(&Table, &Grant)> = Vec::new();
    for table in Scope::of(catalog, context).tables() {
        // A superuser, and the administrator of a platform, needs no option to pass anything on.
        let administers = |name: &str| name == "postgres" || catalog.role(name).is_some_and(|r| r.superuser);
        let held =
            |g: &&Grant| !g.grantable.is_empty() && g.grantee != table.owner && !is_provider_role(&g.grantee) && !administers(&g.grantee);
        found.extend(table.grants.iter().filter(held).map(|g| (table, g)));
    }
    let Some((first, grant)) = found.first() else { return };
    let message = format!(
        "{} may be passed on by others than the owner: {} of {} by {}",
        counted(found.len(), "grant", "grants"),
        grant.grantable.join(", ").to_lowercase(),
        first.name,
        grant.grantee
    );
    let why = "They grant it to whom they like without the owner knowing, and a revoke then fails or cascades. Take the option away and keep the privilege.";
    let object = if found.len() == 1 { ObjectRef::table(&first.name) } else { ObjectRef::global(ObjectKind::Schema, &first.name.schema) };
    let mut draft = Draft::new(object, message, why);
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (table, grant) in &found {
        let (words, to) = (grant.grantable.join(", ").to_lowercase(), quote_ident(&grant.grantee));
        draft = draft.place(ObjectRef::table(&table.name), Some(format!("{words} by {}", grant.grantee)));
        up.push(format!("revoke grant option for {words} on {} from {to}", table.name.sql()));
        down.push(format!("grant {words} on {} to {to} with grant option", table.name.sql()));
    }
    sink.report(draft.fix(Fix {
        title: "take the grant option away".into(),
        up,
        down,
        transactional: true,
        effect: Effect::default(),
        caution: Some("it is refused as long as somebody has passed the privilege on: grant those directly first".into()),
    }));
}
