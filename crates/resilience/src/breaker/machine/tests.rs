use super::super::policy::{BreakerPolicy, BreakerWindow};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// What the breaker should do, written down the long way: it keeps every call of the present stay and
/// counts them anew for each decision.
struct Model {
    config: BreakerConfig,
    state: BreakerState,
    /// When it last closed.
    closed_at: Instant,
    /// When each call since then ended, and whether it failed.
    ended: Vec<(Instant, bool)>,
    openings: u32,
    until: Instant,
    running: u32,
    succeeded: u32,
    stay: u64,
}

impl Model {
    fn new(config: BreakerConfig, now: Instant) -> Self {
        Self {
            config,
            state: BreakerState::Closed,
            closed_at: now,
            ended: Vec::new(),
            openings: 0,
            until: now,
            running: 0,
            succeeded: 0,
            stay: 0,
        }
    }

    fn acquire(&mut self, now: Instant) -> Option<u64> {
        if self.state == BreakerState::Open && now >= self.until {
            self.enter(BreakerState::HalfOpen);
            (self.running, self.succeeded) = (0, 0);
        }
        match self.state {
            BreakerState::Closed => Some(self.stay),
            BreakerState::HalfOpen if self.running < self.config.probes => {
                self.running += 1;
                Some(self.stay)
            }
            _ => None,
        }
    }

    fn settle(&mut self, stay: u64, verdict: Verdict, now: Instant) {
        if stay != self.stay {
            return;
        }
        if self.state == BreakerState::HalfOpen {
            self.running -= 1;
        }
        match (self.state, verdict) {
            (_, Verdict::Neither) => {}
            (BreakerState::HalfOpen, Verdict::Failure) => self.open(),
            (BreakerState::HalfOpen, Verdict::Success) => {
                self.succeeded += 1;
                if self.succeeded == self.config.successes {
                    self.enter(BreakerState::Closed);
                    self.openings = 0;
                    self.closed_at = now;
                    self.ended.clear();
                }
            }
            (_, verdict) => {
                self.ended.push((now, verdict == Verdict::Failure));
                if verdict == Verdict::Failure && self.too_many_failed(now) {
                    self.open();
                }
            }
        }
    }

    fn too_many_failed(&self, now: Instant) -> bool {
        let (percent, minimum, window) = match self.config.policy {
            BreakerPolicy::Consecutive(allowed) => {
                let row = self.ended.iter().rev().take_while(|(_, failed)| *failed);
                return row.count() >= allowed as usize;
            }
            BreakerPolicy::FailureRate {
                percent,
                minimum,
                window,
            } => (percent, minimum, window),
        };
        let latest: Vec<bool> = match window {
            BreakerWindow::Calls(calls) => {
                let latest = self.ended.iter().rev().take(calls as usize);
                latest.map(|(_, failed)| *failed).collect()
            }
            BreakerWindow::Time { length, buckets } => {
                let number =
                    |at: Instant| (at - self.closed_at).as_nanos() / (length / buckets).as_nanos();
                let kept = |at: Instant| number(now) - number(at) < u128::from(buckets);
                let latest = self.ended.iter().filter(|(at, _)| kept(*at));
                latest.map(|(_, failed)| *failed).collect()
            }
        };
        let failures = latest.iter().filter(|failed| **failed).count();
        latest.len() >= minimum as usize
            && failures as f64 / latest.len() as f64 >= f64::from(percent) / 100.0
    }

    fn open(&mut self) {
        self.enter(BreakerState::Open);
        self.openings += 1;
    }

    /// The longest that it may be open now.
    fn ceiling(&self) -> Duration {
        let growth = self.config.open_factor.pow(self.openings - 1);
        (self.config.open_first * growth).min(self.config.open_cap)
    }

    fn enter(&mut self, state: BreakerState) {
        self.state = state;
        self.stay += 1;
    }
}

/// Both side by side, and the permits that are out.
struct Pair {
    machine: Machine,
    model: Model,
    now: Instant,
    permits: Vec<(Generation, u64)>,
}

impl Pair {
    fn new(random: &mut StdRng) -> Self {
        let (config, now) = (any_config(random), Instant::now());
        Self {
            machine: Machine::new(config, random.random(), now),
            model: Model::new(config, now),
            now,
            permits: Vec::new(),
        }
    }

    fn step(&mut self, random: &mut StdRng) {
        match random.random_range(0..10) {
            0..4 => self.acquire(),
            4..8 if !self.permits.is_empty() => self.settle(random),
            _ => self.now += SECOND.mul_f64(random.random_range(0.0..0.5)),
        }
        assert_eq!(self.machine.state(), self.model.state);
        assert_eq!(self.machine.generation(), Generation(self.model.stay));
    }

