//! Whether a rewritten query returns the same rows: both are run on generated rows with NULLs and duplicates, round after round,
//! under the schema's own constraints. A difference is shown with the rows that make it.

mod domain;
mod rows;
#[cfg(test)]
mod tests;

use crate::round_trip::refusal;
use architrave_model::Catalog;
use architrave_postgres::replay::{Confined, ReplayError};
use architrave_postgres::server::Database;
use architrave_postgres::{Client, DriverError};
use architrave_sql::parameters::bind;
use architrave_sql::rewrite::{Comparison, Page, Rewrite, without_limit};
use domain::Domains;
use rows::Filled;
use std::collections::BTreeMap;

/// The prover's name in `proof.by`.
pub const NAME: &str = "rewrite-trial";

/// Rounds of fresh rows.
const ROUNDS: u64 = 40;
/// Rows put into each table per round (fewer stay where keys collide).
const ROWS: usize = 14;

/// What comparing has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Equivalence {
    /// No difference.
    Same {
        /// Rounds in which the original returned rows.
        rounds: u32,
        /// Rows compared in all.
        rows: u64,
    },
    /// They differ.
    Differs(CounterExample),
    /// It could not be found out.
    Unknown {
        /// Why, a fragment.
        why: String,
    },
}

/// Generated rows for which the two queries differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CounterExample {
    /// Tables with their rows, as `INSERT`s would hold them: only as many as the difference needs.
    pub inserts: Vec<String>,
    /// A row that differs, as text.
    pub row: String,
    /// How often the original returns it.
    pub original: i64,
    /// How often the rewrite returns it.
    pub rewritten: i64,
}

impl CounterExample {
    /// One sentence.
    pub fn sentence(&self) -> String {
        format!(
            "for {} generated row(s) the original returns {} {} and the rewrite {}",
            self.inserts.len(),
            self.row,
            times(self.original),
            times(self.rewritten)
        )
    }
}

