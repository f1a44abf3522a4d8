//! How often a password, or the link of a mail, may be tried.
//!
//! A stranger who guesses at a login uses up what their own network has for
//! it, and at last what all networks together have. The person does not wait
//! for them: a browser in which they signed in before has a count of its own,
//! and the link of a reset mail works whatever was counted.

use super::queries::links;
use crate::kernel::app::App;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::throttle::{self, Counter, Limit};
use crate::kernel::tx::PlatformTx;
use std::time::Duration;

const FAILED: &str = "Too many failed sign-ins with this login. Wait {wait}, then try again; or choose a new password by mail, which works at once.";

/// Failures with one login from one network.
static OF_BOTH: Limit = Limit { name: "both", burst: 10, every: Duration::from_mins(1), words: FAILED };
/// Failures with one login from wherever.
static OF_LOGIN: Limit = Limit { name: "login", burst: 50, every: Duration::from_mins(1), words: FAILED };
/// Failures with one login from a browser that knows it.
static OF_DEVICE: Limit = Limit { name: "device", burst: 10, every: Duration::from_mins(1), words: FAILED };
/// Failures from one network, whichever the login.
static OF_NETWORK: Limit = Limit {
    name: "network",
    burst: 100,
    every: Duration::from_secs(10),
    words: "Too many failed sign-ins from your network. Wait {wait}, then try again.",
};
/// Links that lead nowhere, from one network.
static LINKS: Limit = Limit {
    name: "links",
    burst: 30,
    every: Duration::from_secs(10),
    words: "Too many links that do not work were opened from your network. Wait {wait}, then try again.",
};

/// An attempt to sign in, by what is counted of it.
pub(super) struct Attempt<'a> {
    email: &'a str,
    network: Option<String>,
    device: Option<&'a str>,
    /// The device, where somebody signed in with this login before.
    known: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    pub(super) fn of(ctx: &'a Ctx, email: &'a str) -> Self {
        let device = ctx.origin.device.as_deref().filter(|device| secret::is_opaque(device));
        Self { email, network: ctx.origin.network(), device, known: None }
    }

    /// Begins it, unless too much is under way in this process. That is asked
    /// before anything else is done, but for browsers that are known: others
    /// must not use up what is theirs.
    pub(super) async fn begin(mut self, app: &App) -> Result<Self> {
        if let Some(device) = self.device {
            let mut tx = PlatformTx::begin(app).await?;
            let known = links::device_known(&mut tx, self.email, device).await?;
            self.known = Some(device).filter(|_| known);
            tx.finish().await?;
        }
        match (self.known, &self.network) {
            (Some(device), _) => app.gates.login(self.email, device)?,
            (None, Some(network)) => {
                app.gates.network(network)?;
                app.gates.login(self.email, network)?;
            }
            (None, None) => app.gates.login(self.email, "")?,
        }
        Ok(self)
    }

    /// The counts that decide, and grow when it fails.
    pub(super) fn counters(&self) -> Vec<Counter> {
        if let Some(device) = self.known {
            return vec![OF_DEVICE.of(&[self.email, device])];
        }
        let mut counters = vec![OF_LOGIN.of(&[self.email])];
        if let Some(network) = &self.network {
            counters.extend([OF_BOTH.of(&[self.email, network]), OF_NETWORK.of(&[network])]);
        }
        counters
    }

    /// After the right password: this network and browser start afresh. What
    /// strangers tried elsewhere stays counted.
    pub(super) async fn succeeded(&self, tx: &mut PlatformTx<'_>) -> Result<()> {
        let both = self.network.as_deref().map(|network| OF_BOTH.of(&[self.email, network]));
        let device = self.device.map(|device| OF_DEVICE.of(&[self.email, device]));
        let own: Vec<Counter> = both.into_iter().chain(device).collect();
        throttle::clear(tx, &own).await
    }
}

/// After a new password by mail: everything counted against the login and
/// this network's attempts at it.
pub(super) async fn forgive(tx: &mut PlatformTx<'_>, ctx: &Ctx, email: &str) -> Result<()> {
    let attempt = Attempt::of(ctx, email);
    throttle::clear(tx, &[OF_LOGIN.of(&[email])]).await?;
    attempt.succeeded(tx).await
}

/// Gives what a link led to. Links that led nowhere are counted, and refused
/// at last; one that works always does.
pub(crate) async fn link_found<T>(ctx: &Ctx, found: Option<T>, gone: impl FnOnce() -> Error) -> Result<T> {
    if let Some(found) = found {
        return Ok(found);
    }
    if let Some(network) = ctx.origin.network() {
        let tx = PlatformTx::begin(ctx.app()).await?;
        throttle::take(tx, &[LINKS.of(&[&network])]).await?.commit_bookkeeping().await?;
    }
    Err(gone())
}
