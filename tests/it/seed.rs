//! The generator of large data makes what the operations would have made.

use serde_json::{Value, json};
use weighhouse_core::audit;
use weighhouse_core::seed::{Sizes, seed};
use weighhouse_ledger::canonical;
use weighhouse_testkit::{PASSWORD, Server};

fn sizes(agency: &str) -> Sizes {
    Sizes {
        agency: agency.into(),
        tenants: 2,
        models: 12,
        versions: 150,
        seed: 7,
        files: true,
        password: PASSWORD.into(),
    }
}

#[tokio::test]
async fn made_up_data_is_as_if_it_had_happened() {
    let server = Server::signing().await;
    let seeded = seed(&server.console(), &sizes("scale"), |_| ()).await.unwrap();
    assert_eq!((seeded.tenants, seeded.models, seeded.versions), (2, 12, 150));
    let ann = server.sign_in(&seeded.engineer).await;
    let owner = server.database.owner().await;
    let one = async |sql: &str| -> i64 { owner.query_one(sql, &[]).await.unwrap().get(0) };
    assert_eq!(one("SELECT count(*) FROM versions").await, 150);
    assert_eq!(one("SELECT count(*) FROM search_documents WHERE kind = 'version'").await, 150);
    let gaps = "SELECT count(*) FROM models m WHERE m.versions <>
                (SELECT count(DISTINCT number) FROM versions v WHERE v.model_id = m.id AND number <= m.versions)";
    assert_eq!(one(gaps).await, 0, "numbers have no gaps");
    let astray = "SELECT count(*) FROM version_stages s WHERE (stage = 'production') <> EXISTS (
                  SELECT FROM production_periods r WHERE r.version_id = s.version_id AND upper_inf(r.period))";
    assert_eq!(one(astray).await, 0, "stages and periods agree");
    let stages = one("SELECT count(DISTINCT stage) FROM version_stages").await;
    assert!(stages >= 4, "varied: {stages} stages");

    // Digests are those of what they are about.
    for row in owner.query("SELECT context::text, digest FROM versions", &[]).await.unwrap() {
        let context: Value = serde_json::from_str(row.get(0)).unwrap();
        let digest = canonical::digest_hex(&context).unwrap();
        assert_eq!(digest, hex::encode(row.get::<_, Vec<u8>>(1)), "{context}");
    }
    // The logs are signed, as everybody's are.
    for tenant in ["scale-0", "scale-1"] {
        audit::checkpoints_sign(&server.app).await.unwrap();
        let head = ann.get(&format!("/api/v1/tenants/{tenant}/audit/head")).await.expect(200);
        let signed = ann.get(&format!("/api/v1/tenants/{tenant}/audit/signed")).await.expect(200);
        assert_eq!(signed["refusal"], Value::Null);
        assert_eq!(signed["checkpoint"]["size"], head["size"]);
        assert!(head["size"].as_u64().unwrap() > 75);
        let log = ann.get(&format!("/api/v1/tenants/{tenant}/audit?limit=200")).await.expect(200);
        assert!(
            log["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|entry| entry["sentence"].as_str().unwrap().len() > 10)
        );
    }
    // What is there goes on as if it had been done by hand.
    let found = ann.get("/api/v1/search?q=scale-0/claims").await.expect(200);
    let model = &found.as_array().unwrap().iter().find(|one| one["kind"] == "model").unwrap()["model"];
    let path = format!("/api/v1/tenants/scale-0/projects/claims/models/{}/versions", model.as_str().unwrap());
    let newest = ann.get(&path).await.expect(200)["items"][0]["reference"]["number"].as_u64();
    let next = ann.post(&path, &json!({"context": {"code": {"commit": "abcdef"}}})).await.expect(201);
    assert_eq!(next["reference"]["number"].as_u64(), newest.map(|n| n + 1), "{next}");
}

#[tokio::test]
async fn wrong_sizes_and_a_second_time_are_refused() {
    let server = Server::empty().await;
    let console = server.console();
    let few = Sizes { tenants: 3, models: 2, ..sizes("scale") };
    assert!(seed(&console, &few, |_| ()).await.unwrap_err().to_string().contains("at least"));
    let small = Sizes { tenants: 1, models: 1, versions: 1, files: false, ..sizes("scale") };
    seed(&console, &small, |_| ()).await.unwrap();
    assert!(seed(&console, &small, |_| ()).await.unwrap_err().to_string().contains("already"));
}
