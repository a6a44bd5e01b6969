//! All that is kept of the caller.

use axum::body::Body;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Extensions, StatusCode};
use nova_resilience::Chain;
use nova_service::http::{Problem, Query};
use nova_service::tokens::Caller;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::commands::{self, Exported};
use crate::error::Error;
use crate::state::State;

/// Which export is wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// Whether a new one is made instead of one that was asked for more than an hour ago.
    #[serde(default)]
    #[param(required = false)]
    fresh: bool,
}

/// A ZIP of JSON files. What they are says the `README.txt` in it.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes what is streamed")]
pub(super) struct ExportArchive(Vec<u8>);

/// All that is kept of the caller, by all services, as a ZIP of JSON.
///
/// It is made when it is asked for, and is there for a day then.
#[utoipa::path(
    get, path = "/v1/users/me/export", tag = "users",
    params(ExportQuery),
    responses(
        (status = 200, description = "All that is kept of the caller",
            content_type = "application/zip", body = ExportArchive,
            headers(("Content-Disposition" = String, description = "That it is to be kept as a file"))),
        (status = 202, description = "It is being made; ask again",
            headers(
                ("Location" = String, description = "Where it will be"),
                ("Retry-After" = u64, description = "Seconds until it is worth asking again"),
            )),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn get_export(
    caller: Caller,
    Shared(state): Shared<State>,
    extensions: Extensions,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    // It is read with GET and makes all services work.
    state.limits.writes.check(&extensions).await?;
    let mut tx = state.begin().await?;
    let (outbox, user) = (&state.outbox, caller.user_id);
    let exported = commands::export_account(&mut tx, outbox, user, query.fresh).await?;
    state.commit(tx).await?;
    Ok(match exported {
        Exported::Making => {
            let headers = [(LOCATION, "/v1/users/me/export"), (RETRY_AFTER, "1")];
            (StatusCode::ACCEPTED, headers).into_response()
        }
        Exported::Ready(account, export) => {
            let headers = [
                (CONTENT_TYPE, "application/zip"),
                (
                    CONTENT_DISPOSITION,
                    "attachment; filename=\"nova-export.zip\"",
                ),
                (CACHE_CONTROL, "private, no-store"),
            ];
            let archive = state.archive(&account, export).inspect_err(cut_off);
            (headers, Body::from_stream(archive)).into_response()
        }
    })
}

/// Who downloads it sees that the connection breaks.
fn cut_off(error: &Error) {
    tracing::warn!(error = %Chain(error), "an export could not be sent to its end");
}
