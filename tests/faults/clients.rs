//! Clients at work: engineers push, promote and roll back, approvers decide,
//! each with chance of their own. What they were told is kept.

use crate::caller::{Caller, Told, context};
use crate::chance::Chance;
use crate::history::{Act, Entry, Outcome};
use crate::machine::{Machine, program};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

const ENGINEERS: u64 = 4;
const APPROVERS: u64 = 2;
/// Models of one generation: few, so that clients meet.
const MODELS: u64 = 3;
/// The longest that `wh` is waited for, its own attempts included.
const WH: Duration = Duration::from_secs(8);

/// What clients share.
pub(crate) struct World {
    pub(crate) history: Mutex<Vec<Entry>>,
    /// Answers that no server should give, such as an internal error.
    pub(crate) faults: Mutex<Vec<String>>,
    /// Held for writing by whoever wants everybody to pause.
    pub(crate) pause: RwLock<()>,
    /// Later generations work on other models, so that no list grows too long.
    pub(crate) generation: AtomicU64,
    pub(crate) reader: Caller,
    stop: AtomicBool,
}

/// Starts the clients; they end when told to.
pub(crate) async fn start(machine: &Machine, seed: u64) -> (Arc<World>, Vec<JoinHandle<()>>) {
    let world = World::new(machine).await;
    let mut tasks = Vec::new();
    for n in 0..ENGINEERS {
        let caller = Caller::engineer(machine, &format!("engineer-{n}"), "north");
        // One of them works with the command line, as people do.
        tasks.push(tokio::spawn(Client::new(&world, caller, seed, n).engineer(n == 0)));
    }
    for n in 0..APPROVERS {
        let caller = Caller::person(machine, &format!("approver-{n}"), "approver").await;
        tasks.push(tokio::spawn(Client::new(&world, caller, seed, ENGINEERS + n).approver()));
    }
    (world, tasks)
}

