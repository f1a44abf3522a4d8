//! What stands at which address: for requests that match no route, and for
//! rules that hold before one is chosen.

use crate::error::ApiError;
use crate::openapi::document;
use crate::request::RequestId;
use actix_web::dev::ResourceDef;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::Value;
use std::sync::LazyLock;
use weighhouse_core::Error;
use weighhouse_types::error::Code;

/// An address that the document describes.
struct Address {
    pattern: ResourceDef,
    /// `GET, POST`, as the header Allow lists them.
    methods: String,
    /// Needs no login, whatever the method.
    open: bool,
}

static ADDRESSES: LazyLock<Vec<Address>> = LazyLock::new(|| {
    let paths = document().get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.map(|(path, item)| Address::of(path, item)).collect()
});

impl Address {
    fn of(path: &str, item: &Value) -> Self {
        let operations = || item.as_object().into_iter().flatten();
        let methods: Vec<String> = operations().map(|(method, _)| method.to_uppercase()).collect();
        Self {
            // The one part that holds slashes: a file's path.
            pattern: ResourceDef::new(path.replace("{path}", "{path:.*}")),
            methods: methods.join(", "),
            open: operations().all(|(_, operation)| needs_nothing(operation)),
        }
    }
}

fn needs_nothing(operation: &Value) -> bool {
    operation.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty)
}

fn at(path: &str) -> Option<&'static Address> {
    ADDRESSES.iter().find(|address| address.pattern.is_match(path))
}

/// Whether everything at an address is for people without a login.
pub(crate) fn is_open(path: &str) -> bool {
    at(path).is_some_and(|address| address.open)
}

/// Answers what no route took: 405 where only the method is wrong, else 404.
pub(crate) async fn no_route(request: HttpRequest) -> HttpResponse {
    let id = RequestId::of(&request);
    let Some(Address { methods, .. }) = at(request.path()) else {
        return ApiError::new(&Error::not_found("thing at this address"), id).error_response();
    };
    let error = Error::refused(Code::NoSuchMethod, format!("This address answers to {methods}."));
    let mut response = ApiError::new(&error, id).error_response();
    if let Ok(value) = methods.try_into() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
