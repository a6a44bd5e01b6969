//! Logs and traces.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context as OtelContext, TraceId};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};
use url::Url;

use crate::config::{ConfigError, Env, Setting};

tokio::task_local! {
    static REQUEST: TraceId;
}

/// The id of the trace that the current task works for, in hex: the request's, or the current span's.
/// Zeros when there is none.
#[must_use]
pub fn trace_id() -> String {
    REQUEST
        .try_with(|id| *id)
        .unwrap_or_else(|_| trace_of(&Span::current()))
        .to_string()
}

/// Runs a future under a request's trace id.
pub(crate) fn within<F: Future>(id: TraceId, future: F) -> impl Future<Output = F::Output> {
    REQUEST.scope(id, future)
}

/// The id of a span's trace, [`TraceId::INVALID`] if it has none.
pub(crate) fn trace_of(span: &Span) -> TraceId {
    let context: OtelContext = span.context();
    context.span().span_context().trace_id()
}

/// The logs and traces of a process, from the start to the end of `main`.
#[derive(Debug)]
#[must_use = "shut it down at the end, or the last spans are lost"]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Reads the settings and starts. `service` names the process in traces. Call it inside the
    /// runtime, once per process.
    ///
    /// # Errors
    /// [`ConfigError`] for wrong settings, or when the process has a tracing subscriber already.
    pub fn install(env: &mut Env, service: &str) -> anyhow::Result<Self> {
        let settings = Settings::read(env)?;
        let provider = tracer_provider(&settings, service)?;
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        tracing_subscriber::registry()
            .with(log_layer(settings.format).with_filter(settings.logs.0))
            .with(trace_layer(&provider))
            .try_init()
            .context("could not start logging")?;
        Ok(Self { provider })
    }

    /// Sends what is left and stops.
    pub async fn shutdown(self) {
        // The batch processor blocks its caller while another worker sends.
        let stopped = tokio::task::spawn_blocking(move || self.provider.shutdown()).await;
        if let Ok(Err(error)) = stopped {
            tracing::debug!(%error, "the last spans could not be sent");
        }
    }
}

pub(crate) struct Settings {
    logs: Logs,
    format: Format,
    endpoint: Option<Url>,
    ratio: Ratio,
}

impl Settings {
    pub(crate) fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let endpoint = "OTLP gRPC endpoint of traces, e.g. http://127.0.0.1:4317";
        Ok(Self {
            logs: env.read(
                "NOVA_LOG",
                "info",
                "what is logged, e.g. info,nova_content=debug",
            )?,
            format: env.read("NOVA_LOG_FORMAT", "text", "text or json")?,
            endpoint: env.optional("NOVA_OTLP_ENDPOINT", endpoint)?,
            ratio: env.read("NOVA_TRACE_RATIO", "1", "share of traces sent, 0 to 1")?,
        })
    }
}

fn tracer_provider(settings: &Settings, service: &str) -> anyhow::Result<SdkTracerProvider> {
    let resource = Resource::builder()
        .with_service_name(service.to_owned())
        .build();
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &settings.endpoint else {
        // Trace ids are made all the same: they go into logs, answers and events.
        return Ok(builder.with_sampler(Sampler::AlwaysOff).build());
    };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint.as_str())
        .build()
        .context("could not make the exporter of traces")?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.ratio.0)));
    Ok(builder
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build())
}

fn log_layer<S>(format: Format) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        Format::Text => layer.boxed(),
        Format::Json => layer
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    }
}

fn trace_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("nova"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        // Spans only, whatever is logged: trace ids do not depend on NOVA_LOG.
        .with_filter(
            filter_fn(|metadata| metadata.is_span() && *metadata.level() <= LevelFilter::INFO)
                .with_max_level_hint(LevelFilter::INFO),
        )
}

struct Logs(EnvFilter);

impl Setting for Logs {
    const EXPECTS: &'static str = "a list of levels such as info,nova_content=debug";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

#[derive(Clone, Copy)]
enum Format {
    Text,
    Json,
}

impl Setting for Format {
    const EXPECTS: &'static str = "text or json";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

struct Ratio(f64);

impl Setting for Ratio {
    const EXPECTS: &'static str = "a number from 0 to 1";

    fn parse(text: &str) -> Option<Self> {
        text.parse()
            .ok()
            .filter(|ratio| (0.0..=1.0).contains(ratio))
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(vars: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Settings::read(&mut Env::of(vars.iter().map(owned)))
    }

    #[test]
    fn wrong_settings_are_named() {
        let cases = [
            ("NOVA_LOG", "info,nova=loud"),
            ("NOVA_LOG_FORMAT", "xml"),
            ("NOVA_OTLP_ENDPOINT", "127.0.0.1"),
            ("NOVA_TRACE_RATIO", "1.5"),
        ];
        for (name, value) in cases {
            let refused = settings(&[(name, value)]).err().unwrap().to_string();
            assert!(refused.starts_with(name), "{refused}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn traces_can_be_sent_to_nobody() {
        let settings = settings(&[("NOVA_OTLP_ENDPOINT", "http://127.0.0.1:1")]).unwrap();
        let provider = tracer_provider(&settings, "test").unwrap();
        Telemetry { provider }.shutdown().await;
    }

    #[test]
    fn without_a_request_there_is_no_trace() {
        assert_eq!(trace_id(), "0".repeat(32));
    }
}
