//! The guided path from nothing to a model that a client has approved.

use super::portfolio::NewClientForm;
use crate::components::card::Card;
use crate::components::command::Command;
use crate::components::note::Empty;
use crate::links;
use crate::pages::projects::NewProjectForm;
use leptos::prelude::*;
use weighhouse_types::permission::{Action, Role, TenantRole, allows};
use weighhouse_types::tenancy::{Agency, Tenant};

/// Where a step stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Now,
    Later,
}

impl Step {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Later => "",
        }
    }
}

/// The portfolio before there is a client.
#[component]
pub(crate) fn FirstSteps(agencies: Vec<Agency>, url: String) -> impl IntoView {
    if agencies.is_empty() {
        return view! {
            <h1 class="sr">"Portfolio"</h1>
            <section class="card">
                <Empty icon="building-2" title="No client yet">
                    <p>
                        "Clients appear here once an owner or admin of your agency makes one, or a client invites you."
                    </p>
                </Empty>
            </section>
        }
        .into_any();
    }
    view! {
        <div class="head">
            <h1>"Welcome to Weighhouse"</h1>
            <p class="head-sub">"Four steps to the first model that a client has approved."</p>
        </div>
        <section class="card card-body">
            <ol class="steps">
                <li class=Step::Now.class()>
                    <h2>"Make the first client"</h2>
                    <div class="stack-s">
                        <p class="dim">
                            "A client is a walled-off tenant: its models, people and audit log are its own."
                        </p>
                        <NewClientForm agencies=agencies />
                    </div>
                </li>
                <li>
                    <h2>"Make a project in it"</h2>
                    <p class="dim">"Projects are the folders of a client’s models."</p>
                </li>
                <li>
                    <h2>"Push the first version"</h2>
                    <div class="stack-s">
                        <p class="dim">"With an API token, from where the model was trained:"</p>
                        <Command lines=vec![
                            format!("wh login {url}"),
                            "wh push ./my-model --model CLIENT/PROJECT/my-model".into(),
                        ] />
                    </div>
                </li>
                <li>
                    <h2>"Invite the first approver"</h2>
                    <p class="dim">"Somebody of the client, who reads the evidence and decides."</p>
                </li>
            </ol>
        </section>
    }
    .into_any()
}

/// What a client has of the guided path.
#[derive(Clone)]
pub(crate) struct Progress {
    /// The first project, where there is one.
    pub(crate) project: Option<String>,
    pub(crate) version: bool,
    pub(crate) approver: bool,
}

impl Progress {
    /// Whether nothing is left to guide to.
    pub(crate) fn complete(&self) -> bool {
        self.project.is_some() && self.version && self.approver
    }
}

/// Whether a role is the one that approves.
pub(crate) fn approves(role: Role) -> bool {
    role == Role::Tenant(TenantRole::Approver)
}

/// The rest of the guided path, on a new client's home.
#[component]
pub(crate) fn NextSteps(tenant: Tenant, progress: Progress, url: String) -> impl IntoView {
    let Progress { project, version, approver } = progress;
    let slug = tenant.slug.clone();
    let now_or = |done: bool, first: bool| match (done, first) {
        (true, _) => Step::Done,
        (false, true) => Step::Now,
        (false, false) => Step::Later,
    };
    let project_step = now_or(project.is_some(), true);
    let push_step = now_or(version, project.is_some());
    let invite_step = now_or(approver, version);
    let name = project.clone().unwrap_or_else(|| "PROJECT".into());
    let lines = vec![format!("wh login {url}"), format!("wh push ./my-model --model {slug}/{name}/my-model")];
    let make = (project.is_none() && allows(tenant.role, Action::ProjectCreate)).then(|| {
        view! {
            <div class="stack-s">
                <NewProjectForm tenant=slug.clone() />
            </div>
        }
    });
    view! {
        <Card id="steps" title="The way to the first approved model">
            <div class="card-body">
                <ol class="steps">
                    <li class=project_step.class()>
                        <h3>"Make a project"</h3>
                        {make}
                    </li>
                    <li class=push_step.class()>
                        <h3>"Push the first version"</h3>
                        {(!version)
                            .then(|| {
                                view! { <PushHow tenant=slug.clone() lines=lines /> }
                            })}
                    </li>
                    <li class=invite_step.class()>
                        <h3>"Invite the first approver"</h3>
                        {(!approver)
                            .then(|| {
                                view! {
                                    <div class="stack-s">
                                        <p class="dim">
                                            "Production takes the approval of somebody at the client."
                                        </p>
                                        <div class="row">
                                            <a class="btn" href=links::tenant_page(&slug, "members")>
                                                "Invite somebody"
                                            </a>
                                        </div>
                                    </div>
                                }
                            })}
                    </li>
                </ol>
            </div>
        </Card>
    }
}

/// How to push: a token, then the command.
#[component]
pub(crate) fn PushHow(tenant: String, lines: Vec<String>) -> impl IntoView {
    view! {
        <div class="stack-s">
            <p class="dim">
                "Make an " <a href=links::tenant_page(&tenant, "tokens")>"API token"</a>
                " with the scope " <code>"register"</code> ", put it into " <code>"WH_TOKEN"</code>
                ", then run where the model is:"
            </p>
            <Command lines=lines />
            <p class="hint">"A model that is not there yet is made by its first push."</p>
        </div>
    }
}
