//! Views and materialized views: rows traced to the victim by the values that the view shows of them, read and changed through it.

use super::super::AttackError;
use super::super::arena::Move;
use super::super::book::{Way, cell};
use super::super::case::Known;
use super::super::meaning::{Meant, is_target_of, may_read, may_write};
use super::super::scene::SeededRow;
use super::super::statements::{condition, literal};
use super::trial::{Kept, Sign, Trial, attempt, kept};
use super::{Desk, severity};
use architrave_model::QualifiedName;
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command, Scope, Target};
use architrave_model::catalog::{Table, View};
use architrave_model::name::{ObjectKind, ObjectRef, quote_ident};

/// At most so many rows are traced through one view.
const ROWS: usize = 24;

/// A row of a table as a view shows it.
pub(super) struct Traced<'g, 'a> {
    pub(super) known: &'g Known<'a>,
    pub(super) table: &'a Table,
    /// Names the row in the view.
    condition: String,
    /// Columns of the view that are the row's.
    pub(super) shared: Vec<String>,
}

/// Cells of all views.
pub(super) async fn fill(desk: &mut Desk<'_, '_>) -> Result<(), AttackError> {
    let case = desk.case;
    let served = |v: &&View| v.extension.is_none() && case.is_served(&v.name.schema) && !super::super::case::is_of_platform(&v.owner);
    for view in case.catalog.views.iter().filter(served) {
        let traced = desk.trace(view).await?;
        for actor in case.actors() {
            for command in [Command::Select, Command::Insert, Command::Update, Command::Delete] {
                if view.materialized && command != Command::Select {
                    continue;
                }
                desk.view_cell(view, &traced, actor, command).await?;
            }
        }
    }
    Ok(())
}

impl<'c, 'a> Desk<'c, 'a> {
    /// The rows that the view's columns tell apart, with the superuser's word that they do.
    async fn trace(&mut self, view: &View) -> Result<Vec<Traced<'c, 'a>>, AttackError> {
        let bases = self.bases(view);
        let case = self.case;
        let mut traced = Vec::new();
        for ground in case.with_rows().filter(|g| bases.contains(&g.table.name)) {
            for known in &ground.rows {
                if traced.len() >= ROWS || self.arena.out_of_time().is_some() {
                    break;
                }
                let shared: Vec<String> = view
                    .columns
                    .iter()
                    .filter(|c| literal(known.row, &c.name).is_some())
                    .filter(|c| ground.table.column(&c.name).is_some_and(|own| own.data_type == c.data_type))
                    .map(|c| c.name.clone())
                    .collect();
                let mut row = known.row.clone();
                row.key.clear();
                let Some(condition) = condition(&row, Some(ground.table), Some(&shared)) else { continue };
                if self.is_telling(&bases, ground.table, &condition).await? {
                    traced.push(Traced { known, table: ground.table, condition, shared });
                }
            }
        }
        Ok(traced)
    }

