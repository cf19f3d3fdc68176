//! A rustls configuration from the TLS options of a target.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ConnectError;
use super::certificates::{Check, ServerCertificates};
use super::target::{ClientCertificate, RootCertificates, SslMode, TlsOptions};

/// How much of the server's certificate is checked.
pub(super) fn check(options: &TlsOptions) -> Check {
    match (options.mode, &options.roots) {
        (SslMode::VerifyFull, _) => Check::ChainAndName,
        (SslMode::VerifyCa, _) | (SslMode::Require, RootCertificates::File(_)) => Check::Chain,
        _ => Check::Nothing,
    }
}

/// Reads the files and builds the connector.
pub(super) fn connector(options: &TlsOptions) -> Result<MakeRustlsConnect, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions: &[&'static SupportedProtocolVersion] = match (options.at_least_1_3, options.at_most_1_2) {
        (true, _) => &[&TLS13],
        (_, true) => &[&TLS12],
        _ => &[&TLS12, &TLS13],
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions);
    let builder = builder.map_err(|error| unusable("the TLS options", Path::new("ssl_*"), error))?;
    let verifier = Arc::new(server_certificates(options, provider)?);
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match &options.client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let (chain, key) = client_certificate(client)?;
            let builder = builder.with_client_auth_cert(chain, key);
            builder.map_err(|error| unusable("the client certificate", &client.certificate, error))?
        }
    };
    config.enable_sni = options.server_name_indication;
    if options.direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

fn server_certificates(options: &TlsOptions, provider: Arc<CryptoProvider>) -> Result<ServerCertificates, ConnectError> {
    let algorithms = provider.signature_verification_algorithms;
    let check = check(options);
    if check == Check::Nothing {
        return Ok(ServerCertificates::new(check, None, Vec::new(), algorithms));
    }
    let (place, certificates) = match &options.roots {
        RootCertificates::File(path) => (path.as_path(), read_certificates("the root certificate", path)?),
        RootCertificates::System => (Path::new("of the operating system"), rustls_native_certs::load_native_certs().certs),
        RootCertificates::None => (Path::new("(none given)"), Vec::new()),
    };
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(certificates.iter().cloned());
    if usable == 0 {
        return Err(unusable("the root certificate", place, "it contains no usable certificate"));
    }
    let mut chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    if let Some(path) = &options.revocation_list {
        let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&read("the revocation list", path)?).collect();
        let lists = lists.map_err(|error| unusable("the revocation list", path, error))?;
        // libpq, too, does not refuse a certificate that no list covers.
        chain = chain.with_crls(lists).allow_unknown_revocation_status();
    }
    let chain = chain.build().map_err(|error| unusable("the root certificate", place, error))?;
    let pinned = if matches!(options.roots, RootCertificates::File(_)) { certificates } else { Vec::new() };
    Ok(ServerCertificates::new(check, Some(chain), pinned, algorithms))
}

fn client_certificate(client: &ClientCertificate) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), ConnectError> {
    let chain = read_certificates("the client certificate", &client.certificate)?;
    check_key_permissions(&client.key)?;
    let text = read("the client key", &client.key)?;
    if text.windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(unusable("the client key", &client.key, "it is encrypted; decrypt it with `openssl pkey -in KEY -out PLAIN`"));
    }
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| unusable("the client key", &client.key, error))?;
    Ok((chain, key))
}

/// libpq's rule: nobody else may read the key, except a group when root owns it.
#[cfg(unix)]
fn check_key_permissions(path: &Path) -> Result<(), ConnectError> {
    use std::os::unix::fs::MetadataExt;
    let facts = fs::metadata(path).map_err(|error| unusable("the client key", path, error))?;
    let forbidden = if facts.uid() == 0 { 0o037 } else { 0o077 };
    if facts.mode() & forbidden != 0 {
        return Err(unusable("the client key", path, format!("others can read it; run: chmod 600 {}", path.display())));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_key_permissions(_path: &Path) -> Result<(), ConnectError> {
    Ok(())
}

fn read_certificates(what: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(what, path)?).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(unusable(what, path, "it contains no certificate in PEM form")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(what, path, error)),
    }
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, ConnectError> {
    fs::read(path).map_err(|error| unusable(what, path, error))
}

fn unusable(what: &str, path: &Path, reason: impl ToString) -> ConnectError {
    ConnectError::File { what: what.to_owned(), path: path.display().to_string(), reason: reason.to_string() }
}
