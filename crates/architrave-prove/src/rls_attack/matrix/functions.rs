//! Functions that actors may call, with arguments that name the victim's ids: whether the answer holds values of the victim's rows, or they change.

use super::super::AttackError;
use super::super::arena::{Move, Played};
use super::super::book::{Way, cell};
use super::super::case::{Case, Ground, Known, is_of_platform};
use super::super::fault::helpers;
use super::super::meaning::{Meant, is_target_of, may_read, may_write};
use super::super::statements::mentions;
use super::super::written;
use super::arguments;
use super::trial::{Kept, attempt, kept};
use super::writes::scope_of_victim;
use super::{Desk, severity};
use architrave_model::QualifiedName;
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, Scope, Target};
use architrave_model::catalog::{Function, FunctionKind, Grant, Volatility};
use architrave_model::finding::Severity;
use architrave_model::name::{ObjectKind, ObjectRef, quote_ident};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A function, and what is known of it before anybody calls it.
pub(super) struct Called<'f> {
    pub(super) function: &'f Function,
    pub(super) target: Target,
    /// Tables with rows that its text, or that of a helper, names.
    pub(super) touched: BTreeSet<QualifiedName>,
}

/// What calls of one function by one actor have shown.
#[derive(Default)]
pub(super) struct Shown {
    /// The worst reached, with what it is, the meaning, and the transcript's moves.
    reached: Option<Reached>,
    /// First refusal.
    refused: Option<(String, String)>,
    /// Calls that went.
    pub(super) went: Vec<String>,
    /// Tables that they wrote to.
    pub(super) wrote: BTreeSet<QualifiedName>,
    first: Option<String>,
}

/// Transcripts of calls of a function that others may be measured by.
#[derive(Default)]
struct Controls {
    /// Shows something of the victim's, or changes it.
    shown: Option<usize>,
    /// The same by the back end.
    by_service: Option<usize>,
    /// Is not refused.
    goes: Option<usize>,
}

impl Controls {
    fn best(&self) -> Option<usize> {
        self.shown.or(self.by_service)
    }
}

struct Reached {
    meant: Meant,
    writes: bool,
    what: String,
    table: QualifiedName,
    moves: Vec<Move>,
}

/// The victim's rows as the server prints them.
pub(super) struct Faces<'g, 'a> {
    pub(super) all: Vec<Face<'g, 'a>>,
}

pub(super) struct Face<'g, 'a> {
    pub(super) ground: &'g Ground<'a>,
    pub(super) known: &'g Known<'a>,
    values: BTreeMap<String, Value>,
}

/// Functions of the project that the actor may call.
pub(in super::super) fn callable<'c>(case: &Case<'c>, actor: &Actor) -> Vec<&'c Function> {
    let may = |f: &&Function| {
        matches!(f.kind, FunctionKind::Function | FunctionKind::Procedure)
            && !matches!(f.result.as_deref(), Some("trigger" | "event_trigger" | "internal"))
            && case.is_served(&f.name.schema)
            && !is_of_platform(&f.owner)
            && case.privileges.may_call(&actor.role, &f.name.schema, &f.signature())
    };
    case.catalog.functions.iter().filter(may).collect()
}

/// Calls of a function with arguments that name the victim's ids, and secrets that the caller holds.
fn calls_of(case: &Case<'_>, function: &Function, caller: ActorKind) -> Vec<String> {
    let call = |list: String| match function.kind {
        FunctionKind::Procedure => format!("call {}({list})", function.name.sql()),
        _ => format!("select * from {}({list})", function.name.sql()),
    };
    // The back end knows what the victim knows: it is for control.
    let holder = if caller == ActorKind::Service { ActorKind::Owner } else { caller };
    arguments::lists(case, function, holder).into_iter().map(call).collect()
}

/// Cells of all functions.
pub(super) async fn fill(desk: &mut Desk<'_, '_>) -> Result<(), AttackError> {
    let case = desk.case;
    let mut functions: Vec<&Function> = Vec::new();
    for actor in case.actors() {
        for function in callable(case, actor) {
            if !functions.iter().any(|f| std::ptr::eq(*f, function)) {
                functions.push(function);
            }
        }
    }
    functions.sort_by(|a, b| (&a.name, &a.identity_arguments).cmp(&(&b.name, &b.identity_arguments)));
    if functions.is_empty() {
        return Ok(());
    }
    let faces = desk.faces().await?;
    for function in functions {
        desk.function(function, &faces).await?;
    }
    Ok(())
}

