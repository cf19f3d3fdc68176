//! Triggers, event triggers and rewrite rules.

use super::expression;
use super::print;
use super::state::{State, missing};
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{EventTrigger, RewriteRule, TableKind, Trigger, TriggerEnabled, TriggerEvent, TriggerTiming};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};
use squawk_syntax::ast::{self, AstNode};
use std::fmt::Write as _;

/// CREATE TRIGGER.
pub(crate) fn create(state: &mut State, node: &ast::CreateTrigger) -> Effect {
    let Some(name) = node.trigger().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the trigger's name is missing")) };
    let path = node.on_relation().and_then(|o| o.relation_name_ref()).map(|r| syntax::path(&r)).unwrap_or_default();
    let owner = state.find(&path, |n| state.tables.contains(n) || state.views.contains(n)).ok_or_else(|| missing("relation", &path))?;
    let function = called_function(state, node.call_expr().as_ref())?;
    let timing = match node.timing() {
        Some(ast::Timing::TimingBefore(_)) => TriggerTiming::Before,
        Some(ast::Timing::TimingInsteadOf(_)) => TriggerTiming::InsteadOf,
        _ => TriggerTiming::After,
    };
    let (events, columns) = events(node);
    let constraint = node.constraint_token().is_some();
    let mut trigger = Trigger {
        name: name.clone(),
        function,
        timing,
        row: constraint || matches!(node.trigger_level(), Some(ast::TriggerLevel::ForEachRow(_))),
        events,
        columns,
        constraint,
        enabled: TriggerEnabled::Origin,
        inherited: false,
        definition: String::new(),
        comment: None,
    };
    trigger.definition = definition(state, node, &trigger, &owner);
    put(state, &owner, trigger, node.or_replace().is_some())?;
    let copy = triggers_mut(state, &owner).and_then(|list| list.iter().find(|t| t.name == name)).cloned();
    if let Some(copy) = copy.filter(|t| t.row)
        && state.tables.get(&owner).is_some_and(|t| t.kind == TableKind::Partitioned)
    {
        for heir in state.heirs_of(&owner) {
            copy_to_partition(state, &heir, &copy)?;
        }
    }
    Ok(())
}

/// Triggers of a table or view.
pub(crate) fn triggers_mut<'a>(state: &'a mut State, owner: &QualifiedName) -> Option<&'a mut Vec<Trigger>> {
    if state.tables.contains(owner) {
        return state.tables.get_mut(owner).map(|t| &mut t.triggers);
    }
    state.views.get_mut(owner).map(|v| &mut v.triggers)
}

fn put(state: &mut State, owner: &QualifiedName, trigger: Trigger, or_replace: bool) -> Effect {
    let Some(list) = triggers_mut(state, owner) else { return Err(missing("relation", std::slice::from_ref(&owner.name))) };
    match list.iter_mut().find(|t| t.name == trigger.name) {
        Some(old) if or_replace => {
            let comment = old.comment.take();
            *old = Trigger { comment, ..trigger };
            Ok(())
        }
        Some(_) => Err(Stop::fail("42710", format!("trigger \"{}\" for relation \"{}\" already exists", trigger.name, owner.name))),
        None => {
            list.push(trigger);
            Ok(())
        }
    }
}

/// Gives a partition its parent's row trigger.
pub(crate) fn copy_to_partition(state: &mut State, partition: &QualifiedName, trigger: &Trigger) -> Effect {
    if state.table(partition)?.triggers.iter().any(|t| t.name == trigger.name) {
        return Err(Stop::fail("42710", format!("trigger \"{}\" for relation \"{}\" already exists", trigger.name, partition.name)));
    }
    let mut copy = Trigger { inherited: true, comment: None, ..trigger.clone() };
    if let (Some(on), Some(row)) = (copy.definition.find(" ON "), copy.definition.find(" FOR EACH ")) {
        let between = &copy.definition[on + 4..row];
        let rest = between.find(" FROM ").or_else(|| between.find(" DEFERRABLE")).or_else(|| between.find(" NOT DEFERRABLE"));
        let rest = rest.map(|at| between[at..].to_owned()).unwrap_or_default();
        copy.definition = format!("{} ON {}{rest}{}", &copy.definition[..on], partition.sql(), &copy.definition[row..]);
    }
    state.table_mut(partition)?.triggers.push(copy);
    for heir in state.heirs_of(partition) {
        copy_to_partition(state, &heir, trigger)?;
    }
    Ok(())
}

