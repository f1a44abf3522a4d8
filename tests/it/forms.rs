//! Every form's endpoint (server function) × every role × an own, a foreign
//! and a random tenant, against the permission table, as `routes.rs` does for
//! the API; and none of them without a session or without our own page's token.

use crate::support::{promote, register};
use leptos::server_fn::actix::server_fn_paths;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;
use std::collections::BTreeSet;
use weighhouse_core::tenancy;
use weighhouse_testkit::{Answer, Person, Server};
use weighhouse_types::permission::{Action, AgencyAction, Role, agency_allows, allows};
use weighhouse_types::tenancy::TenantCreate;

/// What a form needs of whoever sends it.
#[derive(Clone, Copy)]
enum Needs {
    /// To sign in and the like: no session.
    Nothing,
    Session,
    Tenant(Action),
    Agency(AgencyAction),
}

type Fields = &'static [(&'static str, &'static str)];

const NO_ID: &str = "00000000-0000-7000-8000-000000000000";

/// Every form with its fields. `{place}` is a client's (or agency's) short
/// name, `{promotion}` an open request's id. What would change anything for
/// the forms after it is worded so that it is refused once it is authorised.
const FORMS: &[(&str, Needs, Fields)] = &[
    ("/do/sign-in", Needs::Nothing, &[("email", "nobody@north.example"), ("password", "x")]),
    ("/do/setup", Needs::Nothing, &[("code", "x")]),
    ("/do/invitation-accept", Needs::Nothing, &[("token", "x"), ("name", "x"), ("password", "x")]),
    (
        "/do/token-create",
        Needs::Tenant(Action::TokenManageOwn),
        &[("tenant", "{place}"), ("name", "x"), ("scopes[]", "read"), ("expires_days", "1")],
    ),
    ("/do/token-revoke", Needs::Tenant(Action::TokenManageOwn), &[("tenant", "{place}"), ("token", NO_ID)]),
    (
        "/do/tenant-create",
        Needs::Agency(AgencyAction::TenantCreate),
        &[("agency", "{place}"), ("slug", "north"), ("name", "x")],
    ),
    (
        "/do/project-create",
        Needs::Tenant(Action::ProjectCreate),
        &[("tenant", "{place}"), ("slug", "claims"), ("name", "x")],
    ),
    (
        "/do/invitation-create",
        Needs::Tenant(Action::MemberManage),
        &[("tenant", "{place}"), ("email", "x@y.example"), ("role", "viewer")],
    ),
    (
        "/do/invitation-revoke",
        Needs::Tenant(Action::MemberManage),
        &[("tenant", "{place}"), ("invitation", NO_ID)],
    ),
    (
        "/do/member-update",
        Needs::Tenant(Action::MemberManage),
        &[("tenant", "{place}"), ("user", NO_ID), ("role", "viewer")],
    ),
    ("/do/member-remove", Needs::Tenant(Action::MemberManage), &[("tenant", "{place}"), ("user", NO_ID)]),
    (
        "/do/promotion-open",
        Needs::Tenant(Action::PromotionOpen),
        &[("version", "{place}/claims/fraud@1"), ("target", "archived"), ("reason", "x")],
    ),
    (
        "/do/promotion-decide",
        Needs::Tenant(Action::PromotionDecide),
        &[
            ("tenant", "{place}"),
            ("promotion", "{promotion}"),
            ("evidence_digest", "stale"),
            ("decision", "approve"),
            ("reason", "x"),
        ],
    ),
    (
        "/do/rollback",
        Needs::Tenant(Action::ProductionRollback),
        &[("version", "{place}/claims/fraud@1"), ("reason", "")],
    ),
    (
        "/do/version-retire",
        Needs::Tenant(Action::VersionRetire),
        &[("version", "{place}/claims/fraud@1"), ("reason", "")],
    ),
    (
        "/do/annotation-describe",
        Needs::Tenant(Action::Annotate),
        &[("of", "{place}/claims/fraud@1"), ("description", "x"), ("seen", "other")],
    ),
    (
        "/do/annotation-tag",
        Needs::Tenant(Action::Annotate),
        &[("of", "{place}/claims/fraud@1"), ("key", ""), ("value", "x"), ("seen", "")],
    ),
    (
        "/do/annotation-untag",
        Needs::Tenant(Action::Annotate),
        &[("of", "{place}/claims/fraud"), ("key", "x"), ("seen", "y")],
    ),
    (
        "/do/alias-set",
        Needs::Tenant(Action::Annotate),
        &[("version", "{place}/claims/fraud@1"), ("alias", "latest")],
    ),
    (
        "/do/alias-remove",
        Needs::Tenant(Action::Annotate),
        &[("version", "{place}/claims/fraud@1"), ("alias", "-")],
    ),
    (
        "/do/pin-set",
        Needs::Tenant(Action::PinManage),
        &[("model", "{place}/claims/fraud"), ("every_minutes", "60"), ("endpoint", "")],
    ),
    ("/do/pin-check", Needs::Tenant(Action::PinManage), &[("model", "{place}/claims/fraud")]),
    ("/do/pin-remove", Needs::Tenant(Action::PinManage), &[("model", "{place}/claims/fraud")]),
    (
        "/do/comment-add",
        Needs::Tenant(Action::CommentAdd),
        &[("version", "{place}/claims/fraud@1"), ("text", "")],
    ),
    (
        "/do/signer-add",
        Needs::Tenant(Action::SignerManage),
        &[("tenant", "{place}"), ("name", "x"), ("pem", "x")],
    ),
    ("/do/signer-remove", Needs::Tenant(Action::SignerManage), &[("tenant", "{place}"), ("signer", NO_ID)]),
    ("/do/job-retry", Needs::Tenant(Action::JobManage), &[("tenant", "{place}"), ("job", NO_ID)]),
    (
        "/do/job-discard",
        Needs::Tenant(Action::JobManage),
        &[("tenant", "{place}"), ("job", NO_ID), ("reason", "x")],
    ),
    (
        "/do/retention-set",
        Needs::Tenant(Action::RetentionManage),
        &[("tenant", "{place}"), ("revision", "0"), ("terms[mails]", "1")],
    ),
    (
        "/do/compatibility-state",
        Needs::Tenant(Action::CompatibilityState),
        &[("version", "{place}/claims/fraud@1"), ("with", "x"), ("verdict", "compatible"), ("reason", "x")],
    ),
    (
        "/do/system-policy-set",
        Needs::Tenant(Action::SystemPolicyManage),
        &[("tenant", "{place}"), ("revision", "99"), ("broken_systems", "warn")],
    ),
    ("/do/hold-place", Needs::Tenant(Action::HoldManage), &[("tenant", "{place}"), ("reason", "")]),
    (
        "/do/hold-lift-ask",
        Needs::Tenant(Action::HoldManage),
        &[("tenant", "{place}"), ("hold", NO_ID), ("reason", "x")],
    ),
    ("/do/hold-lift-confirm", Needs::Tenant(Action::HoldManage), &[("tenant", "{place}"), ("hold", NO_ID)]),
    ("/do/hold-lift-withdraw", Needs::Tenant(Action::HoldManage), &[("tenant", "{place}"), ("hold", NO_ID)]),
    ("/do/password-reset-ask", Needs::Nothing, &[("email", "nobody")]),
    ("/do/password-reset", Needs::Nothing, &[("token", "x"), ("password", "x")]),
    ("/do/email-confirm", Needs::Nothing, &[("token", "x")]),
    ("/do/email-undo", Needs::Nothing, &[("token", "x")]),
    ("/do/password-change", Needs::Session, &[("current", "four+words+make+one"), ("password", "short")]),
    ("/do/email-change", Needs::Session, &[("email", "nobody"), ("password", "x")]),
    ("/do/session-revoke", Needs::Session, &[("session", NO_ID)]),
    ("/do/session-revoke-others", Needs::Session, &[]),
    (
        "/do/staff-invite",
        Needs::Agency(AgencyAction::StaffManage),
        &[("agency", "{place}"), ("email", "x@y.example"), ("role", "engineer")],
    ),
    (
        "/do/staff-uninvite",
        Needs::Agency(AgencyAction::StaffManage),
        &[("agency", "{place}"), ("invitation", NO_ID)],
    ),
    (
        "/do/staff-update",
        Needs::Agency(AgencyAction::StaffManage),
        &[("agency", "{place}"), ("user", NO_ID), ("role", "engineer")],
    ),
    ("/do/staff-remove", Needs::Agency(AgencyAction::StaffManage), &[("agency", "{place}"), ("user", NO_ID)]),
    // These two end something, and so come last.
    (
        "/do/promotion-withdraw",
        Needs::Tenant(Action::PromotionWithdraw),
        &[("tenant", "{place}"), ("promotion", "{promotion}")],
    ),
    ("/do/sign-out", Needs::Session, &[]),
];

