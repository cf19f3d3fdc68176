//! What a generated statement makes: the pieces that two catalogues are compared by.

use architrave_model::name::QualifiedName;

/// A piece of a schema that statements make, and that can be taken away or changed on its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A setting of the session; no object.
    Session,
    /// A role.
    Role(String),
    /// A schema.
    Schema(String),
    /// An extension.
    Extension(String),
    /// A collation.
    Collation(QualifiedName),
    /// A foreign server.
    ForeignServer(String),
    /// A type.
    Type(QualifiedName),
    /// A constraint of a domain.
    DomainCheck(QualifiedName, String),
    /// A sequence that is not an identity column's.
    Sequence(QualifiedName),
    /// The column that owns a sequence.
    SequenceOwner(QualifiedName),
    /// Where a sequence stands.
    Position(QualifiedName),
    /// A routine with its identity arguments.
    Function(QualifiedName, String),
    /// A table with its columns, parents and their settings.
    Table(QualifiedName),
    /// A default that waits for a function.
    Default(QualifiedName, String),
    /// A constraint of a table.
    Constraint(QualifiedName, String),
    /// An index that no constraint brings.
    Index(QualifiedName, String),
    /// The tie between an index of a partition and that of its parent.
    IndexTie(QualifiedName, String),
    /// The index that CLUSTER orders a table by.
    Cluster(QualifiedName),
    /// A view or materialized view.
    View(QualifiedName),
    /// The replica identity of a table.
    ReplicaIdentity(QualifiedName),
    /// Extended statistics of a table.
    Statistics(QualifiedName, QualifiedName),
    /// A rule of a table.
    Rule(QualifiedName, String),
    /// A trigger with its state.
    Trigger(QualifiedName, String),
    /// Whether a table has row level security.
    RowSecurity(QualifiedName),
    /// A policy.
    Policy(QualifiedName, String),
    /// A publication.
    Publication(String),
    /// An event trigger.
    EventTrigger(String),
    /// The owner of what the text names: `table s.t`.
    Owner(String),
    /// A role's membership in another.
    Membership,
    /// Privileges on what the text names, perhaps of one column.
    Privileges(String, Option<String>),
    /// Default privileges: role, schema, kind of object.
    DefaultPrivileges(String, Option<String>, String),
    /// The comment on what the text names.
    Comment(String),
}

impl Item {
    /// The table or view that it is a part of, and goes and comes with.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::Default(table, _)
            | Self::Constraint(table, _)
            | Self::Index(table, _)
            | Self::IndexTie(table, _)
            | Self::Cluster(table)
            | Self::ReplicaIdentity(table)
            | Self::Statistics(table, _)
            | Self::Rule(table, _)
            | Self::Trigger(table, _)
            | Self::RowSecurity(table)
            | Self::Policy(table, _) => Some(table),
            _ => None,
        }
    }
}
