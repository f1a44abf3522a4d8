//! What is attested from the terminal, and files that are scanned there.

use super::{Home, MODEL, PUSH};
use weighhouse_testkit::Server;

#[tokio::test]
async fn results_cards_and_comments_come_to_a_version() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    home.model(b"weights");
    home.ok(PUSH).await;
    let version = format!("{MODEL}@1");
    let results = r#"[{"dataset": "holdout", "metrics": {"auc": 0.91}}, {"dataset": "holdout", "metrics": {"auc": 0.89}}]"#;
    std::fs::write(home.path().join("results.json"), results).unwrap();
    std::fs::write(home.path().join("CARD.md"), "# Fraud\n").unwrap();
    let added =
        home.json(&["attest", "evaluation", &version, "results.json", "results.json", "--run", "41"]).await;
    assert_eq!(added["body"]["results"].as_array().unwrap().len(), 4);
    assert_eq!(added["body"]["run"], "41");
    home.ok(&["attest", "card", &version, "CARD.md"]).await;
    home.ok(&["comment", &version, "Looks *fine*."]).await;
    let shown = home.ok(&["version", "show", &version]).await;
    for line in ["evaluation by ann: evaluation on holdout", "model_card by ann", "comment by ann"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    // Wrong files are refused before anything is sent.
    std::fs::write(home.path().join("wrong.json"), r#"[{"dataset": "a", "metrics": {"auc": "x"}}]"#).unwrap();
    let said = home.refused(&["attest", "evaluation", &version, "wrong.json"]).await;
    assert!(said.contains("body.results[0].metrics.auc"), "{said}");
    let said = home.refused(&["attest", "signature", &version, "CARD.md"]).await;
    assert!(said.contains("CARD.md is not JSON"), "{said}");
}

#[tokio::test]
async fn files_are_scanned_without_a_server() {
    let server = Server::empty().await;
    let home = Home::unknown(&server);
    let folder = home.path().join("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("good.pkl"), b"\x80\x02K\x01.").unwrap();
    let said = home.ok(&["scan", "files"]).await;
    assert!(said.contains("1 files read: 1 pickle") && said.contains("nothing"), "{said}");
    std::fs::write(folder.join("bad.pkl"), b"cos\nsystem\n(S'id'\ntR.").unwrap();
    let output = home.wh(&["scan", "files"], "").await;
    let (text, error) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("os.system") && text.contains("bad.pkl at byte 0"), "{text}");
    assert!(error.contains("do not load these files"), "{error}");
}
