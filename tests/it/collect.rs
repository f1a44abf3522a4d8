//! Giving up stored objects that nobody needs.

use crate::clock::{Clock, sweep};
use crate::support::{MODELS, part_put, register, sentences, sha256, upload};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use weighhouse_core::{Ctx, blobs};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{Role, TenantRole};

async fn collect(server: &Server) {
    blobs::collect(&Ctx::worker(&server.app), "north").await.unwrap();
}

/// The files of the store, with what they hold.
fn stored(server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![server.folder().join("store")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    found.sort();
    found
}

/// The folder of a file's parts at north.
async fn folder(server: &Server, clock: &Clock, blob: &str) -> PathBuf {
    let select = "SELECT tenant_id::text FROM tenants WHERE slug = 'north'";
    let tenant: String = clock.0.query_one(select, &[]).await.unwrap().get(0);
    server.folder().join("store/tenants").join(tenant).join("blobs").join(blob)
}

async fn retire_all(ann: &Person, clock: &Clock, numbers: impl Iterator<Item = u32>) {
    for number in numbers {
        let path = format!("{MODELS}/fraud/versions/{number}/retire");
        ann.post(&path, &json!({"reason": "old"})).await.expect(200);
    }
    clock.age_stages(40).await;
}

async fn admin(server: &Server) -> Person {
    server.person("cora", Role::Tenant(TenantRole::ClientAdmin)).await
}

#[tokio::test]
async fn what_no_version_names_goes_after_a_day() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "in use").await;
    // Sent whole and never registered; a part of a push that broke off; a part
    // that was dropped; an object whose row was never written.
    upload(&ann, "forgotten", b"forgotten").await;
    part_put(&ann, &sha256(b"broke off"), 2, b"off", b"off").await;
    let wrong = sha256(b"the real bytes");
    part_put(&ann, &wrong, 1, b"a changed file", b"a changed file").await;
    let complete = format!("/api/v1/tenants/north/blobs/{wrong}/complete");
    ann.post(&complete, &json!({"sha256": wrong, "size": 14})).await.problem(422);
    let orphan = folder(&server, &clock, &sha256(b"orphan")).await;
    std::fs::create_dir_all(&orphan).unwrap();
    std::fs::write(orphan.join(format!("000001-{}", sha256(b"orphan"))), "orphan").unwrap();
    std::fs::write(orphan.join("not-ours"), "not ours").unwrap();
    let all = ["a changed file", "forgotten", "in use", "not ours", "off", "orphan"];
    assert_eq!(stored(&server), all);

    collect(&server).await;
    assert_eq!(clock.count("blob_garbage").await, 4, "marked, and left alone for a day");
    collect(&server).await;
    assert_eq!(stored(&server), all);
    clock.age_store(2).await;
    collect(&server).await;
    assert_eq!(stored(&server), ["in use", "not ours"]);
    let told = "Weighhouse itself gave up 2 stored files that no version needs, 32 bytes.";
    assert_eq!(sentences(&ann).await.last().unwrap(), told);
    // It is as if they had never been sent: they can be sent again.
    let query = json!({"files": [{"sha256": sha256(b"forgotten"), "size": 9}]});
    let held = ann.post("/api/v1/tenants/north/blobs/query", &query).await.expect(200);
    assert_eq!((&held[0]["present"], &held[0]["parts"]), (&json!(false), &json!([])));
    register(&ann, "other", "forgotten").await;
    collect(&server).await;
    clock.age_store(9).await;
    collect(&server).await;
    let got = ann.get(&format!("{MODELS}/other/versions/1/files/model.onnx")).await;
    assert_eq!((got.status, got.text.as_str()), (200, "forgotten"));
    assert_eq!(clock.count("blob_garbage").await, 0, "what was erased is forgotten after a week");
}

#[tokio::test]
async fn a_push_under_way_keeps_its_parts() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    let blob = sha256(b"three parts");
    part_put(&ann, &blob, 1, b"three ", b"three ").await;
    collect(&server).await;
    clock.age_store(3).await;
    // The push goes on after a long while: its first part waits with the second.
    part_put(&ann, &blob, 2, b"parts", b"parts").await;
    collect(&server).await;
    assert_eq!(stored(&server), ["parts", "three "]);
    clock.age_store(3).await;
    collect(&server).await;
    assert_eq!(stored(&server), Vec::<String>::new());
}

