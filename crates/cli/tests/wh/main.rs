//! The real `wh` against a real server.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by panicking")]

mod attest;
mod audit;
mod capture;
mod data;
mod llm;
mod lost;
mod people;
mod promotions;
mod registry;
mod shell;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::Scope;

/// A home with its own credentials.
struct Home {
    folder: tempfile::TempDir,
    url: String,
}

impl Home {
    /// Signed in with a token of everything.
    async fn new(server: &Server, person: &Person) -> Self {
        let home = Self::unknown(server);
        let script = server.token(person, Scope::ALL).await;
        let said = home.wh(&["login", &server.url, "--token-stdin"], &script.token.unwrap()).await;
        assert!(said.status.success(), "{said:?}");
        home
    }

    /// Where nobody has signed in.
    fn unknown(server: &Server) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: server.url.clone() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `wh`, ready to be run in this home.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wh"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env_remove("WH_URL")
            .env_remove("WH_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn wh(&self, arguments: &[&str], input: &str) -> Output {
        run(self.command(arguments), input).await
    }
    async fn ok(&self, arguments: &[&str]) -> String {
        let output = self.wh(arguments, "").await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat()).await).unwrap()
    }

    async fn refused(&self, arguments: &[&str]) -> String {
        let output = self.wh(arguments, "").await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// A model folder to push.
    fn model(&self, weights: &[u8]) {
        std::fs::create_dir_all(self.path().join("model/tokens")).unwrap();
        std::fs::write(self.path().join("model/weights.bin"), weights).unwrap();
        std::fs::write(self.path().join("model/tokens/vocabulary.txt"), "a\nb\n").unwrap();
        std::fs::write(self.path().join("context.toml"), "[code]\ncommit = \"0123abc\"\n").unwrap();
    }
}

/// Runs a command to its end.
async fn run(mut command: Command, input: &str) -> Output {
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || {
        use std::io::Write;
        let mut child = command.spawn().unwrap();
        // A command that needs no input may have ended by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap()
}

const MODEL: &str = "north/claims/fraud";
const PUSH: &[&str] = &["push", "model", "--model", MODEL, "--context", "context.toml"];

/// More than one part.
fn weights(seed: u8) -> Vec<u8> {
    (0..9_000_000_u32).map(|n| u8::try_from(n % 249).unwrap() ^ seed).collect()
}

#[tokio::test]
async fn a_folder_goes_up_once_and_comes_back_the_same() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(&weights(0));
    let pushed = home.ok(PUSH).await;
    assert!(pushed.contains("registered north/claims/fraud@1"), "{pushed}");
    assert!(pushed.contains(&format!("{}/t/north/p/claims/m/fraud/v/1", home.url)), "{pushed}");
    let again = home.ok(PUSH).await;
    assert!(again.contains("already there as north/claims/fraud@1"), "{again}");

    home.ok(&["pull", "north/claims/fraud@1", "-o", "back"]).await;
    for file in ["weights.bin", "tokens/vocabulary.txt"] {
        let read = |folder: &str| std::fs::read(home.path().join(folder).join(file)).unwrap();
        assert!(read("model") == read("back"), "{file}");
    }
    let shown = home.json(&["show", "north/claims/fraud@1"]).await;
    assert_eq!(shown["context"]["code"]["commit"], "0123abc");
    assert_eq!(shown["stage"], "development");
}

#[tokio::test]
async fn many_small_files_go_up_together() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(&weights(0));
    let content = |n: u32| format!("{n}").repeat(usize::try_from(n).unwrap());
    for n in 0..450 {
        std::fs::write(home.path().join(format!("model/tokens/{n}.txt")), content(n)).unwrap();
    }
    let pushed = home.ok(PUSH).await;
    assert!(pushed.contains("registered north/claims/fraud@1"), "{pushed}");
    home.ok(&["pull", "north/claims/fraud@1", "-o", "back"]).await;
    for n in 0..450 {
        let back = std::fs::read_to_string(home.path().join(format!("back/tokens/{n}.txt"))).unwrap();
        assert!(back == content(n), "{n}");
    }
    std::fs::write(home.path().join("model/tokens/0.txt"), "another").unwrap();
    let second = home.ok(PUSH).await;
    assert!(second.contains("registered north/claims/fraud@2"), "{second}");
}

