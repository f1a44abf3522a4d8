//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, id, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};
use weighhouse_core::{Ctx, Error, Result, holds, retention, tenancy};
use weighhouse_types::holds::{Hold, HoldLift, HoldPlace};
use weighhouse_types::ids::SweepId;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::retention::{Retention, RetentionSet, Sweep, SweepBatch, SweepPreview, Terms};
use weighhouse_types::tenancy::Tenant;

/// Sweeps and holds on the page; the rest is behind a link or the API.
const SHOWN: u32 = 20;

/// What the page of retention shows.
pub(crate) struct RetentionShown {
    pub(crate) tenant: Tenant,
    pub(crate) retention: Retention,
    pub(crate) preview: SweepPreview,
    pub(crate) holds: Page<Hold>,
    pub(crate) sweeps: Page<Sweep>,
}

/// The page; `cursor` is that of the list of sweeps.
pub(crate) async fn retention(ctx: &Ctx, slug: &str, cursor: Option<String>) -> Result<RetentionShown> {
    let query = PageQuery { cursor, limit: Some(SHOWN) };
    Ok(RetentionShown {
        retention: retention::retention_get(ctx, slug).await?,
        preview: retention::sweep_preview(ctx, slug).await?,
        holds: holds::hold_list(ctx, slug, &PageQuery { cursor: None, limit: Some(100) }).await?,
        sweeps: retention::sweep_list(ctx, slug, &query).await?,
        tenant: tenancy::tenant_get(ctx, slug).await?,
    })
}

/// One sweep and a page of what it removed.
pub(crate) async fn sweep(
    ctx: &Ctx,
    slug: &str,
    sweep: SweepId,
    cursor: Option<String>,
) -> Result<(Tenant, Sweep, Page<SweepBatch>)> {
    let query = PageQuery { cursor, limit: None };
    let found = retention::sweep_get(ctx, slug, sweep).await?;
    let batches = retention::sweep_batches(ctx, slug, sweep, &query).await?;
    Ok((tenancy::tenant_get(ctx, slug).await?, found, batches))
}

fn form_of(tenant: &str, name: &'static str) -> Form {
    Form { back: links::tenant_page(&links::encode(tenant), "retention"), name, kept: Vec::new() }
}

/// Terms as typed: days, or nothing for ever.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TermsTyped {
    audit_payloads: String,
    archived_artifacts: String,
    retired_artifacts: String,
    mails: String,
    sessions: String,
}

impl TermsTyped {
    fn kept(&self) -> Vec<(&'static str, String)> {
        vec![
            ("terms[audit_payloads]", self.audit_payloads.clone()),
            ("terms[archived_artifacts]", self.archived_artifacts.clone()),
            ("terms[retired_artifacts]", self.retired_artifacts.clone()),
            ("terms[mails]", self.mails.clone()),
            ("terms[sessions]", self.sessions.clone()),
        ]
    }

    fn terms(&self) -> Result<Terms> {
        Ok(Terms {
            audit_payloads: days("terms.audit_payloads", &self.audit_payloads)?,
            archived_artifacts: days("terms.archived_artifacts", &self.archived_artifacts)?,
            retired_artifacts: days("terms.retired_artifacts", &self.retired_artifacts)?,
            mails: days("terms.mails", &self.mails)?,
            sessions: days("terms.sessions", &self.sessions)?,
        })
    }
}

fn days(field: &str, typed: &str) -> Result<Option<u32>> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_e: std::num::ParseIntError| {
            Error::invalid(field, format!("‘{typed}’ is no number of days. Write one, or nothing for ever."))
        }),
    }
}

#[server(prefix = "/do", endpoint = "retention-set")]
pub(crate) async fn set_retention(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] revision: String,
    #[server(default)] terms: TermsTyped,
) -> Posted {
    let form = Form { kept: terms.kept(), ..form_of(&tenant, SetRetention::PATH) };
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let new = RetentionSet { terms: terms.terms()?, revision: revision.parse().ok() };
        retention::retention_set(&ctx, &tenant, new).await?;
        Ok(Done::to(back)
            .saying("The policy is saved. Sweeps follow it from tomorrow; the preview shows what would go."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "hold-place")]
pub(crate) async fn place_hold(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] reason: String,
    #[server(default)] owner: String,
    #[server(default)] model: String,
) -> Posted {
    let form = Form {
        kept: vec![("reason", reason.clone()), ("owner", owner.clone()), ("model", model.clone())],
        ..form_of(&tenant, PlaceHold::PATH)
    };
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let new = HoldPlace { reason, owner: Some(owner), model: Some(model) };
        holds::hold_place(&ctx, &tenant, new).await?;
        Ok(Done::to(back)
            .saying("The hold is in force: nothing that it covers is removed until it is lifted."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "hold-lift-ask")]
pub(crate) async fn ask_lift(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] hold: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&tenant, AskLift::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        holds::hold_lift_ask(&ctx, &tenant, id(&hold, "hold")?, HoldLift { reason }).await?;
        Ok(Done::to(back)
            .saying("You asked for the hold to be lifted. It stays until another admin confirms."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "hold-lift-confirm")]
pub(crate) async fn confirm_lift(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] hold: String,
) -> Posted {
    let form = form_of(&tenant, ConfirmLift::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        holds::hold_lift_confirm(&ctx, &tenant, id(&hold, "hold")?).await?;
        Ok(Done::to(back).saying("The hold is lifted. What has expired goes with the next sweep."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "hold-lift-withdraw")]
pub(crate) async fn withdraw_lift(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] hold: String,
) -> Posted {
    let form = form_of(&tenant, WithdrawLift::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        holds::hold_lift_withdraw(&ctx, &tenant, id(&hold, "hold")?).await?;
        Ok(Done::to(back).saying("The hold stays in force."))
    })
    .await
}
