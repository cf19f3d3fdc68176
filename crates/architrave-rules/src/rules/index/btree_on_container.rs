//! `index/btree-on-container`: see `btree_on_container.md` for the rule's page.

use crate::coverage::{describe, serves_equality};
use crate::relations::{Indexed, index_bytes, indexed};
use crate::statements::{Names, drop_index, lock};
use architrave_model::catalog::{Column, Index};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/btree-on-container",
    summary: "b-tree over an array, jsonb or tsvector column",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("btree_on_container.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut names = None;
    for of in indexed(&scope, catalog) {
        let Some(table) = of.table else { continue };
        for index in of.indexes.iter().filter(|i| i.method == "btree" && i.valid && !i.unique && !i.is_needed_by_schema()) {
            let held = index.keys.iter().filter_map(|k| table.column(k.column.as_deref()?)).find(|c| holds_elements(c));
            let Some(column) =
                held.filter(|c| !table.foreign_keys().any(|(k, _)| serves_equality(index, &k.columns) && k.columns.contains(&c.name)))
            else {
                continue;
            };
            let draft = draft(context, &of, index, column);
            let alone = index.keys.len() == 1 && index.include.is_empty() && index.predicate.is_none() && !of.is_partitioned();
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(if alone { draft.fix(fix(names, context, &of, index, column)) } else { draft });
        }
    }
}

fn holds_elements(column: &Column) -> bool {
    column.is_array() || matches!(column.data_type.as_str(), "jsonb" | "tsvector")
}

fn draft(context: &Context<'_>, of: &Indexed<'_>, index: &Index, column: &Column) -> Draft {
    let message =
        format!("{} on {} is a b-tree over {} {}: it finds whole values only", index.name, of.name, column.data_type, column.name);
    let asked = if column.data_type == "tsvector" {
        "@@"
    } else if column.is_array() {
        "@>, && and = ANY"
    } else {
        "@>, ?, ->> and @?"
    };
    let why = format!(
        "A b-tree compares the value as a whole. Searches by what is in it ({asked}) cannot use the index and read the table. And an entry of a b-tree holds 2,704 bytes at most: the first longer value is refused \
         with an error, index and row together."
    );
    let draft = Draft::new(of.index_ref(index), message, why).evidence(
        format!("definition of {}", index.name),
        index.definition.as_str(),
        "pg_index",
    );
    match context.stats.and_then(|s| s.index(&of.name.schema, &index.name)) {
        Some(used) => draft.evidence(format!("scans of {}", index.name), used.scans, "pg_stat_user_indexes.idx_scan"),
        None => draft,
    }
}

fn fix(names: &mut Names<'_>, context: &Context<'_>, of: &Indexed<'_>, index: &Index, column: &Column) -> Fix {
    let new = names.free(&of.name.schema, &of.name.name, std::slice::from_ref(&column.name), "gin");
    // A GIN index that is there already does.
    let other =
        of.indexes.iter().find(|i| i.method == "gin" && i.is_complete() && i.leading_columns().next() == Some(column.name.as_str()));
    let drop = drop_index(of, index, index_bytes(context, &of.name.schema, &index.name));
    let (mut up, mut down) = (Vec::new(), drop.down);
    if other.is_none() {
        up.push(format!("create index concurrently {} on {} using gin ({})", quote_ident(&new), of.name.sql(), quote_ident(&column.name)));
        down.push(format!("drop index concurrently {}", QualifiedName::new(&of.name.schema, &new).sql()));
    }
    up.extend(drop.up);
    Fix {
        title: other.map_or_else(
            || format!("replace {} by a GIN index", index.name),
            |gin| format!("drop {}: {} serves the searches", index.name, gin.name),
        ),
        up,
        down,
        transactional: false,
        effect: Effect {
            locks: vec![lock(of.name, "ShareUpdateExclusiveLock")],
            scans: if other.is_none() { vec![of.name.to_string()] } else { Vec::new() },
            ..Effect::default()
        },
        caution: Some(format!(
            "not where statements compare the whole value or sort by it, as {} does; GIN entries cost writers more",
            describe(index)
        )),
    }
}
