//! The walk over the pending scripts: transactions as the runner and the text make them, settings, and the catalogue before each script.

use super::JudgeOptions;
use super::before::Before;
use super::ledger::{Held, is_system};
use super::near::Near;
use super::predict;
use super::world::{TypeNames, World};
use crate::actions::{self, Session};
use crate::ddl::{Applied, DdlReader, syntax};
use crate::touches::parse::{Parsed, recalled, tree_of};
use architrave_model::Catalog;
use architrave_model::catalog::Table;
use architrave_model::migration::{Action, ConstraintForm, Effect, Outcome, Step};
use architrave_model::name::{ObjectKind, QualifiedName};
use architrave_model::script::{Location, Script, Statement, StatementKind, TransactionMode};
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::AstNode;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Names of time zones that are always at UTC.
static UTC: &[&str] =
    &["+00", "0", "etc/gmt", "etc/uct", "etc/utc", "etc/zulu", "gmt", "greenwich", "uct", "universal", "utc", "z", "zulu"];

/// Copies of relations that the catalogues before all scripts may hold together; beyond, each holds only what its script can have to do with.
const MOST_COPIES: usize = 4_000;

/// The walk.
pub(super) struct Walk<'o> {
    reader: DdlReader,
    options: &'o JudgeOptions,
    session: Session,
    /// Number of the open transaction.
    transaction: Option<u32>,
    next_transaction: u32,
    held: Held,
    /// What hangs on what; none until it is asked for, and after a rollback.
    near: Option<Near>,
    type_names: TypeNames,
    /// The whole catalogue before the next script, unless something has changed since it was taken.
    catalog: Option<Arc<Catalog>>,
    /// Number of scripts to judge.
    pending: usize,
    of_script: OfScript,
    steps: Vec<Step>,
}

/// What the statements of one script have done.
#[derive(Default)]
struct OfScript {
    /// Relations that were not there before it.
    made: BTreeSet<QualifiedName>,
    /// Those of them that may hold rows.
    filled: BTreeSet<QualifiedName>,
    /// Whether what cannot be seen may have filled any of them.
    is_blind: bool,
    /// Tables that are not as they were.
    changed: BTreeSet<QualifiedName>,
    /// Relations that its statements are about.
    touched: BTreeSet<QualifiedName>,
    /// What it changed, as it was.
    before: Before,
    /// Whether it changed anything.
    is_changed: bool,
    /// Tables that it alters and nobody has made.
    unknown: BTreeSet<QualifiedName>,
}

impl OfScript {
    /// A foreign key of a table that the script has made and not filled.
    fn refers_from_nothing(&self, action: &Action) -> bool {
        let Action::AddConstraint { table, constraint } = action else { return false };
        let is_empty = self.made.contains(&table.name) && !self.filled.contains(&table.name) && !self.is_blind;
        is_empty && constraint.form == ConstraintForm::ForeignKey
    }

    fn note_rows(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Insert { table, .. } | Action::CreateTable { table, as_query: true, .. } => {
                    self.filled.insert(table.clone());
                }
                Action::Dynamic { .. } | Action::Copy { .. } | Action::Select { .. } | Action::RenameTable { .. } => self.is_blind = true,
                _ => {}
            }
        }
    }
}

impl<'o> Walk<'o> {
    pub(super) fn new(reader: DdlReader, options: &'o JudgeOptions) -> Self {
        Self {
            reader,
            options,
            session: Session::new(options.settings.clone()),
            transaction: None,
            next_transaction: 0,
            held: Held::new(),
            near: None,
            type_names: TypeNames::default(),
            catalog: None,
            pending: 0,
            of_script: OfScript::default(),
            steps: Vec::new(),
        }
    }

    /// All steps, in order.
    pub(super) fn judge(mut self, pending: &[Script]) -> Vec<Step> {
        self.pending = pending.len();
        for (number, script) in pending.iter().enumerate() {
            self.script(number, script);
        }
        self.steps
    }

    fn script(&mut self, number: usize, script: &Script) {
        self.of_script = OfScript::default();
        if script.transaction != TransactionMode::AllFiles {
            self.end_transaction(true);
            self.session = Session::new(self.options.settings.clone());
        }
        if script.transaction != TransactionMode::PerStatement && self.transaction.is_none() {
            self.begin_transaction();
        }
        let nothing = Arc::new(Catalog::default());
        let first = self.steps.len();
        for (at, statement) in script.statements.iter().enumerate() {
            let step = self.statement((number, at), script, statement, &nothing);
            self.steps.push(step);
        }
        if script.transaction != TransactionMode::AllFiles {
            self.end_transaction(true);
        }
        let before = self.before(first);
        for step in &mut self.steps[first..] {
            step.before = Arc::clone(&before);
        }
    }

