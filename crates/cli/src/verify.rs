//! `wh verify`: an exported log against its signed checkpoint, offline.

use crate::args::Verify;
use crate::output::{self, Sheet};
use anyhow::{Context as _, Result, bail};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use weighhouse_ledger::export::{Expected, Fault, Header, Verification, Verified};

/// The longest line that is read, in bytes: a leaf has under 64 KiB, and its
/// payload what a request may hold.
const LINE_MAX: u64 = 64 << 20;

/// Reads the file once, in memory that does not grow with it.
pub(crate) fn verify(args: Verify) -> Result<()> {
    let shown = args.file.display();
    let earlier = args.checkpoint.as_deref().map(earlier).transpose()?;
    let expected = Expected { keys: &args.keys, origin: args.origin.as_deref(), earlier: earlier.as_deref() };
    let file = File::open(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let outcome = read(BufReader::with_capacity(1 << 20, file), &expected)
        .with_context(|| format!("cannot read {shown}"))?;
    match outcome {
        Ok(verified) if args.output.json => {
            output::json(&json!({"verified": true, "origin": verified.origin, "size": verified.size,
                "root": verified.root, "expired": verified.expired, "earlier": verified.earlier}))
        }
        Ok(verified) => output::print(&sheet(&verified)),
        Err(fault) => {
            if args.output.json {
                output::json(
                    &json!({"verified": false, "index": fault.index(), "fault": fault.to_string()}),
                )?;
            }
            bail!("{shown} does not verify: {fault}")
        }
    }
}

fn sheet(verified: &Verified) -> String {
    let Verified { origin, size, root, expired, earlier } = verified;
    let mut sheet = Sheet::new("Verified: the log is complete, unchanged and signed");
    sheet.line("log", origin);
    let leaves = if *size == 1 { "1, number 0".into() } else { format!("{size}, number 0 to {}", size - 1) };
    sheet.line("leaves", &leaves);
    sheet.line("root", &root.to_string());
    if *expired > 0 {
        sheet.line("expired", &format!("{expired} payloads; their leaves are there"));
    }
    if let Some(earlier) = earlier {
        sheet.line("goes on from", &format!("the earlier checkpoint of {earlier} leaves"));
    }
    sheet.text().to_owned()
}

/// The inner result says whether the log verifies, the outer one whether it
/// could be read.
fn read(mut file: impl BufRead, expected: &Expected<'_>) -> std::io::Result<Result<Verified, Fault>> {
    let mut line = Vec::new();
    next_line(&mut file, &mut line)?;
    let mut verification = match Verification::begin(&String::from_utf8_lossy(&line), expected) {
        Ok(verification) => verification,
        Err(fault) => return Ok(Err(fault)),
    };
    while next_line(&mut file, &mut line)? {
        // Bytes that are no text have another hash as text.
        if let Err(fault) = verification.entry(&String::from_utf8_lossy(&line)) {
            return Ok(Err(fault));
        }
    }
    Ok(verification.finish())
}

/// Reads the next line, without its end; `false` at the file's end.
fn next_line(file: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let read = file.by_ref().take(LINE_MAX).read_until(b'\n', line)?;
    if line.ends_with(b"\n") {
        line.pop();
    }
    Ok(read > 0)
}

/// The signed note of an earlier checkpoint: a note itself, or an earlier
/// export, whose first line has it.
fn earlier(path: &Path) -> Result<String> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut file = BufReader::new(file.take(LINE_MAX));
    let mut text = Vec::new();
    if file.fill_buf()?.first() == Some(&b'{') {
        next_line(&mut file, &mut text)?;
        let header = Header::parse(&String::from_utf8_lossy(&text)).with_context(|| shown.to_string())?;
        return Ok(header.checkpoint);
    }
    file.read_to_end(&mut text).with_context(|| format!("cannot read {shown}"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
