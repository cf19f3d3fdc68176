//! What the rows must fulfil for a statement to succeed, as read-only queries that count those in the way.
//!
//! On the empty database of a trial every statement succeeds; only the rows of the real one decide. The queries are derived from the statement's
//! actions and the catalogue; they are asked on a live target only for people who ask for it (`--probe`), and printed otherwise. Not covered: the bounds
//! of an attached partition, and conversions by an expression that is no cast.

mod casts;
mod domains;
mod elements;
mod keys;
mod plain;
#[cfg(test)]
mod tests;

use architrave_model::catalog::{Catalog, Constraint, ConstraintKind, MatchType, Table};
use architrave_model::migration::{Action, ColumnDraft, ConstraintDraft, ConstraintForm, Migrations, Precondition, Step, Target};
use architrave_model::name::{QualifiedName, quote_ident};
use architrave_postgres::Client;
use architrave_postgres::probe::{Counted, ProbeLimits, count_rows};
use architrave_postgres::read::ReadError;
use plain::is_plain;

/// The prover's name.
pub const NAME: &str = "preconditions";

/// Longest condition in a sentence, characters.
const SHOWN: usize = 80;

/// Why a query with parts of a script in it is not asked for anybody.
const NOT_PLAIN: &str = "it holds an expression of the script that calls functions: read it, then run it yourself";

/// All preconditions of the steps, in their order. Tables that the pending scripts make themselves have none.
pub fn preconditions(migrations: &Migrations) -> Vec<Precondition> {
    let Some(first) = migrations.steps.first() else { return Vec::new() };
    let mut found = Vec::new();
    let enums = made_enums(migrations);
    for (number, step) in migrations.steps.iter().enumerate() {
        let case = Case { migrations, start: &first.before, enums: &enums, number, step };
        for action in &step.actions {
            found.extend(case.of_action(action));
        }
    }
    found
}

/// Asks the queries on a live target and fills in the counts, or why there is none. **Only when the people who run us said so (`--probe`)**: nothing
/// but our own catalogue queries runs on a target otherwise. Counts come back, never a value of a row. Errors only when the connection is lost.
pub async fn count_offenders(client: &Client, preconditions: &mut [Precondition], limits: ProbeLimits) -> Result<(), ReadError> {
    let mut open: Vec<&mut Precondition> = preconditions.iter_mut().filter(|p| p.not_asked.is_none() && p.offenders.is_none()).collect();
    let probes: Vec<&str> = open.iter().map(|p| p.probe.as_str()).collect();
    let counted = count_rows(client, &probes, limits).await?;
    for (precondition, counted) in open.iter_mut().zip(counted) {
        match counted {
            Counted::Rows(rows) => precondition.offenders = Some(rows),
            Counted::Refused(sqlstate) => precondition.not_asked = Some(refusal(&sqlstate, limits)),
        }
    }
    Ok(())
}

/// In our words: the server's may hold values of rows.
fn refusal(sqlstate: &str, limits: ProbeLimits) -> String {
    match sqlstate {
        "42501" => "the role may not read all rows of the table".to_owned(),
        "42P01" | "42703" | "42704" => "what it reads does not exist there yet".to_owned(),
        "57014" => format!("counting took longer than {} s", limits.statement_timeout_ms / 1000),
        "55P03" => "another session holds a lock on the table".to_owned(),
        code if code.starts_with("22") => format!("PostgreSQL refuses at least one value (SQLSTATE {code})"),
        code => format!("PostgreSQL refuses the query (SQLSTATE {code})"),
    }
}

/// A statement with what surrounds it.
struct Case<'a> {
    migrations: &'a Migrations,
    /// The catalogue before the first pending script.
    start: &'a Catalog,
    /// Enums that the steps make.
    enums: &'a [MadeEnum<'a>],
    number: usize,
    step: &'a Step,
}

/// An enum that a step makes.
struct MadeEnum<'a> {
    step: usize,
    name: &'a QualifiedName,
    labels: &'a [String],
}

/// All of them, in order.
fn made_enums(migrations: &Migrations) -> Vec<MadeEnum<'_>> {
    let all = migrations.steps.iter().enumerate().flat_map(|(step, s)| s.actions.iter().map(move |a| (step, a)));
    all.filter_map(|(step, action)| match action {
        Action::CreateEnum { name, values } => Some(MadeEnum { step, name, labels: values }),
        _ => None,
    })
    .collect()
}

/// A condition on rows: what must hold, the query, and whether the query is made of our own words and plain expressions only.
struct Condition {
    what: String,
    probe: String,
    is_plain: bool,
}

impl Condition {
    fn of(what: impl Into<String>, probe: String) -> Self {
        Self { what: what.into(), probe, is_plain: true }
    }
}

