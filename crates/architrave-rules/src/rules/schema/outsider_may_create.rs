//! `schema/outsider-may-create`: see `outsider_may_create.md` for the rule's page.

use crate::figures::{counted, list};
use crate::outside::{Outside, grantees};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "schema/outsider-may-create",
    summary: "schema in which a role of an API may create objects",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("outsider_may_create.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    for schema in Scope::of(catalog, context).schemas() {
        // What PUBLIC may create is a finding of its own (schema/public-create-granted).
        let named: Vec<_> = schema.grants.iter().filter(|g| !g.is_public()).cloned().collect();
        let holders = outside.holders(&schema.name, &named, &["CREATE"]);
        if holders.is_empty() {
            continue;
        }
        let unsure = catalog.functions.iter().filter(|f| f.security_definer && f.setting("search_path").is_none()).count();
        let message = format!("{} may create objects in schema {}", list(&holders), schema.name);
        let mut why = "Nobody who comes through an API makes tables or functions. With CREATE a single place where SQL of the caller's runs is enough to put a function in front of one that others call, or to keep data nobody looks for."
            .to_owned();
        if unsure > 0 {
            why.extend([format!(
                " {} would find it by name.",
                counted(unsure, "SECURITY DEFINER function without search_path", "SECURITY DEFINER functions without search_path")
            )]);
        }
        let (name, from) = (quote_ident(&schema.name), grantees(&outside.sources(&named, "CREATE")));
        let draft = Draft::new(ObjectRef::global(ObjectKind::Schema, &schema.name), message, why)
            .severity(if unsure > 0 { Severity::High } else { RULE.severity })
            .evidence(format!("roles with CREATE on schema {}", schema.name), holders.join(", "), "pg_namespace.nspacl");
        sink.report(draft.fix(Fix {
            title: format!("take CREATE on schema {} from outsiders", schema.name),
            up: vec![format!("revoke create on schema {name} from {from}")],
            down: vec![format!("grant create on schema {name} to {from}")],
            transactional: true,
            effect: Effect::default(),
            caution: None,
        }));
    }
}
