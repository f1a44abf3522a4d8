//! Every route × every role × an own, a foreign and a random id, against the
//! permission table: what one may not see does not exist, what one sees and
//! may not do is forbidden.

use crate::support::{promote, register};
use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_testkit::{Answer, Person, Server};
use weighhouse_types::permission::{Action, Role, Scope, allows, token_scopes};

/// The action of every operation below a tenant, with a body that parses.
/// An operation that is missing here fails the test.
fn action_of(operation: &str) -> Option<(Action, Value)> {
    let nothing = json!({});
    Some(match operation {
        "tenant_get" | "project_list" | "project_get" | "model_list" | "model_get" | "version_list"
        | "version_get" | "version_compare" | "version_export" | "tenant_model_list" | "model_csv"
        | "annotation_list" | "alias_get" | "production_at" | "production_history" | "promotion_list"
        | "promotion_get" | "pin_get" | "pin_alert_list" | "prompt_render" => (Action::TenantRead, nothing),
        "composition_get" | "compatibility_get" | "system_policy_get" | "version_lineage"
        | "input_lineage" => (Action::TenantRead, nothing),
        "dataset_list"
        | "dataset_version_list"
        | "dataset_get"
        | "dataset_drift"
        | "pipeline_list"
        | "pipeline_version_list"
        | "pipeline_get" => (Action::TenantRead, nothing),
        "compatibility_state" => {
            (Action::CompatibilityState, json!({"with": "x", "verdict": "compatible", "reason": "x"}))
        }
        "system_policy_set" => {
            (Action::SystemPolicyManage, json!({"broken_systems": "warn", "revision": 99}))
        }
        "member_list" => (Action::MemberRead, nothing),
        "member_update" => (Action::MemberManage, json!({"role": "viewer"})),
        "invitation_create" => (Action::MemberManage, json!({"email": "x@y.example", "role": "viewer"})),
        "member_remove" | "invitation_list" | "invitation_revoke" => (Action::MemberManage, nothing),
        "token_list" | "token_revoke" => (Action::TokenManageOwn, nothing),
        "token_create" => {
            (Action::TokenManageOwn, json!({"name": "x", "scopes": ["read"], "expires_days": 1}))
        }
        "audit_list" | "audit_head" | "audit_signed" | "audit_checkpoint" | "audit_inclusion"
        | "audit_consistency" | "audit_leaves" | "audit_tile" => (Action::AuditRead, nothing),
        "job_list" => (Action::JobRead, nothing),
        "job_retry" => (Action::JobManage, nothing),
        "job_discard" => (Action::JobManage, json!({"reason": "x"})),
        "retention_get" | "sweep_preview" | "sweep_list" | "sweep_get" | "sweep_batches" | "hold_list" => {
            (Action::RetentionRead, nothing)
        }
        "retention_set" => (Action::RetentionManage, json!({"terms": {"audit_payloads": 1}})),
        "hold_place" | "hold_lift_ask" => (Action::HoldManage, json!({"reason": ""})),
        "hold_lift_confirm" | "hold_lift_withdraw" => (Action::HoldManage, nothing),
        "project_create" => (Action::ProjectCreate, json!({"slug": "claims"})),
        "model_create" => (Action::ModelCreate, json!({"name": "fraud"})),
        "version_register" => (Action::VersionRegister, json!({"context": {"nonsense": 1}})),
        "dataset_register" | "pipeline_register" => (Action::DataRegister, nothing),
        "blob_query" => (Action::VersionRegister, json!({"files": []})),
        "blob_complete" => {
            let sha = "0".repeat(64);
            (Action::VersionRegister, json!({"sha256": sha, "size": 1}))
        }
        "part_put" | "batch_put" => (Action::VersionRegister, nothing),
        "file_get" | "archive_get" => (Action::ArtifactDownload, nothing),
        "version_retire" => (Action::VersionRetire, json!({"reason": ""})),
        "attestation_list" | "attestation_get" | "signer_list" => (Action::TenantRead, nothing),
        "attestation_add" => (Action::AttestationAdd, json!({"kind": "evaluation", "body": {"results": []}})),
        "comment_add" => (Action::CommentAdd, json!({"text": " "})),
        "signer_add" => (Action::SignerManage, json!({"name": "x", "pem": "x"})),
        "signer_remove" => (Action::SignerManage, nothing),
        "version_annotate" | "model_annotate" | "alias_remove" => (Action::Annotate, nothing),
        "alias_set" => (Action::Annotate, json!({"version": 1})),
        "promotion_open" => (Action::PromotionOpen, json!({"target": "archived"})),
        "promotion_withdraw" => (Action::PromotionWithdraw, nothing),
        "promotion_decide" => (
            Action::PromotionDecide,
            json!({"decision": "approve", "reason": "x", "evidence_digest": "stale"}),
        ),
        "production_rollback" => (Action::ProductionRollback, json!({"reason": ""})),
        "pin_set" | "pin_remove" | "pin_check" => (Action::PinManage, nothing),
        _ => return None,
    })
}

