//! What names of columns, tables and settings tell, where nothing firmer does.

/// Columns that name a row's owner, the clearest first; camel case reads the same.
const OWNERS: &[&str] = &[
    "user_id",
    "owner_id",
    "owner_user_id",
    "owner",
    "userid",
    "profile_id",
    "clerk_user_id",
    "clerk_id",
    "auth_user_id",
    "account_user_id",
    "author_id",
    "author",
    "customer_id",
    "member_id",
    "student_id",
    "patient_id",
    "employee_id",
    "sender_id",
    "from_user_id",
    "creator_id",
    "uploaded_by",
    "user",
];
/// They say who made a row, which is its owner only when nothing better is there.
const MAKERS: &[&str] = &["created_by", "created_by_id", "created_by_user_id", "createdby", "added_by", "submitted_by", "requested_by"];
const TENANT_WORDS: &[&str] = &[
    "tenant",
    "org",
    "orgs",
    "organization",
    "organisation",
    "team",
    "account",
    "workspace",
    "company",
    "group",
    "business",
    "clinic",
    "school",
    "shop",
    "store",
    "household",
    "family",
    "agency",
    "firm",
    "club",
    "league",
];
const MEMBER_WORDS: &[&str] = &[
    "member",
    "members",
    "membership",
    "memberships",
    "collaborator",
    "collaborators",
    "participant",
    "participants",
    "staff",
    "seats",
    "teammates",
];
const ROLE_NAMES: &[&str] = &[
    "role",
    "roles",
    "account_role",
    "team_role",
    "org_role",
    "member_role",
    "user_role",
    "user_right",
    "permission",
    "permissions",
    "access_level",
    "access",
    "level",
    "type",
    "member_type",
    "right",
    "rights",
];
/// Roles of members, the mightiest first.
const RANKS: &[&str] = &[
    "super_admin",
    "superadmin",
    "owner",
    "primary_owner",
    "creator",
    "administrator",
    "org:admin",
    "admin",
    "manager",
    "maintainer",
    "lead",
    "moderator",
    "editor",
    "writer",
    "write",
    "contributor",
    "collaborator",
    "staff",
    "org:member",
    "member",
    "user",
    "participant",
    "commenter",
    "guest",
    "viewer",
    "reader",
    "read",
    "readonly",
    "read_only",
    "observer",
];
const PUBLIC_COLUMNS: &[&str] = &["public", "publish", "visib", "shar", "private", "listed", "privacy"];
const PUBLIC_VALUES: &[&str] =
    &["public", "published", "everyone", "anyone", "visible", "shared", "open", "unlisted", "link", "live", "approved", "listed", "active"];
const PRIVILEGED: &[&str] = &[
    "role",
    "roles",
    "user_role",
    "app_role",
    "is_admin",
    "admin",
    "is_superuser",
    "is_super_admin",
    "superuser",
    "is_staff",
    "is_moderator",
    "is_owner",
    "permissions",
    "plan",
    "plan_id",
    "tier",
    "subscription_tier",
    "subscription_status",
    "is_premium",
    "is_pro",
    "is_paid",
    "credits",
    "credit_balance",
    "balance",
    "quota",
    "is_verified",
    "verified",
    "is_banned",
    "banned",
    "stripe_customer_id",
    "access_level",
];

/// `userId` and `UserID` as `user_id`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut before_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && before_lower {
            out.push('_');
        }
        before_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn words(name: &str) -> Vec<String> {
    snake(name).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
}

/// How clearly a column's name says that it names the owner; the lower the clearer.
pub(crate) fn owner_rank(column: &str) -> Option<usize> {
    let name = snake(column);
    OWNERS.iter().position(|o| *o == name)
}

/// Whether the name says who made the row.
pub(crate) fn is_maker(column: &str) -> bool {
    MAKERS.contains(&snake(column).as_str())
}

/// Whether a table, column, claim or setting is called after a tenant.
pub(super) fn is_tenant(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| TENANT_WORDS.contains(&word.as_str()) || word.strip_suffix('s').is_some_and(|w| TENANT_WORDS.contains(&w)))
}

/// Whether a setting or claim is called after a user.
pub(super) fn is_user(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "user" | "uid" | "sub" | "userid" | "person" | "customer" | "actor" | "principal"))
}

/// Whether a table is called after people.
pub(super) fn is_people(table: &str) -> bool {
    let known = ["user", "users", "profile", "profiles", "people", "person", "persons", "customers", "employees"];
    words(table).last().is_some_and(|word| known.contains(&word.as_str()))
}

/// Whether a table is called after a membership: `team_members`, `org_users`, `user_teams`.
pub(super) fn is_membership(table: &str) -> bool {
    let words = words(table);
    let is = |word: &String| MEMBER_WORDS.contains(&word.as_str());
    let ends = words.len() > 1 && words.last().is_some_and(|w| matches!(w.as_str(), "users" | "user"));
    let begins = words.len() > 1 && words.first().is_some_and(|w| matches!(w.as_str(), "user" | "users")) && is_tenant(table);
    words.iter().any(is) || ends || begins
}

/// Whether a column is called after a member's role.
pub(super) fn is_role(column: &str) -> bool {
    ROLE_NAMES.contains(&snake(column).as_str()) || (words(column).iter().any(|w| w == "role") && !column.ends_with("_id"))
}

/// Rank of a role; the lower the mightier, unknown ones in the middle.
pub(super) fn rank(role: &str) -> usize {
    let name = role.to_ascii_lowercase();
    let plain = || RANKS.iter().position(|r| name.split(['_', '-', ' ', ':']).any(|word| word == *r));
    RANKS.iter().position(|r| *r == name).or_else(plain).unwrap_or(RANKS.len() / 2 + 2)
}

/// Whether a condition on that column speaks of being public.
pub(super) fn speaks_of_public(column: &str, values: &[String]) -> bool {
    let column = snake(column);
    PUBLIC_COLUMNS.iter().any(|part| column.contains(part))
        || values.iter().any(|v| PUBLIC_VALUES.contains(&v.to_ascii_lowercase().as_str()))
}

/// Whether a bucket is called after what everybody is meant to see.
pub(super) fn is_public_bucket(bucket: &str) -> bool {
    let known = ["public", "avatar", "avatars", "logo", "logos", "images", "assets", "thumbnails", "covers", "banners", "media"];
    words(bucket).iter().any(|word| known.contains(&word.as_str()))
}

/// Whether a column of a users', profiles' or tenants' table is called after what its user may do or has paid for.
pub(super) fn is_privileged(column: &str) -> bool {
    PRIVILEGED.contains(&snake(column).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        assert!(owner_rank("userId") < owner_rank("author_id"));
        assert_eq!(owner_rank("note_id"), None);
        assert!(is_maker("created_by") && !is_maker("created_at"));
        assert!(is_tenant("org_id") && is_tenant("Workspaces") && is_tenant("app.current_tenant") && !is_tenant("organ_donor"));
        assert!(is_membership("team_members") && is_membership("org_users") && is_membership("user_teams") && !is_membership("user_likes"));
        assert!(rank("owner") < rank("admin") && rank("admin") < rank("strange") && rank("member") < rank("viewer"));
        assert!(
            speaks_of_public("is_public", &[]) && speaks_of_public("status", &["published".into()]) && !speaks_of_public("deleted_at", &[])
        );
    }
}
