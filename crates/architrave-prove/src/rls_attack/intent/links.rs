//! How a way through a policy binds the rows to somebody: by their owner, by a tenant, through another row, or not at all.

use super::names;
use super::schema;
use super::ways::{Fact, Term, Way};
use architrave_model::QualifiedName;
use architrave_model::catalog::Catalog;
use architrave_model::name::{quote_ident, quote_literal};
use std::collections::BTreeSet;

/// What stands for the user and for the tenant of the session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Who {
    pub(crate) user: BTreeSet<Term>,
    pub(crate) tenant: BTreeSet<Term>,
    /// Tables with one row per user, and the column that says which.
    pub(crate) people: Vec<(QualifiedName, String)>,
}

/// The bond between a row and who may reach it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    /// Everybody, in so many words.
    Everyone,
    /// Whoever is signed in.
    SignedIn,
    /// Everybody, when the row says so.
    Public(String),
    /// The user in a column.
    Owner(String),
    /// The tenant in a column; by membership table with its user and tenant columns, or by the claims.
    Tenant { column: String, by: Option<(QualifiedName, String, String)>, roles: Vec<String> },
    /// Who may reach another row.
    Through { column: String, parent: QualifiedName },
    /// Everybody, when another row says so.
    PublicThrough { column: String, parent: QualifiedName },
    /// The user in a column, by his address.
    Address(String),
    /// Somebody privileged, whichever the row.
    Privileged,
    /// Not understood.
    Opaque,
}

impl Who {
    /// Classes of terms that are the user, also by way of the key of his row in a table of people.
    pub(crate) fn user_classes(&self, way: &Way, classes: &[BTreeSet<Term>]) -> Vec<usize> {
        let mut found: Vec<usize> =
            (0..classes.len()).filter(|at| classes.get(*at).is_some_and(|c| c.iter().any(|t| self.user.contains(t)))).collect();
        loop {
            let mut more = None;
            for (at, class) in classes.iter().enumerate() {
                let is_person = |term: &Term| {
                    let Term::Column(instance, column) = term else { return false };
                    let key = way.instances.get(*instance).is_some_and(|relation| {
                        self.people.iter().any(|(people, key)| people == relation && (key == column || column == "id"))
                    });
                    let known = found
                        .iter()
                        .any(|f| classes.get(*f).is_some_and(|c| c.iter().any(|t| matches!(t, Term::Column(i, _) if i == instance))));
                    key && known
                };
                if !found.contains(&at) && class.iter().any(is_person) {
                    more = Some(at);
                }
            }
            match more {
                Some(at) => found.push(at),
                None => return found,
            }
        }
    }

    /// The columns of an instance that are the user.
    pub(crate) fn user_columns(&self, way: &Way, classes: &[BTreeSet<Term>], instance: usize) -> Vec<String> {
        let users = self.user_classes(way, classes);
        let mut out: Vec<String> = users
            .iter()
            .filter_map(|at| classes.get(*at))
            .flatten()
            .filter_map(|term| match term {
                Term::Column(at, column) if *at == instance => Some(column.clone()),
                Term::Folder(at) if *at == instance => Some("name".to_owned()),
                _ => None,
            })
            .collect();
        out.sort_by_key(|c| (names::owner_rank(c).unwrap_or(usize::MAX), names::is_maker(c)));
        out
    }
}

/// The bond of one way.
pub(crate) fn link(catalog: &Catalog, who: &Who, way: &Way) -> Link {
    let Some(table) = way.instances.first() else { return Link::Opaque };
    let classes = way.classes();
    let is_array = |c: &str| schema::column(catalog, table, c).is_some_and(|c| c.is_array() || c.data_type.starts_with("json"));
    let owned = who.user_columns(way, &classes, 0);
    if let Some(owner) = owned.iter().find(|c| !is_array(c)) {
        return Link::Owner(owner.clone());
    }
    if !owned.is_empty() {
        return Link::Opaque;
    }
    let of_row = |class: &BTreeSet<Term>| {
        class.iter().find_map(|term| match term {
            Term::Column(0, column) => Some(column.clone()),
            Term::Folder(0) => Some("name".to_owned()),
            _ => None,
        })
    };
    for class in classes.iter().filter(|c| c.iter().any(|t| who.tenant.contains(t))) {
        if let Some(column) = of_row(class) {
            return Link::Tenant { column, by: None, roles: Vec::new() };
        }
    }
    for instance in 1..way.instances.len() {
        let Some(user) = who.user_columns(way, &classes, instance).into_iter().next() else { continue };
        if let Some(link) = joined(catalog, who, way, &classes, (instance, &user), &of_row) {
            return link;
        }
    }
    let bound = through(catalog, who, way, &classes, &of_row).map(|link| public_or(link, who, way));
    bound.or_else(|| address(&classes, &of_row)).unwrap_or_else(|| unbound(who, way, &classes))
}

