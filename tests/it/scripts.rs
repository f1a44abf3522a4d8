//! What scripts can do that was the browser's alone: agencies,
//! search, the first visit, the operator's mail.

use crate::support::register;
use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_core::identity::setup_code;
use weighhouse_core::tenancy;
use weighhouse_testkit::{Answer, PASSWORD, Person, Server};
use weighhouse_types::permission::{AgencyAction, Role, Scope, TenantRole, agency_allows};
use weighhouse_types::tenancy::TenantCreate;

/// The answer without what differs from request to request.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    body.as_object_mut().map(|problem| problem.remove("request_id"));
    (answer.status, body)
}

/// Operations on an agency, what they need, and a body that is refused once
/// it is authorised.
const AGENCY: &[(&str, &str, AgencyAction)] = &[
    ("GET", "", AgencyAction::AgencyRead),
    ("GET", "/staff", AgencyAction::AgencyRead),
    ("POST", "/invitations", AgencyAction::StaffManage),
    ("POST", "/tenants", AgencyAction::TenantCreate),
    ("GET", "/audit", AgencyAction::AgencyAuditRead),
    ("GET", "/audit/head", AgencyAction::AgencyAuditRead),
];

async fn call(person: &Person, agency: &str, method: &str, path: &str) -> Answer {
    let request =
        person.request(method.parse::<Method>().unwrap(), &format!("/api/v1/agencies/{agency}{path}"));
    let body = match path {
        "/invitations" => json!({"email": "no address", "role": "engineer"}),
        _ => json!({"slug": "north"}),
    };
    person.send(if method == "POST" { request.json(&body) } else { request }).await
}

#[tokio::test]
async fn agencies_follow_the_table_and_foreign_is_the_same_as_random() {
    let server = Server::with_clients().await;
    tenancy::agency_create(&server.console(), "umbra", "Umbra").await.unwrap();
    for role in Role::all() {
        let person = server.person(role.as_str(), role).await;
        for (method, path, action) in AGENCY {
            let own = call(&person, "acme", method, path).await;
            let said = format!("{method} {path} as {role}: {} {}", own.status, own.text);
            match role {
                Role::Agency(role) if agency_allows(role, *action) => {
                    assert!(matches!(own.status, 200 | 400 | 409), "{said}");
                }
                Role::Agency(_) => assert_eq!(own.status, 403, "{said}"),
                Role::Tenant(_) => assert_eq!(own.status, 404, "{said}"),
            }
            let foreign = call(&person, "umbra", method, path).await;
            assert_eq!(foreign.status, 404, "{said}");
            assert_eq!(
                shape(&foreign),
                shape(&call(&person, "no-such-agency", method, path).await),
                "{said}"
            );
            assert_eq!(call(&server.stranger(), "acme", method, path).await.status, 401, "{said}");
        }
    }
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, Scope::ALL).await;
    assert_eq!(script.get("/api/v1/agencies").await.expect(200), json!([]), "a token is bound to one client");
    script.get("/api/v1/agencies/acme").await.problem(404);
}

#[tokio::test]
async fn search_finds_what_the_caller_reaches_and_nothing_else() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    tenancy::agency_create(&server.console(), "umbra", "Umbra").await.unwrap();
    let east = TenantCreate { slug: "east".into(), name: Some("North-by-East".into()) };
    tenancy::tenant_create(&server.console(), "umbra", east).await.unwrap();
    let names = async |person: &Person, words: &str| -> Vec<String> {
        let found = person.get(&format!("/api/v1/search?q={words}")).await.expect(200);
        let found = found.as_array().unwrap().iter();
        found
            .map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(names(&ann, "north").await, ["client North Mutual", "model fraud", "project claims"]);
    assert_eq!(names(&ann, "CLAIMS%20frau").await, ["model fraud", "version fraud@1"]);
    assert_eq!(names(&ann, "east").await, Vec::<String>::new(), "another agency's");
    let vic = server.person_at("vic", Role::Tenant(TenantRole::Viewer), "south").await;
    assert_eq!(names(&vic, "").await, ["client South Stores", "project claims"]);
    // A script finds what is its client's.
    let script = server.token(&ann, &[Scope::Read]).await;
    assert!(names(&script, "south").await.is_empty());
    ann.get(&format!("/api/v1/search?q={}", "x".repeat(201))).await.problem(400);
    server.stranger().get("/api/v1/search?q=").await.problem(401);
}

#[tokio::test]
async fn the_first_visit_and_the_operators_mail_by_script() {
    let server = Server::empty().await;
    let stranger = server.stranger();
    assert_eq!(stranger.get("/api/v1/setup").await.expect(200), json!({"needed": true}));
    let code = setup_code(&server.app).await.unwrap().unwrap();
    let mut body = json!({
        "code": "not the code", "agency_name": "Acme AI", "agency_slug": "acme",
        "name": "Olga", "email": "olga@acme.example", "password": PASSWORD,
    });
    stranger.post("/api/v1/setup", &body).await.problem(403);
    body["code"] = json!(code);
    let made = stranger.post("/api/v1/setup", &body).await;
    assert_eq!(made.expect(201)["operator"], true);
    let cookie = made.headers["set-cookie"].to_str().unwrap();
    assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|part| cookie.contains(part)), "{cookie}");
    assert_eq!(stranger.get("/api/v1/setup").await.expect(200), json!({"needed": false}));
    stranger.post("/api/v1/setup", &body).await.problem(403);

    // The cookie signs in, as long as it does not come from elsewhere.
    let session = cookie.split(';').next().unwrap();
    let tenants = || {
        let request =
            stranger.request(Method::POST, "/api/v1/agencies/acme/tenants").header("Cookie", session);
        request.json(&json!({"slug": "north"}))
    };
    stranger.send(tenants()).await.problem(403);
    stranger.send(tenants().header("Origin", "https://elsewhere.example")).await.problem(403);
    stranger.send(tenants().header("Origin", &server.url)).await.expect(201);

    let mut olga = stranger.clone();
    olga.cookie = session.split_once('=').map(|(_, secret)| secret.to_owned());
    let invite = json!({"email": "zoe@north.example", "role": "viewer"});
    olga.post("/api/v1/tenants/north/invitations", &invite).await.expect(201);
    server.mails("zoe@north.example", 1).await;
    let mails = olga.get("/api/v1/operator/mails").await.expect(200);
    assert!(mails[0]["raw"].as_str().unwrap().contains("To: zoe@north.example"));
    let script = server.token(&olga, Scope::ALL).await;
    for other in [&script, &server.approver("bob").await] {
        assert_eq!(shape(&other.get("/api/v1/operator/mails").await).0, 404, "its operator's alone");
    }
}

#[tokio::test]
async fn a_write_needs_no_other_scope_to_be_answered() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "other", "one").await;
    let script = server.token(&ann, &[Scope::Register]).await;
    script.post(crate::support::MODELS, &json!({"name": "fraud"})).await.expect(201);
    register(&script, "fraud", "one").await;
    let promoter = server.token(&ann, &[Scope::Promote]).await;
    crate::support::promote(&promoter, "fraud", 1, "staging").await.expect(201);
    let retirer = server.token(&ann, &[Scope::Deploy]).await;
    let retire = format!("{}/other/versions/1/retire", crate::support::MODELS);
    retirer.post(&retire, &json!({"reason": "old"})).await.expect(200);
    retirer.get("/api/v1/tenants/north").await.problem(403);
}
