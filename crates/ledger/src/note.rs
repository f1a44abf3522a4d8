//! Signed notes (C2SP signed-note): a text and, below a blank line, who vouches
//! for it. Keys are Ed25519, written as Go's `sumdb/note` writes them.

use crate::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The kind of key, as the first byte of its encoded form.
const ED25519_KIND: u8 = 1;
/// The longest note that is looked at, in bytes.
const NOTE_MAX: usize = 1 << 20;
/// The most signatures that are looked at.
const SIGNATURES_MAX: usize = 100;
const SIGNATURE_START: &str = "— ";

/// A key or note that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    #[error("a key's name is a text without blanks and without +, such as weighhouse.example")]
    Name,
    #[error("a verifier key is written name+hash+base64, of an Ed25519 key")]
    VerifierForm,
    #[error("a log key is written PRIVATE+KEY+name+hash+base64, of an Ed25519 key")]
    SignerForm,
    #[error("the key's hash is not that of its name and bytes: it was not copied whole")]
    KeyHash,
    #[error("this is no signed note")]
    Malformed,
    #[error("it is not signed by {key}, but by {by}")]
    Unsigned { key: String, by: String },
    #[error("the signature of {key} does not fit: the text or the signature was changed")]
    Forged { key: String },
}

/// A public key and its name: who a signature is expected of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier {
    name: String,
    key: [u8; 32],
}

impl Verifier {
    /// The name and the hash by which a note's signatures say whose they are.
    fn label(&self) -> String {
        format!("{}+{}", self.name, hex::encode(key_hash(&self.name, &self.key)))
    }

    /// The text of a note that this key signed, its last line feed included.
    /// Signatures of other keys are passed over.
    ///
    /// # Errors
    /// When the note is none, or this key's signature is missing or wrong.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        let (text, signatures) = split(note)?;
        let hash = key_hash(&self.name, &self.key);
        let mut others = Vec::new();
        for line in signatures {
            let (name, signed) = signature(line)?;
            let (of, signature) = signed.split_at_checked(4).ok_or(NoteError::Malformed)?;
            if name != self.name || of != hash {
                others.push(format!("{name}+{}", hex::encode(of)));
                continue;
            }
            let key = UnparsedPublicKey::new(&ED25519, &self.key);
            return match key.verify(text.as_bytes(), signature) {
                Ok(()) => Ok(text),
                Err(ring::error::Unspecified) => Err(NoteError::Forged { key: self.label() }),
            };
        }
        Err(NoteError::Unsigned { key: self.label(), by: others.join(", ") })
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.label(), encoded(&self.key))
    }
}

impl FromStr for Verifier {
    type Err = NoteError;

    fn from_str(s: &str) -> Result<Self, NoteError> {
        let mut parts = s.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierForm);
        };
        let key = decoded(key).ok_or(NoteError::VerifierForm)?;
        let verifier = Self { name: checked_name(name)?, key };
        if hash == hex::encode(key_hash(name, &key)) { Ok(verifier) } else { Err(NoteError::KeyHash) }
    }
}

/// A private key and its name. Nothing shows the private half but
/// [`Signer::generate`], once.
#[derive(Clone)]
pub struct Signer {
    verifier: Verifier,
    pair: Arc<Ed25519KeyPair>,
}

impl Signer {
    /// A new key of 32 random bytes, and its secret text form.
    ///
    /// # Errors
    /// When no key can have this name.
    pub fn generate(name: &str, seed: [u8; 32]) -> Result<(Self, String), NoteError> {
        let signer = Self::new(name, seed)?;
        let text = format!("PRIVATE+KEY+{}+{}", signer.verifier.label(), encoded(&seed));
        Ok((signer, text))
    }

