//! What to create, and in which order.

use super::mention::Mentions;
use architrave_model::catalog::{Catalog, Constraint, ConstraintKind, Function, Table, TypeKind};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// Something that others may need before they can be created: an index into one of the catalogue's vectors. Of several that are
/// ready, the smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A type.
    Type(usize),
    /// A sequence, but for those of identity columns.
    Sequence(usize),
    /// A function.
    Function(usize),
    /// A table with its columns.
    Table(usize),
    /// A table's primary key, unique and exclusion constraints: a view that groups by the key needs it.
    Keys(usize),
    /// A view or materialized view.
    View(usize),
}

/// What to create.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Everything.
    pub(super) nodes: BTreeSet<Node>,
    /// In the order of creation.
    pub(super) sequence: Vec<Node>,
    /// Those that wait for each other.
    pub(super) forced: Vec<(Node, String)>,
    /// Whether it is a part of the catalogue.
    pub(super) partial: bool,
}

impl Plan {
    pub(super) fn new(catalog: &Catalog, mentions: &Mentions, only: Option<&BTreeSet<QualifiedName>>) -> Self {
        let needs = Needs { catalog, mentions };
        let nodes = match only {
            Some(tables) => needs.closure(tables),
            None => needs.everything(),
        };
        let mut plan = Self { nodes, partial: only.is_some(), ..Self::default() };
        plan.arrange(&needs);
        plan
    }

    /// Kahn's algorithm, the smallest ready node first.
    fn arrange(&mut self, needs: &Needs<'_>) {
        let mut waits: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        let mut wanted_by: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
        let mut ready: BTreeSet<Node> = BTreeSet::new();
        for node in &self.nodes {
            let for_what: BTreeSet<Node> = needs.of(*node).into_iter().filter(|n| n != node && self.nodes.contains(n)).collect();
            for needed in &for_what {
                wanted_by.entry(*needed).or_default().push(*node);
            }
            if for_what.is_empty() {
                ready.insert(*node);
            } else {
                waits.insert(*node, for_what);
            }
        }
        loop {
            let next = if let Some(next) = ready.pop_first() {
                next
            } else if let Some((stuck, _)) = waits.pop_first() {
                self.forced.push((stuck, "waits for objects that wait for it; created in the order of kinds and names".to_owned()));
                stuck
            } else {
                break;
            };
            self.sequence.push(next);
            for waiting in wanted_by.remove(&next).unwrap_or_default() {
                if let Some(left) = waits.get_mut(&waiting) {
                    left.remove(&next);
                    if left.is_empty() {
                        waits.remove(&waiting);
                        ready.insert(waiting);
                    }
                }
            }
        }
    }
}

/// The object behind a node.
pub(super) fn reference(catalog: &Catalog, node: Node) -> ObjectRef {
    let of = |kind, name: &QualifiedName| ObjectRef::in_schema(kind, &name.schema, &name.name);
    match node {
        Node::Type(i) => of(ObjectKind::Type, &catalog.types[i].name),
        Node::Sequence(i) => of(ObjectKind::Sequence, &catalog.sequences[i].name),
        Node::Function(i) => function_reference(&catalog.functions[i]),
        Node::Table(i) | Node::Keys(i) => of(ObjectKind::Table, &catalog.tables[i].name),
        Node::View(i) => {
            let view = &catalog.views[i];
            of(if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View }, &view.name)
        }
    }
}

/// A function as object references carry it.
pub(super) fn function_reference(function: &Function) -> ObjectRef {
    ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature())
}

/// Primary key, unique or exclusion: a constraint with an index behind it.
pub(super) fn is_key(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
}

/// Whether a default must wait until all tables and views are there: it calls a function that needs one of them.
pub(super) fn is_deferred_default(catalog: &Catalog, mentions: &Mentions, expression: &str) -> bool {
    let needs = Needs { catalog, mentions };
    let mut named = BTreeSet::new();
    mentions.collect(expression, &mut named);
    named
        .iter()
        .filter(|n| matches!(n, Node::Function(_)))
        .any(|f| needs.of(*f).iter().any(|n| matches!(n, Node::Table(_) | Node::View(_) | Node::Keys(_))))
}

struct Needs<'a> {
    catalog: &'a Catalog,
    mentions: &'a Mentions,
}

