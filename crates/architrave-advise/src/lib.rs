//! Advisors: from findings and facts to a judgement and a plan. Pure functions of the review; no I/O of any kind.

pub mod access_matrix;
pub mod advisors;
pub mod assessment;
pub mod checklist;
pub mod index;
pub mod limits;
pub mod policies;
pub mod questions;
pub mod roadmap;
pub mod scorecard;
pub mod suggestions;

use architrave_model::review::Review;

/// Fills the computed parts of a review: access matrix, assessment, limits, checklist, scorecard, questions, roadmap, suggestions.
pub fn advise(review: &mut Review) {
    for advisor in advisors::ALL {
        (advisor.run)(review);
    }
}
