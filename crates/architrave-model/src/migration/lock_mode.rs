//! Lock modes of tables, and what each keeps others from doing.

use serde::{Deserialize, Serialize};

/// Table-level lock modes, weakest first (PostgreSQL's manual, "Explicit Locking").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "PostgreSQL's own names")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// All, weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As `pg_locks.mode` spells it: `AccessExclusiveLock`.
    pub fn catalog_name(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// As LOCK TABLE spells it: `ACCESS EXCLUSIVE`.
    pub fn sql(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Its initials, for tables: `SUE`, `AE`.
    pub fn initials(self) -> &'static str {
        match self {
            Self::AccessShare => "AS",
            Self::RowShare => "RS",
            Self::RowExclusive => "RX",
            Self::ShareUpdateExclusive => "SUE",
            Self::Share => "S",
            Self::ShareRowExclusive => "SRE",
            Self::Exclusive => "E",
            Self::AccessExclusive => "AE",
        }
    }

    /// From `pg_locks.mode`.
    pub fn from_catalog(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.catalog_name() == name)
    }

    /// Whether a plain SELECT waits for it.
    pub fn blocks_reads(self) -> bool {
        self == Self::AccessExclusive
    }

    /// Whether INSERT, UPDATE and DELETE wait for it.
    pub fn blocks_writes(self) -> bool {
        self >= Self::Share
    }

    /// Whether two sessions cannot hold the two at once.
    pub fn conflicts_with(self, other: Self) -> bool {
        use LockMode as L;
        match self {
            L::AccessShare => other == L::AccessExclusive,
            L::RowShare => other >= L::Exclusive,
            L::RowExclusive => other >= L::Share,
            L::ShareUpdateExclusive => other >= L::ShareUpdateExclusive,
            L::Share => other == L::RowExclusive || other == L::ShareUpdateExclusive || other >= L::ShareRowExclusive,
            L::ShareRowExclusive => other >= L::RowExclusive,
            L::Exclusive => other >= L::RowShare,
            L::AccessExclusive => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode as L;

    #[test]
    fn the_table_of_conflicts_is_symmetric_and_the_manuals() {
        for a in L::ALL {
            for b in L::ALL {
                assert_eq!(a.conflicts_with(b), b.conflicts_with(a), "{a:?} {b:?}");
            }
        }
        assert!(!L::Share.conflicts_with(L::Share) && L::Share.conflicts_with(L::RowExclusive));
        assert!(L::ShareUpdateExclusive.conflicts_with(L::ShareUpdateExclusive));
        assert!(!L::RowShare.conflicts_with(L::ShareRowExclusive) && L::RowShare.conflicts_with(L::Exclusive));
        let of = |mode: L| L::ALL.into_iter().filter(|m| m.conflicts_with(mode)).count();
        assert_eq!(L::ALL.map(of), [1, 2, 4, 5, 5, 6, 7, 8]);
    }

    #[test]
    fn readers_and_writers_wait_as_the_table_says() {
        for mode in L::ALL {
            assert_eq!(mode.blocks_reads(), mode.conflicts_with(L::AccessShare));
            assert_eq!(mode.blocks_writes(), mode.conflicts_with(L::RowExclusive));
            assert_eq!(L::from_catalog(mode.catalog_name()), Some(mode));
        }
    }
}
