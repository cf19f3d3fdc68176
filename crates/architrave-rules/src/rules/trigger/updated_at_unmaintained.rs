//! `trigger/updated-at-unmaintained`: see `updated_at_unmaintained.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::{count, counted, list_of};
use crate::rules::column::words_of;
use crate::statements::{cut, lock};
use architrave_model::catalog::{Column, Table, Trigger, TriggerEnabled, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stack::StackKind;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "trigger/updated-at-unmaintained",
    summary: "updated_at column that no trigger keeps up to date",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("updated_at_unmaintained.md"),
    check: Check::Catalog(check),
};

const NAMES: &[&str] =
    &["updated_at", "updatedat", "modified_at", "modifiedat", "last_modified", "last_updated", "updated_on", "modified_on"];

/// A table with its column, and the trigger that maintains it.
struct Stamp<'a> {
    table: &'a Table,
    column: &'a Column,
    by: Option<&'a Trigger>,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut stamps: Vec<Stamp<'_>> = Vec::new();
    for table in Scope::of(catalog, context).tables().filter(|t| !is_copy(t)) {
        let named = |c: &&Column| NAMES.contains(&c.name.to_lowercase().as_str()) && c.generated.is_none();
        let timed = |c: &&Column| c.base_type().starts_with("timestamp") || c.data_type == "date";
        for column in table.columns.iter().filter(named).filter(timed) {
            let by = table.triggers.iter().find(|t| maintains(catalog, t, &column.name));
            stamps.push(Stamp { table, column, by });
        }
    }
    let (kept, idle): (Vec<_>, Vec<_>) = stamps.into_iter().partition(|s| s.by.is_some());
    if kept.is_empty() {
        nobody(catalog, context, &idle, sink);
    } else {
        let mut by_schema: BTreeMap<&str, Vec<&Stamp<'_>>> = BTreeMap::new();
        for stamp in &idle {
            by_schema.entry(&stamp.table.name.schema).or_default().push(stamp);
        }
        for (schema, stamps) in by_schema {
            forgotten(catalog, context, (&kept, idle.len()), (schema, &stamps), sink);
        }
    }
}

/// Rows put away, which nobody updates: by the words of its name or its schema's.
fn is_copy(table: &Table) -> bool {
    const WORDS: &[&str] = &["archive", "archived", "archives", "backup", "backups", "bak", "snapshot", "snapshots"];
    let words = |name: &str| words_of(name).iter().any(|w| WORDS.contains(&w.as_str()));
    words(&table.name.name) || words(&table.name.schema)
}

/// Fires before a row is updated and sets the column, as far as the function can be read.
fn maintains(catalog: &Catalog, trigger: &Trigger, column: &str) -> bool {
    let fires = trigger.timing == TriggerTiming::Before
        && trigger.row
        && trigger.events.contains(&TriggerEvent::Update)
        && !matches!(trigger.enabled, TriggerEnabled::Disabled | TriggerEnabled::Replica);
    if !fires {
        return false;
    }
    let function = catalog.functions.iter().find(|f| f.name == trigger.function);
    // A function that cannot be read (an extension's, such as moddatetime) is believed to do what it is there for.
    function.is_none_or(|f| mentions(&f.body, column) || f.language == "c") || mentions(&trigger.definition, column)
}

