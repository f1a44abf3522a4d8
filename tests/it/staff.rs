//! The people who work at an agency: who may invite, promote and remove whom.

use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_core::{Ctx, memberships, tenancy};
use weighhouse_testkit::{PASSWORD, Person, Server};
use weighhouse_types::permission::{AgencyAction, AgencyRole, Role, TenantRole, agency_allows};

const STAFF: &str = "/api/v1/agencies/acme/staff";
const INVITATIONS: &str = "/api/v1/agencies/acme/invitations";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

async fn path_of(person: &Person) -> String {
    let me = person.get("/api/v1/me").await.expect(200);
    format!("{STAFF}/{}", me["user"]["id"].as_str().unwrap())
}

fn role(name: &str) -> Value {
    json!({ "role": name })
}

#[tokio::test]
async fn every_operation_follows_the_table() {
    let server = Server::with_clients().await;
    tenancy::agency_create(&server.console(), "umbra", "Umbra").await.unwrap();
    let invitation = json!({"email": "x@y.example", "role": "engineer"});
    let operations: [(Method, String, Value, AgencyAction); 6] = [
        (Method::GET, "staff".into(), Value::Null, AgencyAction::AgencyRead),
        (Method::PUT, format!("staff/{NOBODY}"), role("engineer"), AgencyAction::StaffManage),
        (Method::DELETE, format!("staff/{NOBODY}"), Value::Null, AgencyAction::StaffManage),
        (Method::GET, "invitations".into(), Value::Null, AgencyAction::StaffManage),
        (Method::POST, "invitations".into(), invitation, AgencyAction::StaffManage),
        (Method::DELETE, format!("invitations/{NOBODY}"), Value::Null, AgencyAction::StaffManage),
    ];
    for at in Role::all() {
        let person = server.person(at.as_str(), at).await;
        for (method, path, body, action) in &operations {
            let call = async |agency: &str| {
                let request = person.request(method.clone(), &format!("/api/v1/agencies/{agency}/{path}"));
                let request = if body.is_null() { request } else { request.json(body) };
                let mut answer = person.send(request).await;
                if let Ok(Value::Object(mut problem)) = serde_json::from_str(&answer.text) {
                    problem.remove("request_id");
                    answer.text = Value::Object(problem).to_string();
                }
                answer
            };
            let (own, foreign, random) = (call("acme").await, call("umbra").await, call("no-such").await);
            let said = format!("{method} {path} as {at}: {} {}", own.status, own.text);
            assert_eq!((foreign.status, foreign.text), (404, random.text.clone()), "{said}");
            match at {
                Role::Tenant(_) => assert_eq!((own.status, own.text), (404, random.text), "{said}"),
                Role::Agency(role) if !agency_allows(role, *action) => assert_eq!(own.status, 403, "{said}"),
                Role::Agency(_) if path.contains(NOBODY) => {
                    assert!(own.problem(404).contains("no such"), "{said}")
                }
                Role::Agency(_) => assert!(own.status < 300, "{said}"),
            }
        }
    }
}

#[tokio::test]
async fn only_owners_say_who_is_an_owner_and_one_stays() {
    let server = Server::with_clients().await;
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let ada = server.person("ada", Role::Agency(AgencyRole::AgencyAdmin)).await;
    let ann = server.engineer("ann").await;
    let (olga_path, ada_path, ann_path) = (path_of(&olga).await, path_of(&ada).await, path_of(&ann).await);
    for (path, wanted) in [(&ann_path, Some("owner")), (&olga_path, Some("engineer")), (&olga_path, None)] {
        let answer = match wanted {
            Some(name) => ada.put(path, &role(name)).await,
            None => ada.delete(path).await,
        };
        assert!(answer.problem(403).contains("owner.manage"), "{}", answer.text);
    }
    let invite = json!({"email": "x@y.example", "role": "owner"});
    ada.post(INVITATIONS, &invite).await.problem(403);
    assert_eq!(ada.put(&ann_path, &role("auditor")).await.status, 204);
    olga.put(&olga_path, &role("engineer")).await.problem(403);

    // Two owners who remove each other at one moment: one stays.
    assert_eq!(olga.put(&ada_path, &role("owner")).await.status, 204);
    let (first, second) = tokio::join!(olga.delete(&ada_path), ada.delete(&olga_path));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 204, "{statuses:?}");
    assert!(matches!(statuses[1], 401 | 403 | 404 | 409), "{statuses:?}");
    let database = server.database.owner().await;
    let owners = database.query("SELECT FROM agency_members WHERE role = 'owner'", &[]).await.unwrap();
    assert_eq!(owners.len(), 1);
}

