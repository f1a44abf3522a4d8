//! From development to production and back.

use crate::support::{MODELS, decide, promote, register, sentences, stage, to_production};
use serde_json::json;
use weighhouse_testkit::{Options, Server};
use weighhouse_types::permission::Scope;

#[tokio::test]
async fn a_version_goes_all_the_way() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    assert_eq!((&request["state"], &request["quorum"]), (&json!("open"), &json!(1)));

    let mail = server.mails("bob@north.example", 1).await.remove(0);
    assert!(mail.raw.contains("Subject: Approval needed: north/claims/fraud@1 to production"));
    let link = mail.link(&server.url);
    assert!(link.ends_with(&format!("/t/north/promotions/{}", request["id"].as_str().unwrap())));

    let decided = decide(&bob, &request, "approve").await.expect(200);
    assert_eq!(decided["state"], "approved");
    assert_eq!(stage(&ann, "fraud", 1).await, "production");
    let outcome = server.mails("ann@north.example", 1).await.remove(0);
    assert!(outcome.raw.contains("approved"));

    register(&ann, "fraud", "two").await;
    to_production(&ann, &bob, "fraud", 2).await;
    assert_eq!(stage(&ann, "fraud", 1).await, "archived");
    assert_eq!(stage(&ann, "fraud", 2).await, "production");
    let answer = ann.get(&format!("{MODELS}/fraud/production")).await.expect(200);
    assert_eq!(answer["production"]["number"], 2);
    assert_eq!(answer["production"]["approved_by"], json!(["bob"]));
    assert_eq!(answer["rollback_target"], 1);
    let log = sentences(&bob).await;
    assert!(
        log.iter().any(|s| s.contains("it is now in production and north/claims/fraud@1 is archived")),
        "{log:?}"
    );
}

#[tokio::test]
async fn development_never_reaches_production_directly() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    assert!(promote(&ann, "fraud", 1, "production").await.problem(409).contains("staging first"));
    for target in ["archived", "development", "retired"] {
        promote(&ann, "fraud", 1, target).await.problem(400);
    }
}

#[tokio::test]
async fn one_open_request_per_model_and_target() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for content in ["one", "two"] {
        register(&ann, "fraud", content).await;
    }
    for number in [1, 2] {
        promote(&ann, "fraud", number, "staging").await.expect(201);
    }
    let open = promote(&ann, "fraud", 1, "production").await.expect(201);
    let id = open["id"].as_str().unwrap();
    assert!(promote(&ann, "fraud", 2, "production").await.problem(409).contains(id));
    let withdraw = format!("/api/v1/tenants/north/promotions/{id}/withdraw");
    assert_eq!(ann.post(&withdraw, &json!({})).await.expect(200)["state"], "withdrawn");
    promote(&ann, "fraud", 2, "production").await.expect(201);
}

#[tokio::test]
async fn a_rejection_needs_a_reason_and_changes_nothing() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    let path = format!("/api/v1/tenants/north/promotions/{}/decision", request["id"].as_str().unwrap());
    let body = json!({"decision": "reject", "reason": "", "evidence_digest": request["evidence_digest"]});
    assert_eq!(bob.post(&path, &body).await.expect(400)["field"], "reason");
    assert_eq!(decide(&bob, &request, "reject").await.expect(200)["state"], "rejected");
    assert_eq!(stage(&ann, "fraud", 1).await, "staging");
    decide(&bob, &request, "approve").await.problem(409);
}

