//! Policies, previews and sweeps.

use crate::clock::{Clock, RETENTION, sweep};
use crate::support::{MODELS, promote, register, sentences, stage, to_production, upload};
use serde_json::{Value, json};
use weighhouse_ledger::{Hash, proof, tree};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

async fn admin(server: &Server) -> Person {
    server.person("cora", Role::Tenant(TenantRole::ClientAdmin)).await
}

async fn download(person: &Person, model: &str, number: u32) -> weighhouse_testkit::Answer {
    person.get(&format!("{MODELS}/{model}/versions/{number}/files/model.onnx")).await
}

fn class<'a>(preview: &'a Value, name: &str) -> &'a Value {
    preview["classes"].as_array().unwrap().iter().find(|class| class["class"] == name).unwrap()
}

/// Versions 1 to 4 in production one after the other, 5 in development, 6 in
/// staging, 7 retired; all for forty days.
async fn seven_versions(server: &Server, clock: &Clock) -> Person {
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    for number in 1..=4 {
        register(&ann, "fraud", &format!("weights {number}")).await;
        to_production(&ann, &bob, "fraud", number).await;
    }
    for number in 5..=7 {
        register(&ann, "fraud", &format!("weights {number}")).await;
    }
    promote(&ann, "fraud", 6, "staging").await.expect(201);
    ann.post(&format!("{MODELS}/fraud/versions/7/retire"), &json!({"reason": "leaks"})).await.expect(200);
    clock.age_stages(40).await;
    ann
}

#[tokio::test]
async fn files_expire_and_what_is_needed_stays() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ann) = (admin(&server).await, seven_versions(&server, &clock).await);
    clock.policy(&cora, json!({"archived_artifacts": 30, "retired_artifacts": 7})).await;

    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!(class(&preview, "archived-artifacts")["items"], 2);
    assert_eq!(class(&preview, "archived-artifacts")["bytes"], 18);
    assert_eq!(class(&preview, "retired-artifacts")["items"], 1);
    let going: Vec<u64> = preview["versions"].as_array().unwrap().iter().map(number).collect();
    assert_eq!(going, [1, 2, 7]);
    assert_eq!(number(&preview["kept"][0]), 3);
    assert_eq!(preview["kept"][0]["why"], "a rollback would restore it");

    assert_eq!(sweep(&server, 100).await, 3);
    for number in [1, 2, 7] {
        let said = download(&ann, "fraud", number).await.problem(410);
        assert!(said.contains("retention policy") && said.contains("days"), "{said}");
        ann.get(&format!("{MODELS}/fraud/versions/{number}/archive")).await.problem(410);
        let version = ann.get(&format!("{MODELS}/fraud/versions/{number}")).await.expect(200);
        assert_eq!(version["file_list"][0]["path"], "model.onnx", "the manifest stays");
        assert_eq!(version["digest"], version_digest(&version["context"]));
        assert!(version["swept"]["at"].is_string());
    }
    for number in [3, 4, 5, 6] {
        let got = download(&ann, "fraud", number).await;
        assert_eq!((got.status, got.text), (200, format!("weights {number}")));
    }
    assert_eq!(sweep(&server, 100).await, 0, "nothing more is due");
    let log = sentences(&cora).await;
    let swept = "Weighhouse itself removed the files of north/claims/fraud@1, archived for more than 30 days. Its record stays.";
    assert!(log.iter().any(|sentence| sentence == swept), "{log:?}");
}

fn number(named: &Value) -> u64 {
    named["version"]["number"].as_u64().unwrap()
}

fn version_digest(context: &Value) -> String {
    weighhouse_ledger::canonical::digest_hex(context).unwrap()
}

#[tokio::test]
async fn a_version_without_files_is_not_used_again_until_they_are_back() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ann) = (admin(&server).await, seven_versions(&server, &clock).await);
    clock.policy(&cora, json!({"archived_artifacts": 30})).await;
    assert_eq!(sweep(&server, 100).await, 2);
    promote(&ann, "fraud", 1, "staging").await.problem(410);
    // Back to 3, and from there no further: what was before it has no files.
    let back = json!({"reason": "worse"});
    ann.post(&format!("{MODELS}/fraud/rollback"), &back).await.expect(200);
    assert!(ann.get(&format!("{MODELS}/fraud/production")).await.expect(200)["rollback_target"].is_null());
    ann.post(&format!("{MODELS}/fraud/rollback"), &back).await.problem(409);

    // The same push again brings the files back, and with them the way back.
    let again = push_again(&ann, "fraud", "weights 2").await;
    assert_eq!(again["reference"]["number"], 2);
    assert!(again["swept"].is_null());
    assert_eq!(download(&ann, "fraud", 2).await.text, "weights 2");
    assert_eq!(ann.get(&format!("{MODELS}/fraud/production")).await.expect(200)["rollback_target"], 2);
    assert_eq!(sweep(&server, 100).await, 0, "its term begins anew");
    let log = sentences(&cora).await;
    assert!(
        log.iter()
            .any(|said| said == "ann sent the files of north/claims/fraud@2 again, and it has them back.")
    );
}

