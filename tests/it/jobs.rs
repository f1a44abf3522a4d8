//! Jobs and the schedule.

use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use weighhouse_core::kernel::{jobs, schedule};
use weighhouse_testkit::{Options, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

#[tokio::test]
async fn a_turn_is_taken_by_one_worker_and_comes_round() {
    let server = Server::empty().await;
    let take = |every| schedule::take_turn(&server.app, "test", every);
    let hour = Duration::from_hours(1);
    let turns = futures_util::future::join_all((0..6).map(|_| take(hour))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn.as_ref().unwrap()).count(), 1);
    let owner = server.database.owner().await;
    owner.execute("UPDATE schedules SET due_at = now() WHERE name = 'test'", &[]).await.unwrap();
    assert!(take(hour).await.unwrap());
    assert!(!take(hour).await.unwrap());
}

#[tokio::test]
async fn done_jobs_are_forgotten_after_a_week() {
    let server = Server::empty().await;
    let owner = server.database.owner().await;
    let insert = "INSERT INTO jobs (id, kind, payload, request_id, done_at)
                  VALUES (gen_random_uuid(), 'x', '{}', 'test', now() - $1::text::interval)";
    for age in ["8 days", "6 days"] {
        owner.execute(insert, &[&age]).await.unwrap();
    }
    jobs::prune(&server.app).await.unwrap();
    let left = owner.query("SELECT now() - done_at < interval '7 days' FROM jobs", &[]).await.unwrap();
    assert_eq!(left.iter().map(|row| row.get::<_, bool>(0)).collect::<Vec<_>>(), [true]);
}

