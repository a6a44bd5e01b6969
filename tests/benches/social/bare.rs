//! What Nova is held against: axum and sqlx with nothing around them. A read is one SELECT of ten posts by an
//! index, a post is one INSERT. Nobody is signed in, nothing is checked, nothing is told to anyone.
//!
//! Served by this program itself, started once more, so that the load shares no thread with it.

use std::net::Ipv4Addr;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use nova_tests::again::input_ends;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions as _, FromRow, PgPool, Row as _};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use uuid::Uuid;

/// Those of each of Nova's services.
const POOL: u32 = 10;
/// Those of Nova's connections: see `SESSION` in `crates/service/src/postgres.rs`.
const SESSION: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// Serves the database at that URL on a port of its own, which it prints, until its input ends.
pub(crate) fn serve(postgres: &str) -> anyhow::Result<()> {
    let options: PgConnectOptions = postgres.parse()?;
    let options = options.disable_statement_logging().options(SESSION);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let pool = PgPoolOptions::new()
            .max_connections(POOL)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        // As Nova does; a connection without it is only slower.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::select! {
            served = axum::serve(listener, routes(pool)) => served?,
            ended = input_ends() => ended?,
        }
        Ok(())
    })
}

/// Those that the mix asks, by Nova's paths.
fn routes(pool: PgPool) -> Router {
    Router::new()
        .route("/v1/feed", get(own))
        .route("/v1/users/{id}/posts", get(of_user))
        .route("/v1/posts", post(create))
        .with_state(pool)
}

#[derive(Serialize)]
struct Post {
    id: Uuid,
    author_id: Uuid,
    content: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl FromRow<'_, PgRow> for Post {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            author_id: row.try_get("author_id")?,
            content: row.try_get("content")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

#[derive(Serialize)]
struct Page {
    items: Vec<Post>,
}

#[derive(Deserialize)]
struct Draft {
    content: String,
}

async fn own(State(pool): State<PgPool>, headers: HeaderMap) -> Result<Json<Page>, StatusCode> {
    page(&pool, caller(&headers)?).await
}

async fn of_user(
    State(pool): State<PgPool>,
    Path(author): Path<Uuid>,
) -> Result<Json<Page>, StatusCode> {
    page(&pool, author).await
}

async fn page(pool: &PgPool, author: Uuid) -> Result<Json<Page>, StatusCode> {
    let items = sqlx::query_as(
        "SELECT id, author_id, content, created_at FROM posts WHERE author_id = $1 ORDER BY id DESC LIMIT 10",
    )
    .bind(author)
    .fetch_all(pool)
    .await
    .map_err(failed)?;
    Ok(Json(Page { items }))
}

async fn create(
    State(pool): State<PgPool>,
    headers: HeaderMap,
    Json(draft): Json<Draft>,
) -> Result<(StatusCode, Json<Post>), StatusCode> {
    let post = Post {
        id: Uuid::now_v7(),
        author_id: caller(&headers)?,
        content: draft.content,
        created_at: OffsetDateTime::now_utc(),
    };
    sqlx::query("INSERT INTO posts (id, author_id, content, created_at) VALUES ($1, $2, $3, $4)")
        .bind(post.id)
        .bind(post.author_id)
        .bind(&post.content)
        .bind(post.created_at)
        .execute(&pool)
        .await
        .map_err(failed)?;
    Ok((StatusCode::CREATED, Json(post)))
}

/// The token is the id of who asks.
fn caller(headers: &HeaderMap) -> Result<Uuid, StatusCode> {
    let value = headers.get(header::AUTHORIZATION);
    let token = value.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    token
        .and_then(|token| token.parse().ok())
        .ok_or(StatusCode::UNAUTHORIZED)
}

#[allow(
    clippy::print_stderr,
    clippy::needless_pass_by_value,
    reason = "it ends the benchmark, which prints to the terminal; the shape that map_err wants"
)]
fn failed(error: sqlx::Error) -> StatusCode {
    eprintln!("the bare program: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
