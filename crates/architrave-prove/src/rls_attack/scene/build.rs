//! Which rows the scene needs, table by table: everybody's own, public ones, and such as satisfy a policy.

use super::actors::{People, Person, actors};
use super::fill::{Filler, Order, constants, mentioned};
use super::search::{self, Values};
use super::{Purpose, Scene, SceneError, order};
use crate::Deadline;
use crate::ground::{rows, set_config};
use crate::rls_attack::intent::links::on_row;
use crate::rls_attack::intent::ways::{Fact, Reader, Term};
use architrave_model::access::{Actor, ActorKind, IdentitySource, Intent, Scope};
use architrave_model::catalog::{Catalog, Policy, PolicyCommand, Table};
use architrave_model::name::quote_literal;
use architrave_model::{Gap, QualifiedName};
use architrave_postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

/// Most tables that get rows.
const MOST_TABLES: usize = 2_000;

/// Makes the scene in one transaction of the superuser, triggers and foreign keys off.
pub(super) async fn build(client: &Client, catalog: &Catalog, intent: &Intent, deadline: &Deadline) -> Result<Scene, SceneError> {
    let begin =
        "begin; set local session_replication_role = replica; set local statement_timeout = '20s'; set local check_function_bodies = off";
    client.batch_execute(begin).await.map_err(SceneError::doing("begin the scene"))?;
    let made = inside(client, catalog, intent, deadline).await;
    let end = if made.is_ok() { "commit" } else { "rollback" };
    client.batch_execute(end).await.map_err(SceneError::doing("end the scene"))?;
    made
}

async fn inside(client: &Client, catalog: &Catalog, intent: &Intent, deadline: &Deadline) -> Result<Scene, SceneError> {
    search::prepare(client).await?;
    let answer = client.simple_query("select current_user").await.map_err(SceneError::doing("ask for its name"))?;
    let superuser = rows(&answer).into_iter().flatten().flatten().next().unwrap_or_default();
    let people = People::new(&intent.identity).with_roles(catalog);
    let (actors, roles) = actors(catalog, intent, &people, &superuser);
    for statement in &roles {
        client.batch_execute(statement).await.map_err(SceneError::doing("make roles for the actors"))?;
    }
    let mut tables = order::tables(catalog, intent);
    let without = tables.len().saturating_sub(MOST_TABLES);
    tables.truncate(MOST_TABLES);
    let defaults = constants(client, &tables).await?;
    let buckets = intent.by_bucket();
    let filler = Filler {
        client,
        catalog,
        intent,
        people: &people,
        known: BTreeMap::new(),
        defaults,
        rows: Vec::new(),
        setup: Vec::new(),
        gaps: Vec::new(),
        number: 0,
    };
    let mut builder = Builder { filler, reader: Reader::new(catalog), actors: &actors, buckets: &buckets };
    for table in &tables {
        match deadline.reached() {
            Some(why) => builder.filler.gaps.push(Gap::new(format!("rows of {}", table.name), why, None)),
            None => builder.table(table).await?,
        }
    }
    if deadline.reached().is_none() {
        builder.founding(&tables).await?;
    }
    for table in &tables {
        match deadline.reached() {
            Some(why) if !table.policies.is_empty() => {
                builder.filler.gaps.push(Gap::new(format!("rows that satisfy the policies of {}", table.name), why, None));
            }
            Some(_) => {}
            None => builder.policies(table).await?,
        }
    }
    let Filler { rows, setup, mut gaps, .. } = builder.filler;
    let mut all = roles;
    all.push("set session_replication_role = replica".to_owned());
    all.extend(setup);
    all.push("reset session_replication_role".to_owned());
    if without > 0 {
        let why = format!("only the first {MOST_TABLES} tables, referenced ones first, get rows");
        gaps.push(Gap::new(format!("rows of {without} tables"), why, None));
    }
    if actors.iter().any(|a| a.role == superuser && a.kind != ActorKind::Service) {
        let why = "no policy or privilege names a role that the application could have";
        gaps.push(Gap::new("role of the application", why, Some("grant the application's role what it needs, or name it in the policies")));
    }
    Ok(Scene { actors, setup: all, rows, gaps, ..Scene::default() })
}

