//! What is signed of a log, and how anybody checks it.

use crate::components::chip::Chip;
use crate::components::command::{Command, Digest};
use crate::components::format::count;
use crate::components::icon::Icon;
use crate::components::islands::copy::CopyButton;
use crate::components::note::{Note, Tone};
use crate::components::table::Fact;
use crate::components::time::{FullMoment, When};
use leptos::prelude::*;
use weighhouse_types::audit::{AuditCheckpoint, AuditHead, AuditRefusal, AuditSigned};

/// The warning above a log that the signer refuses.
#[component]
pub(super) fn Refused(refusal: Option<AuditRefusal>) -> impl IntoView {
    refusal.map(|refusal| {
        view! {
            <div role="alert">
                <Note tone=Tone::Bad>
                    <p>
                        <strong>"This log is not what was signed. "</strong>
                        {refusal.reason}
                    </p>
                    <p>
                        "Nothing more of it is signed since. Last looked at on "
                        <FullMoment at=refusal.at />
                        ". Keep your exports and checkpoints, and ask the operator: either data was lost and has to be restored, or somebody changed the record."
                    </p>
                </Note>
            </div>
        }
    })
}

/// The head of a log, how far it is signed, and how to check that.
#[component]
pub(super) fn ProofCard(
    head: AuditHead,
    signed: AuditSigned,
    /// The client whose log it is, if it is one's.
    tenant: Option<String>,
) -> impl IntoView {
    let AuditSigned { checkpoint, refusal } = signed;
    let badge = view! { <Badge size=head.size checkpoint=checkpoint.clone() refused=refusal.is_some() /> };
    view! {
        <section class="card" aria-label="Proof of the log">
            <dl class="facts facts-plain">
                <Fact term="Entries">
                    <span class="num">{count(head.size)}</span>
                </Fact>
                {head
                    .root
                    .map(|root| {
                        view! {
                            <Fact term="Root">
                                <Digest digest=root of="the log's root" />
                            </Fact>
                        }
                    })}
                <Fact term="Proof">{badge}</Fact>
            </dl>
            {checkpoint.map(|checkpoint| view! { <Verify checkpoint=checkpoint tenant=tenant /> })}
        </section>
    }
}

/// How far the log is signed.
#[component]
fn Badge(size: u64, checkpoint: Option<AuditCheckpoint>, refused: bool) -> impl IntoView {
    let Some(AuditCheckpoint { size: signed, signed_at, .. }) = checkpoint else {
        return view! {
            <Chip kind="development" icon="circle-dashed" word="Not signed yet" />
            " A worker with a log key signs within seconds of a change."
        }
        .into_any();
    };
    let last = count(signed.saturating_sub(1));
    let waiting = count(size.saturating_sub(signed));
    let (kind, icon, word, words) = if refused {
        ("rejected", "octagon-x", "Refused", format!(" Last signed up to entry {last}, "))
    } else if size > signed {
        ("production", "shield-check", "Signed", format!(" up to entry {last} ({waiting} to come), "))
    } else {
        ("production", "shield-check", "Signed", format!(" up to entry {last}, the newest, "))
    };
    view! {
        <Chip kind=kind icon=icon word=word />
        {words}
        <When at=signed_at />
    }
    .into_any()
}

/// What somebody needs to verify the log elsewhere.
#[component]
fn Verify(checkpoint: AuditCheckpoint, tenant: Option<String>) -> impl IntoView {
    let commands = tenant.map(|tenant| commands(&checkpoint, &tenant));
    let AuditCheckpoint { origin, key, .. } = checkpoint;
    view! {
        <details class="fold">
            <summary>
                <Icon name="chevron-right" />
                <h2>"Verify it yourself"</h2>
            </summary>
            <dl class="facts">
                <Fact term="Key">
                    <Copied text=key what="key" />
                </Fact>
                <Fact term="Log">
                    <Copied text=origin what="name of the log" />
                </Fact>
            </dl>
            {commands
                .map(|lines| {
                    view! {
                        <div class="card-body stack">
                            <p class="hint">
                                "Offline, and without trusting this server. Keep the key and each export somewhere of your own; "
                                <code>"--checkpoint"</code> " shows that the next export goes on from an earlier one."
                            </p>
                            <Command lines=lines />
                        </div>
                    }
                })}
        </details>
    }
}

/// A text to be copied.
#[component]
fn Copied(text: String, what: &'static str) -> impl IntoView {
    view! {
        <span class="digest">
            <code>{text.clone()}</code>
            <CopyButton text=text what=what.to_owned() />
        </span>
    }
}

fn commands(checkpoint: &AuditCheckpoint, tenant: &str) -> Vec<String> {
    let file = format!("{tenant}-audit.jsonl");
    vec![
        format!("wh audit export {tenant} -o {file}"),
        format!("wh verify {file} --key '{}' --origin '{}'", checkpoint.key, checkpoint.origin),
    ]
}
