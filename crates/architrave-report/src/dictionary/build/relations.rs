//! Tables and views with all that belongs to them.

use super::{Facts, said};
use crate::dictionary::entry::{Check, Column, ColumnFigures, ForeignKey, Index, Policy, Relation, RelationKind, Trigger, Unique};
use architrave_model::catalog::{
    self, ConstraintKind, ForeignKeyAction, Generated, Identity, Reference, Table, TableKind, TriggerEnabled, TriggerEvent, TriggerTiming,
    View,
};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use architrave_model::stats::ColumnStats;

impl Facts<'_> {
    /// Tables and views of one schema by name.
    pub(super) fn relations_of(&self, schema: &str) -> Vec<Relation> {
        let catalog = &self.target.snapshot.catalog;
        let tables = catalog.tables.iter().filter(|t| t.name.schema == schema && self.shows_table(t)).map(|t| self.table(t));
        let views = catalog.views.iter().filter(|v| v.name.schema == schema && self.shows_view(v)).map(|v| self.view(v));
        let mut all: Vec<Relation> = tables.chain(views).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn table(&self, table: &Table) -> Relation {
        let object = ObjectRef::table(&table.name);
        let (uses, more_uses) = self.uses_of(&object);
        let (rows, table_bytes, index_bytes) = self.size(table);
        let mut relation = Relation {
            name: table.name.clone(),
            kind: match table.kind {
                TableKind::Ordinary => RelationKind::Table,
                TableKind::Partitioned => RelationKind::PartitionedTable,
                TableKind::Foreign => RelationKind::ForeignTable,
            },
            comment: said(table.comment.as_ref()),
            columns: table.columns.iter().enumerate().map(|(at, c)| self.column(table, at, c, rows)).collect(),
            indexes: table.indexes.iter().map(|i| self.index(&table.name, i)).collect(),
            referenced_by: self.referenced.get(&table.name).cloned().unwrap_or_default(),
            row_security: table.rls_enabled.then_some(if table.rls_forced { "forced" } else { "enabled" }),
            policies: table.policies.iter().map(policy).collect(),
            triggers: table.triggers.iter().map(trigger).collect(),
            partitioned_by: table.partitioning.as_ref().map(|p| p.definition.clone()),
            partitions: self.partitions_of(&table.name),
            inherits: table.parents.clone(),
            read_by: self.readers_of(&table.name),
            rows,
            table_bytes,
            index_bytes,
            source: self.place(&object),
            uses,
            more_uses,
            ..Relation::default()
        };
        for constraint in &table.constraints {
            add_constraint(&mut relation, constraint);
        }
        relation
    }

    fn view(&self, view: &View) -> Relation {
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let (uses, more_uses) = self.uses_of(&ObjectRef::table(&view.name));
        let stats = self.stats.filter(|_| view.materialized).and_then(|s| s.table(&view.name));
        let columns = view.columns.iter().enumerate().map(|(at, column)| {
            let (uses, more_uses) = self.uses_of(&ObjectRef::column(&view.name, &column.name));
            Column {
                ordinal: at + 1,
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                indexes: indexes_with(&view.indexes, &column.name),
                comment: said(column.comment.as_ref()),
                uses,
                more_uses,
                ..Column::default()
            }
        });
        Relation {
            name: view.name.clone(),
            kind: if view.materialized { RelationKind::MaterializedView } else { RelationKind::View },
            comment: said(view.comment.as_ref()),
            columns: columns.collect(),
            indexes: view.indexes.iter().map(|i| self.index(&view.name, i)).collect(),
            triggers: view.triggers.iter().map(trigger).collect(),
            definition: Some(view.definition.trim().to_owned()),
            reads: view.depends_on.clone(),
            read_by: self.readers_of(&view.name),
            rows: stats.and_then(architrave_model::stats::TableStats::row_estimate),
            table_bytes: stats.and_then(|s| Some(s.table_bytes? + s.toast_bytes.unwrap_or(0))),
            index_bytes: stats.and_then(|s| s.index_bytes),
            source: self.place_of(kind, &view.name),
            uses,
            more_uses,
            ..Relation::default()
        }
    }

    /// Rows, bytes of the table, bytes of its indexes; of a partitioned table those of its partitions together.
    fn size(&self, table: &Table) -> (Option<f64>, Option<i64>, Option<i64>) {
        let Some(stats) = self.stats else { return (None, None, None) };
        if table.kind != TableKind::Partitioned {
            let Some(own) = stats.table(&table.name) else { return (None, None, None) };
            return (own.row_estimate(), own.table_bytes.map(|b| b + own.toast_bytes.unwrap_or(0)), own.index_bytes);
        }
        let mut sum = (Some(0.0), Some(0), Some(0));
        for part in self.partitions.get(&table.name).into_iter().flatten() {
            let (rows, bytes, index_bytes) = self.size(part);
            sum.0 = sum.0.zip(rows).map(|(a, b)| a + b);
            sum.1 = sum.1.zip(bytes).map(|(a, b)| a + b);
            sum.2 = sum.2.zip(index_bytes).map(|(a, b)| a + b);
        }
        sum
    }

    fn partitions_of(&self, table: &QualifiedName) -> Vec<(QualifiedName, String)> {
        let parts = self.partitions.get(table).into_iter().flatten();
        parts.map(|p| (p.name.clone(), p.partition_bound.clone().unwrap_or_default())).collect()
    }

    fn readers_of(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        self.readers.get(name).into_iter().flatten().filter(|reader| *reader != name).cloned().collect()
    }

    fn column(&self, table: &Table, at: usize, column: &catalog::Column, rows: Option<f64>) -> Column {
        let object = ObjectRef::column(&table.name, &column.name);
        let (uses, more_uses) = self.uses_of(&object);
        let source = self.place(&object).filter(|place| self.place(&ObjectRef::table(&table.name)).as_ref() != Some(place));
        let made = match (column.identity, column.generated) {
            (Some(Identity::Always), _) => Some("identity always"),
            (Some(Identity::ByDefault), _) => Some("identity by default"),
            (None, Some(Generated::Stored)) => Some("generated stored"),
            (None, Some(Generated::Virtual)) => Some("generated virtual"),
            (None, None) => None,
        };
        let keys = table.foreign_keys().filter_map(|(constraint, reference)| {
            let position = constraint.columns.iter().position(|c| *c == column.name)?;
            Some((reference.table.clone(), reference.columns.get(position).cloned().unwrap_or_default()))
        });
        Column {
            ordinal: at + 1,
            name: column.name.clone(),
            data_type: column.data_type.clone(),
            nullable: Some(!column.not_null),
            default: column.default.clone(),
            made,
            primary_key: table.primary_key().is_some_and(|k| k.columns.contains(&column.name)),
            unique: table.is_unique_over(&[column.name.as_str()]),
            references: keys.collect(),
            indexes: indexes_with(&table.indexes, &column.name),
            comment: said(column.comment.as_ref()),
            figures: self.figures(table, &column.name).map(|s| figures(s, rows)),
            source,
            uses,
            more_uses,
        }
    }

    fn figures(&self, table: &Table, column: &str) -> Option<&ColumnStats> {
        let stats = self.stats?;
        let whole = table.kind == TableKind::Partitioned;
        let key = (&table.name, column, whole);
        let at = stats.columns.binary_search_by(|c| (&c.table, c.column.as_str(), c.inherited).cmp(&key)).ok()?;
        stats.columns.get(at)
    }

    fn index(&self, table: &QualifiedName, index: &catalog::Index) -> Index {
        Index {
            name: index.name.clone(),
            method: index.method.clone(),
            keys: index.keys.iter().map(key).collect(),
            include: index.include.clone(),
            unique: index.unique,
            predicate: index.predicate.clone(),
            constraint: index.constraint.clone(),
            valid: index.valid,
            bytes: self.stats.and_then(|s| s.index(&table.schema, &index.name)).and_then(|i| i.bytes),
            comment: said(index.comment.as_ref()),
        }
    }
}

