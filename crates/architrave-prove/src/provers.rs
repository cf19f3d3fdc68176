//! The provers there are, as a readable list.

/// A prover's name and what it shows.
pub struct Prover {
    /// As it stands in `proof.by`.
    pub name: &'static str,
    /// One sentence.
    pub shows: &'static str,
}

/// All provers.
pub static ALL: &[Prover] = &[
    Prover {
        name: crate::round_trip::NAME,
        shows: "the fix is accepted, its finding goes, nothing else changes, and the way back restores the schema",
    },
    Prover {
        name: crate::rewrite_trial::NAME,
        shows: "a rewritten query returns the same rows on generated ones, NULLs and duplicates among them, or which rows it does not",
    },
    Prover { name: crate::whole_plan::NAME, shows: "all actions of the roadmap are accepted in their order, and no new finding appears" },
];
