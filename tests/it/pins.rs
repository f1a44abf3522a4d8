//! Provider pins: what a provider serves is recorded, a change is found, told
//! and blocks, and what is merely away is no change.

use crate::prompts::{register_llm, summariser};
use crate::support::{MODELS, decide, promote, sentences, to_production};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use weighhouse_core::pins;
use weighhouse_testkit::{Mood, Options, Person, Provider, Server, Serving};
use weighhouse_types::permission::{Role, Scope, TenantRole};

const PIN: &str = "/api/v1/tenants/north/projects/claims/models/sums/pin";
const ALERTS: &str = "/api/v1/tenants/north/pin-alerts";
const KEY: &str = "sk-very-secret-4711";

/// A summariser, and a watch on its provider with two golden prompts.
async fn watched(server: &Server, provider: &Provider) -> Person {
    let ann = server.engineer("ann").await;
    register_llm(&ann, "sums", &summariser()).await;
    let golden =
        json!([{"name": "greeting", "prompt": "Say hello."}, {"name": "sum", "prompt": "What is 2 + 2?"}]);
    let watch = json!({"endpoint": provider.url, "golden": golden});
    assert_eq!(ann.put(PIN, &watch).await.expect(200)["state"], "new");
    ann
}

/// Has the provider looked at until the watch is as wanted. The server's own
/// worker may do it at any moment as well.
async fn looked(server: &Server, person: &Person, until: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        person.post(&format!("{PIN}/check"), &json!({})).await.expect(200);
        pins::look_due(&server.app).await.unwrap();
        pins::alerts_close(&server.app).await.unwrap();
        let pin = person.get(PIN).await.expect(200);
        if until(&pin) {
            return pin;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{pin}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Attaches an evaluation to a version.
async fn evaluate(person: &Person, number: u32) {
    let path = format!("{MODELS}/sums/versions/{number}/attestations");
    let body = json!({"results": [{"dataset": "claims", "metrics": {"rouge": 0.4}}]});
    person.post(&path, &json!({"kind": "evaluation", "body": body})).await.expect(201);
}

async fn withdraw(person: &Person, request: &Value) {
    let path = format!("/api/v1/tenants/north/promotions/{}/withdraw", request["id"].as_str().unwrap());
    person.post(&path, &json!({})).await.expect(200);
}

fn is(state: &'static str) -> impl Fn(&Value) -> bool {
    move |pin| pin["state"] == state
}

/// Another look that was answered, after the one of a pin.
fn later(pin: &Value) -> impl Fn(&Value) -> bool {
    let seen = pin["watch"]["seen_at"].clone();
    move |pin| pin["watch"]["seen_at"] != seen && pin["watch"]["unreachable_since"].is_null()
}

fn changes(alert: &Value) -> Vec<&str> {
    alert["changes"].as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_does_not_change_alarms_nobody() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving::default());
    let ann = watched(&server, &provider).await;
    let recorded = looked(&server, &ann, is("steady")).await;
    let identity = &recorded["watch"]["observed"]["identity"];
    assert_eq!(identity["system_fingerprint"], "fp_1");
    assert_eq!(
        (&identity["listed_as"], &identity["owned_by"]),
        (&json!("gpt-test-2026-01-01"), &json!("provider"))
    );
    let asked = provider.asked();
    assert!(asked.iter().all(|body| body["temperature"] == 0 && body["seed"] == 7), "{asked:?}");
    // Blanks are no change; the answers were asked for twice at first, to know that they are steady.
    provider.change(|serving| drop(serving.answers.insert("Say hello.".into(), " Say \n hello. ".into())));
    let again = looked(&server, &ann, later(&recorded)).await;
    assert_eq!((&again["state"], &again["alerts"]), (&json!("steady"), &json!([])));
    assert_eq!(again["watch"]["observed"], recorded["watch"]["observed"]);
    promote(&ann, "sums", 1, "staging").await.expect(201);
    promote(&ann, "sums", 1, "production").await.expect(201);
    let log = sentences(&ann).await;
    let told = log.iter().filter(|said| said.contains("was recorded")).count();
    assert_eq!(told, 1, "{log:?}");
}

#[tokio::test]
async fn a_changed_fingerprint_opens_an_alert_mails_and_blocks() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving::default());
    let (ann, bob) = (watched(&server, &provider).await, server.approver("bob").await);
    looked(&server, &ann, is("steady")).await;
    promote(&ann, "sums", 1, "staging").await.expect(201);
    let request = promote(&ann, "sums", 1, "production").await.expect(201);
    server.mails("bob@north.example", 1).await;

    provider.change(|serving| serving.fingerprint = Some("fp_2".into()));
    let pin = looked(&server, &ann, is("changed")).await;
    let alert = &pin["alerts"][0];
    assert_eq!(changes(alert), ["system_fingerprint"]);
    assert_eq!(
        (&alert["changes"][0]["before"], &alert["changes"][0]["after"]),
        (&json!("fp_1"), &json!("fp_2"))
    );
    assert_eq!(
        (&alert["before"]["identity"]["system_fingerprint"], &alert["closed"]),
        (&json!("fp_1"), &Value::Null)
    );
    for recipient in ["bob@north.example", "ann@north.example"] {
        let about = |raw: &str| raw.contains("changed gpt-test-2026-01-01");
        let started = Instant::now();
        while !server.mails_now(recipient).iter().any(|mail| about(&mail.raw)) {
            assert!(started.elapsed() < Duration::from_secs(20), "no mail to {recipient}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // Seen again, it is no news.
    let again = looked(&server, &ann, later(&pin)).await;
    assert_eq!(again["alerts"].as_array().unwrap().len(), 1);

    // The approval that would complete the request is refused, and so is another request.
    let refused = decide(&bob, &request, "approve").await;
    assert!(refused.problem(409).contains("system_fingerprint was ‘fp_1’ and is ‘fp_2’"), "{}", refused.text);
    let open =
        bob.get(&format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap())).await;
    assert_eq!((&open.json()["state"], &open.json()["approvals"]), (&json!("open"), &json!([])));
    let mut other = summariser();
    other["decoding"]["temperature"] = json!(0.3);
    register_llm(&ann, "sums", &other).await;
    withdraw(&ann, &request).await;
    promote(&ann, "sums", 2, "staging").await.expect(201);
    assert!(
        promote(&ann, "sums", 2, "production")
            .await
            .problem(409)
            .contains("no longer as north/claims/sums@2")
    );

    // And so is a system that it is a part of.
    let system = json!({"system": {"components": {"sums": {"version": "claims/sums@2"}}}});
    let body = json!({"context": system, "create_model": true});
    ann.post(&format!("{MODELS}/desk/versions"), &body).await.expect(201);
    promote(&ann, "desk", 1, "staging").await.expect(201);
    assert!(
        promote(&ann, "desk", 1, "production")
            .await
            .problem(409)
            .contains("no longer as north/claims/sums@2")
    );

    // A version that names what the provider is now ends it.
    other["fingerprint"] = json!("fp_2");
    register_llm(&ann, "sums", &other).await;
    to_production(&ann, &bob, "sums", 3).await;
    let closed = looked(&server, &ann, is("steady")).await;
    assert_eq!(closed["alerts"][0]["closed"]["by"]["number"], 3);
    let open = ann.get(&format!("{ALERTS}?open=true")).await.expect(200);
    assert_eq!(open["items"], json!([]));
    assert_eq!(ann.get(ALERTS).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let log = sentences(&ann).await.join("\n");
    for told in [
        "no longer serves gpt-test-2026-01-01 as north/claims/sums was tested with it",
        "is closed: north/claims/sums@3",
    ] {
        assert!(log.contains(told), "{told} in {log}");
    }
    // What was not evaluated since stays blocked, also when the watch is gone.
    ann.delete(PIN).await.expect(204);
    assert_eq!(promote(&ann, "sums", 2, "production").await.status, 409);
    evaluate(&ann, 2).await;
    withdraw(&ann, &promote(&ann, "sums", 2, "production").await.expect(201)).await;
    // What pins another model of the provider does not use what changed.
    other["model"] = json!("gpt-test-2026-02-01");
    register_llm(&ann, "sums", &other).await;
    promote(&ann, "sums", 4, "staging").await.expect(201);
    promote(&ann, "sums", 4, "production").await.expect(201);
}

#[tokio::test]
async fn changed_answers_are_found_and_unsteady_ones_are_not() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving { unsteady: true, tells_of_one: false, ..Serving::default() });
    let ann = watched(&server, &provider).await;
    // Whoever answers differently each time is told apart from whoever changed.
    let first = looked(&server, &ann, is("steady")).await;
    assert_eq!(first["watch"]["observed"]["answers"]["sum"]["steady"], false);
    assert_eq!(first["watch"]["observed"]["identity"]["owned_by"], "provider");
    let second = looked(&server, &ann, later(&first)).await;
    assert_eq!(second["state"], "steady");

    // What is expected is compared from the first look on.
    provider.change(|serving| serving.unsteady = false);
    let expected = crate::support::sha256(b"4");
    let golden = json!([{"name": "sum", "prompt": "What is 2 + 2?", "expected": expected}]);
    ann.put(PIN, &json!({"endpoint": provider.url, "golden": golden})).await.expect(200);
    let pin = looked(&server, &ann, is("changed")).await;
    assert_eq!(changes(&pin["alerts"][0]), ["answer to sum"]);
    assert_eq!(pin["alerts"][0]["changes"][0]["after"], "What is 2 + 2?");
    // And the next change is the next alert.
    provider.change(|serving| {
        serving.answers.insert("What is 2 + 2?".into(), "5".into());
        serving.owned_by = "somebody else".into();
    });
    let pin = looked(&server, &ann, |pin| pin["alerts"].as_array().unwrap().len() == 2).await;
    assert_eq!(changes(&pin["alerts"][0]), ["owned_by", "answer to sum"]);
}

