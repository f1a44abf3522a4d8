//! `wh login`, `wh logout` and `wh whoami`.

use crate::args;
use crate::config::{self, Server};
use crate::http::Client;
use crate::output::{self, Sheet};
use crate::urls::Path;
use anyhow::{Context as _, Result, bail};
use std::io::{IsTerminal as _, Read as _};
use url::Url;
use weighhouse_types::identity::WhoAmI;

/// The longest token that is read, in bytes.
const TOKEN_MAX: u64 = 4096;

/// Checks a token and stores it.
pub(crate) async fn login(args: args::Login) -> Result<()> {
    let token = if args.token_stdin { token_from_stdin()? } else { token_from_terminal(&args.url)? };
    let server = Server { url: args.url, token: config::token_parse(&token)? };
    let client = Client::new(&server)?;
    let who: WhoAmI = client.get(&Path::me(), &[]).await?.decode()?;
    let path = config::store(&server)?;
    output::print(&sheet(&server.url, &who))?;
    eprintln!("stored in {}", path.display());
    for name in ["WH_URL", "WH_TOKEN"] {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            eprintln!("note: {name} is set and wins over what was stored");
        }
    }
    Ok(())
}

/// Forgets the stored server and token.
pub(crate) fn logout() -> Result<()> {
    match config::forget()? {
        Some(server) => output::print(&format!(
            "forgot the token for {server}; it stays valid until it expires or is revoked in the web UI\n"
        )),
        None => output::print("nothing was stored\n"),
    }
}

/// Shows who the token speaks for.
pub(crate) async fn whoami(args: args::Whoami) -> Result<()> {
    let client = Client::from_config()?;
    let answer = client.get(&Path::me(), &[]).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    output::print(&sheet(client.base(), &answer.decode()?))
}

fn sheet(server: &Url, who: &WhoAmI) -> String {
    let mut sheet = Sheet::new(&format!("{} <{}>", who.user.name, who.user.email));
    sheet.line("server", server.as_str());
    if let Some(tenant) = &who.tenant {
        sheet.line("tenant", tenant);
    }
    if let Some(scopes) = &who.scopes {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        sheet.line("scopes", &scopes.join(", "));
    }
    sheet.text().to_owned()
}

fn token_from_stdin() -> Result<String> {
    let mut token = String::new();
    std::io::stdin().take(TOKEN_MAX).read_to_string(&mut token).context("cannot read the token")?;
    Ok(token)
}

fn token_from_terminal(server: &Url) -> Result<String> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the token on: use --token-stdin, or set WH_URL and WH_TOKEN");
    }
    terminal.write_str(&format!("API token for {server} (it is not shown): "))?;
    terminal.read_secure_line().context("cannot read the token")
}
