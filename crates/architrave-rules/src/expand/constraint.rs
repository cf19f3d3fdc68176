//! Constraints without the long lock: NOT VALID and VALIDATE apart, indexes first and constraints on top of them, NOT NULL by way of a check.

use super::{Ground, alter, brief, gated, index, names, outside, plain, words};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::migration::{ConstraintDraft, ConstraintForm, SafeFile, Target};
use architrave_model::name::quote_ident;

/// ADD CONSTRAINT as a sequence. None where there is none: EXCLUDE, foreign keys of partitioned tables before 18.
pub(super) fn add(ground: &Ground<'_>, target: &Target, constraint: &ConstraintDraft) -> Option<Vec<SafeFile>> {
    let unchecked = constraint.not_enforced || constraint.not_valid;
    match constraint.form {
        _ if unchecked => Some(vec![plain::add_constraint(target, constraint)]),
        ConstraintForm::Check => Some(checked(ground, target, constraint)),
        ConstraintForm::ForeignKey => {
            (ground.major() >= 18 || !ground.is_partitioned(&target.name)).then(|| checked(ground, target, constraint))
        }
        ConstraintForm::Unique | ConstraintForm::PrimaryKey => over_index(ground, target, constraint),
        ConstraintForm::NotNull => (ground.major() >= 18).then(|| checked(ground, target, constraint)),
        ConstraintForm::Exclude => None,
    }
}

/// VALIDATE CONSTRAINT in a transaction of its own: readers and writers go on.
pub(super) fn validate(target: &Target, name: &str) -> SafeFile {
    let title = format!("validate {name}");
    brief(title, vec![format!("{} validate constraint {}", alter(target), quote_ident(name))], Vec::new())
}

/// SET NOT NULL without a scan under the strong lock. Nothing to do where the column is NOT NULL already.
pub(super) fn set_not_null(ground: &Ground<'_>, target: &Target, column: &str) -> Vec<SafeFile> {
    let table = ground.table(&target.name);
    if table.and_then(|t| t.column(column)).is_some_and(|c| c.not_null) {
        return Vec::new();
    }
    set_not_null_named(ground, target, column, None)
}

/// The same; `name` is what PostgreSQL 18 shall call the constraint, when not its own choice.
pub(super) fn set_not_null_named(ground: &Ground<'_>, target: &Target, column: &str, name: Option<&str>) -> Vec<SafeFile> {
    let quoted = quote_ident(column);
    let probe = format!("select count(*) from {} where {quoted} is null", target.name.sql());
    let gate = format!(
        "no row has NULL in {column}, and none is written any more: {probe} answers 0 (from this file on, every UPDATE of such a row fails)"
    );
    let chosen = || names::chosen(ground, &target.name, &[column.to_owned()], "not_null");
    let name = name.map_or_else(chosen, str::to_owned);
    let drop = format!("{} drop constraint {}", alter(target), quote_ident(&name));
    if ground.major() >= 18 {
        let add = format!("{} add constraint {} not null {quoted} not valid", alter(target), quote_ident(&name));
        return vec![gated(brief(format!("{column} not null not valid"), vec![add], vec![drop]), gate), validate(target, &name)];
    }
    let add = format!("{} add constraint {} check ({quoted} is not null) not valid", alter(target), quote_ident(&name));
    let set = format!("{} alter column {quoted} set not null", alter(target));
    let unset = format!("{} alter column {quoted} drop not null", alter(target));
    vec![
        gated(brief(format!("check {column} not null"), vec![add], vec![drop.clone()]), gate),
        validate(target, &name),
        brief(format!("set {column} not null"), vec![set, drop], vec![unset]),
    ]
}

/// NOT VALID, then VALIDATE.
fn checked(ground: &Ground<'_>, target: &Target, constraint: &ConstraintDraft) -> Vec<SafeFile> {
    let name = name_of(ground, target, constraint);
    let quoted = quote_ident(&name);
    let text = words::without(constraint.text.trim(), &["not", "valid"]);
    let add = format!("{} add constraint {quoted} {text} not valid", alter(target));
    let drop = format!("{} drop constraint {quoted}", alter(target));
    let mut first = brief(format!("add {name} not valid"), vec![add], vec![drop]);
    if let Some(condition) = constraint.condition.as_deref().filter(|_| constraint.form == ConstraintForm::Check) {
        let probe = format!("select count(*) from {} where not ({condition})", target.name.sql());
        first = gated(
            first,
            format!("no row violates it: {probe} answers 0 (from this file on, every UPDATE of such a row fails, whatever it changes)"),
        );
    }
    vec![first, validate(target, &name)]
}

/// The name as written, else the one that PostgreSQL would choose.
pub(super) fn name_of(ground: &Ground<'_>, target: &Target, constraint: &ConstraintDraft) -> String {
    if let Some(name) = &constraint.name {
        return name.clone();
    }
    let (columns, label) = match constraint.form {
        ConstraintForm::Check => (checked_column(ground.table(&target.name), constraint), "check"),
        ConstraintForm::ForeignKey => (constraint.columns.clone(), "fkey"),
        ConstraintForm::Unique => (constraint.columns.iter().cloned().chain(included(constraint)).collect(), "key"),
        ConstraintForm::PrimaryKey => (Vec::new(), "pkey"),
        ConstraintForm::Exclude => (constraint.columns.clone(), "excl"),
        ConstraintForm::NotNull => (constraint.columns.clone(), "not_null"),
    };
    names::chosen(ground, &target.name, &columns, label)
}

