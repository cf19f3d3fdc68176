//! Why a statement returns nothing, or is refused, for one role with given claims: it is run as that role on a private copy with rows of ours, and
//! every policy on its way is taken apart and evaluated there by PostgreSQL itself.
//!
//! The session that runs the user's statement belongs to a role without any power of its own (`caller`), since functions of the project run in it.

mod caller;
mod cause;
mod claims;
mod error;
mod evaluate;
mod facts;
mod live;
mod rows;
mod statement;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use error::ExplainError;
pub use live::count_live;
pub use rows::seed_rows;

use architrave_model::access::why::{
    AccessExplanation, Cause, CauseKind, PartAccess, PolicyAccess, PolicyPart, PrivilegeCheck, RelationAccess, RowSecurity,
};
use architrave_model::access::{Command, StepOutcome};
use architrave_model::coverage::Gap;
use architrave_model::name::quote_ident;
use architrave_model::{Catalog, ObjectKind, ObjectRef};
use architrave_postgres::Client;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::Database;
use caller::{Caller, Rights};
use evaluate::{Evaluator, Sample};
use statement::{Asked, Dependencies};
use std::collections::BTreeMap;
use walk::Stop;

/// The prover's name.
pub const NAME: &str = "rls-explain";

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct AccessQuestion {
    /// One statement about rows.
    pub statement: String,
    /// Role to become.
    pub role: String,
    /// Claims as JSON text, for `request.jwt.claims`; none sets nothing.
    pub claims: Option<String>,
    /// Further settings of the transaction.
    pub settings: Vec<(String, String)>,
    /// What to call the target.
    pub target: String,
    /// The run's clock, unix seconds.
    pub now: f64,
}

/// Checks what can be checked without a server: the statement and the claims.
pub fn check_question(question: &AccessQuestion) -> Result<(), ExplainError> {
    statement::understand(&question.statement)?;
    claims::parse(question.claims.as_deref())?;
    Ok(())
}

/// Explains on a copy of `base`, which holds the schema and rows of ours; `catalog` is what was read back from it.
pub async fn explain_access(
    server: &Confined<'_>,
    base: &Database,
    catalog: &Catalog,
    question: &AccessQuestion,
) -> Result<AccessExplanation, ExplainError> {
    let asked = statement::understand(&question.statement)?;
    let given = claims::parse(question.claims.as_deref())?;
    let copy = server.clone_database(base).await?;
    let admin = server.admin(&copy).await?;
    let roles = facts::roles(&admin).await?;
    claims::check_role(&question.role, &roles)?;
    let found = statement::dependencies(&admin, server.server().major(), &asked).await?;
    let (stops, complete) = walk::stops(&admin, &question.role, &asked, &found).await?;
    let mut become_: Vec<String> = stops.iter().map(|s| s.as_role.clone()).chain([question.role.clone()]).collect();
    become_.extend(catalog.functions.iter().filter(|f| f.security_definer).map(|f| f.owner.clone()));
    become_.retain(|role| roles.iter().any(|(name, superuser)| name == role && !superuser));
    become_.sort();
    become_.dedup();
    let caller = Caller::open(&admin, &copy, &become_).await?;
    let work = Work { admin: &admin, caller: &caller, catalog, question, asked: &asked, roles: &become_, claims: &given };
    let explained = Box::pin(work.explain(&stops, &found, complete)).await;
    caller.close(&admin).await;
    let mut explained = explained?;
    let number = server.server().version_num();
    explained.server_version = format!("{}.{}", number / 10_000, number % 10_000);
    Ok(explained)
}

struct Work<'a> {
    admin: &'a Client,
    caller: &'a Caller,
    catalog: &'a Catalog,
    question: &'a AccessQuestion,
    asked: &'a Asked,
    roles: &'a [String],
    claims: &'a serde_json::Value,
}

