//! Checkpoints (C2SP tlog-checkpoint): a log's head as the text of a signed note.

use crate::note::{self, NoteError, Signer, Verifier};
use crate::tree::Head;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;

/// A log and its head. The text form is origin, size and root, a line each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The log's one name, for ever: `<host>/audit/<id>`.
    pub origin: String,
    pub head: Head,
}

/// A text that is no checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("no key is given to hold its signature against")]
    NoKey,
    #[error("a checkpoint has three lines: the log's origin, its size, and its root in base64")]
    Form,
}

impl Checkpoint {
    /// The checkpoint as a note.
    ///
    /// # Errors
    /// When a note cannot hold the origin.
    pub fn sign(&self, signer: &Signer) -> Result<String, NoteError> {
        signer.sign(&self.to_string())
    }

    /// The checkpoint in a note that a key signed.
    ///
    /// # Errors
    /// When the key did not sign it, or it is no checkpoint.
    pub fn open(note: &str, key: &Verifier) -> Result<Self, CheckpointError> {
        key.open(note)?.parse()
    }

    /// The checkpoint in a note, whoever signed it: for a note that the reader
    /// has kept from others' hands.
    ///
    /// # Errors
    /// When it is no checkpoint.
    pub fn open_unverified(note: &str) -> Result<Self, CheckpointError> {
        note::text_unverified(note)?.parse()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.head.root.as_bytes());
        write!(f, "{}\n{}\n{root}\n", self.origin, self.head.size)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Lines after the third are extensions, and passed over.
    fn from_str(s: &str) -> Result<Self, CheckpointError> {
        let mut lines = s.split('\n');
        let (Some(origin), Some(size), Some(root), Some(_)) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Form);
        };
        let root = STANDARD.decode(root).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        match (size.parse::<u64>(), root) {
            // One number has one text: neither +1 nor 01.
            (Ok(number), Some(root)) if !origin.is_empty() && number.to_string() == size => {
                Ok(Self { origin: origin.to_owned(), head: Head { size: number, root: root.into() } })
            }
            _ => Err(CheckpointError::Form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::root;

    #[test]
    fn three_lines_and_extensions() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().unwrap();
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.head.size),
            ("example.com/behind-the-sofa", 20_852_163)
        );
        assert_eq!(checkpoint.to_string(), text);
        assert_eq!(format!("{text}extension\n").parse(), Ok(checkpoint));
        let wrong = [
            "",
            "a\n1\n",
            "a\n1\nCsUYapGGPo4=\n",
            "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            text.trim_end(),
            &text.replace("\n2", "\n02"),
            &text.replace("\n2", "\n+2"),
            &text.replace("\n2", "\n-2"),
        ];
        for text in wrong {
            assert_eq!(text.parse::<Checkpoint>(), Err(CheckpointError::Form), "{text:?}");
        }
    }

    #[test]
    fn signed_and_opened() {
        let (signer, _) = Signer::generate("weighhouse.example", [1; 32]).unwrap();
        let (other, _) = Signer::generate("weighhouse.example", [2; 32]).unwrap();
        let checkpoint = Checkpoint {
            origin: "weighhouse.example/audit/1".into(),
            head: Head { size: 0, root: root([]) },
        };
        let note = checkpoint.sign(&signer).unwrap();
        assert_eq!(Checkpoint::open(&note, signer.verifier()), Ok(checkpoint.clone()));
        assert_eq!(Checkpoint::open_unverified(&note), Ok(checkpoint));
        assert!(Checkpoint::open(&note, other.verifier()).is_err());
    }
}