impl Case<'_> {
    fn of_action(&self, action: &Action) -> Vec<Precondition> {
        match action {
            Action::SetNotNull { table, column } => self.of_table(table, &[column], self.not_null(table, column)),
            Action::AddColumn { table, column, if_not_exists } => {
                let there = self.step.table(&table.name).is_some_and(|t| t.column(&column.name).is_some());
                if *if_not_exists && there { Vec::new() } else { self.new_column(table, column) }
            }
            Action::AddConstraint { table, constraint } => {
                let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
                self.of_table(table, &columns, self.new_constraint(table, constraint))
            }
            Action::ValidateConstraint { table, name } => {
                let known = self.step.table(&table.name).and_then(|t| t.constraints.iter().find(|c| c.name == *name));
                let Some(constraint) = known else { return Vec::new() };
                let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
                self.of_table(table, &columns, validated(table, constraint))
            }
            Action::CreateIndex { table, unique: true, index, if_not_exists, .. } => {
                let known = self.step.table(&table.name);
                let there = index.as_ref().zip(known).is_some_and(|(index, t)| t.index(&index.name).is_some());
                if *if_not_exists && there { Vec::new() } else { self.of_table(table, &[], keys::of_index(&self.step.text, table)) }
            }
            Action::SetType { table, column, type_text, using, .. } => {
                let condition = casts::of(self, table, column, type_text, using.as_deref());
                self.of_table(table, &[column], condition)
            }
            Action::AlterDomain { name, what } => domains::of(self, name, what),
            _ => Vec::new(),
        }
    }

    /// A precondition on a table that rows can be in; `columns` are those that must be there to ask.
    fn of_table(&self, table: &Target, columns: &[&str], condition: Option<Condition>) -> Vec<Precondition> {
        let (Some(known), Some(condition)) = (self.start.table_named(&table.name), condition) else { return Vec::new() };
        let missing = columns.iter().find(|c| known.column(c).is_none());
        let not_asked = match missing {
            Some(column) => Some(format!("{column} is made by an earlier statement: ask after it")),
            None if !condition.is_plain => Some(NOT_PLAIN.to_owned()),
            None => None,
        };
        vec![Precondition {
            step: self.number,
            table: table.name.clone(),
            what: condition.what,
            probe: condition.probe,
            offenders: None,
            not_asked,
        }]
    }

    fn not_null(&self, table: &Target, column: &str) -> Option<Condition> {
        let known = self.step.table(&table.name)?;
        if known.column(column).is_some_and(|c| c.not_null) {
            return None;
        }
        let proof = format!("({} IS NOT NULL)", quote_ident(column));
        let is_proved = |c: &Constraint| c.kind == ConstraintKind::Check && c.validated && c.expression.as_deref() == Some(proof.as_str());
        (!known.constraints.iter().any(is_proved)).then(|| no_null(table, &[column]))
    }

    fn new_column(&self, table: &Target, column: &ColumnDraft) -> Vec<Precondition> {
        let default = column.default.as_ref().filter(|d| !d.is_null);
        let filled = default.is_some() || column.serial || column.identity || column.stored || column.virtual_column;
        let primary = column.constraints.iter().any(|c| c.form == ConstraintForm::PrimaryKey);
        let mut found = Vec::new();
        if (column.not_null || primary) && !filled {
            let what = format!("no row at all ({} is NOT NULL and has no default)", column.name);
            found.extend(self.of_table(table, &[], Some(Condition::of(what, format!("select count(*) from {}", relation(table))))));
            return found;
        }
        let constant = default.filter(|d| d.is_constant);
        for constraint in &column.constraints {
            let condition = match (constraint.form, constant) {
                (ConstraintForm::Unique | ConstraintForm::PrimaryKey, Some(_)) => {
                    let what = format!("at most one row (every row gets the same {})", column.name);
                    Some(Condition::of(what, format!("select greatest(count(*) - 1, 0) from {}", relation(table))))
                }
                (ConstraintForm::ForeignKey, Some(default)) => self.references(constraint).map(|(referenced, columns)| {
                    let what = format!("{} {} in {referenced}, or no row at all", columns.join(", "), default.text);
                    let key = columns.first().map(|c| quote_ident(c)).unwrap_or_default();
                    let there = format!("select from {} as r where r.{key} = {}", referenced.sql(), default.text);
                    let probe = format!("select count(*) from {} where not exists ({there})", relation(table));
                    Condition { what, probe, is_plain: is_plain(&default.text) }
                }),
                _ => None,
            };
            found.extend(self.of_table(table, &[], condition));
        }
        found
    }

    fn new_constraint(&self, table: &Target, constraint: &ConstraintDraft) -> Option<Condition> {
        if constraint.not_valid || constraint.not_enforced {
            return None;
        }
        let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
        match constraint.form {
            ConstraintForm::Check => constraint.condition.as_deref().map(|condition| fulfils(table, condition)),
            ConstraintForm::NotNull => columns.first().and_then(|column| self.not_null(table, column)),
            ConstraintForm::Exclude => keys::of_exclusion(&constraint.text, table),
            ConstraintForm::Unique if constraint.using_index.is_some() => None,
            ConstraintForm::Unique => keys::of_columns(table, &columns, &constraint.text, false),
            ConstraintForm::PrimaryKey => match &constraint.using_index {
                Some(index) => {
                    let known = self.step.table(&table.name)?;
                    let key = &known.index(index)?.keys;
                    let nullable: Vec<&str> = key
                        .iter()
                        .filter_map(|k| k.column.as_deref())
                        .filter(|name| known.column(name).is_some_and(|c| !c.not_null))
                        .collect();
                    (!nullable.is_empty()).then(|| no_null(table, &nullable))
                }
                None => keys::of_columns(table, &columns, &constraint.text, true),
            },
            ConstraintForm::ForeignKey => {
                let (referenced, key) = self.references(constraint)?;
                let key: Vec<&str> = key.iter().map(String::as_str).collect();
                let full = elements::has_words(&constraint.text, &["match", "full"]);
                no_orphan(table, &columns, &referenced, &key, full)
            }
        }
    }

    /// The referenced table and key of a foreign key; without columns its primary key.
    fn references(&self, constraint: &ConstraintDraft) -> Option<(QualifiedName, Vec<String>)> {
        let referenced = constraint.referenced.clone()?;
        if !constraint.referenced_columns.is_empty() {
            return Some((referenced, constraint.referenced_columns.clone()));
        }
        let columns = self.step.table(&referenced).and_then(Table::primary_key)?.columns.clone();
        Some((referenced, columns))
    }
}

