//! `role/outsider-becomes-stronger`: see `outsider_becomes_stronger.md` for the rule's page.

use crate::figures::list_of;
use crate::outside::Outside;
use architrave_model::catalog::{Catalog, Membership};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "role/outsider-becomes-stronger",
    summary: "role of an API that is a member of a stronger role",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("outsider_becomes_stronger.md"),
    check: Check::Catalog(check),
};

/// Predefined roles that reach further than privileges on objects.
const PREDEFINED: &[&str] = &[
    "pg_database_owner",
    "pg_execute_server_program",
    "pg_read_all_data",
    "pg_read_server_files",
    "pg_write_all_data",
    "pg_write_server_files",
];

/// A way from a role of the API to a stronger one.
struct Chain<'a> {
    to: &'a str,
    /// The memberships on the way.
    steps: Vec<&'a Membership>,
    why: String,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    for (role, _) in outside.roles() {
        let chains: Vec<Chain<'_>> = reachable(catalog, role)
            .into_iter()
            .filter_map(|(to, steps)| Some(Chain { to, steps, why: strength(catalog, context, to)? }))
            .collect();
        if !chains.is_empty() {
            sink.report(draft(role, &chains));
        }
    }
}

/// Every role that it is a member of, directly or through others, with the shortest way. A membership that neither inherits nor may be set to leads nowhere.
fn reachable<'a>(catalog: &'a Catalog, role: &str) -> BTreeMap<&'a str, Vec<&'a Membership>> {
    let mut found: BTreeMap<&str, Vec<&Membership>> = BTreeMap::new();
    let mut open: Vec<(String, Vec<&Membership>)> = vec![(role.to_owned(), Vec::new())];
    while !open.is_empty() {
        let mut next = Vec::new();
        for (member, way) in open {
            for membership in catalog.memberships.iter().filter(|m| m.member == member && (m.inherit || m.set || m.admin)) {
                if membership.role != role && !found.contains_key(membership.role.as_str()) {
                    let mut way = way.clone();
                    way.push(membership);
                    found.insert(&membership.role, way.clone());
                    next.push((membership.role.clone(), way));
                }
            }
        }
        open = next;
    }
    found
}

/// What the role has that nobody from outside should; none for a harmless one.
fn strength(catalog: &Catalog, context: &Context<'_>, name: &str) -> Option<String> {
    if PREDEFINED.contains(&name) {
        return Some("a predefined role for administrators".to_owned());
    }
    let role = catalog.role(name)?;
    let attributes = [
        (role.superuser, "SUPERUSER"),
        (role.bypass_rls, "BYPASSRLS"),
        (role.create_role, "CREATEROLE"),
        (role.replication, "REPLICATION"),
    ];
    if let Some((_, word)) = attributes.iter().find(|(has, _)| *has) {
        return Some((*word).to_owned());
    }
    let owned = Scope::of(catalog, context).tables().filter(|t| t.owner == name).count();
    (owned > 0).then(|| format!("owner of {owned} tables"))
}

fn draft(role: &str, chains: &[Chain<'_>]) -> Draft {
    let told: Vec<String> = chains.iter().map(|c| format!("{} ({})", c.to, c.why)).collect();
    let message = format!("{role} is a member of {}", list_of(&told, 3));
    let at_once = chains.iter().any(|c| c.steps.iter().all(|m| m.inherit));
    let why = if at_once {
        "What a role inherits it has in every request, without SET ROLE: privileges and ownership of the stronger role count for whoever acts as this one. Attributes like BYPASSRLS are not inherited, but SET ROLE gives them, too."
    } else {
        "The membership does not inherit, so a request has the stronger role's rights only after SET ROLE: any function that runs SQL of the caller's, and any connection as this role, can do that."
    };
    let mut first: Vec<String> = chains
        .iter()
        .filter_map(|c| c.steps.first())
        .map(|m| format!("revoke {} from {}", quote_ident(&m.role), quote_ident(&m.member)))
        .collect();
    first.dedup();
    let why = format!("{why} Take it away ({}), and grant what is needed by name.", first.join("; "));
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, role), message, why).severity(if at_once {
        Severity::Critical
    } else {
        RULE.severity
    });
    for chain in chains {
        let way: Vec<&str> = chain.steps.iter().map(|m| m.role.as_str()).collect();
        draft = draft.place(ObjectRef::global(ObjectKind::Role, chain.to), Some(format!("{role} → {}: {}", way.join(" → "), chain.why)));
    }
    draft
}
