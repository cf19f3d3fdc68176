//! `comment/uninformative`: see `uninformative.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "comment/uninformative",
    summary: "comment that says nothing",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Documentation,
    docs: include_str!("uninformative.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<(ObjectRef, &'static str)>> = BTreeMap::new();
    let mut texts: BTreeMap<(&str, &str), BTreeMap<&str, Vec<ObjectRef>>> = BTreeMap::new();
    for table in scope.tables() {
        let list = by_schema.entry(&table.name.schema).or_default();
        let own = table.comment.as_deref().and_then(|c| emptiness(c, &table.name.name, None));
        list.extend(own.map(|why| (ObjectRef::table(&table.name), why)));
        for column in table.columns.iter().filter(|c| !c.inherited) {
            let Some(comment) = column.comment.as_deref() else { continue };
            let object = ObjectRef::column(&table.name, &column.name);
            match emptiness(comment, &column.name, Some(&table.name.name)) {
                Some(why) => list.push((object, why)),
                None => texts.entry((&table.name.schema, comment.trim())).or_default().entry(&column.name).or_default().push(object),
            }
        }
    }
    // One text for columns of one name is right; for several names it was copied.
    for ((schema, _), names) in texts.into_iter().filter(|(_, names)| names.len() >= 3) {
        let objects = names.into_values().flatten().map(|o| (o, "the same text stands on columns of other names"));
        by_schema.entry(schema).or_default().extend(objects);
    }
    for (schema, mut found) in by_schema.into_iter().filter(|(_, f)| !f.is_empty()) {
        found.sort();
        let names: Vec<String> =
            found.iter().map(|(o, _)| o.table.as_ref().map_or_else(|| o.name.clone(), |t| format!("{t}.{}", o.name))).collect();
        let verb = if found.len() == 1 { "says nothing" } else { "say nothing" };
        let message = format!("{} in schema {schema} {verb}: {}", counted(found.len(), "comment", "comments"), list_of(&names, 3));
        let why = "A comment that repeats the name, or promises to be written, counts as documented and tells nobody anything. What a reader cannot see is worth a sentence: the unit, who writes it, what NULL means, when the row comes and goes.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
        for (object, why) in found {
            draft = draft.place(object, Some(why.to_owned()));
        }
        sink.report(draft);
    }
}

/// Words that say nothing of their own.
const FILLERS: &[&str] = &["a", "an", "column", "field", "for", "of", "table", "the", "this", "value"];

/// What is empty about a comment on something of that name.
fn emptiness(comment: &str, name: &str, table: Option<&str>) -> Option<&'static str> {
    let words: Vec<String> = words_of(comment);
    let Some(first) = words.first() else { return Some("it is blank") };
    if words.len() <= 3
        && matches!(first.as_str(), "todo" | "fixme" | "tbd" | "tbc" | "xxx" | "placeholder" | "na" | "none" | "null" | "undefined")
    {
        return Some("it is a placeholder");
    }
    let own: Vec<String> = words_of(name).into_iter().chain(table.into_iter().flat_map(words_of)).collect();
    let says = |w: &String| {
        own.iter().any(|o| o == w || o.strip_suffix('s') == Some(w) || w.strip_suffix('s') == Some(o)) || FILLERS.contains(&w.as_str())
    };
    words.iter().all(says).then_some("it repeats the name")
}
