//! What people say of models and versions: outside the digest, audited, with a
//! history; aliases move in one step and are followed; lists filter by tags.

use crate::support::{MODELS, promote, register, sentences, to_production};
use reqwest::Method;
use serde_json::{Value, json};
use weighhouse_testkit::{Person, Server};
use weighhouse_types::permission::{Role, Scope, TenantRole};

const VERSION: &str = "/api/v1/tenants/north/projects/claims/models/fraud/versions/1";

async fn alias(person: &Person, name: &str, body: &Value) -> weighhouse_testkit::Answer {
    person.put(&format!("{MODELS}/fraud/aliases/{name}"), body).await
}

async fn history(person: &Person, query: &str) -> Vec<String> {
    let page = person.get(&format!("{MODELS}/fraud/annotations?{query}")).await.expect(200);
    let line = |change: &Value| {
        let text = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {} → {} by {}", text("what"), text("key"), text("before"), text("after"), text("by"))
    };
    page["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn what_is_said_lies_outside_the_digest_and_is_on_record() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let version = register(&ann, "fraud", "one").await;
    let said = json!({"description": "Retrained.\r\n", "tags": {"owner": "Ann", "area": "claims"}});
    let answer = ann.post(&format!("{VERSION}/annotations"), &said).await.expect(200);
    assert_eq!(
        answer,
        json!({"description": "Retrained.", "tags": {"area": "claims", "owner": "Ann"}, "aliases": []})
    );
    let change = json!({"tags": {"owner": "Bob", "area": null}});
    ann.post(&format!("{VERSION}/annotations"), &change).await.expect(200);
    let log = sentences(&ann).await;
    // The same again is no change, and no event.
    ann.post(&format!("{VERSION}/annotations"), &change).await.expect(200);
    assert_eq!(sentences(&ann).await, log);
    assert_eq!(
        log.last().unwrap(),
        "ann removed the tag area (“claims”), changed the tag owner from “Ann” to “Bob” of north/claims/fraud@1."
    );
    let now = ann.get(VERSION).await.expect(200);
    assert_eq!((&now["digest"], &now["context"]), (&version["digest"], &version["context"]));
    assert_eq!(now["annotations"]["tags"], json!({"owner": "Bob"}));
    assert_eq!(
        history(&ann, "version=1").await,
        [
            "tag owner: Ann → Bob by ann",
            "tag area: claims → - by ann",
            "tag owner: - → Ann by ann",
            "tag area: - → claims by ann",
            "description : - → Retrained. by ann",
        ]
    );
    // The record itself is kept as it is.
    let owner = server.database.owner().await;
    let refused = owner.execute("UPDATE annotation_changes SET after = 'x'", &[]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23001");
}

#[tokio::test]
async fn the_second_of_two_editors_sees_the_difference_and_nothing_is_lost() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let path = format!("{MODELS}/fraud/annotations");
    let first = json!({"description": "hers", "seen": {"description": ""}});
    ann.post(&path, &first).await.expect(200);
    let second =
        json!({"description": "his", "tags": {"a": "1"}, "seen": {"description": "", "tags": {"a": null}}});
    let said = ann.post(&path, &second).await.problem(409);
    assert!(said.contains("It is now: “hers”. You wrote: “his”"), "{said}");
    let model = ann.get(&format!("{MODELS}/fraud")).await.expect(200);
    assert_eq!((&model["description"], &model["tags"]), (&json!("hers"), &json!({})));
    for wrong in [
        json!({"tags": {" ": "x"}}),
        json!({"tags": {"a": "x".repeat(5_001)}}),
        json!({"description": "x".repeat(10_001)}),
        json!({"description": "a\u{0}b"}),
        json!({"descripton": "a typing error"}),
    ] {
        ann.post(&path, &wrong).await.problem(400);
    }
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("t{n}"), json!("x"))).collect();
    assert!(ann.post(&path, &json!({"tags": many})).await.problem(400).contains("at most 100"));
    assert_eq!(history(&ann, "").await.len(), 1);
}

