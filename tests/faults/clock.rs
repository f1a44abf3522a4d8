//! A clock that is set back and forth under servers, worker and Postgres.

use crate::caller::{Caller, Told};
use crate::chance::{Chance, setting};
use crate::clients;
use crate::history::Seen;
use crate::kills::verify;
use crate::machine::Machine;
use crate::smtp::{self, Arrived};
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// Debian's libfaketime, the kind for programs with threads.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let found =
        folders.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    found.expect("libfaketime: infra/setup.sh test installs it")
}

/// Sets the machine's clock, in minutes from the true time.
fn set(file: &Path, minutes: i64) {
    // In one step: a half-written file would be a third time.
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{:+}\n", minutes * 60)).unwrap();
    std::fs::rename(&new, file).unwrap();
}

#[test]
fn order_outlives_a_clock_that_jumps() {
    let (jumps, seed) = (setting("JUMPS", 12), setting("SEED", 1));
    let runtime = Runtime::new().unwrap();
    let arrived = Arrived::default();
    let smtp = runtime.block_on(smtp::start(arrived.clone()));
    let mut machine = Machine::start_alone(&smtp, |folder| {
        let file = folder.join("clock");
        set(&file, 0);
        vec![
            ("LD_PRELOAD", library().display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("FAKETIME_DISABLE_SHM", "1".into()),
        ]
    });
    let clock = machine.path().join("clock");
    machine.populate();
    let (world, tasks) = runtime.block_on(clients::start(&machine, seed));
    let mut chance = Chance::new(seed, 2000);
    for _ in 0..jumps {
        // Up to ten hours: sessions last for a day of rest.
        set(&clock, i64::try_from(chance.below(1200)).unwrap() - 600);
        std::thread::sleep(chance.milliseconds(900, 1500));
    }
    runtime.block_on(verify(&machine, &world, &arrived, &mut Seen::default()));
    // Back by days: what is in production is what was put there last.
    set(&clock, -3 * 24 * 60);
    runtime.block_on(async {
        let _paused = world.pause.write().await;
        let mut client = crate::gather::connect(&machine.owner_url()).await;
        let record = crate::gather::record(&mut client).await;
        assert!(record.periods.len() > 3, "{} periods", record.periods.len());
        for period in record.periods.iter().filter(|period| period.until.is_none()) {
            let path = format!("/api/v1/tenants/north/projects/claims/models/{}/production", period.model);
            let now = world.reader.get(0, &path).await.answer().expect("the session goes on");
            assert_eq!(now["production"]["number"], period.number, "{now}");
        }
    });
    // Forth by days: sessions are over, tokens of a month are not.
    set(&clock, 3 * 24 * 60);
    runtime.block_on(async {
        let over = world.reader.get(0, "/api/v1/me").await;
        assert!(matches!(over, Told::Refused { status: 401, .. }), "{over:?}");
        let engineer = Caller::engineer(&machine, "late", "north");
        assert!(engineer.get(0, "/api/v1/me").await.answer().is_some());
    });
    world.stop();
    for task in tasks {
        runtime.block_on(task).expect("a client ended in good order");
    }
    let faults = world.faults.lock().unwrap();
    assert!(faults.is_empty(), "{} internal errors, such as: {:?}", faults.len(), faults.first());
    drop(faults);
    machine.stop();
}
