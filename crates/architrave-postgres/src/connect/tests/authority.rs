//! A certificate authority for tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, SigningKey, date_time_ymd,
};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::BitString;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Decode, Encode, EncodePem};

/// A certificate and its key in PEM form.
pub(super) struct Pair {
    pub certificate: String,
    pub key: String,
}

/// Signs whatever the tests need.
pub(super) struct Authority {
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    /// For host names and addresses.
    pub(super) fn server(&self, names: &[&str]) -> Pair {
        self.sign(&params(names, "server"))
    }

    /// The same with a serial number.
    pub(super) fn numbered(&self, names: &[&str], serial: u64) -> Pair {
        let mut params = params(names, "server");
        params.serial_number = Some(SerialNumber::from(serial));
        self.sign(&params)
    }

    /// Valid until 2020.
    pub(super) fn expired(&self, names: &[&str]) -> Pair {
        let mut params = params(names, "server");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    /// With nothing but a common name: a host, or the role of a client.
    pub(super) fn common_name(&self, name: &str) -> Pair {
        self.sign(&params(&[], name))
    }

    /// X.509 version 1, as `openssl x509 -req` without extensions makes it.
    pub(super) fn version_1(&self, name: &str) -> Pair {
        let key = KeyPair::generate().unwrap();
        let signed = params(&[], name).signed_by(&key, &self.issuer).unwrap();
        let mut certificate = Certificate::from_der(signed.der()).unwrap();
        certificate.tbs_certificate.version = Version::V1;
        certificate.tbs_certificate.extensions = None;
        let signature = self.issuer.key().sign(&certificate.tbs_certificate.to_der().unwrap()).unwrap();
        certificate.signature = BitString::from_bytes(&signature).unwrap();
        Pair { certificate: certificate.to_pem(LineEnding::LF).unwrap(), key: key.serialize_pem() }
    }

    /// A list that revokes one serial number.
    pub(super) fn revocation_list(&self, serial: u64) -> String {
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }
}

/// Signed by itself and allowed to sign others, as `openssl req -x509` makes it.
pub(super) fn self_signed(names: &[&str]) -> Pair {
    let key = KeyPair::generate().unwrap();
    let mut params = params(names, "server");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Pair { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}
