//! Receives traces, as a collector of OpenTelemetry does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Receives traces on a free port, by OTLP over gRPC, until it is dropped.
pub struct Collector {
    address: SocketAddr,
    spans: Spans,
    _server: AbortOnDropHandle<Result<(), tonic::transport::Error>>,
}

/// A span that was sent.
#[derive(Debug, Clone)]
pub struct CollectedSpan {
    /// Who sent it: `service.name` of its resource.
    pub service: String,
    /// Its name.
    pub name: String,
    /// `Server`, `Producer`, `Consumer` …
    pub kind: String,
    /// The trace, in hex.
    pub trace_id: String,
    /// Its own id, in hex.
    pub span_id: String,
    /// The span that it is part of, in hex; empty for the first of a trace.
    pub parent_id: String,
    /// What it says, numbers and flags as text.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Default)]
struct Spans {
    all: Arc<Mutex<Vec<CollectedSpan>>>,
    forgets: bool,
}

impl Collector {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn start() -> Self {
        Self::start_with(Spans::default()).await
    }

    /// Starts one that keeps nothing: for load.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn start_forgetful() -> Self {
        let forgets = true;
        Self::start_with(Spans {
            forgets,
            ..Spans::default()
        })
        .await
    }

    async fn start_with(spans: Spans) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let server = Server::builder()
            .add_service(TraceServiceServer::new(spans.clone()))
            .serve_with_incoming(TcpIncoming::from(listener));
        Self {
            address,
            spans,
            _server: AbortOnDropHandle::new(tokio::spawn(server)),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `NOVA_OTLP_ENDPOINT` is to be for a process that sends its traces here.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has come of a trace until now, in the order in which it came. Its id is in hex.
    #[must_use]
    pub fn trace(&self, id: &str) -> Vec<CollectedSpan> {
        let spans = self
            .spans
            .all
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of_trace = spans.iter().filter(|span| span.trace_id == id);
        of_trace.cloned().collect()
    }
}

#[tonic::async_trait]
impl TraceService for Spans {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        if self.forgets {
            return Ok(Response::new(ExportTraceServiceResponse::default()));
        }
        let mut spans = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        for resource in request.into_inner().resource_spans {
            let of_sender = resource.resource.map(|sender| texts(sender.attributes));
            let service = of_sender.and_then(|mut sender| sender.remove("service.name"));
            let sent = resource.scope_spans.into_iter().flat_map(|all| all.spans);
            spans.extend(sent.map(|span| collected(&service, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn collected(service: &Option<String>, span: Span) -> CollectedSpan {
    CollectedSpan {
        service: service.clone().unwrap_or_default(),
        kind: format!("{:?}", span.kind()),
        name: span.name,
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        attributes: texts(span.attributes),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    };
    let attributes = attributes.into_iter().filter_map(|attribute| {
        let value = attribute.value?.value?;
        Some((attribute.key, text(value)))
    });
    attributes.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
