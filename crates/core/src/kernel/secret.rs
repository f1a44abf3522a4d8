//! Random secrets and their hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// 32 bytes from the operating system.
///
/// # Panics
/// Never returns weak bytes: when the system has no randomness, the process
/// cannot go on.
pub(crate) fn random32() -> [u8; 32] {
    let mut bytes = [0; 32];
    #[expect(clippy::expect_used, reason = "no secret can be made without randomness")]
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

/// An opaque 256-bit secret for cookies, links and keys.
#[must_use]
pub fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(random32())
}

/// Whether a text has the form of an opaque secret.
pub(crate) fn is_opaque(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// An API token: `wh_<random>_<checksum>`. The checksum lets scanners and
/// clients tell a token from a typing error without asking the server.
pub(crate) fn api_token() -> String {
    let random = hex::encode(random32());
    format!("wh_{random}_{}", checksum(&random))
}

/// Whether a text has the form of an API token, checksum included.
pub(crate) fn is_api_token(text: &str) -> bool {
    text.strip_prefix("wh_")
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(random, sum)| random.len() == 64 && sum == checksum(random))
}

fn checksum(random: &str) -> String {
    let mut sum = hex::encode(sha256(random.as_bytes()));
    sum.truncate(8);
    sum
}

/// The form token that belongs to a session's cookie.
pub(crate) fn csrf(cookie: &str) -> String {
    hex::encode(sha256(format!("csrf:{cookie}").as_bytes()))
}

/// A readable random password for the demonstration: 80 bits in four groups.
#[must_use]
pub fn password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters: Vec<char> = random32()
        .iter()
        .take(16)
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|byte| char::from(*byte))
        .collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// A new request's id.
#[must_use]
pub fn request_id() -> String {
    Uuid::now_v7().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_form() {
        let token = api_token();
        assert!(is_api_token(&token));
        assert!(!is_api_token(&token.replace('_', "-")));
        let wrong = format!("{}0", &token[..token.len() - 1]);
        assert!(wrong == token || !is_api_token(&wrong));
    }

    #[test]
    fn passwords_have_four_groups() {
        assert_eq!(password().split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
    }
}
