//! What a version is a version of, and which components that has.

use crate::permission::named;
use serde::{Deserialize, Serialize};
use serde_json::Value;

named! {
    /// A kind of model; all versions of a model are of its kind.
    Kind {
        /// Classical or deep: the artifact's files are the model.
        Model = "model",
        /// A language model in use: provider pin, prompts, retrieval, guardrails, decoding.
        Llm = "llm",
        /// Several versions that work together: an ensemble, a cascade, a graph of agents.
        System = "system",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives the same for all its enums")]
impl Default for Kind {
    fn default() -> Self {
        Self::Model
    }
}

/// A component by its key, with what it is called on a page.
pub type Component = (&'static str, &'static str);

/// The nine components of a model.
const MODEL: [Component; 9] = [
    ("artifact", "Artifact"),
    ("data", "Training data"),
    ("features", "Feature pipeline"),
    ("training", "Training configuration"),
    ("evaluation", "Evaluation"),
    ("code", "Code"),
    ("environment", "Environment"),
    ("deployment", "Deployment configuration"),
    ("approval", "Approval"),
];

/// Whoever uses a provider's model trains nothing: what is left out here may be
/// given (fine-tuning data, say) and is not missed.
const LLM: [Component; 6] = [
    ("llm", "Language model"),
    ("evaluation", "Evaluation"),
    ("code", "Code"),
    ("environment", "Environment"),
    ("deployment", "Deployment configuration"),
    ("approval", "Approval"),
];

/// Data and training are its components' own.
const SYSTEM: [Component; 6] = [
    ("system", "Composition"),
    ("evaluation", "Evaluation"),
    ("code", "Code"),
    ("environment", "Environment"),
    ("deployment", "Deployment configuration"),
    ("approval", "Approval"),
];

impl Kind {
    /// The kind that a context is of: the one whose own component it has.
    #[must_use]
    pub fn of(context: &Value) -> Self {
        let has = |key| context.get(key).is_some_and(|component| !component.is_null());
        if has("system") {
            Self::System
        } else if has("llm") {
            Self::Llm
        } else {
            Self::Model
        }
    }

    /// The components that make a version of this kind complete, in order.
    #[must_use]
    pub const fn components(self) -> &'static [Component] {
        match self {
            Self::Model => &MODEL,
            Self::Llm => &LLM,
            Self::System => &SYSTEM,
        }
    }
}

/// Every component that a version of some kind can have.
pub fn components() -> impl Iterator<Item = Component> {
    let own = |kind: Kind| kind.components().iter().take(1).copied();
    MODEL.into_iter().chain(own(Kind::Llm)).chain(own(Kind::System))
}

/// What a component is called on a page.
#[must_use]
pub fn component_title(key: &str) -> &'static str {
    components().find(|(known, _)| *known == key).map_or("Unknown component", |(_, title)| title)
}
