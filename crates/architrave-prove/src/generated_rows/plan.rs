//! The plan of a fill: which columns follow which source, which keys they keep, which tables they refer to.

use super::FillOptions;
use super::allowed::{Allowed, ordered_pairs};
use super::axis::{Axis, Points};
use super::composite::KeyPlan;
use super::facts::Facts;
use super::family::{Family, Resolved, resolve};
use super::linked::Link;
use super::maker::{Maker, Rare};
use super::random::{Shuffle, seed_of};
use super::samples::samples;
use super::shape::{Wish, segments};
use super::sizes::{Size, leaves, sizes};
use super::source::{Segment, Source, Span};
use architrave_model::catalog::{ConstraintKind, Generated, Table};
use architrave_model::stats::Stats;
use architrave_model::{Catalog, ObjectRef, QualifiedName, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// Above this width PostgreSQL keeps no values of a column.
const WIDE: usize = 1024;
/// Documents that serve as patterns.
const DOCUMENTS: usize = 400;

/// Where a cell's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// The server makes it: generated columns.
    Omitted,
    /// Of a source.
    Own(usize),
    /// The cell of a referenced row: source of row numbers, column of the referenced table.
    FromRow { source: usize, column: usize },
    /// The cell of a referenced row that other columns of this row have chosen.
    Linked { link: usize, column: usize },
}

/// A table's part of the plan.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    pub(super) table: &'a Table,
    pub(super) size: Size,
    pub(super) cells: Vec<Cell>,
    pub(super) key: Option<KeyPlan>,
    /// Pairs of columns that a check puts in order: the lower one, the higher one, whether they must differ.
    pub(super) ordered: Vec<(usize, usize, bool)>,
}

/// A foreign key of several columns, in positions of tables and columns.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) table: usize,
    pub(super) columns: Vec<usize>,
    pub(super) parent: usize,
    pub(super) referenced: Vec<usize>,
    /// Columns that something else gives their values.
    pub(super) shared: Vec<bool>,
}

/// The whole plan: a pure function of snapshot, options and row number.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) catalog: &'a Catalog,
    stats: Option<&'a Stats>,
    options: &'a FillOptions,
    pub(super) tables: Vec<Planned<'a>>,
    pub(super) sources: Vec<Source>,
    pub(super) links: Vec<Link>,
    pub(super) notes: BTreeMap<ObjectRef, BTreeSet<String>>,
    by_name: BTreeMap<&'a QualifiedName, usize>,
    /// Source of a column, once it is planned; `None` while it is being planned.
    planned: BTreeMap<(usize, usize), Option<usize>>,
    /// The column that a column refers to.
    references: BTreeMap<(usize, usize), (usize, usize)>,
}

impl<'a> World<'a> {
    /// Plans everything.
    pub(super) fn plan(snapshot: &'a Snapshot, options: &'a FillOptions) -> Self {
        let catalog = &snapshot.catalog;
        let sizes = sizes(catalog, snapshot.stats.as_ref(), options);
        let tables: Vec<Planned<'a>> = catalog
            .base_tables()
            .filter(|table| table.extension.is_none())
            .map(|table| Planned {
                table,
                size: sizes.get(&table.name).copied().unwrap_or_default(),
                cells: vec![Cell::Omitted; table.columns.len()],
                key: None,
                ordered: ordered(table),
            })
            .collect();
        let by_name = tables.iter().enumerate().map(|(at, planned)| (&planned.table.name, at)).collect();
        let mut world = Self {
            catalog,
            stats: snapshot.stats.as_ref(),
            options,
            tables,
            sources: Vec::new(),
            links: Vec::new(),
            notes: BTreeMap::new(),
            by_name,
            planned: BTreeMap::new(),
            references: BTreeMap::new(),
        };
        let (mut groups, mut links) = world.references().into_iter().partition::<Vec<Group>, _>(|g| !g.shared.contains(&true));
        links.extend(Self::circular(&mut groups));
        world.limit_to_parents(&groups);
        world.columns();
        world.ordered_together();
        for group in &groups {
            world.row_reference(group);
        }
        for at in 0..world.tables.len() {
            world.composite_key(at);
        }
        for group in &links {
            world.link(group);
        }
        world.dependencies(snapshot.stats.as_ref());
        world
    }

    /// Says something about a table or column, once.
    pub(super) fn note(&mut self, object: ObjectRef, text: impl Into<String>) {
        self.notes.entry(object).or_default().insert(text.into());
    }