/// Other tables have the trigger, these of one schema have not: somebody forgot them.
fn forgotten(
    catalog: &Catalog,
    context: &Context<'_>,
    (kept, idle): (&[Stamp<'_>], usize),
    (schema, stamps): (&str, &[&Stamp<'_>]),
    sink: &mut Sink<'_>,
) {
    let others = counted(kept.len(), "other table", "other tables");
    let (object, message) = match stamps {
        [one] => (
            ObjectRef::column(&one.table.name, &one.column.name),
            format!("no trigger maintains {}.{}, as one does in {others}", one.table.name, one.column.name),
        ),
        many => (
            ObjectRef::global(ObjectKind::Schema, schema),
            format!("no trigger maintains {} times of update of schema {schema}, as one does in {others}: {}", many.len(), named(many)),
        ),
    };
    let mut why = "Such a column keeps the time of the insert unless every program that updates the table remembers to set it. Whoever relies on it (incremental exports, caches, conflict \
                   checks, support) reads a time that is wrong and looks right."
        .to_owned();
    let updates: Vec<Option<i64>> =
        stamps.iter().map(|s| context.stats.and_then(|all| all.table(&s.table.name)).map(|t| t.updated)).collect();
    let seen: i64 = updates.iter().flatten().sum();
    // Two triggers beside sixty columns without are an exception, not a custom: programs keep the others.
    let mut severity = if kept.len() * 2 < idle { Severity::Low } else { RULE.severity };
    if updates.iter().all(|n| *n == Some(0)) {
        severity = Severity::Info;
    } else if seen > 0 {
        let tables = if stamps.len() == 1 { "The table has" } else { "The tables have" };
        why.extend([format!(" {tables} seen {} updates since the counters were reset.", count(seen as f64))]);
    }
    let mut draft = Draft::new(object, message, why).severity(severity);
    for (stamp, updated) in stamps.iter().zip(&updates) {
        if let Some(updated) = updated {
            draft = draft.evidence(format!("updates of {}", stamp.table.name), *updated, "pg_stat_user_tables.n_tup_upd");
        }
        if stamps.len() > 1 {
            draft = draft.place(ObjectRef::column(&stamp.table.name, &stamp.column.name), None);
        }
    }
    let mut models: Vec<&Trigger> = stamps.iter().filter_map(|s| model(kept, s)).collect();
    models.sort_by(|a, b| a.function.cmp(&b.function));
    models.dedup_by(|a, b| a.function == b.function);
    for trigger in models {
        draft = draft.evidence("function that does it elsewhere", trigger.function.to_string(), "pg_trigger");
    }
    sink.report(draft.fix(with_functions(catalog, schema, stamps, kept)));
}

/// The trigger that keeps a column of this name elsewhere, in the same schema if there is one.
fn model<'a>(kept: &[Stamp<'a>], stamp: &Stamp<'_>) -> Option<&'a Trigger> {
    let same = kept.iter().filter(|k| k.column.name == stamp.column.name);
    same.min_by_key(|k| (k.table.name.schema != stamp.table.name.schema, &k.table.name)).and_then(|k| k.by)
}

fn named(stamps: &[&Stamp<'_>]) -> String {
    let names: Vec<String> = stamps.iter().map(|s| format!("{}.{}", s.table.name.name, s.column.name)).collect();
    list_of(&names, 3)
}

/// `schema.function(arguments)` of another trigger.
fn call(trigger: &Trigger) -> String {
    let arguments = trigger.definition.rsplit_once('(').map_or(")", |(_, rest)| rest);
    format!("{}({}", trigger.function.sql(), arguments.trim_end_matches(';'))
}

/// No trigger anywhere: an ORM does it, or nobody. One finding per schema, and none where an ORM is known.
fn nobody(catalog: &Catalog, context: &Context<'_>, idle: &[Stamp<'_>], sink: &mut Sink<'_>) {
    if context.stack.of(StackKind::Orm).next().is_some() {
        return;
    }
    let mut by_schema: BTreeMap<&str, Vec<&Stamp<'_>>> = BTreeMap::new();
    let intends = |s: &&Stamp<'_>| {
        let default = s.column.default.as_deref().unwrap_or_default().to_lowercase();
        default.contains("now()") || default.contains("current_timestamp") || default.contains("current_date")
    };
    for stamp in idle.iter().filter(intends).filter(|s| !s.column.inherited) {
        by_schema.entry(&stamp.table.name.schema).or_default().push(stamp);
    }
    for (schema, stamps) in by_schema {
        let message = format!(
            "no trigger maintains {} of schema {schema}: {}",
            counted(stamps.len(), "time of update", "times of update"),
            named(&stamps)
        );
        let why = "The default fills the column once, at the insert; afterwards it is right only where every program that updates a row remembers to set it. If an ORM does that for all of \
                   them, allow this; a hand-written update, a repair in psql or a second service will not."
            .to_owned();
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
            .severity(Severity::Low)
            .confidence(Confidence::Possible);
        for stamp in &stamps {
            draft = draft.place(ObjectRef::column(&stamp.table.name, &stamp.column.name), None);
        }
        sink.report(draft.fix(with_functions(catalog, schema, &stamps, &[])));
    }
}

/// A trigger per table that calls the function of the other tables, or a new one per column name where there is none.
fn with_functions(catalog: &Catalog, schema: &str, stamps: &[&Stamp<'_>], kept: &[Stamp<'_>]) -> Fix {
    let mut functions: BTreeMap<&str, QualifiedName> = BTreeMap::new();
    for stamp in stamps.iter().filter(|s| model(kept, s).is_none()) {
        let column = stamp.column.name.as_str();
        let free = |n: u32| {
            let name = if n == 0 { format!("set_{column}") } else { format!("set_{column}_{n}") };
            let name = QualifiedName::new(schema, cut(&name, 63));
            (!catalog.functions.iter().any(|f| f.name == name)).then_some(name)
        };
        if let Some(name) = (0..1000).find_map(free) {
            functions.entry(column).or_insert(name);
        }
    }
    let create = |(column, name): (&&str, &QualifiedName)| {
        format!(
            "create function {}() returns trigger language plpgsql set search_path = '' as $$ begin new.{} := now(); return new; end $$",
            name.sql(),
            quote_ident(column)
        )
    };
    let before = functions.iter().map(create).collect();
    let after = functions.values().map(|name| format!("drop function {}()", name.sql())).collect();
    let own = |stamp: &Stamp<'_>| functions.get(stamp.column.name.as_str()).map_or_else(String::new, |name| format!("{}()", name.sql()));
    fix(stamps, before, after, &|stamp| model(kept, stamp).map_or_else(|| own(stamp), call))
}

fn fix(stamps: &[&Stamp<'_>], before: Vec<String>, after: Vec<String>, call: &dyn Fn(&Stamp<'_>) -> String) -> Fix {
    let (mut up, mut down) = (before, Vec::new());
    for stamp in stamps {
        let table = stamp.table.name.sql();
        let stem = format!("{}_set_{}", stamp.table.name.name, stamp.column.name);
        let taken = |name: &str| stamp.table.triggers.iter().any(|t| t.name == name);
        let name = (0..1000)
            .map(|n| if n == 0 { cut(&stem, 63).to_owned() } else { format!("{}{n}", cut(&stem, 59)) })
            .find(|n| !taken(n))
            .unwrap_or(stem);
        let name = quote_ident(&name);
        up.push(format!("create trigger {name} before update on {table} for each row execute function {}", call(stamp)));
        down.push(format!("drop trigger {name} on {table}"));
    }
    down.extend(after);
    Fix {
        title: match stamps {
            [one] => format!("maintain {}.{} by a trigger", one.table.name, one.column.name),
            many => format!("maintain {} times of update by triggers", many.len()),
        },
        up,
        down,
        transactional: true,
        effect: Effect { locks: stamps.iter().map(|s| lock(&s.table.name, "ShareRowExclusiveLock")).collect(), ..Effect::default() },
        caution: None,
    }
}
