//! The scans of a plan, and which of them a printed expression speaks of.

use super::printed::Printed;
use crate::lex::{Token, TokenKind};
use architrave_model::Catalog;
use architrave_model::catalog::{Table, TypeKind};
use architrave_model::name::QualifiedName;
use architrave_model::plan::PlanNode;
use architrave_model::workload::{Condition, QueryShape, ScanShape};
use std::collections::{BTreeMap, BTreeSet};

/// The scans found so far, by alias.
pub(super) struct Scans<'c> {
    catalog: &'c Catalog,
    pub(super) list: Vec<ScanShape>,
    aliases: BTreeMap<String, usize>,
    /// `$n` that stand for results of init plans, not for parameters of the statement.
    internal: BTreeSet<u32>,
}

/// What an expression mentions.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// Scan and column, in order; a whole row gives all its columns.
    pub(super) columns: Vec<(usize, String)>,
    /// Starts of the tokens that qualify a column (`o` and `.` of `o.id`).
    pub(super) qualifiers: Vec<usize>,
    /// Something of no scan: another node's output, a subplan.
    pub(super) foreign: bool,
}

impl Mentions {
    /// The one scan that is mentioned.
    pub(super) fn only(&self) -> Option<usize> {
        let first = self.columns.first()?.0;
        self.columns.iter().all(|(at, _)| *at == first).then_some(first)
    }
}

