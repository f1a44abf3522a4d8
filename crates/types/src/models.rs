//! Models: what versions are versions of.

use crate::context::Kind;
use crate::ids::ModelId;
use crate::versions::{ProductionNow, Stage};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The longest description of a model, in characters.
pub const DESCRIPTION_MAX: usize = 10_000;

/// A new model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelCreate {
    /// What MLflow admits as a model's name, less `@`.
    #[schema(
        min_length = 1,
        max_length = 250,
        pattern = r"^(?!\.{1,2}$)[^\s/:@\x00-\x1f\x7f-\x9f](?:[^/:@\x00-\x1f\x7f-\x9f]*[^\s/:@\x00-\x1f\x7f-\x9f])?$"
    )]
    pub name: String,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    pub description: String,
    /// What its versions are; `model` unless given.
    #[serde(default)]
    pub kind: Kind,
}

/// A model of a project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Model {
    pub id: ModelId,
    pub project: String,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    pub created_at: DateTime<Utc>,
    /// The newest version's number.
    pub latest: Option<u32>,
    pub production: Option<ProductionNow>,
    /// How many versions stand in each stage; stages without one are left out.
    pub stages: Vec<(Stage, u32)>,
}
