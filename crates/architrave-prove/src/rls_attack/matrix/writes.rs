//! INSERT, UPDATE, DELETE, UPSERT, RETURNING and TRUNCATE: rows of others changed, rows made in their name, own rows given to them.

use super::super::AttackError;
use super::super::arena::Move;
use super::super::book::{Way, cell};
use super::super::case::{Case, Ground, Known};
use super::super::fault;
use super::super::meaning::{Meant, is_target_of, may_read, may_write};
use super::super::outcomes::outcomes;
use super::super::statements::{condition, harmless_change, insert, literal, takes, update};
use super::hanging;
use super::reads::whose;
use super::trial::{Attempt, KEYS_AND_CHECKS, Kept, Sign, Trial, kept};
use super::{Desk, Words, policy_command, severity, verdict_on_reached, words};
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, ActorKind, AttackKind, CellVerdict, Command, Scope, Target};
use architrave_model::catalog::{PolicyCommand, Table, TriggerEvent, TriggerTiming};
use architrave_model::finding::Severity;
use architrave_model::name::quote_ident;

/// At most so many rows of the victim are tried per cell.
const ROWS: usize = 5;

/// A column with an SQL literal.
type Pair = (String, String);

impl Desk<'_, '_> {
    /// The cell of a write.
    pub(super) async fn write(&mut self, ground: &Ground<'_>, actor: &Actor, command: Command) -> Result<(), AttackError> {
        let mut trials = foreign_row_trials(self.case, ground, actor, command);
        let required = trials.len();
        trials.extend(own_row_trials(self.case, ground, actor, command));
        if required == 0 {
            let (verdict, why) = untried(ground, command);
            self.book.plain(&ground.target, command, actor.kind, verdict, why);
            return Ok(());
        }
        let ends = self.ends(actor, &trials).await?;
        let mut best: Option<(&Trial, Attempt)> = None;
        for (trial, end) in trials.iter().zip(&ends) {
            let better = best.as_ref().is_none_or(|(best, _)| rank(trial.meant) > rank(best.meant));
            if !better || end.as_ref().is_some_and(|end| trial.fails_with(end)) {
                continue;
            }
            let attempt = trial.play(self.arena).await?;
            if trial.reached(&attempt) {
                best = Some((trial, attempt));
            }
        }
        match best {
            Some((trial, attempt)) => self.reached(ground, actor, command, trial, &attempt).await,
            None if self.only_keys(ground, actor, command, &trials).await? => Ok(()),
            None => self.denied(ground, actor, command, (trials.get(..required).unwrap_or_default(), &ends)).await,
        }
    }

    /// The back end, which no policy binds, refused by a key or a check alone: the row that was made up is one that nobody may make.
    async fn only_keys(&mut self, ground: &Ground<'_>, actor: &Actor, command: Command, trials: &[Trial]) -> Result<bool, AttackError> {
        let Some(trial) = trials.first().filter(|_| actor.kind == ActorKind::Service) else { return Ok(false) };
        if words(self.case, ground, &actor.role, command) != Words::Unbound {
            return Ok(false);
        }
        let attempt = trial.play(self.arena).await?;
        let Some((_, refused)) =
            attempt.refusal.as_ref().filter(|(state, _)| KEYS_AND_CHECKS.contains(&state.as_str())).zip(attempt.refused())
        else {
            return Ok(false);
        };
        let reason = format!("no policy binds {}, and only the row that was tried is refused: {refused}", actor.role);
        let mut cell = cell(&ground.target, command, actor.kind, CellVerdict::Allowed, reason);
        cell.evidence = Some(self.book.transcript(format!("{} {}", actor.kind.word(), trial.what), attempt.steps()));
        self.book.put(cell, None);
        Ok(true)
    }

    /// How the statement of each trial ends, as far as that can be asked of all at once.
    async fn ends(&mut self, actor: &Actor, trials: &[Trial]) -> Result<Vec<Option<String>>, AttackError> {
        let statements: Vec<&str> = trials.iter().filter(|t| t.act == 0).filter_map(|t| t.moves.first()).map(|m| m.sql.as_str()).collect();
        // One or two are played as quickly as asked.
        if statements.len() < 3 || statements.len() < trials.len() {
            return Ok(vec![None; trials.len()]);
        }
        let ends = outcomes(self.arena, &[], actor.kind, &statements).await?;
        Ok(ends.map_or_else(|| vec![None; trials.len()], |ends| ends.into_iter().map(Some).collect()))
    }