/// The bond by an instance that names the user and shares a value with the row.
fn joined(
    catalog: &Catalog,
    who: &Who,
    way: &Way,
    classes: &[BTreeSet<Term>],
    (instance, user): (usize, &str),
    of_row: &dyn Fn(&BTreeSet<Term>) -> Option<String>,
) -> Option<Link> {
    let relation = way.instances.get(instance)?;
    let table = catalog.table_named(way.instances.first()?);
    for class in classes {
        let Some(column) = of_row(class) else { continue };
        let shared = class.iter().find_map(|term| match term {
            Term::Column(at, shared) if *at == instance && shared != user => Some(shared),
            _ => None,
        });
        let Some(shared) = shared else { continue };
        let is_key = schema::is_key(catalog, relation, shared);
        let person = who.people.iter().any(|(people, _)| people == relation);
        if person && is_key {
            return Some(Link::Owner(column));
        }
        let refers = table.and_then(|t| schema::refers(t, &column)).is_some_and(|(to, at)| to == relation && at == shared);
        let of_person = catalog
            .table_named(relation)
            .and_then(|t| schema::refers(t, shared))
            .is_some_and(|(to, _)| who.people.iter().any(|(p, _)| p == to));
        if of_person {
            // Two people in one row: friends, followers, messages. Neither is a tenant.
            continue;
        }
        if refers || (is_key && way.instances.first() != Some(relation)) {
            return Some(Link::Through { column, parent: relation.clone() });
        }
        let roles = way.facts.iter().find_map(|fact| match fact {
            Fact::Compare(Term::Column(at, role), operator, values) if *at == instance && operator == "=" && names::is_role(role) => {
                Some(values.clone())
            }
            _ => None,
        });
        let by = Some((relation.clone(), user.to_owned(), shared.clone()));
        return Some(Link::Tenant { column, by, roles: roles.unwrap_or_default() });
    }
    None
}

/// The bond by a row that is named by its key, whatever is asked of that row.
fn through(
    catalog: &Catalog,
    who: &Who,
    way: &Way,
    classes: &[BTreeSet<Term>],
    of_row: &dyn Fn(&BTreeSet<Term>) -> Option<String>,
) -> Option<Link> {
    let table = way.instances.first()?;
    for class in classes {
        let Some(column) = of_row(class) else { continue };
        for term in class {
            let Term::Column(at @ 1.., key) = term else { continue };
            let parent = way.instances.get(*at)?;
            let refers = catalog.table_named(table).and_then(|t| schema::refers(t, &column)).is_some_and(|(to, _)| to == parent);
            if parent != table && (refers || schema::is_key(catalog, parent, key)) {
                return Some(Link::Through { column, parent: parent.clone() });
            }
            if parent != table && is_public_elsewhere(who, way) {
                return Some(Link::PublicThrough { column, parent: parent.clone() });
            }
        }
    }
    None
}

/// Whether a way asks nothing of the session, and another row that it says that it is public.
fn is_public_elsewhere(who: &Who, way: &Way) -> bool {
    let of_session = |term: &Term| who.user.contains(term) || matches!(term, Term::Claim(_) | Term::Setting(_) | Term::CurrentRole);
    let asks = |fact: &Fact| match fact {
        Fact::Same(a, b) => of_session(a) || of_session(b),
        Fact::Compare(a, ..) | Fact::Moment(a, ..) | Fact::Null(a, _) | Fact::Flag(a, _) => of_session(a),
        Fact::Unknown(_) => true,
    };
    let speaks = |fact: &Fact| match fact {
        Fact::Flag(Term::Column(1.., column), _) => names::speaks_of_public(column, &[]),
        Fact::Compare(Term::Column(1.., column), _, values) => names::speaks_of_public(column, values),
        _ => false,
    };
    !way.facts.iter().any(asks) && way.facts.iter().any(speaks)
}