fn figures(stats: &ColumnStats, rows: Option<f64>) -> ColumnFigures {
    let distinct = match stats.distinct {
        n if n > 0.0 => Some(n),
        n if n < 0.0 => rows.map(|rows| (-n * rows).round()),
        _ => None,
    };
    ColumnFigures { null_share: stats.null_fraction, distinct }
}

fn key(key: &catalog::IndexKey) -> String {
    let mut text = match (&key.column, &key.expression) {
        (Some(column), _) => column.clone(),
        (None, Some(expression)) => format!("({expression})"),
        (None, None) => String::new(),
    };
    if let Some(class) = &key.operator_class {
        text.push(' ');
        text.push_str(class);
    }
    if key.descending {
        text.push_str(" desc");
    }
    text
}

fn indexes_with(indexes: &[catalog::Index], column: &str) -> Vec<String> {
    let holds = |i: &&catalog::Index| i.keys.iter().any(|k| k.column.as_deref() == Some(column)) || i.include.iter().any(|c| c == column);
    indexes.iter().filter(holds).map(|i| i.name.clone()).collect()
}

fn add_constraint(relation: &mut Relation, constraint: &catalog::Constraint) {
    let comment = said(constraint.comment.as_ref());
    match (&constraint.kind, &constraint.references) {
        (ConstraintKind::PrimaryKey, _) => relation.primary_key.clone_from(&constraint.columns),
        (ConstraintKind::Unique, _) => {
            relation.unique.push(Unique { name: constraint.name.clone(), columns: constraint.columns.clone(), comment });
        }
        (ConstraintKind::ForeignKey, Some(reference)) => relation.foreign_keys.push(ForeignKey {
            name: constraint.name.clone(),
            columns: constraint.columns.clone(),
            table: reference.table.clone(),
            referenced: reference.columns.clone(),
            actions: actions(reference),
            validated: constraint.validated,
            comment,
        }),
        (ConstraintKind::Trigger | ConstraintKind::NotNull, _) => {}
        _ => relation.checks.push(Check {
            name: constraint.name.clone(),
            columns: constraint.columns.clone(),
            definition: constraint.definition.clone(),
            validated: constraint.validated,
            comment,
        }),
    }
}

