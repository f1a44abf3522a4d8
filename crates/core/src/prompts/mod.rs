//! Prompts of versions of kind `llm`, rendered to be looked at.

use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::versions;
use weighhouse_types::context::Llm;
use weighhouse_types::context::llm::render;
use weighhouse_types::prompts::{PromptRender, PromptRendered};
use weighhouse_types::reference::VersionRef;

/// Renders a version's prompt, with the version's own examples for what is not
/// given. Nothing is kept.
///
/// # Errors
/// When there is no such prompt, or a variable has no value, or a value no
/// variable.
pub async fn prompt_render(
    ctx: &Ctx,
    version: &VersionRef,
    name: &str,
    given: PromptRender,
) -> Result<PromptRendered> {
    let found = versions::version_get(ctx, version).await?;
    let llm = found.context.get("llm").cloned().map(serde_json::from_value::<Llm>);
    let mut prompts = llm.transpose().map_err(Error::internal)?.map(|llm| llm.prompts).unwrap_or_default();
    let prompt = prompts.remove(name).ok_or_else(|| Error::not_found("prompt"))?;
    let mut values = prompt.variables;
    values.extend(given.values);
    let text = render(&prompt.template, &values).map_err(|e| {
        let field = e.variable().map_or_else(|| "template".to_owned(), |name| format!("values.{name}"));
        Error::invalid(&field, format!("The prompt ‘{name}’ cannot be rendered: {e}."))
    })?;
    Ok(PromptRendered { name: name.to_owned(), role: prompt.role, text, values })
}
