//! The reverse proxy before all replicas: Caddy, with the routes that deployments have.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_testkit::within;
use nova_tests::connection::{Connection, request};
use nova_tests::program::{command, free_address};
use tokio::process::{Child, Command};

use super::fleet::{Fleet, terminate};
use crate::platform::pids;
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(20);

/// Which path belongs to which service, as `scripts/docs` writes it for deployments.
const ROUTES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/proxy/routes.caddy");

/// A look each half second at who is ready, and two seconds to find another replica when one cannot be reached: a request
/// that was sent is not sent again.
const POLICY: &str = "
    lb_policy round_robin
    lb_try_duration 2s
    lb_try_interval 50ms
    health_uri /health/ready
    health_interval 500ms
    health_timeout 2s
    transport http {
        keepalive 60s
    }
";

/// Where requests to each service go: an address as often as its share says.
pub(crate) type Shares = BTreeMap<&'static str, Vec<SocketAddr>>;

pub(crate) struct Caddy {
    pub(crate) target: Target,
    operators: SocketAddr,
    config: PathBuf,
    child: Child,
}

impl Caddy {
    /// Starts it before all replicas of the fleet, alike to all.
    pub(crate) async fn start(fleet: &Fleet) -> anyhow::Result<Self> {
        let mut shares = Shares::new();
        for replica in &fleet.replicas {
            shares
                .entry(replica.service)
                .or_default()
                .push(replica.address);
        }
        let (address, operators) = (free_address()?, free_address()?);
        let config = fleet.folder.join("Caddyfile");
        fs::write(&config, text(address, operators, &shares)?)?;
        let mut command = command("caddy".as_ref(), &fleet.folder.join("caddy.log"))?;
        command
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&config)
            .env("HOME", &fleet.folder)
            .env("XDG_DATA_HOME", &fleet.folder)
            .env("XDG_CONFIG_HOME", &fleet.folder);
        let child = command.spawn().context("could not run setpriv")?;
        let pid = child.id().context("caddy has ended")?.cast_signed();
        let target = Target {
            address,
            pids: pids(pid)?,
        };
        let caddy = Self {
            target,
            operators,
            config,
            child,
        };
        within(PATIENCE, "the proxy knows all services", async || {
            caddy.answers().await.map_err(|error| error.to_string())
        })
        .await;
        Ok(caddy)
    }

    /// From now on requests go there; those under way end where they are.
    pub(crate) async fn share(&self, shares: &Shares) -> anyhow::Result<()> {
        fs::write(
            &self.config,
            text(self.target.address, self.operators, shares)?,
        )?;
        let mut reload = Command::new("caddy");
        reload
            .args(["reload", "--adapter", "caddyfile", "--config"])
            .arg(&self.config)
            .args(["--address", &self.operators.to_string()]);
        let output = reload.output().await.context("could not run caddy")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "caddy refuses its new shares: {said}"
        );
        Ok(())
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        terminate(&self.child)?;
        self.child.wait().await?;
        Ok(())
    }

    /// A path of each kind of service is answered by it, not by the proxy.
    async fn answers(&self) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.target.address).await?;
        for path in [
            "/v1/feed",
            "/v1/posts",
            "/v1/users/me",
            "/v1/media",
            "/v1/conversations",
        ] {
            let status = connection.ask(&request("GET", path, None)).await?.status;
            ensure!(
                matches!(status, 401 | 405),
                "{path} is answered with {status}"
            );
        }
        Ok(())
    }
}

/// The routes of deployments say `import to <service>-service`; here that leads to the ports of this machine.
fn text(address: SocketAddr, operators: SocketAddr, shares: &Shares) -> anyhow::Result<String> {
    let mut routes = fs::read_to_string(ROUTES).context(ROUTES)?;
    for (service, addresses) in shares {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let to = format!("reverse_proxy {} {{{POLICY}}}", addresses.join(" "));
        routes = routes.replace(&format!("import to {service}-service"), &to);
    }
    let (ip, port) = (address.ip(), address.port());
    Ok(format!(
        "{{\n    admin {operators}\n    auto_https off\n}}\nhttp://:{port} {{\n    bind {ip}\n{routes}}}\n"
    ))
}
