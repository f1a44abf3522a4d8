//! Servers that do not answer, and answers that are lost on the way.

use super::{Home, run};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use weighhouse_testkit::Server;

/// When the line breaks, once.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    /// Before the server has the request.
    Request,
    /// After it was done.
    Answer,
}

/// A bad line to a server: it breaks at the first POST. Keeps the idempotency
/// keys that it saw, one an attempt.
struct Line {
    url: String,
    keys: Arc<Mutex<Vec<String>>>,
}

impl Line {
    fn to(server: &Server, lost: Lost) -> Self {
        let target = server.url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&keys);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                carry(connection.unwrap(), &target, lost, &seen);
            }
        });
        Self { url, keys }
    }

    fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }
}

/// Carries one request and its answer; the connection ends with it.
fn carry(mut from: TcpStream, target: &str, lost: Lost, seen: &Mutex<Vec<String>>) {
    let request = request(&mut from);
    let head = String::from_utf8_lossy(&request).to_string();
    let first = head.starts_with("POST") && {
        let mut keys = seen.lock().unwrap();
        let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
        keys.push(key.unwrap_or_default().to_owned());
        keys.len() == 1
    };
    if first && lost == Lost::Request {
        return;
    }
    let mut to = TcpStream::connect(target).unwrap();
    let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    to.write_all(closing.as_bytes()).unwrap();
    let mut answer = Vec::new();
    to.read_to_end(&mut answer).unwrap();
    if !(first && lost == Lost::Answer) {
        from.write_all(&answer).unwrap();
        let _ = from.shutdown(Shutdown::Write);
    }
}

/// A whole request with its body, which is text.
fn request(from: &mut TcpStream) -> Vec<u8> {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = from.read(&mut chunk).unwrap();
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if read == 0 || body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return request;
            }
        }
        assert!(read > 0, "half a request: {text}");
    }
}

/// `wh` over a bad line, with the home's own token.
fn over(line: &Line, home: &Home, arguments: &[&str]) -> Command {
    let stored = std::fs::read_to_string(home.path().join("config/weighhouse/credentials.toml")).unwrap();
    let stored: toml::Table = stored.parse().unwrap();
    let mut command = home.command(arguments);
    command.env("WH_URL", &line.url).env("WH_TOKEN", stored["token"].as_str().unwrap());
    command
}

#[tokio::test]
async fn attempts_at_one_operation_carry_one_key_and_others_another() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let line = Line::to(&server, Lost::Request);
    for slug in ["one", "two"] {
        let project = format!("north/{slug}");
        let made = run(over(&line, &home, &["project", "create", &project]), "").await;
        assert!(made.status.success(), "{made:?}");
        let said = String::from_utf8(made.stderr).unwrap();
        assert_eq!(said.contains("trying again"), slug == "one", "{said}");
    }
    let keys = line.keys();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert_eq!(keys[0], keys[1], "the same operation");
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 2, "another operation");
    assert!(keys.iter().all(|key| key.len() == 36), "{keys:?}");
}

#[tokio::test]
async fn what_was_done_is_not_done_again_when_its_answer_was_lost() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let line = Line::to(&server, Lost::Answer);
    let made = run(over(&line, &home, &["project", "create", "north/one", "--json"]), "").await;
    assert!(made.status.success(), "{made:?}");
    assert_eq!(line.keys().len(), 2);
    let log = home.json(&["audit", "list", "--event", "project", "--actor", "ann"]).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_token_that_is_worth_nothing() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::new(&server, &ann).await;
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = home.wh(&["login", &format!("http://{nowhere}"), "--token-stdin"], "wh_x").await;
    assert_eq!(said.status.code(), Some(1));
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains(&format!("cannot reach http://{nowhere}")), "{said}");
    // What was stored before is still there.
    home.ok(&["whoami"]).await;

    let tokens = ann.get("/api/v1/tenants/north/tokens").await.expect(200);
    let path = format!("/api/v1/tenants/north/tokens/{}", tokens[0]["id"].as_str().unwrap());
    assert_eq!(ann.delete(&path).await.status, 204);
    let said = home.refused(&["whoami"]).await;
    assert!(said.contains("expired or revoked") && said.contains("wh token create"), "{said}");
}
