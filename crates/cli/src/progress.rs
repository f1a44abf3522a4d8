//! Showing how far long work has come, on standard error.

use indicatif::{DecimalBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// How far one phase of work has come, in bytes. Dropping it ends the phase.
pub(crate) struct Progress {
    shown: Arc<Shown>,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines(Lines),
}

impl Progress {
    /// Begins a phase of `total` bytes. Shown on a terminal, or where asked for.
    pub(crate) fn begin(phase: &'static str, total: u64, asked: bool) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            Shown::Bar(bar(phase, total))
        } else if asked {
            Shown::Lines(Lines::new(phase, total))
        } else {
            Shown::Nothing
        };
        Self { shown: Arc::new(shown) }
    }

    /// A count of bytes that can be taken back, for one attempt at something.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt { shown: Arc::clone(&self.shown), bytes: Arc::default() }
    }

    /// Says something beside the progress.
    pub(crate) fn note(&self, text: &str) {
        match &*self.shown {
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{text}")),
            Shown::Nothing | Shown::Lines(_) => eprintln!("{text}"),
        }
    }

    /// Names what is being worked on beside the bytes.
    pub(crate) fn message(&self, text: String) {
        if let Shown::Bar(bar) = &*self.shown {
            bar.set_message(text);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        match &*self.shown {
            Shown::Nothing => (),
            Shown::Bar(bar) => bar.finish_and_clear(),
            Shown::Lines(lines) => lines.write(),
        }
    }
}

/// The bytes of one attempt.
#[derive(Clone)]
pub(crate) struct Attempt {
    shown: Arc<Shown>,
    bytes: Arc<AtomicU64>,
}

impl Attempt {
    /// Counts bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        match &*self.shown {
            Shown::Nothing => (),
            Shown::Bar(bar) => bar.inc(bytes),
            Shown::Lines(lines) => lines.add(bytes),
        }
    }

    /// The attempt failed: its bytes do not count.
    pub(crate) fn take_back(&self) {
        let bytes = self.bytes.swap(0, Ordering::Relaxed);
        match &*self.shown {
            Shown::Nothing => (),
            Shown::Bar(bar) => bar.dec(bytes),
            Shown::Lines(lines) => drop(lines.done.fetch_sub(bytes, Ordering::Relaxed)),
        }
    }
}

fn bar(phase: &'static str, total: u64) -> ProgressBar {
    let template = "{prefix} [{bar:28}] {percent:>3} %  {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left {wide_msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(phase);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Progress as lines of text, for logs.
struct Lines {
    phase: &'static str,
    total: u64,
    done: AtomicU64,
    begun: Instant,
    last: Mutex<Instant>,
}

impl Lines {
    fn new(phase: &'static str, total: u64) -> Self {
        let now = Instant::now();
        Self { phase, total, done: AtomicU64::new(0), begun: now, last: Mutex::new(now) }
    }

    fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        // Whoever finds it locked leaves the line to the one who holds it.
        if let Ok(mut last) = self.last.try_lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            self.write();
        }
    }

    fn write(&self) {
        eprintln!(
            "{}",
            line(self.phase, self.done.load(Ordering::Relaxed), self.total, self.begun.elapsed())
        );
    }
}

fn line(phase: &str, done: u64, total: u64, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = done.saturating_mul(1000) / millis;
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
    let left = Duration::from_secs(total.saturating_sub(done).checked_div(rate).unwrap_or(0));
    let left =
        if done < total && rate > 0 { format!(", {} left", HumanDuration(left)) } else { String::new() };
    format!(
        "{phase}: {percent} %, {} of {}, {}/s{left}",
        DecimalBytes(done),
        DecimalBytes(total),
        DecimalBytes(rate)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_bytes_rate_and_time_left() {
        let text = line("sending", 500_000_000, 2_000_000_000, Duration::from_secs(5));
        assert_eq!(text, "sending: 25 %, 500.00 MB of 2.00 GB, 100.00 MB/s, 15 seconds left");
        assert_eq!(line("sending", 0, 0, Duration::ZERO), "sending: 100 %, 0 B of 0 B, 0 B/s");
    }

    #[test]
    fn a_failed_attempt_does_not_count() {
        let progress = Progress { shown: Arc::new(Shown::Lines(Lines::new("sending", 10))) };
        let done = || match &*progress.shown {
            Shown::Lines(lines) => lines.done.load(Ordering::Relaxed),
            _ => 0,
        };
        let failed = progress.attempt();
        failed.add(4);
        failed.take_back();
        assert_eq!(done(), 0);
        progress.attempt().add(5);
        assert_eq!(done(), 5);
    }
}