#[tokio::test]
async fn staff_come_by_invitation_and_go_at_once() {
    let server = Server::with_clients().await;
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let invite = |email: &str| json!({"email": email, "role": "engineer"});
    let invitation = olga.post(INVITATIONS, &invite("Eve@Acme.example")).await.expect(201);
    assert_eq!(olga.get(INVITATIONS).await.expect(200)[0]["email"], "eve@acme.example");
    let link = server.mails("eve@acme.example", 1).await[0].link(&server.url);
    let token = link.rsplit('/').next().unwrap();
    let anonymous = Ctx::anonymous(&server.app, "test");
    let shown = memberships::invitation_show(&anonymous, token).await.unwrap();
    assert_eq!((shown.place.as_str(), shown.role), ("Acme AI", Role::Agency(AgencyRole::Engineer)));
    let breached = memberships::invitation_accept(&anonymous, token, "Eve", "password1234", "x").await;
    assert!(breached.unwrap_err().to_string().contains("breach"));
    memberships::invitation_accept(&anonymous, token, "Eve", PASSWORD, "x").await.unwrap();
    let again = memberships::invitation_accept(&anonymous, token, "Eve", PASSWORD, "x").await;
    assert_eq!(again.unwrap_err().problem().status, 404);

    let eve = server.sign_in("eve@acme.example").await;
    // Two invitations on their way: who took one cannot take the other.
    for _ in 0..2 {
        olga.post(INVITATIONS, &invite("sam@acme.example")).await.expect(201);
    }
    for (mail, works) in server.mails("sam@acme.example", 2).await.iter().zip([true, false]) {
        let link = mail.link(&server.url);
        let token = link.rsplit('/').next().unwrap();
        let joined = memberships::invitation_accept(&anonymous, token, "Sam", PASSWORD, "x").await;
        assert_eq!(joined.map_err(|error| error.problem().status).err(), (!works).then_some(409));
    }
    eve.get("/api/v1/tenants/north").await.expect(200);
    let staff = eve.get(STAFF).await.expect(200);
    let names: Vec<_> =
        staff.as_array().unwrap().iter().map(|member| member["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Eve", "Sam", "olga"]);
    assert!(olga.post(INVITATIONS, &invite("eve@acme.example")).await.problem(409).contains("already"));
    let path = path_of(&eve).await;
    assert_eq!(olga.delete(&path).await.status, 204);
    eve.get("/api/v1/tenants/north").await.problem(401);
    olga.delete(&path).await.problem(404);

    // Revoked, the link is worth nothing. One that was taken cannot be.
    let taken = format!("{INVITATIONS}/{}", invitation["id"].as_str().unwrap());
    olga.delete(&taken).await.problem(404);
    let other = olga.post(INVITATIONS, &invite("kim@acme.example")).await.expect(201);
    let path = format!("{INVITATIONS}/{}", other["id"].as_str().unwrap());
    assert_eq!(olga.delete(&path).await.status, 204);
    let link = server.mails("kim@acme.example", 1).await[0].link(&server.url);
    let gone = memberships::invitation_show(&anonymous, link.rsplit('/').next().unwrap()).await;
    assert_eq!(gone.unwrap_err().problem().status, 404);

    let log = olga.get("/api/v1/agencies/acme/audit?limit=200").await.expect(200);
    for wanted in [
        "olga invited eve@acme.example as engineer.",
        "eve@acme.example joined as engineer.",
        "olga removed eve@acme.example.",
        "olga revoked the invitation of kim@acme.example.",
    ] {
        let sentences =
            log["items"].as_array().unwrap().iter().map(|item| item["sentence"].as_str().unwrap());
        assert!(
            sentences.clone().any(|sentence| sentence == wanted),
            "{wanted} in {:?}",
            sentences.collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn clients_people_see_no_staff() {
    let server = Server::with_clients().await;
    let cleo = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    cleo.get(STAFF).await.problem(404);
    cleo.post(INVITATIONS, &json!({"email": "x@y.example", "role": "owner"})).await.problem(404);
}
