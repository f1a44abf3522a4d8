//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use crate::pages::pins::server as pins;
use crate::pages::systems;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, annotations, attestations, promotions, tenancy, versions};
use weighhouse_types::annotations::{AnnotationChange, AnnotationQuery};
use weighhouse_types::attestations::{Attestation, AttestationKind, AttestationQuery, Comment};
use weighhouse_types::context::Kind;
use weighhouse_types::lineage::Lineage;
use weighhouse_types::page::MAX_LIMIT;
use weighhouse_types::pins::Pin;
use weighhouse_types::promotions::PromotionOpen;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::Composition;
use weighhouse_types::tenancy::Tenant;
use weighhouse_types::versions::{AsOf, Rollback, Stage, Version};

/// What a version's page shows.
#[derive(Clone)]
pub(crate) struct VersionShown {
    pub(crate) tenant: Tenant,
    pub(crate) version: Version,
    /// The version that is in production.
    pub(crate) production: Option<u32>,
    /// What a rollback now would restore.
    pub(crate) rollback_target: Option<u32>,
    /// What was said of it, newest first; read for the history's tab alone.
    pub(crate) said: Vec<AnnotationChange>,
    pub(crate) composition: Composition,
    /// Where its tab is open.
    pub(crate) lineage: Option<Lineage>,
    /// The watch on a language model's provider.
    pub(crate) pin: Option<Pin>,
    /// Why it may not go to production on account of that.
    pub(crate) block: Option<String>,
}

pub(crate) async fn version(ctx: &Ctx, reference: &VersionRef, history: bool) -> Result<VersionShown> {
    let tenant = tenancy::tenant_get(ctx, &reference.model.tenant).await?;
    let version = versions::version_get(ctx, reference).await?;
    let (pin, block) = match version.summary.kind {
        Kind::Llm => (Some(pins::pin(ctx, &reference.model).await?), pins::block(ctx, reference).await?),
        Kind::Model | Kind::System => (None, None),
    };
    let now = promotions::production_at(ctx, &reference.model, &AsOf::default()).await?;
    let said = match history {
        true => {
            let query =
                AnnotationQuery { version: Some(reference.number), limit: Some(MAX_LIMIT), cursor: None };
            annotations::annotation_list(ctx, &reference.model, &query).await?.items
        }
        false => Vec::new(),
    };
    Ok(VersionShown {
        said,
        tenant,
        version,
        production: now.production.map(|period| period.number),
        rollback_target: now.rollback_target,
        composition: systems::server::composition(ctx, reference).await?,
        lineage: None,
        pin,
        block,
    })
}

/// The version that an address names: by its number, or by an alias.
pub(crate) async fn named(ctx: &Ctx, model: &ModelRef, name: &str) -> Result<VersionRef> {
    match name.parse() {
        Ok(number) => Ok(VersionRef { model: model.clone(), number }),
        Err(_) => Ok(annotations::alias_get(ctx, model, name).await?.version),
    }
}

/// How many attestations of a kind a page shows.
const SHOWN: u32 = 200;

/// A version's attestations of some kinds, newest first in each.
pub(crate) async fn attested(
    ctx: &Ctx,
    reference: &VersionRef,
    kinds: &[AttestationKind],
) -> Result<Vec<Attestation>> {
    let mut found = Vec::new();
    for kind in kinds {
        let query = AttestationQuery { kind: Some(*kind), limit: Some(SHOWN), cursor: None };
        found.extend(attestations::attestation_list(ctx, reference, &query).await?.items);
    }
    Ok(found)
}

/// A version as its page's address names it.
pub(crate) fn reference(text: &str) -> Result<VersionRef> {
    text.parse().map_err(|e: String| Error::invalid("version", e))
}

/// A form on a version's page, and the version.
fn form_of(version: &str, reason: &str, name: &'static str) -> Form {
    let back = version.parse().map_or_else(|_| "/".to_owned(), |version| links::version(&version));
    Form { back, name, kept: vec![("reason", reason.to_owned())] }
}

#[server(prefix = "/do", endpoint = "promotion-open")]
pub(crate) async fn promote(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] target: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&version, &reason, Promote::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let target: Stage = target.parse().map_err(|e: String| Error::invalid("target", e))?;
        let version = reference(&version)?;
        let promotion = promotions::promotion_open(&ctx, &version, PromotionOpen { target, reason }).await?;
        let request = links::promotion(&version.model.tenant, promotion.summary.id);
        Ok(match target {
            Stage::Production => {
                Done::to(request).saying("The request is open. Those who can decide it get an e-mail.")
            }
            _ => Done::to(back).saying(format!("Version {} is in {target}.", version.number)),
        })
    })
    .await
}

#[server(prefix = "/do", endpoint = "rollback")]
pub(crate) async fn roll_back(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&version, &reason, RollBack::PATH);
    post(form, &csrf, async move |ctx| {
        let version = reference(&version)?;
        // Binds it to what the page showed: refused when production has moved on.
        let rollback = Rollback { reason, from: Some(version.number) };
        let done = promotions::production_rollback(&ctx, &version.model, rollback).await?;
        let said = format!(
            "Rolled back: version {} is in production again, version {} is archived.",
            done.to.number, done.from.number
        );
        Ok(Done::to(links::version(&done.to)).saying(said))
    })
    .await
}

#[server(prefix = "/do", endpoint = "version-retire")]
pub(crate) async fn retire(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&version, &reason, Retire::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let version = reference(&version)?;
        versions::version_retire(&ctx, &version, &reason).await?;
        Ok(Done::to(back).saying("The version is retired. Its record stays."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "comment-add")]
pub(crate) async fn comment_add(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] back: String,
    #[server(default)] text: String,
) -> Posted {
    let back = links::local(&back);
    let form = Form { back: back.clone(), name: CommentAdd::PATH, kept: vec![("text", text.clone())] };
    post(form, &csrf, async move |ctx| {
        attestations::comment_add(&ctx, &reference(&version)?, Comment { text }).await?;
        Ok(Done::to(back).saying("Your comment is there."))
    })
    .await
}
