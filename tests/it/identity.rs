//! Sign-in, sessions, tokens, members, invitations, the first visit.

use crate::support::MODELS;
use serde_json::json;
use weighhouse_core::identity::{SetupForm, setup, setup_code, sign_in, sign_out};
use weighhouse_core::{Ctx, memberships};
use weighhouse_testkit::Server;
use weighhouse_types::permission::{AgencyRole, Role, Scope, TenantRole};

#[tokio::test]
async fn wrong_password_and_unknown_login_are_the_same_refusal() {
    let server = Server::with_clients().await;
    server.engineer("ann").await;
    let anonymous = Ctx::anonymous(&server.app, "test");
    let wrong = sign_in(&anonymous, "ann@north.example", "not the password", "x").await.unwrap_err();
    let unknown = sign_in(&anonymous, "nobody@north.example", "not the password", "x").await.unwrap_err();
    assert_eq!(wrong.problem(), unknown.problem());
    assert_eq!(wrong.problem().status, 401);
}

#[tokio::test]
async fn a_session_ends_at_once() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    assert_eq!(ann.get("/api/v1/me").await.expect(200)["user"]["email"], "ann@north.example");
    let cookie = ann.cookie.clone().unwrap();
    let ctx = weighhouse_core::identity::session_ctx(&server.app, &cookie, "test").await.unwrap();
    sign_out(&ctx).await.unwrap();
    ann.get("/api/v1/me").await.problem(401);
}

#[tokio::test]
async fn unsafe_requests_from_other_sites_are_refused() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let cookie = format!("wh_session={}", ann.cookie.clone().unwrap());
    let post = || {
        let request = server.stranger().request(reqwest::Method::POST, "/api/v1/tenants/north/projects");
        request.header("Cookie", &cookie).json(&json!({"slug": "stolen"}))
    };
    let stranger = server.stranger();
    stranger.send(post().header("Sec-Fetch-Site", "cross-site")).await.problem(403);
    stranger.send(post().header("Origin", "https://evil.example")).await.problem(403);
    stranger.send(post()).await.problem(403);
    stranger.send(post().header("Origin", &server.url)).await.expect(201);
}

#[tokio::test]
async fn plain_http_answers_to_loopback_names_only() {
    let server = Server::empty().await;
    let stranger = server.stranger();
    let request = stranger.request(reqwest::Method::GET, "/sign-in").header("Host", "weighhouse.lan:8080");
    let answer = stranger.send(request).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("--public-url"), "{}", answer.text);
}

#[tokio::test]
async fn a_token_works_within_its_scopes_and_tenant_until_revoked() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read]).await;
    script.get("/api/v1/tenants/north").await.expect(200);
    let body = json!({"name": "m"});
    assert!(script.post(MODELS, &body).await.problem(403).contains("register"));
    // Ann reaches the agency's other client; her token does not.
    ann.get("/api/v1/tenants/south").await.expect(200);
    script.get("/api/v1/tenants/south").await.problem(404);

    let tokens = ann.get("/api/v1/tenants/north/tokens").await;
    assert!(!tokens.text.contains(&script.token.clone().unwrap()), "the secret is shown once");
    let tokens = tokens.expect(200);
    assert!(tokens[0]["last_used_at"].is_string());
    let path = format!("/api/v1/tenants/north/tokens/{}", tokens[0]["id"].as_str().unwrap());
    assert_eq!(ann.delete(&path).await.status, 204);
    script.get("/api/v1/tenants/north").await.problem(401);
    ann.delete(&path).await.problem(404);
}

#[tokio::test]
async fn tokens_are_hashed_and_expire() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Read]).await;
    let owner = server.database.owner().await;
    let secret = script.token.clone().unwrap();
    let rows = owner.query("SELECT token_hash FROM api_tokens", &[]).await.unwrap();
    assert_eq!(hex::encode(rows[0].get::<_, Vec<u8>>(0)), crate::support::sha256(secret.as_bytes()));
    owner.execute("UPDATE api_tokens SET expires_at = now() - interval '1 second'", &[]).await.unwrap();
    script.get("/api/v1/me").await.problem(401);
    let mut typo = script.clone();
    typo.token = Some(format!("{}x", secret));
    assert!(typo.get("/api/v1/me").await.problem(401).contains("copied whole"));
}