    fn new(name: &str, seed: [u8; 32]) -> Result<Self, NoteError> {
        let pair =
            Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_wrong_length| NoteError::SignerForm)?;
        let key = pair.public_key().as_ref().try_into().map_err(|_wrong_length| NoteError::SignerForm)?;
        Ok(Self { verifier: Verifier { name: checked_name(name)?, key }, pair: Arc::new(pair) })
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs a text, which must end with a line feed.
    ///
    /// # Errors
    /// When a note cannot hold the text.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        let Verifier { name, key } = &self.verifier;
        let mut signed = key_hash(name, key).to_vec();
        signed.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        let note = format!("{text}\n{SIGNATURE_START}{name} {}\n", STANDARD.encode(signed));
        match self.verifier.open(&note) {
            Ok(opened) if opened == text => Ok(note),
            _ => Err(NoteError::Malformed),
        }
    }
}

impl fmt::Debug for Signer {
    /// Leaves out the private half.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

impl FromStr for Signer {
    type Err = NoteError;

    fn from_str(s: &str) -> Result<Self, NoteError> {
        let mut parts = s.strip_prefix("PRIVATE+KEY+").ok_or(NoteError::SignerForm)?.splitn(3, '+');
        let (Some(name), Some(hash), Some(seed)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::SignerForm);
        };
        let signer = Self::new(name, decoded(seed).ok_or(NoteError::SignerForm)?)?;
        let expected = hex::encode(key_hash(name, &signer.verifier.key));
        if hash == expected { Ok(signer) } else { Err(NoteError::KeyHash) }
    }
}

/// A note's text without looking at who signed it: for what the reader trusts
/// for another reason.
///
/// # Errors
/// When the note is none.
pub fn text_unverified(note: &str) -> Result<&str, NoteError> {
    split(note).map(|(text, _)| text)
}

/// Text and signature lines.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    let plain = note.len() <= NOTE_MAX && !note.chars().any(|c| c < ' ' && c != '\n');
    let at = note.rfind("\n\n").filter(|_| plain).ok_or(NoteError::Malformed)?;
    let (text, signatures) = note.split_at_checked(at + 1).ok_or(NoteError::Malformed)?;
    let signatures = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
    let signatures: Vec<_> =
        signatures.ok_or(NoteError::Malformed)?.split('\n').take(SIGNATURES_MAX + 1).collect();
    if signatures.len() > SIGNATURES_MAX { Err(NoteError::Malformed) } else { Ok((text, signatures)) }
}

/// Whose a signature line says it is, and its bytes.
fn signature(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let parts = line.strip_prefix(SIGNATURE_START).and_then(|line| line.split_once(' '));
    let (name, base64) = parts.ok_or(NoteError::Malformed)?;
    checked_name(name)?;
    let bytes = STANDARD.decode(base64).ok().filter(|bytes| bytes.len() > 4);
    Ok((name, bytes.ok_or(NoteError::Malformed)?))
}

fn checked_name(name: &str) -> Result<String, NoteError> {
    let valid = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if valid { Ok(name.to_owned()) } else { Err(NoteError::Name) }
}

