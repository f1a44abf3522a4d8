//! The API against its own description: `schemathesis` makes requests of it,
//! good and bad, and holds the answers against what is promised.
//!
//! Few and always the same ones here; `make fuzz-api` makes many.

use crate::support::{promote, register};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope};

/// A cursor, a digest of evidence or a file that was sent are more than a
/// schema can say: what is well formed may still be refused.
const EXCLUDED: &str = "positive_data_acceptance";

/// Operations that can end the session that asks for it: one always does, the other when it is given an id that
/// the list of sessions showed. The rest of a run would see nothing but 401 after them.
const END_SESSIONS: [&str; 2] = ["session_delete", "session_revoke"];

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.into())
}

async fn world(server: Server) -> (Server, Person) {
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    register(&olga, "fraud", "one").await;
    promote(&olga, "fraud", 1, "staging").await.expect(201);
    promote(&olga, "fraud", 1, "production").await.expect(201);
    (server, olga)
}

/// Runs it with the headers that a caller sends, without some of its checks,
/// and of the operations those that a filter leaves.
async fn run(server: &Server, headers: &[String], excluded: &str, operations: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(root.join("target/venv/bin/python"));
    command
        .arg(root.join("target/venv/bin/schemathesis"))
        .arg("--config-file")
        .arg(root.join("tests/schemathesis.toml"))
        .args(["run", &format!("{}/api/v1/openapi.json", server.url)])
        .args(["--checks", "all", "--exclude-checks", excluded, "--no-color", "--warnings", "off"])
        .args(["--continue-on-failure", "--generation-database", "none", "--suppress-health-check", "all"])
        .args(["--request-timeout", "60", "--max-examples", &variable("FUZZ_EXAMPLES", "8")])
        .args(["--seed", &variable("FUZZ_SEED", "1")])
        .args(["--phases", &variable("FUZZ_PHASES", "examples,coverage,fuzzing")])
        .args(operations)
        .current_dir(folder.path())
        .kill_on_drop(true);
    for header in headers {
        command.args(["--header", header]);
    }
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    // Errors, such as of the document itself, are said first.
    let found = said.find("= ERRORS =").or_else(|| said.find("= FAILURES ="));
    assert!(
        output.status.success(),
        "{}\n{}",
        &said[found.unwrap_or(0)..],
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn nothing_is_found_with_a_token() {
    // Its logs are not signed: who asks for proofs is told so.
    let (server, olga) = world(Server::with_clients().await).await;
    let token = server.token(&olga, Scope::ALL).await;
    let header = format!("Authorization: Bearer {}", token.token.as_deref().unwrap());
    run(&server, &[header], EXCLUDED, &[]).await;
    token.get("/api/v1/me").await.expect(200);
}

#[tokio::test]
async fn nothing_is_found_with_a_session() {
    let (server, olga) = world(Server::signing().await).await;
    signed(&olga).await;
    // It cannot leave out a cookie whose name differs on plain http; the token's run leaves its header out.
    let excluded = format!("{EXCLUDED},ignored_auth");
    for operation in END_SESSIONS {
        let own = server.sign_in(&olga.email).await;
        run(&server, &headers(&own), &excluded, &["--include-operation-id", operation]).await;
    }
    let others = END_SESSIONS.map(|operation| ["--exclude-operation-id", operation]);
    run(&server, &headers(&olga), &excluded, others.as_flattened()).await;
    // It lived to the end, so that it was the operations that answered.
    olga.get("/api/v1/me").await.expect(200);
}

fn headers(person: &Person) -> [String; 2] {
    let cookie = format!("Cookie: wh_session={}", person.cookie.as_deref().unwrap());
    [cookie, "Sec-Fetch-Site: same-origin".into()]
}

/// Waits for the checkpoints that the proofs are for.
async fn signed(person: &Person) {
    for log in ["tenants/north", "agencies/acme"] {
        let path = format!("/api/v1/{log}/audit/checkpoint");
        for _ in 0..600 {
            if person.get(&path).await.status == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(person.get(&path).await.status, 200, "{log} is not signed");
    }
}
