//! Suggestions for human evaluation: what is worth a thought and not in the roadmap. Nobody acts on them unasked.

use architrave_model::finding::Verdict;
use architrave_model::review::{Review, Suggestion};
use architrave_model::{Finding, Severity};
use std::collections::BTreeSet;

/// Suggestions, in the order of the findings they come from.
pub fn list(review: &Review) -> Vec<Suggestion> {
    let mut suggestions: Vec<Suggestion> = Vec::new();
    let mut said: BTreeSet<(&str, &str)> = BTreeSet::new();
    for finding in &review.findings {
        if finding.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Refuted) {
            suggestions.push(refuted(finding));
        } else if finding.severity == Severity::Info {
            suggestions.push(Suggestion { title: format!("{}: {}", finding.object, finding.message), text: finding.why.clone() });
        } else if let Some(caution) = finding.fix.as_ref().and_then(|f| f.caution.as_ref())
            && said.insert((&finding.rule, caution))
        {
            suggestions.push(Suggestion { title: before(review, finding, caution), text: caution.clone() });
        }
    }
    for (finding, reason) in &review.allowed {
        if finding.severity >= Severity::High {
            suggestions.push(Suggestion {
                title: format!("{} is allowed by the house: {}", finding.object, finding.message),
                text: format!("The house's reason: {reason}. It would be {} otherwise.", finding.severity.word()),
            });
        }
    }
    suggestions.dedup();
    suggestions
}

/// The title of a caution: the object it is about, or how many findings of the rule share it.
fn before(review: &Review, finding: &Finding, caution: &str) -> String {
    let shares = |f: &&Finding| f.rule == finding.rule && f.fix.as_ref().and_then(|x| x.caution.as_deref()) == Some(caution);
    match review.findings.iter().filter(shares).count() {
        0 | 1 => format!("Before the fix of {} ({})", finding.object, finding.rule),
        n => format!("Before the {n} fixes of {}", finding.rule),
    }
}

fn refuted(finding: &Finding) -> Suggestion {
    let reason = finding.proof.as_ref().and_then(|p| p.reason.clone()).unwrap_or_default();
    Suggestion {
        title: format!("{}: {}", finding.object, finding.message),
        text: format!("The usual fix was tried and withdrawn: {reason}. The finding stands; it needs a fix made for this case."),
    }
}
