//! The tabs of a version's page; each has an address of its own.

use crate::links;
use leptos::prelude::*;
use weighhouse_core::{Error, Result};
use weighhouse_types::attestations::AttestationKind;
use weighhouse_types::context::Kind;
use weighhouse_types::reference::VersionRef;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Context,
    /// Of language models alone.
    Prompts,
    Evidence,
    Systems,
    Lineage,
    Card,
    Discussion,
    History,
}

impl Tab {
    const ALL: [Self; 8] = [
        Self::Context,
        Self::Prompts,
        Self::Evidence,
        Self::Card,
        Self::Systems,
        Self::Lineage,
        Self::Discussion,
        Self::History,
    ];

    /// What of the attestations it shows; of the others it shows none.
    pub(super) const fn attested(self) -> &'static [AttestationKind] {
        match self {
            Self::Evidence => {
                &[AttestationKind::Evaluation, AttestationKind::Scan, AttestationKind::Signature]
            }
            Self::Card => &[AttestationKind::ModelCard],
            Self::Discussion => &[AttestationKind::Comment],
            Self::Context | Self::Prompts | Self::Systems | Self::Lineage | Self::History => &[],
        }
    }

    /// The tab of an address; without a name, the first.
    ///
    /// # Errors
    /// When there is none of this name.
    pub(super) fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|tab| tab.address() == name);
        found.ok_or_else(|| Error::not_found("page"))
    }

    const fn address(self) -> &'static str {
        match self {
            Self::Context => "",
            Self::Prompts => "prompts",
            Self::Evidence => "evidence",
            Self::Systems => "systems",
            Self::Lineage => "lineage",
            Self::Card => "card",
            Self::Discussion => "discussion",
            Self::History => "history",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Context => "Context",
            Self::Prompts => "Prompts",
            Self::Evidence => "Evidence",
            Self::Systems => "Systems",
            Self::Lineage => "Lineage",
            Self::Card => "Card",
            Self::Discussion => "Discussion",
            Self::History => "History",
        }
    }

    /// Whether versions of a kind have it.
    pub(super) fn fits(self, kind: Kind) -> bool {
        self != Self::Prompts || kind == Kind::Llm
    }
}

#[component]
pub(super) fn Tabs(of: VersionRef, kind: Kind, current: Tab) -> impl IntoView {
    let tab = |tab: Tab| {
        let href = links::version_tab(&of, tab.address());
        let current = (tab == current).then_some("page");
        view! {
            <li>
                <a class="tab" href=href aria-current=current>
                    {tab.title()}
                </a>
            </li>
        }
    };
    view! {
        <nav class="tabs page-tabs" aria-label="Parts of the version">
            <ul>{Tab::ALL.into_iter().filter(|tab| tab.fits(kind)).map(tab).collect_view()}</ul>
        </nav>
    }
}
