//! `wh rollback`.

use crate::http::Client;
use crate::urls::{self, Path};
use crate::{args, ask, output};
use anyhow::{Result, bail};
use weighhouse_types::reference::ModelRef;
use weighhouse_types::versions::{ProductionAnswer, Rollback, RolledBack};

/// Puts the production version before this one back.
pub(crate) async fn rollback(args: args::Rollback) -> Result<()> {
    let client = Client::from_config()?;
    let ask = !args.yes && ask::somebody();
    let from = if ask { Some(confirm(&client, &args.model).await?) } else { None };
    let body = Rollback { reason: args.reason, from };
    let answer = client.act(&Path::model(&args.model).join(["rollback"]), &body).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let done: RolledBack = answer.decode()?;
    output::print(&format!(
        "{} is in production again, {} is archived  sha256:{}  {}\n",
        done.to,
        done.from,
        done.digest,
        urls::version_page(client.base(), &done.to),
    ))
}

/// Says what would happen and asks; the number in production is sent along, so
/// that the answer holds for what was shown.
async fn confirm(client: &Client, model: &ModelRef) -> Result<u32> {
    let answer: ProductionAnswer =
        client.read(&Path::model(model).join(["production"]), &[]).await?.decode()?;
    let Some(production) = answer.production else {
        bail!("nothing of {model} is in production, so that there is nothing to roll back");
    };
    let Some(target) = answer.rollback_target else {
        bail!(
            "{model}@{} is in production, and there is no earlier production version to go back to",
            production.number
        );
    };
    let question =
        format!("{model}: put @{target} into production again and archive @{}?", production.number);
    if ask::confirm(&question)? { Ok(production.number) } else { bail!("nothing was changed") }
}
