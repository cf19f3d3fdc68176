//! How far a role comes in one relation: privileges on table and columns, policies, and the rights that views read with.

use super::principal::{Principal, Principals};
use super::written_through::written_through;
use architrave_model::access::{Command, Reach};
use architrave_model::catalog::{Catalog, PolicyCommand, Table, TableKind, TriggerEvent, TriggerTiming, View};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Views over views that are followed; a catalogue that somebody made up may have them in a circle.
const DEEPEST: usize = 32;

/// A relation.
#[derive(Clone, Copy)]
enum Relation<'a> {
    Table(&'a Table),
    View(&'a View),
}

/// Who asks: the role of the session, and the role whose rights count at this depth.
#[derive(Clone, Copy)]
struct Asker<'a> {
    session: &'a Principal<'a>,
    checked: &'a Principal<'a>,
}

/// What was found for a session's role, a role whose rights count, a relation and a command.
type Known<'a> = BTreeMap<(&'a str, &'a str, &'a QualifiedName, Command), Reach>;

/// Answers questions about one catalogue.
pub(super) struct Reader<'a> {
    principals: &'a Principals<'a>,
    relations: BTreeMap<&'a QualifiedName, Relation<'a>>,
    schemas: BTreeMap<&'a str, &'a architrave_model::catalog::Schema>,
    known: Known<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(catalog: &'a Catalog, principals: &'a Principals<'a>) -> Self {
        let tables = catalog.tables.iter().map(|t| (&t.name, Relation::Table(t)));
        let views = catalog.views.iter().map(|v| (&v.name, Relation::View(v)));
        let schemas = catalog.schemas.iter().map(|s| (s.name.as_str(), s)).collect();
        Self { principals, relations: tables.chain(views).collect(), schemas, known: BTreeMap::new() }
    }

    /// How far the role comes when it names the relation itself.
    pub(super) fn reach_by_name(&mut self, role: &str, name: &QualifiedName, command: Command) -> Reach {
        let principals = self.principals;
        let Some(session) = principals.get(role) else { return Reach::NotGranted };
        match self.reach(Asker { session, checked: session }, name, command, 0) {
            Reach::NotGranted => Reach::NotGranted,
            _ if !self.may_use(session, &name.schema) => Reach::SchemaClosed,
            reach => reach,
        }
    }

    /// Whether the schema is open to the role. One that was not read counts as open.
    pub(super) fn may_use(&self, role: &Principal<'_>, schema: &str) -> bool {
        let all_data = role.is("pg_read_all_data") || role.is("pg_write_all_data");
        all_data || self.schemas.get(schema).is_none_or(|s| role.holds(&s.grants, "USAGE"))
    }

    /// How far the asker comes, whatever the schema says: a view has found its tables already.
    fn reach(&mut self, asker: Asker<'a>, name: &QualifiedName, command: Command, depth: usize) -> Reach {
        let Some((name, relation)) = self.relations.get_key_value(name).map(|(n, r)| (*n, *r)) else {
            return Reach::Everything { because: "a relation outside of what was read".to_owned() };
        };
        match relation {
            Relation::Table(table) => of_table(asker.checked, table, command),
            Relation::View(view) => {
                let key = (asker.session.name, asker.checked.name, name, command);
                if let Some(reach) = self.known.get(&key) {
                    return reach.clone();
                }
                let reach = self.of_view(asker, view, command, depth);
                self.known.insert(key, reach.clone());
                reach
            }
        }
    }

    fn of_view(&mut self, asker: Asker<'a>, view: &'a View, command: Command, depth: usize) -> Reach {
        if !may(asker.checked, view, command) || depth > DEEPEST {
            return Reach::NotGranted;
        }
        if view.materialized && command != Command::Select {
            return Reach::NotGranted;
        }
        if view.materialized {
            return Reach::Everything { because: "materialized view: its rows are stored, policies do not apply".to_owned() };
        }
        // Of SELECT there is none.
        if let Some(trigger) = instead_of(view, command) {
            return Reach::Everything { because: format!("INSTEAD OF trigger {trigger} decides") };
        }
        let read = match command {
            Command::Select => view.depends_on.iter().collect(),
            _ => match written_through(view) {
                Some(base) => vec![base],
                None => return Reach::NotGranted,
            },
        };
        let invoker = view.option_on("security_invoker");
        let checked = if invoker { Some(asker.session) } else { self.principals.get(&view.owner) };
        let inner = Asker { session: asker.session, checked: checked.unwrap_or(asker.checked) };
        let parts: Vec<Reach> = read.into_iter().map(|name| self.reach(inner, name, command, depth + 1)).collect();
        let because = if invoker { None } else { Some(format!("view with the rights of its owner {}", view.owner)) };
        together(parts, because)
    }
}

