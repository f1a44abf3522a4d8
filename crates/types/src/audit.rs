//! The audit log as people read it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One entry of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// The leaf's index in the log, from 0, without gaps.
    pub index: u64,
    pub at: DateTime<Utc>,
    /// The kind of event, such as `version.registered`.
    pub event: String,
    /// Who did it; absent for the platform itself.
    pub actor: Option<String>,
    /// How they came: `session`, `token …`, `console`, `worker`.
    pub via: String,
    /// What happened, as a plain sentence.
    pub sentence: String,
    /// The event's details; absent once they expired.
    #[schema(value_type = Object)]
    pub payload: Option<Value>,
    /// RFC 6962 leaf hash, lower-case hex.
    pub leaf_hash: String,
}

/// The head of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditHead {
    /// How many leaves it has.
    pub size: u64,
    /// RFC 6962 root hash over all leaves, lower-case hex.
    pub root: String,
}