fn times(n: i64) -> String {
    match n {
        0 => "not at all".to_owned(),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

/// Compares on a clone of `base`, a database with the schema and without rows.
pub async fn compare(
    server: &Confined<'_>,
    base: &Database,
    catalog: &Catalog,
    original: &str,
    rewrite: &Rewrite,
) -> Result<Equivalence, ReplayError> {
    let clone = server.clone_database(base).await?;
    let client = server.owner(&clone).await?;
    let found = Trial { client: &client, catalog, original, rewrite }.run().await;
    drop(client);
    Ok(found.unwrap_or_else(|error| Equivalence::Unknown { why: refusal(&error) }))
}

struct Trial<'a> {
    client: &'a Client,
    catalog: &'a Catalog,
    original: &'a str,
    rewrite: &'a Rewrite,
}

impl Trial<'_> {
    async fn run(&self) -> Result<Equivalence, DriverError> {
        self.client.batch_execute("set statement_timeout = '5s'").await?;
        let types = self.parameter_types().await?;
        let tables = rows::tables(self.client, self.original, types.len(), self.catalog).await?;
        if tables.is_empty() {
            return Ok(unknown("the query reads no table that rows could be generated for"));
        }
        let mut domains = Domains::of(self.original);
        let (mut rounds, mut compared) = (0, 0);
        for round in 0..ROUNDS {
            domains.seed(round);
            let filled = rows::fill(self.client, self.catalog, &tables, &mut domains, ROWS).await?;
            let values: BTreeMap<u32, String> = (1..).zip(&types).map(|(n, t)| (n, domains.parameter(t))).collect();
            let outcome = match &self.rewrite.comparison {
                Comparison::SameRows => self.same_rows(&values, &filled).await?,
                Comparison::Page(page) => self.pages(page, &values, &filled).await?,
            };
            match outcome {
                Round::Differs(example) => return Ok(Equivalence::Differs(example)),
                Round::Same(0) => {}
                Round::Same(rows) => {
                    rounds += 1;
                    compared += rows;
                }
            }
        }
        if rounds < 3 {
            return Ok(unknown("the query returned no rows for the generated ones, so nothing could be compared"));
        }
        Ok(Equivalence::Same { rounds, rows: compared })
    }

    async fn parameter_types(&self) -> Result<Vec<String>, DriverError> {
        let prepared = self.client.prepare(self.original).await?;
        Ok(prepared.params().iter().map(|t| t.name().to_owned()).collect())
    }

    async fn same_rows(&self, values: &BTreeMap<u32, String>, filled: &Filled) -> Result<Round, DriverError> {
        let (original, rewritten) = (bind(&without_limit(self.original), values), bind(&without_limit(&self.rewrite.sql), values));
        let counted = |sql: &str| format!("select returned::text as line, count(*) as n from ({sql}) as returned group by 1");
        let differ = format!(
            "with o as ({}), r as ({}) select coalesce(o.line, r.line), coalesce(o.n, 0), coalesce(r.n, 0) \
             from o full join r using (line) where o.n is distinct from r.n order by 1 limit 1",
            counted(&original),
            counted(&rewritten)
        );
        if let Some(row) = self.client.query_opt(&differ, &[]).await? {
            let mut example = CounterExample { inserts: Vec::new(), row: row.get(0), original: row.get(1), rewritten: row.get(2) };
            example.inserts = rows::smallest(self.client, filled, &differ).await?;
            if let Some(row) = self.client.query_opt(&differ, &[]).await? {
                (example.row, example.original, example.rewritten) = (row.get(0), row.get(1), row.get(2));
            }
            return Ok(Round::Differs(example));
        }
        let n: i64 = self.client.query_one(&format!("select count(*) from ({original}) as returned"), &[]).await?.get(0);
        Ok(Round::Same(n.unsigned_abs()))
    }

    async fn pages(&self, page: &Page, values: &BTreeMap<u32, String>, filled: &Filled) -> Result<Round, DriverError> {
        let ordered = bind(&page.ordered, values);
        let all = self.lines(&ordered).await?;
        let keys = self.client.simple_query(&bind(&page.keys, values)).await?;
        let keys: Vec<Vec<Option<String>>> = keys
            .iter()
            .filter_map(|m| match m {
                architrave_postgres::SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
                }
                _ => None,
            })
            .collect();
        for after in 1..all.len().min(keys.len()) {
            let mut values = values.clone();
            for (number, key) in (page.first..page.first + page.count).zip(&keys[after - 1]) {
                let literal = key.as_deref().map_or_else(|| "null".to_owned(), architrave_model::name::quote_literal);
                values.insert(number, literal);
            }
            let got = self.lines(&bind(&page.rewritten, &values)).await?;
            if got != all[after..] {
                let differing = all[after..].iter().find(|l| !got.contains(l)).or_else(|| got.iter().find(|l| !all[after..].contains(l)));
                let row = differing.cloned().unwrap_or_else(|| "the rows in another order".to_owned());
                let count = |lines: &[String]| i64::try_from(lines.iter().filter(|l| **l == row).count()).unwrap_or(i64::MAX);
                let (original, rewritten) = (count(&all[after..]), count(&got));
                return Ok(Round::Differs(CounterExample { inserts: filled.inserts.clone(), row, original, rewritten }));
            }
        }
        Ok(Round::Same(all.len() as u64))
    }

    /// The rows of a query as text, in order.
    async fn lines(&self, sql: &str) -> Result<Vec<String>, DriverError> {
        let rows = self.client.query(&format!("select returned::text from ({sql}) as returned"), &[]).await?;
        Ok(rows.iter().map(|r| r.get(0)).collect())
    }
}

enum Round {
    Same(u64),
    Differs(CounterExample),
}

fn unknown(why: &str) -> Equivalence {
    Equivalence::Unknown { why: why.to_owned() }
}
