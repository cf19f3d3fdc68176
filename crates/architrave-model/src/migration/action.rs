//! What the text of a statement asks for, as plain data: one action for each subcommand. Names are resolved to schemas by whoever reads the text
//! (search path included), so that rules can look things up.

use crate::name::{ObjectRef, QualifiedName};

/// A column of ADD COLUMN, or one that a CREATE TABLE makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnDraft {
    /// Name.
    pub name: String,
    /// Type as written, `numeric(10,2)`; `integer`, `bigint`, `smallint` for the serial types.
    pub type_text: String,
    /// serial, bigserial, smallserial.
    pub serial: bool,
    /// NOT NULL or PRIMARY KEY.
    pub not_null: bool,
    /// DEFAULT, when there is one.
    pub default: Option<DefaultForm>,
    /// GENERATED … AS IDENTITY.
    pub identity: bool,
    /// GENERATED ALWAYS AS (…) STORED.
    pub stored: bool,
    /// GENERATED ALWAYS AS (…) VIRTUAL (or without a word, from 18 on).
    pub virtual_column: bool,
    /// Constraints written with the column, NOT NULL left out.
    pub constraints: Vec<ConstraintDraft>,
}

/// A default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefaultForm {
    /// As written.
    pub text: String,
    /// `NULL`, with or without a cast.
    pub is_null: bool,
    /// A literal, with or without a cast or a sign.
    pub is_constant: bool,
    /// Names of functions that it calls, as written and folded, `pg_catalog.` taken off.
    pub functions: Vec<String>,
}

/// What a constraint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum ConstraintForm {
    Check,
    ForeignKey,
    Unique,
    PrimaryKey,
    Exclude,
    NotNull,
}

/// A constraint of ADD CONSTRAINT, of a column, or of a CREATE TABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintDraft {
    /// Name, when one is written.
    pub name: Option<String>,
    /// Form.
    pub form: ConstraintForm,
    /// Columns, in order; of a CHECK none.
    pub columns: Vec<String>,
    /// CHECK: the condition as written.
    pub condition: Option<String>,
    /// FOREIGN KEY: the referenced table.
    pub referenced: Option<QualifiedName>,
    /// FOREIGN KEY: the referenced columns, as far as written.
    pub referenced_columns: Vec<String>,
    /// USING INDEX.
    pub using_index: Option<String>,
    /// NOT VALID.
    pub not_valid: bool,
    /// NOT ENFORCED.
    pub not_enforced: bool,
    /// The whole definition as written, from CHECK, FOREIGN KEY, UNIQUE … on; without the name.
    pub text: String,
}

/// The relation that an action is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Name, with the schema that it resolves to (the first of the search path when it does not exist).
    pub name: QualifiedName,
    /// IF EXISTS.
    pub if_exists: bool,
    /// ONLY.
    pub only: bool,
}

