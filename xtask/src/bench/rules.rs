//! `cargo xtask bench rules`: what all rules cost on a large catalogue, and how much of public schemas is taken for personal data.

use super::{Row, cases, print, schema, seconds};
use crate::say;
use anyhow::{Context as _, bail, ensure};
use architrave_model::brief::Brief;
use architrave_model::catalog::Table;
use architrave_model::context::Exposure;
use architrave_model::house::HouseRules;
use architrave_model::name::ObjectRef;
use architrave_model::snapshot::Snapshot;
use architrave_model::stack::Stack;
use architrave_model::{Catalog, Context, ObjectKind};
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::NoProgress;
use architrave_sql::ddl::{DdlOptions, DdlReader};
use architrave_sql::split::split;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// All rules over 10,000 tables, CPU seconds.
const RULES_BAR: Duration = Duration::from_secs(2);
/// Share of all columns that may be taken for personal data.
const SHARE_BAR: f64 = 0.03;
/// Share of them that have to be.
const PRECISION_BAR: f64 = 0.8;
/// Labels of columns of public schemas: table, column, type, and `+` where it holds personal data.
const LABELS: &str = include_str!("personal_data_labels.tsv");

/// Runs `ten-thousand`, `labels`, `pii DIR [--columns FILE]` or `rates DIR [GROUP…]`.
pub(super) fn run(arguments: &[&str]) -> anyhow::Result<ExitCode> {
    let mut missed = 0;
    match arguments {
        [] | ["ten-thousand"] => {
            missed += print::head();
            missed += print::rows("ten-thousand", ten_thousand_tables()?);
        }
        ["labels"] => {
            missed += print::head();
            missed += print::rows("labels", labels()?);
        }
        ["pii", folder] => {
            missed += print::head();
            missed += print::rows("pii", personal_data(Path::new(folder), None)?);
        }
        ["pii", folder, "--columns", file] => {
            missed += print::head();
            missed += print::rows("pii", personal_data(Path::new(folder), Some(Path::new(file)))?);
        }
        ["rates", folder, groups @ ..] => rates(Path::new(folder), groups)?,
        other => {
            bail!("there is no case {}; there are ten-thousand, labels, pii DIR [--columns FILE] and rates DIR [GROUP…]", other.join(" "))
        }
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

/// The CPU time of all rules, and the dearest of them.
fn ten_thousand_tables() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let server = cases::start(&runtime)?;
    let database = cases::database(&runtime, &server, &schema::statements(10_000))?;
    let snapshot = runtime.block_on(async {
        let mut client = database.connect().await?;
        read_snapshot(&mut client, &ReadOptions::default(), &NoProgress).await.map_err(anyhow::Error::from)
    })?;
    let facts = Facts::default();
    let context = facts.context(&snapshot.catalog, Some(&snapshot));
    let mut of_rules: Vec<(Duration, &str)> = Vec::new();
    for rule in architrave_rules::registry::all() {
        let started = cpu_time();
        architrave_rules::run(&context, Some(&[rule.id]));
        of_rules.push((cpu_time().saturating_sub(started), rule.id));
    }
    let started = cpu_time();
    let outcome = architrave_rules::run(&context, None);
    let whole = cpu_time().saturating_sub(started);
    of_rules.sort_unstable_by(|a, b| b.cmp(a));
    let dearest: Vec<String> = of_rules.iter().take(8).map(|(time, id)| format!("{id} {}", seconds(*time))).collect();
    let columns: usize = snapshot.catalog.tables.iter().map(|t| t.columns.len()).sum();
    let what = format!("{} rules over {} tables, {columns} columns, CPU", of_rules.len(), snapshot.catalog.tables.len());
    let of_whole = if cfg!(debug_assertions) {
        Row::new(what, seconds(whole)).ratio("a debug build: cargo run --release -p xtask -- bench rules has the bar")
    } else {
        Row::at_most(what, whole, RULES_BAR)
    };
    Ok(vec![of_whole, Row::new("findings", outcome.findings.len().to_string()), Row::new("dearest rules", dearest.join(", "))])
}

/// CPU time of this thread where the system tells, else the wall clock since the first call.
fn cpu_time() -> Duration {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = text.split_whitespace().next().and_then(|n| n.parse().ok()).map(Duration::from_nanos);
    told.unwrap_or_else(|| FIRST.get_or_init(Instant::now).elapsed())
}

/// How many of the schema files of a folder each rule of these groups fires on, and what it says at medium and above.
fn rates(folder: &Path, groups: &[&str]) -> anyhow::Result<()> {
    let mut by_rule: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let files = schema_files(folder)?;
    for path in &files {
        let file = read(path)?;
        let facts = Facts::default();
        let mut found = architrave_rules::run(&facts.context(&file.catalog, None), None).findings;
        found.retain(|f| groups.is_empty() || groups.iter().any(|g| f.rule.split('/').next() == Some(g)));
        let mut last = "";
        found.sort_by(|a, b| a.rule.cmp(&b.rule));
        for finding in &found {
            let (schemas, findings) = by_rule.entry(finding.rule.clone()).or_default();
            *schemas += usize::from(last != finding.rule);
            *findings += 1;
            last = &finding.rule;
            if finding.severity >= architrave_model::Severity::Medium {
                say(&format!("{} {} {}: {}", file.name, finding.severity.word(), finding.rule, finding.message));
            }
        }
    }
    say(&format!("\n| rule | schemas of {} | findings |\n|---|---|---|", files.len()));
    for (rule, (schemas, findings)) in by_rule {
        say(&format!("| {rule} | {schemas} | {findings} |"));
    }
    Ok(())
}

/// The schema files of a folder, sorted.
fn schema_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "sql"));
    paths.sort();
    Ok(paths)
}

