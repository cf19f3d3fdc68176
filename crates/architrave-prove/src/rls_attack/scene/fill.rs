//! Makes rows: a draft, values that satisfy what checks ask, and the INSERT; what PostgreSQL refuses is mended or given up with its reason.

use super::actors::{People, Person};
use super::draft::{Draft, Drafting, Known};
use super::search::{self, Values, literal};
use super::{Purpose, SceneError, SeededRow, samples};
use crate::ground::rows;
use architrave_model::access::{ActorKind, Intent, Scope};
use architrave_model::catalog::{Catalog, ConstraintKind, Identity, Table, TypeKind};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::{Gap, QualifiedName};
use architrave_postgres::Client;
use architrave_sql::lex::{Lexer, TokenKind, name_of};
use std::collections::{BTreeMap, BTreeSet};

/// Attempts for one row.
const ATTEMPTS: usize = 6;

/// What a row shall be.
pub(super) struct Order<'t> {
    pub(super) table: &'t Table,
    pub(super) person: Person,
    pub(super) purpose: Purpose,
    /// Columns that are given.
    pub(super) fixed: Values,
    /// Conditions besides the checks.
    pub(super) wanted: Vec<String>,
    /// Candidates for the columns of those conditions come from here as well.
    pub(super) hints: Vec<String>,
}

/// Fills tables; lives as long as the scene is built.
pub(super) struct Filler<'a> {
    pub(super) client: &'a Client,
    pub(super) catalog: &'a Catalog,
    pub(super) intent: &'a Intent,
    pub(super) people: &'a People,
    pub(super) known: Known,
    pub(super) defaults: BTreeMap<(QualifiedName, String), Option<String>>,
    pub(super) rows: Vec<SeededRow>,
    pub(super) setup: Vec<String>,
    pub(super) gaps: Vec<Gap>,
    pub(super) number: u64,
}

/// How an INSERT ended.
enum Inserted {
    /// The row as it is now.
    Row(Values),
    /// SQLSTATE and message.
    Refused(String, String),
}

