//! Signatures over a version's files, and the keys that a client trusts.

use crate::ids::SignerId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A signature that was handed in, with what came of checking it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Signature {
    /// Whether a trusted key made it and it is about exactly this version's files.
    pub verified: bool,
    /// The trusted signer whose key made it.
    pub signer: Option<String>,
    /// What the certificate in it says, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// What does not fit, a sentence each.
    pub problems: Vec<String>,
    /// The bundle as it was handed in.
    #[schema(value_type = Object)]
    pub bundle: Value,
}

impl Signature {
    pub(super) fn summary(&self) -> String {
        match (&self.signer, self.verified) {
            (Some(signer), true) => format!("signature of {signer}: verified"),
            (None, true) => "signature: verified".into(),
            _ => "signature: NOT verified".into(),
        }
    }
}

/// What a certificate says of itself. Nobody has vouched for it here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Certificate {
    /// The e-mail address or URI that it names.
    pub identities: Vec<String>,
    /// The provider that is said to have known the identity.
    pub issuer: Option<String>,
    pub not_before: Option<DateTime<Utc>>,
    pub not_after: Option<DateTime<Utc>>,
}

/// A key whose signatures a client trusts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Signer {
    pub id: SignerId,
    pub name: String,
    /// The public key or certificate in PEM.
    pub pem: String,
    /// SHA-256 over the public key's DER (SubjectPublicKeyInfo), lower-case hex.
    pub fingerprint: String,
    /// The algorithm, such as `ECDSA P-256`.
    pub algorithm: String,
    pub added_by: Option<String>,
    pub added_at: DateTime<Utc>,
}

/// Trust a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignerAdd {
    /// Whose it is.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub name: String,
    /// The public key (`PUBLIC KEY`) or certificate in PEM: ECDSA on P-256 or P-384, or Ed25519.
    pub pem: String,
}
