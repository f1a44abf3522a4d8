//! A disk without room: for the store alone, and for everything.

use crate::caller::{Caller, Told, context, told};
use crate::machine::{Machine, PATIENCE, answers};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;
use tokio::runtime::Runtime;

/// A small file system in memory; gone when dropped.
struct Small {
    folder: tempfile::TempDir,
}

impl Small {
    /// `None` where this process has no right to mount, which is said.
    fn new(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={megabytes}m,mode=0755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(folder.path());
        if mount.status().unwrap().success() {
            return Some(Self { folder });
        }
        println!("SKIPPED: a small file system takes the right to mount; run the tests as root");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let ballast = fs::File::create(self.ballast()).unwrap();
        let mut block = vec![0_u8; 1 << 20];
        while !block.is_empty() {
            match std::io::Write::write(&mut &ballast, &block) {
                Ok(_) => {}
                Err(_) => block.truncate(block.len() / 2),
            }
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Lazily: a process on its way out may still stand in it.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

const TENANT: &str = "/api/v1/tenants/north";

/// Sends a file of random bytes and registers a version of it.
async fn push(engineer: &Caller, mark: &str, size: usize) -> Told {
    let mut bytes = vec![0_u8; size];
    let mut chance = crate::chance::Chance::new(7, mark.len() as u64);
    bytes.iter_mut().for_each(|byte| *byte = u8::try_from(chance.below(256)).unwrap());
    bytes.extend_from_slice(mark.as_bytes());
    let digest = Sha256::digest(&bytes);
    let sha256 = hex::encode(digest);
    let part = engineer
        .request(0, Method::PUT, &format!("{TENANT}/blobs/{sha256}/parts/1"))
        .header("Content-Digest", format!("sha-256=:{}:", STANDARD.encode(digest)));
    let sent = told(part.body(bytes.clone())).await;
    if !matches!(sent, Told::Done { .. }) {
        return sent;
    }
    let body = json!({"context": context(mark, &sha256, bytes.len()), "create_model": true});
    engineer.post(0, &format!("{TENANT}/projects/claims/models/m/versions"), &body).await
}

/// The versions that there are, each of whose files must come back.
async fn versions(engineer: &Caller) -> Vec<Value> {
    let models = format!("{TENANT}/projects/claims/models/m/versions");
    let page = engineer.get(0, &format!("{models}?limit=200")).await.answer().expect("versions are listed");
    let versions = page["items"].as_array().unwrap().clone();
    for version in &versions {
        let number = &version["reference"]["number"];
        let path = format!("{models}/{number}/files/model.bin");
        let answer = engineer.request(0, Method::GET, &path).send().await.unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
        assert_eq!(hex::encode(Sha256::digest(answer.bytes().await.unwrap())), tag, "@{number}");
    }
    versions
}

fn no_room(told: &Told) -> bool {
    matches!(told, Told::Refused { status: 503, detail } if detail.contains("no room"))
}

#[test]
fn a_full_store_is_said_and_leaves_nothing_half() {
    let Some(small) = Small::new(8) else { return };
    let runtime = Runtime::new().unwrap();
    let store = format!("file://{}", small.folder.path().join("store").display());
    let machine = Machine::alone_in(crate::machine::folder(), &["--store-url", &store], &[]);
    machine.populate();
    let engineer = Caller::engineer(&machine, "engineer", "north");
    runtime.block_on(async {
        assert!(push(&engineer, "before", 1 << 20).await.answer().is_some());
        small.fill();
        let refused = push(&engineer, "without-room", 1 << 20).await;
        assert!(no_room(&refused), "{refused:?}");
        assert_eq!(versions(&engineer).await.len(), 1);
        small.make_room();
        assert!(push(&engineer, "without-room", 1 << 20).await.answer().is_some());
        assert_eq!(versions(&engineer).await.len(), 2);
    });
}

/// Everything on the small file system: Postgres refuses, or cannot even write
/// its log and ends; with room again it comes back by itself.
#[test]
fn a_full_disk_is_survived() {
    let Some(small) = Small::new(160) else { return };
    let runtime = Runtime::new().unwrap();
    let data = tempfile::TempDir::new_in(small.folder.path()).unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut machine = Machine::alone_in(data, &[], &[]);
    machine.populate();
    let engineer = Caller::engineer(&machine, "engineer", "north");
    let (mut done, mut refused) = (Vec::new(), 0);
    runtime.block_on(async {
        assert!(push(&engineer, "before", 1000).await.answer().is_some());
        small.fill();
        let path = format!("{TENANT}/projects/claims/models");
        for n in 0..400 {
            // Two kilobytes each, of which nothing can be packed.
            let name = format!("model-{n}");
            let noise: String =
                (0_u8..32).map(|k| hex::encode(Sha256::digest([name.as_bytes(), &[k]].concat()))).collect();
            match engineer.post(0, &path, &json!({"name": name, "description": noise})).await {
                Told::Done { .. } => done.push(name),
                Told::Refused { status, detail } => {
                    assert_eq!(status, 503, "{detail}");
                    refused += 1;
                }
                Told::Doubt { why } => assert!(!why.contains("error sending"), "{why}"),
            }
            if refused >= 10 {
                break;
            }
        }
        println!("{} done on what was left, then {refused} refused", done.len());
        assert!(refused > 0, "400 models fitted on a full disk");
        small.make_room();
    });
    let started = Instant::now();
    while !answers(&machine.urls[0]) {
        assert!(started.elapsed() < PATIENCE, "it does not come back: {}", machine.servers[0].said());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    runtime.block_on(async {
        for name in &done {
            let there = engineer.get(0, &format!("{TENANT}/projects/claims/models/{name}")).await;
            assert!(there.answer().is_some(), "{name} was acknowledged and is not there");
        }
        assert!(push(&engineer, "after", 1000).await.answer().is_some());
        assert_eq!(versions(&engineer).await.len(), 2);
    });
    machine.stop();
}
