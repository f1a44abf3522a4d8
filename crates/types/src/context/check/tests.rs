//! What the rules refuse, and what they leave alone.

use super::super::normalise;
use super::secret_in;
use serde_json::{Value, json};

fn data(fields: Value) -> Value {
    let mut set = json!({"name": "claims"});
    set.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"data": [set]})
}

/// Each context is refused at a place, with a word of why.
fn refused(cases: &[(Value, &str, &str)]) {
    for (context, field, detail) in cases {
        let error = normalise(context.clone()).expect_err(&context.to_string());
        assert!(error.field == *field && error.detail.contains(detail), "{error}");
    }
}

#[test]
fn what_cannot_be_meant_of_results_and_surroundings_is_refused() {
    let sets = |slices: Value| json!({"evaluation": [{"dataset": "holdout", "rows": 10, "metrics": {"auc": 0.9}, "slices": slices}]});
    let north = json!({"by": "region", "value": "north", "metrics": {"auc": 0.8}});
    refused(&[
        (
            json!({"evaluation": [{"dataset": "a", "metrics": {}}]}),
            "context.evaluation[0].metrics",
            "at least one",
        ),
        (sets(json!([north, north])), "context.evaluation[0].slices[1]", "region = north"),
        (
            sets(json!([{"by": "a", "value": "b", "rows": 11, "metrics": {}}])),
            "context.evaluation[0].slices[0].rows",
            "whole test set has 10",
        ),
        (json!({"code": {"commit": "a b"}}), "context.code.commit", "blank"),
        (
            json!({"code": {"commit": "a", "repository": "https://ghp_x@git.example/r"}}),
            "context.code.repository",
            "token",
        ),
        (
            json!({"code": {"commit": "a", "dirty": false, "diff_digest": "0a"}}),
            "context.code.diff_digest",
            "`dirty` is false",
        ),
        (
            json!({"code": {"commit": "a", "lock": {"uv.lock": ""}}}),
            "context.code.lock.uv.lock",
            "leave it out",
        ),
        (json!({"environment": {"libraries": {}}}), "context.environment", "leave it out"),
        (json!({"environment": {"seeds": {"numpy": -1}}}), "context.environment.seeds.numpy", "invalid"),
        (
            json!({"environment": {"libraries": {"numpy": ""}}}),
            "context.environment.libraries.numpy",
            "empty",
        ),
        (json!({"deployment": {}}), "context.deployment", "leave it out"),
        (json!({"deployment": {"port": 0}}), "context.deployment.port", "1 to 65535"),
        (json!({"deployment": {"port": 70_000}}), "context.deployment.port", "invalid value"),
        (json!({"deployment": {"health_check": " "}}), "context.deployment.health_check", "leave it out"),
    ]);
}

#[test]
fn what_cannot_be_meant_of_inputs_is_refused() {
    refused(&[
        (json!({"data": []}), "context.data", "leave it out"),
        (json!({"data": [{"name": " "}]}), "context.data[0].name", "must not be empty"),
        (json!({"data": [{"name": "a"}, {"name": "a"}]}), "context.data[1]", "same as entry 0"),
        (data(json!({"uri": ""})), "context.data[0].uri", "leave it out"),
        (data(json!({"uri": "postgres://me:pw@db/claims"})), "context.data[0].uri", "password"),
        (data(json!({"digest": "sha256:abc"})), "context.data[0].digest", "64 hex digits"),
        (data(json!({"digest": "a b"})), "context.data[0].digest", "blank"),
        (data(json!({"schema": {"": "int"}})), "context.data[0].schema", "without a name"),
        (data(json!({"rows": -1})), "context.data[0].rows", "invalid value"),
        (
            data(json!({"time_range": {"from": "yesterday", "until": "2026"}})),
            "context.data[0].time_range.from",
            "no date",
        ),
        (
            data(json!({"time_range": {"from": "2026-03-15", "until": "2026-03-14"}})),
            "context.data[0].time_range",
            "before it begins",
        ),
        (json!({"features": {"name": "f", "version": ""}}), "context.features.version", "empty"),
        (
            json!({"features": {"name": "f", "version": "1", "steps": ["a", ""]}}),
            "context.features.steps[1]",
            "empty",
        ),
        (json!({"training": {}}), "context.training", "leave it out"),
        (
            json!({"training": {"hyperparameters": {"": 1}}}),
            "context.training.hyperparameters",
            "without a name",
        ),
    ]);
}

#[test]
fn what_is_meant_is_taken_as_it_stands() {
    let ranges = [
        ("2024", "2024"),
        ("2024-03", "2024"),
        ("2024-03-01", "2024-03-01"),
        ("2024-03-01T10:00:00+01:00", "2024-03-01T09:30:00Z"),
        ("2024-03-01 10:00", "2024-03-01T10:00:01.5"),
    ];
    for (from, until) in ranges {
        let context = data(json!({"time_range": {"from": from, "until": until}}));
        assert_eq!(normalise(context.clone()).map(Value::Object), Ok(context));
    }
    for digest in
        ["8f29bc49", "sha256:8F29BC49C9829C74407D6CA17AC8B52D3F1EF17580AD642817EEA578BD62E7F7", "etag:1"]
    {
        assert!(normalise(data(json!({"digest": digest}))).is_ok(), "{digest}");
    }
}

#[test]
fn secrets_stand_before_the_host() {
    for (address, secret) in [
        ("https://ghp_abc@git.example/a", Some("ghp_abc")),
        ("https://u:p@git.example/a", Some("u:p")),
        ("HTTP://u:p@s:80", Some("u:p")),
        ("postgres://u:p@db/x", Some("u:p")),
        ("ssh://git@git.example/a", None),
        ("git@git.example:a/b.git", None),
        ("https://git.example/a@b", None),
        ("s3://bucket/a:b@c", None),
    ] {
        assert_eq!(secret_in(address), secret, "{address}");
    }
}