#[tokio::test]
async fn files_of_swept_versions_go_unless_shared_or_held() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let (ann, cora) = (server.engineer("ann").await, admin(&server).await);
    for content in ["one", "two", "shared"] {
        register(&ann, "fraud", content).await;
    }
    register(&ann, "other", "shared").await;
    retire_all(&ann, &clock, 1..=3).await;
    clock.policy(&cora, json!({"retired_artifacts": 7})).await;
    assert_eq!(sweep(&server, 100).await, 3);
    assert_eq!(clock.count("blob_garbage").await, 2, "marked by the sweep itself");
    // A hold placed within the day of grace: the bytes are still there, and stay.
    let holds = "/api/v1/tenants/north/holds";
    let new = json!({"reason": "case 12", "model": "north/claims/fraud"});
    let hold = cora.post(holds, &new).await.expect(201)["id"].as_str().unwrap().to_owned();
    clock.age_store(2).await;
    collect(&server).await;
    assert_eq!(stored(&server), ["one", "shared", "two"]);

    let carl = server.person("carl", Role::Tenant(TenantRole::ClientAdmin)).await;
    cora.post(&format!("{holds}/{hold}/lift"), &json!({"reason": "closed"})).await.expect(200);
    carl.post(&format!("{holds}/{hold}/lift/confirm"), &json!({})).await.expect(200);
    collect(&server).await;
    clock.age_store(2).await;
    // A hold on everything stops the collection as well, buried or not.
    cora.post(holds, &json!({"reason": "case 13"})).await.expect(201);
    collect(&server).await;
    assert_eq!(stored(&server), ["one", "shared", "two"]);
    clock
        .0
        .execute(
            "UPDATE legal_holds SET lift_asked_by = placed_by, lift_asked_by_client = true,
        lift_asked_at = now(), lift_reason = '', lifted_at = now(),
        lifted_by = (SELECT id FROM users WHERE email LIKE 'carl@%') WHERE lifted_at IS NULL",
            &[],
        )
        .await
        .unwrap();
    collect(&server).await;
    assert_eq!(stored(&server), ["shared"]);
    let got = ann.get(&format!("{MODELS}/other/versions/1/files/model.onnx")).await;
    assert_eq!(got.text, "shared");
}

#[tokio::test]
async fn a_turn_is_bounded_and_the_next_goes_on() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let folder = folder(&server, &clock, &sha256(b"many")).await;
    std::fs::create_dir_all(&folder).unwrap();
    // More than a turn lists: ten thousand.
    for number in 1..=10_050 {
        std::fs::write(folder.join(format!("{number:06}-{}", "ab".repeat(32))), "").unwrap();
    }
    collect(&server).await;
    assert_eq!(clock.count("blob_garbage").await, 10_000);
    assert_eq!(clock.count("blob_cursors").await, 1);
    collect(&server).await;
    assert_eq!(clock.count("blob_garbage").await, 10_050);
    assert_eq!(clock.count("blob_cursors").await, 0);
}

#[tokio::test]
async fn a_crash_between_the_steps_loses_nothing_and_is_made_up_for() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    for content in ["forgotten", "x", "y", "z"] {
        upload(&ann, "m", content.as_bytes()).await;
    }
    collect(&server).await;
    clock.age_store(2).await;
    // The store refuses once: a folder stands where the object was.
    let blob = folder(&server, &clock, &sha256(b"forgotten")).await;
    let object = blob.join(format!("000001-{}", sha256(b"forgotten")));
    std::fs::remove_file(&object).unwrap();
    std::fs::create_dir(&object).unwrap();
    std::fs::write(object.join("x"), "in the way").unwrap();
    assert!(blobs::collect(&Ctx::worker(&server.app), "north").await.is_err());
    assert_eq!(clock.count("blob_garbage WHERE buried_at IS NOT NULL AND erased_at IS NULL").await, 1);
    assert_eq!(stored(&server), ["in the way"], "the others are not kept back");
    // It was erased, and the note of it was lost: erased twice is erased.
    std::fs::remove_dir_all(&object).unwrap();
    collect(&server).await;
    assert_eq!(clock.count("blob_garbage WHERE erased_at IS NOT NULL").await, 4);
}

