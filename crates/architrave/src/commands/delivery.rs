//! Where the report of `lint` and `rls` goes: files, standard output, the baseline, and the exit status that tells of it.

use super::review::reaches;
use crate::args::{FailOn, Global, ReportFormat};
use crate::output::{self, Buffered};
use crate::request;
use anyhow::Context as _;
use architrave_app::baseline;
use architrave_model::review::Review;
use architrave_report::renderers::{self, text::Style};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Destinations, checked before any work is done.
pub(crate) struct Delivery<'a> {
    files: Vec<(PathBuf, ReportFormat)>,
    printed: Option<ReportFormat>,
    baseline: Option<&'a Path>,
    fail_on: FailOn,
    global: &'a Global,
}

impl<'a> Delivery<'a> {
    pub(crate) fn check(
        outputs: &[PathBuf],
        printed: Option<ReportFormat>,
        baseline: Option<&'a Path>,
        fail_on: FailOn,
        global: &'a Global,
    ) -> anyhow::Result<Self> {
        let files = request::report_files(outputs, printed)?;
        if let Some(path) = baseline {
            output::check_place(path)?;
        }
        Ok(Self { files, printed, baseline, fail_on, global })
    }

    /// Writes and prints what `render` makes; `written` names the files that the command has written itself.
    pub(crate) fn deliver(
        &self,
        review: &Review,
        mut written: Vec<String>,
        render: impl Fn(ReportFormat, Style, &mut Buffered<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<ExitCode> {
        for (path, format) in &self.files {
            output::write_file_with(path, |out| render(*format, Style { color: false, width: 100 }, out))?;
            written.push(path.display().to_string());
        }
        if let Some(path) = self.baseline {
            let day: String = review.run.started_at.chars().take(10).collect();
            baseline::write(path, &review.baseline, &day)?;
            written.push(format!("{} ({} known findings)", path.display(), review.baseline.len()));
        }
        let style = Style { color: output::colored(self.global), width: output::width() };
        match self.printed {
            Some(format) => output::print_with(|out| render(format, style, out))?,
            None if !self.global.quiet => output::print_with(|out| render(ReportFormat::Text, style, out))?,
            None => {}
        }
        if !written.is_empty() {
            output::note(&format!("written: {}", written.join(", ")), self.global);
        }
        let worst = review.findings.iter().map(|f| f.severity).max();
        Ok(ExitCode::from(u8::from(reaches(worst, self.fail_on))))
    }
}

/// The findings in a format that other programs read: SARIF, JUnit, annotations, a comment.
pub(crate) fn findings(review: &Review, format: ReportFormat, out: &mut Buffered<'_>) -> anyhow::Result<()> {
    let format = renderers::by_name(format.name()).with_context(|| format!("no report format is called {}", format.name()))?;
    Ok(format.renderer.render(&architrave_report::build(review), out)?)
}
