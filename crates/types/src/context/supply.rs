//! How to supply a component that a version lacks: what it is for, and the
//! exact lines or flags that the next push brings it with.

use super::{Completeness, component_title};
use serde::{Deserialize, Serialize};

/// A component that is missing, and how it comes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Supply {
    /// Its key in a context.
    pub component: String,
    pub title: String,
    /// What it holds.
    pub what: String,
    /// What brings it with the next `wh push`, where something does.
    pub flag: Option<String>,
    /// The lines of a `weighhouse.toml` that give it, where lines do.
    pub toml: Option<String>,
}

/// Key, what it holds, flag, lines.
type Known = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

const KNOWN: &[Known] = &[
    ("artifact", "the files themselves", Some("wh push PATH"), None),
    (
        "data",
        "name, digest and rows of the data it was trained on",
        None,
        Some(
            "[[data]]\nname = \"claims-2025\"\nuri = \"s3://bucket/claims-2025.parquet\"\n\
             digest = \"sha256:…\"\nrows = 120000\nsplit = \"train\"",
        ),
    ),
    (
        "features",
        "the pipeline between data and model",
        None,
        Some("[features]\nname = \"claims-features\"\nversion = \"7\"\nreference = \"src/features.py\""),
    ),
    (
        "training",
        "hyperparameters and configuration",
        None,
        Some("[training.hyperparameters]\nlearning_rate = 0.05\ndepth = 6"),
    ),
    (
        "evaluation",
        "metrics on test sets, whole and by slice",
        None,
        Some(
            "[[evaluation]]\ndataset = \"holdout\"\nrows = 20000\nmetrics = { auc = 0.91, loss = 0.2 }\n\
             lower_is_better = [\"loss\"]\nslices = [{ by = \"region\", value = \"north\", metrics = { auc = 0.88 } }]",
        ),
    ),
    ("code", "repository, commit and local changes", Some("wh push … --from-git"), None),
    (
        "environment",
        "hardware, libraries and seeds",
        Some("wh push … --from-env"),
        Some("[environment.seeds]\npython = 42"),
    ),
    (
        "deployment",
        "runtime, resources, port and health check",
        None,
        Some(
            "[deployment]\nflavour = \"onnx\"\nruntime = \"onnxruntime 1.20\"\nport = 8080\n\
             health_check = \"/healthz\"\nresources = { cpu = \"1\", memory = \"1Gi\" }",
        ),
    ),
    (
        "llm",
        "provider, pinned model, prompts and decoding",
        None,
        Some("[llm]\nprovider = \"openai\"\nmodel = \"gpt-4o-2024-08-06\""),
    ),
    (
        "system",
        "the versions that work together, by role",
        None,
        Some("[system.components]\nranker = { version = \"project/model@3\" }"),
    ),
    ("approval", "given by a promotion, never typed in", Some("wh promote REFERENCE --to production"), None),
];

impl Supply {
    fn of(key: &str) -> Option<Self> {
        let (key, what, flag, toml) = KNOWN.iter().copied().find(|(known, ..)| *known == key)?;
        Some(Self {
            component: key.into(),
            title: component_title(key).into(),
            what: what.into(),
            flag: flag.map(Into::into),
            toml: toml.map(Into::into),
        })
    }
}

impl Completeness {
    /// How to supply what is missing, in the order of the components.
    #[must_use]
    pub fn supplies(&self) -> Vec<Supply> {
        self.missing.iter().filter_map(|key| Supply::of(key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::components;
    use super::*;

    #[test]
    fn every_component_can_be_supplied() {
        for (key, title) in components() {
            let supply = Supply::of(key).expect(key);
            assert!(supply.title == title && (supply.flag.is_some() || supply.toml.is_some()), "{key}");
        }
    }
}
