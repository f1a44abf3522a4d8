//! What the process counts, for Prometheus. Labels are few and fixed: no
//! tenant, person or id is ever one.

use super::app::App;
use super::error::{Error, Result};
use super::{jobs, log};
use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::sync::LazyLock;
use std::time::Duration;

/// The process's own; `prometheus` keeps them for as long as it runs.
static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// From a millisecond to ten seconds: requests, waits, calls to other parts.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    http: Http,
    pub(crate) database: Database,
    jobs: Jobs,
    store_requests: IntCounterVec,
    store_seconds: HistogramVec,
    pub(crate) mails: IntCounterVec,
    pub(crate) passwords_waiting: IntGauge,
    pub(crate) password_wait: Histogram,
    pub(crate) audit_appends: IntCounterVec,
    audit_logs_refused: IntGauge,
}

/// The process's metrics.
#[must_use]
pub fn metrics() -> &'static Metrics {
    &METRICS
}

struct Http {
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
}

impl Http {
    fn new(new: &Maker) -> Self {
        let by = ["route", "method", "status"];
        Self {
            requests: new.counter("http_requests_total", "Requests answered.", &by),
            seconds: new.seconds_by(
                "http_request_duration_seconds",
                "Time to the head of the answer.",
                &["route", "method"],
            ),
            in_flight: new.gauge("http_requests_in_flight", "Requests at hand."),
        }
    }
}

pub(crate) struct Database {
    pub(crate) wait: Histogram,
    pub(crate) failures: IntCounterVec,
    connections: IntGaugeVec,
    waiting: IntGauge,
    max: IntGauge,
}

impl Database {
    fn new(new: &Maker) -> Self {
        Self {
            wait: new.seconds("database_wait_seconds", "Wait for a database connection."),
            failures: new.outcomes(
                "database_failures_total",
                "Connections that could not be had.",
                "reason",
                &["timeout", "refused"],
            ),
            connections: new.gauges("database_connections", "Connections of the pool.", &["state"]),
            waiting: new.gauge("database_waiting", "Those who wait for a connection."),
            max: new.gauge("database_connections_max", "The size of the pool."),
        }
    }

    fn set(&self, status: deadpool::Status) {
        let set = |gauge: &IntGauge, n: usize| gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
        let used = status.size.saturating_sub(status.available);
        set(&self.connections.with_label_values(&["idle"]), status.available);
        set(&self.connections.with_label_values(&["used"]), used);
        set(&self.waiting, status.waiting);
        set(&self.max, status.max_size);
    }
}

struct Jobs {
    open: IntGaugeVec,
    oldest: IntGauge,
    runs: IntCounterVec,
    seconds: HistogramVec,
    periodic: IntCounterVec,
}

impl Jobs {
    fn new(new: &Maker) -> Self {
        Self {
            open: new.gauges("jobs", "Jobs of the whole installation, seen by every process.", &["state"]),
            oldest: new.gauge(
                "jobs_oldest_due_age_seconds",
                "How long the oldest due job waits, in the whole installation.",
            ),
            runs: new.counter("job_runs_total", "Attempts at jobs by this process.", &["kind", "outcome"]),
            seconds: new.seconds_by("job_duration_seconds", "Time of attempts at jobs.", &["kind"]),
            periodic: new.counter(
                "periodic_runs_total",
                "Turns of scheduled work by this process.",
                &["name", "outcome"],
            ),
        }
    }

    fn set(&self, counts: Result<jobs::Counts>) {
        match counts {
            Ok(counts) => {
                for (state, count) in counts.states() {
                    self.open.with_label_values(&[state]).set(count);
                }
                self.oldest.set(counts.oldest_due_seconds);
            }
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be counted");
                self.open.reset();
                self.oldest.set(0);
            }
        }
    }
}

/// Makes metrics and registers them. Names and labels stand in this file.
struct Maker(Registry);

impl Maker {
    #[expect(clippy::expect_used, reason = "names are literals of this file, and a test makes them all")]
    fn add<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> C {
        let made = made.expect("a metric's name is valid");
        self.0.register(Box::new(made.clone())).expect("a metric's name is used once");
        made
    }

    /// A counter whose known values are there from the start, at zero: what
    /// never happened yet can be watched for.
    fn outcomes(&self, name: &str, help: &str, label: &str, known: &[&str]) -> IntCounterVec {
        let counter = self.counter(name, help, &[label]);
        for value in known {
            counter.with_label_values(&[*value]).inc_by(0);
        }
        counter
    }

