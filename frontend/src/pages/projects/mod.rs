//! A project: its models.

pub(crate) mod server;

use crate::components::card::Card;
use crate::components::command::Command;
use crate::components::field::{Hidden, NameFields, PostForm};
use crate::components::frame::{Page, Tab};
use crate::pages::models::list::{Filter, ModelList};
use crate::pages::tenancy::home::NoModels;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{NewProject, ProjectShown};
use weighhouse_types::permission::{Action, allows};

#[component]
pub(crate) fn ProjectPage() -> impl IntoView {
    let (tenant, project) = (session::param("tenant"), session::param("project"));
    let cursor = session::query("cursor");
    let filter = Filter::of_request();
    session::page(async move |ctx| {
        let ProjectShown { tenant, project, models, url } =
            server::project(&ctx, &tenant, &filter.query(Some(&project), cursor), &project).await?;
        let content = if models.items.is_empty() && filter.is_empty() {
            view! {
                <section class="card">
                    <NoModels tenant=tenant.clone() project=project.slug.clone() url=Some(url) />
                </section>
            }
            .into_any()
        } else {
            let push = allows(tenant.role, Action::VersionRegister)
                .then(|| view! { <PushCard tenant=tenant.slug.clone() project=project.slug.clone() /> });
            view! {
                <ModelList tenant=tenant.slug.clone() project=project.slug.clone() models=models filter=filter />
                {push}
            }
            .into_any()
        };
        let body = view! {
            <div class="head">
                <div class="head-title">
                    <h1>{project.name.clone()}</h1>
                    <span class="mono faint">{project.slug}</span>
                </div>
            </div>
            <div class="stack">{content}</div>
        };
        Ok(Page::of(tenant, Tab::Models, project.name, body))
    })
}

#[component]
fn PushCard(tenant: String, project: String) -> impl IntoView {
    view! {
        <Card id="push" icon="terminal" title="Push another model">
            <div class="card-body stack-s">
                <Command lines=vec![
                    format!("wh push ./my-model --model {tenant}/{project}/my-model --context context.toml"),
                ] />
                <p class="hint">"A model that is not there yet is made by its first push."</p>
            </div>
        </Card>
    }
}

/// Makes a project.
#[component]
pub(crate) fn NewProjectForm(tenant: String) -> impl IntoView {
    view! {
        <PostForm action=NewProject::PATH class="form">
            <Hidden name="tenant" value=tenant />
            <NameFields name="Claims" slug="claims" />
            <div class="row">
                <button type="submit" class="btn btn-primary">
                    "Make the project"
                </button>
            </div>
        </PostForm>
    }
}