    fn acquire(&mut self) {
        let given = self.machine.acquire(self.now);
        let expected = self.model.acquire(self.now);
        assert_eq!(given.is_ok(), expected.is_some(), "{given:?}");
        self.permits.extend(given.ok().zip(expected));
    }

    fn settle(&mut self, random: &mut StdRng) {
        let at = random.random_range(0..self.permits.len());
        let (generation, stay) = self.permits.swap_remove(at);
        let verdict = match random.random_range(0..10) {
            0..5 => Verdict::Failure,
            5..9 => Verdict::Success,
            _ => Verdict::Neither,
        };
        let before = self.model.stay;
        self.machine.settle(generation, verdict, self.now);
        self.model.settle(stay, verdict, self.now);
        if self.model.state == BreakerState::Open && self.model.stay != before {
            self.model.until = self.checked_until();
        }
    }

    /// The end of the open time, which is random and so is taken from the machine, within its bounds.
    fn checked_until(&self) -> Instant {
        let Next::At(until) = self.machine.next(self.now) else {
            panic!("the model opened and the machine did not");
        };
        let (open_time, ceiling) = (until - self.now, self.model.ceiling());
        assert!(open_time >= ceiling / 2 && open_time <= ceiling);
        until
    }
}

fn any_config(random: &mut StdRng) -> BreakerConfig {
    let window = match random.random_range(0..2) {
        0 => BreakerWindow::Calls(random.random_range(4..12)),
        _ => BreakerWindow::Time {
            length: 3 * SECOND,
            buckets: random.random_range(1..7),
        },
    };
    let policy = match random.random_range(0..3) {
        0 => BreakerPolicy::Consecutive(random.random_range(1..4)),
        _ => BreakerPolicy::FailureRate {
            percent: random.random_range(1..=100),
            minimum: random.random_range(1..5),
            window,
        },
    };
    BreakerConfig::new(policy)
        .and_then(|config| config.open_for(SECOND, random.random_range(1..4), 5 * SECOND))
        .and_then(|config| config.half_open(random.random_range(1..4), random.random_range(1..4)))
        .unwrap()
}

#[test]
fn it_does_what_the_model_does_whatever_happens() {
    let seed = std::env::var("NOVA_TEST_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("NOVA_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut visited = [0_u32; 3];
    for _ in 0..1_000 {
        let mut pair = Pair::new(&mut random);
        for _ in 0..200 {
            pair.step(&mut random);
            visited[pair.model.state as usize] += 1;
        }
    }
    let rarest = visited.iter().min().unwrap();
    assert!(*rarest > 5_000, "hardly ever in one state: {visited:?}");
}

/// Opens, fails its first probe, and so on: how long it was open each time.
fn open_times(machine: &mut Machine, mut now: Instant, times: usize) -> Vec<Duration> {
    let mut open_times = Vec::new();
    for _ in 0..times {
        let probe = machine.acquire(now).unwrap();
        machine.settle(probe, Verdict::Failure, now);
        let Next::At(until) = machine.next(now) else {
            panic!("it is not open");
        };
        open_times.push(until - now);
        now = until;
    }
    open_times
}

fn growing() -> BreakerConfig {
    BreakerConfig::new(BreakerPolicy::Consecutive(1))
        .and_then(|config| config.open_for(SECOND, 3, 20 * SECOND))
        .and_then(|config| config.half_open(1, 1))
        .unwrap()
}

#[test]
fn open_times_grow_up_to_the_cap_and_stay_within_their_half() {
    let now = Instant::now();
    for seed in 0..100 {
        let open_times = open_times(&mut Machine::new(growing(), seed, now), now, 5);
        for (drawn, ceiling) in open_times.into_iter().zip([1, 3, 9, 20, 20]) {
            let ceiling = ceiling * SECOND;
            assert!(drawn >= ceiling / 2 && drawn <= ceiling, "seed {seed}");
        }
    }
}

#[test]
fn open_times_start_from_the_first_again_after_closing() {
    let start = Instant::now();
    let mut machine = Machine::new(growing(), 7, start);
    let now = start
        + open_times(&mut machine, start, 4)
            .into_iter()
            .sum::<Duration>();
    let probe = machine.acquire(now).unwrap();
    machine.settle(probe, Verdict::Success, now);
    assert_eq!(machine.state(), BreakerState::Closed);
    assert!(open_times(&mut machine, now, 1)[0] <= SECOND);
}

#[test]
fn the_same_seed_draws_the_same_open_times_and_another_does_not() {
    let now = Instant::now();
    let drawn = |seed| open_times(&mut Machine::new(growing(), seed, now), now, 5);
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn to_look_at_an_open_breaker_whose_time_is_over_changes_nothing() {
    let now = Instant::now();
    let mut machine = Machine::new(growing(), 7, now);
    open_times(&mut machine, now, 1);
    assert_eq!(machine.next(now + SECOND), Next::Now);
    assert_eq!(machine.state(), BreakerState::Open);
}
