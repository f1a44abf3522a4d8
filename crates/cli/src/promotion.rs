//! `wh promotion` and `wh promote`.

use crate::args::{self, PromotionRef};
use crate::error::Error;
use crate::http::Client;
use crate::list::List;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use crate::{difference, tenant, watch};
use anyhow::{Result, anyhow};
use serde_json::json;
use std::process::ExitCode;
use weighhouse_types::error::Code;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::promotions::{
    Approval, Decision, Promotion, PromotionOpen, PromotionState, PromotionSummary,
};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::{Stage, Version};

/// Does what was asked for of promotion requests.
pub(crate) async fn promotion(command: args::Promotion) -> Result<ExitCode> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        args::Promotion::List(args) => list(args).await.map(done),
        args::Promotion::Show(args) => show(args).await.map(done),
        args::Promotion::Open(args) => promote(args).await,
        args::Promotion::Watch(args) => {
            let client = Client::from_config()?;
            let (tenant, id) = find(&client, args.request.reference).await?;
            watch::watch(&client, &tenant, id, args.patience, args.output).await
        }
        args::Promotion::Withdraw(args) => withdraw(args).await.map(done),
    }
}

/// Promotes a version to staging, or asks for production.
pub(crate) async fn promote(args: args::Promote) -> Result<ExitCode> {
    let client = Client::from_config()?;
    let body = PromotionOpen { target: args.to.into(), reason: args.reason.unwrap_or_default() };
    let version = client.resolve(&args.version).await?;
    let answer = client.act(&Path::version(&version).join(["promotions"]), &body).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(explain(&client, &version, body.target, error).await),
    };
    let promotion: Promotion = answer.decode()?;
    let follow = args.watch && promotion.summary.state == PromotionState::Open;
    match (follow, args.output.json) {
        (false, true) => output::json(&answer.json)?,
        (true, true) => eprintln!("{}", output::clean(opened(&client, &promotion).trim_end())),
        (_, false) => output::print(&opened(&client, &promotion))?,
    }
    if !follow {
        return Ok(ExitCode::SUCCESS);
    }
    let tenant = &version.model.tenant;
    watch::watch(&client, tenant, promotion.summary.id, args.patience, args.output).await
}

/// What was asked for, and of whom.
fn opened(client: &Client, promotion: &Promotion) -> String {
    let PromotionSummary { id, version, target, state, .. } = &promotion.summary;
    let page = urls::promotion_page(client.base(), &version.model.tenant, *id);
    if *state == PromotionState::Approved {
        return format!("{version} is in {target}  {page}\n");
    }
    let mut sheet = Sheet::new(&format!("asked for {target} of {version}  {page}"));
    sheet.line("replaces", &replaced(promotion));
    let people =
        if promotion.quorum == 1 { "one approver".into() } else { format!("{} approvers", promotion.quorum) };
    sheet.line("waits for", &format!("{people}, who decide in the browser"));
    sheet.line("follow", &format!("wh promotion watch \"{version}\""));
    sheet.text().to_owned()
}

fn replaced(promotion: &Promotion) -> String {
    match &promotion.evidence.production {
        Some(now) => format!("@{} in production since {}", now.number, output::time(now.since)),
        None => "nothing: it would be the first".into(),
    }
}

/// Adds the way that there is to a refusal of the one that there is not.
async fn explain(client: &Client, version: &VersionRef, target: Stage, error: Error) -> anyhow::Error {
    if target != Stage::Production || error.code() != Some(Code::Conflict) {
        return error.into();
    }
    let found = client.get(&Path::version(version), &[]).await;
    match found.and_then(|answer| answer.decode::<Version>()) {
        Ok(found) if found.summary.stage == Stage::Development => {
            anyhow!("{error}\n  promote it to staging first: wh promote \"{version}\" --to staging")
        }
        Ok(Version { open_promotion: Some(_), .. }) => {
            anyhow!("{error}\n  follow the request that is open: wh promotion watch \"{version}\"")
        }
        _ => error.into(),
    }
}

/// The request that is meant: its tenant and id.
async fn find(client: &Client, reference: PromotionRef) -> Result<(String, PromotionId)> {
    match reference {
        PromotionRef::Id { tenant, id } => Ok((tenant::or_own(client, tenant).await?, id)),
        PromotionRef::Version(version) => {
            let found: Version = client.read(&Path::version(&version), &[]).await?.decode()?;
            let tenant = version.model.tenant.clone();
            let id = found.open_promotion.ok_or_else(|| {
                anyhow!(
                    "no request for {version} is open; it is in {}\n  \
                     those that were decided: wh promotion list {tenant} --model \"{}\"",
                    found.summary.stage,
                    version.model
                )
            })?;
            Ok((tenant, id))
        }
    }
}

