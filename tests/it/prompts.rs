//! Versions of kind `llm`: registered with every part, told apart by each, and
//! their prompts rendered.

use crate::support::MODELS;
use serde_json::{Value, json};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{Role, TenantRole};

/// The `llm` component of a summariser of claims.
pub(crate) fn summariser() -> Value {
    json!({
        "provider": "openai", "model": "gpt-test-2026-01-01", "fingerprint": "fp_1",
        "prompts": {
            "system": {"role": "system", "template": "You sum up motor claims."},
            "user": {
                "role": "user", "template": "Sum up in {{ language }}:\n{{ claim }}",
                "variables": {"language": "English"},
            },
        },
        "retrieval": {"index": "policies", "index_digest": "a".repeat(64), "top_k": 4},
        "guardrails": [{"name": "pii", "stage": "output", "action": "redact"}],
        "decoding": {"temperature": 0.2, "max_tokens": 400},
        "orchestration": {"framework": "plain"},
    })
}

/// Registers a version with this `llm` component.
pub(crate) async fn register_llm(person: &Person, model: &str, llm: &Value) -> Value {
    let body = json!({"context": {"llm": llm}, "create_model": true});
    person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201)
}

#[tokio::test]
async fn a_change_to_any_part_is_a_new_version() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let first = register_llm(&ann, "sums", &summariser()).await;
    assert_eq!(
        (&first["reference"]["number"], &first["kind"], &first["files"]),
        (&json!(1), &json!("llm"), &json!(0))
    );
    let again = json!({"context": {"llm": summariser()}});
    let path = format!("{MODELS}/sums/versions");
    assert_eq!(ann.post(&path, &again).await.expect(200)["digest"], first["digest"]);
    for (n, (pointer, value)) in [
        ("/model", json!("gpt-test-2026-02-01")),
        ("/prompts/system/template", json!("You sum up motor claims, briefly.")),
        ("/prompts/user/variables/language", json!("German")),
        ("/retrieval/top_k", json!(5)),
        ("/guardrails/0/action", json!("flag")),
        ("/decoding/temperature", json!(0.3)),
        ("/orchestration/framework", json!("other")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut llm = summariser();
        *llm.pointer_mut(pointer).unwrap() = value;
        assert_eq!(register_llm(&ann, "sums", &llm).await["reference"]["number"], json!(n + 2), "{pointer}");
    }
    // Nothing is half registered, and the place is named.
    let mut wrong = summariser();
    wrong["prompts"]["user"]["template"] = json!("Sum up\n{{ claim");
    let refused = ann.post(&path, &json!({"context": {"llm": wrong}})).await;
    assert!(refused.problem(400).contains("line 2"), "{}", refused.text);
    assert_eq!(refused.json()["field"], "context.llm.prompts.user.template");
    let list = ann.get(&path).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 8);
    // All versions of a model are of its kind.
    ann.post(&path, &json!({"context": {"code": {"commit": "a"}}})).await.problem(400);
}

#[tokio::test]
async fn a_prompt_is_rendered_with_values_and_examples() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let victor = server.person("victor", Role::Tenant(TenantRole::Viewer)).await;
    register_llm(&ann, "sums", &summariser()).await;
    let prompt = |name: &str| format!("{MODELS}/sums/versions/1/prompts/{name}/render");
    let values = json!({"values": {"claim": "{{ language }} & <b>"}});
    let rendered = victor.post(&prompt("user"), &values).await.expect(200);
    assert_eq!(rendered["text"], "Sum up in English:\n{{ language }} & <b>");
    assert_eq!((&rendered["role"], &rendered["values"]["language"]), (&json!("user"), &json!("English")));
    assert_eq!(
        victor.post(&prompt("system"), &json!({})).await.expect(200)["text"],
        "You sum up motor claims."
    );

    let missing = victor.post(&prompt("user"), &json!({"values": {}})).await;
    assert!(missing.problem(400).contains("‘claim’ has no value"), "{}", missing.text);
    assert_eq!(missing.json()["field"], "values.claim");
    let unused = victor.post(&prompt("user"), &json!({"values": {"claim": "x", "tone": "kind"}})).await;
    assert!(unused.problem(400).contains("no variable ‘tone’"), "{}", unused.text);
    assert_eq!(unused.json()["field"], "values.tone");
    victor.post(&prompt("nothing"), &json!({})).await.problem(404);
    victor.post(&prompt("user"), &json!({"values": {"claim": 7}})).await.problem(400);
}
