//! One's own login: sessions, password, address. And who is out at once.

use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_testkit::{Answer, Options, PASSWORD, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope, TenantRole};

const SESSION: &str = "/api/v1/session";
const SESSIONS: &str = "/api/v1/me/sessions";
const NEW: &str = "another four words here";

fn login(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    server.stranger().post(SESSION, &login(email, password)).await
}

/// The last part of the link in the newest of `count` mails to somebody.
async fn token_mailed(server: &Server, to: &str, count: usize) -> String {
    let mail = server.mails(to, count).await.pop().unwrap();
    mail.link(&server.url).rsplit('/').next().unwrap().to_owned()
}

/// The kinds of event in the agency's log, oldest first.
async fn events(person: &Person) -> Vec<String> {
    let page = person.get("/api/v1/agencies/acme/audit?limit=200").await.expect(200);
    let items = page["items"].as_array().unwrap().iter().rev();
    items.map(|item| item["event"].as_str().unwrap().to_owned()).collect()
}

async fn owner(server: &Server) -> Person {
    server.person("olga", Role::Agency(AgencyRole::Owner)).await
}

#[tokio::test]
async fn a_script_signs_in_and_out() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let answer = sign_in(&server, &ann.email, PASSWORD).await;
    let body = answer.expect(201);
    assert_eq!(body["user"]["email"], ann.email);
    let header = answer.headers["set-cookie"].to_str().unwrap();
    assert!(header.contains("HttpOnly") && header.contains("SameSite=Lax"), "{header}");
    let person = Person::with_session(&server.url, &ann.email, &answer.cookie("wh_session").unwrap());
    assert_eq!(person.get("/api/v1/me").await.expect(200), body);

    // With the cookie, an unsafe request says where it comes from.
    let delete = || {
        let request = server.stranger().request(Method::DELETE, SESSION);
        request.header("Cookie", format!("wh_session={}", person.cookie.as_deref().unwrap()))
    };
    person.send(delete()).await.problem(403);
    assert_eq!(person.send(delete().header("Origin", &server.url)).await.status, 204);
    person.get("/api/v1/me").await.problem(401);
    // An API token is no session.
    server.token(&ann, &[Scope::Read]).await.delete(SESSION).await.problem(401);
}

#[tokio::test]
async fn other_sites_sign_nobody_in() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (header, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", "none"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let request = server.stranger().request(Method::POST, SESSION).header(header, value);
        let answer = ann.send(request.json(&login(&ann.email, PASSWORD))).await;
        assert_eq!(answer.status, 403, "{header}: {value}");
        assert_eq!(answer.cookie("wh_session"), None);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_cost_and_say_the_same() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let mut seen = Vec::new();
    for email in [ann.email.as_str(), "nobody@north.example", "no address", "", "a\0b"] {
        let before = server.app.password_runs();
        let answer = sign_in(&server, email, "not the password at all").await;
        let mut problem = answer.expect(401);
        problem["request_id"] = Value::Null;
        seen.push((problem, server.app.password_runs() - before));
    }
    assert!(seen.iter().all(|answer| *answer == seen[0] && answer.1 == 1), "{seen:?}");
    // One too long to be hashed is compared with nothing, at the same price.
    let before = server.app.password_runs();
    sign_in(&server, &ann.email, &"x".repeat(100_000)).await.problem(401);
    assert_eq!(server.app.password_runs() - before, 1);
}

