//! The DDL reader: statements → catalogue, without a server. It never executes anything and never gives up on a later statement
//! because of an earlier one.

mod acl;
mod alter;
mod alter_table;
mod column;
mod comment;
mod constraint;
mod dependents;
mod do_block;
mod drop;
mod essence;
pub(crate) mod expression;
mod extension;
mod function;
mod index;
mod interval;
mod like;
pub(crate) mod naming;
mod origins;
pub(crate) mod partition;
mod policy;
pub(crate) mod print;
mod privilege;
mod publication;
mod query;
mod rename;
mod role;
mod schema_rename;
mod sequence;
mod session;
mod shape;
pub(crate) mod state;
mod statistics;
pub(crate) mod store;
pub(crate) mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod trigger;
pub(crate) mod type_name;
mod user_type;
mod view;
mod walk;

pub(crate) use constraint::same_keys;
pub(crate) use dependents::view_surely_reads;
pub use essence::essence;
pub use origins::StatementOrigin;

use crate::touches::parse::{Parsed, tree_of};
use architrave_model::Catalog;
use architrave_model::name::ObjectRef;
use architrave_model::script::{Statement, StatementKind};
use origins::Tracker;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode};
use state::{Positions, State};
use std::collections::BTreeMap;

/// What the reader starts from.
#[derive(Debug, Clone)]
pub struct DdlOptions {
    /// Server major whose rules hold, 12–18.
    pub server_major: u16,
    /// Role that runs the statements: a superuser.
    pub owner: String,
    /// Schema of unqualified names.
    pub default_schema: String,
    /// What is there before the first statement; none for a fresh database.
    pub prelude: Option<Catalog>,
}

impl Default for DdlOptions {
    fn default() -> Self {
        Self { server_major: 15, owner: "postgres".to_owned(), default_schema: "public".to_owned(), prelude: None }
    }
}

/// What a statement did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// The catalogue (or the session) is another one now.
    Changed,
    /// Understood, and without effect on the catalogue.
    NoEffect,
    /// The catalogue may lack something that the statement would have done.
    NotUnderstood {
        /// What was not understood.
        why: String,
        /// Byte offset in the statement's text.
        offset: usize,
    },
    /// PostgreSQL would refuse it; nothing changed.
    WouldFail {
        /// SQLSTATE.
        sqlstate: String,
        /// Message, close to PostgreSQL's own.
        message: String,
    },
}

/// Why carrying out a statement ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nothing to do.
    NoEffect,
    /// Not understood; nothing changed.
    NotUnderstood { why: String },
    /// Carried out as far as it was understood.
    Partly { why: String },
    /// PostgreSQL would refuse.
    Fail { sqlstate: &'static str, message: String },
}

impl Stop {
    fn fail(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self::Fail { sqlstate, message: message.into() }
    }

    fn not_understood(why: impl Into<String>) -> Self {
        Self::NotUnderstood { why: why.into() }
    }

    fn partly(why: impl Into<String>) -> Self {
        Self::Partly { why: why.into() }
    }
}

/// Outcome of one step: `Ok` changed something.
type Effect = Result<(), Stop>;

/// Reads DDL statement by statement into a catalogue.
///
/// Statements run as a superuser who owns what they create. BEGIN, COMMIT, ROLLBACK and savepoints are honoured: what a
/// transaction takes back is gone here too. A statement that PostgreSQL would refuse changes nothing and does not abort the
/// transaction around it, so that the rest still tells what its author meant.
#[derive(Debug, Clone)]
pub struct DdlReader {
    state: State,
    /// Statements seen so far.
    count: usize,
    /// Start of the open transaction, with its savepoints.
    transaction: Option<Transaction>,
    origins: Tracker,
    /// Whether to note which statement made what.
    traces_origins: bool,
}

#[derive(Debug, Clone)]
struct Transaction {
    start: Mark,
    savepoints: Vec<(String, Mark)>,
}

/// Comments and privileges say something about an object; they neither make nor change it.
fn describes_only(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().take(3).map(str::to_lowercase).collect();
    match words.first().map(String::as_str) {
        Some("comment" | "grant" | "revoke" | "security") => true,
        Some("alter") => words.get(1).is_some_and(|w| w == "default"),
        _ => false,
    }
}

/// A point to come back to: journals of the state and of the origins.
type Mark = (Positions, usize);

impl DdlReader {
    /// A reader over a fresh database (or the prelude's).
    pub fn new(options: DdlOptions) -> Self {
        Self { state: State::new(options), count: 0, transaction: None, origins: Tracker::default(), traces_origins: true }
    }