    async fn reached(
        &mut self,
        ground: &Ground<'_>,
        actor: &Actor,
        command: Command,
        trial: &Trial,
        attempt: &Attempt,
    ) -> Result<(), AttackError> {
        let binds = words(self.case, ground, &actor.role, command);
        let mut verdict = verdict_on_reached(self.case, ground, command, (actor.kind, trial.meant), binds);
        let meant = self.case.intent_of(ground).of(&ground.table.name);
        // Where everybody reads, rows of everybody are what the table is there for.
        let shown = meant.is_some_and(|i| i.read_by_all);
        let unseen = verdict == CellVerdict::Leak && trial.if_seen && (shown || !self.victim_sees(trial).await?);
        if unseen {
            verdict = CellVerdict::Open;
        }
        let title = format!("{} {}", actor.kind.word(), trial.what);
        let transcript = self.book.transcript(title.clone(), attempt.steps());
        let known = trial.row.and_then(|at| ground.rows.get(at)).or_else(|| ground.rows.first());
        let fault = match known {
            _ if verdict != CellVerdict::Allowed && trial.fault.is_some() => trial.fault.clone(),
            Some(known) if verdict != CellVerdict::Allowed => fault::find(self.case, self.arena, ground, known, actor, trial).await?,
            _ => None,
        };
        let reason = match (verdict, &fault) {
            (CellVerdict::NotDecided, _) => format!("he {}, and nothing tells whether he is meant to", trial.what),
            (_, Some(fault)) if unseen => {
                format!("{}: he {}: whether that is meant, nothing tells", fault.what, trial.what)
            }
            (_, Some(fault)) => format!("{}: he {}", fault.what, trial.what),
            (_, None) => format!("he {}", trial.what),
        };
        let mut cell = cell(&ground.target, command, actor.kind, verdict, reason);
        cell.at_fault = fault;
        cell.evidence = Some(transcript);
        let told = matches!(command, Command::Upsert | Command::Returning) && self.leaks_already(ground, actor.kind);
        let way = (verdict == CellVerdict::Leak && !told && actor.kind != ActorKind::Owner).then_some(Way {
            title,
            length: 1,
            severity: trial.severity,
            transcript,
            kind: trial.kind.clone(),
        });
        self.book.put(cell, way);
        Ok(())
    }

    /// Whether the row that the trial makes is one that the victim then reads.
    async fn victim_sees(&mut self, trial: &Trial) -> Result<bool, AttackError> {
        let Some(look) = trial.moves.get(1).filter(|m| m.actor.is_none()) else { return Ok(true) };
        let insert = trial.moves.iter().take(1).cloned();
        let moves: Vec<Move> = insert.chain([Move::by(ActorKind::Owner, look.sql.clone())]).collect();
        Ok(self.arena.play(&moves).await?.count(1) > 0)
    }

    /// Whether a plainer way to the same rows has been written down.
    fn leaks_already(&self, ground: &Ground<'_>, actor: ActorKind) -> bool {
        self.book.entries.iter().any(|e| {
            e.cell.target == ground.target
                && e.cell.actor == actor
                && e.way.is_some()
                && matches!(e.cell.command, Command::Insert | Command::Update | Command::Delete)
        })
    }

    /// The cell of somebody who was kept out of a table, if a control shows that the statements were good enough.
    pub(super) async fn denied(
        &mut self,
        ground: &Ground<'_>,
        actor: &Actor,
        command: Command,
        trials: (&[Trial], &[Option<String>]),
    ) -> Result<(), AttackError> {
        let nothing = self.why_nothing(ground, actor, command);
        self.denied_on(&ground.target, actor, command, trials, &nothing).await
    }

