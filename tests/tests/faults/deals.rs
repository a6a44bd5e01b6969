//! What goes wrong, as it is dealt.

use std::fmt;

use nova_cli::servers::Server;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL of a replica.
    KillNode(usize),
    /// SIGTERM of a replica, which ends in order and is started again.
    Restart(usize),
    /// SIGKILL of a server.
    Kill(Server),
    /// SIGSTOP of a server and all its children, and SIGCONT later.
    Pause(Server),
    /// Redis forgets everything.
    Flush,
    /// Between devices and a replica every connection ends, and none begins.
    Cut(usize),
    /// Between devices and a replica bytes disappear, and nothing ends.
    Silence(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillNode(node) => write!(f, "kill -9 of replica {node}"),
            Self::Restart(node) => write!(f, "restart of replica {node}"),
            Self::Kill(server) => write!(f, "kill -9 of {server}"),
            Self::Pause(server) => write!(f, "pause of {server}"),
            Self::Flush => write!(f, "FLUSHALL"),
            Self::Cut(node) => write!(f, "no network to replica {node}"),
            Self::Silence(node) => write!(f, "silence of the network to replica {node}"),
        }
    }
}

/// Each as often as it comes in half a minute.
pub(crate) const DECK: [Fault; 13] = [
    Fault::KillNode(0),
    Fault::KillNode(1),
    Fault::Kill(Server::Kafka),
    Fault::Kill(Server::Redis),
    Fault::Kill(Server::Postgres),
    Fault::Pause(Server::Kafka),
    Fault::Pause(Server::Redis),
    Fault::Pause(Server::Postgres),
    Fault::Flush,
    Fault::Cut(0),
    Fault::Cut(1),
    Fault::Silence(0),
    Fault::Silence(1),
];

/// For live events: a replica is restarted in order, too.
pub(crate) const EVENTS_DECK: [Fault; 13] = [
    Fault::KillNode(0),
    Fault::Restart(1),
    Fault::KillNode(1),
    Fault::Kill(Server::Kafka),
    Fault::Kill(Server::Redis),
    Fault::Kill(Server::Redis),
    Fault::Kill(Server::Postgres),
    Fault::Pause(Server::Kafka),
    Fault::Pause(Server::Redis),
    Fault::Flush,
    Fault::Cut(0),
    Fault::Cut(1),
    Fault::Silence(0),
];

/// How often what was done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    nodes: usize,
    restarts: usize,
    kafka: usize,
    postgres: usize,
    redis: usize,
    pauses: usize,
    flushes: usize,
    cuts: usize,
}

impl Tally {
    pub(crate) const fn count(&mut self, fault: Fault) {
        let counter = match fault {
            Fault::KillNode(_) => &mut self.nodes,
            Fault::Restart(_) => &mut self.restarts,
            Fault::Kill(Server::Kafka) => &mut self.kafka,
            Fault::Kill(Server::Postgres) => &mut self.postgres,
            Fault::Kill(Server::Redis) => &mut self.redis,
            Fault::Pause(_) => &mut self.pauses,
            Fault::Flush => &mut self.flushes,
            Fault::Cut(_) | Fault::Silence(_) => &mut self.cuts,
        };
        *counter += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            nodes,
            restarts,
            kafka,
            postgres,
            redis,
            pauses,
            flushes,
            cuts,
        } = self;
        let kills = nodes + kafka + postgres + redis;
        write!(
            f,
            "kills={kills} (node {nodes}, kafka {kafka}, postgres {postgres}, redis {redis}) restarts={restarts} pauses={pauses} \
             flushes={flushes} cuts={cuts}"
        )
    }
}