impl<'c, 'a> Desk<'c, 'a> {
    async fn faces(&mut self) -> Result<Faces<'c, 'a>, AttackError> {
        let case = self.case;
        let mut all = Vec::new();
        for ground in case.with_rows() {
            for known in &ground.rows {
                let sql = format!("select to_jsonb(t)::text from {} t where {}", ground.table.name.sql(), known.condition);
                let rows = self.arena.ask(&sql).await?;
                let text = rows.first().and_then(|r| r.first()).and_then(Option::as_deref).unwrap_or_default();
                let Ok(Value::Object(map)) = serde_json::from_str(text) else { continue };
                all.push(Face { ground, known, values: map.into_iter().filter(|(_, v)| !v.is_null()).collect() });
            }
        }
        Ok(Faces { all })
    }

    async fn function(&mut self, function: &Function, faces: &Faces<'_, '_>) -> Result<(), AttackError> {
        let case = self.case;
        let target = Target::Function { name: function.name.clone(), arguments: function.identity_arguments.clone() };
        let called = Called { function, target: target.clone(), touched: self.touched(function) };
        let mut controls = Controls::default();
        let mut waiting: Option<(&Actor, Shown)> = None;
        // The back end first: where nobody else shows that there is something to be had, it does.
        let (service, others): (Vec<&Actor>, Vec<&Actor>) = case.actors().partition(|a| a.kind == ActorKind::Service);
        for actor in service.into_iter().chain(others) {
            if let Some(why) = self.not_tried(actor) {
                self.book.plain(&target, Command::Execute, actor.kind, CellVerdict::NotDecided, why);
                continue;
            }
            if !case.privileges.may_call(&actor.role, &function.name.schema, &function.signature()) {
                self.book.plain(&target, Command::Execute, actor.kind, CellVerdict::Denied, "no privilege EXECUTE");
                continue;
            }
            let mut shown = self.shown(&called, faces, actor).await?;
            if let Some(why) = self.arena.out_of_time() {
                self.book.plain(&target, Command::Execute, actor.kind, CellVerdict::NotDecided, why);
                continue;
            }
            let transcript = if let Some(reached) = shown.reached.take() {
                Some(self.called(&called, actor, reached).await?)
            } else if let Some(transcript) = self.rests_on_rows(&called, faces, actor, (&shown, controls.best())).await? {
                transcript
            } else if actor.kind == ActorKind::Service {
                waiting = Some((actor, shown));
                None
            } else {
                controls.goes = self.unshown(&called, actor, &shown, &controls).await?.or(controls.goes);
                None
            };
            let of = if actor.kind == ActorKind::Service { &mut controls.by_service } else { &mut controls.shown };
            *of = of.or(transcript);
        }
        if let Some((actor, shown)) = waiting {
            self.unshown(&called, actor, &shown, &controls).await?;
        }
        Ok(())
    }

    async fn shown(&mut self, called: &Called<'_>, faces: &Faces<'_, '_>, actor: &Actor) -> Result<Shown, AttackError> {
        let function = called.function;
        let targets: Vec<&Face<'_, '_>> = faces
            .all
            .iter()
            .filter(|f| is_target_of(actor.kind, f.known.row.of) && called.touched.contains(&f.ground.table.name))
            .collect();
        let mut shown = Shown::default();
        for call in calls_of(self.case, function, actor.kind) {
            let one = Move::by(actor.kind, call.clone());
            let writes = function.volatility == Volatility::Volatile;
            let moves = if writes { vec![written::count(), one.clone(), written::count()] } else { vec![one.clone()] };
            let act = usize::from(writes);
            let played = self.arena.play(&moves).await?;
            shown.first.get_or_insert_with(|| call.clone());
            let answers = match &played {
                Played::Went(answers) => answers,
                Played::Refused { sqlstate, message } => {
                    shown.refused.get_or_insert((sqlstate.clone(), message.clone()));
                    continue;
                }
            };
            shown.went.push(call.clone());
            if let (true, Some(before), Some(after)) = (writes, answers.first(), answers.get(2)) {
                let tables = written::between(self.case, &before.rows, &after.rows);
                self.note_writes(&mut shown, &targets, actor, &one, &tables).await?;
                if !tables.is_empty() {
                    shown.wrote.extend(tables.iter().cloned());
                    self.book.written.entry((actor.kind, called.target.clone())).or_default().insert(call.clone(), tables);
                }
            }
            let returned = answers.get(act).is_some_and(|a| !a.rows.is_empty());
            let says = function.kind == FunctionKind::Function && function.result.as_deref() != Some("void");
            if returned && says && !targets.is_empty() {
                self.note_reads(&mut shown, function, &targets, faces, actor, &one).await?;
            }
        }
        Ok(shown)
    }

