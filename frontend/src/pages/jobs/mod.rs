//! Jobs that failed: a client's, and for the operator those of the whole
//! installation.

pub(crate) mod server;

use crate::components::chip::Chip;
use crate::components::field::{Hidden, PostForm};
use crate::components::frame::{Page, Tab};
use crate::components::icon::Icon;
use crate::components::note::Empty;
use crate::components::table::{Heads, NextPage};
use crate::components::time::When;
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{Discard, Retry};
use weighhouse_types::jobs::{JobState, JobSummary};
use weighhouse_types::page;
use weighhouse_types::permission::{Action, allows};

#[component]
pub(crate) fn JobsPage() -> impl IntoView {
    let slug = session::param("tenant");
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let (tenant, jobs) = server::of_tenant(&ctx, &slug, cursor).await?;
        let scope = Scope::Tenant { slug, manages: allows(tenant.role, Action::JobManage) };
        let body = view! { <Jobs jobs=jobs scope=scope of=tenant.name.clone() /> };
        Ok(Page::of(tenant, Tab::Jobs, "Jobs", body))
    })
}

#[component]
pub(crate) fn OperatorJobsPage() -> impl IntoView {
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let jobs = server::of_all(&ctx, cursor).await?;
        let body = view! { <Jobs jobs=jobs scope=Scope::All of="the whole installation".into() /> };
        Ok(Page::new("Jobs of the installation", body).under("Portfolio", "/"))
    })
}

/// Whose jobs are listed, and whether the visitor may mend them.
#[derive(Clone)]
enum Scope {
    Tenant {
        slug: String,
        manages: bool,
    },
    /// The operator's view.
    All,
}

impl Scope {
    fn manages(&self) -> bool {
        matches!(self, Self::All | Self::Tenant { manages: true, .. })
    }

    /// The forms' field `tenant`: empty for the operator.
    fn tenant(&self) -> String {
        match self {
            Self::Tenant { slug, .. } => slug.clone(),
            Self::All => String::new(),
        }
    }

    fn address(&self) -> String {
        match self {
            Self::Tenant { slug, .. } => links::tenant_page(slug, "jobs"),
            Self::All => "/operator/jobs".into(),
        }
    }
}

#[component]
fn Jobs(jobs: page::Page<JobSummary>, scope: Scope, of: String) -> impl IntoView {
    let content = if jobs.items.is_empty() {
        view! {
            <section class="card">
                <Empty icon="circle-check" title="Nothing failed">
                    <p>"Mails and other work in the background are done, or on their way."</p>
                </Empty>
            </section>
        }
        .into_any()
    } else {
        let address = scope.address();
        let rows =
            jobs.items.into_iter().map(|job| view! { <JobRow job=job scope=scope.clone() /> }).collect_view();
        view! {
            <section class="card" aria-label="Failed jobs">
                <table class="table cards">
                    <Heads columns=&[
                        ("Job", "wide"),
                        ("State", ""),
                        ("Attempts", "r"),
                        ("Next", ""),
                        ("Since", ""),
                        ("", "fit"),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
                <NextPage path=address next=jobs.next words="Older jobs" />
            </section>
        }
        .into_any()
    };
    view! {
        <div class="head">
            <h1>"Jobs"</h1>
            <p class="head-sub">
                {format!("Work in the background of {of} that failed. ")}
                "It is tried again by itself, later each time; what is dead waits for somebody to mend the cause and try again, or to give it up."
            </p>
        </div>
        {content}
    }
}

#[component]
fn JobRow(job: JobSummary, scope: Scope) -> impl IntoView {
    let client = match (&scope, &job.tenant) {
        (Scope::All, Some(tenant)) => view! {
            " · "
            <a href=links::tenant(tenant)>{tenant.clone()}</a>
        }
        .into_any(),
        (Scope::All, None) => " · the installation’s own".into_any(),
        (Scope::Tenant { .. }, _) => ().into_any(),
    };
    let next = match job.next_run {
        Some(at) => view! { <When at=at /> }.into_any(),
        None => "–".into_any(),
    };
    let actions = (scope.manages() && job.state != JobState::Running)
        .then(|| view! { <Actions job=job.clone() tenant=scope.tenant() /> });
    view! {
        <tr>
            <th scope="row">
                {job.about} <span class="sub">{job.last_error}</span>
                <span class="sub">
                    <span class="mono">{job.kind}</span>
                    {client}
                    " · request "
                    <span class="mono">{job.request_id}</span>
                </span>
            </th>
            <td data-label="State">
                <StateOf state=job.state />
            </td>
            <td class="r" data-label="Attempts">
                {job.attempts}
            </td>
            <td class="nowrap" data-label="Next">
                {next}
            </td>
            <td class="nowrap" data-label="Since">
                <When at=job.created_at />
            </td>
            <td>
                <div class="job-actions">{actions}</div>
            </td>
        </tr>
    }
}

#[component]
fn StateOf(state: JobState) -> impl IntoView {
    match state {
        JobState::Failed => view! { <Chip kind="warn" icon="rotate-cw" word="Tried again" /> },
        JobState::Running => view! { <Chip kind="open" icon="rotate-cw" word="Running" /> },
        JobState::Dead => view! { <Chip kind="bad" icon="octagon-x" word="Dead" /> },
    }
}

#[component]
fn Actions(job: JobSummary, tenant: String) -> impl IntoView {
    let id = job.id.to_string();
    let also = (tenant.clone(), id.clone());
    let (again, why) = (format!("Try again: {}", job.about), format!("Why it is given up: {}", job.about));
    view! {
        <PostForm action=Retry::PATH class="table-actions">
            <Which tenant=also.0 job=also.1 />
            <button type="submit" class="btn btn-small" aria-label=again>
                "Try again"
            </button>
        </PostForm>
        <details class="give-up">
            <summary class="btn-plain">
                <Icon name="x" />
                "Give up"
            </summary>
            <PostForm action=Discard::PATH class="form-inline">
                <Which tenant=tenant job=id />
                <input
                    class="input input-small"
                    name="reason"
                    required=true
                    maxlength=2000
                    placeholder="Why"
                    aria-label=why
                />
                <button type="submit" class="btn btn-small">
                    "Give it up"
                </button>
            </PostForm>
        </details>
    }
}

/// Which job a form is about.
#[component]
fn Which(tenant: String, job: String) -> impl IntoView {
    view! {
        <Hidden name="tenant" value=tenant />
        <Hidden name="job" value=job />
    }
}
