//! The two sides: read, then brought into being on one private server, so that both are told in the same words.

use super::DiffRequest;
use super::way::{RUNNER, read};
use crate::error::AppError;
use crate::review::rebuild::scripts;
use crate::review::{live, replayed};
use crate::target::TargetSpec;
use architrave_model::Catalog;
use architrave_model::catalog::{Grant, TableKind};
use architrave_model::name::quote_ident;
use architrave_model::platform::{Platform, is_history_table};
use architrave_model::project::ProjectDatabase;
use architrave_model::review::Target;
use architrave_model::scope::Scope;
use architrave_model::stack::Stack;
use architrave_postgres::replay::{Confined, Prelude, ReplayOptions, replay, resume};
use architrave_postgres::server::{Database, NoProgress, Progress};
use architrave_sql::generate::{GenerateOptions, Generated, Item, create_statements};
use std::collections::{BTreeMap, BTreeSet};

/// A side that was read and not yet built.
pub(super) struct Unopened {
    name: String,
    what: What,
}

enum What {
    /// Scripts of a project or a file.
    Scripts { database: Box<ProjectDatabase>, stack: Box<Stack>, major: Option<u16> },
    /// A catalogue of a live database or a snapshot.
    Facts { catalog: Box<Catalog>, platform: Platform, major: u16 },
}

impl Unopened {
    /// The major version that the side asks for.
    pub(super) fn major(&self) -> Option<u16> {
        match &self.what {
            What::Scripts { major, .. } => *major,
            What::Facts { major, .. } => Some(*major),
        }
    }

    fn prelude(&self) -> Prelude {
        match &self.what {
            What::Scripts { database, .. } => replayed::prelude(database),
            What::Facts { .. } => Prelude::None,
        }
    }
}

/// A side on the private server.
pub(super) struct Prepared {
    pub(super) name: String,
    /// Nobody is connected to it.
    pub(super) database: Database,
    /// All of it, as read back.
    pub(super) catalog: Catalog,
    /// The live database or snapshot that was rebuilt: its columns have the attribute numbers that tell where they come from.
    pub(super) original: Option<Catalog>,
    /// What is outside of the comparison on either side.
    pub(super) outside: Outside,
    /// What is not compared, and why.
    pub(super) gaps: Vec<String>,
    /// What only a superuser could make: event triggers, publications of all tables or of schemas. Of databases only.
    pub(super) beyond: Catalog,
    /// The scripts that it was built with.
    pub(super) scripts: ProjectDatabase,
}

/// Schemas that belong to platforms and extensions rather than to the schema under comparison.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    schemas: BTreeSet<String>,
    /// The books of migration runners, which no script makes.
    history: bool,
}

/// Reads a side.
pub(super) async fn open(target: &TargetSpec, request: &DiffRequest, progress: &dyn Progress) -> Result<Unopened, AppError> {
    match target {
        TargetSpec::Directory(path) => {
            progress.begin(&format!("reading {}", path.display()), None);
            let options = architrave_read::ReadOptions {
                targets: request.database.iter().cloned().collect(),
                webhooks: false,
                ..architrave_read::ReadOptions::default()
            };
            let project = architrave_read::read_project(path, &options, &|_| progress.advance(1));
            progress.end();
            let mut project = project?;
            let major = project.twin_postgres;
            let found: Vec<String> = project.databases.iter().map(|d| d.name.clone()).collect();
            let (Some(database), true) = (project.databases.pop(), found.len() == 1) else {
                return Err(AppError::Target(several(&path.display().to_string(), &found)));
            };
            let major = major.or(database.postgres_major);
            let what = What::Scripts { database: Box::new(database), stack: Box::new(project.stack), major };
            Ok(Unopened { name: path.display().to_string(), what })
        }
        TargetSpec::SqlFile(path) => {
            let database = architrave_read::read_sql_file(path)?;
            let major = database.postgres_major;
            let what = What::Scripts { database: Box::new(database), stack: Box::default(), major };
            Ok(Unopened { name: path.display().to_string(), what })
        }
        TargetSpec::Snapshot(path) => {
            let snapshot = architrave_read::read_snapshot(path)?;
            Ok(facts(path.display().to_string(), snapshot))
        }
        TargetSpec::Database(url) => {
            let read = live::read(url, &request.environment, progress).await?;
            Ok(facts(read.source, read.snapshot))
        }
    }
}

/// A project's database as a review has read it; none for a target without scripts.
pub(super) fn of_project(target: &Target, stack: &Stack) -> Option<Unopened> {
    let database = target.database.clone()?;
    let major = database.postgres_major;
    let what = What::Scripts { database: Box::new(database), stack: Box::new(stack.clone()), major };
    Some(Unopened { name: target.name.clone(), what })
}

