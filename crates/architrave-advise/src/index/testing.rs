//! Catalogues, statistics, shapes and planners for tests.

use super::costs::is_subset;
use super::definition::body;
use super::input::{AdvisedQuery, IndexInput, Limits, Replicas};
use architrave_model::catalog::{Catalog, Column, Constraint, ConstraintKind, Index, Table};
use architrave_model::index_advice::IndexAdvice;
use architrave_model::name::QualifiedName;
use architrave_model::stats::{ColumnStats, DatabaseStats, IndexStats, Stats, TableStats};
use architrave_model::what_if::{Answer, IndexNumber, Request, TrialIndex, WhatIf, WhatIfError};
use architrave_model::workload::{Comparison, Condition, Operand, QueryShape, QuerySource, ScanShape, SortItem, Term, WorkloadQuery};

/// A database under construction.
#[derive(Default)]
pub(super) struct World {
    pub(super) catalog: Catalog,
    pub(super) stats: Stats,
}

impl World {
    /// A table with these rows, 100 to a page. Columns: name, type, distinct values (as in `pg_stats`), share of NULLs, width.
    pub(super) fn table(mut self, name: &str, rows: f64, columns: &[(&str, &str, f64, f64, i32)]) -> Self {
        let name = QualifiedName::new("public", name);
        let mut table = Table { name: name.clone(), ..Table::default() };
        for (column, data_type, distinct, nulls, width) in columns {
            let not_null = *nulls == 0.0;
            table.columns.push(Column { name: (*column).into(), data_type: (*data_type).into(), not_null, ..Column::default() });
            self.stats.columns.push(ColumnStats {
                table: name.clone(),
                column: (*column).into(),
                null_fraction: *nulls,
                average_width: *width,
                distinct: *distinct,
                ..ColumnStats::default()
            });
        }
        self.stats.tables.push(TableStats { name, rows, pages: (rows / 100.0) as i64, ..TableStats::default() });
        self.catalog.tables.push(table);
        self.sorted()
    }

    pub(super) fn sorted(mut self) -> Self {
        self.catalog.sort();
        self.stats.sort();
        self
    }

    pub(super) fn table_mut(&mut self, name: &str) -> &mut Table {
        self.catalog.tables.iter_mut().find(|t| t.name.name == name).unwrap()
    }

    pub(super) fn column_stats(&mut self, table: &str, column: &str) -> &mut ColumnStats {
        self.stats.columns.iter_mut().find(|c| c.table.name == table && c.column == column).unwrap()
    }

    /// An existing plain b-tree with its counters.
    pub(super) fn index(mut self, table: &str, name: &str, columns: &[&str], scans: i64) -> Self {
        let keys = columns.iter().map(|c| super::definition::key(&Term::Column((*c).into()))).collect();
        let index = Index { name: name.into(), ..super::definition::index("btree", keys) };
        self.table_mut(table).indexes.push(index);
        let name = QualifiedName::new("public", name);
        self.stats.indexes.push(IndexStats { name, table: table.into(), scans, bytes: Some(8192 * 100), ..IndexStats::default() });
        self.sorted()
    }

    pub(super) fn primary_key(mut self, table: &str, column: &str) -> Self {
        let name = format!("{table}_pkey");
        self = self.index(table, &name, &[column], 1);
        let own = self.table_mut(table);
        let index = own.indexes.iter_mut().find(|i| i.name == name).unwrap();
        (index.unique, index.primary, index.constraint) = (true, true, Some(name.clone()));
        own.constraints.push(Constraint::plain(&name, ConstraintKind::PrimaryKey, &[column]));
        self.sorted()
    }

    /// Counters are this many days old.
    pub(super) fn counted_for(mut self, days: f64) -> Self {
        self.stats.captured_at = 1_000_000_000.0;
        let stats_reset = Some(1_000_000_000.0 - days * 86_400.0);
        self.stats.database = Some(DatabaseStats { stats_reset, ..DatabaseStats::default() });
        self
    }

    pub(super) fn advise(&self, queries: &[AdvisedQuery<'_>], budget: Option<f64>, oracle: &mut dyn WhatIf) -> IndexAdvice {
        self.advise_until(queries, budget, oracle, &|| false)
    }

    pub(super) fn advise_until(
        &self,
        queries: &[AdvisedQuery<'_>],
        budget: Option<f64>,
        oracle: &mut dyn WhatIf,
        expired: &dyn Fn() -> bool,
    ) -> IndexAdvice {
        let input = self.input(queries, budget);
        super::advise_indexes(&input, oracle, Limits { expired, candidates: Limits::CANDIDATES }).unwrap()
    }

    pub(super) fn input<'a>(&'a self, queries: &'a [AdvisedQuery<'a>], budget: Option<f64>) -> IndexInput<'a> {
        IndexInput { catalog: &self.catalog, stats: Some(&self.stats), major: 16, queries, budget, replicas: Replicas::None }
    }
}

