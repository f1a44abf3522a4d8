//! Datasets, their profiles and drift, feature pipelines, and the model
//! versions that were made of them.

use crate::support::{MODELS, sentences, upload};
use serde_json::{Value, json};
use weighhouse_testkit::{Answer, Person, Server};

const DATA: &str = "/api/v1/tenants/north/datasets/claims/versions";
const PIPELINES: &str = "/api/v1/tenants/north/pipelines/features/versions";

fn dataset(digest: char, east: u64) -> Value {
    let digest = digest.to_string().repeat(64);
    json!({
        "uri": "s3://north/claims.parquet",
        "content_digest": digest,
        "rows": 100,
        "split": "train",
        "schema": [{"name": "region", "type": "string"}],
        "profile": {"rows": 100, "columns": [{
            "name": "region", "kind": "text", "count": 100, "missing": 0, "distinct": 2,
            "top": [{"value": "East", "count": east}, {"value": "West", "count": 100 - east}],
        }]},
    })
}

/// The place that a refusal names.
fn wrong(answer: &Answer) -> String {
    answer.problem(400);
    answer.json()["field"].as_str().unwrap_or_default().to_owned()
}

async fn push(person: &Person, context: Value) -> Answer {
    let file = upload(person, "model.onnx", context.to_string().as_bytes()).await;
    let mut context = context;
    context["artifact"] = json!({"files": [file]});
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/fraud/versions"), &body).await
}

