//! `wh audit export`: a tenant's log as one file, for `wh verify`.

use crate::args::AuditExport;
use crate::error::Error;
use crate::http::Client;
use crate::output;
use crate::retry::retrying;
use crate::urls::Path;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use tempfile::NamedTempFile;
use weighhouse_ledger::export::{FORMAT, Header};
use weighhouse_types::audit::{AuditCheckpoint, AuditSigned};

/// After so many leaves a long export says how far it is.
const REPORT: u64 = 100_000;

/// Leaves as the API gives them, which is how the file has them.
#[derive(Deserialize)]
struct Leaves {
    items: Vec<Value>,
    next: Option<u64>,
}

/// Writes a temporary file beside the wanted one, and renames it when whole.
pub(super) async fn export(args: AuditExport) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = Path::tenant(&args.tenant);
    let signed: AuditSigned = client.get(&tenant.clone().join(["audit", "signed"]), &[]).await?.decode()?;
    if let Some(refusal) = &signed.refusal {
        eprintln!(
            "warning: the server's signer refuses the log since its last checkpoint: {}",
            refusal.reason
        );
    }
    let Some(checkpoint) = signed.checkpoint else {
        bail!("nothing of the audit log of {} is signed yet: there is nothing to prove", args.tenant);
    };
    let AuditCheckpoint { origin, size, key, note, .. } = checkpoint;
    let header = Header { format: FORMAT.into(), tenant: args.tenant, key: key.clone(), checkpoint: note };
    let folder = args.output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| std::path::Path::new("."));
    let shown = args.output.display();
    let partial =
        builder().tempfile_in(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let mut file = BufWriter::new(partial.as_file().try_clone()?);
    line(&mut file, &header)?;
    let leaves = tenant.join(["audit", "leaves"]);
    let (mut from, mut written) = (Some(0), 0_u64);
    while let Some(first) = from.filter(|first| *first < size) {
        let fetch = || fetch(&client, &leaves, first);
        let page = retrying(&|text| eprintln!("{text}"), fetch).await.context("cannot read the log")?;
        let wanted = usize::try_from(size - first)?;
        for item in page.items.iter().take(wanted) {
            line(&mut file, item)?;
            written += 1;
            if written % REPORT == 0 {
                eprintln!("{written} of {size} leaves");
            }
        }
        from = page.next.filter(|next| *next > first);
    }
    finish(file, partial, &args.output).with_context(|| format!("cannot write {shown}"))?;
    if written < size {
        eprintln!("warning: the server gave {written} of {size} leaves; `wh verify` says which is missing");
    }
    if args.output_as.json {
        return output::json(&json!({"file": args.output, "origin": origin, "size": size, "key": key}));
    }
    let leaves = if size == 1 { "leaf" } else { "leaves" };
    output::print(&format!(
        "{shown} has the {size} {leaves} of {origin}\n\
         Verify it offline, with a key that you have from elsewhere:\n  wh verify {shown} --key '{key}'\n"
    ))
}

async fn fetch(client: &Client, leaves: &Path, from: u64) -> Result<Leaves, Error> {
    client.get(leaves, &[("from", from.to_string())]).await?.decode()
}

fn line(file: &mut BufWriter<File>, value: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")?;
    Ok(())
}

fn finish(
    mut file: BufWriter<File>,
    partial: NamedTempFile,
    target: &std::path::Path,
) -> std::io::Result<()> {
    file.flush()?;
    partial.as_file().sync_all()?;
    partial.persist(target).map(drop).map_err(|e| e.error)
}

/// As any new file: what the umask leaves.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wh-").suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
