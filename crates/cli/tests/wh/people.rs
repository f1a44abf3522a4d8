//! What people do in their own name: tokens and members. `wh` signs them in
//! for one command, and out again.

use super::{Home, run};
use serde_json::Value;
use std::process::Output;
use weighhouse_testkit::{PASSWORD, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope};

impl Home {
    /// `wh` of somebody who types their password.
    async fn as_person(&self, person: &Person, arguments: &[&str], password: &str) -> Output {
        let sign_in = ["--email", &person.email, "--password-stdin"];
        let mut command = self.command(&[arguments, &sign_in].concat());
        command.env("WH_URL", &self.url);
        run(command, &format!("{password}\n")).await
    }

    async fn ok_as(&self, person: &Person, arguments: &[&str]) -> String {
        let output = self.as_person(person, arguments, PASSWORD).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn json_as(&self, person: &Person, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok_as(person, &[arguments, &["--json"]].concat()).await).unwrap()
    }
}

#[tokio::test]
async fn a_token_is_made_used_and_revoked() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::unknown(&server);
    let create = ["token", "create", "north", "--name", "ci", "--scope", "read,register", "--expires", "30d"];
    let secret = home.ok_as(&ann, &create).await;
    assert!(secret.starts_with("wh_") && secret.lines().count() == 1, "the secret alone: {secret}");
    let login = home.wh(&["login", &server.url, "--token-stdin"], &secret).await;
    assert!(login.status.success(), "{login:?}");
    assert_eq!(home.json(&["whoami"]).await["scopes"], serde_json::json!(["read", "register"]));

    let listed = home.ok_as(&ann, &["token", "list", "north"]).await;
    assert!(listed.contains("ci") && !listed.contains(secret.trim()), "{listed}");
    let revoked = home.json_as(&ann, &["token", "revoke", "north", "ci"]).await;
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    let said = home.refused(&["whoami"]).await;
    assert!(said.contains("revoked"), "{said}");
    // Every command signed out again: each session it began has ended.
    let sessions = "SELECT count(*) FROM sessions WHERE agent LIKE 'wh/%' AND revoked_at IS NULL";
    let left: i64 = server.database.owner().await.query_one(sessions, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_token_can_be_stored_where_it_is_made() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::unknown(&server);
    let create = ["token", "create", "north", "--name", "laptop", "--scope", "read", "--save"];
    let said = home.ok_as(&ann, &create).await;
    assert!(!said.contains("wh_"), "a secret that is stored is not shown: {said}");
    assert_eq!(home.json(&["whoami"]).await["tenant"], "north");
}

#[tokio::test]
async fn a_wrong_password_is_refused_without_a_hint_about_tokens() {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let home = Home::unknown(&server);
    let output = home.as_person(&ann, &["token", "list", "north"], "five words make one more").await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("password") && !said.contains("wh login"), "{said}");
    assert!(!said.contains("five words"), "{said}");
}

#[tokio::test]
async fn people_are_invited_given_roles_and_removed() {
    let server = Server::with_clients().await;
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    let bob = server.approver("bob").await;
    let home = Home::new(&server, &olga).await;
    let invited =
        home.json_as(&olga, &["member", "invite", "north", "eve@north.example", "--role", "viewer"]).await;
    assert_eq!(invited["role"], "viewer");
    server.mails("eve@north.example", 1).await;
    let role = home.ok_as(&olga, &["member", "role", "north", &bob.email, "viewer"]).await;
    assert!(role.contains("is viewer of north"), "{role}");
    let listed = home.ok(&["member", "list"]).await;
    assert!(listed.lines().any(|line| line.contains(&bob.email) && line.contains("viewer")), "{listed}");
    home.ok_as(&olga, &["member", "remove", "north", &bob.email]).await;
    let output = home.as_person(&olga, &["member", "remove", "north", &bob.email], PASSWORD).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("has no role at north"), "{said}");
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_short_lived_one() {
    let server = Server::with_clients().await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let short = home.ok(&["token", "exchange"]).await;
    assert_eq!(short.trim().split('.').count(), 3, "a JWT: {short}");
    let answer = home.json(&["token", "exchange"]).await;
    assert_ne!(answer["jwt"], short.trim(), "another one each time");
    let mut whoami = home.command(&["whoami", "--json"]);
    whoami.env("WH_TOKEN", short.trim());
    let said = run(whoami, "").await;
    assert!(said.status.success(), "{said:?}");
    assert_eq!(serde_json::from_slice::<Value>(&said.stdout).unwrap()["tenant"], "north");
}

#[tokio::test]
async fn members_are_listed_for_those_who_may_read() {
    let server = Server::with_clients().await;
    let bob = server.approver("bob").await;
    let home = Home::new(&server, &server.engineer("ann").await).await;
    let listed = home.ok(&["member", "list"]).await;
    assert!(listed.lines().any(|line| line.starts_with("approver") && line.contains(&bob.email)), "{listed}");
    assert_eq!(home.json(&["member", "list", "north"]).await.as_array().unwrap().len(), 2);
    let blind = Home::unknown(&server);
    let script = server.token(&bob, &[Scope::Predict]).await;
    let login = blind.wh(&["login", &server.url, "--token-stdin"], &script.token.unwrap()).await;
    assert!(login.status.success(), "{login:?}");
    let said = blind.refused(&["member", "list", "north"]).await;
    assert!(said.contains("read"), "the scope that is missing is named: {said}");
}
