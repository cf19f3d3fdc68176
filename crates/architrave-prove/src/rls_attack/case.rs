//! Everything that the parts of an attack know in common: the schema, what is meant, the rows, and what the server says of them.

use super::arena::{Arena, Move, Played};
use super::parameters::Uses;
use super::privileges::AllPrivileges;
use super::scene::{Purpose, Scene, SeededRow};
use super::statements::{condition, literal};
use super::{AttackError, AttackInput};
use architrave_model::access::{Actor, ActorKind, Intent, Scope, Target};
use architrave_model::catalog::{Catalog, Column, Policy, PolicyCommand, Table};
use architrave_model::context::Exposure;
use architrave_model::coverage::Gap;
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName, quote_ident, quote_literal};
use architrave_model::origin::Origins;
use architrave_model::script::Location;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Most values of one column by which functions look things up.
const REFERENCE: usize = 6;

/// One row with what the server says of it.
#[derive(Debug, Clone)]
pub(super) struct Known<'a> {
    pub(super) row: &'a SeededRow,
    /// Names exactly this row.
    pub(super) condition: String,
    /// It is meant for everybody to read.
    pub(super) public: bool,
}

/// A table (or bucket of the storage) with the rows that are tried on it.
pub(super) struct Ground<'a> {
    pub(super) target: Target,
    pub(super) table: &'a Table,
    pub(super) rows: Vec<Known<'a>>,
    /// Why there is no row, when there is none.
    pub(super) gap: Option<String>,
}

/// The whole.
pub(super) struct Case<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) intent: &'a Intent,
    /// By bucket, where something is meant for its objects alone.
    of_buckets: BTreeMap<String, Intent>,
    pub(super) exposure: &'a Exposure,
    pub(super) scene: &'a Scene,
    origins: &'a Origins,
    pub(super) privileges: AllPrivileges,
    pub(super) grounds: Vec<Ground<'a>>,
    /// Tables that nobody outside reaches by name, with rows: what views and functions may show of them.
    pub(super) behind: Vec<Ground<'a>>,
    pub(super) gaps: Vec<Gap>,
    /// What the project's texts compare columns with, by name and whether they are flags.
    pub(super) compared: Memo<(String, bool), Vec<String>>,
    /// What functions compare their parameters with.
    pub(super) uses: Uses,
    /// Values of columns that functions compare parameters with, in tables whose rows belong to nobody, by column; as literals.
    pub(super) reference: BTreeMap<String, Vec<String>>,
}

/// Answers that are asked for again and again, and take long to find.
#[derive(Default)]
pub(super) struct Memo<K, V>(Mutex<BTreeMap<K, V>>);

impl<K: Ord, V: Clone> Memo<K, V> {
    /// The answer, found the first time.
    pub(super) fn of(&self, key: K, find: impl FnOnce() -> V) -> V {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(find).clone()
    }
}

impl<'a> Case<'a> {
    /// Asks the server what is needed.
    pub(super) async fn read(
        input: &AttackInput<'a>,
        arena: &mut Arena,
        intent: &'a Intent,
        scene: &'a Scene,
    ) -> Result<Self, AttackError> {
        let privileges = AllPrivileges::read(arena, &scene.actors).await?;
        let mut case = Self {
            catalog: input.catalog,
            intent,
            of_buckets: intent.by_bucket(),
            exposure: input.exposure,
            scene,
            origins: input.origins,
            privileges,
            grounds: Vec::new(),
            behind: Vec::new(),
            gaps: Vec::new(),
            compared: Memo::default(),
            uses: Uses::read(input.catalog),
            reference: BTreeMap::new(),
        };
        let tables: Vec<&'a Table> = input.catalog.tables.iter().filter(|t| case.is_target(t)).collect();
        for table in tables {
            let rows = case.rows_of(arena, table).await?;
            case.lay(table, rows);
        }
        let behind = |t: &&&'a Table| !t.is_partition && !case.is_target(t) && scene.rows.iter().any(|r| r.table == t.name);
        let tables: Vec<&'a Table> = input.catalog.tables.iter().filter(|t| behind(&t)).collect();
        for table in tables {
            let rows = case.rows_of(arena, table).await?;
            case.behind.push(Ground { target: Target::Table { name: table.name.clone() }, table, rows, gap: None });
        }
        case.reference = case.read_reference(arena).await?;
        Ok(case)
    }

