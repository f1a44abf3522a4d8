//! The full context of a version: its components, and the rules of their form.
//!
//! The version digest is SHA-256 over the RFC 8785 canonical JSON of the
//! object whose keys are the components given. A component is absent or has
//! content: `null` is the same as absent. This formula is final.

mod check;
mod components;
mod kind;
pub mod llm;
mod supply;
mod system;

use check::Check;
pub use check::secret_in;
pub use components::*;
pub use kind::{Component, Kind, component_title, components};
pub use llm::{Checkpoint, Guardrail, Llm, Prompt, Retrieval};
pub use supply::Supply;
pub use system::{COMPONENTS_MAX, ComponentVersion, Edge, System};

use crate::paths::{path_check, paths_distinct};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most files in one version.
pub const FILES_MAX: usize = 10_000;
/// The largest whole number that canonical JSON carries exactly (2^53 - 1).
const INTEGER_MAX: u64 = (1 << 53) - 1;
/// How deep a context may nest.
const DEPTH_MAX: usize = 32;

/// What is wrong with a context, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextError {
    /// A path such as `context.artifact.files[3].path`.
    pub field: String,
    pub detail: String,
}

impl ContextError {
    pub(crate) fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

impl std::fmt::Display for ContextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)
    }
}

/// The form of a context, for the API's description: components by name, each
/// of which may be left out. Approval is derived.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Context {
    pub artifact: Option<Artifact>,
    pub data: Option<Vec<Dataset>>,
    pub features: Option<Features>,
    pub training: Option<Training>,
    pub evaluation: Option<Vec<Evaluation>>,
    pub code: Option<CodeState>,
    pub environment: Option<Environment>,
    pub deployment: Option<Deployment>,
    /// Makes it a version of kind `llm`.
    pub llm: Option<Llm>,
    /// Makes it a version of kind `system`.
    pub system: Option<System>,
}

/// Which components a version has, of those that its kind has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Completeness {
    pub present: Vec<String>,
    pub missing: Vec<String>,
}

impl Completeness {
    /// The completeness of a context; approval is derived, never typed in.
    #[must_use]
    pub fn of(context: &Value, approved: bool) -> Self {
        let has =
            |key: &str| (key == "approval" && approved) || context.get(key).is_some_and(|c| !c.is_null());
        let keys = Kind::of(context).components().iter().map(|(key, _)| (*key).to_owned());
        let (present, missing) = keys.partition(|key| has(key));
        Self { present, missing }
    }

    /// How many components a version of its kind has when it is complete.
    #[must_use]
    pub fn total(&self) -> usize {
        self.present.len() + self.missing.len()
    }
}

/// Brings a context into its one form: checks every component, drops those
/// that are `null`, and puts the artifact's files in the order of their paths.
///
/// # Errors
/// Says what is wrong and where: an unknown component or field, a wrong type,
/// a number that canonical JSON cannot carry, a path that is not safe.
pub fn normalise(context: Value) -> Result<Map<String, Value>, ContextError> {
    let Value::Object(components) = context else {
        return Err(ContextError::new("context", "must be an object of components"));
    };
    let mut normal = Map::new();
    for (key, component) in components.into_iter().filter(|(_, c)| !c.is_null()) {
        let field = format!("context.{key}");
        check_value(&component, &field, 0)?;
        let component = normalise_component(&key, component, &field)?;
        normal.insert(key, component);
    }
    if normal.contains_key("llm") && normal.contains_key("system") {
        let detail = "makes a version of kind `llm`, and `system` one of kind `system`; give one of them";
        return Err(ContextError::new("context.llm", detail));
    }
    Ok(normal)
}

fn normalise_component(key: &str, component: Value, field: &str) -> Result<Value, ContextError> {
    match key {
        "artifact" => return normalise_artifact(&component, field),
        "data" => parse::<Vec<Dataset>>(&component, field)?.check(field)?,
        "features" => parse::<Features>(&component, field)?.check(field)?,
        "training" => parse::<Training>(&component, field)?.check(field)?,
        "evaluation" => parse::<Vec<Evaluation>>(&component, field)?.check(field)?,
        "code" => parse::<CodeState>(&component, field)?.check(field)?,
        "environment" => parse::<Environment>(&component, field)?.check(field)?,
        "deployment" => parse::<Deployment>(&component, field)?.check(field)?,
        "llm" => parse::<Llm>(&component, field)?.check(field)?,
        "system" => parse::<System>(&component, field)?.check(field)?,
        "approval" => {
            return Err(ContextError::new(
                field,
                "is derived from the version's promotions and cannot be given; leave it out",
            ));
        }
        _ => {
            let known: Vec<_> = components().map(|(key, _)| key).collect();
            let detail = format!("is no component; the components are {}", known.join(", "));
            return Err(ContextError::new(field, detail));
        }
    }
    Ok(component)
}

pub(crate) fn parse<T: DeserializeOwned>(component: &Value, field: &str) -> Result<T, ContextError> {
    serde_path_to_error::deserialize(component).map_err(|e| {
        let inner = e.path().to_string();
        let dot = if inner.starts_with('[') { "" } else { "." };
        let at = if inner == "." { field.to_owned() } else { format!("{field}{dot}{inner}") };
        ContextError::new(at, e.into_inner().to_string())
    })
}

/// The files of a context that was registered, with their paths safe to write
/// to. Its other components are as they were taken then.
///
/// # Errors
/// When a path is not safe.
pub fn artifact_of(context: &Value) -> Result<Option<Artifact>, ContextError> {
    let component = context.get("artifact").filter(|component| !component.is_null());
    component.map(|component| artifact_checked(component, "context.artifact")).transpose()
}

