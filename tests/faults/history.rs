//! What clients did and were told, and what is on record: the two sides that
//! the checker compares. Marks are unique, and stand in the record itself: in
//! a version's context, or as the reason of everything else.

use std::collections::{HashMap, HashSet};

/// One thing that a client did.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) mark: String,
    pub(crate) act: Act,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Act {
    /// Send a file and register a version of it.
    Push,
    /// Promote to staging.
    Stage,
    /// Ask for production.
    Ask,
    Approve,
    Reject,
    Rollback,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Acknowledged, with the version that the answer names.
    Done { version: (String, u32) },
    /// Refused: it was not done.
    Refused,
    /// It may have been done.
    Doubt,
}

/// A version on record.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) model: String,
    pub(crate) number: u32,
    pub(crate) digest: String,
    pub(crate) mark: String,
    pub(crate) stage: String,
    /// Of its file, as the manifest says.
    pub(crate) sha256: String,
}

/// A time in production on record, in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Period {
    pub(crate) model: String,
    pub(crate) number: u32,
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
    pub(crate) began_by: String,
    pub(crate) ended_by: Option<String>,
}

/// A leaf of the audit log with its payload.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) index: i64,
    pub(crate) leaf: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    pub(crate) payload: String,
}

/// Everything on record.
#[derive(Clone, Default, Debug)]
pub(crate) struct Record {
    pub(crate) versions: Vec<Version>,
    pub(crate) periods: Vec<Period>,
    /// The marks of promotion requests, of decisions and of rollbacks.
    pub(crate) marks: Vec<String>,
    pub(crate) leaves: Vec<Leaf>,
    /// Ids of mails that were written, with what caused them.
    pub(crate) mails: Vec<(String, String)>,
}

/// What was seen from outside.
#[derive(Clone, Default, Debug)]
pub(crate) struct Seen {
    /// The digest of the bytes that came back for a version.
    pub(crate) contents: HashMap<(String, u32), String>,
    /// Answers to “what was in production at this moment”.
    pub(crate) as_of: Vec<(String, i64, Option<u32>)>,
    /// Heads of the log, whenever they were asked for.
    pub(crate) heads: Vec<(usize, String)>,
    /// Ids of mails that arrived.
    pub(crate) arrived: HashSet<String>,
}
