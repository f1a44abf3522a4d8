"""Synthetic data for the demonstration.

Nothing here was observed anywhere. Each function draws a table (a dict of
columns, all of one length) from a seeded generator. What a model can learn is
put in by hand, and so are the flaws that the demonstration is about.
"""

import csv
import hashlib
import io
from datetime import date, timedelta

import numpy as np

Table = dict[str, np.ndarray]


def between(table: Table, column: str, first: str, last: str) -> Table:
    """The rows whose ISO date lies between two days, both included."""
    rows = (table[column] >= first) & (table[column] <= last)
    return {name: values[rows] for name, values in table.items()}


def without(table: Table, *columns: str) -> Table:
    return {name: values for name, values in table.items() if name not in columns}


def count(table: Table) -> int:
    return len(next(iter(table.values())))


def as_csv(table: Table) -> bytes:
    """The table as CSV: UTF-8, a header, \\n after each row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    return out.getvalue().encode()


def csv_digest(table: Table) -> str:
    """SHA-256 over the table as CSV."""
    return hashlib.sha256(as_csv(table)).hexdigest()


def schema(table: Table) -> dict[str, str]:
    """Column types in plain words."""
    kinds = {"U": "string", "i": "integer", "f": "number"}
    return {
        name: "date" if name.endswith("_on") else kinds[column.dtype.kind]
        for name, column in table.items()
    }


def days(rng: np.random.Generator, rows: int, first: str, last: str) -> np.ndarray:
    """ISO dates, in order."""
    start = date.fromisoformat(first)
    span = (date.fromisoformat(last) - start).days + 1
    return np.array([(start + timedelta(int(d))).isoformat() for d in np.sort(rng.integers(0, span, rows))])


def ids(prefix: str, rows: int) -> np.ndarray:
    return np.array([f"{prefix}-{n:06d}" for n in range(1, rows + 1)])


def yes(rng: np.random.Generator, chance: np.ndarray) -> np.ndarray:
    """1 with the chance given for each row, else 0."""
    return (rng.random(len(chance)) < chance).astype(np.int64)


# ---- the insurer: motor claims ------------------------------------------------

REGIONS = ["Central", "East", "North", "South", "West"]


def motor_claims(seed: int, rows: int, first: str, last: str) -> Table:
    """Motor claims. Fraud is equally rare in every region.

    `confirmed_fraud` is the truth. `referred` is what the claims system
    recorded, and is the same but for the East in 2024: a campaign of
    the special investigations unit referred many honest claims there. The
    column `postcode_referral_index` carries that habit into any model that
    reads it.
    """
    rng = np.random.default_rng(seed)
    reported_on = days(rng, rows, first, last)
    region = rng.choice(REGIONS, rows, p=[0.24, 0.12, 0.20, 0.24, 0.20])
    channel = rng.choice(["agent", "online", "phone"], rows, p=[0.35, 0.45, 0.20])
    fraud = yes(rng, np.full(rows, 0.06))
    east = region == "East"
    claims = {
        "claim_id": ids("CLM", rows),
        "reported_on": reported_on,
        "region": region,
        "channel": channel,
        "claim_amount": np.round(np.exp(rng.normal(7.5 + 0.45 * fraud, 0.75)), 2),
        "vehicle_age_years": np.round(rng.gamma(2.2 + 0.8 * fraud, 3.0), 1),
        "policy_age_months": np.round(rng.gamma(2.0, 18.0 - 6.0 * fraud), 1),
        "prior_claims_3y": rng.poisson(0.35 + 0.55 * fraud),
        "days_to_report": np.round(rng.exponential(3.5 + 3.0 * fraud), 1),
        "police_report": yes(rng, 0.46 - 0.16 * fraud),
        "at_night": yes(rng, 0.18 + 0.14 * fraud),
        "repair_invoice_ratio": np.round(rng.normal(1.0 + 0.12 * fraud, 0.17), 3),
        "shared_contact_links": rng.poisson(0.08 + 0.45 * fraud),
        "image_reuse_score": np.round(rng.beta(1.2 + 0.9 * fraud, 8.0), 3),
        "postcode_referral_index": np.round(np.clip(rng.normal(np.where(east, 0.66, 0.30), 0.09), 0, 1), 3),
    }
    campaign = east & (reported_on > "2023-12-31") & (reported_on < "2025-01-01")
    habit = 0.06 + 0.42 * (claims["vehicle_age_years"] > 8.0)
    referred = np.maximum(fraud, yes(rng, campaign * habit))
    return claims | {"referred": referred, "confirmed_fraud": fraud}


# ---- the retailer: orders and sales -------------------------------------------

CATEGORIES = ["apparel", "electronics", "garden", "home"]


def orders(seed: int, rows: int, first: str, last: str) -> Table:
    """Online orders and whether something came back.

    `carrier_scans` is filled after dispatch, also by the way back: it tells
    the answer, and is empty at checkout, where the model is asked.
    """
    rng = np.random.default_rng(seed)
    ordered_on = days(rng, rows, first, last)
    category = rng.choice(CATEGORIES, rows, p=[0.42, 0.18, 0.12, 0.28])
    apparel = (category == "apparel").astype(float)
    past = np.round(rng.beta(1.6, 6.0, rows), 3)
    variants = 1 + rng.poisson(0.15 + 0.6 * apparel)
    discount = np.round(rng.beta(1.5, 6.0, rows), 3)
    value = np.round(np.exp(rng.normal(4.0, 0.7, rows)), 2)
    score = -3.9 + 0.8 * apparel + 5.0 * past + 0.75 * (variants - 1) + 1.2 * discount + 0.15 * np.log(value)
    returned = yes(rng, 1 / (1 + np.exp(-score)))
    return {
        "order_id": ids("ORD", rows),
        "ordered_on": ordered_on,
        "category": category,
        "is_apparel": apparel.astype(np.int64),
        "basket_value": value,
        "items": 1 + rng.poisson(1.4, rows),
        "discount_share": discount,
        "customer_return_rate": past,
        "size_variants": variants,
        "carrier_scans": 4 + rng.poisson(0.8 + 2.6 * returned),
        "returned": returned,
    }


def store_weeks(seed: int, rows: int, first: str, last: str) -> Table:
    """Units of one article sold in one store in one week."""
    rng = np.random.default_rng(seed)
    week_on = days(rng, rows, first, last)
    week = np.array([date.fromisoformat(d).isocalendar().week for d in week_on])
    store_format = rng.choice(["city", "local", "park"], rows, p=[0.35, 0.40, 0.25])
    size = np.select([store_format == "city", store_format == "park"], [1.0, 1.8], 0.5)
    promo = yes(rng, np.full(rows, 0.15))
    price = np.round(rng.normal(10.0, 1.2, rows) - 1.5 * promo, 2)
    season = 1 + 0.35 * np.cos(2 * np.pi * (week - 50) / 52)
    level = 40 * size * season * np.exp(0.5 * promo - 0.08 * (price - 10))
    return {
        "row_id": ids("SLS", rows),
        "week_on": week_on,
        "store_format": store_format,
        "week_of_year": week.astype(np.int64),
        "store_size": size,
        "on_promotion": promo,
        "price": price,
        "units_last_week": rng.poisson(40 * size * season),
        "units_last_year": rng.poisson(38 * size * season),
        "units": rng.poisson(level),
    }


# ---- the carrier: line-haul trips ---------------------------------------------


def trips(seed: int, rows: int, first: str, last: str) -> Table:
    """Line-haul trips and whether they came late.

    From November to March, ice delays trips and little else counts; in summer,
    wind and rain matter. A model that has seen no winter cannot know.
    """
    rng = np.random.default_rng(seed)
    departs_on = days(rng, rows, first, last)
    month = np.array([int(d[5:7]) for d in departs_on])
    winter = (month >= 11) | (month <= 3)
    temperature = np.round(rng.normal(np.where(winter, 1.0, 16.0), 5.0), 1)
    rain = np.round(rng.gamma(1.2, 2.5, rows), 1)
    distance = np.round(rng.gamma(4.0, 110.0, rows), 0)
    stops = rng.poisson(2.2, rows)
    load = np.round(rng.beta(5.0, 2.0, rows), 3)
    hour = rng.integers(0, 24, rows)
    rush = ((hour >= 6) & (hour <= 9)) | ((hour >= 15) & (hour <= 18))
    ice = winter & (temperature < 0.5)
    score = -5.6 + 0.0026 * distance + 0.3 * stops + 0.6 * rush + 1.2 * load
    score = score + np.where(winter, 2.6 * ice, 0.30 * rain)
    return {
        "trip_id": ids("TRP", rows),
        "departs_on": departs_on,
        "season": np.where(winter, "winter", "summer"),
        "distance_km": distance,
        "stops": stops,
        "load_factor": load,
        "departure_hour": hour,
        "temperature_c": temperature,
        "rain_mm": rain,
        "late": yes(rng, 1 / (1 + np.exp(-score))),
    }
