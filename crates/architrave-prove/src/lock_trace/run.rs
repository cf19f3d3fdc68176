//! Goes through the scripts as their runner would: transactions, savepoints, statements that end transactions, sessions that are lost.

use super::effect::{Scene, name_of};
use super::inside::{self, Counters, Look, Settings};
use super::rows::{LastNamed, Named, Rows, may_come_from_rows, words};
use super::{RowsInTheWay, TraceError, TraceOptions, Traced, alike, alone, before, outside, replay_options};
use architrave_model::catalog::Table;
use architrave_model::migration::{Effect, LockMode, Migrations, Outcome, Step};
use architrave_model::review::Replay;
use architrave_model::script::{Location, Script, Statement, StatementKind, TransactionMode};
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::read::{PREPARED_TABLES, ReadOptions, Scope, read_catalog, read_tables};
use architrave_postgres::replay::{
    Attempt, Confined, Prelude, Refusal, SESSION_AS_NEW, ScriptSession, TEMPORARY_FILES, without_own_objects,
};
use architrave_postgres::server::{Database, Progress};
use architrave_sql::actions::{Resolver, actions};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// At most so many tables are read again after a statement whose text does not name them.
const UNNAMED: usize = 20;
/// How often a refused statement is helped and tried again.
const REMEDIES: usize = 6;

/// What all statements run on.
pub(super) struct Ground<'a> {
    pub(super) server: &'a Confined<'a>,
    pub(super) database: &'a Database,
    options: &'a TraceOptions,
}

struct Tracer<'a> {
    ground: Ground<'a>,
    session: ScriptSession,
    scene: Scene,
    /// The look before the next statement.
    look: Look,
    /// The transaction that a script has open.
    open: Option<u32>,
    next: u32,
    /// The script has savepoints of its own, which releasing ours would take away.
    nested: bool,
    /// The catalogue before the script, and whether it has to be read again for the next.
    before: Arc<Catalog>,
    stale: bool,
    /// Tables in all catalogues that were read.
    kept_tables: usize,
    /// The catalogue that was read last is only a part.
    is_part: bool,
    /// Relations that transactions of the script have held; all that it changed, unless it is `unsure`.
    touched: BTreeSet<u32>,
    unsure: bool,
    /// Of which relations the session may have counted scans.
    counters: Counters,
    /// Tables that the script has changed so far, as they are now.
    changed: HashMap<u32, Arc<Table>>,
    /// Which statement of the script is the last to name something.
    last_named: LastNamed,
    rows: Rows,
    steps: Vec<Step>,
    rows_in_the_way: Vec<RowsInTheWay>,
}

/// How one statement went.
struct Went {
    outcome: Outcome,
    effect: Effect,
    at_hand: Vec<Arc<Table>>,
}

impl Went {
    fn plain(outcome: Outcome) -> Self {
        Self { outcome, effect: Effect::default(), at_hand: Vec::new() }
    }
}

/// Traces all scripts.
pub(super) async fn run(
    server: &Confined<'_>,
    database: &Database,
    pending: &[Script],
    options: &TraceOptions,
    progress: &dyn Progress,
) -> Result<Traced, TraceError> {
    let session = ScriptSession::open(server, database, &replay_options(options), pending).await?;
    let seed = if options.seed_rows { include_str!("seed.sql") } else { "" };
    let sql = format!("{}\n{seed}", include_str!("who_waits.sql"));
    session.admin().batch_execute(&sql).await.map_err(TraceError::own("prepare the trace"))?;
    let mut tracer = Tracer {
        ground: Ground { server, database, options },
        session,
        scene: Scene::default(),
        look: Look::default(),
        open: None,
        next: 0,
        nested: false,
        before: Arc::default(),
        stale: true,
        kept_tables: 0,
        is_part: false,
        touched: BTreeSet::new(),
        unsure: true,
        counters: Counters::All,
        changed: HashMap::new(),
        last_named: LastNamed::default(),
        rows: Rows::default(),
        steps: Vec::new(),
        rows_in_the_way: Vec::new(),
    };
    let total: usize = pending.iter().map(|s| s.statements.len()).sum();
    progress.begin("executing migrations", u64::try_from(total).ok());
    for (number, script) in pending.iter().enumerate() {
        tracer.script(number, script, progress).await?;
    }
    tracer.finish_open().await?;
    let after = if options.with_catalogs { Some(tracer.catalog().await?) } else { None };
    progress.end();
    if options.with_catalogs {
        read_actions(&mut tracer.steps);
    }
    let number = server.server().version_num();
    Ok(Traced {
        migrations: Migrations {
            executed: true,
            server_version: format!("{}.{}", number / 10_000, number % 10_000),
            major: server.server().major(),
            scripts: pending.to_vec(),
            steps: tracer.steps,
            after,
            ..Migrations::default()
        },
        earlier: Replay::default(),
        rows_in_the_way: tracer.rows_in_the_way,
        without_row: tracer.rows.without,
        stubbed_extensions: tracer.session.close().await?,
    })
}

