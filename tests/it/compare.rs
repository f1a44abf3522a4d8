//! Versions side by side: through the API, and as Markdown.

use crate::support::{MODELS, register};
use serde_json::{Value, json};
use weighhouse_testkit::{Person, Server};

const COMPARE: &str = "/api/v1/tenants/north/compare";

/// Registers a version of a model without files.
async fn version(person: &Person, model: &str, context: Value) -> Value {
    let body = json!({"context": context, "create_model": true});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201)
}

fn context(auc: f64, rate: f64, data: &str) -> Value {
    json!({
        "training": {"hyperparameters": {"rate": rate, "deep": 6}},
        "data": [{"name": "claims", "split": "train", "digest": data}],
        "evaluation": [{"dataset": "holdout", "metrics": {"auc": auc},
            "slices": [{"by": "region", "value": "east", "metrics": {"auc": auc - 0.1}}]}],
    })
}

fn part<'a>(comparison: &'a Value, key: &str) -> &'a Value {
    comparison["parts"].as_array().unwrap().iter().find(|part| part["key"] == key).unwrap()
}

#[tokio::test]
async fn versions_of_a_model_are_compared_with_the_first() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (auc, rate, data) in [(0.8, 0.1, "a"), (0.9, 0.1, "b"), (0.7, 0.2, "b")] {
        version(&ann, "fraud", context(auc, rate, data)).await;
    }
    let query = "version=claims/fraud@1&version=claims/fraud@2&version=north/claims/fraud@3";
    let found = ann.get(&format!("{COMPARE}?{query}")).await.expect(200);
    let numbers: Vec<_> =
        found["versions"].as_array().unwrap().iter().map(|v| v["reference"]["number"].as_u64()).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3)]);
    let auc = &found["metrics"]["items"][0];
    assert_eq!(
        (&auc["metric"], &auc["slice"], &auc["deltas"][0]),
        (&json!("auc"), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&auc["deltas"][1]["verdict"], &auc["deltas"][2]["verdict"]),
        (&json!("better"), &json!("much_worse"))
    );
    assert_eq!(part(&found, "training")["items"], json!([{"path": "rate", "values": [0.1, 0.1, 0.2]}]));
    assert_eq!(part(&found, "training")["same"], 1);
    assert_eq!(
        part(&found, "data")["items"],
        json!([{"path": "claims / train.digest", "values": ["a", "b", "b"]}])
    );

    let all = ann.get(&format!("{COMPARE}?{query}&all=true")).await.expect(200);
    assert_eq!(part(&all, "training")["items"].as_array().unwrap().len(), 2);
    assert_eq!(part(&all, "training")["same"], 0);
}

#[tokio::test]
async fn files_and_prompts_of_other_models_are_compared_too() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    register(&ann, "fraud", "another").await;
    let llm = |text: &str| json!({"llm": {"provider": "a", "model": "b", "prompts": {"system": {"template": text}}}});
    version(&ann, "chat", llm("Be kind.\nBe short.\n")).await;
    version(&ann, "chat", llm("Be kind.\nBe brief.\n")).await;
    let query = "version=claims/fraud@1&version=claims/fraud@2&version=claims/chat@1";
    let found = ann.get(&format!("{COMPARE}?{query}")).await.expect(200);
    let sizes: Vec<_> =
        found["files"]["items"][0]["values"].as_array().unwrap().iter().map(|v| v["size"].as_u64()).collect();
    assert_eq!(sizes, [Some(3), Some(7), None]);
    let prompts =
        ann.get(&format!("{COMPARE}?version=claims/chat@1&version=claims/chat@2")).await.expect(200);
    let lines = prompts["prompts"]["items"][0]["diffs"][1][0]["lines"].as_array().unwrap();
    let changes: Vec<_> = lines.iter().map(|line| line["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["same", "removed", "added"]);
    assert_eq!(lines[2]["spans"][1], json!({"text": "brief.", "changed": true}));
}

#[tokio::test]
async fn markdown_is_for_a_pull_request() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    version(&ann, "fraud", context(0.8, 0.1, "a")).await;
    version(&ann, "fraud", context(0.9, 0.2, "a")).await;
    let path = format!("{COMPARE}?version=claims/fraud@1&version=claims/fraud@2&format=markdown");
    let answer = ann.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.starts_with("### `north/claims/fraud`: `@1` → `@2`\n"), "{}", answer.text);
    assert!(answer.text.contains("| holdout | auc ↑ | 0.800 | 0.900 (+12 %, better) |"), "{}", answer.text);
}

