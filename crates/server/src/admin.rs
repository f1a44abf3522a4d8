//! `weighhouse admin`: sets up and looks after a running installation by
//! script. Whoever may run it may do everything; it prints JSON objects.

use crate::embedded;
use crate::folder::Folder;
use crate::settings::{DatabaseArgs, config};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use std::io::BufRead;
use std::path::PathBuf;
use url::Url;
use weighhouse_core::identity::{self, UserCreate, UserRole};
use weighhouse_core::kernel::config::{MailConfig, MailTransport, log_key_create};
use weighhouse_core::kernel::secret;
use weighhouse_core::{App, Ctx, jobs, projects, seed, tenancy};
use weighhouse_types::identity::TokenCreate;
use weighhouse_types::ids::JobId;
use weighhouse_types::page::PageQuery;
use weighhouse_types::permission::{AgencyRole, Scope, TenantRole};
use weighhouse_types::projects::ProjectCreate;
use weighhouse_types::tenancy::TenantCreate;

/// Set up and look after a running installation.
#[derive(Args)]
pub(crate) struct AdminArgs {
    /// The data folder of a running ‘weighhouse up’
    #[arg(
        long,
        env = "WEIGHHOUSE_DATA",
        default_value = ".weighhouse",
        value_name = "FOLDER",
        global = true
    )]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Agencies
    #[command(subcommand)]
    Agency(AgencyCommand),
    /// Tenants: client engagements
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Projects
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Logins
    #[command(subcommand)]
    User(UserCommand),
    /// API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Keys that sign the audit logs
    #[command(subcommand)]
    LogKey(LogKeyCommand),
    /// Jobs that failed, of all clients and the installation's own
    #[command(subcommand)]
    Job(JobCommand),
    /// Make up a large installation for measuring, beside what is there
    SeedLarge(SeedArgs),
}

#[derive(Args)]
struct SeedArgs {
    /// The agency to make; its clients are named after it
    #[arg(long, value_name = "SLUG", default_value = "scale")]
    agency: String,
    #[arg(long, default_value_t = 500)]
    tenants: usize,
    #[arg(long, default_value_t = 20_000)]
    models: usize,
    #[arg(long, default_value_t = 200_000)]
    versions: usize,
    /// The same seed makes the same data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Read the password of its logins from the first line of standard input; one is made up unless given
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Subcommand)]
enum LogKeyCommand {
    /// Make a pair: the secret for --log-key, and the public key for verifiers. Nothing is stored
    Create {
        /// Whose key it is, such as weighhouse.example
        name: String,
    },
}

