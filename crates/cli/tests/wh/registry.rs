//! Projects, models and versions from the terminal.

use super::{Home, MODEL, PUSH};
use weighhouse_testkit::Server;

#[tokio::test]
async fn a_project_and_its_models() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let made = home.json(&["project", "create", "north/pricing", "--name", "Pricing"]).await;
    assert_eq!((&made["slug"], &made["name"]), (&"pricing".into(), &"Pricing".into()));
    let said = home.refused(&["project", "create", "north/pricing"]).await;
    assert!(said.contains("pricing"), "{said}");
    // The token knows its tenant.
    let listed = home.ok(&["project", "list"]).await;
    assert!(listed.contains("north/claims") && listed.contains("north/pricing"), "{listed}");
    assert_eq!(home.json(&["project", "list", "north"]).await.as_array().unwrap().len(), 2);
    let said = home.refused(&["project", "list", "south"]).await;
    assert!(said.contains("no such tenant"), "{said}");

    let empty = home.ok(&["model", "list", "north/pricing"]).await;
    assert!(empty.contains("wh push"), "{empty}");
    home.ok(&["model", "create", "north/pricing/Motor rates", "--description", "by postcode"]).await;
    let listed = home.ok(&["model", "list", "north/pricing"]).await;
    assert!(listed.contains("Motor rates") && listed.contains("by postcode"), "{listed}");
    assert_eq!(home.json(&["model", "list", "north/pricing"]).await["items"][0]["name"], "Motor rates");
    let shown = home.ok(&["model", "show", "north/pricing/Motor rates"]).await;
    assert!(
        shown.contains("no version yet") && shown.contains("/t/north/p/pricing/m/Motor%20rates"),
        "{shown}"
    );
    let shown = home.ok(&["project", "show", "north/pricing"]).await;
    assert!(shown.contains("Motor rates") && shown.contains("/t/north/p/pricing"), "{shown}");
}

#[tokio::test]
async fn lists_come_whole_and_say_when_they_do_not() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    for n in 0..3_u8 {
        home.model(&[n]);
        home.ok(PUSH).await;
    }
    let all = home.json(&["version", "list", MODEL]).await;
    let numbers = |page: &serde_json::Value| -> Vec<u64> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|v| v["reference"]["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers(&all), [3, 2, 1]);
    assert!(all.get("next").is_none(), "it is all there is");
    let some = home.wh(&["versions", MODEL, "--limit", "2"], "").await;
    let (text, note) = (String::from_utf8(some.stdout).unwrap(), String::from_utf8(some.stderr).unwrap());
    assert!(text.contains("@3") && text.contains("@2") && !text.contains("@1"), "{text}");
    assert!(note.contains("--limit"), "{note}");
    let some = home.json(&["versions", MODEL, "--limit", "2"]).await;
    assert_eq!(numbers(&some), [3, 2]);
    assert!(some["next"].is_string());
}

#[tokio::test]
async fn a_version_is_retired_for_good() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(b"weights");
    home.ok(PUSH).await;
    let retired =
        home.json(&["version", "retire", &format!("{MODEL}@1"), "--reason", "withdrawn data"]).await;
    assert_eq!(retired["stage"], "retired");
    let shown = home.ok(&["version", "show", &format!("{MODEL}@1")]).await;
    assert!(shown.contains("retired") && shown.contains("withdrawn data"), "{shown}");
    let said = home.refused(&["promote", &format!("{MODEL}@1"), "--to", "staging"]).await;
    assert!(said.contains("retired"), "{said}");
    // Without a reason nothing is sent.
    let wrong = home.wh(&["version", "retire", &format!("{MODEL}@1")], "").await;
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test]
async fn what_is_said_of_versions_and_their_aliases() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    for n in 0..2_u8 {
        home.model(&[n]);
        home.ok(PUSH).await;
    }
    let (one, two) = (format!("{MODEL}@1"), format!("{MODEL}@2"));
    home.ok(&["version", "annotate", &one, "--description", "the first"]).await;
    home.ok(&["version", "tag", &one, "owner=Ann Ashe", "draft=yes"]).await;
    let said = home.json(&["version", "tag", &one, "--remove", "draft"]).await;
    assert_eq!(said["tags"], serde_json::json!({"owner": "Ann Ashe"}));
    home.ok(&["version", "alias", &one, "champion"]).await;
    let moved = home.ok(&["version", "alias", &two, "champion", "--from", "1"]).await;
    assert_eq!(moved, format!("{MODEL}@champion is {two}\n"));
    let said = home.refused(&["version", "alias", &one, "champion", "--from", "1"]).await;
    assert!(said.contains("version 2 has it"), "{said}");

    let champion = format!("{MODEL}@champion");
    assert_eq!(home.json(&["show", &champion]).await["reference"]["number"], 2);
    let pulled = home.ok(&["pull", &champion, "-o", "back"]).await;
    assert!(pulled.contains(&format!("pulled {two} into back")), "{pulled}");
    assert_eq!(home.json(&["show", &format!("{MODEL}@latest")]).await["reference"]["number"], 2);
    home.ok(&["model", "tag", MODEL, "pii=yes"]).await;
    let shown = home.ok(&["show", MODEL]).await;
    assert!(shown.contains("pii=yes") && shown.contains("@champion is @2"), "{shown}");
    let shown = home.ok(&["show", &one]).await;
    assert!(shown.contains("owner=Ann Ashe") && shown.contains("the first"), "{shown}");
    home.ok(&["promote", &champion, "--to", "staging"]).await;
    assert_eq!(home.json(&["show", &two]).await["stage"], "staging");

    home.ok(&["version", "unalias", &champion]).await;
    let said = home.refused(&["pull", &champion]).await;
    assert!(said.contains("has no alias ‘champion’"), "{said}");
}

