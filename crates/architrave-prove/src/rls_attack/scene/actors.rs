//! The people of two tenants: their ids, their roles of the server, and the settings by which a session becomes them.

use crate::rls_attack::intent::{schema, user_claims};
use architrave_model::access::{Actor, ActorKind, Identity, IdentitySource, Intent};
use architrave_model::catalog::Catalog;
use architrave_model::name::{quote_ident, quote_literal};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Somebody with rows. The bystander is nobody's actor: a second user where a row needs two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Person {
    Owner,
    Member,
    Outsider,
    Bystander,
}

impl Person {
    pub(super) fn of(kind: ActorKind) -> Option<Self> {
        match kind {
            ActorKind::Owner => Some(Self::Owner),
            ActorKind::Member => Some(Self::Member),
            ActorKind::Outsider => Some(Self::Outsider),
            ActorKind::Anonymous | ActorKind::Service => None,
        }
    }

    pub(super) fn kind(self) -> Option<ActorKind> {
        match self {
            Self::Owner => Some(ActorKind::Owner),
            Self::Member => Some(ActorKind::Member),
            Self::Outsider => Some(ActorKind::Outsider),
            Self::Bystander => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Outsider => "outsider",
            Self::Bystander => "bystander",
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Owner => 1,
            Self::Member => 2,
            Self::Outsider => 3,
            Self::Bystander => 4,
        }
    }

    pub(super) fn email(self) -> String {
        format!("{}@example.com", self.word())
    }
}

/// Ids of people and tenants.
#[derive(Debug, Clone)]
pub(super) struct People {
    id_type: String,
    tenant_type: String,
    pub(super) with_tenants: bool,
    by_role: bool,
    clerk_like: bool,
    /// Ids and tenants that are known already.
    known: BTreeMap<Person, (Option<String>, Option<String>)>,
}

impl People {
    /// The people that a scene's actors are.
    pub(super) fn of_scene(identity: &Identity, actors: &[Actor]) -> Self {
        let known = actors.iter().filter_map(|a| Some((Person::of(a.kind)?, (a.id.clone(), a.tenant.clone())))).collect();
        Self { known, ..Self::new(identity) }
    }

    pub(super) fn new(identity: &Identity) -> Self {
        Self {
            id_type: identity.id_type.clone(),
            tenant_type: identity.tenant_type.clone(),
            with_tenants: identity.tenants.is_some() || identity.tenant_key.is_some(),
            by_role: identity.source == IdentitySource::Role,
            clerk_like: identity.id_type == "text" && identity.source == IdentitySource::Claims,
            known: BTreeMap::new(),
        }
    }

    /// Everybody who has rows.
    pub(super) fn everybody(&self) -> Vec<Person> {
        let mut all = vec![Person::Owner, Person::Member, Person::Outsider, Person::Bystander];
        all.retain(|p| *p != Person::Member || self.with_tenants);
        all
    }

    /// With roles of the server for ids: members of the application's role where there are, of our own making else.
    pub(super) fn with_roles(mut self, catalog: &Catalog) -> Self {
        let Some(group) = application_role(catalog).filter(|_| self.by_role) else { return self };
        let usable = |name: &&String| catalog.role(name).is_some_and(|r| !r.superuser && !r.bypass_rls);
        let mut members: Vec<String> =
            catalog.memberships.iter().filter(|m| m.role == group).map(|m| &m.member).filter(usable).cloned().collect();
        members.sort();
        members.dedup();
        if members.len() >= 2 {
            for (person, name) in [Person::Owner, Person::Outsider, Person::Bystander].into_iter().zip(members) {
                self.known.insert(person, (Some(name), None));
            }
        }
        self
    }

    /// Whether he is a role that was there before.
    fn is_there(&self, person: Person) -> bool {
        self.by_role && self.known.contains_key(&person)
    }

    /// His id as text.
    pub(super) fn id(&self, person: Person) -> String {
        if let Some((Some(id), _)) = self.known.get(&person) {
            return id.clone();
        }
        if self.by_role {
            return format!("architrave_{}", person.word());
        }
        let n = person.number();
        match self.id_type.as_str() {
            "uuid" | "" => {
                let d = n.to_string();
                format!("{}-{}-4{}-8{}-{}", d.repeat(8), d.repeat(4), d.repeat(3), d.repeat(3), d.repeat(12))
            }
            "bigint" | "integer" | "numeric" => (700_000 + n).to_string(),
            "smallint" => (7_000 + n).to_string(),
            _ if self.clerk_like => format!("user_{}", person.word()),
            _ => person.word().to_owned(),
        }
    }

