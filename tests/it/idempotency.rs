//! Requests under an Idempotency-Key: one effect, one answer.

use crate::support::MODELS;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use weighhouse_core::kernel::idempotency::{self, Claim, Keyed, Reserved};
use weighhouse_core::{Ctx, projects};
use weighhouse_testkit::{Answer, PASSWORD, Person, Server};
use weighhouse_types::permission::{Role, Scope, TenantRole};
use weighhouse_types::projects::ProjectCreate;

const PROJECTS: &str = "/api/v1/tenants/north/projects";
const TOKENS: &str = "/api/v1/tenants/north/tokens";

async fn post(person: &Person, path: &str, key: &str, body: &Value) -> Answer {
    person.send(person.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

fn replayed(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

fn token(name: &str) -> Value {
    json!({"name": name, "scopes": ["read"], "expires_days": 1})
}

async fn tokens(person: &Person) -> usize {
    person.get(TOKENS).await.expect(200).as_array().unwrap().len()
}

/// Every row of the table, as text.
async fn stored(server: &Server) -> String {
    let owner = server.database.owner().await;
    let rows = owner
        .query(
            "SELECT concat(k::text, ' ', convert_from(coalesce(body, ''), 'UTF8')) FROM idempotency_keys k",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect()
}

#[tokio::test]
async fn the_same_request_has_the_same_answer_and_one_effect() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let key = uuid::Uuid::new_v4().to_string();
    let first = post(&ann, PROJECTS, &key, &json!({"slug": "pricing"})).await;
    let again = post(&ann, PROJECTS, &format!("\"{key}\""), &json!({"slug": "pricing"})).await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(first.headers["content-type"], again.headers["content-type"]);
    assert!(!replayed(&first) && replayed(&again));
    // A refusal is an answer too.
    let key = uuid::Uuid::new_v4().to_string();
    let taken = post(&ann, PROJECTS, &key, &json!({"slug": "pricing"})).await;
    let again = post(&ann, PROJECTS, &key, &json!({"slug": "pricing"})).await;
    assert_eq!(taken.problem(409), again.problem(409));
    assert!(replayed(&again));
    // Without a key, or under another, it is another request.
    ann.post(PROJECTS, &json!({"slug": "pricing"})).await.problem(409);
}

#[tokio::test]
async fn another_body_under_a_key_is_refused() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let key = "a-key-of-some-length";
    post(&ann, PROJECTS, key, &json!({"slug": "pricing"})).await.expect(201);
    let other = post(&ann, PROJECTS, key, &json!({"slug": "claims-2"})).await;
    assert!(other.problem(422).contains("another request"));
    ann.get(&format!("{PROJECTS}/claims-2")).await.problem(404);
}

#[tokio::test]
async fn many_at_once_under_one_key_do_it_once() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (key, body) = ("the-same-key-for-all", token("one"));
    let answers = join_all((0..20).map(|_| post(&ann, TOKENS, key, &body))).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)), "{answers:?}");
    // A conflict that passes says when to come back.
    let waits = |answer: &Answer| answer.headers.contains_key("retry-after") == (answer.status == 409);
    assert!(answers.iter().all(waits), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 201 && !replayed(answer)).count(), 1);
    assert_eq!(tokens(&ann).await, 1);
    assert!(replayed(&post(&ann, TOKENS, key, &body).await));
}

#[tokio::test]
async fn each_caller_and_each_address_has_keys_of_its_own() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.engineer("bob").await);
    let key = "everybody-has-this-key";
    for person in [&ann, &bob] {
        let answer = post(person, TOKENS, key, &token(&person.email)).await;
        assert_eq!(answer.expect(201)["name"], json!(person.email));
    }
    // Another session is the same person; a token is a caller of its own.
    let again = server.sign_in(&ann.email).await;
    assert!(replayed(&post(&again, TOKENS, key, &token(&ann.email)).await));
    let script = server.token(&ann, &[Scope::Register]).await;
    let made = post(&script, MODELS, key, &json!({"name": "fraud"})).await;
    assert!(!replayed(&made));
    made.expect(201);
    post(&ann, MODELS, key, &json!({"name": "fraud"})).await.problem(409);
}

