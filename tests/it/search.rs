//! Finding things by whatever is known of them, and nobody else's.

use crate::support::{MODELS, promote, sha256, upload};
use serde_json::{Value, json};
use std::time::Duration;
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{Role, Scope, TenantRole};

/// What is found, as `kind name`, in order.
async fn found(person: &Person, words: &str) -> Vec<String> {
    let found = person.get(&format!("/api/v1/search?q={}", encode(words))).await.expect(200);
    let found = found.as_array().unwrap().iter();
    found.map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
}

fn encode(text: &str) -> String {
    let url = reqwest::Url::parse_with_params("http://localhost/", [("q", text)]).unwrap();
    url.query().unwrap()["q=".len()..].to_owned()
}

/// Two versions of a model with a description, the first with a full context.
async fn stock(person: &Person) -> (Value, Value) {
    let model =
        json!({"name": "fraud-scorer", "description": "Detects anomalies in the policies of drivers."});
    person.post(MODELS, &model).await.expect(201);
    let file = upload(person, "model.onnx", b"weights").await;
    let context = json!({
        "artifact": {"files": [file]},
        "data": [{"name": "claims-2025-holdout", "uri": "s3://lake/claims.parquet", "digest": format!("sha256:feedc0de{}", "0".repeat(56))}],
        "code": {"repository": "https://git.example/fraud", "commit": "4f2a9c1d5e6f7081920a3b4c5d6e7f8091a2b3c4"},
        "environment": {"libraries": {"xgboost": "2.0.3"}, "languages": {"python": "3.11.8"}},
    });
    let path = format!("{MODELS}/fraud-scorer/versions");
    let first = person.post(&path, &json!({"context": context})).await.expect(201);
    let second = person.post(&path, &json!({"context": {"code": {"commit": "0000aaaa"}}})).await.expect(201);
    (first, second)
}

#[tokio::test]
async fn a_version_is_found_by_whatever_is_known_of_it() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (first, _) = stock(&ann).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let file = sha256(b"weights");
    for words in [
        &text(&first["digest"])[..9],
        &text(&first["digest"]),
        &text(&first["id"]),
        "4f2a9c1",
        "claims-2025",
        "HOLDOUT",
        "s3://lake/claims",
        "sha256:feedc0de",
        "xgboost",
        "xgboost==2.0.3",
        "python==3.11",
        "https://git.example/fraud",
        "fraud-scorer@1",
        "claims/fraud-scorer@1",
        "north/claims/fraud-scorer@1",
        "scorer holdout xgb",
        "north holdout",
        &file[..12],
        &file,
        &format!("{} holdout", &text(&first["created_at"])[..10]),
    ] {
        let found = found(&ann, words).await;
        assert!(found.contains(&"version fraud-scorer@1".to_owned()), "{words}: {found:?}");
        assert!(!found.contains(&"version fraud-scorer@2".to_owned()), "{words}: {found:?}");
    }
    let mine = found(&ann, "ann@north.example").await;
    assert_eq!(mine, ["version fraud-scorer@2", "version fraud-scorer@1"], "the newest first");
    for nothing in ["xgboost lightgbm", "4f2a9c2", "holdout zzz"] {
        assert_eq!(found(&ann, nothing).await, Vec::<String>::new(), "{nothing}");
    }
    let one = ann.get("/api/v1/search?q=4f2a9c1").await.expect(200)[0].clone();
    assert_eq!(
        (&one["number"], &one["model"], &one["project"]),
        (&json!(1), &json!("fraud-scorer"), &json!("claims"))
    );
    assert_eq!(one["id"], first["id"]);
}

#[tokio::test]
async fn exact_names_come_before_beginnings_full_text_and_slips() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (name, description) in [
        ("detecting", "What is out of the ordinary."),
        ("detectingly", ""),
        ("early detecting", ""),
        ("watch", "It detects what customers were offered."),
    ] {
        ann.post(MODELS, &json!({"name": name, "description": description})).await.expect(201);
    }
    assert_eq!(
        found(&ann, "Detecting").await,
        ["model detecting", "model early detecting", "model detectingly", "model watch"],
        "the name, the word, its beginning, its stem in prose"
    );
    assert_eq!(found(&ann, "offering a customer").await, ["model watch"], "full text knows stems");
    assert_eq!(found(&ann, "detecing").await.first().map(String::as_str), Some("model detecting"), "a slip");
    assert_eq!(found(&ann, "wxyz").await, Vec::<String>::new());
    for odd in ["'", "\\", "a:*b", "& | !", "watch:*", "((", "%", "\u{1}", "…", "<->"] {
        found(&ann, odd).await;
    }
}

