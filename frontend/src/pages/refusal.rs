//! Pages for what cannot be shown: they say why, and who can help.

use crate::components::frame::{Frame, Page};
use crate::components::icon::Icon;
use crate::links;
use crate::pages::memberships::server::helpers;
use crate::session;
use leptos::prelude::*;
use weighhouse_core::{Ctx, Error};
use weighhouse_types::error::{Code, Problem};
use weighhouse_types::memberships::Member;

/// The refusal of a page inside the frame; answers with its status.
pub(crate) async fn page(ctx: &Ctx, error: &Error, tenant: &str) -> Page {
    let problem = shown(error, ctx.request_id());
    let helpers = if problem.code == Code::Forbidden && !tenant.is_empty() {
        helpers(ctx, tenant).await
    } else {
        Vec::new()
    };
    let back = if helpers.is_empty() { "/".to_owned() } else { links::tenant(tenant) };
    let lost = problem.code == Code::NotFound;
    Page::new(
        problem.title.clone(),
        view! { <Refused problem=problem helpers=helpers back=back lost=lost /> },
    )
}

/// A refusal before anybody is known.
pub(crate) fn bare(error: &Error) -> impl IntoView + use<> {
    alone(error, false)
}

fn alone(error: &Error, lost: bool) -> impl IntoView + use<> {
    let problem = shown(error, "");
    let page = Page::new(
        problem.title.clone(),
        view! { <Refused problem=problem helpers=Vec::new() back="/".to_owned() lost=lost /> },
    );
    view! { <Frame visitor=None page=page /> }
}

/// For addresses that lead nowhere.
pub(crate) fn nothing_here() -> impl IntoView {
    alone(&Error::not_found("page"), true)
}

/// The problem as shown, the answer's status set and faults inside logged.
fn shown(error: &Error, request_id: &str) -> Problem {
    let mut problem = error.problem();
    session::set_status(problem.status);
    if problem.status >= 500 {
        tracing::error!(request_id, %error, "a page failed");
    }
    problem.request_id = Some(request_id.to_owned()).filter(|id| !id.is_empty());
    problem
}

#[component]
fn Refused(
    problem: Problem,
    helpers: Vec<Member>,
    back: String,
    /// It may be somewhere that the visitor does not reach.
    lost: bool,
) -> impl IntoView {
    let icon = match problem.code {
        Code::NotFound => "search",
        Code::Forbidden => "shield-check",
        _ => "triangle-alert",
    };
    let title = match problem.code {
        Code::NotFound => "There is nothing here",
        Code::Forbidden => "Your role does not reach this",
        _ => problem.code.title(),
    };
    let request = problem.request_id.map(|id| view! { ", request " <code>{id}</code> });
    view! {
        <div class="middle">
            <div class="card empty">
                <Icon name=icon />
                <h1>{title}</h1>
                <p>{problem.detail}</p>
                {lost
                    .then(|| {
                        view! {
                            <p>
                                "If somebody sent you this address, ask them which client it belongs to, and have your role there checked."
                            </p>
                        }
                    })}
                <Helpers helpers=helpers />
                <p class="faint small">"Status " {problem.status} {request}</p>
                <a class="btn" href=back>
                    "Go back"
                </a>
            </div>
        </div>
    }
}

#[component]
fn Helpers(helpers: Vec<Member>) -> impl IntoView {
    (!helpers.is_empty()).then(|| {
        let people = helpers
            .into_iter()
            .map(|member| {
                view! {
                    <li>
                        <strong>{member.name}</strong>
                        {format!(" ({}), ", member.role)}
                        <a href=format!("mailto:{}", member.email)>{member.email.clone()}</a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <div>
                <p>"Who can help:"</p>
                <ul class="plain">{people}</ul>
            </div>
        }
    })
}
