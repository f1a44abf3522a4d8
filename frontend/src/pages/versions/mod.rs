//! A version: its context, evidence, files and history, and what can be done
//! with it.

mod actions;
mod context;
mod evidence;
mod parts;
pub(crate) mod server;

use crate::components::card::Card;
use crate::components::chip::{StageChip, stage_icon, stage_name};
use crate::components::command::{Command, Digest};
use crate::components::format::{bytes, plural};
use crate::components::frame::{Page, Tab};
use crate::components::gauge::Gauge;
use crate::components::icon::Icon;
use crate::components::note::{Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::components::time::When;
use crate::{links, session};
use actions::Actions;
use context::ContextSection;
use evidence::EvidenceSection;
use leptos::prelude::*;
use server::VersionShown;
use weighhouse_types::context::FileEntry;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{StageChange, Version, VersionSummary};

#[component]
pub(crate) fn VersionPage() -> impl IntoView {
    let model = ModelRef {
        tenant: session::param("tenant"),
        project: session::param("project"),
        model: session::param("model"),
    };
    let number = session::param("number");
    session::page(async move |ctx| {
        let reference = VersionRef { number: crate::forms::id(&number, "version")?, model };
        let shown = server::version(&ctx, &reference).await?;
        let ModelRef { tenant, project, model } = reference.model.clone();
        let title = format!("{model}@{}", reference.number);
        let page = Page::of(shown.tenant.clone(), Tab::Models, title, view! { <VersionView shown=shown /> });
        let page = page.under(project.clone(), links::project(&tenant, &project));
        Ok(page.under(model, links::model(&reference.model)))
    })
}

#[component]
fn VersionView(shown: VersionShown) -> impl IntoView {
    let version = shown.version.clone();
    let Version { summary, context, file_list, history, swept, .. } = version;
    let kept = swept.is_none();
    let pushes = allows(shown.tenant.role, Action::VersionRegister);
    let evaluation = context.get("evaluation").cloned();
    view! {
        <VersionHead summary=summary.clone() kept=kept />
        {swept
            .map(|swept| {
                view! {
                    <div class="flash">
                        <Note tone=Tone::Warn>{swept.sentence()}</Note>
                    </div>
                }
            })}
        <div class="cols">
            <div class="stack">
                <nav class="row small on-page" aria-label="On this page">
                    <a href="#context">"Context"</a>
                    <a href="#evidence">"Evidence"</a>
                    <a href="#files">"Files"</a>
                    <a href="#history">"History"</a>
                </nav>
                <ContextSection context=context completeness=summary.completeness.clone() pushes=pushes />
                <EvidenceSection evaluation=evaluation />
                <Files files=file_list reference=summary.reference.clone() kept=kept />
                <History history=history />
            </div>
            <aside class="rail">
                <Actions shown=shown />
                <Card id="completeness" title="Completeness">
                    <div class="card-body stack-s">
                        <Gauge completeness=summary.completeness.clone() />
                    </div>
                </Card>
                {kept.then(|| view! { <GetItBack reference=summary.reference /> })}
            </aside>
        </div>
    }
}

#[component]
fn VersionHead(summary: VersionSummary, kept: bool) -> impl IntoView {
    let VersionSummary { reference, digest, stage, stage_since, author, created_at, files, size, .. } =
        summary;
    view! {
        <div class="head">
            <div class="head-title">
                <h1>{reference.model.model.clone()} <span class="faint">"@"</span> {reference.number}</h1>
                <StageChip stage=stage />
                <span class="faint small">"since " <When at=stage_since /></span>
            </div>
            {kept
                .then(|| {
                    view! {
                        <div class="actions">
                            <a class="btn" href=links::archive(&reference) download="">
                                <Icon name="download" />
                                "Download"
                            </a>
                        </div>
                    }
                })}
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

/// More files than this are left to the command and the API.
const FILES_SHOWN: usize = 200;

#[component]
fn Files(
    files: Vec<FileEntry>,
    reference: VersionRef,
    /// Whether the bytes are kept; what was registered is shown in any case.
    kept: bool,
) -> impl IntoView {
    let count = files.len();
    let left = count.saturating_sub(FILES_SHOWN);
    let rows = files
        .into_iter()
        .take(FILES_SHOWN)
        .map(|file| {
            let name = if kept {
                let href = links::file(&reference, &file.path);
                view! {
                    <a class="mono" href=href download="">
                        {file.path}
                    </a>
                }
                .into_any()
            } else {
                view! { <span class="mono">{file.path}</span> }.into_any()
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="r nowrap">{bytes(file.size)}</td>
                    <td>
                        <Digest digest=file.sha256 of="the file" short=true />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card" id="files" aria-labelledby="files-title">
            <div class="card-head">
                <h2 id="files-title">"Files"</h2>
                <span class="count">{count}</span>
                {if kept {
                    view! {
                        <a class="push" href=links::archive(&reference) download="">
                            "Download all"
                        </a>
                    }
                        .into_any()
                } else {
                    view! { <span class="push">"removed; digests stay"</span> }.into_any()
                }}
            </div>
            <Scroll label="Table of files">
                <table class="table">
                    <Heads columns=&[("Path", ""), ("Size", "r"), ("SHA-256", "")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            {(left > 0)
                .then(|| {
                    view! {
                        <p class="card-foot">{format!("And {left} more, which the archive and wh pull hold.")}</p>
                    }
                })}
        </section>
    }
}

#[component]
fn History(history: Vec<StageChange>) -> impl IntoView {
    let steps = history
        .into_iter()
        .rev()
        .map(|step| {
            view! {
                <li>
                    <Icon name=stage_icon(step.to) />
                    <p>
                        <strong>{stage_name(step.to)}</strong>
                        <span class="faint">{format!(" by {}, ", step.by)} <When at=step.at /></span>
                    </p>
                    <p class="said">{step.why}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card" id="history" aria-labelledby="history-title">
            <div class="card-head">
                <h2 id="history-title">"History"</h2>
                <span class="push">"newest first"</span>
            </div>
            <div class="card-body">
                <ol class="thread">{steps}</ol>
            </div>
        </section>
    }
}
