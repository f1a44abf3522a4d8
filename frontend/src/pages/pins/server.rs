//! What the parts of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, pins};
use weighhouse_types::pins::{Golden, Pin, PinAlert, PinAlertQuery, PinSet};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// Open alerts on a client's home; all of them are in the API.
const SHOWN: u32 = 10;

pub(crate) async fn open_alerts(ctx: &Ctx, tenant: &str) -> Result<Vec<PinAlert>> {
    let query = PinAlertQuery { open: true, limit: Some(SHOWN), cursor: None };
    Ok(pins::pin_alert_list(ctx, tenant, &query).await?.items)
}

pub(crate) async fn pin(ctx: &Ctx, model: &ModelRef) -> Result<Pin> {
    pins::pin_get(ctx, model).await
}

/// Why a version may not go to production on account of its provider.
pub(crate) async fn block(ctx: &Ctx, version: &VersionRef) -> Result<Option<String>> {
    pins::version_block(ctx, version).await
}

/// Golden prompts as the form shows them.
pub(super) fn typed(golden: &[Golden]) -> String {
    let line = |golden: &Golden| format!("{}: {}\n", golden.name, golden.prompt.replace('\n', "\\n"));
    golden.iter().map(line).collect()
}

/// Golden prompts as typed. What the form has no place for, a system message
/// or what is expected, stays with its name.
fn golden(text: &str, before: &[Golden]) -> Result<Vec<Golden>> {
    let prompt = |line: &str| {
        let Some((name, prompt)) = line.split_once(':') else {
            return Err(Error::invalid(
                "golden",
                format!("‘{line}’ is no golden prompt: write “name: prompt”."),
            ));
        };
        let (name, prompt) = (name.trim().to_owned(), prompt.trim().replace("\\n", "\n"));
        let known = before.iter().find(|golden| golden.name == name).cloned();
        let rest = known.unwrap_or(Golden {
            name: name.clone(),
            system: None,
            prompt: String::new(),
            expected: None,
        });
        Ok(Golden { name, prompt, ..rest })
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(prompt).collect()
}

fn form_of(model: &str, name: &'static str, kept: Vec<(&'static str, String)>) -> Form {
    let back = model.parse().map_or_else(|_| "/".to_owned(), |model| format!("{}#pin", links::model(&model)));
    Form { back, name, kept }
}

fn reference(text: &str) -> Result<ModelRef> {
    text.parse().map_err(|e: String| Error::invalid("model", e))
}

#[server(prefix = "/do", endpoint = "pin-set")]
pub(crate) async fn set_pin(
    #[server(default)] csrf: String,
    #[server(default)] model: String,
    #[server(default)] endpoint: String,
    #[server(default)] pinned: String,
    #[server(default)] every_minutes: String,
    #[server(default)] secret: String,
    #[server(default)] golden_prompts: String,
) -> Posted {
    let kept = vec![
        ("endpoint", endpoint.clone()),
        ("pinned", pinned.clone()),
        ("every_minutes", every_minutes.clone()),
        ("golden_prompts", golden_prompts.clone()),
    ];
    let form = form_of(&model, SetPin::PATH, kept);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let model = reference(&model)?;
        let before = pins::pin_get(&ctx, &model).await?.watch.map(|watch| watch.golden).unwrap_or_default();
        let every_minutes = every_minutes.trim().parse().map_err(|_e: std::num::ParseIntError| {
            Error::invalid("every_minutes", "Say how many minutes pass between two looks: 5 to 10,080.")
        })?;
        let new = PinSet {
            endpoint: Some(endpoint),
            pinned: Some(pinned),
            secret: Some(secret).filter(|secret| !secret.is_empty()),
            every_minutes,
            golden: golden(&golden_prompts, &before)?,
        };
        pins::pin_set(&ctx, &model, new).await?;
        Ok(Done::to(back).saying("The watch is set. A worker looks within seconds."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "pin-check")]
pub(crate) async fn check_pin(#[server(default)] csrf: String, #[server(default)] model: String) -> Posted {
    let form = form_of(&model, CheckPin::PATH, Vec::new());
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        pins::pin_check(&ctx, &reference(&model)?).await?;
        Ok(Done::to(back).saying("A worker looks within seconds. Load the page again then."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "pin-remove")]
pub(crate) async fn remove_pin(#[server(default)] csrf: String, #[server(default)] model: String) -> Posted {
    let form = form_of(&model, RemovePin::PATH, Vec::new());
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        pins::pin_remove(&ctx, &reference(&model)?).await?;
        Ok(Done::to(back).saying("The watch has ended. Its alerts stay, and what they block."))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_prompts_survive_the_form() {
        let all = [
            Golden {
                name: "a".into(),
                system: Some("be kind".into()),
                prompt: "one:\ntwo".into(),
                expected: None,
            },
            Golden { name: "b".into(), system: None, prompt: "three".into(), expected: Some("0".repeat(64)) },
        ];
        assert_eq!(golden(&typed(&all), &all).unwrap(), all);
        assert!(golden("no name", &all).is_err());
        assert_eq!(golden("\n  c:  four \n", &all).unwrap()[0].prompt, "four");
    }
}
