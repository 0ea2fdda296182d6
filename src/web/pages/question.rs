//! What a page is asked for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::complaint;
use crate::text::ConsolePhrase as P;
use crate::web::Shared;
use crate::web::visit::Visit;

/// What a query asks for, or the page that says it cannot be understood.
pub(in crate::web) struct Question<T>(pub(in crate::web) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for Question<T> {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        match Query::<T>::from_request_parts(parts, shared).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(_) => Err(not_understood(Visit::of(parts, shared))),
        }
    }
}

fn not_understood(v: Visit) -> Response {
    let status = StatusCode::BAD_REQUEST;
    complaint(v, status, P::NotUnderstood, P::NoSuchPageRemedy)
}