impl World {
    pub(crate) async fn new(machine: &Machine) -> Arc<Self> {
        Arc::new(Self {
            history: Mutex::default(),
            faults: Mutex::default(),
            pause: RwLock::default(),
            generation: AtomicU64::new(0),
            // Somebody of the client may read all of it, and does nothing.
            reader: Caller::person(machine, "reader", "client-admin").await,
            stop: AtomicBool::new(false),
        })
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct Client {
    world: Arc<World>,
    caller: Caller,
    chance: Chance,
    who: u64,
    count: u64,
}

const TENANT: &str = "/api/v1/tenants/north";

impl Client {
    pub(crate) fn new(world: &Arc<World>, caller: Caller, seed: u64, who: u64) -> Self {
        Self { world: Arc::clone(world), caller, chance: Chance::new(seed, who), who, count: 0 }
    }

    async fn engineer(mut self, by_command: bool) {
        while !self.world.stop.load(Ordering::Relaxed) {
            let world = Arc::clone(&self.world);
            let _at_work = world.pause.read().await;
            let generation = world.generation.load(Ordering::Relaxed);
            let model = format!("g{generation}-{}", self.chance.below(MODELS));
            if self.chance.percent(20) {
                self.rollback(&model).await;
            } else if let Some(number) = self.push(&model, by_command).await {
                self.stage(&model, number).await;
                self.ask(&model, number).await;
            }
        }
    }

    async fn approver(mut self) {
        while !self.world.stop.load(Ordering::Relaxed) {
            let world = Arc::clone(&self.world);
            let at_work = world.pause.read().await;
            if !self.decide().await {
                drop(at_work);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    fn mark(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}-{}", self.who, self.count)
    }

    fn server(&mut self) -> usize {
        usize::from(self.chance.percent(50))
    }

    /// Keeps what was told; gives the number of the version that an
    /// acknowledgement names under a key.
    async fn note(&mut self, mark: String, act: Act, told: Told, key: &str) -> Option<u32> {
        let outcome = match told {
            Told::Done { answer } => {
                let version = reference(&answer[key]);
                Outcome::Done { version: version.unwrap_or_else(|| panic!("{act:?} was answered {answer}")) }
            }
            Told::Refused { status, detail } => {
                if status == 500 {
                    self.world.faults.lock().unwrap().push(format!("{act:?}: {detail}"));
                }
                Outcome::Refused
            }
            Told::Doubt { .. } => Outcome::Doubt,
        };
        let number = match &outcome {
            Outcome::Done { version: (_, number) } => Some(*number),
            Outcome::Refused | Outcome::Doubt => None,
        };
        self.world.history.lock().unwrap().push(Entry { mark, act, outcome });
        if number.is_none() {
            // Whoever got nowhere waits a moment, as people and scripts do.
            tokio::time::sleep(self.chance.milliseconds(5, 40)).await;
        }
        number
    }

    pub(crate) async fn push(&mut self, model: &str, by_command: bool) -> Option<u32> {
        let mark = self.mark("push");
        let told = match by_command {
            true => self.push_by_command(model, &mark).await,
            false => self.push_by_api(model, &mark).await,
        };
        self.note(mark, Act::Push, told, "reference").await
    }

    async fn push_by_api(&mut self, model: &str, mark: &str) -> Told {
        let bytes = content(mark);
        let digest = Sha256::digest(&bytes);
        let sha256 = hex::encode(digest);
        let part = format!("{TENANT}/blobs/{sha256}/parts/1");
        let header = format!("sha-256=:{}:", STANDARD.encode(digest));
        let server = self.server();
        let request = self.caller.request(server, Method::PUT, &part).header("Content-Digest", header);
        let sent = crate::caller::told(request.body(bytes.clone())).await;
        if !matches!(sent, Told::Done { .. }) {
            // A part alone is nothing yet: no version can come of this.
            return Told::Refused { status: 503, detail: "the file was not sent".into() };
        }
        let path = format!("{TENANT}/projects/claims/models/{model}/versions");
        let body = json!({"context": context(mark, &sha256, bytes.len()), "create_model": true});
        let server = self.server();
        self.caller.post(server, &path, &body).await
    }

    /// `wh push`, which tries again by itself; killed when it takes too long.
    async fn push_by_command(&mut self, model: &str, mark: &str) -> Told {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.bin"), content(mark)).unwrap();
        let mut rest = context(mark, "", 0);
        rest.as_object_mut().unwrap().remove("artifact");
        std::fs::write(folder.path().join("context.json"), rest.to_string()).unwrap();
        let server = self.server();
        let running = tokio::process::Command::new(program("wh"))
            .args(["push", "model.bin", "--json", "--context", "context.json", "--model"])
            .arg(format!("north/claims/{model}"))
            .current_dir(folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env("WH_URL", &self.caller.urls[server % self.caller.urls.len()])
            .env("WH_TOKEN", &self.caller.secret)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        match tokio::time::timeout(WH, running).await {
            Ok(output) => {
                let output = output.unwrap();
                let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                if output.status.success() { Told::Done { answer } } else { Told::Doubt { why } }
            }
            Err(_) => Told::Doubt { why: "wh was killed".into() },
        }
    }

    pub(crate) async fn stage(&mut self, model: &str, number: u32) {
        self.promote(model, number, "staging").await;
    }

    pub(crate) async fn ask(&mut self, model: &str, number: u32) {
        self.promote(model, number, "production").await;
    }

    async fn promote(&mut self, model: &str, number: u32, target: &str) {
        let act = if target == "staging" { Act::Stage } else { Act::Ask };
        let mark = self.mark(target);
        let path = format!("{TENANT}/projects/claims/models/{model}/versions/{number}/promotions");
        let server = self.server();
        let told = self.caller.post(server, &path, &json!({"target": target, "reason": mark})).await;
        self.note(mark, act, told, "version").await;
    }

    async fn rollback(&mut self, model: &str) {
        let mark = self.mark("rollback");
        let path = format!("{TENANT}/projects/claims/models/{model}/rollback");
        let server = self.server();
        let told = self.caller.post(server, &path, &json!({"reason": mark})).await;
        self.note(mark, Act::Rollback, told, "to").await;
    }

    /// Decides about an open request, if there is one.
    async fn decide(&mut self) -> bool {
        let server = self.server();
        let list = self.caller.get(server, &format!("{TENANT}/promotions?limit=100")).await.answer();
        let items = list.and_then(|list| list["items"].as_array().cloned()).unwrap_or_default();
        let open: Vec<&Value> = items.iter().filter(|item| item["state"] == "open").collect();
        if open.is_empty() {
            return false;
        }
        let chosen = open[usize::try_from(self.chance.below(open.len() as u64)).unwrap()];
        self.decide_about(chosen["id"].as_str().unwrap()).await
    }

    /// Decides about a request, on its evidence as it stands.
    pub(crate) async fn decide_about(&mut self, id: &str) -> bool {
        let path = format!("{TENANT}/promotions/{id}");
        let server = self.server();
        let Some(request) = self.caller.get(server, &path).await.answer() else { return false };
        let (act, decision) =
            if self.chance.percent(90) { (Act::Approve, "approve") } else { (Act::Reject, "reject") };
        let mark = self.mark(decision);
        let body =
            json!({"decision": decision, "reason": mark, "evidence_digest": request["evidence_digest"]});
        let server = self.server();
        let told = self.caller.post(server, &format!("{path}/decision"), &body).await;
        self.note(mark, act, told, "version").await;
        true
    }
}

/// A file that nobody else sends.
pub(crate) fn content(mark: &str) -> Vec<u8> {
    format!("the weights of {mark}").into_bytes()
}

/// Model and number of a version's reference.
fn reference(value: &Value) -> Option<(String, u32)> {
    let number = u32::try_from(value["number"].as_u64()?).ok()?;
    Some((value["model"]["model"].as_str()?.to_owned(), number))
}
