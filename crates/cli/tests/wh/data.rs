//! Datasets and pipelines from the terminal.

use super::{Home, MODEL};
use weighhouse_testkit::Server;

#[tokio::test]
async fn a_file_becomes_a_dataset_that_models_name() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("a.csv", "region,amount\nEast,1\nWest,2\nEast,\n");
    write("b.csv", "region,amount,late\nNorth,1,true\nNorth,2,false\nEast,3,true\n");

    let tried = home.ok(&["data", "add", "a.csv", "--dry-run"]).await;
    assert!(tried.contains("East (2), West (1)") && tried.contains("33.3 %"), "{tried}");
    let empty = home.ok(&["data", "list"]).await;
    assert!(empty.contains("wh data add"), "{empty}");

    let add = &["data", "add", "a.csv", "--name", "north/claims", "--split", "train"];
    let made = home.ok(add).await;
    assert!(made.contains("registered the dataset north/claims@1"), "{made}");
    assert!(made.contains(&format!("{}/t/north/datasets/claims/v/1", home.url)), "{made}");
    let again = home.ok(add).await;
    assert!(again.contains("there already as the dataset north/claims@1"), "{again}");
    let second = home.json(&["data", "add", "b.csv", "--name", "north/claims"]).await;
    assert_eq!((&second["number"], &second["rows"]), (&2.into(), &3.into()));

    let drift = home.ok(&["data", "compare", "north/claims@1", "north/claims@2"]).await;
    assert!(drift.contains("late") && drift.contains("added") && drift.contains("new: North"), "{drift}");
    let listed = home.ok(&["data", "list", "north/claims"]).await;
    assert!(listed.contains("north/claims@1") && listed.contains("north/claims@2"), "{listed}");

    write("features.toml", "code = \"git@1\"\nsteps = [\"scale\"]\n");
    home.ok(&["pipeline", "add", "features.toml", "--name", "north/scaled"]).await;
    home.model(b"weights");
    write(
        "context.toml",
        "data = [{ name = \"claims\", version = \"claims@1\" }]\n\
         features = { name = \"scaled\", version = \"1\", pipeline = \"scaled@1\" }\n",
    );
    home.ok(&["push", "model", "--model", MODEL, "--context", "context.toml"]).await;
    let shown = home.ok(&["data", "show", "north/claims@1"]).await;
    assert!(shown.contains(&format!("{MODEL}@1 (development, as data)")), "{shown}");
    let shown = home.ok(&["pipeline", "show", "north/scaled"]).await;
    assert!(shown.contains("as features") && shown.contains("scale"), "{shown}");
    assert!(home.ok(&["pipeline", "list", "north"]).await.contains("north/scaled@1"));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_and_nothing_is_registered() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    std::fs::write(home.path().join("bad.csv"), "a,b\n1,2\n3\n").unwrap();
    let said = home.refused(&["data", "add", "bad.csv", "--name", "north/claims"]).await;
    assert!(said.contains("bad.csv") && said.contains("line 3: has 1 field"), "{said}");
    let said = home.refused(&["data", "add", "none.csv", "--name", "north/claims"]).await;
    assert!(said.contains("cannot open none.csv"), "{said}");
    std::fs::write(home.path().join("bad.toml"), "steps = []\n").unwrap();
    let said = home.refused(&["pipeline", "add", "bad.toml", "--name", "north/x"]).await;
    assert!(said.contains("code"), "{said}");
    assert_eq!(home.json(&["data", "list"]).await["items"].as_array().unwrap().len(), 0);
}
