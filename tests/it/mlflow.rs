//! Training code that logs by MLflow's protocol.

use futures_util::future::join_all;
use serde_json::{Value, json};
use std::path::Path;
use weighhouse_testkit::{Answer, Person, Server};
use weighhouse_types::permission::Scope;

const CALLS: &str = "/mlflow/north/claims/api/2.0/mlflow";

async fn tracking() -> (Server, Person, Person) {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let code = server.token(&ann, &[Scope::Track]).await;
    (server, ann, code)
}

async fn run_start(code: &Person, name: &str) -> String {
    let body = json!({"experiment_id": "0", "run_name": name, "start_time": 1000});
    let answer = code.post(&format!("{CALLS}/runs/create"), &body).await.expect(200);
    answer["run"]["info"]["run_id"].as_str().unwrap().to_owned()
}

async fn log(code: &Person, body: &Value) -> Answer {
    code.post(&format!("{CALLS}/runs/log-batch"), body).await
}

async fn run_get(code: &Person, run: &str) -> Value {
    code.get(&format!("{CALLS}/runs/get?run_id={run}")).await.expect(200)["run"].clone()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) -> String {
    let error = answer.expect(status);
    assert_eq!(error["error_code"], code, "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_real_client_logs_unchanged() {
    let (server, _, code) = tracking().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let home = tempfile::tempdir().unwrap();
    let done = tokio::process::Command::new(root.join("target/venv/bin/python"))
        .arg(root.join("tests/mlflow/tracking.py"))
        .current_dir(home.path())
        .env("MLFLOW_TRACKING_URI", format!("{}/mlflow/north/claims", server.url))
        .env("MLFLOW_TRACKING_TOKEN", code.token.as_deref().unwrap())
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "1")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("came back"), "{said}");
}

