//! Promotion requests from the terminal: listed, followed, withdrawn.

use super::{Home, MODEL, PUSH};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};
use weighhouse_testkit::{Person, Server};

/// A `wh` that follows a request.
struct Watch {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Watch {
    /// Starts, and waits until it has said so much.
    fn start(home: &Home, arguments: &[&str], first: &str) -> Self {
        let mut child = home.command(arguments).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut watch = Self { child, said };
        watch.until(first);
        watch
    }

    /// Reads on to the line that says something.
    fn until(&mut self, wanted: &str) {
        let mut said = String::new();
        while !said.contains(wanted) {
            assert!(self.said.read_line(&mut said).unwrap() > 0, "no {wanted:?} in {said}");
        }
    }

    /// The exit code, and what was said until then.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

async fn decide(person: &Person, request: &Value, decision: &str) {
    let path = format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap());
    let seen = person.get(&path).await.expect(200);
    let body =
        json!({"decision": decision, "reason": "looked at it", "evidence_digest": seen["evidence_digest"]});
    person.post(&format!("{path}/decision"), &body).await.expect(200);
}

/// A version pushed and in staging.
async fn staged(home: &Home, number: u8) -> String {
    home.model(&[number]);
    home.ok(PUSH).await;
    let version = format!("{MODEL}@{number}");
    home.ok(&["promote", &version, "--to", "staging"]).await;
    version
}

async fn ask(home: &Home, version: &str) -> Value {
    home.json(&["promotion", "open", version, "--to", "production", "--reason", "recall up"]).await
}

#[tokio::test]
async fn a_watch_ends_as_the_request_does() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let home = Home::new(&server, &ann).await;
    let version = staged(&home, 1).await;

    let request = ask(&home, &version).await;
    let mut watch =
        Watch::start(&home, &["promotion", "watch", &version], "is open: asked by ann, “recall up”");
    watch.until("waits for 1 of 1 approval, by bob");
    decide(&bob, &request, "reject").await;
    let (code, said) = watch.end();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("bob rejected") && said.contains("looked at it"), "{said}");

    ask(&home, &version).await;
    let watch = Watch::start(&home, &["promotion", "watch", &version], "is open");
    let withdrawn = home.ok(&["promotion", "withdraw", &version]).await;
    assert!(withdrawn.contains("withdrew"), "{withdrawn}");
    assert_eq!(watch.end().0, Some(4));

    let arguments = ["promote", &version, "--to", "production", "--reason", "again", "--watch"];
    let watch = Watch::start(&home, &arguments, "is open");
    let open = home.json(&["promotion", "list", "--state", "open"]).await;
    decide(&bob, &open["items"][0], "approve").await;
    let (code, said) = watch.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("approved: north/claims/fraud@1 is in production"), "{said}");
}

#[tokio::test]
async fn a_watch_tells_of_evidence_that_changed_and_gives_up_in_time() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let home = Home::new(&server, &ann).await;
    for number in 1..=2 {
        let version = staged(&home, number).await;
        decide(&bob, &ask(&home, &version).await, "approve").await;
    }
    let version = staged(&home, 3).await;
    let request = ask(&home, &version).await;
    let id = request["id"].as_str().unwrap();
    let mut watch = Watch::start(&home, &["promotion", "watch", id], "is open");
    home.ok(&["rollback", MODEL, "--reason", "flags the east"]).await;
    watch.until("the evidence changed (@1 is in production now)");
    watch.child.kill().unwrap();
    watch.end();
    // With --json the request as it stands goes to standard output, alone.
    let output = home.wh(&["promotion", "watch", id, "--timeout", "1s", "--json"], "").await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["state"], "open");
    assert!(String::from_utf8(output.stderr).unwrap().contains("time to wait is over"));
    let history = home.ok(&["production", "history", MODEL]).await;
    let periods: Vec<_> =
        history.lines().skip(2).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(periods, ["@1", "@2", "@1"], "{history}");
    assert!(history.contains("flags the east"), "{history}");
}

#[tokio::test]
async fn requests_are_listed_shown_and_named_in_many_ways() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let home = Home::new(&server, &ann).await;
    let version = staged(&home, 1).await;
    let said = home.refused(&["promotion", "watch", &version]).await;
    assert!(said.contains("no request") && said.contains("wh promotion list"), "{said}");
    let request = ask(&home, &version).await;
    let id = request["id"].as_str().unwrap();
    for name in [
        id.to_owned(),
        format!("north/{id}"),
        format!("{}/t/north/promotions/{id}", home.url),
        version.clone(),
    ] {
        let shown = home.ok(&["promotion", "show", &name]).await;
        assert!(shown.starts_with("north/claims/fraud@1 to production: open"), "{shown}");
        assert!(shown.contains("by bob") && shown.contains("would be the first"), "{shown}");
        assert_eq!(home.json(&["promotion", "show", &name]).await["id"], id);
    }
    let again = home.refused(&["promote", &version, "--to", "production", "--reason", "again"]).await;
    assert!(again.contains("wh promotion watch"), "{again}");
    decide(&bob, &request, "approve").await;
    let count = async |filter: &[&str]| {
        let arguments = [&["promotion", "list", "north"], filter].concat();
        home.json(&arguments).await["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&[]).await, 2, "staging is a promotion as well");
    assert_eq!(count(&["--state", "open"]).await, 0);
    assert_eq!(count(&["--state", "approved", "--model", MODEL]).await, 2);
    assert_eq!(count(&["--model", "north/claims/other"]).await, 0);
    let listed = home.ok(&["promotion", "list"]).await;
    assert!(listed.contains("north/claims/fraud@1 to production") && listed.contains(id), "{listed}");
    let said = home.refused(&["promotion", "withdraw", id]).await;
    assert!(!said.is_empty(), "what was decided is not taken back");
    let stranger = home.refused(&["promotion", "show", "0199a7f2-8c1e-7a54-9d3b-2f6f0e5f7a11"]).await;
    assert!(stranger.contains("no such"), "{stranger}");
}
