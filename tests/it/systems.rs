//! Systems of versions: what they may hold, which combinations are known to
//! work, and what a promotion would break.

use crate::support::{MODELS, decide, promote, register, sentences, stage, to_production};
use serde_json::{Value, json};
use weighhouse_testkit::{Answer, Person, Server};
use weighhouse_types::permission::{Role, Scope, TenantRole};

const POLICY: &str = "/api/v1/tenants/north/system-policy";

/// Registers a version of a system that holds `role: project/model@N`.
pub(crate) async fn system_push(person: &Person, system: &str, parts: &[(&str, &str)]) -> Answer {
    let part = |(role, version): &(&str, &str)| ((*role).to_owned(), json!({"version": version}));
    let components: serde_json::Map<String, Value> = parts.iter().map(part).collect();
    let body = json!({"context": {"system": {"components": components}}, "create_model": true});
    person.post(&format!("{MODELS}/{system}/versions"), &body).await
}

/// Registers versions 1 … n of a model.
pub(crate) async fn register_many(person: &Person, model: &str, count: u32) {
    for n in 1..=count {
        register(person, model, &format!("{model} {n}")).await;
    }
}

/// Says something of two versions of north/claims.
pub(crate) async fn say(person: &Person, model: &str, number: u32, with: &str, verdict: &str) -> Answer {
    let body = json!({"with": with, "verdict": verdict, "reason": "replayed 400 claims"});
    person.post(&format!("{MODELS}/{model}/versions/{number}/compatibility"), &body).await
}

async fn composition(person: &Person, model: &str, number: u32) -> Value {
    person.get(&format!("{MODELS}/{model}/versions/{number}/systems")).await.expect(200)
}

#[tokio::test]
async fn a_system_holds_versions_that_are_there() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register_many(&ann, "fraud", 2).await;
    let summary = register(&ann, "summary", "one").await;
    let parts = [("scorer", "claims/fraud@2"), ("writer", "claims/summary@1")];
    let desk = system_push(&ann, "desk", &parts).await.expect(201);
    assert_eq!((&desk["kind"], &desk["files"]), (&json!("system"), &json!(0)));
    let written = &desk["context"]["system"]["components"]["writer"];
    assert_eq!(written["digest"], summary["digest"], "filled in before the version's own digest");

    // The same with the digests given is the same version.
    let body = json!({"context": desk["context"]});
    let again = ann.post(&format!("{MODELS}/desk/versions"), &body).await.expect(200);
    assert_eq!(again["digest"], desk["digest"]);

    let held = composition(&ann, "desk", 1).await;
    assert_eq!(held["parts"][0]["role"], "scorer");
    assert_eq!(held["parts"][0]["version"]["number"], 2);
    let uses = composition(&ann, "fraud", 2).await["used_by"].clone();
    assert_eq!((&uses[0]["system"]["model"]["model"], &uses[0]["role"]), (&json!("desk"), &json!("scorer")));
    assert_eq!(composition(&ann, "fraud", 1).await["used_by"], json!([]));
}

#[tokio::test]
async fn wrong_components_are_refused_with_their_place() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register_many(&ann, "fraud", 2).await;
    register(&ann, "summary", "one").await;
    // South has a version that north names: it does not exist for north.
    let south = "/api/v1/tenants/south/projects/claims/models/theirs";
    let theirs = json!({"context": {"code": {"commit": "a"}}, "create_model": true});
    ann.post(&format!("{south}/versions"), &theirs).await.expect(201);
    let at = |components: Value| {
        let ann = ann.clone();
        async move {
            let body = json!({"context": {"system": {"components": components}}, "create_model": true});
            let refused = ann.post(&format!("{MODELS}/desk/versions"), &body).await.expect(400);
            (refused["field"].as_str().unwrap().to_owned(), refused["detail"].as_str().unwrap().to_owned())
        }
    };
    let place = "context.system.components.";
    for (components, field, words) in [
        (json!({"a": {"version": "claims/theirs@1"}}), "a.version", "no version north/claims/theirs@1"),
        (json!({"a": {"version": "claims/fraud@9"}}), "a.version", "no version north/claims/fraud@9"),
        (json!({"a": {"version": "south/claims/theirs@1"}}), "a.version", "without the tenant"),
        (
            json!({"a/b~c": {"version": "claims/fraud@1", "digest": "0".repeat(64)}}),
            "a/b~c.digest",
            "has the digest",
        ),
        (
            json!({"a": {"version": "claims/fraud@1"}, "b": {"version": "claims/fraud@2"}}),
            "b.version",
            "of the same model as ‘a’",
        ),
    ] {
        let (found, detail) = at(components).await;
        assert_eq!(found, format!("{place}{field}"), "{detail}");
        assert!(detail.contains(words), "{detail}");
    }
    // Nothing was half registered: not even the model.
    ann.get(&format!("{MODELS}/desk")).await.problem(404);

    let retire = format!("{MODELS}/fraud/versions/2/retire");
    ann.post(&retire, &json!({"reason": "wrong data"})).await.expect(200);
    assert!(at(json!({"a": {"version": "claims/fraud@2"}})).await.1.contains("is retired"));
}

