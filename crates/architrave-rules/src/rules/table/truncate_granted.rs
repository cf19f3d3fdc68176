//! `table/truncate-granted`: see `truncate_granted.md` for the rule's page.

use crate::figures::{counted, list, list_of};
use crate::outside::{Outside, grantees};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "table/truncate-granted",
    summary: "tables that outsiders may empty, whatever policies say",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("truncate_granted.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let mut by_schema: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        if !outside.holders(&table.name.schema, &table.grants, &["TRUNCATE"]).is_empty() {
            by_schema.entry(&table.name.schema).or_default().push(table);
        }
    }
    for (schema, tables) in by_schema {
        sink.report(draft(context, &outside, schema, &tables));
    }
}

fn draft(context: &Context<'_>, outside: &Outside<'_>, schema: &str, tables: &[&Table]) -> Draft {
    let holders: BTreeSet<&str> = tables.iter().flat_map(|t| outside.holders(schema, &t.grants, &["TRUNCATE"])).collect();
    let holders: Vec<&str> = holders.into_iter().collect();
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let logs_in = holders.iter().any(|r| context.catalog.role(r).is_some_and(|r| r.login));
    let message =
        format!("{} may empty {} of schema {schema}: {}", list(&holders), counted(tables.len(), "table", "tables"), list_of(&names, 3));
    let mut why = "TRUNCATE does not ask row level security: the privilege alone empties the whole table. The API has no request for it, but every function that runs with its caller's rights and builds SQL, and \
                   every connection as such a role, has. Nothing that comes from outside needs it."
        .to_owned();
    if logs_in {
        why.push_str(" One of these roles may log in, so one statement is enough.");
    }
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(if logs_in { Severity::Medium } else { RULE.severity })
        .evidence("tables with TRUNCATE for outsiders", tables.len(), "pg_class.relacl");
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for table in tables {
        draft = draft.place(ObjectRef::table(&table.name), None);
        let (sql, from) = (table.name.sql(), grantees(&outside.sources(&table.grants, "TRUNCATE")));
        up.push(format!("revoke truncate on {sql} from {from}"));
        down.push(format!("grant truncate on {sql} to {from}"));
    }
    draft.fix(Fix {
        title: format!("take TRUNCATE from outsiders in schema {schema}"),
        up,
        down,
        transactional: true,
        effect: Effect::default(),
        caution: None,
    })
}