#[tokio::test]
async fn sessions_are_listed_and_end_at_once() {
    let server = Server::with_clients().await;
    let olga = owner(&server).await;
    let (phone, laptop) = (server.sign_in(&olga.email).await, server.sign_in(&olga.email).await);
    let bob = server.approver("bob").await;
    let list = olga.get(SESSIONS).await.expect(200);
    let current: Vec<bool> =
        list.as_array().unwrap().iter().map(|s| s["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false]);
    assert!(list[0]["agent"].is_string() && list[0]["last_seen_at"].is_string());

    // One's own only: another's looks like none.
    let of_bob = bob.get(SESSIONS).await.expect(200)[0]["id"].clone();
    olga.delete(&format!("{SESSIONS}/{}", of_bob.as_str().unwrap())).await.problem(404);
    bob.get("/api/v1/me").await.expect(200);

    let one = phone.get(SESSIONS).await.expect(200)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{SESSIONS}/{one}");
    assert_eq!(olga.delete(&path).await.status, 204);
    phone.get("/api/v1/me").await.problem(401);
    olga.delete(&path).await.problem(404);
    assert_eq!(olga.delete(SESSIONS).await.status, 204);
    laptop.get("/api/v1/me").await.problem(401);
    assert_eq!(olga.get(SESSIONS).await.expect(200).as_array().unwrap().len(), 1);
    assert_eq!(events(&olga).await.iter().filter(|event| *event == "sessions.revoked").count(), 2);

    // A token does not reach the login behind it.
    let script = server.token(&olga, Scope::ALL).await;
    script.get(SESSIONS).await.problem(403);
    script.delete(SESSIONS).await.problem(403);
    script.put("/api/v1/me/password", &json!({"current": PASSWORD, "password": NEW})).await.problem(403);
    script.put("/api/v1/me/email", &login("x@y.example", PASSWORD)).await.problem(403);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_once() {
    let server = Server::with_clients().await;
    let olga = owner(&server).await;
    let ask = |email: &str| json!({"email": email});
    let stranger = server.stranger();
    let known = stranger.post("/api/v1/password-reset", &ask("  Olga@North.example ")).await;
    let unknown = stranger.post("/api/v1/password-reset", &ask("nobody@north.example")).await;
    assert_eq!((known.status, &known.text), (202, &unknown.text));
    assert_eq!(known.status, unknown.status);
    let token = token_mailed(&server, &olga.email, 1).await;
    assert!(server.mails_now("nobody@north.example").is_empty());
    let database = server.database.owner().await;
    let hashes = database.query("SELECT token_hash FROM login_links", &[]).await.unwrap();
    assert_eq!(hashes.len(), 1);
    assert_eq!(hex::encode(hashes[0].get::<_, Vec<u8>>(0)), crate::support::sha256(token.as_bytes()));

    let confirm = |token: &str, password: &str| json!({"token": token, "password": password});
    let path = "/api/v1/password-reset/confirm";
    for (bad, why) in [("short", "at least 12"), ("Password1234", "breach"), ("Olga at North 1", "your name")]
    {
        let answer = stranger.post(path, &confirm(&token, bad)).await;
        assert!(answer.problem(400).contains(why), "{}", answer.text);
    }
    olga.get("/api/v1/me").await.expect(200);
    assert_eq!(stranger.post(path, &confirm(&token, NEW)).await.status, 204);
    stranger.post(path, &confirm(&token, NEW)).await.problem(404);
    olga.get("/api/v1/me").await.problem(401);
    sign_in(&server, &olga.email, PASSWORD).await.problem(401);
    sign_in(&server, &olga.email, NEW).await.expect(201);
    let notice = server.mails(&olga.email, 2).await.pop().unwrap();
    assert!(notice.raw.contains("Subject: Your password was changed"));
    let admin = server.person("ada", Role::Agency(AgencyRole::AgencyAdmin)).await;
    let events = events(&admin).await;
    let reset: Vec<_> = events.iter().filter(|event| event.starts_with("password.")).collect();
    assert_eq!(reset, ["password.reset-asked", "password.reset"]);
}

#[tokio::test]
async fn a_reset_link_is_too_old_after_an_hour_and_void_after_a_change() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let (stranger, ask) = (server.stranger(), json!({"email": ann.email}));
    let confirm = async |token: String| {
        let body = json!({"token": token, "password": NEW});
        stranger.post("/api/v1/password-reset/confirm", &body).await
    };
    stranger.post("/api/v1/password-reset", &ask).await;
    let old = token_mailed(&server, &ann.email, 1).await;
    let database = server.database.owner().await;
    let until = "SELECT expires_at - created_at BETWEEN '59 minutes' AND '61 minutes' FROM login_links";
    assert!(database.query_one(until, &[]).await.unwrap().get::<_, bool>(0));
    database.execute("UPDATE login_links SET expires_at = now() - interval '1 second'", &[]).await.unwrap();
    confirm(old).await.problem(404);

    stranger.post("/api/v1/password-reset", &ask).await;
    let token = token_mailed(&server, &ann.email, 2).await;
    let change = json!({"current": PASSWORD, "password": NEW});
    assert_eq!(ann.put("/api/v1/me/password", &change).await.status, 204);
    confirm(token).await.problem(404);
}

#[tokio::test]
async fn a_job_that_runs_twice_mails_one_link() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    server.stranger().post("/api/v1/password-reset", &json!({"email": ann.email})).await;
    server.mails(&ann.email, 1).await;
    let database = server.database.owner().await;
    let again = "UPDATE jobs SET done_at = NULL, leased_until = NULL WHERE kind = 'password_reset_send'";
    let done =
        "SELECT FROM jobs WHERE kind = 'password_reset_send' AND done_at IS NOT NULL AND attempts = $1";
    for attempts in [1, 2] {
        while database.query(done, &[&attempts]).await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        if attempts == 1 {
            assert_eq!(database.execute(again, &[]).await.unwrap(), 1);
        }
    }
    let links = database.query("SELECT FROM login_links", &[]).await.unwrap();
    let mails = database.query("SELECT FROM mails", &[]).await.unwrap();
    assert_eq!((links.len(), mails.len()), (1, 1));
}

#[tokio::test]
async fn changing_the_password_needs_the_present_one_and_ends_other_sessions() {
    let server = Server::with_clients().await;
    let olga = owner(&server).await;
    let elsewhere = server.sign_in(&olga.email).await;
    let path = "/api/v1/me/password";
    let change = |current: &str, new: &str| json!({"current": current, "password": new});
    assert!(olga.put(path, &change("not it at all", NEW)).await.problem(403).contains("present password"));
    assert!(olga.put(path, &change(PASSWORD, "qwertyuiop123")).await.problem(400).contains("breach"));
    assert!(
        olga.put(path, &change(PASSWORD, "Acme AI 2026!!"))
            .await
            .problem(400)
            .contains("a place you work at")
    );
    olga.put(path, &change(PASSWORD, PASSWORD)).await.problem(400);
    elsewhere.get("/api/v1/me").await.expect(200);
    assert_eq!(olga.put(path, &change(PASSWORD, NEW)).await.status, 204);
    olga.get("/api/v1/me").await.expect(200);
    elsewhere.get("/api/v1/me").await.problem(401);
    sign_in(&server, &olga.email, PASSWORD).await.problem(401);
    sign_in(&server, &olga.email, NEW).await.expect(201);
    assert!(events(&olga).await.contains(&"password.changed".to_owned()));
    server.mails(&olga.email, 1).await;
}

#[tokio::test]
async fn an_address_changes_by_a_link_and_can_be_taken_back() {
    let server = Server::with_clients().await;
    let olga = owner(&server).await;
    let (path, to) = ("/api/v1/me/email", "olga@home.example");
    olga.put(path, &login(to, "not it at all")).await.problem(403);
    olga.put(path, &login(&olga.email, PASSWORD)).await.problem(400);
    assert_eq!(olga.put(path, &login(to, PASSWORD)).await.status, 202);
    let token = json!({"token": token_mailed(&server, to, 1).await});
    let stranger = server.stranger();
    // Nothing has changed yet.
    sign_in(&server, to, PASSWORD).await.problem(401);
    assert_eq!(stranger.post("/api/v1/email-change/confirm", &token).await.status, 204);
    stranger.post("/api/v1/email-change/confirm", &token).await.problem(404);
    assert_eq!(olga.get("/api/v1/me").await.expect(200)["user"]["email"], to);
    sign_in(&server, to, PASSWORD).await.expect(201);

    // Whoever has the new address can have the password replaced, but not the way back.
    stranger.post("/api/v1/password-reset", &json!({"email": to})).await;
    let reset = json!({"token": token_mailed(&server, to, 2).await, "password": NEW});
    assert_eq!(stranger.post("/api/v1/password-reset/confirm", &reset).await.status, 204);
    let thief = sign_in(&server, to, NEW).await;
    let thief = Person::with_session(&server.url, to, &thief.cookie("wh_session").unwrap());
    let undo = json!({"token": token_mailed(&server, &olga.email, 1).await});
    assert_eq!(stranger.post("/api/v1/email-change/undo", &undo).await.status, 204);
    stranger.post("/api/v1/email-change/undo", &undo).await.problem(404);
    thief.get("/api/v1/me").await.problem(401);
    for (email, password) in [(to, NEW), (olga.email.as_str(), NEW), (olga.email.as_str(), PASSWORD)] {
        sign_in(&server, email, password).await.problem(401);
    }
    let mine = "a third set of words";
    let reset = json!({"token": token_mailed(&server, &olga.email, 2).await, "password": mine});
    assert_eq!(stranger.post("/api/v1/password-reset/confirm", &reset).await.status, 204);
    sign_in(&server, &olga.email, mine).await.expect(201);
    let log = events(&server.person("ada", Role::Agency(AgencyRole::AgencyAdmin)).await).await;
    let about: Vec<_> = log.iter().filter(|event| event.starts_with("email.")).collect();
    assert_eq!(about, ["email.change-asked", "email.changed", "email.change-undone"]);
}

#[tokio::test]
async fn asking_for_an_address_does_not_tell_whether_it_has_a_login() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let ask = async |to: &str| ann.put("/api/v1/me/email", &login(to, PASSWORD)).await;
    let (taken, free) = (ask(&bob.email).await, ask("free@north.example").await);
    assert_eq!((taken.status, taken.text), (free.status, free.text));
    // Only whoever reads the mail learns it.
    let token = json!({"token": token_mailed(&server, &bob.email, 1).await});
    server.mails("free@north.example", 1).await;
    let refused = server.stranger().post("/api/v1/email-change/confirm", &token).await;
    assert!(refused.problem(409).contains("login of its own"));
    assert_eq!(bob.get("/api/v1/me").await.expect(200)["user"]["email"], bob.email);
    assert_eq!(ann.get("/api/v1/me").await.expect(200)["user"]["email"], ann.email);
}

