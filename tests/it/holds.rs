//! Legal holds: one person places, two lift, and sweeps stop at once.

use crate::clock::{Clock, RETENTION, sweep};
use crate::support::{MODELS, register, sentences, to_production};
use serde_json::{Value, json};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

const HOLDS: &str = "/api/v1/tenants/north/holds";

/// A model with two versions whose files are due at the next sweep, and one
/// that is in production, and one that a rollback would restore.
async fn two_due(server: &Server, clock: &Clock, model: &str) {
    let (ann, bob) = (people(server, model).await, server.approver(&format!("bob-{model}")).await);
    for number in 1..=4 {
        register(&ann, model, &format!("{model} {number}")).await;
        to_production(&ann, &bob, model, number).await;
    }
    clock.age_stages(40).await;
}

async fn people(server: &Server, model: &str) -> Person {
    server.engineer(&format!("ann-{model}")).await
}

async fn admins(server: &Server) -> (Person, Person, Person, Person) {
    (
        server.person("cora", Role::Tenant(TenantRole::ClientAdmin)).await,
        server.person("carl", Role::Tenant(TenantRole::ClientAdmin)).await,
        server.person("olga", Role::Agency(AgencyRole::Owner)).await,
        server.person("otto", Role::Agency(AgencyRole::AgencyAdmin)).await,
    )
}

async fn place(person: &Person, body: Value) -> String {
    person.post(HOLDS, &body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn lift(asker: &Person, confirmer: &Person, hold: &str) {
    let why = json!({"reason": "the case is closed"});
    asker.post(&format!("{HOLDS}/{hold}/lift"), &why).await.expect(200);
    let lifted = confirmer.post(&format!("{HOLDS}/{hold}/lift/confirm"), &json!({})).await.expect(200);
    assert!(lifted["lifted"]["at"].is_string());
}

async fn status(person: &Person, model: &str, number: u32) -> u16 {
    person.get(&format!("{MODELS}/{model}/versions/{number}/files/model.onnx")).await.status
}

#[tokio::test]
async fn a_hold_placed_after_the_preview_wins() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, carl, ..) = admins(&server).await;
    two_due(&server, &clock, "fraud").await;
    clock.policy(&cora, json!({"archived_artifacts": 30, "audit_payloads": 30})).await;
    clock.age_log(5, 60).await;
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!(preview["versions"].as_array().unwrap().len(), 2);

    // In the middle of a sweep: what was removed is, the rest stays.
    assert_eq!(sweep(&server, 2).await, 2);
    let hold = place(&cora, json!({"reason": "case 7", "owner": "Dr. Law"})).await;
    assert_eq!(sweep(&server, 100).await, 0);
    assert_eq!((status(&cora, "fraud", 1).await, status(&cora, "fraud", 2).await), (410, 200));
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!((&preview["held"], &preview["versions"]), (&json!(true), &json!([])));

    lift(&cora, &carl, &hold).await;
    assert_eq!(sweep(&server, 100).await, 1);
    assert_eq!(status(&cora, "fraud", 2).await, 410);
    let log = sentences(&cora).await;
    for told in [
        "cora placed a legal hold on everything of the client, owned by Dr. Law: “case 7”",
        "cora asked to lift the legal hold on everything of the client: “the case is closed”",
        "carl confirmed, after cora had asked, that the legal hold on everything of the client is lifted: “the case is closed”",
    ] {
        assert!(log.iter().any(|said| said == told), "{told} in {log:?}");
    }
}

#[tokio::test]
async fn a_hold_stops_a_sweep_that_is_under_way() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ..) = admins(&server).await;
    let ann = server.engineer("ann").await;
    for number in 1..=12 {
        register(&ann, "fraud", &format!("weights {number}")).await;
        let retire = format!("{MODELS}/fraud/versions/{number}/retire");
        ann.post(&retire, &json!({"reason": "old"})).await.expect(200);
    }
    clock.age_stages(40).await;
    clock.policy(&cora, json!({"retired_artifacts": 7})).await;
    let swept = "artifact_sweeps";
    let (_, at_once) = tokio::join!(sweep(&server, 100), async {
        while clock.count(swept).await == 0 {
            tokio::task::yield_now().await;
        }
        place(&cora, json!({"reason": "case 8"})).await;
        // From the moment it is placed, nothing goes any more.
        clock.count(swept).await
    });
    assert_eq!(clock.count(swept).await, at_once);
    assert_eq!(sweep(&server, 100).await, 0);
    assert_eq!(clock.count(swept).await, at_once);
}

