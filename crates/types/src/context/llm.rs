//! The component of a version of kind `llm`: everything that makes a language
//! model behave as it does. A change to any of it is a new version.

mod check;
mod template;

pub use check::endpoint_check;
pub use template::{Part, RenderError, parts, render, variables};

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
    /// Temperature, top-p, limits, stop sequences, seed; a provider's own parameters in `extra`.
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
    /// SHA-256 in lower-case hex, `sha256:` before it or not.
    pub digest: Option<String>,
    /// The model that it was tuned from.
    pub base: Option<String>,
    /// How, such as `lora` or `full`.
    pub method: Option<String>,
}

/// A prompt's template, with its variables in double braces: `{{ claim }}`. Where braces themselves are meant, a
/// backslash stands before them: `\{{`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
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
    pub reranker: Option<String>,
    /// Tokens.
    pub chunk_size: Option<u32>,
    /// Tokens that a chunk shares with the one before.
    pub chunk_overlap: Option<u32>,
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
    pub version: Option<String>,
    /// What it does with what it finds: `block`, `redact` or `flag`.
    pub action: Option<String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: Map<String, Value>,
}