/// Pushes what is registered already, as `wh push` does.
async fn push_again(person: &Person, model: &str, content: &str) -> Value {
    let file = upload(person, "model.onnx", content.as_bytes()).await;
    let body = json!({"context": {
        "artifact": {"files": [file]},
        "evaluation": [{"dataset": "holdout", "metrics": {"auc": 0.9}}],
    }});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(200)
}

#[tokio::test]
async fn an_interrupted_sweep_goes_on_as_one() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, _ann) = (admin(&server).await, seven_versions(&server, &clock).await);
    clock.policy(&cora, json!({"archived_artifacts": 30, "retired_artifacts": 7})).await;
    let sweeps = format!("{RETENTION}/sweeps");
    assert_eq!(sweep(&server, 1).await, 1);
    let list = cora.get(&sweeps).await.expect(200);
    assert_eq!(list["items"][0]["removed"][0]["items"], 1);
    assert!(list["items"][0]["finished_at"].is_null());
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();

    // Two workers at once: each thing is removed and told once.
    let (one, other) = tokio::join!(sweep(&server, 100), sweep(&server, 100));
    assert_eq!(one + other, 2);
    let list = cora.get(&sweeps).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], id);
    assert!(list["items"][0]["finished_at"].is_string());
    let removed = json!([
        {"class": "archived-artifacts", "batches": 2, "items": 2, "bytes": 18},
        {"class": "retired-artifacts", "batches": 1, "items": 1, "bytes": 9},
    ]);
    assert_eq!(list["items"][0]["removed"], removed);
    let batches = cora.get(&format!("{sweeps}/{id}/batches?limit=2")).await.expect(200);
    assert_eq!(batches["items"][0]["what"], "north/claims/fraud@1");
    let next = batches["next"].as_str().unwrap();
    let rest = cora.get(&format!("{sweeps}/{id}/batches?limit=2&cursor={next}")).await.expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let ended = sentences(&cora).await.pop().unwrap();
    assert_eq!(
        ended,
        "Weighhouse itself finished a sweep: 2 archived versions’ files, 1 retired version’s files."
    );
}

async fn leaf_hashes(clock: &Clock) -> Vec<Hash> {
    let select = "SELECT leaf_hash FROM audit_leaves JOIN tenants USING (tenant_id) WHERE slug = 'north' ORDER BY index";
    let rows = clock.0.query(select, &[]).await.unwrap();
    rows.iter().map(|row| <[u8; 32]>::try_from(row.get::<_, Vec<u8>>(0)).unwrap().into()).collect()
}

#[tokio::test]
async fn payloads_go_and_old_proofs_still_verify() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ann) = (admin(&server).await, server.engineer("ann").await);
    for content in ["one", "two", "three"] {
        register(&ann, "fraud", content).await;
    }
    clock.age_log(4, 31).await;
    let before = leaf_hashes(&clock).await;
    let head = tree::Head { size: before.len().try_into().unwrap(), root: tree::root(before.clone()) };
    let proof_of_two = proof::inclusion_proof(before.as_slice(), head.size, 2).unwrap();
    let others = clock.count("audit_payloads JOIN tenants USING (tenant_id) WHERE slug <> 'north'").await;

    clock.policy(&cora, json!({"audit_payloads": 30})).await;
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!(class(&preview, "audit-payloads")["items"], 4);
    assert_eq!(sweep(&server, 100).await, 1);

    // The entries stay, without their details.
    let page = cora.get("/api/v1/tenants/north/audit?limit=200").await.expect(200);
    let entries: Vec<&Value> = page["items"].as_array().unwrap().iter().rev().collect();
    for entry in &entries[..4] {
        assert!(entry["payload"].is_null());
        assert!(entry["sentence"].as_str().unwrap().ends_with("(its details have expired)."), "{entry}");
    }
    assert!(entries[4]["payload"].is_object());
    let redacted = entries.iter().find(|entry| entry["event"] == "payload.redacted").unwrap();
    assert_eq!(redacted["payload"]["ranges"], json!([[0, 3]]));
    assert_eq!(redacted["payload"]["count"], 4);
    assert_eq!(redacted["via"], "worker");
    let sentence =
        "Weighhouse itself removed the details of 4 entries older than 30 days: No. 0–3. Their leaves stay.";
    assert_eq!(redacted["sentence"], sentence);
    // Nonces went with the payloads; the other client's log was not touched.
    assert_eq!(
        clock.count("audit_payloads JOIN tenants USING (tenant_id) WHERE slug = 'north' AND index < 4").await,
        0
    );
    assert_eq!(
        clock.count("audit_payloads JOIN tenants USING (tenant_id) WHERE slug <> 'north'").await,
        others
    );

    // What was proven before is proven still, and the log only grew.
    let after = leaf_hashes(&clock).await;
    proof::verify_inclusion(&after[2], 2, &head, &proof_of_two).unwrap();
    let now = tree::Head { size: after.len().try_into().unwrap(), root: tree::root(after.clone()) };
    let grew = proof::consistency_proof(after.as_slice(), now.size, head.size).unwrap();
    proof::verify_consistency(&head, &now, &grew).unwrap();

    // What explains it outlives the term of other events.
    clock.age_log(i64::try_from(after.len()).unwrap(), 100).await;
    assert_eq!(sweep(&server, 100).await, 1);
    let page = cora.get("/api/v1/tenants/north/audit?limit=200").await.expect(200);
    let explained = page["items"].as_array().unwrap().iter().filter(|entry| entry["payload"].is_object());
    let explained: Vec<&str> = explained.map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(
        explained,
        ["retention.swept", "payload.redacted", "retention.swept", "payload.redacted", "retention.set"]
    );
}