/// A mail at `north` that was refused for good, without a worker having tried.
async fn dead_mail(server: &Server, owner: &Person) -> String {
    let body = json!({"email": "vera@north.example", "role": "viewer"});
    owner.post("/api/v1/tenants/north/invitations", &body).await.expect(201);
    server.mails("vera@north.example", 1).await;
    let database = server.database.owner().await;
    let kill =
        "UPDATE jobs SET done_at = NULL, dead_at = now(), last_error = 'no such mailbox' RETURNING id::text";
    for _ in 0..500 {
        let done = database.query("SELECT FROM jobs WHERE done_at IS NOT NULL", &[]).await.unwrap();
        if !done.is_empty() {
            return database.query_one(kill, &[]).await.unwrap().get(0);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the mail's job did not end");
}

async fn sentences(person: &Person) -> String {
    person.get("/api/v1/tenants/north/audit").await.expect(200).to_string()
}

#[tokio::test]
async fn a_dead_job_is_tried_again_or_given_up_and_both_are_audited() {
    let server = Server::with_clients().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let job = dead_mail(&server, &owner).await;
    let path = format!("/api/v1/tenants/north/jobs/{job}");
    let listed = owner.get("/api/v1/tenants/north/jobs").await.expect(200);
    let item = &listed["items"][0];
    assert_eq!(item["id"], job.as_str());
    assert_eq!((&item["state"], &item["tenant"]), (&json!("dead"), &json!("north")));
    assert!(item["about"].as_str().unwrap().ends_with("to vera@north.example"), "{item}");
    assert_eq!(owner.get("/api/v1/tenants/south/jobs").await.expect(200)["items"], json!([]));
    owner.post(&format!("/api/v1/tenants/south/jobs/{job}/retry"), &json!({})).await.problem(404);

    // Tried again: it is not sent twice, and the job is done.
    assert_eq!(owner.post(&format!("{path}/retry"), &json!({})).await.status, 204);
    for _ in 0..500 {
        if owner.get("/api/v1/tenants/north/jobs").await.expect(200)["items"] == json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(owner.post(&format!("{path}/retry"), &json!({})).await.problem(404).contains("failed job"));
    assert!(sentences(&owner).await.contains("olga had a failed job tried again"));

    // Given up: with a reason, which stays.
    let database = server.database.owner().await;
    database
        .batch_execute(
            "UPDATE mails SET sent_at = NULL, text_body = 'a link', html_body = 'a link';
             UPDATE jobs SET done_at = NULL, dead_at = now(), last_error = 'no such mailbox'",
        )
        .await
        .unwrap();
    let discard = format!("{path}/discard");
    owner.post(&discard, &json!({"reason": " "})).await.problem(400);
    assert_eq!(owner.post(&discard, &json!({"reason": "left the company"})).await.status, 204);
    owner.post(&discard, &json!({"reason": "again"})).await.problem(404);
    assert!(sentences(&owner).await.contains("gave up a failed job"));
    let kept = database.query("SELECT FROM mails WHERE text_body IS NOT NULL", &[]).await.unwrap();
    assert!(kept.is_empty(), "the link in it is gone");
}

#[tokio::test]
async fn pages_of_failed_jobs() {
    let server = Server::with_clients().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    assert!(owner.get("/t/north/jobs").await.text.contains("Nothing failed"));
    let job = dead_mail(&server, &owner).await;
    let page = owner.get("/t/north/jobs").await.text;
    for wanted in ["vera@north.example", "no such mailbox", "Dead", "Try again", "Give up", &job] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    // Who may look and not mend gets no buttons; who may not look, no page.
    let engineer = server.engineer("ann").await.get("/t/north/jobs").await.text;
    assert!(engineer.contains("no such mailbox") && !engineer.contains("Try again"));
    let viewer = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    assert_eq!(viewer.get("/t/north/jobs").await.status, 403);

    // The operator sees every client's, and nobody else has the page.
    assert_eq!(owner.get("/operator/jobs").await.status, 404);
    let database = server.database.owner().await;
    database.execute("UPDATE users SET operator = true WHERE email LIKE 'olga%'", &[]).await.unwrap();
    let page = owner.get("/operator/jobs").await.text;
    assert!(page.contains("/t/north") && page.contains(&job), "{page}");
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!("csrf={csrf}&tenant=&job={job}&reason=nobody+reads+it");
    let request = owner.request(reqwest::Method::POST, "/do/job-discard");
    let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
    let answer = owner.send(request).await;
    assert!(answer.status < 400, "{} {}", answer.status, answer.text);
    assert!(owner.get("/operator/jobs").await.text.contains("Nothing failed"));
    assert!(sentences(&owner).await.contains("nobody reads it"), "in the log of the client it was for");
}

#[tokio::test]
async fn the_installations_own_jobs_are_the_operators() {
    let server = Server::with_clients().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let database = server.database.owner().await;
    database.execute("UPDATE users SET operator = true WHERE email LIKE 'olga%'", &[]).await.unwrap();
    let insert = "INSERT INTO jobs (id, kind, payload, request_id, attempts, last_error, dead_at)
                  VALUES (gen_random_uuid(), 'of_a_newer_program', '{}', 'r', 15, 'unknown', now())";
    database.execute(insert, &[]).await.unwrap();
    let console = server.console();
    let query = weighhouse_types::page::PageQuery::default();
    let listed = weighhouse_core::jobs::operator_job_list(&console, &query).await.unwrap();
    let job = &listed.items[0];
    assert_eq!((job.tenant.as_ref(), job.about.as_str()), (None, "of_a_newer_program"));
    weighhouse_core::jobs::operator_job_retry(&console, job.id).await.unwrap();
    let log = owner.get("/api/v1/agencies/acme/audit").await.expect(200);
    assert!(log.to_string().contains("job.retried"), "{log}");
    // A worker of this version does not know the kind, says so, and leaves it to be retried.
    for _ in 0..400 {
        let row = database.query_one("SELECT last_error, attempts FROM jobs", &[]).await.unwrap();
        if row.get::<_, String>(0).contains("does not know the kind") {
            assert!(row.get::<_, i32>(1) < 15, "it has all its attempts anew");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no worker took it");
}

#[tokio::test]
async fn a_lease_is_renewed_while_the_job_runs_and_a_lost_one_ends_it() {
    // A mail server that takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp_url = Some(format!("smtp://{}", silent.local_addr().unwrap()));
    let server = Server::with(Options { smtp_url, ..Options::default() }).await;
    server.populate().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let body = json!({"email": "vera@north.example", "role": "viewer"});
    owner.post("/api/v1/tenants/north/invitations", &body).await.expect(201);
    let (mut connection, _) = silent.accept().await.unwrap();
    let database = server.database.owner().await;
    let until = "SELECT extract(epoch FROM leased_until)::float8 FROM jobs WHERE lease IS NOT NULL";
    let first: f64 = database.query_one(until, &[]).await.unwrap().get(0);
    let mut renewed = first;
    for _ in 0..300 {
        renewed = database.query_one(until, &[]).await.unwrap().get(0);
        if renewed > first {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(renewed > first + 5.0, "{first} {renewed}");
    // Another worker has it by now, as far as this one can see.
    let take = "UPDATE jobs SET lease = gen_random_uuid(), leased_until = now() + interval '1 hour'";
    database.execute(take, &[]).await.unwrap();
    let gone = tokio::time::timeout(Duration::from_secs(25), connection.read_to_end(&mut Vec::new())).await;
    assert!(gone.is_ok(), "the attempt went on without its lease");
    let row = database.query_one("SELECT last_error FROM jobs", &[]).await.unwrap();
    assert_eq!(row.get::<_, Option<String>>(0), None, "it is the other one's to settle");
}
