//! The statement that is signed: whether it is about exactly a version's files.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use weighhouse_types::context::FileEntry;

const PREDICATE: &str = "https://model_signing/signature/v1.0";
/// Differences that are listed by name.
const LISTED: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
    subject: Vec<Subject>,
    predicate: Predicate,
}

#[derive(Deserialize)]
struct Subject {
    digest: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Serialization {
    method: String,
    #[serde(default)]
    ignore_paths: Vec<String>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: String,
}

/// What does not fit between a statement and a version's files, a sentence each.
///
/// # Errors
/// When it is no statement of this kind.
pub(super) fn compare(payload: &[u8], files: &[FileEntry]) -> Result<Vec<String>, String> {
    let kind: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(payload).map_err(|e| format!("signs what is no statement: {e}"))?;
    let predicate = kind.get("predicateType").and_then(|kind| kind.as_str()).unwrap_or_default();
    if predicate != PREDICATE {
        return Err(format!("states ‘{predicate}’; only ‘{PREDICATE}’ can be checked"));
    }
    let statement: Statement =
        serde_json::from_slice(payload).map_err(|e| format!("signs what is no statement: {e}"))?;
    debug_assert_eq!(statement.predicate_type, PREDICATE);
    let mut problems = Vec::new();
    let Predicate { serialization, resources } = statement.predicate;
    if serialization.method != "files" {
        problems.push(format!(
            "The signature is over ‘{}’, which cannot be compared with the digests of whole files. Sign with file digests.",
            serialization.method
        ));
        return Ok(problems);
    }
    if let Some(problem) = root(&statement.subject, &resources) {
        problems.push(problem);
    }
    let mut differences = Vec::new();
    let mut signed: BTreeMap<&str, &Resource> = BTreeMap::new();
    for resource in &resources {
        if signed.insert(&resource.name, resource).is_some() {
            differences.push(format!("‘{}’ is signed twice.", resource.name));
        }
    }
    for file in files {
        match signed.remove(file.path.as_str()) {
            Some(resource) if !resource.algorithm.eq_ignore_ascii_case("sha256") => {
                let algorithm = &resource.algorithm;
                differences
                    .push(format!("‘{}’ is signed by its {algorithm}, not by its SHA-256.", file.path));
            }
            Some(resource) if !resource.digest.eq_ignore_ascii_case(&file.sha256) => {
                differences.push(format!("‘{}’ is another file than the one that was signed.", file.path));
            }
            Some(_) => {}
            // A signature cannot be about itself.
            None if file.path.ends_with(".sig") && serialization.ignore_paths.contains(&file.path) => {}
            None => differences.push(format!("‘{}’ is not signed.", file.path)),
        }
    }
    differences.extend(signed.keys().map(|name| format!("‘{name}’ is signed and not part of the version.")));
    let more = differences.len().saturating_sub(LISTED);
    problems.extend(differences.into_iter().take(LISTED));
    if more > 0 {
        problems.push(format!("And {more} files more do not fit."));
    }
    Ok(problems)
}

/// The subject's digest is the one over all digests.
fn root(subject: &[Subject], resources: &[Resource]) -> Option<String> {
    let [subject] = subject else { return Some("The statement has not one subject.".into()) };
    let mut hash = Sha256::new();
    for resource in resources {
        hash.update(hex::decode(&resource.digest).unwrap_or_default());
    }
    let found = hex::encode(hash.finalize());
    let same = subject.digest.get("sha256").is_some_and(|said| said.eq_ignore_ascii_case(&found));
    (!same).then(|| "The statement is inconsistent: its subject is not what its files add up to.".into())
}
