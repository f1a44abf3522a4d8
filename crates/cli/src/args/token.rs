//! API tokens.

use super::{Output, SignIn, tenant};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args as ClapArgs, Subcommand};
use weighhouse_types::permission::Scope;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Making, listing and revoking tokens are a person's acts that no token may do:
these ask for your e-mail address and password, sign in, and sign out again.")]
pub(crate) enum Token {
    /// List your tokens at a tenant, without their secrets
    List(TokenList),
    /// Make a token, and print its secret this once
    Create(TokenCreate),
    /// Revoke one of your tokens; it is refused from then on
    Revoke(TokenRevoke),
    /// Print a token of ten minutes for machines that make many calls
    Exchange(TokenExchange),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TokenList {
    /// The tenant
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// Show those that expired or were revoked as well
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The secret goes to standard output alone, so that a script can take it; what it
is for goes to standard error.

Examples:
  wh token create acme --name ci --scope read,register,promote --expires 90d
  WH_URL=https://weighhouse.example wh token create acme --name laptop --scope read --save")]
pub(crate) struct TokenCreate {
    /// The tenant that it is bound to
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// What it is for, to tell it from others
    #[arg(long)]
    pub(crate) name: String,
    /// What it may be used for; several with commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "SCOPE", value_parser = scopes())]
    pub(crate) scope: Vec<Scope>,
    /// Days until it expires, 1d to 366d
    #[arg(long, value_name = "DAYS", default_value = "90d", value_parser = days)]
    pub(crate) expires: u32,
    /// Store it as `wh login` does, instead of printing it
    #[arg(long, conflicts_with = "json")]
    pub(crate) save: bool,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh token revoke acme ci")]
pub(crate) struct TokenRevoke {
    /// The tenant that it is bound to
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// The token: its name, its id, or the beginning of its secret
    pub(crate) token: String,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
The short-lived token speaks for the same person, tenant and scopes.

Example:
  export WH_TOKEN=$(wh token exchange)")]
pub(crate) struct TokenExchange {
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Scopes by their names, which shells complete.
fn scopes() -> impl clap::builder::TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.iter().map(|scope| scope.as_str()))
        .try_map(|name| name.parse::<Scope>())
}

fn days(text: &str) -> Result<u32, String> {
    let days = text.strip_suffix('d').unwrap_or(text).parse().ok();
    days.filter(|days| (1..=366).contains(days)).ok_or_else(|| "write 1d to 366d".into())
}

#[cfg(test)]
mod tests {
    use super::super::{Args, Command};
    use super::*;
    use clap::Parser;

    fn create(words: &str) -> Result<TokenCreate, clap::error::ErrorKind> {
        let line = format!("wh token create north --name ci {words}");
        match Args::try_parse_from(line.split_whitespace()).map(|args| args.command) {
            Ok(Command::Token(Token::Create(create))) => Ok(create),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.kind()),
        }
    }

    #[test]
    fn terms_of_a_token_are_read() {
        let token = create("--scope read,promote --expires 30d").unwrap();
        assert_eq!((token.scope, token.expires), (vec![Scope::Read, Scope::Promote], 30));
        assert_eq!(create("--scope everything").err(), Some(clap::error::ErrorKind::InvalidValue));
        for wrong in ["0d", "367d", "1y", ""] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
        // A password that came with nobody's name would be tried on nobody.
        let missing = create("--scope read --password-stdin").err();
        assert_eq!(missing, Some(clap::error::ErrorKind::MissingRequiredArgument));
    }
}
