//! `up --demo`: fills an empty installation with an agency at work, by the
//! same operations that people use. The models are real, everything around
//! them is made up and labelled so.

use anyhow::{Context, Result, anyhow};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use weighhouse_core::blobs::{PartPut, blob_complete, part_put};
use weighhouse_core::identity::{self, SetupForm, UserCreate, UserRole};
use weighhouse_core::kernel::secret;
use weighhouse_core::{
    App, Ctx, attestations, datasets, models, projects, promotions, systems, tenancy, versions,
};
use weighhouse_types::attestations::{AttestationAdd, AttestationKind, Comment};
use weighhouse_types::blobs::{BlobQuery, PART_SIZE};
use weighhouse_types::context::Kind;
use weighhouse_types::datasets::{DatasetRecord, PipelineRecord, Record};
use weighhouse_types::models::ModelCreate;
use weighhouse_types::permission::Role;
use weighhouse_types::projects::ProjectCreate;
use weighhouse_types::promotions::{Decision, PromotionDecide, PromotionOpen};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::systems::{CompatibilityState, Verdict};
use weighhouse_types::tenancy::TenantCreate;
use weighhouse_types::versions::{Rollback, Stage, VersionRegister};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../infra/demo"]
#[include = "story.json"]
#[include = "models/*"]
#[include = "systems/*"]
#[include = "data/*"]
struct Files;

#[derive(Deserialize)]
struct Story {
    agency: Named,
    tenants: Vec<Named>,
    people: Vec<Person>,
    projects: Vec<Project>,
    models: Vec<Model>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Named {
    slug: String,
    name: String,
}

#[derive(Deserialize)]
struct Person {
    key: String,
    name: String,
    email: String,
    tenant: Option<String>,
    role: Role,
}

#[derive(Deserialize)]
struct Project {
    by: String,
    tenant: String,
    slug: String,
    name: String,
}

#[derive(Deserialize)]
struct Model {
    by: String,
    tenant: String,
    project: String,
    name: String,
    description: String,
    #[serde(default)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Step {
    DatasetRegister {
        by: String,
        dataset: String,
        file: String,
    },
    PipelineRegister {
        by: String,
        pipeline: String,
        file: String,
    },
    /// Without a folder there are no files: the context says all.
    VersionRegister {
        by: String,
        version: String,
        folder: Option<String>,
        context: String,
    },
    PromotionOpen {
        by: String,
        version: String,
        target: Stage,
        reason: String,
    },
    PromotionDecide {
        by: String,
        version: String,
        decision: Decision,
        reason: String,
    },
    ProductionRollback {
        by: String,
        model: String,
        from: u32,
        reason: String,
    },
    CompatibilityState {
        by: String,
        version: String,
        with: String,
        verdict: Verdict,
        reason: String,
    },
    CardAttach {
        by: String,
        version: String,
        file: String,
    },
    CommentAdd {
        by: String,
        version: String,
        text: String,
    },
}

/// The people of the demonstration, signed in.
struct Cast {
    app: Arc<App>,
    people: HashMap<String, Ctx>,
}

/// Tells the story, and prints everybody's password once.
pub(crate) async fn fill(app: &Arc<App>) -> Result<()> {
    let story: Story = serde_json::from_slice(&file("story.json")?).context("the demonstration's story")?;
    let mut cast = Cast { app: Arc::clone(app), people: HashMap::new() };
    let mut passwords = Vec::new();
    cast.arrive(&story, &mut passwords).await?;
    for project in &story.projects {
        let new = ProjectCreate { slug: project.slug.clone(), name: Some(project.name.clone()) };
        projects::project_create(cast.of(&project.by)?, &project.tenant, new).await?;
    }
    for model in &story.models {
        let new = ModelCreate {
            name: model.name.clone(),
            description: model.description.clone(),
            kind: model.kind,
        };
        models::model_create(cast.of(&model.by)?, &model.tenant, &model.project, new).await?;
    }
    for step in &story.steps {
        cast.act(step).await?;
    }
    for ctx in cast.people.values() {
        identity::sign_out(ctx).await?;
    }
    print(app, &story, &passwords);
    Ok(())
}

fn file(path: &str) -> Result<Vec<u8>> {
    let found = Files::get(path).with_context(|| format!("the demonstration lacks {path}"))?;
    Ok(found.data.into_owned())
}

impl Cast {
    fn of(&self, key: &str) -> Result<&Ctx> {
        self.people.get(key).with_context(|| format!("the story has no person ‘{key}’"))
    }

