//! Values for parameters, chosen from the statistics of the columns that they are compared with.

use super::literal::{base, beyond, fallback, fits, fragment, json_pair, json_value, typed};
use super::{PlannedQuery, array};
use architrave_model::catalog::Catalog;
use architrave_model::name::QualifiedName;
use architrave_model::stats::{ColumnStats, Stats};
use architrave_model::workload::{Comparison, Condition, Operand, QueryVariant, Term};
use architrave_sql::lex::{Lexer, TokenKind, name_of};
use architrave_sql::parameters::{Place, parameters};
use std::collections::{BTreeMap, BTreeSet};

/// What a parameter is compared with.
#[derive(Debug, Clone)]
struct Use {
    table: QualifiedName,
    condition: Condition,
    /// Parameters before it in the same condition.
    order: usize,
    /// It stands alone on its side, not inside an expression.
    direct: bool,
}

/// Which value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Common,
    Rare,
    Beyond,
}

/// One choice for all parameters of a statement.
struct Mode {
    choice: &'static str,
    aim: Aim,
    /// Share of a column's values that ranges take in.
    span: f64,
    share: f64,
}

/// What statistics know of a column's (or an expression's) values.
#[derive(Debug, Default)]
struct Known {
    /// Most common values, the most frequent first, with their shares.
    common: Vec<(String, f64)>,
    /// Bounds of equally filled ranges, ascending.
    bounds: Vec<String>,
    /// Most common elements of arrays and documents.
    elements: Vec<String>,
}

/// Members of a list that a parameter of an array type gets.
const MEMBERS: usize = 5;

/// Rows that a LIMIT allows when nothing tells how many a call returned.
const PAGE: f64 = 20.0;

