//! A version: its context, evidence and history, each a tab, and what can be
//! done with it.

mod actions;
mod attested;
mod card;
mod context;
pub(crate) mod discussion;
mod evidence;
mod files;
mod history;
mod inputs;
mod parts;
mod prompts;
pub(crate) mod server;
mod tab;

use crate::components::card::Card;
use crate::components::chip::StageChip;
use crate::components::command::{Command, Digest};
use crate::components::format::{bytes, plural};
use crate::components::frame::{self, Page};
use crate::components::gauge::Gauge;
use crate::components::icon::Icon;
use crate::components::note::{Note, Tone};
use crate::components::time::When;
use crate::pages::annotations::{AliasCard, SaidCard, SaidHistory};
use crate::pages::lineage::{self, LineageSection, Shown};
use crate::pages::systems::SystemsSection;
use crate::{links, session};
use actions::Actions;
use attested::Attested;
use card::CardSection;
use context::ContextSection;
use discussion::Discussion;
use evidence::EvidenceSection;
use files::Files;
use history::History;
use inputs::Inputs;
use leptos::prelude::*;
use prompts::{Given, Prompts};
use serde::Deserialize;
use server::VersionShown;
use tab::{Tab, Tabs};
use weighhouse_core::Error;
use weighhouse_types::attestations::Attestation;
use weighhouse_types::context::System;
use weighhouse_types::exports::ExportFormat;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{Version, VersionSummary};

#[component]
pub(crate) fn VersionPage() -> impl IntoView {
    let model = ModelRef {
        tenant: session::param("tenant"),
        project: session::param("project"),
        model: session::param("model"),
    };
    let (number, tab) = (session::param("number"), session::param("tab"));
    let seen = Shown::read(session::query("hide"), session::query("depth"));
    let given: Given = session::queries().into_iter().collect();
    session::page(async move |ctx| {
        let reference = server::named(&ctx, &model, &number).await?;
        let tab = Tab::named(&tab)?;
        let mut shown = server::version(&ctx, &reference, tab == Tab::History).await?;
        if tab == Tab::Lineage {
            shown.lineage = Some(lineage::server::version(&ctx, &reference, &seen).await?);
        }
        if !tab.fits(shown.version.summary.kind) {
            return Err(Error::not_found("page"));
        }
        let attested = server::attested(&ctx, &reference, tab.attested()).await?;
        let ModelRef { tenant, project, model } = reference.model.clone();
        let title = format!("{model}@{}", reference.number);
        let of = shown.tenant.clone();
        let page = Page::of(
            of,
            frame::Tab::Models,
            title,
            view! { <VersionView shown=shown tab=tab seen=seen given=given attested=attested /> },
        );
        let page = page.under(project.clone(), links::project(&tenant, &project));
        Ok(page.under(model, links::model(&reference.model)))
    })
}

#[component]
fn VersionView(
    shown: VersionShown,
    tab: Tab,
    seen: Shown,
    given: Given,
    attested: Vec<Attestation>,
) -> impl IntoView {
    let summary = shown.version.summary.clone();
    let swept = shown.version.swept.clone();
    // A system has no files to get back.
    let kept = swept.is_none() && summary.files > 0;
    let number = summary.reference.number;
    // With what it would replace, or the one before it.
    let against = shown.production.filter(|now| *now != number).or(number.checked_sub(1).filter(|n| *n > 0));
    let said = shown.version.annotations.clone();
    let edits = allows(shown.tenant.role, Action::Annotate);
    let inputs = shown.version.inputs.clone();
    view! {
        <VersionHead summary=summary.clone() kept=kept against=against />
        {swept
            .map(|swept| {
                view! {
                    <div class="flash">
                        <Note tone=Tone::Warn>{swept.sentence()}</Note>
                    </div>
                }
            })}
        <Tabs of=summary.reference.clone() kind=summary.kind current=tab />
        <div class="cols">
            <div class="stack">
                <Content shown=shown.clone() tab=tab seen=seen given=given attested=attested />
            </div>
            <aside class="rail">
                <Actions shown=shown />
                <Inputs tenant=summary.reference.model.tenant.clone() inputs=inputs />
                <Card id="completeness" title="Completeness">
                    <div class="card-body stack-s">
                        <Gauge completeness=summary.completeness.clone() />
                    </div>
                </Card>
                <SaidCard of=summary.reference.to_string() said=said.clone() edits=edits />
                <AliasCard version=summary.reference.clone() aliases=said.aliases edits=edits />
                {kept.then(|| view! { <GetItBack reference=summary.reference.clone() /> })}
                <Papers reference=summary.reference />
            </aside>
        </div>
    }
}

