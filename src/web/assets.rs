//! The style sheet, the script and the mark, compiled in.

use axum::http::header;
use axum::response::IntoResponse;

pub(super) async fn style() -> impl IntoResponse {
    served(
        "text/css; charset=utf-8",
        include_str!("assets/console.css"),
    )
}

pub(super) async fn script() -> impl IntoResponse {
    served(
        "text/javascript; charset=utf-8",
        include_str!("assets/console.js"),
    )
}

pub(super) async fn mark() -> impl IntoResponse {
    served("image/svg+xml", include_str!("assets/mark.svg"))
}

/// Kept by browsers for as long as a page is open: a new binary has new ones.
fn served(media: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, media),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
