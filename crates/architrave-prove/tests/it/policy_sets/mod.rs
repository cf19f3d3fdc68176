//! Policy sets with known verdicts: reads them, bears their labels out by execution, and compares the attack with them. The benchmark uses it, too.

mod arbiter;
mod format;
mod verdicts;

pub(crate) use arbiter::in_order;
pub(crate) use format::{DIRECTORY, PolicySet, read_all};

use arbiter::{Bases, arbitrate};
use architrave_postgres::replay::Confined;
use std::time::{Duration, Instant};

/// What a run over the corpus has come to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Cells with known verdicts.
    pub(crate) labels: usize,
    /// Labels that execution does not bear out: the corpus is wrong.
    pub(crate) unborne: Vec<String>,
    /// Verdicts of the attack that are wrong.
    pub(crate) wrong: Vec<String>,
    /// Labelled cells that the attack does not decide.
    pub(crate) undecided: Vec<String>,
    /// All cells of the attack that were decided, and all cells.
    pub(crate) cells: (usize, usize),
    /// Time of the attacks.
    pub(crate) attacking: Duration,
}

/// What is done with each set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Its labels are borne out by execution.
    Arbitrate,
    /// It is attacked, and the verdicts are compared with the labels.
    Attack,
}

/// Runs the sets one after the other, in the order of [`in_order`]; `told` hears the name of each.
pub(crate) async fn run(server: &Confined<'_>, sets: &[PolicySet], what: What, told: &mut dyn FnMut(&str)) -> Result<Figures, String> {
    let mut bases = Bases::new(server).await?;
    let mut figures = Figures::default();
    for set in sets {
        told(&set.name);
        let database = bases.build(server, set).await?;
        figures.labels += set.expectations.len();
        match what {
            What::Arbitrate => {
                let client = server.admin(&database).await.map_err(|e| e.to_string())?;
                figures.unborne.extend(arbitrate(&client, set).await?);
            }
            What::Attack => {
                let since = Instant::now();
                verdicts::compare(server, &database, set, &mut figures).await;
                figures.attacking += since.elapsed();
            }
        }
        bases.clear(server).await?;
    }
    Ok(figures)
}
