//! Logs: readable on a terminal, JSON where machines read them.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use std::fmt;
use std::io::IsTerminal;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// How the program logs.
#[derive(Args)]
pub(crate) struct LoggingArgs {
    /// What is logged, as tracing directives
    #[arg(long, env = "WEIGHHOUSE_LOG", global = true, value_name = "DIRECTIVES")]
    log: Option<String>,
    /// The form of log lines
    #[arg(long, env = "WEIGHHOUSE_LOG_FORMAT", global = true, default_value = "text")]
    log_format: LogFormat,
}

impl LoggingArgs {
    /// Whether machines read what is written to standard error.
    pub(crate) fn json(&self) -> bool {
        matches!(self.log_format, LogFormat::Json)
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// One object a line
    Json,
}

/// Starts logging to standard error; `quiet` commands log warnings only.
pub(crate) fn start(args: &LoggingArgs, quiet: bool) {
    let default = if quiet { "warn" } else { "info,actix_server=warn,tokio_postgres=warn" };
    let filter = EnvFilter::new(args.log.as_deref().unwrap_or(default));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => subscriber.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => subscriber.fmt_fields(JsonFields::new()).event_format(Json).init(),
    }
}

/// One flat object a line: `time`, `level`, `message`, `target`, the fields of
/// the event, and those of the spans around it, `request_id` above all.
struct Json;

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Fields(Map::new());
        for span in ctx.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>();
            if let Some(Ok(Value::Object(fields))) = fields.map(|f| serde_json::from_str(&f.fields)) {
                line.0.extend(fields);
            }
        }
        event.record(&mut line);
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let meta = event.metadata();
        // Last, so that no field takes their place.
        line.put("time", now);
        line.put("level", meta.level().as_str().to_lowercase());
        line.put("target", meta.target());
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

/// The fields of an event, as JSON has them.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_the_request_id() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .fmt_fields(JsonFields::new())
            .event_format(Json)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let _in = tracing::info_span!("request", request_id = "r1").entered();
            tracing::warn!(status = 503_u16, milliseconds = 1.5, error = %"a \"b\"\nc", level = "mine", "answered");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["request_id"], "r1");
        assert_eq!(line["level"], "warn");
        assert_eq!(line["message"], "answered");
        assert_eq!(line["status"], 503);
        assert_eq!(line["milliseconds"], 1.5);
        assert_eq!(line["error"], "a \"b\"\nc");
        assert!(line["time"].as_str().unwrap().ends_with('Z') && line["target"].is_string());
    }
}
