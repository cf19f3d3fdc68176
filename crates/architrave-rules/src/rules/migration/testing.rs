//! Migrations built by hand for the unit tests of these rules: a catalogue, statements with their actions and effects, sizes.

use architrave_model::brief::Brief;
use architrave_model::catalog::{Column, Table, TableKind};
use architrave_model::context::Exposure;
use architrave_model::house::HouseRules;
use architrave_model::migration::{
    Action, Blocked, ColumnDraft, ConstraintDraft, ConstraintForm, Effect, LockMode, Migrations, Outcome, Relation, Rewritten, Scanned,
    SizeSource, Step, TableSize, TakenLock, Target,
};
use architrave_model::platform::Server;
use architrave_model::script::{Location, Script, TransactionMode};
use architrave_model::stack::Stack;
use architrave_model::{Catalog, Check, Context, Finding, QualifiedName, Rule, Sink};
use std::sync::Arc;

/// `name("public.t")`; without a schema it is in public.
pub(crate) fn name(text: &str) -> QualifiedName {
    let (schema, name) = text.split_once('.').unwrap_or(("public", text));
    QualifiedName::new(schema, name)
}

/// The target of an ALTER TABLE.
pub(crate) fn target(text: &str) -> Target {
    Target { name: name(text), ..Target::default() }
}

/// A table; columns as `id bigint not null`, `email text`.
pub(crate) fn table(of: &str, columns: &[&str]) -> Table {
    let column = |text: &&str| {
        let (name, rest) = text.split_once(' ').unwrap();
        let data_type = rest.trim_end_matches(" not null");
        Column { name: name.into(), data_type: data_type.into(), not_null: rest.ends_with(" not null"), ..Column::default() }
    };
    Table { name: name(of), columns: columns.iter().map(column).collect(), ..Table::default() }
}

/// A partitioned table and its partitions.
pub(crate) fn partitioned(of: &str, columns: &[&str], partitions: &[&str]) -> Vec<Table> {
    let mut all = vec![Table { kind: TableKind::Partitioned, ..table(of, columns) }];
    for partition in partitions {
        all.push(Table { is_partition: true, parents: vec![name(of)], ..table(partition, columns) });
    }
    all
}

/// What a statement did, in the making. Relations exist unless they are named as new.
#[derive(Default)]
pub(crate) struct Did(Effect);

/// An effect without anything.
pub(crate) fn did() -> Did {
    Did::default()
}

impl Did {
    /// A lock on a table of before the script; who waits follows from the mode.
    pub(crate) fn lock(mut self, relation: &str, mode: LockMode) -> Self {
        let taken = TakenLock { relation: name(relation), kind: Relation::Table, table: None, mode, existed: true, held_before: false };
        self.0.locks.push(taken);
        if mode.blocks_writes() {
            self.0.blocks.push(Blocked { relation: name(relation), reads: mode.blocks_reads(), writes: true });
        }
        self
    }

    /// A table of before the script is written anew.
    pub(crate) fn rewrite(mut self, relation: &str) -> Self {
        self.0.rewrites.push(Rewritten { relation: name(relation), index_of: None, existed: true });
        self
    }

    /// An index of before the script is built anew.
    pub(crate) fn rebuild(mut self, index: &str, table: &str) -> Self {
        self.0.rewrites.push(Rewritten { relation: name(index), index_of: Some(name(table)), existed: true });
        self
    }

    /// A table of before the script is read from end to end.
    pub(crate) fn scan(mut self, relation: &str) -> Self {
        self.0.scans.push(Scanned { relation: name(relation), tuples: None, existed: true });
        self
    }

    /// A new index.
    pub(crate) fn build(mut self, index: &str, table: &str) -> Self {
        self.0.built.push((name(index), name(table)));
        self
    }

    /// Waits for all older transactions.
    pub(crate) fn waits(mut self) -> Self {
        self.0.waits_for_older = true;
        self
    }
}

/// Pending migrations in the making.
pub(crate) struct Pending {
    migrations: Migrations,
    before: Arc<Catalog>,
    transactions: u32,
    lock_timeout_ms: u64,
    statement_timeout_ms: u64,
}

/// Migrations over these tables: executed, on PostgreSQL 15, one script that runs in one transaction.
pub(crate) fn pending(tables: Vec<Table>) -> Pending {
    let mut before = Catalog { tables, ..Catalog::default() };
    before.sort();
    pending_on(before)
}

/// The same over a whole catalogue.
pub(crate) fn pending_on(before: Catalog) -> Pending {
    let migrations =
        Migrations { database: "shop".into(), executed: true, server_version: "15.18".into(), major: 15, ..Migrations::default() };
    Pending { migrations, before: Arc::new(before), transactions: 0, lock_timeout_ms: 0, statement_timeout_ms: 0 }
        .script(TransactionMode::PerFile)
}

impl Pending {
    /// The next script.
    pub(crate) fn script(mut self, transaction: TransactionMode) -> Self {
        let number = self.migrations.scripts.len() + 1;
        self.transactions += 1;
        let path = format!("migrations/{number}.sql");
        let version = number.to_string();
        self.migrations.scripts.push(Script { path, version, transaction, ..Script::default() });
        self
    }

    /// Major version of the server.
    pub(crate) fn on_major(mut self, major: u16) -> Self {
        (self.migrations.major, self.migrations.server_version) = (major, format!("{major}.1"));
        self
    }

    /// Time-outs in force from here on, in milliseconds; 0 is none.
    pub(crate) fn timeouts(mut self, lock_ms: u64, statement_ms: u64) -> Self {
        (self.lock_timeout_ms, self.statement_timeout_ms) = (lock_ms, statement_ms);
        self
    }

