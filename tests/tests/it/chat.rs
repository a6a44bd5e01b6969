//! `nova chat`, as two type it on their terminals.

use std::process::Stdio;
use std::time::Duration;

use nova_testkit::Proxy;
use nova_tests::{Nova, built_nova, unique};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody's terminal.
struct Terminal {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    fn open(url: &str, me: &str, other: &str) -> Self {
        let mut process = Command::new(built_nova().expect("a built nova"))
            .args(["chat", "--url", url, "--as", me, other])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("nova runs");
        let output = process.stdout.take().expect("an output");
        Self {
            input: process.stdin.take().expect("an input"),
            output: BufReader::new(output).lines(),
            process,
        }
    }

    async fn types(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("it reads");
    }

    async fn shows(&mut self) -> String {
        let line = timeout(PATIENCE, self.output.next_line()).await;
        let line = line.expect("a line is shown").expect("an output");
        line.expect("one more line")
    }

    async fn ends(mut self) {
        drop(self.input);
        let ended = timeout(PATIENCE, self.process.wait()).await;
        let status = ended.expect("it ends with its input").expect("an end");
        assert!(status.success(), "{status}");
    }
}

#[tokio::test]
async fn two_talk_on_their_terminals_also_while_the_platform_is_away() {
    let nova = Nova::start().await;
    let proxy = Proxy::to(nova.address().to_owned()).await;
    let url = format!("http://{}", proxy.address());
    let (ada, bob) = (unique("ada"), unique("bob"));
    let mut his = Terminal::open(&url, &bob, &ada);
    his.types("hello").await;
    // What was said before she came is there when she comes.
    let mut hers = Terminal::open(&url, &ada, &bob);
    assert_eq!(hers.shows().await, format!("{bob}: hello"));
    hers.types("hello you").await;
    assert_eq!(his.shows().await, format!("{ada}: hello you"));

    proxy.refuse();
    proxy.cut();
    for line in ["said while it is away", "and this"] {
        hers.types(line).await;
    }
    his.types("me too").await;
    proxy.pass();
    assert_eq!(his.shows().await, format!("{ada}: said while it is away"));
    assert_eq!(his.shows().await, format!("{ada}: and this"));
    assert_eq!(hers.shows().await, format!("{bob}: me too"));
    // Nothing of it came twice.
    hers.types("the last").await;
    assert_eq!(his.shows().await, format!("{ada}: the last"));
    hers.ends().await;
    his.ends().await;
    nova.finish().await;
}
