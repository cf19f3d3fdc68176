//! Plans whose parts agree, and plans whose parts do not.

use super::{Part, PlanTrial, try_plan};
use crate::round_trip::Means;
use crate::round_trip::tests::{uncommented, with_base};

async fn trial(parts: &[(u32, &[&'static str])]) -> Option<PlanTrial> {
    with_base(async |server, base, catalog| {
        let means = Means::new(server, base, catalog, &uncommented);
        let parts: Vec<Part<'_>> =
            parts.iter().map(|(order, statements)| Part { order: *order, statements: statements.to_vec() }).collect();
        try_plan(&means, &parts).await.unwrap()
    })
    .await
}

#[tokio::test]
async fn parts_that_agree_are_accepted() {
    let Some(trial) = trial(&[(1, &["comment on table public.t is 'y'"]), (2, &["create index concurrently i on public.t (id)"])]).await
    else {
        return;
    };
    assert_eq!(trial, PlanTrial { accepted: 2, ..PlanTrial::default() });
}

#[tokio::test]
async fn a_part_that_takes_the_ground_from_another_is_told() {
    let parts: &[(u32, &[&'static str])] = &[(1, &["drop table public.other"]), (2, &["alter table public.other add column note text"])];
    let Some(trial) = trial(parts).await else { return };
    let (order, _, message) = &trial.refused[0];
    assert_eq!((*order, message.as_str()), (2, "relation \"public.other\" does not exist"));
}

#[tokio::test]
async fn a_finding_that_appears_is_told() {
    let Some(trial) = trial(&[(1, &["create table public.third (id int)"])]).await else { return };
    assert_eq!(trial.appeared, ["test/uncommented on public.third"]);
}