/// The condition of a constraint that is there and not validated yet.
fn validated(table: &Target, constraint: &Constraint) -> Option<Condition> {
    if constraint.validated {
        return None;
    }
    let columns: Vec<&str> = constraint.columns.iter().map(String::as_str).collect();
    match &constraint.kind {
        ConstraintKind::Check => constraint.expression.as_deref().map(|condition| fulfils(table, condition)),
        ConstraintKind::NotNull => Some(no_null(table, &columns)),
        ConstraintKind::ForeignKey => {
            let references = constraint.references.as_ref()?;
            let key: Vec<&str> = references.columns.iter().map(String::as_str).collect();
            no_orphan(table, &columns, &references.table, &key, references.match_type == MatchType::Full)
        }
        _ => None,
    }
}

fn no_null(table: &Target, columns: &[&str]) -> Condition {
    let is_null: Vec<String> = columns.iter().map(|c| format!("{} is null", quote_ident(c))).collect();
    Condition::of(
        format!("no NULL in {}", columns.join(", ")),
        format!("select count(*) from {} where {}", relation(table), is_null.join(" or ")),
    )
}

/// A CHECK: NULL passes.
fn fulfils(table: &Target, condition: &str) -> Condition {
    let probe = format!("select count(*) from {} where not ({condition})", relation(table));
    Condition { what: format!("every row fulfils {}", shown(condition)), probe, is_plain: is_plain(condition) }
}

fn no_orphan(table: &Target, columns: &[&str], referenced: &QualifiedName, key: &[&str], full: bool) -> Option<Condition> {
    if columns.is_empty() || columns.len() != key.len() {
        return None;
    }
    let own: Vec<String> = columns.iter().map(|c| format!("a.{}", quote_ident(c))).collect();
    let given = own.iter().map(|c| format!("{c} is not null")).collect::<Vec<_>>().join(" and ");
    let equal: Vec<String> = own.iter().zip(key).map(|(own, key)| format!("r.{} = {own}", quote_ident(key))).collect();
    let mut orphan = format!("{given} and not exists (select from {} as r where {})", referenced.sql(), equal.join(" and "));
    if full && own.len() > 1 {
        orphan = format!("({orphan}) or num_nulls({}) between 1 and {}", own.join(", "), own.len() - 1);
    }
    let what = format!("every ({}) is in {referenced} ({})", columns.join(", "), key.join(", "));
    Some(Condition::of(what, format!("select count(*) from {} as a where {orphan}", relation(table))))
}

/// The table as the statement means it.
fn relation(table: &Target) -> String {
    format!("{}{}", if table.only { "only " } else { "" }, table.name.sql())
}

/// A condition as part of a sentence.
fn shown(condition: &str) -> String {
    let line = condition.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > SHOWN { line.chars().take(SHOWN - 1).chain(['…']).collect() } else { line }
}
