//! The decision: what is asked of the visitor, and what was decided.

use super::server::{Decide, Withdraw};
use crate::components::confirm::{Confirm, ConfirmButton};
use crate::components::field::{Hidden, PostForm};
use crate::components::icon::Icon;
use crate::components::time::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::promotions::{Approval, Decision, Promotion, PromotionState};

/// Approve or reject, each after a question that names what it does.
#[component]
pub(super) fn DecisionCard(promotion: Promotion) -> impl IntoView {
    let number = promotion.evidence.version.number;
    let target = promotion.evidence.target;
    let old = promotion.evidence.production.as_ref().map(|now| now.number);
    let approve =
        old.map_or_else(|| "Approve…".to_owned(), |old| format!("Approve, replacing version {old}…"));
    let effect = match (promotion.quorum > 1, old) {
        (true, _) => format!("It takes {} approvals by different people.", promotion.quorum),
        (false, Some(old)) => {
            format!("Approving puts version {number} into {target} at once and archives version {old}.")
        }
        (false, None) => format!("Approving puts version {number} into {target} at once."),
    };
    let rejected = promotion.clone();
    view! {
        <section class="ticket" aria-labelledby="decide">
            <div class="ticket-head">
                <h2 id="decide">"Your decision"</h2>
            </div>
            <div class="card-body stack-s">
                <p class="dim">{effect.clone()}</p>
                <ConfirmButton id="ask-approve" class="btn btn-primary btn-wide" icon="check">
                    {approve}
                </ConfirmButton>
                <ConfirmButton id="ask-reject" class="btn btn-danger btn-wide" icon="x">
                    "Reject…"
                </ConfirmButton>
            </div>
            <Confirm id="ask-approve" title=format!("Approve version {number} for {target}?")>
                <DecideForm promotion=promotion decision=Decision::Approve effect=effect />
            </Confirm>
            <Confirm id="ask-reject" title=format!("Reject version {number}?")>
                <DecideForm
                    promotion=rejected
                    decision=Decision::Reject
                    effect="The request is closed. The requester gets your reason by e-mail.".to_owned()
                />
            </Confirm>
        </section>
    }
}

#[component]
fn DecideForm(promotion: Promotion, decision: Decision, effect: String) -> impl IntoView {
    let old = promotion.evidence.production.as_ref().map(|now| now.number);
    let (class, words) = match (decision, old) {
        (Decision::Approve, Some(old)) => ("btn btn-primary", format!("Approve and replace version {old}")),
        (Decision::Approve, None) => ("btn btn-primary", "Approve".to_owned()),
        (Decision::Reject, _) => ("btn btn-danger", "Reject".to_owned()),
    };
    view! {
        <PostForm action=Decide::PATH class="form">
            <p>{effect}</p>
            <Hidden name="tenant" value=promotion.summary.version.model.tenant />
            <Hidden name="promotion" value=promotion.summary.id.to_string() />
            <Hidden name="evidence_digest" value=promotion.evidence_digest />
            <Hidden name="decision" value=decision.as_str() />
            <div class="field">
                <label for=format!("reason-{}", decision.as_str())>"Reason"</label>
                <textarea
                    class="input"
                    id=format!("reason-{}", decision.as_str())
                    name="reason"
                    required=true
                    maxlength=2000
                >
                    {crate::forms::Flash::kept(Decide::PATH, "reason")}
                </textarea>
                <span class="hint">"Goes into the audit log and to the requester."</span>
            </div>
            <div class="row">
                <button type="submit" class=class>
                    {words}
                </button>
            </div>
        </PostForm>
    }
}

/// Takes a request back.
#[component]
pub(super) fn WithdrawCard(promotion: Promotion) -> impl IntoView {
    view! {
        <PostForm action=Withdraw::PATH class="row">
            <Hidden name="tenant" value=promotion.summary.version.model.tenant />
            <Hidden name="promotion" value=promotion.summary.id.to_string() />
            <button type="submit" class="btn-plain">
                <Icon name="circle-minus" />
                "Withdraw this request"
            </button>
        </PostForm>
    }
}

/// How many approvals there are, and who is still needed.
#[component]
pub(super) fn ApprovalsCard(promotion: Promotion) -> impl IntoView {
    let given = promotion
        .approvals
        .iter()
        .filter(|approval| approval.decision == Decision::Approve && !approval.void)
        .count();
    let quorum = usize::try_from(promotion.quorum).unwrap_or(usize::MAX);
    let words = match promotion.summary.state {
        PromotionState::Open if quorum == given + 1 => {
            "Still needed: one approver of the client. Neither requester nor author counts."
        }
        PromotionState::Open => "Still needed: approvers of the client. Neither requester nor author counts.",
        PromotionState::Approved => "The request has what it needed.",
        PromotionState::Rejected => "One rejection closes a request.",
        PromotionState::Withdrawn => "The request was taken back before a decision.",
    };
    view! {
        <section class="card" aria-labelledby="approvals">
            <div class="card-head">
                <h2 id="approvals">"Approvals"</h2>
                <span class="push num">{format!("{given} of {quorum}")}</span>
            </div>
            <div class="card-body stack-s small dim">
                <p>{words}</p>
                {promotion.cannot_decide.map(|why| view! { <p>{why}</p> })}
            </div>
        </section>
    }
}

/// The request and the decisions, as a thread.
#[component]
pub(super) fn Thread(promotion: Promotion) -> impl IntoView {
    let asked = promotion.summary;
    let decisions = promotion
        .approvals
        .into_iter()
        .map(|approval| view! { <ApprovalStep approval=approval /> })
        .collect_view();
    view! {
        <section class="card card-body" aria-label="Request and decisions">
            <ol class="thread">
                <li>
                    <Icon name="user-round" />
                    <p>
                        <strong>{asked.requester}</strong>
                        <span class="faint">" asked, " <When at=asked.created_at /></span>
                    </p>
                    {(!asked.reason.is_empty()).then(|| view! { <p class="said">{asked.reason}</p> })}
                </li>
                {decisions}
                {match (asked.state, asked.closed_at) {
                    (PromotionState::Withdrawn, Some(at)) => {
                        Some(
                            view! {
                                <li>
                                    <Icon name="circle-minus" />
                                    <p>"Withdrawn " <span class="faint"><When at=at /></span></p>
                                </li>
                            },
                        )
                    }
                    _ => None,
                }}
            </ol>
        </section>
    }
}

#[component]
fn ApprovalStep(approval: Approval) -> impl IntoView {
    let (icon, class, word) = match approval.decision {
        Decision::Approve => ("circle-check", "good", "approved"),
        Decision::Reject => ("circle-x", "bad", "rejected"),
    };
    let class = if approval.void { "" } else { class };
    view! {
        <li>
            <Icon name=icon class=class />
            <p>
                <strong>{approval.by}</strong>
                {format!(" {word}")}
                <span class="faint">", " <When at=approval.at /></span>
            </p>
            <p class="said">{approval.reason}</p>
            {approval
                .void
                .then(|| {
                    view! { <p class="small dim">"Void: the evidence has changed since. It does not count."</p> }
                })}
        </li>
    }
}
