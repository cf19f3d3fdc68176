//! `PG*` variables, service files and password files, by precedence.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{env, parse};
use crate::connect::{ConnectTarget, Environment, SslMode};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn env(&self) -> Environment {
        env().with_home(self.path())
    }
}

/// The password and its source, without the directory.
fn password(target: &ConnectTarget, home: &Home) -> Option<(String, String)> {
    let password = target.hosts[0].password.as_ref()?;
    Some((password.secret.clone(), password.source.replace(&format!("{}/", home.path().display()), "")))
}

#[test]
fn variables() {
    let env = env()
        .with_variable("PGHOST", "h1,h2")
        .with_variable("PGPORT", "1,2")
        .with_variable("PGDATABASE", "shop")
        .with_variable("PGUSER", "you")
        .with_variable("PGPASSWORD", "secret")
        .with_variable("PGSSLMODE", "disable")
        .with_variable("PGCONNECT_TIMEOUT", "3");
    let target = parse("", &env).unwrap();
    assert_eq!(target.display(), "postgres://you@h1:1,h2:2/shop");
    assert_eq!(target.hosts[1].password.as_ref().unwrap().source, "PGPASSWORD");
    assert_eq!((target.tls.mode, target.connect_timeout.unwrap().as_secs()), (SslMode::Disable, 3));
    let target = parse("postgres://me@h:5/x?sslmode=require", &env).unwrap();
    assert_eq!((target.display().as_str(), target.tls.mode), ("postgres://me@h:5/x", SslMode::Require));
    let error = parse("host=h port=1", &env.clone().with_variable("PGSSLMODE", "maybe")).unwrap_err().to_string();
    assert!(error.starts_with("sslmode (in PGSSLMODE) must be one of"), "{error}");
    let error = parse("host=h port=1", &env.with_variable("PGREQUIREPEER", "postgres")).unwrap_err().to_string();
    assert!(error.starts_with("requirepeer (in PGREQUIREPEER) cannot be honoured"), "{error}");
}

#[test]
fn password_file_lines() {
    let home = Home::new();
    home.file(
        ".pgpass",
        "# db.example.com:5432:shop:me:comment\n\
         too:few:fields\n\
         db.example.com:5432:shop:me:first\n\
         db.example.com:*:*:me:se\\:co\\\\nd\r\n\
         a\\:b:5432:shop:m\\\\e:escaped\n\
         localhost:5432:*:*:socket\n\
         10.0.0.1:*:*:*:address\n\
         nopassword:*:*:*:\n\
         *:7777:*:*:with:colon\n",
    );
    for (text, expected) in [
        ("host=db.example.com dbname=shop", Some(("first", ".pgpass, line 3"))),
        ("host=db.example.com dbname=other", Some((r"se:co\nd", ".pgpass, line 4"))),
        ("host=db.example.com dbname=shop user=you", None),
        (r"host=a:b dbname=shop user=m\\e", Some(("escaped", ".pgpass, line 5"))),
        ("host=localhost", Some(("socket", ".pgpass, line 6"))),
        ("hostaddr=10.0.0.1", Some(("address", ".pgpass, line 7"))),
        ("host=nopassword", None),
        ("host=h port=7777", Some(("with:colon", ".pgpass, line 9"))),
        ("host=h", None),
        ("host=db.example.com dbname=shop password=given", Some(("given", "the connection string"))),
    ] {
        let found = password(&parse(text, &home.env()).unwrap(), &home);
        let expected = expected.map(|(secret, source)| (secret.to_owned(), source.to_owned()));
        assert_eq!(found, expected, "{text}");
    }
    let env = home.env().with_variable("PGPASSWORD", "variable");
    let target = parse("host=db.example.com dbname=shop", &env).unwrap();
    assert_eq!(password(&target, &home).unwrap().0, "variable");
    // The default socket directory counts as localhost; another one by its path.
    let sockets = home.env().with_socket_directories(&[Path::new("/sockets")]);
    assert_eq!(password(&parse("", &sockets).unwrap(), &home).unwrap().0, "socket");
    assert_eq!(password(&parse("host=/other", &sockets).unwrap(), &home), None);
}

