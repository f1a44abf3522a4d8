//! Work in the background that failed, as people see it.

use crate::ids::JobId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a job that failed stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It failed and is tried again by itself.
    Failed,
    /// It failed and is being tried again at this moment.
    Running,
    /// It is not tried again unless somebody asks for it.
    Dead,
}

/// A job that failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobSummary {
    pub id: JobId,
    /// Such as `mail_send`.
    pub kind: String,
    /// The client it is for; absent for the installation's own.
    pub tenant: Option<String>,
    /// What it is about, such as a mail's subject and recipient.
    pub about: String,
    pub state: JobState,
    pub attempts: u32,
    pub last_error: String,
    /// When it is tried again by itself; absent when it is dead.
    pub next_run: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// The request that caused it.
    pub request_id: String,
}

/// Giving a job up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobDiscard {
    /// Why, for the audit log.
    pub reason: String,
}
