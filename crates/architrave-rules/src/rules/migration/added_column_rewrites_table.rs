//! `migration/added-column-rewrites-table`: see `added_column_rewrites_table.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, domain_of, names, with_work};
use architrave_model::catalog::{TypeDef, TypeKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ColumnDraft, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/added-column-rewrites-table",
    summary: "new column whose values make PostgreSQL write the table anew",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("added_column_rewrites_table.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let rewritten = at.rewritten();
        if rewritten.is_empty() {
            continue;
        }
        let alone = at.step.actions.len() == 1;
        let mut tables: BTreeMap<&QualifiedName, Vec<(&ColumnDraft, Cause)>> = BTreeMap::new();
        for action in &at.step.actions {
            let Action::AddColumn { table, column, .. } = action else { continue };
            if let Some(cause) = cause(at, column).or(alone.then_some(Cause::Other)) {
                tables.entry(&table.name).or_default().push((column, cause));
            }
        }
        for (table, columns) in tables {
            let anew = at.of_family(table, &rewritten);
            if let Some(severity) = at.weight(&anew).severity().filter(|_| !anew.is_empty()) {
                report(at, table, &columns, &anew, severity, sink);
            }
        }
    }
}

/// Why each row needs a value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Serial,
    Identity,
    Stored,
    Domain,
    Default,
    Other,
}

/// Functions whose value PostgreSQL computes once for all old rows.
const ONE_VALUE_FOR_ALL: [&str; 8] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "current_user",
    "session_user",
    "current_schema",
    "txid_current",
];

fn cause(at: At<'_>, column: &ColumnDraft) -> Option<Cause> {
    let volatile = column.default.as_ref().is_some_and(|d| d.functions.iter().any(|f| !ONE_VALUE_FOR_ALL.contains(&f.as_str())));
    if column.serial {
        Some(Cause::Serial)
    } else if column.identity {
        Some(Cause::Identity)
    } else if column.stored {
        Some(Cause::Stored)
    } else if domain_of(at, &column.type_text).is_some_and(is_constrained) {
        Some(Cause::Domain)
    } else if volatile {
        Some(Cause::Default)
    } else {
        None
    }
}

fn is_constrained(domain: &TypeDef) -> bool {
    match &domain.kind {
        TypeKind::Domain { not_null, default, constraints, .. } => *not_null || default.is_some() || !constraints.is_empty(),
        _ => false,
    }
}

/// `is serial`, `is filled by random()`: why the column needs a value in each row.
fn words(column: &ColumnDraft, cause: Cause) -> String {
    match cause {
        Cause::Serial => "is serial".to_owned(),
        Cause::Identity => "is an identity column".to_owned(),
        Cause::Stored => "is generated and stored".to_owned(),
        Cause::Domain => format!("is of the domain {}, which has constraints", column.type_text),
        Cause::Default => format!("is filled by {}", column.default.as_ref().map_or("", |d| d.text.trim())),
        Cause::Other => "is new".to_owned(),
    }
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    columns: &[(&ColumnDraft, Cause)],
    anew: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let Some((_, cause)) = columns.first().copied() else { return };
    let first = anew.first().copied().unwrap_or(table);
    let each: Vec<String> = columns.iter().map(|(column, cause)| format!("{} {}", column.name, words(column, *cause))).collect();
    let message = format!("{}: {} is written anew while {} wait", list(&each), names(anew), at.who_waits(first));
    let why = match cause {
        Cause::Domain => {
            "A new column costs a moment as long as all old rows get the same value, which PostgreSQL keeps in the catalogue. Of a domain with a constraint, NOT NULL or a default it computes and checks the \
             value of each row, even without any default: the table and all its indexes are copied under ACCESS EXCLUSIVE. Take the domain's base type, and a CHECK of the table that is added NOT VALID."
        }
        Cause::Stored => {
            "The value of each old row is computed and stored: the table and all its indexes are copied under ACCESS EXCLUSIVE, which keeps SELECT out too. An ordinary column that a trigger fills, with a \
             back-fill in batches, needs no such lock; from 18 on a VIRTUAL column is computed when it is read and costs nothing to add."
        }
        _ => {
            "A new column costs a moment as long as all old rows get the same value, which PostgreSQL keeps in the catalogue. Where each row needs its own, the table and all its indexes are copied under \
             ACCESS EXCLUSIVE, which keeps SELECT out too, and the copy needs as much disk again. Add the column without values, set the default for new rows, and fill the old ones in batches."
        }
    };
    let object = match columns {
        [(one, _)] => ObjectRef::column(table, &one.name),
        _ => ObjectRef::table(table),
    };
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, "written anew", anew);
    sink.report(at.safely(draft));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{add_column, column, did, name, pending, pending_on, set_type, table};
    use super::*;
    use architrave_model::Catalog;
    use architrave_model::migration::{DefaultForm, LockMode};

    fn calling(function: &str) -> ColumnDraft {
        let default = DefaultForm { text: format!("{function}()"), functions: vec![function.into()], ..DefaultForm::default() };
        ColumnDraft { default: Some(default), ..column("c", "text") }
    }

    fn say(actions: Vec<Action>) -> Vec<String> {
        let rewrite = did().lock("t", LockMode::AccessExclusive).rewrite("t").scan("t");
        pending(vec![table("t", &["id bigint not null", "a integer"])]).step("alter table t …", actions, rewrite).says(&RULE)
    }

    #[test]
    fn only_what_can_be_the_cause_is_named() {
        let filled = |f| format!("medium: c is filled by {f}(): public.t is written anew while reads and writes wait");
        let retype = || set_type("t", "a", "bigint", None);
        assert_eq!(say(vec![add_column("t", calling("random"))]), [filled("random")]);
        assert_eq!(say(vec![retype(), add_column("t", calling("gen_random_uuid"))]), [filled("gen_random_uuid")]);
        assert!(say(vec![retype(), add_column("t", calling("now"))]).is_empty());
        assert!(say(vec![retype(), add_column("t", column("c", "text"))]).is_empty());
        assert_eq!(
            say(vec![add_column("t", column("c", "text"))]),
            ["medium: c is new: public.t is written anew while reads and writes wait"]
        );
    }

    #[test]
    fn columns_of_one_statement_are_one_finding() {
        let other = ColumnDraft { serial: true, ..column("d", "integer") };
        let said = "medium: c is filled by random() and d is serial: public.t is written anew while reads and writes wait";
        assert_eq!(say(vec![add_column("t", calling("random")), add_column("t", other)]), [said]);
    }

    #[test]
    fn a_domain_with_constraints_is_named() {
        let kind = TypeKind::Domain { base: "integer".into(), not_null: true, default: None, collation: None, constraints: Vec::new() };
        let domain = TypeDef { name: name("positive"), owner: String::new(), kind, extension: None, grants: Vec::new(), comment: None };
        let before = Catalog { tables: vec![table("t", &["id bigint not null"])], types: vec![domain], ..Catalog::default() };
        let made = pending_on(before).step(
            "alter table t add c public.positive",
            vec![add_column("t", column("c", "public.positive"))],
            did().lock("t", LockMode::AccessExclusive).rewrite("t"),
        );
        assert_eq!(
            made.says(&RULE),
            ["medium: c is of the domain public.positive, which has constraints: public.t is written anew while reads and writes wait"]
        );
    }
}
