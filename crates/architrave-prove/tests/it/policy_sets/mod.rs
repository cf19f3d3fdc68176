//! The corpus of policy sets: every label is borne out by execution.

mod arbiter;
mod format;

use arbiter::{Bases, arbitrate, in_order};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use std::path::Path;

fn sets() -> Vec<format::PolicySet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let wanted = std::env::var("ARCHITRAVE_POLICY_SETS").unwrap_or_default();
    let all = format::read_all(&root.join(format::DIRECTORY)).unwrap();
    in_order(all.into_iter().filter(|set| set.name.contains(&wanted)).collect())
}

#[tokio::test]
async fn every_label_is_borne_out_by_execution() {
    if test_server::shared().await.is_none() {
        return;
    }
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let mut bases = Bases::new(&confined).await.unwrap();
    let mut wrong = Vec::new();
    for set in sets() {
        match bases.build(&confined, &set).await {
            Ok(database) => {
                let client = confined.admin(&database).await.unwrap();
                match arbitrate(&client, &set).await {
                    Ok(labels) => wrong.extend(labels),
                    Err(why) => wrong.push(why),
                }
                drop(client);
                bases.clear(&confined, database).await.unwrap();
            }
            Err(why) => wrong.push(why),
        }
    }
    server.stop().await.unwrap();
    assert!(wrong.is_empty(), "{} labels:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_is_as_large_and_as_varied_as_it_has_to_be() {
    let sets = sets();
    let secure = sets.iter().filter(|set| set.secure).count();
    assert!(sets.len() >= 120, "{} sets", sets.len());
    assert!(secure * 5 >= sets.len() * 2 && secure * 5 <= sets.len() * 3, "{secure} of {} are secure", sets.len());
    for style in ["supabase", "clerk", "postgrest", "setting", "roles"] {
        assert!(sets.iter().filter(|set| set.style == style).count() >= 5, "{style}");
    }
}
