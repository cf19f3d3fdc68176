//! `index/predicate-always-true`: see `predicate_always_true.md` for the rule's page.

use crate::condition;
use crate::coverage::{duplicate_of, redundant_to};
use crate::relations::{Indexed, index_bytes, indexed};
use crate::statements::{Names, drop_index, lock};
use architrave_model::catalog::{Index, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::quote_ident;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/predicate-always-true",
    summary: "partial index whose condition holds for every row",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("predicate_always_true.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut names = None;
    for of in indexed(&scope, catalog) {
        let Some(table) = of.table else { continue };
        let mut never_null: Option<Vec<String>> = None;
        for index in of.indexes.iter().filter(|i| i.valid && i.ready && i.parent.is_none() && !i.exclusion) {
            let Some(predicate) = &index.predicate else { continue };
            let never_null = never_null.get_or_insert_with(|| not_null_columns(table));
            if !condition::parse(predicate).only_excludes_nulls_of(never_null) {
                continue;
            }
            let draft = draft(&of, index, predicate);
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(match fix(names, context, &of, index) {
                Some(fix) => draft.fix(fix),
                None => draft,
            });
        }
    }
}

fn not_null_columns(table: &Table) -> Vec<String> {
    table.columns.iter().filter(|c| c.not_null).map(|c| c.name.clone()).collect()
}

fn draft(of: &Indexed<'_>, index: &Index, predicate: &str) -> Draft {
    let message = format!("{} on {} is partial without need: {predicate} holds for every row", index.name, of.name);
    let mut why = "The columns are NOT NULL, so the index holds all rows, and the planner does not draw that conclusion: it uses a partial index only for statements whose own conditions imply the predicate. \
                   Others read the table although the index has what they ask for."
        .to_owned();
    if index.unique {
        why.push_str(
            " ON CONFLICT does not find the unique index either unless it repeats the condition, and no foreign key can refer to it.",
        );
    }
    Draft::new(of.index_ref(index), message, why).evidence(format!("definition of {}", index.name), index.definition.as_str(), "pg_index")
}

fn fix(names: &mut Names<'_>, context: &Context<'_>, of: &Indexed<'_>, index: &Index) -> Option<Fix> {
    let complete = Index { predicate: None, ..index.clone() };
    let size = index_bytes(context, &of.name.schema, &index.name);
    if redundant_to(&complete, of.indexes).is_some() || duplicate_of(&complete, of.indexes).is_some() {
        return Some(drop_index(of, index, size));
    }
    let alone = std::slice::from_ref(&complete);
    let others = of.indexes.iter().filter(|i| i.name != index.name);
    if of.is_partitioned()
        || index.clustered
        || others.into_iter().any(|i| redundant_to(i, alone).is_some() || duplicate_of(i, alone).is_some())
    {
        return None;
    }
    let columns: Vec<String> = index.keys.iter().map(|k| k.column.clone().unwrap_or_else(|| "expr".to_owned())).collect();
    let new = names.free(&of.name.schema, &of.name.name, &columns, if index.unique { "key" } else { "idx" });
    let (_, what) = index.definition.split_once(" USING ")?;
    let what = what.get(..what.rfind(" WHERE ")?)?;
    let unique = if index.unique { "unique " } else { "" };
    let drop = drop_index(of, index, size);
    let mut up = vec![format!("create {unique}index concurrently {} on {} using {what}", quote_ident(&new), of.name.sql())];
    up.extend(drop.up);
    let mut down = drop.down;
    down.push(format!("drop index concurrently {}", QualifiedName::new(&of.name.schema, &new).sql()));
    Some(Fix {
        title: format!("replace {} by one without condition", index.name),
        up,
        down,
        transactional: false,
        effect: Effect { locks: vec![lock(of.name, "ShareUpdateExclusiveLock")], scans: vec![of.name.to_string()], ..Effect::default() },
        caution: index
            .unique
            .then(|| "an INSERT whose ON CONFLICT repeats the condition goes on working: the complete index implies it".to_owned()),
    })
}