/// The first four bytes of SHA-256 over name, line feed and encoded key.
fn key_hash(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let hash = Hash::of(&[name.as_bytes(), b"\n", &[ED25519_KIND], key]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

fn encoded(key: &[u8; 32]) -> String {
    STANDARD.encode([&[ED25519_KIND], key.as_slice()].concat())
}

fn decoded(base64: &str) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(base64).ok()?;
    bytes.strip_prefix(&[ED25519_KIND])?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The example of Go's `sumdb/note`.
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n\n\
                        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key(name: &str, seed: u8) -> Signer {
        Signer::generate(name, [seed; 32]).unwrap().0
    }

    #[test]
    fn keys_and_notes_of_another_implementation() {
        let signer: Signer = SECRET.parse().unwrap();
        assert_eq!(signer.verifier().to_string(), PUBLIC);
        assert_eq!(signer.sign(TEXT).unwrap(), NOTE);
        assert_eq!(PUBLIC.parse::<Verifier>().unwrap().open(NOTE), Ok(TEXT));
    }

    #[test]
    fn a_private_key_is_never_shown() {
        let (signer, secret) = Signer::generate("weighhouse.example", [7; 32]).unwrap();
        let hidden = secret.rsplit('+').next().unwrap();
        assert!(!format!("{signer:?}").contains(hidden));
        assert_eq!(secret.parse::<Signer>().unwrap().verifier(), signer.verifier());
    }

    #[test]
    fn what_is_no_key_says_so() {
        assert_eq!("".parse::<Verifier>(), Err(NoteError::VerifierForm));
        assert_eq!(SECRET.parse::<Verifier>(), Err(NoteError::VerifierForm));
        assert_eq!(PUBLIC.replace("c74f", "c74e").parse::<Verifier>(), Err(NoteError::KeyHash));
        let refused = |text: &str| text.parse::<Signer>().unwrap_err();
        assert_eq!(refused(PUBLIC), NoteError::SignerForm);
        assert_eq!(refused(&SECRET.replace("c74f", "c74e")), NoteError::KeyHash);
        assert_eq!(refused(SECRET.get(..60).unwrap()), NoteError::SignerForm);
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
            assert_eq!(Signer::generate(name, [0; 32]).map(drop), Err(NoteError::Name), "{name:?}");
        }
    }

    #[test]
    fn one_of_several_signatures_is_enough_and_has_to_fit() {
        let (ours, other) = (key("ours", 1), key("other", 2));
        let theirs = other.sign(TEXT).unwrap();
        let line = ours.sign(TEXT).unwrap().rsplit_once("\n\n").unwrap().1.to_owned();
        let both = format!("{theirs}{line}");
        assert_eq!(ours.verifier().open(&both), Ok(TEXT));
        assert!(matches!(ours.verifier().open(&theirs), Err(NoteError::Unsigned { .. })));
        // The same name with another key is another signer.
        assert!(matches!(key("ours", 3).verifier().open(&both), Err(NoteError::Unsigned { .. })));
        let forged = both.replace("cryptography", "astrology");
        assert!(matches!(ours.verifier().open(&forged), Err(NoteError::Forged { .. })));
    }

    #[test]
    fn what_is_no_note_says_so() {
        let verifier: Verifier = PUBLIC.parse().unwrap();
        let wrong = [
            "",
            "\n\n",
            TEXT,
            NOTE.trim_end(),
            &NOTE.replace("— ", "- "),
            &NOTE.replace("you ", "you\t"),
            &NOTE.replace("x08go", "x08g"),
        ];
        for note in wrong {
            assert_eq!(verifier.open(note), Err(NoteError::Malformed), "{note:?}");
        }
        let signature = NOTE.rsplit_once("\n\n").unwrap().1;
        let many = format!("{TEXT}\n{}", signature.repeat(101));
        assert_eq!(verifier.open(&many), Err(NoteError::Malformed));
        for text in ["", "no line feed", "\u{1}\n"] {
            assert!(key("a", 1).sign(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_what_was_signed_opens(seed: [u8; 32], text in "[^\\x00-\\x1f]{1,40}", at: prop::sample::Index) {
            let text = format!("{text}\n");
            let (signer, _) = Signer::generate("k", seed).unwrap();
            let note = signer.sign(&text).unwrap();
            prop_assert_eq!(signer.verifier().open(&note), Ok(text.as_str()));
            let chars: Vec<char> = note.chars().collect();
            let at = at.index(chars.len());
            let changed: String = chars.iter().enumerate().map(|(n, c)| match (n == at, c) {
                (false, c) => *c,
                (true, 'x') => 'y',
                (true, _) => 'x',
            }).collect();
            prop_assert_ne!(signer.verifier().open(&changed), Ok(text.as_str()));
        }

        #[test]
        fn opening_never_panics(note in "(\\PC|[\n— +]){0,80}") {
            let _ = key("k", 1).verifier().open(&note);
            let _ = note.parse::<Verifier>();
            let _ = note.parse::<Signer>();
        }
    }
}
