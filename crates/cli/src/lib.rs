//! `wh`, the client of a Weighhouse installation, for people and CI.
//!
//! One file a subject: `args` is the command line, `config` the server and
//! token to use, `http` the client of the REST API; every command is a file
//! that calls the API and prints. `push` and `pull` move files: `walk` finds
//! them, `hash` reads them, `upload` and `download` carry their bytes. `audit`
//! takes a log along, and `verify` checks it without any server.

mod args;
mod audit;
mod config;
mod context;
mod difference;
mod download;
mod error;
mod hash;
mod http;
mod login;
mod output;
mod production;
mod progress;
mod promote;
mod pull;
mod push;
mod retry;
mod rollback;
mod show;
mod upload;
mod urls;
mod verify;
mod walk;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// Exit code of a command that was interrupted, as shells number it.
const INTERRUPTED: u8 = 130;

/// Runs the program: 0 when it did what was asked, 1 when it could not, 2 when
/// the command line is wrong.
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
                Ok(()) => ExitCode::SUCCESS,
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

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Login(args) => login::login(args).await,
        Command::Logout => login::logout(),
        Command::Whoami(args) => login::whoami(args).await,
        Command::Push(args) => push::push(args).await,
        Command::Pull(args) => pull::pull(args).await,
        Command::Show(args) => show::show(args).await,
        Command::Versions(args) => show::versions(args).await,
        Command::Promote(args) => promote::promote(args).await,
        Command::Production(args) => production::production(args).await,
        Command::Rollback(args) => rollback::rollback(args).await,
        Command::Audit(command) => audit::audit(command).await,
        Command::Verify(args) => verify::verify(args),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", output::clean(&format!("{error:#}")));
    ExitCode::FAILURE
}