    fn column_ref(&self, table: usize, column: usize) -> ObjectRef {
        let table = self.tables[table].table;
        ObjectRef::column(&table.name, &table.columns[column].name)
    }

    /// Gives every foreign key its columns: those of several columns first, each column once. The ones of several columns come back.
    fn references(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        for at in 0..self.tables.len() {
            let table = self.tables[at].table;
            let position = |table: &Table, name: &String| table.columns.iter().position(|c| c.name == *name);
            let mut keys: Vec<_> = table.foreign_keys().filter(|(key, _)| key.enforced).collect();
            keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.columns.len()));
            let mut taken: BTreeMap<usize, QualifiedName> = BTreeMap::new();
            for (key, to) in keys {
                let object = ObjectRef::in_table(architrave_model::ObjectKind::Constraint, &table.name, &key.name);
                let Some(&parent) = self.by_name.get(&to.table) else {
                    self.note(object, "refers to a table that gets no rows of its own; its values may dangle");
                    continue;
                };
                let columns: Option<Vec<usize>> = key.columns.iter().map(|c| position(table, c)).collect();
                let referenced: Option<Vec<usize>> = to.columns.iter().map(|c| position(self.tables[parent].table, c)).collect();
                let (Some(columns), Some(referenced)) = (columns, referenced) else { continue };
                let shared: Vec<bool> = columns.iter().map(|c| taken.contains_key(c)).collect();
                if !shared.contains(&false) {
                    let same = taken.get(&columns[0]) == Some(&to.table) && columns.len() == 1;
                    if !same && !self.implied(&taken, columns[0], &key.columns[0], &to.table) {
                        self.note(object, "shares its columns with other foreign keys, which are kept instead; its values may dangle");
                    }
                    continue;
                }
                for column in &columns {
                    taken.entry(*column).or_insert_with(|| to.table.clone());
                }
                match (columns.as_slice(), referenced.as_slice()) {
                    ([column], [target]) => {
                        self.references.insert((at, *column), (parent, *target));
                    }
                    _ => groups.push(Group { table: at, columns, parent, referenced, shared }),
                }
            }
        }
        groups
    }

    /// Whether the table that a column was taken by refers with the column of the same name to the same table.
    fn implied(&self, taken: &BTreeMap<usize, QualifiedName>, column: usize, name: &str, to: &QualifiedName) -> bool {
        let Some(by) = taken.get(&column).and_then(|by| self.catalog.table_named(by)) else { return false };
        by.foreign_keys().any(|(key, target)| key.columns.as_slice() == [name] && target.table == *to)
    }

    /// A unique foreign key has one row for each row there at most: fewer there, fewer here.
    fn limit_to_parents(&mut self, groups: &[Group]) {
        let mut unique: Vec<(usize, usize)> = Vec::new();
        for (from, to) in &self.references {
            if is_unique(self.tables[from.0].table, &self.tables[from.0].table.columns[from.1].name) {
                unique.push((from.0, to.0));
            }
        }
        for group in groups {
            let own = self.tables[group.table].table;
            let names: BTreeSet<&str> = group.columns.iter().map(|c| own.columns[*c].name.as_str()).collect();
            if unique_sets(own).iter().any(|set| set.iter().all(|c| names.contains(c.as_str()))) {
                unique.push((group.table, group.parent));
            }
        }
        // As often as the longest chain of such keys.
        for _ in 0..unique.len() {
            for (from, to) in &unique {
                let most = self.tables[*to].size.rows;
                if most > 0 && self.tables[*from].size.rows > most {
                    self.tables[*from].size.rows = most;
                    let table = ObjectRef::table(&self.tables[*from].table.name);
                    self.note(table, "has no more rows than the table that its unique foreign key refers to");
                }
            }
        }
    }

    fn columns(&mut self) {
        for table in 0..self.tables.len() {
            if self.tables[table].size.unknown {
                let text = format!("its number of rows is unknown: {} rows", self.tables[table].size.rows);
                self.note(ObjectRef::table(&self.tables[table].table.name), text);
            }
            for column in 0..self.tables[table].cells.len() {
                let generated = matches!(self.tables[table].table.columns[column].generated, Some(Generated::Stored | Generated::Virtual));
                if !generated {
                    let source = self.column(table, column);
                    self.tables[table].cells[column] = source.map_or(Cell::Omitted, Cell::Own);
                }
            }
        }
    }

    /// Columns that a check puts in order rise and fall together.
    fn ordered_together(&mut self) {
        for planned in &self.tables {
            for (low, high, _) in &planned.ordered {
                if let (Cell::Own(low), Cell::Own(high)) = (planned.cells[*low], planned.cells[*high])
                    && self.sources[low].rows == self.sources[high].rows
                {
                    self.sources[high].shuffle = self.sources[low].shuffle.clone();
                }
            }
        }
    }

    /// The source of a column; planned with everything that it needs.
    fn column(&mut self, table: usize, column: usize) -> Option<usize> {
        if let Some(known) = self.planned.get(&(table, column)) {
            return *known;
        }
        self.planned.insert((table, column), None);
        let reference = self.references.get(&(table, column)).copied();
        let own_key = reference.is_some_and(|to| to.0 == table);
        let parent = match reference {
            Some((to_table, to_column)) => {
                let parent = self.column(to_table, to_column);
                if parent.is_none() {
                    self.note(
                        self.column_ref(table, column),
                        "refers to a column that could not be planned before it; its values may dangle",
                    );
                }
                parent.filter(|p| self.sources[*p].distinct > 0)
            }
            None => None,
        };
        let source = self.source(table, column, parent, own_key);
        let at = self.sources.len();
        self.sources.push(source);
        self.planned.insert((table, column), Some(at));
        Some(at)
    }

    fn source(&mut self, table: usize, column: usize, parent: Option<usize>, refers_to_itself: bool) -> Source {
        let own = self.tables[table].table;
        let definition = &own.columns[column];
        let resolved = resolve(self.catalog, &definition.data_type);
        let not_null = definition.not_null || resolved.not_null || in_primary_key(own, &definition.name);
        let unique = is_unique(own, &definition.name);
        let rows = self.tables[table].size.rows;
        let mut facts = self.facts(table, column, &resolved, parent.is_some());
        let referenced = self.references.values().any(|to| *to == (table, column));
        if not_null || (unique && referenced) {
            facts.nulls = 0.0;
        }
        let orphan = parent.is_none() && self.references.contains_key(&(table, column));
        if orphan && !not_null {
            facts.nulls = 1.0;
        }
        let seed = seed_of(self.options.seed, &[&own.name.schema, &own.name.name, &definition.name]);
        let nulls = ((facts.nulls * rows as f64).round() as u64).min(rows);
        let filled = rows - nulls;
        let distinct = facts.distinct_of(rows).min(filled);
        let pins = if unique { self.pins(table, column, &mut BTreeSet::new()) } else { Vec::new() };
        let known: Vec<&str> = facts.common.iter().map(|c| c.0.as_str()).chain(facts.bounds.iter().map(String::as_str)).collect();
        let with_pins: Vec<&str> = known.iter().copied().chain(pins.iter().map(String::as_str)).collect();
        let axis = match parent {
            Some(parent) => Some(Axis::of(Points::Source(parent))),
            None => Axis::fit(&resolved.family, &with_pins, if unique { filled } else { distinct }),
        };
        let maker = if parent.is_none() && axis.is_none() { self.maker(&resolved.family, &facts, table, column) } else { None };
        let segments = match &maker {
            Some(Maker::Documents(_) | Maker::Choice(_) | Maker::Elements { .. }) if !facts.masked && !unique => {
                made(&facts.common, 1.0 - facts.nulls, filled, distinct)
            }
            // Nothing is known that its input function takes.
            Some(Maker::Nothing) if !not_null => Vec::new(),
            Some(_) => made(&[], 1.0, filled, if unique { filled } else { distinct }),
            None => self.segments(&resolved.family, &facts, axis.as_ref(), parent, filled, distinct, unique, &pins),
        };
        let distinct = segments.last().map_or(0, |s| s.first + s.distinct);
        let shuffle = Shuffle::new(rows, underlying(facts.correlation, &segments, filled), seed);
        let own_key = parent.filter(|_| refers_to_itself);
        let maker = maker.unwrap_or(Maker::Nothing);
        Source { segments, axis, maker, rows, distinct, nulls, seed, shuffle, own_key, follows: None, nullable: !not_null }
    }

    #[expect(clippy::too_many_arguments, reason = "one call; the parts of a wish")]
    fn segments(
        &self,
        family: &Family,
        facts: &Facts,
        axis: Option<&Axis>,
        parent: Option<usize>,
        rows: u64,
        distinct: u64,
        unique: bool,
        pins: &[String],
    ) -> Vec<Segment> {
        let filled = (1.0 - facts.nulls).max(f64::EPSILON);
        let common: Vec<(String, f64)> = facts.common.iter().map(|(text, share)| (text.clone(), (share / filled).min(1.0))).collect();
        let point = |text: &str| match parent {
            Some(parent) => Some(i128::from(self.find(parent, text))),
            None => axis.and_then(|axis| axis.point(text)),
        };
        let most = match family {
            Family::Text { most } => *most,
            _ => None,
        };
        let highest = parent.map(|parent| i128::from(self.sources[parent].distinct) - 1);
        let mut wish =
            Wish { family, axis, rows, distinct, unique, common: &common, bounds: &facts.bounds, pins, point: &point, highest, most };
        let all;
        if let Some(parent) = parent {
            wish.distinct = distinct.min(self.sources[parent].distinct);
            let whole = |text: &str| text.parse::<i128>().ok();
            if !facts.has_values() {
                // Nothing is known: all referenced values alike.
                all = vec!["0".to_owned(), (self.sources[parent].distinct.saturating_sub(1)).to_string()];
                wish.bounds = if all[0] == all[1] { &all[..1] } else { &all };
                wish.common = &[];
                return segments(&Wish { point: &whole, ..wish });
            }
        }
        segments(&wish)
    }

    /// What is known about a column, or invented.
    fn facts(&mut self, table: usize, column: usize, resolved: &Resolved<'_>, has_parent: bool) -> Facts {
        let own = self.tables[table].table;
        let definition = &own.columns[column];
        let rows = self.tables[table].size.rows;
        let mut allowed = Allowed::default();
        for check in own.constraints.iter().filter(|c| c.kind == ConstraintKind::Check) {
            allowed.learn(check.expression.as_deref().unwrap_or_default(), &definition.name);
        }
        for check in &resolved.checks {
            allowed.learn(check.expression.as_deref().unwrap_or_default(), "value");
        }
        if own.partitioning.as_ref().is_some_and(|p| p.columns.first() == Some(&definition.name)) {
            self.learn_partitions(own, &resolved.family, &mut allowed);
        }
        let invented = || Facts::invented(&resolved.family, &allowed, &definition.name, rows);
        let Some(facts) = self.statistics(table, column, &resolved.family) else {
            if self.tables[table].size.rows > 0 && !has_parent {
                let some = (0..own.columns.len()).any(|at| self.statistics(table, at, &resolved.family).is_some());
                let object = if some { self.column_ref(table, column) } else { ObjectRef::table(&own.name) };
                self.note(object, "has no statistics: values are invented");
            }
            return if has_parent { Facts { distinct: -1.0, ..Facts::default() } } else { invented() };
        };
        let keeps_values = facts.has_values() || has_parent || !facts.elements.is_empty() || facts.nulls >= 1.0;
        if keeps_values || (matches!(resolved.family, Family::Text { .. }) && facts.width > WIDE / 2 && !facts.masked) {
            return facts;
        }
        self.note(self.column_ref(table, column), "its statistics hold no values: values are invented, their frequencies kept");
        facts.with_values_of(invented())
    }

    /// What the partitions of a table say about the first column of their key.
    fn learn_partitions(&self, own: &Table, family: &Family, allowed: &mut Allowed) {
        let partitions = self.catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(&own.name));
        let bounds = partitions.filter_map(|t| t.partition_bound.as_deref());
        let Some(axis) = Axis::fit(family, &[], 0) else {
            allowed.learn_bounds(bounds, |_| None);
            return;
        };
        allowed.learn_bounds(bounds, |text| axis.point(text));
        let below = allowed.most.as_deref().and_then(|most| axis.point(most));
        if let (Some(point), Some(_)) = (below, &allowed.least) {
            allowed.most = Some(axis.text(point - 1));
        }
    }

    /// The column's own statistics, those over all partitions, or those of the partitions put together.
    fn statistics(&self, table: usize, column: usize, family: &Family) -> Option<Facts> {
        let (own, stats) = (self.tables[table].table, self.stats?);
        let name = &own.columns[column].name;
        if own.partitioning.is_none() {
            return stats.column(&own.name, name).map(Facts::of);
        }
        let parts: Vec<(Facts, f64)> = leaves(self.catalog, own)
            .into_iter()
            .filter_map(|leaf| Some((Facts::of(stats.column(&leaf.name, name)?), stats.table(&leaf.name)?.row_estimate()?)))
            .filter(|(_, rows)| *rows > 0.0)
            .collect();
        let divides = own.partitioning.as_ref().is_some_and(|p| p.columns.contains(name));
        let merged = Facts::merged(&parts, family, divides);
        let Some(whole) = stats.columns.iter().find(|c| c.inherited && c.table == own.name && c.column == *name) else { return merged };
        // The physical order over all partitions is that of their names.
        let correlation = merged.map_or(0.0, |m| m.correlation);
        Some(Facts { correlation, ..Facts::of(whole) })
    }

    /// Share of a column's rows that are NULL.
    pub(super) fn null_share(&self, table: usize, column: usize) -> f64 {
        self.statistics(table, column, &Family::Json).map_or(0.0, |facts| facts.nulls)
    }

    pub(super) fn seed(&self) -> u64 {
        self.options.seed
    }

    /// Values that a unique column must have: its own known ones, and those that other tables refer to it by.
    fn pins(&self, table: usize, column: usize, seen: &mut BTreeSet<(usize, usize)>) -> Vec<String> {
        if !seen.insert((table, column)) {
            return Vec::new();
        }
        let family = resolve(self.catalog, &self.tables[table].table.columns[column].data_type).family;
        let mut pins: Vec<String> = Vec::new();
        if let Some(facts) = self.statistics(table, column, &family) {
            pins.extend(facts.bounds);
            if !facts.masked {
                pins.extend(facts.common.into_iter().map(|(text, _)| text));
            }
        }
        let from: Vec<(usize, usize)> = self.references.iter().filter(|(_, to)| **to == (table, column)).map(|(from, _)| *from).collect();
        for (table, column) in from {
            pins.extend(self.pins(table, column, seen));
        }
        pins.sort();
        pins.dedup();
        pins
    }

    fn maker(&mut self, family: &Family, facts: &Facts, table: usize, column: usize) -> Option<Maker> {
        // What is common is listed with its frequency; the rest is like the bounds.
        let commons = facts.common.iter().map(|c| &c.0).filter(|_| facts.bounds.is_empty());
        let known = || commons.clone().chain(&facts.bounds).filter(|text| !text.is_empty());
        let maker = match family {
            Family::Text { .. } | Family::Bytes if !facts.bounds.is_empty() || !facts.common.is_empty() => return None,
            Family::Text { .. } => Maker::Filler { width: facts.width.clamp(8, 1 << 20) },
            Family::Json => Maker::Documents(self.documents(table, column, known())),
            Family::TsVector => Maker::Lexemes(facts.elements.clone()),
            Family::Array(element) if !facts.elements.is_empty() => {
                let texts: Vec<&str> = facts.elements.iter().map(|e| e.0.as_str()).collect();
                let axis = Axis::fit(element, &texts, u64::MAX);
                let rare = match (&**element, axis) {
                    (Family::Text { .. }, _) => Rare::Words,
                    (Family::Integer { .. }, Some(axis)) => {
                        let highest = texts.iter().filter_map(|t| axis.point(t)).max().unwrap_or(0);
                        Rare::Points(axis, highest)
                    }
                    _ => Rare::None,
                };
                Maker::Elements { elements: facts.rest_of_elements(), counts: facts.counts.clone(), rare }
            }
            Family::Range { of, multi } => {
                let low = Facts::invented(of, &Allowed::default(), "", 1000).bounds;
                let axis = Axis::fit(of, &[], 0)?;
                let from = low.first().and_then(|low| axis.point(low)).unwrap_or(0);
                let step = if matches!(**of, Family::Timestamp { .. }) { 3_600_000_000 } else { 1 };
                Maker::Range { axis, from, step, multi: *multi }
            }
            _ if known().next().is_some() => {
                let note = "its type has no order that is known here: known values are repeated";
                self.note(self.column_ref(table, column), note);
                Maker::Choice(known().cloned().collect())
            }
            Family::Array(_) => Maker::Choice(vec!["{}".to_owned()]),
            Family::Other(name) => match samples(self.catalog, name) {
                known if known.is_empty() => Maker::Nothing,
                known => Maker::Choice(known),
            },
            _ => Maker::Nothing,
        };
        Some(maker)
    }

    /// Documents to vary; without any, one with the keys that indexes look at.
    fn documents<'f>(&self, table: usize, column: usize, known: impl Iterator<Item = &'f String>) -> Vec<serde_json::Value> {
        let documents: Vec<serde_json::Value> = known.take(DOCUMENTS).filter_map(|text| serde_json::from_str(text).ok()).collect();
        if !documents.is_empty() {
            return documents;
        }
        let own = self.tables[table].table;
        let name = &own.columns[column].name;
        let expressions = own.indexes.iter().flat_map(|i| i.keys.iter().filter_map(|k| k.expression.as_deref()));
        let keys: BTreeSet<&str> =
            expressions.filter(|e| e.contains(name.as_str())).flat_map(|e| e.split('\'').skip(1).step_by(2)).collect();
        let document = |n: usize| {
            let fields = keys.iter().map(|key| ((*key).to_owned(), serde_json::json!(format!("{key} {n:03}"))));
            serde_json::Value::Object(fields.chain([("n".to_owned(), serde_json::json!(n))]).collect())
        };
        (0..100).map(document).collect()
    }

    /// The number of the value of a source that a text stands for, or of the next lower one.
    pub(super) fn find(&self, source: usize, text: &str) -> u64 {
        let at = &self.sources[source];
        match (&at.axis, at.parent()) {
            (Some(_), Some(parent)) => at.at_point(i128::from(self.find(parent, text))),
            (Some(axis), None) => axis.point(text).map_or(0, |point| at.at_point(point)),
            (None, _) => at.at_text(text),
        }
    }

    /// Columns that refer together: they take the values of one row of the other table.
    fn row_reference(&mut self, group: &Group) {
        let Group { table, columns, parent, referenced, .. } = group;
        let (table, parent) = (*table, *parent);
        let own = self.tables[table].table;
        let (rows, parents) = (self.tables[table].size.rows, self.tables[parent].size.rows);
        let nullable: Vec<bool> =
            columns.iter().map(|c| !own.columns[*c].not_null && !in_primary_key(own, &own.columns[*c].name)).collect();
        let correlations = columns.iter().filter_map(|c| Some(self.statistics(table, *c, &Family::Json)?.correlation));
        let correlation = correlations.fold(0.0, |most: f64, own| if own.abs() > most.abs() { own } else { most });
        let nulls = columns.iter().zip(&nullable).filter(|(_, nullable)| **nullable);
        let nulls = nulls.map(|(c, _)| self.null_share(table, *c)).fold(0.0, f64::max);
        let seed = seed_of(self.options.seed, &[&own.name.schema, &own.name.name, &own.columns[columns[0]].name, "row"]);
        let nulls = if parents == 0 { rows } else { ((nulls * rows as f64).round() as u64).min(rows) };
        let distinct = (rows - nulls).min(parents);
        let span = Span::Points { start: 0, width: i128::from(parents) };
        let segment = Segment { start: 0, rows: rows - nulls, first: 0, distinct, span };
        let segments = if distinct == 0 { Vec::new() } else { vec![segment] };
        let any_nullable = nullable.contains(&true);
        let at = self.sources.len();
        self.sources.push(Source {
            segments,
            axis: Some(Axis::of(Points::Rows(parent))),
            maker: Maker::Nothing,
            rows,
            distinct,
            nulls,
            seed,
            shuffle: Shuffle::new(rows, correlation, seed),
            own_key: None,
            follows: None,
            nullable: any_nullable,
        });
        for (column, target) in columns.iter().zip(referenced) {
            self.tables[table].cells[*column] = Cell::FromRow { source: at, column: *target };
        }
        let object = ObjectRef::table(&own.name);
        self.note(object, "a foreign key of several columns follows the referenced rows evenly, not the frequencies of its columns");
    }

    /// The first unique set of several columns that no column keeps alone.
    fn composite_key(&mut self, at: usize) {
        let table = self.tables[at].table;
        let mut sets = unique_sets(table);
        sets.retain(|set| set.len() > 1 && !set.iter().any(|c| is_unique(table, c)));
        let Some(set) = sets.first() else { return };
        let mut members: Vec<usize> = Vec::new();
        for name in set {
            let Some(column) = table.columns.iter().position(|c| c.name == *name) else { return };
            let (Cell::Own(source) | Cell::FromRow { source, .. }) = self.tables[at].cells[column] else { return };
            if !members.contains(&source) {
                members.push(source);
            }
        }
        let rows = self.tables[at].size.rows;
        if members.iter().any(|source| self.sources[*source].distinct >= rows) {
            // One of them has no value twice: nothing to do.
            return;
        }
        KeyPlan::make_room(&mut self.sources, &members, rows);
        let (plan, doubles) = KeyPlan::new(self, members, self.tables[at].size.rows);
        if doubles > 0 {
            self.note(
                ObjectRef::table(&table.name),
                format!("{doubles} keys of ({}) are there twice: the statistics leave no room", set.join(", ")),
            );
        }
        self.tables[at].key = Some(plan);
        if sets.len() > 1 {
            self.note(ObjectRef::table(&table.name), "only the first unique key of several columns is planned for");
        }
    }
}