/// What a statement asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "SQL's own words; the fields say what they hold")]
pub enum Action {
    CreateTable {
        table: QualifiedName,
        if_not_exists: bool,
        columns: Vec<ColumnDraft>,
        constraints: Vec<ConstraintDraft>,
        partition_of: Option<QualifiedName>,
        temporary: bool,
        as_query: bool,
    },
    AddColumn {
        table: Target,
        column: ColumnDraft,
        if_not_exists: bool,
    },
    DropColumn {
        table: Target,
        column: String,
        if_exists: bool,
        cascade: bool,
    },
    RenameColumn {
        table: Target,
        from: String,
        to: String,
    },
    SetType {
        table: Target,
        column: String,
        type_text: String,
        using: Option<String>,
        collation: bool,
    },
    SetDefault {
        table: Target,
        column: String,
        default: DefaultForm,
    },
    DropDefault {
        table: Target,
        column: String,
    },
    SetNotNull {
        table: Target,
        column: String,
    },
    DropNotNull {
        table: Target,
        column: String,
    },
    /// ADD GENERATED … AS IDENTITY, SET GENERATED, DROP IDENTITY.
    AlterIdentity {
        table: Target,
        column: String,
        add: bool,
        drop: bool,
    },
    SetExpression {
        table: Target,
        column: String,
    },
    DropExpression {
        table: Target,
        column: String,
    },
    AddConstraint {
        table: Target,
        constraint: ConstraintDraft,
    },
    ValidateConstraint {
        table: Target,
        name: String,
    },
    DropConstraint {
        table: Target,
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    AlterConstraint {
        table: Target,
        name: String,
        enforced: Option<bool>,
    },
    RenameConstraint {
        table: Target,
        from: String,
        to: String,
    },
    CreateIndex {
        index: Option<QualifiedName>,
        table: Target,
        unique: bool,
        concurrently: bool,
        if_not_exists: bool,
        method: String,
        columns: Vec<String>,
        partial: bool,
    },
    DropIndex {
        index: QualifiedName,
        concurrently: bool,
        if_exists: bool,
        cascade: bool,
    },
    AlterIndex {
        index: QualifiedName,
        attach: Option<QualifiedName>,
        rename_to: Option<String>,
    },
    /// REINDEX INDEX, TABLE, SCHEMA, DATABASE or SYSTEM; the word is `kind`.
    Reindex {
        kind: String,
        name: QualifiedName,
        concurrently: bool,
    },
    RenameTable {
        table: Target,
        to: String,
    },
    SetSchema {
        object: ObjectRef,
        schema: String,
    },
    DropTable {
        table: QualifiedName,
        if_exists: bool,
        cascade: bool,
    },
    Truncate {
        tables: Vec<QualifiedName>,
        cascade: bool,
    },
    /// SET LOGGED, SET UNLOGGED, SET ACCESS METHOD, SET TABLESPACE, SET WITHOUT OIDS …: the words are `what`.
    SetStorageOf {
        table: Target,
        what: String,
    },
    /// SET (…), RESET (…), SET STATISTICS and what else only changes an option; the names are `options`.
    SetOptions {
        table: Target,
        options: Vec<String>,
    },
    AttachPartition {
        table: Target,
        partition: QualifiedName,
        default: bool,
    },
    DetachPartition {
        table: Target,
        partition: QualifiedName,
        concurrently: bool,
        finalize: bool,
    },
    Inherit {
        table: Target,
        parent: QualifiedName,
        no: bool,
    },
    ReplicaIdentity {
        table: Target,
        what: String,
    },
    RowSecurity {
        table: Target,
        enable: Option<bool>,
        force: Option<bool>,
    },
    CreatePolicy {
        table: QualifiedName,
        name: String,
    },
    AlterPolicy {
        table: QualifiedName,
        name: String,
    },
    DropPolicy {
        table: QualifiedName,
        name: String,
    },
    CreateTrigger {
        table: QualifiedName,
        name: String,
    },
    DropTrigger {
        table: QualifiedName,
        name: String,
    },
    /// ENABLE or DISABLE TRIGGER; `what` is the name, ALL or USER.
    SwitchTrigger {
        table: Target,
        what: String,
        enable: bool,
    },
    CreateRule {
        table: QualifiedName,
        name: String,
    },
    OwnerTo {
        object: ObjectRef,
        owner: String,
    },
    CreateView {
        view: QualifiedName,
        materialized: bool,
        or_replace: bool,
    },
    DropView {
        view: QualifiedName,
        materialized: bool,
        cascade: bool,
    },
    RefreshMaterializedView {
        view: QualifiedName,
        concurrently: bool,
        with_no_data: bool,
    },
    CreateEnum {
        name: QualifiedName,
        values: Vec<String>,
    },
    AddEnumValue {
        name: QualifiedName,
        value: String,
        if_not_exists: bool,
    },
    RenameEnumValue {
        name: QualifiedName,
        from: String,
        to: String,
    },
    CreateDomain {
        name: QualifiedName,
        constrained: bool,
    },
    AlterDomain {
        name: QualifiedName,
        what: DomainChange,
    },
    DropType {
        name: QualifiedName,
        cascade: bool,
        domain: bool,
    },
    CreateFunction {
        name: QualifiedName,
        or_replace: bool,
        procedure: bool,
    },
    DropFunction {
        name: QualifiedName,
        cascade: bool,
    },
    CreateExtension {
        name: String,
        if_not_exists: bool,
    },
    DropExtension {
        name: String,
        cascade: bool,
    },
    CreateSchema {
        name: String,
    },
    DropSchema {
        name: String,
        cascade: bool,
    },
    RenameSchema {
        from: String,
        to: String,
    },
    CreateSequence {
        name: QualifiedName,
    },
    AlterSequence {
        name: QualifiedName,
    },
    DropSequence {
        name: QualifiedName,
        cascade: bool,
    },
    CreatePublication {
        name: String,
    },
    AlterPublication {
        name: String,
    },
    DropPublication {
        name: String,
    },
    CreateStatistics {
        tables: Vec<QualifiedName>,
    },
    Grant {
        revoke: bool,
        objects: Vec<ObjectRef>,
        roles: Vec<String>,
    },
    AlterDefaultPrivileges,
    /// CREATE, ALTER, DROP ROLE (USER, GROUP) and DATABASE, TABLESPACE, ALTER SYSTEM: reaches beyond the database.
    ClusterWide {
        what: String,
    },
    Comment {
        object: ObjectRef,
    },
    Vacuum {
        tables: Vec<QualifiedName>,
        full: bool,
    },
    Analyze {
        tables: Vec<QualifiedName>,
    },
    Cluster {
        table: Option<QualifiedName>,
    },
    LockTable {
        tables: Vec<QualifiedName>,
        mode: super::LockMode,
        nowait: bool,
    },
    Insert {
        table: QualifiedName,
        from_query: bool,
        on_conflict: bool,
    },
    Update {
        table: QualifiedName,
        columns: Vec<String>,
        has_where: bool,
        /// LIMIT, or a WHERE that takes the rows with one given value.
        limited: bool,
    },
    Delete {
        table: QualifiedName,
        has_where: bool,
        /// LIMIT, or a WHERE that takes the rows with one given value.
        limited: bool,
    },
    Select {
        locks_rows: bool,
    },
    Copy {
        table: Option<QualifiedName>,
        from: bool,
    },
    /// SET and RESET; the value as written, none for DEFAULT and RESET.
    Set {
        name: String,
        value: Option<String>,
        local: bool,
    },
    Begin,
    Commit,
    Rollback,
    /// DO block, or CALL: only its effect tells.
    Dynamic {
        what: String,
    },
    /// Anything else, by its first words.
    Other {
        what: String,
    },
}

/// What ALTER DOMAIN does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum DomainChange {
    AddConstraint { name: Option<String>, not_valid: bool },
    ValidateConstraint { name: String },
    DropConstraint { name: String },
    SetNotNull,
    DropNotNull,
    SetDefault,
    Other,
}

