//! Unpacks a server package: only what is below `native/`, with its links and permissions.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
};

use flate2::read::GzDecoder;
use serde::Deserialize;

use super::{ServerError, places};

/// Where the server is inside the tarball.
const NATIVE: &str = "package/native";

/// The file of the package that lists the links which a tarball of npm cannot hold.
const LINKS: &str = "pg-symlinks.json";

#[derive(Debug, Deserialize)]
struct Link {
    /// What is there, from the package's root.
    source: PathBuf,
    /// The link to make, from the package's root.
    target: PathBuf,
}

/// Unpacks `tarball` into the new directory `target`.
pub(super) fn unpack(tarball: &Path, target: &Path) -> Result<(), ServerError> {
    let wrong =
        |reason: String| ServerError::Package { package: tarball.file_name().unwrap_or_default().to_string_lossy().into_owned(), reason };
    make_directory(target)?;
    let file = File::open(tarball).map_err(ServerError::io("read", tarball))?;
    let mut archive = tar::Archive::new(GzDecoder::new(io::BufReader::new(file)));
    for entry in archive.entries().map_err(|error| wrong(error.to_string()))? {
        let mut entry = entry.map_err(|error| wrong(error.to_string()))?;
        let path = entry.path().map_err(|error| wrong(error.to_string()))?.into_owned();
        let Ok(inside) = path.strip_prefix(NATIVE) else { continue };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if !is_plain(inside) {
            return Err(wrong(format!("it holds the path {}", path.display())));
        }
        let to = target.join(inside);
        make_parents(target, inside)?;
        let mut file = File::create(&to).map_err(ServerError::io("create", &to))?;
        io::copy(&mut entry, &mut file).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ServerError::NoSpace { path: to.clone() },
            _ => wrong(error.to_string()),
        })?;
        let is_program = inside.starts_with("bin") || entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        places::set_mode(&to, if is_program { 0o755 } else { 0o644 })?;
    }
    make_links(target).map_err(wrong)
}

/// Whether a path stays where it is put.
fn is_plain(path: &Path) -> bool {
    path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn make_directory(path: &Path) -> Result<(), ServerError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir(path).map_err(ServerError::io("create", path))?;
    // Whatever our umask: another account may have to run what is inside.
    places::set_mode(path, 0o755)
}

fn make_parents(target: &Path, inside: &Path) -> Result<(), ServerError> {
    let mut directory = target.to_owned();
    for part in inside.parent().into_iter().flat_map(Path::components) {
        directory.push(part);
        make_directory(&directory)?;
    }
    Ok(())
}

/// Makes the links that the package lists.
fn make_links(target: &Path) -> Result<(), String> {
    let Ok(text) = fs::read_to_string(target.join(LINKS)) else { return Ok(()) };
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| format!("{LINKS}: {error}"))?;
    for link in links {
        let inside = |path: &Path| path.strip_prefix("native").ok().filter(|path| is_plain(path)).map(Path::to_owned);
        let (Some(source), Some(link)) = (inside(&link.source), inside(&link.target)) else {
            return Err(format!("{LINKS} names {}", link.target.display()));
        };
        let at = target.join(&link);
        if at.symlink_metadata().is_ok() {
            continue;
        }
        make_link(target, &source, &link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    Ok(())
}

/// A relative link beside its source, so that the whole directory can be moved; elsewhere a copy.
fn make_link(target: &Path, source: &Path, link: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let (Some(name), true) = (source.file_name(), source.parent() == link.parent()) {
        return std::os::unix::fs::symlink(name, target.join(link));
    }
    fs::copy(target.join(source), target.join(link)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tarball(directory: &Path, files: &[(&str, &str, u32)]) -> PathBuf {
        let path = directory.join("package.tgz");
        let file = File::create(&path).unwrap();
        let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast()));
        for (name, text, mode) in files {
            let mut header = tar::Header::new_gnu();
            // `set_path` refuses `..`, which is what one of the tests needs.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(text.len() as u64);
            header.set_mode(*mode);
            header.set_cksum();
            builder.append(&header, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
        path
    }

    #[cfg(unix)]
    #[test]
    fn only_the_server_comes_out_with_links_and_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let links = r#"[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"#;
        let tarball = tarball(
            root.path(),
            &[
                ("package/package.json", "{}", 0o644),
                ("package/scripts/run.js", "", 0o644),
                ("package/native/bin/postgres", "program", 0o644),
                ("package/native/lib/libpq.so.5.18", "library", 0o644),
                ("package/native/pg-symlinks.json", links, 0o644),
            ],
        );
        let target = root.path().join("out");
        unpack(&tarball, &target).unwrap();
        let mode = |path: &str| fs::metadata(target.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bin/postgres"), mode("lib/libpq.so.5.18"), mode("bin")), (0o755, 0o644, 0o755));
        assert_eq!(fs::read_link(target.join("lib/libpq.so.5")).unwrap(), PathBuf::from("libpq.so.5.18"));
        assert!(!target.join("package.json").exists());
    }

    #[test]
    fn a_path_that_leaves_the_directory_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let tarball = tarball(root.path(), &[("package/native/../../escaped", "x", 0o644)]);
        let message = unpack(&tarball, &root.path().join("out")).unwrap_err().to_string();
        assert!(message.contains("it holds the path package/native/../../escaped"), "{message}");
        assert!(!root.path().join("escaped").exists());
    }

    #[test]
    fn a_link_that_leaves_the_directory_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let links = r#"[{"source":"native/lib/a","target":"native/../../b"}]"#;
        let tarball = tarball(root.path(), &[("package/native/pg-symlinks.json", links, 0o644)]);
        assert!(unpack(&tarball, &root.path().join("out")).is_err());
    }

    #[test]
    fn a_file_that_is_no_tarball_is_one_sentence() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x.tgz");
        fs::write(&path, "not a tarball").unwrap();
        let message = unpack(&path, &root.path().join("out")).unwrap_err().to_string();
        assert!(message.starts_with("the server package x.tgz cannot be unpacked: "), "{message}");
    }
}