async fn list(args: args::PromotionList) -> Result<()> {
    let client = Client::from_config()?;
    let tenant = tenant::or_own(&client, args.tenant).await?;
    let state = args.state.map(|state| ("state", PromotionState::from(state).as_str().to_owned()));
    let model = args.model.as_ref().map(|model| ("model", model.to_string()));
    let filter: Vec<_> = state.into_iter().chain(model).collect();
    let list = List::read(&client, &Path::tenant(&tenant).join(["promotions"]), &filter, args.limit).await?;
    if args.output.json {
        return list.json();
    }
    let requests: Vec<PromotionSummary> = list.decode()?;
    if requests.is_empty() {
        let such = if filter.is_empty() { "" } else { "such " };
        return output::print(&format!("{tenant} has no {such}promotion requests\n"));
    }
    let row = |p: &PromotionSummary| {
        vec![
            p.state.as_str().to_owned(),
            format!("{} to {}", p.version, p.target),
            output::cell_time(p.created_at),
            p.requester.clone(),
            p.id.to_string(),
            p.reason.clone(),
        ]
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    list.print(&output::table(&["state", "promotion", "asked (UTC)", "by", "id", "reason"], &rows))
}

async fn show(args: args::PromotionShow) -> Result<()> {
    let client = Client::from_config()?;
    let (tenant, id) = find(&client, args.request.reference).await?;
    let answer = client.read(&Path::promotion(&tenant, id), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let promotion: Promotion = answer.decode()?;
    let needed = watch::needed(&client, &promotion).await;
    output::print(&text(&client, &promotion, needed))
}

fn text(client: &Client, promotion: &Promotion, needed: Option<String>) -> String {
    let PromotionSummary { id, version, target, state, .. } = &promotion.summary;
    let summary = &promotion.summary;
    let mut sheet = Sheet::new(&format!("{version} to {target}: {}", state.as_str()));
    sheet.line("id", &id.to_string());
    sheet.line(
        "requested",
        &format!("{}, by {}: {}", output::time(summary.created_at), summary.requester, summary.reason),
    );
    sheet.line("author", &promotion.author);
    sheet.line("version", &format!("sha256:{}", promotion.evidence.version_digest));
    sheet.line("evidence", &format!("sha256:{}", promotion.evidence_digest));
    // Approval is what the request is about.
    let missing = promotion.evidence.completeness.missing.iter().filter(|name| *name != "approval");
    let missing: Vec<_> = missing.map(String::as_str).collect();
    if !missing.is_empty() {
        sheet.line("missing", &missing.join(", "));
    }
    sheet.line(if *state == PromotionState::Open { "replaces" } else { "against" }, &replaced(promotion));
    if let Some(production) = &promotion.evidence.production {
        let (before, after) = (production.evaluation.as_ref(), promotion.evidence.evaluation.as_ref());
        sheet.lines("metrics", difference::metrics(before, after));
    }
    sheet.lines("decisions", promotion.approvals.iter().map(decision));
    if let Some(needed) = needed {
        sheet.line("waits for", &needed);
    }
    if let Some(closed) = summary.closed_at {
        sheet.line("closed", &output::time(closed));
    }
    sheet.line("page", urls::promotion_page(client.base(), &version.model.tenant, *id).as_str());
    sheet.text().to_owned()
}

/// A decision, in one line.
pub(crate) fn decision(approval: &Approval) -> String {
    let verb = match approval.decision {
        Decision::Approve => "approved",
        Decision::Reject => "rejected",
    };
    let void = if approval.void { " (void: the evidence changed since)" } else { "" };
    format!("{} {verb}{void}, {}: {}", approval.by, output::time(approval.at), approval.reason)
}

async fn withdraw(args: args::PromotionWithdraw) -> Result<()> {
    let client = Client::from_config()?;
    let (tenant, id) = find(&client, args.request.reference).await?;
    let answer = client.act(&Path::promotion(&tenant, id).join(["withdraw"]), &json!({})).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let PromotionSummary { version, target, .. } = answer.decode::<Promotion>()?.summary;
    let page = urls::promotion_page(client.base(), &tenant, id);
    output::print(&format!("withdrew the request for {target} of {version}  {page}\n"))
}