#[tokio::test]
async fn inviting_does_not_tell_whether_somebody_has_a_login_elsewhere() {
    let server = Server::with_clients().await;
    let cleo = server.person("cleo", Role::Tenant(TenantRole::ClientAdmin)).await;
    let sam = server.person_at("sam", Role::Tenant(TenantRole::Viewer), "south").await;
    let invite = async |email: &str| {
        let body = json!({"email": email, "role": "viewer"});
        let before = server.app.password_runs();
        let mut answer = cleo.post("/api/v1/tenants/north/invitations", &body).await.expect(201);
        for (own, value) in
            [("id", json!("")), ("email", json!("")), ("created_at", json!("")), ("expires_at", json!(""))]
        {
            assert!(answer[own].is_string());
            answer[own] = value;
        }
        (answer, server.app.password_runs() - before)
    };
    assert_eq!(invite(&sam.email).await, invite("nobody@south.example").await);
    // They join with the password that they have.
    let token = token_mailed(&server, &sam.email, 1).await;
    let accept = async |password: &str| {
        let form = server.stranger().request(Method::POST, "/do/invitation-accept");
        let form = form.header("Accept", "application/json").header("Sec-Fetch-Site", "same-origin");
        let form = form.header("Content-Type", "application/x-www-form-urlencoded");
        sam.send(form.body(format!("token={token}&password={}", password.replace(' ', "+")))).await
    };
    assert_eq!(accept("not it at all").await.status, 401);
    assert!(accept(PASSWORD).await.cookie("wh_session").is_some());
    sam.get("/api/v1/tenants/north").await.expect(200);
}