/// A form as somebody sends it.
#[derive(Clone, Copy)]
struct Form<'a> {
    path: &'a str,
    fields: Fields,
    promotion: &'a str,
}

impl Form<'_> {
    /// None of the values has a character that needs encoding.
    fn body(&self, place: &str, csrf: &str) -> String {
        let fields = self.fields.iter().map(|(name, value)| {
            let value = value.replace("{place}", place).replace("{promotion}", self.promotion);
            format!("{name}={value}&")
        });
        fields.chain([format!("csrf={csrf}")]).collect()
    }

    async fn send(&self, person: &Person, place: &str, csrf: &str) -> Answer {
        let request = person
            .request(Method::POST, self.path)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(self.body(place, csrf));
        // Browsers send this header with every request; a person with a session is one.
        let request =
            if person.cookie.is_none() { request.header("Sec-Fetch-Site", "same-origin") } else { request };
        person.send(request).await
    }
}

/// The form token in a person's pages.
async fn csrf(person: &Person) -> String {
    let page = person.get("/").await;
    let (_, rest) = page.text.split_once("name=\"csrf\" value=\"").expect("a form with its token");
    rest.split('"').next().unwrap().to_owned()
}

/// The agency acme with its clients north (a version, an open request) and
/// south, and the agency umbra with its client east.
async fn world() -> (Server, String) {
    let server = Server::with_clients().await;
    tenancy::agency_create(&server.console(), "umbra", "Umbra").await.unwrap();
    let east = TenantCreate { slug: "east".into(), name: None };
    tenancy::tenant_create(&server.console(), "umbra", east).await.unwrap();
    let engineer = server.engineer("first").await;
    register(&engineer, "fraud", "one").await;
    promote(&engineer, "fraud", 1, "staging").await.expect(201);
    let request = promote(&engineer, "fraud", 1, "production").await.expect(201);
    let promotion = request["id"].as_str().unwrap().to_owned();
    (server, promotion)
}

