//! Limits on attempts: who is refused, who is not, and that nobody is for good.

use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_core::kernel::network::{Proxies, ProxyHeader};
use weighhouse_core::kernel::throttle;
use weighhouse_testkit::{Answer, Options, PASSWORD, Server};
use weighhouse_types::permission::{AgencyRole, Role};

const SESSION: &str = "/api/v1/session";
/// So many failures with one login from one network are free.
const FREE: usize = 10;

/// A server that believes this machine about where requests come from.
fn behind_a_proxy() -> Options {
    let trusted = vec!["127.0.0.1/32".parse().unwrap()];
    Options { proxies: Proxies { trusted, header: ProxyHeader::XForwardedFor }, ..Options::default() }
}

async fn server() -> Server {
    let server = Server::with(behind_a_proxy()).await;
    server.populate().await;
    server
}

async fn sign_in(server: &Server, address: &str, email: &str, password: &str) -> Answer {
    server.stranger().post_from(address, SESSION, &json!({"email": email, "password": password})).await
}

/// An answer without what differs from request to request.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut problem = answer.json();
    for own in ["request_id", "retry_after", "detail"] {
        problem.as_object_mut().unwrap().remove(own);
    }
    (answer.status, problem)
}

#[track_caller]
fn refused_for_now(answer: &Answer) {
    let detail = answer.problem(429);
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(answer.json()["retry_after"], seconds);
    assert!((1..=900).contains(&seconds), "{seconds}");
    assert!(detail.contains("ait ") && !detail.contains('{'), "{detail}");
}

/// Does it until it is refused for now, which it is soon after so many times:
/// a slow machine gets some of them back meanwhile. Gives every answer.
async fn until_refused(free: usize, act: impl AsyncFn() -> Answer) -> Vec<Answer> {
    let mut answers = vec![act().await];
    while answers.last().is_some_and(|answer| answer.status != 429) {
        assert!(answers.len() < 2 * free, "{} and no end", answers.len());
        answers.push(act().await);
    }
    assert!(answers.len() > free, "refused after {}", answers.len());
    answers
}

/// Lets time pass, as far as counts are concerned.
async fn set_free_at(server: &Server, when: &str) {
    let owner = server.database.owner().await;
    owner.execute(&format!("UPDATE throttles SET free_at = now() + interval '{when}'"), &[]).await.unwrap();
}

#[tokio::test]
async fn guessing_is_slowed_down_alike_for_known_and_unknown_logins() {
    let server = server().await;
    let ann = server.engineer("ann").await;
    let twin = server.beside(behind_a_proxy());
    let mut seen = Vec::new();
    for (email, address) in [(ann.email.as_str(), "192.0.2.1"), ("nobody@north.example", "192.0.2.2")] {
        let runs = server.app.password_runs();
        let answers = until_refused(FREE, || sign_in(&server, address, email, "a wrong guess")).await;
        let (last, before) = answers.split_last().unwrap();
        refused_for_now(last);
        let runs = usize::try_from(server.app.password_runs() - runs).unwrap();
        assert_eq!(runs, before.len(), "nothing is hashed for who has to wait");
        assert!(before.iter().all(|answer| shape(answer) == shape(&before[0])));
        seen.push((shape(&before[0]), shape(last)));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0.0, 401);

    set_free_at(&server, "20 minutes").await;
    // The right password waits, too; on any server; from there.
    refused_for_now(&sign_in(&twin, "192.0.2.1", &ann.email, PASSWORD).await);
    sign_in(&twin, "192.0.2.9", &ann.email, PASSWORD).await.expect(201);
    // Once the time has passed it works.
    set_free_at(&server, "9 minutes").await;
    sign_in(&server, "192.0.2.1", &ann.email, PASSWORD).await.expect(201);
    // And the slate is clean for this network.
    for _ in 0..FREE {
        sign_in(&server, "192.0.2.1", &ann.email, "a typing error").await.problem(401);
    }
}

#[tokio::test]
async fn strangers_cannot_keep_a_person_out() {
    let server = server().await;
    let ann = server.engineer("ann").await;
    // In the browser: what it is known by comes along with the session.
    let form = |cookie: &str, address: &str, password: &str| {
        let request = server.stranger().request(Method::POST, "/do/sign-in");
        let request = request.header("Accept", "application/json").header("Sec-Fetch-Site", "same-origin");
        let request =
            request.header("Cookie", cookie.to_owned()).header("X-Forwarded-For", address.to_owned());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        request.body(format!("email={}&password={}", ann.email, password.replace(' ', "+")))
    };
    let signed_in = ann.send(form("", "198.51.100.7", PASSWORD)).await;
    let device = format!("wh_device={}", signed_in.cookie("wh_device").unwrap());
    let stored =
        server.database.owner().await.query("SELECT device_hash FROM known_devices", &[]).await.unwrap();
    let hash = crate::support::sha256(device.split_once('=').unwrap().1.as_bytes());
    assert!(stored.iter().any(|row| hex::encode(row.get::<_, Vec<u8>>(0)) == hash));

    // Many networks have guessed at the login: whatever there is, is used up.
    sign_in(&server, "198.51.100.7", &ann.email, "a wrong guess").await.problem(401);
    set_free_at(&server, "1 hour").await;
    refused_for_now(&sign_in(&server, "203.0.113.5", &ann.email, PASSWORD).await);
    let refused = ann.send(form("", "203.0.113.5", PASSWORD)).await;
    assert!(refused.status == 429 && refused.headers.contains_key("retry-after"), "{}", refused.text);
    assert_eq!(ann.send(form("wh_device=made-up", "203.0.113.5", PASSWORD)).await.status, 429);
    // The browser she used before passes, from wherever, even from where the guesses came.
    for address in ["203.0.113.5", "198.51.100.7"] {
        let answer = ann.send(form(&device, address, PASSWORD)).await;
        assert!(answer.cookie("wh_session").is_some_and(|cookie| !cookie.is_empty()), "{}", answer.text);
    }
    // Stolen, it has a count of its own.
    until_refused(FREE, || ann.send(form(&device, "203.0.113.5", "a wrong guess"))).await;

    // Without any known browser, the mail helps: a link works whatever was counted.
    server.stranger().post("/api/v1/password-reset", &json!({"email": ann.email})).await;
    let link = server.mails(&ann.email, 1).await[0].link(&server.url);
    let reset = json!({"token": link.rsplit('/').next().unwrap(), "password": "another four words here"});
    let confirmed =
        server.stranger().post_from("203.0.113.77", "/api/v1/password-reset/confirm", &reset).await;
    assert_eq!(confirmed.status, 204, "{}", confirmed.text);
    sign_in(&server, "203.0.113.77", &ann.email, "another four words here").await.expect(201);
}

