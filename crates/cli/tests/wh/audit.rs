//! The audit log from the terminal.

use super::{Home, MODEL, PUSH};
use weighhouse_testkit::Server;

#[tokio::test]
async fn the_log_answers_by_time_person_kind_and_model() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(b"weights");
    home.ok(PUSH).await;
    let before = chrono::Utc::now().to_rfc3339();
    home.ok(&["promote", &format!("{MODEL}@1"), "--to", "staging", "--reason", "better"]).await;
    home.ok(&["model", "create", "north/claims/fraud 2"]).await;

    let events = async |filter: &[&str]| -> Vec<String> {
        let page = home.json(&[&["audit", "list"], filter].concat()).await;
        let items = page["items"].as_array().unwrap().iter();
        items.map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["model.created", "version.staged", "version.registered", "token.created", "project.created"];
    assert_eq!(events(&[]).await, all, "newest first");
    assert_eq!(events(&["--since", &before]).await, all[..2]);
    assert_eq!(events(&["--until", &before]).await, all[2..]);
    assert_eq!(events(&["--actor", "Ann@north.example"]).await, all[..4]);
    assert_eq!(events(&["--actor", "ann", "--limit", "1"]).await, all[..1]);
    assert_eq!(events(&["--event", "version"]).await, all[1..3]);
    assert_eq!(events(&["--event", "version.staged"]).await, all[1..2]);
    // A model whose name another begins with.
    assert_eq!(events(&["--model", MODEL]).await, all[1..3]);
    assert!(events(&["--event", "vers"]).await.is_empty(), "half a word is no kind");

    let text = home.ok(&["audit", "list", "north", "--event", "version"]).await;
    assert!(text.contains("ann promoted north/claims/fraud@1 to staging: “better”"), "{text}");
    let none = home.ok(&["audit", "list", "--actor", "nobody"]).await;
    assert!(none.contains("nothing of that kind"), "{none}");
    let said = home.refused(&["audit", "list", "--since", "2026-02-01", "--until", "2026-01-01"]).await;
    assert!(said.contains("later"), "{said}");
    let head = home.json(&["audit", "head"]).await;
    assert_eq!(head["size"], all.len());
    let text = home.ok(&["audit", "head", "north"]).await;
    assert!(text.contains(head["root"].as_str().unwrap()), "{text}");
}
