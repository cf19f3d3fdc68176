//! Connection strings into parameters: URIs and `key=value` strings, without any default.
//!
//! Messages never repeat a piece of the text that could belong to a password.

use super::ConnectError;

/// Parameters in the order of the text; host and port lists are still joined by commas. Not `Debug`: one of them may be
/// the password.
#[derive(Default)]
pub(super) struct Parameters {
    /// Name and value.
    pub pairs: Vec<(String, String)>,
    /// What was read leniently.
    pub notes: Vec<String>,
    /// Unknown names may be pieces of an unquoted password.
    pub names_may_be_secret: bool,
}

/// How to write a password that confuses the reader.
const ENCODE: &str = "write it as postgres://USER@HOST:5432/DATABASE, with @ : / ? # & and blanks in a user name or password \
     percent-encoded (@ is %40, : is %3A, / is %2F, # is %23, % is %25), or give the password in PGPASSWORD";

const QUOTE: &str = "write it as host=HOST port=5432 dbname=DATABASE user=USER, with values that contain blanks in single quotes, \
     or as a URI: postgres://USER@HOST:5432/DATABASE";

fn uri_error(reason: &str) -> ConnectError {
    ConnectError::Syntax { reason: reason.to_owned(), hint: ENCODE.to_owned() }
}

fn pair_error(reason: &str) -> ConnectError {
    ConnectError::Syntax { reason: reason.to_owned(), hint: QUOTE.to_owned() }
}

/// Splits a connection string of either form; an empty one has no parameters.
pub(super) fn split(text: &str) -> Result<Parameters, ConnectError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Parameters::default());
    }
    if text.contains('\0') {
        return Err(uri_error("it contains a zero byte"));
    }
    match scheme(text) {
        Some((scheme, rest)) => {
            let mut notes = Vec::new();
            check_scheme(scheme, &mut notes)?;
            let mut parameters = split_uri(rest)?;
            parameters.notes.splice(0..0, notes);
            Ok(parameters)
        }
        None => split_pairs(text),
    }
}

/// `scheme://rest`, where the scheme is made of the characters of schemes.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let plain = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.:_".contains(c));
    plain.then_some((scheme, rest))
}

fn check_scheme(scheme: &str, notes: &mut Vec<String>) -> Result<(), ConnectError> {
    let lower = scheme.to_ascii_lowercase();
    let bare = lower.strip_prefix("jdbc:").unwrap_or(&lower);
    let (base, driver) = bare.split_once('+').map_or((bare, None), |(base, driver)| (base, Some(driver)));
    if lower.starts_with("prisma") {
        let reason = "a prisma:// URL leads to Prisma's own proxy, not to PostgreSQL".to_owned();
        let hint = "give the direct connection string of the database (often DIRECT_URL or DIRECT_DATABASE_URL)".to_owned();
        return Err(ConnectError::Syntax { reason, hint });
    }
    if !matches!(base, "postgres" | "postgresql") {
        // A scheme with a colon inside may be the beginning of anything, even of credentials: not repeated.
        let shown = if base.contains(':') { "what stands before ://" } else { base };
        let reason = format!("`{shown}` is not the scheme of a PostgreSQL connection");
        let hint = "it must begin with postgres:// or postgresql://".to_owned();
        return Err(ConnectError::Syntax { reason, hint });
    }
    if let Some(driver) = driver {
        notes.push(format!("`+{driver}` in the connection string names a driver of another language and is left out"));
    }
    Ok(())
}

/// What follows `postgres://`.
fn split_uri(rest: &str) -> Result<Parameters, ConnectError> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if !authority.contains('@') && tail.contains('@') && authority.contains(':') {
        return Err(uri_error("an `@` stands behind the first `/` or `?`, so the user name or password probably contains one of them"));
    }
    let mut parameters = Parameters::default();
    // Host names have no `@`, so the last one ends the credentials even when a password contains one unencoded.
    let hosts = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => {
            credentials_into(credentials, &mut parameters)?;
            hosts
        }
        None => authority,
    };
    hosts_into(hosts, &mut parameters)?;
    let (path, query) = tail.split_once('?').map_or((tail, ""), |(path, query)| (path, query));
    let dbname = decode(path.strip_prefix('/').unwrap_or(path), "the database name")?;
    if !dbname.is_empty() {
        parameters.pairs.push(("dbname".to_owned(), dbname));
    }
    query_into(query, &mut parameters)?;
    Ok(parameters)
}

