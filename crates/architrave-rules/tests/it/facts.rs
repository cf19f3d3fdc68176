//! What a rule knows besides the catalogue, as the pages write it: JSON laid over sound defaults.

use crate::page::Side;
use architrave_model::access::AttackReport;
use architrave_model::brief::Brief;
use architrave_model::catalog::compare::{Change, Difference};
use architrave_model::context::Exposure;
use architrave_model::explained::Explained;
use architrave_model::house::HouseRules;
use architrave_model::on_twin::OnTwin;
use architrave_model::plan::Plan;
use architrave_model::platform::{Platform, Server};
use architrave_model::review::Replay;
use architrave_model::settings::{HbaRule, Setting, Settings};
use architrave_model::stack::Stack;
use architrave_model::{Catalog, Context, Stats};
use serde_json::{Value, json};

/// 2026-11-21, midnight UTC.
pub(crate) const NOW: f64 = 1_795_219_200.0;
const DAY: f64 = 86_400.0;

/// Owned facts, for contexts to refer to.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stats: Option<Stats>,
    pub(crate) settings: Option<Settings>,
    pub(crate) server: Server,
    pub(crate) exposure: Exposure,
    pub(crate) stack: Stack,
    pub(crate) house: HouseRules,
    pub(crate) brief: Brief,
    pub(crate) replay: Option<Replay>,
    pub(crate) drift: Option<Vec<Difference>>,
    /// Plans of the page's `plan` blocks.
    pub(crate) explained: Vec<Explained>,
    pub(crate) on_twin: Option<OnTwin>,
    /// What an attack has shown, written by hand.
    pub(crate) attack: Option<AttackReport>,
    /// Roles, memberships and extensions that the test server does not have: added to the catalogue.
    pub(crate) more_catalog: Option<Value>,
}

impl Facts {
    /// The defaults with these laid over. Statistics and settings are there only when they are named.
    pub(crate) fn new(version_num: u32, overlay: Option<&Value>) -> Self {
        let none = json!({});
        let overlay = overlay.unwrap_or(&none);
        for key in overlay.as_object().expect("an object").keys() {
            let known = [
                "stats",
                "settings",
                "settings_more",
                "catalog",
                "hba",
                "server",
                "exposure",
                "stack",
                "house",
                "brief",
                "replay",
                "drift",
                "migrations",
                "on_twin",
                "explained",
                "attack",
            ];
            assert!(known.contains(&key.as_str()), "facts: unknown key {key}");
        }
        let part = |name: &str| overlay.get(name);
        let live = part("settings").is_some() || part("hba").is_some();
        Self {
            stats: part("stats").map(stats),
            settings: live.then(|| settings(part("settings"), part("hba"), part("settings_more"))),
            server: over(server(version_num), part("server")),
            exposure: part("exposure").map(exposure).unwrap_or_default(),
            stack: over(Stack::default(), part("stack")),
            house: over(HouseRules::default(), part("house")),
            brief: over(Brief::default(), part("brief")),
            replay: part("replay").map(|r| over(Replay::default(), Some(r))),
            drift: part("drift").map(|d| d.as_array().into_iter().flatten().map(difference).collect()),
            explained: Vec::new(),
            on_twin: part("on_twin").map(|o| serde_json::from_value(o.clone()).expect("facts: on_twin")),
            attack: part("attack").map(|a| serde_json::from_value(a.clone()).expect("facts: attack")),
            more_catalog: part("catalog").cloned(),
        }
    }

    /// The facts of one side of a page: what it lays over the defaults, and its plan as `the statement`.
    pub(crate) fn of(version_num: u32, side: &Side) -> Self {
        let mut facts = Self::new(version_num, side.facts.as_ref());
        if let Some(text) = &side.plan {
            facts.explain(read_plan(text), side.facts.as_ref().and_then(|f| f.get("explained")));
        }
        facts
    }