#[tokio::test]
async fn mails_and_sessions_expire_for_the_tenants_own_people() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let cora = admin(&server).await;
    let (ann, bob) = (server.engineer("ann").await, server.approver("bob").await);
    let eve = server.person_at("eve", Role::Tenant(TenantRole::Viewer), "south").await;
    for place in ["north", "south"] {
        let new = json!({"email": "new@north.example", "role": "viewer"});
        let olga = server.person_at(&format!("olga-{place}"), Role::Agency(AgencyRole::Owner), place).await;
        olga.post(&format!("/api/v1/tenants/{place}/invitations"), &new).await.expect(201);
    }
    server.mails("new@north.example", 2).await;
    // Eve belongs to both clients, and south keeps everything.
    let both = "INSERT INTO memberships (tenant_id, user_id, role)
                SELECT t.tenant_id, u.id, 'viewer' FROM tenants t, users u
                WHERE t.slug = 'north' AND u.email = 'eve@south.example'";
    clock.0.execute(both, &[]).await.unwrap();
    // Everybody had one more session, which ended forty days ago.
    let sessions = "INSERT INTO sessions (id, user_id, token_hash, agent, expires_at)
                    SELECT gen_random_uuid(), id, sha256(email::bytea), 'old', now() - interval '40 days' FROM users";
    clock.0.execute(sessions, &[]).await.unwrap();
    clock
        .0
        .execute("UPDATE mails SET sent_at = now() - interval '40 days' WHERE sent_at IS NOT NULL", &[])
        .await
        .unwrap();
    let unsent = "INSERT INTO mails (id, tenant_id, recipient, subject, created_at)
                  SELECT gen_random_uuid(), tenant_id, 'x', 'waits', now() - interval '90 days' FROM tenants";
    clock.0.execute(unsent, &[]).await.unwrap();

    clock.policy(&cora, json!({"mails": 30, "sessions": 30})).await;
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!(class(&preview, "mails")["items"], 1);
    assert_eq!(class(&preview, "sessions")["items"], 2, "cora’s and bob’s");
    assert_eq!(sweep(&server, 100).await, 2);
    let left =
        "SELECT u.email FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.agent = 'old' ORDER BY 1";
    let left: Vec<String> = clock.0.query(left, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let kept =
        ["ann@north.example", "eve@south.example", "olga-north@north.example", "olga-south@south.example"];
    assert_eq!(left, kept);
    for person in [&ann, &bob, &cora, &eve] {
        person.get("/api/v1/me").await.expect(200);
    }
    assert_eq!(clock.count("mails WHERE sent_at IS NOT NULL").await, 1, "south’s");
    assert_eq!(clock.count("mails WHERE subject = 'waits'").await, 2, "what was not sent yet is");
    let log = sentences(&cora).await;
    assert!(log.iter().any(|said| said == "Weighhouse itself removed 2 session records older than 30 days."));
    assert!(log.iter().any(|said| said == "Weighhouse itself removed 1 mail record older than 30 days."));
}

