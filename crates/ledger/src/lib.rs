//! The ledger: what makes a record provable to somebody who trusts nobody.
//!
//! [`canonical`] gives a JSON value its one byte form (RFC 8785) and digest;
//! [`tree`] hashes a log of such records into one root (RFC 6962); [`proof`]
//! shows that a record is in a log, and that a log only grew (RFC 9162);
//! [`tile`] is how a log's hashes are stored; [`note`] and [`checkpoint`] are how
//! a log's keeper vouches for its head (C2SP); [`export`] verifies a whole log
//! as one file.
//!
//! The crate is pure: no IO, no clock, no database. Server and command-line
//! client share it, so that what one writes the other verifies offline.

pub mod canonical;
pub mod checkpoint;
pub mod export;
mod hash;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

pub use hash::{Hash, HashParseError};