/// A schema file: its tables, as far as the text can be read.
struct File {
    name: String,
    catalog: Catalog,
}

/// The share of all columns in a folder of schema files (one project each) that is taken for personal data.
fn personal_data(folder: &Path, columns: Option<&Path>) -> anyhow::Result<Vec<Row>> {
    let paths = schema_files(folder)?;
    let (mut all, mut flagged, mut projects, mut listing) = (0, 0, 0, String::new());
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for path in &paths {
        let file = read(path)?;
        let places = places(&file.catalog);
        let of_file: usize = file.catalog.tables.iter().map(|t| t.columns.len()).sum();
        projects += usize::from(of_file > 0);
        all += of_file;
        for table in &file.catalog.tables {
            for column in &table.columns {
                let kind = places.get(&ObjectRef::column(&table.name, &column.name));
                flagged += usize::from(kind.is_some());
                if let Some(kind) = kind {
                    *kinds.entry(kind.split(',').next().unwrap_or_default().to_owned()).or_default() += 1;
                }
                let kind = kind.map_or("-", String::as_str);
                writeln!(listing, "{}\t{}\t{}\t{}\t{kind}", file.name, table.name.name, column.name, column.data_type)?;
            }
        }
    }
    ensure!(all > 0, "{} holds no schema file with a table", folder.display());
    if let Some(file) = columns {
        std::fs::write(file, listing).with_context(|| file.display().to_string())?;
    }
    let share = flagged as f64 / all as f64;
    let of_kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    Ok(vec![
        Row::new(format!("columns of {projects} schemas taken for personal data"), format!("{flagged} of {all}, {:.2} %", share * 100.0))
            .bar(format!("≤ {:.0} %", SHARE_BAR * 100.0), share <= SHARE_BAR),
        Row::new("by kind", of_kinds.join(", ")),
    ])
}

fn read(path: &Path) -> anyhow::Result<File> {
    const BEFORE: &str = "create schema auth; create table auth.users (id uuid primary key); create role anon; create role authenticated; create role service_role;";
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let mut reader = DdlReader::new(DdlOptions::default());
    for statement in split(BEFORE).iter().chain(&split(&text)) {
        reader.apply(statement);
    }
    let mut catalog = reader.into_catalog();
    catalog.tables.retain(|t| t.name.schema != "auth");
    Ok(File { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), catalog })
}