#[tokio::test]
async fn wrong_token_terms_say_what_is_wrong() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (body, field) in [
        (json!({"name": "", "scopes": ["read"], "expires_days": 1}), "name"),
        (json!({"name": "x", "scopes": [], "expires_days": 1}), "scopes"),
        (json!({"name": "x", "scopes": ["read"], "expires_days": 0}), "expires_days"),
        (json!({"name": "x", "scopes": ["fly"], "expires_days": 1}), "body"),
        (json!({"name": "x", "scopes": ["read"], "expires_days": 1, "extra": 1}), "body"),
    ] {
        let answer = ann.post("/api/v1/tenants/north/tokens", &body).await;
        assert_eq!(answer.expect(400)["field"], field, "{body}");
    }
}

#[tokio::test]
async fn an_invitation_is_mailed_and_works_once() {
    let server = Server::with_clients().await;
    let ann = server.person("ann", Role::Agency(AgencyRole::AgencyAdmin)).await;
    let invite = json!({"email": "Zoe@North.example", "role": "approver"});
    ann.post("/api/v1/tenants/north/invitations", &invite).await.expect(201);
    let mail = server.mails("zoe@north.example", 1).await.remove(0);
    assert!(mail.raw.contains("text/html") && mail.raw.contains("text/plain"));
    assert!(mail.raw.contains("X-Request-Id: "));
    let link = mail.link(&server.url);
    let token = link.rsplit('/').next().unwrap();

    let anonymous = Ctx::anonymous(&server.app, "test");
    let shown = memberships::invitation_show(&anonymous, token).await.unwrap();
    assert_eq!((shown.email.as_str(), shown.has_login), ("zoe@north.example", false));
    let short = memberships::invitation_accept(&anonymous, token, "Zoe", "short", "x").await.unwrap_err();
    assert_eq!(short.problem().field.as_deref(), Some("password"));
    memberships::invitation_accept(&anonymous, token, "Zoe", "a long enough password", "x").await.unwrap();
    let again = memberships::invitation_accept(&anonymous, token, "Zoe", "a long enough password", "x").await;
    assert_eq!(again.unwrap_err().problem().status, 404);

    let members = ann.get("/api/v1/tenants/north/members").await.expect(200);
    let zoe = members.as_array().unwrap().iter().find(|m| m["email"] == "zoe@north.example").unwrap();
    assert_eq!(zoe["role"], json!({"tenant": "approver"}));
    // The mail is forgotten once it is sent: it held the link.
    let owner = server.database.owner().await;
    let left = owner.query("SELECT text_body FROM mails WHERE text_body IS NOT NULL", &[]).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test]
async fn role_changes_bite_at_once_and_nobody_changes_their_own() {
    let server = Server::with_clients().await;
    let admin = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    let viewer = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    viewer.get("/api/v1/tenants/north/audit").await.problem(403);
    let id = |person: &serde_json::Value| person["user"]["id"].as_str().unwrap().to_owned();
    let vic = id(&viewer.get("/api/v1/me").await.json());
    let path = format!("/api/v1/tenants/north/members/{vic}");
    assert_eq!(admin.put(&path, &json!({"role": "approver"})).await.status, 204);
    viewer.get("/api/v1/tenants/north/audit").await.expect(200);
    assert_eq!(admin.delete(&path).await.status, 204);
    // It was their last place, so that nothing is left to be signed in to.
    viewer.get("/api/v1/tenants/north").await.problem(401);

    let own = format!("/api/v1/tenants/north/members/{}", id(&admin.get("/api/v1/me").await.json()));
    admin.put(&own, &json!({"role": "viewer"})).await.problem(403);
}

#[tokio::test]
async fn the_first_visit_sets_up_once() {
    let server = Server::empty().await;
    let anonymous = Ctx::anonymous(&server.app, "test");
    let old = setup_code(&server.app).await.unwrap().unwrap();
    let code = setup_code(&server.app).await.unwrap().unwrap();
    let form = || SetupForm {
        agency_name: "Acme".into(),
        agency_slug: "acme".into(),
        name: "Olga".into(),
        email: "olga@acme.example".into(),
        password: "a long enough password".into(),
    };
    assert_eq!(setup(&anonymous, &old, form()).await.unwrap_err().problem().status, 403);
    let signed_in = setup(&anonymous, &code, form()).await.unwrap();
    assert!(signed_in.user.operator);
    assert_eq!(setup(&anonymous, &code, form()).await.unwrap_err().problem().status, 403);
    assert!(setup_code(&server.app).await.unwrap().is_none());
}
