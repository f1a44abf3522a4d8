//! Where a version came from: an in-toto statement v1 with SLSA provenance v1.
//!
//! Training ran outside of Weighhouse, so that its builder is whoever declared
//! the context; the statement is not signed.

use super::{Record, digest, object, plain, text};
use serde_json::{Value, json};

/// What the parameters mean: those of the component `training`.
const BUILD_TYPE: &str = "urn:weighhouse:build:training:v1";
/// Whoever registered the version says so; nobody watched.
const BUILDER: &str = "urn:weighhouse:builder:declared";

/// The provenance of a version.
pub(super) fn statement(record: &Record<'_>) -> Value {
    let summary = record.summary;
    let context = json!({
        "name": format!("{}/context.json", summary.reference),
        "digest": {"sha256": summary.digest},
        "mediaType": "application/json",
    });
    let files: Vec<Value> = record.list(&["artifact", "files"]).filter_map(file).collect();
    // What has no files is its context, in canonical form.
    let subject = if files.is_empty() { vec![context.clone()] } else { files };
    let parameters = |parts: &[&str]| {
        let given = parts.iter().filter_map(|part| Some(((*part).to_owned(), record.at(&[*part])?.clone())));
        Value::Object(given.collect())
    };
    let environment = ["hardware", "os", "languages", "seeds"];
    let environment = environment
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), record.at(&["environment", *key])?.clone())));
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": object(json!({
                    "version": summary.reference.to_string(),
                    "entryPoint": record.text(&["code", "entry_point"]),
                    "context": parameters(&["features", "training", "llm", "system", "deployment"]),
                })),
                "internalParameters": Value::Object(environment.collect()),
                "resolvedDependencies": materials(record),
            },
            "runDetails": {
                "builder": {"id": BUILDER},
                "metadata": {"invocationId": summary.id},
                "byproducts": [context],
            },
        },
    })
}

fn file(entry: &Value) -> Option<Value> {
    Some(json!({"name": text(entry, "path")?, "digest": {"sha256": text(entry, "sha256")?}}))
}

/// Code, data, libraries, lock files, and the versions that a system is of.
fn materials(record: &Record<'_>) -> Vec<Value> {
    let data = record.list(&["data"]).map(|set| {
        let facts = ["snapshot", "split", "rows"]
            .map(|key| (key.to_owned(), set.get(key).cloned().unwrap_or_default()));
        resource(
            text(set, "name").unwrap_or("data"),
            text(set, "uri"),
            text(set, "digest"),
            object(Value::Object(facts.into_iter().collect())),
        )
    });
    let locks =
        record.entries(&["code", "lock"]).map(|(path, sha)| resource(path, None, sha.as_str(), Value::Null));
    let libraries = record.entries(&["environment", "libraries"]).map(|(name, version)| {
        let version = plain(version);
        let purl = record.purl(name, &version);
        resource(name, purl.as_deref(), None, json!({"version": version}))
    });
    let parts = record.entries(&["system", "components"]).map(|(role, part)| {
        let name = text(part, "version").unwrap_or(role);
        resource(name, None, text(part, "digest"), json!({"role": role}))
    });
    let checkpoint = record.text(&["llm", "checkpoint", "uri"]).map(|uri| {
        resource("checkpoint", Some(uri), record.text(&["llm", "checkpoint", "digest"]), Value::Null)
    });
    let base = record.text(&["llm", "model"]).map(|model| {
        let more = json!({"provider": record.text(&["llm", "provider"])});
        resource(model, record.text(&["llm", "endpoint"]), None, more)
    });
    code(record)
        .into_iter()
        .chain(data)
        .chain(locks)
        .chain(libraries)
        .chain(parts)
        .chain(base)
        .chain(checkpoint)
        .collect()
}

fn code(record: &Record<'_>) -> Option<Value> {
    let commit = record.text(&["code", "commit"])?;
    let git = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    let uri = record.text(&["code", "repository"]).map(|repository| {
        let scheme = if repository.contains("://") && !repository.starts_with("git+") { "git+" } else { "" };
        format!("{scheme}{repository}@{commit}")
    });
    let dirty = record.at(&["code", "dirty"]).cloned().unwrap_or_default();
    let diff = record.text(&["code", "diff_digest"]);
    Some(object(json!({
        "name": "code",
        "uri": uri,
        "digest": if git { json!({"gitCommit": commit.to_ascii_lowercase()}) } else { json!({}) },
        "annotations": object(json!({"commit": commit, "dirty": dirty, "diffDigest": diff})),
    })))
}

fn resource(name: &str, uri: Option<&str>, sha: Option<&str>, annotations: Value) -> Value {
    let known = sha.and_then(digest);
    let hashed = known.map_or_else(|| json!({}), |(algorithm, hex)| json!({algorithm: hex}));
    object(json!({"name": name, "uri": uri, "digest": hashed, "annotations": object(annotations)}))
}
