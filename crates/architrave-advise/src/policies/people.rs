//! Who asks: the roles of people and guests, and the expression that tells one person from another.

use architrave_model::Catalog;
use architrave_model::access::{ActorKind, AttackReport, IdentitySource};
use architrave_model::name::{quote_ident, quote_literal};

/// The people of an application, as policies name them.
pub(crate) struct People {
    /// Roles of those who are signed in, sorted.
    pub(crate) signed_in: Vec<String>,
    /// Roles of those who are not.
    pub(crate) guests: Vec<String>,
    /// The id of whoever asks, wrapped so that it is computed once per statement; none when nothing tells people apart.
    pub(crate) id: Option<String>,
    /// The same for a column of that type, when the claims name the tenant.
    tenant: Option<String>,
}

impl People {
    /// Reads them off the actors and the identity of a report.
    pub(crate) fn of(catalog: &Catalog, report: &AttackReport) -> Self {
        let roles = |kinds: &[ActorKind]| {
            let mut roles: Vec<String> = report.actors.iter().filter(|a| kinds.contains(&a.kind)).map(|a| a.role.clone()).collect();
            roles.sort();
            roles.dedup();
            roles
        };
        let identity = &report.intent.identity;
        let has = |schema: &str, name: &str, result: &str| {
            catalog.functions.iter().any(|f| f.name.schema == schema && f.name.name == name && f.result.as_deref() == Some(result))
        };
        let claims = if has("auth", "jwt", "jsonb") {
            "auth.jwt()".to_owned()
        } else {
            "nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb".to_owned()
        };
        let cast =
            |expression: String, kind: &str| if kind == "text" || kind.is_empty() { expression } else { format!("({expression})::{kind}") };
        let id = match &identity.source {
            IdentitySource::None => None,
            IdentitySource::Claims if identity.id_type == "uuid" && has("auth", "uid", "uuid") => Some("(select auth.uid())".to_owned()),
            IdentitySource::Claims => Some(format!("(select {})", cast(format!("({claims} ->> 'sub')"), &identity.id_type))),
            IdentitySource::Setting { name } => {
                let value = format!("nullif(pg_catalog.current_setting({}, true), '')", quote_literal(name));
                Some(format!("(select {})", cast(value, &identity.id_type)))
            }
            IdentitySource::Role => Some("current_user".to_owned()),
        };
        let tenant = identity.tenant_key.as_ref().map(|key| {
            if identity.source == IdentitySource::Claims {
                let mut path: Vec<&str> = key.split('.').collect();
                let last = path.pop().unwrap_or_default();
                let inner: String = path.iter().map(|p| format!(" -> {}", quote_literal(p))).collect();
                return format!("(select {})", cast(format!("({claims}{inner} ->> {})", quote_literal(last)), &identity.tenant_type));
            }
            let value = format!("nullif(pg_catalog.current_setting({}, true), '')", quote_literal(key));
            format!("(select {})", cast(value, &identity.tenant_type))
        });
        Self {
            signed_in: roles(&[ActorKind::Owner, ActorKind::Member, ActorKind::Outsider]),
            guests: roles(&[ActorKind::Anonymous]),
            id,
            tenant,
        }
    }

    /// The tenant that the claims name.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// `authenticated`, for `TO`.
    pub(crate) fn to_signed_in(&self) -> String {
        list(&self.signed_in)
    }

    /// Everybody from outside.
    pub(crate) fn everybody(&self) -> Vec<String> {
        let mut all: Vec<String> = self.signed_in.iter().chain(&self.guests).cloned().collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Roles for `TO` and `FROM`.
pub(crate) fn list(roles: &[String]) -> String {
    roles.iter().map(|r| if r == "PUBLIC" { "public".to_owned() } else { quote_ident(r) }).collect::<Vec<_>>().join(", ")
}
