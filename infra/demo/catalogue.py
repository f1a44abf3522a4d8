"""The demonstration's models: what each version learns from, what it reads, and how."""

import re
from dataclasses import dataclass
from functools import cached_property

import synthetic
from synthetic import Table, between, count, csv_digest, without

SYNTHETIC = "Synthetic: drawn from a seeded generator, about no real person or business."
TRAINING_SEED = 7

# name: (type, unit, meaning)
FEATURES = {
    "claim_amount": ("number", "EUR", "amount claimed"),
    "vehicle_age_years": ("number", "years", "age of the vehicle"),
    "policy_age_months": ("number", "months", "time since the policy began"),
    "prior_claims_3y": ("integer", "claims", "claims of the policy in three years"),
    "days_to_report": ("number", "days", "from the accident to the report"),
    "police_report": ("flag", "0 or 1", "a police report exists"),
    "at_night": ("flag", "0 or 1", "accident between 22:00 and 06:00"),
    "repair_invoice_ratio": ("number", "ratio", "repair invoice over the model's usual cost"),
    "shared_contact_links": ("integer", "policies", "other policies with the same phone or account"),
    "image_reuse_score": ("number", "0 to 1", "likeness of the photos to earlier claims' photos"),
    "postcode_referral_index": ("number", "0 to 1", "share of past claims of the postcode that were referred"),
    "is_apparel": ("flag", "0 or 1", "the order is of the apparel category"),
    "basket_value": ("number", "EUR", "value of the order"),
    "items": ("integer", "items", "articles in the order"),
    "discount_share": ("number", "0 to 1", "discount over list price"),
    "customer_return_rate": ("number", "0 to 1", "share of earlier orders sent back"),
    "size_variants": ("integer", "variants", "most sizes ordered of one article"),
    "carrier_scans": ("integer", "scans", "scans of the parcel by the carrier"),
    "week_of_year": ("integer", "week", "ISO week"),
    "store_size": ("number", "ratio", "floor space over that of a city store"),
    "on_promotion": ("flag", "0 or 1", "the article is promoted this week"),
    "price": ("number", "EUR", "shelf price"),
    "units_last_week": ("integer", "units", "sold the week before"),
    "units_last_year": ("integer", "units", "sold in the same week a year before"),
    "distance_km": ("number", "km", "length of the trip"),
    "stops": ("integer", "stops", "planned stops"),
    "load_factor": ("number", "0 to 1", "load over capacity"),
    "departure_hour": ("integer", "hour", "local hour of departure"),
    "temperature_c": ("number", "degrees Celsius", "forecast at departure"),
    "rain_mm": ("number", "mm", "forecast for the day"),
}


@dataclass(frozen=True)
class Dataset:
    """A table as it would have been delivered: named, dated, labelled."""

    name: str
    split: str
    table: Table
    source: str

    @property
    def series(self) -> str:
        """The name under which it is a version: what stands before its dates."""
        return re.match(r"[a-z-]+(?=-[0-9])", self.name).group()

    @cached_property
    def entry(self) -> dict:
        """The dataset as the context's `data` component has it."""
        dates = next(column for name, column in self.table.items() if name.endswith("_on"))
        return {
            "name": self.name,
            "uri": f"infra/demo/synthetic.py#{self.source}",
            "digest": f"sha256:{csv_digest(self.table)}",
            "rows": count(self.table),
            "schema": synthetic.schema(self.table),
            "split": self.split,
            "time_range": {"from": str(dates[0]), "until": str(dates[-1])},
            "note": SYNTHETIC,
        }


@dataclass(frozen=True)
class Version:
    """One version of one model: what it learns from, what it reads, and how."""

    model: str
    number: int
    summary: str
    train: Dataset
    holdout: Dataset
    label: str
    truth: str
    slices: list[str]
    features: list[str]
    trees: int
    threshold: float | None
    pipeline: str

    @property
    def pipeline_name(self) -> str:
        return self.model.split("/", 1)[1].replace("/", "-") + "-features"

    @property
    def hyperparameters(self) -> dict:
        return {
            "n_estimators": self.trees,
            "max_depth": 3,
            "learning_rate": 0.1,
            "subsample": 0.8,
            "random_state": TRAINING_SEED,
        }


