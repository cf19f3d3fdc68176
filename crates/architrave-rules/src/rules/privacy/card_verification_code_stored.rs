//! `privacy/card-verification-code-stored`: see `card_verification_code_stored.md` for the rule's page.

use crate::rules::column::words_of;
use architrave_model::catalog::Column;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "privacy/card-verification-code-stored",
    summary: "column for the verification code of payment cards",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("card_verification_code_stored.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for column in table.columns.iter().filter(|c| !c.inherited && is_code(c)) {
            let empty = context.stats.and_then(|s| s.column(&table.name, &column.name)).is_some_and(|s| s.null_fraction >= 1.0);
            let message = format!("{}.{} stores the verification code of payment cards", table.name, column.name);
            let mut why = "PCI DSS forbids to keep the card verification code after authorization, encrypted or not (requirement 3.3): it is what makes a stolen card number usable. Pass it on \
                           to the payment provider and keep the provider's token."
                .to_owned();
            if empty {
                why.push_str(" By the statistics the column holds no values: drop it.");
            }
            sink.report(
                Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
                    .severity(if empty { Severity::Low } else { RULE.severity })
                    .evidence(format!("type of {}", column.name), column.data_type.as_str(), "pg_attribute"),
            );
        }
    }
}

/// `cvv`, `card_cvc`, `security_code` of a card; not `cvc_check`, which is a provider's answer.
fn is_code(column: &Column) -> bool {
    // Most columns have none of these letters: no need to take the name apart.
    let name = column.name.to_lowercase();
    if !["cv", "csc", "card"].iter().any(|part| name.contains(part)) {
        return false;
    }
    let base = column.base_type();
    let holds = matches!(base.as_str(), "text" | "character varying" | "character" | "integer" | "smallint" | "bytea" | "numeric");
    let words = words_of(&column.name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let code = matches!(words.as_slice(), [.., "cvv" | "cvc" | "cvv2" | "cvc2" | "csc"] | [.., "cvv" | "cvc" | "cvv2", "code" | "number"])
        || matches!(words.as_slice(), [.., "card", "verification" | "security", "code" | "value" | "number"]);
    holds && code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_meant_and_not_the_answer_of_the_provider() {
        let is = |name: &str| is_code(&Column { name: name.into(), data_type: "text".into(), ..Column::default() });
        for name in ["cvv", "card_cvc", "cardCvv", "cvv_code", "card_security_code"] {
            assert!(is(name), "{name}");
        }
        for name in ["cvc_check", "cvv_verified", "card_brand", "security_code", "cvr"] {
            assert!(!is(name), "{name}");
        }
    }
}
