//! How the database learns who asks, and where its users and tenants stand.

use super::links::Who;
use super::names;
use super::policies::Policies;
use super::schema;
use super::ways::{Fact, Term, Way};
use architrave_model::QualifiedName;
use architrave_model::access::{Identity, IdentitySource, Stated};
use architrave_model::catalog::{Catalog, Table};
use std::collections::{BTreeMap, BTreeSet};

/// The identity without its tenants, and the terms that stand for it.
pub(super) fn identity(catalog: &Catalog, policies: &Policies<'_>, stated: &Stated, clerk: bool) -> (Identity, Who) {
    let terms = Terms::count(policies);
    let mut who = Who { user: terms.users(catalog), tenant: terms.tenants(catalog), people: Vec::new() };
    let mut identity = Identity::default();
    identity.source = stated.identity.clone().unwrap_or_else(|| terms.source(&who, catalog, clerk));
    if let IdentitySource::Setting { name } = &identity.source {
        who.user.insert(Term::Setting(name.clone()));
        who.tenant.remove(&Term::Setting(name.clone()));
    }
    let compared = compared_columns(&who, policies);
    identity.users =
        stated.users.as_ref().and_then(|t| key_of(catalog, t, &compared)).or_else(|| users(catalog, &compared, &identity.source, clerk));
    who.people = identity.users.iter().cloned().collect();
    let profiles = profiles(catalog, &who, &compared);
    who.people.extend(profiles.iter().cloned());
    identity.profiles = profiles;
    identity.id_type = stated.id_type.clone().unwrap_or_else(|| id_type(catalog, &identity, &compared, clerk));
    identity.tenant_key = stated.tenant_key.clone().or_else(|| terms.tenant_key(&who));
    if let Some(key) = &stated.tenant_key {
        who.tenant.insert(Term::Setting(key.clone()));
        who.tenant.insert(Term::Claim(key.split('.').map(str::to_owned).collect()));
    }
    (identity, who)
}

/// Places in the claims that stand for the user, besides `sub`: what an actor's claims have to hold.
pub(super) fn user_claims(catalog: &Catalog, policies: &Policies<'_>) -> Vec<Vec<String>> {
    let users = Terms::count(policies).users(catalog);
    users.into_iter().filter_map(|t| if let Term::Claim(path) = t { Some(path) } else { None }).filter(|p| p != &["sub"]).collect()
}

/// How often terms of the session are compared with columns, and with which.
struct Terms {
    with: BTreeMap<Term, Vec<(QualifiedName, String)>>,
    seen: BTreeSet<Term>,
}

impl Terms {
    fn count(policies: &Policies<'_>) -> Self {
        let mut terms = Self { with: BTreeMap::new(), seen: BTreeSet::new() };
        for way in policies.all_ways().chain(policies.default_ways()) {
            terms.add(way);
        }
        terms
    }

    fn add(&mut self, way: &Way) {
        let of_session = |term: &Term| matches!(term, Term::Claim(_) | Term::Setting(_) | Term::CurrentRole);
        for class in way.classes() {
            for term in class.iter().filter(|t| of_session(t)) {
                let columns = class.iter().filter_map(|t| match t {
                    Term::Column(at, column) => Some((way.instances.get(*at)?.clone(), column.clone())),
                    Term::Folder(at) => Some((way.instances.get(*at)?.clone(), "name".to_owned())),
                    _ => None,
                });
                self.with.entry(term.clone()).or_default().extend(columns);
            }
        }
        for fact in &way.facts {
            let terms = match fact {
                Fact::Same(a, b) => vec![a, b],
                Fact::Compare(a, ..) | Fact::Moment(a, ..) | Fact::Null(a, _) | Fact::Flag(a, _) => vec![a],
                Fact::Unknown(_) => Vec::new(),
            };
            self.seen.extend(terms.into_iter().filter(|t| of_session(t)).cloned());
        }
    }

