//! Finding anything that the caller reaches.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is looked for.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words, or beginnings of words, all of which must be known of a thing: its name and the way to it, a
    /// commit, a digest, an id, a data set, a library, a person, a day such as `2026-03-15`. What is yours, where
    /// there is none.
    #[serde(default)]
    #[param(example = "fraud", max_length = 200)]
    pub q: String,
}

crate::permission::named! {
    /// What kind of thing was found, in the order in which they are listed.
    FoundKind {
        Client = "client",
        Model = "model",
        Project = "project",
        Dataset = "dataset",
        Version = "version",
        Promotion = "promotion",
        Person = "person",
    }
}

/// A thing that was found, and where it lies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found {
    pub kind: FoundKind,
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Its client's slug.
    pub tenant: String,
    /// Its client's name.
    pub tenant_name: String,
    /// The project's slug, of what lies in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The model's name, of a model and what lies in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The number, of a version or a request about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// What tells it from others of its name: who made it and when, or what it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
