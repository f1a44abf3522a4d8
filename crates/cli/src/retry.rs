//! Trying again: what a restarting server or a bad line breaks, a later
//! attempt mends.

use crate::error::Error;
use std::future::Future;
use std::time::Duration;

/// Attempts before an operation is given up; with the waits, about a minute.
const ATTEMPTS: u32 = 7;
/// Waits for an attempt that the server is still at; about an hour.
const AT_WORK_WAITS: u32 = 2_400;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// The longest that a server may ask to wait.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// Runs an operation that may be repeated until it succeeds, fails for good, or
/// has failed too often. `note` is told of every wait.
pub(crate) async fn retrying<T, F>(
    note: &(dyn Fn(&str) + Sync),
    mut operation: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let (mut attempt, mut waits) = (1, 0);
    loop {
        match operation().await {
            Err(error) if error.is_at_work() && waits < AT_WORK_WAITS => {
                if waits == 0 {
                    note("the server is still at it");
                }
                waits += 1;
                tokio::time::sleep(wait_before(1, error.retry_after(), random())).await;
            }
            Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                let wait = wait_before(attempt, error.retry_after(), random());
                let what = error.to_string().replace("\n  ", ", ");
                note(&format!(
                    "{what}; trying again in {:.1} s ({attempt} of {})",
                    wait.as_secs_f64(),
                    ATTEMPTS - 1
                ));
                tokio::time::sleep(wait).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// How long to wait between looks at something that people decide: often at
/// first and after news, then less and less often.
pub(crate) struct Pace(Duration);

/// The longest that a decision stays unseen.
const LONGEST_PACE: Duration = Duration::from_secs(20);

impl Default for Pace {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl Pace {
    /// The next wait; a tenth of it is chance.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 3 / 2).min(LONGEST_PACE);
        wait + wait / 10 * u32::from(random()) / u32::from(u8::MAX)
    }
}

/// Half of the wait doubles with every attempt; the other half is chance, so
/// that clients that failed together do not come back together.
fn wait_before(attempt: u32, asked: Option<Duration>, chance: u8) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let wait = doubled.min(LONGEST_WAIT) / 2;
    let wait = wait + wait * u32::from(chance) / u32::from(u8::MAX);
    asked.map_or(wait, |asked| asked.min(LONGEST_ASKED) + wait)
}

fn random() -> u8 {
    let mut byte = [0];
    // Without a source of chance the waits are merely not spread.
    let _ = getrandom::fill(&mut byte);
    let [byte] = byte;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use weighhouse_types::error::{Code, Problem};

    fn broken(transient: bool) -> Error {
        if transient { Error::Transport("broke".into()) } else { Error::Final("no".into()) }
    }

    async fn attempts(transient: bool, succeed_at: u32) -> (bool, u32) {
        let count = AtomicU32::new(0);
        let result = retrying(&|_| (), || async {
            let n = count.fetch_add(1, Ordering::Relaxed) + 1;
            if n >= succeed_at { Ok(()) } else { Err(broken(transient)) }
        });
        (result.await.is_ok(), count.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_fails_for_good_is_not_repeated() {
        assert_eq!(attempts(false, 2).await, (false, 1));
        assert_eq!(attempts(true, 2).await, (true, 2));
    }

    #[tokio::test]
    async fn what_is_still_at_work_is_waited_for_and_not_counted() {
        let count = AtomicU32::new(0);
        let result = retrying(&|_| (), || async {
            if count.fetch_add(1, Ordering::Relaxed) > ATTEMPTS {
                return Ok(());
            }
            let problem = Box::new(Problem::new(Code::Conflict, "at work"));
            Err(Error::Refused { problem, retry_after: Some(Duration::ZERO) })
        });
        assert!(result.await.is_ok());
        assert_eq!(count.load(Ordering::Relaxed), ATTEMPTS + 2);
    }

    #[test]
    fn looks_become_rarer_and_do_not_end() {
        let mut pace = Pace::default();
        let waits: Vec<_> = (0..20).map(|_| pace.next()).collect();
        let near = |wait: Duration, full: Duration| wait >= full && wait <= full + full / 10;
        assert!(near(waits[0], Duration::from_secs(1)), "{waits:?}");
        assert!(near(waits[19], LONGEST_PACE), "{waits:?}");
    }

    #[test]
    fn waits_grow_spread_and_end() {
        let wait = |attempt, chance| wait_before(attempt, None, chance);
        assert_eq!(wait(1, 0), Duration::from_millis(250));
        assert_eq!(wait(1, 255), Duration::from_millis(500));
        assert_eq!(wait(3, 255), Duration::from_secs(2));
        assert_eq!(wait(40, 255), LONGEST_WAIT);
        let asked = wait_before(1, Some(Duration::from_secs(5)), 0);
        assert!(asked >= Duration::from_secs(5));
        assert!(wait_before(1, Some(Duration::from_secs(86_400)), 255) <= LONGEST_ASKED + LONGEST_WAIT);
    }
}
