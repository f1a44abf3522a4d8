//! `wh promote`.

use crate::args;
use crate::error::Error;
use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::{self, Path};
use anyhow::{Result, anyhow};
use weighhouse_types::error::Code;
use weighhouse_types::promotions::{Promotion, PromotionOpen, PromotionState};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::{Stage, Version};

/// Promotes a version to staging, or asks for production.
pub(crate) async fn promote(args: args::Promote) -> Result<()> {
    let client = Client::from_config()?;
    let body = PromotionOpen { target: args.to.into(), reason: args.reason.unwrap_or_default() };
    let answer = client.post(&Path::version(&args.version).join(["promotions"]), &body).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(explain(&client, &args.version, body.target, error).await),
    };
    if args.output.json {
        return output::json(&answer.json);
    }
    let promotion: Promotion = answer.decode()?;
    output::print(&text(&client, &args.version, &promotion))
}

fn text(client: &Client, version: &VersionRef, promotion: &Promotion) -> String {
    let page = urls::promotion_page(client.base(), &version.model.tenant, promotion.summary.id);
    let target = promotion.summary.target;
    if promotion.summary.state == PromotionState::Approved {
        return format!("{version} is in {target}  {page}\n");
    }
    let mut sheet = Sheet::new(&format!("asked for {target} of {version}  {page}"));
    let replaced = promotion.evidence.production.as_ref();
    sheet.line(
        "replaces",
        &replaced.map_or_else(|| "nothing: it would be the first".into(), |p| format!("@{}", p.number)),
    );
    let people =
        if promotion.quorum == 1 { "one approver".into() } else { format!("{} approvers", promotion.quorum) };
    sheet.line("waits for", &format!("{people}, who decide in the browser"));
    sheet.text().to_owned()
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
        _ => error.into(),
    }
}
