//! The npm registry to fetch servers from, out of npm's own configuration.
//!
//! Read as npm does: environment, then the project's `.npmrc`, then the user's. Only what concerns our scope is taken. A
//! project may be somebody else's: its file can name a registry and carry a token, but `${NAME}` is filled in there only
//! for variables that are npm's, so that it cannot carry other secrets away. What arrives is checked against a pinned hash
//! in any case.

use std::path::Path;

/// Where npm's public packages are.
const PUBLIC: &str = "https://registry.npmjs.org";

/// A registry, and what it wants to see.
#[derive(Clone, PartialEq, Eq)]
pub struct Registry {
    /// The base address, without a slash at the end.
    pub url: String,
    /// The value of the `Authorization` header for it.
    pub authorization: Option<String>,
}

impl std::fmt::Debug for Registry {
    /// Hides the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("url", &self.url).field("authorization", &self.authorization.as_ref().map(|_| "…")).finish()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self { url: PUBLIC.to_owned(), authorization: None }
    }
}

impl Registry {
    /// A registry without credentials.
    pub fn at(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), authorization: None }
    }

    /// The registry of npm's configuration, as seen from `directory`.
    pub(super) fn discover(home: Option<&Path>, directory: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut settings = Settings::default();
        let user = variable("npm_config_userconfig").or_else(|| variable("NPM_CONFIG_USERCONFIG"));
        let user = user.map(std::path::PathBuf::from).or_else(|| Some(home?.join(".npmrc")));
        if let Some(text) = user.and_then(|file| std::fs::read_to_string(file).ok()) {
            settings.read(&text, variable);
        }
        if let Some(text) = project_file(directory) {
            settings.read(&text, &|name| if is_npms(name) { variable(name) } else { None });
        }
        let environment = variable("npm_config_registry").or_else(|| variable("NPM_CONFIG_REGISTRY"));
        if let Some(url) = environment.filter(|url| !url.is_empty()) {
            settings.registry = Some(url);
        }
        settings.resolve()
    }
}

/// Whether a project's file may read this variable.
fn is_npms(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.starts_with("NPM_") || name == "NODE_AUTH_TOKEN"
}

/// The text of the `.npmrc` beside the nearest `package.json`, or of the nearest one.
fn project_file(directory: &Path) -> Option<String> {
    for directory in directory.ancestors() {
        let file = directory.join(".npmrc");
        if file.is_file() {
            return std::fs::read_to_string(file).ok();
        }
        if directory.join("package.json").is_file() {
            return None;
        }
    }
    None
}

/// The lines of `.npmrc` files that matter here.
#[derive(Default)]
struct Settings {
    registry: Option<String>,
    scoped: Option<String>,
    /// `//host/path/` and the header value for it; later ones win.
    credentials: Vec<(String, String)>,
}

impl Settings {
    fn read(&mut self, text: &str, variable: &dyn Fn(&str) -> Option<String>) {
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';', '[']) {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
            let Some(value) = expand(value, variable) else { continue };
            match key {
                "registry" => self.registry = Some(value),
                "@embedded-postgres:registry" => self.scoped = Some(value),
                _ => {
                    if let Some(place) = key.strip_suffix(":_authToken") {
                        self.credentials.push((with_slash(place), format!("Bearer {value}")));
                    } else if let Some(place) = key.strip_suffix(":_auth") {
                        self.credentials.push((with_slash(place), format!("Basic {value}")));
                    }
                }
            }
        }
    }

    fn resolve(self) -> Registry {
        let mut registry = Registry::at(self.scoped.or(self.registry).as_deref().unwrap_or(PUBLIC));
        let place = registry.url.split_once(':').map(|(_, rest)| with_slash(rest));
        if let Some(place) = place {
            let matching = self.credentials.into_iter().rev().filter(|(prefix, _)| place.starts_with(prefix.as_str()));
            registry.authorization = matching.max_by_key(|(prefix, _)| prefix.len()).map(|(_, header)| header);
        }
        registry
    }
}

fn with_slash(place: &str) -> String {
    format!("{}/", place.trim_end_matches('/'))
}

/// Fills in `${NAME}`; `None` when a variable is not there.
fn expand(value: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}')?;
        expanded.push_str(before);
        expanded.push_str(&variable(name)?);
        rest = tail;
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discover(user: &str, project: &str, environment: &[(&str, &str)]) -> Registry {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".npmrc"), user).unwrap();
        let work = tempfile::tempdir().unwrap();
        std::fs::write(work.path().join(".npmrc"), project).unwrap();
        let below = work.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        Registry::discover(Some(home.path()), &below, &|name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_configuration_it_is_the_public_registry() {
        assert_eq!(discover("", "", &[]), Registry::default());
    }

    #[test]
    fn project_beats_user_and_environment_beats_both() {
        let user = "registry=https://user.example/npm/\n";
        assert_eq!(discover(user, "", &[]).url, "https://user.example/npm");
        assert_eq!(discover(user, "registry = https://project.example\n", &[]).url, "https://project.example");
        let environment = [("npm_config_registry", "http://env.example/")];
        assert_eq!(discover(user, "registry=https://project.example", &environment).url, "http://env.example");
    }

    #[test]
    fn the_scope_beats_the_general_registry() {
        let user = "; comment\n@embedded-postgres:registry=\"https://pg.example/\"\nregistry=https://other.example\n";
        assert_eq!(discover(user, "", &[]).url, "https://pg.example");
    }

    #[test]
    fn a_token_goes_to_its_own_registry_only() {
        let user = "//a.example/npm/:_authToken=${NPM_TOKEN}\n//b.example/:_auth=Zm9v\nregistry=https://a.example/npm\n";
        let environment = [("NPM_TOKEN", "secret")];
        assert_eq!(discover(user, "", &environment).authorization.as_deref(), Some("Bearer secret"));
        assert_eq!(discover(user, "registry=https://b.example/x", &[]).authorization.as_deref(), Some("Basic Zm9v"));
        assert_eq!(discover(user, "registry=https://c.example", &environment).authorization, None);
        assert!(!format!("{:?}", discover(user, "", &environment)).contains("secret"));
    }

    #[test]
    fn a_project_cannot_carry_other_secrets_away() {
        let project = "registry=https://evil.example\n//evil.example/:_authToken=${AWS_SECRET_ACCESS_KEY}\n";
        assert_eq!(discover("", project, &[("AWS_SECRET_ACCESS_KEY", "s")]).authorization, None);
        let project = "registry=https://evil.example/${HOME}\n";
        assert_eq!(discover("", project, &[("HOME", "/home/me")]).url, PUBLIC);
    }
}
