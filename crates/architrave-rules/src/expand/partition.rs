//! Partitions attached and detached without scans under strong locks.

use super::{Ground, alter, brief, constraint, names, outside, words};
use architrave_model::QualifiedName;
use architrave_model::catalog::TableKind;
use architrave_model::migration::{SafeFile, Target};
use architrave_model::name::quote_ident;

/// ATTACH PARTITION behind a check that says what the bound says: PostgreSQL then reads nothing. For range and list keys of one column.
pub(super) fn attach(ground: &Ground<'_>, target: &Target, partition: &QualifiedName) -> Option<Vec<SafeFile>> {
    let table = ground.table(&target.name)?;
    let part = ground.table(partition)?;
    let key = table.partitioning.as_ref()?;
    let [column] = key.columns.as_slice() else { return None };
    if part.kind != TableKind::Ordinary || key.strategy.eq_ignore_ascii_case("hash") {
        return None;
    }
    let text = &ground.step.text;
    let quoted = quote_ident(column);
    let all = words::words(text);
    let word = |keyword: &str, from: usize| all.iter().find(|w| w.depth == 0 && w.start >= from && w.is(keyword)).map(|w| w.end);
    let values = word("values", 0)?;
    let bound = if let Some(list) = word("in", values) {
        let (values, _) = words::parenthesised(text, list)?;
        if words::words(values).iter().any(|w| w.is("null")) {
            return None;
        }
        format!("{quoted} in ({values})")
    } else {
        let (low, end) = words::parenthesised(text, word("from", values)?)?;
        let (high, _) = words::parenthesised(text, word("to", end)?)?;
        let open = |value: &str, keyword: &str| value.trim().eq_ignore_ascii_case(keyword);
        let low = (!open(low, "minvalue")).then(|| format!("{quoted} >= {low}"));
        let high = (!open(high, "maxvalue")).then(|| format!("{quoted} < {high}"));
        low.into_iter().chain(high).collect::<Vec<_>>().join(" and ")
    };
    let condition = if bound.is_empty() { format!("{quoted} is not null") } else { format!("{quoted} is not null and {bound}") };
    let own = Target { name: partition.clone(), ..Target::default() };
    let name = names::own(ground, partition, column, "bound");
    let quoted_name = quote_ident(&name);
    let check = format!("{} add constraint {quoted_name} check ({condition}) not valid", alter(&own));
    let drop = format!("{} drop constraint {quoted_name}", alter(&own));
    let detach = format!("{} detach partition {}", alter(target), partition.sql());
    Some(vec![
        brief(format!("bound of {}", partition.name), vec![check], vec![drop.clone()]),
        constraint::validate(&own, &name),
        brief(format!("attach {}", partition.name), vec![text.clone(), drop], vec![detach]),
    ])
}

/// CREATE TABLE … PARTITION OF as a table that is made beside and attached: the parent is locked less strongly, readers and writers go on.
pub(super) fn create(ground: &Ground<'_>, name: &QualifiedName, parent: &QualifiedName) -> Option<Vec<SafeFile>> {
    let text = &ground.step.text;
    let all = words::words(text);
    let plain = |w: &&words::Word<'_>| w.depth == 0;
    let of = all.windows(2).position(|w| w[0].is("partition") && w[1].is("of"))?;
    let bound = all.iter().skip(of).filter(plain).find(|w| w.is("for"))?;
    // Columns and constraints of its own, partitions of its own, storage: not taken apart here.
    let own = all.get(of..)?.iter().any(|w| w.start < bound.start && w.is_sign("("));
    let more = all.iter().filter(plain).any(|w| w.start > bound.start && (w.is("by") || w.is("using") || w.is("tablespace")));
    let options = words::has(text.get(bound.end..)?, &["with"]) && !words::has(text, &["values", "with"]);
    let guarded = words::has(text, &["if", "not", "exists"]);
    if own || more || options || guarded || ground.table(parent)?.kind != TableKind::Partitioned {
        return None;
    }
    let make = format!(
        "create table {} (like {} including defaults including constraints including generated including storage)",
        name.sql(),
        parent.sql()
    );
    let attach = format!("alter table {} attach partition {} {}", parent.sql(), name.sql(), text.get(bound.start..)?.trim());
    Some(vec![brief(format!("attach the new {}", name.name), vec![make, attach], vec![format!("drop table {}", name.sql())])])
}

/// DETACH PARTITION with CONCURRENTLY, from 14 on, where there is no default partition.
pub(super) fn detach(ground: &Ground<'_>, target: &Target, partition: &QualifiedName) -> Option<Vec<SafeFile>> {
    let parts = || ground.step.before.tables.iter().filter(|t| t.is_partition && t.parents.first() == Some(&target.name));
    let has_default = parts().any(|t| t.partition_bound.as_deref().is_some_and(|b| b.eq_ignore_ascii_case("default")));
    let bound = ground.table(partition)?.partition_bound.as_deref()?;
    if ground.major() < 14 || has_default {
        return None;
    }
    let statement = format!("{} detach partition {} concurrently", alter(target), partition.sql());
    let back = format!("{} attach partition {} {bound}", alter(target), partition.sql());
    // DETACH CONCURRENTLY leaves the bound behind as a check of the name that PostgreSQL chooses.
    let key = ground.table(&target.name)?.partitioning.as_ref()?;
    let columns: &[String] = if key.columns.len() == 1 { &key.columns } else { &[] };
    let check = quote_ident(&names::chosen(ground, partition, columns, "check"));
    let own = format!("alter table {}", partition.sql());
    let drop = format!("{own} drop constraint if exists {check}");
    Some(vec![
        outside(format!("detach {} concurrently", partition.name), vec![statement], vec![back]),
        brief(format!("{} without its bound", partition.name), vec![drop], Vec::new()),
    ])
}