    /// Applies one statement. Never panics; whatever the outcome, the next statement may be applied.
    pub fn apply(&mut self, statement: &Statement) -> Applied {
        let index = self.count;
        self.count += 1;
        if matches!(statement.kind, StatementKind::PsqlCommand | StatementKind::CopyData { .. } | StatementKind::Template { .. }) {
            return Applied::NoEffect;
        }
        let text = &statement.text;
        if !may_define(text) {
            return Applied::NoEffect;
        }
        if syntax::nests_too_deeply(text) {
            return Applied::NotUnderstood { why: "nested too deeply".to_owned(), offset: 0 };
        }
        self.apply_tree(text, &tree_of(text), index)
    }

    /// As [`Self::apply`], of a statement that is parsed already (and did not nest too deeply).
    pub(crate) fn apply_parsed(&mut self, text: &str, parse: &Parsed) -> Applied {
        let index = self.count;
        self.count += 1;
        if may_define(text) { self.apply_tree(text, parse, index) } else { Applied::NoEffect }
    }

    /// From here on it is not noted which statement makes what.
    pub(crate) fn without_origins(mut self) -> Self {
        self.traces_origins = false;
        self
    }

    /// What the statements so far have made.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    fn apply_tree(&mut self, text: &str, parse: &Parsed, index: usize) -> Applied {
        let tree = parse.tree();
        let mut errors = parse.errors();
        if !errors.is_empty() {
            // What stands inside a literal (a function's body) is not this statement's syntax.
            let literals: Vec<_> = syntax::literal_ranges(tree.syntax());
            errors.retain(|e| {
                let (start, end) = (usize::from(e.range().start()), usize::from(e.range().end()));
                !literals.iter().any(|l| l.start < start && end < l.end)
            });
        }
        let Some(stmt) = tree.stmts().find(|s| !matches!(s, ast::Stmt::EmptyStmt(_))) else {
            return match errors.first() {
                Some(error) => Applied::NotUnderstood { why: error.message().to_owned(), offset: error.range().start().into() },
                None => Applied::NoEffect,
            };
        };
        if let Some(error) = errors.first() {
            return Applied::NotUnderstood { why: error.message().to_owned(), offset: error.range().start().into() };
        }
        self.state.begin_statement(self.transaction.is_some());
        self.origins.begin_statement(self.transaction.is_some());
        let effect = match self.transaction_control(&stmt) {
            Some(effect) => effect,
            None => dispatch(&mut self.state, &stmt),
        };
        self.finish(effect, index, stmt.syntax().text_range().start().into(), text)
    }

    fn finish(&mut self, effect: Effect, index: usize, start: usize, text: &str) -> Applied {
        if matches!(effect, Ok(()) | Err(Stop::Partly { .. })) {
            self.state.finish_statement();
            if self.traces_origins && !describes_only(text) {
                self.origins.note(&self.state, index);
            }
        } else {
            self.state.roll_back_statement();
        }
        match effect {
            Ok(()) => Applied::Changed,
            Err(Stop::NoEffect) => Applied::NoEffect,
            Err(Stop::Fail { sqlstate, message }) => Applied::WouldFail { sqlstate: sqlstate.to_owned(), message },
            Err(Stop::NotUnderstood { why } | Stop::Partly { why }) => Applied::NotUnderstood { why, offset: start },
        }
    }

    /// BEGIN, COMMIT, ROLLBACK and savepoints; none for other statements.
    fn transaction_control(&mut self, stmt: &ast::Stmt) -> Option<Effect> {
        match stmt {
            ast::Stmt::Begin(_) => {
                if self.transaction.is_none() {
                    self.transaction = Some(Transaction { start: self.mark(), savepoints: Vec::new() });
                }
            }
            ast::Stmt::Commit(_) => self.transaction = None,
            ast::Stmt::Rollback(ast::Rollback::RollbackToSavepoint(to)) => {
                let name = to.savepoint_ref().map(|n| syntax::name(&n))?;
                let transaction = self.transaction.as_mut()?;
                let at = transaction.savepoints.iter().rposition(|(n, _)| *n == name)?;
                transaction.savepoints.truncate(at + 1);
                let mark = transaction.savepoints[at].1;
                self.roll_back_to(&mark);
            }
            ast::Stmt::Rollback(_) => {
                if let Some(transaction) = self.transaction.take() {
                    self.roll_back_to(&transaction.start);
                }
            }
            ast::Stmt::SavepointCreate(savepoint) => {
                let name = savepoint.savepoint().map(|n| syntax::name(&n))?;
                let mark = self.mark();
                self.transaction.as_mut()?.savepoints.push((name, mark));
            }
            ast::Stmt::ReleaseSavepoint(_) => {}
            _ => return None,
        }
        Some(Err(Stop::NoEffect))
    }

    fn mark(&self) -> Mark {
        (self.state.positions(), self.origins.position())
    }

    fn roll_back_to(&mut self, mark: &Mark) {
        self.state.roll_back_to(&mark.0);
        self.origins.roll_back_to(mark.1);
    }

    /// The catalogue so far, sorted.
    pub fn catalog(&self) -> Catalog {
        self.state.to_catalog()
    }

    /// The catalogue, sorted.
    pub fn into_catalog(self) -> Catalog {
        self.state.to_catalog()
    }

    /// Which statement (counted from 0 over all that were applied) made each object, and which changed it last. Objects of the
    /// prelude are absent until a statement changes them.
    pub fn origins(&self) -> BTreeMap<&ObjectRef, StatementOrigin> {
        self.origins.map()
    }
}

