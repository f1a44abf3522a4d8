//! A SHA-256 hash as a value.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A SHA-256 hash. Its one text form is 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// A text that is not a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a hash is 64 lower-case hex digits")]
pub struct HashParseError;

impl Hash {
    /// SHA-256 over the parts, one after the other.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let state = parts.iter().fold(Sha256::new(), Sha256::chain_update);
        Self(state.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashParseError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        // Equal hashes have equal texts: upper case is refused.
        if s.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(HashParseError);
        }
        let mut bytes = [0; 32];
        match hex::decode_to_slice(s, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(HashParseError),
        }
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_are_hashed_as_one_text() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(&[b"abc"]).to_string(), abc);
        assert_eq!(Hash::of(&[b"a", b"", b"bc"]).to_string(), abc);
    }

    #[test]
    fn only_the_one_form_parses() {
        let text = "0f".repeat(32);
        for wrong in ["", "0f", &text.to_uppercase(), &format!("{text}0f"), &text.replacen('f', "g", 1)] {
            assert_eq!(wrong.parse::<Hash>(), Err(HashParseError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(bytes: [u8; 32]) {
            let hash = Hash::from(bytes);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
            let json = serde_json::to_string(&hash).unwrap();
            prop_assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
        }
    }
}
