//! The API against its own description: `schemathesis` makes requests of it,
//! good and bad, and holds the answers against what is promised.
//!
//! Few and always the same ones here; `make fuzz-api` makes many.

use crate::support::{promote, register};
use std::path::Path;
use tempfile::TempDir;
use tokio::process::Command;
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope};

/// A cursor, a digest of evidence or a file that was sent are more than a
/// schema can say: what is well formed may still be refused.
const EXCLUDED: &str = "positive_data_acceptance";

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.into())
}

async fn world() -> (Server, Person) {
    let server = Server::with_clients().await;
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    register(&olga, "fraud", "one").await;
    promote(&olga, "fraud", 1, "staging").await.expect(201);
    promote(&olga, "fraud", 1, "production").await.expect(201);
    (server, olga)
}

/// Runs it with the headers that a caller sends, without some of its checks.
async fn run(server: &Server, headers: &[String], excluded: &str) {
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
        .current_dir(folder.path())
        .kill_on_drop(true);
    for header in headers {
        command.args(["--header", header]);
    }
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.find("= FAILURES =").or_else(|| said.find("= ERRORS ="));
    assert!(
        output.status.success(),
        "{}\n{}",
        &said[found.unwrap_or(0)..],
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn nothing_is_found_with_a_token() {
    let (server, olga) = world().await;
    let token = server.token(&olga, Scope::ALL).await.token.unwrap();
    run(&server, &[format!("Authorization: Bearer {token}")], EXCLUDED).await;
}

#[tokio::test]
async fn nothing_is_found_with_a_session() {
    let (server, olga) = world().await;
    let cookie = format!("Cookie: wh_session={}", olga.cookie.unwrap());
    // It cannot leave out a cookie whose name differs on plain http; the token's run leaves its header out.
    let excluded = format!("{EXCLUDED},ignored_auth");
    run(&server, &[cookie, "Sec-Fetch-Site: same-origin".into()], &excluded).await;
}