#[tokio::test]
async fn an_alias_stands_for_one_version_and_moves_in_one_step() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for content in ["one", "two", "three"] {
        register(&ann, "fraud", content).await;
    }
    assert_eq!(alias(&ann, "champion", &json!({"version": 1})).await.expect(200)["version"]["number"], 1);
    let said = alias(&ann, "champion", &json!({"version": 2, "from": 0})).await.problem(409);
    assert!(said.contains("version 1 has it"), "{said}");
    alias(&ann, "champion", &json!({"version": 2, "from": 1})).await.expect(200);
    alias(&ann, "challenger", &json!({"version": 2, "from": 0})).await.expect(200);
    alias(&ann, "champion", &json!({"version": 9})).await.problem(404);
    for reserved in ["latest", "Production", "staging", "7", "v7"] {
        alias(&ann, reserved, &json!({"version": 1})).await.problem(400);
    }
    let get = async |name: &str| ann.get(&format!("{MODELS}/fraud/aliases/{name}")).await;
    assert_eq!(get("champion").await.expect(200)["version"]["number"], 2);
    assert_eq!(
        ann.get(&format!("{MODELS}/fraud")).await.expect(200)["aliases"],
        json!({"challenger": 2, "champion": 2})
    );
    let second = ann.get(&format!("{MODELS}/fraud/versions/2")).await.expect(200);
    assert_eq!(second["annotations"]["aliases"], json!(["challenger", "champion"]));
    // What follows from the versions.
    assert_eq!(get("latest").await.expect(200)["version"]["number"], 3);
    get("production").await.problem(404);
    to_production(&ann, &server.approver("bob").await, "fraud", 1).await;
    assert_eq!(get("production").await.expect(200)["version"]["number"], 1);
    for number in [2, 3] {
        promote(&ann, "fraud", number, "staging").await.expect(201);
    }
    assert!(get("staging").await.problem(409).contains("Versions 2, 3"));

    ann.delete(&format!("{MODELS}/fraud/aliases/champion")).await;
    assert!(get("champion").await.problem(404).contains("has no alias ‘champion’"));
    ann.delete(&format!("{MODELS}/fraud/aliases/champion")).await.problem(404);
    // A version's history has what came and what left.
    assert_eq!(
        history(&ann, "version=1").await,
        ["alias champion: 1 → 2 by ann", "alias champion: - → 1 by ann"]
    );
    let log = sentences(&ann).await.join("\n");
    assert!(
        log.contains("ann moved the alias champion from version 1 to version 2 of north/claims/fraud."),
        "{log}"
    );
}

#[tokio::test]
async fn an_alias_is_at_one_place_however_many_move_it() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for n in 0..4 {
        register(&ann, "fraud", &format!("v{n}")).await;
    }
    let moves = (0..16).map(|n| {
        let ann = ann.clone();
        async move { alias(&ann, "champion", &json!({"version": n % 4 + 1})).await.status }
    });
    assert_eq!(futures_util::future::join_all(moves).await, [200; 16]);
    // Each change began where the one before it ended.
    let page = ann.get(&format!("{MODELS}/fraud/annotations?limit=200")).await.expect(200);
    let changes = page["items"].as_array().unwrap();
    for pair in changes.windows(2) {
        assert_eq!(pair[0]["before"], pair[1]["after"], "{page}");
    }
    assert_eq!(changes.last().unwrap()["before"], Value::Null);
}

#[tokio::test]
async fn whoever_may_not_register_says_nothing() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    let viewer = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    let reader = server.token(&ann, &[Scope::Read]).await;
    for person in [viewer, reader] {
        person.post(&format!("{VERSION}/annotations"), &json!({"tags": {"a": "b"}})).await.problem(403);
        alias(&person, "champion", &json!({"version": 1})).await.problem(403);
        person.get(&format!("{MODELS}/fraud/annotations")).await.expect(200);
    }
    let south = "/api/v1/tenants/south/projects/claims/models/fraud/aliases/champion";
    ann.get(south).await.problem(404);
    assert_eq!(ann.send(ann.request(Method::PUT, south).json(&json!({"version": 1}))).await.status, 404);
}