#[tokio::test]
async fn what_does_not_answer_is_no_change() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving::default());
    let ann = watched(&server, &provider).await;
    let recorded = looked(&server, &ann, is("steady")).await;
    for (mood, words) in [
        (Mood::Status(503), "answers /models/ID with 503: it has trouble of its own"),
        (Mood::Slow(Duration::from_secs(4)), "does not answer within 2 s"),
        (
            Mood::Redirect("http://169.254.169.254/latest/meta-data".into()),
            "169.254.169.254 is no public address",
        ),
        (Mood::Redirect("http://[fd00::1]/v1".into()), "fd00::1 is no public address"),
        (Mood::Redirect(format!("{}/models", provider.url)), "redirects more than 3 times"),
        (Mood::Endless, "more than 1048576 bytes"),
        (Mood::Nonsense, "something else than OpenAI’s protocol says"),
    ] {
        provider.change(|serving| serving.mood = mood.clone());
        let pin = looked(&server, &ann, |pin| pin["watch"]["trouble"].to_string().contains(words)).await;
        assert_eq!((&pin["state"], &pin["alerts"]), (&json!("unreachable"), &json!([])), "{words}");
        assert_eq!(pin["watch"]["observed"], recorded["watch"]["observed"]);
    }
    let since = ann.get(PIN).await.expect(200)["watch"]["unreachable_since"].clone();
    assert!(since.is_string());
    provider.change(|serving| serving.mood = Mood::Fine);
    let back = looked(&server, &ann, is("steady")).await;
    assert_eq!((&back["watch"]["trouble"], &back["alerts"]), (&Value::Null, &json!([])));
    drop(provider);
    let gone = looked(&server, &ann, is("unreachable")).await;
    assert!(gone["watch"]["trouble"].to_string().contains("cannot be connected to"), "{gone}");
}

