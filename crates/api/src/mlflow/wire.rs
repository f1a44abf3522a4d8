//! The forms of MLflow's requests and answers, as protobuf writes them in JSON.

use super::error::{Failure, Result};
use actix_web::HttpResponse;
use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use weighhouse_types::experiments::Point;

/// A whole number, which comes as a number or as a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Int(pub(super) i64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        match Loose::deserialize(from)? {
            Loose::Int(number) => Ok(Self(number)),
            // 3.0 is a whole number as well.
            Loose::Float(number) => format!("{number:.0}")
                .parse()
                .ok()
                .filter(|_| number.fract() == 0.0)
                .map(Self)
                .ok_or_else(|| D::Error::custom(format!("{number} is no whole number"))),
            Loose::Text(text) => text
                .trim()
                .parse()
                .map(Self)
                .map_err(|_e| D::Error::custom(format!("‘{text}’ is no whole number"))),
        }
    }
}

/// A number, which comes as one, or as a text where JSON has none for it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        match Loose::deserialize(from)? {
            #[expect(
                clippy::as_conversions,
                clippy::cast_precision_loss,
                reason = "a double is what is stored"
            )]
            Loose::Int(number) => Ok(Self(number as f64)),
            Loose::Float(number) => Ok(Self(number)),
            Loose::Text(text) => {
                text.trim().parse().map(Self).map_err(|_e| D::Error::custom(format!("‘{text}’ is no number")))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Int(i64),
    Float(f64),
    Text(String),
}

/// A key with its value.
#[derive(Deserialize)]
pub(super) struct KeyValue {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

impl KeyValue {
    pub(super) fn pair(self, what: &str) -> Result<(String, String)> {
        Ok((required(self.key, &format!("{what}.key"))?, self.value.unwrap_or_default()))
    }
}

/// The pairs of a list that may be absent.
pub(super) fn pairs(list: Option<Vec<KeyValue>>, what: &str) -> Result<Vec<(String, String)>> {
    list.unwrap_or_default().into_iter().map(|pair| pair.pair(what)).collect()
}

/// What a call cannot do without.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T> {
    value.ok_or_else(|| Failure::invalid(format!("Missing value for required parameter '{name}'.")))
}

/// A body as JSON; an empty one has nothing in it.
pub(super) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T> {
    let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes)
        .map_err(|e| Failure::invalid(format!("The body is not what this call expects: {e}.")))
}

/// The parameters of a query, each of which may come several times.
#[derive(Default)]
pub(super) struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    pub(super) fn of(request: &actix_web::HttpRequest) -> Result<Self> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string())
            .map_err(|e| Failure::invalid(format!("The query cannot be read: {e}.")))?;
        let mut query = Self::default();
        for (name, value) in pairs {
            query.0.entry(name).or_default().push(value);
        }
        Ok(query)
    }

    /// The value of the first of these names that is there and not empty.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.0.get(*name)?.first());
        values.map(String::as_str).find(|value| !value.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>> {
        let wrong =
            |text: &str| Failure::invalid(format!("‘{text}’ is no whole number, which ‘{name}’ must be."));
        self.text(&[name]).map(|text| text.parse().map_err(|_e| wrong(text))).transpose()
    }
}

/// Where the next page begins, as clients hand it back.
pub(super) fn page_token(offset: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("from {offset}"))
}

/// Where a page begins.
pub(super) fn page_offset(token: Option<&str>) -> Result<u64> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(0) };
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        text.strip_prefix("from ")?.parse().ok()
    };
    read().ok_or_else(|| Failure::invalid(format!("‘{token}’ is no page token of this server.")))
}

/// A number of results, within bounds.
pub(super) fn limit(asked: Option<Int>, default: u32, max: u32) -> Result<u32> {
    let Some(Int(asked)) = asked else { return Ok(default) };
    let limit = u32::try_from(asked).ok().filter(|limit| (1..=max).contains(limit));
    limit.ok_or_else(|| {
        Failure::invalid(format!("Invalid value {asked} for parameter 'max_results': it is 1 to {max}."))
    })
}

/// An answer.
pub(super) fn json(answer: &impl Serialize) -> Result<HttpResponse> {
    let bytes = serde_json::to_vec(answer).map_err(weighhouse_core::Error::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(bytes))
}

/// That it is done.
pub(super) fn done() -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().content_type("application/json").body("{}"))
}

/// A pair as it is answered.
#[derive(Serialize)]
pub(super) struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

pub(super) fn out(pairs: &BTreeMap<String, String>) -> Vec<Pair<'_>> {
    pairs.iter().map(|(key, value)| Pair { key, value }).collect()
}

/// A point as it is answered.
#[derive(Serialize)]
pub(super) struct Metric<'a> {
    key: &'a str,
    #[serde(serialize_with = "number")]
    value: f64,
    timestamp: i64,
    step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
}

impl<'a> Metric<'a> {
    pub(super) fn new(key: &'a str, point: &Point, run_id: Option<&'a str>) -> Self {
        Self { key, value: point.value, timestamp: point.at, step: point.step, run_id }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn number<S: Serializer>(value: &f64, to: S) -> std::result::Result<S::Ok, S::Error> {
    if value.is_nan() { to.serialize_str("NaN") } else { to.serialize_f64(*value) }
}
