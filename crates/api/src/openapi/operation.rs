//! What is the same for every operation: its parts are named, its parameters
//! explained, its refusals listed, and its bodies have examples.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON: what is not there reads as null, and is made where it is written; a test reads the whole"
)]

use crate::idempotency::{KEY_MAX, KEY_MIN};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use weighhouse_types::error::Code;

/// One example for each schema that is a body, or an item of one.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

const SLUG: &str = "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$";

/// The example of a schema by its name.
pub(super) fn example_of_schema(name: &str) -> Option<Value> {
    EXAMPLES.get(name).cloned()
}

/// The name of a refusal among the document's responses.
pub(super) fn response_name(code: Code) -> String {
    format!("{code:?}")
}

pub(super) fn finish(path: &str, method: &str, operation: &mut Value) {
    words(operation);
    // utoipa writes “nothing” as one empty requirement, which asks for nothing.
    let open = operation["security"] == json!([{}]);
    if open {
        operation["security"] = json!([]);
    }
    parameters(path, method, operation);
    for (content_type, content) in contents(&mut operation["requestBody"]["content"]) {
        body(content_type, content);
    }
    if operation["requestBody"]["content"].is_null() {
        operation.as_object_mut().map(|operation| operation.remove("requestBody"));
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(success(status));
        }
        if method == "post" {
            response["headers"]["Idempotency-Replayed"] = json!({
                "description": "`true` where the answer was given before, to the same request under the same key",
                "schema": {"type": "string", "enum": ["true"]},
            });
        }
        for (content_type, content) in contents(&mut response["content"]) {
            body(content_type, content);
        }
        if response["content"].is_null() {
            response.as_object_mut().map(|response| response.remove("content"));
        }
    }
    for code in refusals(path, method, operation, open) {
        let status = code.status().to_string();
        if operation["responses"][&status].is_null() {
            let reference = format!("#/components/responses/{}", response_name(code));
            operation["responses"][&status] = json!({"$ref": reference});
        }
    }
}

fn contents(content: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    content.as_object_mut().into_iter().flatten()
}

/// The first sentence of what the handler says is the summary, all that
/// follows it the description.
fn words(operation: &mut Value) {
    let said = operation["summary"].as_str().unwrap_or_default().replace('\n', " ");
    let more = operation["description"].as_str().unwrap_or_default().to_owned();
    let (first, rest) = said.split_once(". ").unwrap_or((said.trim_end_matches('.'), ""));
    operation["summary"] = json!(first);
    let description = [rest, more.as_str()].join("\n\n");
    if !description.trim().is_empty() {
        operation["description"] = json!(description.trim());
    }
}

fn parameters(path: &str, method: &str, operation: &mut Value) {
    let mut all = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut all {
        if parameter["in"] == "path" {
            path_parameter(path, parameter);
        }
    }
    if method == "post" {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Makes it safe to send the request again: under one key it has one effect, and the same answer \
                for 24 hours. Take a new UUID for every new request.",
            "schema": {
                "type": "string",
                "minLength": KEY_MIN,
                "maxLength": KEY_MAX + 2,
                "pattern": format!(r#"^(?:[!#-\[\]-~]{{{KEY_MIN},{KEY_MAX}}}|"[!#-\[\]-~]{{{KEY_MIN},{KEY_MAX}}}")$"#),
            },
            "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
        }));
    }
    if !all.is_empty() {
        operation["parameters"] = json!(all);
    }
}

/// Explains a part of a path, by its name.
fn path_parameter(path: &str, parameter: &mut Value) {
    let slug = |example: &str| json!({"type": "string", "pattern": SLUG, "example": example});
    let digest = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
    let number = |max: u64| json!({"type": "integer", "minimum": 1, "maximum": max, "example": 3});
    let (about, schema) = match parameter["name"].as_str().unwrap_or_default() {
        "tenant" => ("The client's slug", slug("north")),
        "agency" => ("The agency's slug", slug("acme")),
        "project" => ("The project's slug", slug("claims")),
        "model" => (
            "The model's name",
            json!({"type": "string", "minLength": 1, "maxLength": 250, "example": "fraud"}),
        ),
        "dataset" | "pipeline" => (
            "The dataset's or pipeline's name",
            json!({"type": "string", "minLength": 1, "maxLength": 250, "example": "claims-2025"}),
        ),
        "sha256" => ("SHA-256 of the whole file, lower-case hex", digest),
        "number" if path.contains("/parts/") => ("The part's number, from 1", number(1 << 18)),
        "number" => ("The version's number", number((1 << 31) - 1)),
        // A tile's is explained where it is read.
        "path" if path.contains("/tile/") => return,
        "path" => (
            "The file's path in the version",
            json!({"type": "string", "minLength": 1, "example": "model.onnx"}),
        ),
        "link" => {
            ("The last part of the link in the invitation's mail", json!({"type": "string", "minLength": 1}))
        }
        "alias" => ("The alias", json!({"type": "string", "minLength": 1, "maxLength": 100})),
        "user" => ("The person's id", Value::Null),
        "token" => ("The token's id", Value::Null),
        "invitation" => ("The invitation's id", Value::Null),
        "promotion" => ("The request's id", Value::Null),
        "session" => ("The session's id", Value::Null),
        "job" => ("The job's id", Value::Null),
        "hold" => ("The hold's id", Value::Null),
        "attestation" => ("The attestation's id", Value::Null),
        "signer" => ("The signer's id", Value::Null),
        "sweep" => ("The sweep's id", Value::Null),
        "prompt" => (
            "The prompt's name in the version",
            json!({"type": "string", "minLength": 1, "maxLength": 100, "example": "system"}),
        ),
        _ => return,
    };
    parameter["description"] = json!(about);
    if !schema.is_null() {
        parameter["schema"] = schema;
    }
}

