//! JWTs for machines that call often: HS256 and nothing else.

use super::config::JwtConfig;
use super::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, new_error};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// The shortest key, in bytes: as long as what HMAC-SHA-256 gives.
const KEY_MIN: usize = 32;

/// The keys of a process.
pub(crate) struct Jwt {
    sign: Option<EncodingKey>,
    verify: Vec<DecodingKey>,
}

impl Jwt {
    /// Takes the keys.
    ///
    /// # Errors
    /// When one is too short to be safe.
    pub(crate) fn new(config: &JwtConfig) -> Result<Self> {
        // Fails where another part of the process was first, with this same one.
        let _ = HS256.install_default();
        let keys: Vec<&String> = config.key.iter().chain(&config.previous).collect();
        if let Some(short) = keys.iter().find(|key| key.len() < KEY_MIN) {
            return Err(Error::internal(format!(
                "the key for JWTs has {} bytes and needs at least {KEY_MIN}; ‘openssl rand -hex 32’ makes a good one",
                short.len()
            )));
        }
        Ok(Self {
            sign: config.key.as_ref().map(|key| EncodingKey::from_secret(key.as_bytes())),
            verify: keys.iter().map(|key| DecodingKey::from_secret(key.as_bytes())).collect(),
        })
    }

    /// Signs claims; `None` without a key.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<Option<String>> {
        let Some(key) = &self.sign else { return Ok(None) };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, key).map(Some).map_err(Error::internal)
    }

    /// The claims of a JWT that one of the keys signed for `audience` and that
    /// has not expired; `None` for every other text.
    pub(crate) fn verify<C: DeserializeOwned>(&self, jwt: &str, audience: &str) -> Option<C> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        let claims = |key| jsonwebtoken::decode(jwt, key, &validation).ok().map(|data| data.claims);
        self.verify.iter().find_map(claims)
    }
}

/// The one algorithm of the process: what a JWT's head asks for besides does
/// not exist, and no library for it is linked.
static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(HmacSha256::new(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(HmacSha256::new(*algorithm, key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> jsonwebtoken::errors::Result<Self> {
        match (algorithm, Hmac::new_from_slice(key)) {
            (Algorithm::HS256, Ok(hmac)) => Ok(Self(hmac)),
            _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        }
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        // In constant time.
        self.0.clone().chain_update(message).verify_slice(tag).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn keys(key: &str, previous: Option<&str>) -> Jwt {
        Jwt::new(&JwtConfig { key: Some(key.into()), previous: previous.map(Into::into) }).unwrap()
    }

    #[test]
    fn a_previous_key_verifies_and_does_not_sign() {
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let claims = json!({"aud": "here", "exp": 4_000_000_000_u64});
        let signed = keys(&old, None).sign(&claims).unwrap().unwrap();
        let verified = |jwt: &Jwt| jwt.verify::<Value>(&signed, "here").is_some();
        assert!(verified(&keys(&new, Some(&old))));
        assert!(!verified(&keys(&new, None)));
        let fresh = keys(&new, Some(&old)).sign(&claims).unwrap().unwrap();
        assert!(keys(&old, None).verify::<Value>(&fresh, "here").is_none());
    }

    #[test]
    fn short_keys_are_refused_and_no_key_signs_nothing() {
        assert!(Jwt::new(&JwtConfig { key: Some("short".into()), previous: None }).is_err());
        assert!(Jwt::new(&JwtConfig { key: Some("k".repeat(32)), previous: Some("x".into()) }).is_err());
        let none = Jwt::new(&JwtConfig::default()).unwrap();
        assert!(none.sign(&json!({})).unwrap().is_none());
    }
}