#[component]
fn Content(
    shown: VersionShown,
    tab: Tab,
    seen: Shown,
    given: Given,
    attested: Vec<Attestation>,
) -> impl IntoView {
    let pushes = allows(shown.tenant.role, Action::VersionRegister);
    let states = allows(shown.tenant.role, Action::CompatibilityState);
    let (composition, graph) = (shown.composition, shown.lineage);
    let Version { summary, context, file_list, history, swept, supplies, .. } = shown.version;
    match tab {
        Tab::Context => view! {
            <ContextSection context=context supplies=supplies pushes=pushes />
            {(!file_list.is_empty())
                .then(|| {
                    view! { <Files files=file_list reference=summary.reference kept=swept.is_none() /> }
                })}
        }
        .into_any(),
        Tab::Prompts => {
            let (llm, pin, block) = (context.get("llm").cloned(), shown.pin, shown.block);
            view! { <Prompts llm=llm of=summary.reference pin=pin block=block given=given /> }.into_any()
        }
        Tab::Evidence => {
            let evaluation = context.get("evaluation").cloned();
            let signers = links::tenant_page(&summary.reference.model.tenant, "signers");
            view! {
                <EvidenceSection evaluation=evaluation.clone() />
                <Attested attested=attested evaluation=evaluation signers=signers />
            }
            .into_any()
        }
        Tab::Card => view! { <CardSection of=summary.reference cards=attested /> }.into_any(),
        Tab::Discussion => {
            let back = links::version_tab(&summary.reference, "discussion");
            view! { <Discussion of=summary.reference comments=attested back=back /> }.into_any()
        }
        Tab::Systems => {
            let system = context.get("system").and_then(|system| System::deserialize(system).ok());
            view! {
                <SystemsSection
                    version=summary.reference
                    stage=summary.stage
                    composition=composition
                    system=system
                    states=states
                />
            }
            .into_any()
        }
        Tab::Lineage => {
            let address = links::version_tab(&summary.reference, "lineage");
            let tenant = summary.reference.model.tenant;
            graph
                .map(
                    |graph| view! { <LineageSection graph=graph shown=seen tenant=tenant address=address /> },
                )
                .into_any()
        }
        Tab::History => view! {
            <History history=history />
            <SaidHistory changes=shown.said />
        }
        .into_any(),
    }
}

#[component]
fn VersionHead(summary: VersionSummary, kept: bool, against: Option<u32>) -> impl IntoView {
    let VersionSummary { reference, digest, stage, stage_since, author, created_at, files, size, .. } =
        summary;
    view! {
        <div class="head">
            <div class="head-title">
                <h1>{reference.model.model.clone()} <span class="faint">"@"</span> {reference.number}</h1>
                <StageChip stage=stage />
                <span class="faint small">"since " <When at=stage_since /></span>
            </div>
            <div class="actions">
                {against
                    .map(|number| {
                        view! {
                            <a class="btn" href=links::compare_with(number, &reference)>
                                <Icon name="scale" />
                                {format!("Compare with version {number}")}
                            </a>
                        }
                    })}
                {kept
                    .then(|| {
                        view! {
                            <a class="btn" href=links::archive(&reference) download="">
                                <Icon name="download" />
                                "Download"
                            </a>
                        }
                    })}
            </div>
            <div class="head-sub">
                <p>
                    <Digest digest=digest of="the version" />
                </p>
                <p>
                    {format!("Registered by {author}, ")} <When at=created_at />
                    {format!(" · {}, {}", plural(files, "file"), bytes(size))}
                </p>
            </div>
        </div>
    }
}

/// The version in the open formats of others.
#[component]
fn Papers(reference: VersionRef) -> impl IntoView {
    let paper = move |format: ExportFormat, name: &'static str| {
        view! {
            <a class="btn btn-small" href=links::export(&reference, format) download="">
                <Icon name="download" />
                {name}
            </a>
        }
    };
    view! {
        <Card id="papers" icon="file" title="Papers">
            <div class="card-body stack-s">
                <div class="row">
                    {paper(ExportFormat::CycloneDx, "Bill of materials")}
                    {paper(ExportFormat::Slsa, "Provenance")}
                </div>
                <p class="hint">"CycloneDX 1.7, and in-toto with SLSA provenance v1."</p>
            </div>
        </Card>
    }
}

#[component]
fn GetItBack(reference: VersionRef) -> impl IntoView {
    view! {
        <Card id="get" icon="terminal" title="Get it back">
            <div class="card-body stack-s">
                <Command lines=vec![format!("wh pull {reference}")] />
                <p class="hint">"Every file is verified against the digest."</p>
            </div>
        </Card>
    }
}
