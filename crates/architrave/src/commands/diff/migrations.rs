//! The statements as new migrations of a project: numbered files after the ones that are there.

use anyhow::{Context as _, bail};
use architrave_app::diff::Way;
use std::path::{Path, PathBuf};

/// Writes the files; nothing that is there is overwritten.
pub(super) fn write(directory: &Path, _database: Option<&str>, up: &Way, _down: &Way) -> anyhow::Result<Vec<PathBuf>> {
    if !up.trial.proved {
        bail!("--write: the statements are not proved, so no migration was written");
    }
    let mut written = Vec::new();
    for (number, file) in up.files.iter().enumerate() {
        let path = directory.join(format!("{:04}_{}.sql", number + 1, file.title.replace(' ', "_")));
        let text: String = file.statements.iter().map(|s| format!("{s};\n")).collect();
        anyhow::ensure!(!path.exists(), "{} is there already; give another directory", path.display());
        std::fs::create_dir_all(directory).with_context(|| format!("cannot make the directory {}", directory.display()))?;
        crate::output::write_file(&path, text.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}