/// Whether a text can be more than data: a look at its first word, so that seed data costs nothing.
fn may_define(text: &str) -> bool {
    static WORDS: &[&str] = &[
        "create",
        "alter",
        "drop",
        "comment",
        "grant",
        "revoke",
        "set",
        "reset",
        "select",
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
        "refresh",
        "do",
        "reassign",
        "import",
        "call",
        "security",
        "discard",
        "cluster",
    ];
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\u{feff}');
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest).trim_start();
        } else {
            break;
        }
    }
    let len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = rest[..len].to_ascii_lowercase();
    if word == "select" {
        let lower = rest.to_ascii_lowercase();
        return lower.contains("set_config") || lower.contains(" into ");
    }
    WORDS.contains(&word.as_str())
}

fn after_block_comment(text: &str) -> &str {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'/', b'*') => {
                depth += 1;
                at += 2;
            }
            (b'*', b'/') => {
                depth = depth.saturating_sub(1);
                at += 2;
                if depth == 0 {
                    return &text[at..];
                }
            }
            _ => at += 1,
        }
    }
    ""
}

/// Carries out a statement inside another one.
fn carry_out(state: &mut State, text: &str) -> Effect {
    if syntax::nests_too_deeply(text) {
        return Err(Stop::not_understood("nested too deeply"));
    }
    let parse = SourceFile::parse(text);
    let tree = parse.tree();
    let (stmt, errors) = (tree.stmts().next(), parse.errors());
    match (stmt, errors.first()) {
        (_, Some(error)) => Err(Stop::not_understood(error.message())),
        (Some(stmt), None) => dispatch(state, &stmt),
        (None, None) => Err(Stop::NoEffect),
    }
}

/// Carries out one statement.
fn dispatch(state: &mut State, stmt: &ast::Stmt) -> Effect {
    if let Some(effect) = create(state, stmt) {
        return effect;
    }
    if let Some(effect) = alter::alter(state, stmt) {
        return effect;
    }
    if let Some(effect) = drop::drop(state, stmt) {
        return effect;
    }
    match stmt {
        ast::Stmt::AlterTable(node) => {
            let path = node.table_relation_name().map(|t| syntax::path(&t)).unwrap_or_default();
            alter_table::alter(state, &path, node.if_exists().is_some(), node.actions())
        }
        ast::Stmt::AlterForeignTable(node) => {
            let path = node.table_relation_name().map(|t| syntax::path(&t)).unwrap_or_default();
            alter_table::alter(state, &path, node.if_exists().is_some(), node.actions())
        }
        ast::Stmt::AlterType(node) => user_type::alter(state, node),
        ast::Stmt::AlterDomain(node) => user_type::alter_domain(state, node),
        ast::Stmt::AlterPolicy(node) => policy::alter(state, node),
        ast::Stmt::AlterPublication(node) => publication::alter(state, node),
        ast::Stmt::AlterExtension(node) => extension::alter(state, node),
        ast::Stmt::AlterDefaultPrivileges(node) => privilege::alter_default(state, node),
        ast::Stmt::CommentOn(node) => comment::comment(state, node),
        ast::Stmt::Grant(node) => privilege::grant(state, node),
        ast::Stmt::Revoke(node) => privilege::revoke(state, node),
        ast::Stmt::Set(node) => session::set(state, node),
        ast::Stmt::Reset(node) => session::reset(state, node),
        ast::Stmt::SetRole(node) => session::set_role(state, node),
        ast::Stmt::SetSessionAuth(node) => session::set_authorization(state, node),
        ast::Stmt::ResetSessionAuth(_) | ast::Stmt::ResetRole(_) => session::set_role_to(state, "none"),
        ast::Stmt::Select(node) => session::select(state, node),
        ast::Stmt::Cluster(node) => index::cluster(state, node),
        ast::Stmt::Refresh(node) => view::refresh(state, node),
        ast::Stmt::Do(node) => do_block::run(state, node),
        ast::Stmt::Call(_) => Err(Stop::not_understood("a procedure call; what it does shows only when it runs")),
        ast::Stmt::ImportForeignSchema(_) => Err(Stop::not_understood("IMPORT FOREIGN SCHEMA; the tables are elsewhere")),
        ast::Stmt::Reassign(_) | ast::Stmt::DropOwned(_) => Err(Stop::not_understood("ownership of everything a role has")),
        other => unknown(other),
    }
}