fn events(node: &ast::CreateTrigger) -> (Vec<TriggerEvent>, Vec<String>) {
    let (mut events, mut columns) = (Vec::new(), Vec::new());
    for event in node.trigger_event_list().iter().flat_map(ast::TriggerEventList::trigger_events) {
        events.push(match event {
            ast::TriggerEvent::TriggerEventInsert(_) => TriggerEvent::Insert,
            ast::TriggerEvent::TriggerEventDelete(_) => TriggerEvent::Delete,
            ast::TriggerEvent::TriggerEventTruncate(_) => TriggerEvent::Truncate,
            ast::TriggerEvent::TriggerEventUpdate(update) => {
                columns = update.column_name_refs().map(|c| syntax::name(&c)).collect();
                TriggerEvent::Update
            }
        });
    }
    events.sort();
    (events, columns)
}

fn called_function(state: &State, call: Option<&ast::CallExpr>) -> Result<QualifiedName, Stop> {
    let Some(expression::Expression::Call(call)) = call.map(|c| expression::read(&ast::Expr::CallExpr(c.clone()), state)) else {
        return Err(Stop::not_understood("the trigger's function is missing"));
    };
    match call.name.as_slice() {
        [schema, name] => {
            let full = QualifiedName::new(schema, name);
            let of_extension = state.extensions.values().any(|e| e.schema == *schema);
            if schema != "pg_catalog" && !of_extension && !state.functions.contains(&full) {
                return Err(missing("function", &call.name));
            }
            Ok(full)
        }
        [name] if BUILT_IN.contains(&name.as_str()) => Ok(QualifiedName::new("pg_catalog", name)),
        [name] => state.extension_function(name).ok_or_else(|| missing("function", &call.name)),
        _ => Err(missing("function", &call.name)),
    }
}

/// Trigger functions of PostgreSQL itself.
static BUILT_IN: &[&str] = &["suppress_redundant_updates_trigger", "tsvector_update_trigger", "tsvector_update_trigger_column"];

impl State {
    /// A trigger function that a well-known extension brings.
    fn extension_function(&self, name: &str) -> Option<QualifiedName> {
        let extension = match name {
            "moddatetime" => "moddatetime",
            "lo_manage" => "lo",
            "autoinc" => "autoinc",
            "insert_username" => "insert_username",
            "check_primary_key" | "check_foreign_key" => "refint",
            _ => return None,
        };
        self.extensions.get(&extension.to_owned()).map(|e| QualifiedName::new(&e.schema, name))
    }
}

