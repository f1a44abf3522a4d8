//! Files, versions, digests, immutability.

use crate::support::{MODELS, part_put, register, sha256, upload};
use serde_json::{Value, json};
use weighhouse_ledger::canonical;
use weighhouse_testkit::{Person, Server};
use weighhouse_types::blobs::PART_SIZE;
use weighhouse_types::permission::Scope;

async fn versions_post(person: &Person, context: &Value) -> weighhouse_testkit::Answer {
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/fraud/versions"), &body).await
}

#[tokio::test]
async fn the_digest_is_that_of_the_canonical_context() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let b = upload(&ann, "b.bin", b"bbb").await;
    let a = upload(&ann, "a.bin", b"aaa").await;
    let context = json!({
        "artifact": {"files": [b, a]},
        "training": {"hyperparameters": {"rate": 1e-3, "deep": 6.0}},
        "code": null,
    });
    let version = versions_post(&ann, &context).await.expect(201);
    // Files by path, null as absent: the one form of the context.
    let normal = json!({
        "training": {"hyperparameters": {"deep": 6, "rate": 0.001}},
        "artifact": {"files": [a, b]},
    });
    assert_eq!(version["digest"], canonical::digest_hex(&normal).unwrap());
    assert_eq!(canonical::digest_hex(&version["context"]).unwrap(), version["digest"]);
    assert_eq!(version["stage"], "development");
    assert_eq!(version["completeness"]["present"], json!(["artifact", "training"]));
}

#[tokio::test]
async fn the_same_content_is_the_same_version() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let first = register(&ann, "fraud", "one").await;
    let again = versions_post(&ann, &first["context"]).await.expect(200);
    assert_eq!(again["id"], first["id"]);
    let second = register(&ann, "fraud", "two").await;
    assert_eq!(second["reference"]["number"], 2);
}

#[tokio::test]
async fn a_token_that_may_only_register_is_told_what_it_registered() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let script = server.token(&ann, &[Scope::Register]).await;
    assert_eq!(register(&script, "fraud", "weights").await["reference"]["number"], 1);
    script.get(&format!("{MODELS}/fraud/versions/1")).await.problem(403);
}

#[tokio::test]
async fn many_at_once_get_numbers_without_gaps() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "first").await;
    let names: Vec<String> = (0..12).map(|n| format!("content {n}")).collect();
    let pushes = names.iter().map(|content| register(&ann, "fraud", content));
    let versions = futures_util::future::join_all(pushes).await;
    let mut numbers: Vec<u64> = versions.iter().map(|v| v["reference"]["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=13).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_of_several_parts_comes_back() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let part = usize::try_from(PART_SIZE).unwrap();
    let bytes: Vec<u8> = (0..part + 1000).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let sha = sha256(&bytes);
    let file = json!({"sha256": sha, "size": bytes.len()});
    let query = |person: Person| {
        let body = json!({"files": [file.clone()]});
        async move { person.post("/api/v1/tenants/north/blobs/query", &body).await.expect(200) }
    };
    let complete = format!("/api/v1/tenants/north/blobs/{sha}/complete");

    assert_eq!(part_put(&ann, &sha, 2, &bytes[part..], &bytes[part..]).await.status, 204);
    assert!(ann.post(&complete, &file).await.problem(409).contains("Part 1"));
    let held = query(ann.clone()).await;
    assert_eq!(held[0]["present"], false);
    assert_eq!(held[0]["parts"][0]["number"], 2);
    assert_eq!(part_put(&ann, &sha, 1, &bytes[..part], &bytes[..part]).await.status, 204);
    assert_eq!(ann.post(&complete, &file).await.expect(200)["present"], true);
    assert_eq!(query(ann.clone()).await[0]["present"], true);

    let entry = json!({"path": "weights/model.bin", "size": bytes.len(), "sha256": sha});
    versions_post(&ann, &json!({"artifact": {"files": [entry]}})).await.expect(201);
    let request =
        ann.request(reqwest::Method::GET, &format!("{MODELS}/fraud/versions/1/files/weights/model.bin"));
    let response = request.send().await.unwrap();
    assert_eq!(response.content_length(), Some(u64::try_from(bytes.len()).unwrap()));
    assert!(response.bytes().await.unwrap() == bytes);
}

#[tokio::test]
async fn changed_bytes_are_refused_and_leave_nothing() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let sha = sha256(b"the real bytes");
    // A part that is not what its own digest says.
    part_put(&ann, &sha, 1, b"other bytes", b"the real bytes").await.problem(422);
    // A part that is, of a file that is something else.
    assert_eq!(part_put(&ann, &sha, 1, b"a changed file", b"a changed file").await.status, 204);
    let file = json!({"sha256": sha, "size": 14});
    let complete = format!("/api/v1/tenants/north/blobs/{sha}/complete");
    assert!(ann.post(&complete, &file).await.problem(422).contains("dropped"));
    let held = ann.post("/api/v1/tenants/north/blobs/query", &json!({"files": [file]})).await.expect(200);
    assert_eq!(held[0], json!({"sha256": sha, "present": false, "parts": []}));
    let entry = json!({"path": "m", "size": 14, "sha256": sha});
    let refused = versions_post(&ann, &json!({"artifact": {"files": [entry]}})).await;
    assert_eq!(refused.expect(422)["field"], "context.artifact.files[0]");
    ann.get(&format!("{MODELS}/fraud")).await.problem(404);
}

