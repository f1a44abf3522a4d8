//! A machine-learning bill of materials: CycloneDX 1.7.

use super::{Record, address, digest, object, plain, text};
use chrono::SecondsFormat;
use serde_json::{Value, json};
use weighhouse_types::compare::settings_of;
use weighhouse_types::context::Evaluation;

/// The longest version that the format takes.
const VERSION_MAX: usize = 1024;

/// The bill of materials of a version.
pub(super) fn bom(record: &Record<'_>) -> Value {
    let summary = record.summary;
    let components = components(record);
    let refs: Vec<Value> = components.iter().map(|component| component["bom-ref"].clone()).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": format!("urn:uuid:{}", summary.id),
        "version": 1,
        "metadata": {
            "timestamp": summary.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "tools": {"components": [
                {"type": "application", "name": "Weighhouse", "version": env!("CARGO_PKG_VERSION")},
            ]},
            "component": model(record),
        },
        "components": components,
        "dependencies": [{"ref": "model", "dependsOn": refs}],
    })
}

fn model(record: &Record<'_>) -> Value {
    let summary = record.summary;
    let reference = &summary.reference.model;
    let vcs = record.text(&["code", "repository"]).and_then(address);
    let mut properties = vec![
        property("weighhouse:reference", &summary.reference.to_string()),
        property("weighhouse:kind", summary.kind.as_str()),
        property("weighhouse:digest", &format!("sha256:{}", summary.digest)),
    ];
    for part in ["llm", "system", "features", "training", "code", "environment", "deployment"] {
        let settings = settings_of(record.context, part).into_iter();
        properties.extend(
            settings.map(|(path, value)| property(&format!("weighhouse:{part}:{path}"), &plain(&value))),
        );
    }
    object(json!({
        "type": "machine-learning-model",
        "bom-ref": "model",
        "group": format!("{}/{}", reference.tenant, reference.project),
        "name": reference.model,
        "version": summary.reference.number.to_string(),
        "authors": [{"name": summary.author}],
        "externalReferences": vcs.map(|url| vec![json!({"type": "vcs", "url": url})]),
        "modelCard": card(record),
        "properties": properties,
    }))
}

fn card(record: &Record<'_>) -> Value {
    let datasets: Vec<Value> =
        (0..record.list(&["data"]).count()).map(|n| json!({"ref": dataset_ref(n)})).collect();
    let metrics: Vec<Value> = record.results.iter().flat_map(performance).collect();
    object(json!({
        "modelParameters": object(json!({"datasets": datasets})),
        "quantitativeAnalysis": object(json!({"performanceMetrics": metrics})),
    }))
}

fn performance(evaluation: &Evaluation) -> Vec<Value> {
    let metric = |slice: String| move |(name, value): (&String, &f64)| json!({"type": name, "value": value.to_string(), "slice": slice});
    let whole = evaluation.metrics.iter().map(metric(evaluation.dataset.clone()));
    let slices = evaluation.slices.iter().flat_map(|slice| {
        let name = format!("{}, {} = {}", evaluation.dataset, slice.by, slice.value);
        slice.metrics.iter().map(metric(name))
    });
    whole.chain(slices).collect()
}

/// Everything that the version is made of and with.
fn components(record: &Record<'_>) -> Vec<Value> {
    let files = record.list(&["artifact", "files"]).filter_map(file);
    let datasets = record.list(&["data"]).enumerate().map(dataset);
    let libraries = record.entries(&["environment", "libraries"]).map(|(name, version)| {
        let version = plain(version);
        let purl = record.purl(name, &version);
        named("library", "library", name, &version, json!({"purl": purl}))
    });
    let languages = record
        .entries(&["environment", "languages"])
        .map(|(name, version)| named("language", "platform", name, &plain(version), json!({})));
    let os = record.text(&["environment", "os"]).map(|os| named("os", "operating-system", os, "", json!({})));
    let locks = record.entries(&["code", "lock"]).map(|(path, sha)| {
        let hashes = hashes(Some(&plain(sha)));
        named("lock", "file", path, "", json!({"hashes": hashes}))
    });
    let parts = record.entries(&["system", "components"]).map(part);
    files
        .chain(datasets)
        .chain(libraries)
        .chain(languages)
        .chain(os)
        .chain(locks)
        .chain(parts)
        .chain(base(record))
        .collect()
}

