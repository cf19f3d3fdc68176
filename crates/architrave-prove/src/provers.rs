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
        name: crate::generated_rows::NAME,
        shows: "a scratch database holds rows whose planner statistics are the source's, with keys and foreign keys intact",
    },
    Prover {
        name: crate::half_applied::NAME,
        shows: "what a statement outside a transaction leaves when it is cancelled or fails, and whether the runner's retry heals it",
    },
    Prover {
        name: crate::index_trial::NAME,
        shows: "indexes built for real make the workload's queries faster and none slower, at a measured cost for writes",
    },
    Prover {
        name: crate::lock_trace::NAME,
        shows: "what each statement of a migration locks, rewrites, reads whole and keeps waiting, by executing it",
    },
    Prover {
        name: crate::preconditions::NAME,
        shows: "what the rows must fulfil for a migration to succeed, and how many do not where they may be counted",
    },
    Prover {
        name: crate::rewrite_trial::NAME,
        shows: "a rewritten query returns the same rows on generated ones, NULLs and duplicates among them, or which rows it does not",
    },
    Prover {
        name: crate::rls_attack::NAME,
        shows: "what each actor of two tenants reads and changes of the others' rows, with a transcript of every way in and a control of every denial",
    },
    Prover {
        name: crate::rls_explain::NAME,
        shows: "why a statement returns nothing or is refused for a role with given claims: which privilege, policy and operand, over rows of ours",
    },
    Prover {
        name: crate::rls_repair::NAME,
        shows: "a repair of access closes the ways in that an attack has found, keeps nobody out who was let in as meant, and costs no more",
    },
    Prover {
        name: crate::still_runs::NAME,
        shows: "which queries of the project PostgreSQL no longer accepts after which statement, and which only clients lose that had prepared them",
    },
    Prover {
        name: crate::up_down::NAME,
        shows: "the way back of a migration restores the catalogue from before, and going up again leads to the same one",
    },
    Prover {
        name: crate::webhook_orders::NAME,
        shows: "whether the rows that a webhook handler leaves depend on the order in which its events arrive, and which order shows it",
    },
    Prover {
        name: crate::what_if::NAME,
        shows: "the planner's cost of every query with and without an index, on a twin that plans as the source does",
    },
    Prover { name: crate::whole_plan::NAME, shows: "all actions of the roadmap are accepted in their order, and no new finding appears" },
    Prover {
        name: crate::safe_version::NAME,
        shows: "the safe version of a migration ends in the same schema and rows, leaves nothing half-done, and keeps nobody waiting for work that grows",
    },
];
