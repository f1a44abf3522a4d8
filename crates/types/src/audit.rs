//! The audit log: every kind of event there is, and how people read it.

mod attestation;
mod pins;
mod proof;
mod retention;
mod sentence;

pub use proof::*;

use crate::attestations::AttestationKind;
use crate::page::PageQuery;
use crate::pins::{Identity, PinChange};
use crate::retention::{SweptClass, Terms};
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an event says, apart from who and when. The serialised form is kept
/// for years: fields may be added, never renamed or removed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", content = "payload")]
pub enum Event {
    #[serde(rename = "agency.created")]
    AgencyCreated { agency: String, name: String },
    #[serde(rename = "installation.set-up")]
    InstallationSetUp { agency: String, owner: String },
    #[serde(rename = "user.created")]
    UserCreated { email: String, role: Option<String>, tenant: Option<String> },
    #[serde(rename = "session.started")]
    SessionStarted { email: String, session: String },
    #[serde(rename = "session.ended")]
    SessionEnded { email: String, session: String },
    #[serde(rename = "sessions.revoked")]
    SessionsRevoked { email: String, sessions: Vec<String> },
    #[serde(rename = "password.reset-asked")]
    PasswordResetAsked { email: String },
    #[serde(rename = "password.reset")]
    PasswordReset { email: String, sessions_ended: u32 },
    #[serde(rename = "password.changed")]
    PasswordChanged { email: String, sessions_ended: u32 },
    #[serde(rename = "email.change-asked")]
    EmailChangeAsked { email: String, to: String },
    #[serde(rename = "email.changed")]
    EmailChanged { from: String, to: String },
    #[serde(rename = "email.change-undone")]
    EmailChangeUndone { from: String, to: String, sessions_ended: u32 },
    #[serde(rename = "tenant.created")]
    TenantCreated { tenant: String, name: String },
    #[serde(rename = "member.invited")]
    MemberInvited { email: String, role: String },
    #[serde(rename = "invitation.revoked")]
    InvitationRevoked { email: String },
    #[serde(rename = "member.joined")]
    MemberJoined { email: String, role: String },
    #[serde(rename = "member.role-changed")]
    MemberRoleChanged { email: String, role: String },
    #[serde(rename = "member.removed")]
    MemberRemoved { email: String },
    #[serde(rename = "token.created")]
    TokenCreated { token: String, name: String, owner: String, scopes: Vec<String>, expires: DateTime<Utc> },
    #[serde(rename = "token.revoked")]
    TokenRevoked { token: String, name: String },
    #[serde(rename = "project.created")]
    ProjectCreated { project: String, name: String },
    #[serde(rename = "model.created")]
    ModelCreated { model: String },
    #[serde(rename = "version.registered")]
    VersionRegistered { version: String, digest: String, files: u32, size: u64, model_created: bool },
    #[serde(rename = "version.retired")]
    VersionRetired { version: String, digest: String, from: Stage, reason: String },
    #[serde(rename = "version.staged")]
    VersionStaged { version: String, digest: String, promotion: String, reason: String },
    #[serde(rename = "promotion.opened")]
    PromotionOpened { version: String, target: Stage, promotion: String, evidence: String, reason: String },
    #[serde(rename = "promotion.approved")]
    PromotionApproved {
        version: String,
        target: Stage,
        promotion: String,
        evidence: String,
        reason: String,
        /// Whether this was the last approval needed, so that the version moved.
        complete: bool,
        /// The version that was in production before.
        replaced: Option<String>,
    },
    #[serde(rename = "promotion.rejected")]
    PromotionRejected { version: String, target: Stage, promotion: String, evidence: String, reason: String },
    #[serde(rename = "promotion.withdrawn")]
    PromotionWithdrawn { version: String, target: Stage, promotion: String },
    #[serde(rename = "production.rolled-back")]
    ProductionRolledBack {
        from: String,
        to: String,
        digest: String,
        reason: String,
        /// The open request for the restored version, which the rollback answered.
        #[serde(default)]
        withdrawn: Option<String>,
        /// The new evidence of a request that stays open; decisions given before are void.
        #[serde(default)]
        evidence: Option<String>,
    },
    #[serde(rename = "job.retried")]
    JobRetried { job: String, kind: String, about: String },
    #[serde(rename = "job.discarded")]
    JobDiscarded { job: String, kind: String, about: String, reason: String },
    #[serde(rename = "retention.set")]
    RetentionSet { terms: Terms, before: Terms, revision: u32 },
    /// A sweep ended: what it removed, class by class.
    #[serde(rename = "retention.swept")]
    RetentionSwept { sweep: String, removed: Vec<SweptClass> },
    /// Payloads and nonces of earlier entries were deleted. Their leaves stay.
    #[serde(rename = "payload.redacted")]
    PayloadRedacted {
        sweep: String,
        /// First and last index of each run of entries, in order.
        ranges: Vec<(u64, u64)>,
        count: u64,
        days: u32,
    },
    #[serde(rename = "artifact.swept")]
    ArtifactSwept {
        sweep: String,
        version: String,
        digest: String,
        stage: Stage,
        days: u32,
        files: u32,
        size: u64,
    },
    /// Files that were swept were sent again, and the version has them back.
    #[serde(rename = "artifact.restored")]
    ArtifactRestored { version: String, digest: String },
    #[serde(rename = "mails.swept")]
    MailsSwept { sweep: String, count: u64, days: u32 },
    #[serde(rename = "sessions.swept")]
    SessionsSwept { sweep: String, count: u64, days: u32 },
    /// Bytes that no version needs any more were given up.
    #[serde(rename = "blobs.collected")]
    BlobsCollected { files: u64, objects: u64, bytes: u64 },
    #[serde(rename = "hold.placed")]
    HoldPlaced { hold: String, model: Option<String>, reason: String, owner: String },
    #[serde(rename = "hold.lift-asked")]
    HoldLiftAsked { hold: String, model: Option<String>, reason: String },
    #[serde(rename = "hold.lift-withdrawn")]
    HoldLiftWithdrawn { hold: String, model: Option<String> },
    #[serde(rename = "hold.lifted")]
    HoldLifted { hold: String, model: Option<String>, asked_by: String, reason: String },
    /// What is watched of a model's provider. Of the API key only whether there is one.
    #[serde(rename = "pin.set")]
    PinSet {
        model: String,
        endpoint: String,
        pinned: String,
        every_minutes: u32,
        golden: Vec<String>,
        secret: bool,
    },
    #[serde(rename = "pin.removed")]
    PinRemoved { model: String, endpoint: String, pinned: String },
    /// What a provider is was recorded, to be compared with.
    #[serde(rename = "pin.recorded")]
    PinRecorded {
        model: String,
        endpoint: String,
        pinned: String,
        identity: Identity,
        /// Digests of golden answers by name.
        answers: BTreeMap<String, String>,
    },
    #[serde(rename = "pin.changed")]
    PinChanged { model: String, alert: String, endpoint: String, pinned: String, changes: Vec<PinChange> },
    #[serde(rename = "pin.alert-closed")]
    PinAlertClosed { model: String, alert: String, version: String, pinned: String },
    #[serde(rename = "attestation.added")]
    AttestationAdded {
        version: String,
        kind: AttestationKind,
        attestation: String,
        /// SHA-256 of what was attested, about this version.
        digest: String,
        /// What it says, in a few words; of comments and cards nothing.
        summary: String,
        /// The new evidence of the model's open request; decisions given before are void.
        #[serde(default)]
        evidence: Option<String>,
    },
    #[serde(rename = "signer.added")]
    SignerAdded { signer: String, name: String, fingerprint: String },
    #[serde(rename = "signer.removed")]
    SignerRemoved { signer: String, name: String, fingerprint: String },
}

