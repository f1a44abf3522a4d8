//! What was found out a moment ago, for callers that come thousands of times
//! a second. Rights that were taken away bite within [`RECENT`] all the same.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was found is taken to be so.
const RECENT: Duration = Duration::from_secs(1);
/// More than this is not remembered.
const MAX: usize = 10_000;

/// Answers by question, each for a second from when it was asked.
pub(crate) struct Recent<K, V>(Mutex<HashMap<K, (Instant, V)>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, question: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, answer) = answers.get(question)?;
        (asked.elapsed() < RECENT).then(|| answer.clone())
    }

    /// Remembers an answer; `asked` is from before the database was asked.
    pub(crate) fn put(&self, question: K, asked: Instant, answer: V) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX {
            answers.retain(|_, (asked, _)| asked.elapsed() < RECENT);
        }
        if answers.len() < MAX {
            answers.insert(question, (asked, answer));
        }
    }
}
