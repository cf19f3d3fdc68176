//! `architrave docs`: the data dictionary of a target, and what people draw and edit of it.

use crate::args::{Docs as Options, Global};
use crate::output;
use crate::progress::Bars;
use anyhow::{Context as _, bail};
use architrave_app::docs::{Described, DocsRequest, describe};
use architrave_app::server::ServerOptions;
use architrave_app::{Environment, TargetSpec};
use architrave_report::diagram::{self, Diagram, Scene};
use architrave_report::dictionary;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is written to one place of `-o`; diagrams have their variants here, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Diagram(diagram::Form),
}

pub(crate) async fn run(options: &Options, global: &Global) -> anyhow::Result<ExitCode> {
    let forms = forms(&options.output, options.diagram)?;
    let described = Box::pin(describe(&request(options)?, &Bars::new(global))).await?;
    for (path, form) in &forms {
        output::write_file(path, &render(*form, &described, options)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The form of each output; a wrong one fails before any work is done.
fn forms(paths: &[PathBuf], is_diagram: bool) -> anyhow::Result<Vec<(&Path, Form)>> {
    let mut forms = Vec::new();
    for path in paths {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let form = match ending.as_deref() {
            Some(ending) if let Some(form) = diagram::Form::of_ending(ending).filter(|form| is_diagram || form.is_only_a_diagram()) => {
                Form::Diagram(form)
            }
            Some("json") => Form::Json,
            Some(other) => bail!("no document ends in .{other} ({})", path.display()),
            None => bail!("{} has no ending", path.display()),
        };
        forms.push((path.as_path(), form));
    }
    Ok(forms)
}

fn render(form: Form, described: &Described, options: &Options) -> anyhow::Result<Vec<u8>> {
    match form {
        Form::Json => dictionary::json(&described.dictionary).context("the dictionary does not become JSON"),
        Form::Diagram(form) => Ok(Diagram::new(scene(described, options)).render(form).into_bytes()),
    }
}

/// What diagrams show: the schemas of `--schema`, keys unless all columns are asked for, views on demand.
fn scene<'a>(described: &'a Described, options: &Options) -> Scene<'a> {
    let mut scene = Scene::of_target(&described.target, options.views);
    scene.title.clone_from(&described.dictionary.name);
    scene.retain_schemas(&options.schemas);
    scene.detail = options.columns.into();
    if options.no_statistics {
        scene.stats = None;
    }
    scene
}

fn request(options: &Options) -> anyhow::Result<DocsRequest> {
    let target = match options.target.as_deref() {
        Some("env") => TargetSpec::parse(&super::review::database_url()?)?,
        other => TargetSpec::parse(other.unwrap_or("."))?,
    };
    Ok(DocsRequest {
        target,
        database: options.database.clone(),
        code: options.code.clone(),
        search_code: !options.no_code,
        options: dictionary::Options { schemas: options.schemas.clone(), no_statistics: options.no_statistics },
        server: ServerOptions { major: options.server.postgres, offline: options.server.offline, ..ServerOptions::from_env() },
        environment: Environment::from_process(),
        now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64()),
    })
}