#[tokio::test]
async fn requests_and_people_are_found() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    stock(&ann).await;
    let asked = promote(&ann, "fraud-scorer", 1, "staging").await.expect(201);
    assert_eq!(found(&ann, asked["id"].as_str().unwrap()).await, ["promotion fraud-scorer@1 to staging"]);
    assert_eq!(found(&ann, "staging better").await, ["promotion fraud-scorer@1 to staging"]);
    let vic = server.person_at("vic", Role::Tenant(TenantRole::Viewer), "north").await;
    assert_eq!(found(&ann, "vic@").await, ["person vic"]);
    // What a script may do says nothing of people.
    let script = server.token(&vic, &[Scope::Read]).await;
    assert_eq!(found(&script, "vic@").await, Vec::<String>::new());
    assert_eq!(found(&script, "holdout").await, ["version fraud-scorer@1"]);
}

#[tokio::test]
async fn nobody_finds_what_they_do_not_reach() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (first, _) = stock(&ann).await;
    let asked = promote(&ann, "fraud-scorer", 1, "staging").await.expect(201);
    let south = server.person_at("sue", Role::Tenant(TenantRole::ClientAdmin), "south").await;
    for words in [
        "fraud",
        "fraud-scorer@1",
        "fraud-scroer",
        "4f2a9c1",
        first["digest"].as_str().unwrap(),
        first["id"].as_str().unwrap(),
        asked["id"].as_str().unwrap(),
        &sha256(b"weights"),
        "north",
        "north/claims/fraud-scorer@1",
        "ann",
        "xgboost",
    ] {
        assert!(!found(&ann, words).await.is_empty(), "{words}");
        assert_eq!(found(&south, words).await, Vec::<String>::new(), "{words}");
    }
    // Neither role sees another tenant's words, whatever is asked for.
    let app = server.database.app().await;
    for (role, setting) in [("weighhouse_tenant", "app.tenant"), ("weighhouse_portfolio", "app.tenants")] {
        app.batch_execute(&format!("BEGIN; SET LOCAL ROLE {role}")).await.unwrap();
        for table in ["search_documents", "search_words", "search_changes"] {
            let rows = app.query(&format!("SELECT * FROM {table}"), &[]).await.unwrap();
            assert!(rows.is_empty(), "{role} without {setting} sees {table}");
        }
        app.batch_execute("ROLLBACK").await.unwrap();
    }
}

/// Who looks later waits for nothing: the worker has written what was changed.
#[tokio::test]
async fn the_worker_writes_what_was_changed() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    stock(&ann).await;
    let owner = server.database.owner().await;
    for _ in 0..200 {
        let row = "SELECT (SELECT count(*) FROM search_changes),
                          (SELECT count(*) FROM search_documents WHERE kind = 'version')";
        let row = owner.query_one(row, &[]).await.unwrap();
        let (behind, versions): (i64, i64) = (row.get(0), row.get(1));
        if (behind, versions) == (0, 2) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody wrote it");
}

/// The statements of the search go through the index, whatever the walls are.
#[tokio::test]
async fn words_are_looked_up_in_the_index() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    stock(&ann).await;
    let app = server.database.app().await;
    app.batch_execute(
        "BEGIN; SET LOCAL ROLE weighhouse_portfolio; SET LOCAL enable_seqscan = off;
         SET LOCAL app.tenants = '{00000000-0000-0000-0000-000000000001}'",
    )
    .await
    .unwrap();
    let plan = "EXPLAIN SELECT id FROM search_words
                WHERE tenant_id = '00000000-0000-0000-0000-000000000001' AND named AND word > 'a' AND word < 'b'";
    let plan: Vec<String> = app.query(plan, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Cond") && plan.contains("(word > 'a'"), "{plan}");
}