#[tokio::test]
async fn the_whole_way_from_the_terminal() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let bob = server.approver("bob").await;
    let home = Home::new(&server, &ann).await;
    for (number, seed) in [(1, 0), (2, 7)] {
        home.model(&weights(seed));
        home.ok(PUSH).await;
        let version = format!("{MODEL}@{number}");
        let promote = |stage| ["promote", &version, "--to", stage, "--reason", "better"].map(str::to_owned);
        if number == 1 {
            let skipped = promote("production");
            let said = home.refused(&skipped.each_ref().map(String::as_str)).await;
            assert!(said.contains("staging first"), "{said}");
        }
        home.ok(&promote("staging").each_ref().map(String::as_str)).await;
        let opened = home.json(&promote("production").each_ref().map(String::as_str)).await;
        let path = format!("/api/v1/tenants/north/promotions/{}/decision", opened["id"].as_str().unwrap());
        let body = serde_json::json!({
            "decision": "approve", "reason": "fine", "evidence_digest": opened["evidence_digest"],
        });
        bob.post(&path, &body).await.expect(200);
    }
    let now = home.ok(&["production", MODEL]).await;
    assert!(now.contains("fraud@2") && now.contains("bob"), "{now}");
    home.ok(&["rollback", MODEL, "--reason", "flags the east"]).await;
    assert_eq!(home.json(&["production", MODEL]).await["production"]["number"], 1);
    let said = home.refused(&["rollback", MODEL, "--reason", "again"]).await;
    assert!(said.contains("no earlier"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(b"small");
    let said = home.refused(&["push", "model", "--model", "north/nowhere/fraud"]).await;
    assert!(said.contains("nowhere"), "{said}");
    let said = home.refused(&["push", "model", "--model", "south/claims/fraud"]).await;
    assert!(said.contains("no such tenant"), "a token of another tenant: {said}");
    std::fs::write(home.path().join("model/WEIGHTS.bin"), "twin").unwrap();
    let said = home.refused(PUSH).await;
    assert!(said.contains("case"), "{said}");
    let said = home.refused(&["pull", "north/claims/fraud@7"]).await;
    assert!(said.contains("no such"), "{said}");
    let nothing = server.database.owner().await.query("SELECT FROM models", &[]).await.unwrap();
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_push_broken_off_leaves_nothing_visible_and_goes_on() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::new(&server, &ann).await;
    home.model(&weights(3));
    let bytes = weights(3);
    let sha = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    // What a push that was cut off after its first part has left.
    let part = &bytes[..usize::try_from(weighhouse_types::blobs::PART_SIZE).unwrap()];
    let digest = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        <sha2::Sha256 as sha2::Digest>::digest(part),
    );
    let path = format!("/api/v1/tenants/north/blobs/{sha}/parts/1");
    let request = ann.request(reqwest::Method::PUT, &path).body(part.to_vec());
    let sent = ann.send(request.header("Content-Digest", format!("sha-256=:{digest}:"))).await;
    assert_eq!(sent.status, 204);
    ann.get("/api/v1/tenants/north/projects/claims/models/fraud").await.problem(404);
    let owner = server.database.owner().await;
    let stored =
        "SELECT stored_at::text FROM blob_parts WHERE number = 1 AND blob_sha256 = decode($1, 'hex')";
    let before: String = owner.query_one(stored, &[&sha]).await.unwrap().get(0);
    home.ok(PUSH).await;
    let after: String = owner.query_one(stored, &[&sha]).await.unwrap().get(0);
    assert_eq!(before, after, "what was there was not sent again");
}