#[tokio::test]
async fn a_file_damaged_in_the_store_is_never_served_as_good() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "precious weights").await;
    let mut folders = vec![server.folder().join("store")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                std::fs::write(entry.path(), "precious weighty").unwrap();
            }
        }
    }
    let answer = ann.get(&format!("{MODELS}/fraud/versions/1/files/model.onnx")).await;
    answer.problem(500);
    assert!(!answer.text.contains("weighty"), "what is found out before the answer begins is refused whole");
}

#[tokio::test]
async fn bad_contexts_say_where() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let a = upload(&ann, "a", b"a").await;
    let with_path =
        |path: &str| json!({"artifact": {"files": [{"path": path, "size": 1, "sha256": a["sha256"]}]}});
    let mut upper = a.clone();
    upper["path"] = json!("A");
    for (context, field) in [
        (with_path("../../etc/passwd"), "context.artifact.files[0].path"),
        (with_path("/etc/passwd"), "context.artifact.files[0].path"),
        (json!({"artifact": {"files": [a, upper]}}), "context.artifact.files"),
        (json!({"weights": {}}), "context.weights"),
        (json!({"approval": {"by": "me"}}), "context.approval"),
        (json!({"code": {"commit": 7}}), "context.code.commit"),
        (json!([]), "context"),
    ] {
        assert_eq!(versions_post(&ann, &context).await.expect(400)["field"], field, "{context}");
    }
    ann.get(&format!("{MODELS}/fraud")).await.problem(404);
}

#[tokio::test]
async fn names_are_unique_and_missing_projects_are_errors() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let projects = "/api/v1/tenants/north/projects";
    assert!(ann.post(projects, &json!({"slug": "claims"})).await.problem(409).contains("claims"));
    ann.post(projects, &json!({"slug": "No Slug"})).await.problem(400);
    ann.post(MODELS, &json!({"name": "fraud"})).await.expect(201);
    ann.post(MODELS, &json!({"name": "fraud"})).await.problem(409);
    ann.post(MODELS, &json!({"name": "a/b"})).await.problem(400);
    ann.post(MODELS, &json!({"name": "odd", "description": "a\0b"})).await.problem(400);
    ann.post(MODELS, &json!({"name": "odd", "descripton": "a typing error"})).await.problem(400);
    let path = "/api/v1/tenants/north/projects/nowhere/models/m/versions";
    let missing = ann.post(path, &json!({"context": {}, "create_model": true})).await.problem(404);
    assert!(missing.contains("project ‘nowhere’"), "{missing}");
}

#[tokio::test]
async fn all_versions_of_a_model_are_of_its_kind() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let llm = json!({"llm": {"provider": "openai", "model": "gpt-4o-2024-08-06"}});
    let version = versions_post(&ann, &llm).await.expect(201);
    assert_eq!(version["kind"], "llm");
    let components = &version["completeness"];
    assert_eq!(components["present"], json!(["llm"]));
    assert_eq!(components["missing"], json!(["evaluation", "code", "environment", "deployment", "approval"]));
    let refused = versions_post(&ann, &json!({"code": {"commit": "4f2a9c1"}})).await.problem(400);
    assert!(refused.contains("is of kind ‘llm’"), "{refused}");
    ann.post(MODELS, &json!({"name": "desk", "kind": "system"})).await.expect(201);
    assert_eq!(ann.get(&format!("{MODELS}/desk")).await.expect(200)["kind"], "system");
    let body = json!({"context": llm});
    ann.post(&format!("{MODELS}/desk/versions"), &body).await.problem(400);
}

