//! Writes an exported audit log of as many leaves as asked for to standard
//! output, and its key to standard error: `infra/bench-verify.sh` measures
//! `wh verify` with it.

use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufWriter, Write};
use weighhouse_ledger::canonical::to_bytes;
use weighhouse_ledger::checkpoint::Checkpoint;
use weighhouse_ledger::export::{FORMAT, Header, payload_hash};
use weighhouse_ledger::note::Signer;
use weighhouse_ledger::tree::{Tree, leaf_hash};

const LOG: &str = "019ab1c2-7d3e-7c1a-9b7e-3f1f0c2d4e5f";

/// A leaf as long as those of the application are, with its payload.
fn entry(index: u64) -> Result<(String, Value), Box<dyn Error>> {
    let mut nonce = [0x5a; 32];
    nonce.iter_mut().zip(index.to_be_bytes()).for_each(|(to, from)| *to = from);
    let digest = leaf_hash(&nonce).to_string();
    let payload = json!({
        "digest": digest, "files": 3, "model_created": false, "size": index,
        "version": format!("north/claims/fraud-scorer@{index}"),
    });
    let payload = String::from_utf8(to_bytes(&payload)?)?;
    let leaf = json!({
        "log": LOG, "index": index, "time": "2026-11-25T08:09:10.123456Z", "event": "version.registered",
        "actor": "019ab1c2-7d3e-7c1a-9b7e-3f1f0c2d4e60", "via": "token 019ab1c2-7d3e-7c1a-9b7e-3f1f0c2d4e61",
        "request": "019ab1c27d3e7c1a9b7e3f1f0c2d4e62", "payload_hash": payload_hash(&nonce, &payload),
    });
    let leaf = String::from_utf8(to_bytes(&leaf)?)?;
    let hash = leaf_hash(leaf.as_bytes());
    let line = json!({"leaf": leaf, "hash": hash, "payload": payload, "nonce": hex::encode(nonce)});
    Ok((leaf, line))
}

fn main() -> Result<(), Box<dyn Error>> {
    let size: u64 = std::env::args().nth(1).ok_or("say how many leaves")?.parse()?;
    let mut tree = Tree::new();
    for index in 0..size {
        tree.append(leaf_hash(entry(index)?.0.as_bytes()));
    }
    let (signer, _) = Signer::generate("weighhouse.example", [1; 32])?;
    let checkpoint = Checkpoint { origin: format!("weighhouse.example/audit/{LOG}"), head: tree.head() };
    let (key, checkpoint) = (signer.verifier().to_string(), checkpoint.sign(&signer)?);
    eprintln!("{key}");
    let mut out = BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(
        &mut out,
        &Header { format: FORMAT.into(), tenant: "north".into(), key, checkpoint },
    )?;
    for index in 0..size {
        write!(out, "\n{}", entry(index)?.1)?;
    }
    writeln!(out)?;
    Ok(out.flush()?)
}
