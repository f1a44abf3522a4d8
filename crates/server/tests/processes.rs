//! `serve` and `work` as an operator runs them beyond one machine: two of each
//! on one database, ended in every way.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use weighhouse_testkit::{Database, Person, Smtp};

const PROGRAM: &str = env!("CARGO_BIN_EXE_weighhouse");
const PASSWORD: &str = "four words make one";
/// Part of the SMTP URL, which is a secret.
const SMTP_PASSWORD: &str = "hunter2-of-the-mail-server";
const MODELS: &str = "/api/v1/tenants/north/projects/claims/models";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What every process of one installation is told.
struct Installation {
    database: Database,
    folder: tempfile::TempDir,
    /// Everything that any process logged.
    log: Arc<Mutex<String>>,
}

/// A running process; asked to stop when dropped.
struct Process {
    child: Child,
    url: String,
    metrics: String,
}

impl Installation {
    async fn new() -> Self {
        Self { database: Database::new().await, folder: tempfile::tempdir().unwrap(), log: Arc::default() }
    }

    fn start(&self, what: &str, smtp: u16, public: &str) -> Process {
        let (port, metrics) = (free_port(), format!("127.0.0.1:{}", free_port()));
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(PROGRAM);
        command
            .args(["--log", "debug", "--log-format", "json", what])
            .args(["--store-url", &format!("file://{}/store", self.folder.path().display())])
            .args(["--metrics-listen", &metrics, "--database-connections", "6"])
            .env("WEIGHHOUSE_DATABASE_URL", self.database.app_url())
            .env("WEIGHHOUSE_SMTP_URL", format!("smtp://weighhouse:{SMTP_PASSWORD}@127.0.0.1:{smtp}"))
            .stderr(Stdio::piped());
        match what {
            "serve" => command.args(["--listen", &format!("127.0.0.1:{port}")]),
            _ => command.args(["--public-url", public]),
        };
        let mut child = command.spawn().unwrap();
        let (lines, log) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&self.log));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                log.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Process { child, url, metrics }
    }

    async fn serve(&self, smtp: u16) -> Process {
        let process = self.start("serve", smtp, "");
        process.ready().await;
        process
    }

    async fn work(&self, smtp: u16, public: &Process) -> Process {
        let process = self.start("work", smtp, &public.url);
        process.ready().await;
        process
    }

    /// `weighhouse admin`, whose answer is JSON.
    fn admin(&self, arguments: &[&str], input: &str) -> Value {
        let mut child = Command::new(PROGRAM)
            .arg("admin")
            .args(arguments)
            .env("WEIGHHOUSE_DATABASE_URL", self.database.app_url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// An agency with a client, an engineer and an approver; the engineer's token.
    fn populate(&self) -> String {
        self.admin(&["agency", "create", "--name", "Acme", "--slug", "acme"], "");
        self.admin(&["tenant", "create", "--agency", "acme", "--slug", "north"], "");
        self.admin(&["project", "create", "--tenant", "north", "--slug", "claims"], "");
        for (email, place, role) in [
            ("ann@acme.example", ["--agency", "acme"], "owner"),
            ("bob@north.example", ["--tenant", "north"], "approver"),
        ] {
            let user = ["user", "create", "--email", email, "--password-stdin", "--role", role];
            self.admin(&[&user[..], &place].concat(), &format!("{PASSWORD}\n"));
        }
        let token = ["token", "create", "--user", "ann@acme.example", "--tenant", "north", "--scope"];
        let token = self.admin(&[&token[..], &["read,register,promote"]].concat(), "");
        token["token"].as_str().unwrap().to_owned()
    }

    fn logged(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    async fn jobs(&self, sql: &str) -> i64 {
        let owner = self.database.owner().await;
        owner.query_one(&format!("SELECT count(*) FROM jobs WHERE {sql}"), &[]).await.unwrap().get(0)
    }
}

impl Process {
    async fn ready(&self) {
        for _ in 0..400 {
            if let Ok(answer) = reqwest::get(format!("http://{}/readyz", self.metrics)).await
                && answer.status() == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the process did not get ready");
    }

    async fn metrics(&self) -> String {
        reqwest::get(format!("http://{}/metrics", self.metrics)).await.unwrap().text().await.unwrap()
    }

    fn terminate(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        }
    }

    /// Waits for the end of a process that was told to stop.
    async fn stopped(mut self) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "it stops in good order: {status}");
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "it does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.terminate();
        let _ = self.child.wait();
    }
}

