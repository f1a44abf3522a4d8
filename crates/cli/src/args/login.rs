//! Who calls: stored tokens, and people who sign in.

use super::Output;
use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Make the token with `wh token create`, or in the web UI on the tenant's page
under ‘Tokens’. It is stored in weighhouse/credentials.toml below
$XDG_CONFIG_HOME or ~/.config, readable by you only. Without --token-stdin the
token is asked for on the terminal.

Examples:
  wh login https://weighhouse.example
  pass weighhouse | wh login https://weighhouse.example --token-stdin")]
pub(crate) struct Login {
    /// The server's address, with https://
    #[arg(value_parser = crate::config::url_parse)]
    pub(crate) url: url::Url,
    /// Read the token from standard input
    #[arg(long)]
    pub(crate) token_stdin: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Whoami {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How a person signs in for one command that no token may do.
#[derive(Debug, ClapArgs)]
pub(crate) struct SignIn {
    /// Your e-mail address; asked for unless given
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// Read your password from standard input
    #[arg(long, requires = "email")]
    pub(crate) password_stdin: bool,
}
