//! A promotion request, like a pull request: what changes, the evidence, who
//! decided and who is still needed.

use super::changes::Changes;
use super::decision::{ApprovalsCard, DecisionCard, Thread, WithdrawCard};
use super::server;
use crate::components::card::Card;
use crate::components::chip::StateChip;
use crate::components::command::Digest;
use crate::components::frame::{Page, Tab};
use crate::components::gauge::{GaugeLine, missing_words};
use crate::components::table::{Fact, Heads};
use crate::components::time::{FullMoment, When};
use crate::pages::systems::{AffectedCard, in_words};
use crate::pages::versions::discussion::Discussion;
use crate::{links, session};
use leptos::prelude::*;
use weighhouse_types::attestations::{Attestation, AttestationKind};
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::promotions::{EvidencePart, Promotion, PromotionState};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::tenancy::Tenant;

#[component]
pub(crate) fn PromotionPage() -> impl IntoView {
    let (slug, id) = (session::param("tenant"), session::param("id"));
    session::page(async move |ctx| {
        let (tenant, promotion, comments) = server::request(&ctx, &slug, &id).await?;
        let version = &promotion.summary.version;
        let title = format!("{}@{} to {}", version.model.model, version.number, promotion.summary.target);
        let body = view! { <RequestView tenant=tenant.clone() promotion=promotion comments=comments /> };
        let list = links::tenant_page(&slug, "promotions");
        Ok(Page::of(tenant, Tab::Promotions, title, body).under("Promotions", list))
    })
}

#[component]
fn RequestView(tenant: Tenant, promotion: Promotion, comments: Vec<Attestation>) -> impl IntoView {
    let open = promotion.summary.state == PromotionState::Open;
    let decides = open && promotion.cannot_decide.is_none() && allows(tenant.role, Action::PromotionDecide);
    let withdraws = open && allows(tenant.role, Action::PromotionWithdraw);
    let number = promotion.evidence.version.number;
    let production = promotion.evidence.production.as_ref().map(|now| now.number);
    let compare = production.map(|now| links::compare_with(now, &promotion.evidence.version));
    view! {
        <RequestHead promotion=promotion.clone() />
        <div class="cols">
            <div class="stack">
                <Thread promotion=promotion.clone() />
                <Changes changes=promotion.changes.clone() number=number production=production compare=compare />
                {(!promotion.affected.is_empty())
                    .then(|| view! { <AffectedCard affected=promotion.affected.clone() open=open /> })}
                {(!promotion.evidence.parts.is_empty())
                    .then(|| view! { <PartsCard parts=promotion.evidence.parts.clone() /> })}
                <EvidenceCard promotion=promotion.clone() />
                <Discussion
                    of=promotion.summary.version.clone()
                    comments=comments
                    back=links::promotion(&tenant.slug, promotion.summary.id)
                />
            </div>
            <aside class="rail">
                {decides.then(|| view! { <DecisionCard promotion=promotion.clone() /> })}
                <ApprovalsCard promotion=promotion.clone() />
                {withdraws.then(|| view! { <WithdrawCard promotion=promotion.clone() /> })}
            </aside>
        </div>
    }
}

#[component]
fn RequestHead(promotion: Promotion) -> impl IntoView {
    let summary = promotion.summary;
    let version = summary.version;
    let open = summary.state == PromotionState::Open;
    let own = links::version(&version);
    let asks = if open { "asks" } else { "asked" };
    let replace = promotion.evidence.production.map(|now| {
        let old = VersionRef { model: version.model.clone(), number: now.number };
        let href = links::version(&old);
        view! {
            ", in place of "
            <a href=href>{format!("version {}", now.number)}</a>
        }
    });
    view! {
        <div class="head">
            <div class="head-title">
                <h1>
                    {format!("Promote {}", version.model.model)} <span class="faint">"@"</span>
                    {format!("{} to {}", version.number, summary.target)}
                </h1>
                <StateChip state=summary.state />
            </div>
            <p class="head-sub">
                {format!("{} {asks} for ", summary.requester)}
                <a href=own>{format!("version {}", version.number)}</a> {replace} ", "
                <When at=summary.created_at /> "."
                {summary.closed_at.map(|at| view! { " Closed " <When at=at /> "." })}
            </p>
        </div>
    }
}

/// Everything that goes into production with a system.
#[component]
fn PartsCard(parts: Vec<EvidencePart>) -> impl IntoView {
    let rows = parts
        .into_iter()
        .map(|part| {
            let effect = match part.production.map(|now| now.number) {
                Some(now) if now == part.version.number => "is there already".to_owned(),
                Some(now) => format!("in place of version {now}"),
                None => "nothing is there now".to_owned(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=links::version(&part.version)>{in_words(&part.version)}</a>
                    </th>
                    <td data-label="In production">{effect}</td>
                    <td data-label="Digest">
                        <Digest digest=part.digest of="the version" short=true />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card id="parts" icon="boxes" title="What goes with it">
            <table class="table cards">
                <Heads columns=&[("Version", ""), ("In production", ""), ("Digest", "")] />
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
}

#[component]
fn EvidenceCard(promotion: Promotion) -> impl IntoView {
    let evidence = promotion.evidence;
    let missing = missing_words(&evidence.completeness);
    let tab = links::version_tab(&evidence.version, "evidence");
    let attested: Vec<_> = evidence
        .attestations
        .into_iter()
        .map(|attestation| {
            let danger = attestation.kind != AttestationKind::Evaluation
                && (attestation.summary.contains("DANGER") || attestation.summary.contains("NOT"));
            view! {
                <p class=if danger { "bad" } else { "" }>
                    <a href=tab.clone()>{attestation.summary}</a>
                    " "
                    <Digest digest=attestation.digest of="the attestation" short=true />
                </p>
            }
        })
        .collect();
    let production = match evidence.production {
        Some(now) => view! {
            {format!("version {} ", now.number)}
            <Digest digest=now.digest of="production" short=true />
            <span class="faint">" since " <FullMoment at=now.since /></span>
        }
        .into_any(),
        None => view! { <span class="faint">"nothing"</span> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="evidence">
            <div class="card-head">
                <h2 id="evidence">"Evidence"</h2>
                <span class="push">"approvals hold for exactly this"</span>
            </div>
            <dl class="facts facts-plain">
                <Fact term="Evidence digest">
                    <Digest digest=promotion.evidence_digest of="the evidence" />
                </Fact>
                <Fact term="Version">
                    <Digest digest=evidence.version_digest of="the version" />
                </Fact>
                <Fact term="Registered by">{promotion.author}</Fact>
                <Fact term="In production">{production}</Fact>
                {(!attested.is_empty()).then(|| view! { <Fact term="Attested">{attested}</Fact> })}
                <Fact term="Completeness">
                    <GaugeLine completeness=evidence.completeness />
                    {(!missing.is_empty())
                        .then(|| view! { <p class="small faint">"Missing: " {missing}</p> })}
                </Fact>
            </dl>
        </section>
    }
}
