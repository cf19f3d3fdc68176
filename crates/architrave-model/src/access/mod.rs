//! Who can see and change what: what is meant (`intent`), who tries (`actor`), what privileges and policies say (`matrix`), what an attack on a
//! private server has shown (`attack`), why one statement returns nothing (`why`).

pub mod actor;
pub mod attack;
pub mod intent;
pub mod matrix;
pub mod report;
pub mod why;

pub use actor::{Actor, ActorKind};
pub use attack::{
    Attack, AttackKind, AttackReport, Cell, CellVerdict, Fault, Mutation, Oracle, Repair, Step, StepOutcome, Target, Transcript,
};
pub use intent::{
    BucketIntent, Identity, IdentitySource, Intent, Membership, RelationIntent, Scope, Source, Stated, StatedScope, StatedTable,
};
pub use matrix::{AccessRow, Command, Reach};
pub use report::{AccessReport, DatabaseAccess};
