//! `type/float-for-money`: see `float_for_money.md` for the rule's page.

use super::with_change;
use crate::figures::{counted, list};
use crate::retype::{Retype, Surroundings, obstacles};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "type/float-for-money",
    summary: "amount of money in a floating-point column",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Types,
    docs: include_str!("float_for_money.md"),
    check: Check::Catalog(check),
};

/// Words that name money by themselves, sorted.
const MONEY: &[&str] = &[
    "balance",
    "chf",
    "commission",
    "cost",
    "costs",
    "eur",
    "euro",
    "euros",
    "fee",
    "fees",
    "fare",
    "gbp",
    "invoiced",
    "jpy",
    "msrp",
    "payment",
    "payout",
    "price",
    "prices",
    "refund",
    "rent",
    "revenue",
    "salary",
    "subtotal",
    "surcharge",
    "tip",
    "turnover",
    "usd",
    "wage",
    "wages",
];

/// Words that name money where nothing else is meant.
const PERHAPS: &[&str] = &["amount", "budget", "charge", "credit", "debit", "deposit", "discount", "due", "paid", "tax", "total", "vat"];

/// Words that make it something else: a ratio, a measure, a score.
const NOT_MONEY: &[&str] = &[
    "age",
    "area",
    "avg",
    "bytes",
    "calories",
    "capacity",
    "carbs",
    "change",
    "count",
    "days",
    "distance",
    "dose",
    "duration",
    "elasticity",
    "energy",
    "factor",
    "fat",
    "grams",
    "height",
    "hours",
    "index",
    "kg",
    "km",
    "length",
    "level",
    "liters",
    "load",
    "margin",
    "meters",
    "minutes",
    "multiplier",
    "num",
    "pct",
    "percent",
    "percentage",
    "probability",
    "protein",
    "qty",
    "quantity",
    "rank",
    "rate",
    "ratio",
    "score",
    "seconds",
    "share",
    "size",
    "speed",
    "time",
    "tokens",
    "trend",
    "units",
    "usage",
    "volume",
    "water",
    "weight",
    "width",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut around = None;
    for table in Scope::of(catalog, context).tables() {
        let columns: Vec<&Column> = table.columns.iter().filter(|c| !c.inherited && is_float(c) && is_money(table, &c.name)).collect();
        let Some(first) = columns.first() else { continue };
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        let types = if columns.len() == 1 { format!("is {}", first.data_type) } else { "are floating point".to_owned() };
        let message = format!("{} of {} {types}", list(&names), table.name);
        let why = format!(
            "Floating point has no exact 0.1: ten times 0.1 is not 1.0, sums differ with the order of the rows, and = on a computed amount fails by the last bit. {} by name an amount \
             of money, where a cent that is lost or gained has to be explained.",
            counted(columns.len(), "column is", "columns are")
        );
        let strong = columns.iter().any(|c| words_of(&c.name).iter().any(|w| MONEY.contains(&w.as_str())));
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .confidence(if strong { Confidence::Likely } else { Confidence::Possible })
            .severity(if context.rows(&table.name).is_some_and(|n| n == 0.0) { Severity::Medium } else { RULE.severity });
        for column in &columns {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
        }
        let around: &Surroundings<'_> = around.get_or_insert_with(|| Surroundings::of(catalog));
        let changes: Vec<Retype<'_>> = columns.iter().map(|c| retype(table, c)).collect();
        let title = format!("make the amounts of {} numeric", table.name);
        let caution = "choose the scale (numeric(12, 2)), or whole cents in a bigint; values that floating point has already bent stay bent: round them; programs that expect a float have to \
                       change; the table is rewritten under an exclusive lock";
        let blocked = |c: &Retype<'_>| obstacles(around, c.table, c.column, false);
        sink.report(with_change(around, context, draft, &changes, (title, caution), &blocked));
    }
}

fn is_float(column: &Column) -> bool {
    matches!(column.data_type.as_str(), "real" | "double precision")
}

/// By its name: a word for money and none for a measure; a vaguer word only alone or beside a currency.
fn is_money(table: &Table, name: &str) -> bool {
    let words = words_of(name);
    let any = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    // A discount and nothing else is as often a share of the price (0.15) as an amount.
    if any(NOT_MONEY) || matches!(words.as_slice(), [only] if only == "discount") {
        return false;
    }
    let currency = || table.columns.iter().any(|c| words_of(&c.name).iter().any(|w| w == "currency"));
    any(MONEY) || (any(PERHAPS) && (words.iter().all(|w| PERHAPS.contains(&w.as_str())) || currency()))
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    Retype { table, column, to: "numeric".into(), using: None, back_using: None, default: None, checks: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(name: &str) -> bool {
        is_money(&Table::default(), name)
    }

    #[test]
    fn money_is_told_by_name() {
        for name in ["price", "unit_price", "discount_amount", "totalAmount", "amount", "order_total_eur", "monthlyFee", "balance"] {
            assert!(money(name), "{name}");
        }
    }

    #[test]
    fn measures_are_not_money() {
        for name in [
            "tax_rate",
            "discount",
            "price_change_pct",
            "total_weight",
            "amount_ml",
            "score",
            "latitude",
            "total_tokens",
            "credit_score",
            "cost_factor",
            "temperature",
        ] {
            assert!(!money(name), "{name}");
        }
    }
}