#[tokio::test]
async fn who_lost_access_gets_no_kept_answer() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Register]).await;
    let key = "a-key-of-some-length";
    post(&script, MODELS, key, &json!({"name": "fraud"})).await.expect(201);
    let id = ann.get(TOKENS).await.expect(200)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ann.delete(&format!("{TOKENS}/{id}")).await.status, 204);
    post(&script, MODELS, key, &json!({"name": "fraud"})).await.problem(401);

    let admin = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    let vic = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    post(&vic, TOKENS, key, &token("mine")).await.expect(201);
    let user = vic.get("/api/v1/me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    // Who has another place left stays signed in.
    let elsewhere = format!(
        "INSERT INTO memberships (tenant_id, user_id, role)
         SELECT tenant_id, '{user}', 'viewer' FROM tenants WHERE slug = 'south'"
    );
    server.database.owner().await.execute(&elsewhere, &[]).await.unwrap();
    assert_eq!(admin.delete(&format!("/api/v1/tenants/north/members/{user}")).await.status, 204);
    let lost = post(&vic, TOKENS, key, &token("mine")).await;
    assert_eq!(lost.problem(404), vic.get(TOKENS).await.problem(404));
}

#[tokio::test]
async fn secrets_are_shown_once_and_never_stored() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let key = "a-key-of-some-length";
    let first = post(&ann, TOKENS, key, &token("one")).await.expect(201);
    let again = post(&ann, TOKENS, key, &token("one")).await.expect(201);
    let secret = first["token"].as_str().unwrap();
    assert!(secret.starts_with("wh_") && first["note"].is_null());
    assert!(again["token"].is_null() && again["note"].as_str().unwrap().contains("shown"));
    assert_eq!(first["id"], again["id"]);

    let script = server.token(&ann, &[Scope::Read]).await;
    let first = post(&script, "/api/v1/tokens/exchange", key, &json!({})).await.expect(200);
    let again = post(&script, "/api/v1/tokens/exchange", key, &json!({})).await.expect(200);
    let jwt = first["jwt"].as_str().unwrap();
    assert!(again["jwt"].is_null() && again["note"].is_string());
    let stored = stored(&server).await;
    for hidden in [secret, jwt, jwt.rsplit('.').next().unwrap(), key] {
        assert!(!stored.contains(hidden), "{hidden} in {stored}");
    }
}

#[tokio::test]
async fn a_stranger_takes_an_invitation_once() {
    let server = Server::with_clients().await;
    let admin = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    let invite = json!({"email": "zoe@north.example", "role": "approver"});
    admin.post("/api/v1/tenants/north/invitations", &invite).await.expect(201);
    let link = server.mails("zoe@north.example", 1).await[0].link(&server.url);
    let path = format!("/api/v1/invitations/{}", link.rsplit('/').next().unwrap());
    let stranger = server.stranger();
    assert_eq!(stranger.get(&path).await.expect(200)["has_login"], false);

    let (accept, key) = (format!("{path}/accept"), uuid::Uuid::new_v4().to_string());
    let body = json!({"name": "Zoe", "password": PASSWORD});
    let first = post(&stranger, &accept, &key, &body).await;
    assert_eq!(first.expect(200)["email"], "zoe@north.example");
    assert!(first.headers.get("set-cookie").unwrap().to_str().unwrap().contains("HttpOnly"));
    let again = post(&stranger, &accept, &key, &body).await;
    assert_eq!(again.expect(200), first.json());
    assert!(replayed(&again) && again.headers.get("set-cookie").is_none(), "a session starts once");
    post(&stranger, &accept, &key, &json!({"password": "another password"})).await.problem(422);
    for _ in 0..3 {
        post(&stranger, &accept, &uuid::Uuid::new_v4().to_string(), &body).await.problem(404);
    }
    assert_eq!(stored(&server).await.matches("accept").count(), 1, "strangers who are refused leave no row");
    let stored = stored(&server).await;
    assert!(!stored.contains(PASSWORD) && !stored.contains(path.rsplit('/').next().unwrap()), "{stored}");
    server.sign_in("zoe@north.example").await.get("/api/v1/tenants/north").await.expect(200);
}

