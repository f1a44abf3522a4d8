//! Mails of the installation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A mail that was written into the installation's folder instead of sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FolderMail {
    pub file: String,
    pub at: DateTime<Utc>,
    /// The whole message, as it would have been sent.
    pub raw: String,
}