/// A live database or a snapshot as a review has read it.
pub(super) fn of_live(target: &Target) -> Unopened {
    facts(target.name.clone(), target.snapshot.clone())
}

fn facts(name: String, snapshot: architrave_model::Snapshot) -> Unopened {
    let (platform, major) = (snapshot.server.platform, snapshot.server.major());
    Unopened { name, what: What::Facts { catalog: Box::new(snapshot.catalog), platform, major } }
}

fn several(path: &str, found: &[String]) -> String {
    match found {
        [] => format!(
            "found no migrations and no schema for PostgreSQL in {path}; give another directory, a .sql file, a snapshot or postgres://…"
        ),
        _ => format!("{path} defines several databases ({}); name one with --database", found.join(", ")),
    }
}

/// Builds both sides on the server.
pub(super) async fn prepare(
    confined: &Confined<'_>,
    mut from: Unopened,
    mut to: Unopened,
    progress: &dyn Progress,
) -> Result<(Prepared, Prepared), AppError> {
    let prelude = [from.prelude(), to.prelude()].into_iter().find(|p| *p != Prelude::None).unwrap_or_default();
    one_owner(&mut from, &mut to);
    // Roles of a platform belong to the server: what it has set up is made once and copied.
    let options = ReplayOptions { prelude, track: false, ..ReplayOptions::default() };
    let empty = replay(confined, &scripts("nothing", None, &[]), &options, &NoProgress).await?.database;
    let stage = Building {
        confined,
        empty,
        prelude,
        both_scripts: is_scripts(&from) && is_scripts(&to),
        mixed: is_scripts(&from) != is_scripts(&to),
        progress,
    };
    let (from, from_outside) = stage.build(from).await?;
    let (to, to_outside) = stage.build(to).await?;
    // Two projects stand on the same ground: whatever they make in a platform's schemas is theirs.
    let schemas = if stage.both_scripts { BTreeSet::new() } else { from_outside.schemas.into_iter().chain(to_outside.schemas).collect() };
    let outside = Outside { schemas, history: stage.mixed };
    let mixed = stage.mixed;
    // Scripts get no superuser, so their side never has such objects: that is no difference.
    let beyond = |side: &Prepared| if mixed { Catalog::default() } else { side.beyond.clone() };
    let finish = |side: Prepared| Prepared { outside: outside.clone(), beyond: beyond(&side), ..side };
    Ok((finish(from), finish(to)))
}

/// What both sides are built with.
struct Building<'a> {
    confined: &'a Confined<'a>,
    /// A database with what the platform has set up.
    empty: Database,
    prelude: Prelude,
    /// Scripts on the one side, a database on the other.
    mixed: bool,
    both_scripts: bool,
    progress: &'a dyn Progress,
}

impl Building<'_> {
    async fn build(&self, side: Unopened) -> Result<(Prepared, Outside), AppError> {
        let mut gaps = Vec::new();
        let own = side.prelude();
        let mut beyond = Catalog::default();
        let mut original = None;
        let (database, stack, platform) = match side.what {
            What::Scripts { database, stack, .. } => (*database, *stack, Platform::Private),
            What::Facts { catalog, platform, major } => {
                let mut generated = create_statements(&catalog, &GenerateOptions::all());
                let_owners_in(&catalog, &mut generated);
                beyond = for_superusers(&catalog);
                gaps.extend(
                    generated.left_out.iter().map(|(object, why)| format!("{} {object} of {}: {why}", object.kind.word(), side.name)),
                );
                let of_session = |s: &String| s.ends_with("session authorization") || s.starts_with("set session authorization");
                let statements: Vec<String> = generated.statements.into_iter().filter(|s| !of_session(s)).collect();
                original = Some(*catalog);
                (scripts(&side.name, Some(major), &statements), Stack::default(), platform)
            }
        };
        let options = ReplayOptions { prelude: own, track: false, ..ReplayOptions::default() };
        let built = self.confined.clone_database(&self.empty).await?;
        let report = resume(self.confined, &built, &database, &options, self.progress).await?;
        gaps.extend(said(&report, &side.name));
        let catalog = read(self.confined, &built).await?;
        without_rows(self.confined, &built, &catalog).await?;
        let platform = if self.prelude.is_supabase() { Platform::Supabase } else { platform };
        let scope = Scope::new(&catalog, platform, &stack);
        let schemas = catalog.schemas.iter().filter(|s| !scope.covers(&s.name)).map(|s| s.name.clone()).collect();
        let outside = Outside::default();
        let prepared = Prepared { name: side.name, database: built, catalog, original, outside, gaps, beyond, scripts: database };
        Ok((prepared, Outside { schemas, history: self.mixed }))
    }
}