/// The pairs of columns that checks put in order, each column in one pair.
fn ordered(table: &Table) -> Vec<(usize, usize, bool)> {
    let mut pairs: Vec<(usize, usize, bool)> = Vec::new();
    let checks = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && c.enforced);
    for (low, high, strict) in checks.flat_map(|c| ordered_pairs(c.expression.as_deref().unwrap_or_default())) {
        let position = |name: &str| table.columns.iter().position(|c| c.name == name);
        let (Some(low), Some(high)) = (position(&low), position(&high)) else { continue };
        let free = |at: usize| pairs.iter().all(|(a, b, _)| at != *a && at != *b);
        if low != high && free(low) && free(high) && table.columns[low].data_type == table.columns[high].data_type {
            pairs.push((low, high, strict));
        }
    }
    pairs
}

/// Segments of values that are made from their number: the known common ones, then the rest.
fn made(common: &[(String, f64)], filled: f64, rows: u64, distinct: u64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut start = 0;
    for (text, share) in common {
        let wanted = ((share / filled.max(f64::EPSILON)) * rows as f64).round() as u64;
        let here = wanted.min(rows - start);
        if here > 0 {
            let first = segments.len() as u64;
            segments.push(Segment { start, rows: here, first, distinct: 1, span: Span::Listed(text.clone()) });
            start += here;
        }
    }
    let first = segments.len() as u64;
    if start < rows {
        let distinct = distinct.saturating_sub(first).clamp(1, rows - start);
        segments.push(Segment { start, rows: rows - start, first, distinct, span: Span::Made });
    }
    segments
}

