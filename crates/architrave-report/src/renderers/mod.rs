//! The registry of report formats: one folder each, one line here.

pub mod comment;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;

use crate::report::Report;
use std::io;

/// Prints reports in one format.
pub trait Renderer: Sync {
    /// Prints the report. Computes nothing, asks nobody; fails only when `out` does.
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()>;
}

/// A format of reports.
pub struct Format {
    /// Name for `--format`.
    pub name: &'static str,
    /// File name extensions that pick it, without dot.
    pub extensions: &'static [&'static str],
    /// Its renderer.
    pub renderer: &'static dyn Renderer,
}

/// All formats.
pub static ALL: &[Format] = &[
    Format { name: "markdown", extensions: &["md", "markdown"], renderer: &markdown::Markdown },
    Format { name: "html", extensions: &["html", "htm"], renderer: &html::Html },
    Format { name: "json", extensions: &["json"], renderer: &json::Json },
    Format { name: "comment", extensions: &[], renderer: &comment::PLAIN },
    Format { name: "sarif", extensions: &["sarif"], renderer: &sarif::Sarif { allowed: false } },
    Format { name: "github", extensions: &[], renderer: &github::Github },
    Format { name: "junit", extensions: &["xml"], renderer: &junit::Junit },
    Format { name: "text", extensions: &["txt"], renderer: &text::PLAIN },
];

/// The renderer of that name (or extension).
pub fn find(name: &str) -> Option<&'static dyn Renderer> {
    by_name(name).map(|f| f.renderer)
}

/// The format of that name; an extension is taken for a name too.
pub fn by_name(name: &str) -> Option<&'static Format> {
    ALL.iter().find(|f| f.name == name).or_else(|| by_extension(name))
}

/// The format that an extension (without dot, in any case) picks.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    ALL.iter().find(|f| f.extensions.iter().any(|e| e.eq_ignore_ascii_case(extension)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_registered() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/renderers");
        let mut folders: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap())
            .filter(|e| e.file_type().unwrap().is_dir())
            .map(|e| e.file_name().into_string().unwrap())
            .collect();
        folders.sort();
        let mut names: Vec<&str> = ALL.iter().map(|f| f.name).collect();
        names.sort_unstable();
        assert_eq!(folders, names);
    }

    #[test]
    fn extensions_pick_one_format_each() {
        let mut all: Vec<&str> = ALL.iter().flat_map(|f| f.extensions).copied().collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
        assert_eq!(by_extension("HTML").unwrap().name, "html");
        assert_eq!(by_name("md").unwrap().name, "markdown");
        assert!(by_name("pdf").is_none());
    }
}
