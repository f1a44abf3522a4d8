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