/// Whether the role has the privilege on the view as a whole.
fn may(role: &Principal<'_>, view: &View, command: Command) -> bool {
    role.holds(&view.grants, command.sql()) || has_all_data(role, command)
}

fn has_all_data(role: &Principal<'_>, command: Command) -> bool {
    match command {
        Command::Select => role.is("pg_read_all_data"),
        Command::Insert | Command::Update | Command::Delete => role.is("pg_write_all_data"),
        _ => false,
    }
}

/// What several relations leave of the rows of a query over all of them.
fn together(parts: Vec<Reach>, because: Option<String>) -> Reach {
    let (mut permissive, mut restrictive, mut columns) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut closed, mut open, mut why) = (0_usize, 0_usize, None);
    let count = parts.len();
    for part in parts {
        let rows = match part {
            Reach::NotGranted | Reach::SchemaClosed => return Reach::NotGranted,
            Reach::Columns { columns: some, rows } => {
                columns.extend(some);
                *rows
            }
            rows => rows,
        };
        match rows {
            Reach::NoPolicy => closed += 1,
            Reach::Policies { permissive: p, restrictive: r } => {
                permissive.extend(p);
                restrictive.extend(r);
            }
            Reach::Everything { because } => {
                open += 1;
                why.get_or_insert(because);
            }
            _ => return Reach::NotGranted,
        }
    }
    let rows = if open == count {
        Reach::Everything { because: because.or(why).unwrap_or_else(|| "a query over no table".to_owned()) }
    } else if closed == count {
        Reach::NoPolicy
    } else {
        Reach::Policies { permissive: permissive.into_iter().collect(), restrictive: restrictive.into_iter().collect() }
    };
    if columns.is_empty() { rows } else { Reach::Columns { columns: columns.into_iter().collect(), rows: Box::new(rows) } }
}

fn of_table(role: &Principal<'_>, table: &Table, command: Command) -> Reach {
    let privilege = command.sql();
    if role.holds(&table.grants, privilege) || has_all_data(role, command) {
        return rows(role, table, command);
    }
    let granted = table.columns.iter().filter(|c| role.holds(&c.grants, privilege));
    let mut columns: Vec<String> = granted.map(|c| c.name.clone()).collect();
    if columns.is_empty() || !matches!(command, Command::Select | Command::Insert | Command::Update) {
        return Reach::NotGranted;
    }
    columns.sort();
    Reach::Columns { columns, rows: Box::new(rows(role, table, command)) }
}

/// Which rows, privilege given.
fn rows(role: &Principal<'_>, table: &Table, command: Command) -> Reach {
    let everything = |because: String| Reach::Everything { because };
    if table.kind == TableKind::Foreign {
        return everything("foreign tables have no row level security".to_owned());
    }
    if !table.rls_enabled {
        return everything("row level security is off".to_owned());
    }
    if command == Command::Truncate {
        return everything("TRUNCATE does not ask row level security".to_owned());
    }
    if role.superuser {
        return everything("superuser".to_owned());
    }
    if role.bypass_rls {
        return everything("BYPASSRLS".to_owned());
    }
    if !table.rls_forced && role.is(&table.owner) {
        let because = if role.name == table.owner { "owner".to_owned() } else { format!("has the rights of the owner {}", table.owner) };
        return everything(because);
    }
    let applies = |p: PolicyCommand| match p {
        PolicyCommand::All => true,
        PolicyCommand::Select => command == Command::Select,
        PolicyCommand::Insert => command == Command::Insert,
        PolicyCommand::Update => command == Command::Update,
        PolicyCommand::Delete => command == Command::Delete,
    };
    let meant = table.policies.iter().filter(|p| applies(p.command) && p.roles.iter().any(|r| role.is(r)));
    let (permissive, restrictive): (Vec<_>, Vec<_>) = meant.partition(|p| p.permissive);
    if permissive.is_empty() {
        return Reach::NoPolicy;
    }
    let names = |policies: Vec<&architrave_model::catalog::Policy>| policies.into_iter().map(|p| p.name.clone()).collect();
    Reach::Policies { permissive: names(permissive), restrictive: names(restrictive) }
}

fn instead_of(view: &View, command: Command) -> Option<&str> {
    let event = match command {
        Command::Insert => TriggerEvent::Insert,
        Command::Update => TriggerEvent::Update,
        Command::Delete => TriggerEvent::Delete,
        _ => return None,
    };
    view.triggers.iter().find(|t| t.timing == TriggerTiming::InsteadOf && t.events.contains(&event)).map(|t| t.name.as_str())
}