    /// Looks at the rows of those tables before and after the call.
    async fn note_writes(
        &mut self,
        shown: &mut Shown,
        targets: &[&Face<'_, '_>],
        actor: &Actor,
        call: &Move,
        tables: &BTreeSet<QualifiedName>,
    ) -> Result<(), AttackError> {
        let targets: Vec<&&Face<'_, '_>> = targets.iter().filter(|f| tables.contains(&f.ground.table.name)).collect();
        let named = |g: &&Ground<'_>| tables.contains(&g.table.name) && !scope_of_victim(self.case, g).is_empty();
        let grounds: Vec<&Ground<'_>> = self.case.with_rows().filter(named).collect();
        if targets.is_empty() && grounds.is_empty() {
            return Ok(());
        }
        let digest = |f: &&&Face<'_, '_>| format!("(select md5(t::text) from {} t where {})", f.ground.table.name.sql(), f.known.condition);
        let count = |g: &&Ground<'_>| {
            let named: Vec<String> = scope_of_victim(self.case, g).iter().map(|(c, v)| format!("{} = {v}", quote_ident(c))).collect();
            format!("(select count(*) from {} where {})", g.table.name.sql(), named.join(" and "))
        };
        let asked: Vec<String> = targets.iter().map(digest).chain(grounds.iter().map(count)).collect();
        let look = Move::look(format!("select {}", asked.join(", ")));
        let played = self.arena.play(&[look.clone(), call.clone(), look]).await?;
        let (before, after) = (played.rows(0).first().cloned(), played.rows(2).first().cloned());
        if let (Some(before), Some(after)) = (before, after) {
            for (face, (was, is)) in targets.iter().zip(before.iter().zip(&after)) {
                if was != is {
                    self.note_write(shown, face, actor, call, is.is_none());
                }
            }
            let counted = before.iter().zip(&after).skip(targets.len());
            for (ground, (was, is)) in grounds.iter().zip(counted) {
                let number = |count: &Option<String>| count.as_deref().and_then(|c| c.parse::<u64>().ok());
                if number(is) > number(was) {
                    self.note_new_row(shown, ground, actor, call);
                }
            }
        }
        Ok(())
    }

    /// A row made in the victim's name. That is what a function may be there for: asking to be let in, telling him something.
    fn note_new_row(&self, shown: &mut Shown, ground: &Ground<'_>, actor: &Actor, call: &Move) {
        let table = &ground.table.name;
        let meant = match may_write(self.case.intent_of(ground), table, actor.kind, ActorKind::Owner) {
            Meant::Yes => Meant::Yes,
            _ => Meant::Unknown,
        };
        let what = format!("makes a row in the victim's name in {table}");
        note(shown, Reached { meant, writes: true, what, table: table.clone(), moves: vec![call.clone()] });
    }

    fn note_write(&self, shown: &mut Shown, face: &Face<'_, '_>, actor: &Actor, call: &Move, gone: bool) {
        let table = &face.ground.table.name;
        let mut meant = may_write(self.case.intent_of(face.ground), table, actor.kind, face.known.row.of);
        let scope = self.case.intent_of(face.ground).of(table).map(|i| &i.scope);
        if meant == Meant::No && matches!(scope, Some(Scope::Public | Scope::SignedIn)) {
            // What everybody reads is changed by a function or not at all: which, is the function's affair.
            meant = Meant::Unknown;
        }
        let verb = if gone { "deletes" } else { "changes" };
        let look = Move::look(format!("select 1 from {} where {}", table.sql(), face.known.condition));
        let what = format!("{verb} a row of {table} that is {}", super::reads::whose(face.known));
        note(shown, Reached { meant, writes: true, what, table: table.clone(), moves: vec![call.clone(), look] });
    }

    async fn note_reads(
        &mut self,
        shown: &mut Shown,
        function: &Function,
        targets: &[&Face<'_, '_>],
        faces: &Faces<'_, '_>,
        actor: &Actor,
        call: &Move,
    ) -> Result<(), AttackError> {
        let source = call.sql.strip_prefix("select * from ").unwrap_or(&call.sql);
        let sql = format!("select to_jsonb(f)::text from {source} f limit 1000");
        let played = self.arena.play(&[Move::by(actor.kind, sql.clone())]).await?;
        let rows: Vec<Value> = played.rows(0).iter().filter_map(|r| serde_json::from_str(r.first()?.as_deref()?).ok()).collect();
        for face in targets {
            let mut found = rows.iter().any(|value| holds(value, face, faces, &call.sql));
            if !found && rows.iter().any(|v| is_single(v, face)) && function.result.as_deref().is_none_or(|r| r != "boolean") {
                found = self.depends_on(face, actor, &sql, played.rows(0)).await?;
            }
            if found && self.comes_from_elsewhere((face, faces), actor, &call.sql, &sql).await? {
                found = false;
            }
            if found {
                let table = &face.ground.table.name;
                let mut meant = may_read(self.case.intent_of(face.ground), table, actor.kind, face.known.row.of, face.known.public);
                if meant == Meant::No && actor.kind == ActorKind::Member && self.is_people(table) {
                    // Colleagues know of each other; how much of it they are to know, nothing tells.
                    meant = Meant::Unknown;
                }
                let what = format!("gets values of a row of {table} that is {}", super::reads::whose(face.known));
                note(shown, Reached { meant, writes: false, what, table: table.clone(), moves: vec![call.clone()] });
            }
        }
        Ok(())
    }

    /// Whether the answer holds the same when the row is not there: a new row that looks like it, a constant.
    async fn comes_from_elsewhere(
        &mut self,
        (face, faces): (&Face<'_, '_>, &Faces<'_, '_>),
        actor: &Actor,
        call: &str,
        sql: &str,
    ) -> Result<bool, AttackError> {
        let Some(rows) = self.without(&[face], actor, sql).await? else { return Ok(false) };
        let mut values = rows.iter().filter_map(|r| serde_json::from_str::<Value>(r.first()?.as_deref()?).ok());
        Ok(values.any(|value| holds(&value, face, faces, call)))
    }

    /// Whether the answer is another one when the row is not there.
    async fn depends_on(
        &mut self,
        face: &Face<'_, '_>,
        actor: &Actor,
        sql: &str,
        was: &[Vec<Option<String>>],
    ) -> Result<bool, AttackError> {
        let is = self.without(&[face], actor, sql).await?;
        Ok(is.is_some_and(|rows| rows != was))
    }

    fn is_people(&self, table: &QualifiedName) -> bool {
        let identity = &self.case.intent.identity;
        identity.users.iter().chain(&identity.profiles).any(|(people, _)| people == table)
    }

    /// Tables with rows that the function's text, or that of a helper, names.
    fn touched(&self, function: &Function) -> BTreeSet<QualifiedName> {
        let mut texts = vec![function.body.as_str()];
        texts.extend(helpers(self.case, &function.body).into_iter().map(|f| f.body.as_str()));
        let dynamic = texts.iter().any(|t| t.to_lowercase().contains("execute"));
        let named =
            |ground: &&Ground<'_>| dynamic || texts.iter().any(|t| mentions(t, &ground.table.name.name) || self.names_view_of(t, ground));
        self.case.with_rows().filter(named).map(|g| g.table.name.clone()).collect()
    }

    fn names_view_of(&self, text: &str, ground: &Ground<'_>) -> bool {
        self.case.catalog.views.iter().any(|v| v.depends_on.contains(&ground.table.name) && mentions(text, &v.name.name))
    }

    async fn called(&mut self, called: &Called<'_>, actor: &Actor, reached: Reached) -> Result<usize, AttackError> {
        let (function, target) = (called.function, &called.target);
        let went = attempt(self.arena, reached.moves, 0).await?;
        let name = &function.name;
        let what = format!("{} by calling {name}({})", reached.what, function.identity_arguments);
        let title = format!("{} {what}", actor.kind.word());
        let transcript = self.book.transcript(title.clone(), went.steps());
        let verdict = match reached.meant {
            Meant::Yes => CellVerdict::Allowed,
            Meant::No => CellVerdict::Leak,
            Meant::Unknown => CellVerdict::Open,
        };
        let commands: &[Command] = if reached.writes { &[Command::Update, Command::Delete] } else { &[Command::Select] };
        let told = !function.security_definer && commands.iter().any(|c| self.base_cell_leaks(&reached.table, *c, actor.kind));
        let mut cell = cell(target, Command::Execute, actor.kind, verdict, format!("he {}", reached.what));
        cell.evidence = Some(transcript);
        if verdict != CellVerdict::Allowed {
            cell.at_fault = Some(self.fault_of(function));
        }
        let command = if reached.writes { Command::Update } else { Command::Select };
        let mut severity = severity(actor.kind, command);
        // One id or number for an id that is known already: less than rows and what they say.
        let bare = ["uuid", "integer", "bigint", "smallint", "numeric", "boolean", "date"];
        if !reached.writes && function.result.as_deref().is_some_and(|r| bare.contains(&r)) {
            severity = severity.min(Severity::Medium);
        }
        let way = (verdict == CellVerdict::Leak && !told).then_some(Way::plain(title, 1, severity, transcript));
        self.book.put(cell, way);
        Ok(transcript)
    }

    pub(super) fn fault_of(&self, function: &Function) -> Fault {
        let mut said: Vec<String> = Vec::new();
        if function.security_definer {
            said.push(format!("SECURITY DEFINER: with the rights of {}", function.owner));
        }
        let from_outside = self.case.exposure.roles.iter().filter(|r| function.grants.iter().any(|g| g.grantee == **r));
        let roles: Vec<&str> = from_outside.map(String::as_str).collect();
        if !roles.is_empty() && !function.grants.iter().any(Grant::is_public) {
            // Whoever has taken it from PUBLIC has most likely meant these, too.
            said.push(format!("PUBLIC may not call it, {} may: by default privileges, or a GRANT", roles.join(" and ")));
        }
        let operand = said.join("; ");
        let location = self.case.place(&ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature()));
        Fault { what: format!("function {}({})", function.name, function.identity_arguments), operand, location }
    }

    /// The cell of calls that have shown nothing; the transcript of one that is not refused.
    async fn unshown(
        &mut self,
        called: &Called<'_>,
        actor: &Actor,
        shown: &Shown,
        controls: &Controls,
    ) -> Result<Option<usize>, AttackError> {
        let function = called.function;
        let mut evidence = None;
        if let Some(call) = shown.went.first().or(shown.first.as_ref()) {
            let went = attempt(self.arena, vec![Move::by(actor.kind, call.clone())], 0).await?;
            let title = format!("{} calls {}", actor.kind.word(), function.name);
            evidence = Some(self.book.transcript(title, went.steps()));
        }
        let goes = controls.goes.filter(|_| shown.went.is_empty());
        let (verdict, reason) = unshown(called, actor, shown, (controls.best(), goes));
        let mut cell = cell(&called.target, Command::Execute, actor.kind, verdict, reason);
        cell.evidence = evidence;
        cell.control = controls.best().or(goes).filter(|_| verdict == CellVerdict::Denied);
        self.book.put(cell, None);
        Ok(evidence.filter(|_| !shown.went.is_empty()))
    }
}