impl Event {
    /// The kind of event, as in the log's leaves.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AgencyCreated { .. } => "agency.created",
            Self::InstallationSetUp { .. } => "installation.set-up",
            Self::UserCreated { .. } => "user.created",
            Self::SessionStarted { .. } => "session.started",
            Self::SessionEnded { .. } => "session.ended",
            Self::SessionsRevoked { .. } => "sessions.revoked",
            Self::PasswordResetAsked { .. } => "password.reset-asked",
            Self::PasswordReset { .. } => "password.reset",
            Self::PasswordChanged { .. } => "password.changed",
            Self::EmailChangeAsked { .. } => "email.change-asked",
            Self::EmailChanged { .. } => "email.changed",
            Self::EmailChangeUndone { .. } => "email.change-undone",
            Self::TenantCreated { .. } => "tenant.created",
            Self::MemberInvited { .. } => "member.invited",
            Self::InvitationRevoked { .. } => "invitation.revoked",
            Self::MemberJoined { .. } => "member.joined",
            Self::MemberRoleChanged { .. } => "member.role-changed",
            Self::MemberRemoved { .. } => "member.removed",
            Self::TokenCreated { .. } => "token.created",
            Self::TokenRevoked { .. } => "token.revoked",
            Self::ProjectCreated { .. } => "project.created",
            Self::ModelCreated { .. } => "model.created",
            Self::VersionRegistered { .. } => "version.registered",
            Self::VersionRetired { .. } => "version.retired",
            Self::VersionStaged { .. } => "version.staged",
            Self::PromotionOpened { .. } => "promotion.opened",
            Self::PromotionApproved { .. } => "promotion.approved",
            Self::PromotionRejected { .. } => "promotion.rejected",
            Self::PromotionWithdrawn { .. } => "promotion.withdrawn",
            Self::ProductionRolledBack { .. } => "production.rolled-back",
            Self::JobRetried { .. } => "job.retried",
            Self::JobDiscarded { .. } => "job.discarded",
            Self::RetentionSet { .. } => "retention.set",
            Self::RetentionSwept { .. } => "retention.swept",
            Self::PayloadRedacted { .. } => "payload.redacted",
            Self::ArtifactSwept { .. } => "artifact.swept",
            Self::ArtifactRestored { .. } => "artifact.restored",
            Self::MailsSwept { .. } => "mails.swept",
            Self::SessionsSwept { .. } => "sessions.swept",
            Self::BlobsCollected { .. } => "blobs.collected",
            Self::HoldPlaced { .. } => "hold.placed",
            Self::HoldLiftAsked { .. } => "hold.lift-asked",
            Self::HoldLiftWithdrawn { .. } => "hold.lift-withdrawn",
            Self::HoldLifted { .. } => "hold.lifted",
            Self::PinSet { .. } => "pin.set",
            Self::PinRemoved { .. } => "pin.removed",
            Self::PinRecorded { .. } => "pin.recorded",
            Self::PinChanged { .. } => "pin.changed",
            Self::PinAlertClosed { .. } => "pin.alert-closed",
            Self::AttestationAdded { .. } => "attestation.added",
            Self::SignerAdded { .. } => "signer.added",
            Self::SignerRemoved { .. } => "signer.removed",
        }
    }
}

