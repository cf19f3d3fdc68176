//! `index/invalid`: see `invalid.md` for the rule's page.

use crate::coverage::same_entries;
use crate::figures::counted;
use crate::relations::{Indexed, index_bytes, indexed, partitions_of};
use crate::statements::{Names, drop_index, lock};
use architrave_model::catalog::{Index, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/invalid",
    summary: "index that queries cannot use because its build did not finish",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("invalid.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut names = None;
    for of in indexed(&scope, catalog) {
        // An index that is being built is invalid until it is done.
        let building = |i: &Index| context.stats.and_then(|s| s.index(&of.name.schema, &i.name)).is_some_and(|s| s.building);
        for index in of.indexes.iter().filter(|i| (!i.valid || !i.ready) && !building(i)) {
            let draft = match of.table.filter(|t| t.kind == TableKind::Partitioned) {
                Some(table) => {
                    let names = names.get_or_insert_with(|| Names::of(catalog));
                    unattached(catalog, names, table, &of, index)
                }
                None => broken(context, &of, index),
            };
            sink.report(draft);
        }
    }
}

/// A build that failed or was cancelled.
fn broken(context: &Context<'_>, of: &Indexed<'_>, index: &Index) -> Draft {
    let leftover = index.name.ends_with("_ccnew") || index.name.ends_with("_ccold");
    let twin = of.indexes.iter().find(|i| i.name != index.name && i.valid && i.ready && i.unique >= index.unique && same_entries(i, index));
    let drop = (leftover || twin.is_some()) && !index.is_needed_by_schema();
    let state = if index.ready { "every write keeps it up to date" } else { "writes do not maintain it either" };
    let unique = if index.unique { " Being unique, it has not proved that the rows present when it was built are." } else { "" };
    let why = format!(
        "A concurrent build that is cancelled or fails leaves its index behind: no query uses it, and {state}.{unique} If a build is running at this moment \
         (pg_stat_progress_create_index), wait for its end."
    );
    let size = index_bytes(context, &of.name.schema, &index.name);
    let fix = if drop {
        Fix { down: Vec::new(), ..drop_index(of, index, size) }
    } else {
        Fix {
            title: format!("rebuild index {}", index.name),
            up: vec![format!("reindex index concurrently {}", QualifiedName::new(&of.name.schema, &index.name).sql())],
            down: Vec::new(),
            transactional: false,
            effect: Effect {
                locks: vec![lock(of.name, "ShareUpdateExclusiveLock")],
                scans: vec![of.name.to_string()],
                ..Effect::default()
            },
            caution: index.unique.then(|| "fails again while the table holds duplicates: find and remove them first".to_owned()),
        }
    };
    let severity = if index.unique { Severity::High } else { RULE.severity };
    let message = format!("{} on {} is invalid: no query can use it", index.name, of.name);
    Draft::new(of.index_ref(index), message, why)
        .severity(severity)
        .evidence(format!("pg_index.indisvalid of {}", index.name), index.valid, "pg_index")
        .evidence(format!("pg_index.indisready of {}", index.name), index.ready, "pg_index")
        .fix(fix)
}

/// The index of a partitioned table that some partitions have not got.
fn unattached(catalog: &Catalog, names: &mut Names<'_>, table: &Table, of: &Indexed<'_>, index: &Index) -> Draft {
    let own = QualifiedName::new(&table.name.schema, &index.name);
    let missing: Vec<&Table> =
        partitions_of(catalog, table).into_iter().filter(|p| !p.indexes.iter().any(|i| i.parent.as_ref() == Some(&own))).collect();
    let message = format!(
        "{} on {} is invalid: {} no index attached to it",
        index.name,
        of.name,
        counted(missing.len(), "partition has", "partitions have")
    );
    let why = "The index was made on the partitioned table only. Until every partition has its own, attached to this one, it does not count for the \
               planner as an index of the table, and new partitions get one while the old ones stay without."
        .to_owned();
    let draft = Draft::new(of.index_ref(index), message, why).confidence(Confidence::Certain).evidence(
        format!("partitions without an index attached to {}", index.name),
        missing.len(),
        "pg_inherits",
    );
    if missing.iter().any(|p| p.kind != TableKind::Ordinary) {
        return draft;
    }
    let mut up = Vec::new();
    for partition in &missing {
        let twin = partition.indexes.iter().find(|i| i.parent.is_none() && i.valid && i.unique == index.unique && same_entries(i, index));
        let name = twin.map_or_else(
            || {
                let columns: Vec<String> = index.keys.iter().map(|k| k.column.clone().unwrap_or_else(|| "expr".to_owned())).collect();
                let name = names.free(&partition.name.schema, &partition.name.name, &columns, "idx");
                up.push(on_partition(index, &name, partition));
                name
            },
            |twin| twin.name.clone(),
        );
        let part = QualifiedName::new(&partition.name.schema, name).sql();
        up.push(format!("alter index {} attach partition {part}", own.sql()));
    }
    draft.fix(Fix {
        title: format!("give every partition its part of {}", index.name),
        up,
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: missing.iter().map(|p| lock(&p.name, "ShareUpdateExclusiveLock")).collect(),
            scans: missing.iter().map(|p| p.name.to_string()).collect(),
            ..Effect::default()
        },
        caution: None,
    })
}

/// `create index concurrently` for one partition, with the keys of the parent's definition.
fn on_partition(index: &Index, name: &str, partition: &Table) -> String {
    let keys = index.definition.split_once(" USING ").map_or("", |(_, keys)| keys);
    let unique = if index.unique { "unique " } else { "" };
    format!("create {unique}index concurrently {} on {} using {keys}", quote_ident(name), partition.name.sql())
}