#[tokio::test]
async fn a_client_that_goes_away_comes_back_for_its_answer() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (key, body) = ("the-line-is-bad-today", token("one").to_string());
    let mut line = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    write!(
        line,
        "POST {TOKENS} HTTP/1.1\r\nHost: localhost\r\nCookie: wh_session={}\r\nSec-Fetch-Site: same-origin\r\n\
         Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        ann.cookie.as_ref().unwrap(),
        body.len()
    )
    .unwrap();
    line.shutdown(std::net::Shutdown::Both).unwrap();
    drop(line);
    loop {
        let answer = post(&ann, TOKENS, key, &token("one")).await;
        if answer.status != 409 {
            answer.expect(201);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(tokens(&ann).await, 1);
}

/// What a crash leaves behind: the answer was not kept, the lease is over.
async fn lose_answers(server: &Server) {
    let owner = server.database.owner().await;
    let lost = "UPDATE idempotency_keys SET status = NULL, content_type = NULL, body = NULL,
                leased_until = now() - interval '1 second'";
    owner.execute(lost, &[]).await.unwrap();
}

#[tokio::test]
async fn what_was_done_before_a_crash_is_not_done_again() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let key = "a-key-of-some-length";
    post(&ann, TOKENS, key, &token("one")).await.expect(201);
    lose_answers(&server).await;
    let lost = post(&ann, TOKENS, key, &token("one")).await.problem(409);
    assert!(lost.contains("was carried out") && lost.contains("Look at"), "{lost}");
    assert_eq!(tokens(&ann).await, 1);
}

#[tokio::test]
async fn what_was_not_done_before_a_crash_is_done_by_the_second_try() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (key, body) = ("a-key-of-some-length", json!({"slug": "pricing"}));
    ann.post(PROJECTS, &body).await.expect(201);
    post(&ann, PROJECTS, key, &body).await.problem(409);
    lose_answers(&server).await;
    // It reaches the operation again, which refuses anew.
    let again = post(&ann, PROJECTS, key, &body).await;
    assert!(again.problem(409).contains("pricing") && !replayed(&again));
}

#[tokio::test]
async fn a_request_that_was_taken_over_changes_nothing() {
    let server = Server::with_clients().await;
    let console = Ctx::console(&server.app);
    let keyed = Keyed { key: "a-key-of-some-length", address: PROJECTS, route: PROJECTS, body: b"{}" };
    let claim = async || -> Claim {
        match idempotency::reserve(&console, &keyed).await.unwrap() {
            Reserved::First(claim) => claim,
            other => panic!("{other:?}"),
        }
    };
    let slow = claim().await;
    let running = idempotency::reserve(&console, &keyed).await.unwrap();
    assert!(matches!(running, Reserved::AtWork), "{running:?}");
    lose_answers(&server).await;
    let second = claim().await;
    let new = || ProjectCreate { slug: "pricing".into(), name: None };
    let late = projects::project_create(&console.clone().claiming(slow), "north", new()).await;
    assert!(late.unwrap_err().to_string().contains("took over"));
    projects::project_create(&console.clone().claiming(second), "north", new()).await.unwrap();
}

#[tokio::test]
async fn failures_are_not_kept_and_answers_are_forgotten_after_a_day() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let owner = server.database.owner().await;
    let (key, body) = ("a-key-of-some-length", json!({"slug": "pricing"}));
    owner.batch_execute("ALTER TABLE projects RENAME TO away").await.unwrap();
    post(&ann, PROJECTS, key, &body).await.problem(500);
    owner.batch_execute("ALTER TABLE away RENAME TO projects").await.unwrap();
    post(&ann, PROJECTS, key, &body).await.expect(201);

    owner
        .batch_execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
        .await
        .unwrap();
    // It counts for nothing even before it is removed.
    assert!(!replayed(&post(&ann, PROJECTS, key, &body).await));
    owner
        .batch_execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
        .await
        .unwrap();
    idempotency::prune(&server.app).await.unwrap();
    assert_eq!(stored(&server).await, "");
}

#[tokio::test]
async fn keys_that_can_be_guessed_are_refused() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for wrong in ["", "1", "short-key", "with a blank in between", "\"half-quoted-key-here", &"x".repeat(256)]
    {
        let answer = post(&ann, PROJECTS, wrong, &json!({"slug": "pricing"})).await;
        assert!(answer.problem(400).contains("UUID"), "{wrong}: {}", answer.text);
    }
    let two = ann.request(Method::POST, PROJECTS).header("Idempotency-Key", "a-key-of-some-length");
    let two = two.header("Idempotency-Key", "another-key-as-long").json(&json!({"slug": "pricing"}));
    ann.send(two).await.problem(400);
    ann.get(&format!("{PROJECTS}/pricing")).await.problem(404);
}
