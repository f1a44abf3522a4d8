//! What is signed of a log, and how anybody checks it.

use crate::components::chip::Chip;
use crate::components::command::{Command, Digest};
use crate::components::format::{count, plural};
use crate::components::note::{Note, Tone};
use crate::components::table::Fact;
use crate::components::time::{FullMoment, When};
use leptos::prelude::*;
use weighhouse_types::audit::{AuditCheckpoint, AuditHead, AuditRefusal};

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

/// The head of a log and its proof.
#[component]
pub(super) fn ProofCard(
    head: AuditHead,
    checkpoint: Option<AuditCheckpoint>,
    /// The client whose log it is, if it is one's.
    tenant: Option<String>,
) -> impl IntoView {
    let size = head.size;
    let badge = view! { <Badge size=size checkpoint=checkpoint.clone() /> };
    let commands = checkpoint.as_ref().zip(tenant).map(|(checkpoint, tenant)| commands(checkpoint, &tenant));
    view! {
        <section class="card" aria-label="Proof of the log">
            <dl class="facts facts-plain">
                <Fact term="Entries">
                    <span class="num">{count(size)}</span>
                </Fact>
                {head.root.map(|root| view! {
                    <Fact term="Root">
                        <Digest digest=root of="the log's root" />
                    </Fact>
                })}
                <Fact term="Signed">
                    {badge}
                </Fact>
                {checkpoint.map(|checkpoint| view! {
                    <Fact term="Key">
                        <Digest digest=checkpoint.key of="the key" />
                    </Fact>
                    <Fact term="Log">
                        <Digest digest=checkpoint.origin of="the log's name" />
                    </Fact>
                })}
            </dl>
            {commands.map(|lines| view! {
                <div class="card-body stack">
                    <p class="hint">
                        "Verify it yourself, offline and without trusting this server. Keep the key and each export somewhere of your own: the next one must go on from it ("
                        <code>"--checkpoint"</code>
                        ")."
                    </p>
                    <Command lines=lines />
                </div>
            })}
        </section>
    }
}

/// How far the log is signed.
#[component]
fn Badge(size: u64, checkpoint: Option<AuditCheckpoint>) -> impl IntoView {
    let Some(checkpoint) = checkpoint else {
        return view! {
            <Chip kind="development" icon="circle-dashed" word="Not signed yet" />
            " A worker with a log key signs within seconds of a change."
        }
        .into_any();
    };
    let waiting = size.saturating_sub(checkpoint.size);
    let rest = match waiting {
        0 => ", all of it, ".to_owned(),
        _ => format!(", {} to come, ", plural(waiting, "entry").replace("entrys", "entries")),
    };
    view! {
        <Chip kind="production" icon="shield-check" word="Signed" />
        {format!(" up to entry {}", count(checkpoint.size.saturating_sub(1)))}
        {rest}
        <When at=checkpoint.signed_at />
    }
    .into_any()
}

fn commands(checkpoint: &AuditCheckpoint, tenant: &str) -> Vec<String> {
    let file = format!("{tenant}-audit.jsonl");
    vec![
        format!("wh audit export {tenant} -o {file}"),
        format!("wh verify {file} --key '{}' --origin '{}'", checkpoint.key, checkpoint.origin),
    ]
}