    fn counter(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.add(IntCounterVec::new(Opts::new(format!("weighhouse_{name}"), help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.add(IntGauge::new(format!("weighhouse_{name}"), help))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.add(IntGaugeVec::new(Opts::new(format!("weighhouse_{name}"), help), labels))
    }

    fn seconds(&self, name: &str, help: &str) -> Histogram {
        let opts = HistogramOpts::new(format!("weighhouse_{name}"), help);
        self.add(Histogram::with_opts(opts.buckets(SECONDS.to_vec())))
    }

    fn seconds_by(&self, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
        let opts = HistogramOpts::new(format!("weighhouse_{name}"), help);
        self.add(HistogramVec::new(opts.buckets(SECONDS.to_vec()), labels))
    }
}

impl Metrics {
    fn new() -> Self {
        let new = Maker(Registry::new());
        new.gauges("build_info", "The program's version; always 1.", &["version"])
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        #[cfg(target_os = "linux")]
        let _ = new.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()));
        Self {
            http: Http::new(&new),
            database: Database::new(&new),
            jobs: Jobs::new(&new),
            store_requests: new.counter(
                "store_requests_total",
                "Calls to the object store, its own retries within.",
                &["operation", "outcome"],
            ),
            store_seconds: new.seconds_by(
                "store_request_duration_seconds",
                "Time of calls to the object store; of reads, to their first byte.",
                &["operation"],
            ),
            mails: new.outcomes(
                "mails_total",
                "Mails handed over, or not.",
                "outcome",
                &["sent", "failed", "rejected"],
            ),
            passwords_waiting: new.gauge("passwords_waiting", "Those who wait for a password's hash."),
            password_wait: new.seconds("password_wait_seconds", "Wait before a password is hashed."),
            audit_appends: new.outcomes(
                "audit_appends_total",
                "Committed leaves of audit logs.",
                "log",
                &["tenant", "agency"],
            ),
            audit_logs_refused: new.gauge(
                "audit_logs_refused",
                "Audit logs of the whole installation that are not what was signed, seen by every process.",
            ),
            registry: new.0,
        }
    }

    /// A request has come; it is at hand until the guard goes.
    #[must_use]
    pub fn http_started(&'static self) -> InFlight {
        InFlight::enter(&self.http.in_flight)
    }

    /// A request was answered. `route` is its pattern, never its path.
    pub fn http_answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let route = if route.is_empty() { "unmatched" } else { route };
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS" => method,
            _ => "other",
        };
        self.http.requests.with_label_values(&[route, method, &status.to_string()]).inc();
        self.http.seconds.with_label_values(&[route, method]).observe(took.as_secs_f64());
    }

    /// An attempt at a job ended: `done`, `failed`, `dead` or `lost`.
    pub fn job_ran(&self, kind: &str, outcome: &str, took: Duration) {
        self.jobs.runs.with_label_values(&[kind, outcome]).inc();
        self.jobs.seconds.with_label_values(&[kind]).observe(took.as_secs_f64());
    }

    /// A turn of scheduled work ended.
    pub fn periodic_ran(&self, name: &str, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.jobs.periodic.with_label_values(&[name, outcome]).inc();
    }

    /// Times a call to the object store and counts how it ended.
    pub(crate) async fn store_call<T>(
        &self,
        operation: &str,
        call: impl Future<Output = object_store::Result<T>>,
    ) -> object_store::Result<T> {
        let timer = self.store_seconds.with_label_values(&[operation]).start_timer();
        let outcome = call.await;
        timer.observe_duration();
        let words = match &outcome {
            Ok(_) => "ok",
            Err(object_store::Error::NotFound { .. }) => "missing",
            Err(_) => "error",
        };
        self.store_requests.with_label_values(&[operation, words]).inc();
        outcome
    }

    /// The bytes of an object broke off while they were read.
    pub(crate) fn store_broke(&self) {
        self.store_requests.with_label_values(&["get", "broken"]).inc();
    }
}

/// Something that is at hand, or waits, for as long as this lives.
#[derive(Debug)]
pub struct InFlight(IntGauge);

impl InFlight {
    pub(crate) fn enter(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Everything, in Prometheus' text format.
///
/// # Errors
/// Never, unless the format itself fails.
pub async fn render(app: &App) -> Result<Vec<u8>> {
    let m = metrics();
    m.database.set(app.pool.status());
    m.jobs.set(jobs::counts(app).await);
    // Kept where the database does not answer: a log that was refused stays it.
    match log::refused(app).await {
        Ok(count) => m.audit_logs_refused.set(count),
        Err(error) => tracing::warn!(%error, "refused audit logs cannot be counted"),
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&m.registry.gather(), &mut text).map_err(Error::internal)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_can_be_made_and_methods_are_few() {
        let m = Metrics::new();
        m.http_answered("/t/{tenant}", "GET", 200, Duration::from_millis(3));
        m.http_answered("", "BREW", 404, Duration::from_millis(3));
        let names: Vec<_> = m.registry.gather().iter().map(|family| family.name().to_owned()).collect();
        assert!(names.contains(&"weighhouse_http_requests_total".to_owned()), "{names:?}");
        assert_eq!(m.http.requests.with_label_values(&["unmatched", "other", "404"]).get(), 1);
    }
}