/// A statement and what it asks.
pub(super) struct Asked {
    pub(super) query: WorkloadQuery,
    pub(super) shapes: Vec<QueryShape>,
}

impl Asked {
    pub(super) fn advised(&self) -> AdvisedQuery<'_> {
        AdvisedQuery { query: &self.query, shapes: &self.shapes, writes: Vec::new() }
    }
}

pub(super) fn asked(id: &str, text: &str, scans: Vec<ScanShape>) -> Asked {
    let query = WorkloadQuery {
        id: id.into(),
        text: text.into(),
        source: QuerySource::Given,
        calls: 1.0,
        mean_ms: None,
        rows_per_call: None,
        search_path: None,
        variants: Vec::new(),
        logged_plan: None,
    };
    Asked { query, shapes: vec![QueryShape { scans }] }
}

pub(super) fn scan(table: &str, conditions: Vec<Condition>) -> ScanShape {
    let columns = ["id".to_owned(), "rest".to_owned(), "more".to_owned()];
    ScanShape {
        table: QualifiedName::new("public", table),
        alias: table.into(),
        conditions,
        columns: columns.into(),
        ..ScanShape::default()
    }
}

pub(super) fn column(name: &str) -> Term {
    Term::Column(name.into())
}

pub(super) fn condition(term: Term, comparison: Comparison, operator: &str, with: Operand) -> Condition {
    Condition { text: format!("{term:?} {operator} {with:?}"), term, comparison, operator: operator.into(), with }
}

/// `column = constant`.
pub(super) fn equal(name: &str, constant: &str) -> Condition {
    condition(column(name), Comparison::Equal, "=", Operand::Constant(constant.into()))
}

/// `column = $1`.
pub(super) fn equal_parameter(name: &str) -> Condition {
    condition(column(name), Comparison::Equal, "=", Operand::Parameter(1))
}

pub(super) fn descending(name: &str) -> SortItem {
    SortItem { term: column(name), descending: true, nulls_first: true }
}

/// Indexes (table and body) and the cost with them.
type Known = (Vec<&'static str>, f64);

/// A planner that knows for each query what it costs with which indexes, and the least of them that is there.
#[derive(Default)]
pub(super) struct Synthetic {
    /// Per query: the cost without any index, then configurations.
    pub(super) queries: Vec<(f64, Vec<Known>)>,
    /// An index (body) that makes a query this much dearer as soon as it is there.
    pub(super) harm: Vec<(usize, &'static str, f64)>,
    known: Vec<String>,
    pub(super) requests: usize,
}

impl Synthetic {
    pub(super) fn query(mut self, base: f64, configurations: &[(&[&'static str], f64)]) -> Self {
        self.queries.push((base, configurations.iter().map(|(needs, cost)| (needs.to_vec(), *cost)).collect()));
        self
    }

    fn number(&self, text: &str) -> Option<IndexNumber> {
        self.known.iter().position(|k| k == text).map(|at| at as IndexNumber)
    }
}

impl WhatIf for Synthetic {
    fn add(&mut self, indexes: &[TrialIndex]) -> Result<Vec<Option<String>>, WhatIfError> {
        self.known.extend(indexes.iter().map(|i| format!("{} {}", i.table.name, body(&i.index))));
        Ok(vec![None; indexes.len()])
    }

    fn cost(&mut self, requests: &[Request]) -> Result<Vec<Answer>, WhatIfError> {
        self.requests += requests.len();
        let mut answers = Vec::new();
        for request in requests {
            let (base, configurations) = &self.queries[request.query];
            let mut best = Answer { cost: *base, ..Answer::default() };
            for (needs, cost) in configurations {
                let mut numbers: Vec<IndexNumber> = needs.iter().filter_map(|n| self.number(n)).collect();
                numbers.sort_unstable();
                if numbers.len() == needs.len() && is_subset(&numbers, &request.visible) && *cost < best.cost {
                    best = Answer { cost: *cost, used: numbers, ..Answer::default() };
                }
            }
            for (query, text, factor) in &self.harm {
                let harmful = self.number(text).filter(|n| request.visible.contains(n));
                if let Some(number) = harmful.filter(|_| *query == request.query) {
                    best = Answer { cost: base * factor, used: vec![number], ..Answer::default() };
                }
            }
            answers.push(best);
        }
        Ok(answers)
    }
}