    /// The catalogue before the script whose steps begin there.
    fn before(&mut self, first: usize) -> Arc<Catalog> {
        let state = self.reader.state();
        let relations = state.tables.len() + state.views.len();
        let world = World { state, major: self.options.major, utc: true, type_names: &self.type_names };
        let everything =
            self.pending.saturating_mul(relations) <= MOST_COPIES || self.steps[first..].iter().any(|s| s.actions.iter().any(reaches_far));
        if !everything {
            if self.of_script.is_changed {
                self.catalog = None;
            }
            let near = self.near.get_or_insert_with(|| Near::of(state));
            let part = self.of_script.before.catalog(world, Some((&self.of_script.touched, near)));
            return Arc::new(with_unknown(part, &self.of_script.unknown));
        }
        let before = self.catalog.take().unwrap_or_else(|| Arc::new(self.of_script.before.catalog(world, None)));
        if !self.of_script.is_changed {
            self.catalog = Some(Arc::clone(&before));
        }
        if self.of_script.unknown.is_empty() { before } else { Arc::new(with_unknown((*before).clone(), &self.of_script.unknown)) }
    }

    fn begin_transaction(&mut self) {
        self.transaction = Some(self.next_transaction);
        self.next_transaction += 1;
        self.session.begin();
    }

    fn end_transaction(&mut self, committed: bool) {
        self.transaction = None;
        self.held.clear();
        self.session.end(committed);
    }

    fn statement(&mut self, (number, at): (usize, usize), script: &Script, statement: &Statement, before: &Arc<Catalog>) -> Step {
        let (lock_timeout_ms, statement_timeout_ms) = (self.session.lock_timeout_ms(), self.session.statement_timeout_ms());
        let opens = statement.kind == StatementKind::Begin && self.transaction.is_none();
        if opens {
            self.begin_transaction();
        }
        let transaction = self.transaction;
        // A panic inside the parser or the reader costs one statement, not all.
        let found = catch_unwind(AssertUnwindSafe(|| self.run(statement))).unwrap_or_default();
        let outcome = unread(statement, &found.actions).map_or(Outcome::NotExecuted, |reason| Outcome::Skipped { reason });
        Step {
            script: number,
            statement: at,
            location: Location { path: script.path.clone(), line: statement.line, column: statement.column },
            text: statement.text.clone(),
            transaction,
            mode: script.transaction,
            actions: found.actions,
            lock_timeout_ms,
            statement_timeout_ms,
            outcome,
            effect: found.effect,
            before: Arc::clone(before),
            at_hand: found.at_hand,
        }
    }

    /// Predicts one statement, then applies it.
    fn run(&mut self, statement: &Statement) -> Found {
        if matches!(statement.kind, StatementKind::PsqlCommand | StatementKind::Template { .. }) {
            return Found::default();
        }
        let text = actions::head_of_rows(&statement.text);
        let known = recalled(text);
        if !known.as_ref().is_some_and(Parsed::is_shallow) && syntax::nests_too_deeply(text) {
            return Found { actions: actions::actions(text, self.reader.state()), ..Found::default() };
        }
        let parse = known.unwrap_or_else(|| tree_of(text));
        let tree = parse.tree();
        let Some(node) = tree.syntax().children().find(|c| c.kind() != SyntaxKind::EMPTY_STMT) else { return Found::default() };
        let state = self.reader.state();
        let actions = actions::of_node(&node, state);
        let zone = self.session.value("timezone").unwrap_or(&self.options.time_zone).to_ascii_lowercase();
        let utc = UTC.contains(&zone.as_str());
        let world = World { state, major: self.options.major, utc, type_names: &self.type_names };
        let ledger = predict::statement(world, &actions, &node);
        let mut touched: BTreeSet<QualifiedName> = ledger.relations().cloned().collect();
        touched.extend(actions.iter().filter_map(Action::table).cloned());
        let at_hand =
            touched.iter().filter(|t| self.of_script.changed.contains(t)).filter_map(|t| state.tables.shared(t).cloned()).collect();
        let unknown = actions.iter().filter(|a| needs_table(a)).filter_map(Action::table);
        let unknown =
            unknown.filter(|t| !state.relation_exists(t) && !self.of_script.made.contains(t) && touched.contains(t) && !is_system(t));
        let unknown: Vec<QualifiedName> = unknown.cloned().collect();
        let made = &self.of_script.made;
        let mut effect = ledger.finish(world, &mut self.held, &|name| !made.contains(name) && name.schema != "pg_temp");
        if !actions.is_empty() && actions.iter().all(|a| self.of_script.refers_from_nothing(a)) {
            // What holds no row looks nothing up.
            effect.scans.retain(|s| !s.existed);
        }
        self.of_script.unknown.extend(unknown);
        self.of_script.touched.extend(touched);
        if self.transaction.is_none() {
            self.held.clear();
        }
        let applied = match statement.kind {
            StatementKind::CopyData { .. } => Applied::NoEffect,
            _ => self.reader.apply_parsed(text, &parse),
        };
        if statement.kind == StatementKind::Rollback {
            self.near = None;
        }
        self.follow(&actions, &applied);
        Found { actions, effect, at_hand }
    }