impl<'c> Scans<'c> {
    pub(super) fn find(root: &PlanNode, catalog: &'c Catalog) -> Self {
        let mut scans = Self { catalog, list: Vec::new(), aliases: BTreeMap::new(), internal: BTreeSet::new() };
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            scans.note_internal(node);
            if node.is_scan() {
                scans.add(node);
            }
            open.extend(node.children.iter().rev());
        }
        scans
    }

    /// `InitPlan 1 (returns $0,$1)`.
    fn note_internal(&mut self, node: &PlanNode) {
        let Some((_, returns)) = node.subplan_name.as_deref().and_then(|n| n.split_once("(returns ")) else { return };
        let numbers = returns.trim_end_matches(')').split(',').filter_map(|n| n.trim().trim_start_matches('$').parse::<u32>().ok());
        self.internal.extend(numbers);
    }

    fn add(&mut self, node: &PlanNode) {
        let Some(relation) = &node.relation else { return };
        let alias = node.alias.as_ref().unwrap_or(relation);
        let found = self.resolve(node.schema.as_deref(), relation);
        let table = self.partitioned_parent(&found).unwrap_or_else(|| found.clone());
        let is_partition = table != found;
        // Partitions of one scan are `o_1`, `o_2` …; everything above them says `o`.
        let base = alias.rsplit_once('_').filter(|(_, n)| is_partition && n.bytes().all(|b| b.is_ascii_digit())).map(|(base, _)| base);
        let shared = base.and_then(|b| self.aliases.get(b)).copied().filter(|at| self.list[*at].table == table);
        let at = shared.unwrap_or(self.list.len());
        if shared.is_none() {
            let alias = base.unwrap_or(alias).to_owned();
            self.aliases.entry(alias.clone()).or_insert(at);
            self.list.push(ScanShape { table, alias, ..ScanShape::default() });
        }
        self.aliases.insert(alias.clone(), at);
    }

    /// The table of a plan; without a schema the one of `public`, else the only one of that name.
    fn resolve(&self, schema: Option<&str>, name: &str) -> QualifiedName {
        let tables = || self.catalog.tables.iter().map(|t| &t.name).chain(self.catalog.views.iter().map(|v| &v.name));
        let schema = schema.or_else(|| {
            let mut named: Vec<&str> = tables().filter(|n| n.name == name).map(|n| n.schema.as_str()).collect();
            named.sort_by_key(|s| *s != "public");
            named.first().copied()
        });
        QualifiedName::new(schema.unwrap_or("public"), name)
    }

    /// The uppermost partitioned table over a partition.
    fn partitioned_parent(&self, table: &QualifiedName) -> Option<QualifiedName> {
        let mut found = None;
        let mut current = self.catalog.table_named(table)?;
        while current.is_partition {
            let Some(parent) = current.parents.first().and_then(|p| self.catalog.table_named(p)) else { break };
            found = Some(parent.name.clone());
            current = parent;
        }
        found
    }

    pub(super) fn table(&self, at: usize) -> Option<&'c Table> {
        self.catalog.table_named(&self.list.get(at)?.table)
    }

    /// Type of a column as the catalogue prints it, with the base type in place of a domain.
    pub(super) fn column_type(&self, at: usize, column: &str) -> Option<String> {
        let name = &self.list.get(at)?.table;
        let declared = match self.table(at) {
            Some(table) => table.column(column)?.data_type.clone(),
            None => self.catalog.view(&name.schema, &name.name)?.columns.iter().find(|c| c.name == column)?.data_type.clone(),
        };
        let plain = declared.rsplit('.').next().unwrap_or(&declared).trim_matches('"');
        let domain = self.catalog.types.iter().find(|t| t.name.name == plain);
        match domain.map(|t| &t.kind) {
            Some(TypeKind::Domain { base, .. }) => Some(base.clone()),
            _ => Some(declared),
        }
    }

    fn column_names(&self, at: usize) -> Vec<String> {
        let Some(scan) = self.list.get(at) else { return Vec::new() };
        match self.table(at) {
            Some(table) => table.columns.iter().map(|c| c.name.clone()).collect(),
            None => self
                .catalog
                .view(&scan.table.schema, &scan.table.name)
                .map(|v| v.columns.iter().map(|c| c.name.clone()).collect())
                .unwrap_or_default(),
        }
    }

    /// The predicate of the partial index that a node scans: what it implies is printed nowhere else.
    pub(super) fn predicate_of_index(&self, node: &PlanNode) -> Option<String> {
        let name = node.index.as_deref()?;
        let table = self.catalog.table_named(&self.resolve(node.schema.as_deref(), node.relation.as_deref()?))?;
        table.index(name)?.predicate.clone()
    }

    pub(super) fn is_internal(&self, parameter: u32) -> bool {
        self.internal.contains(&parameter)
    }

    /// Scan of an alias, or of the unqualified columns of a node: its own, else the only one.
    fn scan_of(&self, own: Option<&str>) -> Option<usize> {
        match own {
            Some(alias) => self.aliases.get(alias).copied(),
            None => (self.list.len() == 1).then_some(0),
        }
    }

    /// What the tokens mention. Unqualified names are columns of `own`, else of the only scan.
    pub(super) fn mentions(&self, printed: &Printed<'_>, tokens: &[Token], own: Option<&str>) -> Mentions {
        let mut found = Mentions::default();
        let mut at = 0;
        let mut in_type = false;
        while let Some(token) = tokens.get(at) {
            let kind = |offset: usize| tokens.get(at + offset).map(|t| t.kind);
            in_type = token.kind == TokenKind::DoubleColon || (in_type && printed.is_part_of_a_type(token));
            if in_type {
                at += 1;
                continue;
            }
            found.foreign |= printed.is_subplan(token);
            let Some(name) = printed.name(token) else {
                at += 1;
                continue;
            };
            if kind(1) == Some(TokenKind::Dot) {
                let call = kind(3) == Some(TokenKind::OpenParen);
                if !call {
                    self.qualified(printed, &name, &tokens[at..], &mut found);
                }
                at += 3;
            } else {
                let plain = kind(1) != Some(TokenKind::OpenParen) && (at == 0 || tokens[at - 1].kind != TokenKind::Dot);
                if let Some(scan) = self.scan_of(own).filter(|s| plain && self.has_column(*s, &name)) {
                    found.columns.push((scan, name));
                }
                at += 1;
            }
        }
        found
    }

    fn has_column(&self, at: usize, name: &str) -> bool {
        self.column_type(at, name).is_some()
    }

    /// `alias.column` or `alias.*` at the start of the tokens.
    fn qualified(&self, printed: &Printed<'_>, alias: &str, tokens: &[Token], found: &mut Mentions) {
        let Some(&at) = self.aliases.get(alias) else {
            found.foreign = true;
            return;
        };
        let Some(column) = tokens.get(2) else { return };
        found.qualifiers.extend([tokens[0].start, tokens[1].start]);
        match printed.name(column) {
            Some(name) => found.columns.push((at, name)),
            None => found.columns.extend(self.column_names(at).into_iter().map(|c| (at, c))),
        }
    }

    pub(super) fn add_condition(&mut self, at: usize, condition: Condition) {
        let Some(scan) = self.list.get_mut(at) else { return };
        let same = |c: &Condition| (&c.term, &c.operator, &c.with) == (&condition.term, &condition.operator, &condition.with);
        if !scan.conditions.iter().any(same) {
            scan.conditions.push(condition);
        }
    }

    pub(super) fn add_alternatives(&mut self, at: usize, alternatives: Vec<Condition>) {
        let Some(scan) = self.list.get_mut(at) else { return };
        let same = |a: &[Condition], b: &[Condition]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (&a.term, &a.operator, &a.with) == (&b.term, &b.operator, &b.with))
        };
        if !scan.alternatives.iter().any(|a| same(a, &alternatives)) {
            scan.alternatives.push(alternatives);
        }
    }

    pub(super) fn add_column(&mut self, at: usize, column: &str) {
        let known = self.table(at).is_none_or(|t| t.column(column).is_some());
        let Some(scan) = self.list.get_mut(at).filter(|_| known) else { return };
        if let Err(place) = scan.columns.binary_search_by(|c| c.as_str().cmp(column)) {
            scan.columns.insert(place, column.to_owned());
        }
    }

    pub(super) fn into_shape(self) -> QueryShape {
        QueryShape { scans: self.list }
    }
}
