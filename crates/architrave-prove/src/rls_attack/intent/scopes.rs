//! Whose the rows of each table are: by its policies first, then by foreign keys, then by names.

use super::links::{Link, Who, link};
use super::names;
use super::policies::{Policies, ReadPolicy};
use super::privileged;
use super::schema;
use super::ways::{Fact, Term, Way};
use architrave_model::QualifiedName;
use architrave_model::access::{BucketIntent, Identity, Membership, RelationIntent, Scope, Source};
use architrave_model::catalog::{Catalog, PolicyCommand, Table};
use architrave_model::context::Exposure;
use std::collections::{BTreeMap, BTreeSet};

/// What the inference of scopes works with.
#[derive(Clone, Copy)]
pub(super) struct Ground<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) exposure: &'c Exposure,
    pub(super) policies: &'c Policies<'c>,
    pub(super) who: &'c Who,
    pub(super) identity: &'c Identity,
    pub(super) memberships: &'c [Membership],
    /// Of the storage's objects only those of this bucket are asked for.
    pub(super) bucket: Option<&'c str>,
}

/// A scope and what it rests on.
type Found = (Scope, Vec<String>);

/// The intents of all tables, sorted by name.
pub(super) fn of_tables(ground: &Ground<'_>) -> Vec<RelationIntent> {
    let trusted = privileged::trusted(ground);
    let tables = schema::tables(ground.catalog);
    let mut scopes: BTreeMap<&QualifiedName, Found> = BTreeMap::new();
    for table in &tables {
        if let Some(found) = ground.by_policies(table).or_else(|| ground.by_structure(table)) {
            scopes.insert(&table.name, found);
        }
    }
    // What hangs on a row that belongs to somebody belongs to him as well: as far as foreign keys go.
    for _ in 0..12 {
        let open = tables.iter().filter(|t| !scopes.contains_key(&t.name) && !ground.reference_data(t));
        let more: Vec<_> = open.filter_map(|t| Some((&t.name, hangs_on(t, &scopes)?))).collect();
        if more.is_empty() {
            break;
        }
        scopes.extend(more);
    }
    let intent = |table: &&Table| {
        let found = scopes.remove(&table.name).unwrap_or_else(|| ground.rest(table));
        let mut intent = ground.intent(table, found);
        intent.privileged = privileged::of_table(ground, table, &intent.scope, &trusted);
        intent
    };
    tables.iter().map(intent).collect()
}

/// The intents of the buckets that policies of the storage's objects speak of by name.
pub(super) fn of_buckets(ground: &Ground<'_>) -> Vec<BucketIntent> {
    let Some(objects) = ground.catalog.table("storage", "objects") else { return Vec::new() };
    let ways = ground.read_policies(objects).iter().flat_map(ReadPolicy::ways);
    let named: BTreeSet<&str> = ways.flat_map(buckets_of).flatten().map(String::as_str).collect();
    let of_bucket = |bucket: &&str| {
        let ground = Ground { bucket: Some(bucket), ..*ground };
        let unknown = || (Scope::Unknown, vec!["its policies tell nothing of whose the objects are".to_owned()]);
        let found = ground.by_policies(objects).unwrap_or_else(unknown);
        BucketIntent { bucket: (*bucket).to_owned(), meant: ground.intent(objects, found) }
    };
    named.iter().map(of_bucket).collect()
}

/// Each list of buckets that a way asks for.
fn buckets_of(way: &Way) -> impl Iterator<Item = &Vec<String>> {
    way.facts.iter().filter_map(|fact| match fact {
        Fact::Compare(Term::Column(0, column), operator, values) if column == "bucket_id" && operator == "=" => Some(values),
        _ => None,
    })
}

