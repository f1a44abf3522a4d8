//! A log as one file, and its verification: offline, line by line, in memory
//! that does not grow with the log.
//!
//! The file is JSON lines: a header with the checkpoint, then the leaves in
//! order, each with its payload where that has not expired.

use crate::Hash;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::note::Verifier;
use crate::tree::{Head, Tree, leaf_hash};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The form of the file.
pub const FORMAT: &str = "weighhouse-audit/1";

/// The file's first line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// Whose log it is, by the name at the time of the export.
    pub tenant: String,
    /// The verifier key, for reading; a verifier has its own from elsewhere.
    pub key: String,
    /// The signed note.
    pub checkpoint: String,
}

impl Header {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// When it is not that of an export.
    pub fn parse(line: &str) -> Result<Self, Fault> {
        let header: Self = serde_json::from_str(line).map_err(|e| Fault::Header(e.to_string()))?;
        if header.format == FORMAT {
            Ok(header)
        } else {
            Err(Fault::Header(format!(
                "its format is ‘{}’, and this program reads ‘{FORMAT}’",
                header.format
            )))
        }
    }
}

/// The hash by which a leaf names its payload: SHA-256 over a nonce, so that
/// nobody guesses an expired payload from it, and the payload.
#[must_use]
pub fn payload_hash(nonce: &[u8; 32], payload: &str) -> Hash {
    Hash::of(&[nonce, payload.as_bytes()])
}

/// A line after the first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    /// The leaf's bytes, which are text.
    #[serde(borrow)]
    leaf: Cow<'a, str>,
    /// Its hash as the log's tiles have it.
    #[serde(borrow)]
    hash: Cow<'a, str>,
    /// What happened, until it expires.
    payload: Option<String>,
    /// 32 bytes in hex, as long as there is a payload.
    nonce: Option<String>,
}

/// What is read of a leaf.
#[derive(Deserialize)]
struct Leaf<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    index: u64,
    #[serde(borrow)]
    payload_hash: Cow<'a, str>,
}

/// The first thing in a file that does not fit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    #[error("the file does not begin as an export of an audit log: {0}")]
    Header(String),
    #[error("the checkpoint cannot be trusted: {0}")]
    Checkpoint(CheckpointError),
    #[error("the earlier checkpoint cannot be trusted: {0}")]
    Earlier(CheckpointError),
    #[error("the checkpoint is of the log {found}, and {expected} was expected")]
    Origin { expected: String, found: String },
    #[error("the log had {earlier} leaves before and has {size} now: a log never shrinks")]
    Shrunk { earlier: u64, size: u64 },
    #[error("leaf {index}: {what}")]
    Leaf { index: u64, what: LeafFault },
    #[error("the file ends before leaf {index}; the checkpoint has {size}")]
    Truncated { index: u64, size: u64 },
    #[error(
        "the log does not go on from the earlier checkpoint: one of the leaves 0 to {} is not what it was then",
        .size.saturating_sub(1)
    )]
    Inconsistent { size: u64 },
    #[error(
        "the leaves do not add up to the signed root: one of the leaves {from} to {to} was changed together with its hash"
    )]
    Root { from: u64, to: u64 },
}

impl Fault {
    /// The index of the leaf that does not fit, or of the first of several
    /// that may be it.
    #[must_use]
    pub const fn index(&self) -> Option<u64> {
        match self {
            Self::Leaf { index, .. } | Self::Truncated { index, .. } => Some(*index),
            Self::Inconsistent { .. } => Some(0),
            Self::Root { from, .. } => Some(*from),
            Self::Header(_)
            | Self::Checkpoint(_)
            | Self::Earlier(_)
            | Self::Origin { .. }
            | Self::Shrunk { .. } => None,
        }
    }
}

/// What does not fit about a leaf.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LeafFault {
    #[error("the line is not that of a leaf: {0}")]
    Line(String),
    #[error("leaf {0} stands in its place")]
    Index(u64),
    #[error("it is of another log, {0}")]
    Log(String),
    #[error("it was changed: its bytes do not have its hash")]
    Hash,
    #[error("its payload was changed: it does not have the hash that the leaf names")]
    Payload,
    #[error("it has only one of payload and nonce")]
    HalfPayload,
    #[error("the checkpoint has only {0} leaves")]
    Beyond(u64),
}

/// What a verifier knows before looking at the file.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The keys that may have signed: more than one where a key was replaced.
    pub keys: &'a [Verifier],
    /// The log's name, if the verifier knows it.
    pub origin: Option<&'a str>,
    /// The signed note of an earlier checkpoint, if the verifier has one.
    pub earlier: Option<&'a str>,
}

/// What was verified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verified {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    /// How many payloads have expired; their leaves are there.
    pub expired: u64,
    /// The size of the earlier checkpoint that the log goes on from.
    pub earlier: Option<u64>,
}

