//! Access control lists: what objects start with, and what GRANT and REVOKE make of them.

use architrave_model::catalog::Grant;

/// Kinds of objects that have privileges of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AclKind {
    Table,
    Sequence,
    Function,
    Type,
    Schema,
}

impl AclKind {
    /// All privileges of that kind on that server major.
    pub(crate) fn all(self, major: u16) -> &'static [&'static str] {
        match self {
            Self::Table if major >= 17 => &["DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
            Self::Table => &["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
            Self::Sequence => &["SELECT", "UPDATE", "USAGE"],
            Self::Function => &["EXECUTE"],
            Self::Type => &["USAGE"],
            Self::Schema => &["CREATE", "USAGE"],
        }
    }

    /// What everybody may do from the start.
    fn public(self) -> &'static [&'static str] {
        match self {
            Self::Function => &["EXECUTE"],
            Self::Type => &["USAGE"],
            Self::Table | Self::Sequence | Self::Schema => &[],
        }
    }

    /// The word of `ALTER DEFAULT PRIVILEGES`.
    pub(crate) fn default_word(self) -> &'static str {
        match self {
            Self::Table => "TABLES",
            Self::Sequence => "SEQUENCES",
            Self::Function => "FUNCTIONS",
            Self::Type => "TYPES",
            Self::Schema => "SCHEMAS",
        }
    }
}

/// Privileges that may be granted on single columns.
pub(crate) static COLUMN_PRIVILEGES: &[&str] = &["INSERT", "REFERENCES", "SELECT", "UPDATE"];

/// What an object of that kind starts with.
pub(crate) fn built_in(kind: AclKind, owner: &str, major: u16) -> Vec<Grant> {
    let mut list = Vec::new();
    add(&mut list, "PUBLIC", owner, kind.public(), false);
    add(&mut list, owner, owner, kind.all(major), false);
    list
}

/// Grants privileges.
pub(crate) fn add<S: AsRef<str>>(list: &mut Vec<Grant>, grantee: &str, grantor: &str, privileges: &[S], grantable: bool) {
    if privileges.is_empty() {
        return;
    }
    let at = list.iter().position(|g| g.grantee == grantee && g.grantor == grantor).unwrap_or_else(|| {
        list.push(Grant { grantee: grantee.to_owned(), grantor: grantor.to_owned(), privileges: Vec::new(), grantable: Vec::new() });
        list.len() - 1
    });
    let Some(entry) = list.get_mut(at) else { return };
    for privilege in privileges {
        let privilege = privilege.as_ref();
        if !entry.has(privilege) {
            entry.privileges.push(privilege.to_owned());
        }
        if grantable && !entry.grantable.iter().any(|p| p == privilege) {
            entry.grantable.push(privilege.to_owned());
        }
    }
}

/// Takes privileges (or only the right to hand them on) from a role.
pub(crate) fn remove<S: AsRef<str>>(list: &mut Vec<Grant>, grantee: &str, privileges: &[S], option_only: bool) {
    for entry in list.iter_mut().filter(|g| g.grantee == grantee) {
        entry.grantable.retain(|p| !privileges.iter().any(|q| q.as_ref() == p));
        if !option_only {
            entry.privileges.retain(|p| !privileges.iter().any(|q| q.as_ref() == p));
        }
    }
    list.retain(|g| !g.privileges.is_empty());
}

/// Hands the owner's part to another role.
pub(crate) fn change_owner(list: &mut Vec<Grant>, old: &str, new: &str) {
    let before = std::mem::take(list);
    for grant in before {
        let swap = |role: &str| if role == old { new.to_owned() } else { role.to_owned() };
        let (grantee, grantor) = (swap(&grant.grantee), swap(&grant.grantor));
        add(list, &grantee, &grantor, &grant.privileges, false);
        add(list, &grantee, &grantor, &grant.grantable, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoking_the_last_privilege_drops_the_entry() {
        let mut list = built_in(AclKind::Function, "o", 15);
        assert_eq!(list.len(), 2);
        remove(&mut list, "PUBLIC", &["EXECUTE"], false);
        assert_eq!(list.len(), 1);
        change_owner(&mut list, "o", "n");
        assert_eq!((list[0].grantee.as_str(), list[0].grantor.as_str()), ("n", "n"));
    }
}