#[tokio::test]
async fn without_trusted_proxies_nobody_is_believed() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let n = std::sync::atomic::AtomicU8::new(0);
    let from_anywhere = async || {
        let address = format!("192.0.2.{}", n.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        sign_in(&server, &address, &ann.email, "a wrong guess").await
    };
    refused_for_now(until_refused(FREE, from_anywhere).await.last().unwrap());
}

#[tokio::test]
async fn one_network_does_not_try_one_password_with_every_login() {
    let server = server().await;
    let ann = server.engineer("ann").await;
    sign_in(&server, "192.0.2.1", "first@north.example", "a wrong guess").await.problem(401);
    set_free_at(&server, "18 minutes").await;
    refused_for_now(&sign_in(&server, "192.0.2.1", &ann.email, PASSWORD).await);
    sign_in(&server, "192.0.2.2", &ann.email, PASSWORD).await.expect(201);
}

#[tokio::test]
async fn reset_links_are_mailed_a_few_times_only_to_whomever() {
    let server = server().await;
    let ann = server.engineer("ann").await;
    let ask = async |address: &str, email: &str| {
        server.stranger().post_from(address, "/api/v1/password-reset", &json!({"email": email})).await
    };
    for email in [ann.email.as_str(), "nobody@north.example"] {
        for n in 0..3 {
            assert_eq!(ask(&format!("192.0.2.{n}"), email).await.status, 202);
        }
        let answer = ask("192.0.2.77", email).await;
        assert!(answer.problem(429).contains("Any of them"));
        assert!(answer.headers.contains_key("retry-after"));
    }
    // Every link that was mailed works: asking in her name takes nothing from her.
    let mails = server.mails(&ann.email, 3).await;
    let link = mails[0].link(&server.url);
    let reset = json!({"token": link.rsplit('/').next().unwrap(), "password": "another four words here"});
    assert_eq!(server.stranger().post("/api/v1/password-reset/confirm", &reset).await.status, 204);
}

#[tokio::test]
async fn links_cannot_be_guessed_at_speed() {
    let server = server().await;
    let open = async |address: &str| {
        let body = json!({"token": "x".repeat(43)});
        server.stranger().post_from(address, "/api/v1/email-change/confirm", &body).await
    };
    let answers = until_refused(30, || open("192.0.2.1")).await;
    answers[0].problem(404);
    refused_for_now(answers.last().unwrap());
    set_free_at(&server, "6 minutes").await;
    let page =
        server.stranger().request(Method::GET, "/invitation/nonsense").header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(server.stranger().send(page).await.status, 429);
    // The one-time code of the first visit is such a link as well.
    let setup = server.stranger().request(Method::POST, "/do/setup").header("X-Forwarded-For", "192.0.2.1");
    let setup = setup.header("Accept", "application/json").header("Sec-Fetch-Site", "same-origin");
    let setup = setup.header("Content-Type", "application/x-www-form-urlencoded");
    let setup = setup.body("code=x&email=a@b.example&password=four+words+make+one&agency_slug=x1");
    assert_eq!(server.stranger().send(setup).await.status, 429);
    open("192.0.2.2").await.problem(404);
}

#[tokio::test]
async fn invitations_to_one_address_are_bounded() {
    let server = server().await;
    let admin = server.person("ada", Role::Agency(AgencyRole::AgencyAdmin)).await;
    let invite = async |tenant: &str| {
        let body = json!({"email": "eve@north.example", "role": "viewer"});
        admin.post(&format!("/api/v1/tenants/{tenant}/invitations"), &body).await
    };
    for _ in 0..10 {
        invite("north").await.expect(201);
    }
    assert!(invite("north").await.problem(429).contains("several times"));
    // What one client sends tells another nothing.
    invite("south").await.expect(201);
}

#[tokio::test]
async fn free_counts_are_forgotten() {
    let server = server().await;
    let rows = async || {
        let owner = server.database.owner().await;
        owner.query("SELECT FROM throttles", &[]).await.unwrap().len()
    };
    sign_in(&server, "192.0.2.1", "nobody@north.example", "a wrong guess").await.problem(401);
    assert_eq!(rows().await, 3);
    throttle::prune(&server.app).await.unwrap();
    assert_eq!(rows().await, 3, "what still counts stays");
    set_free_at(&server, "-1 second").await;
    throttle::prune(&server.app).await.unwrap();
    assert_eq!(rows().await, 0);
}