/// Waits until so many wait for locks in the database, or `over` says so.
async fn waiting(clock: &Clock, many: i64, over: &AtomicBool) {
    let waiters = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while clock.count(waiters).await < many && !over.load(Ordering::Relaxed) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_part_sent_just_before_its_object_is_erased_is_there() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    upload(&ann, "m", b"sent again").await;
    collect(&server).await;
    // The collection was interrupted: buried, not erased.
    clock
        .0
        .batch_execute(
            "INSERT INTO blob_garbage SELECT tenant_id, blob_sha256, number, sha256, size FROM blob_parts
             ON CONFLICT DO NOTHING;
             UPDATE blob_garbage SET buried_at = now(); DELETE FROM blob_parts; UPDATE blobs SET gone_at = now();
             SELECT pg_advisory_lock(hashtextextended(t.tenant_id::text || encode(b.sha256, 'hex'), 0))
             FROM blobs b JOIN tenants t USING (tenant_id)",
        )
        .await
        .unwrap();
    // Both wait for the file's lock, the erasing first: the part's object is
    // written by then, and erased before its row is.
    let never = AtomicBool::new(false);
    let sending = async {
        waiting(&clock, 1, &never).await;
        upload(&ann, "model.onnx", b"sent again").await
    };
    let release = async {
        waiting(&clock, 2, &never).await;
        clock.0.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    };
    let (_, file, ()) = tokio::join!(collect(&server), sending, release);
    let body = json!({"context": {"artifact": {"files": [file]}}, "create_model": true});
    ann.post(&format!("{MODELS}/again/versions"), &body).await.expect(201);
    let got = ann.get(&format!("{MODELS}/again/versions/1/files/model.onnx")).await;
    assert_eq!((got.status, got.text.as_str()), (200, "sent again"));
}

#[tokio::test]
async fn a_registration_under_way_keeps_the_files_that_it_names() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "first").await;
    let file = upload(&ann, "model.onnx", b"second").await;
    collect(&server).await;
    clock.age_store(2).await;
    // The registration has seen that the file is there, and waits for its model.
    clock.0.batch_execute("BEGIN; SELECT FROM models FOR UPDATE").await.unwrap();
    let (over, never) = (AtomicBool::new(false), AtomicBool::new(false));
    let body = json!({"context": {"artifact": {"files": [file]}}});
    let registering = async { ann.post(&format!("{MODELS}/fraud/versions"), &body).await };
    let collecting = async {
        waiting(&clock, 1, &never).await;
        collect(&server).await;
        over.store(true, Ordering::Relaxed);
    };
    let release = async {
        waiting(&clock, 2, &over).await;
        clock.0.batch_execute("COMMIT").await.unwrap();
    };
    let (registered, (), ()) = tokio::join!(registering, collecting, release);
    registered.expect(201);
    let got = ann.get(&format!("{MODELS}/fraud/versions/2/files/model.onnx")).await;
    assert_eq!((got.status, got.text.as_str()), (200, "second"));
}

#[tokio::test]
async fn a_push_during_collection_is_never_lost() {
    let server = Server::with_clients().await;
    let clock = Clock::of(&server).await;
    let ann = server.engineer("ann").await;
    for content in ["a", "b", "c", "d"] {
        upload(&ann, "m", content.as_bytes()).await;
    }
    let over = AtomicBool::new(false);
    // Everything is old at every moment, so that only locks keep what is needed.
    let collecting = async {
        while !over.load(Ordering::Relaxed) {
            clock.age_store(3).await;
            collect(&server).await;
        }
    };
    let pushing = async {
        for round in 0..15 {
            for content in ["a", "b", "c", "d"] {
                let file = upload(&ann, "model.onnx", content.as_bytes()).await;
                let body = json!({"context": {
                    "artifact": {"files": [file]},
                    "training": {"hyperparameters": {"round": round}},
                }, "create_model": true});
                let answer = ann.post(&format!("{MODELS}/{content}/versions"), &body).await;
                // The file may be gone again by now, and then it is said so.
                assert!(matches!(answer.status, 201 | 422), "{}", answer.text);
                if answer.status == 201 {
                    let number = answer.json()["reference"]["number"].as_u64().unwrap();
                    let got =
                        ann.get(&format!("{MODELS}/{content}/versions/{number}/files/model.onnx")).await;
                    assert_eq!((got.status, got.text.as_str()), (200, content));
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(collecting, pushing);
    collect(&server).await;
    let registered: Vec<String> = clock
        .0
        .query("SELECT m.name || ' ' || v.number FROM versions v JOIN models m ON m.id = v.model_id", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(!registered.is_empty());
    for version in registered {
        let (model, number) = version.split_once(' ').unwrap();
        let got = ann.get(&format!("{MODELS}/{model}/versions/{number}/files/model.onnx")).await;
        assert_eq!((got.status, got.text.as_str()), (200, model), "{version}");
    }
}
