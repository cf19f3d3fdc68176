//! `table/foreign-exposed`: see `foreign_exposed.md` for the rule's page.

use crate::figures::list;
use crate::outside::{Outside, grantees};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/foreign-exposed",
    summary: "foreign table that outsiders reach",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("foreign_exposed.md"),
    check: Check::Catalog(check),
};

const ALL: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let scope = Scope::of(catalog, context);
    let foreign = catalog.tables.iter().filter(|t| t.kind == TableKind::Foreign && t.extension.is_none());
    for table in foreign.filter(|t| scope.covers(&t.name.schema) && outside.serves(&t.name.schema)) {
        let held: Vec<&str> = ALL.into_iter().filter(|p| !outside.holders(&table.name.schema, &table.grants, &[p]).is_empty()).collect();
        if !held.is_empty() {
            sink.report(draft(&outside, table, &held));
        }
    }
}

fn draft(outside: &Outside<'_>, table: &Table, held: &[&str]) -> Draft {
    let roles = outside.holders(&table.name.schema, &table.grants, held);
    let words: Vec<String> = held.iter().map(|p| p.to_lowercase()).collect();
    let server = table.foreign_server.as_deref().unwrap_or("its server");
    let message = format!("foreign table {} is open to {} ({})", table.name, list(&roles), words.join(", "));
    let why = format!(
        "Foreign tables have no row level security: whoever has a privilege on the table has it on every row that {server} hands out to the account of the user mapping, and each request is one on that server. \
         Keep it in a schema that the API does not serve, and let a function with its own check read it."
    );
    let sql = table.name.sql();
    let change = |verb: &str, to: &str| {
        let each = held.iter().map(|p| {
            let names = grantees(&outside.sources(&table.grants, p));
            format!("{verb} {} on {sql} {to} {names}", p.to_lowercase())
        });
        each.collect::<Vec<_>>()
    };
    Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(if held.len() > 1 || held != ["SELECT"] { RULE.severity } else { Severity::Medium })
        .evidence(format!("privileges of outsiders on {}", table.name), words.join(", "), "pg_class.relacl")
        .evidence("foreign server", server, "pg_foreign_table")
        .fix(Fix {
            title: format!("take {} out of the API", table.name),
            up: change("revoke", "from"),
            down: change("grant", "to"),
            transactional: true,
            effect: Effect::default(),
            caution: Some("what the application reads from it must come another way first".into()),
        })
}
