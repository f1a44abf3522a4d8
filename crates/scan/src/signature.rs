//! Signatures of OpenSSF model-signing (v1.0): a Sigstore bundle that holds
//! an in-toto statement over the digest of every file. Checked against keys
//! that are trusted, offline; a certificate is shown and not believed.

mod key;
mod statement;

pub use key::Key;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use key::certificate_of;
use serde::Deserialize;
use serde_json::Value;
use weighhouse_types::attestations::Signature;
use weighhouse_types::context::FileEntry;

/// What a DSSE envelope of these bundles carries.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A key that is trusted, and whose it is.
#[derive(Clone, Debug)]
pub struct Trusted {
    pub name: String,
    pub key: Key,
}

/// The parts of a bundle that count; what else is in it is passed over, as
/// its format wants.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    x509_certificate_chain: Option<Chain>,
    certificate: Option<Raw>,
}

#[derive(Deserialize)]
struct Chain {
    #[serde(default)]
    certificates: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    #[serde(default)]
    signatures: Vec<Signed>,
}

#[derive(Deserialize)]
struct Signed {
    sig: String,
}

/// Checks a bundle against the files of a version and the keys that are
/// trusted. What does not fit is listed in the result.
///
/// # Errors
/// When it is no bundle that could be checked at all.
pub fn verify(bundle: Value, files: &[FileEntry], trusted: &[Trusted]) -> Result<Signature, String> {
    let read =
        Bundle::deserialize(&bundle).map_err(|e| format!("is no Sigstore bundle with a statement: {e}"))?;
    if !read.media_type.starts_with("application/vnd.dev.sigstore.bundle") {
        return Err(format!("is of the type ‘{}’, not a Sigstore bundle", read.media_type));
    }
    let Envelope { payload, payload_type, signatures } = read.dsse_envelope;
    if payload_type != PAYLOAD_TYPE {
        return Err(format!("signs a ‘{payload_type}’; a model signature signs a ‘{PAYLOAD_TYPE}’"));
    }
    let payload = decode(&payload, "the payload")?;
    let [Signed { sig }] = signatures.as_slice() else {
        return Err(format!("has {} signatures; a model signature has one", signatures.len()));
    };
    let signature = decode(sig, "the signature")?;
    let chain = read.verification_material.x509_certificate_chain.map(|chain| chain.certificates);
    let leaf = read.verification_material.certificate.or_else(|| chain?.into_iter().next());
    let leaf = leaf.map(|raw| decode(&raw.raw_bytes, "the certificate")).transpose()?;
    let leaf = leaf.map(|der| certificate_of(&der)).transpose()?;

    let message = pae(&payload);
    let signer = trusted.iter().find(|trusted| trusted.key.verifies(&message, &signature));
    let mut problems = Vec::new();
    if signer.is_none() {
        problems.push(unsigned(&message, &signature, leaf.as_ref().map(|(key, _)| key), trusted.len()));
    }
    problems.extend(statement::compare(&payload, files)?);
    Ok(Signature {
        verified: problems.is_empty(),
        signer: signer.map(|trusted| trusted.name.clone()),
        certificate: leaf.map(|(_, certificate)| certificate),
        problems,
        bundle,
    })
}

/// Why no trusted key stands behind a signature.
fn unsigned(message: &[u8], signature: &[u8], leaf: Option<&Result<Key, String>>, trusted: usize) -> String {
    let keys = match trusted {
        0 => "no key is trusted here yet".to_owned(),
        1 => "the one trusted key did not make it".to_owned(),
        many => format!("none of the {many} trusted keys made it"),
    };
    match leaf {
        Some(Ok(key)) if key.verifies(message, signature) => format!(
            "The key of the certificate in it made the signature, and {keys}. Identity not verified: no transparency log reachable."
        ),
        Some(Ok(_)) => format!("The key of the certificate in it did not make the signature, and {keys}."),
        Some(Err(why)) => format!("The certificate in it cannot be used: its key {why}; and {keys}."),
        None => format!("The signature is of nobody who is trusted: {keys}."),
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|e| format!("is damaged: {what} is no base64 ({e})"))
}

/// What a DSSE signature is over.
fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