#[tokio::test]
async fn a_key_is_kept_sealed_and_never_shown() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving { key: Some(KEY.into()), ..Serving::default() });
    let ann = watched(&server, &provider).await;
    let refused = looked(&server, &ann, is("unreachable")).await;
    assert!(refused["watch"]["trouble"].to_string().contains("does not accept the API key"), "{refused}");
    let set = ann.put(PIN, &json!({"endpoint": provider.url, "secret": KEY})).await.expect(200);
    assert_eq!(set["watch"]["has_secret"], true);
    let pin = looked(&server, &ann, is("steady")).await;
    // The same key for the same server, whatever else is set.
    let kept = ann.put(PIN, &json!({"endpoint": provider.url, "every_minutes": 5})).await.expect(200);
    assert_eq!(kept["watch"]["has_secret"], true);
    looked(&server, &ann, later(&pin)).await;
    // It goes to no other server.
    let elsewhere = ann.put(PIN, &json!({"endpoint": "https://elsewhere.example/v1"})).await;
    assert!(elsewhere.problem(400).contains("another server"), "{}", elsewhere.text);
    assert_eq!(elsewhere.json()["field"], "secret");
    let everything = format!(
        "{set} {pin} {} {}",
        ann.get("/api/v1/tenants/north/audit?limit=200").await.text,
        ann.get(ALERTS).await.text
    );
    assert!(!everything.contains(KEY));
    let rows = server.database.owner().await.query("SELECT w.*::text FROM pin_watches w", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    let row: String = rows[0].get(0);
    assert!(!row.contains(KEY) && !row.contains(&hex::encode(KEY)), "{row}");
    let removed = ann.put(PIN, &json!({"endpoint": provider.url, "secret": ""})).await.expect(200);
    assert_eq!(removed["watch"]["has_secret"], false);
}

