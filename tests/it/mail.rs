//! Mail through a real SMTP server: secrecy, sign-in, refusals, retries.

use crate::support::{promote, register};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use weighhouse_testkit::{Certificates, Options, Person, Server, Smtp};
use weighhouse_types::permission::{AgencyRole, Role};

const PASSWORD: &str = "hunter2-of-the-mail-server";

async fn server(smtp_url: String, smtp_ca: Option<PathBuf>) -> (Server, Person) {
    let server = Server::with(Options { smtp_url: Some(smtp_url), smtp_ca, ..Options::default() }).await;
    server.populate().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    (server, owner)
}

/// Writes a mail to somebody: an invitation.
async fn invite(owner: &Person, email: &str) {
    let body = json!({"email": email, "role": "viewer"});
    owner.post("/api/v1/tenants/north/invitations", &body).await.expect(201);
}

/// Waits until a mail failed; the job as the API shows it.
async fn failed(owner: &Person) -> Value {
    for _ in 0..400 {
        let page = owner.get("/api/v1/tenants/north/jobs").await.expect(200);
        if let Some(job) = page["items"].as_array().unwrap().first() {
            return job.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no job failed");
}

#[tokio::test]
async fn a_request_reaches_its_approver_over_smtp() {
    let smtp = Smtp::start(&[]);
    let (server, _) = server(format!("smtp://127.0.0.1:{}", smtp.port), None).await;
    let ann = server.engineer("ann").await;
    server.approver("bob").await;
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    promote(&ann, "fraud", 1, "production").await.expect(201);
    let mail = smtp.wait(1).await.remove(0);
    for wanted in [
        "From: Weighhouse <weighhouse@weighhouse.example>",
        "To: bob@north.example",
        "Subject: Approval needed: north/claims/fraud@1 to production",
        "Content-Type: multipart/alternative",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "@weighhouse.example>",
        "asks to promote",
    ] {
        assert!(mail.contains(wanted), "{wanted} in {mail}");
    }
}

#[tokio::test]
async fn every_kind_of_secrecy_and_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::make(folder.path());
    let at = folder.path().to_str().unwrap();
    let sign_in = ["--user", "weigh house", "--password", PASSWORD];
    let login = ["--mechanism", "LOGIN"];
    let user = format!("weigh%20house:{PASSWORD}@");
    for (scheme, user, query, tls, more) in [
        ("smtp", "", "?tls=required", "starttls", &[][..]),
        ("smtp", "", "?tls=opportunistic", "starttls", &[]),
        ("smtp", &user, "?tls=required", "starttls", &sign_in),
        ("smtp", &user, "?tls=required", "starttls", &[&sign_in[..], &login].concat()),
        ("smtps", "", "", "implicit", &[]),
        ("smtps", &user, "", "implicit", &sign_in),
    ] {
        let smtp = Smtp::start(&[&["--certificate", at, "--tls", tls][..], more].concat());
        let url = format!("{scheme}://{user}localhost:{}{query}", smtp.port);
        let (_server, owner) = server(url.clone(), Some(certificates.path("ca.pem"))).await;
        invite(&owner, "vera@north.example").await;
        assert!(smtp.wait(1).await[0].contains("vera@north.example"), "{url}");
    }
    // A server that offers no TLS gets the mail all the same where that was allowed.
    let smtp = Smtp::start(&[]);
    let (_server, owner) = server(format!("smtp://localhost:{}?tls=opportunistic", smtp.port), None).await;
    invite(&owner, "vera@north.example").await;
    smtp.wait(1).await;
}

#[tokio::test]
async fn a_wrong_certificate_or_password_is_said_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    Certificates::make(folder.path());
    let other = Certificates::make(&folder.path().join("other"));
    let at = folder.path().to_str().unwrap();
    let smtp = Smtp::start(&[
        "--certificate",
        at,
        "--tls",
        "starttls",
        "--user",
        "weighhouse",
        "--password",
        PASSWORD,
    ]);
    let right = folder.path().join("ca.pem");
    let url = format!("smtp://weighhouse:{PASSWORD}@localhost:{}?tls=required", smtp.port);
    for (url, ca, wanted) in [
        (url.clone(), other.path("ca.pem"), "certificate"),
        (url.replace("localhost", "127.0.0.1"), right.clone(), "certificate"),
        (url.replace(PASSWORD, "wrong-hunter2"), right, "does not accept our sign-in"),
        // No TLS on offer: nothing is sent.
        (format!("smtp://127.0.0.1:{}?tls=required", Smtp::start(&[]).port), other.path("ca.pem"), "SMTP"),
    ] {
        let (_server, owner) = server(url.clone(), Some(ca)).await;
        invite(&owner, "vera@north.example").await;
        let job = failed(&owner).await;
        let error = job["last_error"].as_str().unwrap();
        assert!(error.contains(wanted), "{url}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
        assert_eq!(job["state"], "failed", "an operator mends it, and the mail goes: {job}");
        assert!(job["next_run"].is_string());
    }
    assert!(smtp.taken().is_empty());
}

#[tokio::test]
async fn a_refusal_for_good_is_dead_at_once_and_another_is_not() {
    let smtp = Smtp::start(&[]);
    let (server, owner) = server(format!("smtp://127.0.0.1:{}", smtp.port), None).await;
    invite(&owner, "nobody@north.example").await;
    let job = failed(&owner).await;
    assert_eq!((&job["state"], &job["attempts"]), (&json!("dead"), &json!(1)), "{job}");
    assert!(job["last_error"].as_str().unwrap().contains("no such mailbox"), "{job}");
    assert!(job["about"].as_str().unwrap().contains("to nobody@north.example"), "{job}");
    assert!(job["next_run"].is_null());

    invite(&owner, "later@north.example").await;
    let taken = smtp.wait(1).await.remove(0);
    let put_off = smtp.put_off().remove(0);
    let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    assert_eq!(id(&taken), id(&put_off), "the receiver can tell that it is the same mail");
    let left = server.database.owner().await;
    let kept = "SELECT count(*) FROM mails WHERE recipient LIKE 'later%' AND text_body IS NOT NULL";
    for _ in 0..100 {
        if left.query_one(kept, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a mail's body was kept after it was sent");
}
