//! A version: its context, evidence and history, each a tab, and what can be
//! done with it.

mod actions;
mod context;
mod evidence;
mod files;
mod history;
mod parts;
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
use crate::{links, session};
use actions::Actions;
use context::ContextSection;
use evidence::EvidenceSection;
use files::Files;
use history::History;
use leptos::prelude::*;
use server::VersionShown;
use tab::{Tab, Tabs};
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
    session::page(async move |ctx| {
        let reference = VersionRef { number: crate::forms::id(&number, "version")?, model };
        let tab = Tab::named(&tab)?;
        let shown = server::version(&ctx, &reference).await?;
        let ModelRef { tenant, project, model } = reference.model.clone();
        let title = format!("{model}@{}", reference.number);
        let of = shown.tenant.clone();
        let page = Page::of(of, frame::Tab::Models, title, view! { <VersionView shown=shown tab=tab /> });
        let page = page.under(project.clone(), links::project(&tenant, &project));
        Ok(page.under(model, links::model(&reference.model)))
    })
}

#[component]
fn VersionView(shown: VersionShown, tab: Tab) -> impl IntoView {
    let summary = shown.version.summary.clone();
    let swept = shown.version.swept.clone();
    let kept = swept.is_none();
    let number = summary.reference.number;
    // With what it would replace, or the one before it.
    let against = shown.production.filter(|now| *now != number).or(number.checked_sub(1).filter(|n| *n > 0));
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
        <Tabs of=summary.reference.clone() current=tab />
        <div class="cols">
            <div class="stack">
                <Content shown=shown.clone() tab=tab />
            </div>
            <aside class="rail">
                <Actions shown=shown />
                <Card id="completeness" title="Completeness">
                    <div class="card-body stack-s">
                        <Gauge completeness=summary.completeness.clone() />
                    </div>
                </Card>
                {kept.then(|| view! { <GetItBack reference=summary.reference.clone() /> })}
                <Papers reference=summary.reference />
            </aside>
        </div>
    }
}

#[component]
fn Content(shown: VersionShown, tab: Tab) -> impl IntoView {
    let pushes = allows(shown.tenant.role, Action::VersionRegister);
    let Version { summary, context, file_list, history, swept, .. } = shown.version;
    match tab {
        Tab::Context => view! {
            <ContextSection context=context completeness=summary.completeness pushes=pushes />
            <Files files=file_list reference=summary.reference kept=swept.is_none() />
        }
        .into_any(),
        Tab::Evidence => {
            let evaluation = context.get("evaluation").cloned();
            view! { <EvidenceSection evaluation=evaluation /> }.into_any()
        }
        Tab::History => view! { <History history=history /> }.into_any(),
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