    /// The same for any target. How the trials end comes along as far as it is known.
    pub(super) async fn denied_on(
        &mut self,
        target: &Target,
        actor: &Actor,
        command: Command,
        (trials, ends): (&[Trial], &[Option<String>]),
        nothing: &str,
    ) -> Result<(), AttackError> {
        let mut shown: Option<(usize, usize, String)> = None;
        for (nth, trial) in trials.iter().enumerate() {
            // Once it is shown that he is kept out, no row and no privilege say the same again.
            let same = |end: &String| matches!(end.as_str(), "0" | "42501" | "42P17");
            if shown.is_some() && ends.get(nth).and_then(Option::as_ref).is_some_and(same) {
                continue;
            }
            let attempt = trial.play(self.arena).await?;
            let control = if attempt.broken() { None } else { trial.control(self.arena, conclusive(&attempt)).await? };
            let Some((who, controlled)) = control else {
                let whole_table = trial.moves.get(trial.act).is_some_and(|m| !m.sql.starts_with("insert") && !m.sql.contains(" where "));
                if shown.is_some() && (conclusive(&attempt) || whole_table) {
                    continue;
                }
                let refused = attempt.refused().unwrap_or_else(|| "no row".to_owned());
                let why = if attempt.broken() {
                    refused
                } else if let Some(late) = self.arena.out_of_time() {
                    late
                } else {
                    format!("nobody else succeeds with the same statement either, so that being refused says nothing: {refused}")
                };
                self.book.plain(target, command, actor.kind, CellVerdict::NotDecided, why);
                return Ok(());
            };
            if shown.is_none() {
                let evidence = self.book.transcript(format!("{} is kept out: he never {}", actor.kind.word(), trial.what), attempt.steps());
                let by = who.map_or("the superuser", ActorKind::word);
                let title = format!("control: {by} {}", trial.what);
                let control = self.book.transcript(title, controlled.steps());
                let reason = attempt.refused().unwrap_or_else(|| nothing.to_owned());
                shown = Some((evidence, control, reason));
            }
        }
        let Some((evidence, control, reason)) = shown else {
            let why = "nothing could be tried";
            self.book.plain(target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        };
        let mut cell = cell(target, command, actor.kind, CellVerdict::Denied, reason);
        cell.evidence = Some(evidence);
        cell.control = Some(control);
        self.book.put(cell, None);
        Ok(())
    }

    fn why_nothing(&self, ground: &Ground<'_>, actor: &Actor, command: Command) -> String {
        if words(self.case, ground, &actor.role, command) == Words::Unbound {
            return "no row".to_owned();
        }
        let decides = if command == Command::Returning { PolicyCommand::Update } else { policy_command(command) };
        let policies = self.case.policies(ground.table, &actor.role, decides);
        let names: Vec<&str> = policies.iter().filter(|p| p.permissive).map(|p| p.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("no policy for {} that binds {}", decides.sql().to_uppercase(), actor.role),
            [one] => format!("policy {one} lets no row of the victim through"),
            many => format!("none of the policies {} lets a row of the victim through", many.join(", ")),
        }
    }
}

/// Whether a refusal, or the absence of rows, is that of privileges and policies rather than of the row that was tried.
fn conclusive(attempt: &Attempt) -> bool {
    attempt.refusal.as_ref().is_none_or(|(sqlstate, _)| kept(sqlstate) == Kept::Out)
}

fn rank(meant: Meant) -> u8 {
    match meant {
        Meant::Yes => 1,
        Meant::Unknown => 2,
        Meant::No => 3,
    }
}

fn untried(ground: &Ground<'_>, command: Command) -> (CellVerdict, String) {
    if command == Command::Upsert && conflict_columns(ground.table).is_none() {
        return (CellVerdict::Denied, "no unique key that ON CONFLICT could name".to_owned());
    }
    let why = ground.gap.clone().unwrap_or_else(|| match command {
        Command::Insert => "no row could be made that fits the table".to_owned(),
        Command::Update | Command::Upsert | Command::Returning => "no column that may be set with a value of the right type".to_owned(),
        _ => "the scene holds no row of the victim".to_owned(),
    });
    (CellVerdict::NotDecided, why)
}

/// What is tried on rows that are not the actor's; for the owner and the service on the owner's.
pub(in super::super) fn foreign_row_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, command: Command) -> Vec<Trial> {
    let rows = (0..ground.rows.len()).filter(|at| ground.rows.get(*at).is_some_and(|k| is_target_of(actor.kind, k.row.of)));
    let mut trials = Vec::new();
    match command {
        Command::Insert => return insert_trials(case, ground, actor),
        Command::Truncate => return rows.take(1).filter_map(|at| truncate_trial(case, ground, actor, at)).collect(),
        _ => {}
    }
    for (nth, at) in rows.take(ROWS).enumerate() {
        let Some(known) = ground.rows.get(at) else { continue };
        match command {
            Command::Update => trials.extend(update_trials(case, ground, actor, known, at, nth == 0)),
            Command::Delete => trials.extend(delete_trials(case, ground, actor, known, at, nth == 0)),
            Command::Upsert => trials.extend(upsert_trials(case, ground, actor, known, at)),
            Command::Returning => trials.extend(returning_trial(case, ground, actor, known, at)),
            _ => {}
        }
    }
    trials
}

/// The row of the actor himself, when he has one in the table.
pub(in super::super) fn own_row<'g, 'a>(ground: &'g Ground<'a>, actor: &Actor) -> Option<&'g Known<'a>> {
    ground.rows.iter().find(|k| k.row.of == actor.kind)
}