#[tokio::test]
async fn versions_are_numbered_immutable_and_the_same_content_is_there_once() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let first = ann.post(DATA, &dataset('a', 60)).await.expect(201);
    assert_eq!((&first["name"], &first["number"]), (&json!("claims"), &json!(1)));
    let again = ann.post(DATA, &dataset('a', 60)).await.expect(200);
    assert_eq!(again, first);
    let second = ann.post(DATA, &dataset('b', 20)).await.expect(201);
    assert_eq!(second["number"], 2);
    let read = ann.get(&format!("{DATA}/1")).await.expect(200);
    assert_eq!(read["profile"], dataset('a', 60)["profile"]);
    let list = ann.get(&format!("{DATA}?limit=1")).await.expect(200);
    assert_eq!(list["items"][0]["number"], 2);
    assert!(list["items"][0]["profile"].is_null() && list["next"].is_string());
    let names = ann.get("/api/v1/tenants/north/datasets").await.expect(200);
    assert_eq!(names["items"].as_array().unwrap().len(), 1);
    assert_eq!(names["items"][0]["number"], 2);
    let said = sentences(&ann).await;
    assert_eq!(said.iter().filter(|s| s.contains("registered the dataset north/claims@")).count(), 2);
    // Not even the owner changes one.
    let owner = server.database.owner().await;
    for change in ["UPDATE data_versions SET number = 9", "DELETE FROM data_versions"] {
        assert!(owner.execute(change, &[]).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn numbers_have_no_gaps_when_many_register_at_once() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let all = (0..20_u64).map(|n| {
        let record = json!({"snapshot": n.to_string()});
        let ann = &ann;
        async move { ann.post(DATA, &record).await.expect(201)["number"].as_u64().unwrap() }
    });
    let mut numbers = futures_util::future::join_all(all).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn wrong_records_are_refused_with_their_place() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let mut short = dataset('a', 60);
    short["profile"]["columns"][0]["missing"] = json!(3);
    for (record, field) in [
        (json!({}), "content_digest"),
        (json!({"content_digest": "ABC"}), "content_digest"),
        (short, "profile.columns[0].count"),
    ] {
        assert_eq!(wrong(&ann.post(DATA, &record).await), field, "{record}");
    }
    let unknown = ann.post(DATA, &json!({"snapshot": "1", "colour": 1})).await.problem(400);
    assert!(unknown.contains("colour"), "{unknown}");
    ann.post("/api/v1/tenants/north/datasets/a%40b/versions", &dataset('a', 1)).await.problem(400);
    ann.get(&format!("{DATA}/1")).await.problem(404);
    ann.get(DATA).await.problem(404);
}

#[tokio::test]
async fn a_model_version_and_its_data_know_each_other() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    ann.post(DATA, &dataset('a', 60)).await.expect(201);
    ann.post(PIPELINES, &json!({"code": "git@1", "steps": ["scale"]})).await.expect(201);
    let digest = format!("sha256:{}", "b".repeat(64));
    let version = push(
        &ann,
        json!({
            "data": [{"name": "claims", "version": "claims@1", "digest": "a".repeat(64)}],
            "features": {"name": "features", "version": "1", "pipeline": "features@1"},
            "evaluation": [{"dataset": "holdout", "digest": digest, "metrics": {"auc": 0.9}}],
        }),
    )
    .await
    .expect(201);
    let inputs = |version: &Value| {
        let all = version["inputs"].as_array().unwrap().iter();
        all.map(|i| {
            format!("{} {}@{}", i["component"].as_str().unwrap(), i["name"].as_str().unwrap(), i["number"])
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(inputs(&version), ["data claims@1", "features features@1"]);
    // What is registered later is found by its digest.
    ann.post("/api/v1/tenants/north/datasets/holdout/versions", &dataset('b', 10)).await.expect(201);
    let version = ann.get(&format!("{MODELS}/fraud/versions/1")).await.expect(200);
    assert_eq!(inputs(&version), ["data claims@1", "evaluation holdout@1", "features features@1"]);
    for (path, component) in [
        (format!("{DATA}/1"), "data"),
        (format!("{PIPELINES}/1"), "features"),
        ("/api/v1/tenants/north/datasets/holdout/versions/1".to_owned(), "evaluation"),
    ] {
        let found = ann.get(&path).await.expect(200);
        assert_eq!(found["used_by"][0]["component"], component);
        assert_eq!(found["used_by"][0]["version"]["model"]["model"], "fraud");
        assert_eq!(found["used_by"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn references_must_name_data_of_the_same_tenant_with_the_same_digest() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    ann.post(DATA, &dataset('a', 60)).await.expect(201);
    // Another client's dataset of the name does not exist here.
    let foreign = "/api/v1/tenants/south/datasets/secret/versions";
    ann.post(foreign, &dataset('c', 60)).await.expect(201);
    for (context, field) in [
        (json!({"data": [{"name": "x", "version": "claims@2"}]}), "context.data[0].version"),
        (json!({"data": [{"name": "x"}, {"name": "y", "version": "secret@1"}]}), "context.data[1].version"),
        (json!({"data": [{"name": "x", "version": "claims"}]}), "context.data[0].version"),
        (
            json!({"data": [{"name": "x", "version": "claims@1", "digest": "b".repeat(64)}]}),
            "context.data[0].version",
        ),
        (
            json!({"features": {"name": "x", "version": "1", "pipeline": "claims@1"}}),
            "context.features.pipeline",
        ),
    ] {
        assert_eq!(wrong(&push(&ann, context.clone()).await), field, "{context}");
    }
    ann.get(&format!("{MODELS}/fraud")).await.problem(404);
    // And its digest links nothing across clients.
    let version = push(&ann, json!({"data": [{"name": "x", "digest": "c".repeat(64)}]})).await.expect(201);
    assert!(version["inputs"].is_null(), "{version}");
    let secret = ann.get(&format!("{foreign}/1")).await.expect(200);
    assert!(secret["used_by"].is_null(), "{secret}");
}

#[tokio::test]
async fn drift_says_what_changed() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    ann.post(DATA, &dataset('a', 60)).await.expect(201);
    ann.post(DATA, &dataset('b', 10)).await.expect(201);
    let drift = ann.get(&format!("{DATA}/2/drift?against=claims@1")).await.expect(200);
    assert_eq!((&drift["from"], &drift["to"]), (&json!("claims@1"), &json!("claims@2")));
    let column = &drift["columns"][0];
    assert_eq!((&column["name"], &column["change"]), (&json!("region"), &json!("large")));
    // (0.1-0.6)ln(1/6) + (0.9-0.4)ln(9/4)
    assert!((column["psi"].as_f64().unwrap() - 1.3013).abs() < 1e-3, "{column}");
    ann.get(&format!("{DATA}/2/drift?against=claims@7")).await.problem(404);
    assert_eq!(wrong(&ann.get(&format!("{DATA}/2/drift?against=nonsense")).await), "against");
    assert_eq!(wrong(&ann.get(&format!("{DATA}/2/drift")).await), "against");
}
