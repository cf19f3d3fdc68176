//! The advisors there are, in the order they run, as a readable list.

use architrave_model::brief::Brief;
use architrave_model::review::Review;

/// One advisor.
pub struct Advisor {
    /// Its folder.
    pub name: &'static str,
    /// Fills its part of the review.
    pub run: fn(&mut Review, &Brief),
}

/// All advisors.
pub static ALL: &[Advisor] = &[
    Advisor { name: "assessment", run: |review, brief| review.assessment = crate::assessment::lines(review, brief) },
    Advisor { name: "checklist", run: |review, _| review.checklist = crate::checklist::lines(review) },
    Advisor { name: "scorecard", run: |review, _| review.scorecard = crate::scorecard::scores(review) },
    Advisor { name: "questions", run: |review, brief| review.questions = crate::questions::open(review, brief) },
    Advisor { name: "roadmap", run: |review, _| review.roadmap = crate::roadmap::plan(review) },
    Advisor { name: "suggestions", run: |review, _| review.suggestions = crate::suggestions::list(review) },
];