    /// The id of his tenant as text; the outsider has one of his own.
    pub(super) fn tenant(&self, person: Person) -> String {
        if let Some((_, Some(tenant))) = self.known.get(&person) {
            return tenant.clone();
        }
        let first = matches!(person, Person::Owner | Person::Member);
        match self.tenant_type.split('(').next().unwrap_or_default().trim() {
            "uuid" | "" => {
                let d = if first { "a" } else { "b" };
                format!("{}-{}-4{}-8{}-{}", d.repeat(8), d.repeat(4), d.repeat(3), d.repeat(3), d.repeat(12))
            }
            "bigint" | "integer" | "numeric" => if first { "700101" } else { "700102" }.to_owned(),
            "smallint" => if first { "7101" } else { "7102" }.to_owned(),
            _ => if first { "org_first" } else { "org_second" }.to_owned(),
        }
    }
}

/// The actors, and the statements that make roles for them where users have roles of their own.
pub(super) fn actors(catalog: &Catalog, intent: &Intent, people: &People, superuser: &str) -> (Vec<Actor>, Vec<String>) {
    let names = Roles::of(catalog, intent, superuser);
    let texts = texts(catalog);
    let places = user_claims(catalog);
    let mut actors = Vec::new();
    let mut setup = Vec::new();
    for person in people.everybody() {
        let Some(kind) = person.kind() else { continue };
        let tenant = people.with_tenants.then(|| people.tenant(person));
        let role = if people.by_role { people.id(person) } else { names.signed_in.clone() };
        if people.by_role && !people.is_there(person) {
            let group = Some(names.signed_in.as_str()).filter(|group| *group != superuser);
            setup.extend(role_of_his_own(&role, group));
        }
        actors.push(Actor {
            kind,
            role,
            settings: settings(intent, people, person, (&texts, &places)),
            id: Some(people.id(person)),
            tenant,
        });
    }
    let claims = json!({ "role": names.anonymous }).to_string();
    let anonymous =
        if intent.identity.source == IdentitySource::Claims { vec![("request.jwt.claims".to_owned(), claims)] } else { Vec::new() };
    actors.push(Actor { kind: ActorKind::Anonymous, role: names.anonymous, settings: anonymous, id: None, tenant: None });
    let claims = json!({ "role": names.service }).to_string();
    let service =
        if intent.identity.source == IdentitySource::Claims { vec![("request.jwt.claims".to_owned(), claims)] } else { Vec::new() };
    actors.push(Actor { kind: ActorKind::Service, role: names.service, settings: service, id: None, tenant: None });
    actors.sort_by_key(|a| a.kind);
    (actors, setup)
}

/// A role for one user, in the group that has the application's privileges.
fn role_of_his_own(role: &str, group: Option<&str>) -> Vec<String> {
    let make = format!(
        "do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = {}) then create role {}; end if; end $$",
        quote_literal(role),
        quote_ident(role)
    );
    let join = group.map(|group| format!("grant {} to {}", quote_ident(group), quote_ident(role)));
    std::iter::once(make).chain(join).collect()
}

/// Roles that sessions take.
struct Roles {
    signed_in: String,
    anonymous: String,
    service: String,
}

impl Roles {
    fn of(catalog: &Catalog, intent: &Intent, superuser: &str) -> Self {
        // Roles are the cluster's: that there are an API's does not say that this database is one behind it.
        let by_claims = match intent.identity.source {
            IdentitySource::Claims => true,
            IdentitySource::None => intent.identity.tenant_key.is_none(),
            IdentitySource::Setting { .. } | IdentitySource::Role => false,
        };
        let known = |name: &str| catalog.role(name).filter(|_| by_claims).map(|r| r.name.clone());
        let named = application_role(catalog);
        let signed_in = named.or_else(|| known("authenticated")).unwrap_or_else(|| superuser.to_owned());
        let own_anonymous = || {
            let family = signed_in.split('_').next().unwrap_or_default();
            let related =
                |r: &&architrave_model::catalog::Role| r.name.contains("anon") && r.name.split('_').next() == Some(family) && !r.superuser;
            catalog.roles.iter().find(related).map(|r| r.name.clone())
        };
        let anonymous = if signed_in == "authenticated" { known("anon") } else { own_anonymous().or_else(|| known("web_anon")) };
        let anonymous = anonymous.unwrap_or_else(|| signed_in.clone());
        let bypasses = catalog.roles.iter().find(|r| r.bypass_rls && !r.superuser).map(|r| r.name.clone());
        let service = known("service_role").or(bypasses).unwrap_or_else(|| superuser.to_owned());
        Self { signed_in, anonymous, service }
    }
}

