//! The advisors there are, in the order they run, as a readable list.

use architrave_model::review::Review;

/// One advisor.
pub struct Advisor {
    /// Its folder.
    pub name: &'static str,
    /// Fills its part of the review.
    pub run: fn(&mut Review),
}

/// All advisors.
pub static ALL: &[Advisor] = &[
    Advisor { name: "access_matrix", run: crate::access_matrix::fill },
    Advisor { name: "assessment", run: |review| review.assessment = crate::assessment::lines(review) },
    Advisor { name: "limits", run: |review| review.limits = crate::limits::lines(review) },
    Advisor { name: "checklist", run: |review| review.checklist = crate::checklist::lines(review) },
    Advisor { name: "scorecard", run: |review| review.scorecard = crate::scorecard::scores(review) },
    Advisor { name: "questions", run: |review| review.questions = crate::questions::open(review) },
    Advisor { name: "roadmap", run: |review| review.roadmap = crate::roadmap::plan(review) },
    Advisor { name: "suggestions", run: |review| review.suggestions = crate::suggestions::list(review) },
];