    /// The owner sets the installation up; tenants and the others follow.
    async fn arrive(&mut self, story: &Story, passwords: &mut Vec<(String, String)>) -> Result<()> {
        let anonymous = Ctx::anonymous(&self.app, secret::request_id());
        let console = Ctx::console(&self.app);
        let code = identity::setup_code(&self.app).await?.context("the installation is not empty")?;
        for (n, person) in story.people.iter().enumerate() {
            let password = secret::password();
            if n == 0 {
                let form = SetupForm {
                    agency_name: story.agency.name.clone(),
                    agency_slug: story.agency.slug.clone(),
                    name: person.name.clone(),
                    email: person.email.clone(),
                    password: password.clone(),
                };
                identity::setup(&anonymous, &code, form).await?;
                for tenant in &story.tenants {
                    let new = TenantCreate { slug: tenant.slug.clone(), name: Some(tenant.name.clone()) };
                    tenancy::tenant_create_synthetic(&console, &story.agency.slug, new).await?;
                }
            } else {
                let new = UserCreate {
                    email: person.email.clone(),
                    name: Some(person.name.clone()),
                    password: password.clone(),
                    role: person.user_role(&story.agency.slug)?,
                };
                identity::user_create(&console, new).await?;
            }
            let signed_in = identity::sign_in(&anonymous, &person.email, &password, "demonstration").await?;
            let ctx = identity::session_ctx(&self.app, &signed_in.cookie, anonymous.request_id()).await?;
            self.people.insert(person.key.clone(), ctx);
            passwords.push((person.email.clone(), password));
        }
        Ok(())
    }

    async fn act(&self, step: &Step) -> Result<()> {
        match step {
            Step::DatasetRegister { by, dataset, file } => {
                data_register::<DatasetRecord>(self.of(by)?, dataset, file).await
            }
            Step::PipelineRegister { by, pipeline, file } => {
                data_register::<PipelineRecord>(self.of(by)?, pipeline, file).await
            }
            Step::VersionRegister { by, version, folder, context } => {
                self.register(self.of(by)?, &reference(version)?, folder.as_deref(), context).await
            }
            Step::PromotionOpen { by, version, target, reason } => {
                let new = PromotionOpen { target: *target, reason: reason.clone() };
                promotions::promotion_open(self.of(by)?, &reference(version)?, new).await?;
                Ok(())
            }
            Step::PromotionDecide { by, version, decision, reason } => {
                let (ctx, version) = (self.of(by)?, reference(version)?);
                let found = versions::version_get(ctx, &version).await?;
                let id = found.open_promotion.with_context(|| format!("{version} has no open request"))?;
                let tenant = &version.model.tenant;
                let evidence_digest = promotions::promotion_get(ctx, tenant, id).await?.evidence_digest;
                let decide = PromotionDecide { decision: *decision, reason: reason.clone(), evidence_digest };
                promotions::promotion_decide(ctx, tenant, id, decide).await?;
                Ok(())
            }
            Step::CardAttach { by, version, file: card } => {
                let markdown = String::from_utf8(file(card)?).context("a card")?;
                let body = json!({ "markdown": markdown });
                let new = AttestationAdd { kind: AttestationKind::ModelCard, body };
                attestations::attestation_add(self.of(by)?, &reference(version)?, new).await?;
                Ok(())
            }
            Step::CommentAdd { by, version, text } => {
                let comment = Comment { text: text.clone() };
                attestations::comment_add(self.of(by)?, &reference(version)?, comment).await?;
                Ok(())
            }
            Step::ProductionRollback { by, model, from, reason } => {
                let model: ModelRef = model.parse().map_err(|e| anyhow!("{e}"))?;
                let rollback = Rollback { reason: reason.clone(), from: Some(*from) };
                promotions::production_rollback(self.of(by)?, &model, rollback).await?;
                Ok(())
            }
            Step::CompatibilityState { by, version, with, verdict, reason } => {
                let state =
                    CompatibilityState { with: with.clone(), verdict: *verdict, reason: reason.clone() };
                systems::compatibility_state(self.of(by)?, &reference(version)?, state).await?;
                Ok(())
            }
        }
    }

