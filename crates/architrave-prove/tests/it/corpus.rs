//! The corpus of policy sets: every label is borne out by execution, and the attack agrees with it.

use crate::policy_sets::{DIRECTORY, Figures, PolicySet, What, in_order, read_all, run};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use std::path::Path;

/// All sets, or those whose names hold what the variable says.
fn sets() -> Vec<PolicySet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let wanted = std::env::var("ARCHITRAVE_POLICY_SETS").unwrap_or_default();
    let all = read_all(&root.join(DIRECTORY)).unwrap();
    in_order(all.into_iter().filter(|set| set.name.contains(&wanted)).collect())
}

async fn figures(what: What, wanted: impl Fn(&PolicySet) -> bool) -> Option<Figures> {
    test_server::shared().await?;
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let sets: Vec<PolicySet> = sets().into_iter().filter(wanted).collect();
    let figures = run(&confined, &sets, what, &mut |_| {}).await.unwrap();
    server.stop().await.unwrap();
    Some(figures)
}

#[tokio::test]
async fn every_label_is_borne_out_by_execution() {
    let Some(figures) = figures(What::Arbitrate, |_| true).await else { return };
    assert!(figures.unborne.is_empty(), "{} labels are not borne out:\n{}", figures.unborne.len(), figures.unborne.join("\n"));
}

/// A sample that is quick; `cargo xtask bench access --corpus` holds the attack against all sets.
#[tokio::test]
async fn the_attack_agrees_with_the_labels_of_clerk() {
    let wanted = |set: &PolicySet| set.style == "clerk";
    let Some(figures) = figures(What::Attack, wanted).await else { return };
    let lines = [figures.wrong.as_slice(), figures.undecided.as_slice()].concat().join("\n");
    assert!(figures.wrong.is_empty() && figures.undecided.len() * 20 <= figures.labels, "{lines}");
}

#[test]
fn the_corpus_is_as_large_and_as_varied_as_it_has_to_be() {
    if std::env::var_os("ARCHITRAVE_POLICY_SETS").is_some() {
        return;
    }
    let sets = sets();
    let secure = sets.iter().filter(|set| set.secure).count();
    assert!(sets.len() >= 120, "{} sets", sets.len());
    assert!(secure * 5 >= sets.len() * 2 && secure * 5 <= sets.len() * 3, "{secure} of {} are secure", sets.len());
    for style in ["supabase", "clerk", "postgrest", "setting", "roles"] {
        assert!(sets.iter().filter(|set| set.style == style).count() >= 5, "{style}");
    }
}