async fn sign_in(url: &str, email: &str) -> Person {
    let form = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
    let stranger = Person::anonymous(url);
    let request = stranger
        .request(Method::POST, "/do/sign-in")
        .header("Sec-Fetch-Site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    let answer = stranger.send(request).await;
    Person::with_session(url, email, &answer.cookie("wh_session").unwrap())
}

fn part_request(person: &Person, bytes: &[u8]) -> (String, reqwest::RequestBuilder) {
    let sha = hex::encode(Sha256::digest(bytes));
    let path = format!("/api/v1/tenants/north/blobs/{sha}/parts/1");
    let request = person
        .request(Method::PUT, &path)
        .header("Content-Digest", format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(bytes))));
    (sha, request)
}

/// Registers a version through one server and asks for its promotion through another.
async fn push_and_promote(push: &Person, ask: &Person, model: &str, content: &str) -> Value {
    let (sha, request) = part_request(push, content.as_bytes());
    assert_eq!(push.send(request.body(content.to_owned())).await.status, 204);
    let file = json!({"path": "model.onnx", "size": content.len(), "sha256": sha});
    let body = json!({"context": {"artifact": {"files": [file]}}, "create_model": true});
    push.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201);
    let promotions = format!("{MODELS}/{model}/versions/1/promotions");
    ask.post(&promotions, &json!({"target": "staging", "reason": "new"})).await.expect(201);
    ask.post(&promotions, &json!({"target": "production", "reason": "new"})).await.expect(201)
}

async fn approve(person: &Person, promotion: &Value) {
    let path = format!("/api/v1/tenants/north/promotions/{}", promotion["id"].as_str().unwrap());
    let seen = person.get(&path).await.expect(200);
    let body = json!({"decision": "approve", "reason": "good", "evidence_digest": seen["evidence_digest"]});
    person.post(&format!("{path}/decision"), &body).await.expect(200);
}