/// The columns of INCLUDE, which are part of the name that PostgreSQL chooses.
fn included(constraint: &ConstraintDraft) -> Vec<String> {
    let names = |text: &UniqueText<'_>| {
        let list = words::parenthesised(&text.include, 0).map_or("", |(list, _)| list).to_owned();
        words::parts(&list).into_iter().filter_map(|p| words::words(p).first().and_then(words::Word::name)).collect()
    };
    unique_text(constraint.text.trim()).as_ref().map(names).unwrap_or_default()
}

/// PostgreSQL names a check after its column when it is about one only.
fn checked_column(table: Option<&Table>, constraint: &ConstraintDraft) -> Vec<String> {
    if let [_] = constraint.columns.as_slice() {
        return constraint.columns.clone();
    }
    let (Some(table), Some(condition)) = (table, &constraint.condition) else { return Vec::new() };
    let named = table.columns.iter().filter(|c| words::names_column(condition, &table.name.name, &c.name));
    let named: Vec<String> = named.map(|c| c.name.clone()).collect();
    if named.len() == 1 { named } else { Vec::new() }
}

/// A unique constraint's text in its parts.
struct UniqueText<'t> {
    nulls: &'static str,
    columns: &'t str,
    include: String,
    /// DEFERRABLE and the like.
    rest: &'t str,
}

fn unique_text(text: &str) -> Option<UniqueText<'_>> {
    let (columns, end) = words::parenthesised(text, 0)?;
    let nulls = if words::has(text.get(..end)?, &["nulls", "not", "distinct"]) { " nulls not distinct" } else { "" };
    let mut rest = text.get(end..)?.trim();
    let mut include = String::new();
    if words::words(rest).first().is_some_and(|w| w.is("include")) {
        let (inside, end) = words::parenthesised(rest, 0)?;
        include = format!(" include ({inside})");
        rest = rest.get(end..)?.trim();
    }
    let storage = words::words(rest).iter().any(|w| w.is("with") || w.is("using") || w.is("overlaps"));
    (!storage && !words::words(columns).iter().any(|w| w.is("without"))).then_some(UniqueText { nulls, columns, include, rest })
}

/// UNIQUE and PRIMARY KEY: the index first, without blocking writers, then the constraint on top of it in a moment.
fn over_index(ground: &Ground<'_>, target: &Target, constraint: &ConstraintDraft) -> Option<Vec<SafeFile>> {
    let table = ground.table(&target.name)?;
    let word = if constraint.form == ConstraintForm::PrimaryKey { "primary key" } else { "unique" };
    let name = name_of(ground, target, constraint);
    let mut files = Vec::new();
    if constraint.form == ConstraintForm::PrimaryKey {
        let columns = if constraint.columns.is_empty() { index_columns(table, constraint) } else { constraint.columns.clone() };
        for column in columns {
            files.extend(set_not_null(ground, target, &column));
        }
    }
    if let Some(index) = &constraint.using_index {
        let add = format!("{} add constraint {} {word} using index {}", alter(target), quote_ident(&name), quote_ident(index));
        files.push(brief(format!("add {name}"), vec![add], Vec::new()));
        return Some(files);
    }
    let text = unique_text(constraint.text.trim())?;
    if table.kind == TableKind::Partitioned {
        files.extend(index::unique_of_partitions(ground, table, &name, word, constraint)?);
        return Some(files);
    }
    let UniqueText { nulls, columns, include, rest } = text;
    let index = QualifiedName::new(&table.name.schema, &name);
    let create = format!("create unique index concurrently {} on {} ({columns}){include}{nulls}", quote_ident(&name), table.name.sql());
    let retry = format!("drop index concurrently if exists {}", index.sql());
    files.push(outside(format!("build {name} concurrently"), vec![retry.clone(), create], vec![retry]));
    let rest = if rest.is_empty() { String::new() } else { format!(" {rest}") };
    let add = format!("{} add constraint {} {word} using index {}{rest}", alter(target), quote_ident(&name), quote_ident(&name));
    let drop = format!("{} drop constraint {}", alter(target), quote_ident(&name));
    files.push(brief(format!("add {name} using its index"), vec![add], vec![drop]));
    Some(files)
}

fn index_columns(table: &Table, constraint: &ConstraintDraft) -> Vec<String> {
    let index = constraint.using_index.as_ref().and_then(|name| table.index(name));
    index.map(|i| i.keys.iter().filter_map(|k| k.column.clone()).collect()).unwrap_or_default()
}

/// A constraint written with a column, as one of the table: `references r` becomes `foreign key (c) references r`.
pub(super) fn of_table(column: &str, constraint: &ConstraintDraft) -> ConstraintDraft {
    let quoted = quote_ident(column);
    let text = constraint.text.trim();
    let all = words::words(text);
    let starts = |word: &str| all.first().is_some_and(|w| w.is(word));
    let behind = |words_before: usize| all.get(words_before).map_or("", |w| text.get(w.start..).unwrap_or_default());
    let with_list =
        |head: &str, rest: &str| if rest.is_empty() { format!("{head} ({quoted})") } else { format!("{head} ({quoted}) {rest}") };
    let text = match constraint.form {
        ConstraintForm::ForeignKey if starts("references") => with_list("foreign key", text),
        ConstraintForm::PrimaryKey if !all.get(2).is_some_and(|w| w.is_sign("(")) => with_list("primary key", behind(2)),
        ConstraintForm::Unique if !all.iter().any(|w| w.is_sign("(") && w.depth == 0) => {
            let nulls = words::has(text, &["nulls", "not", "distinct"]);
            with_list(if nulls { "unique nulls not distinct" } else { "unique" }, behind(if nulls { 4 } else { 1 }))
        }
        _ => text.to_owned(),
    };
    let columns = if constraint.columns.is_empty() { vec![column.to_owned()] } else { constraint.columns.clone() };
    ConstraintDraft { text, columns, ..constraint.clone() }
}