#[tokio::test]
async fn circles_are_refused_by_name() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register_many(&ann, "fraud", 2).await;
    register(&ann, "summary", "one").await;
    system_push(&ann, "inner", &[("scorer", "claims/fraud@1")]).await.expect(201);
    system_push(&ann, "outer", &[("core", "claims/inner@1"), ("writer", "claims/summary@1")])
        .await
        .expect(201);
    let circle = system_push(&ann, "inner", &[("all", "claims/outer@1")]).await;
    assert!(circle.problem(400).contains("claims/inner → claims/outer@1 → claims/inner@1"));
    assert_eq!(circle.json()["field"], "context.system.components.all.version");
    let own = system_push(&ann, "inner", &[("before", "claims/inner@1")]).await;
    assert!(own.problem(400).contains("claims/inner → claims/inner@1"));
    // Two versions of one model, one of them deep inside.
    let two = system_push(&ann, "wide", &[("a", "claims/outer@1"), ("b", "claims/fraud@2")]).await;
    assert!(two.problem(400).contains("two versions of one model"), "{}", two.text);
    // Even should the code forget: what a system holds cannot be changed.
    let owner = server.database.owner().await;
    for sql in ["UPDATE system_components SET role = 'x'", "DELETE FROM system_components"] {
        assert_eq!(owner.execute(sql, &[]).await.unwrap_err().code().unwrap().code(), "23001");
    }
}

/// Production holds desk@1 = fraud@1 + summary@1; fraud@2 is in staging.
async fn desk_in_production(ann: &Person, bob: &Person) {
    register_many(ann, "fraud", 2).await;
    register_many(ann, "summary", 1).await;
    system_push(ann, "desk", &[("scorer", "claims/fraud@1"), ("writer", "claims/summary@1")])
        .await
        .expect(201);
    for model in ["fraud", "summary"] {
        promote(ann, model, 1, "staging").await.expect(201);
    }
    to_production(ann, bob, "desk", 1).await;
    promote(ann, "fraud", 2, "staging").await.expect(201);
}

#[tokio::test]
async fn what_an_update_would_break_is_said_before_it_does() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    desk_in_production(&ann, &bob).await;

    let affected = composition(&ann, "fraud", 2).await["affected"].clone();
    assert_eq!(affected.as_array().unwrap().len(), 1);
    let desk = &affected[0];
    assert_eq!((&desk["known"], &desk["role"]), (&json!("unknown"), &json!("scorer")));
    assert_eq!((&desk["holds"]["number"], &desk["instead"]["number"]), (&json!(1), &json!(2)));

    // The policy warns: it stands on the request and in the mail, and goes on.
    let request = promote(&ann, "fraud", 2, "production").await.expect(201);
    assert_eq!(request["affected"][0]["system"]["model"]["model"], "desk");
    let mails = server.mails("bob@north.example", 2).await;
    let said = |raw: &str| raw.replace("=\r\n", "").contains("is not known to work with it");
    assert!(mails.iter().any(|mail| said(&mail.raw)), "{:?}", mails.last().map(|mail| &mail.raw));

    say(&ann, "fraud", 2, "claims/summary@1", "compatible").await.expect(201);
    assert_eq!(composition(&ann, "fraud", 2).await["affected"][0]["known"], "compatible");
    say(&ann, "desk", 1, "claims/fraud@2", "incompatible").await.expect(201);
    let affected = composition(&ann, "fraud", 2).await["affected"][0].clone();
    assert_eq!(affected["known"], "incompatible", "what was said of the system decides");
    assert!(affected["because"].as_str().unwrap().contains("ann"));

    // A newer version of the system is the way out.
    system_push(&ann, "desk", &[("scorer", "claims/fraud@2"), ("writer", "claims/summary@1")])
        .await
        .expect(201);
    assert_eq!(composition(&ann, "fraud", 2).await["affected"][0]["successor"], 2);
}

