//! Files in a real S3 server, behind a network that fails.

use crate::support::{MODELS, part_put, register, sha256, upload};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Cursor, Read};
use weighhouse_testkit::{Bucket, Fault, Options, Person, Proxy, Server};

const PART: usize = 8 << 20;

/// A server whose files lie in S3, with a proxy between the two.
struct World {
    server: Server,
    ann: Person,
    bucket: Bucket,
    proxy: Proxy,
}

impl World {
    async fn new() -> Self {
        let bucket = Bucket::new().await;
        let proxy = Proxy::before(bucket.address()).await;
        let store = Some(bucket.store(&proxy.address));
        let server = Server::with(Options { store, ..Options::default() }).await;
        server.populate().await;
        let ann = server.engineer("ann").await;
        Self { server, ann, bucket, proxy }
    }
}

fn file_path(model: &str, file: &str) -> String {
    format!("{MODELS}/{model}/versions/1/files/{file}")
}

fn complete_path(sha: &str) -> String {
    format!("/api/v1/tenants/north/blobs/{sha}/complete")
}

/// The bytes of a download that ended well; None of one that failed or broke off.
async fn download(person: &Person, path: &str) -> Option<Vec<u8>> {
    let response = person.request(Method::GET, path).send().await.unwrap();
    if response.status().is_server_error() {
        return None;
    }
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.ok().map(|bytes| bytes.to_vec())
}

async fn register_file(person: &Person, model: &str, file: &Value) {
    let body = json!({"context": {"artifact": {"files": [file]}}, "create_model": true});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201);
}

/// Sends a file in parts and completes it.
async fn upload_parts(person: &Person, path: &str, bytes: &[u8]) -> Value {
    let sha = sha256(bytes);
    for (n, part) in bytes.chunks(PART).enumerate() {
        let number = u32::try_from(n).unwrap() + 1;
        assert_eq!(part_put(person, &sha, number, part, part).await.status, 204);
    }
    let whole = json!({"sha256": sha, "size": bytes.len()});
    person.post(&complete_path(&sha), &whole).await.expect(200);
    json!({"path": path, "size": bytes.len(), "sha256": sha})
}

/// Bytes that do not repeat.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn files_go_to_s3_and_come_back_whole() {
    let world = World::new().await;
    let World { ann, bucket, .. } = &world;
    let large = noise(PART + 12_345);
    let file = upload_parts(ann, "weights.bin", &large).await;
    register_file(ann, "large", &file).await;
    register(ann, "small", "a small one").await;
    assert_eq!(download(ann, &file_path("large", "weights.bin")).await.unwrap(), large);
    assert_eq!(download(ann, &file_path("small", "model.onnx")).await.unwrap(), b"a small one");
    let archive = download(ann, &format!("{MODELS}/large/versions/1/archive")).await.unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut unpacked = Vec::new();
    archive.by_name("weights.bin").unwrap().read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, large);
    let objects = bucket.objects().await;
    assert_eq!(objects.len(), 3, "two parts and a small file: {objects:?}");
    assert!(objects.iter().all(|key| key.starts_with("some/prefix/tenants/")), "{objects:?}");
}

#[tokio::test]
async fn what_passes_is_waited_out() {
    let world = World::new().await;
    let World { ann, proxy, bucket, .. } = &world;
    for (n, fault) in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Reset,
        Fault::LostAnswer,
        Fault::Silence,
        Fault::TornRequest,
    ]
    .into_iter()
    .enumerate()
    {
        let content = noise(100_000 + n);
        proxy.next("PUT", &[fault, fault]);
        let file = upload(ann, "model.bin", &content).await;
        assert_eq!(proxy.met(), 2, "{fault:?}");
        let model = format!("put-{n}");
        register_file(ann, &model, &file).await;
        assert_eq!(download(ann, &file_path(&model, "model.bin")).await.unwrap(), content, "{fault:?}");
    }
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::Reset,
        Fault::LostAnswer,
        Fault::TornAnswer,
        Fault::Trickle,
    ] {
        proxy.next("GET", &[fault, fault]);
        let read = download(ann, &file_path("put-1", "model.bin")).await;
        assert_eq!(read.unwrap(), noise(100_001), "{fault:?}");
        assert!(proxy.met() > 0, "{fault:?}");
        proxy.heal();
    }
    assert_eq!(bucket.objects().await.len(), 6);
}

#[tokio::test]
async fn what_does_not_pass_is_said_and_nothing_is_taken_for_done() {
    let world = World::new().await;
    let World { ann, proxy, server, .. } = &world;
    for (n, fault) in [Fault::Status(503), Fault::Reset, Fault::LostAnswer].into_iter().enumerate() {
        let content = noise(1000 + n);
        let sha = sha256(&content);
        proxy.always("PUT", fault);
        let answer = part_put(ann, &sha, 1, &content, &content).await;
        assert!(answer.problem(503).contains("try again"), "{}", answer.text);
        assert!(answer.headers.contains_key("retry-after"));
        let query = json!({"files": [{"sha256": sha, "size": content.len()}]});
        let held = ann.post("/api/v1/tenants/north/blobs/query", &query).await.expect(200);
        assert_eq!(held[0]["present"], false, "{fault:?}: {held}");
        proxy.heal();
        let file = upload(ann, "model.bin", &content).await;
        register_file(ann, &format!("model-{n}"), &file).await;
        let read = download(ann, &file_path(&format!("model-{n}"), "model.bin")).await;
        assert_eq!(read.unwrap(), content);
    }
    proxy.always("GET", Fault::Status(503));
    let answer = ann.get(&file_path("model-0", "model.bin")).await;
    assert!(answer.problem(503).contains("try again"), "{}", answer.text);
    proxy.heal();
    // The store's trouble is seen by whoever asks whether this server is ready.
    for method in ["HEAD", "GET"] {
        proxy.always(method, Fault::Status(403));
    }
    let ready = server.stranger().get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text.contains("object store"), "{}", ready.text);
    proxy.heal();
    assert_eq!(server.stranger().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_damaged_is_never_served_nor_completed() {
    let world = World::new().await;
    let World { ann, proxy, bucket, .. } = &world;
    let content = noise(300_000);
    let file = upload(ann, "model.bin", &content).await;
    register_file(ann, "fraud", &file).await;
    let path = file_path("fraud", "model.bin");
    // On the way …
    proxy.next("GET", &[Fault::Corrupt]);
    assert_eq!(download(ann, &path).await, None, "the download breaks off");
    assert_eq!(download(ann, &path).await.unwrap(), content, "and the next one is right");
    // … while a file is put together …
    let large = noise(PART + 1);
    let sha = sha256(&large);
    for (number, part) in [(1, &large[..PART]), (2, &large[PART..])] {
        assert_eq!(part_put(ann, &sha, number, part, part).await.status, 204);
    }
    proxy.next("GET", &[Fault::Corrupt]);
    let whole = json!({"sha256": sha, "size": large.len()});
    let refused = ann.post(&complete_path(&sha), &whole).await;
    assert!(refused.problem(422).contains("Push the file again"), "{}", refused.text);
    let file = upload_parts(ann, "model.bin", &large).await;
    register_file(ann, "large", &file).await;
    // … and where it lies.
    let key = bucket.objects().await.into_iter().find(|key| key.contains(&sha256(&content))).unwrap();
    let mut damaged = content.clone();
    damaged[7] ^= 1;
    bucket.overwrite(&key, Some(damaged)).await;
    assert_eq!(download(ann, &path).await, None);
    bucket.overwrite(&key, None).await;
    assert_eq!(download(ann, &path).await, None);
}