    /// The size of a table, from the catalogue of the live database.
    pub(crate) fn size(mut self, table: &str, rows: f64, heap_bytes: i64) -> Self {
        let size =
            TableSize { rows, heap_bytes: Some(heap_bytes), index_bytes: None, writes: None, reads: None, source: SizeSource::Catalog };
        self.migrations.sizes.insert(name(table), size);
        self
    }

    /// A statement of the script that was made last, and what it did.
    pub(crate) fn step(self, text: &str, actions: Vec<Action>, did: Did) -> Self {
        self.ended(text, actions, did, Outcome::Done)
    }

    /// A statement that PostgreSQL refused.
    pub(crate) fn refused(self, text: &str, actions: Vec<Action>, sqlstate: &str, message: &str) -> Self {
        self.ended(text, actions, did(), Outcome::Failed { sqlstate: sqlstate.into(), message: message.into() })
    }

    fn ended(mut self, text: &str, actions: Vec<Action>, did: Did, outcome: Outcome) -> Self {
        let script = self.migrations.scripts.len() - 1;
        let statement = self.migrations.of_script(script).count();
        let own = self.migrations.scripts[script].clone();
        let line = u32::try_from(statement).unwrap() + 1;
        self.migrations.steps.push(Step {
            script,
            statement,
            location: Location { path: own.path, line, column: 1 },
            text: text.into(),
            transaction: (own.transaction != TransactionMode::PerStatement).then_some(self.transactions),
            mode: own.transaction,
            actions,
            lock_timeout_ms: self.lock_timeout_ms,
            statement_timeout_ms: self.statement_timeout_ms,
            outcome,
            effect: did.0,
            before: Arc::clone(&self.before),
            at_hand: Vec::new(),
        });
        self
    }

    /// Tables as they were just before the statement made last, where earlier ones of its script have changed them.
    pub(crate) fn at_hand(mut self, tables: Vec<Table>) -> Self {
        self.migrations.steps.last_mut().unwrap().at_hand = tables.into_iter().map(Arc::new).collect();
        self
    }

    /// The same, derived from text and catalogue only.
    pub(crate) fn not_executed(mut self) -> Self {
        self.migrations.executed = false;
        for step in self.migrations.steps.iter_mut().filter(|s| s.outcome == Outcome::Done) {
            step.outcome = Outcome::NotExecuted;
        }
        self
    }

    /// Anything else.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Migrations)) -> Self {
        change(&mut self.migrations);
        self
    }

    /// What a rule says.
    pub(crate) fn judge(&self, rule: &'static Rule) -> Vec<Finding> {
        let server = Server { version_num: u32::from(self.migrations.major) * 10_000, ..Server::default() };
        let (exposure, stack, house, brief) = (Exposure::default(), Stack::default(), HouseRules::default(), Brief::default());
        let context =
            Context { migrations: Some(&self.migrations), ..Context::of(&self.before, &server, &exposure, &stack, &house, &brief) };
        let mut sink = Sink::new(rule);
        let Check::Migration(check) = rule.check else { panic!("{}: no rule on migrations", rule.id) };
        check(&self.migrations, &context, &mut sink);
        sink.into_findings()
    }

    /// The messages of what a rule says, with severities: `medium: …`.
    pub(crate) fn says(&self, rule: &'static Rule) -> Vec<String> {
        self.judge(rule).iter().map(|f| format!("{}: {}", f.severity.word(), f.message)).collect()
    }
}

/// `name integer`, nullable and without default.
pub(crate) fn column(name: &str, type_text: &str) -> ColumnDraft {
    ColumnDraft { name: name.into(), type_text: type_text.into(), ..ColumnDraft::default() }
}

/// ADD COLUMN.
pub(crate) fn add_column(table: &str, column: ColumnDraft) -> Action {
    Action::AddColumn { table: target(table), column, if_not_exists: false }
}

/// A constraint as a statement says it; NOT VALID where the text ends so.
pub(crate) fn constraint(name: &str, form: ConstraintForm, columns: &[&str], text: &str) -> ConstraintDraft {
    let condition = text.strip_prefix("check (").and_then(|rest| Some(rest.rsplit_once(')')?.0.to_owned()));
    ConstraintDraft {
        name: Some(name.into()),
        form,
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        condition,
        referenced: None,
        referenced_columns: Vec::new(),
        using_index: None,
        not_valid: text.ends_with("not valid"),
        not_enforced: false,
        text: text.into(),
    }
}

/// ADD CONSTRAINT.
pub(crate) fn add_constraint(table: &str, constraint: ConstraintDraft) -> Action {
    Action::AddConstraint { table: target(table), constraint }
}

/// VALIDATE CONSTRAINT.
pub(crate) fn validate(table: &str, name: &str) -> Action {
    Action::ValidateConstraint { table: target(table), name: name.into() }
}

/// SET NOT NULL.
pub(crate) fn set_not_null(table: &str, column: &str) -> Action {
    Action::SetNotNull { table: target(table), column: column.into() }
}

/// ALTER COLUMN … TYPE.
pub(crate) fn set_type(table: &str, column: &str, type_text: &str, using: Option<&str>) -> Action {
    let using = using.map(str::to_owned);
    Action::SetType { table: target(table), column: column.into(), type_text: type_text.into(), using, collation: false }
}

/// CREATE INDEX of one column, `t_a_idx on t (a)`.
pub(crate) fn create_index(index: &str, table: &str, column: &str, concurrently: bool, if_not_exists: bool) -> Action {
    Action::CreateIndex {
        index: Some(name(index)),
        table: target(table),
        unique: false,
        concurrently,
        if_not_exists,
        method: "btree".into(),
        columns: vec![column.into()],
        partial: false,
    }
}
