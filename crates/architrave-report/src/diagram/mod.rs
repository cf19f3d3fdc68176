//! Entity-relationship diagrams: communities of tables laid out to be read, as SVG, one offline HTML file, Mermaid, DBML and DOT.
//!
//! [`Scene`] says what to show, [`Diagram`] finds the communities and prints. The same scene gives the same bytes. Nothing here is read
//! from a server, and no value of a row is shown.

mod channel;
mod communities;
mod dbml;
mod dot;
pub(crate) mod entities;
mod html;
mod layered;
mod mermaid;
mod pack;
mod picture;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod svg;
#[cfg(test)]
mod tests;

use architrave_model::catalog::{Catalog, Table, TypeDef, View};
use architrave_model::name::QualifiedName;
use architrave_model::review::Target;
use architrave_model::scope::Scope;
use architrave_model::stats::Stats;
use communities::Grouping;
use entities::Entities;
use picture::Picture;
use std::collections::BTreeMap;

/// Which columns a box shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// None.
    Names,
    /// Those of primary and foreign keys.
    #[default]
    Keys,
    /// All.
    All,
}

/// What a schema diff says of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Something of it differs.
    Changed,
}

impl Mark {
    /// The sign in front of a name.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Removed => "−",
            Self::Changed => "≠",
        }
    }

    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What a diagram shows.
#[derive(Debug, Clone, Default)]
pub struct Scene<'a> {
    /// Whose schema it is: `storefront`.
    pub title: String,
    /// Tables, in any order.
    pub tables: Vec<&'a Table>,
    /// Views, in any order; none by default.
    pub views: Vec<&'a View>,
    /// Types: DBML lists enums.
    pub types: Vec<&'a TypeDef>,
    /// Statistics: rows and sizes are shown where they are known.
    pub stats: Option<&'a Stats>,
    /// Columns to show.
    pub detail: Detail,
    /// Show references that no constraint declares but name and type leave no doubt about, as dashed lines.
    pub implied: bool,
    /// What a schema diff says.
    pub marks: BTreeMap<QualifiedName, Mark>,
}

impl<'a> Scene<'a> {
    /// Everything that is reviewed of a catalogue: no partitions, no tables of extensions or platforms.
    pub fn of(title: impl Into<String>, catalog: &'a Catalog, scope: &Scope<'a>, stats: Option<&'a Stats>) -> Self {
        Self {
            title: title.into(),
            tables: scope.tables().collect(),
            types: catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)).collect(),
            stats,
            implied: true,
            ..Self::default()
        }
    }

    /// Everything that is reviewed of a target; its views only when asked for.
    pub fn of_target(target: &'a Target, views: bool) -> Self {
        let (catalog, scope) = (&target.snapshot.catalog, crate::scope::of(target));
        let mut scene = Self::of(&target.name, catalog, &scope, target.snapshot.stats.as_ref());
        if views {
            scene.views = catalog.views.iter().filter(|v| v.extension.is_none() && scope.covers(&v.name.schema)).collect();
        }
        scene
    }

    /// Leaves out what is in no schema of these; all stay when there are none.
    pub fn retain_schemas(&mut self, schemas: &[String]) {
        if !schemas.is_empty() {
            self.tables.retain(|t| schemas.contains(&t.name.schema));
            self.views.retain(|v| schemas.contains(&v.name.schema));
            self.types.retain(|t| schemas.contains(&t.name.schema));
        }
    }
}

/// The forms that a diagram can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A stand-alone picture.
    Svg,
    /// One offline file to move about in.
    Html,
    /// One Mermaid diagram: `erDiagram` while it is small enough, else an overview of the communities.
    Mermaid,
    /// Markdown with Mermaid blocks, each small enough for GitHub.
    Markdown,
    /// Database markup language of dbdiagram.io.
    Dbml,
    /// Graphviz.
    Dot,
}

impl Form {
    /// Whether nothing but a diagram has this form.
    pub fn is_only_a_diagram(self) -> bool {
        !matches!(self, Self::Html | Self::Markdown)
    }

    /// By the ending of a file's name, without the dot.
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "svg" => Some(Self::Svg),
            "html" | "htm" => Some(Self::Html),
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "md" | "markdown" => Some(Self::Markdown),
            "dbml" => Some(Self::Dbml),
            "dot" | "gv" => Some(Self::Dot),
            _ => None,
        }
    }
}

/// A diagram: entities in their communities.
#[derive(Debug, Clone)]
pub struct Diagram<'a> {
    scene: Scene<'a>,
    entities: Entities,
    grouping: Grouping,
}

impl<'a> Diagram<'a> {
    /// Finds entities, relations and communities. Places are found when a picture is asked for.
    pub fn new(scene: Scene<'a>) -> Self {
        let entities = Entities::of(&scene);
        let grouping = Grouping::of(&entities);
        Self { scene, entities, grouping }
    }

    /// As text of that form.
    pub fn render(&self, form: Form) -> String {
        match form {
            Form::Svg => svg::document(&self.scene.title, &self.entities, &self.grouping, &self.picture()),
            Form::Html => html::page(&self.scene, &self.entities, &self.grouping, &self.picture()),
            Form::Mermaid => mermaid::single(&self.scene.title, &self.entities, &self.grouping, self.scene.detail),
            Form::Markdown => mermaid::markdown(&self.scene.title, &self.entities, &self.grouping, self.scene.detail),
            Form::Dbml => dbml::document(&self.scene),
            Form::Dot => dot::document(&self.scene.title, &self.entities, &self.grouping, self.scene.detail),
        }
    }

    /// As an element for a page that has [`svg::STYLE`](svg) among its styles.
    pub(crate) fn svg_element(&self) -> String {
        svg::element(&self.scene.title, &self.entities, &self.grouping, &self.picture())
    }

    fn picture(&self) -> Picture {
        Picture::of(&self.entities, &self.grouping, self.scene.detail)
    }
}