fn value_of(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(series));
    let line = line.unwrap_or_else(|| panic!("no {series} in\n{metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Every line is one JSON object with its fields, and none holds a secret.
fn check_log(log: &str, secrets: &[&str]) {
    let mut answered = 0;
    for line in log.lines() {
        let fields: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        for name in ["time", "level", "message", "target"] {
            assert!(fields[name].is_string(), "{name} in {line}");
        }
        if fields["message"] == "answered" {
            answered += 1;
            for name in ["request_id", "method", "route", "status", "milliseconds"] {
                assert!(!fields[name].is_null(), "{name} in {line}");
            }
        }
        for secret in secrets {
            assert!(!line.contains(secret), "a secret in {line}");
        }
    }
    assert!(answered > 5, "{log}");
}

#[tokio::test]
async fn two_servers_and_two_workers_are_one_installation() {
    let installation = Installation::new().await;
    let smtp = Smtp::start(&["--user", "weighhouse", "--password", SMTP_PASSWORD]);
    let (one, two) = (installation.serve(smtp.port).await, installation.serve(smtp.port).await);
    let workers = [installation.work(smtp.port, &one).await, installation.work(smtp.port, &one).await];
    let token = installation.populate();
    let ann = [&one, &two].map(|server| Person::with_token(&server.url, "ann@acme.example", &token));
    let bob = sign_in(&two.url, "bob@north.example").await;

    // Every step through another server than the one before.
    let models = 4;
    for n in 0..models {
        let (a, b) = (&ann[n % 2], &ann[(n + 1) % 2]);
        let promotion = push_and_promote(a, b, &format!("model-{n}"), &format!("content {n}")).await;
        let via = Person::with_session([&one.url, &two.url][n % 2], "bob", bob.cookie.as_deref().unwrap());
        approve(&via, &promotion).await;
        let now = b.get(&format!("{MODELS}/model-{n}/production")).await.expect(200);
        assert_eq!(now["production"]["approved_by"], json!(["bob"]), "{now}");
    }
    // One mail each: to the approver of the request, to the requester of the decision.
    let mails = smtp.wait(2 * models).await;
    for _ in 0..200 {
        if installation.jobs("done_at IS NULL").await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(installation.jobs("done_at IS NULL").await, 0);
    assert_eq!((mails.len(), smtp.taken().len()), (2 * models, 2 * models), "no mail was sent twice");

    let metrics = one.metrics().await;
    let pushes = r#"weighhouse_http_requests_total{method="PUT",route="/api/v1/tenants/{tenant}/blobs/{sha256}/parts/{number}",status="204"}"#;
    assert!(value_of(&metrics, pushes) >= 2.0);
    assert!(value_of(&metrics, r#"weighhouse_store_requests_total{operation="put",outcome="ok"}"#) >= 2.0);
    assert!(value_of(&metrics, r#"weighhouse_audit_appends_total{log="tenant"}"#) >= 6.0);
    assert_eq!(value_of(&metrics, "weighhouse_database_connections_max"), 6.0);
    assert_eq!(value_of(&metrics, r#"weighhouse_jobs{state="dead"}"#), 0.0);
    assert!(value_of(&metrics, "process_resident_memory_bytes") > 1e6);
    for private in ["north", "acme", "ann@", "model-1"] {
        assert!(!metrics.contains(private), "{private} in {metrics}");
    }
    let sent: Vec<f64> = [workers[0].metrics().await, workers[1].metrics().await]
        .iter()
        .filter(|metrics| metrics.contains(r#"weighhouse_mails_total{outcome="sent"}"#))
        .map(|metrics| value_of(metrics, r#"weighhouse_mails_total{outcome="sent"}"#))
        .collect();
    assert_eq!(sent.iter().sum::<f64>(), 8.0, "each by one of the two");
    assert_eq!(reqwest::get(format!("{}/metrics", one.url)).await.unwrap().status(), 404, "not in public");

    // An invitation's link works once and is a secret until then.
    let olga = sign_in(&one.url, "ann@acme.example").await;
    let invited = json!({"email": "vera@north.example", "role": "viewer"});
    olga.post("/api/v1/tenants/north/invitations", &invited).await.expect(201);
    let mail = smtp.wait(2 * models + 1).await.pop().unwrap().replace("=\r\n", "").replace("=\n", "");
    let link = mail.split("/invitation/").nth(1).unwrap();
    let link: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    assert!(link.len() > 20, "{mail}");
    assert_eq!(olga.get(&format!("/invitation/{link}")).await.status, 200);

    let [first, second] = workers;
    for mut process in [one, two, first, second] {
        process.terminate();
        process.stopped().await;
    }
    let cookies = [bob.cookie.unwrap(), olga.cookie.unwrap()];
    check_log(&installation.logged(), &[PASSWORD, SMTP_PASSWORD, &token, &link, &cookies[0], &cookies[1]]);
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_what_it_has() {
    let installation = Installation::new().await;
    let mut server = installation.serve(9).await;
    let token = installation.populate();
    let ann = Person::with_token(&server.url, "ann@acme.example", &token);
    let content = vec![7_u8; 300_000];
    let (_, request) = part_request(&ann, &content);
    let (go_on, wait) = oneshot::channel::<Vec<u8>>();
    let begun = stream::iter([Ok::<_, oneshot::error::RecvError>(content[..1000].to_vec())]);
    let body = reqwest::Body::wrap_stream(begun.chain(stream::once(wait)));
    let sending = tokio::spawn(request.body(body).send());
    while value_of(&server.metrics().await, "weighhouse_http_requests_in_flight") < 1.0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    go_on.send(content[1000..].to_vec()).unwrap();
    let answer = sending.await.unwrap().unwrap();
    assert_eq!(answer.status(), 204, "what was begun is finished and acknowledged");
    server.stopped().await;
}

#[tokio::test]
async fn a_killed_workers_job_is_soon_anothers() {
    let installation = Installation::new().await;
    // A mail server that takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = Smtp::start(&["--user", "weighhouse", "--password", SMTP_PASSWORD]);
    let server = installation.serve(smtp.port).await;
    let mut stuck = installation.work(silent.local_addr().unwrap().port(), &server).await;
    let token = installation.populate();
    let ann = Person::with_token(&server.url, "ann@acme.example", &token);
    push_and_promote(&ann, &ann, "fraud", "content").await;
    let _connection = silent.accept().await.unwrap();
    stuck.child.kill().unwrap();
    stuck.child.wait().unwrap();
    // The scan of the version may have been under way as well.
    let held = installation.jobs("kind = 'mail_send' AND leased_until > now()").await;
    assert_eq!(held, 1, "it died with the job");

    let _other = installation.work(smtp.port, &server).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(smtp.taken().is_empty(), "as long as the lease runs, the job may be under way");
    let mail = smtp.wait_for(1, Duration::from_secs(60)).await;
    assert!(mail[0].contains("To: bob@north.example"), "{}", mail[0]);
}

#[tokio::test]
async fn programs_say_when_the_database_was_not_migrated() {
    let installation = Installation::new().await;
    let owner = installation.database.owner().await;
    let last = "DELETE FROM __diesel_schema_migrations
                WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    let server = installation.serve(9).await;
    owner.execute(last, &[]).await.unwrap();
    // One that is up goes on; one that starts does not.
    server.ready().await;
    for what in ["serve", "work"] {
        let mut process = installation.start(what, 9, "http://localhost:9");
        let status = process.child.wait().unwrap();
        assert!(!status.success(), "{what}");
    }
    // What they said is read by threads.
    for _ in 0..200 {
        let log = installation.logged();
        let said = log.lines().filter(|line| line.contains("is older than this program"));
        if said.filter(|line| line.contains("weighhouse migrate")).count() == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}", installation.logged());
}