    /// What the statement changes for those after it.
    fn follow(&mut self, actions: &[Action], applied: &Applied) {
        self.of_script.note_rows(actions);
        for action in actions {
            if let Action::CreateTable { table, .. } = action
                && !self.reader.state().relation_exists(table)
            {
                // The reader could not make it; it is new all the same.
                self.of_script.made.insert(table.clone());
            }
        }
        if matches!(applied, Applied::Changed | Applied::NotUnderstood { .. }) {
            self.note_changes(actions);
        }
        for action in actions {
            match action {
                Action::Commit => self.end_transaction(true),
                Action::Rollback => self.end_transaction(false),
                Action::RenameTable { table, to } => {
                    if let Some(mode) = self.held.remove(&table.name) {
                        self.held.insert(QualifiedName::new(&table.name.schema, to), mode);
                    }
                }
                other => self.session.follow(other),
            }
        }
    }

    fn note_changes(&mut self, actions: &[Action]) {
        let state = self.reader.state();
        let moved = |new: &QualifiedName| actions.iter().any(|a| moves(a, new, &self.of_script.made));
        let tables = state.tables.touched().map(|(name, old)| (name, old.is_none()));
        let views = state.views.touched().map(|(name, old)| (name, old.is_none()));
        let mut made = Vec::new();
        for (name, is_new) in tables.chain(views) {
            if is_new && state.relation_exists(name) && !moved(name) {
                made.push(name.clone());
            }
            self.of_script.changed.insert(name.clone());
        }
        self.of_script.made.extend(made);
        self.of_script.before.note(state);
        if let Some(near) = &mut self.near {
            near.follow(state);
        }
        self.of_script.is_changed = true;
    }
}

/// What one statement came to.
#[derive(Default)]
struct Found {
    actions: Vec<Action>,
    effect: Effect,
    at_hand: Vec<Arc<Table>>,
}

/// Why a statement cannot be judged from its text; none where it can, or does nothing that others feel.
fn unread(statement: &Statement, actions: &[Action]) -> Option<String> {
    match &statement.kind {
        StatementKind::PsqlCommand => Some("a command of psql, which the server does not know".to_owned()),
        StatementKind::CopyData { .. } => Some("COPY data, which is not loaded here".to_owned()),
        StatementKind::Template { .. } => Some("a template, whose value the project does not tell".to_owned()),
        _ if actions.iter().all(|a| matches!(a, Action::Select { .. })) => {
            statement.syntax_error.as_ref().map(|error| format!("its syntax was not understood: {error}"))
        }
        _ => None,
    }
}

/// Whether the action gives that name to a relation that was there before the script.
fn moves(action: &Action, new: &QualifiedName, made: &BTreeSet<QualifiedName>) -> bool {
    match action {
        Action::RenameTable { table, to } => *to == new.name && table.name.schema == new.schema && !made.contains(&table.name),
        Action::SetSchema { object, schema } => {
            let relation = matches!(object.kind, ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView);
            let old = object.schema.as_ref().map(|s| QualifiedName::new(s, &object.name));
            relation && *schema == new.schema && object.name == new.name && old.is_some_and(|o| !made.contains(&o))
        }
        Action::RenameSchema { from, to } => *to == new.schema && !made.contains(&QualifiedName::new(from, &new.name)),
        _ => false,
    }
}

/// Whether the action is about a table that must be there already.
fn needs_table(action: &Action) -> bool {
    match action {
        Action::DropTable { if_exists, .. } => !if_exists,
        other => !matches!(other, Action::CreateTable { .. } | Action::DropPolicy { .. } | Action::DropTrigger { .. }),
    }
}

/// Whether the action may have to do with any table of the catalogue.
fn reaches_far(action: &Action) -> bool {
    matches!(
        action,
        Action::DropSchema { .. }
            | Action::RenameSchema { .. }
            | Action::DropExtension { .. }
            | Action::DropType { .. }
            | Action::DropFunction { .. }
            | Action::AlterDomain { .. }
            | Action::RenameEnumValue { .. }
            | Action::Dynamic { .. }
    )
}

/// The catalogue with tables that nobody has shown us.
fn with_unknown(mut catalog: Catalog, unknown: &BTreeSet<QualifiedName>) -> Catalog {
    if !unknown.is_empty() {
        catalog.tables.extend(unknown.iter().map(|name| Table { name: name.clone(), ..Table::default() }));
        catalog.sort();
    }
    catalog
}
