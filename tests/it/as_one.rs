//! A system is promoted and rolled back as one, whatever happens beside it.

use crate::support::{MODELS, decide, promote, sentences, stage, to_production};
use crate::systems::{register_many, system_push};
use futures_util::future::join_all;
use serde_json::{Value, json};
use weighhouse_testkit::{Person, Server};

async fn staged(person: &Person, model: &str, number: u32) {
    promote(person, model, number, "staging").await.expect(201);
}

/// fraud@1, fraud@2 and summary@1, 2 in staging; desk@N = fraud@N + summary@N.
async fn world(ann: &Person) {
    for model in ["fraud", "summary"] {
        register_many(ann, model, 2).await;
        for number in [1, 2] {
            staged(ann, model, number).await;
        }
    }
    for n in ["1", "2"] {
        let (fraud, summary) = (format!("claims/fraud@{n}"), format!("claims/summary@{n}"));
        system_push(ann, "desk", &[("scorer", &fraud), ("writer", &summary)]).await.expect(201);
    }
}

/// What is in production of models, by their order.
async fn production(person: &Person, models: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    for model in models {
        let answer = person.get(&format!("{MODELS}/{model}/production")).await.expect(200);
        found.push(answer["production"]["number"].clone());
    }
    found
}

async fn rollback(person: &Person, model: &str) -> Value {
    person.post(&format!("{MODELS}/{model}/rollback"), &json!({"reason": "worse"})).await.expect(200)
}

const DESK: &[&str] = &["desk", "fraud", "summary"];

#[tokio::test]
async fn a_system_and_its_parts_go_and_come_back_together() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    world(&ann).await;
    to_production(&ann, &bob, "desk", 1).await;
    assert_eq!(production(&ann, DESK).await, [1, 1, 1]);

    staged(&ann, "desk", 2).await;
    let request = promote(&ann, "desk", 2, "production").await.expect(201);
    let parts = request["evidence"]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "the approver sees what goes with it");
    assert_eq!((&parts[0]["version"]["number"], &parts[0]["production"]["number"]), (&json!(2), &json!(1)));
    decide(&bob, &request, "approve").await.expect(200);
    assert_eq!(production(&ann, DESK).await, [2, 2, 2]);
    assert_eq!(stage(&ann, "fraud", 1).await, "archived");

    // At one moment: no instant has one part new and another old.
    let mut from = Vec::new();
    for model in DESK {
        let history = ann.get(&format!("{MODELS}/{model}/production/history")).await.expect(200);
        assert_eq!(history[1]["until"], history[0]["from"]);
        assert_eq!(history[0]["approved_by"], json!(["bob"]), "by the approval of the system");
        from.push(history[0]["from"].clone());
    }
    assert!(from.iter().all(|at| *at == from[0]), "{from:?}");

    let back = rollback(&ann, "desk").await;
    assert_eq!(back["to"]["number"], 1);
    assert_eq!(back["moved"].as_array().unwrap().len(), 2);
    assert_eq!(production(&ann, DESK).await, [1, 1, 1]);
    assert_eq!(stage(&ann, "summary", 2).await, "archived");

    // One event each, which names the parts; the log of a part's model has it too.
    let log = sentences(&bob).await;
    let approved =
        log.iter().filter(|s| s.contains("with it: north/claims/fraud@2 in place of north/claims/fraud@1"));
    assert_eq!(approved.count(), 1, "{log:?}");
    let of =
        bob.get("/api/v1/tenants/north/audit?event=production.rolled-back&model=north/claims/summary").await;
    assert_eq!(of.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn parts_pass_staging_and_have_other_authors_than_the_approver() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register_many(&ann, "fraud", 1).await;
    system_push(&ann, "desk", &[("scorer", "claims/fraud@1")]).await.expect(201);
    let late = promote(&ann, "desk", 1, "staging").await.problem(409);
    assert!(late.ends_with("Promote to staging first: north/claims/fraud@1 (in development)."), "{late}");
    staged(&ann, "fraud", 1).await;
    staged(&ann, "desk", 1).await;
    let request = promote(&ann, "desk", 1, "production").await.expect(201);

    // Retired meanwhile: the approval is refused, and nothing moves.
    ann.post(&format!("{MODELS}/fraud/versions/1/retire"), &json!({"reason": "bad data"})).await.expect(200);
    assert!(decide(&bob, &request, "approve").await.problem(409).contains("fraud@1 (in retired)"));
    assert_eq!(stage(&ann, "desk", 1).await, "staging");

    // Behind the application's back bob is the author of a part.
    let owner = server.database.owner().await;
    let swap = "ALTER TABLE versions DISABLE TRIGGER versions_immutable;
                UPDATE versions v SET author_id = (SELECT id FROM users WHERE email = 'bob@north.example')
                FROM models m WHERE m.id = v.model_id AND m.name = 'writer'";
    register_many(&ann, "writer", 1).await;
    owner.batch_execute(swap).await.unwrap();
    staged(&ann, "writer", 1).await;
    system_push(&ann, "desk", &[("writer", "claims/writer@1")]).await.expect(201);
    let id = request["id"].as_str().unwrap();
    ann.post(&format!("/api/v1/tenants/north/promotions/{id}/withdraw"), &json!({})).await.expect(200);
    staged(&ann, "desk", 2).await;
    let request = promote(&ann, "desk", 2, "production").await.expect(201);
    assert!(decide(&bob, &request, "approve").await.problem(403).contains("a part of this system"));
}

