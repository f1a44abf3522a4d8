//! API tokens exchanged for short-lived JWTs.

use crate::support::MODELS;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use weighhouse_core::kernel::config::JwtConfig;
use weighhouse_testkit::{JWT_KEY, Options, Person, Server};
use weighhouse_types::permission::{Role, Scope, TenantRole};

const EXCHANGE: &str = "/api/v1/tokens/exchange";

/// The token's stand-in, as a caller.
async fn exchange(script: &Person) -> Person {
    let answer = script.post(EXCHANGE, &json!({})).await.expect(200);
    with(script, answer["jwt"].as_str().unwrap())
}

fn with(person: &Person, jwt: &str) -> Person {
    let mut other = person.clone();
    other.token = Some(jwt.into());
    other
}

fn claims(jwt: &str) -> Value {
    let middle = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

fn sign(claims: &Value, key: &str) -> String {
    let key = EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

#[tokio::test]
async fn a_jwt_does_what_its_token_does() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read, Scope::Register]).await;
    let machine = exchange(&script).await;
    machine.get("/api/v1/tenants/north").await.expect(200);
    machine.post(MODELS, &json!({"name": "fraud"})).await.expect(201);
    assert_eq!(machine.get("/api/v1/me").await.expect(200), script.get("/api/v1/me").await.expect(200));
    // Its own scopes and tenant bind it, and it is not exchanged again.
    let refused = machine.post(&format!("{MODELS}/fraud/rollback"), &json!({"reason": "x"})).await;
    assert!(refused.problem(403).contains("deploy"));
    machine.get("/api/v1/tenants/south").await.problem(404);
    assert!(machine.post(EXCHANGE, &json!({})).await.problem(403).contains("wh_"));
    ann.post(EXCHANGE, &json!({})).await.problem(403);

    let jwt = machine.token.as_deref().unwrap();
    let said = claims(jwt);
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
    assert_eq!(said["aud"], format!("{}/api/v1", server.url));
    assert_eq!(said["scopes"], json!(["read", "register"]));
    assert!(["sub", "tenant", "token", "jti"].iter().all(|claim| said[*claim].is_string()), "{said}");
    // The log names the token behind it.
    let log = ann.get("/api/v1/tenants/north/audit?limit=1").await.expect(200);
    assert_eq!(log["items"][0]["via"], format!("token {}", said["token"].as_str().unwrap()));
}

#[tokio::test]
async fn a_jwt_lives_no_longer_than_its_token() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read]).await;
    let owner = server.database.owner().await;
    owner.batch_execute("UPDATE api_tokens SET expires_at = now() + interval '1 minute'").await.unwrap();
    let said = claims(exchange(&script).await.token.as_deref().unwrap());
    assert!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap() <= 60, "{said}");
}

