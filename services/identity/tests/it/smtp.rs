//! A mail server that does as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes every mail.
    Takes,
    /// Closes connections at once, as if nobody were there.
    Away,
    /// Answers to this command (`RCPT`, `AUTH` …) with that line.
    Says(&'static str, &'static str),
    /// Closes the connection when the whole mail has come, without a word.
    Vanishes,
}

/// A mail that was taken, or would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Whole, as it travelled, dots unstuffed.
    pub(crate) text: String,
}

impl Taken {
    /// The lines of the head, folded ones joined.
    pub(crate) fn head(&self) -> Vec<String> {
        let (head, _) = self.text.split_once("\r\n\r\n").expect("a head");
        head.replace("\r\n ", " ")
            .split("\r\n")
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = |line: String| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
        self.head().into_iter().find_map(value)
    }

    pub(crate) fn token(&self) -> String {
        let (_, token) = self.text.split_once("token=").expect("a token");
        let in_token = |part: &char| part.is_ascii_alphanumeric() || "-_".contains(*part);
        token.chars().take_while(in_token).collect()
    }
}

#[derive(Default)]
struct Seen {
    connections: usize,
    /// Base64, as they came.
    credentials: Vec<String>,
    mails: Vec<Taken>,
}

/// Ends with this value.
pub(crate) struct SmtpServer {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    seen: Arc<Mutex<Seen>>,
    serving: JoinHandle<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SmtpServer {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let manner = Arc::new(Mutex::new(manner));
        let seen = Arc::<Mutex<Seen>>::default();
        let (manners, sights) = (manner.clone(), seen.clone());
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                lock(&sights).connections += 1;
                let now = lock(&manners).clone();
                if now != Manner::Away {
                    tokio::spawn(converse(stream, now, sights.clone()));
                }
            }
        });
        Self {
            address,
            manner,
            seen,
            serving,
        }
    }

    /// What `NOVA_MAIL` is to be.
    pub(crate) fn setting(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub(crate) fn becomes(&self, manner: Manner) {
        *lock(&self.manner) = manner;
    }

    /// How often somebody came.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.seen).connections
    }

    pub(crate) fn credentials(&self) -> Vec<String> {
        lock(&self.seen).credentials.clone()
    }

    /// Every mail that came whole, in order.
    pub(crate) fn mails(&self) -> Vec<Taken> {
        lock(&self.seen).mails.clone()
    }

    pub(crate) fn mails_to(&self, address: &str) -> Vec<Taken> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to == [address]);
        mails
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Enough of RFC 5321 for one who sends.
async fn converse(stream: TcpStream, manner: Manner, seen: Arc<Mutex<Seen>>) -> Option<()> {
    let (from_client, mut to_client) = stream.into_split();
    let mut lines = BufReader::new(from_client);
    let mut mail = Taken {
        from: String::new(),
        to: Vec::new(),
        text: String::new(),
    };
    say(&mut to_client, "220 mail.test").await?;
    loop {
        let line = next(&mut lines).await?;
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let verb = verb.trim_end().to_uppercase();
        if let Manner::Says(command, answer) = manner
            && command == verb
        {
            say(&mut to_client, answer).await?;
            continue;
        }
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match verb.as_str() {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
            "AUTH" => {
                let credentials = line.split_whitespace().nth(2).unwrap_or_default();
                lock(&seen).credentials.push(credentials.to_owned());
                "235 welcome"
            }
            "MAIL" => {
                mail.from = path();
                "250 go on"
            }
            "RCPT" => {
                mail.to.push(path());
                "250 go on"
            }
            "DATA" => {
                say(&mut to_client, "354 go on").await?;
                mail.text = text(&mut lines).await?;
                lock(&seen).mails.push(mail.clone());
                if manner == Manner::Vanishes {
                    return None;
                }
                "250 taken"
            }
            "QUIT" => {
                say(&mut to_client, "221 bye").await?;
                return None;
            }
            _ => "502 what",
        };
        say(&mut to_client, answer).await?;
    }
}

/// Up to the line that is a dot.
async fn text(lines: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut text = String::new();
    loop {
        let line = next(lines).await?;
        if line == ".\r\n" {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

async fn next(lines: &mut (impl AsyncBufReadExt + Unpin)) -> Option<String> {
    let mut line = String::new();
    let read = lines.read_line(&mut line).await.ok()?;
    (read > 0).then_some(line)
}

async fn say(client: &mut (impl AsyncWriteExt + Unpin), line: &str) -> Option<()> {
    client
        .write_all(format!("{line}\r\n").as_bytes())
        .await
        .ok()
}
