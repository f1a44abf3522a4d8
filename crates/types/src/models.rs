//! Models: what versions are versions of.

use crate::annotations::Tags;
use crate::context::Kind;
use crate::ids::ModelId;
use crate::page::PageQuery;
use crate::permission::named;
use crate::versions::{ProductionNow, Stage};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    #[serde(default)]
    pub tags: Tags,
    /// Names that stand for a version, with its number.
    #[serde(default)]
    pub aliases: BTreeMap<String, u32>,
    pub created_at: DateTime<Utc>,
    /// The newest version's number.
    pub latest: Option<u32>,
    pub production: Option<ProductionNow>,
    /// How many versions stand in each stage; stages without one are left out.
    pub stages: Vec<(Stage, u32)>,
}

named! {
    /// How models are sorted; those that are equal come by name.
    ModelSort {
        Name = "name",
        NameBack = "-name",
        Newest = "-created",
        Oldest = "created",
        /// Most versions first.
        Versions = "-versions",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives the same for all its enums")]
impl Default for ModelSort {
    fn default() -> Self {
        Self::Name
    }
}

/// Which models are asked for, and which page of them.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ModelQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only of a project, by its short name.
    #[serde(default)]
    pub project: Option<String>,
    /// Only models whose name has this in it, in capitals or not.
    #[serde(default)]
    pub name: Option<String>,
    /// Only of a kind: `model`, `llm` or `system`.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Only models with a version in a stage.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// Only models with a tag, `owner`, or with a value of it, `owner=Ann`.
    #[serde(default)]
    pub tag: Option<String>,
    /// `name` unless given; also `-name`, `-created`, `created` and `-versions`.
    #[serde(default)]
    pub sort: Option<ModelSort>,
}

impl ModelQuery {
    /// The page of the list.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}