/// The correlation that ranks need before rows with equal values, which count as being in physical order, are taken into account.
fn underlying(wanted: f64, segments: &[Segment], rows: u64) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for segment in segments {
        let share = segment.rows as f64 / segment.distinct.max(1) as f64 / rows.max(1) as f64;
        squares += segment.distinct as f64 * share * share;
        cubes += segment.distinct as f64 * share * share * share;
    }
    if squares > 0.999 {
        return 0.0;
    }
    let lowest = 2.0 * cubes - 1.0;
    let own = if wanted >= squares { (wanted - squares) / (1.0 - squares) } else { (wanted - squares) / (squares - lowest) };
    // What is left of sampling noise is none of ours.
    if own.abs() < 0.02 { 0.0 } else { own.clamp(-1.0, 1.0) }
}

fn in_primary_key(table: &Table, column: &str) -> bool {
    table.primary_key().is_some_and(|key| key.columns.iter().any(|c| c == column))
}

/// Sets of columns that are unique together, the primary key first.
pub(super) fn unique_sets(table: &Table) -> Vec<Vec<String>> {
    let mut sets: Vec<Vec<String>> = table.primary_key().map(|key| key.columns.clone()).into_iter().collect();
    for index in table.indexes.iter().filter(|i| i.unique && i.predicate.is_none()) {
        let columns: Option<Vec<String>> = index.keys.iter().map(|key| key.column.clone()).collect();
        sets.extend(columns.filter(|set| !sets.contains(set)));
    }
    let constrained = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Unique).map(|c| c.columns.clone());
    for set in constrained.collect::<Vec<_>>() {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

/// Whether no value of the column may be there twice: alone, or folded by a unique index's expression.
pub(super) fn is_unique(table: &Table, column: &str) -> bool {
    let folded = |i: &&architrave_model::catalog::Index| {
        i.unique && i.predicate.is_none() && i.keys.len() == 1 && i.keys[0].expression.as_deref().is_some_and(|e| e.contains(column))
    };
    unique_sets(table).iter().any(|set| set.as_slice() == [column]) || table.indexes.iter().any(|i| folded(&i))
}