#[tokio::test]
async fn tokens_staff_and_own_work_do_not_decide() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    let script = server.token(&bob, Scope::ALL).await;
    assert!(decide(&script, &request, "approve").await.problem(403).contains("person's act"));
    decide(&ann, &request, "approve").await.problem(403);

    // Ann becomes an approver of the client as well: staff do not decide even so.
    let owner = server.database.owner().await;
    let insert = "INSERT INTO memberships (tenant_id, user_id, role)
                  SELECT t.tenant_id, u.id, 'approver' FROM tenants t, users u
                  WHERE t.slug = 'north' AND u.email = 'ann@north.example'";
    owner.execute(insert, &[]).await.unwrap();
    decide(&ann, &request, "approve").await.problem(403);
    // And should the code forget, the table does not.
    let forged = "INSERT INTO approvals (tenant_id, promotion_id, evidence_digest, seen_digest, approver_id,
                      requester_id, author_id, decision, reason)
                  SELECT tenant_id, id, evidence_digest, evidence_digest, requester_id, requester_id, author_id,
                      'approve', 'mine' FROM promotions WHERE state = 'open'";
    assert_eq!(owner.execute(forged, &[]).await.unwrap_err().code().unwrap().code(), "23514");
    let lied = forged.replace("requester_id, requester_id,", "requester_id, author_id,").replace(
        "SELECT tenant_id, id, evidence_digest, evidence_digest, requester_id, author_id, author_id",
        "SELECT tenant_id, id, evidence_digest, evidence_digest, requester_id, gen_random_uuid(), gen_random_uuid()",
    );
    assert_eq!(owner.execute(&lied, &[]).await.unwrap_err().code().unwrap().code(), "23503");
}

#[tokio::test]
async fn decisions_on_other_evidence_do_not_count() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    for (n, content) in ["one", "two", "three"].iter().enumerate() {
        register(&ann, "fraud", content).await;
        if n < 2 {
            to_production(&ann, &bob, "fraud", u32::try_from(n).unwrap() + 1).await;
        }
    }
    promote(&ann, "fraud", 3, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 3, "production").await.expect(201);
    let path = format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap());
    // An approval on the evidence so far, as a quorum of two would leave it.
    let owner = server.database.owner().await;
    let given = "INSERT INTO approvals (tenant_id, promotion_id, evidence_digest, seen_digest, approver_id,
                     requester_id, author_id, decision, reason)
                 SELECT p.tenant_id, p.id, evidence_digest, evidence_digest, u.id, requester_id, author_id,
                     'approve', 'fine' FROM promotions p, users u
                 WHERE p.state = 'open' AND u.email = 'bob@north.example'";
    assert_eq!(owner.execute(given, &[]).await.unwrap(), 1);
    assert_eq!(bob.get(&path).await.json()["approvals"][0]["void"], false);

    ann.post(&format!("{MODELS}/fraud/rollback"), &json!({"reason": "two flags the east"})).await.expect(200);
    let now = bob.get(&path).await.expect(200);
    assert_ne!(now["evidence_digest"], request["evidence_digest"]);
    assert_eq!(now["evidence"]["production"]["number"], 1);
    assert_eq!(now["approvals"][0]["void"], true);
    let body = json!({"decision": "approve", "reason": "x", "evidence_digest": request["evidence_digest"]});
    assert!(bob.post(&format!("{path}/decision"), &body).await.problem(409).contains("evidence has changed"));
    assert_eq!(stage(&ann, "fraud", 3).await, "staging");
    assert_eq!(decide(&bob, &request, "approve").await.expect(200)["state"], "approved");
}

#[tokio::test]
async fn two_approvals_at_once_make_one_promotion() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let approvers = [server.approver("bob").await, server.approver("eve").await];
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    let answers =
        futures_util::future::join_all(approvers.iter().map(|a| decide(a, &request, "approve"))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let history = ann.get(&format!("{MODELS}/fraud/production/history")).await.expect(200);
    assert_eq!(history.as_array().unwrap().len(), 1);
    let approved = sentences(&ann).await.iter().filter(|s| s.contains(" approved ")).count();
    assert_eq!(approved, 1);
}