/// As `pg_get_triggerdef` prints it.
fn definition(state: &State, node: &ast::CreateTrigger, trigger: &Trigger, owner: &QualifiedName) -> String {
    let mut text = String::from(if trigger.constraint { "CREATE CONSTRAINT TRIGGER " } else { "CREATE TRIGGER " });
    text.push_str(&quote_ident(&trigger.name));
    text.push_str(match trigger.timing {
        TriggerTiming::Before => " BEFORE",
        TriggerTiming::After => " AFTER",
        TriggerTiming::InsteadOf => " INSTEAD OF",
    });
    let order = [
        (TriggerEvent::Insert, "INSERT"),
        (TriggerEvent::Delete, "DELETE"),
        (TriggerEvent::Update, "UPDATE"),
        (TriggerEvent::Truncate, "TRUNCATE"),
    ];
    let mut words = Vec::new();
    for (event, word) in order {
        if trigger.events.contains(&event) {
            let mut word = word.to_owned();
            if event == TriggerEvent::Update && !trigger.columns.is_empty() {
                let columns: Vec<String> = trigger.columns.iter().map(|c| quote_ident(c)).collect();
                let _ = write!(word, " OF {}", columns.join(", "));
            }
            words.push(word);
        }
    }
    let _ = write!(text, " {} ON {}", words.join(" OR "), owner.sql());
    if let Some(from) = node.from_table().and_then(|f| f.table_name_ref())
        && let Ok(table) = state.table_name(&syntax::path(&from))
    {
        let _ = write!(text, " FROM {}", table.sql());
    }
    if trigger.constraint {
        let flags = super::constraint::Flags::read(node.syntax());
        text.push_str(if flags.deferrable { " DEFERRABLE" } else { " NOT DEFERRABLE" });
        text.push_str(if flags.deferred { " INITIALLY DEFERRED" } else { " INITIALLY IMMEDIATE" });
    }
    for table in node.referencing().iter().flat_map(ast::Referencing::referencing_tables) {
        let (word, name) = match &table {
            ast::ReferencingTable::OldTable(t) => ("OLD", t.transition_relation_name()),
            ast::ReferencingTable::NewTable(t) => ("NEW", t.transition_relation_name()),
        };
        if !text.contains(" REFERENCING") {
            text.push_str(" REFERENCING");
        }
        let _ = write!(text, " {word} TABLE AS {}", name.map(|n| quote_ident(&syntax::name(&n))).unwrap_or_default());
    }
    text.push_str(if trigger.row { " FOR EACH ROW" } else { " FOR EACH STATEMENT" });
    if let Some(when) = node.when_condition().and_then(|w| w.expr()) {
        let _ = write!(text, " WHEN ({})", print::print(&expression::read(&when, state)));
    }
    let arguments = node.call_expr().and_then(|c| c.arg_list()).map(|l| trigger_arguments(&l)).unwrap_or_default();
    let function = if trigger.function.schema == "pg_catalog" { quote_ident(&trigger.function.name) } else { trigger.function.sql() };
    let _ = write!(text, " EXECUTE FUNCTION {function}({})", arguments.join(", "));
    text
}

fn trigger_arguments(list: &ast::ArgList) -> Vec<String> {
    list.args()
        .map(|a| {
            let literal = a.syntax().descendants().find_map(ast::Literal::cast).and_then(|l| syntax::string(&l));
            quote_literal(&literal.unwrap_or_else(|| syntax::words(a.syntax()).concat()))
        })
        .collect()
}

/// CREATE EVENT TRIGGER.
pub(crate) fn create_event(state: &mut State, node: &ast::CreateEventTrigger) -> Effect {
    let Some(name) = node.event_trigger().map(|n| syntax::name(&n)) else {
        return Err(Stop::not_understood("the trigger's name is missing"));
    };
    if state.event_triggers.contains(&name) {
        return Err(Stop::fail("42710", format!("event trigger \"{name}\" already exists")));
    }
    let function = called_function(state, node.call_expr().as_ref())?;
    let mut tags: Vec<String> = Vec::new();
    if let Some(when) = node.event_trigger_when_clause() {
        for literal in when.syntax().descendants().filter_map(ast::Literal::cast) {
            tags.extend(syntax::string(&literal).map(|t| t.to_uppercase()));
        }
    }
    let trigger = EventTrigger {
        name: name.clone(),
        event: node.event().map(|e| syntax::name(&e)).unwrap_or_default(),
        function,
        enabled: TriggerEnabled::Origin,
        tags,
        owner: state.role(),
        extension: None,
    };
    state.event_triggers.insert(name, trigger);
    Ok(())
}

/// CREATE RULE.
pub(crate) fn create_rule(state: &mut State, node: &ast::CreateRule) -> Effect {
    let Some(name) = node.rule().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the rule's name is missing")) };
    let path = node.rule_on().and_then(|o| o.relation_name_ref()).map(|r| syntax::path(&r)).unwrap_or_default();
    let table = match state.find(&path, |n| state.tables.contains(n) || state.views.contains(n)) {
        Some(found) if state.tables.contains(&found) => found,
        // The catalogue keeps no rules of views.
        Some(_) => return Err(Stop::NoEffect),
        None => return Err(missing("relation", &path)),
    };
    let definition = syntax::plain_text(node.syntax());
    let target = state.table_mut(&table)?;
    match target.rules.iter_mut().find(|r| r.name == name) {
        Some(old) if node.or_replace().is_some() => old.definition = definition,
        Some(_) => return Err(Stop::fail("42710", format!("rule \"{name}\" for relation \"{}\" already exists", table.name))),
        None => target.rules.push(RewriteRule { name, definition }),
    }
    Ok(())
}
