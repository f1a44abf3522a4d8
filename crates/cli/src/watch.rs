//! Following a promotion request until it is decided.

use crate::args::{Output, Patience};
use crate::http::Client;
use crate::output;
use crate::promotion::decision;
use crate::retry::Pace;
use crate::urls::Path;
use anyhow::Result;
use std::process::ExitCode;
use tokio::time::Instant;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::memberships::Member;
use weighhouse_types::permission::{Action, allows};
use weighhouse_types::promotions::{Decision, Promotion, PromotionState};

/// Exit codes of a request that was not approved, as the help says.
const REJECTED: u8 = 3;
const WITHDRAWN: u8 = 4;
const STILL_OPEN: u8 = 5;

/// Says what happens to a request until it is decided or time is over; the
/// exit code says how it ended.
pub(crate) async fn watch(
    client: &Client,
    tenant: &str,
    id: PromotionId,
    patience: Patience,
    output: Output,
) -> Result<ExitCode> {
    let say = |line: &str| -> Result<()> {
        let line = format!("{}  {line}\n", output::time(chrono::Utc::now()));
        if output.json {
            eprint!("{}", output::clean(&line));
            return Ok(());
        }
        output::print(&line)
    };
    let path = Path::promotion(tenant, id);
    let until = Instant::now() + patience.timeout;
    let mut answer = client.read(&path, &[]).await?;
    let mut seen: Option<Promotion> = None;
    let mut pace = Pace::default();
    loop {
        let now: Promotion = answer.decode()?;
        let news = news(seen.as_ref(), &now);
        if !news.is_empty() {
            pace = Pace::default();
        }
        news.iter().try_for_each(|line| say(line))?;
        if !news.is_empty()
            && let Some(needed) = needed(client, &now).await
        {
            say(&format!("waits for {needed}"))?;
        }
        let over = Instant::now() >= until;
        if over && now.summary.state == PromotionState::Open {
            say("still open, and the time to wait is over")?;
        }
        if over || now.summary.state != PromotionState::Open {
            if output.json {
                output::json(&answer.json)?;
            }
            return Ok(code(now.summary.state));
        }
        seen = Some(now);
        answer = loop {
            tokio::time::sleep_until(until.min(Instant::now() + pace.next())).await;
            match client.get(&path, &[]).await {
                // A server that is away for longer than others wait comes back too.
                Err(error) if error.is_transient() && Instant::now() < until => {
                    eprintln!("{}; looking again", output::clean(&error.to_string()));
                }
                answer => break answer?,
            }
        };
    }
}

fn code(state: PromotionState) -> ExitCode {
    match state {
        PromotionState::Approved => ExitCode::SUCCESS,
        PromotionState::Rejected => REJECTED.into(),
        PromotionState::Withdrawn => WITHDRAWN.into(),
        PromotionState::Open => STILL_OPEN.into(),
    }
}

/// What happened between two looks at a request, a line each.
fn news(before: Option<&Promotion>, now: &Promotion) -> Vec<String> {
    let summary = &now.summary;
    let mut lines = Vec::new();
    match before {
        None => lines.push(format!(
            "{} to {} is {}: asked by {}, “{}”",
            summary.version,
            summary.target,
            summary.state.as_str(),
            summary.requester,
            summary.reason
        )),
        Some(before) if before.evidence_digest != now.evidence_digest => {
            let production = now.evidence.production.as_ref();
            let production = production.map_or_else(|| "nothing".into(), |p| format!("@{}", p.number));
            lines.push(format!(
                "the evidence changed ({production} is in production now): decisions given before are void"
            ));
        }
        Some(_) => (),
    }
    let known = |approval| before.is_some_and(|before| before.approvals.contains(approval));
    // What became void is told by the line about the evidence.
    let fresh = now.approvals.iter().filter(|a| !known(a) && (before.is_none() || !a.void));
    lines.extend(fresh.map(decision));
    if before.is_some_and(|before| before.summary.state != summary.state) {
        let version = &summary.version;
        lines.push(match summary.state {
            PromotionState::Approved => format!("approved: {version} is in {}", summary.target),
            PromotionState::Rejected => format!("rejected: {version} stays where it is"),
            PromotionState::Withdrawn => "withdrawn".into(),
            PromotionState::Open => "open again".into(),
        });
    }
    lines
}