fn file(entry: &Value) -> Option<Value> {
    let path = text(entry, "path")?;
    let size = entry.get("size").map(plain).unwrap_or_default();
    let more = json!({
        "hashes": hashes(text(entry, "sha256")),
        "properties": [property("weighhouse:size", &size)],
    });
    Some(named("file", "file", path, "", more))
}

fn dataset_ref(n: usize) -> String {
    format!("data:{n}")
}

fn dataset((n, set): (usize, &Value)) -> Value {
    let name = text(set, "name").unwrap_or("data");
    let url = text(set, "uri").and_then(address);
    let facts = ["uri", "digest", "snapshot", "rows", "split", "note"];
    let facts = facts.iter().filter_map(|key| {
        let value = set.get(*key).filter(|value| !value.is_null())?;
        Some(property(&format!("weighhouse:data:{key}"), &plain(value)))
    });
    let data =
        object(json!({"type": "dataset", "name": name, "contents": url.map(|url| json!({"url": url}))}));
    object(json!({
        "type": "data",
        "bom-ref": dataset_ref(n),
        "name": name,
        "version": text(set, "snapshot").map(clipped),
        "hashes": hashes(text(set, "digest")),
        "data": [data],
        "properties": facts.collect::<Vec<_>>(),
    }))
}

/// One version of a system's.
fn part((role, part): (&String, &Value)) -> Value {
    let reference = text(part, "version").unwrap_or_default();
    let (name, number) = reference.rsplit_once('@').unwrap_or((reference, ""));
    let digest =
        text(part, "digest").map(|digest| property("weighhouse:digest", &format!("sha256:{digest}")));
    let properties: Vec<Value> = std::iter::once(property("weighhouse:role", role)).chain(digest).collect();
    object(json!({
        "type": "machine-learning-model",
        "bom-ref": format!("component:{role}"),
        "name": name,
        "version": Some(number).filter(|number| !number.is_empty()),
        "properties": properties,
    }))
}

/// The provider's model that a version uses, and its checkpoint.
fn base(record: &Record<'_>) -> impl Iterator<Item = Value> {
    let model = record.text(&["llm", "model"]).map(|model| {
        object(json!({
            "type": "machine-learning-model",
            "bom-ref": "base",
            "name": model,
            "isExternal": true,
            "supplier": record.text(&["llm", "provider"]).map(|name| json!({"name": name})),
        }))
    });
    let checkpoint = record.text(&["llm", "checkpoint", "uri"]).map(|uri| {
        let hashes = hashes(record.text(&["llm", "checkpoint", "digest"]));
        named("checkpoint", "file", uri, "", json!({"hashes": hashes}))
    });
    model.into_iter().chain(checkpoint)
}

fn named(prefix: &str, kind: &str, name: &str, version: &str, more: Value) -> Value {
    let own = json!({
        "type": kind,
        "bom-ref": format!("{prefix}:{name}"),
        "name": name,
        "version": Some(clipped(version)).filter(|version| !version.is_empty()),
    });
    let parts = [own, more].map(|part| part.as_object().cloned().unwrap_or_default());
    object(Value::Object(parts.into_iter().flatten().collect()))
}

fn hashes(text: Option<&str>) -> Vec<Value> {
    let named = text.and_then(digest).map(|(algorithm, hex)| {
        let name = match algorithm {
            "md5" => "MD5".to_owned(),
            sha => sha.replace("sha", "SHA-"),
        };
        json!({"alg": name, "content": hex})
    });
    named.into_iter().collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

fn clipped(version: &str) -> String {
    version.chars().take(VERSION_MAX).collect()
}
