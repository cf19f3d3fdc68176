//! From parameters to a target: the connection string first, then the service, then `PG*` variables, then files and
//! defaults.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::authentication::AllowedMethods;
use super::parameters::{self, Handling, Parameter};
use super::password_file::{PasswordFile, Wanted};
use super::target::{ChannelBinding, ConnectTarget, Host, Password, Place, SessionAttributes};
use super::text::Parameters;
use super::{ConnectError, Environment, resolve_tls, service_file};

const DEFAULT_PORT: u16 = 5432;

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Value {
    pub text: String,
    pub origin: String,
}

/// All parameters with a value, and what there is to say about them.
#[derive(Default)]
pub(super) struct Values {
    values: BTreeMap<&'static str, Value>,
    says_pooler: bool,
    notes: Vec<String>,
}

impl Values {
    /// The value of a parameter; empty ones count as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.text.is_empty())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| value.text.as_str())
    }

    /// One of a list of words.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, ConnectError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let known = words.iter().find(|(word, _)| *word == value.text).map(|(_, meaning)| *meaning);
        let expected = || format!("one of {}", words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "));
        known.map(Some).ok_or_else(|| bad_value(name, value, expected()))
    }

    fn insert(&mut self, parameter: &'static Parameter, text: String, origin: &str) {
        self.values.insert(parameter.name, Value { text, origin: origin.to_owned() });
    }
}

pub(super) fn bad_value(name: &str, value: &Value, expected: impl Into<String>) -> ConnectError {
    ConnectError::BadValue { parameter: name.to_owned(), origin: value.origin.clone(), expected: expected.into() }
}

/// Puts everything together.
pub(super) fn resolve(parameters: Parameters, env: &Environment) -> Result<ConnectTarget, ConnectError> {
    let mut values = collect(parameters, env)?;
    let user = values.text("user").or(env.user()).ok_or(ConnectError::NoUser)?.to_owned();
    let dbname = values.text("dbname").unwrap_or(&user).to_owned();
    let hosts = hosts(&values, env)?;
    let routing_options = routing_options(&mut values);
    let connect_timeout = connect_timeout(&mut values)?;
    let mut target = ConnectTarget {
        tls: resolve_tls::resolve(&values, &hosts, env)?,
        hosts,
        user,
        dbname,
        channel_binding: channel_binding(&values)?,
        connect_timeout,
        session_attributes: session_attributes(&values)?,
        allowed_methods: allowed_methods(&values)?,
        password_file: password_file_name(env),
        routing_options,
        says_pooler: values.says_pooler,
        notes: std::mem::take(&mut values.notes),
    };
    give_passwords(&mut target, &values, env);
    Ok(target)
}

/// All values, by precedence.
fn collect(parameters: Parameters, env: &Environment) -> Result<Values, ConnectError> {
    let mut values = Values { notes: parameters.notes, ..Values::default() };
    for (name, text) in parameters.pairs {
        accept(&name, text, "the connection string", parameters.names_may_be_secret, &mut values)?;
    }
    let service = values.text("service").or(env.variable("PGSERVICE")).map(str::to_owned);
    if let Some(service) = service {
        let file = values.text("servicefile").or(env.variable("PGSERVICEFILE"));
        let pairs = service_file::lookup(&service, file, env)?;
        let mut inherited = Values::default();
        for (name, text) in pairs {
            accept(&name, text, &format!("service {service}"), false, &mut inherited)?;
        }
        values.notes.append(&mut inherited.notes);
        values.says_pooler |= inherited.says_pooler;
        for (name, value) in inherited.values {
            values.values.entry(name).or_insert(value);
        }
    }
    for parameter in parameters::LIBPQ {
        let Some((variable, text)) = parameter.variable.and_then(|variable| Some((variable, env.variable(variable)?))) else { continue };
        if !values.values.contains_key(parameter.name) {
            handle(parameter, text.to_owned(), variable, &mut values)?;
        }
    }
    Ok(values)
}

/// One named parameter of the connection string or a service.
fn accept(name: &str, text: String, origin: &str, name_may_be_secret: bool, values: &mut Values) -> Result<(), ConnectError> {
    if let Some(parameter) = parameters::find(name) {
        return handle(parameter, text, origin, values);
    }
    if let Some(owner) = parameters::foreign(name) {
        values.says_pooler |= name == "pgbouncer" && text == "true";
        values.notes.push(format!("{name} (in {origin}) is a parameter of {owner} without effect here"));
        return Ok(());
    }
    let nearest = parameters::nearest(name).map(str::to_owned);
    let plain = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let shown = plain && (!name_may_be_secret || nearest.is_some());
    Err(ConnectError::UnknownParameter { name: shown.then(|| name.to_owned()), nearest, origin: origin.to_owned() })
}

