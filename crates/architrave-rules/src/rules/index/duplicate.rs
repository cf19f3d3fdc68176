//! `index/duplicate`: see `duplicate.md` for the rule's page.

use crate::coverage::{describe, duplicate_of};
use crate::figures::{bytes, count};
use crate::relations::{Indexed, Referrers, index_bytes, indexed};
use crate::statements::{drop_index, exclusive};
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/duplicate",
    summary: "index that repeats another one entry for entry",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("duplicate.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut referrers = None;
    for of in indexed(&scope, catalog) {
        for index in of.indexes {
            let Some(kept) = duplicate_of(index, of.indexes) else { continue };
            let referrers = referrers.get_or_insert_with(|| Referrers::of(catalog));
            let size = index_bytes(context, &of.name.schema, &index.name);
            let draft = wasted(context, &of, index, size, &format!("repeats {}", kept.name)).evidence(
                format!("definition of {}", kept.name),
                kept.definition.as_str(),
                "pg_index",
            );
            sink.report(match fix(&of, index, size, referrers) {
                Some(fix) => draft.fix(fix),
                None => draft,
            });
        }
    }
}

/// The finding on an index that another one makes needless.
pub(super) fn wasted(context: &Context<'_>, of: &Indexed<'_>, index: &Index, size: Option<i64>, fact: &str) -> Draft {
    let writes = context.writes(of.name);
    let severity = match (size, writes) {
        (Some(size), _) if size >= 1 << 30 => Severity::Medium,
        (_, Some(writes)) if writes >= 100_000_000 => Severity::Medium,
        (Some(size), Some(writes)) if size < 1 << 20 && writes < 100_000 => Severity::Info,
        _ => Severity::Low,
    };
    let room = size.map_or_else(String::new, |s| format!(", {}", bytes(s)));
    let message = format!("{} on {} {fact}, {}{room}", index.name, of.name, describe(index));
    let cost = match (size, writes) {
        (Some(size), Some(writes)) => {
            format!("It takes {} on disk and was kept up to date through {} row changes", bytes(size), count(writes as f64))
        }
        (Some(size), None) => format!("It takes {} on disk and is kept up to date by every write", bytes(size)),
        _ => "It is kept up to date by every insert and by every update that is not heap-only".to_owned(),
    };
    let why =
        format!("{cost}, and it is vacuumed, backed up and cached, without serving a single query that the other index does not serve.");
    let mut draft = Draft::new(of.index_ref(index), message, why).severity(severity);
    if let Some(size) = size {
        draft = draft.evidence(format!("size of {}", index.name), size, "pg_relation_size");
    }
    draft.evidence(format!("definition of {}", index.name), index.definition.as_str(), "pg_index")
}

/// None where a foreign key may lean on the constraint behind the index: which of two equal ones it uses, the catalogue read here does not tell.
fn fix(of: &Indexed<'_>, index: &Index, size: Option<i64>, referrers: &Referrers<'_>) -> Option<Fix> {
    let Some(name) = &index.constraint else { return Some(drop_index(of, index, size)) };
    let constraint = of.table?.constraints.iter().find(|c| &c.name == name)?;
    let columns: Vec<&str> = index.leading_columns().collect();
    if referrers.name_columns(of.name, &columns) {
        return None;
    }
    let table = of.name.sql();
    Some(Fix {
        title: format!("drop constraint {name}"),
        up: vec![format!("alter table {table} drop constraint {}", quote_ident(name))],
        down: vec![format!("alter table {table} add constraint {} {}", quote_ident(name), constraint.definition)],
        transactional: true,
        effect: exclusive(of.name),
        caution: None,
    })
}
