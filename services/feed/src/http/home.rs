//! The home feed.

use axum::extract::State as Shared;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use nova_service::http::{Json, Page, PageQuery, Problem};
use nova_service::tokens::Caller;

use crate::domain::Item;
use crate::state::State;

/// The caller's home feed, newest first: their own posts and those of the users they follow.
#[utoipa::path(
    get, path = "/v1/feed", tag = "feed", operation_id = "get_home_feed",
    params(PageQuery),
    responses((status = 200, description = "A page of the feed", body = Page<Item>)),
    security(("bearer" = [])),
)]
pub(super) async fn read(
    caller: Caller,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    page: PageQuery,
) -> Result<Json<Page<Item>>, Problem> {
    let authorization = headers.get(AUTHORIZATION);
    let page = state.page_of_home(caller.user_id, authorization, page);
    Ok(Json(page.await?))
}
