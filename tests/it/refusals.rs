//! A signer that finds the log other than it was when it signed it.

use crate::proofs::{AUDIT, signing};
use crate::support::{grow, signed};
use serde_json::Value;
use std::time::{Duration, Instant};
use weighhouse_core::audit;
use weighhouse_core::kernel::metrics;
use weighhouse_testkit::{Person, Server};

/// Rewrites a signed log with the owner's rights, triggers off, and says what
/// the signer then says.
async fn rewritten(change: &str) -> (String, Server, Person) {
    let (server, _) = signing().await;
    let ann = server.engineer("ann").await;
    grow(&server, 300).await;
    let before = signed(&server, &ann).await;
    let owner = server.database.owner().await;
    let north = "(SELECT tenant_id FROM tenants WHERE slug = 'north')";
    let change = change.replace("NORTH", north);
    owner.batch_execute(&format!("SET session_replication_role = replica; {change}")).await.unwrap();
    let (reason, now) = refusal(&server, &ann).await;
    let note = &now["checkpoint"]["note"];
    assert!(note.is_null() || *note == before["note"], "nothing more is signed: {note}");
    (reason, server, ann)
}

/// Signs until that is refused; why, and what is signed then.
async fn refusal(server: &Server, person: &Person) -> (String, Value) {
    let started = Instant::now();
    loop {
        audit::checkpoints_sign(&server.app).await.unwrap();
        let now = person.get(&format!("{AUDIT}/signed")).await.expect(200);
        if let Some(reason) = now["refusal"]["reason"].as_str() {
            return (reason.to_owned(), now);
        }
        assert!(started.elapsed() < Duration::from_secs(60), "never refused");
    }
}

/// One leaf more, so that the signer looks.
const ONE_MORE: &str = "
    INSERT INTO audit_leaves SELECT tenant_id, 301, leaf, leaf_hash FROM audit_leaves
        WHERE tenant_id = NORTH AND index = 300;
    UPDATE audit_heads SET size = 302 WHERE tenant_id = NORTH;";

#[tokio::test]
async fn a_log_that_lost_its_end_is_refused_and_its_page_says_so() {
    let cut = "CREATE TABLE kept AS SELECT * FROM audit_leaves WHERE tenant_id = NORTH AND index >= 290;
               DELETE FROM audit_leaves WHERE tenant_id = NORTH AND index >= 290;
               UPDATE audit_heads SET size = 290 WHERE tenant_id = NORTH";
    let (reason, server, ann) = rewritten(cut).await;
    assert!(reason.contains("has 290 leaves and 301 were signed"), "{reason}");
    let page = ann.get("/t/north/audit").await;
    assert!(page.text.contains("has 290 leaves and 301 were signed"), "{}", page.text);
    assert_eq!(refused_logs(&server).await, "weighhouse_audit_logs_refused 1");
    // Restored, it is signed again.
    let owner = server.database.owner().await;
    let back =
        "INSERT INTO audit_leaves SELECT * FROM kept; UPDATE audit_heads SET size = 301 WHERE size = 290";
    owner.batch_execute(back).await.unwrap();
    let started = Instant::now();
    while !ann.get(&format!("{AUDIT}/signed")).await.expect(200)["refusal"].is_null() {
        audit::checkpoints_sign(&server.app).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(60), "never signed again");
    }
    assert_eq!(refused_logs(&server).await, "weighhouse_audit_logs_refused 0");
}

/// The line of the metrics that an alert watches.
async fn refused_logs(server: &Server) -> String {
    let text = String::from_utf8(metrics::render(&server.app).await.unwrap()).unwrap();
    text.lines().find(|line| line.starts_with("weighhouse_audit_logs_refused")).unwrap().to_owned()
}

#[tokio::test]
async fn a_leaf_that_was_rewritten_is_refused() {
    let change = format!(
        "UPDATE audit_leaves SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'console', 'worker'), 'UTF8')
             WHERE tenant_id = NORTH AND index = 280; {ONE_MORE}"
    );
    let (reason, ..) = rewritten(&change).await;
    assert!(reason.contains("Leaf 280 is not what it was"), "{reason}");
}

#[tokio::test]
async fn a_leaf_rewritten_together_with_the_tiles_is_refused() {
    // Leaf 5 and the tile that holds it, and the tile above: a consistent lie.
    let change = format!(
        "UPDATE audit_tiles SET hashes = overlay(hashes PLACING sha256('lie') FROM 161 FOR 32)
             WHERE tenant_id = NORTH AND level = 0 AND index = 0;
         UPDATE audit_tiles SET hashes = sha256('lie') WHERE tenant_id = NORTH AND level = 1 AND index = 0;
         {ONE_MORE}"
    );
    let (reason, ..) = rewritten(&change).await;
    assert!(reason.contains("The first 301 leaves are not the ones that were signed"), "{reason}");
}

#[tokio::test]
async fn an_older_database_put_back_is_refused_even_as_a_whole() {
    // As if a backup from before any signing were restored.
    let change = "DELETE FROM audit_checkpoints WHERE tenant_id = NORTH;
                  DELETE FROM audit_tiles WHERE tenant_id = NORTH;
                  DELETE FROM audit_payloads WHERE tenant_id = NORTH AND index >= 10;
                  DELETE FROM audit_leaves WHERE tenant_id = NORTH AND index >= 10;
                  UPDATE audit_heads SET size = 10 WHERE tenant_id = NORTH";
    let (reason, ..) = rewritten(change).await;
    assert!(reason.contains("has 10 leaves and 301 were signed"), "{reason}");
}

#[tokio::test]
async fn without_its_own_record_the_signer_does_not_go_on() {
    let (server, _) = signing().await;
    let ann = server.engineer("ann").await;
    signed(&server, &ann).await;
    let folder = server.folder().join("store/tenants");
    let tenant = ann.get("/api/v1/tenants/north").await.expect(200)["id"].as_str().unwrap().to_owned();
    let record = folder.join(tenant).join("audit/checkpoint");
    let note = std::fs::read_to_string(&record).unwrap();
    let refused = async |part: &'static str| {
        let started = Instant::now();
        loop {
            grow(&server, 1).await;
            audit::checkpoints_sign(&server.app).await.unwrap();
            let now = ann.get(&format!("{AUDIT}/signed")).await.expect(200);
            if now["refusal"]["reason"].as_str().is_some_and(|reason| reason.contains(part)) {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "never refused: {now}");
        }
    };
    std::fs::remove_file(&record).unwrap();
    refused("is missing, though 1 leaves were signed").await;
    std::fs::write(&record, "nonsense").unwrap();
    refused("cannot be read").await;
    std::fs::write(&record, note.replacen('/', "/x", 1)).unwrap();
    refused("The log is called").await;
    // Anybody's copy of the checkpoint mends it.
    std::fs::write(&record, note).unwrap();
    signed(&server, &ann).await;
}