#[tokio::test]
async fn many_who_log_at_once_are_all_kept() {
    let (_server, _, code) = tracking().await;
    let names: Vec<String> = (0..8).map(|n| format!("run-{n}")).collect();
    let runs = join_all(names.iter().map(|name| run_start(&code, name))).await;
    let calls = (0..40).flat_map(|step| {
        let code = &code;
        runs.iter().enumerate().map(move |(n, run)| async move {
            let body = json!({
                "run_id": run,
                "metrics": [{"key": "loss", "value": step, "timestamp": 1000 + step, "step": step}],
                "params": [{"key": format!("p{step}"), "value": format!("v{n}")}],
                "tags": [{"key": "last", "value": format!("{step}")}],
            });
            log(code, &body).await.expect(200);
        })
    });
    join_all(calls).await;
    for run in &runs {
        let data = run_get(&code, run).await["data"].clone();
        assert_eq!(data["params"].as_array().unwrap().len(), 40);
        assert_eq!(data["metrics"][0]["step"], 39, "the latest step, whatever came last");
        let history = code.get(&format!("{CALLS}/metrics/get-history?run_id={run}&metric_key=loss")).await;
        let steps: Vec<i64> = history.expect(200)["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| point["step"].as_i64().unwrap())
            .collect();
        assert_eq!(steps, (0..40).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_batch_is_kept_whole_or_not_at_all() {
    let (_server, _, code) = tracking().await;
    let (run, other) = (run_start(&code, "a").await, run_start(&code, "b").await);
    log(&code, &json!({"run_id": run, "params": [{"key": "rate", "value": "0.1"}]})).await.expect(200);
    let wrong = json!({
        "run_id": run,
        "metrics": [{"key": "auc", "value": 0.9, "timestamp": 1}],
        "params": [{"key": "depth", "value": "7"}, {"key": "rate", "value": "0.2"}],
        "tags": [{"key": "t", "value": "x"}],
    });
    let right = json!({"run_id": other, "params": [{"key": "rate", "value": "0.3"}]});
    // Together, so that they share a transaction as often as not.
    let (wrong, right) = tokio::join!(log(&code, &wrong), log(&code, &right));
    assert!(refused(&wrong, 400, "INVALID_PARAMETER_VALUE").contains("‘rate’ is ‘0.1’"));
    right.expect(200);
    let data = run_get(&code, &run).await["data"].clone();
    assert_eq!(data["params"], json!([{"key": "rate", "value": "0.1"}]));
    assert_eq!(data["metrics"], json!([]));
    assert_eq!(run_get(&code, &other).await["data"]["params"], json!([{"key": "rate", "value": "0.3"}]));
}

#[tokio::test]
async fn limits_are_said_and_keep_nothing() {
    let (_server, _, code) = tracking().await;
    let run = run_start(&code, "a").await;
    let points: Vec<_> =
        (0..10_000).map(|n| json!({"key": "m", "value": n, "timestamp": 1, "step": n})).collect();
    let said = refused(
        &log(&code, &json!({"run_id": run, "metrics": points})).await,
        400,
        "INVALID_PARAMETER_VALUE",
    );
    assert!(said.contains("at most 1000 metrics; this one has 10000"), "{said}");
    for (body, words) in [
        (json!({"run_id": run, "metrics": [{"key": "../x", "value": 1, "timestamp": 1}]}), "no clean path"),
        (json!({"run_id": run, "params": [{"key": "k".repeat(251), "value": ""}]}), "at most 250 characters"),
        (json!({"run_id": run, "metrics": {"a": 1}}), "not what this call expects"),
        (json!({"metrics": []}), "Missing value for required parameter 'run_id'"),
    ] {
        let said = refused(&log(&code, &body).await, 400, "INVALID_PARAMETER_VALUE");
        assert!(said.contains(words), "{said}");
    }
    let history = code.get(&format!("{CALLS}/metrics/get-history?run_id={run}&metric_key=m")).await;
    assert_eq!(history.expect(200)["metrics"], json!([]));
}

#[tokio::test]
async fn another_tenants_runs_do_not_exist() {
    let (server, ann, code) = tracking().await;
    let run = run_start(&code, "secret").await;
    let token = json!({"name": "south", "scopes": ["track"], "expires_days": 1});
    let token = ann.post("/api/v1/tenants/south/tokens", &token).await.expect(201);
    let south = Person::with_token(&server.url, "south", token["token"].as_str().unwrap());
    let random = "f".repeat(32);
    let there = "/mlflow/south/claims/api/2.0/mlflow";
    let answers = [
        south.get(&format!("{there}/runs/get?run_id={run}")).await,
        south.get(&format!("{there}/runs/get?run_id={random}")).await,
    ];
    assert_eq!(answers[0].text, answers[1].text);
    refused(&answers[0], 404, "RESOURCE_DOES_NOT_EXIST");
    let batch = json!({"run_id": run, "tags": [{"key": "a", "value": "b"}]});
    refused(&south.post(&format!("{there}/runs/log-batch"), &batch).await, 404, "RESOURCE_DOES_NOT_EXIST");
    // A token reaches its own tenant and no other.
    refused(&south.get(&format!("{CALLS}/runs/get?run_id={run}")).await, 404, "RESOURCE_DOES_NOT_EXIST");
    let search = json!({"experiment_ids": ["0"]});
    let found = south.post(&format!("{there}/runs/search"), &search).await.expect(200);
    assert_eq!(found["runs"], json!([]));
}

#[tokio::test]
async fn scopes_and_revocations_are_kept() {
    let (server, ann, code) = tracking().await;
    let run = run_start(&code, "a").await;
    let reader = server.token(&ann, &[Scope::Read]).await;
    run_get(&reader, &run).await;
    let batch = json!({"run_id": run, "tags": [{"key": "a", "value": "b"}]});
    let said = refused(&log(&reader, &batch).await, 403, "PERMISSION_DENIED");
    assert!(said.contains("lacks the scope ‘track’"), "{said}");
    refused(&log(&server.stranger(), &batch).await, 401, "UNAUTHENTICATED");
    refused(&code.get(&format!("{CALLS}/no-such-thing")).await, 404, "ENDPOINT_NOT_FOUND");

    let tokens = ann.get("/api/v1/tenants/north/tokens").await.expect(200);
    for token in tokens.as_array().unwrap() {
        ann.delete(&format!("/api/v1/tenants/north/tokens/{}", token["id"].as_str().unwrap())).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    refused(&log(&code, &batch).await, 401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn what_is_deleted_and_restored_is_in_the_audit_log() {
    let (_server, ann, code) = tracking().await;
    let made = code.post(&format!("{CALLS}/experiments/create"), &json!({"name": "fraud"})).await.expect(200);
    assert_eq!(made["experiment_id"], "1", "0 is the default one");
    let taken = code.post(&format!("{CALLS}/experiments/create"), &json!({"name": "fraud"})).await;
    refused(&taken, 400, "RESOURCE_ALREADY_EXISTS");
    let run = run_start(&code, "old").await;
    for call in ["runs/delete", "runs/restore"] {
        code.post(&format!("{CALLS}/{call}"), &json!({"run_id": run})).await.expect(200);
    }
    for call in ["experiments/delete", "experiments/restore"] {
        code.post(&format!("{CALLS}/{call}"), &json!({"experiment_id": "1"})).await.expect(200);
    }
    let log = ann.get("/api/v1/tenants/north/audit").await.expect(200);
    let events: Vec<&str> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .take(5)
        .collect();
    let expected =
        ["experiment.restored", "experiment.deleted", "run.restored", "run.deleted", "experiment.created"];
    assert_eq!(events, expected);
    assert!(log["items"][3]["sentence"].as_str().unwrap().contains("deleted the run “old”"));
}