impl Filler<'_> {
    pub(super) fn drafting(&self) -> Drafting<'_> {
        Drafting { catalog: self.catalog, intent: self.intent, people: self.people, known: &self.known, defaults: &self.defaults }
    }

    /// Makes the row; the reason when it cannot be made.
    pub(super) async fn make(&mut self, order: &Order<'_>) -> Result<Option<String>, SceneError> {
        let checks = checks(self.catalog, order.table);
        let mut bounds = Bounds::of(self.catalog, order.table);
        let mut fixed = order.fixed.clone();
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            self.number += 1;
            let mut draft = self.drafting().draft(order.table, order.person, self.number, &fixed);
            if let Some(column) = draft.unmakeable.iter().find(|c| draft.values.get(*c).is_none_or(Option::is_none)) {
                let data_type = order.table.column(column).map(|c| c.data_type.clone()).unwrap_or_default();
                return Ok(Some(format!("no value of type {data_type} can be made for column {column}")));
            }
            if let Some(reason) = self.satisfy(order, &checks, &mut draft, attempt).await? {
                return Ok(Some(reason));
            }
            match self.insert(order.table, &draft.values).await? {
                Inserted::Row(row) => {
                    self.record(order, row);
                    return Ok(None);
                }
                Inserted::Refused(state, message) => {
                    last = format!("{state} {message}");
                    match state.as_str() {
                        "23505" if varies(order.table, &draft) => {}
                        "23505" => match self.left_out(order.table, &draft, &fixed, &last) {
                            Some(column) => {
                                fixed.insert(column, None);
                            }
                            None => return Ok(Some(last)),
                        },
                        "23P01" => self.number += 40,
                        "23514" if message.contains("no partition") => match bounds.next() {
                            Some(values) => fixed.extend(values),
                            None => return Ok(Some(last)),
                        },
                        _ => return Ok(Some(last)),
                    }
                }
            }
        }
        Ok(Some(last))
    }

    /// Changes free columns until all conditions hold; the reason when they cannot.
    async fn satisfy(&self, order: &Order<'_>, checks: &[String], draft: &mut Draft, attempt: usize) -> Result<Option<String>, SceneError> {
        let conditions: Vec<String> = checks.iter().chain(&order.wanted).cloned().collect();
        let hold = search::hold(self.client, order.table, &draft.values, &conditions).await?;
        let failing: Vec<&String> = conditions.iter().zip(&hold).filter(|(_, holds)| !**holds).map(|(c, _)| c).collect();
        if failing.is_empty() {
            return Ok(None);
        }
        for group in groups(order.table, &failing) {
            if !self.mend(order, &conditions, group.clone(), draft, attempt).await? {
                let of_group = failing.iter().find(|c| mentioned(order.table, c).iter().any(|m| group.contains(m))).or(failing.first());
                let first = of_group.map(|c| c.trim_end_matches(" is not false").to_owned()).unwrap_or_default();
                return Ok(Some(format!("no values were found that satisfy {first}")));
            }
        }
        Ok(None)
    }

    /// Changes columns that hang together until the conditions on them hold.
    async fn mend(
        &self,
        order: &Order<'_>,
        conditions: &[String],
        mut columns: BTreeSet<String>,
        draft: &mut Draft,
        attempt: usize,
    ) -> Result<bool, SceneError> {
        let told = self.told_by_functions(conditions).await?;
        for round in 0..4 {
            let mut vary = self.vary(order, draft, &columns, conditions, &told, round);
            self.add_rows_of_others(order.table, &mut vary).await?;
            let about = |c: &&String| mentioned(order.table, c).iter().any(|m| vary.iter().any(|(v, _)| v == m));
            let asked: Vec<String> = conditions.iter().filter(about).cloned().collect();
            let found = search::combinations(self.client, order.table, &draft.values, &vary, &asked).await?;
            if !found.is_empty() {
                let pick = found.get(attempt % found.len()).cloned().unwrap_or_default();
                draft.values.extend(pick);
                return Ok(true);
            }
            if round == 2 {
                // What shares a condition with these columns is varied with them, where they alone do not suffice.
                let near = conditions.iter().map(|c| mentioned(order.table, c)).filter(|m| m.iter().any(|c| columns.contains(c)));
                let near: Vec<String> = near.flatten().collect();
                columns.extend(near);
            }
        }
        Ok(false)
    }

    /// Candidates of the columns: free ones first; then also what the row refers to; then also whose it is.
    fn vary(
        &self,
        order: &Order<'_>,
        draft: &Draft,
        columns: &BTreeSet<String>,
        conditions: &[String],
        told: &str,
        round: usize,
    ) -> Vec<(String, Vec<Option<String>>)> {
        let scope = match self.intent.of(&order.table.name).map(|i| &i.scope) {
            Some(Scope::Owner { column } | Scope::Tenant { column, .. }) => Some(column.clone()),
            _ => None,
        };
        let mut out = Vec::new();
        for name in columns {
            let Some(column) = order.table.column(name) else { continue };
            let current = draft.values.get(name).cloned().flatten();
            let mut candidates = vec![current];
            if draft.bound.contains(name) {
                if round == 0 || (round == 1 && scope.as_ref() == Some(name)) || order.fixed.contains_key(name) {
                    continue;
                }
                candidates.extend(self.other_references(order.table, name, order.person));
                if !column.not_null {
                    candidates.push(None);
                }
            } else {
                let mut about: Vec<&str> = conditions
                    .iter()
                    .chain(&order.hints)
                    .filter(|c| mentioned(order.table, c).contains(name))
                    .map(String::as_str)
                    .collect();
                about.push(told);
                candidates.extend(samples::candidates(self.catalog, column, &about, self.number));
            }
            let mut seen = BTreeSet::new();
            candidates.retain(|c| seen.insert(c.clone()));
            out.push((name.clone(), candidates));
        }
        out
    }

    /// What functions without arguments return that the conditions call, as literals.
    async fn told_by_functions(&self, conditions: &[String]) -> Result<String, SceneError> {
        let mut calls: BTreeSet<String> = BTreeSet::new();
        for condition in conditions {
            let mut name = String::new();
            let mut open = false;
            for token in Lexer::new(condition) {
                let text = condition.get(token.start..token.end).unwrap_or_default();
                match token.kind {
                    TokenKind::Word | TokenKind::QuotedName | TokenKind::Dot => {
                        open = false;
                        name.push_str(text);
                    }
                    TokenKind::OpenParen => open = !name.is_empty(),
                    TokenKind::CloseParen if open => {
                        calls.insert(std::mem::take(&mut name));
                        open = false;
                    }
                    _ => {
                        open = false;
                        name.clear();
                    }
                }
            }
        }
        calls.retain(|c| c.contains('.') && !c.starts_with("auth."));
        if calls.is_empty() {
            return Ok(String::new());
        }
        let ask = |c: &String| format!("(pg_temp.architrave_value({}))", quote_literal(&format!("select ({c}())::text")));
        let list: Vec<String> = calls.iter().take(20).map(ask).collect();
        let answer = self.client.simple_query(&format!("values {}", list.join(", "))).await;
        let answer = answer.map_err(SceneError::doing("ask functions of checks"))?;
        let literals: Vec<String> = rows(&answer).into_iter().flatten().flatten().map(|v| quote_literal(&v)).collect();
        Ok(literals.join(" "))
    }

    /// Keys of rows that belong to nobody, for columns that refer to them.
    async fn add_rows_of_others(&self, table: &Table, vary: &mut [(String, Vec<Option<String>>)]) -> Result<(), SceneError> {
        for (column, candidates) in vary {
            let refers = table.foreign_keys().find_map(|(key, reference)| {
                let at = key.columns.iter().position(|c| c == column)?;
                Some((&reference.table, reference.columns.get(at)?))
            });
            let Some((parent, key)) = refers else { continue };
            let scope = self.intent.of(parent).map(|i| &i.scope);
            if matches!(scope, None | Some(Scope::Owner { .. } | Scope::Tenant { .. } | Scope::Through { .. })) {
                continue;
            }
            let key = quote_ident(key);
            let sql = format!("select {key}::text from {} where {key} is not null order by {key} limit 4", parent.sql());
            let answer = self.client.simple_query(&sql).await.map_err(SceneError::doing("look for rows to refer to"))?;
            let more: Vec<Option<String>> = rows(&answer).into_iter().flatten().collect();
            candidates.extend(more.into_iter().flatten().map(Some));
        }
        Ok(())
    }

    /// A column of the violated unique key that may be NULL, where nothing else of it can be changed.
    fn left_out(&self, table: &Table, draft: &Draft, fixed: &Values, message: &str) -> Option<String> {
        let index = table.indexes.iter().find(|i| i.unique && message.contains(&format!("\"{}\"", i.name)))?;
        let scope = match self.intent.of(&table.name).map(|i| &i.scope) {
            Some(Scope::Owner { column } | Scope::Tenant { column, .. }) => Some(column),
            _ => None,
        };
        let free = |column: &&String| {
            table.column(column).is_some_and(|c| !c.not_null)
                && !fixed.contains_key(*column)
                && scope != Some(*column)
                && draft.values.get(*column).is_some_and(Option::is_some)
        };
        index.keys.iter().filter_map(|k| k.column.as_ref()).find(free).cloned()
    }

    /// The same key of other people's rows, the bystander's first.
    fn other_references(&self, table: &Table, column: &str, person: Person) -> Vec<Option<String>> {
        let refers = table.foreign_keys().find_map(|(key, reference)| {
            let at = key.columns.iter().position(|c| c == column)?;
            Some((&reference.table, reference.columns.get(at)?))
        });
        let Some((parent, key)) = refers else { return vec![Some(self.people.id(Person::Bystander))] };
        let of = |person: &Person| self.known.get(&(parent.clone(), *person)).and_then(|row| row.get(key).cloned());
        // The owner's public rows have children, too.
        let public = self.rows.iter().filter(|r| r.table == *parent && r.of == ActorKind::Owner && r.purpose != Purpose::Belongs);
        let public = public.filter_map(|r| r.values.iter().find(|(c, _)| c == key)).map(|(_, literal)| super::fresh::plain(literal));
        let public: Vec<Option<String>> = if person == Person::Owner { public.collect() } else { Vec::new() };
        public.into_iter().chain([Person::Bystander, Person::Member, Person::Owner].iter().filter_map(of)).collect()
    }

    async fn insert(&mut self, table: &Table, values: &Values) -> Result<Inserted, SceneError> {
        let given = table.columns.iter().filter(|c| c.generated.is_none());
        let given = given.filter(|c| values.get(&c.name).is_some_and(|v| v.is_some() || c.default.is_some()));
        let (mut columns, mut literals) = (Vec::new(), Vec::new());
        let mut overriding = "";
        for column in given {
            if column.identity == Some(Identity::Always) {
                overriding = " overriding system value";
            }
            columns.push(quote_ident(&column.name));
            literals.push(literal(values.get(&column.name).and_then(Option::as_ref)));
        }
        let statement = if columns.is_empty() {
            format!("insert into {} default values", table.name.sql())
        } else {
            format!("insert into {} ({}){overriding} values ({})", table.name.sql(), columns.join(", "), literals.join(", "))
        };
        let back: Vec<String> = table.columns.iter().map(|c| quote_ident(&c.name)).collect();
        let message = format!("savepoint architrave_row; {statement} returning {}; release savepoint architrave_row", back.join(", "));
        match self.client.simple_query(&message).await {
            Ok(answer) => {
                let row = rows(&answer).into_iter().next().unwrap_or_default();
                self.setup.push(statement);
                Ok(Inserted::Row(table.columns.iter().map(|c| c.name.clone()).zip(row).collect()))
            }
            Err(error) => {
                let Some(refusal) = error.as_db_error() else { return Err(SceneError::doing("insert a row")(error)) };
                let found = Inserted::Refused(refusal.code().code().to_owned(), refusal.message().to_owned());
                let back = "rollback to savepoint architrave_row; release savepoint architrave_row";
                self.client.batch_execute(back).await.map_err(SceneError::doing("take back a row"))?;
                Ok(found)
            }
        }
    }

    /// Makes a row that is given, where keys allow it; what a default makes anew each time is the scene's own.
    pub(super) async fn add(&mut self, table: &Table, person: Person, row: &Values) -> Result<(), SceneError> {
        self.number += 1;
        let draft = self.drafting().draft(table, person, self.number, &Values::new());
        let mut values = row.clone();
        for column in &table.columns {
            let anew = column.takes_from_sequence() || column.default.is_some();
            let constant = self.defaults.contains_key(&(table.name.clone(), column.name.clone()));
            let refers = table.foreign_keys().any(|(key, _)| key.columns.contains(&column.name));
            let time = column.base_type().starts_with("timestamp");
            if anew
                && !constant
                && !refers
                && !time
                && let Some(Some(own)) = draft.values.get(&column.name)
            {
                values.insert(column.name.clone(), Some(own.clone()));
            }
        }
        if let Inserted::Row(row) = self.insert(table, &values).await? {
            let (fixed, wanted, hints) = (Values::new(), Vec::new(), Vec::new());
            self.record(&Order { table, person, purpose: Purpose::Belongs, fixed, wanted, hints }, row);
        }
        Ok(())
    }

    fn record(&mut self, order: &Order<'_>, row: Values) {
        if order.purpose == Purpose::Belongs || !self.known.contains_key(&(order.table.name.clone(), order.person)) {
            self.known.entry((order.table.name.clone(), order.person)).or_insert_with(|| row.clone());
        }
        let Some(of) = order.person.kind() else { return };
        let values = |columns: &mut dyn Iterator<Item = &String>| -> Vec<(String, String)> {
            columns.filter_map(|c| Some((c.clone(), literal(Some(row.get(c)?.as_ref()?))))).collect()
        };
        let key = values(&mut key_columns(order.table).iter());
        let given = order.table.columns.iter().filter(|c| c.generated.is_none()).map(|c| c.name.clone()).collect::<Vec<_>>();
        let values = values(&mut given.iter());
        self.rows.push(SeededRow { table: order.table.name.clone(), of, key, values, purpose: order.purpose.clone() });
    }

    /// Whether a row of that table and actor is there.
    pub(super) fn has(&self, table: &QualifiedName, of: ActorKind) -> bool {
        self.rows.iter().any(|r| r.table == *table && r.of == of)
    }
}