#[tokio::test]
async fn a_policy_has_bounds_and_waits_a_day() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ann) = (admin(&server).await, seven_versions(&server, &clock).await);
    let fresh = cora.get(RETENTION).await.expect(200);
    assert_eq!((&fresh["revision"], &fresh["terms"]["mails"]), (&json!(0), &Value::Null));
    assert!(fresh["templates"].as_array().unwrap().iter().any(|t| t["name"] == "seven-years"));
    assert!(cora.get(&format!("{RETENTION}/preview")).await.expect(200)["at"].is_null());

    let refused = cora.put(RETENTION, &json!({"terms": {"audit_payloads": 29}})).await;
    assert_eq!(refused.expect(400)["field"], "terms.audit_payloads");
    assert_eq!(refused.problem(400), "Audit payloads are kept for at least 30 days.");
    cora.put(RETENTION, &json!({"terms": {"mails": 36_526}})).await.problem(400);
    cora.put(RETENTION, &json!({"terms": {"mail": 30}})).await.problem(400);
    ann.put(RETENTION, &json!({"terms": {}})).await.problem(403);

    let set = json!({"terms": {"archived_artifacts": 30}, "revision": 0});
    let saved = cora.put(RETENTION, &set).await.expect(200);
    assert_eq!((&saved["revision"], &saved["set_by"]), (&json!(1), &json!("cora")));
    let stale = json!({"terms": {"archived_artifacts": 90}, "revision": 0});
    let said = cora.put(RETENTION, &stale).await.problem(409);
    let differs = "archived versions’ files for 90 days instead of for 30 days";
    assert!(said.contains("cora changed the policy") && said.contains(differs), "{said}");

    // What is due now is swept tomorrow: until then it can be taken back.
    let preview = cora.get(&format!("{RETENTION}/preview")).await.expect(200);
    assert_eq!(
        (&preview["at"], class(&preview, "archived-artifacts")["items"].as_u64()),
        (&saved["effective_at"], Some(2))
    );
    assert_eq!(sweep(&server, 100).await, 0);
    assert_eq!(stage(&ann, "fraud", 1).await, "archived");
    assert_eq!(download(&ann, "fraud", 1).await.status, 200);
    let log = sentences(&cora).await;
    let changed =
        "cora changed how long records are kept: archived versions’ files for 30 days instead of for ever.";
    assert_eq!(log.last().unwrap(), changed);
}

#[tokio::test]
async fn the_sweeps_role_deletes_what_expires_and_nothing_else() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let app = server.database.app().await;
    for (role, statement) in [
        ("sweep", "DELETE FROM audit_leaves"),
        ("sweep", "UPDATE audit_payloads SET payload = ''"),
        ("sweep", "SELECT payload FROM audit_payloads"),
        ("sweep", "SELECT text_body FROM mails"),
        ("sweep", "SELECT token_hash FROM sessions"),
        ("sweep", "UPDATE audit_heads SET size = 0"),
        ("sweep", "DELETE FROM versions"),
        ("sweep", "SELECT FROM blobs"),
        ("sweep", "SELECT reason FROM legal_holds"),
        ("tenant", "DELETE FROM audit_payloads"),
        ("tenant", "SELECT text_body FROM mails"),
        ("tenant", "DELETE FROM legal_holds"),
        ("tenant", "UPDATE legal_holds SET reason = ''"),
        ("tenant", "DELETE FROM retention_batches"),
        ("portfolio", "DELETE FROM audit_payloads"),
        ("platform", "DELETE FROM audit_payloads"),
    ] {
        app.batch_execute(&format!("BEGIN; SET LOCAL ROLE weighhouse_{role}")).await.unwrap();
        let refused = app.execute(statement, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {statement}");
        app.batch_execute("ROLLBACK").await.unwrap();
    }
    // Without a tenant it reaches nothing; with one, that tenant’s.
    app.batch_execute("BEGIN; SET LOCAL ROLE weighhouse_sweep").await.unwrap();
    assert_eq!(app.execute("DELETE FROM audit_payloads", &[]).await.unwrap(), 0);
    app.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn an_open_request_keeps_a_version() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (cora, ann, bob) = (admin(&server).await, server.engineer("ann").await, server.approver("bob").await);
    for number in 1..=3 {
        register(&ann, "fraud", &format!("weights {number}")).await;
        to_production(&ann, &bob, "fraud", number).await;
    }
    // The first is asked for again: staged, and its request waits.
    promote(&ann, "fraud", 1, "staging").await.expect(201);
    promote(&ann, "fraud", 1, "production").await.expect(201);
    clock.age_stages(40).await;
    clock.policy(&cora, json!({"archived_artifacts": 30, "retired_artifacts": 7})).await;
    assert_eq!(sweep(&server, 100).await, 0);
    assert_eq!(download(&ann, "fraud", 1).await.status, 200);
}
