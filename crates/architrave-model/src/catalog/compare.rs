//! Differences between two catalogues, object by object: what drift, proofs and round trips look at.

use super::{Catalog, Column, Constraint, Grant, Index, Table, Trigger, TypeKind, View};
use crate::name::{ObjectKind, ObjectRef, QualifiedName};
use std::collections::BTreeMap;

/// One aspect of an object that two catalogues tell differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aspect {
    /// `type`, `not null`, `default`, `definition`, `grants` …
    pub name: &'static str,
    /// On the left.
    pub before: String,
    /// On the right.
    pub after: String,
}

/// How an object differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only on the right.
    Added,
    /// Only on the left.
    Removed,
    /// On both, not the same.
    Changed(Vec<Aspect>),
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Object.
    pub object: ObjectRef,
    /// How it differs.
    pub change: Change,
}

impl Difference {
    /// One line: `index public.orders.orders_note_idx added`.
    pub fn line(&self) -> String {
        let what = format!("{} {}", self.object.kind.word(), self.object);
        match &self.change {
            Change::Added => format!("{what} added"),
            Change::Removed => format!("{what} removed"),
            Change::Changed(aspects) => {
                let aspects: Vec<String> =
                    aspects.iter().map(|a| format!("{} {} → {}", a.name, shorten(&a.before), shorten(&a.after))).collect();
                format!("{what}: {}", aspects.join("; "))
            }
        }
    }
}

/// What to leave out of a comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignore {
    /// Roles, memberships and default privileges: they belong to the cluster.
    pub roles: bool,
    /// Owners and privileges.
    pub privileges: bool,
    /// Positions of sequences and sizes never count; comments only unless ignored.
    pub comments: bool,
}