/// The scope by the first foreign key whose other side has one.
fn hangs_on(table: &Table, scopes: &BTreeMap<&QualifiedName, Found>) -> Option<Found> {
    let mut keys: Vec<_> = table
        .foreign_keys()
        .filter(|(_, r)| r.table != table.name)
        .filter(|(_, r)| matches!(scopes.get(&r.table), Some((Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. }, _))))
        .collect();
    let nullable = |columns: &[String]| columns.iter().any(|c| table.column(c).is_none_or(|c| !c.not_null));
    keys.sort_by_key(|(key, r)| {
        (nullable(&key.columns), r.on_delete != architrave_model::catalog::ForeignKeyAction::Cascade, key.name.clone())
    });
    let (key, reference) = keys.first()?;
    let scope = Scope::Through { columns: key.columns.clone(), parent: reference.table.clone() };
    Some((scope, vec![format!("foreign key {} to {}", key.columns.join(", "), reference.table)]))
}

impl Ground<'_> {
    fn read_policies(&self, table: &Table) -> &[ReadPolicy<'_>] {
        self.policies.of.get(&table.name).map(Vec::as_slice).unwrap_or_default()
    }

    fn intent(&self, table: &Table, (scope, from): Found) -> RelationIntent {
        let owned = matches!(scope, Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. });
        RelationIntent {
            relation: table.name.clone(),
            public_when: if owned || scope == Scope::Unknown { self.public_when(table) } else { None },
            read_by_all: owned && self.read_by_all(table),
            writers: self.writers(table, &scope),
            privileged: Vec::new(),
            scope,
            source: Source::Inferred { from },
        }
    }

    /// Whether a way leads to objects of the bucket that is asked for.
    fn is_asked(&self, way: &Way) -> bool {
        self.bucket.is_none_or(|bucket| buckets_of(way).all(|values| values.iter().any(|v| v == bucket)))
    }

    fn link(&self, way: &Way) -> Link {
        link(self.catalog, self.who, way)
    }

    /// The membership that a link names.
    fn membership(&self, by: Option<&(QualifiedName, String, String)>) -> Option<usize> {
        let (table, user, tenant) = by?;
        self.memberships.iter().position(|m| m.table == *table && m.user == *user && m.tenant == *tenant)
    }

    /// Links of the policies, with the words for them; reading ones and writing ones.
    fn links(&self, table: &Table) -> [Vec<(Link, String)>; 2] {
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for read in self.read_policies(table) {
            let name = &read.policy.name;
            if read.reads() {
                reads
                    .extend(read.read_ways().iter().filter(|way| self.is_asked(way)).map(|way| (self.link(way), format!("policy {name}"))));
            }
            if read.writes() {
                writes.extend(
                    read.write_ways().iter().filter(|way| self.is_asked(way)).map(|way| (self.link(way), format!("policy {name}"))),
                );
            }
        }
        [reads, writes]
    }

    fn by_policies(&self, table: &Table) -> Option<Found> {
        let [reads, writes] = self.links(table);
        let defaults = self.policies.defaults.get(&table.name).into_iter().flatten();
        let defaults: Vec<(Link, String)> =
            defaults.flat_map(|(column, ways)| ways.iter().map(move |way| (self.link(way), format!("default of {column}")))).collect();
        let of_tenants = |m: &Membership| m.table == table.name || m.tenants.as_ref() == Some(&table.name);
        let member = self.memberships.iter().any(of_tenants) && !self.who.people.iter().any(|(people, _)| *people == table.name);
        for links in [&reads, &writes, &defaults] {
            if member && !links.iter().any(|(link, _)| matches!(link, Link::Tenant { .. })) {
                // A tenant, and who belongs to it, is the tenant's affair, even where policies only speak of one user.
                continue;
            }
            if let Some(found) = self.widest(table, links) {
                return Some(found);
            }
        }
        let address = reads
            .iter()
            .chain(&writes)
            .find_map(|(link, words)| if let Link::Address(column) = link { Some((column, words)) } else { None });
        let (column, words) = address.filter(|_| self.owner_columns(table).is_empty() && !member)?;
        Some((Scope::Owner { column: column.clone() }, vec![format!("{words} compares {column} with the user's address")]))
    }

    /// Of several bonds the widest that is one: a tenant's, another row's, an owner's.
    fn widest(&self, table: &Table, links: &[(Link, String)]) -> Option<Found> {
        for (link, words) in links {
            if let Link::Tenant { column, by, .. } = link {
                let membership = self.membership(by.as_ref());
                let column = self.better_tenant_column(table, column, membership);
                let by = by.as_ref().map_or("the session's tenant".to_owned(), |(m, ..)| format!("the user's rows in {m}"));
                return Some((Scope::Tenant { column: column.clone(), membership }, vec![format!("{words} compares {column} with {by}")]));
            }
        }
        for (link, words) in links {
            if let Link::Through { column, parent } = link {
                let columns =
                    table.foreign_keys().find(|(k, r)| r.table == *parent && k.columns.contains(column)).map(|(k, _)| k.columns.clone());
                let scope = Scope::Through { columns: columns.unwrap_or_else(|| vec![column.clone()]), parent: parent.clone() };
                return Some((scope, vec![format!("{words} follows {column} to {parent}")]));
            }
        }
        let owner = self.owner_of(table, links);
        owner.or_else(|| {
            let elsewhere = links.iter().find_map(|(link, words)| match link {
                Link::PublicThrough { column, parent } if schema::refers(table, column).is_some_and(|(to, _)| to == parent) => {
                    Some((column, parent, words))
                }
                _ => None,
            });
            let (column, parent, words) = elsewhere?;
            let owned = self.owner_columns(table).into_iter().find(|c| !names::is_maker(c));
            let through = || Scope::Through { columns: vec![column.clone()], parent: parent.clone() };
            let scope = owned.map_or_else(through, |column| Scope::Owner { column });
            Some((scope, vec![format!("{words} lets everybody read what {parent} says to be public")]))
        })
    }

    fn owner_of(&self, table: &Table, links: &[(Link, String)]) -> Option<Found> {
        let owners = links.iter().filter_map(|(link, words)| if let Link::Owner(column) = link { Some((column, words)) } else { None });
        // Whoever uploads an object may say whose it is; in whose folder it lies, policies look at.
        let folder = |column: &String| table.name.schema == "storage" && column == "name";
        let clear = |column: &String| (!folder(column), names::is_maker(column), names::owner_rank(column).unwrap_or(usize::MAX));
        let (column, words) = owners.min_by_key(|(column, _)| clear(column))?;
        let better = self.better_owner_column(table, column);
        let mut from = vec![format!("{words} compares {column} with the identity")];
        if better != *column {
            from.push(format!("foreign key {better} to the users"));
        }
        Some((Scope::Owner { column: better }, from))
    }

    /// A comparison with a column that is no tenant's at all does not say what is meant, where a foreign key does.
    fn better_tenant_column(&self, table: &Table, column: &str, membership: Option<usize>) -> String {
        let tenants = membership.and_then(|at| self.memberships.get(at)).and_then(|m| m.tenants.as_ref());
        let Some(tenants) = tenants.filter(|t| **t != table.name) else { return column.to_owned() };
        let refers = |c: &str| schema::refers(table, c).is_some_and(|(to, _)| to == tenants);
        let other = table.columns.iter().find(|c| refers(&c.name));
        if refers(column) { column.to_owned() } else { other.map_or(column, |c| &c.name).to_owned() }
    }

    /// The same for owners: a table's own key is no owner unless the table is one of people.
    fn better_owner_column(&self, table: &Table, column: &str) -> String {
        let person = self.who.people.iter().any(|(people, _)| *people == table.name);
        let own_key = table.primary_key().is_some_and(|k| k.columns == [column.to_owned()]) && schema::refers(table, column).is_none();
        if person || !own_key {
            return column.to_owned();
        }
        self.owner_columns(table).into_iter().next().unwrap_or_else(|| column.to_owned())
    }

    /// Columns that refer to people, the clearest owner first.
    fn owner_columns(&self, table: &Table) -> Vec<String> {
        let is_people = |name: &QualifiedName| self.who.people.iter().any(|(people, _)| people == name);
        let refers = table.columns.iter().filter(|c| schema::refers(table, &c.name).is_some_and(|(to, _)| is_people(to)));
        let mut columns: Vec<_> = refers
            .map(|c| (names::is_maker(&c.name), names::owner_rank(&c.name).unwrap_or(usize::MAX), !c.not_null, c.name.clone()))
            .collect();
        columns.sort();
        columns.into_iter().map(|(_, _, _, name)| name).collect()
    }

    fn by_structure(&self, table: &Table) -> Option<Found> {
        let name = &table.name;
        let says_owner = |column: &String, words: String| Some((Scope::Owner { column: column.clone() }, vec![words]));
        if let Some((_, key)) = self.identity.users.as_ref().filter(|(users, _)| users == name) {
            return says_owner(key, "table of the users".to_owned());
        }
        if let Some((_, column)) = self.identity.profiles.iter().find(|(profiles, _)| profiles == name) {
            return says_owner(column, format!("one row per user by {column}"));
        }
        if let Some(at) = self.memberships.iter().position(|m| m.table == *name) {
            let column = self.memberships.get(at)?.tenant.clone();
            return Some((Scope::Tenant { column, membership: Some(at) }, vec!["table of memberships".to_owned()]));
        }
        if let Some(found) = self.tenant_by_structure(table) {
            return Some(found);
        }
        if self.reference_data(table) {
            return None;
        }
        let owners = self.owner_columns(table);
        // Where no policy speaks, somebody whom a row mentions is its owner only if the column is called so.
        let silent = table.policies.is_empty() && !table.rls_enabled;
        let evident = |c: &&String| !names::is_maker(c) && (!silent || names::owner_rank(c).is_some());
        if let Some(column) = owners.first().filter(evident) {
            return says_owner(column, format!("foreign key {column} to the users"));
        }
        let typed = |c: &&architrave_model::catalog::Column| {
            schema::refers(table, &c.name).is_none()
                && !self.identity.id_type.is_empty()
                && c.base_type() == self.identity.id_type
                && !c.is_array()
        };
        let named = table.columns.iter().filter(typed).filter_map(|c| Some((names::owner_rank(&c.name)?, &c.name))).min();
        if let Some((_, column)) = named {
            return says_owner(column, format!("name {column}"));
        }
        let is_people = |relation: &QualifiedName| self.who.people.iter().any(|(people, _)| people == relation);
        let bound = table.foreign_keys().any(|(_, r)| r.table != *name && !is_people(&r.table));
        let maker = owners.first().filter(|_| !bound)?;
        says_owner(maker, format!("foreign key {maker} to the users, and nothing better"))
    }

    fn tenant_by_structure(&self, table: &Table) -> Option<Found> {
        let primary = self.identity.tenants.as_ref();
        let mut order: Vec<usize> = (0..self.memberships.len()).collect();
        let is_primary = |at: &usize| self.memberships.get(*at).is_some_and(|m| m.tenants.as_ref() == primary.map(|(t, _)| t));
        order.sort_by_key(|at| !is_primary(at));
        for at in order {
            let Some(tenants) = self.memberships.get(at).and_then(|m| m.tenants.as_ref()) else { continue };
            if *tenants == table.name {
                let key = table.primary_key()?.columns.first()?.clone();
                return Some((Scope::Tenant { column: key, membership: Some(at) }, vec!["table of the tenants".to_owned()]));
            }
            let refers = table.columns.iter().find(|c| schema::refers(table, &c.name).is_some_and(|(to, _)| to == tenants));
            if let Some(column) = refers.filter(|_| is_primary(&at) || self.owner_columns(table).is_empty()) {
                return Some((
                    Scope::Tenant { column: column.name.clone(), membership: Some(at) },
                    vec![format!("foreign key {} to {tenants}", column.name)],
                ));
            }
        }
        self.identity.tenant_key.as_ref()?;
        if let Some((tenants, key)) = primary.filter(|(t, _)| *t == table.name) {
            return Some((Scope::Tenant { column: key.clone(), membership: None }, vec![format!("table of the tenants {tenants}")]));
        }
        let to_tenants = |c: &&architrave_model::catalog::Column| {
            let refers = schema::refers(table, &c.name);
            refers.is_some_and(|(to, _)| primary.is_some_and(|(t, _)| t == to))
                || (refers.is_none() && names::is_tenant(&c.name) && c.name.ends_with("id"))
        };
        let column = table.columns.iter().find(to_tenants)?;
        Some((Scope::Tenant { column: column.name.clone(), membership: None }, vec![format!("name {}", column.name)]))
    }

    /// Everybody may read and no policy lets its rows be written by their owner.
    fn reference_data(&self, table: &Table) -> bool {
        let [reads, writes] = self.links(table);
        let only_maker = self.owner_columns(table).iter().all(|c| names::is_maker(c));
        only_maker && reads.iter().any(|(l, _)| *l == Link::Everyone) && writes.iter().all(|(l, _)| matches!(l, Link::Privileged))
    }

    /// Tables that belong to nobody.
    fn rest(&self, table: &Table) -> Found {
        let [reads, _] = self.links(table);
        if let Some((_, words)) = reads.iter().find(|(l, _)| *l == Link::Everyone) {
            return (Scope::Public, vec![format!("{words} lets everybody read, and nothing names an owner")]);
        }
        if let Some((_, words)) = reads.iter().find(|(l, _)| *l == Link::SignedIn) {
            return (Scope::SignedIn, vec![format!("{words} lets everybody read who is signed in, and nothing names an owner")]);
        }
        if !self.exposure.is_none() && self.exposure.of_table(table).is_empty() {
            return (Scope::Internal, vec!["no privilege for a role of the API".to_owned()]);
        }
        if table.rls_enabled && table.policies.is_empty() {
            return (Scope::Internal, vec!["row level security without policy".to_owned()]);
        }
        if !reads.is_empty() && reads.iter().all(|(l, _)| matches!(l, Link::Privileged)) {
            return (Scope::Internal, vec!["its policies only know privileged users".to_owned()]);
        }
        (Scope::Unknown, vec!["no policy, foreign key or name tells whose the rows are".to_owned()])
    }

    /// Conditions of the row alone; where another row says that this one is public, the policy's own text.
    fn public_when(&self, table: &Table) -> Option<String> {
        let mut found: Vec<String> = Vec::new();
        for read in self.read_policies(table).iter().filter(|p| p.reads()) {
            let links: Vec<Link> = read.read_ways().iter().filter(|way| self.is_asked(way)).map(|way| self.link(way)).collect();
            let elsewhere = |link: &Link| matches!(link, Link::PublicThrough { .. });
            if links.iter().any(elsewhere) {
                let all = links.iter().all(|link| elsewhere(link) || matches!(link, Link::Public(_)));
                found.extend(read.policy.using.clone().filter(|_| all));
                continue;
            }
            found.extend(links.into_iter().filter_map(|l| if let Link::Public(condition) = l { Some(condition) } else { None }));
        }
        found.sort();
        found.dedup();
        match found.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(many.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" or ")),
        }
    }

    fn read_by_all(&self, table: &Table) -> bool {
        let everyone = |read: &&ReadPolicy<'_>| read.policy.permissive && read.policy.command == PolicyCommand::Select;
        self.read_policies(table)
            .iter()
            .filter(everyone)
            .any(|read| read.read_ways().iter().any(|way| self.is_asked(way) && self.link(way) == Link::Everyone))
    }

    /// Roles that writing policies ask for; empty as soon as one asks for none.
    fn writers(&self, table: &Table, scope: &Scope) -> Vec<String> {
        if !matches!(scope, Scope::Tenant { .. }) {
            return Vec::new();
        }
        let [_, writes] = self.links(table);
        let mut all = Vec::new();
        for (link, _) in writes {
            if let Link::Tenant { roles, .. } = link {
                if roles.is_empty() {
                    return Vec::new();
                }
                all.extend(roles);
            }
        }
        all.sort_by_key(|r| names::rank(r));
        all.dedup();
        all
    }
}
