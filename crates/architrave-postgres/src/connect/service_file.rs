//! Service files (`pg_service.conf`): named sets of parameters.

use std::path::{Path, PathBuf};

use super::{ConnectError, Environment, parameters};

/// The parameters of service `name`: from `named` (`servicefile`, `PGSERVICEFILE`) or the user's own file, then from the
/// system's.
pub(super) fn lookup(name: &str, named: Option<&str>, env: &Environment) -> Result<Vec<(String, String)>, ConnectError> {
    let own = named.map(|path| env.expand(path)).or_else(|| env.service_file());
    if let (Some(_), Some(path)) = (named, own.as_deref().filter(|path| !path.exists())) {
        return Err(problem(format!("the service file {} does not exist", path.display())));
    }
    let files: Vec<PathBuf> = own.into_iter().chain(env.system_service_files()).collect();
    for file in &files {
        if let Some(found) = read(file, name)? {
            return Ok(found);
        }
    }
    let places: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let places = if places.is_empty() { "any file; set PGSERVICEFILE".to_owned() } else { places.join(", ") };
    Err(problem(format!("there is no section [{name}] in {places}")))
}

fn problem(reason: String) -> ConnectError {
    ConnectError::Service { reason }
}

/// The section `name` of one file; `None` when the file or the section is absent.
fn read(file: &Path, name: &str) -> Result<Option<Vec<(String, String)>>, ConnectError> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(format!("{} cannot be read ({error})", file.display()))),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut found: Option<Vec<(String, String)>> = None;
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            inside = section.strip_suffix(']') == Some(name);
            if inside {
                found = Some(Vec::new());
            }
            continue;
        }
        if let (true, Some(pairs)) = (inside, &mut found) {
            pairs.push(pair(line).map_err(|reason| problem(format!("{}, line {}: {reason}", file.display(), index + 1)))?);
        }
    }
    Ok(found)
}

/// `key=value`; libpq takes the value as it stands, without quotes.
fn pair(line: &str) -> Result<(String, String), String> {
    if line.starts_with("ldap") {
        return Err("services from LDAP are not looked up; write the parameters into the file".to_owned());
    }
    let (name, value) = line.split_once('=').ok_or("a line without `=`")?;
    let name = name.trim_end();
    if matches!(name, "service" | "servicefile") {
        return Err(format!("{name} cannot stand inside a service"));
    }
    if parameters::find(name).is_none() && parameters::foreign(name).is_none() {
        return Err(match parameters::nearest(name) {
            Some(nearest) => format!("unknown parameter `{name}`; did you mean `{nearest}`?"),
            None => "an unknown parameter".to_owned(),
        });
    }
    Ok((name.to_owned(), value.trim_start().to_owned()))
}
