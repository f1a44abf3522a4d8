//! What the `weighhouse` program is made of: one file per subcommand, the
//! HTTP server around API and pages, and the private Postgres of `up`.

mod admin;
mod assets;
mod demo;
pub mod embedded;
mod folder;
pub mod http;
mod logging;
mod metrics;
mod migrate;
mod serve;
mod settings;
mod shell;
mod up;
mod work;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Version, compare, approve, deploy and audit the machine-learning models of
/// all your clients.
#[derive(Parser)]
#[command(name = "weighhouse", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    logging: logging::LoggingArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process, with a private Postgres and folders for files and mail
    Up(up::UpArgs),
    /// Serve API and web UI; stateless, any number of them
    Serve(serve::ServeArgs),
    /// Run jobs, such as sending mail; any number of them
    Work(work::WorkArgs),
    /// Bring a database to this program's schema
    Migrate(migrate::MigrateArgs),
    /// Set up and look after a running installation; prints JSON
    Admin(admin::AdminArgs),
    /// Print a script that completes `weighhouse` in a shell
    Completions(shell::CompletionsArgs),
    /// Write the manual's pages
    Man(shell::ManArgs),
}

/// Runs the command line; errors are printed and become the exit code.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let prints = matches!(cli.command, Command::Admin(_) | Command::Completions(_) | Command::Man(_));
    logging::start(&cli.logging, prints);
    // The one TLS provider of the process; a second call would only say so.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match cli.command {
        Command::Up(args) => up::up(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Work(args) => work::work(&args),
        Command::Migrate(args) => migrate::migrate(&args),
        Command::Admin(args) => admin::admin(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if cli.logging.json() {
                tracing::error!(error = format!("{error:#}"), "ended");
            } else {
                eprintln!("weighhouse: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