/// `on delete cascade on update set null`; nothing for the default.
pub(super) fn actions(reference: &Reference) -> String {
    let mut parts = Vec::new();
    for (event, action) in [("delete", reference.on_delete), ("update", reference.on_update)] {
        if action != ForeignKeyAction::NoAction {
            parts.push(format!("on {event} {}", action.sql()));
        }
    }
    parts.join(" ")
}

fn policy(policy: &catalog::Policy) -> Policy {
    Policy {
        name: policy.name.clone(),
        command: policy.command.sql(),
        permissive: policy.permissive,
        roles: policy.roles.clone(),
        using: policy.using.clone(),
        with_check: policy.with_check.clone(),
        comment: said(policy.comment.as_ref()),
    }
}

fn trigger(trigger: &catalog::Trigger) -> Trigger {
    let timing = match trigger.timing {
        TriggerTiming::Before => "before",
        TriggerTiming::After => "after",
        TriggerTiming::InsteadOf => "instead of",
    };
    let events = trigger.events.iter().map(|event| match event {
        TriggerEvent::Insert => "insert".to_owned(),
        TriggerEvent::Update if trigger.columns.is_empty() => "update".to_owned(),
        TriggerEvent::Update => format!("update of {}", trigger.columns.join(", ")),
        TriggerEvent::Delete => "delete".to_owned(),
        TriggerEvent::Truncate => "truncate".to_owned(),
    });
    let each = if trigger.row { "each row" } else { "each statement" };
    Trigger {
        name: trigger.name.clone(),
        when: format!("{timing} {}, {each}", events.collect::<Vec<_>>().join(" or ")),
        function: trigger.function.clone(),
        enabled: trigger.enabled != TriggerEnabled::Disabled,
        comment: said(trigger.comment.as_ref()),
    }
}
