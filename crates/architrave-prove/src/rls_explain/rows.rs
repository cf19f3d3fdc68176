//! Rows of ours for the person that the claims name: the scene of the attack, in which he takes the place of the one who owns the rows.

use super::claims;
use super::error::ExplainError;
use crate::Deadline;
use crate::rls_attack::scene;
use architrave_model::Catalog;
use architrave_model::access::{Actor, ActorKind, IdentitySource, Intent};
use architrave_model::coverage::Gap;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Database;
use serde_json::Value;
use std::time::Duration;

/// Longest making of the rows.
const LONGEST: Duration = Duration::from_secs(30);

/// Ids shorter than this stand for too many other things in a text to be exchanged there.
const SHORTEST: usize = 8;

/// Puts rows into `base`, which nobody may be connected to. Whom the claims (or settings) name owns some of them and belongs to a tenant, as far as the
/// intent tells what that means; what could not be done comes back.
pub async fn seed_rows(
    server: &Confined<'_>,
    base: &Database,
    catalog: &Catalog,
    intent: &Intent,
    claims: Option<&str>,
    settings: &[(String, String)],
) -> Result<Vec<Gap>, ExplainError> {
    let claims = claims::parse(claims)?;
    let trial = server.clone_database(base).await?;
    let superuser = server.admin(&trial).await?;
    let built = scene::build(&superuser, catalog, intent, &Deadline::after(LONGEST)).await;
    drop(superuser);
    let made = match built {
        Ok(made) => made,
        Err(error) => return Ok(vec![Gap::new("rows of ours", error.to_string(), None)]),
    };
    let mut gaps: Vec<Gap> = made.gaps.clone();
    let changes = exchanges(intent, &made.actors, &claims, settings, &mut gaps);
    let admin = server.admin(base).await?;
    let mut refused = 0usize;
    for statement in &made.setup {
        let mut statement = statement.clone();
        for (old, new) in &changes {
            statement = statement.replace(old.as_str(), new);
        }
        if admin.batch_execute(&statement).await.is_err() {
            refused += 1;
        }
    }
    if refused > 0 {
        gaps.push(Gap::new("rows of ours", format!("{refused} of {} statements that make them were refused", made.setup.len()), None));
    }
    Ok(gaps)
}

/// Which texts of the setup become which: the owner's id the one of the claims, his tenant's the one there.
fn exchanges(
    intent: &Intent,
    actors: &[Actor],
    claims: &Value,
    settings: &[(String, String)],
    gaps: &mut Vec<Gap>,
) -> Vec<(String, String)> {
    let Some(owner) = actors.iter().find(|a| a.kind == ActorKind::Owner) else { return Vec::new() };
    let set = |name: &str| settings.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let user = match &intent.identity.source {
        IdentitySource::Setting { name } => set(name),
        _ => at(claims, "sub"),
    };
    let tenant = intent.identity.tenant_key.as_deref().and_then(|key| at(claims, key).or_else(|| set(key)));
    let pairs = [
        ("user", owner.id.clone(), user, intent.identity.id_type.as_str()),
        ("tenant", owner.tenant.clone(), tenant, intent.identity.tenant_type.as_str()),
    ];
    let mut changes = Vec::new();
    for (what, old, new, kind) in pairs {
        let (Some(old), Some(new)) = (old, new) else { continue };
        if old.len() < SHORTEST || !fits(&new, kind) {
            let why = format!("the {what} of the claims could not be put in the place of ours ({kind}): no row of ours belongs to it");
            gaps.push(Gap::new(format!("rows of the {what} asked for"), why, None));
        } else if old != new {
            changes.push((old, new));
        }
    }
    changes
}

/// A value at a path of the claims: `o.id`.
fn at(claims: &Value, path: &str) -> Option<String> {
    let found = path.split('.').try_fold(claims, |at, key| at.get(key))?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a text can be an id of that type, and can stand in a literal.
fn fits(text: &str, kind: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:@|".contains(c));
    let uuid = text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    plain
        && match kind {
            "uuid" => uuid,
            "bigint" | "integer" | "smallint" | "numeric" => text.parse::<i64>().is_ok(),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::access::Identity;

    #[test]
    fn who_asks_takes_the_place_of_the_owner() {
        let intent = |id_type: &str| Intent {
            identity: Identity {
                source: IdentitySource::Claims,
                id_type: id_type.into(),
                tenant_key: Some("o.id".into()),
                tenant_type: "text".into(),
                ..Identity::default()
            },
            ..Intent::default()
        };
        let old = "00000000-0000-4000-8000-000000000001";
        let owner =
            Actor { kind: ActorKind::Owner, role: "r".into(), settings: vec![], id: Some(old.into()), tenant: Some("org_victims".into()) };
        let me = "11111111-1111-4111-8111-111111111111";
        let claims = serde_json::json!({"sub": me, "o": {"id": "org_1"}});
        let mut gaps = Vec::new();
        let changes = exchanges(&intent("uuid"), std::slice::from_ref(&owner), &claims, &[], &mut gaps);
        assert_eq!(changes, [(old.to_owned(), me.to_owned()), ("org_victims".to_owned(), "org_1".to_owned())]);
        assert!(gaps.is_empty());
        let clerk = serde_json::json!({"sub": "user_2abc"});
        assert!(exchanges(&intent("uuid"), &[owner], &clerk, &[], &mut gaps).is_empty());
        assert_eq!(gaps.len(), 1);
        assert!(!fits("x'; drop table t; --", "text"));
    }
}
