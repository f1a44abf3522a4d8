//! What people see: a real Chromium, driven by the scripts in `tests/e2e`.

use crate::clock::{Clock, RETENTION, sweep};
use crate::support::{MODELS, promote, register, to_production, upload};
use crate::systems::{say, system_push};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use weighhouse_core::identity::{self, SetupForm, UserCreate, UserRole};
use weighhouse_core::kernel::config::{Config, log_key_create};
use weighhouse_core::{App, Ctx, audit, projects, tenancy};
use weighhouse_testkit::{PASSWORD, Person, Server};
use weighhouse_types::permission::{AgencyRole, Role, Scope, TenantRole};
use weighhouse_types::projects::ProjectCreate;
use weighhouse_types::tenancy::TenantCreate;

/// The longest that a script may take; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(300);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a script with what it needs to know in an environment variable.
async fn run(script: &str, variable: &str, world: &Value) {
    let running = tokio::process::Command::new("node")
        .arg(root().join("tests/e2e").join(script))
        .env(variable, world.to_string())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await.expect("the script ends").unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{script}: {}\n{}{}", output.status, said[0], said[1]);
}

async fn journey(scripts: bool) {
    let server = Server::with_clients().await;
    let ann = server.engineer("ann").await;
    let bob = server.approver("bob").await;
    let cleo = server.person("cleo", Role::Agency(AgencyRole::AgencyAdmin)).await;
    let world = json!({
        "url": server.url,
        "mail": server.folder().join("mail"),
        "scripts": scripts,
        "password": PASSWORD,
        "ann": ann.email,
        "bob": bob.email,
        "cleo": cleo.email,
    });
    run("journey.mjs", "WEIGHHOUSE_JOURNEY", &world).await;
}

#[tokio::test]
async fn a_model_goes_its_whole_way_in_the_browser() {
    journey(true).await;
}

#[tokio::test]
async fn and_without_javascript() {
    journey(false).await;
}

async fn account(scripts: bool) {
    let server = Server::with_clients().await;
    let olga = server.person("olga", Role::Agency(AgencyRole::Owner)).await;
    // The session of the test itself is none that she sees.
    assert_eq!(olga.delete("/api/v1/session").await.status, 204);
    let world = json!({
        "url": server.url,
        "mail": server.folder().join("mail"),
        "scripts": scripts,
        "password": PASSWORD,
        "olga": olga.email,
    });
    run("account.mjs", "WEIGHHOUSE_ACCOUNT", &world).await;
}

#[tokio::test]
async fn people_look_after_their_login_in_the_browser() {
    account(true).await;
}

#[tokio::test]
async fn and_do_so_without_javascript() {
    account(false).await;
}

/// Registers the demonstration's versions 1 and 2 of a model.
async fn push_both(person: &Person, folder: &str, model: &str) {
    for number in [1, 2] {
        let folder = root().join("infra/demo/models").join(folder);
        let context = std::fs::read(folder.join(format!("{number}.context.json"))).unwrap();
        let mut context: Value = serde_json::from_slice(&context).unwrap();
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder.join(number.to_string())).unwrap().flatten() {
            let bytes = std::fs::read(entry.path()).unwrap();
            files.push(upload(person, entry.file_name().to_str().unwrap(), &bytes).await);
        }
        context["artifact"] = json!({ "files": files });
        // The pipeline's own versions are registered by the demonstration alone.
        context["features"].as_object_mut().unwrap().remove("pipeline");
        let body = json!({"context": context, "create_model": true});
        person.post(&format!("{MODELS}/{model}/versions"), &body).await.expect(201);
    }
}

/// An installation set up by its first visitor, who operates it and owns acme,
/// with the clients north and south.
async fn set_up() -> (Server, Person) {
    let server = Server::empty().await;
    let code = identity::setup_code(&server.app).await.unwrap().unwrap();
    let form = SetupForm {
        agency_name: "Acme AI".into(),
        agency_slug: "acme".into(),
        name: "Olga Owner".into(),
        email: "olga@acme.example".into(),
        password: PASSWORD.into(),
    };
    identity::setup(&Ctx::anonymous(&server.app, "test"), &code, form).await.unwrap();
    let console = server.console();
    for slug in ["north", "south"] {
        let new = TenantCreate { slug: slug.into(), name: None };
        tenancy::tenant_create(&console, "acme", new).await.unwrap();
        let new = ProjectCreate { slug: "claims".into(), name: None };
        projects::project_create(&console, slug, new).await.unwrap();
    }
    let owner = server.sign_in("olga@acme.example").await;
    (server, owner)
}