pub(super) struct Chooser<'a> {
    stats: Option<&'a Stats>,
    catalog: &'a Catalog,
    types: &'a [String],
    places: BTreeMap<u32, Place>,
    uses: BTreeMap<u32, Use>,
    tables: Vec<QualifiedName>,
    rows_per_call: Option<f64>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(
        stats: Option<&'a Stats>,
        catalog: &'a Catalog,
        planned: &PlannedQuery,
        comparisons: Vec<(QualifiedName, Condition)>,
        types: &'a [String],
        places: &BTreeMap<u32, Place>,
    ) -> Self {
        let mut uses: BTreeMap<u32, Use> = BTreeMap::new();
        for (table, condition) in comparisons {
            let (numbers, direct) = compared(&condition);
            for (order, n) in numbers.into_iter().enumerate() {
                let new = Use { table: table.clone(), condition: condition.clone(), order, direct };
                let known = uses.entry(n).or_insert_with(|| new.clone());
                if direct && !known.direct {
                    *known = new;
                }
            }
        }
        let tables = planned.shape.scans.iter().map(|s| s.table.clone()).collect();
        Self { stats, catalog, types, places: places.clone(), uses, tables, rows_per_call: planned.query.rows_per_call }
    }

    /// The statements to plan for a text with parameters, the most frequent first; shares add up to 1.
    pub(super) fn variants(&self, text: &str) -> Vec<QueryVariant> {
        let numbers = parameters(text);
        let mut variants: Vec<QueryVariant> = Vec::new();
        for mode in self.modes() {
            let values = numbers.iter().map(|n| (*n, self.literal(*n, &mode))).collect();
            let sql = super::with_values(text, &values);
            match variants.iter_mut().find(|v| v.sql == sql) {
                Some(same) => same.share += mode.share,
                None => variants.push(QueryVariant { choice: mode.choice.to_owned(), sql, share: mode.share }),
            }
        }
        if let [only] = variants.as_mut_slice() {
            "typical value".clone_into(&mut only.choice);
        }
        let total: f64 = variants.iter().map(|v| v.share).sum();
        for variant in &mut variants {
            variant.share /= total;
        }
        variants.sort_by(|a, b| b.share.total_cmp(&a.share));
        variants
    }

    fn modes(&self) -> Vec<Mode> {
        let mut skew: Option<(f64, f64)> = None;
        let (mut ranges, mut patterns, mut outside) = (false, false, false);
        for (n, used) in self.uses.iter().filter(|(n, _)| !self.places.contains_key(n)) {
            let known = self.known(used);
            let ordered = matches!(used.condition.comparison, Comparison::Equal | Comparison::Range);
            outside |= ordered && self.beyond(&known, *n).is_some();
            match used.condition.comparison {
                Comparison::Range => ranges = true,
                Comparison::Prefix | Comparison::Pattern => patterns = true,
                _ => {
                    let first = known.common.first().map_or(0.0, |c| c.1);
                    let others = 1.0 - known.common.iter().map(|c| c.1).sum::<f64>();
                    if first > skew.map_or(0.0, |s| s.0) {
                        skew = Some((first, others.max(known.common.last().map_or(0.0, |c| c.1))));
                    }
                }
            }
        }
        let mode = |choice, aim, span, share| Mode { choice, aim, span, share };
        let mut modes = match (skew, ranges, patterns) {
            (Some((first, others)), _, _) => {
                vec![mode("common value", Aim::Common, 0.5, first.max(0.05)), mode("rare value", Aim::Rare, 0.1, others.max(0.05))]
            }
            (None, true, _) => vec![mode("narrow range", Aim::Common, 0.1, 0.6), mode("half of the range", Aim::Common, 0.5, 0.3)],
            (None, false, true) => vec![mode("prefix", Aim::Common, 0.5, 0.5), mode("text within", Aim::Rare, 0.5, 0.5)],
            (None, false, false) => vec![mode("typical value", Aim::Common, 0.5, 1.0)],
        };
        if ranges {
            modes.push(mode("wide range", Aim::Common, 0.9, 0.1));
        }
        if outside && (ranges || skew.is_some()) {
            modes.push(mode("out of range", Aim::Beyond, 0.1, 0.02));
        }
        modes
    }

    /// The literal that takes a parameter's place.
    fn literal(&self, n: u32, mode: &Mode) -> String {
        let data_type = self.type_of(n);
        let value = self.places.get(&n).and_then(|p| self.by_place(p, n, mode)).or_else(|| self.by_use(n, mode, 0));
        let fixed = self.places.contains_key(&n) || matches!(base(data_type), "tsquery" | "interval");
        match value.filter(|v| fixed || fits(v, data_type)).or_else(|| fallback(data_type, self.catalog)) {
            Some(value) => typed(&value, data_type),
            None => format!("NULL::{data_type}"),
        }
    }

    fn type_of(&self, n: u32) -> &str {
        (n as usize).checked_sub(1).and_then(|at| self.types.get(at)).map_or("text", String::as_str)
    }

    fn by_place(&self, place: &Place, n: u32, mode: &Mode) -> Option<String> {
        match place {
            Place::Limit => Some(self.rows_per_call.filter(|r| *r >= 1.0).unwrap_or(PAGE).ceil().to_string()),
            Place::Offset => Some(if mode.aim == Aim::Common { "0" } else { "200" }.to_owned()),
            Place::DateField => Some("day".to_owned()),
            Place::IntervalOf(unit) => Some(format!("3 {unit}")),
            Place::TimeZone => Some("UTC".to_owned()),
            Place::Escape => Some("\\".to_owned()),
            Place::JsonKey(column) => {
                self.json_key(column.as_deref()).or_else(|| (base(self.type_of(n)) == "text").then(|| "id".to_owned()))
            }
            Place::Member(first) => {
                let before = self.places.range(..n).filter(|(_, p)| **p == Place::Member(*first)).count();
                self.by_use(*first, mode, before + 1)
            }
        }
    }

    /// A key that documents of a column have.
    fn json_key(&self, column: Option<&str>) -> Option<String> {
        let column = column?;
        let stats = self.tables.iter().find_map(|t| self.column(t, column))?;
        Some(json_pair(array::elements(stats.most_common_values.as_deref()?)?.first()?)?.0)
    }

    fn by_use(&self, n: u32, mode: &Mode, skip: usize) -> Option<String> {
        let data_type = self.type_of(n);
        if base(data_type) == "interval" {
            return Some(
                if mode.span > 0.6 {
                    "365 days"
                } else if mode.span > 0.3 {
                    "30 days"
                } else {
                    "1 day"
                }
                .to_owned(),
            );
        }
        let used = self.uses.get(&n)?;
        let known = self.known(used);
        let skip = skip + used.order;
        match used.condition.comparison {
            Comparison::Range => self.bound(used, &known, n, mode),
            Comparison::Prefix | Comparison::Pattern => pattern(used, &known, mode),
            Comparison::Contains => contained(&used.condition.operator, &known, data_type),
            // The other end of a range that is put together.
            Comparison::Overlaps if skip > 0 && fits("2024-01-01", data_type) => Some("2024-02-01".to_owned()),
            Comparison::TextSearch => known.elements.first().map(|e| e.replace(['\'', '\\', ':', '&', '|', '!', '(', ')', ' '], "")),
            _ if data_type.ends_with("[]") => {
                let members: Vec<String> = (0..MEMBERS).filter_map(|at| self.pick(&known, n, mode.aim, at)).collect();
                let mut distinct: Vec<&String> = Vec::new();
                for member in &members {
                    if !distinct.contains(&member) {
                        distinct.push(member);
                    }
                }
                (!distinct.is_empty()).then(|| array::text(&distinct))
            }
            Comparison::Other if used.condition.operator.ends_with("ANY") => known.elements.get(skip).cloned(),
            _ => self.pick(&known, n, mode.aim, skip),
        }
    }

    /// A value of a column; `skip` tells apart the members of a list.
    fn pick(&self, known: &Known, n: u32, aim: Aim, skip: usize) -> Option<String> {
        let rare = || {
            let place = 0.5 + 0.11 * skip as f64;
            known.quantile(place.fract()).filter(|_| !known.bounds.is_empty()).or_else(|| {
                let last = known.common.len().checked_sub(1 + skip % known.common.len().max(1))?;
                known.common.get(last).map(|c| c.0.clone())
            })
        };
        match aim {
            Aim::Common => known.common.get(skip).map(|c| c.0.clone()).or_else(rare),
            Aim::Rare => rare(),
            Aim::Beyond => self.beyond(known, n).or_else(rare),
        }
    }

    fn beyond(&self, known: &Known, n: u32) -> Option<String> {
        let element = self.type_of(n).trim_end_matches("[]");
        beyond(known.bounds.first()?, known.bounds.last()?, element)
    }

    /// A bound of a range that takes in the mode's share of the column.
    fn bound(&self, used: &Use, known: &Known, n: u32, mode: &Mode) -> Option<String> {
        let upper = |operator: &str| operator.contains('<');
        let is_upper = upper(&used.condition.operator);
        let paired = self.uses.values().any(|other| {
            other.table == used.table
                && other.condition.term == used.condition.term
                && other.condition.comparison == Comparison::Range
                && upper(&other.condition.operator) != is_upper
        });
        if mode.aim == Aim::Beyond && (paired || !is_upper) {
            return self.beyond(known, n);
        }
        known.quantile(match (mode.aim, is_upper, paired) {
            (Aim::Beyond, ..) => 0.0,
            (_, true, true) => 0.5 + mode.span / 2.0,
            (_, false, true) => 0.5 - mode.span / 2.0,
            (_, true, false) => mode.span,
            (_, false, false) => 1.0 - mode.span,
        })
    }

    /// The statistics of a column, of the table itself or with its children.
    fn column(&self, table: &QualifiedName, column: &str) -> Option<&'a ColumnStats> {
        let stats = self.stats?;
        stats.column(table, column).or_else(|| {
            let key = (table, column, true);
            let at = stats.columns.binary_search_by(|c| (&c.table, c.column.as_str(), c.inherited).cmp(&key)).ok()?;
            stats.columns.get(at)
        })
    }

    fn known(&self, used: &Use) -> Known {
        match &used.condition.term {
            Term::Column(name) => self.column(&used.table, name).map(Known::of).unwrap_or_default(),
            Term::Expression(text) => self.of_index(&used.table, text).map_or_else(|| self.of_expression(&used.table, text), Known::of),
        }
    }

    /// Statistics of an index on nothing but this expression.
    fn of_index(&self, table: &QualifiedName, expression: &str) -> Option<&'a ColumnStats> {
        let found = self.catalog.table_named(table)?;
        let index = found.indexes.iter().find(|i| matches!(i.keys.as_slice(), [key] if key.expression.as_deref() == Some(expression)))?;
        let name = QualifiedName::new(table.schema.clone(), index.name.clone());
        self.stats?.columns.iter().find(|c| c.table == name)
    }

    /// What the values of the one column in an expression become by it.
    fn of_expression(&self, table: &QualifiedName, expression: &str) -> Known {
        let Some(found) = self.catalog.table_named(table) else { return Known::default() };
        let names = Lexer::new(expression).filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedName));
        let Some(column) = names.map(|t| name_of(&expression[t.start..t.end])).find(|n| found.column(n).is_some()) else {
            return Known::default();
        };
        let mut known = self.column(table, &column).map(Known::of).unwrap_or_default();
        let lower = expression.to_ascii_lowercase();
        if expression.contains("->>") {
            let literal = || {
                Lexer::new(expression)
                    .find(|t| t.kind == TokenKind::String)
                    .map(|t| expression[t.start..t.end].trim_matches('\'').to_owned())
            };
            match literal().or_else(|| self.json_key(Some(&column))) {
                Some(key) => known.map(|document| json_value(document, &key)),
                None => known = Known::default(),
            }
            known.bounds.clear();
        } else if lower.starts_with("lower(") {
            known.map(|v| Some(v.to_lowercase()));
        } else if lower.starts_with("upper(") {
            known.map(|v| Some(v.to_uppercase()));
        } else if lower.starts_with("extract(year") || lower.starts_with("date_part('year'") {
            known.map(|v| v.get(..4).map(str::to_owned));
        } else if lower.starts_with("extract(") || lower.starts_with("date_part(") {
            known = Known::default();
        }
        known
    }
}

