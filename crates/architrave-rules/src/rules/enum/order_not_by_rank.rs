//! `enum/order-not-by-rank`: see `order_not_by_rank.md` for the rule's page.

use crate::figures::{list, list_of};
use architrave_model::catalog::TypeKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "enum/order-not-by-rank",
    summary: "enum whose order is not the order of its ranks",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("order_not_by_rank.md"),
    check: Check::Catalog(check),
};

/// Ranks that everybody knows, from low to high.
const LADDERS: &[&[&str]] = &[
    &["trace", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"],
    &["trace", "debug", "info", "notice", "warn", "error", "fatal"],
    &["lowest", "low", "medium", "high", "highest"],
    &["none", "minor", "low", "moderate", "medium", "normal", "high", "major", "urgent", "severe", "critical", "blocker"],
    &["xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"],
    &["tiny", "small", "medium", "large", "huge"],
    &["bronze", "silver", "gold", "platinum", "diamond"],
    &["beginner", "elementary", "intermediate", "advanced", "expert"],
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    &["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"],
    &["free", "basic", "standard", "premium", "enterprise"],
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        let TypeKind::Enum { labels } = &definition.kind else { continue };
        let plain: Vec<String> = labels.iter().map(|l| l.to_lowercase()).collect();
        if plain.len() < 3 || !out_of_order(&plain) {
            continue;
        }
        let shown: Vec<String> = labels.iter().map(|l| format!("'{l}'")).collect();
        let message = format!("enum {} sorts {}, which is not their rank", definition.name, list_of(&shown, 5));
        let why = "Enum values compare and sort in the order of their declaration. ORDER BY, <, >, max() and range conditions over this one give an order that no reader expects. The order of a value is fixed for good when it is added; a new \
                   one can be put in its place with ADD VALUE … BEFORE, but what is there can only be moved by making the type anew.";
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Type, &definition.name.schema, &definition.name.name), message, why).evidence(
                "order",
                list(&shown),
                "pg_enum.enumsortorder",
            ),
        );
    }
}

/// All labels stand on one ladder, and in neither direction of any that holds them.
fn out_of_order(labels: &[String]) -> bool {
    let mut known = false;
    for ladder in LADDERS {
        let ranks: Option<Vec<usize>> = labels.iter().map(|l| ladder.iter().position(|rung| rung == l)).collect();
        let Some(ranks) = ranks else { continue };
        known = true;
        if ranks.is_sorted() || ranks.iter().rev().is_sorted() {
            return false;
        }
    }
    known
}
