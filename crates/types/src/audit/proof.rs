//! What makes a log provable: checkpoints, proofs, and its leaves as they are
//! hashed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is signed of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditSigned {
    /// The newest checkpoint; absent until the first was signed.
    pub checkpoint: Option<AuditCheckpoint>,
    /// Why no further checkpoint is signed; absent while all is well.
    pub refusal: Option<AuditRefusal>,
}

/// A signed checkpoint: who vouches for which state of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditCheckpoint {
    /// The log's name, which never changes.
    #[schema(example = "weighhouse.example/audit/019ab1c2-7d3e-7c1a-9b7e-3f1f0c2d4e5f")]
    pub origin: String,
    /// How many leaves it speaks for.
    pub size: u64,
    /// RFC 6962 root hash over them, lower-case hex.
    pub root: String,
    /// The public key that signed it, as Go's `sumdb/note` writes it.
    #[schema(example = "weighhouse.example+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    pub key: String,
    /// The checkpoint itself: a C2SP signed note.
    pub note: String,
    pub signed_at: DateTime<Utc>,
}

/// That the signer refuses a log's head, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditRefusal {
    pub reason: String,
    /// When it was last looked at and refused.
    pub at: DateTime<Utc>,
}

/// Which leaf, in which state of the log.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InclusionQuery {
    /// The leaf's index, from 0.
    #[param(required)]
    pub index: Option<u64>,
    /// How many leaves the checkpoint has that the proof is for; the newest
    /// signed one's unless given.
    pub size: Option<u64>,
}

/// Proof that a leaf is in a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditInclusion {
    pub index: u64,
    /// The size of the log that the proof is for.
    pub size: u64,
    /// The root of the log at that size: the checkpoint must have it.
    pub root: String,
    /// RFC 6962 leaf hash, lower-case hex.
    pub leaf_hash: String,
    /// The hashes beside the leaf's way to the root, from the bottom.
    pub hashes: Vec<String>,
}

/// Two states of a log.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyQuery {
    /// How many leaves the earlier checkpoint has.
    #[param(required)]
    pub from: Option<u64>,
    /// How many leaves the later one has; the newest signed one's unless given.
    pub to: Option<u64>,
}

/// Proof that a log only grew (RFC 9162).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditConsistency {
    pub from: u64,
    pub to: u64,
    pub hashes: Vec<String>,
}

/// The most leaves at once.
pub const LEAVES_MAX: u32 = 1000;

/// From which leaf on.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LeavesQuery {
    /// The first leaf's index; 0 unless given.
    pub from: Option<u64>,
    /// Leaves wanted, 1 to 1000; 1000 unless given.
    pub limit: Option<u32>,
}

/// Leaves of a log, in order, as far as its newest checkpoint goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLeaves {
    pub items: Vec<AuditLeaf>,
    /// The `from` of the next ones; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A leaf as it is hashed, with what its payload's hash is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLeaf {
    /// The bytes that are hashed: RFC 8785 canonical JSON, as text.
    pub leaf: String,
    /// RFC 6962 leaf hash as the signed tree has it, lower-case hex.
    pub hash: String,
    /// What happened, as canonical JSON; absent once it expired. The leaf's
    /// `payload_hash` is SHA-256 over the nonce's bytes and this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// 32 bytes, lower-case hex; expires together with the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}
