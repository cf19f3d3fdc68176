//! `index/redundant`: see `redundant.md` for the rule's page.

use super::duplicate::wasted;
use crate::coverage::{describe, redundant_to};
use crate::figures::bytes;
use crate::relations::{index_bytes, indexed};
use crate::statements::drop_index;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/redundant",
    summary: "index that is a prefix of a wider one",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("redundant.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        for index in of.indexes {
            let Some(wide) = redundant_to(index, of.indexes) else { continue };
            let size = |name: &str| index_bytes(context, &of.name.schema, name);
            let own = size(&index.name);
            let mut draft = wasted(context, &of, index, own, &format!("is contained in {}", wide.name)).evidence(
                format!("definition of {}", wide.name),
                wide.definition.as_str(),
                "pg_index",
            );
            let mut fix = drop_index(&of, index, own);
            if let (Some(own), Some(wider)) = (own, size(&wide.name))
                && wider > own.saturating_mul(4)
            {
                draft = draft.confidence(Confidence::Likely).evidence(format!("size of {}", wide.name), wider, "pg_relation_size");
                fix.caution = Some(format!(
                    "{} {} takes {}, four times as much and more: scans of many entries will read more pages; compare the plans of the busiest queries first",
                    wide.name,
                    describe(wide),
                    bytes(wider)
                ));
            }
            sink.report(draft.fix(fix));
        }
    }
}
