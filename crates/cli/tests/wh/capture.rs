//! What a push finds out by itself, in a real repository and environment.

use super::{Home, run};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;
use weighhouse_testkit::Server;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    let set = ["-c", "user.name=Ann", "-c", "user.email=ann@acme.example", "-c", "init.defaultBranch=main"];
    let output = command.current_dir(folder).args(set).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with a manifest, a lock file, a model that git does not know,
/// and an environment with one distribution.
fn project(home: &Home) {
    let folder = home.path();
    home.model(b"weights");
    std::fs::remove_file(folder.join("context.toml")).unwrap();
    let manifest = "model = \"north/claims/fraud\"\n\
                    [code]\nentry_point = \"train.py\"\n[environment.seeds]\nnumpy = 42\n";
    std::fs::write(folder.join("weighhouse.toml"), manifest).unwrap();
    std::fs::write(folder.join("train.py"), "print(1)\n").unwrap();
    std::fs::write(folder.join("uv.lock"), "locked\n").unwrap();
    std::fs::write(folder.join(".gitignore"), "/config/\n/env/\n").unwrap();
    let site = folder.join("env/lib/python3.11/site-packages/numpy-2.1.0.dist-info");
    std::fs::create_dir_all(&site).unwrap();
    std::fs::write(site.join("METADATA"), "Name: numpy\nVersion: 2.1.0\n\n").unwrap();
    std::fs::write(folder.join("env/pyvenv.cfg"), "version = 3.11.2\n").unwrap();
    git(folder, &["init", "-q"]);
    git(folder, &["add", "weighhouse.toml", "train.py", "uv.lock", ".gitignore"]);
    git(folder, &["commit", "-q", "-m", "first"]);
    git(folder, &["remote", "add", "origin", "https://ann:ghp_secret@git.example/acme/fraud.git"]);
}

async fn push(home: &Home, arguments: &[&str]) -> (String, serde_json::Value) {
    let arguments = [&["push", "model", "--json"], arguments].concat();
    let mut command = home.command(&arguments);
    command.env("VIRTUAL_ENV", home.path().join("env"));
    let output = run(command, "").await;
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stderr).unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn code_and_environment_come_by_themselves() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    project(&home);
    let (said, version) = push(&home, &["--from-git", "--from-env"]).await;
    let code = &version["context"]["code"];
    assert_eq!(code["commit"], git(home.path(), &["rev-parse", "HEAD"]));
    assert_eq!(code["repository"], "https://git.example/acme/fraud.git");
    assert_eq!((&code["dirty"], &code["entry_point"]), (&false.into(), &"train.py".into()));
    let lock = hex::encode(Sha256::digest("locked\n"));
    assert_eq!(code["lock"], serde_json::json!({"uv.lock": lock}));
    let environment = &version["context"]["environment"];
    assert_eq!(environment["languages"], serde_json::json!({"python": "3.11.2"}));
    assert_eq!(environment["libraries"], serde_json::json!({"numpy": "2.1.0"}));
    assert_eq!(environment["seeds"], serde_json::json!({"numpy": 42}));
    assert!(environment["hardware"]["cores"].as_u64().unwrap() > 0 && environment["os"].is_string());
    assert!(said.contains("from git: commit ") && said.contains("nothing changed since, uv.lock"), "{said}");
    assert!(said.contains("from the environment: Python 3.11.2 with 1 distributions"), "{said}");
    assert!(said.contains("from weighhouse.toml: code, environment"), "{said}");
    assert!(!said.contains("ghp_secret") && !version.to_string().contains("ghp_secret"), "{said}");

    // What nothing changed in is the version that is there.
    let (_, again) = push(&home, &["--from-git", "--from-env"]).await;
    assert_eq!(again["reference"]["number"], 1);
    std::fs::write(home.path().join("notes.md"), "a file that git does not know").unwrap();
    let (said, untracked) = push(&home, &["--from-git", "--from-env"]).await;
    assert!(said.contains("with local changes"), "{said}");
    std::fs::write(home.path().join("train.py"), "print(2)\n").unwrap();
    let (_, edited) = push(&home, &["--from-git", "--from-env"]).await;
    let digest =
        |version: &serde_json::Value| version["context"]["code"]["diff_digest"].as_str().unwrap().to_owned();
    assert_eq!(untracked["context"]["code"]["dirty"], true);
    assert!(digest(&untracked).starts_with("sha256:") && digest(&untracked) != digest(&edited));
}

#[tokio::test]
async fn flags_win_over_the_manifest_and_that_over_what_is_found_out() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    project(&home);
    let manifest = "model = \"north/claims/fraud\"\ncapture = [\"git\"]\n[code]\nrepository = \"https://mirror.example/fraud\"\n\
                    [training.hyperparameters]\ndepth = 6\nrate = 0.1\n";
    std::fs::write(home.path().join("weighhouse.toml"), manifest).unwrap();
    std::fs::write(home.path().join("c.toml"), "[training.hyperparameters]\nrate = 0.2\n").unwrap();
    let (_, version) = push(&home, &["--context", "c.toml", "--model", "north/claims/other"]).await;
    assert_eq!(version["reference"]["model"]["model"], "other");
    let context = &version["context"];
    assert_eq!(context["code"]["repository"], "https://mirror.example/fraud");
    assert_eq!(context["code"]["commit"], git(home.path(), &["rev-parse", "HEAD"]));
    assert_eq!(context["training"]["hyperparameters"], serde_json::json!({"depth": 6, "rate": 0.2}));
    assert!(context.get("environment").is_none());

    // What is missing is said, with the lines that bring it.
    let said = home.ok(&["push", "model"]).await;
    assert!(said.contains("context 3 of 9; missing:"), "{said}");
    for line in [
        "  evaluation: metrics on test sets",
        "      [[data]]",
        "wh push … --from-env",
        "[environment.seeds]",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

#[tokio::test]
async fn what_cannot_be_found_out_is_said_and_nothing_is_pushed() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::new(&server, &ann).await;
    home.model(b"weights");
    let said = home.refused(&["push", "model", "--model", super::MODEL, "--from-git"]).await;
    assert!(said.contains("is in no git repository"), "{said}");
    let said = home.refused(&["push", "model"]).await;
    assert!(said.contains("which model?"), "{said}");
    git(home.path(), &["init", "-q"]);
    let said = home.refused(&["push", "model", "--model", super::MODEL, "--from-git"]).await;
    assert!(said.contains("no commit yet"), "{said}");
    std::fs::write(home.path().join("weighhouse.toml"), "[deployment]\nport = 0\n").unwrap();
    let said = home.refused(&["push", "model", "--model", super::MODEL]).await;
    assert!(said.contains("weighhouse.toml is no context: context.deployment.port: is a port"), "{said}");
    std::fs::remove_file(home.path().join("weighhouse.toml")).unwrap();
    let said = home.refused(&["push", "--model", super::MODEL]).await;
    assert!(said.contains("what is to be pushed?"), "{said}");
    ann.get("/api/v1/tenants/north/projects/claims/models/fraud").await.problem(404);
}
