//! Server settings with their source, and the host-based authentication rules.

use serde::{Deserialize, Serialize};

/// Settings and `pg_hba.conf` of a live server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `pg_settings`, sorted by name.
    pub values: Vec<Setting>,
    /// `pg_hba_file_rules` in order; none when the role may not read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hba: Option<Vec<HbaRule>>,
    /// `ALTER ROLE … SET` and `ALTER DATABASE … SET` (`pg_db_role_setting`), sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Lines of the configuration files that the server could not apply (`pg_file_settings`); none when the role may not read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_errors: Option<Vec<FileError>>,
    /// How the passwords of roles that may log in are stored; none when the role may not read it (superusers only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passwords: Option<Vec<PasswordKind>>,
}

/// One setting of a role, of a database, or of a role in a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Override {
    /// Role; none for all roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Database; none for all databases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Name of the setting.
    pub name: String,
    /// Value as written, with its unit.
    pub value: String,
}

/// A line of a configuration file that the server could not apply. Values are never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct FileError {
    /// File, without its directory.
    pub file: String,
    /// Line.
    pub line: i32,
    /// Name of the setting, when the line has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the server says.
    pub error: String,
}

/// How a role's password is stored. The hash itself never leaves the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordKind {
    /// Role.
    pub role: String,
    /// `md5`, `scram-sha-256`, `none` or `other`.
    pub kind: String,
    /// The password is the role's own name; told of md5 hashes only.
    pub is_own_name: bool,
}

/// One setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name.
    pub name: String,
    /// Value in its unit.
    pub value: String,
    /// `kB`, `8kB`, `ms`, `s`, `min`, `MB` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `default`, `configuration file`, `command line`, `database`, `user` …
    pub source: String,
    /// Compiled-in default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_value: Option<String>,
    /// `postmaster`, `sighup`, `superuser`, `user` …
    pub context: String,
    /// Changed in the file, waiting for a restart.
    #[serde(default)]
    pub pending_restart: bool,
}

/// One line of `pg_hba.conf`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HbaRule {
    /// Line.
    pub line: i32,
    /// `local`, `host`, `hostssl`, `hostnossl` …
    pub kind: String,
    /// Databases.
    pub databases: Vec<String>,
    /// Users.
    pub users: Vec<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Netmask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netmask: Option<String>,
    /// Method.
    pub method: String,
    /// Why the line could not be read, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The option `clientcert`: `verify-ca` or `verify-full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
}

impl Settings {
    /// The setting of that name.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.values.binary_search_by(|s| s.name.as_str().cmp(name)).ok().and_then(|at| self.values.get(at))
    }

    /// Its value as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|s| s.value.as_str())
    }

    /// Its value as a number, in its own unit.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// Its value in bytes, for settings with a memory unit.
    pub fn bytes(&self, name: &str) -> Option<f64> {
        let setting = self.get(name)?;
        let factor = match setting.unit.as_deref()? {
            "B" => 1.0,
            "kB" => 1024.0,
            "8kB" => 8192.0,
            "16kB" => 16384.0,
            "MB" => 1_048_576.0,
            "16MB" => 16_777_216.0,
            _ => return None,
        };
        Some(setting.value.parse::<f64>().ok()? * factor)
    }

    /// Whether it is on.
    pub fn on(&self, name: &str) -> Option<bool> {
        self.text(name).map(|v| matches!(v, "on" | "true" | "yes" | "1"))
    }
}
