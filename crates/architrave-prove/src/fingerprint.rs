//! A cheap look at a whole catalogue: a digest of all definitions, one of the columns' order, and the places that hold data. Equal digests spare the
//! reading of the catalogue; what differs is told by the comparison of catalogues, never from here.

use crate::ground::{PassageError, rows};
use architrave_postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

/// What one look has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// Digest of all definitions, order of columns apart.
    facts: String,
    /// Digest of the cluster's roles and their memberships.
    roles: String,
    /// Digest of the columns of every relation in their order.
    columns: String,
    /// One line for each table, column and enum value, led by its identity inside the database.
    data: String,
}

impl Fingerprint {
    /// Looks inside a savepoint of the open transaction, or in a transaction of its own.
    pub(crate) async fn take(client: &Client, major: u16, in_transaction: bool) -> Result<Self, PassageError> {
        let (open, close) = if in_transaction {
            ("savepoint architrave_look", "rollback to savepoint architrave_look; release savepoint architrave_look")
        } else {
            ("begin", "rollback")
        };
        let sql = format!(
            "{open}; set local search_path = pg_catalog; set local jit = off; set local max_parallel_workers_per_gather = 0; {}; {close}",
            question(major)
        );
        let answer = client.simple_query(&sql).await.map_err(PassageError::doing("look at its catalogue"))?;
        let mut values = rows(&answer).into_iter().next().unwrap_or_default().into_iter().map(Option::unwrap_or_default);
        let mut next = || values.next().unwrap_or_default();
        Ok(Self { facts: next(), roles: next(), columns: next(), data: next() })
    }

    /// Same definitions, and the same roles where they matter: what another trial on the server does to them is no difference.
    pub(crate) fn same(&self, other: &Self, with_roles: bool) -> bool {
        self.facts == other.facts && (!with_roles || self.roles == other.roles)
    }

    /// Same order of columns.
    pub(crate) fn same_order(&self, other: &Self) -> bool {
        self.columns == other.columns
    }

    /// What held data here and is gone by the end of the way up and down, under whatever name: `table public.t`, `column public.t.a`,
    /// `value 'x' of public.mood`. A value that a type lost on the way counts although the way back brings its name again.
    pub(crate) fn lost(&self, up: &Self, back: &Self) -> Vec<String> {
        if self.data == back.data && self.data == up.data {
            return Vec::new();
        }
        let (here, up, back) = (self.places(), up.places(), back.places());
        let named_after_up: BTreeSet<&str> = up.values().copied().collect();
        let mut lost: Vec<&str> = Vec::new();
        for (identity, name) in &here {
            let gone = if identity.starts_with('e') {
                !up.contains_key(identity) && !named_after_up.contains(name)
            } else {
                !back.contains_key(identity)
            };
            if gone {
                lost.push(name);
            }
        }
        let tables: Vec<String> = lost.iter().filter_map(|l| l.strip_prefix("table ")).map(|table| format!("column {table}.")).collect();
        lost.retain(|line| !tables.iter().any(|table| line.starts_with(table.as_str())));
        lost.sort_unstable();
        lost.into_iter().map(str::to_owned).collect()
    }

    fn places(&self) -> BTreeMap<&str, &str> {
        self.data.lines().filter_map(|line| line.split_once(' ')).collect()
    }
}

/// The question for one major version.
fn question(major: u16) -> String {
    let mut sql = String::new();
    for line in include_str!("fingerprint.sql").lines() {
        let (line, since) = line.split_once("--@ >=").map_or((line, None), |(line, since)| (line, since.trim().parse::<u16>().ok()));
        if since.is_none_or(|since| major >= since) && !line.starts_with("--") {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(data: &str) -> Fingerprint {
        Fingerprint { data: data.to_owned(), ..Fingerprint::default() }
    }

    #[test]
    fn lines_for_newer_majors_are_left_out() {
        assert!(question(15).contains("pg_publication_namespace"));
        assert!(!question(14).contains("pg_publication_namespace"));
    }

    #[test]
    fn a_column_made_anew_has_lost_its_data_and_a_renamed_one_has_not() {
        let before = look("t1 table public.t\nc1.1 column public.t.a\nc1.2 column public.t.b");
        let up = look("t1 table public.t\nc1.1 column public.t.x");
        let back = look("t1 table public.t\nc1.1 column public.t.a\nc1.3 column public.t.b");
        assert_eq!(before.lost(&up, &back), ["column public.t.b"]);
    }

    #[test]
    fn a_lost_table_stands_for_its_columns() {
        let before = look("t1 table public.t\nc1.1 column public.t.a");
        let back = look("t2 table public.t\nc2.1 column public.t.a");
        assert_eq!(before.lost(&look(""), &back), ["table public.t"]);
    }

    #[test]
    fn a_type_made_anew_keeps_the_values_that_it_names_again() {
        let before = look("e1 value 'a' of public.mood\ne2 value 'b' of public.mood");
        let up = look("e3 value 'a' of public.mood");
        let back = look("e4 value 'a' of public.mood\ne5 value 'b' of public.mood");
        assert_eq!(before.lost(&up, &back), ["value 'b' of public.mood"]);
    }
}