/// Somebody who owns an agency that has no client yet.
async fn newcomer(server: &Server) -> Person {
    tenancy::agency_create(&server.console(), "umbra", "Umbra").await.unwrap();
    let email = "nina@umbra.example".to_owned();
    let role = UserRole::Agency { agency: "umbra".into(), role: AgencyRole::Owner };
    let new = UserCreate { email: email.clone(), name: Some("Nina".into()), password: PASSWORD.into(), role };
    identity::user_create(&server.console(), new).await.unwrap();
    server.sign_in(&email).await
}

/// A policy at north, a sweep that removed the files of one version, and a
/// hold that somebody asked to lift; gives the pages of sweep and version.
async fn retained(server: &Server, ann: &Person, olga: &Person) -> [String; 2] {
    let clock = Clock::of(server).await;
    register(ann, "outdated", "outdated weights").await;
    let retire = format!("{MODELS}/outdated/versions/1/retire");
    ann.post(&retire, &json!({"reason": "leaks"})).await.expect(200);
    clock.age_stages(40).await;
    clock.policy(olga, json!({"archived_artifacts": 30, "retired_artifacts": 7, "mails": 2557})).await;
    assert_eq!(sweep(server, 10).await, 1);
    let holds = "/api/v1/tenants/north/holds";
    for new in [json!({"reason": "Case 7"}), json!({"reason": "Case 8", "model": "north/claims/returns"})] {
        olga.post(holds, &new).await.expect(201);
    }
    let held = olga.get(holds).await.expect(200);
    let lift = format!("{holds}/{}/lift", held["items"][0]["id"].as_str().unwrap());
    olga.post(&lift, &json!({"reason": "The case is closed"})).await.expect(200);
    let sweeps = olga.get(&format!("{RETENTION}/sweeps")).await.expect(200);
    let id = sweeps["items"][0]["id"].as_str().unwrap();
    [format!("/t/north/retention/sweeps/{id}"), "/t/north/p/claims/m/outdated/v/1".to_owned()]
}

/// A system in production that holds what is there of both models, and what
/// is known of a combination.
async fn composed(ann: &Person, bob: &Person) {
    let parts = [("scorer", "claims/fraud-scorer@1"), ("returns", "claims/returns@2")];
    system_push(ann, "desk", &parts).await.expect(201);
    to_production(ann, bob, "desk", 1).await;
    say(ann, "fraud-scorer", 2, "claims/returns@2", "incompatible").await.expect(201);
}

/// One page to look at. `then` are steps on it: texts to `type` by label, a
/// button to `press`, a fold to `open`, `keys` to press until a dialog opens.
fn page(person: Option<&Person>, path: &str, then: Value) -> Value {
    json!({"cookie": person.and_then(|person| person.cookie.as_deref()), "path": path, "then": then})
}

