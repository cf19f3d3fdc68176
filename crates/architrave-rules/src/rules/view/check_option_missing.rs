//! `view/check-option-missing`: see `check_option_missing.md` for the rule's page.

use super::{is_simple, object, others_with, reviewed};
use crate::body::tokens;
use crate::figures::list_of;
use crate::statements::exclusive;
use architrave_model::catalog::View;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "view/check-option-missing",
    summary: "filtering view through which rows can be written that it does not show",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("check_option_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let filters = |v: &&View| !v.materialized && v.triggers.is_empty() && !v.options.iter().any(|o| o.starts_with("check_option="));
    for view in reviewed(catalog, context).filter(filters) {
        let writers = others_with(view, &["INSERT", "UPDATE"]);
        if !writers.is_empty() && is_simple(&tokens(&view.definition), view) {
            sink.report(draft(view, &writers));
        }
    }
}

fn draft(view: &View, writers: &[String]) -> Draft {
    let message = format!("{} may write rows through {} that its condition excludes", list_of(writers, 3), view.name);
    let why = "The view's WHERE decides what is read, not what is written: an INSERT or UPDATE through it may store rows that the view does not show, another tenant's for example. \
               CHECK OPTION refuses them."
        .to_owned();
    let sql = view.name.sql();
    Draft::new(object(view), message, why).evidence("roles that may write", list_of(writers, 5), "pg_class.relacl").fix(Fix {
        title: format!("check what is written through {}", view.name),
        up: vec![format!("alter view {sql} set (check_option = cascaded)")],
        down: vec![format!("alter view {sql} reset (check_option)")],
        transactional: true,
        effect: exclusive(&view.name),
        caution: Some(
            "writes that moved rows out of the view on purpose (setting deleted_at through a view of the living) fail from then on".into(),
        ),
    })
}