/// Columns that the rule names, with what it takes them for.
fn places(catalog: &Catalog) -> BTreeMap<ObjectRef, String> {
    let facts = Facts::default();
    let outcome = architrave_rules::run(&facts.context(catalog, None), Some(&["privacy/personal-data"]));
    let places = outcome.findings.into_iter().flat_map(|f| f.places).filter(|p| p.object.kind == ObjectKind::Column);
    places.map(|p| (p.object, p.detail.unwrap_or_default())).collect()
}

/// Precision and recall over the labelled columns. A label's table stands with all of its labelled columns.
fn labels() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (sample, lines) in samples()? {
        let mut catalog = Catalog::default();
        let mut wanted: BTreeMap<ObjectRef, bool> = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            let [table, columns, column, label] = line.as_slice() else { bail!("a label needs four fields: {line:?}") };
            // Every label is a table of its own: context columns first, then the one that is labelled.
            let name = architrave_model::QualifiedName::new(format!("s{at:04}"), *table);
            let mut made = Table { name: name.clone(), ..Table::default() };
            for definition in columns.split(';').chain([*column]).filter(|c| !c.is_empty()) {
                let (named, data_type) = definition.split_once(' ').with_context(|| format!("{definition}: no type"))?;
                made.columns.push(architrave_model::catalog::Column {
                    name: named.to_owned(),
                    data_type: data_type.to_owned(),
                    ..architrave_model::catalog::Column::default()
                });
            }
            let labelled = column.split(' ').next().unwrap_or_default();
            wanted.insert(ObjectRef::column(&name, labelled), *label == "+");
            catalog.tables.push(made);
        }
        catalog.sort();
        let found = places(&catalog);
        let named = wanted.iter().filter(|(column, _)| found.contains_key(column));
        let (right, wrong): (Vec<_>, Vec<_>) = named.partition(|(_, is)| **is);
        let all = wanted.values().filter(|is| **is).count();
        let precision = right.len() as f64 / (right.len() + wrong.len()).max(1) as f64;
        let missed = wanted.iter().filter(|(column, is)| **is && !found.contains_key(column));
        for (column, _) in &wrong {
            say(&format!("<!-- {sample}: wrongly {column} -->"));
        }
        for (column, _) in missed {
            say(&format!("<!-- {sample}: missed {column} -->"));
        }
        rows.push(
            Row::new(
                format!("precision on {} labelled columns, sample {sample}", wanted.len()),
                format!("{precision:.3} ({} of {})", right.len(), right.len() + wrong.len()),
            )
            .bar(format!("≥ {PRECISION_BAR}"), precision >= PRECISION_BAR)
            .ratio(format!("recall {:.3} of {all}", right.len() as f64 / all.max(1) as f64)),
        );
    }
    Ok(rows)
}

/// The labelled lines by sample: table, context columns, column with type, label.
fn samples() -> anyhow::Result<BTreeMap<&'static str, Vec<Vec<&'static str>>>> {
    let mut samples: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    for line in LABELS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let (sample, rest) = line.split_once('\t').with_context(|| format!("no sample: {line}"))?;
        samples.entry(sample).or_default().push(rest.split('\t').collect());
    }
    Ok(samples)
}

/// A context that knows nothing but the catalogue.
#[derive(Default)]
struct Facts {
    server: architrave_model::platform::Server,
    exposure: Exposure,
    stack: Stack,
    house: HouseRules,
    brief: Brief,
}

impl Facts {
    fn context<'a>(&'a self, catalog: &'a Catalog, snapshot: Option<&'a Snapshot>) -> Context<'a> {
        Context {
            stats: snapshot.and_then(|s| s.stats.as_ref()),
            settings: snapshot.and_then(|s| s.settings.as_ref()),
            now: snapshot.and_then(|s| s.stats.as_ref()).map_or(0.0, |s| s.captured_at),
            ..Context::of(catalog, snapshot.map_or(&self.server, |s| &s.server), &self.exposure, &self.stack, &self.house, &self.brief)
        }
    }
}