#[tokio::test]
async fn every_page_is_accessible() {
    let (server, olga) = set_up().await;
    let (fresh, nina) = (Server::empty().await, newcomer(&server).await);
    let ann = server.engineer("ann").await;
    let bob = server.approver("bob").await;
    let vic = server.person("vic", Role::Tenant(TenantRole::Viewer)).await;
    push_both(&ann, "aldermoor/motor-claims/fraud-scorer", "fraud-scorer").await;
    push_both(&ann, "lindgrove/online-store/returns-propensity", "returns").await;
    to_production(&ann, &bob, "fraud-scorer", 1).await;
    to_production(&ann, &bob, "returns", 1).await;
    to_production(&ann, &bob, "returns", 2).await;
    composed(&ann, &bob).await;
    promote(&ann, "fraud-scorer", 2, "staging").await.expect(201);
    let open = promote(&ann, "fraud-scorer", 2, "production").await.expect(201);
    let open = format!("/t/north/promotions/{}", open["id"].as_str().unwrap());
    let invited = json!({"email": "eve@north.example", "role": "viewer"});
    olga.post("/api/v1/tenants/north/invitations", &invited).await.expect(201);
    server.token(&ann, &[Scope::Read, Scope::Register]).await;
    let path_mailed = async |to: &str, count: usize| {
        server.mails(to, count).await.pop().unwrap().link(&server.url).replace(&server.url, "")
    };
    let invitation = path_mailed("eve@north.example", 1).await;
    let invited = json!({"email": "kim@acme.example", "role": "engineer"});
    olga.post("/api/v1/agencies/acme/invitations", &invited).await.expect(201);
    let staff_invitation = path_mailed("kim@acme.example", 1).await;
    server.stranger().post("/api/v1/password-reset", &json!({"email": vic.email})).await;
    let reset = path_mailed(&vic.email, 1).await;
    let move_to = async |to: &str| {
        vic.put("/api/v1/me/email", &json!({"email": to, "password": PASSWORD})).await;
        path_mailed(to, 1).await
    };
    let link = move_to("vic@home.example").await;
    let token = json!({"token": link.rsplit('/').next().unwrap()});
    server.stranger().post("/api/v1/email-change/confirm", &token).await;
    let undo = path_mailed(&vic.email, 2).await;
    let confirm = move_to("vic@work.example").await;
    server.sign_in(&olga.email).await;
    let fail = "UPDATE jobs SET done_at = NULL, attempts = 3, last_error = 'SMTP: no such mailbox',
                    run_at = now() + interval '1 hour', dead_at = CASE WHEN id::text < (SELECT max(id::text) FROM jobs) THEN now() END";
    server.database.owner().await.execute(fail, &[]).await.unwrap();
    let said = json!({"description": "The one to beat.", "tags": {"owner": "Ann Ashe"}});
    for of in ["returns/versions/1", "returns"] {
        ann.post(&format!("{}/{of}/annotations", crate::support::MODELS), &said).await.expect(200);
    }
    ann.put(&format!("{}/returns/aliases/champion", crate::support::MODELS), &json!({"version": 1}))
        .await
        .expect(200);
    let code = identity::setup_code(&fresh.app).await.unwrap().unwrap();
    let model = "/t/north/p/claims/m/returns";
    // A log that is signed has more on its page.
    let log_key = Some(log_key_create("weighhouse.example").unwrap().0.parse().unwrap());
    let signer = App::new(Config { log_key, ..server.app.config.clone() }).unwrap();
    audit::checkpoints_sign(&signer).await.unwrap();

    let [swept, emptied] = retained(&server, &ann, &olga).await;
    let mut setup = page(None, &format!("/setup?code={code}"), Value::Null);
    setup["url"] = json!(fresh.url);
    let pages = vec![
        setup,
        page(None, "/setup", Value::Null),
        page(
            None,
            "/sign-in",
            json!({"type": {"E-mail": "a@b.example", "Password": "x"}, "press": "Sign in"}),
        ),
        page(None, &invitation, Value::Null),
        page(None, &staff_invitation, Value::Null),
        page(None, "/forgot", Value::Null),
        page(None, "/reset/no-such-link", Value::Null),
        page(None, &reset, Value::Null),
        page(None, &confirm, Value::Null),
        page(None, &undo, Value::Null),
        page(Some(&olga), "/account", Value::Null),
        page(
            Some(&bob),
            "/account",
            json!({"type": {"Present password": "x", "New password": "four words make two"}, "press": "Change the password"}),
        ),
        page(Some(&olga), "/agencies/acme/staff", Value::Null),
        page(Some(&ann), "/agencies/acme/staff", Value::Null),
        page(Some(&nina), "/", Value::Null),
        page(Some(&olga), "/", Value::Null),
        page(Some(&bob), "/", json!({"open": ".menu > summary"})),
        page(Some(&bob), "/t/north", json!({"keys": "Control+k"})),
        page(Some(&olga), "/t/north", Value::Null),
        page(Some(&olga), "/t/south", Value::Null),
        page(Some(&ann), "/t/north/p/claims", Value::Null),
        page(Some(&ann), "/t/south/p/claims", Value::Null),
        page(Some(&ann), model, Value::Null),
        page(Some(&ann), &format!("{model}?at=2020-02-02T12:00"), Value::Null),
        page(Some(&ann), &format!("{model}/v/1"), Value::Null),
        page(Some(&ann), &format!("{model}/v/1/evidence"), Value::Null),
        page(Some(&ann), &format!("{model}/v/1/history"), Value::Null),
        page(Some(&ann), "/t/north/compare?v=claims/returns@1&v=claims/returns@2", Value::Null),
        page(Some(&ann), "/t/north/compare", Value::Null),
        page(Some(&ann), &format!("{model}/v/1"), json!({"open": "#said .fold-btn > summary"})),
        page(Some(&ann), &format!("{model}/v/1/history"), Value::Null),
        page(Some(&ann), "/t/north/models?stage=production&tag=owner", Value::Null),
        page(Some(&vic), "/t/north/models?name=nothing", Value::Null),
        page(Some(&ann), &format!("{model}/v/2"), json!({"press": "Roll back to version 1…"})),
        page(Some(&ann), "/t/north/p/claims/m/desk", Value::Null),
        page(Some(&ann), "/t/north/p/claims/m/desk/v/1/systems", Value::Null),
        page(Some(&ann), "/t/north/p/claims/m/desk/v/1/lineage", Value::Null),
        page(Some(&ann), "/t/north/p/claims/m/fraud-scorer/v/2/systems", Value::Null),
        page(
            Some(&vic),
            "/t/north/lineage?kind=features&name=online-store-returns-propensity-features",
            Value::Null,
        ),
        page(Some(&olga), "/t/north/promotions", Value::Null),
        page(Some(&ann), "/t/north/promotions", Value::Null),
        page(Some(&ann), "/t/south/promotions", Value::Null),
        page(Some(&ann), &open, Value::Null),
        page(Some(&bob), &open, json!({"press": "Reject…"})),
        page(Some(&ann), &format!("{model}/v/1/evidence"), Value::Null),
        page(Some(&ann), &format!("{model}/v/1/card"), Value::Null),
        page(Some(&ann), &format!("{model}/v/1/discussion"), Value::Null),
        page(Some(&olga), "/t/north/signers", Value::Null),
        page(Some(&olga), "/t/north/members", Value::Null),
        page(Some(&ann), "/t/north/tokens", json!({"type": {"Name": "pipeline"}, "press": "Make the token"})),
        page(Some(&ann), "/t/north/audit", Value::Null),
        page(Some(&olga), "/agencies/acme/audit", Value::Null),
        page(Some(&ann), "/go?q=fraud", Value::Null),
        page(Some(&olga), "/operator/mail", Value::Null),
        page(None, "/developers", Value::Null),
        page(Some(&ann), "/developers/versions", Value::Null),
        page(Some(&olga), "/operator/jobs", Value::Null),
        page(Some(&olga), "/t/north/jobs", json!({"open": ".give-up > summary >> nth=0"})),
        page(Some(&olga), "/t/south/jobs", Value::Null),
        page(Some(&olga), "/t/north/retention?template=seven-years", json!({"open": ".fold-btn > summary"})),
        page(
            Some(&olga),
            "/t/north/retention",
            json!({"type": {"Audit payloads, days": "7"}, "press": "Save the policy"}),
        ),
        page(Some(&bob), "/t/north/retention", Value::Null),
        page(Some(&olga), "/t/south/retention", Value::Null),
        page(Some(&olga), &swept, Value::Null),
        page(Some(&ann), &emptied, Value::Null),
        page(Some(&vic), "/t/north/audit", Value::Null),
        page(Some(&vic), "/t/nowhere", Value::Null),
    ];
    let world = json!({"url": server.url, "pages": pages});
    run("accessibility.mjs", "WEIGHHOUSE_PAGES", &world).await;
}