#[derive(Subcommand)]
enum JobCommand {
    /// List them, newest first
    List {
        /// The ‘next’ of the page before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Try one again now
    Retry { job: JobId },
    /// Give one up
    Discard {
        job: JobId,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
enum AgencyCommand {
    /// Make an agency
    Create {
        #[arg(long)]
        name: String,
        #[arg(long)]
        slug: String,
    },
}

#[derive(Subcommand)]
enum TenantCommand {
    /// Make a tenant of an agency
    Create {
        #[arg(long, value_name = "SLUG")]
        agency: String,
        #[arg(long)]
        slug: String,
        /// The client's name; the slug unless given
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Subcommand)]
enum ProjectCommand {
    /// Make a project in a tenant
    Create {
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        #[arg(long)]
        slug: String,
        /// The slug unless given
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make a login with its first role
    Create {
        #[arg(long)]
        email: String,
        /// The part before the @ unless given
        #[arg(long)]
        name: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Work at this agency …
        #[arg(long, value_name = "SLUG", required_unless_present = "tenant", conflicts_with = "tenant")]
        agency: Option<String>,
        /// … or belong to this client
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// owner, agency-admin, engineer, auditor; or client-admin, approver, viewer
        #[arg(long)]
        role: String,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make an API token of a person; it is printed this once
    Create {
        /// The person's e-mail address
        #[arg(long, value_name = "EMAIL")]
        user: String,
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// read, track, register, promote, deploy, predict
        #[arg(long, value_delimiter = ',', required = true)]
        scope: Vec<Scope>,
        /// How long it works, such as 30d
        #[arg(long, default_value = "30d", value_parser = days)]
        expires: u32,
        /// What it is for
        #[arg(long, default_value = "made by the operator")]
        name: String,
    },
}

fn days(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    number.parse().map_err(|e| format!("write days as 30d: {e}"))
}

pub(crate) fn admin(args: &AdminArgs) -> Result<()> {
    if let What::LogKey(LogKeyCommand::Create { name }) = &args.what {
        let (log_key, verifier_key) = log_key_create(name)?;
        return print(&json!({"log_key": log_key, "verifier_key": verifier_key}));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = connect(args)?;
        app.database_ready().await.context(
            "the installation does not answer: start it first with ‘weighhouse up’, or give its --data or --database-url",
        )?;
        execute(&Ctx::console(&app), &args.what).await
    })
}

/// Mail is never used, and the store only to make data up in a data folder.
fn connect(args: &AdminArgs) -> Result<std::sync::Arc<App>> {
    let (url, store) = match args.database.given()? {
        Some(url) => (url, "memory:///".parse()?),
        None => {
            let folder = Folder::resolve(&args.data, embedded::owner()?.as_ref())?;
            let store = Url::from_directory_path(folder.store());
            (folder.app_url(), store.map_err(|()| anyhow::anyhow!("the data folder has no absolute path"))?)
        }
    };
    let mail = MailConfig {
        from: "admin@localhost.localdomain".into(),
        transport: MailTransport::Folder(std::env::temp_dir()),
    };
    let public: Url = "http://localhost".parse()?;
    Ok(App::new(config(url, store, mail, public))?)
}

async fn execute(ctx: &Ctx, what: &What) -> Result<()> {
    match what {
        What::Agency(AgencyCommand::Create { name, slug }) => {
            print(&tenancy::agency_create(ctx, slug, name).await?)
        }
        What::Tenant(TenantCommand::Create { agency, slug, name }) => {
            let new = TenantCreate { slug: slug.clone(), name: name.clone() };
            print(&tenancy::tenant_create(ctx, agency, new).await?)
        }
        What::Project(ProjectCommand::Create { tenant, slug, name }) => {
            let new = ProjectCreate { slug: slug.clone(), name: name.clone() };
            print(&projects::project_create(ctx, tenant, new).await?)
        }
        What::User(UserCommand::Create { email, name, agency, tenant, role, .. }) => {
            let role = user_role(agency.as_ref(), tenant.as_ref(), role)?;
            let new = UserCreate { email: email.clone(), name: name.clone(), password: password()?, role };
            print(&identity::user_create(ctx, new).await?)
        }
        What::Token(TokenCommand::Create { user, tenant, scope, expires, name }) => {
            let new = TokenCreate { name: name.clone(), scopes: scope.clone(), expires_days: *expires };
            print(&identity::token_create_for(ctx, user, tenant, new).await?)
        }
        // Needs no installation; done before one is looked for.
        What::LogKey(_) => Ok(()),
        What::Job(command) => job(ctx, command).await,
        What::SeedLarge(args) => seed_large(ctx, args).await,
    }
}

async fn seed_large(ctx: &Ctx, args: &SeedArgs) -> Result<()> {
    let sizes = seed::Sizes {
        agency: args.agency.clone(),
        tenants: args.tenants,
        models: args.models,
        versions: args.versions,
        seed: args.seed,
        files: ctx.app().config.store.url.scheme() != "memory",
        password: if args.password_stdin { password()? } else { secret::password() },
    };
    let seeded = seed::seed(ctx, &sizes, |done| {
        if done % 50 == 0 {
            eprintln!("{done} of {} tenants", args.tenants);
        }
    });
    let seeded = seeded.await?;
    print(&json!({"seeded": seeded, "password": sizes.password}))
}

async fn job(ctx: &Ctx, command: &JobCommand) -> Result<()> {
    match command {
        JobCommand::List { cursor } => {
            let query = PageQuery { cursor: cursor.clone(), limit: None };
            print(&jobs::operator_job_list(ctx, &query).await?)
        }
        JobCommand::Retry { job } => {
            jobs::operator_job_retry(ctx, *job).await?;
            print(&json!({"retried": job}))
        }
        JobCommand::Discard { job, reason } => {
            jobs::operator_job_discard(ctx, *job, reason).await?;
            print(&json!({"discarded": job}))
        }
    }
}

fn user_role(agency: Option<&String>, tenant: Option<&String>, role: &str) -> Result<UserRole> {
    match (agency, tenant) {
        (Some(agency), _) => {
            let role: AgencyRole = role.parse().map_err(anyhow::Error::msg)?;
            Ok(UserRole::Agency { agency: agency.clone(), role })
        }
        (None, Some(tenant)) => {
            let role: TenantRole = role.parse().map_err(anyhow::Error::msg)?;
            Ok(UserRole::Tenant { tenant: tenant.clone(), role })
        }
        (None, None) => bail!("give --agency or --tenant"),
    }
}

fn password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn print(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