#[tokio::test]
async fn models_are_filtered_sorted_and_taken_along() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (name, kind) in [("Fraud", "model"), ("pricing", "model"), ("desk", "llm"), ("=cmd", "model")] {
        ann.post(
            MODELS,
            &json!({"name": name, "kind": kind, "description": format!("about {name}, in short")}),
        )
        .await
        .expect(201);
    }
    ann.post("/api/v1/tenants/north/projects", &json!({"slug": "other"})).await.expect(201);
    ann.post("/api/v1/tenants/north/projects/other/models", &json!({"name": "fraud 2"})).await.expect(201);
    for content in ["one", "two"] {
        register(&ann, "pricing", content).await;
    }
    promote(&ann, "pricing", 2, "staging").await.expect(201);
    ann.post(&format!("{MODELS}/Fraud/annotations"), &json!({"tags": {"owner": "Ann", "pii": "yes"}}))
        .await
        .expect(200);
    ann.post(&format!("{MODELS}/desk/annotations"), &json!({"tags": {"owner": "Bob"}})).await.expect(200);
    let names = async |query: &str| {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                ann.get(&format!("/api/v1/tenants/north/models?limit=2&{query}{cursor}")).await.expect(200);
            names.extend(
                page["items"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else { break names };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(names("").await, ["=cmd", "Fraud", "desk", "fraud 2", "pricing"]);
    assert_eq!(names("sort=-name").await, ["pricing", "fraud 2", "desk", "Fraud", "=cmd"]);
    assert_eq!(names("sort=created").await, ["Fraud", "pricing", "desk", "=cmd", "fraud 2"]);
    assert_eq!(names("sort=-created").await, ["fraud 2", "=cmd", "desk", "pricing", "Fraud"]);
    assert_eq!(names("sort=-versions").await[0], "pricing");
    assert_eq!(names("name=FRAUD").await, ["Fraud", "fraud 2"]);
    assert_eq!(names("name=fraud&project=claims").await, ["Fraud"]);
    assert_eq!(names("kind=llm").await, ["desk"]);
    assert_eq!(names("stage=staging").await, ["pricing"]);
    assert_eq!(names("tag=owner").await, ["Fraud", "desk"]);
    assert_eq!(names("tag=owner%3DBob").await, ["desk"]);
    assert_eq!(names("tag=owner&kind=model&name=x").await, [""; 0]);
    let page = ann.get("/api/v1/tenants/north/models?limit=1").await.expect(200);
    let other =
        format!("/api/v1/tenants/north/models?sort=-created&cursor={}", page["next"].as_str().unwrap());
    ann.get(&other).await.problem(400);
    for wrong in ["kind=nonsense", "stage=live", "sort=size", "limit=0", "colour=red"] {
        ann.get(&format!("/api/v1/tenants/north/models?{wrong}")).await.problem(400);
    }
    ann.get("/api/v1/tenants/north/models?project=nowhere").await.problem(404);

    let table = ann.get("/api/v1/tenants/north/models.csv?tag=owner").await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let lines: Vec<_> = table.text.lines().collect();
    assert!(lines[0].starts_with("reference,kind,description,tags,") && lines.len() == 3, "{lines:?}");
    assert!(
        lines[1].starts_with("north/claims/Fraud,model,\"about Fraud, in short\",owner=Ann; pii=yes,"),
        "{lines:?}"
    );
}

/// Sends a form of a version's page as a browser without JavaScript does; gives
/// the page that it leads to.
async fn form(person: &Person, action: &str, fields: &[(&str, &str)]) -> String {
    let page = "/t/north/p/claims/m/fraud/v/1";
    let text = person.get(page).await.text;
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [&[("csrf", csrf.as_str())], fields].concat();
    let body = reqwest::Url::parse_with_params("http://form", fields).unwrap();
    let request = person
        .request(Method::POST, action)
        .header("Accept", "text/html")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.query().unwrap().to_owned());
    let answer = person.send(request).await;
    assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (303, page));
    let flash = format!("wh_flash={}", answer.cookie("wh_flash").unwrap());
    person.send(person.request(Method::GET, page).header("Cookie", flash)).await.text
}

