//! `schema/public-create-granted`: see `public_create_granted.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "schema/public-create-granted",
    summary: "schema in which every role may create objects",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("public_create_granted.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let definers = catalog
        .functions
        .iter()
        .filter(|f| f.security_definer && f.setting("search_path").is_none() && scope.covers(&f.name.schema))
        .count();
    for schema in scope.schemas().filter(|s| s.grants.iter().any(|g| g.is_public() && g.has("CREATE"))) {
        let name = quote_ident(&schema.name);
        let mut why = "Whoever can log in can put functions, operators and tables there. In a schema that others have in their search path such an object is found in place of the one they mean, and \
                       runs with their rights the next time they use its name (CVE-2018-1058)."
            .to_owned();
        let (major, mut severity) = (context.server.major(), RULE.severity);
        if schema.name == "public" && (1..15).contains(&major) {
            why.extend([format!(" Version {major} grants this by default; from 15 on new databases do not.")]);
        }
        if definers > 0 {
            severity = Severity::High;
            why.extend([format!(
                " {} without a search_path of their own would run it with their owners' rights.",
                counted(definers, "SECURITY DEFINER function", "SECURITY DEFINER functions")
            )]);
        }
        let message = format!("every role may create objects in schema {}", schema.name);
        let draft = Draft::new(ObjectRef::global(ObjectKind::Schema, &schema.name), message, why).severity(severity).evidence(
            format!("privileges of PUBLIC on schema {}", schema.name),
            "CREATE",
            "pg_namespace.nspacl",
        );
        sink.report(draft.fix(Fix {
            title: format!("let only chosen roles create objects in schema {}", schema.name),
            up: vec![format!("revoke create on schema {name} from public")],
            down: vec![format!("grant create on schema {name} to public")],
            transactional: true,
            effect: Effect::default(),
            caution: Some("roles that run migrations and do not own the schema need CREATE by name; they need not own what they made so far for it to go on working".into()),
        }));
    }
}