#[tokio::test]
async fn rollback_restores_what_was_good_and_never_what_was_left() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let rollback = format!("{MODELS}/fraud/rollback");
    let why = json!({"reason": "flags the east three times as often"});
    for (number, content) in [(1, "one"), (2, "two"), (3, "three")] {
        register(&ann, "fraud", content).await;
        if number == 1 {
            ann.post(&rollback, &why).await.problem(409);
        }
        to_production(&ann, &bob, "fraud", number).await;
    }
    ann.post(&rollback, &json!({"reason": ""})).await.problem(400);
    ann.post(&rollback, &json!({"reason": "x", "from": 2})).await.problem(409);
    bob.post(&rollback, &why).await.problem(403);
    let script = server.token(&ann, &[Scope::Deploy]).await;
    let done = script.post(&rollback, &why).await.expect(200);
    assert_eq!((&done["from"]["number"], &done["to"]["number"]), (&json!(3), &json!(2)));
    assert_eq!(stage(&ann, "fraud", 3).await, "archived");
    assert_eq!(stage(&ann, "fraud", 2).await, "production");
    let now = ann.get(&format!("{MODELS}/fraud/production")).await.expect(200);
    assert_eq!(
        (&now["production"]["began_by"], &now["production"]["requested_by"]),
        (&json!("rollback"), &json!("ann"))
    );
    assert_eq!(now["production"]["approved_by"], json!(["bob"]), "who approved it when it was promoted");
    let mails = server.mails("bob@north.example", 4).await;
    assert!(mails.iter().any(|mail| mail.raw.contains("Rolled back: north/claims/fraud@2")));

    assert_eq!(ann.post(&rollback, &why).await.expect(200)["to"]["number"], 1);
    assert!(ann.post(&rollback, &why).await.problem(409).contains("no earlier"));
    // An archived version takes the whole way again.
    promote(&ann, "fraud", 3, "production").await.problem(409);
    to_production(&ann, &bob, "fraud", 3).await;
    assert_eq!(ann.post(&rollback, &why).await.expect(200)["to"]["number"], 1);
}

#[tokio::test]
async fn the_past_answers_for_every_moment() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    for (number, content) in [(1, "one"), (2, "two")] {
        register(&ann, "fraud", content).await;
        to_production(&ann, &bob, "fraud", number).await;
    }
    let history = ann.get(&format!("{MODELS}/fraud/production/history")).await.expect(200);
    let (second, first) = (&history[0], &history[1]);
    assert_eq!(first["until"], second["from"], "no gap and no overlap");
    assert_eq!(first["ended_by"], "promotion");
    let at = |moment: &serde_json::Value| {
        let moment = moment.as_str().unwrap().replace('+', "%2B");
        format!("{MODELS}/fraud/production?at={moment}")
    };
    assert_eq!(ann.get(&at(&first["from"])).await.expect(200)["production"]["number"], 1);
    assert_eq!(ann.get(&at(&second["from"])).await.expect(200)["production"]["number"], 2);
    let before = ann.get(&format!("{MODELS}/fraud/production?at=2020-01-01T00:00:00Z")).await.expect(200);
    assert!(before["production"].is_null());
    for nonsense in ["tuesday", "-9999-01-01T00:00:00Z"] {
        ann.get(&format!("{MODELS}/fraud/production?at={nonsense}")).await.problem(400);
    }
}

#[tokio::test]
async fn two_in_production_cannot_be_written() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    to_production(&ann, &bob, "fraud", 1).await;
    let second = "INSERT INTO production_periods SELECT tenant_id, gen_random_uuid(), model_id, version_id,
                  tstzrange(now(), NULL), began_by, ended_by, promotion_id, user_id, reason FROM production_periods";
    let refused = server.database.owner().await.execute(second, &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23P01", "the exclusion constraint");
}

#[tokio::test]
async fn mail_waits_for_its_server() {
    // Nothing listens on the port: the promotion goes on, the mail waits.
    let server =
        Server::with(Options { smtp_url: Some("smtp://127.0.0.1:9".into()), ..Options::default() }).await;
    server.populate().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    to_production(&ann, &bob, "fraud", 1).await;
    let owner = server.database.owner().await;
    for _ in 0..200 {
        let row =
            owner.query_one("SELECT count(*) FROM jobs WHERE last_error LIKE '%SMTP%'", &[]).await.unwrap();
        if row.get::<_, i64>(0) > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no attempt was noted");
}
