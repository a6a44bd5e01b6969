//! The service under test, and who talks to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use nova_ids::{PostId, SessionId, UserId};
use nova_resilience::{Code, Fault, Health};
use nova_service::cursor::CursorKey;
use nova_service::http::{ClientAddress, Json, Page, PageQuery, Path, Problem, Query};
use nova_service::rate_limit::{RateLimits, limit_writes};
use nova_service::tokens::{AUDIENCE, Caller, Claims, TokenKeys};
use nova_service::{Env, Platform, Service};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// A running platform.
pub(crate) struct Stage {
    pub(crate) address: std::net::SocketAddr,
    /// The operators' address, if it has one.
    pub(crate) admin: Option<std::net::SocketAddr>,
    pub(crate) signer: Signer,
    pub(crate) client: Client,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinHandle<anyhow::Result<()>>,
}

/// Starts the small service.
pub(crate) async fn stage() -> Stage {
    stage_with(&[], |service| service).await
}

/// Starts the small service with more settings and more parts.
pub(crate) async fn stage_with(
    settings: &[(&str, &str)],
    more: impl FnOnce(Service) -> Service,
) -> Stage {
    let signer = Signer::new();
    let mut vars = vec![
        ("NOVA_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("NOVA_DRAIN_DELAY".to_owned(), "0s".to_owned()),
        ("NOVA_TOKEN_KEYS".to_owned(), signer.keys().to_string()),
        (
            "NOVA_SECRET".to_owned(),
            "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==".to_owned(),
        ),
    ];
    vars.extend(
        settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let mut env = Env::of(vars);
    let mut platform = Platform::read(&mut env).unwrap();
    platform.add(more(service(&mut env)));
    let bound = platform.bind().await.unwrap();
    let (address, admin) = (bound.address(), bound.admin_address());
    let stop = CancellationToken::new();
    let running = tokio::spawn(bound.run(stop.clone()));
    Stage {
        address,
        admin,
        signer,
        client: Client::new(),
        stop,
        running,
    }
}

impl Stage {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Posts a thing as someone with a good token.
    pub(crate) fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.request(Method::POST, "/v1/things")
            .bearer_auth(self.signer.token())
            .header("content-type", "application/json")
            .body(body)
    }

    /// Sends bytes as they are, and reads until the other side closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) async fn finish(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

/// What a problem says that tests look at: status, code, and the first wrong field with its code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) field: Option<(String, String)>,
}

/// Reads a problem and checks what holds for every one.
pub(crate) async fn told(response: Response) -> Told {
    let status = response.status();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let trace_id = response.headers()["x-trace-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status.as_u16());
    assert_eq!(body["title"], status.canonical_reason().unwrap());
    assert_eq!(body["type"], "about:blank");
    assert_eq!(body["trace_id"], trace_id);
    assert!(body["detail"].is_string());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let field = body
        .get("errors")
        .map(|errors| (text(&errors[0]["field"]), text(&errors[0]["code"])));
    Told {
        status: status.as_u16(),
        code: text(&body["code"]),
        field,
    }
}

pub(crate) fn problem(status: u16, code: &str) -> Told {
    Told {
        status,
        code: code.to_owned(),
        field: None,
    }
}

pub(crate) fn wrong_field(code: &str, field: &str, why: &str) -> Told {
    Told {
        status: 400,
        code: code.to_owned(),
        field: Some((field.to_owned(), why.to_owned())),
    }
}

/// Signs access tokens as identity does.
pub(crate) struct Signer {
    key: EncodingKey,
    public: [u8; 32],
}

impl Signer {
    pub(crate) fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        Self {
            key,
            public: pair.public_key().as_ref().try_into().unwrap(),
        }
    }

    pub(crate) fn keys(&self) -> TokenKeys {
        TokenKeys::new(vec![("k1".to_owned(), self.public)])
    }

    pub(crate) fn token(&self) -> String {
        self.sign("k1", &claims(60))
    }

    pub(crate) fn sign(&self, kid: &str, claims: &Claims) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

/// Good claims that end after some seconds, or before.
pub(crate) fn claims(seconds: i64) -> Claims {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    Claims {
        sub: UserId::new(),
        sid: SessionId::new(),
        iss: "nova".to_owned(),
        aud: AUDIENCE.to_owned(),
        iat: now,
        exp: now.saturating_add_signed(seconds),
        jti: Uuid::now_v7(),
    }
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    #[serde(default)]
    sizes: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("the secret table is locked")]
struct Broken;

impl Fault for Broken {
    fn code(&self) -> Code {
        Code::Internal
    }
}

fn service(env: &mut Env) -> Service {
    let cursors = CursorKey::read(env).unwrap();
    let limits = RateLimits::read(env).unwrap();
    let health = Health::required("things.postgres");
    health.up();
    let router = OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, change))
        .routes(routes!(search))
        .routes(routes!(who))
        .routes(routes!(address))
        .routes(routes!(breaks))
        .routes(routes!(panics))
        .routes(routes!(waits))
        .layer(limit_writes(&limits))
        .with_state(cursors);
    Service::new("things").rest(router).health(health)
}