    /// Whether the condition names one row of its table, and none of another that the view reads.
    pub(super) async fn is_telling(&mut self, bases: &[QualifiedName], table: &Table, condition: &str) -> Result<bool, AttackError> {
        for base in bases {
            let sql = format!("select 1 from {} where {condition}", base.sql());
            let found = self.arena.ask(&sql).await?.len();
            if found != usize::from(*base == table.name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tables that the view reads, through other views, too.
    pub(super) fn bases(&self, view: &View) -> Vec<QualifiedName> {
        let mut all: Vec<QualifiedName> = view.depends_on.clone();
        let mut at = 0;
        while let Some(name) = all.get(at).cloned() {
            at += 1;
            if let Some(inner) = self.case.catalog.view(&name.schema, &name.name) {
                for further in &inner.depends_on {
                    if !all.contains(further) {
                        all.push(further.clone());
                    }
                }
            }
        }
        all.retain(|name| self.case.catalog.table_named(name).is_some());
        all
    }

    async fn view_cell(&mut self, view: &View, traced: &[Traced<'c, 'a>], actor: &Actor, command: Command) -> Result<(), AttackError> {
        let target = Target::View { name: view.name.clone() };
        if let Some(why) = self.not_tried(actor) {
            self.book.plain(&target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        if let Some(lacks) = self.case.privileges.lacks(&actor.role, &view.name, command) {
            self.book.plain(&target, command, actor.kind, CellVerdict::Denied, lacks);
            return Ok(());
        }
        let mut trials: Vec<(Trial, &Traced<'c, 'a>)> = Vec::new();
        for one in traced.iter().filter(|t| is_target_of(actor.kind, t.known.row.of)) {
            let trial = match command {
                Command::Insert => self.insert_through(view, one, actor).filter(|_| trials.is_empty()),
                _ => self.view_trial(view, one, actor, command),
            };
            trials.extend(trial.map(|t| (t, one)));
        }
        if command == Command::Update && matches!(actor.kind, ActorKind::Outsider | ActorKind::Member) {
            let own = traced.iter().find(|t| t.known.row.of == actor.kind);
            let victim = traced.iter().find(|t| t.known.row.of == ActorKind::Owner);
            if let Some((own, victim)) = own.zip(victim) {
                trials.extend(self.given_through(view, own, victim, actor).map(|t| (t, own)));
            }
        }
        if trials.is_empty() {
            return self.untraced(view, &target, actor, command).await;
        }
        let mut reached: Option<(usize, super::Attempt)> = None;
        let mut refused = None;
        for (at, (trial, _)) in trials.iter().enumerate() {
            let went = trial.play(self.arena).await?;
            if trial.reached(&went) {
                let worse = |best: &usize| trials.get(*best).is_some_and(|(b, _)| b.meant != Meant::No && trial.meant == Meant::No);
                if reached.as_ref().is_none_or(|(best, _)| worse(best)) {
                    reached = Some((at, went));
                }
            } else if refused.is_none() {
                refused = went.refused();
            }
        }
        if let Some((trial, one, went)) = reached.and_then(|(at, went)| trials.get(at).map(|(trial, one)| (trial, *one, went))) {
            self.through_view(view, &target, actor, command, (trial, one, &went));
            return Ok(());
        }
        let hidden = trials.iter().find(|(t, _)| command == Command::Select && t.meant == Meant::No).map(|(_, one)| *one);
        if let Some(one) = hidden
            && let Some((trial, went)) = self.past_the_view(view, one, actor).await?
        {
            self.through_view(view, &target, actor, command, (&trial, one, &went));
            return Ok(());
        }
        let trials: Vec<Trial> =
            trials.into_iter().filter(|(_, one)| is_target_of(actor.kind, one.known.row.of)).map(|(t, _)| t).take(2).collect();
        if refused.as_ref().is_some_and(|r| r.starts_with("55000") || r.starts_with("0A000")) {
            self.book.plain(&target, command, actor.kind, CellVerdict::Denied, "the view cannot be written through");
            return Ok(());
        }
        self.denied_on(&target, actor, command, (&trials, &[]), "the view shows no row of the victim to him").await
    }

    fn view_trial(&self, view: &View, one: &Traced<'_, '_>, actor: &Actor, command: Command) -> Option<Trial> {
        let privileges = self.case.privileges.of(&actor.role, &view.name)?;
        let mut row = one.known.row.clone();
        row.key.clear();
        let readable: Vec<String> = one.shared.iter().filter(|c| privileges.select.contains(c)).cloned().collect();
        let condition =
            if readable.len() == one.shared.len() { one.condition.clone() } else { condition(&row, Some(one.table), Some(&readable))? };
        let name = view.name.sql();
        let (intent, of, public) = (self.case.intent, one.known.row.of, one.known.public);
        let (sql, meant, verb) = match command {
            Command::Select => {
                let list: Vec<String> = privileges.select.iter().map(|c| quote_ident(c)).collect();
                let list = if list.len() == view.columns.len() { "*".to_owned() } else { list.join(", ") };
                let base = may_read(intent, &one.table.name, actor.kind, of, public);
                let own = may_read(intent, &view.name, actor.kind, of, public);
                let meant = if own == Meant::Yes { own } else { base };
                (format!("select {list} from {name} where {condition}"), meant, "reads")
            }
            Command::Update => {
                let column = one.shared.iter().find(|c| privileges.update.contains(c) && super::super::statements::takes(one.table, c))?;
                let value = literal(one.known.row, column)?;
                let sql = format!("update {name} set {} = {value} where {condition}", quote_ident(column));
                (sql, may_write(intent, &one.table.name, actor.kind, of), "changes")
            }
            _ => (format!("delete from {name} where {condition}"), may_write(intent, &one.table.name, actor.kind, of), "deletes"),
        };
        Some(Trial {
            stopped_by_keys: command == Command::Delete,
            ..Trial::new(
                vec![Move::by(actor.kind, sql)],
                Sign::Count(0),
                meant,
                format!("{verb} a row of {} that is {} through {}", one.table.name, super::reads::whose(one.known), view.name),
                severity(actor.kind, command),
            )
        })
    }

    /// A new row in the victim's name, as far as the view has its columns.
    fn insert_through(&self, view: &View, one: &Traced<'_, '_>, actor: &Actor) -> Option<Trial> {
        let privileges = self.case.privileges.of(&actor.role, &view.name)?;
        let case = self.case;
        let fresh = case.scene.fresh_row(case.catalog, case.intent, &one.known.row.table, one.known.row.of, &[])?;
        let row: Vec<(String, String)> = fresh.into_iter().filter(|(c, _)| privileges.insert.contains(c)).collect();
        if row.is_empty() {
            return None;
        }
        let columns: Vec<String> = row.iter().map(|(c, _)| quote_ident(c)).collect();
        let values: Vec<&str> = row.iter().map(|(_, v)| v.as_str()).collect();
        let sql = format!("insert into {} ({}) values ({})", view.name.sql(), columns.join(", "), values.join(", "));
        let made = SeededRow { key: Vec::new(), values: row.clone(), ..one.known.row.clone() };
        let look = condition(&made, Some(one.table), None)?;
        let moves = vec![Move::by(actor.kind, sql), Move::look(format!("select 1 from {} where {look}", one.table.name.sql()))];
        let meant = may_write(case.intent, &one.table.name, actor.kind, one.known.row.of);
        let what = format!("makes a row in the victim's name in {} through {}", one.table.name, view.name);
        Some(view_write(actor, Command::Insert, moves, Sign::There(1), meant, what))
    }

    /// A row of his own that becomes the victim's.
    fn given_through(&self, view: &View, own: &Traced<'_, '_>, victim: &Traced<'_, '_>, actor: &Actor) -> Option<Trial> {
        let settable = &self.case.privileges.of(&actor.role, &view.name)?.update;
        let (Some(Scope::Owner { column } | Scope::Tenant { column, .. }), true) =
            (self.case.intent.of(&own.table.name).map(|i| &i.scope), own.table.name == victim.table.name)
        else {
            return None;
        };
        let value = literal(victim.known.row, column).filter(|v| literal(own.known.row, column) != Some(*v))?;
        if !settable.contains(column) {
            return None;
        }
        let sql = format!("update {} set {} = {value} where {}", view.name.sql(), quote_ident(column), own.condition);
        let kept: Vec<String> =
            own.known.row.key.iter().filter(|(c, _)| c != column).map(|(c, v)| format!("{} = {v}", quote_ident(c))).collect();
        let look = format!("select 1 from {} where {} = {value} and {}", own.table.name.sql(), quote_ident(column), kept.join(" and "));
        let moves = vec![Move::by(actor.kind, sql), Move::look(look)];
        let what = format!("gives a row of {} of his own to the victim through {}", own.table.name, view.name);
        (!kept.is_empty()).then(|| view_write(actor, Command::Update, moves, Sign::There(1), Meant::No, what))
    }

    fn through_view(
        &mut self,
        view: &View,
        target: &Target,
        actor: &Actor,
        command: Command,
        found: (&Trial, &Traced<'_, '_>, &super::Attempt),
    ) {
        let (trial, one, went) = found;
        let invoker = view.option_on("security_invoker");
        let verdict = match trial.meant {
            Meant::Yes => CellVerdict::Allowed,
            Meant::No => CellVerdict::Leak,
            Meant::Unknown => CellVerdict::Open,
        };
        let title = format!("{} {}", actor.kind.word(), trial.what);
        let transcript = self.book.transcript(title.clone(), went.steps());
        let told = self.base_cell_leaks(&one.table.name, command, actor.kind);
        let operand = if view.materialized {
            "a materialized view holds every row, and no policy binds it".to_owned()
        } else if invoker {
            String::new()
        } else {
            format!("reads with the rights of its owner {}", view.owner)
        };
        let kind = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let location = self.case.place(&ObjectRef::in_schema(kind, &view.name.schema, &view.name.name));
        let mut cell = cell(target, command, actor.kind, verdict, format!("he {}", trial.what));
        if verdict != CellVerdict::Allowed {
            let word = if view.materialized { "materialized view" } else { "view" };
            cell.at_fault = Some(Fault { what: format!("{word} {}", view.name), operand, location });
        }
        cell.evidence = Some(transcript);
        let way = (verdict == CellVerdict::Leak && !told && actor.kind != ActorKind::Owner).then_some(Way::plain(
            title,
            1,
            trial.severity,
            transcript,
        ));
        self.book.put(cell, way);
    }

    /// Whether the table's own cell says the same already.
    pub(super) fn base_cell_leaks(&self, table: &QualifiedName, command: Command, actor: ActorKind) -> bool {
        let target = Target::Table { name: table.clone() };
        self.book.entries.iter().any(|e| {
            e.cell.target == target
                && e.cell.actor == actor
                && e.cell.command == command
                && matches!(e.cell.verdict, CellVerdict::Leak | CellVerdict::Open)
        })
    }

    /// A view whose rows cannot be traced to anybody: at least whether it shows the actor any.
    async fn untraced(&mut self, view: &View, target: &Target, actor: &Actor, command: Command) -> Result<(), AttackError> {
        if command != Command::Select {
            let why = "no column that may be set or compared tells whose rows the view shows";
            self.book.plain(target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        let sql = format!("select * from {}", view.name.sql());
        let went = attempt(self.arena, vec![Move::by(actor.kind, sql.clone())], 0).await?;
        let trial = Trial::new(
            vec![Move::by(actor.kind, sql)],
            Sign::Count(0),
            Meant::Unknown,
            format!("reads rows of {}", view.name),
            severity(actor.kind, command),
        );
        let everybody = self.case.intent.of(&view.name).is_some_and(|i| i.read_by_all || matches!(i.scope, Scope::Public));
        if trial.reached(&went) {
            let (verdict, why) = if everybody || matches!(actor.kind, ActorKind::Owner | ActorKind::Service) {
                (CellVerdict::Allowed, "it shows him rows")
            } else {
                (CellVerdict::NotDecided, "it shows him rows, and no column tells whose they are")
            };
            let evidence = self.book.transcript(format!("{} {}", actor.kind.word(), trial.what), went.steps());
            let mut cell = cell(target, command, actor.kind, verdict, why);
            cell.evidence = Some(evidence);
            self.book.put(cell, None);
            return Ok(());
        }
        if went.refusal.as_ref().is_some_and(|(state, _)| kept(state) == Kept::Broken) {
            let why = went.refused().unwrap_or_default();
            self.book.plain(target, command, actor.kind, CellVerdict::NotDecided, why);
            return Ok(());
        }
        self.denied_on(target, actor, command, (&[trial], &[]), "it shows him no row").await
    }
}

fn view_write(actor: &Actor, command: Command, moves: Vec<Move>, sign: Sign, meant: Meant, what: String) -> Trial {
    Trial::new(moves, sign, meant, what, severity(actor.kind, command))
}