#[tokio::test]
async fn what_a_system_brought_goes_with_it_unless_another_needs_it() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    for model in ["fraud", "summary", "triage"] {
        register_many(&ann, model, 2).await;
        for number in [1, 2] {
            staged(&ann, model, number).await;
        }
    }
    // summary@1 was in production by itself; triage never was.
    to_production_staged(&ann, &bob, "summary", 1).await;
    system_push(&ann, "desk", &[("scorer", "claims/fraud@1")]).await.expect(201);
    to_production(&ann, &bob, "desk", 1).await;
    let all = [("scorer", "claims/fraud@2"), ("sorter", "claims/triage@1"), ("writer", "claims/summary@2")];
    system_push(&ann, "desk", &all).await.expect(201);
    to_production(&ann, &bob, "desk", 2).await;
    let models = &["desk", "fraud", "summary", "triage"];
    assert_eq!(production(&ann, models).await, [2, 2, 2, 1]);
    rollback(&ann, "desk").await;
    assert_eq!(production(&ann, models).await, [json!(1), json!(1), json!(1), Value::Null]);
    assert_eq!(stage(&ann, "triage", 1).await, "archived");

    // Again, and another system takes triage@1 up meanwhile.
    for (model, number) in [("fraud", 2), ("summary", 2), ("triage", 1)] {
        staged(&ann, model, number).await;
    }
    to_production(&ann, &bob, "desk", 2).await;
    system_push(&ann, "night", &[("sorter", "claims/triage@1")]).await.expect(201);
    to_production(&ann, &bob, "night", 1).await;
    rollback(&ann, "desk").await;
    assert_eq!(production(&ann, models).await, [1, 1, 1, 1], "night holds triage@1");
}

/// Takes a version that is in staging to production.
async fn to_production_staged(ann: &Person, bob: &Person, model: &str, number: u32) {
    let request = promote(ann, model, number, "production").await.expect(201);
    decide(bob, &request, "approve").await.expect(200);
}

#[tokio::test]
async fn requests_see_what_moves_beside_them() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    world(&ann).await;
    staged(&ann, "desk", 1).await;
    let desk = promote(&ann, "desk", 1, "production").await.expect(201);
    let fraud = promote(&ann, "fraud", 1, "production").await.expect(201);
    let summary = promote(&ann, "summary", 2, "production").await.expect(201);
    let path =
        |request: &Value| format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap());

    // A part moves by itself: the system's evidence is another, approvals given are void.
    decide(&bob, &summary, "approve").await.expect(200);
    let now = bob.get(&path(&desk)).await.expect(200);
    assert_ne!(now["evidence_digest"], desk["evidence_digest"]);
    let body = json!({"decision": "approve", "reason": "x", "evidence_digest": desk["evidence_digest"]});
    assert!(bob.post(&format!("{}/decision", path(&desk)), &body).await.problem(409).contains("has changed"));

    // The system moves a part that is asked for by itself: that request is answered.
    decide(&bob, &desk, "approve").await.expect(200);
    assert_eq!(production(&ann, DESK).await, [1, 1, 1]);
    assert_eq!(bob.get(&path(&fraud)).await.expect(200)["state"], "withdrawn");
    assert_eq!(stage(&ann, "summary", 2).await, "archived", "replaced with the system");
}

#[tokio::test]
async fn promotions_of_a_system_and_of_its_part_at_once_leave_no_mixture() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let approvers =
        [server.approver("bob").await, server.approver("eve").await, server.approver("joe").await];
    world(&ann).await;
    to_production(&ann, &approvers[0], "desk", 1).await;
    // A second system of the same parts the other way round in their ids' order.
    system_push(&ann, "night", &[("a", "claims/summary@1"), ("b", "claims/fraud@1")]).await.expect(201);
    staged(&ann, "night", 1).await;
    for round in 0..4 {
        if round > 0 {
            for model in ["fraud", "summary"] {
                if stage(&ann, model, 2).await == "archived" {
                    staged(&ann, model, 2).await;
                }
            }
        }
        if stage(&ann, "desk", 2).await != "staging" {
            staged(&ann, "desk", 2).await;
        }
        let desk = promote(&ann, "desk", 2, "production").await.expect(201);
        let fraud = promote(&ann, "fraud", 2, "production").await.expect(201);
        let (rollback_path, why) = (format!("{MODELS}/night/rollback"), json!({"reason": "x"}));
        let (system, part, back) = tokio::join!(
            decide(&approvers[0], &desk, "approve"),
            decide(&approvers[1], &fraud, "approve"),
            ann.post(&rollback_path, &why),
        );
        for answer in [&system, &part, &back] {
            assert!(matches!(answer.status, 200 | 409), "no deadlock, no fault: {}", answer.text);
        }
        // Whoever came late decides again, on what is true by now.
        if system.status == 409 {
            decide(&approvers[2], &desk, "approve").await.expect(200);
        }
        assert_eq!(production(&ann, DESK).await, [2, 2, 2]);
        let path = format!("/api/v1/tenants/north/promotions/{}", fraud["id"].as_str().unwrap());
        let state = ann.get(&path).await.expect(200)["state"].clone();
        assert!(state == "approved" || state == "withdrawn", "{state}: it is answered either way");
        rollback(&ann, "desk").await;
        assert_eq!(production(&ann, DESK).await, [1, 1, 1]);
    }
    // Rollbacks of both sides at once: one after the other, and never a fault.
    let answers = join_all(["desk", "fraud", "summary"].map(|model| {
        let path = format!("{MODELS}/{model}/rollback");
        let ann = ann.clone();
        async move { ann.post(&path, &json!({"reason": "x"})).await }
    }))
    .await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "{answers:?}");
    let twice = "SELECT count(*) FROM version_stages WHERE stage = 'production' GROUP BY model_id HAVING count(*) > 1";
    assert!(server.database.owner().await.query(twice, &[]).await.unwrap().is_empty());
}
