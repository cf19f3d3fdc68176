//! Attacks the private copy of each target: who reaches whose rows.

use super::open::Opened;
use super::replayed::Copy;
use super::{ReviewOptions, rebuild};
use crate::error::AppError;
use crate::twin::{self, Growth, Standing};
use architrave_advise::policies;
use architrave_model::access::{self, AttackReport, CellVerdict};
use architrave_model::coverage::Gap;
use architrave_model::review::Target;
use architrave_model::{Catalog, ObjectKind, QualifiedName};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, Progress};
use architrave_prove::Deadline;
use architrave_prove::rls_attack::{AttackInput, AttackOptions, attack};
use architrave_prove::rls_repair::{PlanCheck, repair};
use std::collections::{BTreeMap, BTreeSet};

/// How to attack.
#[derive(Debug, Clone)]
pub struct Attacking {
    /// How far.
    pub attack: AttackOptions,
    /// Propose repairs, and try each.
    pub repairs: bool,
}

/// What such a gap is called.
const WHAT: &str = "attack on row level security";

/// Attacks every target that there is a reason to attack; what could not be attacked is a gap of the target.
pub(super) async fn attack_all(opened: &mut Opened, options: &ReviewOptions, progress: &dyn Progress) {
    let Some(how) = &options.attack else { return };
    for at in 0..opened.targets.len() {
        let wanted = reason(&opened.targets[at]);
        let outcome = if !options.execute {
            Err("--no-execute: nothing was run".to_owned())
        } else if wanted.is_empty() {
            Err("no table has row level security, and no role of an API is there: the privileges decide alone".to_owned())
        } else {
            one(opened, at, wanted, how, options, progress).await.map_err(|error| error.to_string())
        };
        match outcome {
            Ok(report) => opened.targets[at].attack = Some(report),
            Err(why) => {
                let what = format!("{WHAT} of {}", opened.targets[at].name);
                opened.targets[at].snapshot.gaps.push(Gap::new(what, why, None));
            }
        }
    }
}

/// Tables that make an attack worth while: with row level security, or within reach of an API.
fn reason(target: &Target) -> BTreeSet<QualifiedName> {
    let tables = target.snapshot.catalog.tables.iter();
    tables.filter(|t| t.rls_enabled || !target.exposure.of_table(t).is_empty()).map(|t| t.name.clone()).collect()
}

async fn one(
    opened: &mut Opened,
    at: usize,
    wanted: BTreeSet<QualifiedName>,
    how: &Attacking,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<AttackReport, AppError> {
    let copy = if let Some(copy) = opened.copies[at].take() {
        copy
    } else {
        let target = &opened.targets[at];
        let part = (target.snapshot.catalog.tables.len() > rebuild::WHOLE).then_some(wanted);
        rebuild::copy_of(target, part, options, progress).await?
    };
    let target = &opened.targets[at];
    let report = on_copy(&copy, target, opened, how, options, progress).await;
    // Proofs go on with it, unless it holds a part only.
    if target.snapshot.catalog.tables.len() <= rebuild::WHOLE || target.database.is_some() {
        opened.copies[at] = Some(copy);
    }
    report
}

async fn on_copy(
    copy: &Copy,
    target: &Target,
    opened: &Opened,
    how: &Attacking,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<AttackReport, AppError> {
    let confined = Confined::new(&copy.server).await?;
    let input = AttackInput {
        server: &confined,
        base: &copy.database,
        catalog: &copy.catalog,
        exposure: &target.exposure,
        stated: &opened.project.access,
        clerk: opened.project.stack.named("Clerk").is_some(),
        origins: &target.origins,
    };
    let deadline = Deadline::after(how.attack.time_limit);
    let mut report = attack(&input, &how.attack, progress).await?;
    withhold(&mut report, &copy.catalog, &not_theirs(target));
    if how.repairs {
        let proposed = policies::propose(&copy.catalog, &report);
        let standing = standing(opened, target, options).await;
        let twin = match &standing {
            Some(standing) => standing.first()?.connect().await.ok(),
            None => None,
        };
        let plans = twin.as_ref().map(|twin| PlanCheck { twin });
        // The limit is for both: a repair that there is no time to try is shown as not tried.
        let rest = AttackOptions { time_limit: deadline.left(), ..how.attack.clone() };
        report.repairs = repair(&input, &report, proposed, plans.as_ref(), &rest, progress).await?;
    }
    Ok(report)
}

/// Tables that are not as the project has them, each with the reason: made from generated types, or a statement about their policies failed.
fn not_theirs(target: &Target) -> BTreeMap<QualifiedName, String> {
    let Some(replay) = &target.replay else { return BTreeMap::new() };
    let types = replay.from_types.iter().map(|name| (name.clone(), "made from the generated types: its policies are not known".to_owned()));
    let mut tables: BTreeMap<QualifiedName, String> = types.collect();
    for (failed, statement) in target.database.iter().flat_map(|database| replay.failed_statements(database)) {
        let about_rows = statement.text.to_lowercase().contains("row level security");
        for touch in &statement.touches {
            let object = &touch.object;
            let table = match object.kind {
                ObjectKind::Policy => object.table.as_ref(),
                ObjectKind::Table if about_rows => Some(&object.name),
                _ => None,
            };
            let Some(table) = table else { continue };
            let name = QualifiedName::new(object.schema.as_deref().unwrap_or("public"), table);
            let why = format!("{}:{}, which is about its policies, failed: {}", failed.location.path, failed.location.line, failed.message);
            tables.entry(name).or_insert(why);
        }
    }
    tables
}

/// Takes verdicts on such tables back, and on the views that read them.
fn withhold(report: &mut AttackReport, catalog: &Catalog, tables: &BTreeMap<QualifiedName, String>) {
    if tables.is_empty() {
        return;
    }
    let mut open: BTreeSet<usize> = BTreeSet::new();
    for (at, cell) in report.cells.iter_mut().enumerate() {
        let why = match &cell.target {
            access::Target::Table { name } => tables.get(name).cloned(),
            access::Target::View { name } => {
                let read = catalog.view(&name.schema, &name.name).map(|v| v.depends_on.as_slice()).unwrap_or_default();
                read.iter().find_map(|base| tables.get(base).map(|why| format!("it reads {base}: {why}")))
            }
            _ => None,
        };
        if let Some(why) = why {
            (cell.verdict, cell.reason, cell.at_fault) = (CellVerdict::NotDecided, why, None);
            open.insert(at);
        }
    }
    report.attacks.retain(|attack| !open.contains(&attack.cell));
}

/// A twin with the sizes of production, when somebody has told them; what a repair costs is not compared without.
async fn standing(opened: &Opened, target: &Target, options: &ReviewOptions) -> Option<Standing> {
    let source = twin::of_target(target, &opened.project, options.server.major, options.now, false);
    source.target.snapshot.stats.as_ref()?;
    twin::build(&source, &Growth::default(), 1, &options.server, &NoProgress).await.ok()
}