fn forms(promotion: &str) -> impl Iterator<Item = (Form<'_>, Needs)> {
    FORMS.iter().map(move |(path, needs, fields)| (Form { path, fields, promotion }, *needs))
}

fn forms_with_session(promotion: &str) -> impl Iterator<Item = Form<'_>> {
    forms(promotion).filter(|(_, needs)| !matches!(needs, Needs::Nothing)).map(|(form, _)| form)
}

/// The answer without what differs from request to request.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    if let Some(problem) = body.as_object_mut() {
        problem.remove("request_id");
    }
    (answer.status, body)
}

/// What the table says of a role at its own place: `None` where that place is
/// not visible to it at all.
fn may(role: Role, needs: Needs) -> Option<bool> {
    match (needs, role) {
        (Needs::Nothing | Needs::Session, _) => Some(true),
        (Needs::Tenant(action), role) => Some(allows(role, action)),
        (Needs::Agency(action), Role::Agency(role)) => Some(agency_allows(role, action)),
        (Needs::Agency(_), Role::Tenant(_)) => None,
    }
}

/// Whether an allowed form got past authorisation: it worked, or was refused
/// for what it asked. Ids made up here are not found even so.
fn authorised(form: &Form, answer: &Answer) -> bool {
    let made_up = form.fields.iter().any(|(_, value)| *value == NO_ID);
    match answer.status {
        200 | 303 | 400 | 409 | 422 => true,
        404 => made_up && !answer.text.contains("such tenant"),
        _ => false,
    }
}

