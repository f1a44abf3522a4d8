//! `wh`, the client of a Weighhouse installation, for people and CI.
//!
//! One file a subject: `args` is the command line, `config` the server and
//! token to use, `session` a person who signs in for one command, `http` the
//! client of the REST API, `list` its pages; every command is a file that calls
//! the API and prints. `push` and `pull` move files: `walk` finds them, `hash`
//! reads them, `upload` and `download` carry their bytes. `audit` reads a log and
//! takes it along, and `verify` checks it without any server.

mod annotate;
mod args;
mod ask;
mod attest;
mod audit;
mod capture;
mod compare;
mod config;
mod context;
mod data;
mod difference;
mod download;
mod error;
mod hash;
mod http;
mod list;
mod login;
mod manifest;
mod member;
mod model;
mod output;
mod pin;
mod pipeline;
mod production;
mod progress;
mod project;
mod promotion;
mod prompt;
mod prompts;
mod pull;
mod push;
mod retry;
mod rollback;
mod scan;
mod session;
mod shell;
mod show;
mod tenant;
mod token;
mod upload;
mod urls;
mod verify;
mod version;
mod walk;
mod watch;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// Exit code of a command that was interrupted, as shells number it.
const INTERRUPTED: u8 = 130;

/// Runs the program: 0 when it did what was asked, 1 when it could not, 2 when
/// the command line is wrong; what was watched has codes of its own.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => return fail(&anyhow::Error::new(e).context("cannot start")),
    };
    let code = runtime.block_on(async {
        tokio::select! {
            result = run(args.command) => match result {
                Ok(code) => code,
                Err(error) => fail(&error),
            },
            // Dropping the command removes its temporary files.
            _ = tokio::signal::ctrl_c() => {
                eprintln!("interrupted");
                ExitCode::from(INTERRUPTED)
            }
        }
    });
    // Do not wait for a thread that still hashes a large file.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Login(args) => login::login(args).await,
        Command::Logout => login::logout(),
        Command::Whoami(args) => login::whoami(args).await,
        Command::Push(args) => push::push(args).await,
        Command::Pull(args) => pull::pull(args).await,
        Command::Show(args) => show::show(args).await,
        Command::Compare(args) => compare::compare(args).await,
        Command::Versions(args) => version::list(args).await,
        Command::Promote(args) => return promotion::promote(args).await,
        Command::Production(args) => production::production(args).await,
        Command::Rollback(args) => rollback::rollback(args).await,
        Command::Project(command) => project::project(command).await,
        Command::Model(command) => model::model(command).await,
        Command::Version(command) => version::version(command).await,
        Command::Data(command) => data::data(command).await,
        Command::Pipeline(command) => pipeline::pipeline(command).await,
        Command::Promotion(command) => return promotion::promotion(command).await,
        Command::Prompt(command) => prompt::prompt(command).await,
        Command::Pin(command) => return pin::pin(command).await,
        Command::Attest(command) => attest::attest(command).await,
        Command::Comment(args) => attest::comment(args).await,
        Command::Scan(args) => scan::scan(args),
        Command::Audit(command) => audit::audit(command).await,
        Command::Verify(args) => verify::verify(args),
        Command::Token(command) => token::token(command).await,
        Command::Member(command) => member::member(command).await,
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
    .map(|()| ExitCode::SUCCESS)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", output::clean(&format!("{error:#}")));
    ExitCode::FAILURE
}