impl Action {
    /// The table of an ALTER TABLE subcommand, of an index, a trigger or a policy.
    pub fn table(&self) -> Option<&QualifiedName> {
        match self {
            Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::SetType { table, .. }
            | Self::SetDefault { table, .. }
            | Self::DropDefault { table, .. }
            | Self::SetNotNull { table, .. }
            | Self::DropNotNull { table, .. }
            | Self::AlterIdentity { table, .. }
            | Self::SetExpression { table, .. }
            | Self::DropExpression { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::ValidateConstraint { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::AlterConstraint { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::RenameTable { table, .. }
            | Self::SetStorageOf { table, .. }
            | Self::SetOptions { table, .. }
            | Self::AttachPartition { table, .. }
            | Self::DetachPartition { table, .. }
            | Self::Inherit { table, .. }
            | Self::ReplicaIdentity { table, .. }
            | Self::RowSecurity { table, .. }
            | Self::SwitchTrigger { table, .. } => Some(&table.name),
            Self::CreateTable { table, .. }
            | Self::DropTable { table, .. }
            | Self::CreatePolicy { table, .. }
            | Self::AlterPolicy { table, .. }
            | Self::DropPolicy { table, .. }
            | Self::CreateTrigger { table, .. }
            | Self::DropTrigger { table, .. }
            | Self::CreateRule { table, .. }
            | Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. } => Some(table),
            _ => None,
        }
    }
}