#[tokio::test]
async fn what_cannot_be_compared_is_said() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    for (query, status, words) in [
        ("", 400, "0 were named"),
        ("version=claims/fraud@1", 400, "1 were named"),
        ("version=claims/fraud@1&version=claims/fraud@1", 400, "named twice"),
        ("version=claims/fraud@1&version=south/claims/fraud@1", 400, "another client"),
        ("version=claims/fraud@1&version=claims/fraud@7", 404, "claims/fraud@7"),
        ("version=claims/fraud@1&version=claims/other@1", 404, "claims/other@1"),
        ("version=claims/fraud@1&version=nonsense", 400, "write tenant/project/model@3"),
        ("version=claims/fraud@1&all=perhaps", 400, "true or false"),
        ("version=claims/fraud@1&format=xml", 400, "json, markdown"),
        ("versions=claims/fraud@1", 400, "version, all and format"),
    ] {
        let said = ann.get(&format!("{COMPARE}?{query}")).await.problem(status);
        assert!(said.contains(words), "{query}: {said}");
    }
}

#[tokio::test]
async fn what_was_measured_again_says_what_is_noise() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for auc in [0.80, 0.82] {
        let context = json!({"evaluation": [{"dataset": "holdout", "metrics": {"auc": auc}}]});
        version(&ann, "fraud", context).await;
    }
    let compared = async || {
        let found =
            ann.get(&format!("{COMPARE}?version=claims/fraud@1&version=claims/fraud@2")).await.expect(200);
        found["metrics"]["items"][0].clone()
    };
    assert_eq!(compared().await["deltas"][1]["verdict"], "better");
    for auc in [0.83, 0.81] {
        let body = json!({"results": [{"dataset": "holdout", "metrics": {"auc": auc}}]});
        let path = format!("{MODELS}/fraud/versions/1/attestations");
        ann.post(&path, &json!({"kind": "evaluation", "body": body})).await.expect(201);
    }
    let row = compared().await;
    assert_eq!(
        (&row["values"][0]["repeats"], &row["deltas"][1]["verdict"]),
        (&json!(3), &json!("within_noise")),
        "{row}"
    );
}

#[tokio::test]
async fn the_page_has_an_address_for_what_it_shows() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    version(&ann, "fraud", context(0.8, 0.1, "a")).await;
    version(&ann, "fraud", context(0.9, 0.2, "a")).await;
    let page = ann.get("/t/north/compare?v=claims/fraud@1&v=claims/fraud@2").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Better in 2 places."), "{}", page.text);
    assert!(!page.text.contains(">deep<"), "what is the same is left out");
    let all = ann.get("/t/north/compare?v=claims/fraud@1&v=claims/fraud@2&all=1").await;
    assert!(all.text.contains(">deep<"), "{}", all.text);
    // As the form of the model's page sends it: the newest first.
    let sent = ann.get("/t/north/compare?newest=1&v=claims%2Ffraud%402&v=claims%2Ffraud%401").await;
    assert_eq!(sent.status, 303);
    assert_eq!(sent.headers["location"], "/t/north/compare?v=claims%2Ffraud%401&v=claims%2Ffraud%402");
    let model = ann.get("/t/north/p/claims/m/fraud").await;
    assert!(model.text.contains("value=\"claims/fraud@2\""), "{}", model.text);
    let few = ann.get("/t/north/compare?v=claims/fraud@1").await;
    assert_eq!(few.status, 200);
    assert!(few.text.contains("Which versions?"), "{}", few.text);
    assert_eq!(ann.get("/t/north/compare?v=claims/fraud@1&v=claims/fraud@9").await.status, 404);
}
