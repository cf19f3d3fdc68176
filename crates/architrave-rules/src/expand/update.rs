//! One UPDATE over a whole table as a back-fill in batches.

use super::backfill::{Backfill, Limits, place_of};
use super::{Ground, brief, outside, words};
use architrave_model::migration::{Action, Migrations, SafeFile, SafeVersion};

/// `update t set … [where …]` in batches, in a file apart from the DDL around it. None for an UPDATE with FROM, RETURNING or WITH, and for a
/// table without a key to walk along.
pub fn batched_update(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    let [Action::Update { table, columns, limited: false, .. }] = ground.step.actions.as_slice() else { return None };
    let found = ground.table(table)?;
    let text = Clauses::of(&ground.step.text)?;
    let what = columns.first().cloned().unwrap_or_default();
    let backfill = Backfill {
        table: found,
        alias: text.alias.clone().unwrap_or_else(|| table.name.clone()),
        set: text.set.to_owned(),
        only: text.condition.map(str::to_owned),
        place: place_of(&ground, table, &what),
        limits: Limits::default(),
    };
    let files: Vec<SafeFile> = vec![
        outside(format!("fill {what} of {}", table.name), vec![backfill.statement()?], Vec::new()),
        brief(format!("{what} of {} is filled", table.name), vec![backfill.clean_up()], Vec::new()),
    ];
    let mut version = ground.instead(files)?;
    version.caution = Some(
        "between the batches others see some rows changed and some not; rows inserted meanwhile need the new value from the start".into(),
    );
    Some(version)
}

/// The clauses of an UPDATE of one table.
struct Clauses<'t> {
    alias: Option<String>,
    set: &'t str,
    condition: Option<&'t str>,
}

impl<'t> Clauses<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let all = words::words(text);
        let outer: Vec<_> = all.iter().filter(|w| w.depth == 0).collect();
        if !outer.first()?.is("update") || outer.iter().any(|w| w.is("from") || w.is("returning") || w.is("current")) {
            return None;
        }
        let set = outer.iter().position(|w| w.is("set"))?;
        let condition = outer.iter().position(|w| w.is("where"));
        let end = condition.and_then(|at| outer.get(at)).map_or(text.len(), |w| w.start);
        let before_set = outer.get(set.checked_sub(1)?)?;
        let dotted = set.checked_sub(2).and_then(|at| outer.get(at)).is_some_and(|w| w.is_sign("."));
        let named = !dotted && set > 2 && !outer.get(set - 2).is_some_and(|w| w.is("only") || w.is("update"));
        Some(Self {
            alias: before_set.name().filter(|_| named),
            set: text.get(outer.get(set)?.end..end)?.trim(),
            condition: condition.and_then(|at| outer.get(at)).and_then(|w| text.get(w.end..)).map(str::trim),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_of_an_update() {
        let found = Clauses::of("update only s.t as o set a = (select 1 where true), b = o.c where o.a is null").unwrap();
        assert_eq!((found.alias.as_deref(), found.condition), (Some("o"), Some("o.a is null")));
        assert_eq!(found.set, "a = (select 1 where true), b = o.c");
        for bare in ["update t set a = 1", "update s.t set a = 1", "update only t set a = 1"] {
            assert_eq!(Clauses::of(bare).unwrap().alias, None, "{bare}");
        }
        assert_eq!(Clauses::of("update t o set a = 1").unwrap().alias.as_deref(), Some("o"));
        assert!(Clauses::of("update t set a = r.a from r where r.id = t.id").is_none());
    }
}
