//! Everybody at once: promotions that meet on one model and on many, and
//! people who all sign in at the same moment.

use crate::caller::{Caller, sign_in};
use crate::chance::setting;
use crate::clients::{Client, World};
use crate::history::{Act, Outcome, Seen};
use crate::kills::{tally, verify};
use crate::machine::Machine;
use crate::smtp::{self, Arrived};
use futures_util::future::join_all;
use reqwest::Method;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

struct Rush {
    runtime: Runtime,
    machine: Machine,
    arrived: Arrived,
}

fn rush() -> Rush {
    let runtime = Runtime::new().unwrap();
    let arrived = Arrived::default();
    let smtp = runtime.block_on(smtp::start(arrived.clone()));
    let machine = Machine::start(&smtp);
    machine.populate();
    Rush { runtime, machine, arrived }
}

/// `PROMOTIONS`: half of them on models of their own, half on one model.
#[test]
fn promotions_that_meet_have_one_outcome_each() {
    let Rush { runtime, machine, arrived } = rush();
    let half = setting("PROMOTIONS", 40) / 2;
    runtime.block_on(async {
        let world = World::new(&machine).await;
        let engineer = Caller::engineer(&machine, "engineer", "north");
        let approver = Caller::person(&machine, "approver", "approver").await;
        let client = |caller: &Caller, who: u64| Client::new(&world, caller.clone(), 1, who);
        let models: Vec<String> =
            (0..half).map(|n| format!("own-{n}")).chain((0..half).map(|_| "shared".into())).collect();
        let started = Instant::now();
        let staged = models.iter().zip(0..).map(|(model, who)| {
            let mut client = client(&engineer, who);
            async move {
                let number = settle(async || client.push(model, false).await).await;
                client.stage(model, number).await;
                number
            }
        });
        let numbers = join_all(staged).await;
        let asked = models.iter().zip(numbers).zip(1000..).map(|((model, number), who)| {
            let mut client = client(&engineer, who);
            async move { client.ask(model, number).await }
        });
        join_all(asked).await;
        // What the worker finds in the files is evidence: it comes before anybody decides.
        crate::kills::jobs_done(&crate::gather::connect(&machine.owner_url()).await).await;
        let open = world.reader.get(0, "/api/v1/tenants/north/promotions?limit=200").await.answer().unwrap();
        let open = open["items"].as_array().unwrap().iter().filter(|item| item["state"] == "open");
        let open: Vec<String> = open.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        // Each request is decided about twice at the same moment, by the same person.
        let decided = open.iter().chain(&open).zip(2000..).map(|(id, who)| {
            let mut client = client(&approver, who);
            async move { client.decide_about(id).await }
        });
        join_all(decided).await;
        println!(
            "{half} + {half} promotions in {:.1?}: {}",
            started.elapsed(),
            tally(&world.history.lock().unwrap())
        );
        exactly_one(&world, half);
        verify(&machine, &world, &arrived, &mut Seen::default()).await;
    });
}

/// Repeats what was refused because everybody was busy.
async fn settle(mut attempt: impl AsyncFnMut() -> Option<u32>) -> u32 {
    for _ in 0..100 {
        if let Some(number) = attempt().await {
            return number;
        }
    }
    panic!("busy for ever");
}

/// One request of the shared model was open, and one decision of each pair counted.
fn exactly_one(world: &World, half: u64) {
    let history = world.history.lock().unwrap();
    let done = |act: Act| {
        let of = history.iter().filter(|entry| entry.act == act);
        of.filter(|entry| matches!(entry.outcome, Outcome::Done { .. })).count() as u64
    };
    assert_eq!(done(Act::Stage), half * 2);
    assert_eq!(done(Act::Ask), half + 1, "each model of its own, and one of those that shared");
    assert_eq!(done(Act::Approve) + done(Act::Reject), half + 1);
    assert!(!history.iter().any(|entry| entry.outcome == Outcome::Doubt));
    assert!(world.faults.lock().unwrap().is_empty());
}

/// `SIGN_INS` people, each from an address of their own. Their servers may
/// refuse some as too many; pages must go on meanwhile.
#[test]
fn sign_ins_leave_pages_alone() {
    let Rush { runtime, machine, .. } = rush();
    let people = setting("SIGN_INS", 40);
    runtime.block_on(async {
        let reader = Caller::person(&machine, "reader", "client-admin").await;
        let stop = Arc::new(AtomicBool::new(false));
        let calm = pages(&reader, 100, &stop).await;
        let counting = tokio::spawn({
            let (reader, stop) = (reader.clone(), Arc::clone(&stop));
            async move { pages(&reader, usize::MAX, &stop).await }
        });
        let started = Instant::now();
        let outcomes = join_all((0..people).map(|n| {
            let url = &machine.urls[0];
            let from = std::net::Ipv4Addr::new(
                127,
                1,
                u8::try_from(n / 250).unwrap(),
                u8::try_from(n % 250).unwrap() + 1,
            );
            let client = from_address(from.into());
            async move { sign_in(&client, url, "reader@north.example").await.err().unwrap_or(200) }
        }))
        .await;
        let took = started.elapsed();
        stop.store(true, Ordering::Relaxed);
        let busy = counting.await.unwrap();
        let mut tally: BTreeMap<u16, u32> = BTreeMap::new();
        for outcome in outcomes {
            *tally.entry(outcome).or_default() += 1;
        }
        println!(
            "{people} sign-ins in {took:.1?}: {tally:?}; page p99 {:.1?} before, {:.1?} meanwhile ({} pages)",
            p99(&calm),
            p99(&busy),
            busy.len()
        );
        assert!(tally.contains_key(&200), "some came in: {tally:?}");
        // A refusal sends the browser back to the form, which says why.
        assert!(tally.keys().all(|status| [200, 303, 429, 503].contains(status)), "{tally:?}");
    });
}

fn from_address(from: std::net::IpAddr) -> reqwest::Client {
    let redirect = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(redirect).no_proxy().local_address(from).build().unwrap()
}

/// Opens a page again and again; every answer must be the page.
async fn pages(reader: &Caller, most: usize, stop: &AtomicBool) -> Vec<Duration> {
    let mut times = Vec::new();
    while times.len() < most && !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        let answer = reader.request(0, Method::GET, "/t/north").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
        times.push(started.elapsed());
    }
    times
}

fn p99(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}
