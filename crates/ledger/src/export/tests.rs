use super::*;
use crate::note::Signer;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

const ORIGIN: &str = "weighhouse.example/audit/north";

fn signer() -> Signer {
    Signer::generate("weighhouse.example", [1; 32]).unwrap().0
}

/// The leaves of a log, as lines; every third payload has expired.
fn lines(size: u64) -> Vec<String> {
    let line = |index| {
        let (payload, nonce) = (json!({"model": format!("fraud “{index}”")}).to_string(), [7; 32]);
        let payload_hash = Hash::of(&[&nonce, payload.as_bytes()]);
        let leaf = json!({"log": "north", "index": index, "payload_hash": payload_hash}).to_string();
        let hash = leaf_hash(leaf.as_bytes());
        let mut line = json!({"leaf": leaf, "hash": hash});
        if index % 3 != 1 {
            line["payload"] = payload.into();
            line["nonce"] = hex::encode(nonce).into();
        }
        line.to_string()
    };
    (0..size).map(line).collect()
}

fn tree(lines: &[String]) -> Tree {
    lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["hash"].as_str().unwrap().parse().unwrap())
        .collect()
}

fn note(lines: &[String]) -> String {
    Checkpoint { origin: ORIGIN.into(), head: tree(lines).head() }.sign(&signer()).unwrap()
}

fn header(checkpoint: &str) -> String {
    let key = signer().verifier().to_string();
    let (format, tenant) = (FORMAT.into(), "north".into());
    serde_json::to_string(&Header { format, tenant, key, checkpoint: checkpoint.into() }).unwrap()
}

fn verify(checkpoint: &str, lines: &[String], earlier: Option<&str>) -> Result<Verified, Fault> {
    let keys = [signer().verifier().clone()];
    let expected = Expected { keys: &keys, origin: Some(ORIGIN), earlier };
    let mut verification = Verification::begin(&header(checkpoint), &expected)?;
    for line in lines {
        verification.entry(line)?;
    }
    verification.finish()
}

/// One field of one line changed, everything else as it was.
fn changed(lines: &[String], at: usize, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut lines = lines.to_vec();
    let mut line: Value = serde_json::from_str(&lines[at]).unwrap();
    change(&mut line);
    lines[at] = line.to_string();
    lines
}

#[test]
fn a_whole_log_and_every_earlier_state_of_it() {
    let lines = lines(20);
    let checkpoint = note(&lines);
    let verified = verify(&checkpoint, &lines, None).unwrap();
    let root = tree(&lines).root();
    let expected = Verified { origin: ORIGIN.into(), size: 20, root, expired: 7, earlier: None };
    assert_eq!(verified, expected);
    for size in 0..=20 {
        let earlier = note(&lines[..size]);
        let verified = verify(&checkpoint, &lines, Some(&earlier)).unwrap();
        assert_eq!(verified.earlier, Some(u64::try_from(size).unwrap()));
    }
}

#[test]
fn what_was_changed_is_named() {
    let all = lines(10);
    let checkpoint = note(&all);
    let fault = |lines: &[String]| verify(&checkpoint, lines, None).unwrap_err();
    let leaf = |index, what| Fault::Leaf { index, what };

    let payload = |line: &mut Value| line["payload"] = r#"{"model":"better"}"#.into();
    assert_eq!(fault(&changed(&all, 5, payload)), leaf(5, LeafFault::Payload));
    let nonce = |line: &mut Value| line["nonce"] = "zz".into();
    assert_eq!(fault(&changed(&all, 5, nonce)), leaf(5, LeafFault::Payload));
    let half = |line: &mut Value| drop(line.as_object_mut().unwrap().remove("nonce"));
    assert_eq!(fault(&changed(&all, 6, half)), leaf(6, LeafFault::HalfPayload));
    let bytes = |line: &mut Value| line["leaf"] = line["leaf"].as_str().unwrap().replace("}", " }").into();
    assert_eq!(fault(&changed(&all, 7, bytes)), leaf(7, LeafFault::Hash));
    let other =
        |line: &mut Value| line["leaf"] = line["leaf"].as_str().unwrap().replace("north", "south").into();
    assert_eq!(fault(&changed(&all, 8, other)), leaf(8, LeafFault::Log("south".into())));
    let unknown = |line: &mut Value| line["more"] = 1.into();
    assert!(matches!(fault(&changed(&all, 9, unknown)), Fault::Leaf { index: 9, what: LeafFault::Line(_) }));

    let dropped = [&all[..3], &all[4..]].concat();
    assert_eq!(fault(&dropped), leaf(3, LeafFault::Index(4)));
    let mut swapped = all.clone();
    swapped.swap(2, 3);
    assert_eq!(fault(&swapped), leaf(2, LeafFault::Index(3)));
    let longer = lines(11);
    assert_eq!(fault(&longer), leaf(10, LeafFault::Beyond(10)));
    assert_eq!(fault(&all[..9]), Fault::Truncated { index: 9, size: 10 });
    assert_eq!(fault(&all[..9]).index(), Some(9));
}