fn credentials_into(credentials: &str, parameters: &mut Parameters) -> Result<(), ConnectError> {
    let (user, password) = credentials.split_once(':').map_or((credentials, None), |(user, password)| (user, Some(password)));
    let user = decode(user, "the user name")?;
    if !user.is_empty() {
        parameters.pairs.push(("user".to_owned(), user));
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        parameters.pairs.push(("password".to_owned(), decode(password, "the password")?));
    }
    Ok(())
}

/// `host:port,[::1]:port,…` into a list of hosts and one of ports.
fn hosts_into(text: &str, parameters: &mut Parameters) -> Result<(), ConnectError> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']').ok_or_else(|| uri_error("an IPv6 address has no closing `]`"))?;
                match after.strip_prefix(':') {
                    Some(port) => (address, port),
                    None if after.is_empty() => (address, ""),
                    None => return Err(uri_error("something other than a port follows the `]` of an address")),
                }
            }
            None => part.split_once(':').unwrap_or((part, "")),
        };
        if !port.chars().all(|c| c.is_ascii_digit()) {
            return Err(uri_error("the port is not a number"));
        }
        hosts.push(decode(host, "the host name")?);
        ports.push(port.to_owned());
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        parameters.pairs.push(("host".to_owned(), hosts.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.pairs.push(("port".to_owned(), ports.join(",")));
    }
    Ok(())
}

fn query_into(query: &str, parameters: &mut Parameters) -> Result<(), ConnectError> {
    for (index, part) in query.split('&').filter(|part| !part.is_empty()).enumerate() {
        let (name, value) =
            part.split_once('=').ok_or_else(|| uri_error(&format!("parameter {} after the `?` has no value", index + 1)))?;
        let name = decode(name, "the name of a parameter")?;
        let value = decode(value, "the value of a parameter")?;
        parameters.pairs.push((name, value));
    }
    Ok(())
}

/// Percent-decoding; `what` names the part for the message.
fn decode(text: &str, what: &str) -> Result<String, ConnectError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|byte| *byte != 0);
        match (decoded, after.get(2..)) {
            (Some(decoded), Some(after)) => {
                bytes.push(decoded);
                rest = after;
            }
            _ => return Err(uri_error(&format!("{what} contains a `%` that two hexadecimal digits (not 00) do not follow"))),
        }
    }
    String::from_utf8(bytes).map_err(|_| uri_error(&format!("{what} is not UTF-8 after percent-decoding")))
}

/// `key = value key='value with blanks'`, with `\` before a quote or a backslash.
fn split_pairs(text: &str) -> Result<Parameters, ConnectError> {
    let mut parameters = Parameters::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            return Err(missing_equals(&parameters));
        };
        if name.is_empty() {
            return Err(pair_error("a `=` has no name before it"));
        }
        let (value, quoted, after) = value(after.trim_start())?;
        parameters.names_may_be_secret |= name.contains("password") && !quoted;
        parameters.pairs.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(parameters)
}

fn missing_equals(parameters: &Parameters) -> ConnectError {
    match parameters.pairs.last() {
        None => pair_error("it is neither a URI nor a list of key=value pairs"),
        Some((name, _)) => pair_error(&format!("a word without `=` follows the value of {name}")),
    }
}

/// One value, whether it was quoted, and what follows it.
fn value(text: &str) -> Result<(String, bool, &str), ConnectError> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices();
    if quoted {
        characters.next();
    }
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => {
                let after = text.get(at + 1..).unwrap_or_default();
                return Ok((value, true, after));
            }
            _ if !quoted && character.is_whitespace() => return Ok((value, false, text.get(at..).unwrap_or_default())),
            _ => value.push(character),
        }
    }
    if quoted {
        return Err(pair_error("a quoted value has no closing quote"));
    }
    Ok((value, false, ""))
}