fn public_or(link: Link, who: &Who, way: &Way) -> Link {
    match link {
        Link::Through { column, parent } if is_public_elsewhere(who, way) => Link::PublicThrough { column, parent },
        other => other,
    }
}

/// The column that holds the address of the session's user.
fn address(classes: &[BTreeSet<Term>], of_row: &dyn Fn(&BTreeSet<Term>) -> Option<String>) -> Option<Link> {
    let email = Term::Claim(vec!["email".to_owned()]);
    classes.iter().filter(|class| class.contains(&email)).find_map(of_row).map(Link::Address)
}

/// Nothing binds the row to somebody.
fn unbound(who: &Who, way: &Way, classes: &[BTreeSet<Term>]) -> Link {
    if way.facts.is_empty() {
        return Link::Everyone;
    }
    let is_user = |term: &Term| who.user.contains(term) || *term == Term::Claim(Vec::new());
    let signed = |fact: &Fact| match fact {
        Fact::Null(term, false) => is_user(term) || matches!(term, Term::Claim(path) if path == &["role"]),
        Fact::Compare(Term::Claim(path), operator, values) => {
            path == &["role"] && operator == "=" && values.iter().all(|v| v == "authenticated")
        }
        _ => false,
    };
    if way.facts.iter().all(signed) {
        return Link::SignedIn;
    }
    let conditions: Vec<&Fact> = way.facts.iter().filter(|f| !signed(f)).collect();
    let texts: Option<Vec<String>> = conditions.iter().map(|fact| on_row(fact)).collect();
    if let Some(texts) = texts {
        let speaks = |fact: &&&Fact| match fact {
            Fact::Flag(Term::Column(0, column), _) => names::speaks_of_public(column, &[]),
            Fact::Compare(Term::Column(0, column), _, values) => {
                names::speaks_of_public(column, values) || (column == "bucket_id" && values.iter().any(|v| names::is_public_bucket(v)))
            }
            Fact::Moment(Term::Column(0, column), ..) => names::speaks_of_public(column, &[]),
            Fact::Null(Term::Column(0, column), false) => names::speaks_of_public(column, &[]) && !column.contains("token"),
            _ => false,
        };
        return if conditions.iter().any(|f| speaks(&f)) { Link::Public(texts.join(" and ")) } else { Link::Opaque };
    }
    let by_person = (1..way.instances.len()).any(|at| !who.user_columns(way, classes, at).is_empty());
    let by_claim = way.facts.iter().any(|f| matches!(f, Fact::Compare(Term::Claim(_), ..) | Fact::Flag(Term::Claim(_), _)));
    if by_person || by_claim { Link::Privileged } else { Link::Opaque }
}

/// A fact about the row alone, as SQL.
pub(crate) fn on_row(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Flag(Term::Column(0, column), true) => quote_ident(column),
        Fact::Flag(Term::Column(0, column), false) => format!("not {}", quote_ident(column)),
        Fact::Moment(Term::Column(0, column), operator, moment) => format!("{} {operator} {moment}", quote_ident(column)),
        Fact::Null(Term::Column(0, column), true) => format!("{} is null", quote_ident(column)),
        Fact::Null(Term::Column(0, column), false) => format!("{} is not null", quote_ident(column)),
        Fact::Compare(Term::Column(0, column), operator, values) => {
            let list: Vec<String> = values.iter().map(|v| quote_literal(v)).collect();
            match (operator.as_str(), list.as_slice()) {
                (_, [one]) => format!("{} {operator} {one}", quote_ident(column)),
                ("=", many) => format!("{} in ({})", quote_ident(column), many.join(", ")),
                ("<>", many) => format!("{} not in ({})", quote_ident(column), many.join(", ")),
                _ => return None,
            }
        }
        _ => return None,
    })
}