/// What is tried on the actor's own rows: giving them away, and making more of himself than he is.
fn own_row_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, command: Command) -> Vec<Trial> {
    if command == Command::Returning {
        return hanging::returned(case, ground, actor);
    }
    if matches!(actor.kind, ActorKind::Anonymous | ActorKind::Service | ActorKind::Owner) {
        return Vec::new();
    }
    match command {
        Command::Insert => own_insert(case, ground, actor).into_iter().chain(ties(case, ground, actor)).collect(),
        Command::Update => {
            let mut trials: Vec<Trial> = given_away(case, ground, actor).into_iter().collect();
            trials.extend(promotions(case, ground, actor));
            trials.extend(taken(case, ground, actor, Command::Update));
            trials.extend(hanging::cascades(case, ground, actor, command));
            trials
        }
        Command::Delete => hanging::cascades(case, ground, actor, command),
        Command::Upsert => taken(case, ground, actor, Command::Upsert),
        _ => Vec::new(),
    }
}

/// The victim's rows made the actor's own: what USING lets through and WITH CHECK then finds in order.
fn taken(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, command: Command) -> Vec<Trial> {
    let table = ground.table;
    let (Some(own), Some(privileges)) = (own_row(ground, actor), case.privileges.of(&actor.role, &table.name)) else { return Vec::new() };
    let named = |c: String| literal(own.row, &c).map(|v| (c.clone(), v.to_owned()));
    let Some(set) = scope_columns(case, ground).into_iter().map(named).collect::<Option<Vec<Pair>>>() else { return Vec::new() };
    if set.is_empty() || set.iter().any(|(c, _)| !privileges.update.contains(c) || !takes(table, c)) {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for (at, known) in ground.rows.iter().enumerate().filter(|(_, k)| is_target_of(actor.kind, k.row.of)).take(ROWS) {
        let sql = match command {
            Command::Upsert => upsert_as_own(case, ground, actor, known, &set),
            _ => condition(known.row, Some(table), Some(&privileges.select)).map(|condition| update(table, &set, Some(&condition))),
        };
        let Some(sql) = sql else { continue };
        let mut one = trial(case, ground, actor, known, command, vec![Move::by(actor.kind, sql)], Sign::Count(0));
        one.what = format!("takes over a row of {} that is {}", ground.target, whose(known));
        one.row = Some(at);
        trials.push(one);
    }
    trials
}

/// An insert of a row of his own under the key of the victim's, which then becomes his.
fn upsert_as_own(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, set: &[Pair]) -> Option<String> {
    let conflict = conflict_columns(ground.table)?;
    let key: Vec<Pair> = conflict.iter().map(|c| Some((c.clone(), literal(known.row, c)?.to_owned()))).collect::<Option<_>>()?;
    if key.iter().any(|(c, _)| !takes(ground.table, c) || set.iter().any(|(s, _)| s == c)) {
        return None;
    }
    let granted = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.insert.as_slice());
    let row = case.scene.fresh_row(case.catalog, case.intent_of(ground), &known.row.table, actor.kind, &key)?;
    let columns: Vec<String> = conflict.iter().map(|c| quote_ident(c)).collect();
    let changes: Vec<String> = set.iter().map(|(c, v)| format!("{} = {v}", quote_ident(c))).collect();
    Some(format!("{} on conflict ({}) do update set {}", insert(ground.table, &row, granted), columns.join(", "), changes.join(", ")))
}