impl Needs<'_> {
    fn everything(&self) -> BTreeSet<Node> {
        let c = self.catalog;
        let mut nodes = BTreeSet::new();
        nodes.extend((0..c.types.len()).filter(|i| c.types[*i].extension.is_none()).map(Node::Type));
        nodes.extend(
            (0..c.sequences.len()).filter(|i| c.sequences[*i].extension.is_none() && !c.sequences[*i].identity).map(Node::Sequence),
        );
        nodes.extend((0..c.functions.len()).map(Node::Function));
        for i in (0..c.tables.len()).filter(|i| c.tables[*i].extension.is_none()) {
            nodes.extend([Node::Table(i), Node::Keys(i)]);
        }
        nodes.extend((0..c.views.len()).filter(|i| c.views[*i].extension.is_none()).map(Node::View));
        nodes
    }

    /// The tables with their partitions and references, and all that these need.
    fn closure(&self, tables: &BTreeSet<QualifiedName>) -> BTreeSet<Node> {
        let mut open: Vec<Node> = Vec::new();
        for (i, table) in self.catalog.tables.iter().enumerate() {
            if table.extension.is_none() && self.descends_from(table, tables) {
                open.push(Node::Table(i));
                for (_, reference) in table.foreign_keys() {
                    open.extend(self.mentions.named(&reference.table.schema, &reference.table.name));
                }
            }
        }
        let mut found = BTreeSet::new();
        while let Some(node) = open.pop() {
            if !found.insert(node) {
                continue;
            }
            open.extend(self.of(node));
            match node {
                Node::Table(i) => {
                    open.push(Node::Keys(i));
                    open.extend(self.later(&self.catalog.tables[i]));
                }
                Node::View(i) => {
                    let mut named = BTreeSet::new();
                    self.catalog.views[i].triggers.iter().for_each(|t| self.mentions.collect(&t.definition, &mut named));
                    open.extend(named);
                }
                Node::Type(i) => {
                    let mut named = BTreeSet::new();
                    if let TypeKind::Domain { constraints, .. } = &self.catalog.types[i].kind {
                        for constraint in constraints {
                            self.mentions.collect(&constraint.definition, &mut named);
                        }
                    }
                    open.extend(named);
                }
                _ => {}
            }
        }
        found
    }

    fn descends_from(&self, table: &Table, tables: &BTreeSet<QualifiedName>) -> bool {
        let mut current = Some(table);
        let mut steps = 0;
        while let Some(table) = current {
            if tables.contains(&table.name) {
                return true;
            }
            steps += 1;
            // Only partitions follow their parent, and a damaged snapshot may go round in circles.
            current = if table.is_partition && steps < 32 { table.parents.first().and_then(|p| self.catalog.table_named(p)) } else { None };
        }
        false
    }

    /// What is created after all tables and views: checks, indexes, policies, rules, triggers; and sequences that a table owns.
    fn later(&self, table: &Table) -> BTreeSet<Node> {
        let mut named = BTreeSet::new();
        let mut add = |sql: &str| self.mentions.collect(sql, &mut named);
        table.constraints.iter().filter(|c| c.kind != ConstraintKind::ForeignKey).for_each(|c| add(&c.definition));
        table.columns.iter().filter_map(|c| c.default.as_deref()).for_each(&mut add);
        table.indexes.iter().for_each(|i| add(&i.definition));
        table.rules.iter().for_each(|r| add(&r.definition));
        table.triggers.iter().for_each(|t| add(&t.definition));
        for policy in &table.policies {
            policy.using.iter().chain(&policy.with_check).for_each(|e| add(e));
        }
        let sequences = self.catalog.sequences.iter().enumerate();
        named.extend(
            sequences
                .filter(|(_, s)| !s.identity && s.extension.is_none() && s.owned_by_table.as_ref() == Some(&table.name))
                .map(|(i, _)| Node::Sequence(i)),
        );
        named
    }

    /// What must be there before the node.
    fn of(&self, node: Node) -> BTreeSet<Node> {
        let mut named = BTreeSet::new();
        match node {
            Node::Type(i) => match &self.catalog.types[i].kind {
                TypeKind::Domain { base, default, .. } => {
                    self.mentions.collect(base, &mut named);
                    if let Some(default) = default {
                        self.mentions.collect(default, &mut named);
                    }
                }
                TypeKind::Composite { attributes } => attributes.iter().for_each(|a| self.mentions.collect(&a.data_type, &mut named)),
                TypeKind::Range { subtype, .. } => self.mentions.collect(subtype, &mut named),
                TypeKind::Enum { .. } | TypeKind::Base => {}
            },
            Node::Sequence(_) => {}
            Node::Function(i) => {
                if let Some(definition) = &self.catalog.functions[i].definition {
                    self.mentions.collect(definition, &mut named);
                }
                with_keys(&mut named);
            }
            Node::Table(i) => self.of_table(&self.catalog.tables[i], &mut named),
            Node::Keys(i) => {
                named.insert(Node::Table(i));
                let keys = self.catalog.tables[i].constraints.iter().filter(|c| is_key(c));
                keys.for_each(|c| self.mentions.collect(&c.definition, &mut named));
            }
            Node::View(i) => {
                let view = &self.catalog.views[i];
                view.depends_on.iter().for_each(|d| named.extend(self.mentions.named(&d.schema, &d.name)));
                self.mentions.collect(&view.definition, &mut named);
                with_keys(&mut named);
            }
        }
        named.remove(&node);
        named
    }

    fn of_table(&self, table: &Table, named: &mut BTreeSet<Node>) {
        for parent in table.parents.iter().chain(&table.of_type) {
            named.extend(self.mentions.named(&parent.schema, &parent.name));
        }
        if let Some(partitioning) = &table.partitioning {
            self.mentions.collect(&partitioning.definition, named);
        }
        for column in &table.columns {
            self.mentions.collect(&column.data_type, named);
            if let Some(default) = &column.default
                && (column.generated.is_some() || !is_deferred_default(self.catalog, self.mentions, default))
            {
                self.mentions.collect(default, named);
            }
        }
    }
}

/// Who reads a table may rely on its keys.
fn with_keys(named: &mut BTreeSet<Node>) {
    let keys: Vec<Node> = named.iter().filter_map(|n| if let Node::Table(i) = n { Some(Node::Keys(*i)) } else { None }).collect();
    named.extend(keys);
}