/// Whose approval is still needed; nothing once a request is closed.
pub(crate) async fn needed(client: &Client, promotion: &Promotion) -> Option<String> {
    if promotion.summary.state != PromotionState::Open {
        return None;
    }
    let path = Path::tenant(&promotion.summary.version.model.tenant).join(["members"]);
    // Names are a help; a request is followed without them.
    let members = match client.get(&path, &[]).await {
        Ok(answer) => answer.decode().unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    Some(needed_of(promotion, &members))
}

fn needed_of(promotion: &Promotion, members: &[Member]) -> String {
    let counted = || promotion.approvals.iter().filter(|a| !a.void && a.decision == Decision::Approve);
    let given = u32::try_from(counted().count()).unwrap_or(u32::MAX);
    let count = format!(
        "{} of {} approval{}",
        promotion.quorum.saturating_sub(given),
        promotion.quorum,
        if promotion.quorum == 1 { "" } else { "s" }
    );
    let name = |member: &&Member| -> bool {
        let name = &member.name;
        allows(member.role, Action::PromotionDecide)
            && *name != promotion.summary.requester
            && *name != promotion.author
            && !counted().any(|approval| approval.by == *name)
    };
    let names: Vec<_> = members.iter().filter(name).map(|member| member.name.as_str()).collect();
    match (members.is_empty(), names.is_empty()) {
        (true, _) => count,
        (false, true) => format!("{count}, but nobody here may give it: invite an approver"),
        (false, false) => format!("{count}, by {}", names.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn promotion(state: &str, evidence: &str, approvals: &[(&str, bool)]) -> Promotion {
        let version = json!({"model": {"tenant": "aa", "project": "bb", "model": "c"}, "number": 2});
        let at = "2026-03-15T09:30:00Z";
        let approval = |(by, void): &(&str, bool)| json!({"by": by, "decision": "approve", "reason": "fine", "at": at, "void": void});
        serde_json::from_value(json!({
            "id": "0199a7f2-8c1e-7a54-9d3b-2f6f0e5f7a11", "version": version, "target": "production",
            "state": state, "requester": "ann", "reason": "better", "created_at": at, "closed_at": null,
            "author": "ann", "evidence_digest": evidence, "quorum": 2, "cannot_decide": null, "changes": [],
            "approvals": approvals.iter().map(approval).collect::<Vec<_>>(),
            "evidence": {
                "version": version, "version_digest": "d", "target": "production",
                "completeness": {"present": [], "missing": []}, "evaluation": null, "production": null,
            },
        }))
        .unwrap()
    }

    #[test]
    fn what_happened_is_told_once() {
        let open = promotion("open", "e1", &[]);
        assert_eq!(news(None, &open), ["aa/bb/c@2 to production is open: asked by ann, “better”"]);
        assert!(news(Some(&open), &open).is_empty());
        let one = promotion("open", "e1", &[("bob", false)]);
        assert_eq!(news(Some(&open), &one), ["bob approved, 2026-03-15 09:30:00 UTC: fine"]);
        let void = promotion("open", "e2", &[("bob", true)]);
        let lines = news(Some(&one), &void);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("nothing is in production now") && lines[0].contains("void"), "{lines:?}");
        let closed = promotion("approved", "e2", &[("bob", false), ("eve", false)]);
        let lines = news(Some(&promotion("open", "e2", &[("bob", false)])), &closed);
        assert!(lines[0].starts_with("eve approved"), "{lines:?}");
        assert_eq!(lines[1], "approved: aa/bb/c@2 is in production");
        let lines = news(None, &closed);
        assert_eq!(lines.len(), 3, "who comes late is told all of it: {lines:?}");
    }

    #[test]
    fn who_is_still_needed_is_named() {
        let member = |name: &str, role| -> Member {
            serde_json::from_value(json!({
                "user": "0199a7f2-8c1e-7a54-9d3b-2f6f0e5f7a11", "name": name, "email": "x@y.example",
                "role": {"tenant": role}, "since": "2026-03-15T09:30:00Z",
            }))
            .unwrap()
        };
        let people = ["bob", "eve", "ann"].map(|name| member(name, "approver"));
        let people = [&people[..], &[member("vic", "viewer")]].concat();
        let of = |approvals| needed_of(&promotion("open", "e", approvals), &people);
        assert_eq!(of(&[]), "2 of 2 approvals, by bob or eve", "the requester does not count");
        assert_eq!(of(&[("bob", false)]), "1 of 2 approvals, by eve");
        assert_eq!(of(&[("bob", true)]), "2 of 2 approvals, by bob or eve", "what is void does not count");
        let nobody = needed_of(&promotion("open", "e", &[]), &people[3..]);
        assert!(nobody.contains("invite an approver"), "{nobody}");
        assert_eq!(needed_of(&promotion("open", "e", &[]), &[]), "2 of 2 approvals");
    }
}