/// Rows of his own that hang on a row of the victim's by a foreign key which does not say whose the row is. People may be named by everybody.
pub(super) fn ties(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Vec<Trial> {
    let own = scope_columns(case, ground);
    let identity = &case.intent.identity;
    let people =
        |name: &QualifiedName| identity.users.iter().chain(&identity.profiles).chain(&identity.tenants).any(|(table, _)| table == name);
    let is_personal = |name: &QualifiedName| matches!(case.intent_of(ground).of(name).map(|i| &i.scope), Some(Scope::Owner { .. }));
    let mut trials = Vec::new();
    for (key, reference) in ground.table.foreign_keys() {
        let (columns, parent) = (&key.columns, &reference.table);
        if people(parent) || *parent == ground.table.name || columns.iter().any(|c| own.contains(c)) {
            continue;
        }
        let Some(victim) = case.ground(parent).and_then(|g| g.rows.iter().find(|k| k.row.of == ActorKind::Owner && !k.public)) else {
            continue;
        };
        if may_read(case.intent, parent, actor.kind, ActorKind::Owner, victim.public) != Meant::No {
            continue;
        }
        let pairs = columns.iter().zip(&reference.columns).filter(|(c, _)| !own.contains(c));
        let Some(set) = pairs.map(|(c, r)| literal(victim.row, r).map(|v| (c.clone(), v.to_owned()))).collect::<Option<Vec<Pair>>>() else {
            continue;
        };
        let root = ground.rows.first().map_or(&ground.table.name, |k| &k.row.table);
        let Some(row) = case.scene.fresh_row(case.catalog, case.intent_of(ground), root, actor.kind, &set) else { continue };
        let said: Vec<String> = set.iter().map(|(c, _)| c.clone()).collect();
        let what = format!("hangs a row of his own in {} on a row of {parent} that is the victim's", ground.target);
        let mut trial = insert_trial(case, ground, actor, &row, &said, Meant::No, what);
        if let Some(trial) = &mut trial {
            trial.kind = AttackKind::Hangs { on: parent.clone() };
            // A tenant's rows belong together; what somebody notes down for himself may point at what another one has.
            trial.if_seen = is_personal(&ground.table.name) && is_personal(parent);
        }
        trials.extend(trial);
    }
    for trial in &mut trials {
        trial.severity = Severity::Medium;
    }
    trials
}

fn trial(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, command: Command, moves: Vec<Move>, sign: Sign) -> Trial {
    let verb = match command {
        Command::Update => "changes",
        Command::Delete => "deletes",
        Command::Upsert => "overwrites by ON CONFLICT",
        Command::Returning => "reads by RETURNING",
        _ => "empties",
    };
    let name = &known.row.table;
    let write = may_write(case.intent_of(ground), name, actor.kind, known.row.of);
    let meant = match command {
        Command::Returning if write == Meant::Yes => may_read(case.intent_of(ground), name, actor.kind, known.row.of, known.public),
        _ => write,
    };
    let act = moves.iter().position(|m| m.actor.is_some()).unwrap_or_default();
    let what = format!("{verb} a row of {} that is {}", ground.target, whose(known));
    Trial { act, ..Trial::new(moves, sign, meant, what, severity(actor.kind, command)) }
}

/// A look that finds the row under a condition.
fn look(table: &Table, condition: &str) -> Move {
    Move::look(format!("select 1 from {} where {condition}", table.name.sql()))
}

fn update_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, at: usize, first: bool) -> Vec<Trial> {
    let Some((column, value, different)) = change_of(case, ground, actor, known) else { return Vec::new() };
    let set = [(column.clone(), value.clone())];
    let readable = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.select.as_slice());
    let mut trials = Vec::new();
    let named = condition(known.row, Some(ground.table), readable);
    if let Some(condition) = &named {
        let moves = vec![Move::by(actor.kind, update(ground.table, &set, Some(condition)))];
        trials.push(trial(case, ground, actor, known, Command::Update, moves, Sign::Count(0)));
    }
    if different && (first || named.is_none()) {
        let changed = format!("{} and {} = {value}", known.condition, quote_ident(&column));
        let moves = vec![Move::by(actor.kind, update(ground.table, &set, None)), look(ground.table, &changed)];
        trials.push(trial(case, ground, actor, known, Command::Update, moves, Sign::There(1)));
    }
    for trial in &mut trials {
        trial.row = Some(at);
    }
    trials
}

/// A change of the row that leaves it where it is.
fn change_of(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>) -> Option<(String, String, bool)> {
    let name = &ground.table.name;
    let settable = case.privileges.of(&actor.role, name).map(|p| p.update.as_slice()).unwrap_or_default();
    let mut avoid = scope_columns(case, ground);
    if let Some(intent) = case.intent_of(ground).of(name) {
        avoid.extend(intent.privileged.iter().cloned());
    }
    let mut other = case.scene.fresh_row(case.catalog, case.intent_of(ground), &known.row.table, known.row.of, &[]).unwrap_or_default();
    other.extend(ground.rows.iter().filter(|k| k.row.of != known.row.of).flat_map(|k| k.row.values.iter().cloned()));
    harmless_change(ground.table, known.row, settable, &avoid, &other)
}

fn delete_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, at: usize, first: bool) -> Vec<Trial> {
    let table = ground.table;
    let readable = case.privileges.of(&actor.role, &table.name).map(|p| p.select.as_slice());
    let mut trials = Vec::new();
    let named = condition(known.row, Some(table), readable);
    if let Some(condition) = &named {
        let moves = vec![Move::by(actor.kind, format!("delete from {} where {condition}", table.name.sql()))];
        trials.push(trial(case, ground, actor, known, Command::Delete, moves, Sign::Count(0)));
    }
    if first || named.is_none() {
        let moves = vec![Move::by(actor.kind, format!("delete from {}", table.name.sql())), look(table, &known.condition)];
        trials.push(trial(case, ground, actor, known, Command::Delete, moves, Sign::Gone(1)));
    }
    for trial in &mut trials {
        trial.row = Some(at);
        // Without a WHERE it can be a row of his own that the key protects.
        trial.stopped_by_keys = trial.sign == Sign::Count(0);
    }
    trials
}

