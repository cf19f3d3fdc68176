//! Indexes without blocking writers: CONCURRENTLY, one partition at a time where the table has partitions, and what is left of a failed try
//! goes first.

use super::{Ground, brief, names, outside, words};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::migration::{Action, ConstraintDraft, SafeFile};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::{QualifiedName, catalog::ConstraintKind};
use std::sync::Arc;

/// CREATE INDEX, of a table or of a partitioned one.
pub(super) fn create(ground: &Ground<'_>, action: &Action) -> Option<Vec<SafeFile>> {
    let Action::CreateIndex { index, table: target, unique, if_not_exists, .. } = action else { return None };
    let table = ground.table(&target.name)?;
    let text = IndexText::of(&ground.step.text)?;
    let own_name = || QualifiedName::new(&table.name.schema, names::chosen(ground, &table.name, &text.key_names(), "idx"));
    let name = index.clone().unwrap_or_else(own_name);
    if table.kind == TableKind::Partitioned {
        return if target.only { None } else { of_partitions(ground, table, &name, *unique, text.tail) };
    }
    let retry = if *if_not_exists { vec![drop_when_invalid(&name)] } else { vec![drop_concurrently(&name)] };
    let unique = if *unique { "unique " } else { "" };
    let guard = if *if_not_exists { "if not exists " } else { "" };
    let create = format!("create {unique}index concurrently {guard}{} on {} {}", quote_ident(&name.name), table.name.sql(), text.tail);
    let down = vec![drop_concurrently(&name)];
    Some(vec![outside(format!("build {} concurrently", name.name), retry.into_iter().chain([create]).collect(), down)])
}

/// DROP INDEX. None for an index of a constraint or of a partitioned table: those cannot go concurrently.
pub(super) fn drop(ground: &Ground<'_>, action: &Action) -> Option<Vec<SafeFile>> {
    let Action::DropIndex { index, concurrently: false, if_exists, cascade: false } = action else { return None };
    let table = ground
        .step
        .at_hand
        .iter()
        .map(Arc::as_ref)
        .chain(&ground.step.before.tables)
        .find(|t| t.name.schema == index.schema && t.indexes.iter().any(|i| i.name == index.name))?;
    let definition = table.index(&index.name)?;
    let tied = definition.constraint.is_some() || definition.parent.is_some() || table.kind == TableKind::Partitioned;
    let guard = if *if_exists { "if exists " } else { "" };
    let drop = format!("drop index concurrently {guard}{}", index.sql());
    let (create, rest) = definition.definition.split_once(" INDEX ")?;
    let down = format!("{create} INDEX CONCURRENTLY {rest}");
    (!tied).then(|| vec![outside(format!("drop {} concurrently", index.name), vec![drop], vec![down])])
}

/// REINDEX with CONCURRENTLY.
pub(super) fn reindex(ground: &Ground<'_>) -> Option<Vec<SafeFile>> {
    let text = &ground.step.text;
    let kind =
        ["index", "table", "schema", "database"].into_iter().find(|kind| words::words(text).iter().any(|w| w.depth == 0 && w.is(kind)))?;
    let sql = words::insert_after(text, kind, "concurrently")?;
    Some(vec![outside("reindex concurrently", vec![sql], Vec::new())])
}

fn drop_concurrently(name: &QualifiedName) -> String {
    format!("drop index concurrently if exists {}", name.sql())
}

/// Takes away what a failed build left; an index that works stays.
fn drop_when_invalid(name: &QualifiedName) -> String {
    let regclass = quote_literal(&name.sql());
    format!(
        "do $$
begin
  if exists (select from pg_catalog.pg_index where indexrelid = to_regclass({regclass}) and not indisvalid) then
    set local lock_timeout = '2s';
    drop index {};
  end if;
end
$$",
        name.sql()
    )
}

/// What a CREATE INDEX says behind the table.
struct IndexText<'t> {
    /// `using btree (a) where …`.
    tail: &'t str,
}

impl<'t> IndexText<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let all = words::words(text);
        let on = all.iter().position(|w| w.depth == 0 && w.is("on"))?;
        let mut at = on + 1;
        if all.get(at)?.is("only") {
            at += 1;
        }
        while all.get(at + 1).is_some_and(|w| w.is_sign(".")) {
            at += 2;
        }
        Some(Self { tail: text.get(all.get(at)?.end..)?.trim() })
    }

    /// Names of the keys as PostgreSQL makes a name of them: the column, the function, or `expr`.
    fn key_names(&self) -> Vec<String> {
        let Some((list, end)) = words::parenthesised(self.tail, 0) else { return Vec::new() };
        let behind = self.tail.get(end..).unwrap_or_default();
        let includes = words::words(behind).first().is_some_and(|w| w.is("include"));
        let include = words::parenthesised(behind, 0).filter(|_| includes).map_or("", |(list, _)| list);
        let name = |part: &str| {
            let first = words::words(part).first().and_then(words::Word::name);
            first.unwrap_or_else(|| "expr".to_owned())
        };
        words::parts(list).into_iter().chain(words::parts(include)).filter(|part| !part.is_empty()).map(name).collect()
    }
}