impl Known {
    fn of(stats: &ColumnStats) -> Self {
        let list = |text: &Option<String>| text.as_deref().and_then(array::elements).unwrap_or_default();
        let shares = stats.most_common_frequencies.clone().unwrap_or_default();
        let mut elements = list(&stats.most_common_elements);
        let weights = stats.most_common_element_frequencies.clone().unwrap_or_default();
        // PostgreSQL sorts elements by value.
        let mut order: Vec<usize> = (0..elements.len()).collect();
        order.sort_by(|a, b| weights.get(*b).unwrap_or(&0.0).total_cmp(weights.get(*a).unwrap_or(&0.0)));
        elements = order.into_iter().filter_map(|at| elements.get(at).cloned()).collect();
        Self { common: list(&stats.most_common_values).into_iter().zip(shares).collect(), bounds: list(&stats.histogram_bounds), elements }
    }

    fn map(&mut self, change: impl Fn(&str) -> Option<String>) {
        self.common = std::mem::take(&mut self.common).into_iter().filter_map(|(v, share)| Some((change(&v)?, share))).collect();
        self.bounds = std::mem::take(&mut self.bounds).iter().filter_map(|v| change(v)).collect();
    }

    /// The value below which this share of the values lies.
    fn quantile(&self, share: f64) -> Option<String> {
        let at = |len: usize| ((len.checked_sub(1)? as f64) * share.clamp(0.0, 1.0)).round().to_string().parse::<usize>().ok();
        if !self.bounds.is_empty() {
            return self.bounds.get(at(self.bounds.len())?).cloned();
        }
        let mut sorted: Vec<&str> = self.common.iter().map(|c| c.0.as_str()).collect();
        sorted.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        });
        sorted.get(at(sorted.len())?).map(|v| (*v).to_owned())
    }
}

