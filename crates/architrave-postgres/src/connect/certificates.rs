//! Which server certificates are believed: nothing checked, the chain, or the chain and the host name.
//!
//! rustls' own verifier decides wherever it can. Three kinds of certificate that it refuses and libpq accepts are common in
//! front of PostgreSQL, because the manual's own recipes make them: one that is itself the root file (self-signed), one of
//! X.509 version 1 signed directly by the root, and one that names its host only in the common name.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::oid::db::{rfc4519, rfc5280};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// How much of a certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing (`prefer`, `require` without a root certificate): encrypted, but anybody may be at the other end.
    Nothing,
    /// That a known authority signed it (`verify-ca`).
    Chain,
    /// That, and the name (`verify-full`).
    ChainAndName,
}

/// The verifier that we hand to rustls.
#[derive(Debug)]
pub(super) struct ServerCertificates {
    check: Check,
    chain: Option<Arc<WebPkiServerVerifier>>,
    roots: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertificates {
    /// `chain` is absent only when nothing is checked; `roots` are the certificates of the root file.
    pub(super) fn new(
        check: Check,
        chain: Option<Arc<WebPkiServerVerifier>>,
        roots: Vec<CertificateDer<'static>>,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Self {
        Self { check, chain, roots, algorithms }
    }

    /// The chain, and whether the name has been found right on the way.
    fn verify_chain(&self, presented: &Presented<'_>, server_name: &ServerName<'_>, now: UnixTime) -> Result<bool, Error> {
        let Some(chain) = &self.chain else { return Err(CertificateError::UnknownIssuer.into()) };
        let verdict = chain.verify_server_cert(presented.leaf, presented.intermediates, server_name, presented.ocsp, now);
        let error = match verdict {
            Ok(_) => return Ok(true),
            // The name is compared last, so everything before it was right.
            Err(error) if is_name_error(&error) => return Ok(false),
            Err(error @ Error::InvalidCertificate(CertificateError::Revoked)) => return Err(error),
            Err(error) => error,
        };
        let Ok(certificate) = Certificate::from_der(presented.leaf) else { return Err(error) };
        let is_root = self.roots.iter().any(|root| root == presented.leaf);
        if is_root || self.is_signed_by_root(&certificate) {
            within_validity(&certificate, now)?;
            return Ok(false);
        }
        Err(error)
    }

    /// A certificate of version 1 has no extensions, so it can only be signed directly by a root.
    fn is_signed_by_root(&self, certificate: &Certificate) -> bool {
        if certificate.tbs_certificate.version != Version::V1 {
            return false;
        }
        let issued_by = |root: &Certificate| root.tbs_certificate.subject == certificate.tbs_certificate.issuer;
        let roots = self.roots.iter().filter_map(|root| Certificate::from_der(root).ok()).filter(issued_by);
        let Ok(message) = certificate.tbs_certificate.to_der() else { return false };
        let Some(signature) = certificate.signature.as_bytes() else { return false };
        roots.into_iter().any(|root| {
            let key = &root.tbs_certificate.subject_public_key_info;
            let fits = |algorithm: &&dyn SignatureVerificationAlgorithm| {
                is_algorithm(&certificate.signature_algorithm, algorithm.signature_alg_id().as_ref()) && is_for_key(*algorithm, key)
            };
            self.algorithms.all.iter().copied().filter(|algorithm| fits(algorithm)).any(|algorithm| {
                key.subject_public_key.as_bytes().is_some_and(|key| algorithm.verify_signature(key, &message, signature).is_ok())
            })
        })
    }
}

struct Presented<'a> {
    leaf: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    ocsp: &'a [u8],
}

impl ServerCertVerifier for ServerCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.check == Check::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let presented = Presented { leaf: end_entity, intermediates, ocsp: ocsp_response };
        let named = self.verify_chain(&presented, server_name, now)?;
        if self.check == Check::ChainAndName && !named {
            verify_name(end_entity, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match key_of_version_1(cert) {
            None => verify_tls12_signature(message, cert, dss, &self.algorithms),
            Some(key) => {
                let candidates = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == dss.scheme);
                let algorithms = candidates.flat_map(|(_, algorithms)| algorithms.iter());
                let bytes = key.subject_public_key.as_bytes().unwrap_or_default();
                algorithms
                    .filter(|algorithm| is_for_key(**algorithm, &key))
                    .any(|algorithm| algorithm.verify_signature(bytes, message, dss.signature()).is_ok())
                    .then(HandshakeSignatureValid::assertion)
                    .ok_or_else(|| CertificateError::BadSignature.into())
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match key_of_version_1(cert).and_then(|key| key.to_der().ok()) {
            None => verify_tls13_signature(message, cert, dss, &self.algorithms),
            Some(key) => verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(key), dss, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn is_name_error(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }))
}

fn key_of_version_1(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoOwned> {
    let certificate = Certificate::from_der(certificate).ok()?.tbs_certificate;
    (certificate.version == Version::V1).then_some(certificate.subject_public_key_info)
}

/// Whether an algorithm identifier equals `content`, which lacks the outer tag and length.
fn is_algorithm(identifier: &AlgorithmIdentifierOwned, content: &[u8]) -> bool {
    identifier.to_der().is_ok_and(|der| der.ends_with(content) && der.len() <= content.len() + 4)
}

fn is_for_key(algorithm: &dyn SignatureVerificationAlgorithm, key: &SubjectPublicKeyInfoOwned) -> bool {
    is_algorithm(&key.algorithm, algorithm.public_key_alg_id().as_ref())
}

fn within_validity(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &certificate.tbs_certificate.validity;
    let now = now.as_secs();
    if now < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// The name in a certificate for which rustls did not vouch.
fn verify_name(certificate: &CertificateDer<'_>, server_name: &ServerName<'_>) -> Result<(), Error> {
    let verdict = rustls::server::ParsedCertificate::try_from(certificate)
        .and_then(|parsed| rustls::client::verify_server_name(&parsed, server_name));
    let Err(error) = verdict else { return Ok(()) };
    let certificate = Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    if has_alternative_name(&certificate) {
        return Err(error);
    }
    let presented = common_names(&certificate);
    if presented.iter().any(|name| fits_host(name, &server_name.to_str())) {
        return Ok(());
    }
    Err(CertificateError::NotValidForNameContext { expected: server_name.to_owned(), presented }.into())
}

/// With a host name or address among the alternative names, the common name counts for nothing.
fn has_alternative_name(certificate: &Certificate) -> bool {
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let mut alternative = extensions.filter(|extension| extension.extn_id == rfc5280::ID_CE_SUBJECT_ALT_NAME);
    alternative.any(|extension| {
        // One that cannot be read may hide names: then the common name does not count either.
        SubjectAltName::from_der(extension.extn_value.as_bytes())
            .map_or(true, |names| names.0.iter().any(|name| matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_))))
    })
}

fn common_names(certificate: &Certificate) -> Vec<String> {
    let attributes = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    attributes
        .filter(|attribute| attribute.oid == rfc4519::CN)
        .filter_map(|attribute| std::str::from_utf8(attribute.value.value()).ok())
        .map(str::to_owned)
        .collect()
}

/// Equal, or `*.example.com` for exactly one more label.
fn fits_host(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(domain) = name.strip_prefix("*.") else { return false };
    host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain))
}
