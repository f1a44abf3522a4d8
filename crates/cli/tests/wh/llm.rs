//! Language models from the terminal: prompts in files, and the watch on the
//! provider.

use super::Home;
use weighhouse_testkit::{Provider, Server, Serving};

const CONTEXT: &str = r#"
[llm]
provider = "openai"
model = "gpt-test-2026-01-01"
prompts = { system = "prompts/system.txt", user = { file = "prompts/user.txt", variables = { language = "English" } } }
decoding = { temperature = 0.2 }
"#;

const GOLDEN: &str = r#"
[[golden]]
name = "greeting"
prompt = "Say hello."
"#;

fn write(home: &Home, system: &str) {
    std::fs::create_dir_all(home.path().join("prompts")).unwrap();
    for (name, text) in [
        ("llm.toml", CONTEXT),
        ("golden.toml", GOLDEN),
        ("prompts/system.txt", system),
        ("prompts/user.txt", "Sum up in {{ language }}:\n{{ claim }}\n"),
        ("claim.txt", "A bumper."),
    ] {
        std::fs::write(home.path().join(name), text).unwrap();
    }
}

const PUSH: &[&str] = &["push", "--model", "north/claims/sums", "--context", "llm.toml"];

#[tokio::test]
async fn prompts_in_files_make_versions_without_files() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    write(&home, "Sum up.\n");
    let first = home.json(PUSH).await;
    assert_eq!((&first["kind"], &first["files"]), (&"llm".into(), &0.into()));
    assert!(first["context"].get("artifact").is_none());
    assert_eq!(first["context"]["llm"]["prompts"]["system"]["template"], "Sum up.\n");
    assert!(home.ok(PUSH).await.contains("already there as north/claims/sums@1"));
    write(&home, "Sum up, briefly.\n");
    assert!(home.ok(PUSH).await.contains("registered north/claims/sums@2"));

    let user = ["prompt", "render", "north/claims/sums@2", "user", "--set", "claim=@claim.txt"];
    assert_eq!(home.ok(&user).await, "Sum up in English:\nA bumper.\n");
    let said = home.refused(&["prompt", "render", "north/claims/sums@2", "user"]).await;
    assert!(said.contains("‘claim’ has no value"), "{said}");
    write(&home, "Sum up {{ claim\n");
    let said = home.refused(PUSH).await;
    assert!(said.contains("context.llm.prompts.system.template: line 1"), "{said}");
    std::fs::remove_file(home.path().join("prompts/user.txt")).unwrap();
    let said = home.refused(PUSH).await;
    assert!(said.contains("llm.prompts.user") && said.contains("user.txt"), "{said}");
}

#[tokio::test]
async fn a_provider_is_watched() {
    let server = Server::with_clients().await;
    let provider = Provider::start(Serving { key: Some("sk-1".into()), ..Serving::default() });
    let home = Home::new(&server, &server.engineer("ann").await).await;
    write(&home, "Sum up.\n");
    home.ok(PUSH).await;
    let model = "north/claims/sums";
    assert!(home.ok(&["pin", "show", model]).await.contains("nobody watches it"));
    let set = ["pin", "set", model, "--endpoint", &provider.url, "--golden", "golden.toml", "--key-stdin"];
    let said = home.wh(&set, "sk-1\n").await;
    assert!(said.status.success(), "{said:?}");
    let shown = String::from_utf8(said.stdout).unwrap();
    assert!(shown.contains("kept sealed") && !shown.contains("sk-1"), "{shown}");
    let said = home.wh(&["pin", "check", model], "").await;
    assert!(said.status.success(), "{said:?}");
    let shown = String::from_utf8(said.stdout).unwrap();
    assert!(shown.contains("system_fingerprint fp_1") && shown.contains("greeting: compared"), "{shown}");
    provider.change(|serving| serving.fingerprint = Some("fp_2".into()));
    let said = home.wh(&["pin", "check", model], "").await;
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let listed = home.ok(&["pin", "alerts", "--open"]).await;
    assert!(listed.contains("system_fingerprint was ‘fp_1’ and is ‘fp_2’"), "{listed}");
    assert!(home.ok(&["pin", "remove", model]).await.contains("nobody watches"));
}