/// The parameters that a condition compares its term with, and whether one stands there alone.
fn compared(condition: &Condition) -> (Vec<u32>, bool) {
    match &condition.with {
        Operand::Parameter(n) => (vec![*n], true),
        Operand::Computed => {
            let inside = match &condition.term {
                Term::Expression(text) => parameters(text),
                Term::Column(_) => BTreeSet::new(),
            };
            (parameters(&condition.text).difference(&inside).copied().collect(), false)
        }
        _ => (Vec::new(), false),
    }
}

fn pattern(used: &Use, known: &Known, mode: &Mode) -> Option<String> {
    let value = known.common.first().map(|c| c.0.clone()).or_else(|| known.quantile(0.5))?;
    let operator = used.condition.operator.as_str();
    let prefix = mode.aim == Aim::Common && operator == "~~";
    let piece = fragment(&value, prefix);
    Some(match operator {
        _ if piece.is_empty() => return None,
        "~~" | "~~*" if !used.direct && used.condition.text.contains("||") => piece,
        "~~" if prefix => format!("{piece}%"),
        "~~" | "~~*" => format!("%{piece}%"),
        "~" | "~*" => piece.chars().map(|c| if c.is_alphanumeric() || c == ' ' { c } else { '.' }).collect(),
        _ => value,
    })
}

/// What documents or arrays shall contain.
fn contained(operator: &str, known: &Known, data_type: &str) -> Option<String> {
    let document = || json_pair(&known.common.first()?.0);
    match (base(data_type), operator) {
        ("jsonb", _) => document().map(|(_, pair)| pair),
        (_, "?") => document().map(|(key, _)| key),
        ("text", "?|" | "?&") if data_type.ends_with("[]") => document().map(|(key, _)| array::text(&[key])),
        _ => {
            let element = known.elements.first().cloned().or_else(|| array::elements(&known.common.first()?.0)?.into_iter().next())?;
            Some(if data_type.ends_with("[]") { array::text(&[element]) } else { element })
        }
    }
}
