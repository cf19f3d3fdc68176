//! SELECT: which of the rows that were made for somebody come back to somebody else.

use super::super::AttackError;
use super::super::arena::{Arena, Move};
use super::super::book::{Way, cell};
use super::super::case::{Case, Ground, Known};
use super::super::fault;
use super::super::meaning::{Meant, is_target_of, may_read};
use super::super::statements::condition;
use super::trial::{Kept, Sign, Trial, attempt, kept};
use super::{Desk, severity, verdict_on_reached, words};
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, Target};
use architrave_model::catalog::{Function, PolicyCommand, Volatility};
use architrave_model::name::{ObjectKind, ObjectRef, quote_ident};

impl Desk<'_, '_> {
    /// The cell of SELECT.
    pub(super) async fn select(&mut self, ground: &Ground<'_>, actor: &Actor) -> Result<(), AttackError> {
        let command = Command::Select;
        let targets: Vec<usize> = targets(ground, actor);
        if targets.is_empty() {
            let why = ground.gap.clone().unwrap_or_else(|| "the scene holds no row of the victim".to_owned());
            self.book.plain(&ground.target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        let seen = match seen_rows(self.case, self.arena, ground, actor, &targets, &[]).await? {
            Seen::Rows(seen) => seen,
            Seen::Refused(sqlstate, message) if kept(&sqlstate) == Kept::Broken => {
                let why = format!("{sqlstate} {message}");
                self.book.plain(&ground.target, command, actor.kind, CellVerdict::NotDecided, why);
                return Ok(());
            }
            Seen::Refused(..) => Vec::new(),
            Seen::Nameless => {
                let why = "no column that may be read tells the rows apart";
                self.book.plain(&ground.target, command, actor.kind, CellVerdict::NotDecided, why);
                return Ok(());
            }
        };
        let judged = seen.iter().map(|at| (*at, self.meant(ground, actor, *at)));
        let worst = judged.max_by_key(|(_, meant)| match meant {
            Meant::Yes => 0,
            Meant::Unknown => 1,
            Meant::No => 2,
        });
        if let Some(at) = in_public_bucket(ground, actor, &targets) {
            return self.served_to_all(ground, actor, at, seen.contains(&at)).await;
        }
        match worst {
            Some((at, meant)) => self.came_back(ground, actor, at, meant, seen.len()).await,
            None => self.kept_from_reading(ground, actor, &targets).await,
        }
    }

    /// The cell of a public bucket: whether that was meant is for a human being to say. A policy that lets the row through is shown as well.
    async fn served_to_all(&mut self, ground: &Ground<'_>, actor: &Actor, at: usize, seen: bool) -> Result<(), AttackError> {
        let Some(known) = ground.rows.get(at) else { return Ok(()) };
        let why = "the bucket is public: the storage serves its objects to everybody who knows the path, whatever policies say";
        let mut cell = cell(&ground.target, Command::Select, actor.kind, CellVerdict::Open, why.to_owned());
        if seen {
            let trial = read_trial(self.case, ground, actor, known, Meant::Yes);
            let attempt = trial.play(self.arena).await?;
            cell.evidence = Some(self.book.transcript(format!("{} {}", actor.kind.word(), trial.what), attempt.steps()));
        }
        self.book.put(cell, None);
        Ok(())
    }

    fn meant(&self, ground: &Ground<'_>, actor: &Actor, at: usize) -> Meant {
        let Some(known) = ground.rows.get(at) else { return Meant::Unknown };
        may_read(self.case.intent_of(ground), &known.row.table, actor.kind, known.row.of, known.public)
    }

    async fn came_back(&mut self, ground: &Ground<'_>, actor: &Actor, at: usize, meant: Meant, count: usize) -> Result<(), AttackError> {
        let Some(known) = ground.rows.get(at) else { return Ok(()) };
        let command = Command::Select;
        let verdict = verdict_on_reached(self.case, ground, command, (actor.kind, meant), words(self.case, ground, &actor.role, command));
        let trial = read_trial(self.case, ground, actor, known, meant);
        let attempt = trial.play(self.arena).await?;
        if let Some(why) = attempt.refused().filter(|_| attempt.broken()) {
            self.book.plain(&ground.target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        let title = format!("{} {}", actor.kind.word(), trial.what);
        let transcript = self.book.transcript(title.clone(), attempt.steps());
        let fault =
            if verdict == CellVerdict::Allowed { None } else { fault::find(self.case, self.arena, ground, known, actor, &trial).await? };
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        let whose = if known.public { "that everybody may read" } else { "of the victim's" };
        let reason = match (&fault, verdict) {
            (Some(fault), CellVerdict::NotDecided) => {
                format!("{} lets {rows} {whose} through, and nothing tells whom they are meant for", fault.what)
            }
            (Some(fault), _) => format!("{} lets {rows} {whose} through", fault.what),
            (None, CellVerdict::NotDecided) => format!("{rows} {whose} came back, and nothing tells whom they are meant for"),
            (None, _) => format!("{rows} {whose} came back"),
        };
        let mut cell = cell(&ground.target, command, actor.kind, verdict, reason);
        cell.at_fault = fault;
        cell.evidence = Some(transcript);
        let way = (verdict == CellVerdict::Leak).then(|| Way::plain(title, 1, severity(actor.kind, command), transcript));
        self.book.put(cell, way);
        Ok(())
    }

    async fn kept_from_reading(&mut self, ground: &Ground<'_>, actor: &Actor, targets: &[usize]) -> Result<(), AttackError> {
        let Some(known) = targets.first().and_then(|at| ground.rows.get(*at)) else { return Ok(()) };
        let trial = read_trial(self.case, ground, actor, known, Meant::No);
        if self.prepared_plan(ground, actor, known, &trial).await? {
            return Ok(());
        }
        self.denied(ground, actor, Command::Select, (&[trial], &[])).await
    }

    /// A helper that says IMMUTABLE and asks who is there is evaluated once, for whoever plans first: on a connection that is shared, a statement
    /// prepared by the owner shows his rows to the next. Whether that was written down.
    async fn prepared_plan(&mut self, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, read: &Trial) -> Result<bool, AttackError> {
        let case = self.case;
        let Some(owner) = case.actors().find(|a| a.kind == ActorKind::Owner && a.kind != actor.kind && a.role == actor.role) else {
            return Ok(false);
        };
        let meant = may_read(case.intent_of(ground), &known.row.table, actor.kind, known.row.of, known.public);
        let (Some(helper), Some(statement)) = (immutable_helper(case, ground, &actor.role), read.moves.first()) else { return Ok(false) };
        if meant != Meant::No {
            return Ok(false);
        }
        let moves = vec![
            Move::look("deallocate all"),
            Move::by(owner.kind, format!("prepare shared as {}", statement.sql)),
            Move::by(owner.kind, "set local plan_cache_mode = force_generic_plan"),
            Move::by(owner.kind, "execute shared"),
            Move::by(actor.kind, "execute shared"),
        ];
        let what = format!("{} by executing what the owner prepared on a shared connection", read.what);
        let trial = Trial { moves, act: 4, sign: Sign::Count(4), meant, what, row: None, ..read.clone() };
        let went = trial.play(self.arena).await?;
        self.arena.ask("deallocate all").await?;
        if !trial.reached(&went) {
            return Ok(false);
        }
        let title = format!("{} {}", actor.kind.word(), trial.what);
        let transcript = self.book.transcript(title.clone(), went.steps());
        let name = format!("{}({})", helper.name, helper.identity_arguments);
        let reason = format!("function {name} is IMMUTABLE: a prepared plan keeps what it returned to whoever ran it first");
        let mut cell = cell(&ground.target, Command::Select, actor.kind, CellVerdict::Leak, reason);
        let location = case.place(&ObjectRef::in_schema(ObjectKind::Function, &helper.name.schema, helper.signature()));
        cell.at_fault = Some(Fault { what: format!("function {name}"), operand: "IMMUTABLE".to_owned(), location });
        cell.evidence = Some(transcript);
        self.book.put(cell, Some(Way::plain(title, 1, severity(actor.kind, Command::Select), transcript)));
        Ok(true)
    }
}

/// The first of these rows that lies in a public bucket, where the actor is not one who may read it anyway.
fn in_public_bucket(ground: &Ground<'_>, actor: &Actor, targets: &[usize]) -> Option<usize> {
    let asked = matches!(ground.target, Target::Bucket { .. }) && !matches!(actor.kind, ActorKind::Owner | ActorKind::Service);
    targets.iter().copied().find(|at| asked && ground.rows.get(*at).is_some_and(|k| k.public))
}

/// A function of the project that the table's policies call, that says IMMUTABLE and rests on who asks.
fn immutable_helper<'c>(case: &Case<'c>, ground: &Ground<'_>, role: &str) -> Option<&'c Function> {
    let table = case.catalog.table_named(&ground.table.name)?;
    let policies = case.policies(table, role, PolicyCommand::Select);
    let asks = |f: &&Function| {
        let body = f.body.to_lowercase();
        f.volatility == Volatility::Immutable && ["current_setting", "auth.", "current_user"].iter().any(|w| body.contains(w))
    };
    policies.into_iter().flat_map(|p| p.using.iter()).flat_map(|text| fault::helpers(case, text)).find(asks)
}

/// Rows that came back.
pub(in super::super) enum Seen {
    /// Their places in the ground.
    Rows(Vec<usize>),
    /// SQLSTATE and message.
    Refused(String, String),
    /// No column that tells rows apart may be read.
    Nameless,
}

/// Places of the rows that an actor's cell is about.
pub(in super::super) fn targets(ground: &Ground<'_>, actor: &Actor) -> Vec<usize> {
    (0..ground.rows.len()).filter(|at| ground.rows.get(*at).is_some_and(|k| is_target_of(actor.kind, k.row.of))).collect()
}

/// Which of these rows the actor sees after those statements.
pub(in super::super) async fn seen_rows(
    case: &Case<'_>,
    arena: &mut Arena,
    ground: &Ground<'_>,
    actor: &Actor,
    targets: &[usize],
    before: &[Move],
) -> Result<Seen, AttackError> {
    let readable = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.select.as_slice()).unwrap_or_default();
    let mut arms = String::new();
    let mut conditions = Vec::new();
    for at in targets {
        let Some(condition) = ground.rows.get(*at).and_then(|k| condition(k.row, Some(ground.table), Some(readable))) else { continue };
        arms.push_str(&format!(" when {condition} then {at}"));
        conditions.push(format!("({condition})"));
    }
    if conditions.is_empty() {
        return Ok(Seen::Nameless);
    }
    let sql = format!("select case{arms} end from {} where {}", ground.table.name.sql(), conditions.join(" or "));
    let mut moves = before.to_vec();
    moves.push(Move::by(actor.kind, sql));
    let act = before.len();
    let attempt = attempt(arena, moves, act).await?;
    if let Some((sqlstate, message)) = attempt.refusal {
        return Ok(Seen::Refused(sqlstate, message));
    }
    let rows = attempt.answers.get(act).map(|a| a.rows.as_slice()).unwrap_or_default();
    let mut seen: Vec<usize> = rows.iter().filter_map(|r| r.first()?.as_deref()?.parse().ok()).collect();
    seen.sort_unstable();
    seen.dedup();
    Ok(Seen::Rows(seen))
}

/// The plain statement that reads one row.
pub(in super::super) fn read_trial(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, known: &Known<'_>, meant: Meant) -> Trial {
    let readable = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.select.as_slice()).unwrap_or_default();
    let all = ground.table.columns.iter().all(|c| readable.contains(&c.name));
    let list = if all { "*".to_owned() } else { readable.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ") };
    let condition = condition(known.row, Some(ground.table), Some(readable)).unwrap_or_else(|| known.condition.clone());
    Trial::new(
        vec![Move::by(actor.kind, format!("select {list} from {} where {condition}", ground.table.name.sql()))],
        Sign::Count(0),
        meant,
        format!("reads a row of {} that is {}", ground.target, whose(known)),
        severity(actor.kind, Command::Select),
    )
}

/// `the victim's`, `the victim's colleague's`.
pub(in super::super) fn whose(known: &Known<'_>) -> &'static str {
    match known.row.of {
        ActorKind::Owner => "the victim's",
        ActorKind::Member => "the victim's colleague's",
        ActorKind::Outsider => "the outsider's",
        ActorKind::Anonymous | ActorKind::Service => "nobody's",
    }
}
