//! What staff see across the clients that they reach.

use crate::support::MODELS;
use serde_json::{Value, json};
use weighhouse_testkit::Server;
use weighhouse_types::permission::{AgencyRole, Role};

#[tokio::test]
async fn the_portfolio_goes_client_by_client() {
    let server = Server::with_clients().await;
    let owner = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    owner
        .post("/api/v1/agencies/acme/tenants", &json!({"slug": "west", "name": "West Rail"}))
        .await
        .expect(201);
    let engineer = server.engineer("ann").await;
    for n in 10..31 {
        engineer.post(MODELS, &json!({"name": format!("model-{n}")})).await.expect(201);
    }
    let names = |page: &Value, of: &str| -> Vec<String> {
        let all = page[of].as_array().unwrap().iter();
        all.map(|one| one["tenant"]["slug"].as_str().or(one["model"].as_str()).unwrap().to_owned()).collect()
    };
    let first = owner.get("/api/v1/portfolio?limit=2").await.expect(200);
    assert_eq!(names(&first, "tenants"), ["north", "south"], "{first}");
    let north = &first["tenants"][0];
    let expected: Vec<String> = (10..30).map(|n| format!("model-{n}")).collect();
    assert_eq!((names(north, "models"), &north["more_models"]), (expected, &json!(true)));
    assert_eq!(first["tenants"][1]["more_models"], false);

    let next = first["next"].as_str().unwrap();
    let second = owner.get(&format!("/api/v1/portfolio?limit=2&cursor={next}")).await.expect(200);
    assert_eq!((names(&second, "tenants"), second.get("next")), (vec!["west".into()], None));
    let problem = owner.get("/api/v1/portfolio?limit=0").await.problem(400);
    assert!(problem.contains("1 to 200"), "{problem}");
    assert_eq!(
        names(&engineer.get("/api/v1/portfolio").await.expect(200), "tenants"),
        ["north", "south", "west"]
    );
    let page = owner.get("/").await;
    assert!(page.text.contains("West Rail") && page.text.contains("All models"), "{}", page.text);
}
