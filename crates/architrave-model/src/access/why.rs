//! Why a statement returns nothing, or is refused, for one role with given claims: every gate in its way, and what each lets through.

use super::attack::StepOutcome;
use super::matrix::Command;
use crate::coverage::Gap;
use crate::name::{ObjectRef, QualifiedName};
use serde::{Deserialize, Serialize};

/// What `architrave rls explain` has to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessExplanation {
    /// The statement as it was given, without the ending semicolon.
    pub statement: String,
    /// What it does.
    pub command: Command,
    /// As which role it was run.
    pub role: String,
    /// The target's name.
    pub target: String,
    /// Version of PostgreSQL that ran it.
    pub server_version: String,
    /// Names of the settings that were set before it: `request.jwt.claims`.
    pub settings: Vec<String>,
    /// How it ended on the private server, over rows of ours.
    pub outcome: StepOutcome,
    /// How it would have ended there for a role that no policy binds; none when that was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_policies: Option<StepOutcome>,
    /// What is odd about the claims, one fragment each.
    pub claims: Vec<String>,
    /// Functions and sequences that it needs, and whether the role may use them.
    pub needs: Vec<PrivilegeCheck>,
    /// Relations, those that the statement names first, then what views and policies read.
    pub relations: Vec<RelationAccess>,
    /// What was counted on the live database, when there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<LiveCount>,
    /// The one cause, and the way out.
    pub cause: Cause,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
}

/// A privilege that the statement needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivilegeCheck {
    /// SQL's word: `USAGE`, `SELECT`, `EXECUTE`.
    pub privilege: String,
    /// On what.
    pub object: ObjectRef,
    /// Whether the role has it.
    pub held: bool,
    /// The statement that gives it, when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

/// Whether policies decide about the rows of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum RowSecurity {
    /// Row level security is off, or it is no table.
    Off,
    /// It is on and does not bind this role.
    Bypassed {
        /// `owner`, `BYPASSRLS`, `superuser`.
        because: String,
    },
    /// It is on, and no permissive policy is meant for this role and command: no row.
    NoPolicy,
    /// Policies decide.
    Policies,
}

/// A relation on the statement's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelationAccess {
    /// Table or view.
    pub relation: QualifiedName,
    /// With whose rights it is read or written: the role, or the owner of a view.
    pub as_role: String,
    /// What reads it, when the statement does not name it: `view public.v`, `policy members_read on public.teams`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_by: Option<String>,
    /// What is done with it.
    pub command: Command,
    /// Privileges.
    pub privileges: Vec<PrivilegeCheck>,
    /// Row level security.
    pub row_security: RowSecurity,
    /// Rows of ours in it; none for views.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows of ours that the role sees with a plain `SELECT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<u64>,
    /// Why it cannot be read at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Policies, those that apply first.
    pub policies: Vec<PolicyAccess>,
}

/// Which expression of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyPart {
    /// USING, over the rows that are there.
    Using,
    /// WITH CHECK (or USING in its place), over the new row.
    WithCheck,
}

/// A policy, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyAccess {
    /// Name.
    pub name: String,
    /// Permissive; false for restrictive.
    pub permissive: bool,
    /// Why it does not apply: `it is for service_role`, `it is for INSERT`; none when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_for: Option<String>,
    /// What was evaluated; none when the policy does not apply or the expression is missing (then it denies).
    pub parts: Vec<PartAccess>,
}

/// One expression of a policy, evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartAccess {
    /// Which.
    pub part: PolicyPart,
    /// For which command it was asked: an UPDATE with WHERE asks the policies of SELECT, too.
    pub of: Command,
    /// The expression, taken apart; none when the policy has none, which denies every row.
    pub operand: Option<Operand>,
}

/// How the parts of an operand hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// It has no parts.
    Atom,
    /// All must hold.
    And,
    /// One must hold.
    Or,
    /// It is a function's call; the part is what its body asks, with the arguments in their places.
    Inlined,
}

/// A boolean expression of a policy and the rows that it holds for. PostgreSQL evaluated it as that role with those claims.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operand {
    /// As PostgreSQL prints it.
    pub text: String,
    /// How the parts hang together.
    pub join: Join,
    /// Rows of ours for which it is true.
    pub holds: u64,
    /// Rows of ours for which it is false.
    pub fails: u64,
    /// Rows of ours for which it is NULL, which admits nothing.
    pub unknown: u64,
    /// Keys of the rows for which it is true, some of them: `id = 1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// It names no column: it is the same for all rows.
    #[serde(default)]
    pub same_for_all: bool,
    /// SQLSTATE and message, when PostgreSQL refused to evaluate it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<(String, String)>,
    /// Parts of it that are NULL for every row, with the reason where the claims tell it: `auth.uid() is NULL: the claims have no sub`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nulls: Vec<String>,
    /// Parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Operand>,
}

/// Rows of a relation of the live database: numbers, never values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCount {
    /// Relation; none for the statement itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<QualifiedName>,
    /// Rows that the role sees with those claims; the error is the SQLSTATE.
    pub visible: Result<u64, String>,
    /// All rows, when our own role is not bound by policies; the error is why they were not counted.
    pub all: Result<u64, String>,
}

/// What kind of cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// No gate is in the way.
    NothingWrong,
    /// No USAGE on the schema.
    SchemaClosed,
    /// A privilege on a relation or column is missing.
    NotGranted,
    /// A function or sequence may not be used.
    NeedNotGranted,
    /// A policy raises an error.
    PolicyError,
    /// Policies that read each other's tables.
    Recursion,
    /// The new row does not pass.
    NewRowRefused,
    /// No policy for that command.
    NoPolicy,
    /// The policies are for other roles.
    PoliciesForOthers,
    /// What a policy asks of the session is not there.
    ClaimMissing,
    /// A table that a policy reads shows the role no rows.
    HiddenFromPolicy,
    /// A policy's operand holds for no row.
    NoRowPasses,
    /// The statement itself fails for another reason.
    StatementFails,
}

/// The one cause, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Kind.
    pub kind: CauseKind,
    /// One sentence without full stop.
    pub sentence: String,
    /// What to do, in words; one sentence without full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Statements that do it, without semicolons; to be judged before they are run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub way_out: Vec<String>,
}