def fraud_scorer() -> list[Version]:
    past = synthetic.motor_claims(101, 48_000, "2023-01-01", "2024-12-31")
    seen = without(past, "confirmed_fraud")
    later = without(synthetic.motor_claims(102, 30_000, "2025-01-01", "2025-03-31"), "referred")
    common = {
        "model": "aldermoor/motor-claims/fraud-scorer",
        "holdout": Dataset("motor-claims-2025q1-adjudicated (synthetic)", "test", later, "motor_claims(seed=102)"),
        "label": "referred",
        "truth": "confirmed_fraud",
        "slices": ["region", "channel"],
    }
    first = [
        "claim_amount", "vehicle_age_years", "policy_age_months", "prior_claims_3y",
        "days_to_report", "police_report", "at_night",
    ]
    more = ["repair_invoice_ratio", "shared_contact_links", "image_reuse_score", "postcode_referral_index"]
    return [
        Version(
            number=1, features=first, trees=80, threshold=0.15, pipeline="1.0.0",
            summary="Scores a motor claim for referral to the special investigations unit.",
            train=Dataset(
                "motor-claims-2023 (synthetic)", "train",
                between(seen, "reported_on", "2023-01-01", "2023-12-31"), "motor_claims(seed=101)",
            ),
            **common,
        ),
        Version(
            number=2, features=first + more, trees=96, threshold=0.20, pipeline="2.0.0",
            summary="As version 1, with a second year of claims and four more features: repair invoices, "
            "shared contacts, reused photos and the postcode's referral history.",
            train=Dataset("motor-claims-2023-2024 (synthetic)", "train", seen, "motor_claims(seed=101)"),
            **common,
        ),
    ]


def returns_propensity() -> list[Version]:
    common = {
        "model": "lindgrove/online-store/returns-propensity",
        "train": Dataset(
            "orders-2023h2-2024h1 (synthetic)", "train",
            synthetic.orders(201, 24_000, "2023-07-01", "2024-06-30"), "orders(seed=201)",
        ),
        "holdout": Dataset(
            "orders-2024-autumn (synthetic)", "test",
            synthetic.orders(202, 12_000, "2024-09-01", "2024-10-31"), "orders(seed=202)",
        ),
        "label": "returned",
        "truth": "returned",
        "slices": ["category"],
        "trees": 60,
        "threshold": 0.35,
    }
    first = ["is_apparel", "basket_value", "items", "discount_share", "customer_return_rate", "size_variants"]
    return [
        Version(
            number=1, features=first, pipeline="1.0.0",
            summary="The chance that part of an order comes back, asked at checkout.", **common,
        ),
        Version(
            number=2, features=[*first, "carrier_scans"], pipeline="1.1.0",
            summary="As version 1, with the carrier's scans of the parcel.", **common,
        ),
    ]


def weekly_demand() -> list[Version]:
    return [
        Version(
            model="lindgrove/replenishment/weekly-demand", number=1, pipeline="1.0.0",
            summary="Units of one article that one store will sell in one week.",
            train=Dataset(
                "store-weeks-2022-2023 (synthetic)", "train",
                synthetic.store_weeks(401, 12_000, "2022-01-03", "2023-12-31"), "store_weeks(seed=401)",
            ),
            holdout=Dataset(
                "store-weeks-2024h1 (synthetic)", "test",
                synthetic.store_weeks(402, 4_000, "2024-01-01", "2024-06-30"), "store_weeks(seed=402)",
            ),
            label="units", truth="units", slices=["store_format"], trees=60, threshold=None,
            features=["week_of_year", "store_size", "on_promotion", "price", "units_last_week", "units_last_year"],
        )
    ]


def delay_risk() -> list[Version]:
    year = synthetic.trips(301, 20_000, "2023-01-01", "2023-12-31")
    whole = Dataset("trips-2023 (synthetic)", "train", year, "trips(seed=301)")
    summer = between(year, "departs_on", "2023-04-01", "2023-10-31")
    common = {
        "model": "castellan/line-haul/delay-risk",
        "holdout": Dataset(
            "trips-2024 (synthetic)", "test",
            synthetic.trips(302, 12_000, "2024-01-01", "2024-12-31"), "trips(seed=302)",
        ),
        "label": "late",
        "truth": "late",
        "slices": ["season"],
        "trees": 60,
        "threshold": 0.35,
    }
    first = ["distance_km", "stops", "load_factor", "departure_hour"]
    weather = [*first, "temperature_c", "rain_mm"]
    return [
        Version(
            number=1, features=first, train=whole, pipeline="1.0.0",
            summary="The chance that a line-haul trip arrives more than 30 minutes late.", **common,
        ),
        Version(
            number=2, features=weather, pipeline="2.0.0",
            train=Dataset("trips-2023-april-october (synthetic)", "train", summer, "trips(seed=301)"),
            summary="As version 1, with the weather forecast; trained on the months for which forecasts were at hand.",
            **common,
        ),
        Version(
            number=3, features=weather, train=whole, pipeline="2.0.0",
            summary="As version 2, trained on the whole year.", **common,
        ),
    ]


def versions() -> list[Version]:
    """Every version of the demonstration, in the order of their numbers."""
    return [*fraud_scorer(), *returns_propensity(), *weekly_demand(), *delay_risk()]