/// Columns of a unique key that ON CONFLICT can name.
fn conflict_columns(table: &Table) -> Option<Vec<String>> {
    let plain = |i: &&architrave_model::catalog::Index| i.unique && i.immediate && i.is_complete();
    let columns = |i: &architrave_model::catalog::Index| i.keys.iter().map(|k| k.column.clone()).collect::<Option<Vec<String>>>();
    let primary = table.indexes.iter().find(|i| i.primary && i.immediate).and_then(columns);
    primary.or_else(|| table.indexes.iter().filter(plain).find_map(columns))
}

pub(super) fn upsert_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, at: usize) -> Vec<Trial> {
    let table = ground.table;
    let Some(conflict) = conflict_columns(table) else { return Vec::new() };
    let Some((column, value, _)) = change_of(case, ground, actor, known) else { return Vec::new() };
    let Some(key) = conflict.iter().map(|c| Some((c.clone(), literal(known.row, c)?.to_owned()))).collect::<Option<Vec<Pair>>>() else {
        return Vec::new();
    };
    let granted = case.privileges.of(&actor.role, &table.name).map(|p| p.insert.as_slice());
    let mut rows = vec![known.row.values.clone()];
    rows.extend(case.scene.fresh_row(case.catalog, case.intent_of(ground), &known.row.table, actor.kind, &key));
    let columns: Vec<String> = conflict.iter().map(|c| quote_ident(c)).collect();
    let mut trials = Vec::new();
    for mut row in rows {
        for pair in &key {
            if !row.iter().any(|(c, _)| *c == pair.0) {
                row.push(pair.clone());
            }
        }
        if !key.iter().all(|(c, _)| takes(table, c)) {
            continue;
        }
        let sql = format!(
            "{} on conflict ({}) do update set {} = {value}",
            insert(table, &row, granted),
            columns.join(", "),
            quote_ident(&column)
        );
        let mut one = trial(case, ground, actor, known, Command::Upsert, vec![Move::by(actor.kind, sql)], Sign::Count(0));
        one.row = Some(at);
        trials.push(one);
    }
    trials
}

fn returning_trial(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, at: usize) -> Option<Trial> {
    let table = ground.table;
    let privileges = case.privileges.of(&actor.role, &table.name)?;
    let condition = condition(known.row, Some(table), Some(&privileges.select))?;
    let shown = privileges.select.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ");
    let sql = match change_of(case, ground, actor, known) {
        Some((column, value, _)) => format!("{} returning {shown}", update(table, &[(column, value)], Some(&condition))),
        None => format!("delete from {} where {condition} returning {shown}", table.name.sql()),
    };
    let mut one = trial(case, ground, actor, known, Command::Returning, vec![Move::by(actor.kind, sql)], Sign::Count(0));
    one.row = Some(at);
    Some(one)
}

fn truncate_trial(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, at: usize) -> Option<Trial> {
    let known = ground.rows.get(at)?;
    let table = &ground.table.name;
    let linked = case.catalog.tables.iter().any(|t| t.foreign_keys().any(|(_, r)| r.table == *table));
    let sql = if linked { format!("truncate {} cascade", table.sql()) } else { format!("truncate {}", table.sql()) };
    let moves = vec![Move::by(actor.kind, sql), look(ground.table, &known.condition)];
    let mut one = trial(case, ground, actor, known, Command::Truncate, moves, Sign::Gone(1));
    one.meant = if actor.kind == ActorKind::Service { Meant::Yes } else { Meant::No };
    one.what = format!("empties {}, the victim's rows among its own", ground.target);
    one.row = Some(at);
    Some(one)
}

/// Columns that say whose a row is.
pub(in super::super) fn scope_columns(case: &Case<'_>, ground: &Ground<'_>) -> Vec<String> {
    match case.intent_of(ground).of(&ground.table.name).map(|i| &i.scope) {
        Some(Scope::Owner { column } | Scope::Tenant { column, .. }) => vec![column.clone()],
        Some(Scope::Through { columns, .. }) => columns.clone(),
        _ => Vec::new(),
    }
}