#[tokio::test]
async fn roles_and_revocations_bite_on_every_server_at_once() {
    let server = Server::with_clients().await;
    let twin = server.beside(Options::default());
    let olga = owner(&server).await;
    let at_twin =
        |person: &Person| Person::with_session(&twin.url, &person.email, person.cookie.as_deref().unwrap());
    let vic = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    let ann = server.engineer("ann").await;
    let (vic_there, ann_there) = (at_twin(&vic), at_twin(&ann));
    let id = |me: Value| me["user"]["id"].as_str().unwrap().to_owned();
    let member = format!("/api/v1/tenants/north/members/{}", id(vic.get("/api/v1/me").await.json()));
    let staff = format!("/api/v1/agencies/acme/staff/{}", id(ann.get("/api/v1/me").await.json()));

    vic_there.get("/api/v1/tenants/north/audit").await.problem(403);
    assert_eq!(olga.put(&member, &json!({"role": "approver"})).await.status, 204);
    vic_there.get("/api/v1/tenants/north/audit").await.expect(200);
    ann_there.post("/api/v1/tenants/north/projects", &json!({"slug": "one"})).await.expect(201);
    assert_eq!(olga.put(&staff, &json!({"role": "auditor"})).await.status, 204);
    ann_there.post("/api/v1/tenants/north/projects", &json!({"slug": "two"})).await.problem(403);

    // Whoever loses their last place is out, by session and by token.
    let script = server.token(&vic, &[Scope::Read]).await;
    script.get("/api/v1/me").await.expect(200);
    assert_eq!(olga.delete(&member).await.status, 204);
    vic_there.get("/api/v1/me").await.problem(401);
    script.get("/api/v1/me").await.problem(401);
    assert_eq!(olga.delete(&staff).await.status, 204);
    ann_there.get("/api/v1/me").await.problem(401);
    // And is told why, once they have shown who they are.
    assert!(sign_in(&twin, &ann.email, PASSWORD).await.problem(403).contains("any more"));
    sign_in(&twin, &ann.email, "not the password").await.problem(401);

    let elsewhere = at_twin(&server.sign_in(&olga.email).await);
    elsewhere.get("/api/v1/me").await.expect(200);
    assert_eq!(olga.delete(SESSIONS).await.status, 204);
    elsewhere.get("/api/v1/me").await.problem(401);
}