#[tokio::test]
async fn forms_work_without_javascript_and_keep_what_was_typed() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    register(&ann, "fraud", "one").await;
    register(&ann, "fraud", "two").await;
    let of = "north/claims/fraud@1";
    let describe =
        |text: &'static str, seen: &'static str| [("of", of), ("description", text), ("seen", seen)];
    let page = form(&ann, "/do/annotation-describe", &describe("Hers & whole.", "")).await;
    assert!(page.contains("The description is saved.") && page.contains("Hers &amp; whole."), "{page}");
    // Somebody else had the page open all the while.
    let page = form(&ann, "/do/annotation-describe", &describe("His alone.", "")).await;
    assert!(
        page.contains("You saw: nothing. It is now: “Hers &amp; whole.”. You wrote: “His alone.”"),
        "{page}"
    );
    let field =
        page.split("<textarea").find(|part| part.contains("id=\"annotation-describe-description\"")).unwrap();
    assert!(field.contains("His alone.</textarea>"), "what was typed is there: {field}");

    form(&ann, "/do/annotation-tag", &[("of", of), ("key", "owner"), ("value", "Ann"), ("seen", "{}")]).await;
    let page =
        form(&ann, "/do/annotation-tag", &[("of", of), ("key", "owner"), ("value", "Bob"), ("seen", "{}")])
            .await;
    assert!(page.contains("The tag ‘owner’ was changed by somebody else"), "{page}");
    let seen = r#"{"owner":"Ann"}"#;
    let page =
        form(&ann, "/do/annotation-tag", &[("of", of), ("key", "owner"), ("value", "Bob"), ("seen", seen)])
            .await;
    assert!(page.contains("The tag owner is set."), "{page}");
    let page = form(&ann, "/do/annotation-untag", &[("of", of), ("key", "owner"), ("seen", "Ann")]).await;
    assert!(page.contains("It is now: “Bob”"), "{page}");

    alias(&ann, "champion", &json!({"version": 2})).await.expect(200);
    let page = form(&ann, "/do/alias-set", &[("version", of), ("alias", "champion")]).await;
    assert!(page.contains("version 2 has it") && page.contains("value=\"champion\""), "{page}");
    let page = form(&ann, "/do/alias-set", &[("version", of), ("alias", "champion"), ("moves", "yes")]).await;
    assert!(page.contains("champion is version 1 now."), "{page}");
    // An alias stands in an address as well.
    let champion = ann.get("/t/north/p/claims/m/fraud/v/champion/history").await;
    assert!(
        champion.status == 200
            && champion.text.contains("moved the alias champion from version 2 to version 1")
    );
    let page = form(&ann, "/do/alias-remove", &[("version", of), ("alias", "champion")]).await;
    assert!(page.contains("The alias champion is taken away."), "{page}");
}

#[tokio::test]
async fn the_list_of_models_is_filtered_in_its_address() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    for (name, tag) in [("fraud", "Ann"), ("pricing", "Bob")] {
        register(&ann, name, name).await;
        ann.post(&format!("{MODELS}/{name}/annotations"), &json!({"tags": {"owner": tag}})).await.expect(200);
    }
    for path in ["/t/north/models", "/t/north/p/claims"] {
        let page = ann.get(&format!("{path}?tag=owner%3DBob&sort=-created&stage=development")).await.text;
        assert!(page.contains("m/pricing") && !page.contains("m/fraud"), "{page}");
        assert!(page.contains("owner=Bob") && page.contains("models.csv?"), "{page}");
        let nothing = ann.get(&format!("{path}?name=nothing")).await.text;
        assert!(nothing.contains("No model is like this"), "{nothing}");
    }
}