/// Whether a query reads the table and nothing else.
fn reads(lower: &str, table: &Table) -> bool {
    let mut sources =
        lower.split("from ").skip(1).filter_map(|rest| rest.split(|c: char| c.is_whitespace() || matches!(c, ')' | ';' | ',')).next());
    let names = [table.name.name.to_lowercase(), format!("{}.{}", table.name.schema, table.name.name).to_lowercase()];
    let first = sources.next();
    first.is_some_and(|source| names.iter().any(|name| name == source.trim_matches(['"', '('])))
        && sources.next().is_none()
        && !lower.contains(" join ")
}

/// Makes the rows that the scene needs.
pub(super) struct Builder<'a> {
    pub(super) filler: Filler<'a>,
    reader: Reader<'a>,
    pub(super) actors: &'a [Actor],
    /// What is meant, with what is meant for a bucket in the place of what is meant for all objects.
    buckets: &'a BTreeMap<String, Intent>,
}

impl<'a> Builder<'a> {
    fn intent(&self) -> &'a Intent {
        self.filler.intent
    }

    /// The condition that a row is public, where there is one.
    fn public_when(&self, table: &Table) -> Option<String> {
        self.intent().of(&table.name).and_then(|i| i.public_when.clone())
    }

    /// Everybody's own rows, and public ones.
    async fn table(&mut self, table: &Table) -> Result<(), SceneError> {
        if table.name.schema == "storage" && table.name.name == "objects" {
            return self.objects(table).await;
        }
        let existing = self.existing(table).await?;
        let (persons, purpose) = self.persons(table);
        let mut failed: Option<String> = None;
        for person in &persons {
            let mut order =
                Order { table, person: *person, purpose: purpose.clone(), fixed: Values::new(), wanted: Vec::new(), hints: Vec::new() };
            if let Some(condition) = self.public_when(table) {
                order.wanted.push(format!("({condition}) is not true"));
            }
            let mut reason = self.filler.make(&order).await?;
            if reason.is_some() && !order.wanted.is_empty() {
                order.wanted.clear();
                order.purpose = Purpose::Public;
                reason = self.filler.make(&order).await?;
            }
            // The owner's row is what matters; that others have none is often the table's own rule.
            if *person == Person::Owner || failed.is_none() {
                failed = failed.or(reason.filter(|_| *person != Person::Bystander && *person != Person::Member));
            }
        }
        if let Some(why) = failed {
            let what = if self.filler.has(&table.name, ActorKind::Owner) { "row of the outsider in" } else { "rows of" };
            self.filler.gaps.push(Gap::new(format!("{what} {}", table.name), why, None));
        }
        self.share(table, existing);
        if let Some(condition) = self.public_when(table) {
            let wanted = vec![format!("({condition}) is true")];
            let fixed = self.of_owner(table);
            let order = Order { table, person: Person::Owner, purpose: Purpose::Public, fixed, wanted, hints: Vec::new() };
            if let Some(why) = self.filler.make(&order).await? {
                self.filler.gaps.push(Gap::new(format!("public row of {}", table.name), why, None));
            }
        }
        Ok(())
    }

    /// Who has rows of his own in the table.
    fn persons(&self, table: &Table) -> (Vec<Person>, Purpose) {
        let everybody = self.filler.people.everybody();
        let has_member = everybody.contains(&Person::Member);
        if self.filler.drafting().is_people(&table.name) {
            return (everybody, Purpose::Belongs);
        }
        let intent = self.intent();
        let tenants = intent.identity.tenants.as_ref().is_some_and(|(t, _)| *t == table.name);
        let membership = intent.memberships.iter().any(|m| m.table == table.name);
        if !tenants && !membership && self.admits(table) {
            return (vec![Person::Bystander], Purpose::Belongs);
        }
        let scope = intent.of(&table.name).map(|i| &i.scope);
        let own_of_member = match scope {
            _ if tenants => false,
            _ if membership => true,
            Some(Scope::Owner { .. }) => true,
            Some(Scope::Tenant { column, .. }) => names_person(intent, table, column),
            Some(Scope::Through { parent, .. }) => self.filler.rows.iter().any(|r| r.table == *parent && r.of == ActorKind::Member),
            _ => false,
        };
        match scope {
            Some(Scope::Public | Scope::SignedIn) => (vec![Person::Owner], Purpose::Public),
            _ if has_member && own_of_member => (vec![Person::Owner, Person::Member, Person::Outsider], Purpose::Belongs),
            _ => (vec![Person::Owner, Person::Outsider], Purpose::Belongs),
        }
    }

    /// Whether having a row there is a right by itself, whatever else a row is about: a list of the staff. The people of the scene are not on it: that
    /// somebody who is may more is meant.
    fn admits(&self, table: &Table) -> bool {
        let catalog = self.filler.catalog;
        let privileged = self.intent().of(&table.name).is_some_and(|i| !i.privileged.is_empty());
        let asks_who = |text: &str| ["auth.", "request.jwt", "current_setting", "current_user"].iter().any(|word| text.contains(word));
        let by_function = catalog.functions.iter().any(|f| {
            let body = f.body.to_lowercase();
            f.result.as_deref() == Some("boolean") && f.identity_arguments.is_empty() && asks_who(&body) && reads(&body, table)
        });
        !privileged && by_function
    }

    /// Whether its rows belong to somebody; tables of a platform's users too, which nobody's intent is about.
    fn is_owned(&self, table: &Table) -> bool {
        let scope = self.intent().of(&table.name).map(|i| &i.scope);
        let owned = matches!(scope, Some(Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. }));
        let tenants = self.intent().identity.tenants.as_ref().is_some_and(|(t, _)| *t == table.name);
        let membership = self.intent().memberships.iter().any(|m| m.table == table.name);
        owned || tenants || membership || self.filler.drafting().is_people(&table.name)
    }

    /// A row that migrations have put into reference data.
    async fn existing(&self, table: &Table) -> Result<Option<Values>, SceneError> {
        if self.is_owned(table) {
            return Ok(None);
        }
        let columns: Vec<String> = table.columns.iter().map(|c| architrave_model::name::quote_ident(&c.name)).collect();
        if columns.is_empty() {
            return Ok(None);
        }
        let sql = format!("select {} from {} order by 1 limit 1", columns.join(", "), table.name.sql());
        let sql = format!("savepoint architrave_look; {sql}; release savepoint architrave_look");
        match self.filler.client.simple_query(&sql).await {
            Ok(answer) => Ok(rows(&answer).into_iter().next().map(|row| table.columns.iter().map(|c| c.name.clone()).zip(row).collect())),
            Err(error) if error.as_db_error().is_some() => {
                let back = "rollback to savepoint architrave_look";
                self.filler.client.batch_execute(back).await.map_err(SceneError::doing("look for rows"))?;
                Ok(None)
            }
            Err(error) => Err(SceneError::doing("look for rows")(error)),
        }
    }

    /// Whom nobody made a row for refers to the one that is there: the member to the owner's, everybody to reference data.
    fn share(&mut self, table: &Table, existing: Option<Values>) {
        let name = &table.name;
        let owners = self.filler.known.get(&(name.clone(), Person::Owner)).cloned();
        let owned = self.is_owned(table);
        let common = existing.or_else(|| owners.clone());
        for person in [Person::Owner, Person::Member, Person::Outsider, Person::Bystander] {
            let of_owner = if person == Person::Member || person == Person::Bystander { owners.clone() } else { None };
            let shared = if owned { of_owner } else { common.clone() };
            let Some(shared) = shared else { continue };
            if owned {
                self.filler.known.entry((name.clone(), person)).or_insert(shared);
            } else {
                self.filler.known.insert((name.clone(), person), shared);
            }
        }
    }

    /// Objects of the storage: one for everybody in each bucket that is there or that policies speak of.
    async fn objects(&mut self, table: &Table) -> Result<(), SceneError> {
        let buckets = QualifiedName::new("storage", "buckets");
        let mut named: BTreeSet<String> = BTreeSet::new();
        for policy in &table.policies {
            for way in self.reader.of_policy(&table.name, policy).into_iter().flatten().flatten() {
                for fact in way.facts {
                    if let Fact::Compare(Term::Column(0, column), operator, values) = fact
                        && column == "bucket_id"
                        && operator == "="
                    {
                        named.extend(values);
                    }
                }
            }
        }
        if let Some(of_buckets) = self.filler.catalog.table_named(&buckets) {
            let sql = "select id::text from storage.buckets order by 1 limit 20";
            let answer = self.filler.client.simple_query(sql).await.map_err(SceneError::doing("list buckets"))?;
            let there: BTreeSet<String> = rows(&answer).into_iter().flatten().flatten().collect();
            for missing in named.difference(&there).cloned().collect::<Vec<_>>() {
                let fixed: Values = [("id", missing.clone()), ("name", missing)].map(|(c, v)| (c.to_owned(), Some(v))).into();
                let order = Order {
                    table: of_buckets,
                    person: Person::Owner,
                    purpose: Purpose::Public,
                    fixed,
                    wanted: Vec::new(),
                    hints: Vec::new(),
                };
                self.filler.make(&order).await?;
            }
            named.extend(there);
        }
        let whole = self.filler.intent;
        for bucket in named {
            self.filler.intent = self.buckets.get(&bucket).unwrap_or(whole);
            for person in [Person::Owner, Person::Member, Person::Outsider] {
                if person == Person::Member && !self.filler.people.everybody().contains(&person) {
                    continue;
                }
                let fixed: Values = [("bucket_id".to_owned(), Some(bucket.clone()))].into();
                let order = Order { table, person, purpose: Purpose::Belongs, fixed, wanted: Vec::new(), hints: Vec::new() };
                if let Some(why) = self.filler.make(&order).await? {
                    self.filler.gaps.push(Gap::new(format!("object of the {} in bucket {bucket}", person.word()), why, None));
                }
            }
        }
        self.filler.intent = whole;
        Ok(())
    }

    /// A row for each policy that no row satisfies for anybody.
    async fn policies(&mut self, table: &Table) -> Result<(), SceneError> {
        // With a role of the server for every user the superuser cannot ask in his name.
        if self.intent().identity.source == IdentitySource::Role || !self.filler.has(&table.name, ActorKind::Owner) {
            return Ok(());
        }
        for policy in &table.policies {
            let reads =
                matches!(policy.command, PolicyCommand::All | PolicyCommand::Select | PolicyCommand::Update | PolicyCommand::Delete);
            let Some(using) = policy.using.as_ref().filter(|_| policy.permissive && reads) else { continue };
            // What never holds needs no row, and the public row has been tried.
            let never = self.reader.ways(&table.name, using).is_some_and(|ways| ways.is_empty());
            let public = self.public_when(table).is_some_and(|when| when.contains(using.as_str()));
            if !never && !public && !self.satisfied(table, using).await? {
                self.satisfy(table, policy, using).await?;
            }
            self.alternatives(table, policy, using).await?;
        }
        Ok(())
    }

    /// The column that says whose a row is, as in the owner's own row; not where it is a key, of which there is one.
    fn of_owner(&self, table: &Table) -> Values {
        let column = match self.intent().of(&table.name).map(|i| &i.scope) {
            Some(Scope::Owner { column } | Scope::Tenant { column, .. })
                if !table.is_unique_over(&[column]) && table.name.schema != "storage" =>
            {
                column
            }
            _ => return Values::new(),
        };
        let value = self.filler.known.get(&(table.name.clone(), Person::Owner)).and_then(|row| row.get(column)).cloned();
        value.map(|value| (column.clone(), value)).into_iter().collect()
    }

    /// A row of the owner for each alternative that asks something of the row alone, whoever asks.
    async fn alternatives(&mut self, table: &Table, policy: &Policy, using: &str) -> Result<(), SceneError> {
        let ways = self.reader.ways(&table.name, using).unwrap_or_default();
        for way in ways.iter().filter(|w| !w.facts.is_empty()).take(4) {
            let asked: Option<Vec<String>> = way.facts.iter().map(on_row).collect();
            let Some(condition) = asked.map(|texts| texts.join(" and ")) else { continue };
            // Rows without owner or tenant are nobody's.
            if self.of_owner(table).keys().any(|column| mentioned(table, &condition).contains(column)) {
                continue;
            }
            if self.public_when(table).is_some_and(|when| when.contains(&condition)) || self.satisfied(table, &condition).await? {
                continue;
            }
            let purpose = Purpose::Satisfies { policy: policy.name.clone() };
            let wanted = vec![format!("({condition}) is true")];
            let order = Order { table, person: Person::Owner, purpose, fixed: self.of_owner(table), wanted, hints: Vec::new() };
            if let Some(why) = self.filler.make(&order).await? {
                self.filler.gaps.push(Gap::new(format!("row of {} with {condition}", table.name), why, None));
            }
        }
        Ok(())
    }

    pub(super) fn become_statements(actor: &Actor) -> String {
        actor.settings.iter().map(|(n, v)| format!("select {}; ", set_config(n, v))).collect()
    }

    /// Whether some row satisfies the condition for some actor.
    async fn satisfied(&self, table: &Table, using: &str) -> Result<bool, SceneError> {
        for actor in self.actors.iter().filter(|a| a.kind != ActorKind::Service) {
            let sql = format!("select exists (select from {} where ({using}))", table.name.sql());
            let message = format!(
                "savepoint architrave_ask; {}select pg_temp.architrave_holds({}); rollback to savepoint architrave_ask",
                Self::become_statements(actor),
                quote_literal(&sql)
            );
            let answer = self.filler.client.simple_query(&message).await.map_err(SceneError::doing("ask a policy"))?;
            let last = rows(&answer).pop().and_then(|row| row.into_iter().next()).flatten();
            if last.as_deref() == Some("t") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes a row of the owner that satisfies the policy by its own columns.
    async fn satisfy(&mut self, table: &Table, policy: &Policy, using: &str) -> Result<(), SceneError> {
        let ways = self.reader.ways(&table.name, using).unwrap_or_default();
        let mut literals: BTreeSet<String> = BTreeSet::new();
        for fact in ways.iter().flat_map(|w| &w.facts) {
            if let Fact::Compare(Term::Column(0, column), ..)
            | Fact::Flag(Term::Column(0, column), _)
            | Fact::Null(Term::Column(0, column), _) = fact
            {
                literals.insert(column.clone());
            }
        }
        let what = || format!("row that satisfies policy {} of {}", policy.name, table.name);
        let mentioned = mentioned(table, using);
        if literals.is_empty() && mentioned.is_empty() {
            self.filler.gaps.push(Gap::new(
                what(),
                "nothing that the row itself could fulfil; no actor of ours is the one it asks for",
                None,
            ));
            return Ok(());
        }
        let Some(actor) = self.actors.iter().find(|a| a.kind == ActorKind::Owner) else { return Ok(()) };
        let enter = Self::become_statements(actor);
        self.filler.client.batch_execute(&enter).await.map_err(SceneError::doing("become an actor"))?;
        let order = Order {
            table,
            person: Person::Owner,
            purpose: Purpose::Satisfies { policy: policy.name.clone() },
            fixed: self.of_owner(table),
            wanted: vec![format!("({using}) is true")],
            hints: Vec::new(),
        };
        let reason = self.filler.make(&order).await?;
        let reset: String = actor.settings.iter().map(|(n, _)| format!("select {}; ", set_config(n, ""))).collect();
        self.filler.client.batch_execute(&reset).await.map_err(SceneError::doing("become the superuser again"))?;
        if let Some(why) = reason {
            self.filler.gaps.push(Gap::new(what(), why, None));
        }
        Ok(())
    }
}

/// Whether the table says which person of the tenant a row belongs to.
fn names_person(intent: &Intent, table: &Table, tenant: &str) -> bool {
    let identity = &intent.identity;
    let is_people = |name: &QualifiedName| identity.users.iter().chain(&identity.profiles).any(|(people, _)| people == name);
    table.foreign_keys().any(|(key, reference)| is_people(&reference.table) && !key.columns.iter().any(|c| c == tenant))
}
