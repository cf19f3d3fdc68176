//! `role/owners-mixed`: see `owners_mixed.md` for the rule's page.

use crate::figures::list_of;
use crate::statements::lock;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "role/owners-mixed",
    summary: "schema whose tables have several owners",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("owners_mixed.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, BTreeMap<&str, Vec<&Table>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| !t.owner.is_empty()) {
        by_schema.entry(&table.name.schema).or_default().entry(&table.owner).or_default().push(table);
    }
    for (schema, owners) in by_schema {
        let all: usize = owners.values().map(Vec::len).sum();
        let Some((usual, most)) = owners.iter().max_by_key(|(_, tables)| tables.len()) else { continue };
        let few = all - most.len();
        if few == 0 || few > 10 || few * 5 >= all {
            continue;
        }
        let others: Vec<&Table> =
            owners.iter().filter(|(owner, _)| owner != &usual).flat_map(|(_, tables)| tables.iter().copied()).collect();
        let is_super = |role: &str| catalog.role(role).is_some_and(|r| r.superuser);
        let stands_out = !is_super(usual) && others.iter().any(|t| is_super(&t.owner));
        let names: Vec<String> = others.iter().map(|t| t.name.name.clone()).collect();
        let belong = if few == 1 { "belongs" } else { "belong" };
        let message = format!("{few} of {all} tables of schema {schema} {belong} to another role than {usual}: {}", list_of(&names, 3));
        let why = "They were made by hand, as another role than the migrations: the next migration that alters one fails, and default privileges of the usual owner do not hold for them.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(if stands_out {
            Severity::Medium
        } else {
            RULE.severity
        });
        for table in &others {
            draft = draft.place(ObjectRef::table(&table.name), Some(format!("owned by {}", table.owner)));
        }
        sink.report(draft.fix(Fix {
            title: format!("let {usual} own them, too"),
            up: others.iter().map(|t| format!("alter table {} owner to {}", t.name.sql(), quote_ident(usual))).collect(),
            down: others.iter().map(|t| format!("alter table {} owner to {}", t.name.sql(), quote_ident(&t.owner))).collect(),
            transactional: true,
            effect: Effect { locks: others.iter().map(|t| lock(&t.name, "AccessExclusiveLock")).collect(), ..Effect::default() },
            caution: Some("what the present owners do with them needs grants from then on; run it as a member of both roles".into()),
        }));
    }
}
