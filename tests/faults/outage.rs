//! A database that answers nothing for a while, and one that is stopped.

use crate::caller::{Caller, Told};
use crate::chance::setting;
use crate::machine::{Machine, PATIENCE, signal};
use crate::smtp;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What one request came to: the project it made, what was told, how long it
/// took, and whether it began during the outage.
struct Asked {
    project: String,
    told: Told,
    took: Duration,
    during: bool,
}

/// A client of one tenant: makes projects, and looks that it sees its own only.
async fn work(
    caller: Caller,
    tenant: &'static str,
    outage: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
) -> Vec<Asked> {
    let path = format!("/api/v1/tenants/{tenant}/projects");
    let mut asked = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let project = format!("{tenant}-{n}");
        let (during, started) = (outage.load(Ordering::Relaxed), Instant::now());
        let told = caller.post(n, &path, &json!({"slug": project})).await;
        let during = during && outage.load(Ordering::Relaxed);
        asked.push(Asked { project, told, took: started.elapsed(), during });
        if let Some(list) = caller.get(n + 1, &path).await.answer() {
            let slugs = list.as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap().to_owned());
            let foreign: Vec<_> =
                slugs.filter(|slug| !slug.starts_with(tenant) && slug != "claims").collect();
            assert!(foreign.is_empty(), "{tenant} sees {foreign:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asked
}

/// `OUTAGE` is its length in seconds.
#[test]
fn a_database_that_is_gone_is_said_and_waited_for() {
    let length = Duration::from_secs(setting("OUTAGE", 4));
    let runtime = Runtime::new().unwrap();
    let smtp = runtime.block_on(smtp::start(smtp::Arrived::default()));
    let mut machine = Machine::start(&smtp);
    machine.populate();
    machine.admin(&["tenant", "create", "--agency", "acme", "--slug", "south"], "");
    let (outage, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let mut tasks = Vec::new();
    for (n, tenant) in ["north", "south", "north", "south"].into_iter().enumerate() {
        let caller = Caller::engineer(&machine, &format!("engineer-{n}"), tenant);
        // Two of a tenant make the same projects: one of each pair is told 409.
        tasks.push(runtime.spawn(work(caller, tenant, Arc::clone(&outage), Arc::clone(&stop))));
    }
    let calm = || std::thread::sleep(Duration::from_millis(600));
    calm();
    let family = machine.postgres_halt();
    outage.store(true, Ordering::Relaxed);
    std::thread::sleep(length);
    outage.store(false, Ordering::Relaxed);
    signal("CONT", &family);
    machine.start_all();
    calm();
    // Stopped, as for an upgrade.
    machine.postgres_stop();
    outage.store(true, Ordering::Relaxed);
    std::thread::sleep(length);
    outage.store(false, Ordering::Relaxed);
    machine.start_all();
    calm();
    stop.store(true, Ordering::Relaxed);
    let asked: Vec<Vec<Asked>> = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
    runtime.block_on(compare(&machine, asked.into_iter().flatten().collect()));
}

async fn compare(machine: &Machine, asked: Vec<Asked>) {
    let client = crate::gather::connect(&machine.owner_url()).await;
    let rows = client.query("SELECT slug FROM projects", &[]).await.unwrap();
    let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let (mut done, mut gone) = (0, 0);
    for Asked { project, told, took, during } in &asked {
        assert!(*took < PATIENCE / 2, "{project} took {took:?}");
        match told {
            Told::Done { .. } => {
                done += 1;
                assert!(there.contains(project), "{project} was acknowledged and is not there");
            }
            Told::Refused { status: 503, .. } => gone += 1,
            Told::Refused { status, detail } => assert_eq!(*status, 409, "{project}: {detail}"),
            Told::Doubt { why } => assert!(!why.contains("error sending"), "{project}: {why}"),
        }
        assert!(!during || !matches!(told, Told::Done { .. }), "{project} was made without a database");
    }
    // Every outage was noticed, and both before and after it work was done.
    assert!(done > 10 && gone > 3, "{done} done, {gone} told that the database is gone");
    let last = asked.iter().rev().find(|asked| !asked.during).unwrap();
    assert!(!matches!(last.told, Told::Refused { status: 503, .. }), "{:?}", last.told);
    let longest = asked.iter().map(|asked| asked.took).max().unwrap();
    println!("{done} done, {gone} told that the database is gone, the longest after {longest:.1?}");
}