#[tokio::test]
async fn a_system_is_pushed_without_files() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(b"weights");
    home.ok(PUSH).await;
    let part = MODEL.split_once('/').unwrap().1;
    let system = format!("[system.components.scorer]\nversion = \"{part}@1\"\n");
    std::fs::write(home.path().join("system.toml"), system).unwrap();
    let push = ["push", "--model", "north/claims/desk", "--context", "system.toml"];
    let said = home.ok(&push).await;
    assert!(said.starts_with("registered north/claims/desk@1  sha256:"), "{said}");
    assert!(home.ok(&push).await.starts_with("already there as north/claims/desk@1"));
    let shown = home.json(&["version", "show", "north/claims/desk@1"]).await;
    assert_eq!((&shown["kind"], &shown["files"]), (&"system".into(), &0.into()));
    assert_eq!(shown["context"]["system"]["components"]["scorer"]["digest"].as_str().unwrap().len(), 64);
    let said = home.refused(&["push", "--model", "north/claims/desk"]).await;
    assert!(said.contains("what is to be pushed?"), "{said}");
}

#[tokio::test]
async fn versions_are_compared_and_taken_along() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    for (weights, auc) in [(b"one", "0.8"), (b"two", "0.9")] {
        home.model(weights);
        let context = format!(
            "[code]\ncommit = \"0123abc\"\n[[evaluation]]\ndataset = \"holdout\"\nmetrics = {{ auc = {auc} }}\n"
        );
        std::fs::write(home.path().join("context.toml"), context).unwrap();
        home.ok(PUSH).await;
    }
    let (first, second) = (format!("{MODEL}@1"), format!("{MODEL}@2"));
    let said = home.ok(&["compare", &first, "@2"]).await;
    assert!(said.contains("0.900 (+12 %, better)") && said.contains("weights.bin"), "{said}");
    assert!(said.contains("/t/north/compare?v=claims%2Ffraud%401&v=claims%2Ffraud%402"), "{said}");
    assert!(!said.contains("vocabulary.txt") && !said.contains("commit"), "{said}");
    let all = home.ok(&["compare", &first, &second, "--all"]).await;
    assert!(all.contains("vocabulary.txt") && all.contains("commit"), "{all}");
    let markdown = home.ok(&["compare", &first, "@2", "--markdown"]).await;
    assert!(markdown.starts_with("### `north/claims/fraud`: `@1` → `@2`"), "{markdown}");
    assert_eq!(home.json(&["compare", &first, "@2"]).await["files"]["same"], 1);
    assert!(home.refused(&["compare", &first, "@7"]).await.contains("claims/fraud@7"));

    let written = home.ok(&["version", "export", &second, "--format", "cyclonedx"]).await;
    assert!(written.contains("\"specVersion\": \"1.7\""), "{written}");
    let written = home.ok(&["version", "export", &second, "--format", "slsa"]).await;
    assert!(written.contains("https://slsa.dev/provenance/v1"), "{written}");
}