/// Waits until the worker has signed as many leaves of north's log.
async fn signed(person: &Person, size: u64) -> Value {
    let started = std::time::Instant::now();
    loop {
        let signed = person.get("/api/v1/tenants/north/audit/signed").await.expect(200);
        let checkpoint = signed.pointer("/checkpoint").cloned().unwrap_or_default();
        if checkpoint.pointer("/size").and_then(Value::as_u64) >= Some(size) {
            return checkpoint;
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "{signed}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_log_is_exported_and_verified_offline() {
    let server = Server::signing().await;
    let ann = server.engineer("ann").await;
    let home = Home::new(&server, &ann).await;
    let checkpoint = signed(&ann, 2).await;
    let text = |name: &str| checkpoint[name].as_str().unwrap().to_owned();
    let (key, origin) = (text("key"), text("origin"));
    std::fs::write(home.path().join("checkpoint"), text("note")).unwrap();
    let said = home.ok(&["audit", "export", "north", "-o", "first.jsonl"]).await;
    assert!(said.contains("2 leaves") && said.contains(&format!("--key '{key}'")), "{said}");
    for slug in ["one", "two"] {
        let new = serde_json::json!({"slug": slug});
        ann.post("/api/v1/tenants/north/projects", &new).await.expect(201);
    }
    signed(&ann, 4).await;
    home.ok(&["audit", "export", "north", "-o", "second.jsonl"]).await;

    // Nothing below asks the server: it could be gone.
    home.ok(&["logout"]).await;
    let said = home.ok(&["verify", "second.jsonl", "--key", &key, "--origin", &origin]).await;
    assert!(said.contains("4, number 0 to 3") && said.contains(&origin), "{said}");
    for earlier in ["first.jsonl", "checkpoint"] {
        let verified = home.json(&["verify", "second.jsonl", "--key", &key, "--checkpoint", earlier]).await;
        assert_eq!((&verified["verified"], &verified["earlier"]), (&true.into(), &2.into()));
    }
    let said = home.refused(&["verify", "first.jsonl", "--key", &key, "--checkpoint", "second.jsonl"]).await;
    assert!(said.contains("had 4 leaves before and has 2 now"), "{said}");
    let said = home.refused(&["verify", "first.jsonl", "--key", &key, "--origin", "a/audit/b"]).await;
    assert!(said.contains("a/audit/b was expected"), "{said}");
    let other = "weighhouse.example+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let wrong = home.wh(&["verify", "first.jsonl", "--key", other], "").await;
    assert_eq!(wrong.status.code(), Some(2), "no key at all: {wrong:?}");

    let file = std::fs::read_to_string(home.path().join("second.jsonl")).unwrap();
    let changed = file.replacen("\\\"two\\\"", "\\\"too\\\"", 1);
    assert_ne!(file, changed);
    std::fs::write(home.path().join("changed.jsonl"), &changed).unwrap();
    let said = home.refused(&["verify", "changed.jsonl", "--key", &key]).await;
    assert!(said.contains("leaf 3: its payload was changed"), "{said}");
    let machine = home.wh(&["verify", "changed.jsonl", "--key", &key, "--json"], "").await;
    assert_eq!(machine.status.code(), Some(1));
    assert_eq!(serde_json::from_slice::<Value>(&machine.stdout).unwrap()["index"], 3);
    let cut = file.lines().take(3).collect::<Vec<_>>().join("\n");
    std::fs::write(home.path().join("cut.jsonl"), cut).unwrap();
    let said = home.refused(&["verify", "cut.jsonl", "--key", &key]).await;
    assert!(said.contains("ends before leaf 2"), "{said}");
}

#[tokio::test]
async fn what_is_not_signed_is_not_exported() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let said = home.refused(&["audit", "export", "north", "-o", "log.jsonl"]).await;
    assert!(said.contains("nothing of the audit log of north is signed yet"), "{said}");
    assert!(!home.path().join("log.jsonl").exists());
}

#[tokio::test]
async fn files_that_are_no_longer_kept_say_so_and_come_back_with_a_push() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::new(&server, &ann).await;
    home.model(&weights(3));
    home.ok(PUSH).await;
    let sweep =
        "INSERT INTO artifact_sweeps SELECT tenant_id, id, model_id, 'retired', 30, now() FROM versions";
    server.database.owner().await.execute(sweep, &[]).await.unwrap();
    let said = home.refused(&["pull", "north/claims/fraud@1", "-o", "back"]).await;
    assert!(said.contains("were removed on") && said.contains("retired versions for 30 days"), "{said}");
    home.ok(PUSH).await;
    home.ok(&["pull", "north/claims/fraud@1", "-o", "back"]).await;
}
