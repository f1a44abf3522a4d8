//! Secrets that the installation itself must use again, such as a provider's
//! API key: kept sealed (AES-256-GCM) under a key that is not in the database.

use super::error::{Error, Result};
use super::secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fmt;

/// The shortest text that a key is made of, in bytes.
const KEY_MIN: usize = 32;
/// Says how the rest is to be read.
const FORM: u8 = 1;

/// The key that seals.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl fmt::Debug for SealKey {
    /// Leaves out the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl std::str::FromStr for SealKey {
    type Err = String;

    /// Makes a key of a random text.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text.len() < KEY_MIN {
            return Err(format!(
                "the key that seals secrets has {} bytes and needs at least {KEY_MIN}; ‘openssl rand -hex 32’ makes a good one",
                text.len()
            ));
        }
        // So that the text may serve elsewhere too, and still be another key there.
        Ok(Self(secret::sha256(format!("weighhouse seal\n{text}").as_bytes())))
    }
}

impl SealKey {
    fn key(&self) -> Result<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0).map(LessSafeKey::new).map_err(Error::internal)
    }

    /// Seals a text for one place: it opens nowhere else.
    pub(crate) fn seal(&self, place: &str, text: &str) -> Result<Vec<u8>> {
        let random = secret::random32();
        let nonce = random.get(..NONCE_LEN).unwrap_or_default();
        let mut sealed = text.as_bytes().to_vec();
        let once = Nonce::try_assume_unique_for_key(nonce).map_err(Error::internal)?;
        self.key()?
            .seal_in_place_append_tag(once, Aad::from(place.as_bytes()), &mut sealed)
            .map_err(Error::internal)?;
        Ok([&[FORM], nonce, sealed.as_slice()].concat())
    }

    /// Opens what was sealed for a place; `None` where it was sealed with
    /// another key, for another place, or is damaged.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Option<String>> {
        let Some((&[FORM], rest)) = sealed.split_first_chunk() else { return Ok(None) };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_LEN>() else { return Ok(None) };
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let Ok(text) = self.key()?.open_in_place(nonce, Aad::from(place.as_bytes()), &mut bytes) else {
            return Ok(None);
        };
        Ok(String::from_utf8(text.to_vec()).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place_alone() {
        let key: SealKey = "k".repeat(32).parse().unwrap();
        let other: SealKey = "o".repeat(32).parse().unwrap();
        let sealed = key.seal("north/1", "sk-secret").unwrap();
        assert_ne!(sealed, key.seal("north/1", "sk-secret").unwrap(), "a new nonce each time");
        assert!(!sealed.windows(9).any(|part| part == b"sk-secret"));
        assert_eq!(key.open("north/1", &sealed).unwrap().as_deref(), Some("sk-secret"));
        assert_eq!(key.open("north/2", &sealed).unwrap(), None);
        assert_eq!(other.open("north/1", &sealed).unwrap(), None);
        for at in [0, 5, sealed.len() - 1] {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(key.open("north/1", &damaged).unwrap(), None);
        }
        assert_eq!(key.open("north/1", &sealed[..9]).unwrap(), None);
        assert!("short".parse::<SealKey>().is_err());
        assert_eq!(format!("{key:?}"), "SealKey");
    }
}