#[tokio::test]
async fn a_policy_blocks_what_would_break_at_opening_and_at_the_last_approval() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let admin = server.person("carl", Role::Tenant(TenantRole::ClientAdmin)).await;
    desk_in_production(&ann, &bob).await;
    let request = promote(&ann, "fraud", 2, "production").await.expect(201);

    let before = admin.get(POLICY).await.expect(200);
    assert_eq!((&before["broken_systems"], &before["revision"]), (&json!("warn"), &json!(0)));
    let block = json!({"broken_systems": "block", "revision": 0});
    let script = server.token(&admin, Scope::ALL).await;
    script.put(POLICY, &block).await.problem(403);
    ann.put(POLICY, &block).await.problem(403);
    assert_eq!(admin.put(POLICY, &block).await.expect(200)["revision"], 1);
    assert!(admin.put(POLICY, &block).await.problem(409).contains("carl set it to ‘block’"));

    // The request was open before: its last approval is refused, and not recorded.
    let refused = decide(&bob, &request, "approve").await.problem(409);
    assert!(refused.contains("north/claims/desk@1, in production, holds north/claims/fraud@1"), "{refused}");
    assert_eq!(stage(&ann, "fraud", 2).await, "staging");
    let path = format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap());
    assert_eq!(bob.get(&path).await.expect(200)["approvals"], json!([]));
    ann.post(&format!("{path}/withdraw"), &json!({})).await.expect(200);
    assert!(promote(&ann, "fraud", 2, "production").await.problem(409).contains("not known to work"));
    say(&ann, "fraud", 2, "claims/summary@1", "incompatible").await.expect(201);
    assert!(promote(&ann, "fraud", 2, "production").await.problem(409).contains("breaks with it"));

    // Once it is known to work, it goes. Staging was never in question.
    say(&ann, "fraud", 2, "claims/summary@1", "compatible").await.expect(201);
    let request = promote(&ann, "fraud", 2, "production").await.expect(201);
    decide(&bob, &request, "approve").await.expect(200);
    assert_eq!(stage(&ann, "fraud", 2).await, "production");
    let log = sentences(&admin).await;
    for words in [
        "carl set what is done about promotions that would break systems: block (before: warn)",
        "are incompatible",
    ] {
        assert!(log.iter().any(|sentence| sentence.contains(words)), "{words}: {log:?}");
    }
}

#[tokio::test]
async fn combinations_are_said_and_seen() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    desk_in_production(&ann, &bob).await;
    let known = format!("{MODELS}/desk/compatibility");
    let seen = ann.get(&known).await.expect(200);
    assert_eq!(seen.as_array().unwrap().len(), 1, "{seen}");
    assert_eq!((&seen[0]["known"], &seen[0]["in_one_system"]), (&json!("observed"), &json!(true)));
    assert_eq!((&seen[0]["together"]["until"], &seen[0]["statement"]), (&json!(null), &json!(null)));

    say(&ann, "summary", 1, "claims/fraud@1", "incompatible").await.expect(201);
    let said = say(&ann, "fraud", 1, "claims/summary@1", "compatible").await.expect(201);
    assert_eq!(said[0]["statements"], 2, "both stay on record");
    assert_eq!((&said[0]["known"], &said[0]["statement"]["by"]), (&json!("compatible"), &json!("ann")));
    assert_eq!(ann.get(&known).await.expect(200)[0]["known"], "compatible", "the latest counts");

    // A time together that ended in a rollback shows nothing good.
    let request = promote(&ann, "fraud", 2, "production").await.expect(201);
    decide(&bob, &request, "approve").await.expect(200);
    ann.post(&format!("{MODELS}/fraud/rollback"), &json!({"reason": "too slow"})).await.expect(200);
    let all = ann.get(&known).await.expect(200);
    let second = all.as_array().unwrap().iter().find(|pair| pair["one"]["number"] == 2).unwrap();
    assert_eq!((&second["known"], &second["together"]["rolled_back"]), (&json!("unknown"), &json!(true)));

    for (with, words) in [
        ("claims/fraud@2", "of the same model"),
        ("claims/nothing@1", "no version north/claims/nothing@1"),
        ("north/claims/summary@1", "without the tenant"),
    ] {
        assert!(say(&ann, "fraud", 1, with, "compatible").await.problem(400).contains(words));
    }
    say(&bob, "fraud", 1, "claims/summary@1", "compatible").await.problem(403);
    let owner = server.database.owner().await;
    let changed = owner.execute("DELETE FROM compatibility_statements", &[]).await;
    assert_eq!(
        changed.unwrap_err().code().unwrap().code(),
        "23001",
        "statements are appended, never changed"
    );
}
