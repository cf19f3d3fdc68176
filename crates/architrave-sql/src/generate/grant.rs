//! Owners, privileges, default privileges and memberships.

use super::order::Node;
use super::{Item, Writer, text};
use architrave_model::catalog::{Column, DefaultPrivileges, Function, FunctionKind, Grant};
use architrave_model::name::quote_ident;

/// An object that has an owner.
pub(crate) struct Owned<'a> {
    pub(crate) owner: &'a str,
    /// `table s.t`, ready for ALTER.
    pub(crate) target: String,
}

/// An object that has privileges.
pub(crate) struct Granted<'a> {
    pub(crate) grants: &'a [Grant],
    pub(crate) owner: &'a str,
    /// `table s.t`, ready for GRANT … ON.
    pub(crate) target: String,
    /// Column that the privileges are for.
    pub(crate) column: Option<&'a str>,
    /// What the owner gets by default; empty for columns.
    pub(crate) all: &'static [&'static str],
    /// What PUBLIC gets by default.
    pub(crate) public: Option<&'static str>,
    /// Starts from what somebody else granted (the schema `public`).
    pub(crate) unknown_start: bool,
}

const TABLE: &[&str] = &["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];
const SEQUENCE: &[&str] = &["SELECT", "UPDATE", "USAGE"];
const SCHEMA: &[&str] = &["CREATE", "USAGE"];

impl<'a> Writer<'a> {
    pub(crate) fn owned(&self) -> Vec<Owned<'a>> {
        let c = self.catalog;
        let used = self.used_schemas();
        let mut owned = Vec::new();
        let mut add = |owner: &'a str, target: String| {
            if !owner.is_empty() {
                owned.push(Owned { owner, target });
            }
        };
        for schema in c.schemas.iter().filter(|s| s.extension.is_none() && used.contains(s.name.as_str())) {
            add(&schema.owner, format!("schema {}", quote_ident(&schema.name)));
        }
        for node in &self.plan.sequence {
            match node {
                Node::Type(i) if is_written_type(&c.types[*i]) => add(&c.types[*i].owner, format!("type {}", c.types[*i].name.sql())),
                // A sequence with an owning column follows its table.
                Node::Sequence(i) if c.sequences[*i].owned_by_table.is_none() => {
                    add(&c.sequences[*i].owner, format!("sequence {}", c.sequences[*i].name.sql()));
                }
                Node::Function(i) if is_written_function(&c.functions[*i]) => add(&c.functions[*i].owner, routine(&c.functions[*i])),
                Node::View(i) => {
                    let what = if c.views[*i].materialized { "materialized view" } else { "view" };
                    add(&c.views[*i].owner, format!("{what} {}", c.views[*i].name.sql()));
                }
                _ => {}
            }
        }
        for table in self.tables() {
            add(&table.owner, format!("table {}", table.name.sql()));
            for statistics in &table.statistics {
                add(&table.owner, format!("statistics {}", statistics.name.sql()));
            }
        }
        if !self.plan.partial {
            c.publications.iter().for_each(|p| add(&p.owner, format!("publication {}", quote_ident(&p.name))));
            for trigger in c.event_triggers.iter().filter(|t| t.extension.is_none()) {
                add(&trigger.owner, format!("event trigger {}", quote_ident(&trigger.name)));
            }
        }
        owned
    }

    pub(super) fn owners(&mut self) {
        for Owned { owner, target } in self.owned() {
            self.about(Item::Owner(target.clone()));
            self.say(format!("alter {target} owner to {}", text::quote_role(owner)));
        }
    }

    pub(crate) fn granted(&self) -> Vec<Granted<'a>> {
        let c = self.catalog;
        let used = self.used_schemas();
        let mut granted = Vec::new();
        let mut add = |grants: &'a [Grant], owner: &'a str, target: String, all, public: Option<&'static str>| {
            granted.push(Granted { grants, owner, target, column: None, all, public, unknown_start: false });
        };
        for schema in c.schemas.iter().filter(|s| s.extension.is_none() && used.contains(s.name.as_str())) {
            add(&schema.grants, &schema.owner, format!("schema {}", quote_ident(&schema.name)), SCHEMA, None);
        }
        for node in &self.plan.sequence {
            match node {
                Node::Type(i) if is_written_type(&c.types[*i]) => {
                    add(&c.types[*i].grants, &c.types[*i].owner, format!("type {}", c.types[*i].name.sql()), &["USAGE"], Some("USAGE"));
                }
                Node::Function(i) if is_written_function(&c.functions[*i]) => {
                    add(&c.functions[*i].grants, &c.functions[*i].owner, routine(&c.functions[*i]), &["EXECUTE"], Some("EXECUTE"));
                }
                Node::View(i) => add(&c.views[*i].grants, &c.views[*i].owner, format!("table {}", c.views[*i].name.sql()), TABLE, None),
                _ => {}
            }
        }
        for (i, sequence) in c.sequences.iter().enumerate() {
            let identity = sequence.identity && sequence.owned_by_table.as_ref().is_some_and(|t| self.has_table(t));
            if identity || self.has(Node::Sequence(i)) {
                add(&sequence.grants, &sequence.owner, format!("sequence {}", sequence.name.sql()), SEQUENCE, None);
            }
        }
        for table in self.tables() {
            add(&table.grants, &table.owner, format!("table {}", table.name.sql()), TABLE, None);
        }
        for table in self.tables() {
            let of_column = |column: &'a Column| Granted {
                grants: &column.grants,
                owner: &table.owner,
                target: format!("table {}", table.name.sql()),
                column: Some(&column.name),
                all: &[],
                public: None,
                unknown_start: false,
            };
            granted.extend(table.columns.iter().filter(|c| !c.grants.is_empty()).map(of_column));
        }
        for entry in &mut granted {
            entry.unknown_start = entry.target == "schema public";
        }
        granted
    }

    pub(super) fn grants(&mut self) {
        for (role, member, admin) in self.memberships() {
            let admin = if admin { " with admin option" } else { "" };
            self.about(Item::Membership);
            self.say(format!("grant {role} to {member}{admin}"));
        }
        for granted in self.granted() {
            self.about(Item::Privileges(granted.target.clone(), granted.column.map(str::to_owned)));
            self.grants_on(&granted);
        }
        for entry in self.default_privileges() {
            self.about(Item::DefaultPrivileges(entry.role.clone(), entry.schema.clone(), entry.kind.clone()));
            self.default_privilege(entry);
        }
    }

    /// Memberships among the roles that this writes.
    fn memberships(&self) -> Vec<(String, String, bool)> {
        let roles = self.referenced_roles();
        let both = self.catalog.memberships.iter().filter(|m| roles.contains(&m.role) && roles.contains(&m.member));
        both.map(|m| (text::quote_role(&m.role), text::quote_role(&m.member), m.admin)).collect()
    }

    /// First what differs from the defaults is taken, then each grant is given by its grantor, owners first.
    fn grants_on(&mut self, granted: &Granted<'_>) {
        let target = &granted.target;
        // An object without owner comes from a source that knows no privileges.
        if granted.owner.is_empty() {
            return;
        }
        let owners = self.options.owners;
        let own = |g: &&Grant| g.grantee == granted.owner;
        let full = |g: &Grant| granted.all.iter().all(|p| g.has(p)) && g.grantable.is_empty();
        let owner_default = granted.column.is_some() || granted.grants.iter().find(own).is_some_and(full);
        let public_default = granted.public.is_none_or(|p| granted.grants.iter().any(|g| g.is_public() && g.has(p)));
        if granted.unknown_start || !public_default {
            self.say(format!("revoke all on {target} from public"));
        }
        if owners && (granted.unknown_start || !owner_default) {
            self.say(format!("revoke all on {target} from {}", text::quote_role(granted.owner)));
        }
        let (mut first, mut rest): (Vec<&Grant>, Vec<&Grant>) = granted.grants.iter().partition(|g| g.grantor == granted.owner);
        first.append(&mut rest);
        for grant in first {
            let is_owner = grant.grantee == granted.owner;
            if granted.column.is_none() && is_owner && (!owners || (owner_default && !granted.unknown_start)) {
                continue;
            }
            if grant.is_public() && granted.public.is_some() && public_default && grant.privileges.len() == 1 {
                continue;
            }
            self.grant(granted, grant);
        }
    }

    fn grant(&mut self, granted: &Granted<'_>, grant: &Grant) {
        let other = self.options.owners && !grant.grantor.is_empty() && grant.grantor != granted.owner;
        if other {
            self.say(format!("set session authorization {}", quote_ident(&grant.grantor)));
        }
        let to = text::role(&grant.grantee);
        for (list, tail) in privilege_lists(grant, granted.column) {
            self.say(format!("grant {list} on {} to {to}{tail}", granted.target));
        }
        if other {
            self.say("reset session authorization");
        }
    }

    /// Entries whose schema and role are written.
    pub(crate) fn default_privileges(&self) -> Vec<&'a DefaultPrivileges> {
        let used = self.used_schemas();
        let entries = self.catalog.default_privileges.iter();
        entries.filter(|d| d.schema.as_ref().is_none_or(|s| used.contains(s.as_str()))).collect()
    }

    /// An entry for all schemas starts from the built-in defaults, one for a schema from nothing.
    fn default_privilege(&mut self, entry: &DefaultPrivileges) {
        let role = text::quote_role(&entry.role);
        let place = entry.schema.as_ref().map(|s| format!(" in schema {}", quote_ident(s))).unwrap_or_default();
        let head = format!("alter default privileges for role {role}{place}");
        if !KINDS.contains(&entry.kind.as_str()) {
            return;
        }
        let kind = entry.kind.to_lowercase();
        let of = |name: &str| entry.grants.iter().find(|g| g.grantee == name);
        let public_by_default = matches!(entry.kind.as_str(), "FUNCTIONS" | "TYPES");
        if entry.schema.is_none() {
            if of(&entry.role).is_none() {
                self.say(format!("{head} revoke all on {kind} from {role}"));
            }
            if public_by_default && of("PUBLIC").is_none() {
                self.say(format!("{head} revoke all on {kind} from public"));
            }
        }
        for grant in &entry.grants {
            let default = entry.schema.is_none() && (grant.grantee == entry.role || (public_by_default && grant.is_public()));
            if default && grant.grantable.is_empty() {
                continue;
            }
            for (list, tail) in privilege_lists(grant, None) {
                self.say(format!("{head} grant {list} on {kind} to {}{tail}", text::role(&grant.grantee)));
            }
        }
    }
}

