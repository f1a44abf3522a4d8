//! Finding clients, projects and models by name.

use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words that a name, or the way to it, must all hold; everything where there is none.
    #[serde(default)]
    #[param(example = "fraud", max_length = 200)]
    pub q: String,
}

/// What kind of thing was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    Client,
    Project,
    Model,
}

/// A thing that was found, and where it lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found {
    pub kind: FoundKind,
    /// What people call it.
    pub name: String,
    /// Its client's slug.
    pub tenant: String,
    /// Its client's name.
    pub tenant_name: String,
    /// The project's slug, of a project or model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The model's name, of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}