/// The verdict on calls that have shown nothing, and why; `control` has shown something, `goes` was not refused.
fn unshown(called: &Called<'_>, actor: &Actor, shown: &Shown, (control, goes): (Option<usize>, Option<usize>)) -> (CellVerdict, String) {
    let function = called.function;
    let refused = || shown.refused.as_ref().map(|(state, message)| format!("{state} {message}")).unwrap_or_default();
    if let Some((state, message)) = shown.refused.as_ref().filter(|(state, _)| kept(state) == Kept::Broken) {
        return (CellVerdict::NotDecided, format!("{state} {message}"));
    }
    let wrote: Vec<String> = shown.wrote.iter().map(ToString::to_string).collect();
    match (control, shown.went.len()) {
        (None, 1..) if !wrote.is_empty() => {
            // Whether somebody who is not signed in is to write at all, is for a human being to say.
            let open = actor.kind == ActorKind::Anonymous && function.security_definer;
            let verdict = if open { CellVerdict::Open } else { CellVerdict::Allowed };
            (verdict, format!("his call writes to {}, and changes no row of the victim's", wrote.join(", ")))
        }
        (Some(_), 0) => (CellVerdict::Denied, refused()),
        (Some(_), _) => (CellVerdict::Denied, "his call shows and changes nothing of the victim's".to_owned()),
        (None, 0) if goes.is_some() => (CellVerdict::Denied, refused()),
        (None, 0) if shown.refused.as_ref().is_some_and(|(state, _)| state == "42501") => (CellVerdict::Denied, refused()),
        (None, 0) if called.touched.is_empty() => (CellVerdict::Allowed, refused()),
        (None, _) if called.touched.is_empty() => (CellVerdict::Allowed, "it touches no table with rows of anybody".to_owned()),
        (None, _) if !function.security_definer => {
            (CellVerdict::Allowed, "it runs with the caller's rights, so that the cells of the tables decide".to_owned())
        }
        (None, 0) => (CellVerdict::NotDecided, format!("every call was refused: {}", refused())),
        (None, _) if actor.kind == ActorKind::Service => (CellVerdict::Allowed, "the call goes".to_owned()),
        (None, _) if function.identity_arguments.is_empty() => {
            // There is no other call, and he picks nothing: what it does is its own affair, whether he is to start it is not.
            let why = "it takes no arguments, and changed no row that is there: whether he is to start it, nothing tells";
            (CellVerdict::Open, why.to_owned())
        }
        (None, went) => {
            let calls = if went == 1 { "1 call".to_owned() } else { format!("{went} calls") };
            let why = format!("{calls} showed and changed nothing of the victim's, and none by the owner or the service did either");
            (CellVerdict::NotDecided, why)
        }
    }
}

