//! A version as a bill of materials and as provenance, held against the
//! formats' own schemas.

use crate::support::{MODELS, upload};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use weighhouse_testkit::{Person, Server};

/// Whether a document is what it says, by the formats' own libraries.
async fn check(format: &str, document: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut child = Command::new(root.join("target/venv/bin/python"))
        .arg(root.join("tests/papers.py"))
        .arg(format)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(document.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}

async fn exported(person: &Person, model: &str, format: &str) -> Value {
    let answer = person.get(&format!("{MODELS}/{model}/versions/1/export?format={format}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    check(format, &answer.text).await.unwrap_or_else(|e| panic!("{e}\n{}", answer.text));
    serde_json::from_str(&answer.text).unwrap()
}

/// A context with everything that a version can have, and some of it odd.
fn full(file: &Value) -> Value {
    json!({
        "artifact": {"files": [file]},
        "data": [
            {"name": "claims", "uri": "s3://north/claims v2.parquet", "digest": format!("sha256:{}", "a".repeat(64)),
             "rows": 10, "split": "train", "snapshot": "7", "schema": {"age": "int"}},
            {"name": "claims", "uri": "not an address", "digest": "etag:1"},
        ],
        "features": {"name": "prepare", "version": "3", "steps": ["impute", "scale"]},
        "training": {"hyperparameters": {"rate": 0.1, "deep": {"layers": [1, 2]}}, "config": {"folds": 5}},
        "evaluation": [{"dataset": "holdout", "metrics": {"auc": 0.9}, "lower_is_better": ["flagged"],
            "slices": [{"by": "region", "value": "east", "metrics": {"flagged": 0.02}}]}],
        "code": {"repository": "https://git.north.example/claims.git", "commit": "b".repeat(40), "dirty": false,
            "entry_point": "train.py", "lock": {"uv.lock": "c".repeat(64)}},
        "environment": {"hardware": {"gpu": "none"}, "os": "Debian 12", "languages": {"Python": "3.11"},
            "libraries": {"numpy": "2.0.1", "scikit_learn": "1.5+cpu"}, "seeds": {"numpy": 7}},
        "deployment": {"flavour": "onnx", "port": 8080},
    })
}

async fn version(person: &Person, model: &str, context: &Value) -> Value {
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201)
}

#[tokio::test]
async fn a_bill_of_materials_is_valid_and_says_what_is_known() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let file = upload(&ann, "model.onnx", b"weights").await;
    let registered = version(&ann, "fraud", &full(&file)).await;
    let bom = exported(&ann, "fraud", "cyclonedx").await;
    assert_eq!(bom["serialNumber"], format!("urn:uuid:{}", registered["id"].as_str().unwrap()));
    let model = &bom["metadata"]["component"];
    assert_eq!(
        (&model["type"], &model["name"], &model["version"]),
        (&json!("machine-learning-model"), &json!("fraud"), &json!("1"))
    );
    let metrics = &model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"];
    assert_eq!(metrics[0], json!({"type": "auc", "value": "0.9", "slice": "holdout"}));
    let find = |reference: &str| {
        let all = bom["components"].as_array().unwrap().iter();
        all.clone()
            .find(|component| component["bom-ref"] == reference)
            .unwrap_or_else(|| panic!("{reference}"))
    };
    assert_eq!(find("file:model.onnx")["hashes"], json!([{"alg": "SHA-256", "content": file["sha256"]}]));
    assert_eq!(find("library:numpy")["purl"], "pkg:pypi/numpy@2.0.1");
    assert_eq!(find("library:scikit_learn")["purl"], "pkg:pypi/scikit-learn@1.5%2Bcpu");
    assert_eq!(find("data:0")["data"][0]["contents"]["url"], "s3://north/claims%20v2.parquet");
    // What is no digest and no address is told as it is, and made into none.
    assert_eq!(find("data:1")["hashes"], Value::Null);
    assert!(
        find("data:1")["properties"]
            .as_array()
            .unwrap()
            .contains(&json!({"name": "weighhouse:data:digest", "value": "etag:1"}))
    );
    assert_eq!(bom, exported(&ann, "fraud", "cyclonedx").await);
}

#[tokio::test]
async fn provenance_is_valid_and_names_files_code_and_data() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let file = upload(&ann, "model.onnx", b"weights").await;
    version(&ann, "fraud", &full(&file)).await;
    let statement = exported(&ann, "fraud", "slsa").await;
    assert_eq!(statement["subject"], json!([{"name": "model.onnx", "digest": {"sha256": file["sha256"]}}]));
    let definition = &statement["predicate"]["buildDefinition"];
    assert_eq!(definition["externalParameters"]["context"]["training"]["config"]["folds"], 5);
    let materials = definition["resolvedDependencies"].as_array().unwrap();
    assert_eq!(materials[0]["uri"], format!("git+https://git.north.example/claims.git@{}", "b".repeat(40)));
    assert_eq!(materials[0]["digest"], json!({"gitCommit": "b".repeat(40)}));
    assert_eq!(materials[1]["digest"], json!({"sha256": "a".repeat(64)}));
    assert_eq!(materials[2]["digest"], Value::Null);
}

#[tokio::test]
async fn every_kind_of_version_can_be_written() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let contexts = [
        ("bare", json!({})),
        (
            "chat",
            json!({"llm": {"provider": "openai", "model": "gpt-4o-2024-08-06", "endpoint": "https://a.example/v1",
            "checkpoint": {"uri": "s3://north/tuned", "digest": "d".repeat(64)},
            "prompts": {"system": {"template": "Be kind."}}, "decoding": {"temperature": 0}}}),
        ),
    ];
    for (model, context) in contexts {
        let registered = version(&ann, model, &context).await;
        exported(&ann, model, "cyclonedx").await;
        let statement = exported(&ann, model, "slsa").await;
        assert_eq!(statement["subject"][0]["digest"]["sha256"], registered["digest"], "{model}");
    }
    let part = json!({"version": "claims/chat@1"});
    version(&ann, "desk", &json!({"system": {"components": {"writer": part}}})).await;
    let bom = exported(&ann, "desk", "cyclonedx").await;
    assert_eq!(bom["components"][0]["name"], "claims/chat");
    exported(&ann, "desk", "slsa").await;
    ann.get(&format!("{MODELS}/desk/versions/1/export?format=spdx")).await.problem(400);
    let unasked = ann.get(&format!("{MODELS}/desk/versions/1/export")).await.expect(200);
    assert_eq!(unasked, bom);
}

#[tokio::test]
async fn the_check_can_fail() {
    let bom = json!({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [{"type": "file"}]});
    assert!(
        check("cyclonedx", &bom.to_string()).await.unwrap_err().contains("'name' is a required property")
    );
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "a"}],
        "predicateType": "https://slsa.dev/provenance/v1", "predicate": {"a": 1}});
    assert!(check("slsa", &statement.to_string()).await.is_err());
}
