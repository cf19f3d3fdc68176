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

/// Labels that the attack gets wrong or leaves open, as the message begins, each with the reason: any other fails the test.
const KNOWN: &[(&str, &str)] = &[
    (
        "roles/manager_of_the_row.sql:22:",
        "where every user is a role of the server and nothing names a tenant, there is no member who tries",
    ),
    ("roles/rows_of_a_department.sql:23:", "the same"),
];

#[tokio::test]
async fn the_attack_agrees_with_the_labels() {
    let Some(figures) = figures(What::Attack, |_| true).await else { return };
    let unknown = |lines: &[String]| {
        lines.iter().filter(|line| !KNOWN.iter().any(|(begins, _)| line.starts_with(begins))).cloned().collect::<Vec<_>>()
    };
    let (wrong, undecided) = (unknown(&figures.wrong), unknown(&figures.undecided));
    let said = format!(
        "{} labels in {:?}; wrong:\n{}\nnot decided:\n{}",
        figures.labels,
        figures.attacking,
        wrong.join("\n"),
        undecided.join("\n")
    );
    assert!(wrong.is_empty() && undecided.len() * 20 <= figures.labels, "{said}");
}

/// Cells of the example that EXPECTED.md speaks of; a leak on any other relation is a false alarm.
const PLANTED: &[&str] = &[
    "select public.waiting_list outsider leak",
    "update public.profiles outsider leak",
    "select public.dues outsider leak",
    "select public.inspections outsider leak",
    "select public.plot_overview outsider leak",
    "select bucket:plot-photos outsider leak",
    "insert bucket:plot-photos outsider denied|allowed",
    "delete bucket:plot-photos outsider denied",
    "select bucket:minutes outsider denied",
    "select public.tool_loans outsider denied",
    "insert public.tool_loans outsider denied|allowed",
    "update public.tool_loans outsider denied",
    "insert public.society_members outsider denied|allowed",
    "select public.vegetables outsider allowed|open",
    "select public.tool_overview outsider denied",
];

#[tokio::test]
async fn the_attack_finds_the_ways_into_the_example_and_nothing_else() {
    if test_server::shared().await.is_none() {
        return;
    }
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/allotments/supabase/migrations");
    let mut paths: Vec<_> = std::fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let schema: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let planted: Vec<String> = PLANTED.iter().map(|cell| format!("-- ## expect {cell}\nselect 1\n")).collect();
    let text = format!("-- The example.\n-- style: supabase; hole\n{}\n-- ## seed\nselect 1;\n{}", schema.join("\n"), planted.concat());
    let set = PolicySet::parse("example/allotments", &text).unwrap();
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let figures = run(&confined, &[set], What::Attack, &mut |_| {}).await.unwrap();
    server.stop().await.unwrap();
    assert_eq!(figures.labels, PLANTED.len());
    let lines = [figures.wrong, figures.undecided].concat();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
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
