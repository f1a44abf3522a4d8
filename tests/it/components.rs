//! The components of a version through HTTP: what is wrong is refused where it
//! stands, and leaves nothing behind.

use crate::support::{MODELS, register, sha256, upload};
use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_testkit::{Answer, Person, Server};

async fn push(person: &Person, context: &Value) -> Answer {
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/fraud/versions"), &body).await
}

/// Every component, whole.
async fn complete(person: &Person) -> Value {
    json!({
        "artifact": {"files": [upload(person, "model.onnx", b"weights").await]},
        "data": [{
            "name": "claims", "uri": "s3://claims/2026.parquet", "digest": format!("sha256:{}", sha256(b"data")),
            "snapshot": "41", "rows": 1000, "schema": {"amount": "double"}, "split": "train",
            "time_range": {"from": "2024-01-01", "until": "2025-12-31"},
        }],
        "features": {"name": "claims-features", "version": "7", "reference": "git:src/features.py", "steps": ["impute"]},
        "training": {"hyperparameters": {"depth": 6}, "config": {"loss": "log"}},
        "evaluation": [{
            "dataset": "holdout", "rows": 100, "metrics": {"auc": 0.9},
            "slices": [{"by": "region", "value": "north", "rows": 10, "metrics": {"auc": 0.8}}],
        }],
        "code": {
            "repository": "https://git.example/fraud", "commit": "4f2a9c1", "dirty": true,
            "diff_digest": format!("sha256:{}", sha256(b"diff")), "entry_point": "train.py",
            "lock": {"uv.lock": sha256(b"lock")},
        },
        "environment": {
            "hardware": {"cpu": "x"}, "os": "Debian 12", "languages": {"python": "3.11.2"},
            "libraries": {"numpy": "2.1.0"}, "seeds": {"numpy": 42},
        },
        "deployment": {
            "flavour": "onnx", "runtime": "onnxruntime 1.20", "resources": {"cpu": "1"}, "port": 8080,
            "health_check": "/healthz",
        },
    })
}

#[tokio::test]
async fn what_changes_any_component_makes_a_new_version() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let context = complete(&ann).await;
    let first = push(&ann, &context).await.expect(201);
    assert_eq!(first["completeness"]["missing"], json!(["approval"]));
    assert_eq!(push(&ann, &context).await.expect(200)["id"], first["id"]);
    let changes = [
        ("/artifact/files/0/path", json!("other.onnx")),
        ("/data/0/split", json!("all")),
        ("/features/version", json!("8")),
        ("/training/hyperparameters/depth", json!(7)),
        ("/evaluation/0/slices/0/metrics/auc", json!(0.81)),
        ("/code/commit", json!("4f2a9c2")),
        ("/environment/seeds/numpy", json!(43)),
        ("/deployment/port", json!(8081)),
    ];
    for (n, (place, value)) in changes.into_iter().enumerate() {
        let mut other = context.clone();
        *other.pointer_mut(place).unwrap() = value;
        let version = push(&ann, &other).await.expect(201);
        assert_eq!(version["reference"]["number"], n + 2, "{place}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_nothing_is_registered() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let context = complete(&ann).await;
    let zip_slip = |path: &str| ("/artifact/files/0/path", json!(path), "context.artifact.files[0].path");
    let cases = [
        zip_slip("../model.onnx"),
        zip_slip("a/../../model.onnx"),
        zip_slip("/etc/passwd"),
        zip_slip("C:\\model.onnx"),
        ("/artifact/files/0/sha256", json!("ABC"), "context.artifact.files[0].sha256"),
        ("/data/0/digest", json!("sha256:12"), "context.data[0].digest"),
        ("/data/0/uri", json!("https://me:secret@data.example/x"), "context.data[0].uri"),
        ("/data/0/time_range/until", json!("2023-01-01"), "context.data[0].time_range"),
        ("/data/0", json!({"name": "claims", "row": 1}), "context.data[0].row"),
        ("/features/name", json!(""), "context.features.name"),
        ("/training", json!({}), "context.training"),
        (
            "/training/hyperparameters",
            json!({"n": 9_007_199_254_740_993_u64}),
            "context.training.hyperparameters.n",
        ),
        ("/evaluation/0/slices/0/rows", json!(101), "context.evaluation[0].slices[0].rows"),
        ("/code/dirty", json!(false), "context.code.diff_digest"),
        ("/environment/seeds/numpy", json!(-1), "context.environment.seeds.numpy"),
        ("/deployment/port", json!(0), "context.deployment.port"),
        ("/deployment/port", json!("8080"), "context.deployment.port"),
    ];
    for (place, value, field) in cases {
        let mut wrong = context.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        let refused = push(&ann, &wrong).await;
        assert_eq!(refused.expect(400)["field"], field, "{}", refused.text);
        assert!(!refused.text.contains("secret@"), "{}", refused.text);
    }
    // A well-formed digest of bytes that were never sent.
    let mut wrong = context.clone();
    *wrong.pointer_mut("/artifact/files/0/sha256").unwrap() = json!(sha256(b"something else"));
    assert_eq!(push(&ann, &wrong).await.expect(422)["field"], "context.artifact.files[0]");
    ann.get(&format!("{MODELS}/fraud")).await.problem(404);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_text_is_refused_whole() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let path = format!("{MODELS}/fraud/versions");
    let send = async |body: Vec<u8>| {
        let request = ann.request(Method::POST, &path).header("Content-Type", "application/json");
        ann.send(request.body(body)).await
    };
    let mut large = br#"{"create_model": true, "context": {"training": {"config": {"text": ""#.to_vec();
    large.resize(100 << 20, b'a');
    large.extend(br#""}}}}"#);
    let refused = send(large).await;
    assert!(refused.problem(413).contains("larger than 8388608 bytes"), "{}", refused.text);
    let refused =
        send(b"{\"create_model\": true, \"context\": {\"code\": {\"commit\": \"\xff\xfe\"}}}".to_vec()).await;
    assert!(refused.problem(400).contains("unicode"), "{}", refused.text);
    let refused =
        send(br#"{"create_model": true, "context": {"training": {"config": {"n": 1e999}}}}"#.to_vec()).await;
    assert!(refused.problem(400).contains("number out of range"), "{}", refused.text);
    ann.get(&format!("{MODELS}/fraud")).await.problem(404);
    // The connection is as good as before.
    register(&ann, "fraud", "one").await;
}
