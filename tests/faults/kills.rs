//! `kill -9` of servers, workers and Postgres at random moments, while clients
//! push, approve and roll back: round after round on one installation.

use crate::chance::{Chance, setting};
use crate::check::check;
use crate::clients::{self, World};
use crate::gather;
use crate::history::{Entry, Outcome, Seen};
use crate::machine::{Machine, PATIENCE};
use crate::smtp::{self, Arrived};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How many rounds there are between two checks; each check begins a new
/// generation of models.
const EVERY: u64 = 50;
/// Who does none of the clients' own decisions.
const KILLER: u64 = 1000;

/// `ROUNDS` and `SEED` come from the environment. The seed decides who does
/// what and who is killed after which wait; the moments themselves are the
/// machine's.
#[test]
fn nothing_acknowledged_is_lost_to_kills() {
    let (rounds, seed) = (setting("ROUNDS", 12), setting("SEED", 1));
    let runtime = Runtime::new().unwrap();
    let arrived = Arrived::default();
    let smtp = runtime.block_on(smtp::start(arrived.clone()));
    let mut machine = Machine::start(&smtp);
    machine.populate();
    let (world, tasks) = runtime.block_on(clients::start(&machine, seed));
    let mut chance = Chance::new(seed, KILLER);
    let (mut seen, started) = (Seen::default(), Instant::now());
    for round in 1..=rounds {
        work(&world, usize::try_from(chance.below(15)).unwrap());
        std::thread::sleep(chance.milliseconds(0, 60));
        kill(&mut machine, &mut chance);
        machine.start_all();
        if round % EVERY == 0 || round == rounds {
            runtime.block_on(verify(&machine, &world, &arrived, &mut seen));
            let history = world.history.lock().unwrap();
            println!(
                "{round} rounds in {:.0} s, seed {seed}: {}",
                started.elapsed().as_secs_f64(),
                tally(&history)
            );
        }
    }
    world.stop();
    for task in tasks {
        runtime.block_on(task).expect("a client ended in good order");
    }
    // At the end every file once more, not only the new ones.
    seen.contents.clear();
    runtime.block_on(verify(&machine, &world, &arrived, &mut seen));
    let faults = world.faults.lock().unwrap();
    assert!(faults.is_empty(), "{} internal errors, such as: {:?}", faults.len(), faults.first());
}

/// Lets the clients get so many things done, as far as they do in a while:
/// a kill in the middle of nothing proves nothing.
fn work(world: &World, things: usize) {
    let done = || {
        let history = world.history.lock().unwrap();
        history.iter().filter(|entry| matches!(entry.outcome, Outcome::Done { .. })).count()
    };
    let (started, before) = (Instant::now(), done());
    while done() < before + things && started.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One to all of them, at once, and perhaps some of them a moment later.
fn kill(machine: &mut Machine, chance: &mut Chance) {
    match chance.below(8) {
        0 | 1 => machine.servers[usize::from(chance.percent(50))].kill(),
        2 => machine.workers[usize::from(chance.percent(50))].kill(),
        3 | 4 => {
            let immediate = chance.percent(50);
            machine.postgres_kill(immediate);
            std::thread::sleep(chance.milliseconds(0, 80));
        }
        5 => {
            machine.servers.iter_mut().for_each(crate::machine::Program::kill);
            machine.workers.iter_mut().for_each(crate::machine::Program::kill);
        }
        6 => {
            machine.servers[0].kill();
            std::thread::sleep(chance.milliseconds(0, 50));
            machine.postgres_kill(false);
            machine.workers[1].kill();
        }
        _ => {
            machine.servers.iter_mut().for_each(crate::machine::Program::kill);
            machine.postgres_kill(false);
            machine.workers.iter_mut().for_each(crate::machine::Program::kill);
        }
    }
}

/// Pauses the clients, lets the mail go out, and compares.
pub(crate) async fn verify(machine: &Machine, world: &Arc<World>, arrived: &Arrived, seen: &mut Seen) {
    let _paused = world.pause.write().await;
    let mut client = gather::connect(&machine.owner_url()).await;
    mails_out(&client).await;
    let record = gather::record(&mut client).await;
    gather::see(&world.reader, &record, seen).await;
    seen.arrived = arrived.ids();
    let wrong = check(&world.history.lock().unwrap(), &record, seen);
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong.join("\n"));
    world.generation.fetch_add(1, Ordering::Relaxed);
}

/// Waits until every mail is sent. The leases of killed workers and the waits
/// after failures are over at once, as if their time had passed.
async fn mails_out(client: &tokio_postgres::Client) {
    let due = "UPDATE jobs SET leased_until = NULL, run_at = now() WHERE done_at IS NULL AND dead_at IS NULL";
    client.execute(due, &[]).await.unwrap();
    jobs_done(client).await;
}

/// Waits until no job is open.
pub(crate) async fn jobs_done(client: &tokio_postgres::Client) {
    let started = Instant::now();
    let open = "SELECT count(*) FROM jobs WHERE done_at IS NULL AND dead_at IS NULL";
    while client.query_one(open, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(started.elapsed() < PATIENCE, "jobs wait and wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What was acknowledged of each act, and what became of the rest.
pub(crate) fn tally(history: &[Entry]) -> String {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for entry in history {
        let what = match entry.outcome {
            Outcome::Done { .. } => format!("{:?}", entry.act).to_lowercase(),
            Outcome::Refused => "(refused)".into(),
            Outcome::Doubt => "(in doubt)".into(),
        };
        *counts.entry(what).or_default() += 1;
    }
    counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}
