//! The server's condition beside the counters: sessions by role, catalogue tables, subscriptions, recovery, WAL, running vacuums.

use crate::session::{Answer, NoKeys, Opening, Question, Rows};
use architrave_model::Stats;
use architrave_model::stats as model;

static SESSIONS: Question = Question::new("sessions by role", include_str!("sessions.sql"));
static SYSTEM_TABLES: Question = Question::new("tables of the system catalogue", include_str!("system_table.sql"));
static SUBSCRIPTIONS: Question = Question::new("subscriptions at work", include_str!("subscription.sql"));
static STANDBY: Question = Question::new("recovery", include_str!("standby.sql"));
static WAL: Question = Question::new("WAL written", include_str!("wal.sql"));
static VACUUMS: Question = Question::new("running vacuums", include_str!("vacuum.sql"));
static STATEMENT_INFO: Question = Question::new("room of pg_stat_statements", include_str!("statement_info.sql"));
static TABLESPACES: Question = Question::new("tablespaces", include_str!("tablespace.sql"));

/// The answers.
pub(super) struct ConditionRows {
    sessions: Rows<model::RoleSessions, NoKeys>,
    system_tables: Rows<model::SystemTableStats, NoKeys>,
    subscriptions: Rows<model::SubscriptionStats, NoKeys>,
    standby: Rows<model::StandbyStats, NoKeys>,
    wal: Option<Rows<model::WalStats, NoKeys>>,
    vacuums: Rows<model::VacuumProgress, NoKeys>,
    statement_info: Option<Rows<model::StatementsThrownOut, NoKeys>>,
    tablespaces: Rows<model::TablespaceFacts, NoKeys>,
}

impl ConditionRows {
    /// Questions for what this server has.
    pub(super) fn new(opening: &Opening) -> Self {
        let minor = |version: &String| version.split_once('.').and_then(|(_, minor)| minor.parse::<u16>().ok());
        let has_info = opening.statements_schema.is_some() && opening.statements_version.as_ref().and_then(minor) >= Some(9);
        Self {
            sessions: Rows::new(&SESSIONS),
            system_tables: Rows::new(&SYSTEM_TABLES),
            subscriptions: Rows::new(&SUBSCRIPTIONS),
            standby: Rows::new(&STANDBY),
            wal: (opening.version_num >= 140_000).then(|| Rows::new(&WAL)),
            vacuums: Rows::new(&VACUUMS),
            statement_info: has_info.then(|| Rows::new(&STATEMENT_INFO)),
            tablespaces: Rows::new(&TABLESPACES),
        }
    }

    /// All questions.
    pub(super) fn answers(&mut self) -> Vec<&mut (dyn Answer + 'static)> {
        let mut answers: Vec<&mut (dyn Answer + 'static)> = vec![
            &mut self.sessions,
            &mut self.system_tables,
            &mut self.subscriptions,
            &mut self.standby,
            &mut self.vacuums,
            &mut self.tablespaces,
        ];
        if let Some(wal) = &mut self.wal {
            answers.push(wal);
        }
        if let Some(info) = &mut self.statement_info {
            answers.push(info);
        }
        answers
    }

    /// Puts them in. Sessions by role only where all sessions could be seen: half a count would mislead.
    pub(super) fn add_to(self, stats: &mut Stats) {
        stats.sessions = if stats.activity.is_some() { self.sessions.values() } else { Vec::new() };
        stats.system_tables = self.system_tables.values();
        stats.subscriptions = self.subscriptions.values();
        stats.standby = self.standby.one();
        stats.wal = self.wal.and_then(Rows::one);
        stats.vacuums = self.vacuums.values();
        stats.statements_thrown_out = self.statement_info.and_then(Rows::one);
        stats.tablespaces = self.tablespaces.values();
    }
}
