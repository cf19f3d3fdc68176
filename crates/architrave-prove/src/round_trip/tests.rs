//! Round trips with a rule made for the test: every table has a comment.

use super::{Means, prove_rule};
use architrave_model::finding::{Confidence, Effort, Finding, Fix, Proof, Severity, Verdict};
use architrave_model::fingerprint::fingerprint;
use architrave_model::{Catalog, ObjectRef};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, test_server};

pub(crate) fn uncommented(catalog: &Catalog) -> Vec<Finding> {
    catalog.tables.iter().filter(|t| t.comment.is_none()).map(|t| finding(&ObjectRef::table(&t.name))).collect()
}

fn finding(object: &ObjectRef) -> Finding {
    Finding {
        rule: "test/uncommented".into(),
        fingerprint: fingerprint("test/uncommented", object),
        severity: Severity::Low,
        confidence: Confidence::Certain,
        engine: "postgresql".into(),
        target: String::new(),
        object: object.clone(),
        places: Vec::new(),
        location: None,
        message: "no comment".into(),
        why: String::new(),
        evidence: Vec::new(),
        fix: None,
        proof: None,
        safe: None,
        effort: Effort::Small,
        references: Vec::new(),
    }
}

/// Runs with a confined server and a database that has `public.t` (without comment) and `public.other`.
pub(crate) async fn with_base<T>(work: impl AsyncFnOnce(&Confined<'_>, &Database, &Catalog) -> T) -> Option<T> {
    test_server::shared().await?;
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let confined = Confined::new(&server).await.unwrap();
    let base = confined.create_database("base").await.unwrap();
    let mut client = confined.owner(&base).await.unwrap();
    client
        .batch_execute("create table public.t (id int); create table public.other (id int); comment on table public.other is 'x'")
        .await
        .unwrap();
    let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.unwrap();
    architrave_postgres::replay::without_own_objects(&mut catalog);
    drop(client);
    let result = work(&confined, &base, &catalog).await;
    drop(base);
    server.stop().await.unwrap();
    Some(result)
}

/// Tries one fix on `public.t` or `public.other`.
async fn try_fix(table: &str, up: &[&str], down: &[&str]) -> Option<Proof> {
    let mut claim = finding(&ObjectRef::table(&architrave_model::QualifiedName::new("public", table)));
    let own = |statements: &[&str]| statements.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    claim.fix = Some(Fix { title: "comment".into(), up: own(up), down: own(down), transactional: true, ..Fix::default() });
    with_base(async |server, base, catalog| {
        let means = Means::new(server, base, catalog, &uncommented);
        prove_rule(&means, &[&claim]).await.unwrap().pop().unwrap()
    })
    .await
}

#[tokio::test]
async fn a_fix_that_works_is_proved_and_undone() {
    let Some(proof) = try_fix("t", &["comment on table public.t is 'y'"], &["comment on table public.t is null"]).await else { return };
    assert_eq!(proof.verdict, Verdict::Proved);
    assert_eq!(
        proof.transcript,
        ["comment on table public.t is 'y'; -- ok", "-- changed: table public.t: comment (none) → y", "-- undone: the schema is as before"]
    );
}

#[tokio::test]
async fn a_refused_statement_refutes() {
    let Some(proof) = try_fix("t", &["comment on table public.missing is 'y'"], &[]).await else { return };
    assert_eq!(proof.verdict, Verdict::Refuted);
    assert_eq!(proof.reason.as_deref(), Some("PostgreSQL refuses the fix: relation \"public.missing\" does not exist"));
}

#[tokio::test]
async fn a_fix_without_effect_refutes() {
    let Some(proof) = try_fix("t", &["alter table public.t add column note text"], &[]).await else { return };
    assert_eq!(proof.reason.as_deref(), Some("the finding is still there after the fix"));
}

#[tokio::test]
async fn changing_something_else_refutes() {
    let Some(proof) = try_fix("t", &["comment on table public.t is 'y'", "drop table public.other"], &[]).await else { return };
    assert_eq!(proof.verdict, Verdict::Refuted);
    assert_eq!(proof.reason.as_deref(), Some("more changes than the fix says: table public.other removed"));
}

#[tokio::test]
async fn a_finding_that_does_not_show_is_unknown() {
    let Some(proof) = try_fix("other", &["comment on table public.other is 'y'"], &[]).await else { return };
    assert_eq!(proof.verdict, Verdict::Unknown);
}

#[tokio::test]
async fn a_way_back_that_leaves_something_is_said() {
    let Some(proof) = try_fix("t", &["comment on table public.t is 'y'"], &["comment on table public.t is 'z'"]).await else { return };
    assert_eq!(proof.verdict, Verdict::Proved);
    assert_eq!(proof.transcript.last().unwrap(), "-- the way back leaves: table public.t: comment (none) → z");
}
