//! New columns whose values take work, and columns that go.

use super::backfill::{Backfill, Limits, place_of};
use super::{Ground, alter, brief, constraint, gated, names, outside, plain, words};
use architrave_model::QualifiedName;
use architrave_model::catalog::ConstraintKind;
use architrave_model::migration::{ColumnDraft, SafeFile, Target};
use architrave_model::name::{quote_ident, quote_literal};

/// ADD COLUMN as a sequence: the bare column, its values in batches, then what must hold for them. None where PostgreSQL has no such way
/// (a domain with constraints, a stored generated column) or the table has no key to walk along.
pub(super) fn add(ground: &Ground<'_>, target: &Target, column: &ColumnDraft) -> Option<Vec<SafeFile>> {
    let fresh = column.default.as_ref().filter(|d| !d.is_null);
    let rewrites = ground.step.effect.rewrites_heap(&target.name);
    let mut files = if column.serial || column.identity {
        numbered(ground, target, column)?
    } else if column.stored || column.virtual_column {
        return None;
    } else if let Some(default) = fresh.filter(|d| !d.is_constant && rewrites) {
        let set = format!("{} alter column {} set default {}", alter(target), quote_ident(&column.name), default.text);
        filled(ground, target, column, &[set], Vec::new())?
    } else if !rewrites || ground.step.actions.len() > 1 {
        plainly(ground, target, column)
    } else {
        // A domain with constraints: no form of ADD COLUMN spares the rewrite.
        return None;
    };
    for draft in &column.constraints {
        files.extend(constraint::add(ground, target, &constraint::of_table(&column.name, draft))?);
    }
    Some(files)
}

/// A column that costs nothing but the constraints written with it.
fn plainly(ground: &Ground<'_>, target: &Target, column: &ColumnDraft) -> Vec<SafeFile> {
    let default = column.default.as_ref().map_or_else(String::new, |d| format!(" default {}", d.text));
    let has_value = column.default.as_ref().is_some_and(|d| !d.is_null);
    if column.not_null && has_value {
        return vec![plain::add_column(target, column, &format!("{default} not null"))];
    }
    let mut files = vec![plain::add_column(target, column, &default)];
    if column.not_null {
        let mut rest = constraint::set_not_null(ground, target, &column.name);
        if let Some(first) = rest.first_mut() {
            let gate = first.gate.take().unwrap_or_default();
            first.gate = Some(format!("the deployed application writes {} in every row, and old rows are filled; {gate}", column.name));
        }
        files.extend(rest);
    }
    files
}

/// The column without values, its default for new rows, the old rows in batches.
fn filled(ground: &Ground<'_>, target: &Target, column: &ColumnDraft, after: &[String], last: Vec<String>) -> Option<Vec<SafeFile>> {
    let table = ground.table(&target.name)?;
    let name = quote_ident(&column.name);
    let mut first = plain::add_column(target, column, "");
    first.statements.extend_from_slice(after);
    let backfill = Backfill {
        table,
        alias: "t".to_owned(),
        set: format!("{name} = default"),
        only: Some(format!("t.{name} is null")),
        place: place_of(ground, &target.name, &column.name),
        limits: Limits::default(),
    };
    let mut files = vec![first, outside(format!("fill {}", column.name), vec![backfill.statement()?], Vec::new())];
    let clean_up = backfill.clean_up();
    let mut rest = if column.not_null || column.serial || column.identity {
        constraint::set_not_null(ground, target, &column.name)
    } else {
        vec![brief(format!("{} is filled", column.name), Vec::new(), Vec::new())]
    };
    if let Some(first) = rest.first_mut() {
        // The back-fill and the default see to it.
        first.gate = None;
        first.statements.insert(0, clean_up);
    }
    if let Some(end) = rest.last_mut() {
        end.statements.extend(last);
    }
    files.append(&mut rest);
    Some(files)
}