/// Columns of conditions, those together that share a condition.
fn groups(table: &Table, conditions: &[&String]) -> Vec<BTreeSet<String>> {
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for condition in conditions {
        let mut group: BTreeSet<String> = mentioned(table, condition).into_iter().collect();
        groups.retain(|other| {
            let apart = other.is_disjoint(&group);
            if !apart {
                group.extend(other.iter().cloned());
            }
            apart
        });
        groups.push(group);
    }
    groups
}

/// Whether another number would give other values to the unique columns.
fn varies(table: &Table, draft: &Draft) -> bool {
    let free = |column: &String| !draft.bound.contains(column) && draft.values.get(column).is_some_and(Option::is_some);
    table.indexes.iter().filter(|i| i.unique).all(|i| i.keys.iter().any(|k| k.column.as_ref().is_none_or(free)))
}

/// Columns that name a row: of the primary key, of a unique index that NULL cannot pass, else all that can be compared.
fn key_columns(table: &Table) -> Vec<String> {
    if let Some(key) = table.primary_key() {
        return key.columns.clone();
    }
    let not_null = |name: &str| table.column(name).is_some_and(|c| c.not_null);
    let whole = |i: &&architrave_model::catalog::Index| {
        i.unique && i.is_complete() && i.keys.iter().all(|k| k.column.as_deref().is_some_and(not_null))
    };
    if let Some(index) = table.indexes.iter().find(whole) {
        return index.keys.iter().filter_map(|k| k.column.clone()).collect();
    }
    let without = ["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"];
    table.columns.iter().filter(|c| !without.contains(&c.base_type().as_str())).map(|c| c.name.clone()).collect()
}

