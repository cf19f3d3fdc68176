//! The forms of `architrave docs` that show the schema as a whole: diagrams, and what has changed since another target.

use super::{Form, Material};
use crate::args::{Docs as Options, Global};
use crate::progress::Bars;
use anyhow::Context as _;
use architrave_app::TargetSpec;
use architrave_app::docs::{Described, DocsRequest, describe};
use architrave_report::diagram::{self, Diagram, Scene};
use architrave_report::schema_diff::{self, SchemaDiff, Side};

/// The form behind an ending, where it is one of ours: `.svg` always is, `.html` and `.md` when asked for.
pub(super) fn form(ending: &str, options: &Options) -> Option<Form> {
    match diagram::Form::of_ending(ending)? {
        form if form.is_only_a_diagram() || options.diagram => Some(Form::Diagram(form)),
        diagram::Form::Html if options.since.is_some() => Some(Form::Changes(schema_diff::Form::Html)),
        diagram::Form::Markdown if options.since.is_some() => Some(Form::Changes(schema_diff::Form::Markdown)),
        _ => None,
    }
}

/// The older side of `--since`, opened as the target itself is.
pub(super) async fn before(options: &Options, global: &Global) -> anyhow::Result<Option<Described>> {
    let Some(since) = options.since.as_deref() else { return Ok(None) };
    let request = DocsRequest { target: TargetSpec::parse(since)?, search_code: false, ..super::request(options)? };
    Box::pin(describe(&request, &Bars::new(global))).await.map(Some).with_context(|| format!("--since {since}"))
}

/// A diagram of the schemas of `--schema`: keys unless all columns are asked for, views on demand.
pub(super) fn diagram(form: diagram::Form, material: Material<'_>) -> Vec<u8> {
    let options = material.options;
    let mut scene = Scene::of_target(&material.described.target, options.views);
    scene.title.clone_from(&material.described.dictionary.name);
    scene.retain_schemas(&options.schemas);
    scene.detail = options.columns.into();
    if options.no_statistics {
        scene.stats = None;
    }
    Diagram::new(scene).render(form).into_bytes()
}

/// What has changed.
pub(super) fn changes(form: schema_diff::Form, material: Material<'_>) -> anyhow::Result<Vec<u8>> {
    let before = material.before.context("--since is missing")?;
    let diff = SchemaDiff::of(side(before), side(material.described));
    Ok(match form {
        schema_diff::Form::Html => diff.html(),
        schema_diff::Form::Markdown => diff.markdown(),
    }
    .into_bytes())
}

/// A side under the name of where it comes from: two states of one database have the same name.
fn side(described: &Described) -> Side<'_> {
    Side { name: &described.target.source, ..Side::of_target(&described.target) }
}