    /// Values by which functions look things up in tables whose rows belong to nobody.
    async fn read_reference(&self, arena: &mut Arena) -> Result<BTreeMap<String, Vec<String>>, AttackError> {
        let owned = |t: &Table| {
            let scope = self.intent.of(&t.name).map(|i| &i.scope);
            matches!(scope, Some(Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. }))
        };
        let compared = self.uses.columns();
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for table in self.catalog.tables.iter().filter(|t| self.is_served(&t.name.schema) && !t.is_partition && !owned(t)) {
            let looks_up = |c: &&Column| compared.contains(c.name.as_str()) && is_text(&c.base_type()) && !c.is_array();
            for column in table.columns.iter().filter(looks_up) {
                let name = quote_ident(&column.name);
                let sql =
                    format!("select distinct {name}::text from {} where {name} is not null order by 1 limit {REFERENCE}", table.name.sql());
                let values = arena.ask(&sql).await?.into_iter().flatten().flatten();
                found.entry(column.name.clone()).or_default().extend(values.map(|v| quote_literal(&v)));
            }
        }
        Ok(found)
    }

    /// What is meant, with the bucket's own in the place of what is meant for all objects.
    pub(super) fn intent_of(&self, ground: &Ground<'_>) -> &Intent {
        let own = match &ground.target {
            Target::Bucket { id } => self.of_buckets.get(id),
            _ => None,
        };
        own.unwrap_or(self.intent)
    }

    /// The actors that are tried, in their order.
    pub(super) fn actors(&self) -> impl Iterator<Item = &'a Actor> {
        let scene = self.scene;
        ActorKind::ALL.into_iter().filter_map(move |kind| scene.actors.iter().find(|a| a.kind == kind))
    }

    /// Whether outsiders come near a schema: those that an API serves, and the storage; without an API every schema with grants.
    pub(super) fn is_served(&self, schema: &str) -> bool {
        self.exposure.is_none() || self.exposure.schemas.iter().any(|s| s == schema)
    }

    /// Whether a role that only an API acts as holds TRUNCATE merely because the platform grants everything.
    pub(super) fn is_platform_grant(&self, table: &Table, role: &str) -> bool {
        // GRANT ALL has these on top of what anybody grants by name.
        let all = ["TRUNCATE", "REFERENCES", "TRIGGER"];
        !self.exposure.is_none() && table.grants.iter().any(|g| g.grantee == role && all.iter().all(|p| g.has(p)))
    }

    /// All tables with rows, those that nobody reaches by name among them.
    pub(super) fn with_rows(&self) -> impl Iterator<Item = &Ground<'a>> {
        self.grounds.iter().chain(&self.behind)
    }

    /// The ground of a table; of the storage's objects the first bucket's.
    pub(super) fn ground(&self, table: &QualifiedName) -> Option<&Ground<'a>> {
        self.grounds.iter().find(|g| &g.table.name == table)
    }

    /// Policies of the table that bind the role for a command.
    pub(super) fn policies(&self, table: &'a Table, role: &str, command: PolicyCommand) -> Vec<&'a Policy> {
        let holds = |name: &String| name == "PUBLIC" || name == role || self.is_member(role, name);
        let fits = |p: &&Policy| (p.command == PolicyCommand::All || p.command == command) && p.roles.iter().any(holds);
        table.policies.iter().filter(fits).collect()
    }

    /// Whether a role has the privileges of another.
    fn is_member(&self, role: &str, of: &str) -> bool {
        let mut seen = vec![role];
        let mut at = 0;
        while let Some(now) = seen.get(at).copied() {
            at += 1;
            for m in self.catalog.memberships.iter().filter(|m| m.member == now && m.inherit) {
                if m.role == of {
                    return true;
                }
                if !seen.contains(&m.role.as_str()) {
                    seen.push(&m.role);
                }
            }
        }
        false
    }

    /// Where a policy stands in the scripts.
    pub(super) fn place_of_policy(&self, table: &QualifiedName, policy: &str) -> Option<Location> {
        self.place(&ObjectRef::in_table(ObjectKind::Policy, table, policy))
    }

    /// Where an object stands in the scripts.
    pub(super) fn place(&self, object: &ObjectRef) -> Option<Location> {
        self.origins.of(object).map(|o| o.changed.clone())
    }

    fn is_target(&self, table: &Table) -> bool {
        if table.extension.is_some() || (is_of_platform(&table.owner) && !is_storage(table)) {
            return false;
        }
        if is_storage(table) {
            return !self.exposure.is_none();
        }
        if !self.is_served(&table.name.schema) {
            return false;
        }
        // A partition is worth a look only where somebody may name it.
        !table.is_partition || self.scene.actors.iter().any(|a| self.privileges.of(&a.role, &table.name).is_some())
    }

    fn lay(&mut self, table: &'a Table, rows: Vec<Known<'a>>) {
        let name = &table.name;
        let gap = rows.is_empty().then(|| self.why_no_row(name));
        if !is_storage(table) {
            self.grounds.push(Ground { target: Target::Table { name: name.clone() }, table, rows, gap });
            return;
        }
        let mut buckets: Vec<&str> = rows.iter().filter_map(|k| literal(k.row, "bucket_id")).collect();
        buckets.sort_unstable();
        buckets.dedup();
        let texts: Vec<&String> = table.policies.iter().flat_map(|p| p.using.iter().chain(&p.with_check)).collect();
        let spoken_of = |bare: &str| texts.iter().any(|t| t.contains(bare));
        let some_spoken_of = buckets.iter().any(|b| spoken_of(b.split("::").next().unwrap_or(b)));
        for bucket in buckets {
            // A bucket that only one of them has anything in, and that no policy speaks of, is of the scene's own making.
            let people = rows.iter().filter(|k| literal(k.row, "bucket_id") == Some(bucket)).count();
            let bare = bucket.split("::").next().unwrap_or(bucket);
            let made = self.scene.setup.iter().any(|s| s.starts_with("insert into storage.buckets ") && s.contains(bare));
            if !spoken_of(bare) && (people < 2 || (made && some_spoken_of)) {
                continue;
            }
            let id = bucket.split("::").next().unwrap_or(bucket).trim_matches('\'').replace("''", "'");
            let of = |k: &&Known<'a>| literal(k.row, "bucket_id") == Some(bucket);
            let rows = rows.iter().filter(of).cloned().collect();
            self.grounds.push(Ground { target: Target::Bucket { id }, table, rows, gap: None });
        }
    }

    fn why_no_row(&self, table: &QualifiedName) -> String {
        let plain = table.to_string();
        let gap = self.scene.gaps.iter().find(|g| g.what.split([' ', '(', ',']).any(|word| word == plain || word == table.sql()));
        gap.map_or_else(|| "the scene holds no row of the victim".to_owned(), |g| format!("no row of the victim: {}", g.why))
    }

    /// Rows of the scene in the table, those of the partitioned or inherited table above among them where they stand in it.
    async fn rows_of(&self, arena: &mut Arena, table: &'a Table) -> Result<Vec<Known<'a>>, AttackError> {
        let above = self.above(table);
        let when = self.intent.of(&table.name).and_then(|i| i.public_when.as_deref());
        let mut found = Vec::new();
        for row in self.scene.rows.iter().filter(|r| r.table == table.name || above.contains(&r.table)) {
            let Some(condition) = condition(row, Some(table), None) else { continue };
            let public = match when {
                _ if table.name == QualifiedName::new("storage", "objects") => {
                    "exists (select 1 from storage.buckets b where b.id = bucket_id and b.public)".to_owned()
                }
                Some(when) => format!("({when}) is true"),
                None => "false".to_owned(),
            };
            let look = |public: &str| Move::look(format!("select {public} from {} where {condition}", table.name.sql()));
            let mut played = arena.play(&[look(&public)]).await?;
            if matches!(played, Played::Refused { .. }) {
                played = arena.play(&[look("false")]).await?;
            }
            if let [one] = played.rows(0) {
                let public = row.purpose == Purpose::Public || one.first().cloned().flatten().as_deref() == Some("t");
                found.push(Known { row, condition, public });
            }
        }
        Ok(found)
    }

    fn above(&self, table: &'a Table) -> Vec<QualifiedName> {
        let mut above: Vec<QualifiedName> = table.parents.clone();
        let mut at = 0;
        while let Some(name) = above.get(at).cloned() {
            at += 1;
            for parent in self.catalog.table_named(&name).map(|t| t.parents.as_slice()).unwrap_or_default() {
                if !above.contains(parent) {
                    above.push(parent.clone());
                }
            }
        }
        above
    }
}

/// The storage's objects, whose buckets are attacked one by one.
fn is_storage(table: &Table) -> bool {
    (table.name.schema.as_str(), table.name.name.as_str()) == ("storage", "objects")
}

/// Whether what this role owns belongs to a platform rather than to the project.
pub(super) fn is_of_platform(owner: &str) -> bool {
    owner.starts_with("supabase_")
}

/// Whether values of the type are texts.
pub(super) fn is_text(base: &str) -> bool {
    matches!(base, "text" | "character varying" | "character" | "citext" | "public.citext" | "extensions.citext")
}
