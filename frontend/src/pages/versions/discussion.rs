//! What people say about a version, oldest first, and the form to say more.

use super::server::CommentAdd;
use crate::components::field::{Hidden, PostForm, TextArea};
use crate::components::icon::Icon;
use crate::components::markdown::Markdown;
use crate::components::note::Empty;
use crate::components::time::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::attestations::Attestation;
use weighhouse_types::reference::VersionRef;

#[component]
pub(crate) fn Discussion(
    of: VersionRef,
    /// Newest first, as lists give them.
    comments: Vec<Attestation>,
    /// The page that shows it, to come back to.
    back: String,
) -> impl IntoView {
    let none = comments.is_empty();
    let said = comments.into_iter().rev().map(|comment| view! { <Said comment=comment /> }).collect_view();
    let thread = if none {
        view! {
            <Empty title="Nothing said yet">
                <p>"Questions and answers about this version stand here, for everybody who sees it."</p>
            </Empty>
        }
        .into_any()
    } else {
        view! { <ol class="thread card-body">{said}</ol> }.into_any()
    };
    view! {
        <section class="card" id="discussion" aria-labelledby="discussion-title">
            <div class="card-head">
                <h2 id="discussion-title">"Discussion"</h2>
                <span class="push">{format!("about version {}", of.number)}</span>
            </div>
            {thread}
            <div class="card-body">
                <PostForm action=CommentAdd::PATH class="form">
                    <Hidden name="version" value=of.to_string() />
                    <Hidden name="back" value=back />
                    <TextArea
                        name="text"
                        label="Comment"
                        hint="CommonMark. Stays on record; it does not change what approvals are about."
                        required=true
                        max=10_000
                    />
                    <button type="submit" class="btn">
                        "Comment"
                    </button>
                </PostForm>
            </div>
        </section>
    }
}

#[component]
fn Said(comment: Attestation) -> impl IntoView {
    let text = comment.body.get("text").and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    view! {
        <li>
            <Icon name="user-round" />
            <p>
                <strong>{comment.by.unwrap_or_else(|| "The operator".into())}</strong>
                <span class="faint">", " <When at=comment.at /></span>
            </p>
            <Markdown text=text />
        </li>
    }
}
