//! Owners, privileges, default privileges and comments.

use super::Differ;
use crate::generate::{Granted, Item, KINDS, PRIVILEGES, text};
use architrave_model::catalog::{DefaultPrivileges, Grant};
use architrave_model::name::quote_ident;
use std::collections::{BTreeMap, BTreeSet};

/// Grantee and privilege, and whether it may be passed on.
type Held = BTreeMap<(String, String), bool>;

fn held(grants: &[Grant]) -> Held {
    let mut all = Held::new();
    for grant in grants {
        for privilege in grant.privileges.iter().filter(|p| PRIVILEGES.contains(&p.as_str())) {
            let grantable = grant.grantable.contains(privilege);
            *all.entry((grant.grantee.clone(), privilege.clone())).or_insert(false) |= grantable;
        }
    }
    all
}

impl Differ<'_> {
    fn role(&self, name: &str) -> String {
        if name == self.options.runner { "current_user".to_owned() } else { text::role(name) }
    }

    /// Whether what the text names is made by these statements.
    fn is_new(&self, target: &str) -> Option<bool> {
        self.to.subject(target).map(|item| self.is_made(item))
    }

    pub(super) fn owners(&mut self) {
        let before: BTreeMap<String, String> = self.from.writer.owned().into_iter().map(|o| (o.target, o.owner.to_owned())).collect();
        for owned in self.to.writer.owned() {
            let was = match (self.is_new(&owned.target), before.get(&owned.target)) {
                (Some(true), _) => self.options.runner.clone(),
                (_, Some(owner)) => owner.clone(),
                _ => match self.to.subject(&owned.target) {
                    Some(Item::Sequence(name)) => self.from.sequence(name).map(|s| s.owner.clone()).unwrap_or_default(),
                    _ => continue,
                },
            };
            if was != owned.owner {
                let owner = self.role(owned.owner);
                self.say(format!("alter {} owner to {owner}", owned.target));
            }
        }
    }

    pub(super) fn privileges(&mut self) {
        let before: BTreeMap<(String, Option<String>), (String, Held)> = self
            .from
            .writer
            .granted()
            .into_iter()
            .map(|g| ((g.target.clone(), g.column.map(str::to_owned)), (g.owner.to_owned(), held(g.grants))))
            .collect();
        let mut seen = BTreeSet::new();
        let mut work = Vec::new();
        for granted in self.to.writer.granted() {
            // An object without owner comes from a source that knows no privileges.
            if granted.owner.is_empty() {
                continue;
            }
            let key = (granted.target.clone(), granted.column.map(str::to_owned));
            let after = held(granted.grants);
            let is_new = self.is_new(&granted.target) == Some(true) || granted.column.is_some_and(|c| self.is_new_column(&granted, c));
            let start = match before.get(&key) {
                Some((owner, held)) if !is_new => moved(held, owner, granted.owner),
                _ if granted.column.is_some() => Held::new(),
                _ if is_new => self.at_creation(&granted, &after),
                // An identity's sequence that has come with its column.
                _ => self.at_creation(&granted, &after),
            };
            seen.insert(key.clone());
            work.push((key, start, after));
        }
        for (key, (owner, held)) in &before {
            let gone = key.1.is_none() || seen.contains(key) || owner.is_empty();
            if !gone && self.is_new(&key.0) == Some(false) && self.has_column(key) {
                work.push((key.clone(), held.clone(), Held::new()));
            }
        }
        for ((target, column), start, after) in work {
            let column = column.map(|c| format!(" ({})", quote_ident(&c))).unwrap_or_default();
            self.changed("", &format!("on {target}"), &column, &start, &after);
        }
    }

    fn is_new_column(&self, granted: &Granted<'_>, column: &str) -> bool {
        let Some(Item::Table(table)) = self.to.subject(&granted.target) else { return false };
        self.gone.columns.get(table).is_some_and(|p| p.added.contains(column) || p.remade.contains(column))
    }

    fn has_column(&self, (target, column): &(String, Option<String>)) -> bool {
        let (Some(Item::Table(table)), Some(column)) = (self.to.subject(target), column) else { return false };
        self.to.column(table, column).is_some() && !self.gone.columns.get(table).is_some_and(|p| p.remade.contains(column))
    }

    /// What an object has when the runner has just made it and its owner is set.
    fn at_creation(&self, granted: &Granted<'_>, after: &Held) -> Held {
        let (kind, name) = granted.target.split_once(' ').unwrap_or_default();
        let kind = match kind {
            "table" => "TABLES",
            "sequence" => "SEQUENCES",
            "function" | "procedure" => "FUNCTIONS",
            "type" => "TYPES",
            _ => "SCHEMAS",
        };
        let runner = &self.options.runner;
        let entries = self.from.catalog.default_privileges.iter().filter(|d| d.role == *runner && d.kind == kind);
        let (everywhere, in_schema): (Vec<&DefaultPrivileges>, Vec<&DefaultPrivileges>) = entries.partition(|d| d.schema.is_none());
        let mut start = Held::new();
        if everywhere.is_empty() {
            start.extend(granted.all.iter().map(|p| ((granted.owner.to_owned(), (*p).to_owned()), false)));
            // PostgreSQL 17 knows one more, and an owner who has all of the others has that one.
            if granted.all.iter().all(|p| after.contains_key(&(granted.owner.to_owned(), (*p).to_owned()))) {
                start.extend(after.iter().filter(|((who, _), _)| who == granted.owner).map(|(k, _)| (k.clone(), false)));
            }
            start.extend(granted.public.map(|p| (("PUBLIC".to_owned(), p.to_owned()), false)));
        }
        let here = |d: &&DefaultPrivileges| d.schema.as_ref().is_some_and(|s| name.starts_with(&format!("{}.", quote_ident(s))));
        for entry in everywhere.into_iter().chain(in_schema.into_iter().filter(here)) {
            for (key, grantable) in moved(&held(&entry.grants), runner, granted.owner) {
                *start.entry(key).or_insert(false) |= grantable;
            }
        }
        start
    }

    /// REVOKE and GRANT from the one state to the other.
    fn changed(&mut self, head: &str, on: &str, column: &str, before: &Held, after: &Held) {
        let mut revoke: BTreeMap<(&str, bool), Vec<String>> = BTreeMap::new();
        let mut grant: BTreeMap<(&str, bool), Vec<String>> = BTreeMap::new();
        let word = |privilege: &str| format!("{}{column}", privilege.to_lowercase());
        for ((grantee, privilege), grantable) in before {
            match after.get(&(grantee.clone(), privilege.clone())) {
                None => revoke.entry((grantee, false)).or_default().push(word(privilege)),
                Some(false) if *grantable => revoke.entry((grantee, true)).or_default().push(word(privilege)),
                Some(_) => {}
            }
        }
        for ((grantee, privilege), grantable) in after {
            let was = before.get(&(grantee.clone(), privilege.clone()));
            if was.is_none() || (*grantable && was == Some(&false)) {
                grant.entry((grantee, *grantable)).or_default().push(word(privilege));
            }
        }
        for ((grantee, only_option), list) in revoke {
            let option = if only_option { "grant option for " } else { "" };
            let grantee = self.role(grantee);
            self.say(format!("{head}revoke {option}{} {on} from {grantee}", list.join(", ")));
        }
        for ((grantee, grantable), list) in grant {
            let tail = if grantable { " with grant option" } else { "" };
            let grantee = self.role(grantee);
            self.say(format!("{head}grant {} {on} to {grantee}{tail}", list.join(", ")));
        }
    }

    pub(super) fn default_privileges(&mut self) {
        let key = |d: &DefaultPrivileges| (d.role.clone(), d.schema.clone(), d.kind.clone());
        let collect =
            |entries: Vec<&DefaultPrivileges>| -> BTreeMap<_, Held> { entries.iter().map(|d| (key(d), held(&d.grants))).collect() };
        let before = collect(self.from.writer.default_privileges());
        let after = collect(self.to.writer.default_privileges());
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
        for key in keys {
            let (role, schema, kind) = &key;
            if !KINDS.contains(&kind.as_str()) {
                continue;
            }
            // A schema that goes takes its entries along.
            if schema.as_ref().is_some_and(|s| !self.to.catalog.schemas.iter().any(|t| t.name == *s)) {
                continue;
            }
            let other = before.get(&key).or(after.get(&key));
            let start = || if schema.is_none() { built_in(role, kind, other) } else { Held::new() };
            let (was, is) = (before.get(&key).cloned().unwrap_or_else(start), after.get(&key).cloned().unwrap_or_else(start));
            let whose = if *role == self.options.runner { String::new() } else { format!(" for role {}", text::quote_role(role)) };
            let place = schema.as_ref().map(|s| format!(" in schema {}", quote_ident(s))).unwrap_or_default();
            let head = format!("alter default privileges{whose}{place} ");
            self.changed(&head, &format!("on {}", kind.to_lowercase()), "", &was, &is);
        }
    }

    pub(super) fn comments(&mut self) {
        let targets = |side: &super::Side<'_>| -> Vec<(String, String)> {
            let all =
                side.pieces.keys().filter_map(|i| if let Item::Comment(target) = i { Some((target.clone(), side.text(i))) } else { None });
            all.collect()
        };
        let fresh: BTreeSet<String> = self
            .gone
            .columns
            .iter()
            .flat_map(|(table, plan)| plan.added.iter().chain(&plan.remade).map(|c| format!("column {}.{}", table.sql(), quote_ident(c))))
            .collect();
        let before: BTreeMap<String, String> = targets(&self.from).into_iter().collect();
        let after = targets(&self.to);
        let named: BTreeSet<&String> = after.iter().map(|(target, _)| target).collect();
        let removed: Vec<String> = before
            .keys()
            .filter(|t| !named.contains(t) && self.is_new(t) == Some(false) && !fresh.contains(*t))
            .map(|t| format!("comment on {t} is null"))
            .collect();
        for (target, statement) in &after {
            let again = fresh.contains(target) || self.is_new(target) == Some(true);
            if self.to.subject(target).is_some() && (again || before.get(target) != Some(statement)) {
                self.say(statement.clone());
            }
        }
        for statement in removed {
            self.say(statement);
        }
    }
}