fn normalise_artifact(component: &Value, field: &str) -> Result<Value, ContextError> {
    let artifact = artifact_checked(component, field)?;
    serde_json::to_value(&artifact).map_err(|e| ContextError::new(field, e.to_string()))
}

fn artifact_checked(component: &Value, field: &str) -> Result<Artifact, ContextError> {
    let mut artifact: Artifact = parse(component, field)?;
    if artifact.files.len() > FILES_MAX {
        return Err(ContextError::new(
            format!("{field}.files"),
            format!("holds {} files; at most {FILES_MAX} are allowed", artifact.files.len()),
        ));
    }
    for (n, file) in artifact.files.iter().enumerate() {
        let at = |part: &str| format!("{field}.files[{n}].{part}");
        path_check(&file.path).map_err(|e| ContextError::new(at("path"), e))?;
        sha256_check(&file.sha256).map_err(|e| ContextError::new(at("sha256"), e))?;
    }
    artifact.files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    paths_distinct(&artifact.files).map_err(|e| ContextError::new(format!("{field}.files"), e))?;
    Ok(artifact)
}

/// Refuses what canonical JSON cannot carry exactly, and what nests too deep.
pub(crate) fn check_value(value: &Value, field: &str, depth: usize) -> Result<(), ContextError> {
    if depth > DEPTH_MAX {
        return Err(ContextError::new(field, format!("nests deeper than {DEPTH_MAX} levels")));
    }
    match value {
        Value::Number(n) => {
            let magnitude = n.as_u64().or_else(|| n.as_i64().map(i64::unsigned_abs));
            if magnitude.is_some_and(|m| m > INTEGER_MAX) {
                return Err(ContextError::new(
                    field,
                    format!(
                        "{n} is beyond 2^53 - 1, the largest whole number JSON carries exactly; write it as a string"
                    ),
                ));
            }
            Ok(())
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(n, item)| check_value(item, &format!("{field}[{n}]"), depth + 1)),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            check_text(key, field)?;
            check_value(item, &format!("{field}.{key}"), depth + 1)
        }),
        Value::String(text) => check_text(text, field),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn check_text(text: &str, field: &str) -> Result<(), ContextError> {
    if text.contains('\0') {
        return Err(ContextError::new(field, "holds the character NUL, which no store keeps; remove it"));
    }
    Ok(())
}

/// Checks a SHA-256 in lower-case hex.
///
/// # Errors
/// Says what it must look like.
pub fn sha256_check(digest: &str) -> Result<(), String> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digest.len() == 64 && digest.bytes().all(hex) {
        Ok(())
    } else {
        Err("must be a SHA-256 as 64 lower-case hex digits".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(path: &str) -> Value {
        json!({"path": path, "size": 1, "sha256": "0".repeat(64)})
    }

    fn artifact(paths: &[&str]) -> Value {
        let files: Vec<_> = paths.iter().map(|p| file(p)).collect();
        json!({"artifact": {"files": files}})
    }

    #[test]
    fn files_come_in_the_order_of_their_paths() {
        let normal = normalise(artifact(&["b", "a/z", "a.b"])).unwrap();
        let paths: Vec<_> =
            normal["artifact"]["files"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
        assert_eq!(paths, ["a.b", "a/z", "b"]);
    }

    #[test]
    fn null_is_absent() {
        assert!(normalise(json!({"code": null})).unwrap().is_empty());
    }

    #[test]
    fn wrong_contexts_name_the_place() {
        let cases = [
            (json!([]), "context"),
            (json!({"weights": {}}), "context.weights"),
            (json!({"approval": {"by": "me"}}), "context.approval"),
            (json!({"code": {"commit": "a", "branch": "b"}}), "context.code.branch"),
            (
                json!({"evaluation": [{"dataset": "a", "metrics": {"auc": "x"}}]}),
                "context.evaluation[0].metrics.auc",
            ),
            (json!({"llm": {"provider": "a", "model": " "}}), "context.llm.model"),
            (json!({"system": {"components": {}}}), "context.system.components"),
            (
                json!({"llm": {"provider": "a", "model": "b"}, "system": {"components": {"a": {"version": "claims/fraud@1"}}}}),
                "context.llm",
            ),
            (json!({"training": {"config": {"n": 9_007_199_254_740_993_u64}}}), "context.training.config.n"),
            (artifact(&["ok", "../etc/passwd"]), "context.artifact.files[1].path"),
            (artifact(&["/abs"]), "context.artifact.files[0].path"),
            (artifact(&["C:/x"]), "context.artifact.files[0].path"),
            (artifact(&["a\\b"]), "context.artifact.files[0].path"),
            (artifact(&["a//b"]), "context.artifact.files[0].path"),
            (artifact(&["a\nb"]), "context.artifact.files[0].path"),
            (artifact(&["a\0b"]), "context.artifact.files[0].path"),
            (json!({"training": {"config": {"a\0": 1}}}), "context.training.config"),
            (artifact(&["Model.bin", "model.bin"]), "context.artifact.files"),
            (artifact(&["a", "a"]), "context.artifact.files"),
            (artifact(&["a", "a/b"]), "context.artifact.files"),
            (artifact(&["A", "a/b"]), "context.artifact.files"),
        ];
        for (context, field) in cases {
            let error = normalise(context.clone()).expect_err(&context.to_string());
            assert_eq!(error.field, field, "{error}");
        }
    }
}