#[tokio::test]
async fn the_table_names_every_form() {
    let _server = Server::empty().await;
    let registered: BTreeSet<_> = server_fn_paths().map(|(path, _)| path).collect();
    let listed: BTreeSet<_> = FORMS.iter().map(|(path, ..)| *path).collect();
    assert_eq!(registered, listed);
    assert!(server_fn_paths().all(|(_, method)| method == "POST"));
}

#[tokio::test]
async fn every_form_follows_the_permissions() {
    let (server, promotion) = world().await;
    for role in Role::all() {
        let person = server.person(role.as_str(), role).await;
        let csrf = csrf(&person).await;
        for (form, needs) in forms(&promotion) {
            let place = if matches!(needs, Needs::Agency(_)) { "acme" } else { "north" };
            if matches!(needs, Needs::Nothing) {
                continue;
            }
            let answer = form.send(&person, place, &csrf).await;
            let said = format!("{} as {role}: {} {}", form.path, answer.status, answer.text);
            match may(role, needs) {
                Some(true) => assert!(authorised(&form, &answer), "{said}"),
                Some(false) => assert_eq!(answer.status, 403, "{said}"),
                None => assert_eq!(answer.status, 404, "{said}"),
            }
        }
    }
}

#[tokio::test]
async fn foreign_is_the_same_as_random() {
    let (server, promotion) = world().await;
    for role in Role::all() {
        let person = server.person(role.as_str(), role).await;
        let csrf = csrf(&person).await;
        for (form, needs) in forms(&promotion) {
            let foreign: &[&str] = match (needs, role) {
                (Needs::Nothing | Needs::Session, _) => continue,
                (Needs::Agency(_), _) => &["umbra"],
                (Needs::Tenant(_), Role::Agency(_)) => &["east"],
                (Needs::Tenant(_), Role::Tenant(_)) => &["east", "south"],
            };
            let random = form.send(&person, "no-such-place", &csrf).await;
            assert_eq!(random.status, 404, "{} as {role}: {}", form.path, random.text);
            for place in foreign {
                let answer = form.send(&person, place, &csrf).await;
                assert_eq!(shape(&answer), shape(&random), "{} at {place} as {role}", form.path);
            }
        }
    }
}

#[tokio::test]
async fn without_the_pages_token_nothing_is_done() {
    let (server, promotion) = world().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let of_another = csrf(&bob).await;
    for form in forms_with_session(&promotion) {
        for wrong in ["", "nonsense", &of_another] {
            let answer = form.send(&ann, "north", wrong).await;
            let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
            assert!(
                answer.status == 403 && detail.contains("older session"),
                "{}: {}",
                form.path,
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn without_a_session_there_is_nothing() {
    let (server, promotion) = world().await;
    let ann = server.engineer("ann").await;
    let csrf = csrf(&ann).await;
    let script = server.token(&ann, weighhouse_types::permission::Scope::ALL).await;
    for form in forms_with_session(&promotion) {
        for nobody in [&server.stranger(), &script] {
            let answer = form.send(nobody, "north", &csrf).await;
            assert_eq!(answer.status, 401, "{}: {}", form.path, answer.text);
        }
    }
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let (server, promotion) = world().await;
    let ann = server.engineer("ann").await;
    let csrf = csrf(&ann).await;
    for (form, _) in forms(&promotion) {
        let request = server
            .stranger()
            .request(Method::POST, form.path)
            .header("Cookie", format!("wh_session={}", ann.cookie.as_deref().unwrap()))
            .header("Sec-Fetch-Site", "cross-site")
            .header("Origin", "https://elsewhere.example")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.body("north", &csrf));
        let answer = ann.send(request).await;
        assert_eq!(answer.status, 403, "{}: {}", form.path, answer.text);
    }
    ann.get("/api/v1/me").await.expect(200);
}