#[tokio::test]
async fn the_database_itself_keeps_versions_as_they_are() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let owner = server.database.owner().await;
    let tenant: uuid::Uuid = {
        let row =
            owner.query_one("SELECT tenant_id::text FROM tenants WHERE slug = 'north'", &[]).await.unwrap();
        row.get::<_, String>(0).parse().unwrap()
    };
    let app = server.database.app().await;
    for statement in
        ["UPDATE versions SET number = 9", "DELETE FROM versions", "UPDATE version_files SET path = 'x'"]
    {
        let begin = format!("BEGIN; SET LOCAL ROLE weighhouse_tenant; SET LOCAL app.tenant = '{tenant}'");
        app.batch_execute(&begin).await.unwrap();
        let refused = app.execute(statement, &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{statement}: permission denied");
        app.batch_execute("ROLLBACK").await.unwrap();
        // Nor does the owner by mistake.
        assert_eq!(
            owner.execute(statement, &[]).await.unwrap_err().code().unwrap().code(),
            "23001",
            "{statement}"
        );
    }
    // No stage is skipped, whoever writes.
    let skip = "UPDATE version_stages SET previous = stage, stage = 'production'";
    assert_eq!(owner.execute(skip, &[]).await.unwrap_err().code().unwrap().code(), "23514");
}

#[tokio::test]
async fn pages_of_a_list_meet_without_gap() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for n in 0..5 {
        register(&ann, "fraud", &format!("v{n}")).await;
    }
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ann.get(&format!("{MODELS}/fraud/versions?limit=2{cursor}")).await.expect(200);
        numbers.extend(
            page["items"].as_array().unwrap().iter().map(|v| v["reference"]["number"].as_u64().unwrap()),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    ann.get(&format!("{MODELS}/fraud/versions?cursor=nonsense")).await.problem(400);
}

#[tokio::test]
async fn a_retired_version_stays_on_record() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let path = format!("{MODELS}/fraud/versions/1/retire");
    ann.post(&path, &json!({"reason": " "})).await.problem(400);
    assert_eq!(ann.post(&path, &json!({"reason": "leaks"})).await.expect(200)["stage"], "retired");
    ann.post(&path, &json!({"reason": "again"})).await.problem(409);
    crate::support::promote(&ann, "fraud", 1, "staging").await.problem(409);
    ann.get(&format!("{MODELS}/fraud/versions/1")).await.expect(200);
}

#[tokio::test]
async fn all_files_come_as_one_archive() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let files = [upload(&ann, "model.onnx", b"weights").await, upload(&ann, "docs/card.md", b"# Card").await];
    versions_post(&ann, &json!({"artifact": {"files": files}})).await.expect(201);
    let request = ann.request(reqwest::Method::GET, &format!("{MODELS}/fraud/versions/1/archive"));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"fraud-1.zip\"");
    let bytes = response.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut read = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    assert_eq!((read("model.onnx"), read("docs/card.md")), ("weights".to_owned(), "# Card".to_owned()));
}

#[tokio::test]
async fn stray_parts_do_not_spoil_a_file() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    // Junk staged under the name of a small file, before the file itself.
    let sha = sha256(b"weights");
    assert_eq!(part_put(&ann, &sha, 2, b"junk", b"junk").await.status, 204);
    let file = upload(&ann, "model.onnx", b"weights").await;
    versions_post(&ann, &json!({"artifact": {"files": [file]}})).await.expect(201);
    let got = ann.get(&format!("{MODELS}/fraud/versions/1/files/model.onnx")).await;
    assert_eq!((got.status, got.text.as_str()), (200, "weights"));

    // A size that leaves a part over is refused, and the next push is free to begin anew.
    let whole: Vec<u8> = vec![7; usize::try_from(PART_SIZE).unwrap() + 5];
    let (first, rest) = whole.split_at(usize::try_from(PART_SIZE).unwrap());
    let sha = sha256(&whole);
    let complete = format!("/api/v1/tenants/north/blobs/{sha}/complete");
    for (number, part) in [(1, first), (2, rest)] {
        assert_eq!(part_put(&ann, &sha, number, part, part).await.status, 204);
    }
    ann.post(&complete, &json!({"sha256": sha, "size": PART_SIZE})).await.problem(422);
    let file = json!({"sha256": sha, "size": whole.len()});
    assert!(ann.post(&complete, &file).await.problem(409).contains("Part 1"));
    for (number, part) in [(1, first), (2, rest)] {
        assert_eq!(part_put(&ann, &sha, number, part, part).await.status, 204);
    }
    assert_eq!(ann.post(&complete, &file).await.expect(200)["present"], true);
}
