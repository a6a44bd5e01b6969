//! What goes wrong, as it is dealt.

use std::fmt;

use nova_cli::servers::Server;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL of a replica.
    KillNode(usize),
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
            Self::Kill(server) => write!(f, "kill -9 of {server}"),
            Self::Pause(server) => write!(f, "pause of {server}"),
            Self::Flush => write!(f, "FLUSHALL"),
            Self::Cut(node) => write!(f, "no network to replica {node}"),
            Self::Silence(node) => write!(f, "silence of the network to replica {node}"),
        }
    }
}

/// Each as often as it comes in half a minute.
pub(super) const DECK: [Fault; 13] = [
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

/// How often what was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    nodes: usize,
    kafka: usize,
    postgres: usize,
    redis: usize,
    pauses: usize,
    flushes: usize,
    cuts: usize,
}

impl Tally {
    pub(super) const fn count(&mut self, fault: Fault) {
        let counter = match fault {
            Fault::KillNode(_) => &mut self.nodes,
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
            "kills={kills} (node {nodes}, kafka {kafka}, postgres {postgres}, redis {redis}) pauses={pauses} \
             flushes={flushes} cuts={cuts}"
        )
    }
}