/// A verification under way.
#[derive(Debug)]
pub struct Verification {
    checkpoint: Checkpoint,
    earlier: Option<Head>,
    tree: Tree,
    expired: u64,
}

impl Verification {
    /// Begins with the file's first line.
    ///
    /// # Errors
    /// When the checkpoint is not one that the key signed, of the log that is
    /// expected and not shorter than before.
    pub fn begin(line: &str, expected: &Expected<'_>) -> Result<Self, Fault> {
        let header = Header::parse(line)?;
        let checkpoint = open(&header.checkpoint, expected.keys).map_err(Fault::Checkpoint)?;
        let earlier = expected.earlier.map(|note| open(note, expected.keys).map_err(Fault::Earlier));
        let earlier = earlier.transpose()?;
        let origins =
            expected.origin.into_iter().chain(earlier.as_ref().map(|earlier| earlier.origin.as_str()));
        for origin in origins {
            if origin != checkpoint.origin {
                return Err(Fault::Origin { expected: origin.to_owned(), found: checkpoint.origin });
            }
        }
        let earlier = earlier.map(|earlier| earlier.head);
        let this = Self { checkpoint, earlier, tree: Tree::new(), expired: 0 };
        match this.earlier {
            Some(Head { size, .. }) if size > this.checkpoint.head.size => {
                return Err(Fault::Shrunk { earlier: size, size: this.checkpoint.head.size });
            }
            _ => this.meet_earlier()?,
        }
        Ok(this)
    }

    /// Takes the file's next line.
    ///
    /// # Errors
    /// When it is not the log's next leaf.
    pub fn entry(&mut self, line: &str) -> Result<(), Fault> {
        let index = self.tree.size();
        let leaf = self.leaf(line).map_err(|what| Fault::Leaf { index, what })?;
        self.tree.append(leaf);
        self.meet_earlier()
    }

    /// Ends where the file does.
    ///
    /// # Errors
    /// When leaves are missing, or do not add up to the signed root.
    pub fn finish(self) -> Result<Verified, Fault> {
        let Checkpoint { origin, head } = self.checkpoint;
        let found = self.tree.head();
        if found.size < head.size {
            return Err(Fault::Truncated { index: found.size, size: head.size });
        }
        if found.root != head.root {
            let from = self.earlier.map_or(0, |earlier| earlier.size);
            return Err(Fault::Root { from, to: head.size.saturating_sub(1) });
        }
        let earlier = self.earlier.map(|earlier| earlier.size);
        Ok(Verified { origin, size: head.size, root: head.root, expired: self.expired, earlier })
    }

    fn leaf(&mut self, line: &str) -> Result<Hash, LeafFault> {
        let index = self.tree.size();
        if index >= self.checkpoint.head.size {
            return Err(LeafFault::Beyond(self.checkpoint.head.size));
        }
        let entry: Entry<'_> = parsed(line)?;
        let leaf: Leaf<'_> = parsed(&entry.leaf)?;
        if leaf.index != index {
            return Err(LeafFault::Index(leaf.index));
        }
        if self.checkpoint.origin.rsplit('/').next() != Some(&leaf.log) {
            return Err(LeafFault::Log(leaf.log.into_owned()));
        }
        let hash = leaf_hash(entry.leaf.as_bytes());
        if entry.hash.parse() != Ok(hash) {
            return Err(LeafFault::Hash);
        }
        match (&entry.payload, &entry.nonce) {
            (Some(payload), Some(nonce)) => {
                let mut bytes = [0; 32];
                let nonce = hex::decode_to_slice(nonce, &mut bytes).map(|()| bytes);
                let hash = nonce.map(|nonce| payload_hash(&nonce, payload)).ok();
                if hash.is_none() || hash != leaf.payload_hash.parse().ok() {
                    return Err(LeafFault::Payload);
                }
            }
            (None, None) => self.expired += 1,
            _ => return Err(LeafFault::HalfPayload),
        }
        Ok(hash)
    }

    /// Where the log is as long as it was, it must be what it was.
    fn meet_earlier(&self) -> Result<(), Fault> {
        match self.earlier {
            Some(earlier) if earlier.size == self.tree.size() && earlier.root != self.tree.root() => {
                Err(Fault::Inconsistent { size: earlier.size })
            }
            _ => Ok(()),
        }
    }
}

/// The checkpoint, if one of the keys signed it; else what the first says.
fn open(note: &str, keys: &[Verifier]) -> Result<Checkpoint, CheckpointError> {
    let mut opened = keys.iter().map(|key| Checkpoint::open(note, key));
    let first = opened.next().unwrap_or(Err(CheckpointError::NoKey));
    first.or_else(|refusal| opened.find_map(Result::ok).ok_or(refusal))
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, LeafFault> {
    serde_json::from_str(text).map_err(|e| LeafFault::Line(e.to_string()))
}

#[cfg(test)]
mod tests;
