//! Every mutation leaves one leaf; the leaves make an RFC 6962 tree.

use crate::support::{register, sentences, to_production};
use serde_json::{Value, json};
use weighhouse_ledger::{Hash, canonical, tree};
use weighhouse_testkit::Server;
use weighhouse_types::permission::{AgencyRole, Role};

#[tokio::test]
async fn the_record_tells_the_story() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    to_production(&ann, &bob, "fraud", 1).await;
    let log = sentences(&ann).await;
    let told = |n: usize, start: &str| assert!(log[n].starts_with(start), "{n}: {log:?}");
    told(0, "The operator created the project claims");
    told(1, "bob@north.example joined as approver.");
    told(2, "ann registered north/claims/fraud@1 with 1 file");
    told(3, "ann promoted north/claims/fraud@1 to staging: “better”");
    told(4, "ann asked to promote north/claims/fraud@1 to production: “better”");
    told(5, "bob approved north/claims/fraud@1 for production; it is now in production: “looked at it”");
    assert_eq!(log.len(), 6);
}

#[tokio::test]
async fn leaves_hash_to_the_root_and_bind_their_payloads() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for content in ["one", "two", "three"] {
        register(&ann, "fraud", content).await;
    }
    let owner = server.database.owner().await;
    let rows = owner
        .query(
            "SELECT l.index, l.leaf, l.leaf_hash, p.nonce, p.payload FROM audit_leaves l
             JOIN audit_payloads p USING (tenant_id, index) JOIN tenants t USING (tenant_id)
             WHERE t.slug = 'north' ORDER BY index",
            &[],
        )
        .await
        .unwrap();
    let mut hashes: Vec<Hash> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.get::<_, i64>(0), i64::try_from(n).unwrap(), "no gap");
        let leaf: Vec<u8> = row.get(1);
        let hash = tree::leaf_hash(&leaf);
        assert_eq!(hash.as_bytes().as_slice(), row.get::<_, Vec<u8>>(2));
        hashes.push(hash);
        let value: Value = serde_json::from_slice(&leaf).unwrap();
        assert_eq!(canonical::to_bytes(&value).unwrap(), leaf, "canonical JSON");
        let mut hashed: Vec<u8> = row.get(3);
        hashed.extend_from_slice(row.get::<_, String>(4).as_bytes());
        assert_eq!(value["payload_hash"], crate::support::sha256(&hashed));
    }
    let head = ann.get("/api/v1/tenants/north/audit/head").await.expect(200);
    assert_eq!(head, json!({"size": hashes.len(), "root": tree::root(hashes).to_string()}));
    // Nobody rewrites it, not even the owner by mistake.
    let refused = owner.execute("UPDATE audit_leaves SET leaf = ''", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23001");
}

#[tokio::test]
async fn at_once_still_without_gaps() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let posts = (0..20).map(|n| {
        let ann = ann.clone();
        async move {
            let body = json!({"slug": format!("project-{n}")});
            ann.post("/api/v1/tenants/north/projects", &body).await.expect(201)
        }
    });
    futures_util::future::join_all(posts).await;
    let page = ann.get("/api/v1/tenants/north/audit?limit=200").await.expect(200);
    let indices: Vec<u64> =
        page["items"].as_array().unwrap().iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, (0..21).rev().collect::<Vec<u64>>());
}

#[tokio::test]
async fn what_has_no_tenant_stands_in_the_agencys_log() {
    let server = Server::with_clients().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let new = json!({"slug": "west", "name": "West Bank"});
    owner.post("/api/v1/agencies/acme/tenants", &new).await.expect(201);
    let page = owner.get("/api/v1/agencies/acme/audit?limit=200").await.expect(200);
    let log: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|e| e["sentence"].as_str().unwrap()).collect();
    assert_eq!(log[0], "olga created the client West Bank (west).");
    assert_eq!(log[1], "olga@north.example signed in.");
    assert_eq!(*log.last().unwrap(), "The operator created the agency Acme AI (acme).");
    assert_eq!(owner.get("/api/v1/agencies/acme/audit/head").await.expect(200)["size"], log.len());
    let engineer = server.engineer("ann").await;
    engineer.get("/api/v1/agencies/acme/audit").await.problem(403);
    server.approver("bob").await.get("/api/v1/agencies/acme/audit").await.problem(404);
}

#[tokio::test]
async fn refusals_leave_no_trace() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let before = ann.get("/api/v1/tenants/north/audit/head").await.expect(200);
    ann.post("/api/v1/tenants/north/projects", &json!({"slug": "claims"})).await.problem(409);
    crate::support::promote(&ann, "nothing", 1, "staging").await.problem(404);
    assert_eq!(ann.get("/api/v1/tenants/north/audit/head").await.expect(200), before);
}

#[tokio::test]
async fn the_page_shows_what_its_address_asks_for() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    to_production(&ann, &bob, "fraud", 1).await;
    let shown = async |query: &str| -> Vec<bool> {
        let page = ann.get(&format!("/t/north/audit?{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let told = ["created the project claims", "registered north/claims/fraud@1", "bob approved"];
        told.iter().map(|words| page.text.contains(words)).collect()
    };
    let today = chrono::Utc::now().date_naive();
    let (yesterday, tomorrow) = (today.pred_opt().unwrap(), today.succ_opt().unwrap());
    assert_eq!(shown("").await, [true, true, true]);
    assert_eq!(shown("event=promotion&actor=bob").await, [false, false, true]);
    assert_eq!(shown("model=north%2Fclaims%2Ffraud").await, [false, true, true]);
    assert_eq!(shown(&format!("from={yesterday}&to={tomorrow}")).await, [true, true, true]);
    assert_eq!(shown(&format!("to={yesterday}")).await, [false, false, false]);
    assert_eq!(shown(&format!("from={tomorrow}")).await, [false, false, false]);
    // A page that is not the last keeps the filter in the way to the next.
    for n in 0..51 {
        let body = json!({"slug": format!("project-{n}")});
        ann.post("/api/v1/tenants/north/projects", &body).await.expect(201);
    }
    let page = ann.get("/t/north/audit?event=project").await.text;
    assert!(page.contains("/t/north/audit?event=project&amp;cursor="), "{page}");
    let refused = ann.get("/t/north/audit?model=nonsense").await;
    assert!(refused.text.contains("is not a model"), "{}", refused.text);
    let injected = "/api/v1/tenants/north/audit?event=project.created%22%2C%22index%22%3A0";
    assert!(ann.get(injected).await.problem(400).contains("promotion.approved"));
}