/// Operations that have no tenant in their path.
const WITHOUT_TENANT: &[&str] = &[
    "healthz",
    "readyz",
    "me",
    "portfolio",
    "tenant_create",
    "agency_audit_list",
    "agency_audit_head",
    "agency_audit_signed",
    "agency_audit_checkpoint",
    "agency_audit_inclusion",
    "agency_audit_consistency",
    "agency_audit_leaves",
    "openapi_json",
    "search_find",
    "agency_list",
    "agency_get",
    "invitation_show",
    "invitation_accept",
    "setup_state",
    "set_up",
    "token_exchange",
    "mail_list",
    // One's own login: tests/it/people.rs.
    "session_create",
    "session_delete",
    "session_list",
    "session_revoke",
    "session_revoke_others",
    "password_change",
    "password_reset_ask",
    "password_reset",
    "email_change_ask",
    "email_confirm",
    "email_undo",
    // An agency's: tests/it/staff.rs.
    "staff_list",
    "staff_update",
    "staff_remove",
    "staff_invitation_list",
    "staff_invitation_create",
    "staff_invitation_revoke",
];

struct Operation {
    id: String,
    method: Method,
    path: String,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(weighhouse_api::document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let Some(id) = operation["operationId"].as_str() else { continue };
            found.push(Operation { id: id.into(), method, path: path.clone() });
        }
    }
    assert!(found.len() > 35, "the document lists every route");
    found
}

/// Real ids of things at `north`.
struct Ids {
    promotion: String,
}

impl Operation {
    fn filled(&self, tenant: &str, ids: &Ids) -> String {
        self.path
            .replace("{tenant}", tenant)
            .replace("{project}", "claims")
            .replace("{model}", "fraud")
            .replace("{dataset}", "claims-2025")
            .replace("{pipeline}", "claim-features")
            .replace("{number}", "1")
            .replace("{path}", "model.onnx")
            .replace("{prompt}", "system")
            .replace("{promotion}", &ids.promotion)
            .replace("{alias}", "champion")
            .replace("{sha256}", &"0".repeat(64))
            .replace("{user}", "00000000-0000-7000-8000-000000000000")
            .replace("{job}", "00000000-0000-7000-8000-000000000000")
            .replace("{token}", "00000000-0000-7000-8000-000000000000")
            .replace("{invitation}", "00000000-0000-7000-8000-000000000000")
            .replace("{hold}", "00000000-0000-7000-8000-000000000000")
            .replace("{attestation}", "00000000-0000-7000-8000-000000000000")
            .replace("{signer}", "00000000-0000-7000-8000-000000000000")
            .replace("{sweep}", "00000000-0000-7000-8000-000000000000")
    }

    async fn call(&self, person: &Person, tenant: &str, ids: &Ids, body: &Value) -> Answer {
        let mut request = person.request(self.method.clone(), &self.filled(tenant, ids));
        if self.id == "part_put" {
            request =
                request.header("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:");
        } else if self.method != Method::GET {
            request = request.json(body);
        }
        person.send(request).await
    }
}

/// The answer without what differs from request to request.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    if let Some(problem) = body.as_object_mut() {
        problem.remove("request_id");
    }
    (answer.status, body)
}

/// Whether an allowed call got past authorisation: it worked, or was refused
/// for what it asked. Ids made up here are not found even so.
fn authorised(operation: &Operation, answer: &Answer) -> bool {
    let made_up = [
        "{user}",
        "{token}",
        "{invitation}",
        "{job}",
        "{hold}",
        "{sweep}",
        "{signer}",
        "{alias}",
        "{prompt}",
        "{attestation}",
    ]
    .iter()
    .any(|part| operation.path.contains(part));
    match answer.status {
        200 | 201 | 204 | 400 | 409 | 422 => true,
        404 => made_up && !answer.text.contains("such tenant"),
        _ => false,
    }
}