impl Tracer<'_> {
    async fn script(&mut self, number: usize, script: &Script, progress: &dyn Progress) -> Result<(), TraceError> {
        if script.transaction != TransactionMode::AllFiles {
            self.finish_open().await?;
        }
        if self.open.is_none() {
            self.enter(script).await?;
        }
        if script.transaction != TransactionMode::PerStatement && self.open.is_none() {
            self.begin_open().await?;
        }
        self.last_named = LastNamed::of(script);
        let first = self.steps.len();
        let spoken_for = alike::spoken_for(&script.statements);
        let mut was_quick = false;
        for (at, statement) in script.statements.iter().enumerate() {
            let is_quick = spoken_for.get(at) == Some(&true) && self.quickly(number, script, at, statement).await?;
            if !is_quick {
                if was_quick {
                    self.look_again().await?;
                }
                self.statement(number, script, at, statement).await?;
            }
            was_quick = is_quick;
            progress.advance(1);
        }
        self.keep(script, first);
        if script.transaction != TransactionMode::AllFiles {
            self.finish_open().await?;
        }
        if self.open.is_none() {
            // A script can have left the session in any state; what cannot be reset is met by the next statement.
            let _reset = self.session.client().batch_execute(SESSION_AS_NEW).await;
        }
        Ok(())
    }

    /// Looks at what is there before a script (or before the first of a common transaction).
    async fn enter(&mut self, script: &Script) -> Result<(), TraceError> {
        let touched = std::mem::take(&mut self.touched);
        if std::mem::take(&mut self.unsure) {
            let everything = outside::everything(self.session.admin()).await?;
            self.scene = Scene::open(everything, self.ground.server.server().major());
        } else {
            let now = outside::some(self.session.admin(), &touched).await?;
            self.scene.go_on(&touched, now);
        }
        let part = self.kept_tables > before::TABLES_KEPT && script.transaction != TransactionMode::AllFiles;
        if !self.ground.options.with_catalogs {
            // Nobody asks for it.
        } else if part && !script.statements.iter().any(|s| before::reaches_far(&s.text)) {
            self.part_of_catalog(script).await?;
        } else {
            self.catalog().await?;
        }
        if self.ground.options.seed_rows {
            self.rows.put(self.session.admin(), &self.scene.world, script).await?;
        }
        self.changed.clear();
        Ok(())
    }

    /// Keeps of the catalogue what concerns the script, once whole ones have become too many.
    fn keep(&mut self, script: &Script, first: usize) {
        if self.is_part || self.kept_tables <= before::TABLES_KEPT || script.transaction == TransactionMode::AllFiles {
            return;
        }
        let steps = self.steps.get_mut(first..).unwrap_or_default();
        let locked: BTreeSet<QualifiedName> = steps.iter().flat_map(|s| &s.effect.locks).map(|l| l.relation.clone()).collect();
        let part = Arc::new(before::concerning(&self.before, &words(script), &locked));
        for step in steps {
            step.before = Arc::clone(&part);
        }
    }

    /// The catalogue as it is now, read anew where something may have changed it.
    async fn catalog(&mut self) -> Result<Arc<Catalog>, TraceError> {
        if std::mem::take(&mut self.stale) || self.is_part {
            let catalog = self.read(None).await?;
            self.kept_tables += catalog.tables.len();
            self.before = Arc::new(catalog);
            self.is_part = false;
        }
        Ok(Arc::clone(&self.before))
    }

    /// Of the catalogue as it is now what a script names and what that can have to do with: in a long chain over many tables all of it would be read
    /// thousands of times.
    async fn part_of_catalog(&mut self, script: &Script) -> Result<(), TraceError> {
        let words = words(script);
        let named = |s: &&inside::Seen| s.name.as_ref().is_some_and(|n| words.contains(&n.to_lowercase()));
        let named: BTreeSet<u32> = self.scene.world.values().filter(named).map(|s| s.table.unwrap_or(s.oid)).collect();
        let relations = outside::around(self.session.admin(), &named).await?;
        let functions = names(script, words);
        self.before = Arc::new(self.read(Some(Scope { relations, functions })).await?);
        (self.stale, self.is_part) = (false, true);
        Ok(())
    }

    async fn read(&mut self, only: Option<Scope>) -> Result<Catalog, TraceError> {
        let options = ReadOptions { exclude_schemas: vec!["architrave_replay".to_owned()], only, ..ReadOptions::default() };
        let mut catalog = read_catalog(self.session.admin_mut(), &options).await?;
        without_own_objects(&mut catalog);
        Ok(catalog)
    }

    async fn begin(&mut self) -> Result<(), TraceError> {
        if self.session.is_lost() {
            self.session.reopen().await?;
        }
        // Sent together, answered in order.
        let client = self.session.client();
        let counters = std::mem::replace(&mut self.counters, Counters::None);
        let (begun, look) = tokio::join!(client.batch_execute("begin; savepoint architrave"), inside::look(client, &counters, None));
        begun.map_err(TraceError::own("begin a transaction"))?;
        self.nested = false;
        self.look = look?;
        self.scene.enter(&self.look);
        // What was nothing stays nothing until a statement gets at it, which it cannot without a lock.
        let used = self.look.counted.iter().chain(&self.look.held);
        self.counters = Counters::Of(used.map(|s| s.oid).collect());
        Ok(())
    }

    async fn begin_open(&mut self) -> Result<(), TraceError> {
        self.begin().await?;
        self.next += 1;
        self.open = Some(self.next);
        Ok(())
    }

    /// Commits what is open; a refusal belongs to the last statement.
    async fn finish_open(&mut self) -> Result<(), TraceError> {
        if self.open.take().is_some()
            && let Some(outcome) = self.commit().await?
            && let Some(step) = self.steps.last_mut()
        {
            step.outcome = outcome;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<Option<Outcome>, TraceError> {
        let committed = self.session.client().batch_execute("commit").await;
        self.scene.release();
        let Err(error) = committed else { return Ok(None) };
        let refusal = refused(&error);
        if self.session.is_lost() {
            self.session.reopen().await?;
        }
        self.reload().await?;
        Ok(Some(refusal))
    }

    async fn statement(&mut self, number: usize, script: &Script, at: usize, statement: &Statement) -> Result<(), TraceError> {
        let transaction = self.open;
        let mut settings = self.look.settings.clone();
        // After the file's own COMMIT a runner that sends its statements one by one is in no transaction; one message goes on in the next.
        let goes_on = script.transaction == TransactionMode::Implicit;
        let went = match &statement.kind {
            StatementKind::Begin => {
                if self.open.is_none() {
                    self.begin_open().await?;
                }
                Went::plain(Outcome::Done)
            }
            StatementKind::Commit => {
                let mut outcome = Outcome::Done;
                if self.open.take().is_some() {
                    outcome = self.commit().await?.unwrap_or(outcome);
                }
                if goes_on {
                    self.begin_open().await?;
                }
                Went::plain(outcome)
            }
            StatementKind::Rollback => {
                if self.open.take().is_some() {
                    self.roll_back().await?;
                }
                if goes_on {
                    self.begin_open().await?;
                }
                Went::plain(Outcome::Done)
            }
            StatementKind::PsqlCommand => skipped("a command of psql, which the server does not know"),
            StatementKind::CopyData { .. } => skipped("COPY data, which is not loaded here"),
            StatementKind::Template { .. } => skipped("a template, whose value the project does not tell"),
            StatementKind::NonTransactional if self.open.is_none() => {
                self.begin().await?;
                settings = self.look.settings.clone();
                let _ended = self.session.client().batch_execute("commit").await;
                self.alone(&statement.text, &settings).await?
            }
            _ => self.within(script, at, statement, &mut settings).await?,
        };
        // Data changes no catalogue; a DO block that does holds locks that say so.
        self.stale |= statement.kind != StatementKind::Data || went.effect.locks.iter().any(|l| l.mode >= LockMode::ShareUpdateExclusive);
        self.steps.push(Step {
            script: number,
            statement: at,
            location: Location { path: script.path.clone(), line: statement.line, column: statement.column },
            text: statement.text.clone(),
            transaction: transaction.or(self.open.filter(|_| statement.kind == StatementKind::Begin)),
            mode: script.transaction,
            actions: Vec::new(),
            lock_timeout_ms: settings.lock_timeout_ms(),
            statement_timeout_ms: settings.statement_timeout_ms(),
            outcome: went.outcome,
            effect: went.effect,
            before: self.before.clone(),
            at_hand: went.at_hand,
        });
        Ok(())
    }

    /// Runs an INSERT like the one before it without a look at what it does: that is what the one before it did. False when it has to be looked at,
    /// because the one before it did more than insert, or this one is refused; then nothing has come of it.
    async fn quickly(&mut self, number: usize, script: &Script, at: usize, statement: &Statement) -> Result<bool, TraceError> {
        let Some(like) = self.steps.last().filter(|s| s.outcome == Outcome::Done && only_inserts(&s.effect)).cloned() else {
            return Ok(false);
        };
        if self.nested {
            return Ok(false);
        }
        let before = if self.open.is_some() { self.mark() } else { "" };
        let time = match self.session.attempt(before, &statement.text).await {
            Attempt::Done(time) => time,
            Attempt::Refused(_) => {
                if self.open.is_some() {
                    // What cannot be undone shows itself when the statement is looked at.
                    let _back = self.session.client().batch_execute("rollback to savepoint architrave").await;
                }
                return Ok(false);
            }
            ended => {
                let outcome = self.failed(ended).await?;
                self.roll_back().await?;
                if self.open.is_some() {
                    self.begin().await?;
                }
                self.steps.push(Step { outcome, effect: Effect::default(), ..alike_step(like, number, script, at, statement) });
                return Ok(true);
            }
        };
        let mut step = alike_step(like, number, script, at, statement);
        step.effect.milliseconds = Some(time.as_secs_f64() * 1000.0);
        self.steps.push(step);
        Ok(true)
    }

    /// Takes over what statements have done that nobody looked at.
    async fn look_again(&mut self) -> Result<(), TraceError> {
        if self.open.is_some() {
            self.look = inside::look(self.session.client(), &Counters::None, self.scene.passed_over()).await?;
            self.scene.begin(&self.look);
        }
        Ok(())
    }

    async fn roll_back(&mut self) -> Result<(), TraceError> {
        let _undone = self.session.client().batch_execute("rollback").await;
        self.reload().await?;
        self.changed.clear();
        Ok(())
    }

    /// Looks at everything again; what partitions have for a parent is known only before the next script.
    async fn reload(&mut self) -> Result<(), TraceError> {
        self.unsure = true;
        self.counters = Counters::All;
        self.scene.reload(outside::everything(self.session.admin()).await?);
        Ok(())
    }

    /// A statement outside of any transaction block. We keep it waiting: its own time-outs must not end it for that.
    async fn alone(&mut self, text: &str, settings: &Settings) -> Result<Went, TraceError> {
        let limits = settings.without_limits();
        if let Some((off, _)) = &limits {
            let _off = self.session.client().batch_execute(off).await;
        }
        let (attempt, effect) = alone::run(&self.ground, &self.session, &self.scene, text).await?;
        self.reload().await?;
        let at_hand = self.at_hand(text);
        let went = match attempt {
            Attempt::Done(_) => Went { outcome: Outcome::Done, effect, at_hand },
            failed => Went { at_hand, ..Went::plain(self.failed(failed).await?) },
        };
        if let Some((_, back)) = &limits {
            let _back = self.session.client().batch_execute(back).await;
        }
        self.read_after_alone(&went.effect).await?;
        Ok(went)
    }

    async fn read_after_alone(&mut self, effect: &Effect) -> Result<(), TraceError> {
        if !self.ground.options.with_catalogs {
            return Ok(());
        }
        let locked: BTreeSet<&QualifiedName> = effect.locks.iter().map(|l| &l.relation).collect();
        let is_table = |s: &&inside::Seen| matches!(s.kind.as_deref(), Some("r" | "p" | "f"));
        let tables = self.scene.world.values().filter(is_table);
        let oids: Vec<u32> = tables.filter(|s| name_of(s).is_some_and(|n| locked.contains(&n))).map(|s| s.oid).collect();
        if oids.is_empty() {
            return Ok(());
        }
        let what = "look at its own changes";
        let client = self.session.admin();
        client.batch_execute("begin; set local search_path = pg_catalog, pg_temp").await.map_err(TraceError::own(what))?;
        let known = format!("select name from pg_prepared_statements where name = '{PREPARED_TABLES}'");
        let is_prepared = !outside::texts(client, &known, what).await?.is_empty();
        let read = read_tables(client, self.ground.server.server().major(), &oids, is_prepared).await;
        client.batch_execute("rollback").await.map_err(TraceError::own(what))?;
        self.take_over(&oids, read?);
        Ok(())
    }

    /// A statement in the script's transaction, or in one of its own that stands for the statement's implicit one.
    async fn within(&mut self, script: &Script, at: usize, statement: &Statement, settings: &mut Settings) -> Result<Went, TraceError> {
        let own = self.open.is_none();
        if own {
            self.begin().await?;
            *settings = self.look.settings.clone();
        }
        let text = self.session.text_of(statement);
        let at_hand = self.at_hand(&text);
        let attempt = self.attempt(&text).await?;
        let mut went = match attempt {
            Attempt::Done(time) => {
                let reads_on = script.transaction == TransactionMode::AllFiles;
                let effect = self.observe(&text, time, (!reads_on).then_some(at)).await?;
                Went { outcome: Outcome::Done, effect, at_hand }
            }
            // A procedure that commits, or what the reader did not know to refuse transactions.
            Attempt::Refused(refusal) if own && matches!(refusal.sqlstate.as_str(), "25001" | "2D000") => {
                self.roll_back().await?;
                return self.alone(&text, settings).await;
            }
            failed => {
                let outcome = self.failed(failed).await?;
                if own {
                    self.roll_back().await?;
                } else {
                    self.recover(statement, &outcome).await?;
                }
                return Ok(Went { at_hand, ..Went::plain(outcome) });
            }
        };
        if own && let Some(outcome) = self.commit().await? {
            went.outcome = outcome;
        }
        Ok(went)
    }

    /// After a failure in the script's transaction, which is back at the savepoint or gone.
    async fn recover(&mut self, statement: &Statement, outcome: &Outcome) -> Result<(), TraceError> {
        let refuses = matches!(outcome, Outcome::Failed { sqlstate, .. } if sqlstate == "25001");
        if statement.kind == StatementKind::NonTransactional && refuses {
            // Later statements may need it; as no runner would, it is run between two halves of the transaction.
            if self.commit().await?.is_none() {
                let _done = self.session.attempt("", &statement.text).await;
            }
            self.reload().await?;
            return self.begin().await;
        }
        if self.session.is_lost() || self.session.client().batch_execute("rollback to savepoint architrave").await.is_err() {
            self.roll_back().await?;
            return self.begin().await;
        }
        self.look = inside::look(self.session.client(), &Counters::None, self.scene.passed_over()).await?;
        self.scene.begin(&self.look);
        self.counters = Counters::All;
        Ok(())
    }

    /// Tries the statement, then what may mend a refusal: stand-ins, and taking our own rows away.
    async fn attempt(&mut self, text: &str) -> Result<Attempt, TraceError> {
        let word = text.trim_start().get(..9).unwrap_or_default().to_ascii_lowercase();
        self.nested |= word.starts_with("savepoint") || (self.nested && word.starts_with("rollback"));
        let mut attempt = self.session.attempt(self.mark(), text).await;
        if matches!(attempt, Attempt::Done(_)) && self.open.is_some() && !self.nested && makes_enum_values(text) {
            attempt = self.at_top_level(text).await;
        }
        let Attempt::Refused(first) = &attempt else { return Ok(attempt) };
        let first = first.clone();
        // Locks go with the savepoint, counters stay.
        self.counters = Counters::All;
        if first.sqlstate == "25001" && text.trim_start().to_ascii_lowercase().starts_with("set transaction") {
            // It has to be the first of its transaction, and our savepoint was.
            return self.instead(Attempt::Done(Duration::ZERO)).await;
        }
        // A block may name several roles, of which it misses one after the other.
        let (mut refusal, mut tried) = (first, text.to_owned());
        for _ in 0..REMEDIES {
            let Some((help, retry)) = self.session.remedy(&refusal, &tried) else { break };
            let _back = self.session.client().batch_execute("rollback to savepoint architrave").await;
            if let Some(help) = help {
                // The remedy is ours; when it fails the retry fails with the statement's own error.
                let _helped = self.session.client().batch_execute(&help).await;
            }
            attempt = self.session.attempt(self.mark(), &retry).await;
            let Attempt::Refused(next) = &attempt else { break };
            if *next == refusal {
                break;
            }
            (refusal, tried) = (next.clone(), retry);
        }
        let Attempt::Refused(first) = &attempt else { return Ok(attempt) };
        if !may_come_from_rows(&first.sqlstate) {
            return Ok(attempt);
        }
        let Some(take) = self.rows.take(text) else { return Ok(attempt) };
        let refusal = first.clone();
        let client = self.session.client();
        if client.batch_execute("rollback to savepoint architrave").await.is_err() || client.batch_execute(&take).await.is_err() {
            return Ok(attempt);
        }
        self.look = inside::look(client, &Counters::None, self.scene.passed_over()).await?;
        self.scene.begin(&self.look);
        let again = self.session.attempt(self.mark(), text).await;
        if let Attempt::Done(_) = again {
            let Refusal { sqlstate, message } = refusal;
            self.rows_in_the_way.push(RowsInTheWay { step: self.steps.len(), sqlstate, message });
            return Ok(again);
        }
        Ok(attempt)
    }

    /// Runs what went well once more without a savepoint around it: from 17 on, new values of an enum can be used in the transaction that made the enum,
    /// but not when a savepoint has come in between.
    async fn at_top_level(&mut self, text: &str) -> Attempt {
        let bare = "rollback to savepoint architrave; release savepoint architrave";
        let attempt = self.session.attempt(bare, text).await;
        // In a transaction that has failed this fails, too, and whoever looks next finds out.
        let _marked = self.session.client().batch_execute("savepoint architrave").await;
        attempt
    }

    async fn instead(&mut self, attempt: Attempt) -> Result<Attempt, TraceError> {
        let back = self.session.client().batch_execute("rollback to savepoint architrave").await;
        back.map_err(TraceError::own("go back to a savepoint"))?;
        Ok(attempt)
    }

    fn mark(&self) -> &'static str {
        if self.nested { "savepoint architrave" } else { "release savepoint architrave; savepoint architrave" }
    }

    /// Looks at what the statement did; `at` is its number where only the statements after it in the same script can ask about that.
    async fn observe(&mut self, text: &str, time: Duration, at: Option<usize>) -> Result<Effect, TraceError> {
        let Ok(look) = inside::look(self.session.client(), &Counters::None, self.scene.passed_over()).await else {
            // The statement has ended the transaction.
            self.roll_back().await?;
            self.begin().await?;
            return Ok(Effect::default());
        };
        self.touched.extend(look.held.iter().map(|s| s.oid));
        if let Counters::Of(used) = &mut self.counters {
            used.extend(look.held.iter().map(|s| s.oid));
        }
        self.unsure |= self.scene.passed_over().is_some() || before::reaches_far(text);
        let waits = outside::who_waits(self.session.admin(), &self.scene.to_test(&look)).await?;
        let mut effect = self.scene.effect(&look, waits);
        if text.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("truncate")) {
            // The indexes of the new, empty files are built by a scan of nothing.
            effect.scans.retain(|s| s.tuples != Some(0));
        }
        effect.milliseconds = Some(time.as_secs_f64() * 1000.0);
        self.look = look;
        self.read_changed(text, at).await?;
        Ok(effect)
    }

    /// Reads the tables again that the statement has changed: locked against other changes, and named in its text (or made by it).
    async fn read_changed(&mut self, text: &str, at: Option<usize>) -> Result<(), TraceError> {
        if !self.ground.options.with_catalogs {
            return Ok(());
        }
        let is_table = |s: &&inside::Seen| matches!(s.kind.as_deref(), Some("r" | "p" | "f"));
        let strong = |s: &&inside::Seen| s.mode().is_some_and(|m| m >= LockMode::ShareUpdateExclusive);
        let user = |s: &&inside::Seen| s.schema.as_deref().is_some_and(|n| !n.starts_with("pg_") && n != "architrave_replay");
        let text = Named::in_text(text);
        let held: Vec<&inside::Seen> = self.look.held.iter().filter(is_table).filter(strong).filter(user).collect();
        let named = |s: &&&inside::Seen| s.name.as_ref().is_some_and(|n| text.has(n));
        let mut oids: BTreeSet<u32> = held.iter().filter(named).map(|s| s.oid).collect();
        oids.extend(self.changed.iter().filter(|(_, t)| text.has(&t.name.name)).map(|(oid, _)| *oid));
        if oids.is_empty() {
            oids = held.iter().rev().take(UNNAMED).map(|s| s.oid).collect();
        }
        if let Some(at) = at {
            // Nobody asks again about what no later statement names, by its new name or the one it had.
            let now = |oid: &u32| self.scene.world.get(oid).and_then(|s| s.name.as_deref());
            let was = |oid: &u32| self.changed.get(oid).map(|t| t.name.name.as_str());
            oids.retain(|oid| now(oid).into_iter().chain(was(oid)).any(|name| self.last_named.after(at, name)));
        }
        if oids.is_empty() {
            return Ok(());
        }
        let client = self.session.client();
        let what = "look at its own changes";
        let oids: Vec<u32> = oids.into_iter().collect();
        let opening = "savepoint architrave_probe; set local search_path = pg_catalog, pg_temp; set local statement_timeout = 0;
            set local plan_cache_mode = force_generic_plan";
        let (opened, read, closed) = tokio::join!(
            client.batch_execute(opening),
            read_tables(client, self.ground.server.server().major(), &oids, self.look.settings.can_read_tables),
            client.batch_execute(inside::CLOSING)
        );
        opened.and(closed).map_err(TraceError::own(what))?;
        self.take_over(&oids, read?);
        Ok(())
    }

    /// Takes over what was read of these tables; those of which nothing came are gone.
    fn take_over(&mut self, oids: &[u32], mut read: HashMap<u32, Table>) {
        for oid in oids {
            match read.remove(oid) {
                Some(table) => self.changed.insert(*oid, Arc::new(table)),
                None => self.changed.remove(oid),
            };
        }
    }

    /// The tables that earlier statements of the script have changed and this one names.
    fn at_hand(&self, text: &str) -> Vec<Arc<Table>> {
        let text = Named::in_text(text);
        let mut tables: Vec<Arc<Table>> = self.changed.values().filter(|t| text.has(&t.name.name)).cloned().collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        tables
    }

    /// The outcome of a statement that did not succeed; a session that went with it is replaced.
    async fn failed(&mut self, attempt: Attempt) -> Result<Outcome, TraceError> {
        Ok(match attempt {
            Attempt::Done(_) => Outcome::Done,
            Attempt::TimedOut => {
                if self.session.is_lost() {
                    self.session.reopen().await?;
                }
                Outcome::TimedOut { seconds: self.ground.options.statement_limit.as_secs() }
            }
            Attempt::Lost(Refusal { sqlstate, message }) => {
                self.session.reopen().await?;
                Outcome::Failed { sqlstate, message }
            }
            Attempt::Refused(refusal) if refusal.sqlstate == "42501" && self.ground.options.prelude == Prelude::None => {
                Outcome::Skipped { reason: format!("needs a superuser, which scripts never get here: {}", refusal.message) }
            }
            Attempt::Refused(refusal) if refusal.sqlstate == "53400" => {
                Outcome::Skipped { reason: format!("needs more than {TEMPORARY_FILES} of temporary files, which scripts never get here") }
            }
            Attempt::Refused(refusal) if refusal.sqlstate == "08006" => {
                Outcome::Skipped { reason: "it talks to its client (COPY … TO STDOUT), which is not there".to_owned() }
            }
            Attempt::Refused(Refusal { sqlstate, message }) => Outcome::Failed { sqlstate, message },
        })
    }
}

