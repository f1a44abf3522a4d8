//! Small files, many in one request.

use crate::support::{MODELS, sha256, upload};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use weighhouse_testkit::{Answer, Person, Server};
use weighhouse_types::permission::{Role, TenantRole};

const BLOBS: &str = "/api/v1/tenants/north/blobs";

fn framed(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [Sha256::digest(bytes).as_slice(), &size, bytes].concat()
}

async fn send(person: &Person, body: Vec<u8>) -> Answer {
    person.send(person.request(Method::PUT, BLOBS).body(body)).await
}

async fn present(person: &Person, bytes: &[u8]) -> Value {
    let body = json!({"files": [{"sha256": sha256(bytes), "size": bytes.len()}]});
    person.post(&format!("{BLOBS}/query"), &body).await.expect(200)[0]["present"].clone()
}

#[tokio::test]
async fn many_small_files_are_there_after_one_request() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let contents: Vec<String> = (0..200).map(|n| format!("file {}", n % 199)).collect();
    let body: Vec<u8> = contents.iter().flat_map(|text| framed(text.as_bytes())).collect();
    assert_eq!(send(&ann, body.clone()).await.status, 204);
    assert_eq!(send(&ann, body).await.status, 204, "again does no harm");
    assert_eq!(send(&ann, framed(b"")).await.status, 204, "an empty file is one");
    assert_eq!(send(&ann, Vec::new()).await.status, 400, "nothing is no file");
    let entry = |(n, text): (usize, &String)| json!({"path": format!("f/{n}"), "size": text.len(), "sha256": sha256(text.as_bytes())});
    let files: Vec<Value> = contents.iter().enumerate().map(entry).collect();
    let body = json!({"context": {"artifact": {"files": files}}, "create_model": true});
    let version = ann.post(&format!("{MODELS}/fraud/versions"), &body).await.expect(201);
    assert_eq!(version["files"], 200);
    let read = ann.get(&format!("{MODELS}/fraud/versions/1/files/f/42")).await;
    assert_eq!((read.status, read.text.as_str()), (200, "file 42"));
}

#[tokio::test]
async fn none_is_kept_where_one_is_wrong() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let mut damaged = [framed(b"one"), framed(b"two")].concat();
    *damaged.last_mut().unwrap() ^= 1;
    let said = send(&ann, damaged).await.problem(422);
    assert!(said.contains("File 2"), "{said}");
    let said = send(&ann, [framed(b"one"), framed(b"two")].concat()[..60].to_vec()).await.problem(400);
    assert!(said.contains("breaks off"), "{said}");
    assert!(send(&ann, framed(b"one").repeat(201)).await.problem(400).contains("200"));
    assert!(send(&ann, vec![0; (4 << 20) + 1]).await.problem(413).contains("parts"));
    assert_eq!(present(&ann, b"one").await, false);
    let vic = server.person_at("vic", Role::Tenant(TenantRole::Viewer), "north").await;
    send(&vic, framed(b"one")).await.problem(403);
    let sue = server.person_at("sue", Role::Tenant(TenantRole::ClientAdmin), "south").await;
    send(&sue, framed(b"one")).await.problem(404);
    assert_eq!(present(&ann, b"one").await, false);
}

/// What was marked for collection is written again, and what was staged under
/// a file's name makes way for it.
#[tokio::test]
async fn files_that_were_given_up_are_there_again() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    upload(&ann, "x", b"one").await;
    let owner = server.database.owner().await;
    owner
        .batch_execute(
            "INSERT INTO blob_garbage (tenant_id, blob_sha256, number, sha256, size)
             SELECT tenant_id, blob_sha256, number, sha256, size FROM blob_parts;
             UPDATE blobs SET gone_at = now(); DELETE FROM blob_parts",
        )
        .await
        .unwrap();
    std::fs::remove_dir_all(server.folder().join("store")).unwrap();
    assert_eq!(present(&ann, b"one").await, false);
    assert_eq!(send(&ann, [framed(b"one"), framed(b"two")].concat()).await.status, 204);
    assert_eq!((present(&ann, b"one").await, present(&ann, b"two").await), (json!(true), json!(true)));
    let marks: i64 = owner.query_one("SELECT count(*) FROM blob_garbage", &[]).await.unwrap().get(0);
    assert_eq!(marks, 0);
    let files = json!([{"path": "x", "size": 3, "sha256": sha256(b"one")}]);
    let body = json!({"context": {"artifact": {"files": files}}, "create_model": true});
    ann.post(&format!("{MODELS}/fraud/versions"), &body).await.expect(201);
    assert_eq!(ann.get(&format!("{MODELS}/fraud/versions/1/files/x")).await.text, "one");
}
