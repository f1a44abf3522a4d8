//! The component of a version of kind `llm`: everything that makes a language
//! model behave as it does. A change to any of it is a new version.

use super::ContextError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A language model as it is used.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Llm {
    /// Who serves it, such as `openai`, `anthropic`, `self-hosted`.
    pub provider: String,
    /// The pinned model, as the provider names it: a dated snapshot rather than an alias.
    pub model: String,
    /// The base of an API that speaks OpenAI's protocol.
    pub endpoint: Option<String>,
    /// What the provider answered when this version was tested (`system_fingerprint`).
    pub fingerprint: Option<String>,
    pub checkpoint: Option<Checkpoint>,
    /// By name.
    #[serde(default)]
    pub prompts: BTreeMap<String, Prompt>,
    pub retrieval: Option<Retrieval>,
    #[serde(default)]
    pub guardrails: Vec<Guardrail>,
    /// Temperature, top-p, limits, stop sequences, seed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub decoding: Map<String, Value>,
    /// The framework, chain, tools and retries around it.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub orchestration: Map<String, Value>,
}

/// A fine-tuning checkpoint, where it is not among the version's files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub uri: String,
    pub digest: Option<String>,
}

/// A prompt's template, with its variables in double braces: `{{ claim }}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// `system`, `user` or `assistant`.
    pub role: Option<String>,
    pub template: String,
    /// Example values, for the preview and the golden prompts.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// Where the model looks things up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retrieval {
    pub index: String,
    pub index_digest: Option<String>,
    pub embedding_model: Option<String>,
    pub top_k: Option<u32>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: Map<String, Value>,
}

/// What is checked before or after the model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    pub name: String,
    /// `input` or `output`.
    pub stage: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: Map<String, Value>,
}

impl Llm {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub(super) fn check(&self, field: &str) -> Result<(), ContextError> {
        for (name, text) in [("provider", &self.provider), ("model", &self.model)] {
            if text.trim().is_empty() {
                return Err(ContextError::new(format!("{field}.{name}"), "must not be empty"));
            }
        }
        for (n, guardrail) in self.guardrails.iter().enumerate() {
            if !matches!(guardrail.stage.as_str(), "input" | "output") {
                let at = format!("{field}.guardrails[{n}].stage");
                return Err(ContextError::new(at, "is `input` or `output`"));
            }
        }
        Ok(())
    }
}
