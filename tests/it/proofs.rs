//! Checkpoints and proofs: signed by the worker, verified by others.

use crate::support::{grow, signed};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use weighhouse_core::kernel::config::{Config, LogKey, log_key_create};
use weighhouse_core::{App, audit, projects};
use weighhouse_ledger::Hash;
use weighhouse_ledger::checkpoint::Checkpoint;
use weighhouse_ledger::export::{Expected, FORMAT, Header, Verification, Verified};
use weighhouse_ledger::note::Verifier;
use weighhouse_ledger::proof::{verify_consistency, verify_inclusion};
use weighhouse_ledger::tree::Head;
use weighhouse_testkit::{Options, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope};
use weighhouse_types::projects::ProjectCreate;

pub(crate) const AUDIT: &str = "/api/v1/tenants/north/audit";

fn key() -> LogKey {
    log_key_create("weighhouse.example").unwrap().0.parse().unwrap()
}

/// A server that signs, with clients, and its key.
pub(crate) async fn signing() -> (Server, LogKey) {
    let server = Server::signing().await;
    let key = server.app.config.log_key.clone().unwrap();
    (server, key)
}

fn hashes(list: &Value) -> Vec<Hash> {
    list.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

async fn inclusion(person: &Person, index: u64, size: u64) -> Value {
    person.get(&format!("{AUDIT}/inclusion?index={index}&size={size}")).await.expect(200)
}

async fn consistency(person: &Person, from: u64, to: u64) -> Value {
    person.get(&format!("{AUDIT}/consistency?from={from}&to={to}")).await.expect(200)
}

#[tokio::test]
async fn the_worker_signs_by_itself_within_seconds() {
    let (server, key) = signing().await;
    let ann = server.engineer("ann").await;
    let started = Instant::now();
    let note = loop {
        let answer = ann.get(&format!("{AUDIT}/checkpoint")).await;
        if answer.status == 200 {
            assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
            break answer.text;
        }
        assert!(answer.problem(409).contains("signed yet"));
        assert!(started.elapsed() < Duration::from_secs(60), "never signed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let checkpoint = Checkpoint::open(&note, key.verifier()).unwrap();
    let head = ann.get(&format!("{AUDIT}/head")).await.expect(200);
    assert_eq!(head, json!({"size": checkpoint.head.size, "root": checkpoint.head.root}));
    let said = ann.get(&format!("{AUDIT}/signed")).await.expect(200);
    assert_eq!(said["checkpoint"]["note"], note);
    assert_eq!(said["checkpoint"]["key"], key.verifier().to_string());
    assert_eq!(said["refusal"], Value::Null);
    let host = server.url.strip_prefix("http://").unwrap();
    assert!(checkpoint.origin.starts_with(&format!("{host}/audit/")), "{}", checkpoint.origin);
}

#[tokio::test]
async fn proofs_hold_for_every_signed_size() {
    let (server, key) = signing().await;
    let ann = server.engineer("ann").await;
    let first = signed(&server, &ann).await;
    grow(&server, 700).await;
    let second = signed(&server, &ann).await;
    assert_eq!((first["size"].as_u64(), second["size"].as_u64()), (Some(1), Some(701)));
    let newest = Checkpoint::open(second["note"].as_str().unwrap(), key.verifier()).unwrap();
    for (index, size) in [(0, 1), (0, 701), (255, 256), (256, 700), (511, 701), (700, 701), (300, 513)] {
        let proof = inclusion(&ann, index, size).await;
        let root: Hash = proof["root"].as_str().unwrap().parse().unwrap();
        let log = Head { size, root };
        let leaf: Hash = proof["leaf_hash"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            verify_inclusion(&leaf, index, &log, &hashes(&proof["hashes"])),
            Ok(()),
            "{index} of {size}"
        );
        // The state for which it holds is one that the checkpoint goes on from.
        let grown = consistency(&ann, size, 701).await;
        assert_eq!(verify_consistency(&log, &newest.head, &hashes(&grown["hashes"])), Ok(()), "{size}");
    }
    for (query, field) in [
        ("inclusion", "index"),
        ("inclusion?index=701", "index"),
        ("inclusion?index=5&size=5", "index"),
        ("inclusion?index=0&size=702", "size"),
        ("inclusion?index=0&size=0", "size"),
        ("consistency", "from"),
        ("consistency?from=0", "from"),
        ("consistency?from=5&to=4", "from"),
        ("consistency?from=5&to=702", "to"),
    ] {
        let answer = ann.get(&format!("{AUDIT}/{query}")).await;
        answer.problem(400);
        assert_eq!(answer.json()["field"], field, "{query}: {}", answer.text);
    }
}

/// The whole log through the API, as `wh audit export` writes it.
async fn export(person: &Person) -> Vec<String> {
    let checkpoint = person.get(&format!("{AUDIT}/signed")).await.expect(200)["checkpoint"].clone();
    let text = |name: &str| checkpoint[name].as_str().unwrap().to_owned();
    let (format, tenant) = (FORMAT.into(), "north".into());
    let header = Header { format, tenant, key: text("key"), checkpoint: text("note") };
    let mut lines = vec![serde_json::to_string(&header).unwrap()];
    let mut from = json!(0);
    while !from.is_null() {
        let page = person.get(&format!("{AUDIT}/leaves?limit=300&from={from}")).await.expect(200);
        lines.extend(page["items"].as_array().unwrap().iter().map(Value::to_string));
        from = page["next"].clone();
    }
    lines
}

fn verify(lines: &[String], key: &LogKey, earlier: Option<&str>) -> Result<Verified, String> {
    let keys = [key.verifier().clone()];
    let expected = Expected { keys: &keys, origin: None, earlier };
    let verification = Verification::begin(&lines[0], &expected).and_then(|mut verification| {
        lines[1..].iter().try_for_each(|line| verification.entry(line))?;
        verification.finish()
    });
    verification.map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn what_is_exported_verifies_with_expired_payloads_as_well() {
    let (server, key) = signing().await;
    let ann = server.engineer("ann").await;
    let earlier = signed(&server, &ann).await;
    grow(&server, 400).await;
    signed(&server, &ann).await;
    let owner = server.database.owner().await;
    owner.execute("DELETE FROM audit_payloads WHERE index BETWEEN 10 AND 19", &[]).await.unwrap();
    let lines = export(&ann).await;
    let verified = verify(&lines, &key, earlier["note"].as_str()).unwrap();
    assert_eq!((verified.size, verified.expired, verified.earlier), (401, 10, Some(1)));
    let script = server.token(&ann, &[Scope::Read]).await;
    assert_eq!(export(&script).await, lines);
}

#[tokio::test]
async fn an_agencys_log_is_signed_as_well() {
    let (server, key) = signing().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let base = "/api/v1/agencies/acme/audit";
    let started = Instant::now();
    let note = loop {
        audit::checkpoints_sign(&server.app).await.unwrap();
        let answer = owner.get(&format!("{base}/checkpoint")).await;
        if answer.status == 200 {
            break answer.text;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{}", answer.text);
    };
    let checkpoint = Checkpoint::open(&note, key.verifier()).unwrap();
    let head = checkpoint.head;
    let proof = owner.get(&format!("{base}/inclusion?index=0&size={}", head.size)).await.expect(200);
    let leaves = owner.get(&format!("{base}/leaves")).await.expect(200);
    let leaf = leaves["items"][0]["hash"].as_str().unwrap().parse().unwrap();
    assert_eq!(verify_inclusion(&leaf, 0, &head, &hashes(&proof["hashes"])), Ok(()));
    owner.get(&format!("{base}/consistency?from=1")).await.expect(200);
    server.engineer("ann").await.get(&format!("{base}/signed")).await.problem(403);
}

#[tokio::test]
async fn the_origin_stays_when_the_address_changes() {
    let (server, _) = signing().await;
    let ann = server.engineer("ann").await;
    let before = signed(&server, &ann).await;
    let moved: Config = Config {
        public_url: "https://elsewhere.example".parse().unwrap(),
        log_key: Some(key()),
        ..server.app.config.clone()
    };
    let moved = App::new(moved).unwrap();
    grow(&server, 3).await;
    let started = Instant::now();
    let after = loop {
        audit::checkpoints_sign(&moved).await.unwrap();
        let now = ann.get(&format!("{AUDIT}/signed")).await.expect(200)["checkpoint"].clone();
        if now["size"] == 4 {
            break now;
        }
        assert!(started.elapsed() < Duration::from_secs(60));
    };
    assert_eq!(after["origin"], before["origin"]);
    assert!(after["note"].as_str().unwrap().starts_with(before["origin"].as_str().unwrap()));
}

#[tokio::test]
async fn signers_and_writers_at_once_lose_nothing() {
    let (server, key) = signing().await;
    let ann = server.engineer("ann").await;
    let other = App::new(server.app.config.clone()).unwrap();
    let sign = |app: Arc<App>| async move {
        for _ in 0..15 {
            audit::checkpoints_sign(&app).await.unwrap();
        }
    };
    let console = server.console();
    let write = async {
        for n in 0..60 {
            let new = ProjectCreate { slug: format!("project-{n}"), name: None };
            projects::project_create(&console, "north", new).await.unwrap();
        }
    };
    tokio::join!(sign(Arc::clone(&server.app)), sign(Arc::clone(&other)), sign(other), write);
    signed(&server, &ann).await;
    assert_eq!(verify(&export(&ann).await, &key, None).unwrap().size, 61);
}

#[tokio::test]
async fn a_log_that_waited_long_is_integrated_in_batches() {
    let (server, key) = signing().await;
    let ann = server.engineer("ann").await;
    grow(&server, 12_000).await;
    let head = ann.get(&format!("{AUDIT}/head")).await.expect(200);
    assert_eq!(head["size"], 12_001);
    let checkpoint = signed(&server, &ann).await;
    assert_eq!(checkpoint["size"], 12_001);
    let now = ann.get(&format!("{AUDIT}/head")).await.expect(200);
    assert_eq!(now["root"], checkpoint["root"]);
    assert_eq!(verify(&export(&ann).await, &key, None).unwrap().size, 12_001);
    let owner = server.database.owner().await;
    let tiles =
        "SELECT count(*), max(level) FROM audit_tiles JOIN tenants USING (tenant_id) WHERE slug = 'north'";
    let row = owner.query_one(tiles, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i16>(1)), (48, 1));
    // Neither a tile nor the name of a log changes, not even by the owner's mistake.
    for change in [
        "UPDATE audit_tiles SET hashes = decode(repeat('00', 32), 'hex') WHERE level = 1",
        "DELETE FROM audit_tiles",
        "UPDATE audit_checkpoints SET origin = 'other'",
    ] {
        let refused = owner.execute(change, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23001", "{change}");
    }
}

#[tokio::test]
async fn another_implementation_agrees() {
    let secret = log_key_create("weighhouse.example").unwrap();
    let log_key: LogKey = secret.0.parse().unwrap();
    let server = Server::with(Options { log_key: Some(log_key.clone()), ..Options::default() }).await;
    server.populate().await;
    let ann = server.engineer("ann").await;
    let first = signed(&server, &ann).await;
    grow(&server, 600).await;
    let second = signed(&server, &ann).await;
    let (mut included, mut consistent) = (Vec::new(), Vec::new());
    for (index, size) in [(0, 1), (0, 601), (256, 300), (599, 600), (600, 601), (511, 512), (77, 78)] {
        included.push(inclusion(&ann, index, size).await);
    }
    for (from, to) in [(1, 1), (1, 601), (256, 257), (300, 601), (512, 601), (255, 600)] {
        let mut proof = consistency(&ann, from, to).await;
        for (name, size) in [("old_root", from), ("new_root", to)] {
            proof[name] = inclusion(&ann, 0, size).await["root"].clone();
        }
        consistent.push(proof);
    }
    let mut tiles = json!({});
    for path in ["0/000", "0/001", "0/002.p/89", "1/000.p/2"] {
        let response = ann.request(Method::GET, &format!("{AUDIT}/tile/{path}")).send().await.unwrap();
        tiles[path] = hex::encode(response.bytes().await.unwrap()).into();
    }
    ann.get(&format!("{AUDIT}/tile/0/002.p/90")).await.problem(404);
    ann.get(&format!("{AUDIT}/tile/0/2")).await.problem(400);
    let world = json!({
        "tiles": tiles, "root": second["root"],
        "secret_key": secret.0, "verifier_key": secret.1, "notes": [first["note"], second["note"]],
        "inclusion": included, "consistency": consistent,
    });
    let said = go(&world).await;
    // What Go reads in the notes, and what Go signs with our key and its own.
    assert_eq!(said["texts"][1].as_str().unwrap().lines().nth(1), Some("601"));
    let text = "signed by go\n";
    let ours: Verifier = secret.1.parse().unwrap();
    assert_eq!(ours.open(said["with_ours"].as_str().unwrap()), Ok(text));
    assert_eq!(said["with_ours"], log_key.sign(text).unwrap());
    let theirs: Verifier = said["their_verifier_key"].as_str().unwrap().parse().unwrap();
    assert_eq!(theirs.open(said["with_theirs"].as_str().unwrap()), Ok(text));
    let their_key: LogKey = said["their_secret_key"].as_str().unwrap().parse().unwrap();
    assert_eq!(their_key.verifier(), &theirs);
    // A proof that does not hold is refused there as here.
    let mut wrong = world.clone();
    wrong["inclusion"][1]["index"] = json!(1);
    assert!(go_run(&wrong).await.unwrap_err().contains("inclusion 1"));
    let mut wrong = world.clone();
    wrong["notes"][0] = world["notes"][0].as_str().unwrap().replacen("\n1\n", "\n2\n", 1).into();
    assert!(go_run(&wrong).await.unwrap_err().contains("note 0"));
}

async fn go(world: &Value) -> Value {
    serde_json::from_str(&go_run(world).await.unwrap()).unwrap()
}

/// Runs `tests/go/verify.go` with the packages `note` and `tlog` that come
/// inside Go itself, without any network.
async fn go_run(world: &Value) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut child = tokio::process::Command::new(root.join("tests/go/run.sh"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, world.to_string().as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let [said, wrong] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    if output.status.success() { Ok(said) } else { Err(wrong) }
}

#[tokio::test]
async fn leaves_come_in_bounded_pages_to_those_who_may_read_the_log() {
    let (server, _) = signing().await;
    let ann = server.engineer("ann").await;
    ann.get(&format!("{AUDIT}/leaves")).await;
    grow(&server, 50).await;
    signed(&server, &ann).await;
    let page = ann.get(&format!("{AUDIT}/leaves?from=40&limit=5")).await.expect(200);
    let indexes: Vec<u64> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            serde_json::from_str::<Value>(item["leaf"].as_str().unwrap()).unwrap()["index"].as_u64().unwrap()
        })
        .collect();
    assert_eq!((indexes, &page["next"]), ((40..45).collect(), &json!(45)));
    let end = ann.get(&format!("{AUDIT}/leaves?from=50&limit=5")).await.expect(200);
    assert_eq!((end["items"].as_array().unwrap().len(), end.get("next")), (1, None));
    let beyond = ann.get(&format!("{AUDIT}/leaves?from=5000")).await.expect(200);
    assert_eq!(beyond, json!({"items": []}));
    let wrong = ann.send(ann.request(Method::GET, &format!("{AUDIT}/leaves?from=-1"))).await;
    wrong.problem(400);
}