#[tokio::test]
async fn what_may_not_be_asked_is_refused() {
    let options = Options { public_only: true, unsealed: true, ..Options::default() };
    let server = Server::with(options).await;
    server.populate().await;
    let ann = server.engineer("ann").await;
    let cora = server.person("cora", Role::Tenant(TenantRole::ClientAdmin)).await;
    register_llm(&ann, "sums", &summariser()).await;
    assert_eq!(ann.get(PIN).await.expect(200), json!({"state": "unwatched", "watch": null, "alerts": []}));
    let long = "x".repeat(20_000);
    for (watch, field) in [
        (json!({}), "endpoint"),
        (json!({"endpoint": "https://169.254.169.254/v1"}), "endpoint"),
        (json!({"endpoint": "https://[::1]/v1"}), "endpoint"),
        (json!({"endpoint": "http://8.8.8.8/v1"}), "endpoint"),
        (json!({"endpoint": "https://a:b@c.example"}), "endpoint"),
        (json!({"endpoint": "file:///etc/passwd"}), "endpoint"),
        (json!({"endpoint": "https://a.example", "every_minutes": 1}), "every_minutes"),
        (
            json!({"endpoint": "https://a.example", "golden": [{"name": "a", "prompt": long}]}),
            "golden[0].prompt",
        ),
        (
            json!({"endpoint": "https://a.example", "golden": [{"name": "a", "prompt": "b", "expected": "c"}]}),
            "golden[0].expected",
        ),
        (
            json!({"endpoint": "https://a.example", "golden": [{"name": "a", "prompt": "b"}, {"name": "a", "prompt": "c"}]}),
            "golden[1].name",
        ),
    ] {
        let refused = ann.put(PIN, &watch).await;
        refused.problem(400);
        assert_eq!(refused.json()["field"], field, "{}", refused.text);
    }
    ann.put(PIN, &json!({"endpoint": "https://a.example", "colour": "red"})).await.problem(400);
    // Nothing is kept unsealed.
    let unsealed = ann.put(PIN, &json!({"endpoint": "https://a.example", "secret": KEY})).await;
    assert!(unsealed.problem(409).contains("--seal-key-file"), "{}", unsealed.text);
    for call in [ann.delete(PIN).await, ann.post(&format!("{PIN}/check"), &json!({})).await] {
        assert!(call.problem(409).contains("Set a watch first"), "{}", call.text);
    }
    // A name that leads to a private address is found out when it is resolved.
    ann.put(PIN, &json!({"endpoint": "https://localhost/v1"})).await.expect(200);
    let pin = looked(&server, &ann, is("unreachable")).await;
    assert!(pin["watch"]["trouble"].to_string().contains("is no public address"), "{pin}");
    cora.put(PIN, &json!({"endpoint": "https://a.example"})).await.problem(403);
    server.token(&ann, &[Scope::Register]).await.post(&format!("{PIN}/check"), &json!({})).await.problem(403);
    // Only language models have a provider.
    crate::support::register(&ann, "fraud", "one").await;
    let other = ann.put(&format!("{MODELS}/fraud/pin"), &json!({"endpoint": "https://a.example"})).await;
    assert!(other.problem(409).contains("kind ‘llm’"), "{}", other.text);
}