    /// Sends a folder's files and registers them, or what has none, as a version.
    async fn register(
        &self,
        ctx: &Ctx,
        version: &VersionRef,
        folder: Option<&str>,
        context: &str,
    ) -> Result<()> {
        let mut context: Value = serde_json::from_slice(&file(context)?)?;
        if let (Some(folder), Some(components)) = (folder, context.as_object_mut()) {
            let files = self.send(ctx, &version.model.tenant, folder).await?;
            components.insert("artifact".into(), json!({ "files": files }));
        }
        let new = VersionRegister { context, create_model: false };
        versions::version_register(ctx, &version.model, new).await?;
        // At once, so that the story's requests have it in their evidence; the worker's finds nothing to add.
        attestations::version_scan(&self.app, ctx.request_id(), version).await?;
        Ok(())
    }

    /// Sends a folder's files; gives their entries in the artifact.
    async fn send(&self, ctx: &Ctx, tenant: &str, folder: &str) -> Result<Vec<Value>> {
        let mut entries = Vec::new();
        let prefix = format!("{folder}/");
        for path in Files::iter() {
            let Some(name) = path.strip_prefix(&prefix) else { continue };
            let bytes = file(&path)?;
            let sha256: [u8; 32] = Sha256::digest(&bytes).into();
            let query = BlobQuery { sha256: hex::encode(sha256), size: u64::try_from(bytes.len())? };
            anyhow::ensure!(query.size <= PART_SIZE, "{path} is larger than a part");
            let put = PartPut { blob: query.sha256.clone(), number: 1, sha256 };
            let body = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(bytes.into())]);
            part_put(ctx, tenant, put, body).await?;
            blob_complete(ctx, tenant, &query).await?;
            entries.push(json!({"path": name, "size": query.size, "sha256": query.sha256}));
        }
        Ok(entries)
    }
}

impl Person {
    fn user_role(&self, agency: &str) -> Result<UserRole> {
        match (&self.role, &self.tenant) {
            (Role::Agency(role), _) => Ok(UserRole::Agency { agency: agency.to_owned(), role: *role }),
            (Role::Tenant(role), Some(tenant)) => {
                Ok(UserRole::Tenant { tenant: tenant.clone(), role: *role })
            }
            (Role::Tenant(_), None) => Err(anyhow!("{} has a client's role and no client", self.key)),
        }
    }
}

/// Registers what a file holds under `tenant/name`.
async fn data_register<T: Record>(ctx: &Ctx, place: &str, path: &str) -> Result<()> {
    let (tenant, name) = place.split_once('/').with_context(|| format!("{place} is no tenant/name"))?;
    let record: T = serde_json::from_slice(&file(path)?).with_context(|| path.to_owned())?;
    datasets::data_register(ctx, tenant, name, &record).await?;
    Ok(())
}

fn reference(text: &str) -> Result<VersionRef> {
    text.parse().map_err(|e| anyhow!("{e}"))
}

fn print(app: &App, story: &Story, passwords: &[(String, String)]) {
    println!("\n  {}: a demonstration. Everything in it is made up.", story.agency.name);
    println!(
        "  Open {} and sign in as one of these; the passwords are shown this once.\n",
        app.config.public_url
    );
    for (person, (email, password)) in story.people.iter().zip(passwords) {
        let place = person.tenant.as_deref().unwrap_or(&story.agency.slug);
        println!("    {email:<36} {password}   {} of {place}", person.role);
    }
    println!();
}
