//! Steps that several tests take.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use weighhouse_core::audit;
use weighhouse_testkit::{Answer, Person, Server};

pub(crate) const MODELS: &str = "/api/v1/tenants/north/projects/claims/models";

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Sends one part, under the digest that `announced` has.
pub(crate) async fn part_put(
    person: &Person,
    blob: &str,
    number: u32,
    bytes: &[u8],
    announced: &[u8],
) -> Answer {
    let path = format!("/api/v1/tenants/north/blobs/{blob}/parts/{number}");
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(announced)));
    let request = person.request(Method::PUT, &path).header("Content-Digest", digest).body(bytes.to_vec());
    person.send(request).await
}

/// Sends a small file whole; gives its manifest entry.
pub(crate) async fn upload(person: &Person, path: &str, bytes: &[u8]) -> Value {
    let sha = sha256(bytes);
    assert_eq!(part_put(person, &sha, 1, bytes, bytes).await.status, 204);
    json!({"path": path, "size": bytes.len(), "sha256": sha})
}

/// Registers a version of a model with one file; gives it as answered.
pub(crate) async fn register(person: &Person, model: &str, content: &str) -> Value {
    let file = upload(person, "model.onnx", content.as_bytes()).await;
    let body = json!({
        "context": {
            "artifact": {"files": [file]},
            "evaluation": [{"dataset": "holdout", "metrics": {"auc": 0.9}}],
        },
        "create_model": true,
    });
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201)
}

pub(crate) async fn promote(person: &Person, model: &str, number: u32, target: &str) -> Answer {
    let path = format!("{MODELS}/{model}/versions/{number}/promotions");
    person.post(&path, &json!({"target": target, "reason": "better"})).await
}

/// Decides about a request, on the evidence as it stands.
pub(crate) async fn decide(person: &Person, promotion: &Value, decision: &str) -> Answer {
    let path = format!("/api/v1/tenants/north/promotions/{}", promotion["id"].as_str().unwrap());
    let seen = person.get(&path).await.expect(200);
    let body =
        json!({"decision": decision, "reason": "looked at it", "evidence_digest": seen["evidence_digest"]});
    person.post(&format!("{path}/decision"), &body).await
}

/// Takes a registered version all the way to production.
pub(crate) async fn to_production(engineer: &Person, approver: &Person, model: &str, number: u32) {
    promote(engineer, model, number, "staging").await.expect(201);
    let request = promote(engineer, model, number, "production").await.expect(201);
    assert_eq!(decide(approver, &request, "approve").await.expect(200)["state"], "approved");
}

pub(crate) async fn stage(person: &Person, model: &str, number: u32) -> String {
    let version = person.get(&format!("{MODELS}/{model}/versions/{number}")).await.expect(200);
    version["stage"].as_str().unwrap().to_owned()
}

/// The sentences of a tenant's log, oldest first.
pub(crate) async fn sentences(person: &Person) -> Vec<String> {
    let page = person.get("/api/v1/tenants/north/audit?limit=200").await.expect(200);
    let items = page["items"].as_array().unwrap().iter().rev();
    items.map(|item| item["sentence"].as_str().unwrap().to_owned()).collect()
}

/// Adds leaves to north's log as the application writes them, many at once.
pub(crate) async fn grow(server: &Server, count: i64) {
    let sql = r#"
        WITH log AS (
            UPDATE audit_heads SET size = size + $1
            WHERE tenant_id = (SELECT tenant_id FROM tenants WHERE slug = 'north')
            RETURNING tenant_id, size - $1 AS size
        ), new AS (
            SELECT tenant_id, size + n AS index, sha256(int8send(n)) AS nonce,
                   '{"name":"p' || n || '","project":"p' || n || '"}' AS payload
            FROM log, generate_series(0::bigint, $1 - 1) n
        ), leaves AS (
            SELECT *, convert_to(
                '{"actor":null,"event":"project.created","index":' || index || ',"log":"' || tenant_id
                || '","payload_hash":"' || encode(sha256(nonce || convert_to(payload, 'UTF8')), 'hex')
                || '","request":"test","time":"2026-01-01T00:00:00.000000Z","via":"console"}', 'UTF8') AS leaf
            FROM new
        ), written AS (
            INSERT INTO audit_leaves SELECT tenant_id, index, leaf, sha256('\x00'::bytea || leaf) FROM leaves
        )
        INSERT INTO audit_payloads SELECT tenant_id, index, nonce, payload FROM leaves"#;
    server.database.owner().await.execute(sql, &[&count]).await.unwrap();
}

/// The checkpoint of north's log once it has caught up with the head.
pub(crate) async fn signed(server: &Server, person: &Person) -> Value {
    let size = person.get("/api/v1/tenants/north/audit/head").await.expect(200)["size"].clone();
    let started = std::time::Instant::now();
    loop {
        audit::checkpoints_sign(&server.app).await.unwrap();
        let signed = person.get("/api/v1/tenants/north/audit/signed").await.expect(200);
        if signed["checkpoint"]["size"] == size && signed["refusal"].is_null() {
            return signed["checkpoint"].clone();
        }
        // The server's own worker may have the log at this moment.
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "{signed}");
    }
}