/// Rows that scripts have put in would make statements fail that are right for the schema: it is the schema that is compared.
async fn without_rows(confined: &Confined<'_>, database: &Database, catalog: &Catalog) -> Result<(), AppError> {
    let tables: Vec<String> = catalog.tables.iter().filter(|t| t.kind != TableKind::Foreign).map(|t| t.name.sql()).collect();
    if tables.is_empty() {
        return Ok(());
    }
    let client = confined.owner(database).await?;
    if client.batch_execute(&format!("truncate {}", tables.join(", "))).await.is_err() {
        for table in tables {
            // A table that refuses keeps its rows; a statement that fails over them says so itself.
            let _kept = client.batch_execute(&format!("truncate {table} cascade")).await;
        }
    }
    Ok(())
}

/// Who becomes the owner of something must be allowed to create in its schema, unless a superuser says so: nobody is one here. For as long as owners are
/// set they all may.
fn let_owners_in(catalog: &Catalog, generated: &mut Generated) {
    let is_owner = |item: &Item| matches!(item, Item::Owner(target) if !target.starts_with("schema "));
    let (Some(first), Some(last)) = (generated.items.iter().position(is_owner), generated.items.iter().rposition(is_owner)) else { return };
    let relations =
        catalog.tables.iter().map(|t| (&t.name.schema, &t.owner)).chain(catalog.views.iter().map(|v| (&v.name.schema, &v.owner)));
    let sequences = catalog.sequences.iter().map(|s| (&s.name.schema, &s.owner));
    let types = catalog.types.iter().map(|t| (&t.name.schema, &t.owner));
    let functions = catalog.functions.iter().map(|f| (&f.name.schema, &f.owner));
    let pairs: BTreeSet<(&String, &String)> = relations.chain(sequences).chain(types).chain(functions).collect();
    let foreign = |schema: &str, owner: &str| {
        let own = catalog.schemas.iter().find(|s| s.name == schema);
        owner != RUNNER && !owner.is_empty() && own.is_some_and(|s| s.owner != owner && s.extension.is_none())
    };
    let pairs: Vec<_> = pairs.into_iter().filter(|(schema, owner)| foreign(schema, owner)).collect();
    for (at, verb, word) in [(last + 1, "revoke", "from"), (first, "grant", "to")] {
        for (schema, owner) in &pairs {
            let statement = format!("{verb} create on schema {} {word} {}", quote_ident(schema), quote_ident(owner));
            generated.statements.insert(at, statement);
            generated.items.insert(at, Item::Session);
        }
    }
}

/// Event triggers and publications that no ordinary role may make.
fn for_superusers(catalog: &Catalog) -> Catalog {
    let wide = catalog.publications.iter().filter(|p| p.all_tables || !p.schemas.is_empty());
    let own = catalog.event_triggers.iter().filter(|t| t.extension.is_none());
    Catalog { event_triggers: own.cloned().collect(), publications: wide.cloned().collect(), ..Catalog::default() }
}

/// The catalogue with what only a superuser could make.
pub(super) fn with_beyond(catalog: &Catalog, beyond: &Catalog) -> Catalog {
    let mut all = catalog.clone();
    let triggers = beyond.event_triggers.iter().filter(|t| !catalog.event_triggers.iter().any(|o| o.name == t.name));
    all.event_triggers.extend(triggers.cloned());
    let publications = beyond.publications.iter().filter(|p| !catalog.publications.iter().any(|o| o.name == p.name));
    all.publications.extend(publications.cloned());
    all.sort();
    all
}

/// What the private server did not do as written.
fn said(report: &architrave_model::review::Replay, name: &str) -> Vec<String> {
    let mut gaps = Vec::new();
    for failure in &report.failed {
        let ours = failure.location.path == "catalogue";
        let place = if ours { String::new() } else { format!("{}:{}: ", failure.location.path, failure.location.line) };
        let statement = architrave_sql::first_line(&architrave_sql::mask_literals(&failure.statement), 100);
        gaps.push(format!("{place}{statement}: {}", failure.message));
    }
    gaps.extend(report.skipped.iter().map(|(why, count)| format!("{count} statement(s) of {name}: {why}")));
    let stubs = report.stubbed_extensions.iter();
    gaps.extend(stubs.map(|name| format!("extension {name}: the private server lacks it; a stand-in was used")));
    gaps
}

/// The catalogue with the attribute numbers of the database that it was rebuilt from; scripts have numbered their columns themselves.
pub(super) fn with_numbers(mut catalog: Catalog, original: Option<&Catalog>) -> Catalog {
    let Some(original) = original else { return catalog };
    for table in &mut catalog.tables {
        let old = original.table_named(&table.name);
        for column in &mut table.columns {
            column.number = old.and_then(|t| t.column(&column.name)).map(|c| c.number).unwrap_or_default();
        }
    }
    catalog
}