/// The victim's values of the columns that say whose a row is.
pub(super) fn scope_of_victim(case: &Case<'_>, ground: &Ground<'_>) -> Vec<Pair> {
    let mut columns = scope_columns(case, ground);
    for membership in case.intent_of(ground).memberships.iter().filter(|m| m.table == ground.table.name) {
        columns = vec![membership.tenant.clone()];
    }
    let Some(victim) = ground.rows.iter().find(|k| k.row.of == ActorKind::Owner) else { return Vec::new() };
    columns.into_iter().filter_map(|c| literal(victim.row, &c).map(|v| (c.clone(), v.to_owned()))).collect()
}

/// What an insert into the ground has to hold: the bucket of storage's objects, and a new name in the folder of whom it is to be.
fn fixed(ground: &Ground<'_>, of: ActorKind) -> Vec<Pair> {
    let Target::Bucket { id } = &ground.target else { return Vec::new() };
    let mut fixed = vec![("bucket_id".to_owned(), architrave_model::name::quote_literal(id))];
    let name = ground.rows.iter().find(|k| k.row.of == of).and_then(|k| literal(k.row, "name"));
    if let Some((folder, _)) = name.and_then(|n| n.rsplit_once('/')) {
        fixed.push(("name".to_owned(), format!("{folder}/new.txt'")));
    }
    fixed
}

