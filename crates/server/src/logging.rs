//! Logs: readable on a terminal, JSON where machines read them.

use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

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
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
}