fn handle(parameter: &'static Parameter, text: String, origin: &str, values: &mut Values) -> Result<(), ConnectError> {
    match parameter.handling {
        Handling::Honoured if parameter.name == "ssl" => ssl_word(text, origin, values)?,
        Handling::Honoured => values.insert(parameter, text, origin),
        Handling::Accepted => {}
        Handling::Ignored(note) => values.notes.push(note.to_owned()),
        Handling::Refused { harmless, why } => {
            if !text.is_empty() && !harmless.contains(&text.to_ascii_lowercase().as_str()) {
                return Err(ConnectError::Unsupported {
                    parameter: parameter.name.to_owned(),
                    origin: origin.to_owned(),
                    reason: why.to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// `ssl=true` of JDBC, which libpq takes for `sslmode=require`.
fn ssl_word(text: String, origin: &str, values: &mut Values) -> Result<(), ConnectError> {
    let Some(sslmode) = parameters::find("sslmode") else { return Ok(()) };
    match text.as_str() {
        "true" if values.get("sslmode").is_none() => values.insert(sslmode, "require".to_owned(), origin),
        "true" | "false" => {}
        _ => return Err(bad_value("ssl", &Value { text, origin: origin.to_owned() }, "true or false; better write sslmode=…")),
    }
    Ok(())
}

/// The list of a comma-separated parameter.
fn list<'a>(values: &'a Values, name: &str) -> Vec<&'a str> {
    values.text(name).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default()
}

fn hosts(values: &Values, env: &Environment) -> Result<Vec<Host>, ConnectError> {
    let names = list(values, "host");
    let addresses = list(values, "hostaddr");
    let ports = list(values, "port");
    if let (false, Some(value)) = (names.is_empty() || addresses.is_empty() || names.len() == addresses.len(), values.get("hostaddr")) {
        return Err(bad_value("hostaddr", value, format!("as many addresses as there are hosts ({})", names.len())));
    }
    let count = names.len().max(addresses.len()).max(1);
    if let (true, Some(value)) = (ports.len() > 1 && ports.len() != count, values.get("port")) {
        return Err(bad_value("port", value, format!("one port, or one for each of the {count} hosts")));
    }
    let one = |index: usize| {
        let port = port(ports.get(index).or(ports.first()).copied(), values)?;
        let address = addresses.get(index).copied().filter(|text| !text.is_empty());
        let address = address.map(|text| address_of(text, values)).transpose()?;
        let place = place(names.get(index).copied().unwrap_or(""), address, port, env)?;
        Ok(Host { place, port, password: None })
    };
    (0..count).map(one).collect()
}

fn port(text: Option<&str>, values: &Values) -> Result<u16, ConnectError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(DEFAULT_PORT) };
    match (text.parse::<u16>(), values.get("port")) {
        (Ok(port), _) if port > 0 => Ok(port),
        (_, Some(value)) => Err(bad_value("port", value, "a number between 1 and 65535")),
        (_, None) => Ok(DEFAULT_PORT),
    }
}

fn address_of(text: &str, values: &Values) -> Result<IpAddr, ConnectError> {
    let wrong = |value: &Value| bad_value("hostaddr", value, "numeric addresses, separated by commas");
    match (text.parse(), values.get("hostaddr")) {
        (Err(_), Some(value)) => Err(wrong(value)),
        (Ok(address), _) => Ok(address),
        (Err(_), None) => Ok(IpAddr::from([127, 0, 0, 1])),
    }
}

fn place(name: &str, address: Option<IpAddr>, port: u16, env: &Environment) -> Result<Place, ConnectError> {
    if name.starts_with('@') {
        return Err(ConnectError::Unsupported {
            parameter: "host".to_owned(),
            origin: "the connection string".to_owned(),
            reason: "abstract unix sockets are not supported; use a socket directory or a host name".to_owned(),
        });
    }
    Ok(match address {
        Some(address) if name.is_empty() => Place::Tcp { name: address.to_string(), address: Some(address) },
        _ if name.starts_with('/') => Place::Unix(PathBuf::from(name)),
        _ if name.is_empty() => default_place(port, env),
        _ => Place::Tcp { name: name.to_owned(), address },
    })
}

/// The first default directory with a socket for this port, else the first one; `localhost` where there is none.
fn default_place(port: u16, env: &Environment) -> Place {
    let socket = format!(".s.PGSQL.{port}");
    let directories = env.socket_directories();
    let present = directories.iter().find(|directory| directory.join(&socket).exists()).or(directories.first());
    match present {
        Some(directory) => Place::Unix(directory.clone()),
        None => Place::Tcp { name: "localhost".to_owned(), address: None },
    }
}

/// The passwords: one that is given holds for all hosts, else the password file is asked for each.
fn give_passwords(target: &mut ConnectTarget, values: &Values, env: &Environment) {
    let given = values.get("password").map(|value| Password { secret: value.text.clone(), source: value.origin.clone() });
    let path = values.text("passfile").map(|path| env.expand(path)).or_else(|| env.password_file());
    let file = match (&given, path) {
        (None, Some(path)) => PasswordFile::read(&path, &mut target.notes),
        _ => PasswordFile::default(),
    };
    for host in &mut target.hosts {
        let find = |name: &str| file.find(Wanted { host: name, port: host.port, dbname: &target.dbname, user: &target.user });
        host.password = given.clone().or_else(|| match &host.place {
            Place::Tcp { name, .. } => find(name),
            Place::Unix(directory) => {
                let default = env.socket_directories().iter().any(|known| known == directory);
                find(&directory.to_string_lossy()).or_else(|| if default { find("localhost") } else { None })
            }
        });
    }
}

/// `options` may carry settings and the words of a provider's proxy; only the latter are sent.
fn routing_options(values: &mut Values) -> Option<String> {
    let value = values.get("options")?.clone();
    let is_routing = |word: &&str| ["endpoint=", "project=", "reference="].iter().any(|prefix| word.starts_with(prefix));
    let words: Vec<&str> = value.text.split_whitespace().collect();
    let kept: Vec<&str> = words.iter().copied().filter(is_routing).collect();
    if kept.len() < words.len() {
        values.notes.push(format!(
            "the settings in options ({}) are not sent: they would change the session, which a transaction pooler hands on to others",
            value.origin
        ));
    }
    (!kept.is_empty()).then(|| kept.join(" "))
}

fn connect_timeout(values: &mut Values) -> Result<Option<Duration>, ConnectError> {
    let Some(value) = values.get("connect_timeout") else { return Ok(None) };
    let seconds: i32 = value.text.trim().parse().map_err(|_| bad_value("connect_timeout", value, "a whole number of seconds"))?;
    match u64::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(Some(Duration::from_secs(seconds))),
        _ => {
            values.notes.push("connect_timeout=0 would wait for ever; the default limit is used".to_owned());
            Ok(None)
        }
    }
}

fn channel_binding(values: &Values) -> Result<ChannelBinding, ConnectError> {
    let words = [("disable", ChannelBinding::Disable), ("prefer", ChannelBinding::Prefer), ("require", ChannelBinding::Require)];
    Ok(values.word("channel_binding", &words)?.unwrap_or_default())
}

fn session_attributes(values: &Values) -> Result<SessionAttributes, ConnectError> {
    use SessionAttributes as Wanted;
    let all = [Wanted::Any, Wanted::ReadWrite, Wanted::ReadOnly, Wanted::Primary, Wanted::Standby, Wanted::PreferStandby];
    Ok(values.word("target_session_attrs", &all.map(|wanted| (wanted.word(), wanted)))?.unwrap_or_default())
}

fn allowed_methods(values: &Values) -> Result<Option<AllowedMethods>, ConnectError> {
    let Some(value) = values.get("require_auth") else { return Ok(None) };
    let expected = "a list of password, md5, gss, sspi, scram-sha-256, oauth, none, either all or none of them with `!` before";
    AllowedMethods::parse(&value.text).map(Some).ok_or_else(|| bad_value("require_auth", value, expected))
}

/// The file to name when a password is missing.
fn password_file_name(env: &Environment) -> String {
    env.variable("PGPASSFILE").map_or_else(
        || env.password_file().as_deref().map_or_else(|| "~/.pgpass".to_owned(), |path: &Path| path.display().to_string()),
        str::to_owned,
    )
}
