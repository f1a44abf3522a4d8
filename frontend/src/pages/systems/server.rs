//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, systems};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{
    Combination, CompatibilityState, Composition, SystemPolicy, SystemPolicySet,
};

pub(crate) async fn composition(ctx: &Ctx, version: &VersionRef) -> Result<Composition> {
    systems::composition_get(ctx, version).await
}

pub(crate) async fn compatibility(ctx: &Ctx, model: &ModelRef) -> Result<Vec<Combination>> {
    systems::compatibility_get(ctx, model).await
}

pub(crate) async fn policy(ctx: &Ctx, tenant: &str) -> Result<SystemPolicy> {
    systems::policy_get(ctx, tenant).await
}

#[server(prefix = "/do", endpoint = "compatibility-state")]
pub(crate) async fn state_compatibility(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] with: String,
    #[server(default)] verdict: String,
    #[server(default)] reason: String,
) -> Posted {
    let parsed = version.parse::<VersionRef>();
    let back = parsed.as_ref().map_or_else(|_| "/".to_owned(), |v| links::version_tab(v, "systems"));
    let kept = vec![("with", with.clone()), ("verdict", verdict.clone()), ("reason", reason.clone())];
    let form = Form { back: back.clone(), name: StateCompatibility::PATH, kept };
    post(form, &csrf, async move |ctx| {
        let version = parsed.map_err(|e| Error::invalid("version", e))?;
        let verdict = verdict.parse().map_err(|e: String| Error::invalid("verdict", e))?;
        let said = format!("It is on record that {version} and {} are {verdict}.", with.trim());
        systems::compatibility_state(&ctx, &version, CompatibilityState { with, verdict, reason }).await?;
        Ok(Done::to(back).saying(said))
    })
    .await
}

#[server(prefix = "/do", endpoint = "system-policy-set")]
pub(crate) async fn set_system_policy(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] revision: String,
    #[server(default)] broken_systems: String,
) -> Posted {
    let back = links::tenant_page(&links::encode(&tenant), "promotions");
    let kept = vec![("broken_systems", broken_systems.clone())];
    let form = Form { back: back.clone(), name: SetSystemPolicy::PATH, kept };
    post(form, &csrf, async move |ctx| {
        let broken_systems =
            broken_systems.parse().map_err(|e: String| Error::invalid("broken_systems", e))?;
        let new = SystemPolicySet { broken_systems, revision: revision.parse().ok() };
        systems::policy_set(&ctx, &tenant, new).await?;
        Ok(Done::to(back).saying("The policy is saved. It counts from now on, for open requests too."))
    })
    .await
}