/// SQL's privileges on what is written here; any other word is dropped.
pub(crate) const PRIVILEGES: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "USAGE", "CREATE", "EXECUTE"];

/// What default privileges are for.
pub(crate) const KINDS: &[&str] = &["TABLES", "SEQUENCES", "FUNCTIONS", "TYPES", "SCHEMAS", "LARGE OBJECTS"];

/// Without and with grant option: lists for GRANT, empty ones left out.
fn privilege_lists(grant: &Grant, column: Option<&str>) -> Vec<(String, &'static str)> {
    let column = column.map(|c| format!(" ({})", quote_ident(c))).unwrap_or_default();
    let known = grant.privileges.iter().filter(|p| PRIVILEGES.contains(&p.as_str()));
    let (grantable, plain): (Vec<&String>, Vec<&String>) = known.partition(|p| grant.grantable.contains(p));
    let list = |privileges: Vec<&String>| privileges.iter().map(|p| format!("{}{column}", p.to_lowercase())).collect::<Vec<_>>().join(", ");
    [(list(plain), ""), (list(grantable), " with grant option")].into_iter().filter(|(list, _)| !list.is_empty()).collect()
}

fn is_written_function(function: &Function) -> bool {
    function.kind != FunctionKind::Aggregate
        && function.language != "c"
        && function.definition.as_ref().is_some_and(|d| !d.trim().is_empty())
}

fn is_written_type(definition: &architrave_model::catalog::TypeDef) -> bool {
    definition.kind != architrave_model::catalog::TypeKind::Base
}

/// `function s.f(args)`, as ALTER, GRANT and COMMENT want it.
pub(crate) fn routine(function: &Function) -> String {
    let what = if function.kind == FunctionKind::Procedure { "procedure" } else { "function" };
    format!("{what} {}({})", function.name.sql(), function.identity_arguments)
}