/// Statements without a handler: those about objects that the catalogue does not keep have no effect on it.
fn unknown(stmt: &ast::Stmt) -> Effect {
    let words = syntax::words(stmt.syntax());
    let first = words.first().map_or("", String::as_str);
    let about_kept = words.iter().take(4).any(|w| matches!(w.as_str(), "table" | "view" | "index" | "function" | "type" | "subscription"));
    let harmless = !matches!(first, "create" | "alter" | "drop") || !about_kept;
    if harmless { Err(Stop::NoEffect) } else { Err(Stop::not_understood(words.into_iter().take(6).collect::<Vec<_>>().join(" "))) }
}

/// A CREATE statement; none when it is another.
fn create(state: &mut State, stmt: &ast::Stmt) -> Option<Effect> {
    Some(match stmt {
        ast::Stmt::CreateTable(node) => table::create(state, node),
        ast::Stmt::CreateForeignTable(node) => table::create_foreign(state, node),
        ast::Stmt::CreateTableAs(node) => table::create_as(state, node),
        ast::Stmt::SelectInto(node) => table::select_into(state, node),
        ast::Stmt::CreateIndex(node) => index::create_index(state, node),
        ast::Stmt::CreateView(node) => view::create(state, node),
        ast::Stmt::CreateMaterializedView(node) => view::create_materialized(state, node),
        ast::Stmt::CreateSequence(node) => sequence::create(state, node),
        ast::Stmt::CreateType(node) => user_type::create(state, node),
        ast::Stmt::CreateDomain(node) => user_type::create_domain(state, node),
        ast::Stmt::CreateFunction(node) => function::create(state, node),
        ast::Stmt::CreateProcedure(node) => function::create_procedure(state, node),
        ast::Stmt::CreateAggregate(node) => function::create_aggregate(state, node),
        ast::Stmt::CreateTrigger(node) => trigger::create(state, node),
        ast::Stmt::CreateEventTrigger(node) => trigger::create_event(state, node),
        ast::Stmt::CreateRule(node) => trigger::create_rule(state, node),
        ast::Stmt::CreatePolicy(node) => policy::create(state, node),
        ast::Stmt::CreateExtension(node) => extension::create(state, node),
        ast::Stmt::CreatePublication(node) => publication::create(state, node),
        ast::Stmt::CreateStatistics(node) => statistics::create(state, node),
        ast::Stmt::CreateRole(node) => role::create(state, node.role(), node.role_option_list(), false),
        ast::Stmt::CreateUser(node) => role::create(state, node.role(), node.role_option_list(), true),
        ast::Stmt::CreateGroup(node) => role::create(state, node.role(), node.role_option_list(), false),
        ast::Stmt::CreateServer(node) => role::create_server(state, node),
        ast::Stmt::CreateCollation(node) => role::create_collation(state, node),
        ast::Stmt::CreateSchema(node) => schema_with_elements(state, node),
        _ => return None,
    })
}

/// CREATE SCHEMA with the objects made inside it.
fn schema_with_elements(state: &mut State, node: &ast::CreateSchema) -> Effect {
    let name = role::create_schema(state, node)?;
    let before = state.settings.get(&"search_path".to_owned()).cloned().unwrap_or_default();
    let mut path = vec![name];
    path.extend(before.iter().cloned());
    state.settings.insert("search_path".to_owned(), path);
    for element in node.schema_elements() {
        if let Some(stmt) = ast::Stmt::cast(element.syntax().clone()) {
            match dispatch(state, &stmt) {
                Ok(()) | Err(Stop::NoEffect) => {}
                Err(stop) => return Err(stop),
            }
        }
    }
    state.settings.insert("search_path".to_owned(), before);
    Ok(())
}