impl Work<'_> {
    fn rights(&self, role: &str) -> Rights {
        Rights { role: role.to_owned(), settings: claims::settings(self.question), search_path: None }
    }

    async fn explain(&self, stops: &[Stop], found: &Dependencies, complete: bool) -> Result<AccessExplanation, ExplainError> {
        let rights = self.rights(&self.question.role);
        let mut gaps = Vec::new();
        if !complete {
            gaps.push(Gap::new("further relations", "the statement reaches more relations than are looked at", None));
        }
        let outcome = self.caller.outcome(&rights, &self.asked.text).await?;
        let without_policies = self.without_policies(stops).await?;
        let needs = self.needs(stops, found).await?;
        let mut relations = Vec::new();
        for stop in stops {
            relations.push(self.relation(stop).await?);
        }
        evaluate::prepare(self.admin).await?;
        let mut samples: BTreeMap<u32, Sample> = BTreeMap::new();
        for (stop, relation) in stops.iter().zip(&mut relations) {
            if relation.row_security == RowSecurity::Policies {
                self.policies(stop, relation, &mut samples, &mut gaps).await?;
            }
        }
        let mut explanation = AccessExplanation {
            statement: self.asked.text.clone(),
            command: self.asked.command,
            role: self.question.role.clone(),
            target: self.question.target.clone(),
            server_version: String::new(),
            settings: claims::settings(self.question).into_iter().map(|(name, _)| name).collect(),
            outcome,
            without_policies,
            claims: claims::oddities(self.question, self.claims),
            needs,
            relations,
            live: Vec::new(),
            cause: Cause { kind: CauseKind::NothingWrong, sentence: String::new(), advice: None, way_out: Vec::new() },
            gaps,
        };
        explanation.cause = cause::find(&explanation, stops, self.claims);
        Ok(explanation)
    }

    /// The statement for somebody whom no policy binds and who holds every privilege: what is left of an empty result is the statement's own doing.
    async fn without_policies(&self, stops: &[Stop]) -> Result<Option<StepOutcome>, ExplainError> {
        if self.asked.command != Command::Select {
            return Ok(None);
        }
        let name = format!("{}_sees", self.asked_database().await?);
        let mut sql = format!(
            "create role {} nologin bypassrls; grant {} to {}",
            quote_ident(&name),
            quote_ident(&name),
            quote_ident(self.caller.name())
        );
        for schema in stops.iter().map(|s| s.relation.qualified().schema).chain(self.catalog.schemas.iter().map(|s| s.name.clone())) {
            sql.push_str(&format!(
                "; grant usage on schema {0} to {1}; grant execute on all functions in schema {0} to {1}",
                quote_ident(&schema),
                quote_ident(&name)
            ));
        }
        for stop in stops {
            sql.push_str(&format!("; grant select on {} to {}", stop.relation.qualified().sql(), quote_ident(&name)));
        }
        self.admin.batch_execute(&sql).await.map_err(ExplainError::doing("make a role that sees all rows"))?;
        let outcome = self.caller.outcome(&self.rights(&name), &self.asked.text).await;
        let gone = format!("drop owned by {0}; drop role {0}", quote_ident(&name));
        let _best_effort = self.admin.batch_execute(&gone).await;
        outcome.map(Some)
    }

    async fn asked_database(&self) -> Result<String, ExplainError> {
        let answer = self.admin.simple_query("select current_database()").await.map_err(ExplainError::doing("tell its name"))?;
        Ok(crate::ground::rows(&answer).into_iter().flatten().flatten().next().unwrap_or_default())
    }

    /// Functions that the statement and the policies call, and sequences of defaults.
    async fn needs(&self, stops: &[Stop], found: &Dependencies) -> Result<Vec<PrivilegeCheck>, ExplainError> {
        let mut wanted: BTreeMap<String, Vec<u32>> = BTreeMap::from([(self.question.role.clone(), found.functions.clone())]);
        for stop in stops.iter().filter(|s| walk::row_security(s, self.asked) == RowSecurity::Policies) {
            let calls = stop
                .relation
                .policies()
                .iter()
                .filter(|p| p.applies && !walk::asks(stop, p, self.asked).is_empty())
                .flat_map(facts::Policy::calls);
            wanted.entry(stop.as_role.clone()).or_default().extend(calls);
        }
        let mut checks: Vec<PrivilegeCheck> = Vec::new();
        for (role, oids) in wanted {
            for routine in facts::routines(self.admin, &oids, &role).await? {
                let (object, role) = (routine.object(), quote_ident(&role));
                if !routine.open {
                    let grant = format!("grant usage on schema {} to {role}", quote_ident(routine.schema()));
                    let schema = ObjectRef::global(ObjectKind::Schema, routine.schema());
                    checks.push(PrivilegeCheck { privilege: "USAGE".to_owned(), object: schema, held: false, grant: Some(grant) });
                }
                let grant = (!routine.held).then(|| format!("grant execute on function {object} to {role}"));
                checks.push(PrivilegeCheck { privilege: "EXECUTE".to_owned(), object, held: routine.held, grant });
            }
        }
        let inserts = |s: &&Stop| matches!(s.command, Command::Insert | Command::Upsert);
        for stop in stops.iter().filter(inserts) {
            for sequence in stop.relation.sequences().iter().filter(|s| !self.asked.columns.contains(&s.column)) {
                let object = ObjectRef::in_schema(ObjectKind::Sequence, &sequence.schema, &sequence.name);
                let held = sequence.held && sequence.open;
                let grant = (!held).then(|| {
                    format!(
                        "grant usage on sequence {}.{} to {}",
                        quote_ident(&sequence.schema),
                        quote_ident(&sequence.name),
                        quote_ident(&stop.as_role)
                    )
                });
                checks.push(PrivilegeCheck { privilege: "USAGE".to_owned(), object, held, grant });
            }
        }
        checks.dedup();
        Ok(checks)
    }

    /// What stands before the policies, and how many rows are seen through them.
    async fn relation(&self, stop: &Stop) -> Result<RelationAccess, ExplainError> {
        let relation = &stop.relation;
        let name = relation.qualified();
        let mut access = RelationAccess {
            relation: name.clone(),
            as_role: stop.as_role.clone(),
            read_by: stop.read_by.clone(),
            command: stop.command,
            privileges: walk::privileges(stop, self.asked),
            row_security: walk::row_security(stop, self.asked),
            rows: None,
            visible: None,
            refused: None,
            policies: Vec::new(),
        };
        if relation.is_table() || relation.kind == 'm' {
            let sql = format!("select count(*) from {}", name.sql());
            let answer = self.admin.simple_query(&sql).await.map_err(ExplainError::doing("count rows"))?;
            access.rows = crate::ground::rows(&answer).into_iter().flatten().flatten().next().and_then(|n| n.parse().ok());
        }
        if self.roles.contains(&stop.as_role) {
            let sql = format!("select count(*) from {}", name.sql());
            match self.caller.rows(&self.rights(&stop.as_role), &sql).await? {
                Ok(rows) => access.visible = rows.into_iter().flatten().flatten().next().and_then(|n| n.parse().ok()),
                Err(refused) => access.refused = Some(format!("{} {}", refused.sqlstate, refused.message)),
            }
        }
        for policy in relation.policies() {
            let not_for = if !policy.applies {
                Some(format!("it is for {}", policy.roles.join(", ")))
            } else if walk::asks(stop, policy, self.asked).is_empty() {
                Some(format!("it is for {}", command_word(policy.command)))
            } else {
                None
            };
            access.policies.push(PolicyAccess { name: policy.name.clone(), permissive: policy.permissive, not_for, parts: Vec::new() });
        }
        access.policies.sort_by_key(|p| (p.not_for.is_some(), !p.permissive, p.name.clone()));
        Ok(access)
    }

    /// Evaluates the policies that apply.
    async fn policies(
        &self,
        stop: &Stop,
        access: &mut RelationAccess,
        samples: &mut BTreeMap<u32, Sample>,
        gaps: &mut Vec<Gap>,
    ) -> Result<(), ExplainError> {
        if !self.roles.contains(&stop.as_role) {
            let why = format!("{} is a superuser, and nobody becomes one here", stop.as_role);
            gaps.push(Gap::new(format!("policies of {}", access.relation), why, None));
            return Ok(());
        }
        let evaluator = Evaluator { caller: self.caller, catalog: self.catalog, roles: self.roles, claims: self.claims };
        let rights = self.rights(&stop.as_role);
        let relation = &stop.relation;
        if let std::collections::btree_map::Entry::Vacant(entry) = samples.entry(relation.oid) {
            entry.insert(evaluate::lay_out(self.admin, relation).await?);
        }
        let asks_new =
            relation.policies().iter().any(|p| walk::asks(stop, p, self.asked).iter().any(|(part, _)| *part == PolicyPart::WithCheck));
        let new_rows = if asks_new && access.privileges.iter().all(|p| p.held) {
            match evaluate::catch_new(self.admin, self.caller, relation, &self.asked.text).await? {
                Ok(sample) => Some(sample),
                Err(refused) => {
                    gaps.push(Gap::new(
                        format!("new rows of {}", access.relation),
                        format!("they could not be caught: {}", refused.message),
                        None,
                    ));
                    None
                }
            }
        } else {
            None
        };
        let Some(old_rows) = samples.get(&relation.oid) else { return Ok(()) };
        for policy in &mut access.policies {
            let Some(facts) = relation.policies().iter().find(|p| p.name == policy.name).filter(|_| policy.not_for.is_none()) else {
                continue;
            };
            for (part, of) in walk::asks(stop, facts, self.asked) {
                let (text, sample) = match part {
                    PolicyPart::Using => (facts.using.as_ref(), Some(old_rows)),
                    PolicyPart::WithCheck if of == Command::Select => (facts.using.as_ref(), new_rows.as_ref()),
                    PolicyPart::WithCheck => (facts.check.as_ref().or(facts.using.as_ref()), new_rows.as_ref()),
                };
                let operand = match (text, sample) {
                    (Some(text), Some(sample)) => Some(evaluator.operand(&rights, sample, text).await?),
                    (Some(_), None) => continue,
                    (None, _) => None,
                };
                policy.parts.push(PartAccess { part, of, operand });
            }
        }
        if new_rows.is_some() {
            let drop = format!("drop trigger \"~~~architrave\" on {}", access.relation.sql());
            self.admin.batch_execute(&drop).await.map_err(ExplainError::doing("take its trigger away"))?;
        }
        Ok(())
    }
}

fn command_word(command: char) -> &'static str {
    match command {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        _ => "ALL",
    }
}