/// Keeps the worst: what is not meant before what nothing tells of, writes before reads.
fn note(shown: &mut Shown, reached: Reached) {
    let rank = |r: &Reached| (r.meant == Meant::No, r.meant == Meant::Unknown, r.writes);
    if shown.reached.as_ref().is_none_or(|now| rank(&reached) > rank(now)) {
        shown.reached = Some(reached);
    }
}

/// Whether a value of the answer is the victim's row, or holds something that only the victim's row holds.
fn holds(value: &Value, face: &Face<'_, '_>, faces: &Faces<'_, '_>, call: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|v| holds(v, face, faces, call)),
        Value::Object(map) => {
            let shared: Vec<(&String, &Value)> =
                map.iter().filter_map(|(name, v)| face.values.get_key_value(name).filter(|(_, own)| *own == v)).collect();
            let contradicts = map.iter().any(|(name, v)| face.values.get(name).is_some_and(|own| own != v));
            let new = shared.iter().any(|(_, v)| !call.contains(&plain(v)));
            let also = faces.all.iter().any(|other| {
                !std::ptr::eq(other, face)
                    && other.known.row.of != face.known.row.of
                    && shared.iter().all(|(name, v)| other.values.get(*name) == Some(*v))
            });
            (shared.len() >= 2 && !contradicts && new && !also) || map.values().any(|v| holds(v, face, faces, call))
        }
        Value::String(text) => {
            text.len() >= 6
                && !call.contains(text.as_str())
                && face.values.values().any(|v| v.as_str() == Some(text))
                && !faces.all.iter().any(|f| f.known.row.of != face.known.row.of && f.values.values().any(|v| v.as_str() == Some(text)))
        }
        _ => false,
    }
}

/// Whether the answer is one plain value that the row holds, too: a balance, a status.
fn is_single(value: &Value, face: &Face<'_, '_>) -> bool {
    match value {
        Value::Object(map) => map.values().any(|v| is_single(v, face)),
        Value::Number(_) | Value::String(_) => face.values.values().any(|own| own == value),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
