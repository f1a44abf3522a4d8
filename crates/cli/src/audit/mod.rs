//! `wh audit`.

mod export;

use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::urls::Path;
use crate::{args, tenant};
use anyhow::Result;
use weighhouse_types::audit::{AuditEntry, AuditHead};

/// Does what was asked for of the audit log.
pub(crate) async fn audit(command: args::Audit) -> Result<()> {
    match command {
        args::Audit::List(args) => list(args).await,
        args::Audit::Head(args) => head(args).await,
        args::Audit::Export(args) => export::export(args).await,
    }
}

async fn list(args: args::AuditList) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let given = [
        ("since", args.since.map(|at| at.to_rfc3339())),
        ("until", args.until.map(|at| at.to_rfc3339())),
        ("actor", args.actor),
        ("event", args.event),
        ("model", args.model.map(|model| model.to_string())),
    ];
    let filter: Vec<_> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let list = List::read(&client, &Path::tenant(&tenant).join(["audit"]), &filter, args.limit).await?;
    if args.output.json {
        return list.json();
    }
    let entries: Vec<AuditEntry> = list.decode()?;
    if entries.is_empty() {
        return output::print(&format!("nothing of that kind is in the log of {tenant}\n"));
    }
    let row = |e: &AuditEntry| {
        vec![e.index.to_string(), output::time(e.at), e.event.clone(), e.via.clone(), e.sentence.clone()]
    };
    let rows: Vec<_> = entries.iter().map(row).collect();
    list.print(&output::table(&["no.", "time", "event", "came by", "what happened"], &rows))
}

async fn head(args: args::InTenant) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let answer = client.read(&Path::tenant(&tenant).join(["audit", "head"]), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let head: AuditHead = answer.decode()?;
    let mut sheet = Sheet::new(&format!("the audit log of {tenant}"));
    sheet.line("entries", &head.size.to_string());
    let root = head.root.as_deref();
    sheet.line("root", root.unwrap_or("not known: entries wait to be hashed, and no worker runs"));
    output::print(sheet.text())
}