#[tokio::test]
async fn forged_jwts_are_refused() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let machine = exchange(&server.token(&ann, &[Scope::Read]).await).await;
    let good = machine.token.clone().unwrap();
    let said = claims(&good);
    let part = |n| good.split('.').nth(n).unwrap();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut claims = said.clone();
        change(&mut claims);
        claims
    };
    let mighty = changed(&|claims| claims["scopes"] = json!(["read", "deploy"]));
    let unsigned = encode(&json!({"alg": "none", "typ": "JWT"}));
    let relabelled = encode(&json!({"alg": "HS384", "typ": "JWT"}));
    let rsa = encode(&json!({"alg": "RS256", "typ": "JWT"}));
    let now = said["iat"].as_i64().unwrap();
    let forged = [
        ("none", format!("{unsigned}.{}.", part(1))),
        ("none, with its tag", format!("{unsigned}.{}.{}", part(1), part(2))),
        ("another algorithm", format!("{relabelled}.{}.{}", part(1), part(2))),
        ("a public-key algorithm", format!("{rsa}.{}.{}", part(1), part(2))),
        ("tampered", format!("{}.{}.{}", part(0), encode(&mighty), part(2))),
        ("cut off", format!("{}.{}.", part(0), part(1))),
        ("another key", sign(&said, "another key of more than thirty-two bytes")),
        ("expired", sign(&changed(&|claims| claims["exp"] = json!(now - 1)), JWT_KEY)),
        ("endless", sign(&changed(&|claims| drop(claims.as_object_mut().unwrap().remove("exp"))), JWT_KEY)),
        (
            "for elsewhere",
            sign(&changed(&|claims| claims["aud"] = json!("https://b.example/api/v1")), JWT_KEY),
        ),
        (
            "no audience",
            sign(&changed(&|claims| drop(claims.as_object_mut().unwrap().remove("aud"))), JWT_KEY),
        ),
        ("another tenant", {
            let south = ann.get("/api/v1/tenants/south").await.expect(200)["id"].clone();
            sign(&changed(&|claims| claims["tenant"] = south.clone()), JWT_KEY)
        }),
        ("another person", sign(&changed(&|claims| claims["sub"] = json!(uuid::Uuid::new_v4())), JWT_KEY)),
        ("another token", sign(&changed(&|claims| claims["token"] = json!(uuid::Uuid::new_v4())), JWT_KEY)),
    ];
    for (what, jwt) in forged {
        let answer = with(&machine, &jwt).get("/api/v1/tenants/north").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        answer.problem(401);
    }
    // More scopes than the token has are not believed even under our own key.
    let mighty = with(&machine, &sign(&mighty, JWT_KEY));
    mighty.get("/api/v1/tenants/north").await.expect(200);
    mighty.post(&format!("{MODELS}/fraud/rollback"), &json!({"reason": "x"})).await.problem(403);
}

#[tokio::test]
async fn revocation_bites_within_a_second() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read]).await;
    let machine = exchange(&script).await;
    machine.get("/api/v1/me").await.expect(200);
    let id = claims(machine.token.as_deref().unwrap())["token"].as_str().unwrap().to_owned();
    assert_eq!(ann.delete(&format!("/api/v1/tenants/north/tokens/{id}")).await.status, 204);
    let revoked = Instant::now();
    script.post(EXCHANGE, &json!({})).await.problem(401);
    // However slow the machine: what is asked a second later is refused.
    tokio::time::sleep(Duration::from_secs(1).saturating_sub(revoked.elapsed())).await;
    assert!(machine.get("/api/v1/me").await.problem(401).contains("revoked"));
}

#[tokio::test]
async fn who_is_removed_is_out_at_once() {
    let server = Server::with_clients().await;
    let admin = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    let vic = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    let machine = exchange(&server.token(&vic, &[Scope::Read]).await).await;
    let me = machine.get("/api/v1/me").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.delete(&format!("/api/v1/tenants/north/members/{me}")).await.status, 204);
    machine.get("/api/v1/tenants/north").await.problem(404);
}

#[tokio::test]
async fn reading_with_a_jwt_writes_nothing() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let machine = exchange(&server.token(&ann, &[Scope::Read]).await).await;
    let owner = server.database.owner().await;
    owner.batch_execute("UPDATE api_tokens SET last_used_at = '2020-01-01'").await.unwrap();
    machine.get("/api/v1/tenants/north").await.expect(200);
    let used = "SELECT last_used_at = '2020-01-01' FROM api_tokens";
    assert!(owner.query_one(used, &[]).await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn without_a_key_there_is_no_exchange_and_all_else_works() {
    let server = Server::with(Options { jwt: Some(JwtConfig::default()), ..Options::default() }).await;
    server.populate().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read]).await;
    let said = script.post(EXCHANGE, &json!({})).await.problem(409);
    assert!(said.contains("--jwt-key") && said.contains("token itself"), "{said}");
    script.get("/api/v1/tenants/north").await.expect(200);
    let jwt = sign(&json!({"aud": format!("{}/api/v1", server.url), "exp": 4_000_000_000_u64}), JWT_KEY);
    with(&script, &jwt).get("/api/v1/me").await.problem(401);
}
