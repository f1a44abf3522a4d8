//! Attestations: appended, audited, never edited; scans and signatures of
//! real files.

use crate::support::{MODELS, decide, promote, register, sentences, upload};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use weighhouse_testkit::{Answer, Options, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

const FRAUD: &str = "/api/v1/tenants/north/projects/claims/models/fraud/versions/1";

async fn attest(person: &Person, kind: &str, body: Value) -> Answer {
    person.post(&format!("{FRAUD}/attestations"), &json!({"kind": kind, "body": body})).await
}

fn auc(value: f64) -> Value {
    json!({"results": [{"dataset": "holdout", "metrics": {"auc": value}}], "run": "nightly"})
}

async fn list(person: &Person, query: &str) -> Vec<Value> {
    let page = person.get(&format!("{FRAUD}/attestations{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_comes_later_is_appended_and_the_version_stays_as_it_is() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let before = register(&ann, "fraud", "one").await;
    let added = attest(&ann, "evaluation", auc(0.91)).await.expect(201);
    assert_eq!((&added["by"], &added["body"]["run"]), (&json!("ann"), &json!("nightly")));
    attest(&ann, "model_card", json!({"markdown": "# Fraud"})).await.expect(201);
    // The same again is another attestation: a repeat.
    let again = attest(&ann, "evaluation", auc(0.91)).await.expect(201);
    assert_eq!(added["digest"], again["digest"]);
    assert_ne!(added["id"], again["id"]);
    assert_eq!(list(&ann, "").await.len(), 3);
    assert_eq!(list(&ann, "?kind=model_card").await.len(), 1);
    let page = ann.get(&format!("{FRAUD}/attestations?limit=2")).await.expect(200);
    let rest = format!("{FRAUD}/attestations?limit=2&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(ann.get(&rest).await.expect(200)["items"][0]["id"], added["id"]);
    assert_eq!(ann.get(FRAUD).await.expect(200)["digest"], before["digest"]);
    let said = sentences(&ann).await;
    assert!(
        said.iter().any(|s| s == "ann attested on north/claims/fraud@1: evaluation on holdout."),
        "{said:?}"
    );
    assert!(said.iter().any(|s| s == "ann attached a model card to north/claims/fraud@1."), "{said:?}");
}

#[tokio::test]
async fn nobody_changes_an_attestation() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    attest(&ann, "evaluation", auc(0.91)).await.expect(201);
    let owner = server.database.owner().await;
    for change in ["UPDATE attestations SET body = '{}'", "DELETE FROM attestations", "TRUNCATE attestations"]
    {
        let refused = owner.execute(change, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23001", "{change}");
    }
    let app = server.database.app().await;
    app.batch_execute("BEGIN; SET LOCAL ROLE weighhouse_tenant").await.unwrap();
    let refused = app.execute("UPDATE attestations SET body = '{}'", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_kept() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let cases = [
        (
            "evaluation",
            json!({"results": [{"dataset": "a", "metrics": {"auc": 1}, "when": 1}]}),
            "body.results[0].when",
        ),
        ("evaluation", json!({"results": []}), "body.results"),
        ("model_card", json!({"markdown": ""}), "body.markdown"),
        ("model_card", json!({"markdown": "a\u{0}b"}), "body.markdown"),
        ("scan", json!({}), "kind"),
        ("comment", json!({"text": "x"}), "kind"),
        ("signature", json!({"mediaType": "x"}), "body"),
    ];
    for (kind, body, field) in cases {
        let answer = attest(&ann, kind, body).await;
        answer.problem(400);
        assert_eq!(answer.json()["field"], field, "{}", answer.text);
    }
    let empty = ann.post(&format!("{FRAUD}/comments"), &json!({"text": " "})).await;
    empty.problem(400);
    assert_eq!(empty.json()["field"], "text");
    assert!(list(&ann, "").await.is_empty());
}

#[tokio::test]
async fn everybody_who_sees_a_version_may_comment() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    for role in [Role::Tenant(TenantRole::Viewer), Role::Agency(AgencyRole::Auditor)] {
        let person = server.person(role.as_str(), role).await;
        let text = "What about the *East*? <script>alert(1)</script>";
        let said = person.post(&format!("{FRAUD}/comments"), &json!({ "text": text })).await.expect(201);
        assert_eq!(said["by"], role.as_str());
    }
    assert_eq!(list(&ann, "?kind=comment").await.len(), 2);
    // What was said is not in the log, that it was is.
    let log = ann.get("/api/v1/tenants/north/audit?event=attestation.added").await.expect(200);
    assert!(log.to_string().contains("commented on north/claims/fraud@1"), "{log}");
    assert!(!log.to_string().contains("East"));
}

#[tokio::test]
async fn a_new_attestation_voids_approvals_and_comments_do_not() {
    let server = Server::with_clients().await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    register(&ann, "fraud", "one").await;
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    let path = format!("/api/v1/tenants/north/promotions/{}", request["id"].as_str().unwrap());
    ann.post(&format!("{FRAUD}/comments"), &json!({"text": "Looks fine."})).await.expect(201);
    attest(&ann, "model_card", json!({"markdown": "# Fraud"})).await.expect(201);
    assert_eq!(ann.get(&path).await.expect(200)["evidence_digest"], request["evidence_digest"]);
    let added = attest(&ann, "evaluation", auc(0.7)).await.expect(201);
    let seen = ann.get(&path).await.expect(200);
    assert_ne!(seen["evidence_digest"], request["evidence_digest"]);
    assert_eq!(seen["evidence"]["attestations"][0]["digest"], added["digest"]);
    assert_eq!(seen["evidence"]["evaluation"][0]["metrics"]["auc"], 0.7);
    // Who decides about what was before is told so.
    let body = json!({"decision": "approve", "reason": "x", "evidence_digest": request["evidence_digest"]});
    bob.post(&format!("{path}/decision"), &body).await.problem(409);
    decide(&bob, &request, "approve").await.expect(200);
    let said = sentences(&ann).await;
    assert!(said.iter().any(|s| s.ends_with("earlier decisions are void.")), "{said:?}");
}

/// Runs Python in the tests' own environment.
fn python(script: &str, folder: &Path) {
    let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/python3");
    let done = Command::new(python).args(["-c", script]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Registers a folder's files as version 1 of `fraud`.
async fn register_folder(person: &Person, folder: &Path) -> Value {
    let mut files = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        files.push(upload(person, name, &std::fs::read(path).unwrap()).await);
    }
    let body = json!({"context": {"artifact": {"files": files}}, "create_model": true});
    person.post(&format!("{MODELS}/fraud/versions"), &body).await.expect(201)
}

/// The scan of version 1, once the worker has made it.
async fn scan(person: &Person) -> Value {
    let begun = Instant::now();
    loop {
        if let Some(found) = list(person, "?kind=scan").await.first() {
            return found.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no scan was made");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn scanning() -> Server {
    let server = Server::with(Options { scans: true, ..Options::default() }).await;
    server.populate().await;
    server
}

#[tokio::test]
async fn what_a_file_would_run_is_found_and_is_evidence() {
    let server = scanning().await;
    let ann = server.engineer("ann").await;
    let folder = tempfile::tempdir().unwrap();
    python(
        "import os, pickle, zipfile\n\
         class Evil:\n    def __reduce__(self): return (os.system, ('touch owned',))\n\
         open('bad.pkl', 'wb').write(pickle.dumps({'w': [1, 2], 'x': Evil()}))\n\
         with zipfile.ZipFile('net.pt', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('net/data.pkl', pickle.dumps(Evil(), 2))\n\
         open('good.pkl', 'wb').write(pickle.dumps({'a': [1.5, 'x'], 'b': {1, 2}}))\n\
         open('weights.safetensors', 'wb').write((2).to_bytes(8, 'little') + b'{}')",
        folder.path(),
    );
    register_folder(&ann, folder.path()).await;
    let found = scan(&ann).await;
    assert_eq!((&found["by"], &found["body"]["files"]), (&Value::Null, &json!(4)));
    let findings = found["body"]["findings"].as_array().unwrap();
    let of: Vec<_> =
        findings.iter().map(|f| (f["severity"].as_str().unwrap(), f["path"].as_str().unwrap())).collect();
    assert_eq!(of, [("danger", "bad.pkl"), ("danger", "net.pt!net/data.pkl")]);
    assert_eq!(findings[0]["what"], "posix.system");
    assert_eq!(found["body"]["formats"]["safetensors"], 1);
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    let request = promote(&ann, "fraud", 1, "production").await.expect(201);
    let summary = request["evidence"]["attestations"][0]["summary"].as_str().unwrap();
    assert!(summary.contains("DANGER") && summary.contains("posix.system"), "{summary}");
    let said = sentences(&ann).await;
    assert!(said.iter().any(|s| s.contains("attested on north/claims/fraud@1: scan: DANGER")), "{said:?}");
}

#[tokio::test]
async fn a_scan_that_runs_twice_attests_once() {
    let server = scanning().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    assert_eq!(scan(&ann).await["body"]["findings"], json!([]));
    let version = "north/claims/fraud@1".parse().unwrap();
    weighhouse_core::attestations::version_scan(&server.app, "again", &version).await.unwrap();
    assert_eq!(list(&ann, "?kind=scan").await.len(), 1);
}

/// A folder with a model that was signed by the key whose public half is `key.pub`.
fn signed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("model")).unwrap();
    std::fs::write(folder.path().join("model/weights.safetensors"), b"weights").unwrap();
    std::fs::write(folder.path().join("model/config.json"), b"{}").unwrap();
    python(
        "import pathlib\n\
         from cryptography.hazmat.primitives import serialization as s\n\
         from cryptography.hazmat.primitives.asymmetric import ec\n\
         import model_signing\n\
         key = ec.generate_private_key(ec.SECP256R1())\n\
         pathlib.Path('key').write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))\n\
         pathlib.Path('key.pub').write_bytes(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))\n\
         model_signing.signing.Config().use_elliptic_key_signer(private_key='key').sign('model', 'model.sig')",
        folder.path(),
    );
    folder
}

#[tokio::test]
async fn signatures_are_verified_against_trusted_keys() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let admin = server.person("clara", Role::Tenant(TenantRole::ClientAdmin)).await;
    let folder = signed();
    register_folder(&ann, &folder.path().join("model")).await;
    let bundle: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("model.sig")).unwrap()).unwrap();

    let unknown = attest(&ann, "signature", bundle.clone()).await.expect(201);
    assert_eq!(unknown["body"]["verified"], false);
    assert!(unknown["body"]["problems"][0].as_str().unwrap().contains("no key is trusted here yet"));

    let pem = std::fs::read_to_string(folder.path().join("key.pub")).unwrap();
    let new = json!({"name": "Acme release", "pem": pem});
    ann.post("/api/v1/tenants/north/signers", &new).await.problem(403);
    let signer = admin.post("/api/v1/tenants/north/signers", &new).await.expect(201);
    assert_eq!(signer["algorithm"], "ECDSA P-256");
    admin.post("/api/v1/tenants/north/signers", &new).await.problem(409);
    let private = std::fs::read_to_string(folder.path().join("key")).unwrap();
    let secret = json!({"name": "x", "pem": private});
    let refused = admin.post("/api/v1/tenants/north/signers", &secret).await.problem(400);
    assert!(refused.contains("private key"), "{refused}");

    let good = attest(&ann, "signature", bundle.clone()).await.expect(201);
    assert_eq!((&good["body"]["verified"], &good["body"]["signer"]), (&json!(true), &json!("Acme release")));
    assert_eq!(good["body"]["problems"], json!([]));

    // Every bit counts: another payload is not what was signed.
    let mut forged = bundle.clone();
    let payload = forged["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
    use base64::Engine as _;
    let coder = base64::engine::general_purpose::STANDARD;
    let text =
        String::from_utf8(coder.decode(payload).unwrap()).unwrap().replace("config.json", "konfig.json");
    forged["dsseEnvelope"]["payload"] = json!(coder.encode(text));
    let bad = attest(&ann, "signature", forged).await.expect(201);
    let problems = bad["body"]["problems"].to_string();
    assert_eq!(bad["body"]["verified"], false);
    for part in [
        "the one trusted key did not make it",
        "‘config.json’ is not signed",
        "‘konfig.json’ is signed and not part",
    ] {
        assert!(problems.contains(part), "{part}: {problems}");
    }

    let path = format!("/api/v1/tenants/north/signers/{}", signer["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, 204);
    let later = attest(&ann, "signature", bundle).await.expect(201);
    assert_eq!(later["body"]["verified"], false);
    assert_eq!(list(&ann, "?kind=signature").await.len(), 4);
}

#[tokio::test]
async fn a_signature_of_other_files_names_them() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let admin = server.person("clara", Role::Tenant(TenantRole::ClientAdmin)).await;
    let folder = signed();
    let bundle: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("model.sig")).unwrap()).unwrap();
    std::fs::write(folder.path().join("model/weights.safetensors"), b"others").unwrap();
    std::fs::write(folder.path().join("model/extra.bin"), b"x").unwrap();
    register_folder(&ann, &folder.path().join("model")).await;
    let pem = std::fs::read_to_string(folder.path().join("key.pub")).unwrap();
    admin.post("/api/v1/tenants/north/signers", &json!({"name": "Acme", "pem": pem})).await.expect(201);
    let found = attest(&ann, "signature", bundle).await.expect(201);
    assert_eq!((&found["body"]["verified"], &found["body"]["signer"]), (&json!(false), &json!("Acme")));
    let problems: Vec<String> = serde_json::from_value(found["body"]["problems"].clone()).unwrap();
    assert_eq!(
        problems,
        ["‘extra.bin’ is not signed.", "‘weights.safetensors’ is another file than the one that was signed."]
    );
}