#[tokio::test]
async fn a_hold_on_a_model_covers_what_is_about_it() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, carl, ..) = admins(&server).await;
    two_due(&server, &clock, "fraud").await;
    two_due(&server, &clock, "returns").await;
    clock.policy(&cora, json!({"archived_artifacts": 30, "audit_payloads": 30, "mails": 30})).await;
    let entries = clock.count("audit_leaves JOIN tenants USING (tenant_id) WHERE slug = 'north'").await;
    clock.age_log(entries, 60).await;
    clock.0.execute("UPDATE mails SET sent_at = now() - interval '40 days'", &[]).await.unwrap();
    let about = |model: &str| format!("mails WHERE subject LIKE '%north/claims/{model}@%'");
    assert!(clock.count(&about("fraud")).await > 0 && clock.count(&about("returns")).await > 0);

    let wrong = json!({"reason": "case 9", "model": "north/claims/nothing"});
    cora.post(HOLDS, &wrong).await.problem(404);
    let foreign = json!({"reason": "case 9", "model": "south/claims/fraud"});
    cora.post(HOLDS, &foreign).await.problem(404);
    let hold = place(&cora, json!({"reason": "case 9", "model": "north/claims/fraud"})).await;
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    let kept: Vec<&str> =
        preview["kept"].as_array().unwrap().iter().map(|kept| kept["why"].as_str().unwrap()).collect();
    assert_eq!(kept.iter().filter(|why| **why == "under a legal hold").count(), 3);

    sweep(&server, 100).await;
    for (model, status_of_first) in [("fraud", 200), ("returns", 410)] {
        assert_eq!(status(&cora, model, 1).await, status_of_first, "{model}");
    }
    assert!(clock.count(&about("fraud")).await > 0);
    assert_eq!(clock.count(&about("returns")).await, 0);
    let page = cora.get("/api/v1/tenants/north/audit?limit=200").await.expect(200);
    let details: Vec<String> =
        page["items"].as_array().unwrap().iter().map(|e| e["payload"].to_string()).collect();
    assert!(details.iter().any(|payload| payload.contains("north/claims/fraud@1")));
    let of_returns = "\"version\":\"north/claims/returns@";
    let left = details.iter().filter(|payload| payload.contains(of_returns));
    assert!(left.clone().all(|payload| payload.contains("\"sweep\"")), "{:?}", left.collect::<Vec<_>>());
    assert!(
        !details.iter().any(|payload| payload.contains("bob-fraud@north.example")),
        "not about the model"
    );

    lift(&cora, &carl, &hold).await;
    sweep(&server, 100).await;
    assert_eq!(status(&cora, "fraud", 1).await, 410);
    assert_eq!(clock.count(&about("fraud")).await, 0);
}

#[tokio::test]
async fn lifting_takes_two_and_the_client_for_what_it_placed() {
    let server = Server::with_clients().await;
    let (cora, carl, olga, otto) = admins(&server).await;
    cora.post(HOLDS, &json!({"reason": " "})).await.problem(400);
    let hold = place(&cora, json!({"reason": "case 10"})).await;
    let path = |step: &str| format!("{HOLDS}/{hold}/lift{step}");
    let why = json!({"reason": "closed"});
    assert!(olga.post(&path("/confirm"), &json!({})).await.problem(409).contains("Ask first"));
    otto.post(&path(""), &json!({"reason": ""})).await.problem(400);
    let asked = otto.post(&path(""), &why).await.expect(200);
    assert_eq!((&asked["lift"]["by"], &asked["lift"]["by_caller"]), (&json!("otto"), &json!(true)));
    assert!(carl.post(&path(""), &why).await.problem(409).contains("otto has asked"));
    assert!(otto.post(&path("/confirm"), &json!({})).await.problem(409).contains("takes two"));
    assert!(olga.post(&path("/confirm"), &json!({})).await.problem(409).contains("must be the client’s own"));
    carl.post(&path("/withdraw"), &json!({})).await.expect(200);
    assert!(carl.post(&path("/confirm"), &json!({})).await.problem(409).contains("Ask first"));
    otto.post(&path(""), &why).await.expect(200);
    let lifted = carl.post(&path("/confirm"), &json!({})).await.expect(200);
    assert_eq!(lifted["lifted"]["by"], "carl");
    carl.post(&path(""), &why).await.problem(409);

    // What the agency placed, two of its own lift.
    let own = place(&olga, json!({"reason": "case 11"})).await;
    lift(&olga, &otto, &own).await;
    let list = cora.get(HOLDS).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!((&list["items"][0]["by_client"], &list["items"][1]["owner"]), (&json!(false), &json!("cora")));
    // The table itself refuses one who is two.
    let clock = Clock::of(&server).await;
    let alone = "UPDATE legal_holds SET lifted_by = lift_asked_by";
    assert_eq!(clock.0.execute(alone, &[]).await.unwrap_err().code().unwrap().code(), "23514");
}
