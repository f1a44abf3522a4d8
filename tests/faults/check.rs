//! The checker: pure, from what clients were told and what is on record to
//! what does not fit. Nothing is done without a word in the log, nothing
//! acknowledged is missing, nothing refused is there.

use crate::history::{Act, Entry, Leaf, Outcome, Period, Record, Seen, Version};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use weighhouse_ledger::{Hash, tree};

#[cfg(test)]
mod tests;

/// Every contradiction, in words; empty when all is well.
pub(crate) fn check(history: &[Entry], record: &Record, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let events = log(&record.leaves, &mut wrong);
    heads(&record.leaves, seen, &mut wrong);
    numbers(&record.versions, &mut wrong);
    outcomes(history, record, &events, &mut wrong);
    contents(history, record, seen, &mut wrong);
    periods(record, &mut wrong);
    replay(record, &events, &mut wrong);
    as_of(record, seen, &mut wrong);
    for (id, cause) in record.mails.iter().filter(|(id, _)| !seen.arrived.contains(id)) {
        wrong.push(format!("the mail {id} about {cause} never arrived"));
    }
    wrong
}

/// An event of the log.
struct Event {
    name: String,
    payload: Value,
}

impl Event {
    fn text(&self, key: &str) -> &str {
        self.payload[key].as_str().unwrap_or_default()
    }
}

/// Leaves without gaps, each hashed as it stands, each with its payload.
fn log(leaves: &[Leaf], wrong: &mut Vec<String>) -> Vec<Event> {
    let mut events = Vec::new();
    for (n, leaf) in leaves.iter().enumerate() {
        let body: Value = serde_json::from_slice(&leaf.leaf).unwrap_or_default();
        let nonced = [leaf.nonce.as_slice(), leaf.payload.as_bytes()].concat();
        if usize::try_from(leaf.index) != Ok(n) || body["index"].as_i64() != Some(leaf.index) {
            wrong.push(format!("the log has {} where {n} should be", leaf.index));
        }
        if tree::leaf_hash(&leaf.leaf).as_bytes().as_slice() != leaf.hash {
            wrong.push(format!("leaf {n} does not have its hash"));
        }
        if body["payload_hash"] != hex::encode(Sha256::digest(nonced)) {
            wrong.push(format!("leaf {n} does not have its payload"));
        }
        let name = body["event"].as_str().unwrap_or_default().to_owned();
        events.push(Event { name, payload: serde_json::from_str(&leaf.payload).unwrap_or_default() });
    }
    events
}

/// Every head that was ever shown is one of the log as it is now.
fn heads(leaves: &[Leaf], seen: &Seen, wrong: &mut Vec<String>) {
    for (size, root) in &seen.heads {
        let Some(first) = leaves.get(..*size) else {
            wrong.push(format!("the log had {size} leaves and has {}", leaves.len()));
            continue;
        };
        let hashes =
            first.iter().map(|leaf| Hash::from(<[u8; 32]>::try_from(&leaf.hash[..]).unwrap_or_default()));
        if tree::root(hashes).to_string() != *root {
            wrong.push(format!("the log of {size} leaves has another root than was shown"));
        }
    }
}

/// Versions of a model are 1, 2, 3 … without gaps.
fn numbers(versions: &[Version], wrong: &mut Vec<String>) {
    let mut numbers: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for version in versions {
        numbers.entry(&version.model).or_default().push(version.number);
    }
    for (model, mut numbers) in numbers {
        numbers.sort_unstable();
        if !numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap_or_default()) {
            wrong.push(format!("{model} has the versions {numbers:?}"));
        }
    }
}

const fn event_of(act: Act) -> &'static str {
    match act {
        Act::Push => "version.registered",
        Act::Stage => "version.staged",
        Act::Ask => "promotion.opened",
        Act::Approve => "promotion.approved",
        Act::Reject => "promotion.rejected",
        Act::Rollback => "production.rolled-back",
    }
}

/// What was acknowledged is there once, in state and log; what was refused is
/// in neither; what is in doubt is in both or none; and nobody else did a thing.
fn outcomes(history: &[Entry], record: &Record, events: &[Event], wrong: &mut Vec<String>) {
    let marks: HashMap<&str, &str> =
        record.versions.iter().map(|v| (v.digest.as_str(), v.mark.as_str())).collect();
    let mut logged: HashMap<(&str, &str), u32> = HashMap::new();
    for event in events {
        let mark = match event.name.as_str() {
            "version.registered" => marks.get(event.text("digest")).copied().unwrap_or("?"),
            _ => event.text("reason"),
        };
        *logged.entry((&event.name, mark)).or_default() += 1;
    }
    let mut stored: HashMap<&str, u32> = HashMap::new();
    let pushed = record.versions.iter().map(|v| &v.mark);
    for mark in record.marks.iter().chain(pushed) {
        *stored.entry(mark).or_default() += 1;
    }
    for entry in history {
        let in_log = logged.remove(&(event_of(entry.act), entry.mark.as_str())).unwrap_or_default();
        let in_state = stored.remove(entry.mark.as_str()).unwrap_or_default();
        let right = match entry.outcome {
            Outcome::Done { .. } => in_log == 1 && in_state == 1,
            Outcome::Refused => in_log == 0 && in_state == 0,
            Outcome::Doubt => in_log == in_state && in_log <= 1,
        };
        if !right {
            wrong.push(format!("{entry:?} is {in_log} times in the log, {in_state} times in the state"));
        }
    }
    let ours = |name: &str| {
        [Act::Push, Act::Stage, Act::Ask, Act::Approve, Act::Reject, Act::Rollback]
            .map(event_of)
            .contains(&name)
    };
    for ((name, mark), _) in logged.iter().filter(|((name, _), _)| ours(name)) {
        wrong.push(format!("nobody did {name} of ‘{mark}’, which is in the log"));
    }
    for mark in stored.keys() {
        wrong.push(format!("nobody did ‘{mark}’, which is in the state"));
    }
}