/// Gives a body its example; bytes are described as what they are.
fn body(content_type: &str, content: &mut Value) {
    match content_type {
        "application/octet-stream" | "application/zip" => {
            content["schema"] = json!({"type": "string", "format": "binary"});
        }
        "text/plain" | "text/csv" => content["schema"] = json!({"type": "string"}),
        _ if content["schema"].is_null() => content["schema"] = json!({"type": "object"}),
        _ => {}
    }
    if let Some(example) = example(&content["schema"]) {
        content["example"] = example;
    }
}

/// The example of a body: a schema's own, a list of one, or a page of one.
fn example(schema: &Value) -> Option<Value> {
    if schema["type"] == "array" {
        return example(&schema["items"]).map(|item| json!([item]));
    }
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    match name.strip_prefix("Page_") {
        Some(item) => EXAMPLES.get(item).map(|item| json!({"items": [item], "next": "WyJmcmF1ZCJd"})),
        None => example_of_schema(name),
    }
}

const fn success(status: &str) -> &'static str {
    match status.as_bytes() {
        b"201" => "Made",
        b"204" => "Done; there is nothing to say",
        _ => "What was asked for",
    }
}

/// The refusals that an operation may answer with.
fn refusals(path: &str, method: &str, operation: &Value, open: bool) -> Vec<Code> {
    let has = |place: &str| {
        operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["in"] == place)
    };
    let mut codes = Vec::new();
    if !path.starts_with("/api/") || path.ends_with("/openapi.json") {
        return codes;
    }
    codes.push(Code::Internal);
    // Both are 503: where something changes, the answer that stands for either.
    codes.push(if method == "get" { Code::Unavailable } else { Code::InDoubt });
    if has("path") || has("query") || method != "get" {
        codes.push(Code::Invalid);
    }
    if has("path") || path.contains("/operator/") || by_link(path) {
        codes.push(Code::NotFound);
    }
    if !open {
        codes.push(Code::Unauthenticated);
    }
    if !open || method != "get" {
        codes.push(Code::Forbidden);
    }
    if matches!(method, "post" | "put") {
        codes.extend([Code::Conflict, Code::TooLarge, Code::Mismatch]);
    }
    // An agency keeps its last owner; where nobody watches, no watch can end.
    let kept = ["/staff/{user}", "/pin"].iter().any(|end| path.ends_with(end));
    if reads_what_is_signed(path) || method == "delete" && kept {
        codes.push(Code::Conflict);
    }
    if path.contains("/files/") || path.ends_with("/archive") {
        codes.push(Code::Gone);
    }
    if open && method == "post" {
        codes.push(Code::Unauthenticated);
    }
    if guessable(path) || open && method == "post" {
        codes.push(Code::Throttled);
    }
    codes
}

/// Whether it takes the link of a mail in its body: one that leads nowhere is
/// not found, as it is where the link is a part of the path.
fn by_link(path: &str) -> bool {
    path.ends_with("/password-reset/confirm") || path.contains("/email-change/")
}

/// Whether there is no answer before something of the log was signed.
fn reads_what_is_signed(path: &str) -> bool {
    ["checkpoint", "inclusion", "consistency", "leaves", "tile/{path}"]
        .iter()
        .any(|part| path.split_once("/audit/").is_some_and(|(_, rest)| rest == *part))
}

/// Whether it takes a password or a link outside of what strangers post, so
/// that its tries are counted.
fn guessable(path: &str) -> bool {
    path.contains("/invitations/{link}") || path.ends_with("/me/password") || path.ends_with("/me/email")
}