/// What checks of the table and of its domains ask, each as a condition that is not false.
pub(super) fn checks(catalog: &Catalog, table: &Table) -> Vec<String> {
    let own = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && c.enforced).filter_map(|c| c.expression.as_ref());
    let mut out: Vec<String> = own.map(|e| format!("({e}) is not false")).collect();
    for column in &table.columns {
        let Some(TypeKind::Domain { constraints, .. }) = samples::own_type(catalog, &column.data_type).map(|t| &t.kind) else { continue };
        if column.is_array() {
            continue;
        }
        let expressions = constraints.iter().filter_map(|c| c.expression.as_ref());
        out.extend(expressions.map(|e| format!("({}) is not false", with_value(e, &column.name))));
    }
    out
}

/// A domain's check with the column in the place of VALUE.
fn with_value(expression: &str, column: &str) -> String {
    let mut out = String::new();
    for token in Lexer::new(expression) {
        let text = expression.get(token.start..token.end).unwrap_or_default();
        let is_value = token.kind == TokenKind::Word && text.eq_ignore_ascii_case("value");
        out.push_str(&if is_value { quote_ident(column) } else { text.to_owned() });
    }
    out
}

/// Columns of the table that a condition names; generated ones are not among them.
pub(super) fn mentioned(table: &Table, condition: &str) -> Vec<String> {
    let words: BTreeSet<String> = Lexer::new(condition)
        .filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedName))
        .filter_map(|t| condition.get(t.start..t.end))
        .map(name_of)
        .collect();
    table.columns.iter().filter(|c| c.generated.is_none() && words.contains(&c.name)).map(|c| c.name.clone()).collect()
}

