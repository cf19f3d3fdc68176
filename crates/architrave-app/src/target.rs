//! What a target on the command line is: directory, database, snapshot or SQL file.

use crate::error::AppError;
use std::path::{Path, PathBuf};

/// A target, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSpec {
    /// A project directory.
    Directory(PathBuf),
    /// A live PostgreSQL: a connection string, secrets included.
    Database(String),
    /// A `*.snapshot.json`.
    Snapshot(PathBuf),
    /// A single `.sql` file.
    SqlFile(PathBuf),
}

impl TargetSpec {
    /// Understands one argument.
    pub fn parse(text: &str) -> Result<Self, AppError> {
        if let Some((scheme, _)) = text.split_once("://") {
            return match scheme {
                "postgres" | "postgresql" => Ok(Self::Database(text.to_owned())),
                "mysql" | "mariadb" | "sqlserver" | "oracle" | "libsql" | "mongodb" | "mongodb+srv" | "redis" | "rediss" => {
                    Err(AppError::Target(format!("{scheme}:// databases are not reviewed yet; PostgreSQL (postgres://…) is")))
                }
                other => Err(AppError::Target(format!(
                    "{other}:// is no database that architrave knows; write postgres://user@host:5432/database"
                ))),
            };
        }
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Directory(path.to_owned()));
        }
        if path.is_file() {
            return Self::file(path);
        }
        if looks_like_key_values(text) {
            return Ok(Self::Database(text.to_owned()));
        }
        Err(AppError::Target(match path.symlink_metadata().map_err(|e| e.kind()) {
            Ok(_) => {
                format!("{text} is neither a directory nor a file; give a project directory, a .sql file, a .snapshot.json or postgres://…")
            }
            Err(std::io::ErrorKind::PermissionDenied) => format!("no permission to look at {text}; run as a user who may read it"),
            Err(_) => {
                format!("{text} does not exist; give a project directory, a .sql file, a .snapshot.json or postgres://user@host/database")
            }
        }))
    }

    fn file(path: &Path) -> Result<Self, AppError> {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let ends = |ending: &str| name.ends_with(ending);
        if ends(".json") {
            Ok(Self::Snapshot(path.to_owned()))
        } else if ends(".sql") || ends(".ddl") || ends(".dump") || ends(".pgsql") {
            Ok(Self::SqlFile(path.to_owned()))
        } else {
            Err(AppError::Target(format!("{} is no SQL file (.sql) and no snapshot (.snapshot.json)", path.display())))
        }
    }
}

/// `host=… dbname=…`, libpq's other form.
fn looks_like_key_values(text: &str) -> bool {
    let known = ["host", "hostaddr", "port", "dbname", "user", "service", "password", "sslmode"];
    text.split_whitespace().filter_map(|word| word.split_once('=')).any(|(key, _)| known.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls_and_key_values() {
        assert!(matches!(TargetSpec::parse("postgres://u@h/db"), Ok(TargetSpec::Database(_))));
        assert!(matches!(TargetSpec::parse("host=/tmp dbname=x"), Ok(TargetSpec::Database(_))));
    }

    #[test]
    fn other_engines_and_missing_paths_are_said() {
        let message = |text: &str| TargetSpec::parse(text).map_err(|e| e.to_string()).unwrap_err();
        assert!(message("mysql://h/db").starts_with("mysql:// databases are not reviewed yet"));
        assert!(message("no-such-place").contains("does not exist"));
    }

    #[test]
    fn a_secret_in_a_wrong_url_stays_out_of_the_message() {
        let message = TargetSpec::parse("mysql://root:hunter2@h/db").unwrap_err().to_string();
        assert!(!message.contains("hunter2"));
    }
}
