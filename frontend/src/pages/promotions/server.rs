//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, id, post};
use crate::links;
use crate::pages::versions::server::attested;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, promotions, tenancy};
use weighhouse_types::attestations::{Attestation, AttestationKind};
use weighhouse_types::page::Page;
use weighhouse_types::promotions::{Decision, Promotion, PromotionDecide, PromotionQuery, PromotionSummary};
use weighhouse_types::tenancy::Tenant;

pub(crate) async fn requests(
    ctx: &Ctx,
    slug: &str,
    cursor: Option<String>,
) -> Result<(Tenant, Page<PromotionSummary>)> {
    let page = promotions::promotion_list(ctx, slug, &PromotionQuery { cursor, ..PromotionQuery::default() })
        .await?;
    Ok((tenancy::tenant_get(ctx, slug).await?, page))
}

pub(crate) async fn request(
    ctx: &Ctx,
    slug: &str,
    request: &str,
) -> Result<(Tenant, Promotion, Vec<Attestation>)> {
    let tenant = tenancy::tenant_get(ctx, slug).await?;
    let promotion = promotions::promotion_get(ctx, slug, id(request, "promotion request")?).await?;
    let comments = attested(ctx, &promotion.summary.version, &[AttestationKind::Comment]).await?;
    Ok((tenant, promotion, comments))
}

fn form_of(tenant: &str, request: &str, reason: &str, name: &'static str) -> Form {
    let page = format!("promotions/{}", links::encode(request));
    Form {
        back: links::tenant_page(&links::encode(tenant), &page),
        name,
        kept: vec![("reason", reason.to_owned())],
    }
}

#[server(prefix = "/do", endpoint = "promotion-decide")]
pub(crate) async fn decide(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] promotion: String,
    #[server(default)] evidence_digest: String,
    #[server(default)] decision: String,
    #[server(default)] reason: String,
) -> Posted {
    let form = form_of(&tenant, &promotion, &reason, Decide::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let decision = match decision.as_str() {
            "approve" => Decision::Approve,
            "reject" => Decision::Reject,
            other => {
                return Err(Error::invalid("decision", format!("‘{other}’ is neither approve nor reject.")));
            }
        };
        let decided = PromotionDecide { decision, reason, evidence_digest };
        promotions::promotion_decide(&ctx, &tenant, id(&promotion, "promotion request")?, decided).await?;
        let said = match decision {
            Decision::Approve => "Your approval is recorded.",
            Decision::Reject => "The request is rejected, with your reason.",
        };
        Ok(Done::to(back).saying(said))
    })
    .await
}

#[server(prefix = "/do", endpoint = "promotion-withdraw")]
pub(crate) async fn withdraw(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] promotion: String,
) -> Posted {
    let form = form_of(&tenant, &promotion, "", Withdraw::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        promotions::promotion_withdraw(&ctx, &tenant, id(&promotion, "promotion request")?).await?;
        Ok(Done::to(back).saying("The request is withdrawn."))
    })
    .await
}