/// The role that policies and privileges speak of most; no superuser, no owner of tables.
fn application_role(catalog: &Catalog) -> Option<String> {
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for table in schema::tables(catalog) {
        let named = table.policies.iter().flat_map(|p| &p.roles).filter(|r| *r != "PUBLIC").map(|r| (r.as_str(), 3));
        let granted =
            table.grants.iter().filter(|g| !g.is_public() && g.grantee != table.owner && g.has("SELECT")).map(|g| (g.grantee.as_str(), 1));
        for (role, weight) in named.chain(granted) {
            *votes.entry(role).or_insert(0) += weight;
        }
    }
    let usable = |role: &&str| catalog.role(role).is_some_and(|r| !r.superuser && !r.bypass_rls) && !role.contains("anon");
    if votes.contains_key("authenticated") {
        return Some("authenticated".to_owned());
    }
    let best = votes.into_iter().filter(|(role, _)| usable(role)).max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
    let owner = || {
        schema::tables(catalog)
            .into_iter()
            .map(|t| t.owner.clone())
            .find(|o| catalog.role(o).is_some_and(|r| !r.superuser && !r.bypass_rls))
    };
    best.map(|(role, _)| role.to_owned()).or_else(owner)
}

/// Conditions and bodies of the project's own.
fn texts(catalog: &Catalog) -> String {
    let policies = catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check)).map(String::as_str);
    let bodies = catalog.functions.iter().filter(|f| f.name.schema != "auth" && f.name.schema != "storage").map(|f| f.body.as_str());
    policies.chain(bodies).collect::<Vec<_>>().join("\n")
}

fn settings(intent: &Intent, people: &People, person: Person, (texts, places): (&str, &[Vec<String>])) -> Vec<(String, String)> {
    let identity = &intent.identity;
    let mut out = Vec::new();
    let is_setting =
        |key: &String| !matches!(identity.source, IdentitySource::Claims) || texts.contains(&format!("current_setting('{key}'"));
    if identity.source == IdentitySource::Claims {
        out.push(("request.jwt.claims".to_owned(), claims(intent, people, person, places).to_string()));
        for (claim, value) in [("sub", people.id(person)), ("role", "authenticated".to_owned()), ("email", person.email())] {
            if texts.contains(&format!("request.jwt.claim.{claim}")) {
                out.push((format!("request.jwt.claim.{claim}"), value));
            }
        }
    }
    if let IdentitySource::Setting { name } = &identity.source {
        out.push((name.clone(), people.id(person)));
    }
    if let Some(key) = identity.tenant_key.as_ref().filter(|key| is_setting(key)) {
        out.push((key.clone(), people.tenant(person)));
    }
    out
}

fn claims(intent: &Intent, people: &People, person: Person, places: &[Vec<String>]) -> Value {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), people.id(person).into());
    claims.insert("role".to_owned(), "authenticated".into());
    claims.insert("aud".to_owned(), "authenticated".into());
    claims.insert("email".to_owned(), person.email().into());
    claims.insert("app_metadata".to_owned(), json!({}));
    claims.insert("user_metadata".to_owned(), json!({}));
    for place in places {
        put(&mut claims, &place.iter().map(String::as_str).collect::<Vec<_>>(), people.id(person).into());
    }
    let admin = person != Person::Member;
    match intent.identity.tenant_key.as_deref() {
        Some("o.id") => {
            claims.insert("o".to_owned(), json!({ "id": people.tenant(person), "rol": if admin { "admin" } else { "member" } }));
        }
        Some(path) => {
            if path == "org_id" {
                claims.insert("org_role".to_owned(), (if admin { "org:admin" } else { "org:member" }).into());
            }
            let tenant = people.tenant(person);
            let value = if people.tenant_type.ends_with("int") || people.tenant_type == "integer" {
                tenant.parse::<i64>().map_or_else(|_| tenant.clone().into(), Value::from)
            } else {
                tenant.into()
            };
            put(&mut claims, &path.split('.').collect::<Vec<_>>(), value);
        }
        None => {}
    }
    Value::Object(claims)
}

fn put(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            object.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = object.entry((*first).to_owned()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
