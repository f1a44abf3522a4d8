//! What was attested about a version: repeated results with their band, what
//! a scan found, and who signed.

use crate::components::command::Digest;
use crate::components::format::metric;
use crate::components::note::{Empty, Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::components::time::When;
use leptos::prelude::*;
use serde_json::Value;
use weighhouse_types::attestations::{
    Attestation, AttestationKind, Band, Evaluated, Finding, Scan, Severity, Signature, bands,
};
use weighhouse_types::context::Evaluation;

/// Attestations of one kind, newest first, with what they hold.
fn of<T: serde::de::DeserializeOwned>(
    attested: &[Attestation],
    kind: AttestationKind,
) -> Vec<(Attestation, T)> {
    let read = |a: &Attestation| Some((a.clone(), serde_json::from_value(a.body.clone()).ok()?));
    attested.iter().filter(|a| a.kind == kind).filter_map(read).collect()
}

fn who(attestation: &Attestation) -> String {
    attestation.by.clone().unwrap_or_else(|| "Weighhouse".into())
}

#[component]
pub(super) fn Attested(
    attested: Vec<Attestation>,
    /// The evaluation component of the version.
    evaluation: Option<Value>,
    /// The page of trusted signers.
    signers: String,
) -> impl IntoView {
    view! {
        <Results attested=attested.clone() evaluation=evaluation />
        <Scanned scans=of(&attested, AttestationKind::Scan) />
        <Signatures signatures=of(&attested, AttestationKind::Signature) signers=signers />
    }
}

/// Every metric over all results there are, where some came later.
#[component]
fn Results(attested: Vec<Attestation>, evaluation: Option<Value>) -> impl IntoView {
    let later: Vec<(Attestation, Evaluated)> = of(&attested, AttestationKind::Evaluation);
    (!later.is_empty()).then(|| {
        let own: Vec<Evaluation> =
            evaluation.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        let results = own.iter().chain(later.iter().rev().flat_map(|(_, it)| &it.results));
        let rows = bands(results).into_iter().map(|band| view! { <BandRow band=band /> }).collect_view();
        let made = later
            .into_iter()
            .map(|(attestation, it)| {
                let run = it.run.map(|run| format!(", run {run}")).unwrap_or_default();
                view! {
                    <li>
                        {format!("{} by {}{run}, ", attestation.summary(), who(&attestation))}
                        <When at=attestation.at /> " "
                        <Digest digest=attestation.digest of="the attestation" short=true />
                        {it.note.map(|note| view! { <p class="dim">{note}</p> })}
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="card" aria-labelledby="attested-title">
                <div class="card-head">
                    <h2 id="attested-title">"All results"</h2>
                    <span class="push">"repeats of one set make a band"</span>
                </div>
                <Scroll label="All results">
                    <table class="table table-tight">
                        <Heads columns=&[
                            ("Test set", ""),
                            ("Metric", ""),
                            ("Newest", "r"),
                            ("Mean", "r"),
                            ("Band", "r"),
                            ("Results", "r"),
                        ] />
                        <tbody>{rows}</tbody>
                    </table>
                </Scroll>
                <ul class="card-body stack-s small">{made}</ul>
            </section>
        }
    })
}

#[component]
fn BandRow(band: Band) -> impl IntoView {
    let range = if band.count > 1 {
        format!("{} – {}", metric(band.min), metric(band.max))
    } else {
        "–".to_owned()
    };
    let direction = if band.lower_is_better { "lower is better" } else { "higher is better" };
    view! {
        <tr>
            <th scope="row">
                {band.dataset} {band.slice.map(|slice| view! { <span class="sub">{slice}</span> })}
            </th>
            <td>{band.metric} <span class="sub">{direction}</span></td>
            <td class="r">{metric(band.latest)}</td>
            <td class="r">{metric(band.mean)}</td>
            <td class="r nowrap">{range}</td>
            <td class="r">{band.count}</td>
        </tr>
    }
}

#[component]
fn Scanned(scans: Vec<(Attestation, Scan)>) -> impl IntoView {
    let content = match scans.into_iter().next() {
        None => view! {
            <Empty title="Not scanned yet">
                <p>"A worker reads the files after registration. It never loads them."</p>
            </Empty>
        }
        .into_any(),
        Some((attestation, scan)) => {
            let (tone, words) = verdict(&scan);
            let findings = scan.findings.clone();
            let formats: Vec<String> =
                scan.formats.iter().map(|(format, count)| format!("{count} {format}")).collect();
            view! {
                <div class="card-body stack-s">
                    <Note tone=tone>{words}</Note>
                    <p class="small dim">
                        {format!("{}: {} by {}, ", formats.join(", "), attestation.kind, scan.scanner)}
                        <When at=attestation.at /> " "
                        <Digest digest=attestation.digest of="the scan" short=true />
                    </p>
                </div>
                {(!findings.is_empty()).then(|| view! { <Findings findings=findings more=scan.more /> })}
            }
            .into_any()
        }
    };
    view! {
        <section class="card" id="scan" aria-labelledby="scan-title">
            <div class="card-head">
                <h2 id="scan-title">"Scan of the files"</h2>
                <span class="push">"what they run when loaded"</span>
            </div>
            {content}
        </section>
    }
}

fn verdict(scan: &Scan) -> (Tone, String) {
    let (danger, warning) = (scan.count(Severity::Danger), scan.count(Severity::Warning));
    match (danger, warning, scan.count(Severity::Note)) {
        (1.., ..) => (
            Tone::Bad,
            format!(
                "Do not load these files: {danger} dangerous imports would run something else than a model."
            ),
        ),
        (0, 1.., _) => (Tone::Warn, format!("{warning} files could not be read to the end.")),
        (0, 0, 0) => (Tone::Good, "Nothing in the files runs code that the scan does not know.".into()),
        (0, 0, notes) => (
            Tone::Plain,
            format!("No danger found. {notes} imports are of libraries that the scan does not know."),
        ),
    }
}

#[component]
fn Findings(findings: Vec<Finding>, more: u64) -> impl IntoView {
    let row = |finding: Finding| {
        let class = match finding.severity {
            Severity::Danger => "bad",
            Severity::Warning => "warn",
            Severity::Note => "faint",
        };
        view! {
            <tr>
                <td class=class>{finding.severity.as_str()}</td>
                <th scope="row" class="mono">
                    {finding.what}
                    <span class="sub">{finding.why}</span>
                </th>
                <td class="mono">{finding.path} <span class="sub">{format!("byte {}", finding.offset)}</span></td>
            </tr>
        }
    };
    view! {
        <Scroll label="Findings">
            <table class="table table-tight">
                <Heads columns=&[("Severity", ""), ("What", ""), ("Where", "")] />
                <tbody>{findings.into_iter().map(row).collect_view()}</tbody>
            </table>
        </Scroll>
        {(more > 0).then(|| view! { <p class="card-body small dim">{format!("And {more} more.")}</p> })}
    }
}

#[component]
fn Signatures(signatures: Vec<(Attestation, Signature)>, signers: String) -> impl IntoView {
    let content = if signatures.is_empty() {
        view! {
            <Empty title="Not signed">
                <p>
                    "A signature of OpenSSF model-signing over the files is attached with " <code>"wh attest signature"</code> "."
                </p>
            </Empty>
        }
        .into_any()
    } else {
        signatures
            .into_iter()
            .map(|(attestation, signature)| view! { <SignatureShown attestation=attestation signature=signature /> })
            .collect_view()
            .into_any()
    };
    view! {
        <section class="card" id="signatures" aria-labelledby="signatures-title">
            <div class="card-head">
                <h2 id="signatures-title">"Signatures"</h2>
                <a class="push" href=signers>
                    "trusted signers"
                </a>
            </div>
            {content}
        </section>
    }
}

#[component]
fn SignatureShown(attestation: Attestation, signature: Signature) -> impl IntoView {
    let signer = signature.signer.clone().unwrap_or_else(|| "nobody who is trusted".into());
    let (tone, words) = match signature.verified {
        true => (Tone::Good, format!("Signed by {signer}: every file is what was signed.")),
        false => (Tone::Bad, format!("Not verified. Signed by {signer}.")),
    };
    let problems = signature.problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect_view();
    view! {
        <div class="card-body stack-s">
            <Note tone=tone>{words}</Note>
            <ul class="small">{problems}</ul>
            {signature
                .certificate
                .map(|certificate| {
                    view! {
                        <p class="small">
                            {format!(
                                "Its certificate says: {}{}. Identity not verified: no transparency log reachable.",
                                certificate.identities.join(", "),
                                certificate
                                    .issuer
                                    .map(|issuer| format!(", known to {issuer}"))
                                    .unwrap_or_default(),
                            )}
                        </p>
                    }
                })}
            <p class="small dim">
                {format!("Handed in by {}, ", who(&attestation))} <When at=attestation.at /> " "
                <Digest digest=attestation.digest of="the attestation" short=true />
            </p>
        </div>
    }
}