    fn columns(&self, term: &Term) -> &[(QualifiedName, String)] {
        self.with.get(term).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the columns that it is compared with are a tenant's rather than a user's.
    fn is_tenant(&self, term: &Term, catalog: &Catalog) -> bool {
        let name = match term {
            Term::Setting(name) => name.rsplit('.').next().unwrap_or(name).to_owned(),
            Term::Claim(path) => path.last().filter(|last| *last != "id").or(path.first()).cloned().unwrap_or_default(),
            _ => return false,
        };
        if names::is_user(&name) {
            return false;
        }
        if names::is_tenant(&name) || matches!(term, Term::Claim(path) if path == &["o", "id"]) {
            return true;
        }
        let refers_to_tenant = |(relation, column): &(QualifiedName, String)| {
            let to = catalog.table_named(relation).and_then(|t| schema::refers(t, column));
            names::is_tenant(column) || to.is_some_and(|(to, _)| names::is_tenant(&to.name))
        };
        let columns = self.columns(term);
        !columns.is_empty() && columns.iter().filter(|c| refers_to_tenant(c)).count() * 2 > columns.len()
    }

    fn users(&self, catalog: &Catalog) -> BTreeSet<Term> {
        let mut found: BTreeSet<Term> = [Term::Claim(vec!["sub".to_owned()])].into();
        for (term, columns) in &self.with {
            let is = match term {
                Term::Claim(path) => path.last().is_some_and(|last| names::is_user(last)) && !path.iter().any(|p| p == "user_metadata"),
                Term::Setting(_) => !columns.is_empty() && !self.is_tenant(term, catalog),
                Term::CurrentRole => !columns.is_empty(),
                _ => false,
            };
            if is {
                found.insert(term.clone());
            }
        }
        found
    }

    fn tenants(&self, catalog: &Catalog) -> BTreeSet<Term> {
        self.with.keys().filter(|term| self.is_tenant(term, catalog)).cloned().collect()
    }

    fn source(&self, who: &Who, catalog: &Catalog, clerk: bool) -> IdentitySource {
        let claims = self.seen.iter().filter(|t| matches!(t, Term::Claim(_))).map(|t| self.columns(t).len() + 1).sum::<usize>();
        let setting =
            who.user.iter().filter_map(|t| if let Term::Setting(name) = t { Some((self.columns(t).len(), name)) } else { None }).max();
        let role = self.columns(&Term::CurrentRole).len();
        let platform = clerk || catalog.table("auth", "users").is_some() && catalog.role("authenticated").is_some();
        match setting {
            Some((count, name)) if count >= claims && count >= role => IdentitySource::Setting { name: name.clone() },
            _ if claims > 0 && claims >= role => IdentitySource::Claims,
            _ if role > 0 => IdentitySource::Role,
            _ if platform => IdentitySource::Claims,
            _ => IdentitySource::None,
        }
    }

    /// The tenant's place in the claims, or its setting: the one that most columns are compared with.
    fn tenant_key(&self, who: &Who) -> Option<String> {
        let best = who.tenant.iter().max_by_key(|t| (self.columns(t).len(), matches!(t, Term::Claim(path) if path == &["o", "id"])))?;
        match best {
            Term::Setting(name) => Some(name.clone()),
            Term::Claim(path) => Some(path.join(".")),
            _ => None,
        }
    }
}

/// Columns that policies and defaults compare with the user, how often.
fn compared_columns(who: &Who, policies: &Policies<'_>) -> BTreeMap<(QualifiedName, String), usize> {
    let mut out = BTreeMap::new();
    for way in policies.all_ways().chain(policies.default_ways()) {
        let classes = way.classes();
        for (at, relation) in way.instances.iter().enumerate() {
            for column in who.user_columns(way, &classes, at) {
                *out.entry((relation.clone(), column)).or_insert(0) += 1;
            }
        }
    }
    out
}

type Compared = BTreeMap<(QualifiedName, String), usize>;

/// A table of users with the column that the identity is compared with, else its key.
fn key_of(catalog: &Catalog, name: &QualifiedName, compared: &Compared) -> Option<(QualifiedName, String)> {
    let table = catalog.table_named(name)?;
    let used = table
        .columns
        .iter()
        .filter(|c| table.is_unique_over(&[&c.name]))
        .max_by_key(|c| compared.get(&(name.clone(), c.name.clone())).copied());
    let used = used.filter(|c| compared.contains_key(&(name.clone(), c.name.clone())));
    let key = table.primary_key().filter(|k| k.columns.len() == 1).and_then(|k| k.columns.first());
    Some((name.clone(), used.map(|c| &c.name).or(key)?.clone()))
}

fn users(catalog: &Catalog, compared: &Compared, source: &IdentitySource, clerk: bool) -> Option<(QualifiedName, String)> {
    let platform = QualifiedName::new("auth", "users");
    let tables = schema::tables(catalog);
    let referred = tables.iter().any(|t| t.foreign_keys().any(|(_, r)| r.table == platform));
    if catalog.table_named(&platform).is_some() && (referred || (!clerk && *source == IdentitySource::Claims)) {
        return Some((platform, "id".to_owned()));
    }
    let clerk_column = |t: &Table| {
        let named = t
            .columns
            .iter()
            .find(|c| matches!(c.name.to_ascii_lowercase().as_str(), "clerk_id" | "clerk_user_id" | "clerkid" | "clerkuserid"));
        named.filter(|c| t.is_unique_over(&[&c.name])).map(|c| c.name.clone())
    };
    let mut best: Vec<(usize, QualifiedName, String)> = Vec::new();
    for table in tables {
        let (relation, Some(column)) =
            (table.name.clone(), clerk_column(table).or_else(|| key_of(catalog, &table.name, compared).map(|(_, c)| c)))
        else {
            continue;
        };
        let references = catalog.tables.iter().filter(|t| t.foreign_keys().any(|(_, r)| r.table == relation)).count();
        let count = compared.get(&(relation.clone(), column.clone())).copied().unwrap_or(0);
        if !names::is_people(&relation.name) && (count == 0 || references == 0) {
            continue;
        }
        best.push((references + 4 * count + usize::from(clerk_column(table).is_some()) * 8, relation, column));
    }
    best.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    best.into_iter().next().map(|(_, relation, column)| (relation, column))
}

/// Tables with one row per user: a unique column that refers to the users, or that policies compare with the identity.
fn profiles(catalog: &Catalog, who: &Who, compared: &Compared) -> Vec<(QualifiedName, String)> {
    let mut out = Vec::new();
    for table in schema::tables(catalog) {
        if who.people.iter().any(|(people, _)| *people == table.name) {
            continue;
        }
        let unique = table.columns.iter().filter(|c| table.is_unique_over(&[&c.name]));
        let is_user = |c: &&architrave_model::catalog::Column| {
            let refers = schema::refers(table, &c.name).is_some_and(|(to, _)| who.people.iter().any(|(people, _)| people == to));
            refers || (names::is_people(&table.name.name) && compared.contains_key(&(table.name.clone(), c.name.clone())))
        };
        if let Some(column) = unique.into_iter().find(is_user) {
            out.push((table.name.clone(), column.name.clone()));
        }
    }
    out
}

fn id_type(catalog: &Catalog, identity: &Identity, compared: &Compared, clerk: bool) -> String {
    let bare = |text: &str| text.split('(').next().unwrap_or(text).trim().to_owned();
    if clerk {
        return "text".to_owned();
    }
    let of = |(relation, column): &(QualifiedName, String)| schema::column(catalog, relation, column).map(|c| bare(&c.data_type));
    if let Some(found) = identity.users.as_ref().and_then(of) {
        return found;
    }
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for (place, count) in compared {
        if let Some(found) = of(place).filter(|t| !t.ends_with("[]")) {
            *votes.entry(found).or_insert(0) += count;
        }
    }
    let best = votes.into_iter().max_by_key(|(_, count)| *count).map(|(found, _)| found);
    best.unwrap_or_else(|| match identity.source {
        IdentitySource::None => String::new(),
        IdentitySource::Claims if catalog.table("auth", "users").is_some() => "uuid".to_owned(),
        IdentitySource::Role => "name".to_owned(),
        _ => "text".to_owned(),
    })
}
