//! The checker sees what is wrong: each test spoils a good history.

use super::*;
use serde_json::json;

fn leaf(index: i64, event: &str, payload: &Value) -> Leaf {
    let (nonce, payload) = (vec![7; 32], payload.to_string());
    let hash = hex::encode(Sha256::digest([nonce.as_slice(), payload.as_bytes()].concat()));
    let leaf = json!({"index": index, "event": event, "payload_hash": hash}).to_string().into_bytes();
    let hash = tree::leaf_hash(&leaf).as_bytes().to_vec();
    Leaf { index, leaf, hash, nonce, payload }
}

fn version(number: u32, stage: &str) -> Version {
    Version {
        model: "m".into(),
        number,
        digest: format!("d{number}"),
        mark: format!("push-{number}"),
        stage: stage.into(),
        sha256: format!("f{number}"),
    }
}

fn entry(mark: &str, act: Act, number: u32) -> Entry {
    Entry { mark: mark.into(), act, outcome: Outcome::Done { version: ("m".into(), number) } }
}

/// Versions 1 and 2 pushed and promoted, then rolled back to 1.
fn good() -> (Vec<Entry>, Record, Seen) {
    let mut history = Vec::new();
    let mut told = Vec::new();
    for number in [1_u32, 2] {
        let (reference, reason) =
            (format!("north/claims/m@{number}"), |what: &str| format!("{what}-{number}"));
        told.push(("version.registered", json!({"digest": format!("d{number}")})));
        told.push(("version.staged", json!({"reason": reason("stage")})));
        told.push(("promotion.opened", json!({"reason": reason("ask")})));
        let approved = json!({"reason": reason("approve"), "version": reference, "complete": true});
        told.push(("promotion.approved", approved));
        for (what, act) in
            [("push", Act::Push), ("stage", Act::Stage), ("ask", Act::Ask), ("approve", Act::Approve)]
        {
            history.push(entry(&reason(what), act, number));
        }
    }
    told.push(("production.rolled-back", json!({"reason": "back", "to": "north/claims/m@1"})));
    history.push(entry("back", Act::Rollback, 1));
    let leaves: Vec<Leaf> = (0_i64..).zip(&told).map(|(n, (name, payload))| leaf(n, name, payload)).collect();
    let period = |number, from, until: Option<i64>, began_by: &str, ended_by: Option<&str>| Period {
        model: "m".into(),
        number,
        from,
        until,
        began_by: began_by.into(),
        ended_by: ended_by.map(Into::into),
    };
    let record = Record {
        versions: vec![version(1, "production"), version(2, "archived")],
        periods: vec![
            period(1, 10, Some(20), "promotion", Some("promotion")),
            period(2, 20, Some(30), "promotion", Some("rollback")),
            period(1, 30, None, "rollback", None),
        ],
        marks: ["stage-1", "ask-1", "approve-1", "stage-2", "ask-2", "approve-2", "back"]
            .map(Into::into)
            .to_vec(),
        mails: vec![("mail".into(), "ask-1".into())],
        leaves,
    };
    let root = |size: usize| {
        let hashes = record.leaves[..size].iter().map(|leaf| tree::leaf_hash(&leaf.leaf));
        (size, tree::root(hashes).to_string())
    };
    let seen = Seen {
        contents: [(("m".into(), 1), "f1".into()), (("m".into(), 2), "f2".into())].into(),
        as_of: vec![("m".into(), 5, None), ("m".into(), 20, Some(2)), ("m".into(), 99, Some(1))],
        heads: vec![root(3), root(record.leaves.len())],
        arrived: ["mail".into()].into(),
    };
    (history, record, seen)
}

#[test]
fn a_good_history_passes() {
    let (history, record, seen) = good();
    assert_eq!(check(&history, &record, &seen), Vec::<String>::new());
}

/// Spoils the good history; the checker must say so in these words.
#[track_caller]
fn spoilt(words: &str, spoil: impl FnOnce(&mut Vec<Entry>, &mut Record, &mut Seen)) {
    let (mut history, mut record, mut seen) = good();
    spoil(&mut history, &mut record, &mut seen);
    let wrong = check(&history, &record, &seen);
    assert!(wrong.iter().any(|line| line.contains(words)), "{words}: {wrong:?}");
}

#[test]
fn two_in_production_are_seen() {
    spoilt("do not meet", |_, record, _| record.periods[0].until = Some(25));
    spoilt("do not meet", |_, record, _| record.periods[1].until = None);
    spoilt("disagree about production", |_, record, _| record.versions[1].stage = "production".into());
    spoilt("is empty", |_, record, _| record.periods[1].until = Some(20));
    spoilt("left production", |_, record, _| record.periods[2].until = Some(40));
}

#[test]
fn lost_acknowledgements_are_seen() {
    for mark in ["stage-1", "ask-2", "approve-2", "back"] {
        spoilt(mark, |_, record, _| record.marks.retain(|there| there != mark));
    }
    spoilt("push-2", |_, record, _| drop(record.versions.pop()));
    spoilt("was told m@1", |history, _, _| {
        history[4].outcome = Outcome::Done { version: ("m".into(), 1) };
    });
    spoilt("the log tells", |_, record, _| drop(record.periods.pop()));
}

#[test]
fn what_was_refused_and_done_all_the_same_is_seen() {
    for n in 0..9 {
        spoilt("Refused", |history, _, _| history[n].outcome = Outcome::Refused);
    }
    spoilt("nobody did", |history, _, _| drop(history.pop()));
}

#[test]
fn doubt_is_either_way_but_not_half() {
    let (mut history, record, seen) = good();
    for entry in &mut history {
        entry.outcome = Outcome::Doubt;
    }
    assert_eq!(check(&history, &record, &seen), Vec::<String>::new());
    spoilt("Doubt", |history, record, _| {
        history[1].outcome = Outcome::Doubt;
        record.marks.retain(|mark| mark != "stage-1");
    });
}

#[test]
fn gaps_files_and_mails_are_seen() {
    spoilt("has the versions [1, 3]", |_, record, _| record.versions[1].number = 3);
    spoilt("came back as None", |_, _, seen| drop(seen.contents.remove(&("m".into(), 2))));
    spoilt("came back as Some", |_, record, _| record.versions[0].sha256 = "other".into());
    spoilt("never arrived", |_, _, seen| seen.arrived.clear());
    spoilt("at 20", |_, _, seen| seen.as_of[1].2 = Some(1));
}

#[test]
fn a_log_that_was_touched_is_seen() {
    spoilt("should be", |_, record, _| drop(record.leaves.remove(2)));
    spoilt("the log had", |_, record, _| record.leaves.truncate(2));
    spoilt("does not have its hash", |_, record, _| record.leaves[1].leaf.push(b' '));
    spoilt("does not have its payload", |_, record, _| record.leaves[1].payload.push(' '));
    spoilt("another root", |_, record, _| record.leaves[1].hash[0] ^= 1);
    spoilt("2 times in the log", |_, record, _| {
        let index = i64::try_from(record.leaves.len()).unwrap();
        record.leaves.push(leaf(index, "version.staged", &json!({"reason": "stage-1"})));
    });
}
