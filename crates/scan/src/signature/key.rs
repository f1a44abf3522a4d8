//! Public keys, and what a certificate says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest, Sha256};
use weighhouse_types::attestations::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::SubjectPublicKeyInfoRef;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// Fulcio's extensions that name the provider of the identity: as bytes, and as text.
const ISSUER_V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
const ISSUER_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
/// The longest PEM that is read, in bytes.
const PEM_MAX: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Algorithm {
    P256,
    P384,
    Ed25519,
}

/// A public key that signatures are verified with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    spki: Vec<u8>,
    point: Vec<u8>,
    algorithm: Algorithm,
}

impl Key {
    /// Reads a public key, or that of a certificate, in PEM.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        if pem.len() > PEM_MAX {
            return Err("is longer than any key or certificate".into());
        }
        if pem.contains("PRIVATE KEY") {
            return Err("is a private key: keep it secret, and give the public one".into());
        }
        let block = |label: &str| {
            let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
            let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
            let body: String = body.split_whitespace().collect();
            STANDARD.decode(body).ok()
        };
        if let Some(der) = block("PUBLIC KEY") {
            return Self::from_spki(&der);
        }
        match block("CERTIFICATE") {
            Some(der) => certificate_of(&der)?.0,
            None => {
                Err("is neither a public key (BEGIN PUBLIC KEY) nor a certificate (BEGIN CERTIFICATE) in PEM"
                    .into())
            }
        }
    }

    /// Reads a public key in DER (SubjectPublicKeyInfo).
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_spki(der: &[u8]) -> Result<Self, String> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|e| format!("is no public key: {e}"))?;
        let curve = info.algorithm.parameters_oid().ok();
        let algorithm =
            match (info.algorithm.oid, curve) {
                (EC, Some(P256)) => Algorithm::P256,
                (EC, Some(P384)) => Algorithm::P384,
                (ED, _) => Algorithm::Ed25519,
                _ => return Err(
                    "is of an algorithm that is not verified here; ECDSA on P-256 or P-384 and Ed25519 are"
                        .into(),
                ),
            };
        let point =
            info.subject_public_key.as_bytes().ok_or("is no public key: its bits are no bytes")?.to_vec();
        Ok(Self { spki: der.to_vec(), point, algorithm })
    }

    /// The key in DER (SubjectPublicKeyInfo).
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 over the key in DER.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.spki).into()
    }

    /// What people call its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::P256 => "ECDSA P-256",
            Algorithm::P384 => "ECDSA P-384",
            Algorithm::Ed25519 => "Ed25519",
        }
    }

    /// Whether this key made a signature.
    #[must_use]
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match self.algorithm {
            Algorithm::P256 => &ECDSA_P256_SHA256_ASN1,
            Algorithm::P384 => &ECDSA_P384_SHA384_ASN1,
            Algorithm::Ed25519 => &ED25519,
        };
        UnparsedPublicKey::new(algorithm, &self.point).verify(message, signature).is_ok()
    }
}

/// A certificate's key, where it can be verified with, and what it says.
pub(super) fn certificate_of(der: &[u8]) -> Result<(Result<Key, String>, Certificate), String> {
    let certificate = x509_cert::Certificate::from_der(der)
        .map_err(|e| format!("holds no certificate that can be read: {e}"))?;
    let body = &certificate.tbs_certificate;
    let spki = body.subject_public_key_info.to_der().map_err(|e| e.to_string())?;
    let moment = |time: x509_cert::time::Time| {
        DateTime::<Utc>::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
    };
    let said = Certificate {
        identities: identities(body),
        issuer: issuer(body),
        not_before: moment(body.validity.not_before),
        not_after: moment(body.validity.not_after),
    };
    Ok((Key::from_spki(&spki), said))
}

/// The alternative names that are people's or programs'; else the subject.
fn identities(body: &x509_cert::TbsCertificate) -> Vec<String> {
    let names = body.get::<SubjectAltName>().ok().flatten().map(|(_, names)| names.0).unwrap_or_default();
    let text = |name: GeneralName| match name {
        GeneralName::Rfc822Name(mail) => Some(mail.to_string()),
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    };
    let found: Vec<String> = names.into_iter().filter_map(text).take(10).collect();
    if found.is_empty() { vec![body.subject.to_string()] } else { found }
}

fn issuer(body: &x509_cert::TbsCertificate) -> Option<String> {
    let extensions = body.extensions.as_deref().unwrap_or_default();
    let value = |oid| extensions.iter().find(|e| e.extn_id == oid).map(|e| e.extn_value.as_bytes());
    let newer =
        value(ISSUER_V2).and_then(|der| Utf8StringRef::from_der(der).ok()).map(|text| text.to_string());
    newer.or_else(|| value(ISSUER_V1).map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}