/// Tables below a partitioned one, the partitioned among them before their own partitions.
fn below<'a>(ground: &Ground<'a>, table: &Table) -> Vec<&'a Table> {
    let mut out = Vec::new();
    for part in ground.step.before.tables.iter().filter(|t| t.is_partition && t.parents.first() == Some(&table.name)) {
        out.push(part);
        out.extend(below(ground, part));
    }
    out
}

/// An index of a partitioned table: on the parent alone first, then each partition's concurrently, then attached.
fn of_partitions(ground: &Ground<'_>, table: &Table, name: &QualifiedName, unique: bool, tail: &str) -> Option<Vec<SafeFile>> {
    let parts = below(ground, table);
    if parts.iter().any(|p| p.kind == TableKind::Foreign) {
        return None;
    }
    let unique = if unique { "unique " } else { "" };
    let keys = IndexText { tail }.key_names();
    let mut shells = vec![format!("create {unique}index {} on only {} {tail}", quote_ident(&name.name), table.name.sql())];
    let (mut builds, mut attached) = (Vec::new(), Vec::new());
    let mut given: Vec<(&QualifiedName, QualifiedName)> = vec![(&table.name, name.clone())];
    for part in parts {
        let own = QualifiedName::new(&part.name.schema, names::chosen(ground, &part.name, &keys, "idx"));
        let quoted = quote_ident(&own.name);
        if part.kind == TableKind::Partitioned {
            shells.push(format!("create {unique}index {quoted} on only {} {tail}", part.name.sql()));
        } else {
            let create = format!("create {unique}index concurrently {quoted} on {} {tail}", part.name.sql());
            builds.push(outside(
                format!("build {} concurrently", own.name),
                vec![drop_concurrently(&own), create],
                vec![drop_concurrently(&own)],
            ));
        }
        let parent = part.parents.first()?;
        let parents_index = &given.iter().find(|(t, _)| *t == parent)?.1;
        attached.push(format!("alter index {} attach partition {}", parents_index.sql(), own.sql()));
        given.push((&part.name, own));
    }
    // From the leaves up: an index becomes valid when its last partition is attached.
    attached.reverse();
    let mut files = vec![brief(format!("{} on the parent alone", name.name), shells, vec![format!("drop index {}", name.sql())])];
    files.append(&mut builds);
    files.push(brief(format!("attach the partitions of {}", name.name), attached, Vec::new()));
    Some(files)
}

/// A unique constraint or primary key of a partitioned table, of one level.
pub(super) fn unique_of_partitions(
    ground: &Ground<'_>,
    table: &Table,
    name: &str,
    word: &str,
    constraint: &ConstraintDraft,
) -> Option<Vec<SafeFile>> {
    let parts = below(ground, table);
    if parts.iter().any(|p| p.kind != TableKind::Ordinary) {
        return None;
    }
    let (list, _) = words::parenthesised(&constraint.text, 0)?;
    let (label, keys) = if word == "unique" { ("key", constraint.columns.clone()) } else { ("pkey", Vec::new()) };
    let parents_index = QualifiedName::new(&table.name.schema, name);
    let add = format!("alter table only {} add constraint {} {}", table.name.sql(), quote_ident(name), constraint.text.trim());
    let drop = format!("alter table {} drop constraint {}", table.name.sql(), quote_ident(name));
    let (mut builds, mut attached) = (Vec::new(), Vec::new());
    for part in parts {
        if word != "unique" && part.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey) {
            return None;
        }
        let own = QualifiedName::new(&part.name.schema, names::chosen(ground, &part.name, &keys, label));
        let quoted = quote_ident(&own.name);
        let create = format!("create unique index concurrently {quoted} on {} ({list})", part.name.sql());
        builds.push(outside(
            format!("build {} concurrently", own.name),
            vec![drop_concurrently(&own), create],
            vec![drop_concurrently(&own)],
        ));
        attached.push(format!("alter table {} add constraint {quoted} {word} using index {quoted}", part.name.sql()));
        attached.push(format!("alter index {} attach partition {}", parents_index.sql(), own.sql()));
    }
    let mut files = builds;
    files.push(brief(format!("add {name} over its indexes"), std::iter::once(add).chain(attached).collect(), vec![drop]));
    Some(files)
}
