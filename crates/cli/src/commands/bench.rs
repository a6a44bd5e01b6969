//! `nova bench`

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::sleep;

use crate::bench::{Crowd, Plan, Tally, Target, Usage, machine_busy};
use crate::progress::Progress;

/// Connections that are not open by then are not waited for.
const OPENING: Duration = Duration::from_secs(60);
/// How often it is looked at how many are.
const LOOK: Duration = Duration::from_millis(50);
/// Files of this process that are no connections.
const OWN_FILES: u64 = 64;

/// Puts load on a server, and tells what came and what it took
#[derive(clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Sse(Sse),
}

/// Opens streams of server-sent events and reads them: how much comes, how late, and what that costs the server
///
/// One thread reads all of them, so that the machine is the server's; it tells what it took itself. Connections come from many
/// addresses of 127.0.0.0/8, since servers limit how many come from one.
#[derive(clap::Args)]
struct Sse {
    /// Where the streams are, plain HTTP; connections take several in turns. `{n}` is the number of the connection, or that
    /// of its channel
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// How many connections
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    connections: u32,
    /// How many different numbers there are for `{n}`; without, each connection has its own
    #[arg(long, default_value_t = 0)]
    channels: u32,
    /// A header that each sends, `Name: value`; several times for several
    #[arg(long, value_name = "HEADER")]
    headers: Vec<String>,
    /// For how many seconds they are read once all are open
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Number of a process of the server; several times for several
    #[arg(long = "server-pid", value_name = "PID")]
    server_pids: Vec<i32>,
    /// The field of `data` that says when a frame was sent: RFC 3339, or a number since the Unix epoch
    #[arg(long, value_name = "NAME")]
    time_field: Option<String>,
    /// How many connections come from one address
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    of_each_address: u32,
    /// How many may be asked for at once
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    at_once: u32,
    /// Also a server that is not on this machine
    #[arg(long)]
    anywhere: bool,
}

impl Bench {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Sse(sse) => sse.run().await,
        }
    }
}

impl Sse {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let plan = self.plan()?;
        let connections = plan.connections;
        have_files_for(connections)?;
        let progress = Progress::to_stderr();
        progress.say("bench", format_args!("opening {connections} streams"));
        let before = Usage::of(&self.server_pids)?;
        let began = Instant::now();
        let crowd = Crowd::open(plan)?;
        while crowd.open_now() + crowd.failed() < connections && began.elapsed() < OPENING {
            sleep(LOOK).await;
        }
        let (open, opening) = (crowd.open_now(), began.elapsed());
        let opened = crowd.take()?;
        super::print(Opened {
            open,
            connections,
            opening,
            tally: &opened,
        })?;
        ensure!(open > 0, "no stream is open");
        progress.say("bench", format_args!("reading for {} s", self.seconds));
        let (began, machine) = (Instant::now(), machine_busy()?);
        let served = Usage::of(&self.server_pids)?;
        sleep(Duration::from_secs(self.seconds)).await;
        let tally = crowd.take()?;
        let server = Usage::of(&self.server_pids)?;
        let (took, machine) = (began.elapsed().as_secs_f64(), machine_busy()? - machine);
        super::print(Came {
            took,
            tally: &tally,
        })?;
        let cpu = server.cpu - served.cpu;
        if !self.server_pids.is_empty() {
            let each = |more: f64| more / open as f64 / 1_000.0;
            super::print(Server {
                cpu: cpu / took,
                per_second: tally.deliveries as f64 / cpu,
                each_us: cpu / took / open as f64 * 1e6,
                memory: server,
                each_kb: each(server.resident - before.resident),
                each_own_kb: each(server.proportional - before.proportional),
            })?;
        }
        let own = tally.cpu.as_secs_f64();
        let others = (machine - cpu - own).max(0.0) / took;
        super::print(Own {
            cpu: own / took,
            at_most: tally.deliveries as f64 / own,
            others,
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let targets: Vec<Target> = self
            .urls
            .iter()
            .map(|url| Target::read(url))
            .collect::<anyhow::Result<_>>()?;
        let mut each = targets.iter();
        ensure!(
            self.anywhere || each.all(Target::is_here),
            "only servers of this machine are measured without --anywhere"
        );
        let first = targets.first().context("no URL")?.clone();
        Ok(Plan {
            targets,
            channels: self.channels as usize,
            headers: self.headers.clone(),
            of_each_address: self.of_each_address as usize,
            at_once: self.at_once as usize,
            time_field: self.time_field.clone(),
            ..Plan::new(first, self.connections as usize)
        })
    }
}

/// Each connection is a file.
fn have_files_for(connections: usize) -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = connections as u64 + OWN_FILES;
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= needed),
        "a process may have {} files here, and {connections} connections are more: see ulimit -Hn",
        maximum.unwrap_or_default()
    );
    let current = Some(needed);
    Ok(setrlimit(Resource::Nofile, Rlimit { current, maximum })?)
}

struct Opened<'a> {
    open: usize,
    connections: usize,
    opening: Duration,
    tally: &'a Tally,
}

impl fmt::Display for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.tally.first_frame;
        write!(
            f,
            "opened: {} of {} in {:.1} s; to the first frame p50 {:.1} ms, p99 {:.1} ms ({} have had one); refused {}",
            self.open,
            self.connections,
            self.opening.as_secs_f64(),
            first.ms(50.0),
            first.ms(99.0),
            first.count(),
            self.tally.refused
        )?;
        self.tally
            .why
            .iter()
            .try_for_each(|why| write!(f, ": {why}"))
    }
}

struct Came<'a> {
    took: f64,
    tally: &'a Tally,
}

impl fmt::Display for Came<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            deliveries,
            bytes,
            lost,
            latency,
            ..
        } = self.tally;
        write!(
            f,
            "came:   {deliveries} frames in {:.1} s, {:.0}/s, {:.1} MB/s; {lost} connections lost",
            self.took,
            *deliveries as f64 / self.took,
            *bytes as f64 / self.took / 1e6
        )?;
        self.tally
            .why
            .iter()
            .try_for_each(|why| write!(f, ": {why}"))?;
        if latency.count() > 0 {
            let (p50, p99) = (latency.ms(50.0), latency.ms(99.0));
            write!(f, "; p50 {p50:.1} ms, p99 {p99:.1} ms after they were sent")?;
        }
        Ok(())
    }
}

/// What the server took. Kilobytes of each connection are of what it has more than before they were opened.
struct Server {
    cpu: f64,
    per_second: f64,
    each_us: f64,
    memory: Usage,
    each_kb: f64,
    each_own_kb: f64,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "server: {:.2} of a processor, {:.0} frames per second of one, {:.2} µs/s for each connection; {:.1} MB resident \
             (PSS {:.1} MB), {:.2} kB (PSS {:.2} kB) more for each connection",
            self.cpu,
            self.per_second,
            self.each_us,
            self.memory.resident / 1e6,
            self.memory.proportional / 1e6,
            self.each_kb,
            self.each_own_kb
        )
    }
}

/// What this load took.
struct Own {
    cpu: f64,
    at_most: f64,
    others: f64,
}

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "here:   {:.2} of a processor, so at most {:.0} frames/s of this kind can be taken; all others on this machine {:.2} of a processor",
            self.cpu, self.at_most, self.others
        )
    }
}
