//! How often something may be attempted: in this process, and across all of
//! them in Postgres. Both count by GCRA, so that what was used up comes back
//! bit by bit and nobody is kept out for good.

use super::app::App;
use super::error::{Error, Result};
use super::secret::sha256;
use super::sql::sql_query;
use super::tx::PlatformTx;
use diesel::sql_types::{Array, Binary, Double};
use diesel_async::RunQueryDsl;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::num::NonZero;
use std::time::Duration;
use weighhouse_types::error::Code;

/// How often something may happen: `burst` times at once, then once `every`
/// so often.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Keeps the counts of different limits apart.
    pub(crate) name: &'static str,
    pub(crate) burst: u32,
    pub(crate) every: Duration,
    /// What is said to those beyond it; `{wait}` stands for how long to wait.
    pub(crate) words: &'static str,
}

/// However often something was attempted, waiting for so many times `every`
/// is enough.
const DEBT: u32 = 15;

/// A hash of who and what: nothing of either can be read from it.
pub(crate) type Key = [u8; 16];

/// What one limit counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter {
    limit: &'static Limit,
    key: Key,
}

impl Limit {
    /// The count for these values, such as a login and a network.
    pub(crate) fn of(&'static self, values: &[&str]) -> Counter {
        let mut text = self.name.to_owned();
        for value in values {
            // No value holds this character: the database refuses it.
            text.push('\0');
            text.push_str(value);
        }
        Counter { limit: self, key: key(&text) }
    }

    /// How far ahead of now a count may be for one more to be allowed.
    fn room(&self) -> f64 {
        self.every.as_secs_f64() * f64::from(self.burst.saturating_sub(1))
    }

    fn refuse(&self, wait: f64) -> Error {
        Error::later(Code::Throttled, self.words, Duration::from_secs_f64(wait.max(0.0)))
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    for (to, from) in key.iter_mut().zip(sha256(text.as_bytes())) {
        *to = from;
    }
    key
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    key: Vec<u8>,
    #[diesel(sql_type = Double)]
    ahead: f64,
}

/// Refuses where any of the counts is used up; counts nothing.
pub(crate) async fn check(tx: &mut PlatformTx<'_>, counters: &[Counter]) -> Result<()> {
    let keys: Vec<&[u8]> = counters.iter().map(|counter| counter.key.as_slice()).collect();
    let rows: Vec<Row> = sql_query(
        "SELECT key, extract(epoch FROM free_at - now())::float8 AS ahead FROM throttles
         WHERE key = ANY ($1) AND free_at > now()",
    )
    .bind::<Array<Binary>, _>(keys)
    .load(tx.conn()?)
    .await?;
    let wait = |counter: &Counter| {
        let row = rows.iter().find(|row| row.key == counter.key)?;
        Some((counter.limit, row.ahead - counter.limit.room())).filter(|(_, wait)| *wait > 0.0)
    };
    let longest = counters.iter().filter_map(wait).max_by(|(_, a), (_, b)| a.total_cmp(b));
    longest.map_or(Ok(()), |(limit, wait)| Err(limit.refuse(wait)))
}

/// Counts one more of each, allowed or not.
pub(crate) async fn count(tx: &mut PlatformTx<'_>, counters: &[Counter]) -> Result<()> {
    let mut counters = counters.to_vec();
    // One order for all, so that no two wait for each other.
    counters.sort_by_key(|counter| counter.key);
    for Counter { limit, key } in counters {
        sql_query(
            "INSERT INTO throttles AS t (key, free_at) VALUES ($1, now() + make_interval(secs => $2))
             ON CONFLICT (key) DO UPDATE SET free_at = least(
                 greatest(t.free_at, now()) + make_interval(secs => $2), now() + make_interval(secs => $3))",
        )
        .bind::<Binary, _>(key.as_slice())
        .bind::<Double, _>(limit.every.as_secs_f64())
        .bind::<Double, _>(limit.room() + limit.every.as_secs_f64() * f64::from(DEBT))
        .execute(tx.conn()?)
        .await?;
    }
    Ok(())
}

/// Counts one more of each, or refuses where one is used up and ends the
/// transaction. Of two at one moment, the second sees the first.
pub(crate) async fn take<'a>(mut tx: PlatformTx<'a>, counters: &[Counter]) -> Result<PlatformTx<'a>> {
    for counter in counters {
        if let Err(refused) = take_one(&mut tx, *counter).await {
            tx.finish().await?;
            return Err(refused);
        }
    }
    Ok(tx)
}