    /// The catalogue with what the facts add to it.
    pub(crate) fn with_more(&self, catalog: &Catalog) -> Catalog {
        fn add<T: serde::de::DeserializeOwned>(to: &mut Vec<T>, more: &Value, key: &str) {
            let more = more.get(key).cloned().unwrap_or_else(|| json!([]));
            to.extend(serde_json::from_value::<Vec<T>>(more).expect("facts: catalog"));
        }
        let mut catalog = catalog.clone();
        if let Some(more) = &self.more_catalog {
            for key in more.as_object().expect("an object").keys() {
                assert!(["roles", "memberships", "extensions"].contains(&key.as_str()), "facts: catalog: unknown key {key}");
            }
            add(&mut catalog.roles, more, "roles");
            add(&mut catalog.memberships, more, "memberships");
            add(&mut catalog.extensions, more, "extensions");
            catalog.sort();
        }
        catalog
    }

    /// Adds a plan as `the statement`; calls, shape and alternatives are laid over it.
    pub(crate) fn explain(&mut self, plan: Plan, overlay: Option<&Value>) {
        let base = Explained { name: "the statement".into(), plan, calls: 1.0, ..Explained::default() };
        self.explained.push(over(base, overlay));
    }

    /// The context of a run over that catalogue.
    pub(crate) fn context<'a>(&'a self, catalog: &'a Catalog) -> Context<'a> {
        Context {
            stats: self.stats.as_ref(),
            settings: self.settings.as_ref(),
            replay: self.replay.as_ref(),
            drift: self.drift.as_deref(),
            explained: &self.explained,
            on_twin: self.on_twin.as_ref(),
            attack: self.attack.as_ref(),
            now: NOW,
            ..Context::of(catalog, &self.server, &self.exposure, &self.stack, &self.house, &self.brief)
        }
    }
}

/// EXPLAIN's output in any of its forms, read as the product reads it.
pub(crate) fn read_plan(text: &str) -> Plan {
    let plans = architrave_read::plan::read(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    plans.into_iter().next().expect("a plan").plan
}

fn server(version_num: u32) -> Server {
    Server {
        version_num,
        version: format!("{}.{}", version_num / 10_000, version_num % 10_000),
        platform: Platform::SelfManaged,
        started_at: Some(NOW - 90.0 * DAY),
        database: "shop".into(),
        ..Server::default()
    }
}

fn stats(overlay: &Value) -> Stats {
    let mut base = json!({
        "captured_at": NOW, "tables": [], "indexes": [], "columns": [],
        "database": {"stats_reset": NOW - 60.0 * DAY}
    });
    merge(&mut base, overlay);
    let mut stats: Stats = serde_json::from_value(base).expect("facts: stats");
    stats.sort();
    stats
}

/// Settings are written `name: value`, or `name: {"value": …, "unit": …}`; `more` is laid over the rest.
fn settings(values: Option<&Value>, hba: Option<&Value>, more: Option<&Value>) -> Settings {
    let pairs = values.and_then(Value::as_object).into_iter().flatten();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let setting = |(name, value): (&String, &Value)| {
        let base = Setting { name: name.clone(), source: "configuration file".into(), context: "sighup".into(), ..Setting::default() };
        if value.is_object() { over(base, Some(value)) } else { Setting { value: plain(value), ..base } }
    };
    let mut values: Vec<Setting> = pairs.map(setting).collect();
    values.sort_by(|a, b| a.name.cmp(&b.name));
    let rule = |v: &Value| over(HbaRule::default(), Some(v));
    let hba = hba.and_then(Value::as_array).map(|rules| rules.iter().map(rule).collect());
    over(Settings { values, hba, ..Settings::default() }, more)
}

/// An object that is `added` (only in the database) or `removed` (only in the scripts).
fn difference(value: &Value) -> Difference {
    let object = serde_json::from_value(value["object"].clone()).expect("facts: drift");
    let change = if value["change"] == "added" { Change::Added } else { Change::Removed };
    Difference { object, change }
}

fn exposure(overlay: &Value) -> Exposure {
    let list =
        |k: &str| overlay.get(k).and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    Exposure { schemas: list("schemas"), roles: list("roles") }
}

fn over<T: serde::Serialize + serde::de::DeserializeOwned>(base: T, overlay: Option<&Value>) -> T {
    let mut value = serde_json::to_value(base).unwrap();
    if let Some(overlay) = overlay {
        merge(&mut value, overlay);
    }
    serde_json::from_value(value).expect("facts")
}

fn merge(base: &mut Value, overlay: &Value) {
    match (base, overlay) {
        (Value::Object(base), Value::Object(overlay)) => {
            for (key, value) in overlay {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, overlay) => *base = overlay.clone(),
    }
}