/// Which entries of a log are asked for, and which page of them.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only what happened at this moment or later, RFC 3339.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// Only what happened before this moment, RFC 3339.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Only what a person did, by their name or e-mail address.
    #[serde(default)]
    pub actor: Option<String>,
    /// Only events of a kind: `promotion.approved`, or all of `promotion`.
    #[serde(default)]
    pub event: Option<String>,
    /// Only what concerns a model, `tenant/project/model`. Entries whose
    /// details have expired no longer say what they concern.
    #[serde(default)]
    pub model: Option<String>,
}

impl AuditQuery {
    /// The page of the list that is left.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// One entry of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// The leaf's index in the log, from 0, without gaps.
    pub index: u64,
    pub at: DateTime<Utc>,
    /// The kind of event, such as `version.registered`.
    pub event: String,
    /// Who did it; absent for the operator's console, the worker and links.
    pub actor: Option<String>,
    /// How they came: `session`, `token …`, `link`, `console` or `worker`.
    pub via: String,
    /// What happened, as a plain sentence.
    pub sentence: String,
    /// The event's details; absent once they expired.
    #[schema(value_type = Option<Object>)]
    pub payload: Option<Value>,
    /// RFC 6962 leaf hash, lower-case hex.
    pub leaf_hash: String,
}

/// The head of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditHead {
    /// How many leaves it has.
    pub size: u64,
    /// RFC 6962 root hash over all leaves, lower-case hex; absent while too
    /// many wait to be hashed into the tree, because no worker runs, and when
    /// the tree is damaged.
    pub root: Option<String>,
}