fn insert_trials(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Vec<Trial> {
    let name = &ground.table.name;
    let root = ground.rows.first().map_or(name, |k| &k.row.table);
    let fresh = |of: ActorKind, set: &[Pair]| {
        let mut set = set.to_vec();
        set.extend(fixed(ground, of));
        case.scene.fresh_row(case.catalog, case.intent_of(ground), root, of, &set)
    };
    let target = &ground.target;
    let mut trials = Vec::new();
    let victim = scope_of_victim(case, ground);
    let membership = case.intent_of(ground).memberships.iter().any(|m| m.table == *name);
    // A row that nobody is named in is his own.
    let whose = if victim.is_empty() { actor.kind } else { ActorKind::Owner };
    let meant = may_write(case.intent_of(ground), name, actor.kind, whose);
    if let Some(row) = fresh(ActorKind::Owner, &[]) {
        let whose = if victim.is_empty() { "makes a row of" } else { "makes a row in the victim's name in" };
        trials.extend(insert_trial(case, ground, actor, &row, &scope_columns(case, ground), meant, format!("{whose} {target}")));
    }
    let in_bucket = matches!(ground.target, Target::Bucket { .. });
    if !victim.is_empty() && !in_bucket && matches!(actor.kind, ActorKind::Outsider | ActorKind::Member) {
        let own = own_row(ground, actor);
        let same = own.is_some_and(|k| victim.iter().all(|(c, v)| literal(k.row, c) == Some(v.as_str())));
        if let Some(row) = fresh(actor.kind, &victim).filter(|_| !same) {
            let columns: Vec<String> = victim.iter().map(|(c, _)| c.clone()).collect();
            let what = if membership {
                format!("joins the victim's tenant by a row of {target}")
            } else {
                format!("puts a row of his own into what is the victim's in {target}")
            };
            trials.extend(insert_trial(case, ground, actor, &row, &columns, if membership { Meant::No } else { meant }, what));
        }
    }
    trials
}

fn own_insert(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Option<Trial> {
    let name = &ground.table.name;
    let root = ground.rows.first().map_or(name, |k| &k.row.table);
    let row = case.scene.fresh_row(case.catalog, case.intent_of(ground), root, actor.kind, &fixed(ground, actor.kind))?;
    let meant = may_write(case.intent_of(ground), name, actor.kind, actor.kind);
    insert_trial(case, ground, actor, &row, &[], meant, format!("makes a row of his own in {}", ground.target))
}

pub(super) fn insert_trial(
    case: &Case<'_>,
    ground: &Ground<'_>,
    actor: &Actor,
    row: &[Pair],
    said: &[String],
    meant: Meant,
    what: String,
) -> Option<Trial> {
    let table = ground.table;
    let granted = case.privileges.of(&actor.role, &table.name).map(|p| p.insert.as_slice());
    if said.iter().any(|c| !takes(table, c) || granted.is_some_and(|g| !g.contains(c))) {
        return None;
    }
    let mut moves = vec![Move::by(actor.kind, insert(table, row, granted))];
    let mut sign = Sign::Count(0);
    let given: Vec<Pair> = row.iter().filter(|(c, _)| takes(table, c) && granted.is_none_or(|g| g.contains(c))).cloned().collect();
    let key: Vec<String> = table.primary_key().map(|k| k.columns.clone()).unwrap_or_default();
    let keyed = !key.is_empty() && key.iter().all(|k| given.iter().any(|(c, v)| c == k && !v.eq_ignore_ascii_case("default")));
    let wanted: Vec<Pair> = given.iter().filter(|(c, _)| !keyed || key.contains(c) || said.contains(c)).cloned().collect();
    let stored = super::super::scene::SeededRow {
        table: table.name.clone(),
        of: ActorKind::Owner,
        key: Vec::new(),
        values: wanted,
        purpose: super::super::scene::Purpose::Belongs,
    };
    if let Some(condition) = condition(&stored, Some(table), None) {
        moves.push(look(table, &condition));
        sign = Sign::There(1);
    }
    let severity = severity(actor.kind, Command::Insert);
    // Keys are asked after policies, and nothing but a trigger comes between the statement and them.
    let rewritten = table.triggers.iter().any(|t| t.timing == TriggerTiming::Before && t.row && t.events.contains(&TriggerEvent::Insert));
    // A key that names whose the row is keeps him out for good.
    let named: Vec<&str> = said.iter().map(String::as_str).collect();
    let stopped_by_keys = !rewritten && !table.is_unique_over(&named);
    Some(Trial { stopped_by_keys, ..Trial::new(moves, sign, meant, what, severity) })
}

fn given_away(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Option<Trial> {
    if matches!(ground.target, Target::Bucket { .. }) {
        // Whose an object is stands in its path.
        return None;
    }
    let own = own_row(ground, actor)?;
    let table = ground.table;
    let settable = &case.privileges.of(&actor.role, &table.name)?.update;
    let set: Vec<Pair> = scope_of_victim(case, ground).into_iter().filter(|(c, v)| literal(own.row, c) != Some(v.as_str())).collect();
    if set.is_empty() || set.iter().any(|(c, _)| !settable.contains(c) || !takes(table, c)) {
        return None;
    }
    // Where the whole key is what changes, the victim's own row stands under the new one: then the row has gone from the old one.
    let whole_key = own.row.key.iter().all(|(c, _)| set.iter().any(|(s, _)| s == c));
    let (sees, sign) = if whole_key { (own.condition.clone(), Sign::Gone(1)) } else { (moved(own, &set), Sign::There(1)) };
    let moves = vec![Move::by(actor.kind, update(table, &set, Some(&own.condition))), look(table, &sees)];
    let membership = case.intent_of(ground).memberships.iter().any(|m| m.table == table.name);
    let target = &ground.target;
    let what = if membership {
        format!("moves his own row of {target} into the victim's tenant")
    } else {
        format!("gives a row of {target} of his own to the victim")
    };
    let severity = if membership { Severity::Critical } else { Severity::Medium };
    Some(Trial::new(moves, sign, Meant::No, what, severity))
}

/// The condition that names a row after a change.
pub(in super::super) fn moved(own: &Known<'_>, set: &[Pair]) -> String {
    let kept = own.row.key.iter().filter(|(c, _)| !set.iter().any(|(s, _)| s == c));
    let terms: Vec<String> = kept.chain(set).map(|(c, v)| format!("{} = {v}", quote_ident(c))).collect();
    terms.join(" and ")
}

/// The default of a column where it is a constant, as a literal.
fn default_of<'t>(table: &'t Table, column: &str) -> Option<&'t str> {
    let default = table.columns.iter().find(|c| c.name == column)?.default.as_deref()?;
    Some(default.split("::").next().unwrap_or(default))
}

/// Own columns that decide what one may do, set to more.
fn promotions(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Vec<Trial> {
    let (Some(own), Some(intent)) = (own_row(ground, actor), case.intent_of(ground).of(&ground.table.name)) else { return Vec::new() };
    let table = ground.table;
    let Some(privileges) = case.privileges.of(&actor.role, &table.name) else { return Vec::new() };
    let mut trials = Vec::new();
    for column in intent.privileged.iter().filter(|c| privileges.update.contains(c) && takes(table, c)) {
        for value in super::super::search::promoted(case, table, column) {
            if literal(own.row, column).or_else(|| default_of(table, column)) == Some(value.as_str()) {
                continue;
            }
            let set = [(column.clone(), value.clone())];
            let moves = vec![Move::by(actor.kind, update(table, &set, Some(&own.condition))), look(table, &moved(own, &set))];
            let what = format!("sets {column} of his own row of {} to {value}", ground.target);
            trials.push(Trial::new(moves, Sign::There(1), Meant::No, what, Severity::High));
        }
    }
    trials
}