async fn take_one(tx: &mut PlatformTx<'_>, counter: Counter) -> Result<()> {
    let Counter { limit, key } = counter;
    let taken = sql_query(
        "INSERT INTO throttles AS t (key, free_at) VALUES ($1, now() + make_interval(secs => $2))
         ON CONFLICT (key) DO UPDATE
         SET free_at = greatest(t.free_at, now()) + make_interval(secs => $2)
         WHERE t.free_at <= now() + make_interval(secs => $3)",
    )
    .bind::<Binary, _>(key.as_slice())
    .bind::<Double, _>(limit.every.as_secs_f64())
    .bind::<Double, _>(limit.room())
    .execute(tx.conn()?)
    .await?;
    if taken == 0 {
        check(tx, &[counter]).await?;
        // It came free in between.
        return Err(limit.refuse(1.0));
    }
    Ok(())
}

/// Forgets what was counted.
pub(crate) async fn clear(tx: &mut PlatformTx<'_>, counters: &[Counter]) -> Result<()> {
    let keys: Vec<&[u8]> = counters.iter().map(|counter| counter.key.as_slice()).collect();
    sql_query("DELETE FROM throttles WHERE key = ANY ($1)")
        .bind::<Array<Binary>, _>(keys)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Forgets counts that are free again, which says the same as none.
///
/// # Errors
/// When the database fails.
pub async fn prune(app: &App) -> Result<()> {
    let mut tx = PlatformTx::begin(app).await?;
    sql_query(
        "DELETE FROM throttles WHERE key IN (
             SELECT key FROM throttles WHERE free_at < now() LIMIT 50000 FOR UPDATE SKIP LOCKED)",
    )
    .execute(tx.conn()?)
    .await?;
    tx.commit_bookkeeping().await
}

/// What comes from one network may fill a process's queue of passwords once.
static OF_NETWORK: Limit = Limit {
    name: "gate-network",
    burst: 600,
    every: Duration::from_millis(100),
    words: "Too many sign-ins from your network at this moment. Wait {wait}, then try again.",
};

/// How many guesses at one login can be under way at once from one place.
static OF_LOGIN: Limit = Limit {
    name: "gate-login",
    burst: 30,
    every: Duration::from_secs(1),
    words: "Too many sign-ins with this login at this moment. Wait {wait}, then try again.",
};

/// The limits of this process alone, which cost nothing to ask: they keep a
/// flood from the queue of passwords and from the database.
pub(crate) struct Gates {
    networks: Gate,
    logins: Gate,
}

impl Gates {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { networks: Gate::new(&OF_NETWORK)?, logins: Gate::new(&OF_LOGIN)? })
    }

    /// Counts one more attempt to sign in from a network, or refuses.
    pub(crate) fn network(&self, network: &str) -> Result<()> {
        self.networks.pass(&[network])
    }

    /// Counts one more attempt at a login from somewhere, or refuses.
    pub(crate) fn login(&self, login: &str, from: &str) -> Result<()> {
        self.logins.pass(&[login, from])
    }
}

struct Gate {
    counts: DefaultKeyedRateLimiter<Key>,
    limit: &'static Limit,
}

/// More than so many counts are tidied up before another is made.
const GATE_MAX: usize = 20_000;

impl Gate {
    fn new(limit: &'static Limit) -> Result<Self> {
        let burst = NonZero::new(limit.burst).ok_or_else(|| Error::internal("a limit of nothing"))?;
        let quota = Quota::with_period(limit.every).ok_or_else(|| Error::internal("a limit without time"))?;
        Ok(Self { counts: DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst)), limit })
    }

    /// Counts one more, or refuses.
    fn pass(&self, values: &[&str]) -> Result<()> {
        if self.counts.len() > GATE_MAX {
            self.counts.retain_recent();
        }
        let until = |until: governor::NotUntil<_>| {
            let wait: Duration = until.wait_time_from(DefaultClock::default().now());
            self.limit.refuse(wait.as_secs_f64())
        };
        self.counts.check_key(&self.limit.of(values).key).map_err(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static THREE: Limit = Limit {
        name: "three",
        burst: 3,
        every: Duration::from_mins(1),
        words: "Three at once; wait {wait}.",
    };

    #[test]
    fn a_gate_lets_a_burst_through_and_tells_the_rest_to_wait() {
        let gate = Gate::new(&THREE).unwrap();
        for _ in 0..3 {
            gate.pass(&["ann"]).unwrap();
        }
        let refused = gate.pass(&["ann"]).unwrap_err();
        assert_eq!(refused.code(), Code::Throttled);
        assert!(refused.problem().retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)));
        gate.pass(&["bob"]).unwrap();
    }

    #[test]
    fn counts_do_not_run_into_each_other() {
        assert_ne!(THREE.of(&["ab", "c"]).key, THREE.of(&["a", "bc"]).key);
        assert_ne!(THREE.of(&["a"]).key, THREE.of(&["b"]).key);
    }
}