/// serial and identity: a sequence for new rows at once, numbers for the old ones in batches.
fn numbered(ground: &Ground<'_>, target: &Target, column: &ColumnDraft) -> Option<Vec<SafeFile>> {
    let name = quote_ident(&column.name);
    let label = if column.identity { "filling_seq" } else { "seq" };
    let sequence = QualifiedName::new(&target.name.schema, names::chosen(ground, &target.name, std::slice::from_ref(&column.name), label));
    let next = quote_literal(&sequence.sql());
    let create = format!("create sequence {} as {}", sequence.sql(), column.type_text);
    let default = format!("{} alter column {name} set default nextval({next}::regclass)", alter(target));
    let owned = format!("alter sequence {} owned by {}.{name}", sequence.sql(), target.name.sql());
    let last = if column.identity { to_identity(ground, target, column, &sequence)? } else { Vec::new() };
    let mut files = filled(ground, target, column, &[default, owned], last)?;
    if let Some(first) = files.first_mut() {
        first.statements.insert(0, create);
    }
    Some(files)
}

/// The helping sequence goes, the column's own comes and goes on where it stopped.
fn to_identity(ground: &Ground<'_>, target: &Target, column: &ColumnDraft, helper: &QualifiedName) -> Option<Vec<String>> {
    let text = &ground.step.text;
    let always = words::has(text, &["generated", "always", "as", "identity"]);
    let by_default = words::has(text, &["generated", "by", "default", "as", "identity"]);
    // Two identities in one statement, or options behind the word: what is meant for which cannot be told from here.
    let all = words::words(text);
    let options = all.windows(2).any(|w| w[0].is("identity") && w[1].is_sign("("));
    if always == by_default || options {
        return None;
    }
    let kind = if always { "always" } else { "by default" };
    let name = quote_ident(&column.name);
    let own = format!("pg_get_serial_sequence({}, {})", quote_literal(&target.name.sql()), quote_literal(&column.name));
    Some(vec![
        format!("{} alter column {name} drop default", alter(target)),
        format!("{} alter column {name} add generated {kind} as identity", alter(target)),
        format!("select setval({own}, nextval({}), false)", quote_literal(&helper.sql())),
        format!("drop sequence {}", helper.sql()),
    ])
}

/// DROP COLUMN: first nobody needs it, then it goes; its foreign keys before it, each in a transaction of its own, because they lock the other
/// table too.
pub(super) fn drop(ground: &Ground<'_>, target: &Target, column: &str) -> Option<Vec<SafeFile>> {
    let table = ground.table(&target.name)?;
    let found = table.column(column)?;
    let quoted = quote_ident(column);
    let mut files = Vec::new();
    if found.not_null && found.default.is_none() && found.identity.is_none() && !is_of_key(table, column) {
        let loosen = format!("{} alter column {quoted} drop not null", alter(target));
        let back = format!("{} alter column {quoted} set not null", alter(target));
        files.push(brief(format!("{column} may be left out"), vec![loosen], vec![back]));
    }
    let gate = format!("no deployed version of the application reads or writes {column}, and no pool keeps statements that name it");
    for key in table.constraints.iter().filter(|c| c.kind == ConstraintKind::ForeignKey && c.columns.iter().any(|c| c == column)) {
        let name = quote_ident(&key.name);
        let add = format!("{} add constraint {name} {}", alter(target), key.definition);
        files.push(brief(format!("drop {}", key.name), vec![format!("{} drop constraint {name}", alter(target))], vec![add]));
    }
    files.push(brief(format!("drop {column}"), vec![format!("{} drop column {quoted}", alter(target))], Vec::new()));
    let first_after_expand = files.iter().position(|f| f.title.starts_with("drop "))?;
    if let Some(file) = files.get_mut(first_after_expand) {
        *file = gated(std::mem::take(file), gate);
    }
    Some(files)
}

fn is_of_key(table: &architrave_model::catalog::Table, column: &str) -> bool {
    table.constraints.iter().any(|c| c.kind == ConstraintKind::PrimaryKey && c.columns.iter().any(|c| c == column))
}