#[utoipa::path(post, path = "/v1/things", responses((status = 201, body = Thing)), security(("bearer" = [])))]
async fn create(_: Caller, Json(thing): Json<Thing>) -> (StatusCode, Json<Thing>) {
    (StatusCode::CREATED, Json(thing))
}

#[utoipa::path(get, path = "/v1/things", params(PageQuery), responses((status = 200, body = Page<String>)))]
async fn list(
    axum::extract::State(cursors): axum::extract::State<CursorKey>,
    page: PageQuery,
) -> Result<Json<Page<String>>, Problem> {
    let position = page
        .cursor
        .map(|cursor| cursors.open("things", &cursor))
        .transpose()?;
    let first = position.map_or(0, |position| i64::from(position[0]));
    let items = (first..first + page.limit)
        .map(|number| number.to_string())
        .collect();
    let next = cursors.seal("things", &[u8::try_from(first + page.limit).unwrap()]);
    Ok(Json(Page {
        items,
        next_cursor: Some(next),
    }))
}

#[utoipa::path(get, path = "/v1/things/{id}", params(("id" = String, Path)), responses((status = 200, body = String)))]
async fn read(Path(id): Path<PostId>) -> Json<String> {
    Json(id.to_string())
}

#[utoipa::path(patch, path = "/v1/things/{id}", params(("id" = String, Path)), responses((status = 200, body = Thing)))]
async fn change(_: Caller, _: Path<PostId>, Json(thing): Json<Thing>) -> Json<Thing> {
    Json(thing)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    name: String,
    size: Option<u8>,
}

#[utoipa::path(get, path = "/v1/search", responses((status = 200, body = String)))]
async fn search(Query(search): Query<Search>) -> Json<String> {
    Json(format!("{} {:?}", search.name, search.size))
}

#[utoipa::path(get, path = "/v1/who", responses((status = 200, body = Option<String>)))]
async fn who(caller: Option<Caller>) -> Json<Option<String>> {
    Json(caller.map(|caller| caller.user_id.to_string()))
}

#[utoipa::path(get, path = "/v1/address", responses((status = 200, body = String)))]
async fn address(address: ClientAddress) -> Json<String> {
    Json(address.0.to_string())
}

#[utoipa::path(get, path = "/v1/breaks", responses((status = 200)))]
async fn breaks() -> Result<StatusCode, Problem> {
    Err(Broken)?
}

#[utoipa::path(get, path = "/v1/panics", responses((status = 200)))]
async fn panics() -> StatusCode {
    panic!("the secret table is gone")
}

#[utoipa::path(get, path = "/v1/waits", responses((status = 200)))]
async fn waits() -> StatusCode {
    std::future::pending().await
}

/// Waits for something that must happen, and fails the test when it does not.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("within 10 s")
}