/// Acknowledged versions are those of their push, and every file comes back.
fn contents(history: &[Entry], record: &Record, seen: &Seen, wrong: &mut Vec<String>) {
    let by_mark: HashMap<&str, &Version> = record.versions.iter().map(|v| (v.mark.as_str(), v)).collect();
    for entry in history.iter().filter(|entry| entry.act == Act::Push) {
        let Outcome::Done { version: (model, number) } = &entry.outcome else { continue };
        let there = by_mark.get(entry.mark.as_str());
        if !there.is_some_and(|there| there.model == *model && there.number == *number) {
            wrong.push(format!("{} was told {model}@{number}, and there is {there:?}", entry.mark));
        }
    }
    for version in &record.versions {
        let back = seen.contents.get(&(version.model.clone(), version.number));
        if back != Some(&version.sha256) {
            wrong.push(format!("the file of {}@{} came back as {back:?}", version.model, version.number));
        }
    }
}

fn by_model(record: &Record) -> BTreeMap<&str, Vec<&Period>> {
    let mut models: BTreeMap<&str, Vec<&Period>> = BTreeMap::new();
    for period in &record.periods {
        models.entry(&period.model).or_default().push(period);
    }
    for periods in models.values_mut() {
        periods.sort_by_key(|period| period.from);
    }
    models
}

/// Never two in production: periods are whole, in order, and meet end to end.
fn periods(record: &Record, wrong: &mut Vec<String>) {
    for (model, periods) in by_model(record) {
        for period in &periods {
            if period.until.is_some_and(|until| until <= period.from) {
                wrong.push(format!("{model}: {period:?} is empty"));
            }
        }
        for pair in periods.windows(2) {
            let meet = pair[0].until == Some(pair[1].from);
            if !meet || pair[0].ended_by.as_ref() != Some(&pair[1].began_by) {
                wrong.push(format!("{model}: {:?} and {:?} do not meet", pair[0], pair[1]));
            }
        }
        if periods.last().is_some_and(|last| last.until.is_some()) {
            wrong.push(format!("{model} has left production without a word"));
        }
    }
}

/// The log, replayed, gives the periods and the stages.
fn replay(record: &Record, events: &[Event], wrong: &mut Vec<String>) {
    let mut told: BTreeMap<&str, Vec<(u32, &str)>> = BTreeMap::new();
    for event in events {
        let (reference, cause) = match event.name.as_str() {
            "promotion.approved" if event.payload["complete"] == true => (event.text("version"), "promotion"),
            "production.rolled-back" => (event.text("to"), "rollback"),
            _ => continue,
        };
        let Some((model, number)) = reference.rsplit_once('@') else { continue };
        let model = model.rsplit('/').next().unwrap_or_default();
        told.entry(model).or_default().push((number.parse().unwrap_or_default(), cause));
    }
    let periods = by_model(record);
    let stand: BTreeMap<&str, Vec<(u32, &str)>> = periods
        .iter()
        .map(|(model, periods)| (*model, periods.iter().map(|p| (p.number, p.began_by.as_str())).collect()))
        .collect();
    if told != stand {
        let mut models = told.keys().chain(stand.keys());
        let first = models.find(|model| told.get(**model) != stand.get(**model)).copied().unwrap_or_default();
        wrong.push(format!(
            "{first}: the log tells {:?}, and there is {:?}",
            told.get(first),
            stand.get(first)
        ));
    }
    for version in &record.versions {
        let current = periods.get(version.model.as_str()).and_then(|periods| periods.last());
        let live = current.is_some_and(|period| period.number == version.number);
        if live != (version.stage == "production") {
            wrong.push(format!("{version:?} and {current:?} disagree about production"));
        }
    }
}

/// What the API said about a moment is what the periods say.
fn as_of(record: &Record, seen: &Seen, wrong: &mut Vec<String>) {
    let models = by_model(record);
    for (model, at, answer) in &seen.as_of {
        let periods = models.get(model.as_str()).map(Vec::as_slice).unwrap_or_default();
        let holds = |p: &&&Period| p.from <= *at && p.until.is_none_or(|until| *at < until);
        let stands = periods.iter().find(holds).map(|period| period.number);
        if stands != *answer {
            wrong.push(format!("{model} at {at}: told {answer:?}, and there is {stands:?}"));
        }
    }
}
