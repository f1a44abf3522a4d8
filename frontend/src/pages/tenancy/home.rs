//! A client's home: its projects and models, and what happened lately.

use super::guide::{NextSteps, Progress, PushHow, approves};
use super::server::{self, Home};
use crate::components::chip::SyntheticChip;
use crate::components::confirm::{Confirm, ConfirmButton};
use crate::components::format::plural;
use crate::components::frame::{Page, Tab};
use crate::components::icon::Icon;
use crate::components::models::{ModelLine, ModelTable};
use crate::components::note::Empty;
use crate::components::time::When;
use crate::pages::pins::OpenAlerts;
use crate::pages::projects::NewProjectForm;
use crate::{links, session};
use leptos::prelude::*;
use weighhouse_types::audit::AuditEntry;
use weighhouse_types::models::Model;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::projects::Project;
use weighhouse_types::reference::ModelRef;
use weighhouse_types::tenancy::Tenant;

#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let slug = session::param("tenant");
    session::page(async move |ctx| {
        let home = server::home(&ctx, &slug).await?;
        let tenant = home.tenant.clone();
        let name = tenant.name.clone();
        Ok(Page::of(tenant, Tab::Models, name, view! { <HomeView home=home /> }).home())
    })
}

#[component]
fn HomeView(home: Home) -> impl IntoView {
    let Home { tenant, projects, recent, members, invited, url, alerts } = home;
    let progress = Progress {
        project: projects.first().map(|(project, _)| project.slug.clone()),
        version: projects.iter().any(|(_, models)| models.iter().any(|m| m.latest.is_some())),
        approver: invited || members.iter().any(|member| approves(member.role)),
    };
    let guided = !progress.complete() && allows(tenant.role, Action::VersionRegister);
    let cards = projects
        .into_iter()
        .map(|(project, models)| {
            let url = Some(url.clone()).filter(|_| !guided);
            view! { <ProjectCard tenant=tenant.clone() project=project models=models url=url /> }
        })
        .collect_view();
    view! {
        <HomeHead tenant=tenant.clone() may_create=progress.project.is_some() />
        <div class="stack">
            <OpenAlerts alerts=alerts />
            {guided
                .then(|| {
                    view! {
                        <NextSteps tenant=tenant.clone() progress=progress.clone() url=url.clone() />
                    }
                })}
            {(!guided && progress.project.is_none())
                .then(|| {
                    view! {
                        <section class="card">
                            <Empty icon="folder" title="No project yet">
                                <p>"The agency’s engineers make projects, and push models to them."</p>
                            </Empty>
                        </section>
                    }
                })} {cards} <Recent recent=recent tenant=tenant.slug />
        </div>
    }
}

#[component]
fn HomeHead(tenant: Tenant, may_create: bool) -> impl IntoView {
    let create = may_create && allows(tenant.role, Action::ProjectCreate);
    let slug = tenant.slug.clone();
    view! {
        <div class="head">
            <div class="head-title">
                <h1>{tenant.name.clone()}</h1>
                <SyntheticChip synthetic=tenant.synthetic />
            </div>
            {create
                .then(|| {
                    view! {
                        <div class="actions">
                            <ConfirmButton id="new-project" icon="plus">
                                "New project"
                            </ConfirmButton>
                        </div>
                        <Confirm id="new-project" title="New project">
                            <NewProjectForm tenant=slug />
                        </Confirm>
                    }
                })}
            <p class="head-sub">
                <span class="mono">{tenant.slug.clone()}</span>
                {format!(" · your role here: {} · ", tenant.role)}
                <a href=links::tenant_page(&tenant.slug, "models")>"all models"</a>
            </p>
        </div>
    }
}

#[component]
fn ProjectCard(
    tenant: Tenant,
    project: Project,
    models: Vec<Model>,
    /// Where this installation is reached; `None` where the guided path says it.
    url: Option<String>,
) -> impl IntoView {
    let address = links::project(&tenant.slug, &project.slug);
    let more = usize::try_from(project.models).is_ok_and(|all| all > models.len());
    let content = if models.is_empty() {
        view! { <NoModels tenant=tenant project=project.slug.clone() url=url /> }.into_any()
    } else {
        let line = |model: Model| {
            let Model { name, description, production, latest, .. } = model;
            let reference =
                ModelRef { tenant: tenant.slug.clone(), project: project.slug.clone(), model: name };
            ModelLine { reference, sub: description, production, latest }
        };
        let lines = models.into_iter().map(line).collect();
        view! { <ModelTable lines=lines /> }.into_any()
    };
    let name = project.name.clone();
    view! {
        <section class="card" aria-label=name>
            <div class="card-head">
                <Icon name="folder" />
                <h2>
                    <a href=address.clone()>{project.name}</a>
                </h2>
                <span class="mono faint">{project.slug}</span>
                <span class="push">{plural(project.models, "model")}</span>
            </div>
            {content}
            {more
                .then(|| {
                    view! {
                        <div class="card-foot row">
                            <a class="btn btn-small push" href=address>
                                "All models"
                            </a>
                        </div>
                    }
                })}
        </section>
    }
}

/// A project without a model: the command that makes the first one.
#[component]
pub(crate) fn NoModels(tenant: Tenant, project: String, url: Option<String>) -> impl IntoView {
    let pushes = allows(tenant.role, Action::VersionRegister);
    let how = match url {
        Some(url) if pushes => {
            let lines = vec![
                format!("wh login {url}"),
                format!("wh push ./my-model --model {}/{project}/my-model", tenant.slug),
            ];
            view! { <PushHow tenant=tenant.slug lines=lines /> }.into_any()
        }
        None if pushes => view! { <p>"The first push makes the first model: see above."</p> }.into_any(),
        _ => view! { <p>"The agency’s engineers push models to this project."</p> }.into_any(),
    };
    view! { <Empty title="No model yet">{how}</Empty> }
}

#[component]
fn Recent(recent: Vec<AuditEntry>, tenant: String) -> impl IntoView {
    (!recent.is_empty()).then(|| {
        let lines = recent
            .into_iter()
            .map(|entry| {
                view! {
                    <li class="line">
                        <span class="line-when">
                            <When at=entry.at />
                        </span>
                        <span>{entry.sentence}</span>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="card" aria-labelledby="recent">
                <div class="card-head">
                    <Icon name="history" />
                    <h2 id="recent">"Recent activity"</h2>
                    <a class="push" href=links::tenant_page(&tenant, "audit")>
                        "Audit log"
                    </a>
                </div>
                <ul class="list">{lines}</ul>
            </section>
        }
    })
}
