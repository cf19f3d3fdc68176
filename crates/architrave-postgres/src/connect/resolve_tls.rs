//! The TLS part of a target: `ssl*` parameters and the files of `~/.postgresql/`.

use std::path::PathBuf;

use super::resolve::{Values, bad_value};
use super::target::{ClientCertificate, Host, Place, RootCertificates, SslMode, TlsOptions};
use super::{ConnectError, Environment};

const MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// Versions of TLS in `ssl_min_protocol_version` and `ssl_max_protocol_version`, as tenths.
const VERSIONS: &[(&str, u8)] = &[("TLSv1", 10), ("TLSv1.1", 11), ("TLSv1.2", 12), ("TLSv1.3", 13)];

/// Reads everything about TLS.
pub(super) fn resolve(values: &Values, hosts: &[Host], env: &Environment) -> Result<TlsOptions, ConnectError> {
    let no_verify = values.get("sslmode").is_some_and(|value| value.text == "no-verify");
    let named = if no_verify { Some(SslMode::Require) } else { values.word("sslmode", MODES)? };
    let over_tcp = hosts.iter().any(|host| matches!(host.place, Place::Tcp { .. }));
    let (mode, roots) = mode_and_roots(named, no_verify, over_tcp, values, env)?;
    let direct = values.word("sslnegotiation", &[("postgres", false), ("direct", true)])?.unwrap_or(false);
    if let (true, Some(value)) = (direct && mode < SslMode::Require, values.get("sslnegotiation")) {
        return Err(bad_value("sslnegotiation", value, "postgres unless sslmode is at least require"));
    }
    let at_least = values.word("ssl_min_protocol_version", VERSIONS)?.unwrap_or(12);
    let at_most = values.word("ssl_max_protocol_version", VERSIONS)?.unwrap_or(13);
    if let (true, Some(value)) = (at_most < 12.max(at_least), values.get("ssl_max_protocol_version")) {
        return Err(bad_value("ssl_max_protocol_version", value, "at least TLSv1.2 and ssl_min_protocol_version"));
    }
    let revocation_list = match values.get("sslcrl") {
        Some(value) => Some(env.expand(&value.text)),
        None => env.certificate_file("root.crl"),
    };
    Ok(TlsOptions {
        mode,
        direct,
        roots,
        revocation_list,
        client: client(values, env)?,
        server_name_indication: values.word("sslsni", &[("1", true), ("0", false)])?.unwrap_or(true),
        at_least_1_3: at_least == 13,
        at_most_1_2: at_most == 12,
    })
}

fn mode_and_roots(
    named: Option<SslMode>,
    no_verify: bool,
    over_tcp: bool,
    values: &Values,
    env: &Environment,
) -> Result<(SslMode, RootCertificates), ConnectError> {
    let mode = named.unwrap_or_default();
    match values.get("sslrootcert") {
        _ if no_verify => Ok((mode, RootCertificates::None)),
        Some(value) if value.text == "system" => match named {
            None | Some(SslMode::VerifyFull) => Ok((SslMode::VerifyFull, RootCertificates::System)),
            Some(_) => {
                Err(bad_value("sslrootcert", value, "a file unless sslmode is verify-full: the system's authorities sign for anybody"))
            }
        },
        Some(value) => {
            let path = env.expand(&value.text);
            match (path.exists(), mode < SslMode::Require) {
                (true, _) => Ok((mode, RootCertificates::File(path))),
                (false, true) => Ok((mode, RootCertificates::None)),
                (false, false) => Err(missing(&path.display().to_string(), "it does not exist")),
            }
        }
        None => match env.certificate_file("root.crt") {
            Some(path) => Ok((mode, RootCertificates::File(path))),
            None if mode >= SslMode::VerifyCa && over_tcp => {
                let reason = format!(
                    "it does not exist, so sslmode={} has nothing to compare the server's certificate with; give \
                     sslrootcert=FILE with the provider's certificate, or sslrootcert=system when a public authority signed it",
                    mode.word()
                );
                Err(missing("~/.postgresql/root.crt", &reason))
            }
            None => Ok((mode, RootCertificates::None)),
        },
    }
}

fn missing(path: &str, reason: &str) -> ConnectError {
    ConnectError::File { what: "the root certificate".to_owned(), path: path.to_owned(), reason: reason.to_owned() }
}

/// Our own certificate and its key, as far as there is one and the server may see it.
fn client(values: &Values, env: &Environment) -> Result<Option<ClientCertificate>, ConnectError> {
    let words = [("disable", 0), ("allow", 1), ("require", 2)];
    let wanted = values.word("sslcertmode", &words)?.unwrap_or(1);
    if wanted == 0 {
        return Ok(None);
    }
    let file = |parameter: &str, default: &str| -> Option<PathBuf> {
        values.get(parameter).map(|value| env.expand(&value.text)).or_else(|| env.certificate_file(default))
    };
    let certificate = file("sslcert", "postgresql.crt").filter(|path| path.exists());
    match (certificate, file("sslkey", "postgresql.key")) {
        (Some(certificate), Some(key)) => Ok(Some(ClientCertificate { certificate, key })),
        (Some(certificate), None) => Err(ConnectError::File {
            what: "the client certificate".to_owned(),
            path: certificate.display().to_string(),
            reason: "it has no key beside it; give sslkey=FILE".to_owned(),
        }),
        (None, _) => match (wanted, values.get("sslcertmode")) {
            (2, Some(value)) => Err(bad_value("sslcertmode", value, "allow or disable while there is no client certificate (sslcert)")),
            _ => match values.get("sslcert") {
                Some(value) => Err(ConnectError::File {
                    what: "the client certificate".to_owned(),
                    path: value.text.clone(),
                    reason: "it does not exist".to_owned(),
                }),
                None => Ok(None),
            },
        },
    }
}
