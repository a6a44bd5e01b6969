//! What is served at which address.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cors::{self, Pages};
use super::edge::{self, Edge};
use super::health::{self, Readiness};
use super::{docs, metrics};

/// Everything that a process serves.
pub(super) struct Routes {
    /// Those of the services.
    pub(super) rest: OpenApiRouter,
    /// gRPC: those of the services, and health.
    pub(super) services: Router,
    /// gRPC: which services there are.
    pub(super) reflection: Router,
    /// gRPC: health once more, for an address of its own.
    pub(super) health: Router,
    pub(super) readiness: Readiness,
    pub(super) edge: Arc<Edge>,
    pub(super) pages: Pages,
}

impl Routes {
    /// All at one address.
    pub(super) fn together(self) -> anyhow::Result<Router> {
        let operations = operations().with_state(self.readiness);
        let router = documented(operations.merge(self.rest))?
            .merge(self.services)
            .merge(self.reflection);
        Ok(open_to_pages(guarded(router, self.edge), self.pages))
    }

    /// What everybody may ask, and what only operators should: the second is for an address that the world
    /// does not reach.
    pub(super) fn apart(self) -> anyhow::Result<(Router, Router)> {
        let brief = OpenApiRouter::with_openapi(docs::base())
            .routes(routes!(health::check_liveness))
            .routes(routes!(health::check_readiness_briefly))
            .with_state(self.readiness.clone());
        let public = documented(brief.merge(self.rest))?.merge(self.services);
        let public = open_to_pages(guarded(public, self.edge.clone()), self.pages);
        let (admin, _) = operations().with_state(self.readiness).split_for_parts();
        let admin = admin.merge(self.health).merge(self.reflection);
        Ok((public, guarded(admin, self.edge)))
    }
}

/// What every process serves.
pub(super) fn operations() -> OpenApiRouter<Readiness> {
    OpenApiRouter::with_openapi(docs::base())
        .routes(routes!(health::check_liveness))
        .routes(routes!(health::check_readiness))
        .routes(routes!(metrics::get_metrics))
}

/// With a document of what is there.
fn documented(routes: OpenApiRouter) -> anyhow::Result<Router> {
    let (router, openapi) = routes.split_for_parts();
    let docs =
        docs::routes(&docs::complete(openapi)).context("could not write the OpenAPI document")?;
    Ok(router.merge(docs))
}

fn guarded(router: Router, edge: Arc<Edge>) -> Router {
    router
        .fallback(edge::not_found)
        .method_not_allowed_fallback(edge::method_not_allowed)
        .layer(from_fn_with_state(edge, edge::pass))
}

/// Outermost: a preflight request has no token, and none of our methods.
fn open_to_pages(router: Router, pages: Pages) -> Router {
    if pages.are_none() {
        return router;
    }
    router.layer(from_fn_with_state(Arc::new(pages), cors::pass))
}
