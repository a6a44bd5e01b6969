//! Which path belongs to which service: what a proxy before them has to know, from what they themselves say they serve.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::platform::{SERVICES, openapi_of_each};

/// Paths that a proxy does not lead to.
const OPERATORS: [&str; 2] = ["/health", "/metrics"];

/// The paths of a service. Each stands for itself and all below it; `*` for one segment of any name. Longer ones of other
/// services count before shorter ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// The service.
    pub service: &'static str,
    /// Its paths.
    pub paths: Vec<String>,
}

/// The routes of each service, those first that cut something out of another's.
///
/// # Errors
/// When a gRPC service is in the package of no service.
pub fn of_services() -> anyhow::Result<Vec<Routes>> {
    let documents = openapi_of_each();
    let templates = SERVICES
        .into_iter()
        .zip(&documents)
        .flat_map(|(service, document)| {
            let paths = document.paths.paths.keys();
            paths.map(move |path| (service, path.as_str()))
        });
    let mut paths = shortened(templates);
    for (service, path) in calls()? {
        paths.entry(service).or_default().insert(path);
    }
    let mut routes: Vec<_> = paths
        .into_iter()
        .map(|(service, paths)| Routes {
            service,
            paths: paths.into_iter().collect(),
        })
        .collect();
    routes.sort_by_key(|one| !one.paths.iter().any(|path| path.contains('*')));
    Ok(routes)
}

/// The first two segments, if there are so many: `/v1/posts`.
fn stem(template: &str) -> &str {
    let mut slashes = template.match_indices('/').skip(2).map(|(at, _)| at);
    template
        .get(..slashes.next().unwrap_or(template.len()))
        .unwrap_or(template)
}

/// The stems of templates of paths, and the whole template where most of a stem's belong to another service.
fn shortened<'a>(
    templates: impl Iterator<Item = (&'static str, &'a str)>,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut stems: BTreeMap<&str, BTreeMap<&'static str, Vec<&str>>> = BTreeMap::new();
    let public = templates.filter(|(_, path)| !OPERATORS.iter().any(|one| path.starts_with(one)));
    for (service, template) in public {
        let services = stems.entry(stem(template)).or_default();
        services.entry(service).or_default().push(template);
    }
    let mut paths: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (stem, services) in stems {
        let owner = services.iter().max_by_key(|(_, templates)| templates.len());
        let owner = owner.map(|(service, _)| *service);
        for (service, templates) in services {
            let of_service = paths.entry(service).or_default();
            if Some(service) == owner {
                of_service.insert(stem.to_owned());
            } else {
                of_service.extend(templates.into_iter().map(any));
            }
        }
    }
    paths
}

/// A template with `*` for each parameter.
fn any(template: &str) -> String {
    let segments = template.split('/');
    let segments = segments.map(|segment| {
        if segment.starts_with('{') {
            "*"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The gRPC services, `/nova.content.v1.ContentService`, each with the service whose package it is in.
fn calls() -> anyhow::Result<Vec<(&'static str, String)>> {
    let set = FileDescriptorSet::decode(nova_proto::FILE_DESCRIPTOR_SET)?;
    let of_file = |file: &prost_types::FileDescriptorProto| {
        let package = file.package().to_owned();
        let names = file.service.iter().map(|service| service.name().to_owned());
        names
            .map(move |name| (package.clone(), name))
            .collect::<Vec<_>>()
    };
    let calls = set.file.iter().flat_map(of_file);
    let owned = calls.map(|(package, name)| {
        let service = SERVICES.into_iter().find(|service| {
            let own = format!("nova.{}.", service.replace('-', "_"));
            package.starts_with(&own)
        });
        let service = service.with_context(|| format!("{package} is no service's"))?;
        Ok((service, format!("/{package}.{name}")))
    });
    owned.collect()
}

/// Directives of Caddy: for each service its paths, led to the snippet `to` with the service's name.
#[must_use]
pub fn caddy(routes: &[Routes]) -> String {
    let mut text = "# Written by scripts/docs: nova routes --caddy\n".to_owned();
    for Routes { service, paths } in routes {
        let paths: Vec<_> = paths
            .iter()
            .map(|path| format!("{path} {path}/*"))
            .collect();
        let paths = paths.join(" ");
        text += &format!(
            "@{service} path {paths}\nhandle @{service} {{\n\timport to {service}-service\n}}\n"
        );
    }
    text
}

/// An `HTTPRoute` of the Kubernetes Gateway API for each service, and a `GRPCRoute` for its calls, to a port of which the gateway
/// knows that it speaks HTTP/2 without TLS.
#[must_use]
pub fn gateway(routes: &[Routes]) -> String {
    let mut text = "# Written by scripts/docs: nova routes --gateway\n".to_owned();
    for Routes { service, paths } in routes {
        let (calls, rest): (Vec<_>, Vec<_>) =
            paths.iter().partition(|path| path.starts_with("/nova."));
        if !rest.is_empty() {
            let matches: String = rest.into_iter().map(|path| matching(path)).collect();
            text += &route("HTTPRoute", service, &matches, 8080);
            // How long an answer may take services say, and streams last: a limit of the gateway's own would cut them.
            text += "      timeouts:\n        request: 0s\n";
        }
        if !calls.is_empty() {
            let matches: String = calls.into_iter().map(|path| call(path)).collect();
            text += &route("GRPCRoute", service, &matches, 8081);
        }
    }
    text
}

fn route(kind: &str, service: &str, matches: &str, port: u16) -> String {
    format!(
        "---
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata:
  name: {service}-service
  labels:
    app.kubernetes.io/part-of: nova
spec:
  parentRefs:
    - name: nova
      sectionName: https
  rules:
    - matches:
{matches}      backendRefs:
        - name: {service}-service
          port: {port}
"
    )
}

fn matching(path: &str) -> String {
    let (kind, value) = if path.contains('*') {
        (
            "RegularExpression",
            format!("{}(/.*)?", path.replace('*', "[^/]+")),
        )
    } else {
        ("PathPrefix", path.to_owned())
    };
    format!("        - path:\n            type: {kind}\n            value: {value}\n")
}

fn call(path: &str) -> String {
    let service = path.trim_start_matches('/');
    format!("        - method:\n            service: {service}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_of_whom_most_of_it_is_and_others_cut_theirs_out() {
        let templates = [
            ("a", "/v1/users/{id}"),
            ("a", "/v1/users/me"),
            ("b", "/v1/users/{id}/posts"),
            ("b", "/v1/posts/{id}"),
            ("b", "/health/b"),
            ("a", "/.well-known/jwks.json"),
        ];
        let paths = shortened(templates.into_iter());
        let of = |service| {
            paths[service]
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("a"), ["/.well-known/jwks.json", "/v1/users"]);
        assert_eq!(of("b"), ["/v1/posts", "/v1/users/*/posts"]);
    }

    #[test]
    fn every_service_is_led_to_and_first_what_cuts_something_out() {
        let routes = of_services().unwrap();
        let mut services: Vec<_> = routes.iter().map(|one| one.service).collect();
        assert_eq!(services[0], "content");
        services.sort_unstable();
        let mut all = SERVICES;
        all.sort_unstable();
        assert_eq!(services, all);
        let caddy = caddy(&routes);
        assert!(caddy.contains("/v1/users/*/posts"), "{caddy}");
        assert!(!caddy.contains("/health"), "{caddy}");
        let gateway = gateway(&routes);
        assert!(
            gateway.contains("service: nova.feed.v1.FeedService"),
            "{gateway}"
        );
        assert!(!gateway.contains("value: /nova"), "{gateway}");
    }
}
