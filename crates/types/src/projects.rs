//! Projects: the folders of a tenant's models.

use crate::ids::ProjectId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A new project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectCreate {
    /// Stands in references; unique in its tenant.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$")]
    pub slug: String,
    /// The slug unless given.
    #[serde(default)]
    pub name: Option<String>,
}

/// A project of a tenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Project {
    pub id: ProjectId,
    pub slug: String,
    pub name: String,
    pub models: u32,
    pub created_at: DateTime<Utc>,
}