/// Values of the partition key for which there is a partition.
struct Bounds {
    options: std::vec::IntoIter<Values>,
}

impl Bounds {
    fn of(catalog: &Catalog, table: &Table) -> Self {
        let columns = table.partitioning.as_ref().map(|p| p.columns.clone()).unwrap_or_default();
        let mut options = Vec::new();
        for partition in catalog.tables.iter().filter(|t| t.parents.contains(&table.name)) {
            let bound = partition.partition_bound.as_deref().unwrap_or_default();
            let strings = |text: &str| -> Vec<String> {
                let literal = |t: &architrave_sql::lex::Token| matches!(t.kind, TokenKind::String | TokenKind::Number);
                Lexer::new(text)
                    .filter(literal)
                    .filter_map(|t| Some(text.get(t.start..t.end)?.trim_matches('\'').replace("''", "'")))
                    .collect()
            };
            // Of a range the lower end belongs to it; a range without lower end is left to the others.
            let from = bound.split(" TO ").next().unwrap_or_default();
            let found = strings(from);
            let values: Values = columns.iter().cloned().zip(found.into_iter().map(Some)).collect();
            if !values.is_empty() {
                options.push(values);
            }
        }
        options.truncate(4);
        Self { options: options.into_iter() }
    }

    fn next(&mut self) -> Option<Values> {
        self.options.next()
    }
}

/// Constants among the defaults, as PostgreSQL evaluates them.
pub(super) async fn constants(client: &Client, tables: &[&Table]) -> Result<BTreeMap<(QualifiedName, String), Option<String>>, SceneError> {
    let make = "create or replace function pg_temp.architrave_value(question text) returns text language plpgsql as \
                $f$ declare answer text; begin execute question into answer; return answer; exception when others then return null; end $f$";
    client.batch_execute(make).await.map_err(SceneError::doing("make its function for defaults"))?;
    let varies = [
        "nextval(",
        "random",
        "uuid",
        "now()",
        "clock_timestamp",
        "statement_timestamp",
        "CURRENT_",
        "transaction_timestamp",
        "gen_",
        "auth.",
    ];
    let mut asked: Vec<(&QualifiedName, &String, String)> = Vec::new();
    for table in tables {
        for column in table.columns.iter().filter(|c| c.generated.is_none()) {
            if let Some(default) = column.default.as_ref().filter(|d| !varies.iter().any(|v| d.contains(v))) {
                asked.push((&table.name, &column.name, format!("select (({default})::{})::text", column.data_type)));
            }
        }
    }
    let mut out = BTreeMap::new();
    for chunk in asked.chunks(500) {
        let list: Vec<String> = chunk.iter().map(|(_, _, q)| format!("(pg_temp.architrave_value({}))", quote_literal(q))).collect();
        let answer = client.simple_query(&format!("values {}", list.join(", "))).await.map_err(SceneError::doing("evaluate defaults"))?;
        for ((table, column, _), row) in chunk.iter().zip(rows(&answer)) {
            if let Some(Some(value)) = row.into_iter().next() {
                out.insert(((*table).clone(), (*column).clone()), Some(value));
            }
        }
    }
    Ok(out)
}