/// What may be names of functions: the words in lower case and as they stand.
fn names(script: &Script, words: HashSet<String>) -> Vec<String> {
    let is_quoted = |part: &&str| part.chars().any(char::is_uppercase);
    let quoted = script.statements.iter().flat_map(|s| s.text.split('"')).filter(is_quoted).filter(|part| part.len() < 64);
    let all: BTreeSet<String> = quoted.map(str::to_owned).chain(words).collect();
    all.into_iter().collect()
}

/// CREATE TYPE … AS ENUM, ALTER TYPE … ADD VALUE; rather once too often.
fn makes_enum_values(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_lowercase);
    let first = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    matches!((first.0.as_str(), first.1.as_str()), ("create" | "alter", "type")) && words.any(|w| w.starts_with("enum") || w == "add")
}

/// What the texts ask for, each on the catalogue before its script and what the statements since then have made.
fn read_actions(steps: &mut [Step]) {
    let mut at = 0;
    while let Some(first) = steps.get(at) {
        let before = Arc::clone(&first.before);
        let (script, shared) = (first.script, first.mode == TransactionMode::AllFiles);
        let mut names = Resolver::new(&before);
        while let Some(step) = steps.get_mut(at) {
            let same = step.script == script || (shared && step.mode == TransactionMode::AllFiles);
            if !same || !Arc::ptr_eq(&before, &step.before) {
                break;
            }
            step.actions = actions(&step.text, &names);
            if step.outcome == Outcome::Done {
                names.follow(&step.actions);
            }
            at += 1;
        }
    }
}

fn refused(error: &architrave_postgres::DriverError) -> Outcome {
    let sqlstate = error.code().map_or_else(|| "08006".to_owned(), |c| c.code().to_owned());
    Outcome::Failed { sqlstate, message: crate::round_trip::refusal(error) }
}

/// Nothing but what any INSERT does: nobody has to wait, nothing is read whole or made anew.
fn only_inserts(effect: &Effect) -> bool {
    effect.locks.iter().all(|l| l.mode <= LockMode::RowExclusive || !l.existed)
        && effect.rewrites.is_empty()
        && effect.built.is_empty()
        && effect.blocks.is_empty()
}

/// The step of a statement that another one speaks for.
fn alike_step(like: Step, script_number: usize, script: &Script, at: usize, statement: &Statement) -> Step {
    Step {
        script: script_number,
        statement: at,
        location: Location { path: script.path.clone(), line: statement.line, column: statement.column },
        text: statement.text.clone(),
        ..like
    }
}

fn skipped(reason: &str) -> Went {
    Went::plain(Outcome::Skipped { reason: reason.to_owned() })
}
