//! Facts and verdicts as plain data: what was read, what was found, what was proved. No I/O, no parser, no driver.

pub mod brief;
pub mod catalog;
pub mod context;
pub mod coverage;
pub mod explained;
pub mod explanation;
pub mod finding;
pub mod fingerprint;
pub mod house;
pub mod index_advice;
pub mod index_report;
pub mod name;
pub mod on_twin;
pub mod origin;
pub mod plan;
pub mod platform;
pub mod project;
pub mod review;
pub mod roadmap;
pub mod rule;
pub mod scope;
pub mod script;
pub mod settings;
pub mod snapshot;
pub mod stack;
pub mod stats;
pub mod what_if;
pub mod workload;

pub use catalog::Catalog;
pub use context::Context;
pub use coverage::Gap;
pub use finding::{Confidence, Finding, Fix, Proof, Severity, Verdict};
pub use name::{ObjectKind, ObjectRef, QualifiedName};
pub use rule::{Check, Rule, Sink};
pub use snapshot::Snapshot;
pub use stats::Stats;