async fn world() -> (Server, Ids) {
    let server = Server::with_clients().await;
    let engineer = server.engineer("first").await;
    register(&engineer, "fraud", "one").await;
    let data = json!({"snapshot": "1", "code": "git"});
    for (place, field) in [("datasets/claims-2025", "snapshot"), ("pipelines/claim-features", "code")] {
        let path = format!("/api/v1/tenants/north/{place}/versions");
        engineer.post(&path, &json!({field: data[field]})).await.expect(201);
    }
    promote(&engineer, "fraud", 1, "staging").await.expect(201);
    let request = promote(&engineer, "fraud", 1, "production").await.expect(201);
    let ids = Ids { promotion: request["id"].as_str().unwrap().into() };
    (server, ids)
}

#[tokio::test]
async fn every_operation_follows_the_table() {
    let (server, ids) = world().await;
    let mut operations = operations();
    // What closes the request comes last.
    operations.sort_by_key(|operation| operation.id == "promotion_withdraw");
    for role in Role::all() {
        let person = server.person(role.as_str(), role).await;
        for operation in &operations {
            let Some((action, body)) = action_of(&operation.id) else {
                assert!(WITHOUT_TENANT.contains(&operation.id.as_str()), "{} has no action", operation.id);
                continue;
            };
            let answer = operation.call(&person, "north", &ids, &body).await;
            let said = format!("{} as {role}: {} {}", operation.id, answer.status, answer.text);
            if allows(role, action) {
                assert!(authorised(operation, &answer), "{said}");
            } else {
                assert_eq!(answer.status, 403, "{said}");
            }
        }
    }
}

#[tokio::test]
async fn foreign_is_the_same_as_random() {
    let (server, ids) = world().await;
    for role in weighhouse_types::permission::TenantRole::ALL {
        let person = server.person(role.as_str(), Role::Tenant(*role)).await;
        for operation in operations() {
            let Some((_, body)) = action_of(&operation.id) else { continue };
            let foreign = operation.call(&person, "south", &ids, &body).await;
            let random = operation.call(&person, "no-such-tenant", &ids, &body).await;
            assert_eq!(foreign.status, 404, "{}: {}", operation.id, foreign.text);
            assert_eq!(shape(&foreign), shape(&random), "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn ids_of_another_tenant_do_not_exist_in_ones_own() {
    let (server, ids) = world().await;
    // Staff of the agency reach both clients; the request is north's.
    let ann = server.engineer("ann").await;
    let foreign = ann.get(&format!("/api/v1/tenants/south/promotions/{}", ids.promotion)).await;
    let random = ann.get("/api/v1/tenants/south/promotions/00000000-0000-7000-8000-000000000000").await;
    assert_eq!(foreign.status, 404);
    assert_eq!(shape(&foreign), shape(&random));
    ann.get("/api/v1/tenants/south/projects/claims/models/fraud").await.problem(404);
}

#[tokio::test]
async fn tokens_do_what_their_scopes_say_and_no_more() {
    let (server, ids) = world().await;
    let ann = server.engineer("ann").await;
    for scope in Scope::ALL {
        let script = server.token(&ann, &[*scope]).await;
        for operation in operations() {
            if operation.id == "promotion_withdraw" {
                continue;
            }
            let Some((action, body)) = action_of(&operation.id) else { continue };
            let answer = operation.call(&script, "north", &ids, &body).await;
            let may = allows(Role::Agency(weighhouse_types::permission::AgencyRole::Engineer), action)
                && token_scopes(action).contains(scope);
            let said = format!("{} with {scope}: {} {}", operation.id, answer.status, answer.text);
            assert!(if may { authorised(&operation, &answer) } else { answer.status == 403 }, "{said}");
        }
    }
}

#[tokio::test]
async fn without_a_credential_there_is_nothing() {
    let (server, ids) = world().await;
    let stranger = server.stranger();
    for operation in operations() {
        let Some((_, body)) = action_of(&operation.id) else { continue };
        let mut request = stranger.request(operation.method.clone(), &operation.filled("north", &ids));
        request = request
            .header("Sec-Fetch-Site", "same-origin")
            .header("Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:");
        let answer =
            stranger.send(if operation.method == Method::GET { request } else { request.json(&body) }).await;
        assert_eq!(answer.status, 401, "{}: {}", operation.id, answer.text);
    }
}
