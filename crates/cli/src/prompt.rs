//! `wh prompt`.

use crate::http::Client;
use crate::urls::Path;
use crate::{args, output};
use anyhow::{Context as _, Result};
use weighhouse_types::prompts::{PromptRender, PromptRendered};

/// Does what was asked for of prompts.
pub(crate) async fn prompt(args::Prompt::Render(args): args::Prompt) -> Result<()> {
    let value = |(name, value): (String, String)| {
        let Some(file) = value.strip_prefix('@') else { return Ok((name, value)) };
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file} for {name}"))?;
        Ok((name, text))
    };
    let values = args.set.into_iter().map(value).collect::<Result<_>>()?;
    let client = Client::from_config()?;
    let path = Path::version(&args.version).join(["prompts", &args.prompt, "render"]);
    let answer = client.act(&path, &PromptRender { values }).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let rendered: PromptRendered = answer.decode()?;
    output::print(&format!("{}\n", rendered.text.trim_end_matches('\n')))
}