/// What the owner held goes over to the next one.
fn moved(held: &Held, owner: &str, next: &str) -> Held {
    let who = |grantee: &str| if grantee == owner { next.to_owned() } else { grantee.to_owned() };
    held.iter().map(|((grantee, privilege), grantable)| ((who(grantee), privilege.clone()), *grantable)).collect()
}

/// What nobody had to write down.
fn built_in(role: &str, kind: &str, other: Option<&Held>) -> Held {
    let (all, public): (&[&str], Option<&str>) = match kind {
        "TABLES" => (&["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"], None),
        "SEQUENCES" => (&["SELECT", "UPDATE", "USAGE"], None),
        "FUNCTIONS" => (&["EXECUTE"], Some("EXECUTE")),
        "TYPES" => (&["USAGE"], Some("USAGE")),
        "SCHEMAS" => (&["CREATE", "USAGE"], None),
        _ => (&[], None),
    };
    let own = |privilege: &str| ((role.to_owned(), privilege.to_owned()), false);
    let mut start: Held = all.iter().map(|p| own(p)).collect();
    if kind == "TABLES" && other.is_some_and(|o| o.contains_key(&(role.to_owned(), "MAINTAIN".to_owned()))) {
        start.extend([own("MAINTAIN")]);
    }
    start.extend(public.map(|p| (("PUBLIC".to_owned(), p.to_owned()), false)));
    start
}
