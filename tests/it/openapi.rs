//! The API's description of itself: complete, true in its examples, and what
//! answers where there is no route.

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use weighhouse_testkit::Server;
use weighhouse_types as types;
use weighhouse_types::page::Page;

struct Operation<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    described: &'a Value,
}

fn operations() -> Vec<Operation<'static>> {
    let paths = weighhouse_api::document()["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, described)| Operation {
            id: described["operationId"].as_str().unwrap(),
            method,
            path,
            described,
        })
    });
    all.collect()
}

/// The bodies of an operation: what is asked and what is answered.
fn bodies(described: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let responses = described["responses"].as_object().unwrap().values();
    let all = std::iter::once(&described["requestBody"]).chain(responses);
    all.flat_map(|body| body["content"].as_object().into_iter().flatten())
}

#[test]
fn every_operation_says_what_it_needs_and_gives() {
    for Operation { id, method, path, described } in operations() {
        let summary = described["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty() && !summary.contains('\n') && summary.len() <= 100, "{id}: {summary}");
        assert_eq!(described["tags"].as_array().unwrap().len(), 1, "{id}");
        for response in described["responses"].as_object().unwrap().values() {
            assert!(response["$ref"].is_string() || response["description"].is_string(), "{id}: {response}");
        }
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{id} does not explain {}", parameter["name"]);
        }
        for (content_type, body) in bodies(described) {
            assert!(!body["schema"].is_null(), "{id}: {content_type} has no schema");
            if content_type == "application/json" && id != "openapi_json" {
                assert!(!body["example"].is_null(), "{id} has no example of {}", body["schema"]);
            }
        }
        if !path.starts_with("/api/") {
            continue;
        }
        let key =
            described["parameters"].as_array().into_iter().flatten().any(|p| p["name"] == "Idempotency-Key");
        assert_eq!(key, method == "post", "{id}");
        let refused = |status: &str| !described["responses"][status].is_null();
        let open = described["security"] == json!([]);
        assert!(id == "openapi_json" || refused("500") && (open || refused("401")), "{id}");
        assert!(method != "post" || ["400", "409", "413", "422"].iter().all(|s| refused(s)), "{id}");
    }
}

/// Whether a value is one of a type, nothing lost and nothing added but what
/// has a default.
fn is<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), String> {
    let parsed: T = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    let back = serde_json::to_value(parsed).unwrap();
    let lost = value.as_object().unwrap().keys().find(|key| back[*key].is_null() && !value[*key].is_null());
    lost.map_or(Ok(()), |key| Err(format!("{key} is lost")))
}

type Check = fn(&Value) -> Result<(), String>;

const TYPES: &[(&str, Check)] = &[
    ("Agency", is::<types::tenancy::Agency>),
    ("AgencyMembership", is::<types::tenancy::AgencyMembership>),
    ("Attestation", is::<types::attestations::Attestation>),
    ("AttestationAdd", is::<types::attestations::AttestationAdd>),
    ("AuditConsistency", is::<types::audit::AuditConsistency>),
    ("AuditHead", is::<types::audit::AuditHead>),
    ("AuditInclusion", is::<types::audit::AuditInclusion>),
    ("AuditLeaves", is::<types::audit::AuditLeaves>),
    ("AuditSigned", is::<types::audit::AuditSigned>),
    ("BlobQuery", is::<types::blobs::BlobQuery>),
    ("BlobStatus", is::<types::blobs::BlobStatus>),
    ("BlobsQuery", is::<types::blobs::BlobsQuery>),
    ("Comment", is::<types::attestations::Comment>),
    ("EmailChange", is::<types::identity::EmailChange>),
    ("FolderMail", is::<types::notifications::FolderMail>),
    ("Found", is::<types::search::Found>),
    ("Hold", is::<types::holds::Hold>),
    ("HoldLift", is::<types::holds::HoldLift>),
    ("HoldPlace", is::<types::holds::HoldPlace>),
    ("Invitation", is::<types::memberships::Invitation>),
    ("InvitationAccept", is::<types::memberships::InvitationAccept>),
    ("InvitationCreate", is::<types::memberships::InvitationCreate>),
    ("InvitationShown", is::<types::memberships::InvitationShown>),
    ("JobDiscard", is::<types::jobs::JobDiscard>),
    ("LinkUse", is::<types::identity::LinkUse>),
    ("Member", is::<types::memberships::Member>),
    ("MemberUpdate", is::<types::memberships::MemberUpdate>),
    ("Model", is::<types::models::Model>),
    ("ModelCreate", is::<types::models::ModelCreate>),
    ("Page_AuditEntry", is::<Page<types::audit::AuditEntry>>),
    ("Page_Hold", is::<Page<types::holds::Hold>>),
    ("Page_JobSummary", is::<Page<types::jobs::JobSummary>>),
    ("Page_Model", is::<Page<types::models::Model>>),
    ("Page_PromotionSummary", is::<Page<types::promotions::PromotionSummary>>),
    ("Page_Sweep", is::<Page<types::retention::Sweep>>),
    ("Page_SweepBatch", is::<Page<types::retention::SweepBatch>>),
    ("Page_VersionSummary", is::<Page<types::versions::VersionSummary>>),
    ("Page_PinAlert", is::<Page<types::pins::PinAlert>>),
    ("PasswordChange", is::<types::identity::PasswordChange>),
    ("PasswordReset", is::<types::identity::PasswordReset>),
    ("PasswordResetAsk", is::<types::identity::PasswordResetAsk>),
    ("Pin", is::<types::pins::Pin>),
    ("PinSet", is::<types::pins::PinSet>),
    ("Portfolio", is::<types::tenancy::Portfolio>),
    ("Problem", is::<types::error::Problem>),
    ("ProductionAnswer", is::<types::versions::ProductionAnswer>),
    ("ProductionPeriod", is::<types::versions::ProductionPeriod>),
    ("Project", is::<types::projects::Project>),
    ("ProjectCreate", is::<types::projects::ProjectCreate>),
    ("Promotion", is::<types::promotions::Promotion>),
    ("PromotionDecide", is::<types::promotions::PromotionDecide>),
    ("PromotionOpen", is::<types::promotions::PromotionOpen>),
    ("PromptRender", is::<types::prompts::PromptRender>),
    ("PromptRendered", is::<types::prompts::PromptRendered>),
    ("Retention", is::<types::retention::Retention>),
    ("RetentionSet", is::<types::retention::RetentionSet>),
    ("Retire", is::<BTreeMap<String, String>>),
    ("Rollback", is::<types::versions::Rollback>),
    ("RolledBack", is::<types::versions::RolledBack>),
    ("Session", is::<types::identity::Session>),
    ("Setup", is::<types::identity::Setup>),
    ("SetupState", is::<types::identity::SetupState>),
    ("SignIn", is::<types::identity::SignIn>),
    ("Signer", is::<types::attestations::Signer>),
    ("SignerAdd", is::<types::attestations::SignerAdd>),
    ("StaffInvitation", is::<types::memberships::StaffInvitation>),
    ("StaffInvitationCreate", is::<types::memberships::StaffInvitationCreate>),
    ("StaffUpdate", is::<types::memberships::StaffUpdate>),
    ("Sweep", is::<types::retention::Sweep>),
    ("SweepPreview", is::<types::retention::SweepPreview>),
    ("Tenant", is::<types::tenancy::Tenant>),
    ("TenantCreate", is::<types::tenancy::TenantCreate>),
    ("Token", is::<types::identity::Token>),
    ("TokenCreate", is::<types::identity::TokenCreate>),
    ("TokenCreated", is::<types::identity::TokenCreated>),
    ("TokenExchanged", is::<types::identity::TokenExchanged>),
    ("User", is::<types::identity::User>),
    ("Version", is::<types::versions::Version>),
    ("VersionRegister", is::<types::versions::VersionRegister>),
    ("WhoAmI", is::<types::identity::WhoAmI>),
];

