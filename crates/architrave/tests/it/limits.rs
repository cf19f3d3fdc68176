//! Limits with dates: two snapshots of one database, and what is no earlier one.

use crate::cli::run;
use crate::shop::{Shop, shop};

const SINCE: &[&str] = &["--no-twin", "--prove", "none", "--format", "json", "-o", "-"];

/// The shop's snapshot with a short sequence behind its orders, `days` ago and `values` before.
fn reading(shop: &Shop, name: &str, days: f64, values: i64) -> String {
    shop.changed(name, |snapshot| {
        let at = snapshot["stats"]["captured_at"].as_f64().unwrap();
        snapshot["stats"]["captured_at"] = (at - days * 86_400.0).into();
        let sequences = snapshot["catalog"]["sequences"].as_array_mut().unwrap();
        let sequence = sequences.iter_mut().find(|s| s["name"]["name"] == "orders_id_seq").unwrap();
        sequence["max"] = 30_000.into();
        sequence["last_value"] = (20_000 - values).into();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_snapshots_tell_when_a_key_runs_out() {
    let Some(shop) = shop().await else { return };
    let now = reading(shop, "limits-now.snapshot.json", 0.0, 0);
    let then = reading(shop, "limits-then.snapshot.json", 10.0, 5_000);
    let mut arguments = vec!["review", &now, "--since", &then];
    arguments.extend(SINCE);
    let outcome = run(&arguments);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let limits = &report["targets"][0]["limits"];
    let key = limits["keys"].as_array().unwrap().iter().find(|k| k["column"] == "id" && k["table"]["name"] == "orders").unwrap();
    assert_eq!((key["limit"].as_i64(), key["per_day"].as_f64()), (Some(30_000), Some(500.0)), "{key}");
    let left = (key["exhausted_at"].as_f64().unwrap() - limits["until"].as_f64().unwrap()) / 86_400.0;
    assert!((left - 20.0).abs() < 1e-3, "{left}");
    assert!(outcome.stdout.contains("Runs out"), "the table of limits has no date");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_earlier_reading_of_the_database_is_refused() {
    let Some(shop) = shop().await else { return };
    let now = shop.snapshot();
    let of_another = shop.changed("limits-other.snapshot.json", |snapshot| snapshot["server"]["database"] = "crm".into());
    for (since, reason) in [(&now, "was not taken before"), (&of_another, "is of database crm"), (&format!("{now}.gone"), "gone")] {
        let mut arguments = vec!["review", &now, "--since", since];
        arguments.extend(SINCE);
        run(&arguments).refused(&[reason]);
    }
}