#[test]
fn a_password_per_host() {
    let home = Home::new();
    let file = home.file("secrets", "a:*:*:*:for a\nb:*:*:*:for b\n");
    let text = format!("host=a,b,c passfile={}", file.display());
    let target = parse(&text, &home.env()).unwrap();
    let secrets: Vec<_> = target.hosts.iter().map(|host| host.password.as_ref().map(|password| password.secret.as_str())).collect();
    assert_eq!(secrets, [Some("for a"), Some("for b"), None]);
    let env = home.env().with_variable("PGPASSFILE", &file.display().to_string());
    assert_eq!(password(&parse("host=b", &env).unwrap(), &home).unwrap().0, "for b");
    assert_eq!(parse("host=b", &env).unwrap().password_file, file.display().to_string());
}

#[test]
fn a_password_file_that_others_read_is_ignored() {
    let home = Home::new();
    let file = home.file(".pgpass", "*:*:*:*:secret\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let target = parse("host=h", &home.env()).unwrap();
    assert_eq!(password(&target, &home), None);
    let path = file.display();
    assert_eq!(target.notes, [format!("the password file {path} can be read by others and is ignored; run: chmod 600 {path}")]);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let target = parse("host=h", &home.env()).unwrap();
    assert_eq!(target.notes, [format!("the password file {path} is not a plain file and is ignored")]);
}

#[test]
fn services() {
    let home = Home::new();
    home.file(
        ".pg_service.conf",
        "# comment\n[other]\nhost=wrong\nnonsense that is never read\n\n[shop]\nhost=db.example.com\nport = 5433\nuser=shop keeper\n\
         password=secret\nsslmode=require\n\n[shop]\nhost=second\n[broken]\nhost\n[typo]\nhsot=x\n[nested]\nservice=shop\n",
    );
    let env = home.env().with_variable("PGHOST", "variable").with_variable("PGDATABASE", "base").with_variable("PGPORT", "1");
    let target = parse("service=shop port=7", &env).unwrap();
    assert_eq!(target.display(), "postgres://shop%20keeper@db.example.com:7/base");
    assert_eq!(target.tls.mode, SslMode::Require);
    assert_eq!(password(&target, &home).unwrap(), ("secret".to_owned(), "service shop".to_owned()));
    let by_variable = parse("", &env.clone().with_variable("PGSERVICE", "shop")).unwrap();
    assert_eq!(by_variable.display(), "postgres://shop%20keeper@db.example.com:5433/base");
    let file = home.path().join(".pg_service.conf").display().to_string();
    for (name, message) in [
        ("none", format!("connection service: there is no section [none] in {file}")),
        ("broken", format!("connection service: {file}, line 16: a line without `=`")),
        ("typo", format!("connection service: {file}, line 18: unknown parameter `hsot`; did you mean `host`?")),
        ("nested", format!("connection service: {file}, line 20: service cannot stand inside a service")),
    ] {
        assert_eq!(parse(&format!("service={name}"), &home.env()).unwrap_err().to_string(), message);
    }
}

#[test]
fn places_of_service_files() {
    let home = Home::new();
    let system = home.path().join("system");
    fs::create_dir(&system).unwrap();
    fs::write(system.join("pg_service.conf"), "[shop]\nhost=system\n[only]\nhost=only\n").unwrap();
    home.file(".pg_service.conf", "[shop]\nhost=own\n");
    let named = home.file("named", "[shop]\nhost=named\n").display().to_string();
    let env = home.env().with_variable("PGSYSCONFDIR", &system.display().to_string());
    let host = |text: &str, env: &Environment| parse(text, env).unwrap().hosts[0].name();
    assert_eq!(host("service=shop", &env), "own");
    assert_eq!(host("service=only", &env), "only");
    assert_eq!(host("service=shop", &env.clone().with_variable("PGSERVICEFILE", &named)), "named");
    assert_eq!(host(&format!("service=shop servicefile={named}"), &env), "named");
    let error = parse("service=shop servicefile=/no/such", &env).unwrap_err().to_string();
    assert_eq!(error, "connection service: the service file /no/such does not exist");
}