/// Without what platforms and migration runners keep for themselves.
pub(super) fn own_part(catalog: &Catalog, outside: &Outside) -> Catalog {
    let own = |schema: &str| !outside.schemas.contains(schema);
    let is_book = |table: &str| outside.history && is_history_table(table);
    let mut part = catalog.clone();
    part.schemas.retain(|s| own(&s.name));
    part.tables.retain(|t| own(&t.name.schema) && !is_book(&t.name.name));
    part.views.retain(|v| own(&v.name.schema));
    part.sequences.retain(|s| {
        let of_history = s.owned_by_table.as_ref().is_some_and(|t| is_book(&t.name));
        own(&s.name.schema) && !of_history
    });
    part.types.retain(|t| own(&t.name.schema));
    part.functions.retain(|f| own(&f.name.schema));
    part.collations.retain(|c| own(&c.name.schema));
    part.default_privileges.retain(|d| d.schema.as_deref().is_none_or(own));
    part
}

/// The one catalogue with what lies outside of the comparison taken from the other: nothing there differs, and what leans on it finds it.
pub(super) fn graft(catalog: &Catalog, ground: &Catalog, outside: &Outside) -> Catalog {
    if outside.schemas.is_empty() && !outside.history {
        return catalog.clone();
    }
    let mut all = own_part(catalog, outside);
    let own = own_part(ground, outside);
    add(&mut all.schemas, &ground.schemas, &own.schemas);
    add(&mut all.tables, &ground.tables, &own.tables);
    add(&mut all.views, &ground.views, &own.views);
    add(&mut all.sequences, &ground.sequences, &own.sequences);
    add(&mut all.types, &ground.types, &own.types);
    add(&mut all.functions, &ground.functions, &own.functions);
    add(&mut all.collations, &ground.collations, &own.collations);
    add(&mut all.default_privileges, &ground.default_privileges, &own.default_privileges);
    all.sort();
    all
}

fn add<T: Clone + PartialEq>(into: &mut Vec<T>, whole: &[T], own: &[T]) {
    into.extend(whole.iter().filter(|x| !own.contains(x)).cloned());
}

/// Scripts make objects that belong to whoever runs them: the one side's owner is the other's role that runs them.
fn one_owner(from: &mut Unopened, to: &mut Unopened) {
    if is_scripts(from) == is_scripts(to) {
        return;
    }
    for side in [from, to] {
        if let What::Facts { catalog, .. } = &mut side.what
            && let Some(owner) = most_frequent_owner(catalog).filter(|o| o != RUNNER)
        {
            rename_role(catalog, &owner, RUNNER);
        }
    }
}

fn is_scripts(side: &Unopened) -> bool {
    matches!(side.what, What::Scripts { .. })
}

fn most_frequent_owner(catalog: &Catalog) -> Option<String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for owner in catalog.tables.iter().map(|t| &t.owner).chain(catalog.functions.iter().map(|f| &f.owner)) {
        *count.entry(owner).or_insert(0) += 1;
    }
    count.into_iter().filter(|(owner, _)| !owner.is_empty()).max_by_key(|(_, n)| *n).map(|(owner, _)| owner.to_owned())
}

fn rename_role(catalog: &mut Catalog, old: &str, new: &str) {
    let one = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    let grants = |list: &mut Vec<Grant>| {
        for grant in list {
            one(&mut grant.grantee);
            one(&mut grant.grantor);
        }
    };
    for schema in &mut catalog.schemas {
        one(&mut schema.owner);
        grants(&mut schema.grants);
    }
    for table in &mut catalog.tables {
        one(&mut table.owner);
        grants(&mut table.grants);
        table.columns.iter_mut().for_each(|c| grants(&mut c.grants));
        table.policies.iter_mut().flat_map(|p| &mut p.roles).for_each(one);
    }
    for view in &mut catalog.views {
        one(&mut view.owner);
        grants(&mut view.grants);
    }
    for sequence in &mut catalog.sequences {
        one(&mut sequence.owner);
        grants(&mut sequence.grants);
    }
    for kind in &mut catalog.types {
        one(&mut kind.owner);
        grants(&mut kind.grants);
    }
    for function in &mut catalog.functions {
        one(&mut function.owner);
        grants(&mut function.grants);
    }
    catalog.publications.iter_mut().for_each(|p| one(&mut p.owner));
    for entry in &mut catalog.default_privileges {
        one(&mut entry.role);
        grants(&mut entry.grants);
    }
    catalog.memberships.retain(|m| m.role != old && m.member != old);
}