#[test]
fn examples_are_what_they_are_examples_of() {
    for Operation { id, described, .. } in operations() {
        for (_, body) in bodies(described) {
            let (schema, example) = match body["schema"]["type"] == "array" {
                true => (&body["schema"]["items"]["$ref"], &body["example"][0]),
                false => (&body["schema"]["$ref"], &body["example"]),
            };
            let Some(name) = schema.as_str().and_then(|name| name.rsplit('/').next()) else { continue };
            let found = TYPES.iter().find(|(known, _)| *known == name);
            let (_, check) = found.unwrap_or_else(|| panic!("{id}: {name} is not in the table"));
            check(example).unwrap_or_else(|e| panic!("{id}: the example of {name} is none: {e}"));
        }
    }
}

#[tokio::test]
async fn what_is_no_route_is_a_problem_document() {
    let server = Server::empty().await;
    let stranger = server.stranger();
    stranger.get("/api/v1/nothing/here").await.problem(404);
    let answer = stranger.send(stranger.request(Method::PATCH, "/api/v1/tenants/north/members/x")).await;
    answer.problem(405);
    assert_eq!(answer.headers["allow"], "DELETE, PUT");
    let file = "/api/v1/tenants/n/projects/p/models/m/versions/1/files/a/b/c.onnx";
    stranger.send(stranger.request(Method::DELETE, file)).await.problem(405);
    // Odd addresses are nothing that exists, never a failure.
    for odd in ["/api/v1/tenants/%00", "/api/v1/tenants/%ff%fe", "/api/v1/invitations/%00"] {
        let answer = stranger.get(odd).await;
        assert!((400..=404).contains(&answer.status), "{odd}: {}", answer.text);
        answer.problem(answer.status);
    }
}

#[tokio::test]
async fn odd_queries_and_bodies_are_refused_in_words() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for odd in
        ["limit=0", "limit=201", "limit=-1", "limit=1e9", "limit=99999999999", "cursor=%00", "nonsense=1"]
    {
        ann.get(&format!("/api/v1/tenants/north/audit?{odd}")).await.problem(400);
    }
    for odd in [
        json!({"slug": "nul\u{0}"}),
        json!({"slug": 7}),
        json!([]),
        json!({"slug": "ok-ok", "name": "a\u{0}b"}),
    ] {
        ann.post("/api/v1/tenants/north/projects", &odd).await.problem(400);
    }
    let production = "/api/v1/tenants/north/projects/claims/models/fraud/production";
    for odd in ["at=yesterday", "at=-262143-01-01T00:00:00Z"] {
        let answer = ann.get(&format!("{production}?{odd}")).await;
        assert!(matches!(answer.status, 400 | 404), "{odd}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_pages_for_developers_show_every_operation() {
    let server = Server::empty().await;
    let stranger = server.stranger();
    let index = stranger.get("/developers").await;
    assert_eq!(index.status, 200);
    for Operation { id, path, described, .. } in operations() {
        let part = described["tags"][0].as_str().unwrap();
        assert!(index.text.contains(&format!("/developers/{part}#{id}\"")), "{id} is not in the index");
        let page = stranger.get(&format!("/developers/{part}")).await.text;
        assert!(page.contains(&format!("id=\"{id}\"")) && page.contains(path), "{id} is not on its page");
    }
    assert_eq!(stranger.get("/developers/nothing").await.status, 404);
    assert!(!index.text.contains("https://"), "nothing is loaded from elsewhere");
}
