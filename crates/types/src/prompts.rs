//! Prompts of a version, rendered to be looked at.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values for a prompt's variables.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptRender {
    /// By variable; the version's own example stands for one that is left out.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A prompt with values in the place of its variables.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PromptRendered {
    pub name: String,
    pub role: Option<String>,
    pub text: String,
    /// The values that stand in the text.
    pub values: BTreeMap<String, String>,
}
