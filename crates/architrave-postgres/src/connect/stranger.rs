//! Recognises other services by the first bytes they send.

/// What answers on the port, when its first bytes are not PostgreSQL's.
pub(super) fn recognise(bytes: &[u8]) -> Option<String> {
    let starts = |prefix: &str| bytes.starts_with(prefix.as_bytes());
    if let Some(version) = mysql_version(bytes) {
        return Some(format!("a MySQL or MariaDB server ({version})"));
    }
    if starts("HTTP/") || starts("<!DOCTYPE") || starts("<html") || starts("<!doctype") {
        return Some("a web (HTTP) server".to_owned());
    }
    if starts("SSH-") {
        return Some("an SSH server".to_owned());
    }
    if starts("-ERR") || starts("-NOAUTH") || starts("-DENIED") {
        return Some("a Redis server".to_owned());
    }
    if starts("220 ") || starts("220-") {
        return Some("a mail or FTP server".to_owned());
    }
    if matches!(bytes, [0x15 | 0x16, 0x03, ..]) {
        return Some("a service that speaks only TLS".to_owned());
    }
    None
}

/// MySQL speaks first: length (3 bytes), sequence 0, protocol 10, its version, a zero byte; or an error packet (0xFF).
fn mysql_version(bytes: &[u8]) -> Option<String> {
    let [length, _, 0, 0, kind, rest @ ..] = bytes else { return None };
    if *length == 0 {
        return None;
    }
    match kind {
        10 => {
            let version: String = rest.iter().take_while(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
            version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
        }
        0xFF => Some("which refuses this host".to_owned()),
        _ => None,
    }
}