type Facts = Vec<(&'static str, String)>;

/// Everything that differs, sorted by object.
pub fn differences(left: &Catalog, right: &Catalog, ignore: Ignore) -> Vec<Difference> {
    let left = facts(left, ignore);
    let mut right = facts(right, ignore);
    let mut found = Vec::new();
    for (object, before) in left {
        match right.remove(&object) {
            None => found.push(Difference { object, change: Change::Removed }),
            Some(after) if after == before => {}
            Some(after) => found.push(Difference { object, change: Change::Changed(aspects(before, after)) }),
        }
    }
    found.extend(right.into_keys().map(|object| Difference { object, change: Change::Added }));
    found.sort_by(|a, b| a.object.cmp(&b.object));
    found
}

fn aspects(before: Facts, after: Facts) -> Vec<Aspect> {
    let pairs = before.into_iter().zip(after);
    pairs.filter(|(b, a)| b.1 != a.1).map(|((name, before), (_, after))| Aspect { name, before, after }).collect()
}

fn shorten(text: &str) -> String {
    let text = if text.is_empty() { "(none)" } else { text };
    if text.chars().count() > 80 { format!("{}…", text.chars().take(80).collect::<String>()) } else { text.to_owned() }
}

fn facts(catalog: &Catalog, ignore: Ignore) -> BTreeMap<ObjectRef, Facts> {
    let mut all = Flattened { map: BTreeMap::new(), ignore };
    for schema in catalog.schemas.iter().filter(|s| s.extension.is_none()) {
        let object = ObjectRef::global(ObjectKind::Schema, &schema.name);
        let owned = all.owned(&schema.owner, &schema.grants, schema.comment.as_ref());
        all.put(object, owned);
    }
    for table in catalog.tables.iter().filter(|t| t.extension.is_none()) {
        all.table(table);
    }
    for view in catalog.views.iter().filter(|v| v.extension.is_none()) {
        all.view(view);
    }
    all.rest(catalog);
    if !ignore.roles {
        for role in &catalog.roles {
            all.put(ObjectRef::global(ObjectKind::Role, &role.name), vec![("attributes", format!("{role:?}"))]);
        }
    }
    all.map
}

struct Flattened {
    map: BTreeMap<ObjectRef, Facts>,
    ignore: Ignore,
}

impl Flattened {
    fn put(&mut self, object: ObjectRef, facts: Facts) {
        self.map.insert(object, facts);
    }

    fn owned(&self, owner: &str, grants: &[Grant], comment: Option<&String>) -> Facts {
        let mut facts = vec![("comment", self.comment(comment))];
        if !self.ignore.privileges {
            facts.push(("owner", owner.to_owned()));
            facts.push(("grants", grants_text(grants)));
        }
        facts
    }

    fn comment(&self, comment: Option<&String>) -> String {
        if self.ignore.comments { String::new() } else { comment.cloned().unwrap_or_default() }
    }

    fn table(&mut self, table: &Table) {
        let name = &table.name;
        let mut facts = self.owned(&table.owner, &table.grants, table.comment.as_ref());
        facts.push(("kind", format!("{:?} {:?}", table.kind, table.persistence)));
        facts.push(("row level security", format!("enabled {} forced {}", table.rls_enabled, table.rls_forced)));
        facts.push(("replica identity", format!("{:?}", table.replica_identity)));
        facts.push((
            "partition",
            format!("{} {}", table.partitioning.as_ref().map_or("", |p| &p.definition), table.partition_bound.as_deref().unwrap_or("")),
        ));
        facts.push(("parents", table.parents.iter().map(QualifiedName::to_string).collect::<Vec<_>>().join(", ")));
        facts.push(("options", table.options.join(", ")));
        facts.push(("columns", table.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")));
        facts.push(("statistics", table.statistics.iter().map(|s| s.definition.as_str()).collect::<Vec<_>>().join("; ")));
        self.put(ObjectRef::table(name), facts);
        for column in &table.columns {
            let facts = self.column(column);
            self.put(ObjectRef::column(name, &column.name), facts);
        }
        for constraint in &table.constraints {
            self.constraint(name, constraint);
        }
        self.indexes(name, &table.indexes);
        self.triggers(name, &table.triggers);
        for policy in &table.policies {
            let facts = vec![
                ("command", policy.command.sql().to_owned()),
                ("permissive", policy.permissive.to_string()),
                ("roles", policy.roles.join(", ")),
                ("using", policy.using.clone().unwrap_or_default()),
                ("with check", policy.with_check.clone().unwrap_or_default()),
                ("comment", self.comment(policy.comment.as_ref())),
            ];
            self.put(ObjectRef::in_table(ObjectKind::Policy, name, &policy.name), facts);
        }
        for rule in &table.rules {
            self.put(ObjectRef::in_table(ObjectKind::Rule, name, &rule.name), vec![("definition", rule.definition.clone())]);
        }
    }

    fn column(&self, column: &Column) -> Facts {
        let mut facts = vec![
            ("type", column.data_type.clone()),
            ("not null", column.not_null.to_string()),
            ("default", column.default.clone().unwrap_or_default()),
            ("identity", column.identity.map(|i| format!("{i:?}")).unwrap_or_default()),
            ("generated", column.generated.map(|g| format!("{g:?}")).unwrap_or_default()),
            ("collation", column.collation.clone().unwrap_or_default()),
            ("storage", column.storage.clone().unwrap_or_default()),
            ("compression", column.compression.clone().unwrap_or_default()),
            ("statistics target", column.statistics_target.map(|t| t.to_string()).unwrap_or_default()),
            ("comment", self.comment(column.comment.as_ref())),
        ];
        if !self.ignore.privileges {
            facts.push(("grants", grants_text(&column.grants)));
        }
        facts
    }

    fn constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let facts = vec![
            ("definition", constraint.definition.clone()),
            ("validated", constraint.validated.to_string()),
            ("comment", self.comment(constraint.comment.as_ref())),
        ];
        self.put(ObjectRef::in_table(ObjectKind::Constraint, table, &constraint.name), facts);
    }

    fn indexes(&mut self, table: &QualifiedName, indexes: &[Index]) {
        for index in indexes {
            let facts = vec![
                ("definition", index.definition.clone()),
                ("valid", index.valid.to_string()),
                ("replica identity", index.replica_identity.to_string()),
                ("clustered", index.clustered.to_string()),
                ("comment", self.comment(index.comment.as_ref())),
            ];
            self.put(ObjectRef::in_table(ObjectKind::Index, table, &index.name), facts);
        }
    }

    fn triggers(&mut self, table: &QualifiedName, triggers: &[Trigger]) {
        for trigger in triggers {
            let facts = vec![
                ("definition", trigger.definition.clone()),
                ("enabled", format!("{:?}", trigger.enabled)),
                ("comment", self.comment(trigger.comment.as_ref())),
            ];
            self.put(ObjectRef::in_table(ObjectKind::Trigger, table, &trigger.name), facts);
        }
    }

    fn view(&mut self, view: &View) {
        let mut facts = self.owned(&view.owner, &view.grants, view.comment.as_ref());
        facts.push(("definition", view.definition.clone()));
        facts.push(("options", view.options.join(", ")));
        let comments = view.columns.iter().filter_map(|c| Some(format!("{}: {}", c.name, c.comment.as_ref()?)));
        facts.push(("comments of columns", if self.ignore.comments { String::new() } else { comments.collect::<Vec<_>>().join("; ") }));
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        self.put(ObjectRef::in_schema(kind, &view.name.schema, &view.name.name), facts);
        self.indexes(&view.name, &view.indexes);
        self.triggers(&view.name, &view.triggers);
    }

    fn rest(&mut self, catalog: &Catalog) {
        for sequence in catalog.sequences.iter().filter(|s| s.extension.is_none()) {
            let mut facts = self.owned(&sequence.owner, &sequence.grants, sequence.comment.as_ref());
            let s = sequence;
            facts.push(("definition", format!("{} {} {} {} {} {} {}", s.data_type, s.start, s.min, s.max, s.increment, s.cycle, s.cache)));
            let owner = (s.owned_by_table.as_ref(), s.owned_by_column.as_ref());
            facts.push(("owned by", if let (Some(t), Some(c)) = owner { format!("{t}.{c}") } else { String::new() }));
            self.put(ObjectRef::in_schema(ObjectKind::Sequence, &s.name.schema, &s.name.name), facts);
        }
        for kind in catalog.types.iter().filter(|t| t.extension.is_none()) {
            let mut facts = self.owned(&kind.owner, &kind.grants, kind.comment.as_ref());
            let text = match &kind.kind {
                TypeKind::Enum { labels } => labels.join(", "),
                other => format!("{other:?}"),
            };
            facts.push(("definition", text));
            self.put(ObjectRef::in_schema(ObjectKind::Type, &kind.name.schema, &kind.name.name), facts);
        }
        for function in &catalog.functions {
            let mut facts = self.owned(&function.owner, &function.grants, function.comment.as_ref());
            let text = function.definition.clone().unwrap_or_else(|| format!("{:?} {}", function.result, function.body));
            facts.push(("definition", text));
            self.put(ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature()), facts);
        }
        for extension in &catalog.extensions {
            let object = ObjectRef::global(ObjectKind::Extension, &extension.name);
            self.put(object, vec![("schema", extension.schema.clone())]);
        }
        for publication in &catalog.publications {
            let object = ObjectRef::global(ObjectKind::Publication, &publication.name);
            let p = publication;
            let facts = format!("{:?} {:?} {:?} all {} root {}", p.operations, p.tables, p.schemas, p.all_tables, p.via_root);
            self.put(object, vec![("definition", facts)]);
        }
        for trigger in catalog.event_triggers.iter().filter(|t| t.extension.is_none()) {
            let object = ObjectRef::global(ObjectKind::EventTrigger, &trigger.name);
            self.put(
                object,
                vec![("definition", format!("{} {} {:?} {:?}", trigger.event, trigger.function, trigger.tags, trigger.enabled))],
            );
        }
    }
}

fn grants_text(grants: &[Grant]) -> String {
    let option =
        |g: &Grant| if g.grantable.is_empty() { String::new() } else { format!(" with grant option for {}", g.grantable.join("/")) };
    let one = |g: &Grant| format!("{} to {}{}", g.privileges.join("/"), g.grantee, option(g));
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(data_type: &str, column: &str) -> Catalog {
        let column = Column { name: column.into(), data_type: data_type.into(), ..Column::default() };
        let table = Table { name: QualifiedName::new("public", "t"), columns: vec![column], ..Table::default() };
        Catalog { tables: vec![table], ..Catalog::default() }
    }

    #[test]
    fn equal_catalogues_have_no_difference() {
        assert_eq!(differences(&catalog("text", "a"), &catalog("text", "a"), Ignore::default()), Vec::new());
    }

    #[test]
    fn a_changed_type_is_one_line() {
        let found = differences(&catalog("text", "a"), &catalog("integer", "a"), Ignore::default());
        assert_eq!(found.iter().map(Difference::line).collect::<Vec<_>>(), ["column public.t.a: type text → integer"]);
    }

    #[test]
    fn a_renamed_column_is_removed_and_added() {
        let found = differences(&catalog("text", "a"), &catalog("text", "b"), Ignore::default());
        let lines: Vec<_> = found.iter().map(Difference::line).collect();
        assert_eq!(lines, ["table public.t: columns a → b", "column public.t.a removed", "column public.t.b added"]);
    }
}