#[test]
fn a_leaf_changed_together_with_its_hash_is_held_by_the_root() {
    let lines = lines(10);
    let forged = changed(&lines, 6, |line| {
        let leaf = line["leaf"].as_str().unwrap().replace("{", "{ ");
        line["hash"] = leaf_hash(leaf.as_bytes()).to_string().into();
        line["leaf"] = leaf.into();
    });
    let checkpoint = note(&lines);
    assert_eq!(verify(&checkpoint, &forged, None), Err(Fault::Root { from: 0, to: 9 }));
    // What an earlier checkpoint covers is out of suspicion, or the only suspect.
    let (before, after) = (note(&lines[..5]), note(&lines[..8]));
    assert_eq!(verify(&checkpoint, &forged, Some(&before)), Err(Fault::Root { from: 5, to: 9 }));
    assert_eq!(verify(&checkpoint, &forged, Some(&after)), Err(Fault::Inconsistent { size: 8 }));
    // A keeper that signs the new history is held to the old one.
    assert!(verify(&note(&forged), &forged, None).is_ok());
    assert_eq!(verify(&note(&forged), &forged, Some(&after)), Err(Fault::Inconsistent { size: 8 }));
}

#[test]
fn a_checkpoint_has_to_be_the_keys_the_logs_and_no_shorter() {
    let lines = lines(4);
    let honest = note(&lines);
    let forged = honest.replace("\n4\n", "\n5\n");
    assert!(matches!(verify(&forged, &lines, None), Err(Fault::Checkpoint(_))));
    assert!(matches!(verify(&honest, &lines, Some(&forged)), Err(Fault::Earlier(_))));
    let (stranger, _) = Signer::generate("weighhouse.example", [2; 32]).unwrap();
    let head = tree(&lines).head();
    let theirs = Checkpoint { origin: ORIGIN.into(), head }.sign(&stranger).unwrap();
    assert!(matches!(verify(&theirs, &lines, None), Err(Fault::Checkpoint(_))));
    let elsewhere =
        Checkpoint { origin: "elsewhere.example/audit/north".into(), head }.sign(&signer()).unwrap();
    assert!(matches!(verify(&elsewhere, &lines, None), Err(Fault::Origin { .. })));
    assert!(matches!(verify(&honest, &lines, Some(&elsewhere)), Err(Fault::Origin { .. })));
    let longer = note(&self::lines(5));
    assert_eq!(verify(&honest, &lines, Some(&longer)), Err(Fault::Shrunk { earlier: 5, size: 4 }));
    let expected = Expected { keys: &[], origin: None, earlier: None };
    assert_eq!(
        Verification::begin(&header(&honest), &expected).unwrap_err(),
        Fault::Checkpoint(CheckpointError::NoKey)
    );
    for header in ["", "{}", &header(&honest).replace("audit/1", "audit/2")] {
        assert!(matches!(Verification::begin(header, &expected), Err(Fault::Header(_))), "{header}");
    }
}

#[test]
fn a_log_whose_key_was_replaced_goes_on() {
    let lines = lines(9);
    let (new, _) = Signer::generate("weighhouse.example", [2; 32]).unwrap();
    let newer = Checkpoint { origin: ORIGIN.into(), head: tree(&lines).head() }.sign(&new).unwrap();
    let older = note(&lines[..4]);
    let [old, new] = [signer().verifier().clone(), new.verifier().clone()];
    let begin = |keys: &[Verifier]| {
        Verification::begin(&header(&newer), &Expected { keys, origin: None, earlier: Some(&older) })
            .map(drop)
    };
    assert_eq!(begin(&[old.clone(), new.clone()]), Ok(()));
    assert_eq!(begin(&[new.clone(), old.clone()]), Ok(()));
    assert!(matches!(begin(&[new]), Err(Fault::Earlier(_))));
    assert!(matches!(begin(&[old]), Err(Fault::Checkpoint(_))));
}

proptest! {
    /// Whatever happens to the file, it verifies only as it was.
    #[test]
    fn any_change_of_a_character_is_found(size in 1_u64..12, line: Index, at: Index, to in "[a-z0-9\"{}: ]") {
        let mut lines = lines(size);
        let checkpoint = note(&lines);
        let line = line.index(lines.len());
        let mut chars: Vec<char> = lines[line].chars().collect();
        let at = at.index(chars.len());
        let to = to.chars().next().unwrap();
        prop_assume!(chars[at] != to);
        chars[at] = to;
        lines[line] = chars.into_iter().collect();
        let result = verify(&checkpoint, &lines, None);
        prop_assert_eq!(result.unwrap_err().index(), Some(u64::try_from(line).unwrap()));
    }
}
