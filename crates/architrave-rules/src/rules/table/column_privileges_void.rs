//! `table/column-privileges-void`: see `column_privileges_void.md` for the rule's page.

use crate::figures::{list, list_of};
use crate::outside::grantees;
use crate::statements::columns_sql;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/column-privileges-void",
    summary: "column privileges that a privilege on the whole table makes void",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("column_privileges_void.md"),
    check: Check::Catalog(check),
};

/// A privilege that a role has on columns and on the whole.
struct Void<'a> {
    grantee: &'a str,
    privilege: &'a str,
    columns: Vec<&'a str>,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let found = voids(table);
        if !found.is_empty() {
            sink.report(draft(context, table, &found));
        }
    }
}

/// What is granted on some columns, not on all, to a role that has it on the table as well.
fn voids(table: &Table) -> Vec<Void<'_>> {
    let mut columns: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for column in &table.columns {
        for grant in column.grants.iter().filter(|g| g.grantee != table.owner) {
            for privilege in &grant.privileges {
                columns.entry((&grant.grantee, privilege)).or_default().push(&column.name);
            }
        }
    }
    let on_table = |grantee: &str, privilege: &str| table.grants.iter().any(|g| g.grantee == grantee && g.has(privilege));
    let void = columns.into_iter().filter(|((grantee, privilege), some)| some.len() < table.columns.len() && on_table(grantee, privilege));
    void.map(|((grantee, privilege), columns)| Void { grantee, privilege, columns }).collect()
}

fn draft(context: &Context<'_>, table: &Table, found: &[Void<'_>]) -> Draft {
    let from_outside = found.iter().any(|v| v.grantee == "PUBLIC" || context.exposure.roles.iter().any(|r| r == v.grantee));
    let told: Vec<String> = found.iter().map(|v| format!("{} ({})", v.grantee, v.privilege.to_lowercase())).collect();
    let message = format!("column privileges on {} mean nothing for {}: the whole table is granted", table.name, list_of(&told, 3));
    let rest: Vec<&str> =
        found.iter().flat_map(|v| table.columns.iter().map(|c| c.name.as_str()).filter(|c| !v.columns.contains(c))).collect();
    let mut open: Vec<String> = rest.into_iter().map(str::to_owned).collect();
    open.sort();
    open.dedup();
    let why = format!(
        "PostgreSQL adds privileges up: what is granted on the table holds for every column, also for {}. Whoever granted single columns wanted the others closed. Take the privilege on the table away and grant the columns \
         again, because revoking it on the table takes it from the columns, too.",
        list_of(&open, 4)
    );
    let sql = table.name.sql();
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for void in found {
        let (privilege, to) = (void.privilege.to_lowercase(), grantees(&[void.grantee]));
        up.push(format!("revoke {privilege} on {sql} from {to}"));
        up.push(format!("grant {privilege} ({}) on {sql} to {to}", columns_sql(&void.columns)));
        down.push(format!("grant {privilege} on {sql} to {to}"));
    }
    let columns: Vec<&str> = found.iter().flat_map(|v| v.columns.iter().copied()).collect();
    Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(if from_outside { Severity::Medium } else { RULE.severity })
        .evidence("columns granted by name", list(&columns), "pg_attribute.attacl")
        .evidence("privileges on the whole table", told.join(", "), "pg_class.relacl")
        .fix(Fix {
            title: format!("let the column privileges on {} count", table.name),
            up,
            down,
            transactional: true,
            effect: Effect::default(),
            caution: Some("`select *` and writes of the other columns are refused from then on".into()),
        })
}
